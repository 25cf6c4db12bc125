"""What outsiders write is text: thirty payloads in every field they fill, on every page that shows it."""

from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from pipeline.facts import FreezeSpan, Rendered
from pipeline.judge import curve
from pipeline.plan import make
from pipeline.states import State
from pipeline.store.looks import Look, note
from pipeline.store.restore import NewRelease
from tests.rules.judge.traffic import steady
from tests.web import pages_app
from tests.web.stories import PLATFORM, Story, spec
from tests.web.test_pages_draw import JUDGES
from tests.web.test_pages_draw import written as drawn
from web.present.draw.evidence import rate_chart

PAYLOADS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    '"><script>alert(1)</script>',
    "'><img src=x onerror=alert(1)>",
    "</title><script>alert(1)</script>",
    "</textarea><script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "--><script>alert(1)</script>",
    "<a href=javascript:alert(1)>x</a>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "<style>*{display:none}</style>",
    "<link rel=stylesheet href=//evil>",
    "<base href=//evil>",
    "<meta http-equiv=refresh content='0;url=//evil'>",
    "<form action=//evil><input name=csrf_token>",
    "<button formaction=//evil>x</button>",
    "<hx-partial hx-target=body>x</hx-partial>",
    "<div data-hx-get=//evil data-hx-trigger=load>x</div>",
    '" onmouseover="alert(1)',
    "' autofocus onfocus='alert(1)",
    "{{ 7*7 }}{% for x in (1,) %}49{% endfor %}",
    "${7*7}#{7*7}",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;",
    "\u202egnp.exe\u2066",
    "\x1b]8;;javascript:alert(1)\x07x\x1b]8;;\x07",
    "\x1b[2J\x1b[1;1Hroot#",
    "\N{GRINNING FACE}" * 20,
    "a" * 400 + "<b>",
)
OURS = {"script": "src", "link": "href", "form": "action", "a": "href", "img": "src"}
PAGES = ("/", "/releases", "/releases?q=Hostile", "/approvals", "/calendar", "/clusters", "/audit", "/palette?q=R")


class Found(HTMLParser):
    """Tags and attributes that are none of ours."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.bad: list[str] = []
        self.text: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if tag in ("iframe", "style", "base", "object", "embed", "hx-partial"):
            self.bad.append(tag)
        if tag in OURS and not told.get(OURS[tag], "/").startswith(("/", "#", "?")):
            self.bad.append(f"{tag} {told}")
        if tag == "script" and "nonce" not in told:
            self.bad.append("script without nonce")
        wrong = [name for name in told if name.startswith("on") or name == "style"]
        wrong += [
            name for name, value in told.items() if name.startswith(("data-hx-get", "formaction")) and "evil" in value
        ]
        self.bad += [f"{tag} {name}" for name in wrong]

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def written(story: Story, payload: str, number: int) -> int:
    """A release that carries the payload in everything outsiders write, on its way with a canary."""
    definition = spec("cart", approve=True)
    new = NewRelease(
        "cart", "vmart", f"{number:040x}", definition, make(definition, PLATFORM), f"app: cart\n{payload}", "def-cart"
    )
    new = replace(new, version=payload, subject=f"Hostile {payload}", authors=frozenset({payload}))
    new = replace(new, commits=((payload[:40], payload, payload),))
    release = story.ledger.submit(new, actor=payload)
    story.brings[release] = (Rendered(payload, payload, f"{payload}\n"),)
    story.until(release, lambda one: one.ahead.name == "canary az1")
    story.tick(release)
    story.log(release, "build", f"{payload}\n::group::{payload}\n{payload}\n".encode("utf-8", "replace"), "failed")
    story.ledger.vote(release, "lena", yes=True, comment=payload)
    story.ledger.ask(release, "pause", "jonas", reason=payload)
    story.tick(release)
    return release


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[FlaskClient, list[int]]:
    """All payloads in one installation: releases, logs, votes, orders, freezes, clusters."""
    home: Path = tmp_path_factory.mktemp("hostile")
    story = Story(home)
    first = story.submit("cart", "1.0.0")
    story.finish(first)
    releases = []
    for number, payload in enumerate(PAYLOADS, 1):
        release = written(story, payload, 5000 + number)
        releases.append(release)
        story.ledger.freeze(FreezeSpan(payload[:80], payload, apps=frozenset({"mail"})), payload)
        slots = story._slots("cart", "az1")
        seen = replace(story._sight("cart", "az1", slots, 0), cluster=payload, trouble=payload)
        note(story.sessions, [Look(replace(seen, cluster="az1"), {}), Look(seen, {})])
        if number < len(PAYLOADS):
            story.ledger.ask(release, "cancel", "jonas", reason=payload)
            story.until(release, lambda one: one.state is State.ROLLED_BACK)
    return pages_app.sign_in(pages_app.make(story), story, "jonas")[0], releases


@pytest.mark.parametrize("page", PAGES)
def test_no_payload_becomes_a_part_of_a_page(world, page: str) -> None:
    client, _ = world

    assert Found(client.get(page).text).bad == []


@pytest.mark.parametrize("place", range(len(PAYLOADS)))
def test_every_payload_is_text_on_its_release_its_log_and_its_questions(world, place: int) -> None:
    client, releases = world
    number, payload = releases[place], PAYLOADS[place]
    for page in ("", "/log/build", "/ask/rerun"):
        answer = client.get(f"/releases/{number}{page}")
        found = Found(answer.text)
        assert found.bad == []
        if page == "" and "\x1b" not in payload:
            assert payload in "".join(found.text)


@pytest.mark.parametrize("payload", [one for one in PAYLOADS if "\x1b" not in one])
def test_a_metric_with_a_hostile_name_is_text_in_its_drawing(payload: str) -> None:
    parts = curve.segments(steady(10, metric=payload), JUDGES)

    assert payload in drawn(rate_chart(parts, 760, going_on=True)).attrib["aria-label"]
