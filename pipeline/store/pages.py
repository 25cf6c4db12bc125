"""What the pages show, read in one short transaction each: frozen values, never rows."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from sqlalchemy import ColumnElement, Text, func, or_, select, type_coerce
from sqlalchemy.orm import Session

from ..states import TERMINAL, Kind, Reason, State
from . import cases, looks
from .records import JobRow, LogRow, SettingRow
from .restore import release_of, targets_of
from .said import hear_all
from .shown import Event, Filter, Head, JobShown, Placed, Result, Told
from .tables import EventRow, ReleaseRow, ResultRow, TargetRow

__all__ = ["Event", "Filter", "Head", "JobShown", "Placed", "Result", "Told", "told", "told_at"]

Belonging = TypeVar("Belonging", TargetRow, ResultRow, JobRow)  # rows that belong to a release


def told(session: Session, now: datetime, release_id: int) -> Told | None:
    """One release with all that belongs to it."""
    row = session.get(ReleaseRow, release_id)
    if row is None:
        return None
    (found,) = _told(session, now, [row])
    found = replace(found, events=_events(session, release_id), traffic=looks.traffic(session, row.app, now))
    if found.release is None:
        return found
    said = replace(found.said, cases=cases.known(session, found.release, now))
    return replace(found, said=said, first_read=cases.begun(session, found.release))


def told_at(session: Session, told: Told, moment: datetime) -> Told:
    """The same release with what the judge had of it at that moment."""
    if told.release is None:
        return told
    return replace(told, said=replace(told.said, cases=cases.at(session, told.release, moment)), now=moment)


def in_motion(session: Session, now: datetime) -> tuple[Told, ...]:
    """All releases that have not ended, oldest first, without their journals and what the judge has of them."""
    rows = session.scalars(select(ReleaseRow).where(ReleaseRow.state.not_in(TERMINAL)).order_by(ReleaseRow.id)).all()
    return _told(session, now, rows)


def heads(session: Session, by: Filter, limit: int, before: int = 0) -> tuple[Head, ...]:
    """Releases, newest first. `before`: older than this id."""
    wanted = _where(by)
    if before:
        wanted.append(ReleaseRow.id < before)
    rows = session.scalars(select(ReleaseRow).where(*wanted).order_by(ReleaseRow.id.desc()).limit(limit))
    return tuple(head_of(row) for row in rows)


def ended(session: Session, limit: int) -> tuple[Head, ...]:
    """What ended last, newest first."""
    wanted = select(ReleaseRow).where(ReleaseRow.state.in_(TERMINAL)).order_by(ReleaseRow.ended_at.desc()).limit(limit)
    return tuple(head_of(row) for row in session.scalars(wanted))


def count(session: Session, by: Filter) -> int:
    """How many releases a list has in all."""
    return session.scalar(select(func.count()).select_from(ReleaseRow).where(*_where(by))) or 0


def apps(session: Session) -> tuple[str, ...]:
    """Every app that ever had a release."""
    return tuple(session.scalars(select(ReleaseRow.app).distinct().order_by(ReleaseRow.app)))


def authors(session: Session, limit: int = 500) -> tuple[str, ...]:
    """Everybody who wrote one of the latest releases."""
    found = session.scalars(select(ReleaseRow.authors).order_by(ReleaseRow.id.desc()).limit(limit))
    return tuple(sorted({name for names in found for name in names}))


def log(session: Session, job: str, start: int = 0) -> bytes:
    """The output of a job from byte `start` on, as far as it was copied."""
    wanted = select(LogRow).where(LogRow.job == job).order_by(LogRow.offset)
    last = select(func.max(LogRow.offset)).where(LogRow.job == job, LogRow.offset <= start).scalar_subquery()
    parts = session.scalars(wanted.where(LogRow.offset >= func.coalesce(last, 0))).all()
    return b"".join(part.data for part in parts)[start - parts[0].offset :] if parts else b""


def versions(session: Session, app: str, digests: Iterable[str]) -> dict[str, str]:
    """What people call each digest of an app: the version of the first release that brought it."""
    wanted = select(ReleaseRow.digest, ReleaseRow.version).where(
        ReleaseRow.app == app, ReleaseRow.digest.in_(set(digests)), ReleaseRow.kind == Kind.NORMAL
    )
    return {row.digest: row.version for row in session.execute(wanted.order_by(ReleaseRow.id.desc()))}


def brought(session: Session, app: str, digests: Collection[str]) -> dict[str, Head]:
    """The release that made each of these digests of an app live first."""
    wanted = select(ReleaseRow).where(
        ReleaseRow.app == app,
        ReleaseRow.digest.in_(digests),
        ReleaseRow.kind == Kind.NORMAL,
        ReleaseRow.state == State.LIVE,
    )
    return {row.digest: head_of(row) for row in session.scalars(wanted.order_by(ReleaseRow.id.desc()))}


def setting(session: Session, name: str) -> str:
    """One value of the installation, "" if it was never set."""
    row = session.get(SettingRow, name)
    return row.value if row is not None else ""


def head_of(row: ReleaseRow) -> Head:
    """The row as a value."""
    return Head(
        id=row.id,
        app=row.app,
        tenant=row.tenant,
        kind=Kind(row.kind),
        version=row.version,
        commit=row.commit,
        subject=row.subject,
        authors=row.authors,
        digest=row.digest,
        def_hash=row.def_hash,
        state=State(row.state),
        reason=Reason(row.reason_kind) if row.reason_kind else None,
        why=row.why,
        who=row.who,
        until=row.until,
        waiting=row.waiting,
        attempt=row.attempt,
        since=row.since,
        created_at=row.created_at,
        ended_at=row.ended_at,
    )


def _told(session: Session, now: datetime, rows: Sequence[ReleaseRow]) -> tuple[Told, ...]:
    """All of them in as many statements as one, without their journals."""
    ids = [row.id for row in rows]
    said, targets = hear_all(session, rows, now), _by_release(targets_of(session, *ids))
    results, jobs = _results(session, ids), _jobs(session, ids)
    return tuple(
        Told(
            head=head_of(row),
            release=release_of(row, targets[row.id], now) if row.plan_json else None,
            said=said[row.id],
            results=tuple(map(_result, results[row.id])),
            events=(),
            jobs=tuple(map(_job, jobs[row.id])),
            placed=tuple(map(placed_of, targets[row.id])),
            now=now,
        )
        for row in rows
    )


def _results(session: Session, ids: Sequence[int]) -> Mapping[int, Sequence[ResultRow]]:
    """What each gate said last, in the order in which they were first asked."""
    newest = select(func.max(ResultRow.id)).where(ResultRow.release_id.in_(ids))
    newest = newest.group_by(ResultRow.release_id, ResultRow.step, ResultRow.gate)
    return _by_release(session.scalars(select(ResultRow).where(ResultRow.id.in_(newest)).order_by(ResultRow.id.desc())))


def _jobs(session: Session, ids: Sequence[int]) -> Mapping[int, Sequence[JobRow]]:
    return _by_release(session.scalars(select(JobRow).where(JobRow.release_id.in_(ids)).order_by(JobRow.started_at)))


def _events(session: Session, release_id: int) -> tuple[Event, ...]:
    """The latest of its journal, newest first."""
    rows = select(EventRow).where(EventRow.release_id == release_id).order_by(EventRow.seq.desc()).limit(200)
    return tuple(event_of(row) for row in session.scalars(rows))


def _by_release(rows: Iterable[Belonging]) -> defaultdict[int, list[Belonging]]:
    found: defaultdict[int, list[Belonging]] = defaultdict(list)
    for row in rows:
        found[row.release_id].append(row)
    return found


def _where(by: Filter) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if by.app:
        wanted.append(ReleaseRow.app == by.app)
    if by.state:
        wanted.append(ReleaseRow.state == by.state)
    if by.author:
        named = type_coerce(ReleaseRow.authors, Text)
        wanted.append(named.contains(json.dumps(by.author), autoescape=True))
    if by.cluster:
        wanted.append(ReleaseRow.id.in_(select(TargetRow.release_id).where(TargetRow.cluster == by.cluster)))
    if by.text:
        number = by.text.upper().removeprefix("R-")
        hits = [column.icontains(by.text, autoescape=True) for column in (ReleaseRow.app, ReleaseRow.subject)]
        hits += [column.istartswith(by.text, autoescape=True) for column in (ReleaseRow.commit, ReleaseRow.version)]
        if number.isdigit() and len(number) < 16:
            hits.append(ReleaseRow.id == int(number))
        wanted.append(or_(*hits))
    return wanted


def _result(row: ResultRow) -> Result:
    evidence = json.loads(row.evidence_json)
    return Result(
        passage=row.step,
        gate=row.gate,
        verdict=row.verdict,
        why=str(evidence.get("why", "")),
        who=str(evidence.get("who", "")),
        until=row.valid_until,
        actor=row.actor,
        at=row.at,
        digest=row.digest,
        rules=evidence.get("rules"),
    )


def event_of(row: EventRow) -> Event:
    """One line of a journal as a value."""
    return Event(row.id, row.release_id, row.kind, row.actor, row.at, json.loads(row.payload_json))


def _job(row: JobRow) -> JobShown:
    return JobShown(
        row.name, row.step, row.attempt, row.state, row.why, row.started_at, row.ended_at, row.log_size, row.log_done
    )


def placed_of(row: TargetRow) -> Placed:
    """What a release has in one cluster as a value."""
    return Placed(
        cluster=row.cluster,
        slot=row.slot,
        previous=row.previous,
        wave=row.wave,
        open=row.open,
        touched_at=row.touched_at,
        share=row.share_seen,
        trouble=row.trouble,
        seen_at=row.seen_at,
    )
