"""A small app, its plan, and the facts of a world in which everything goes well, for tests of the store."""

from dataclasses import replace
from datetime import datetime, timedelta

from pipeline.decide import decide
from pipeline.decision import Ruling
from pipeline.definition.app import App
from pipeline.definition.platform import Platform
from pipeline.facts import ClusterSeen, Facts, Said, SlotSeen
from pipeline.plan import make
from pipeline.release import Release
from pipeline.store.configured import AppConfigured, Configured
from pipeline.store.ledger import Ledger
from pipeline.store.restore import NewRelease
from pipeline.store.session import Sessions
from pipeline.store.tables import ReleaseRow
from pipeline.verdict import Pass, Verdict

DIGEST = "sha256:" + "d" * 64
PASS = Pass()

SPEC = App.model_validate(
    {
        "app": "shop",
        "serve": {"run": "serve", "replicas": 1},
        "waves": [
            {
                "clusters": ["az1"],
                "canary": ["50%"],
                "soak": "0s",
                "gates": [{"approval": {"from": "release-managers", "of": 1}}],
            }
        ],
    }
)
PLATFORM = Platform.model_validate(
    {
        "tenants": {"online-shop": {}},
        "clusters": {"az1": {}},
        "apps": {"shop": {"tenant": "online-shop", "repository": "/shop"}},
    }
)
CONFIGURED = Configured({"shop": AppConfigured("online-shop", "cfg-1")}, groups={"payments": ["tom"]})


def new(commit: str = "c" * 40, **changes: object) -> NewRelease:
    plan = make(SPEC, PLATFORM)
    made = NewRelease("shop", "online-shop", commit, SPEC, plan, definition="app: shop", def_hash="def-1")
    return replace(made, **changes)  # type: ignore[arg-type]


def well(release: Release, ran: Verdict = PASS) -> Facts:
    """Everything asked for has happened, nothing ran there before."""
    slots = {"a": SlotSeen(DIGEST, wanted=1, ready=1), "b": SlotSeen()}
    seen = ClusterSeen("az1", "shop", slots=slots, weights={"a": release.percent, "b": 0}, release=release.id)
    return Facts(release.read_at, ran, {"az1": seen}, digest=DIGEST)


def step(ledger: Ledger, release_id: int, choose=decide) -> timedelta | None:  # type: ignore[no-untyped-def]
    """One tick in a world where all goes well."""
    lease = ledger.claim(release_id)
    assert lease is not None
    release = ledger.load(lease)
    return ledger.settle(lease, release, well(release), choose)


def make_due(sessions: Sessions, release_id: int, **values: datetime) -> None:
    """Let time pass for one release: its look is due and nobody holds it."""
    with sessions.writing() as session:
        row = session.get_one(ReleaseRow, release_id)
        now = sessions.now(session)
        row.due, row.held_until = now, now
        for name, value in values.items():
            setattr(row, name, value)


def ruled(ruling: Ruling):  # type: ignore[no-untyped-def]
    """A `decide` that always says the same."""

    def decide_so(release: Release, facts: Facts, said: Said) -> Ruling:
        return ruling

    return decide_so
