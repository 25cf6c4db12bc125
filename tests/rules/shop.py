"""The shop of the rules' tests: a definition, a platform, and releases at any place of their plan."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from pipeline import plan
from pipeline.definition.app import App
from pipeline.definition.platform import Platform
from pipeline.facts import ClusterSeen, Count, Facts, Reading, Said, SlotSeen, Vote
from pipeline.release import Release, Target
from pipeline.states import State

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
OLD, NEW = "sha256:" + "0" * 64, "sha256:" + "1" * 64

PLATFORM: dict[str, Any] = {
    "tenants": {"vmart": {"plane": "online"}},
    "clusters": {
        "az1": {"group": "east"},
        "az2": {"group": "east"},
        "dr": {"dr": True},
    },
    "apps": {"shop": {"tenant": "vmart", "repository": "https://git.example/shop.git"}},
}

SHOP: dict[str, Any] = {
    "app": "shop",
    "serve": {"run": "serve", "ready": "/readyz", "replicas": 4},
    "test": {"unit": {"run": "pytest -q"}},
    "judge": {"errors": {"margin": "2pp"}},
    "waves": [
        {
            "clusters": ["az1"],
            "canary": ["10%", "50%"],
            "soak": "10s",
            "gates": [{"approval": {"from": "release-managers", "of": 2}}],
        },
        {"clusters": ["az2"], "canary": ["50%"], "soak": "10s"},
        {"clusters": ["dr"], "canary": ["25%"], "soak": "0s"},
    ],
}


def app(**changes: Any) -> App:
    return App.model_validate({**SHOP, **changes})


def platform(**changes: Any) -> Platform:
    return Platform.model_validate({**PLATFORM, **changes})


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


def release(step: str = "build", percent: int = 0, **changes: Any) -> Release:
    """R-7 of the shop standing in `step`, with the targets that it then has."""
    spec = changes.pop("spec", None) or app()
    steps = changes.pop("plan", None) or plan.make(spec, platform())
    at = [one.name for one in steps].index(step)
    touched = {cluster: one for one in steps[: at + 1] for cluster in one.clusters}
    targets = tuple(
        Target(cluster, "shop", "b", OLD, one.wave, open=cluster in steps[at].clusters)
        for cluster, one in touched.items()
    )
    made = Release(
        id=7,
        app="shop",
        spec=spec,
        plan=steps,
        state=State.RUNNING,
        at=at,
        percent=percent,
        since=NOON,
        raised=NOON,
        read_at=NOON,
        version="v7",
        commit="c" * 40,
        digest="" if at == 0 else NEW,
        def_hash="def",
        cfg_hash="cfg",
        authors=frozenset({"mei"}),
        targets=targets,
    )
    return replace(made, **changes)


def seen(cluster: str, percent: int = 0, **changes: Any) -> ClusterSeen:
    """A healthy cluster with OLD stable in slot a and NEW in slot b with `percent` of the traffic."""
    found = ClusterSeen(
        cluster,
        "shop",
        stable="a",
        slots={"a": SlotSeen(OLD, 4, 4), "b": SlotSeen(NEW, 4, 4)},
        weights={"a": 100 - percent, "b": percent},
        release=7,
        epoch=3,
    )
    return replace(found, **changes)


def facts(*clusters: ClusterSeen, after: float = 0, **changes: Any) -> Facts:
    """What was seen `after` seconds."""
    return Facts(NOON + seconds(after), clusters={one.cluster: one for one in clusters}, **changes)


def vote(who: str, *, yes: bool = True, **changes: Any) -> Vote:
    cast = Vote("canary az1", who, yes, NOON, frozenset({"release-managers"}), NEW, "def", "cfg")
    return replace(cast, **changes)


def said(**changes: Any) -> Said:
    return replace(Said(cfg_hash="cfg"), **changes)


AGREED = (vote("lena"), vote("diego"))


def traffic(cluster: str, *, bad: int = 0, percent: int = 10, steps: int = 20, each: int = 200) -> tuple[Reading, ...]:
    """Readings once a second: `each` requests a second in all, `bad` of the canary's fail in each second."""
    mine = each * percent // 100
    return tuple(
        Reading(
            NOON + seconds(second),
            cluster,
            percent,
            Count("b", mine * second, bad * second),
            Count("a", (each - mine) * second, 0),
        )
        for second in range(steps + 1)
    )
