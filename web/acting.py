"""Carries out a verb: checks that the person may, lets the store write it down, then rings the bell."""

import secrets
from dataclasses import dataclass

from flask import json

from pipeline.definition.platform import Platform
from pipeline.definition.weekly import parse_weekly, read_zone
from pipeline.errors import BadDefinition, Refused
from pipeline.facts import FreezeSpan
from pipeline.states import State
from pipeline.store import pages
from pipeline.store.said import Content
from pipeline.store.session import Session
from pipeline.store.shown import Told
from pipeline.store.units import Units

from . import permits
from .actions import ACTIONS, Action, may
from .face import Face, face
from .problems import Problem
from .roles import User

API = "api"  # the source of deliveries that people asked for


@dataclass(frozen=True, slots=True)
class Form:
    """What goes with a verb. `shown`: what a voter looked at. `to`: the release a live one goes back to."""

    reason: str = ""
    shown: Content | None = None
    to: int | None = None
    start: str = "build"  # what a new release of the same commit begins with: build or test


@dataclass(frozen=True, slots=True)
class Outcome:
    """What happened, in one sentence. `new`: false when the same was said before and nothing was written."""

    action: str
    told: str
    new: bool = True
    release: int | None = None
    delivery: int | None = None


def perform(action: Action, user: User, release_id: int, form: Form) -> Outcome:
    """Do `action` to a release, or say why not. Pages and API both come here."""
    here = face()
    told = read(here, release_id)
    _refuse_empty(action, form)
    if why := may(action, user, told):
        raise _not_now(action, user, told, why)
    match action.name:
        case "approve" | "reject":
            outcome = _vote(here, action, user, told, form)
        case "rerun":
            return _run_again(here, user, told, form)
        case "rollback" if told.head.state is State.LIVE:
            return _return(here, user, told, form)
        case _:
            outcome = _order(here, action, user, told, form)
    here.bell.ring("tick", release_id)
    return outcome


def knowing(app: str) -> Face:
    """The face, which has to know this app."""
    here = face()
    if app not in here.settings.platform.apps:
        raise Problem(404, "app.unknown", f"{app} is no app of this installation; see platform.yaml.")
    return here


def start(app: str, user: User, form: Form, key: str = "") -> Outcome:
    """Ask for a release of the head of the app's branch. The same `key` asks once."""
    here = knowing(app)
    _refuse(ACTIONS["start"], user)
    return _wish(here, app, user, {"reason": form.reason}, key)


def choose(app: str, user: User, form: Form) -> Outcome:
    """Have the unit by which an app is judged chosen anew, within seconds."""
    here = knowing(app)
    _refuse(ACTIONS["choose"], user)
    Units(here.sessions).ask(app, user.name, form.reason)
    return Outcome("choose", f"The unit of {app} is chosen anew.")


def freeze(span: FreezeSpan, user: User) -> Outcome:
    """Enter a freeze."""
    _refuse(ACTIONS["freeze"], user)
    _refuse_senseless(span, face().settings.platform)
    number = face().ledger.freeze(span, user.name)
    return Outcome("freeze", f'The freeze "{span.name}" holds; it has the number {number}.')


def unfreeze(freeze_id: int, user: User, form: Form) -> Outcome:
    """Lift a freeze."""
    _refuse(ACTIONS["unfreeze"], user)
    here = face()
    try:
        here.ledger.unfreeze(freeze_id, user.name, form.reason)
    except Refused as refused:
        raise Problem(409, "freeze.refused", f"{refused}.") from None
    for release_id in here.ledger.unfinished():
        here.bell.ring("tick", release_id)
    return Outcome("unfreeze", "The freeze is lifted.")


def read(here: Face, release_id: int) -> Told:
    """The release as a person sees it who is about to act."""
    with here.sessions.reading() as session:
        return read_in(session, here, release_id)


def read_in(session: Session, here: Face, release_id: int) -> Told:
    """The same, to read more of the same moment."""
    told = pages.told(session, here.sessions.now(session), release_id)
    if told is None:
        raise Problem(404, "release.unknown", f"There is no release R-{release_id}.")
    return told


def shown_of(told: Told) -> Content:
    """What a vote given now is for."""
    return Content(told.head.digest, told.head.def_hash, told.said.cfg_hash)


def _vote(here: Face, action: Action, user: User, told: Told, form: Form) -> Outcome:
    if form.shown is None:
        raise Problem(422, "gate.unseen", "A vote names the digest, def_hash and cfg_hash it is for; look first.")
    _refuse_outdated(told, form.shown)
    try:
        yes = action.name == "approve"
        new = here.ledger.vote(told.head.id, user.name, yes=yes, comment=form.reason, shown=form.shown)
    except Refused as refused:
        _refuse_outdated(read(here, told.head.id), form.shown)
        raise Problem(409, "action.refused", f"{refused}.") from None
    verb = "approved" if yes else "rejected"
    again = "" if new else "already "
    return Outcome(action.name, f"You {again}{verb} R-{told.head.id}.", new, told.head.id)


