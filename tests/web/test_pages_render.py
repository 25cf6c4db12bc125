"""Every page shows what is in the database, as text, and every link on it leads somewhere."""

import re
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from tests.web import pages_app
from tests.web.stories import HOSTILE, Story

VISIT = (
    "/",
    "/releases",
    "/approvals",
    "/calendar",
    "/calendar/stop",
    "/clusters",
    "/audit",
    "/releases/12/log/build",
    "/releases/9/log/test",
)
RELEASES = tuple(f"/releases/{number}" for number in range(1, 18))
QUESTIONS = ("/releases/12/ask/reject", "/releases/13/ask/rollback", "/releases/17/ask/resume", "/freezes/1/ask/lift")


class Tags(HTMLParser):
    """All tags of a page with their attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attrs for name, attrs in self.found if name == tag]


@pytest.fixture(scope="module")
def story() -> Story:
    return pages_app.told()


@pytest.fixture(scope="module")
def jonas(story: Story) -> FlaskClient:
    return pages_app.sign_in(pages_app.make(story), story, "jonas")[0]


def tail_of(html: str) -> str:
    """Where the page fetches new lines from."""
    return next(one["data-hx-get"] for one in Tags(html).all("div") if one.get("id") == "tail")


def text(client: FlaskClient, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200, url
    return unescape(pages_app.words(answer.text))


@pytest.mark.parametrize("url", [*VISIT, *RELEASES, *QUESTIONS])
def test_what_outsiders_wrote_is_text_and_nothing_else(jonas: FlaskClient, url: str) -> None:
    html = jonas.get(url).text
    tags = Tags(html)

    assert not [src for src in tags.all("img") if src.get("src") == "x"]
    assert not [one for one in tags.all("script") if "src" not in one]
    assert "49" not in re.findall(r"img src=x onerror=alert\(1\)&gt;(\S+)", html)
    assert not [name for _, attrs in tags.found for name in attrs if name.startswith("on") or name == "style"]


def test_hostile_words_are_shown_as_they_were_written(jonas: FlaskClient) -> None:
    page = unescape(jonas.get("/releases/12").text)

    assert f"Hostile {HOSTILE}" in page
    assert f"fine {HOSTILE}" in page
    assert f"mallory {HOSTILE}" in page


@pytest.mark.parametrize("url", [*VISIT, *RELEASES, *QUESTIONS])
def test_a_page_has_one_main_heading_and_names_for_its_parts(jonas: FlaskClient, url: str) -> None:
    tags = Tags(jonas.get(url).text)
    ids = [attrs["id"] for _, attrs in tags.found if "id" in attrs]

    assert len(tags.all("h1")) == 1
    assert len(tags.all("main")) == 1
    assert len(ids) == len(set(ids))
    assert {attrs["aria-labelledby"] for _, attrs in tags.found if "aria-labelledby" in attrs} <= set(ids)
    assert {one["commandfor"] for one in tags.all("button") if "commandfor" in one} <= set(ids)
    assert {one["for"] for one in tags.all("label")} <= set(ids)


def test_every_link_part_and_form_of_every_page_is_known(jonas: FlaskClient) -> None:
    seen: set[str] = set()
    ahead = ["/"]
    while ahead:
        url = ahead.pop()
        if url in seen:
            continue
        seen.add(url)
        answer = jonas.get(url)
        assert answer.status_code == 200, url
        if answer.mimetype != "text/html":
            continue
        tags = Tags(answer.text)
        links = [one["href"] for one in tags.all("a")] + [
            one["data-hx-get"] for _, one in tags.found if "data-hx-get" in one
        ]
        ahead += [link.partition("#")[0] for link in links if not link.startswith("#") and "week=" not in link]
        ids = {attrs.get("id") for _, attrs in tags.found}
        assert {link[1:] for link in links if link.startswith("#")} <= ids
        for form in tags.all("form"):
            rules = jonas.application.url_map.bind("localhost")
            rules.match(form["action"], method=form.get("method", "get").upper())
    assert len(seen) > 60


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("/", "6 releases in motion. 3 cannot go on without you. 2 wait for somebody else. 10 apps in 3 clusters."),
        ("/", "Change fail rate 12 % 1 of 8 releases that reached a cluster"),
        ("/releases/8", "R-8 shop 1.2.0 rolled back"),
        ("/releases/8", "evidence for harm was 217, the limit is 100"),
        ("/releases/9", "R-9 shop 1.3.0 failed"),
        ("/releases/10", "There is no plan: the definition was refused."),
        ("/releases/11", "Superseded by R-12, which is newer and tested"),
        ("/releases/12", "Outdated: the configuration of the target changed since."),
        ("/releases/12", "lena approved 12:05"),
        ("/releases/14", "Release managers can roll it back."),
        ("/releases/15", "Cluster az2 unreachable, last looked at"),
        ("/releases/16", "A release manager can lift the freeze."),
        ("/releases/17", "Paused by jonas"),
        ("/releases/7", "Live everywhere."),
        ("/releases/13/ask/rollback", "az1 canary from"),
        ("/releases/13/ask/rollback", "dr not touched, stays as it is"),
        ("/releases/7/ask/rollback", "az1 from 1.1.0 back to 1.0.0"),
        ("/approvals", "1 release waits for you. You are in release-managers."),
        ("/approvals", "Your approval of"),
        ("/calendar", "Going back is never blocked."),
        ("/calendar/stop", "holds until a release manager lifts it"),
        ("/clusters", "3 clusters. az2 cannot be seen. dr is for disasters and gets every release last."),
        ("/clusters", "watches R-14, heartbeat"),
        ("/clusters", "its gateway does not answer"),
        ("/audit", "Chain verified,"),
        ("/audit?who=lena", "lena approved canary az1"),
        ("/audit?kind=freeze", "1 of 1, newest first"),
        ("/audit?release=R-12&who=people", "3 of 3, newest first"),
        ("/audit?q=lock+is+released", "1 of 1, newest first"),
        ("/audit?from=2026-11-25", "No line matches."),
        ("/releases?author=mei&app=mail", "2 releases that match."),
        ("/releases?cluster=dr&app=shop", "2 releases that match."),
        ("/releases?author=nobody", "No release matches."),
        ("/releases/8", "Evidence for harm 217 of 100"),
        ("/releases/8", "az1 0 % on 1.2.0; R-7 shop 1.1.0 , live since"),
        ("/releases/15", "so far since"),
        ("/releases/13", "Not now: It does not ask for an approval now."),
        ("/releases/12/log/build", "It still runs. New lines appear here."),
        ("/releases?q=R-12", "1 release that matches."),
        ("/releases?app=shop&state=live", "2 releases that match."),
        ("/releases?q=nothing-like-it", "No release matches."),
    ],
)
def test_a_page_says_what_is_true(jonas: FlaskClient, url: str, said: str) -> None:
    assert said in text(jonas, url)


def test_a_part_is_the_same_as_on_its_page(jonas: FlaskClient) -> None:
    for url in (
        "/",
        "/releases/12",
        "/approvals",
        "/calendar",
        "/clusters",
        "/audit",
        "/releases?q=shop",
        "/releases/12/log/build",
    ):
        page = jonas.get(url).text
        source = next(one["data-url"] for one in Tags(page).all("div") if one.get("id") == "parts")
        names = [attrs["data-part"] for _, attrs in Tags(page).found if "data-part" in attrs]
        answer = jonas.get(source + ",".join(names)).text

        parts = re.findall(
            r"<hx-partial hx-target=\'\[data-part=\"(.+?)\"\]\'.*?>(.*?)</hx-partial>", answer, re.DOTALL
        )
        assert [name for name, _ in parts] == names
        for _, part in parts:
            assert part.strip() in page


def test_a_log_is_numbered_and_kept_as_it_was(jonas: FlaskClient) -> None:
    page = jonas.get("/releases/9/log/test")
    raw = jonas.get("/releases/9/log/test/raw")

    assert 'id="L2"' in page.text
    assert '<span class="a-r">FAILED</span>' in page.text
    assert raw.data == f"\x1b[31mFAILED\x1b[0m {HOSTILE}\nnext line\n".encode()
    assert raw.headers["Content-Disposition"].startswith("attachment")


def test_the_tail_of_a_log_goes_on_where_the_page_ends(tmp_path: Path, story: Story) -> None:
    mine = story.copy(tmp_path)
    client, _ = pages_app.sign_in(pages_app.make(mine), mine, "vera")
    more = next(
        one["data-hx-get"]
        for one in Tags(client.get("/releases/12/log/build").text).all("div")
        if one.get("id") == "tail"
    )
    mine.logs.append("r12-build-1", mine.logs.size("r12-build-1"), b"third \x1b[1mline\x1b[0m\nhalf a li")
    tail = client.get(more)

    assert 'id="L3"' in tail.text
    assert "half a li" not in tail.text
    again = tail_of(tail.text)
    mine.logs.append("r12-build-1", mine.logs.size("r12-build-1"), b"ne")
    mine.logs.end("r12-build-1", "done")
    end = client.get(again)
    assert "half a line" in end.text
    assert 'id="tail"' not in end.text


def test_an_empty_installation_shows_three_commands_that_exist(tmp_path: Path) -> None:
    fresh = Story(tmp_path)
    client, _ = pages_app.sign_in(pages_app.make(fresh), fresh, "vera")
    said = text(client, "/")

    assert "No releases yet" in said
    for command in ("sluice up", "sluice validate", "sluice release start cart"):
        assert command in said


@pytest.mark.parametrize(
    "url", ["/releases/999", "/releases/12/log/none", "/releases/12/ask/dance", "/nowhere", "/?part=none"]
)
def test_what_is_not_there_is_said_with_a_way_back(jonas: FlaskClient, url: str) -> None:
    answer = jonas.get(url)

    assert answer.status_code == 404
    assert "Go to the overview" in answer.text


def test_whoever_is_not_signed_in_goes_to_the_login(story: Story) -> None:
    client = pages_app.make(story).test_client()
    answer = client.get("/releases/12")

    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/login")
    assert client.get("/?part=motion").status_code == 401


def test_templates_never_trust_text() -> None:
    web = Path(__file__).parents[2] / "web"
    written = "".join(path.read_text() for path in (*web.rglob("*.html"), *web.rglob("*.py")))

    assert not re.findall(
        r"\|\s*safe\b|Markup\(|autoescape false|<script(?![^>]*\bnonce=)|\bstyle=|\bhx-on|javascript:", written
    )
