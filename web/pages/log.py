"""The output of one job: a page of lines in their sections; searched as a whole; while it runs, lines are appended."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, render_template, request, url_for

from pipeline.store import logs
from pipeline.store.shown import JobShown, Told

from ..face import face
from ..logbook import Part, part
from ..loglines import Index, Mark, sections
from ..present import logpage, signs
from ..present.logpage import Shown
from ..present.words import clock, lasted
from ..problems import Problem
from .frame import View, looking, must_sign_in
from .frame import show as show_page
from .release import find

blueprint = Blueprint("log", __name__)
blueprint.before_request(must_sign_in)
PAGE = 2000  # lines
SIGNS = {
    "running": signs.Sign("running", "run", "run"),
    "done": signs.Sign("passed", "pass", "pass"),
    "failed": signs.Sign("failed", "fail", "fail"),
}


@dataclass(frozen=True, slots=True)
class Link:
    """A link to another part of the log."""

    href: str
    word: str
    here: bool = False


@dataclass(frozen=True, slots=True)
class Open:
    """One log as it is now, and where to find it again."""

    job: JobShown
    index: Index
    address: dict[str, Any]

    @property
    def total(self) -> int:
        """Lines that can be shown: one that is still written is not."""
        return self.index.total() if self.job.log_done else self.index.lines

    def url(self, **more: Any) -> str:
        return url_for("log.show", **self.address, **more)


@blueprint.get("/releases/<int:release_id>/log/<step>")
def show(release_id: int, step: str) -> str:
    """The newest attempt, or the one asked for; the last page, or the one with what is looked for."""
    with looking() as view:
        told = find(view, release_id)
        job = _job(told, step)
        address = {"release_id": release_id, "step": step, "attempt": job.attempt}
        opened = Open(job, face().book.index(view.session, job.name), address)
        if request.args.get("part") == "tail":
            return _tail(view, told, opened)
        return _page(view, told, opened)


@blueprint.get("/releases/<int:release_id>/log/<step>/raw")
def raw(release_id: int, step: str) -> Response:
    """The bytes as they were written: as a file to keep, or with `?view=1` as plain text; never as a page."""
    with looking() as view:
        job = _job(find(view, release_id), step)
    sessions = face().sessions

    def data() -> Iterator[bytes]:
        with sessions.reading() as session:
            for _, piece in logs.pieces(session, job.name):
                yield piece

    if request.args.get("view"):
        return Response(data(), content_type="text/plain; charset=utf-8")
    name = f'attachment; filename="{job.name}.log"'
    return Response(data(), mimetype="application/octet-stream", headers={"Content-Disposition": name})


def _job(told: Told, step: str) -> JobShown:
    attempt = request.args.get("attempt", "")
    mine = [job for job in told.jobs if job.step == step and attempt in ("", str(job.attempt))]
    if not mine:
        raise Problem(
            404, "log.unknown", f"R-{told.head.id} has no log of {step[:80]}; its page lists the logs it has."
        )
    return mine[-1]


def _page(view: View, told: Told, log: Open) -> str:
    words = request.args.get("q", "").strip()[:200]
    found = face().book.hits(view.session, log.job.name, words) if words else ()
    here = min(max(1, _number("hit", 1)), len(found)) if found else 0
    shown = Shown(*_range(), words, found[here - 1] if here else 0)
    last = max(1, -(-log.total // PAGE))
    number = _chosen(shown, last)
    cut = part(view.session, log.job.name, log.index, (number - 1) * PAGE + 1, min(log.total, number * PAGE))
    values = _values(told, log, view) | {
        "blocks": _blocks(cut, shown, log),
        "words": words,
        "found": _found(found, here, log, words),
        "place": _place(number, last, log),
        "anchor": log.url(),
        "last_page": number == last,
        "more": _more(log, log.total + 1),
    }
    topics = (f"release:{told.head.id}", f"log:{told.head.id}:{log.job.step}") if not log.job.log_done else ()
    return show_page(view, "log.html", values, nav="releases", parts=("job",), topics=topics)


def _blocks(cut: Part, shown: Shown, log: Open) -> tuple[logpage.Block, ...]:
    sign = {"done": "pass", "failed": "fail"}.get(log.job.state, "run")
    last = cut.first + PAGE
    known = tuple(one for one in sections(log.index.marks, log.total) if one.first < last and one.last >= cut.first)
    return logpage.blocks(cut, known, shown, _marks(log.index.marks, cut.first), (log.total, sign))


def _marks(marks: tuple[Mark, ...], first: int) -> tuple[Mark, ...]:
    """Those on the page that begins with line `first`."""
    return tuple(mark for mark in marks if first <= mark.line < first + PAGE)


def _tail(view: View, told: Told, log: Open) -> str:
    """What was written after line `line`, and where to go on from there."""
    first = max(1, _number("line", 1))
    last = min(log.total, first + PAGE - 1)
    rows: tuple[logpage.Line, ...] = ()
    if last >= first:
        cut = part(view.session, log.job.name, log.index, first, last)
        rows = logpage.lines(cut, Shown(), _marks(log.index.marks, first))
    values = _values(told, log, view) | {"more": _more(log, last + 1), "anchor": log.url()}
    return render_template("parts/tail.html", log_lines=rows, last_page=True, rest=True, **values)


def _values(told: Told, log: Open, view: View) -> dict[str, Any]:
    job = log.job
    raw_address = url_for("log.raw", **log.address)
    return {
        "head": told.head,
        "title": f"{job.step.capitalize()} log",
        "job": job,
        "job_sign": SIGNS.get(job.state, SIGNS["running"]),
        "took": _took(job, view),
        "raw": raw_address,
        "raw_view": f"{raw_address}&view=1",
        "running": not job.log_done,
        "topic": f"log:{told.head.id}:{job.step}",
        "attempts": [
            Link(log.url() if one == job else _of(told, one), str(one.attempt), one == job)
            for one in told.jobs
            if one.step == job.step
        ],
    }


def _of(told: Told, job: JobShown) -> str:
    return url_for("log.show", release_id=told.head.id, step=job.step, attempt=job.attempt)


def _more(log: Open, line: int) -> str:
    return log.url(part="tail", line=line)


def _chosen(shown: Shown, last: int) -> int:
    """The page with the match, with the range, or the one asked for; else the last."""
    line = shown.hit or shown.first
    wanted = -(-line // PAGE) if line else _number("page", last)
    return min(last, max(1, wanted))


def _range() -> tuple[int, int]:
    """The range of `?lines=12-20`, or the one line of `?lines=12`."""
    first, _, last = request.args.get("lines", "").partition("-")
    if not (first.isascii() and first.isdigit() and len(first) < 9):
        return 0, 0
    end = int(last) if last.isascii() and last.isdigit() and len(last) < 9 else int(first)
    return (int(first), end) if end >= int(first) else (end, int(first))


def _number(name: str, otherwise: int) -> int:
    text = request.args.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else otherwise


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found, and the ways to its neighbours."""

    sentence: str
    before: str = ""
    after: str = ""


