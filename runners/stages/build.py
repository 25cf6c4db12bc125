"""Make the artifact once, as a job that outlives every worker."""

from datetime import timedelta

from pipeline.release import Release
from pipeline.verdict import Fail, Pass, Wait
from runners.ports import BuildSpec, JobState, World

from .attempts import current
from .ran import Ran


def job_stem(release: Release) -> str:
    """What the names of its build jobs begin with."""
    return f"r{release.id}-build"


def run(release: Release, world: World) -> Ran:
    """Start the build or adopt it, and look."""
    if release.digest:
        return Ran(Pass(f"Uses {release.digest[:19]}"), release.digest)
    name = current(world.jobs, job_stem(release))
    seen = world.builders[release.app].look(name)
    match seen.state:
        case JobState.UNKNOWN:
            world.builders[release.app].start(_spec(name, release, world))
            return Ran(Wait("The build starts", look_again=timedelta(seconds=1)))
        case JobState.RUNNING:
            return Ran(Wait("The build runs", look_again=timedelta(seconds=1)))
        case JobState.FAILED:
            return Ran(Fail(f"The build failed: {seen.why}"))
        case JobState.DONE:
            return Ran(Pass(f"Built {seen.digest[:19]}"), seen.digest)


def _spec(name: str, release: Release, world: World) -> BuildSpec:
    tree = world.sources[release.app].checkout(release.commit)
    recipe = release.spec.build.model_dump(exclude_none=True)
    return BuildSpec(name, release.app, release.commit, tree, recipe)
