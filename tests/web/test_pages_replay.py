"""A canary that was taken back, played again on its page: the evidence as it was, stop by stop."""

import re

import pytest

from tests.web import pages_app

PLAYED = re.compile(r'href="(/releases/8\?at=(\d+)#evidence)">(First|Before|After|Replay)<')


@pytest.fixture
def client(tmp_path):
    story = pages_app.told().copy(tmp_path)
    return pages_app.sign_in(pages_app.make(story), story, "jonas")[0]


def stops(page):
    return {word: href.partition("#")[0] for href, _, word in PLAYED.findall(page)}


def harm(page):
    return float(re.search(r'data-l="Harm" class="num">([\d.,]+) of', page).group(1).replace(",", ""))


def test_it_is_played_from_its_first_moment_to_its_last(client):
    href = stops(client.get("/releases/8").text)["Replay"]
    seen = []
    while href:
        page = client.get(href).text
        seen.append(harm(page))
        href = stops(page).get("After")

    assert seen[0] < 100 <= seen[-1]
    assert seen[-1] == harm(client.get("/releases/8").text)
    assert 1 < len(seen) <= 60


def test_one_may_go_back_and_to_its_beginning(client):
    second = stops(client.get(stops(client.get("/releases/8").text)["Replay"]).text)["After"]
    page = client.get(second).text

    assert stops(page)["Before"] == stops(page)["First"]
    assert "As the judge had it at" in page
    assert "open><summary>The same in numbers" in page


@pytest.mark.parametrize("at", ["-1", "soon", "²", "1" * 400, "99999999"])
def test_a_moment_that_is_none_shows_all_or_the_end(client, at):
    assert harm(client.get(f"/releases/8?at={at}").text) == harm(client.get("/releases/8").text)


def test_where_nothing_was_judged_there_is_nothing_to_play(client):
    assert "Replay" not in client.get("/releases/9").text
