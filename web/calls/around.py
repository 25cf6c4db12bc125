"""What lies around releases: apps, starting one, approvals that wait, freezes, events, version."""

from importlib.metadata import PackageNotFoundError, version

from flask import request

from pipeline.facts import FreezeSpan
from pipeline.store import board, news, pages
from pipeline.store.shown import Filter

from .. import acting
from ..endpoint import Call
from ..face import face
from ..gives import AppOut, AppsOut, DeliveryOut, EventsOut, FreezesOut, OutcomeOut, VersionOut, WaitingsOut
from ..problems import Problem
from ..takes import ActionIn, FreezeIn, SinceQuery, StartIn
from . import shapes
from .releases import outcome_of


def list_apps(_: Call) -> AppsOut:
    here = face()
    with here.sessions.reading() as session:
        last = {name: pages.heads(session, Filter(app=name), 1) for name in here.settings.platform.apps}
    return AppsOut(
        apps=[
            AppOut(
                name=name,
                tenant=entry.tenant,
                branch=entry.branch,
                webhook=entry.webhook.kind if entry.webhook else None,
                last=shapes.release(last[name][0]) if last[name] else None,
            )
            for name, entry in sorted(here.settings.platform.apps.items())
        ]
    )


def start(call: Call) -> OutcomeOut:
    """With `Idempotency-Key` the same call sent again asks once."""
    key = request.headers.get("Idempotency-Key", "")
    if len(key) > 200 or not key.isascii():
        raise Problem(400, "api.idempotency_key", "Idempotency-Key has at most 200 plain characters.")
    form = acting.Form(call.body(StartIn).reason)
    return outcome_of(acting.start(call.path["app"], call.user, form, key))


def show_delivery(call: Call) -> DeliveryOut:
    """What became of a push report, or of a wish to start a release."""
    number = call.path["delivery_id"]
    fate = face().inbox.fate(number)
    if fate is None:
        raise Problem(
            404, "delivery.unknown", f"There is no delivery {number}; the answer to the report has its number."
        )
    return shapes.delivery(fate)


def list_approvals(call: Call) -> WaitingsOut:
    here = face()
    with here.sessions.reading() as session:
        moving = pages.in_motion(session, here.sessions.now(session))
    return WaitingsOut(approvals=shapes.waiting(moving, call.user))


def list_freezes(_: Call) -> FreezesOut:
    here = face()
    with here.sessions.reading() as session:
        found = board.freezes(session, here.sessions.now(session))
    return FreezesOut(freezes=[shapes.freeze(one) for one in found])


def freeze(call: Call) -> OutcomeOut:
    asked = call.body(FreezeIn)
    span = FreezeSpan(
        name=asked.name,
        reason=asked.reason,
        starts=asked.starts,
        ends=asked.ends,
        weekly=asked.weekly,
        zone=asked.zone,
        apps=frozenset(asked.apps),
        clusters=frozenset(asked.clusters),
    )
    return outcome_of(acting.freeze(span, call.user))


def unfreeze(call: Call) -> OutcomeOut:
    form = acting.Form(call.body(ActionIn).reason)
    return outcome_of(acting.unfreeze(call.path["freeze_id"], call.user, form))


def list_events(call: Call) -> EventsOut:
    """Oldest first, from all journals; ask again with `next`."""
    asked = call.query(SinceQuery)
    with face().sessions.reading() as session:
        found = news.since(session, asked.since, asked.limit)
    return EventsOut(events=[shapes.event(one) for one in found], next=found[-1].number if found else asked.since)


def show_version(_: Call) -> VersionOut:
    return VersionOut(version=own_version())


def own_version() -> str:
    """As installed; a checkout that was never installed says so."""
    try:
        return version("sluice")
    except PackageNotFoundError:
        return "0+checkout"
