"""The output of one job: lines with numbers, a page at a time; while it runs, new lines are appended."""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, render_template, request, url_for

from pipeline.store import pages
from pipeline.store.shown import JobShown, Told

from .. import ansi
from ..present.signs import Sign
from ..present.words import clock, lasted
from ..problems import Problem
from .frame import View, looking, must_sign_in
from .frame import show as show_page
from .release import find

blueprint = Blueprint("log", __name__)
blueprint.before_request(must_sign_in)
PAGE = 5000  # lines
SIGNS = {
    "running": Sign("running", "run", "run"),
    "done": Sign("passed", "pass", "pass"),
    "failed": Sign("failed", "fail", "fail"),
}


@dataclass(frozen=True, slots=True)
class Link:
    """A link to another part of the log."""

    href: str
    word: str
    here: bool


@blueprint.get("/releases/<int:release_id>/log/<step>")
def show(release_id: int, step: str) -> str:
    """The newest attempt, or the one asked for; the last page, or the one asked for."""
    with looking() as view:
        told = find(view, release_id)
        job = _job(told, step)
        if request.args.get("part") == "tail":
            return _tail(view, told, job)
        return _page(view, told, job)


@blueprint.get("/releases/<int:release_id>/log/<step>/raw")
def raw(release_id: int, step: str) -> Response:
    """The bytes as they were written, as a file to keep and never as a page."""
    with looking() as view:
        job = _job(find(view, release_id), step)
        data = pages.log(view.session, job.name)
    name = f'attachment; filename="{job.name}.log"'
    return Response(data, mimetype="application/octet-stream", headers={"Content-Disposition": name})


def _job(told: Told, step: str) -> JobShown:
    attempt = request.args.get("attempt", "")
    mine = [job for job in told.jobs if job.step == step and attempt in ("", str(job.attempt))]
    if not mine:
        raise Problem(
            404, "log.unknown", f"R-{told.head.id} has no log of {step[:80]}; its page lists the logs it has."
        )
    return mine[-1]


def _page(view: View, told: Told, job: JobShown) -> str:
    data = pages.log(view.session, job.name)
    total = data.count(b"\n") + (not data.endswith(b"\n") and data != b"")
    last = max(1, -(-total // PAGE))
    number = min(last, max(1, request.args.get("page", default=last, type=int)))
    whole = _whole(data) if not job.log_done else data
    first = (number - 1) * PAGE + 1
    lines = [line for line in ansi.lines(_cut(whole, first), first) if line.number < first + PAGE]
    values = _tail_values(told, job, len(whole), whole.count(b"\n") + 1) | {
        "head": told.head,
        "title": f"{job.step.capitalize()} log",
        "job": job,
        "job_sign": SIGNS.get(job.state, SIGNS["running"]),
        "took": _took(job, view),
        "raw": url_for("log.raw", release_id=told.head.id, step=job.step, attempt=job.attempt),
        "attempts": [_attempt(told, one, one == job) for one in told.jobs if one.step == job.step],
        "pages": [_part(told, job, one, one == number, total) for one in range(1, last + 1)],
        "anchor": url_for("log.show", release_id=told.head.id, step=job.step, attempt=job.attempt, page=number),
        "log_lines": lines,
        "last_page": number == last,
    }
    topics = (f"release:{told.head.id}", f"log:{told.head.id}:{job.step}") if not job.log_done else ()
    return show_page(view, "log.html", values, nav="releases", parts=("job",), topics=topics)


def _tail(view: View, told: Told, job: JobShown) -> str:
    """What was written after byte `offset`, in whole lines, and where to go on from there."""
    offset = max(0, request.args.get("offset", default=0, type=int))
    first = max(1, request.args.get("line", default=1, type=int))
    data = pages.log(view.session, job.name, offset)
    whole = data if job.log_done else _whole(data)
    values = _tail_values(told, job, offset + len(whole), first + whole.count(b"\n"))
    anchor = url_for("log.show", release_id=told.head.id, step=job.step, attempt=job.attempt)
    lines = list(ansi.lines(whole, first))
    return render_template(
        "parts/tail.html", head=told.head, log_lines=lines, anchor=anchor, last_page=True, rest=True, **values
    )


def _tail_values(told: Told, job: JobShown, offset: int, line: int) -> dict[str, object]:
    where: dict[str, Any] = {"release_id": told.head.id, "step": job.step, "attempt": job.attempt}
    return {
        "running": not job.log_done,
        "topic": f"log:{told.head.id}:{job.step}",
        "more": url_for("log.show", **where, part="tail", offset=offset, line=line),
    }


def _whole(data: bytes) -> bytes:
    return data[: data.rfind(b"\n") + 1]


def _cut(data: bytes, first: int) -> bytes:
    """`data` from line `first` on."""
    at = 0
    for _ in range(first - 1):
        at = data.find(b"\n", at) + 1
    return data[at:]


def _took(job: JobShown, view: View) -> str:
    if job.ended_at is None:
        return f"began {clock(job.started_at)}, {lasted(view.now - job.started_at)} so far"
    return f"{clock(job.started_at)} to {clock(job.ended_at)}, {lasted(job.ended_at - job.started_at)}"


def _attempt(told: Told, job: JobShown, here: bool) -> Link:
    href = url_for("log.show", release_id=told.head.id, step=job.step, attempt=job.attempt)
    return Link(href, str(job.attempt), here)


def _part(told: Told, job: JobShown, number: int, here: bool, total: int) -> Link:
    href = url_for("log.show", release_id=told.head.id, step=job.step, attempt=job.attempt, page=number)
    return Link(href, f"{(number - 1) * PAGE + 1:,} to {min(total, number * PAGE):,}", here)
