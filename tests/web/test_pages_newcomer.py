"""Questions of somebody who sees Sluice for the first time: each is answered within two clicks from the overview."""

import re
from dataclasses import dataclass
from html import unescape
from html.parser import HTMLParser

import pytest
from flask.testing import FlaskClient

from tests.web import pages_app


@dataclass(frozen=True)
class Question:
    """What is asked, which links are followed (by their words), and what the last page must say."""

    asked: str
    clicks: tuple[str, ...]
    answer: str


QUESTIONS = (
    Question("What needs me now?", (), "R-12 shop 1.5.0 running needs you"),
    Question("Why is shop 1.5.0 not on az1?", (), "Waits for approval: 1 of 2 of release-managers agreed"),
    Question("Who approved shop 1.5.0?", ("R-12 shop 1.5.0",), "lena approved"),
    Question("Why is mail waiting?", (), "Waits for the end of the freeze Black Friday"),
    Question("Who can end that?", (), "A release manager can lift the freeze"),
    Question("What failed in shop 1.3.0, at which line?", ("R-9 shop 1.3.0",), "1 FAILED"),
    Question("What did the whole test say?", ("R-9 shop 1.3.0", "Test log"), "next line"),
    Question("Why was shop 1.2.0 taken back?", ("R-8 shop 1.2.0",), "evidence for harm was 217, the limit is 100"),
    Question("How fast was that?", ("R-8 shop 1.2.0",), "Decision to the version before 2 s"),
    Question("Who takes search 1.1.0 back?", ("R-15 search 1.1.0",), "Taken back by lena"),
    Question("What runs in dr?", ("Clusters",), "catalog a 1.0.0 stable 4/4 100 %"),
    Question("What share does az1 get?", ("Clusters",), "% 40 % "),
    Question(
        "What would rolling back cart do?",
        ("R-13 cart 1.1.0", "Roll back"),
        "az1 canary from 10 % to 0 %, 1.0.0 serves all",
    ),
    Question("What is not taken back?", ("R-13 cart 1.1.0", "Roll back"), "Data and configuration stay as they are"),
    Question("Who paused pay, and why?", (), 'Paused by jonas: "look first'),
    Question("What can I do about catalog?", ("R-14 catalog 1.1.0",), "What you can do Roll back"),
    Question("Why can catalog not go on?", ("R-14 catalog 1.1.0",), "Part of it was taken back, so it cannot go on"),
    Question("Who did what today?", ("Audit",), "jonas freeze.create"),
    Question("Was the journal changed?", ("Audit",), "Chain verified"),
    Question(
        "What will cart wait for later?", ("R-13 cart 1.1.0",), "The rollout on az1 waits for a soak of 10 seconds"
    ),
    Question("Is a cluster away?", ("Clusters",), "az2 cannot be seen"),
)


class Links(HTMLParser):
    """The links of a page by their words, and its words."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: dict[str, str] = {}
        self._open: list[tuple[str, list[str]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self._open.append((dict(attrs).get("href") or "", []))

    def handle_data(self, data: str) -> None:
        if self._open:
            self._open[-1][1].append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._open:
            href, words = self._open.pop()
            self.found.setdefault(re.sub(r"\s+", " ", "".join(words)).strip(), href)


@pytest.fixture(scope="module")
def jonas() -> FlaskClient:
    story = pages_app.told()
    return pages_app.sign_in(pages_app.make(story), story, "jonas")[0]


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.asked)
def test_it_is_answered_within_two_clicks(jonas: FlaskClient, question: Question) -> None:
    assert len(question.clicks) <= 2
    page = jonas.get("/").text
    for words in question.clicks:
        href = Links(page).found[words].partition("#")[0]
        page = jonas.get(href).text

    assert question.answer in unescape(pages_app.words(page))