def _refuse_outdated(told: Told, shown: Content) -> None:
    """Say what changed since the voter looked."""
    now = shown_of(told)
    names = (("image", shown.digest, now.digest), ("definition", shown.def_hash, now.def_hash))
    for name, old, new in (*names, ("target configuration", shown.cfg_hash, now.cfg_hash)):
        if old != new:
            detail = f"{name} changed from {old or 'nothing'} to {new or 'nothing'}; review again."
            current = {"digest": now.digest, "def_hash": now.def_hash, "cfg_hash": now.cfg_hash}
            raise Problem(409, "gate.outdated", detail, shown=current)


def _order(here: Face, action: Action, user: User, told: Told, form: Form) -> Outcome:
    try:
        new = here.ledger.ask(told.head.id, action.name, user.name, reason=form.reason)
    except Refused as refused:
        raise Problem(409, "action.refused", f"{refused}.") from None
    words = "is asked for" if new else "was asked for already"
    return Outcome(action.name, f"{action.label} {words}: R-{told.head.id}.", new, told.head.id)


def _run_again(here: Face, user: User, told: Told, form: Form) -> Outcome:
    head = told.head
    if head.app not in here.settings.platform.apps:
        raise Problem(409, "action.refused", f"{head.app} is no app of this installation any more.")
    about: dict[str, object] = {"commit": head.commit, "again": head.id}
    if form.start == "test":
        if not head.digest:
            raise Problem(409, "action.not_built", f"R-{head.id} was never built; run it again from the build.")
        about["digest"] = head.digest
    # the key makes a double click one release; what comes of it can be run again in its turn
    return _wish(here, head.app, user, about, f"again {head.id} from {form.start}")


def _return(here: Face, user: User, told: Told, form: Form) -> Outcome:
    try:
        release_id = here.ledger.submit_return(told.head.id, form.to, user.name, form.reason)
    except Refused as refused:
        raise Problem(409, "action.refused", f"{refused}.") from None
    here.bell.ring("tick", release_id)
    return Outcome("rollback", f"R-{release_id} goes back; R-{told.head.id} stays in the history.", release=release_id)


def _wish(here: Face, app: str, user: User, about: dict[str, object], key: str) -> Outcome:
    """A delivery from a person, read by the intake like one from a forge."""
    key = f"{user.name} {key or secrets.token_hex(16)}"
    wish = {"app": app, "who": user.name, "key": key, **about}
    body = json.dumps(wish, sort_keys=True).encode()
    try:
        received = here.inbox.put(API, body, key, {"event": "start"}, once=True)
    except Refused as refused:
        raise Problem(409, "api.idempotency_key", f"{refused}.") from None
    if not received.duplicate:
        here.bell.ring("intake", received.id)
    words = "was asked for already" if received.duplicate else "is asked for"
    return Outcome("start", f"A release of {app} {words}.", not received.duplicate, delivery=received.id)


def _refuse_senseless(span: FreezeSpan, platform: Platform) -> None:
    """A freeze that could never hold, or holds for something that is not there, protects nobody."""
    try:
        read_zone(span.zone)
        if span.weekly:
            parse_weekly(span.weekly)
    except BadDefinition as trouble:
        raise Problem(422, "freeze.invalid", f"{trouble}.") from None
    if span.starts and span.ends and span.ends <= span.starts:
        raise Problem(422, "freeze.invalid", "The freeze would end before it starts; change one of the two.")
    if unknown := sorted(span.apps - set(platform.apps)) + sorted(span.clusters - set(platform.clusters)):
        raise Problem(422, "freeze.invalid", f"{unknown[0]} is no app or cluster of platform.yaml.")


def _refuse(action: Action, user: User) -> None:
    if why := may(action, user):
        raise Problem(403, "auth.not_allowed", why)


def _refuse_empty(action: Action, form: Form) -> None:
    if action.reason == "must" and not form.reason:
        what = "comment" if action.shown else "reason"
        raise Problem(422, "action.reason", f"{action.label} needs a {what}: others will ask why.")


def _not_now(action: Action, user: User, told: Told, why: str) -> Problem:
    """403 when somebody else may, 409 when nobody may now."""
    if user.lacks(action.role, action.scope):
        return Problem(403, "auth.not_allowed", why)
    running = told.release is not None and told.head.state is State.RUNNING and told.head.digest
    if action.shown and running and told.release is not None and permits.approvals_ahead(told.release):
        return Problem(403, "gate.not_yours", why)
    return Problem(409, "action.not_now", why)
