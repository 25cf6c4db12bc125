"""Logs: sections of three systems, lines that can be pointed at, a search over all of it, and hostile bytes inert."""

from html import unescape
from pathlib import Path
from re import findall

import pytest

from tests.web import pages_app
from tests.web.stories import Story
from web.loglines import STRIDE, Index, Section, extended, hits, sections

GITLAB = b"section_start:1560896352:fetch[collapsed=true]\r\x1b[0KFetch\nhead\nsection_end:1560896361:fetch\r\x1b[0K\n"
GITHUB = b"::group::Install\ncollect\n::endgroup::\n##[group]Lint\nclean\n##[endgroup]\n"
BUILDKITE = b"--- Build\nstep\n+++ Test\nFAILED here\n"
BIDI, LINK = "\u202egnp.exe", "\x1b]8;;http://evil\x07click\x1b]8;;\x07"
MOVES = "\x1b[2J\x1b[1;1Hroot@prod:~# \x1b[8mhidden\x1b[0m"


def index(data: bytes, size: int = 7) -> Index:
    """Known piece by piece, as it is copied."""
    known = Index()
    for at in range(0, len(data), size):
        known = extended(known, data[at : at + size])
    return known


def told(data: bytes) -> list[tuple[int, int, str]]:
    known = index(data)
    return [(one.first, one.last, one.title) for one in sections(known.marks, known.total())]


@pytest.mark.parametrize("size", [1, 3, 64, 10_000])
def test_the_index_is_the_same_however_the_log_was_cut(size: int) -> None:
    data = b"one\n" + GITLAB + GITHUB + BUILDKITE + b"no end"

    assert index(data, size) == index(data, 4)
    assert index(data, size).total() == 15


def test_sections_of_gitlab_have_their_names_and_times() -> None:
    known = index(b"before\n" + GITLAB + b"after\n")
    fetch = sections(known.marks, known.total())[1]

    assert told(b"before\n" + GITLAB + b"after\n") == [(1, 1, ""), (2, 4, "Fetch"), (5, 5, "")]
    assert (fetch.folded, fetch.began, fetch.ended) == (True, 1560896352, 1560896361)


def test_sections_of_github_and_buildkite_are_known_too() -> None:
    assert told(GITHUB) == [(1, 3, "Install"), (4, 6, "Lint")]
    assert told(BUILDKITE) == [(1, 2, "Build"), (3, 4, "Test")]


def test_a_section_inside_another_is_named_by_both() -> None:
    inner = b"section_start:1:out\r\x1b[0KOuter\n" + GITLAB + b"rest\nsection_end:9:out\r\x1b[0K\n"

    assert [title for _, _, title in told(inner)] == ["Outer", "Outer / Fetch", "Outer"]


@pytest.mark.parametrize("line", ["--- a/shop.py", "+++ b/shop.py", "--- /dev/null", "-- no", "section_start:x:y"])
def test_what_only_looks_like_a_section_is_a_line(line: str) -> None:
    assert index(line.encode() + b"\n").marks == ()


def test_a_log_that_is_full_of_sections_is_cut_at_some_number() -> None:
    known = extended(Index(), b"--- x\n" * 20_000)

    assert known.lines == 20_000
    assert len(known.marks) == 5000


def test_what_is_looked_for_is_found_across_pieces_case_and_colours() -> None:
    data = b"eins\nPri\x1b[31mce\x1b[0m SEK\nzwei\nthe PRICE\n"

    assert hits([data[:9], data[9:20], data[20:]], "price") == (2, 4)
    assert hits([b"a.c\nabc\n"], "a.c") == (1,)
    assert hits([b"x\n" * 50], "x", most=3) == (1, 2, 3)


def test_places_are_kept_for_every_so_many_lines() -> None:
    known = index(b"12345\n" * (3 * STRIDE + 5), 1000)

    assert known.places == tuple(6 * STRIDE * number for number in range(4))
    assert sections(known.marks, known.total()) == (Section(1, 3 * STRIDE + 5),)


@pytest.fixture
def story(tmp_path: Path) -> Story:
    return pages_app.told().copy(tmp_path)


@pytest.fixture
def get(story: Story):
    client = pages_app.sign_in(pages_app.make(story), story, "vera")[0]
    return lambda url: client.get(url)


