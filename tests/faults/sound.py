"""What must be true of every installation, whatever was killed: the invariants, read from its database and clusters."""

from collections import Counter

from sqlalchemy.orm import Session

from pipeline.store import events
from pipeline.store.records import InboxRow
from pipeline.store.tables import (
    CrossingRow,
    EventRow,
    ReleaseRow,
    RequiredRow,
    ResultRow,
    SetRow,
    TargetRow,
)
from runners.clusters.local import LocalCluster
from tests.faults.engine import Engine

CONTENT = ("release_id", "step", "digest", "def_hash", "cfg_hash")


def assert_sound(engine: Engine) -> None:
    """Every promise that can be read afterwards. Call it when no release is on its way."""
    with engine.sessions.reading() as session:
        assert events.verify(session) == []
        for row in session.query(ReleaseRow):
            _gates_agreed(session, row)
            _nothing_twice(session, row)
            _journal_is_sane(session, row)
        _deliveries_are_answered(session)
        assert session.query(TargetRow).filter(TargetRow.open).all() == [], "I7: a target is open"
        live = session.query(ReleaseRow).filter_by(state="live").order_by(ReleaseRow.ended_at.desc()).first()
        assert live is not None
        for name in engine.clusters:
            _serves(LocalCluster(name, engine.home), live)


def _gates_agreed(session: Session, release: ReleaseRow) -> None:
    """I1: each crossing has a passed set, and in it a pass of every gate that the plan asks for."""
    for crossing in session.query(CrossingRow).filter_by(release_id=release.id):
        content = {name: getattr(crossing, name) for name in CONTENT}
        assert session.query(SetRow).filter_by(**content, status="passed").count() == 1, f"I1: {content}"
        asked = session.query(RequiredRow).filter_by(release_id=release.id, passage=crossing.step)
        gates = {one.gate for one in asked} - {""}
        passed = {one.gate for one in session.query(ResultRow).filter_by(**content, verdict="pass")}
        assert gates <= passed, f"I1: R-{release.id} crossed {crossing.step} without {gates - passed}"


def _nothing_twice(session: Session, release: ReleaseRow) -> None:
    crossings = Counter(one.step for one in session.query(CrossingRow).filter_by(release_id=release.id))
    assert all(number == 1 for number in crossings.values()), f"R-{release.id} crossed twice: {crossings}"
    same = session.query(ReleaseRow).filter_by(app=release.app, commit=release.commit, kind="normal").count()
    assert same == 1, f"{release.commit} became {same} releases"


def _journal_is_sane(session: Session, release: ReleaseRow) -> None:
    """I2 and I5: nothing is raised after going back was decided, and nothing follows the end but the end."""
    kinds = [one.kind for one in session.query(EventRow).filter_by(release_id=release.id).order_by(EventRow.seq)]
    if "undo" in kinds:
        after = kinds[kinds.index("undo") :]
        assert not {"start", "shift", "resume"} & set(after), f"I2: R-{release.id}: {after}"
    if "finish" in kinds:
        assert kinds.index("finish") == len(kinds) - 1, f"I5: R-{release.id}: {kinds}"
    assert release.ended_at is not None, f"L1: R-{release.id} is {release.state}: {release.waiting}"


def _deliveries_are_answered(session: Session) -> None:
    """I6: done, or rejected with a reason."""
    left = session.query(InboxRow).filter(InboxRow.state.not_in(("done", "rejected"))).all()
    assert [(one.id, one.state, one.reason) for one in left] == []


def _serves(cluster: LocalCluster, live: ReleaseRow) -> None:
    """I3 and I4: the newest live version gets everything, whatever was tried since."""
    seen = cluster.look(live.app)
    assert not seen.trouble
    assert seen.stable is not None
    assert seen.slot(seen.stable).digest == live.digest
    assert seen.weights[seen.stable] == 100
    assert seen.release == 0, f"{cluster.name} has R-{seen.release} in motion"
