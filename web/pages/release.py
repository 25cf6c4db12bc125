"""One release: why it waits first, then what happens now, then what happened. And its questions as pages."""

from dataclasses import dataclass
from functools import partial

from flask import Blueprint, request, url_for

from pipeline.states import State
from pipeline.store import pages
from pipeline.store.changes import changes
from pipeline.store.shown import Head, JobShown, Told

from .. import ansi
from ..actions import ACTIONS, may
from ..face import face
from ..logbook import part
from ..present import (
    approvals,
    evidence,
    fault,
    gates,
    graph,
    journal,
    ladder,
    motion,
    question,
    signs,
    steps,
    story,
    ways,
)
from ..present.changes import news
from ..present.draw.plan import plan_graph
from ..present.replay import replay
from ..present.words import percent, short
from ..problems import Problem
from ..roles import User
from .frame import View, looking, must_sign_in
from .frame import show as show_page

LINES = 12  # of a job that failed, on the page of its release
blueprint = Blueprint("release", __name__)
blueprint.before_request(must_sign_in)
PARTS = (
    "release_head",
    "standing",
    "fault",
    "failed",
    "plan",
    "now",
    "evidence",
    "changes",
    "gates",
    "votes",
    "good",
    "ways",
    "facts",
    "journal",
    "questions",
)


@blueprint.get("/releases/<int:release_id>")
def show(release_id: int) -> str:
    """Everything about one release."""
    with looking() as view:
        told = find(view, release_id)
        topics = () if told.head.ended_at else (f"release:{release_id}", f"ticks:{release_id}")
        return show_page(view, "release.html", _values(view, told), nav="releases", parts=PARTS, topics=topics)


@blueprint.get("/releases/<int:release_id>/ask/<action>")
def ask(release_id: int, action: str) -> str:
    """One question as a page of its own."""
    with looking() as view:
        return asked(view, find(view, release_id), action)


def asked(view: View, told: Told, action: str, problem: str = "", given: str = "") -> str:
    """The question, or why it cannot be asked now."""
    if action not in question.ORDER:
        raise Problem(404, "action.unknown", "There is no such action on a release; go back to its page.")
    why_not = may(ACTIONS[action], view.user, told)
    if why_not and not problem:
        raise Problem(403 if "role" in why_not else 409, "action.not_now", f"{why_not} Nothing was changed.")
    one = question.ask(told, action, _versions(view, told))
    values = {"head": told.head, "question": one, "problem": problem, "given": given}
    if action in ("approve", "reject"):
        values["news"] = news(changes(view.session, told.head.id))
    return show_page(view, "ask.html", values, nav="releases")


def find(view: View, release_id: int) -> Told:
    """The release, or a page that says there is none."""
    told = pages.told(view.session, view.now, release_id) if release_id < 2**62 else None
    if told is None:
        raise Problem(404, "release.unknown", f"There is no release R-{release_id}; look for it in the list.")
    return told


def possible(user: User, told: Told) -> tuple[str, ...]:
    """The actions this person may take now. Cancelling and rolling back are one thing; the page shows one of them."""
    names = [name for name in question.ORDER if may(ACTIONS[name], user, told) is None]
    touched = told.release is not None and bool(told.release.targets)
    dropped = "cancel" if touched or "cancel" not in names else "rollback"
    return tuple(name for name in names if name != dropped)


def _values(view: View, told: Told) -> dict[str, object]:
    versions = _versions(view, told)
    return {
        "head": told.head,
        "sign": signs.state(told.head, touched=bool(told.placed)),
        "topic": f"release:{told.head.id}",
        "ticks": f"ticks:{told.head.id}",
        "questions": [question.ask(told, name, versions) for name in possible(view.user, told)],
        "shade": question.shade(told),
        "why": motion.why(told),
        "act": motion.act(told),
        "fault": fault.items(told),
        "good": _good(view, told),
        "failed": _failed(view, told),
        "news": news(changes(view.session, told.head.id)),
        "ways": ways.after(told, view.user),
        "unseen": [(one.cluster, one.trouble, one.seen_at) for one in told.placed if one.trouble],
        "asked": approvals.asked(told, view.user.name),
        "jobs": told.jobs,
        "journal": journal.entries(told.events),
        "story": story.lines(told),
        "planned": story.planned(told)[:2],
        "since_live": [
            (one.cluster, versions.get(one.previous) or short(one.previous)) for one in told.placed if one.previous
        ],
        **_course(told),
        **_judged(view, told),
    }


def _course(told: Told) -> dict[str, object]:
    """The plan, and how far along it the release is."""
    plan = steps.rows(told)
    return {
        "plan": plan,
        "graph": plan_graph(graph.groups(plan, _logs(told), _regions())),
        "longest": steps.longest(told),
        "pips": steps.pips(told),
        "stands": steps.stands(told),
        "current": ladder.current(told),
    }


def _judged(view: View, told: Told) -> dict[str, object]:
    """The evidence, of now or of the moment that is asked for, and the gates it is one of."""
    played = replay(told, request.args.get("at", ""))
    at = played.at if played else None
    then = pages.told_at(view.session, told, at) if at else told
    lines, sums = evidence.lines(then)
    now, before = gates.now(told), gates.before(told)
    return {
        "replay": played,
        "charts": evidence.charts(then, partial(face().curves.segments, view.session, then)),
        "lines": lines,
        "sums": sums,
        "paths": [one.told(cluster) for cluster, one in evidence.paths(told).items()],
        "gates_now": now,
        "gates_before": before,
        "gates_for": gates.heading(told),
        "gates_count": gates.counted(now),
        "gates_before_count": gates.counted(before),
    }


def _good(view: View, told: Told) -> tuple[tuple[str, str, Head | None], ...]:
    """Each touched cluster, the share it still gives this version as last seen, and what it goes back to."""
    if told.head.state not in (State.ROLLING_BACK, State.ROLLED_BACK):
        return ()
    touched = [one for one in told.placed if one.previous]
    brought = pages.brought(view.session, told.head.app, {one.previous for one in touched})
    return tuple((one.cluster, percent(one.share) if one.seen_at else "", brought.get(one.previous)) for one in touched)


@dataclass(frozen=True, slots=True)
class Failed:
    """A job that failed: its last lines, and where to read on."""

    job: JobShown
    href: str
    lines: tuple[ansi.LogLine, ...]


def _failed(view: View, told: Told) -> Failed | None:
    """The last job, if it failed: what it said at its end, without a click."""
    job = told.jobs[-1] if told.jobs else None
    if job is None or job.state != "failed":
        return None
    index = face().book.index(view.session, job.name)
    last = index.total()
    cut = part(view.session, job.name, index, max(1, last - LINES + 1), last) if last else None
    href = url_for("log.show", release_id=told.head.id, step=job.step, attempt=job.attempt)
    return Failed(job, href, tuple(ansi.lines(cut.data, cut.first)) if cut else ())


def _logs(told: Told) -> dict[str, str]:
    """Where the newest log of each step is."""
    return {job.step: url_for("log.show", release_id=told.head.id, step=job.step) for job in told.jobs}


def _regions() -> dict[str, str]:
    """What is said of a cluster beside its name."""
    clusters = face().settings.platform.clusters
    return {name: "disaster recovery" if one.dr else one.group or "" for name, one in clusters.items()}


def _versions(view: View, told: Told) -> dict[str, str]:
    return pages.versions(view.session, told.head.app, [one.previous for one in told.placed if one.previous])