def shown(page: str) -> list[int]:
    return [int(number) for number in findall(r'id="L(\d+)"', page)]


def marked(page: str) -> list[int]:
    return [int(number) for number in findall(r'class="ln on" id="L(\d+)"', page)]


def test_the_failing_section_is_open_and_the_others_are_folded(story: Story, get) -> None:
    story.log(9, "build", GITLAB + GITHUB + b"--- Test\nFAILED\n", "failed")
    page = get("/releases/9/log/build").text

    assert findall(r"<details( open)?>", page) == ["", "", "", " open"]
    assert 'Fetch</span><span class="end">9 s</span>' in page
    assert "section_start" not in page


def test_a_range_of_lines_has_an_address_that_stays_over_runs(story: Story, get) -> None:
    story.log(9, "build", b"".join(b"line %d\n" % number for number in range(1, 5001)))
    page = get("/releases/9/log/build?attempt=1&lines=2498-2501").text

    assert marked(page) == [2498, 2499, 2500, 2501]
    assert shown(page)[0] == 2001
    assert "Lines 2,001 to 4,000 of 5,000" in page
    assert marked(get("/releases/9/log/build?lines=12").text) == [12]
    assert marked(get("/releases/9/log/build?lines=12-x").text) == [12]


def test_a_search_goes_over_the_whole_log_and_shows_the_page_of_the_match(story: Story, get) -> None:
    story.log(9, "build", b"".join(b"line %d of 5000\n" % number for number in range(1, 5001)))
    page = get("/releases/9/log/build?q=LINE+499").text

    assert "Line 499, 1 of 11" in page
    assert marked(page) == [499]
    assert "<mark>line 499</mark>" in page
    second = unescape(findall(r'href="([^"]*hit=2[^"]*)"', page)[0])
    assert "Line 4,990, 2 of 11" in get(second).text
    assert "Not in this log" in get("/releases/9/log/build?q=%00").text


def test_the_times_of_lines_are_when_they_were_copied(story: Story, get) -> None:
    at = f"{story.clock.at:%H:%M:%S}"
    story.log(9, "build", b"one\ntwo\n")

    assert get("/releases/9/log/build").text.count(f"<time>{at}</time>") == 2


def test_the_raw_log_is_plain_text_and_the_download_a_file(story: Story, get) -> None:
    story.log(9, "build", LINK.encode())
    raw, kept = get("/releases/9/log/build/raw?view=1"), get("/releases/9/log/build/raw")

    assert raw.content_type == "text/plain; charset=utf-8"
    assert raw.headers["X-Content-Type-Options"] == "nosniff"
    assert raw.data == kept.data == LINK.encode()
    assert kept.headers["Content-Disposition"] == 'attachment; filename="r9-build-1.log"'


def test_hostile_bytes_are_inert(story: Story, get) -> None:
    story.log(9, "build", f"{BIDI}\n{LINK}\n{MOVES}\n<b onclick=x>\n::group::<img src=x>\n".encode())
    page = get("/releases/9/log/build").text

    assert not {"\x1b", "\u202e", "\x07"} & set(page)
    assert "http://evil" not in page
    assert "&lt;b onclick=x&gt;" in page
    assert "&lt;img src=x&gt;" in page
    assert "hidden" in page


def test_a_million_lines_are_shown_a_page_at_a_time(story: Story, get) -> None:
    line = b"a line of a build that prints a great deal\n"
    story.log(9, "build", line * 1_000_000 + b"the last one\n")
    page = get("/releases/9/log/build").text
    middle = get("/releases/9/log/build?lines=654321").text

    assert "Lines 1,000,001 to 1,000,001 of 1,000,001" in page
    assert marked(middle) == [654321]
    assert len(shown(middle)) == 2000
    assert "Line 1,000,001, 1 of 1" in get("/releases/9/log/build?q=last+one").text


def test_a_release_whose_job_failed_shows_its_last_lines(story: Story, get) -> None:
    page = get("/releases/9").text

    assert "Test failed" in page
    assert '<span class="a-r">FAILED</span>' in page
    assert 'href="/releases/9/log/test?attempt=1&amp;lines=2#L2"' in page
