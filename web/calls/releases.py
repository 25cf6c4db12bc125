"""Releases: list, look, journal, explain, log, and every verb on one."""

from functools import partial

from pydantic import BaseModel

from pipeline.store import logs, pages
from pipeline.store.said import Content
from pipeline.store.shown import Filter, JobShown, Told

from .. import acting
from ..actions import Action
from ..endpoint import Call
from ..face import face
from ..gives import EventsOut, ExplainOut, LogOut, OutcomeOut, ReleasesOut, WholeReleaseOut
from ..present import story
from ..problems import Problem
from ..takes import ActionIn, LogQuery, PageQuery, ReleasesQuery, RerunIn, RollbackIn, VoteIn
from . import shapes


def list_releases(call: Call) -> ReleasesOut:
    asked = call.query(ReleasesQuery)
    before = read_cursor(asked.cursor)
    here = face()
    with here.sessions.reading() as session:
        found = pages.heads(session, Filter(asked.app, asked.state, asked.text), asked.limit + 1, before)
    shown, more = found[: asked.limit], len(found) > asked.limit
    return ReleasesOut(releases=[shapes.release(head) for head in shown], next=str(shown[-1].id) if more else None)


def show(call: Call) -> WholeReleaseOut:
    return shapes.whole(_told(call), call.user)


def journal(call: Call) -> EventsOut:
    """Newest first: the cursor is the number of the oldest line seen."""
    asked = call.query(PageQuery)
    before = read_cursor(asked.cursor)
    found = [one for one in _told(call).events if not before or one.number < before][: asked.limit]
    return EventsOut(events=[shapes.event(one) for one in found], next=found[-1].number if found else before)


def explain(call: Call) -> ExplainOut:
    return ExplainOut(lines=story.lines(_told(call)))


def log(call: Call) -> LogOut:
    """Bytes become text where characters end, so that a part never begins inside one."""
    asked = call.query(LogQuery)
    job = newest_job(_told(call), asked.step)
    if job is None:
        raise Problem(404, "log.unknown", f"R-{call.path['release_id']} has no log of a step {asked.step[:80]!r}.")
    with face().sessions.reading() as session:
        data = logs.read(session, job.name, asked.offset, asked.limit)
    kept = whole_characters(data)
    done = job.log_done and asked.offset + len(kept) >= job.log_size
    text = kept.decode("utf-8", "replace")
    return LogOut(job=job.name, offset=asked.offset, next=asked.offset + len(kept), text=text, done=done)


def acts(action: Action, call: Call) -> BaseModel:
    """One verb on one release."""
    outcome = acting.perform(action, call.user, call.path["release_id"], _form(action, call))
    if not outcome.new and not action.shown:
        raise Problem(409, "action.repeated", f"{outcome.told} Nothing was changed.", release=outcome.release)
    return outcome_of(outcome)


def outcome_of(outcome: acting.Outcome) -> OutcomeOut:
    return OutcomeOut(
        action=outcome.action,
        told=outcome.told,
        new=outcome.new,
        release=outcome.release,
        delivery=outcome.delivery,
    )


def newest_job(told: Told, step: str) -> JobShown | None:
    """The last attempt of a step."""
    return max((job for job in told.jobs if job.step == step), key=lambda job: job.attempt, default=None)


def whole_characters(data: bytes) -> bytes:
    """`data` without a character that is cut at its end; bytes that never become one stay."""
    for missing in range(1, min(4, len(data)) + 1):
        first = data[-missing]
        if first & 0b1100_0000 == 0b1000_0000:
            continue
        needed = 4 if first >= 0xF0 else 3 if first >= 0xE0 else 2 if first >= 0xC0 else 1
        return data[:-missing] if needed > missing else data
    return data


def read_cursor(cursor: str) -> int:
    """The id behind a cursor of ours."""
    if not cursor:
        return 0
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 19):
        raise Problem(400, "api.cursor", "The cursor is none of ours; take `next` of the page before, or leave it out.")
    return int(cursor)


def _told(call: Call) -> Told:
    return acting.read(face(), call.path["release_id"])


def _form(action: Action, call: Call) -> acting.Form:
    if action.shown:
        vote = call.body(VoteIn)
        return acting.Form(vote.comment, Content(vote.digest, vote.def_hash, vote.cfg_hash))
    if action.name == "rollback":
        back = call.body(RollbackIn)
        return acting.Form(back.reason, to=back.to)
    if action.name == "rerun":
        again = call.body(RerunIn)
        return acting.Form(again.reason, start=again.from_)
    return acting.Form(call.body(ActionIn).reason)


def doing(action: Action) -> partial[BaseModel]:
    """What the endpoint of `action` does."""
    return partial(acts, action)
