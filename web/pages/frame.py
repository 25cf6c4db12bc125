"""What every page has around it: navigation, the line, banners, the stream. One part of a page can be shown alone."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from pipeline.store import board, news, pages
from pipeline.store.bell import Bell
from pipeline.store.session import Session
from pipeline.store.shown import Told

from .. import csrf
from ..auth import current_user, signed_in
from ..face import face
from ..present import approvals, calendar, motion
from ..problems import Problem
from ..roles import Role, User
from . import pulse

ALWAYS = ("releases", "approvals", "freezes")
PARTS = ("nav", "line", "banners")


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of the navigation."""

    href: str
    icon: str
    word: str
    count: int
    counted: str
    here: bool


@dataclass(frozen=True, slots=True)
class Frame:
    """Everything around the page itself."""

    me: str
    role: str
    nav: tuple[Item, ...]
    line: calendar.Line
    banners: tuple[str, ...]
    now: datetime
    topics: tuple[str, ...]
    events_url: str


@dataclass(frozen=True, slots=True)
class View:
    """One look into the store, and who looks."""

    session: Session
    now: datetime
    user: User
    moving: tuple[Told, ...]

    @property
    def reader(self) -> motion.Reader:
        """The reader as the pages need to know them."""
        return motion.Reader(self.user.name, self.user.groups, self.user.role.covers(Role.RELEASE_MANAGER))

    @property
    def apps(self) -> tuple[str, ...]:
        return tuple(sorted(face().settings.platform.apps))

    @property
    def clusters(self) -> tuple[str, ...]:
        return tuple(face().settings.platform.clusters)


def must_sign_in() -> AnyResponse | None:
    """Before each page: whoever is not signed in goes to the login and comes back to the same kind of page."""
    if current_user() is not None:
        return None
    if request.method != "GET" or "part" in request.args:
        raise Problem(401, "auth.sign_in", "Your session has ended; sign in and do it again.")
    return redirect(url_for("entry.ask", next=request.blueprint), 303)


def read_form() -> User:
    """Who sends this form; it comes from one of our pages, from this session, and is small."""
    user = signed_in()
    csrf.refuse_foreign_site()
    csrf.read_form()
    csrf.refuse_without_field(user.csrf)
    return user


@contextmanager
def looking() -> Iterator[View]:
    """One snapshot for everything a page shows."""
    user, here = signed_in(), face()
    with here.sessions.reading() as session:
        now = here.sessions.now(session)
        yield View(session, now, user, pages.in_motion(session, now))


def show(
    view: View,
    template: str,
    values: Mapping[str, object],
    *,
    nav: str,
    parts: tuple[str, ...] = (),
    topics: tuple[str, ...] = (),
) -> str:
    """The page, or the one part of it that was asked for."""
    done = DONE.get(request.args.get("done", ""))
    told = {**values, "frame": _frame(view, nav, topics), "parts_url": _parts_url(), "told": done}
    names = request.args.get("part", "").split(",")
    if names == [""]:
        return render_template(template, **told)
    if not set(names) <= {*parts, *PARTS}:
        raise Problem(404, "page.no_such_part", "There is no such part of this page; load the page again.")
    return render_template("_parts.html", names=names, **told)


def _parts_url() -> str:
    """Where parts of this page are fetched: their names follow."""
    kept: dict[str, Any] = {name: value for name, value in request.args.items() if name not in ("part", "done")}
    return url_for(str(request.endpoint), **(request.view_args or {}), **kept, part="")


def _frame(view: View, nav: str, topics: tuple[str, ...]) -> Frame:
    mine = sum(approvals.mine(told, view.user.name, view.user.groups) for told in view.moving)
    found = board.freezes(view.session, view.now)
    wanted = ALWAYS + topics
    return Frame(
        me=view.user.name,
        role=view.user.role,
        nav=_nav(nav, len(view.moving), mine),
        line=calendar.line(found, view.now),
        banners=pulse.banners(_queue(), _swept(view), view.now),
        now=view.now,
        topics=wanted,
        events_url=url_for("events.stream", topics=",".join(wanted), since=news.newest(view.session)),
    )


def _queue() -> pulse.Queue | None:
    bell = face().bell
    return bell if isinstance(bell, Bell) else None


def _swept(view: View) -> str:
    return pages.setting(view.session, "swept_at")


def _nav(here: str, moving: int, mine: int) -> tuple[Item, ...]:
    return (
        Item(url_for("overview.show"), "home", "Overview", 0, "", here == "overview"),
        Item(url_for("releases.show"), "rel", "Releases", moving, "in motion", here == "releases"),
        Item(url_for("approvals.show"), "ok", "Approvals", mine, "for you", here == "approvals"),
        Item(url_for("calendar.show"), "cal", "Calendar", 0, "", here == "calendar"),
        Item(url_for("clusters.show"), "cluster", "Clusters", 0, "", here == "clusters"),
        Item(url_for("audit.show"), "list", "Audit", 0, "", here == "audit"),
    )


@dataclass(frozen=True, slots=True)
class Done:
    """What the page says after something was done."""

    colour: str
    text: str


DONE = {
    "approve": Done("run", "Your approval is written down."),
    "reject": Done("run", "Your rejection is written down. What the release touched is taken back."),
    "pause": Done("run", "It is paused. It keeps its share and is still judged."),
    "resume": Done("run", "It goes on."),
    "promote": Done("run", "It goes on without waiting for more evidence."),
    "rollback": Done("run", "The roll back is ordered. It starts within a second."),
    "cancel": Done("run", "The release is cancelled. What it touched is taken back."),
    "rerun": Done("run", "A new release of the same commit was made."),
    "freeze": Done("run", "The freeze holds from now on as entered."),
    "unfreeze": Done("run", "The freeze is lifted."),
}