def _found(found: tuple[int, ...], here: int, log: Open, words: str) -> Found | None:
    if not words:
        return None
    if not found:
        return Found("Not in this log")
    before = log.url(q=words, hit=here - 1, _anchor=f"L{found[here - 2]}") if here > 1 else ""
    after = log.url(q=words, hit=here + 1, _anchor=f"L{found[here]}") if here < len(found) else ""
    more = " or more" if len(found) == 10_000 else ""
    return Found(f"Line {found[here - 1]:,}, {here:,} of {len(found):,}{more}", before, after)


@dataclass(frozen=True, slots=True)
class Place:
    """Which lines are shown, and the ways to the others."""

    sentence: str
    ways: tuple[Link, ...]


def _place(number: int, last: int, log: Open) -> Place:
    first, end = (number - 1) * PAGE + 1, min(log.total, number * PAGE)
    ways = [Link(log.url(page=1), "First"), Link(log.url(page=number - 1), "Previous")] if number > 1 else []
    ways += [Link(log.url(page=number + 1), "Next"), Link(log.url(page=last), "Last")] if number < last else []
    said = f"Lines {first:,} to {end:,} of {log.total:,}" if log.total else "No line yet"
    return Place(said, tuple(ways))


def _took(job: JobShown, view: View) -> str:
    if job.ended_at is None:
        return f"began {clock(job.started_at)}, {lasted(view.now - job.started_at)} so far"
    return f"{clock(job.started_at)} to {clock(job.ended_at)}, {lasted(job.ended_at - job.started_at)}"
