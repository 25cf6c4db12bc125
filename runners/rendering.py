"""What a release brings into each cluster of its plan: rendered as soon as it is built, before anybody is asked."""

from dataclasses import replace

from pipeline.errors import NeedsHuman, TryLater
from pipeline.facts import Rendered, Rendering
from pipeline.release import Release
from pipeline.states import State
from pipeline.verdict import Fail, Pass, Verdict, Wait, strictest
from runners.ports import World
from runners.stages.canary import workload


def render(release: Release, world: World, digest: str) -> tuple[Rendering, Verdict]:
    """All that is not stored yet for the present configuration, and whether it could be rendered."""
    configured = world.configured.get(release.app, "")
    if release.state is not State.RUNNING or not digest:
        return Rendering(configured), Pass()
    built, objects, verdicts = replace(release, digest=digest), dict[str, tuple[Rendered, ...]](), list[Verdict]()
    for cluster in release.everywhere:
        if (cluster, configured) in release.rendered:
            continue
        try:
            objects[cluster] = world.clusters[cluster].render(release.app, workload(built), release.spec.serve.replicas)
        except TryLater as trouble:
            verdicts.append(Wait(f"{cluster}: {trouble}", look_again=trouble.after))
        except NeedsHuman as trouble:
            verdicts.append(Fail(f"{cluster}: {trouble}"))
    return Rendering(configured, objects), strictest(verdicts)
