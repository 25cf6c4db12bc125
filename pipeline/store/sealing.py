"""What each gate said, and the crossing it allows: written in the transaction that decides."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ..decision import Judged, Ruling
from ..judge.compare import RULES
from ..settings import Judge
from ..verdict import Fail, Pass, Verdict, Wait, strictest
from .columns import canonical
from .said import Content
from .tables import CrossingRow, ReleaseRow, ResultRow, SetRow

RARELY = timedelta(seconds=5)  # new numbers of an unchanged verdict are not written more often


def record(session: Session, row: ReleaseRow, ruling: Ruling, content: Content, now: datetime) -> None:
    """Write what the gates of the passage said, where it is news."""
    known = _newest(session, row.id, ruling.passage)
    for gate, verdict in _by_gate(ruling.judged).items():
        fresh = _result(row.id, ruling.passage, content, gate, verdict, now)
        if _is_news(fresh, known.get(gate)):
            session.add(fresh)
    session.flush()


def cross(session: Session, row: ReleaseRow, passage: str, content: Content, now: datetime) -> None:
    """Seal the set and cross. The database refuses both unless every required gate has passed."""
    key = (row.id, passage, content.digest, content.def_hash, content.cfg_hash)
    sealed = session.get(SetRow, key)
    if sealed is None:
        release_id, step, digest, def_hash, cfg_hash = key
        sealed = SetRow(
            release_id=release_id, step=step, digest=digest, def_hash=def_hash, cfg_hash=cfg_hash, status="pending"
        )
        session.add(sealed)
    if sealed.status != "passed":
        sealed.status, sealed.at = "passed", now
    session.flush()
    session.add(
        CrossingRow(
            release_id=row.id,
            step=passage,
            digest=content.digest,
            def_hash=content.def_hash,
            cfg_hash=content.cfg_hash,
            status="passed",
            epoch=row.epoch,
            at=now,
        )
    )
    session.flush()


def _newest(session: Session, release_id: int, passage: str) -> dict[str, ResultRow]:
    ids = (
        select(func.max(ResultRow.id))
        .where(ResultRow.release_id == release_id, ResultRow.step == passage)
        .group_by(ResultRow.gate)
    )
    return {row.gate: row for row in session.scalars(select(ResultRow).where(ResultRow.id.in_(ids)))}


def _by_gate(judged: Iterable[Judged]) -> dict[str, Verdict]:
    """One verdict per gate: where a passage asks a gate twice, the stricter one."""
    found: dict[str, Verdict] = {}
    for one in judged:
        found[one.gate] = strictest([found[one.gate], one.verdict]) if one.gate in found else one.verdict
    return found


def _result(release_id: int, passage: str, content: Content, gate: str, verdict: Verdict, now: datetime) -> ResultRow:
    row = ResultRow(
        release_id=release_id,
        step=passage,
        digest=content.digest,
        def_hash=content.def_hash,
        cfg_hash=content.cfg_hash,
        gate=gate,
        actor="",
        at=now,
    )
    told: dict[str, object]
    match verdict:
        case Pass(why, by, until):
            row.verdict, row.actor, row.valid_until = "pass", by, until
            told = {"why": why}
        case Wait(why, who, until):
            row.verdict = "wait"
            told = {"why": why, "who": who, "until": until.timestamp() if until else None}
        case Fail(why, reason):
            row.verdict, told = "fail", {"why": why, "reason": reason}
    row.evidence_json = canonical(told | ({"rules": RULES} if gate == Judge(None).name else {}))
    return row


def _is_news(fresh: ResultRow, known: ResultRow | None) -> bool:
    if known is None:
        return True
    for name in ("verdict", "digest", "def_hash", "cfg_hash", "valid_until", "actor"):
        if getattr(fresh, name) != getattr(known, name):
            return True
    return fresh.evidence_json != known.evidence_json and fresh.at - known.at >= RARELY
