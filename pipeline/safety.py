"""What makes a plan unsafe before it starts."""

from collections.abc import Iterator
from itertools import combinations

from .definition.app import App
from .definition.judging import JudgeBy
from .definition.platform import Platform
from .errors import UnsafePlan
from .shares import by_replicas, reachable


def check(app: App, platform: Platform) -> None:
    """Refuse a plan that would put users at risk, with all reasons at once."""
    if found := tuple(complaints(app, platform)):
        raise UnsafePlan("\n".join(f"{path}: {what}" for path, what in found))


def complaints(app: App, platform: Platform) -> Iterator[tuple[str, str]]:
    """(path in `sluice.yaml`, sentence) of everything that is not safe, worst first."""
    unknown = list(_unknown(app, platform))
    yield from unknown
    if unknown:
        return
    yield from _active_active(app, platform)
    yield from _last_resort(app, platform)
    yield from _kinds(app, platform)
    yield from _room(app, platform)
    yield from _shares(app, platform)
    yield from _metrics(app, platform)


def _metrics(app: App, platform: Platform) -> Iterator[tuple[str, str]]:
    for name in {"errors", "latency", "pods"} & set(app.judge.falls):
        yield f"judge.falls.{name}", f'"{name}" is a metric of its own; give the counter another name'
    without = [name for wave in app.waves for name in wave.clusters if platform.clusters[name].prometheus is None]
    if not without:
        return
    needs = f"{without[0]} has no Prometheus in platform.yaml"
    if app.judge.falls and any(platform.clusters[name].kind != "local" for name in without):
        yield "judge.falls", f"{needs}, and its replicas are not asked for counters; leave it out"
    for key in _selectors(app.judge):
        yield key, f"{needs}; leave the selector out, or give the cluster a Prometheus"


def _selectors(judge: JudgeBy) -> Iterator[str]:
    """The keys that only a Prometheus can answer."""
    if judge.errors.counters:
        yield "judge.errors.counters"
    if judge.latency and judge.latency.buckets:
        yield "judge.latency.buckets"
    for name, one in judge.falls.items():
        if "{" in one.counter:
            yield f"judge.falls.{name}.counter"


def _unknown(app: App, platform: Platform) -> Iterator[tuple[str, str]]:
    known = ", ".join(sorted(platform.clusters))
    for number, wave in enumerate(app.waves):
        for place, cluster in enumerate(wave.clusters):
            if cluster not in platform.clusters:
                yield (
                    f"waves[{number}].clusters[{place}]",
                    f'"{cluster}" is no cluster of this installation; it has {known}',
                )


def _active_active(app: App, platform: Platform) -> Iterator[tuple[str, str]]:
    for number, wave in enumerate(app.waves):
        for one, other in combinations(wave.clusters, 2):
            group = platform.clusters[one].group
            if group is not None and group == platform.clusters[other].group:
                advice = "put them in different waves, so that one of them always runs a version that is settled"
                yield f"waves[{number}].clusters", f"{one} and {other} carry group {group} together; {advice}"


def _last_resort(app: App, platform: Platform) -> Iterator[tuple[str, str]]:
    """The region for disasters comes last, alone, after the soak of the others."""
    seen_dr = False
    for number, wave in enumerate(app.waves):
        dr = [cluster for cluster in wave.clusters if platform.clusters[cluster].dr]
        if dr and len(dr) < len(wave.clusters):
            yield f"waves[{number}].clusters", f"{dr[0]} is for disasters; give it a wave of its own, after the others"
        if seen_dr and not dr:
            yield f"waves[{number}].clusters", "the wave for disasters must be the last one; move this wave before it"
        if dr and number and not app.waves[number - 1].soak:
            yield (
                f"waves[{number - 1}].soak",
                f"{dr[0]} follows and starts only after a soak; give this wave one",
            )
        seen_dr = seen_dr or bool(dr)


def _kinds(app: App, platform: Platform) -> Iterator[tuple[str, str]]:
    kinds = sorted({platform.clusters[cluster].kind for wave in app.waves for cluster in wave.clusters})
    entry = platform.apps.get(app.app)
    image = entry.image if entry else None
    if len(kinds) > 1:
        yield "waves", f"the clusters are of different kinds ({', '.join(kinds)}); one release can serve one kind only"
    elif kinds == ["kubernetes"] and not image:
        yield "waves", "Kubernetes clusters run images; platform.yaml must say where they are kept: image: of the app"
    elif kinds == ["local"] and image:
        yield "waves", "platform.yaml gives the app an image, and local clusters run bundles; remove image: there"
    elif kinds == ["local"] and (app.serve.manifests or app.serve.chart):
        key = "serve.manifests" if app.serve.manifests else "serve.chart"
        yield key, "the clusters are local and have no Kubernetes objects; leave it out"
    elif kinds == ["local"] and not app.serve.run:
        yield "serve.run", "local clusters need the command of one replica; add run: to serve"


def _room(app: App, platform: Platform) -> Iterator[tuple[str, str]]:
    """Old and new version must run at full size side by side, else there is no way back under load."""
    need = 2 * app.serve.replicas
    for cluster in (cluster for wave in app.waves for cluster in wave.clusters):
        has = platform.clusters[cluster].capacity
        if need > has:
            yield (
                "serve.replicas",
                f"{cluster} runs {has} replicas at most, and old and new version side by side need {need}",
            )


def _shares(app: App, platform: Platform) -> Iterator[tuple[str, str]]:
    """A cluster without a gateway can give some shares only, and says which before anything starts."""
    for number, wave in enumerate(app.waves):
        without = [name for name in wave.clusters if by_replicas([name], platform)]
        if without and len(without) < len(wave.clusters):
            yield (
                f"waves[{number}].clusters",
                f"{without[0]} has no gateway and others have one; put them in different waves",
            )
        can = reachable(app.serve.replicas)
        for place, percent in enumerate(wave.canary if without else ()):
            if percent not in can:
                shares = ", ".join(str(share) for share in can)
                beside = f"{without[0]} has no gateway: beside {app.serve.replicas} replicas it can give {shares} %"
                yield f"waves[{number}].canary[{place}]", f"{beside}, and not {percent} %"
