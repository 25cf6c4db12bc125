"""Drawings: what they show is what the judge knows, every word fits, and links lead by keyboard."""

import doctest
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

import pytest
from flask import Flask, render_template_string

from pipeline.facts import Count, Reading
from pipeline.judge import compare
from pipeline.settings import Judge
from tests.web import pages_app
from web.present import curve
from web.present.draw import evidence, plan, scale, shapes
from web.present.draw.plan import Cell, Group
from web.present.draw.shapes import Drawing

BEGAN = datetime(2026, 11, 24, 14, 0, tzinfo=UTC)
JUDGES = {0: Judge(None), 10: Judge(0.02), 25: Judge(0.01), 50: Judge(0.005), 95: Judge(None)}
WIDTHS = (scale.WIDE, scale.NARROW)


def readings(*shares: int, bad: float = 0.0, seconds: int = 40, metric: str = "errors") -> list[Reading]:
    """A canary at these shares for `seconds` each, 100 requests a second, read every second."""
    found, totals, moment = [], [0, 0, 0, 0], BEGAN
    for share in shares:
        for _ in range(seconds):
            totals[0] += share
            totals[1] = round(totals[0] * bad)
            totals[2] += 100 - share
            counts = Count("new", totals[0], totals[1]), Count("old", totals[2], totals[3])
            found.append(Reading(moment, "az1", share, *counts, metric=metric))
            moment += timedelta(seconds=1)
    return found


def words(drawing: Drawing) -> list[str]:
    return [one.text for one in drawing.shapes if isinstance(one, shapes.Text)]


def written(drawing: Drawing) -> ElementTree.Element:
    """The drawing as the pages write it, read as XML."""
    app = Flask("web")
    with app.app_context():
        text = render_template_string('{% from "_draw.html" import draw %}{{ draw(drawing) }}', drawing=drawing)
    return ElementTree.fromstring(text)


@pytest.mark.parametrize("module", [shapes, scale, evidence])
def test_the_examples_in_the_code_are_true(module: object) -> None:
    assert doctest.testmod(module).failed == 0  # type: ignore[arg-type]


@pytest.mark.parametrize("bad", [0.0, 0.03])
def test_the_curve_ends_where_the_judge_stands(bad: float) -> None:
    read = readings(10, 25, 50, bad=bad)
    last = curve.segments(read, JUDGES)[-1].points[-1]
    known = compare.judge_cluster(read, list(JUDGES.values()), read[-1].at)

    assert last.harm == pytest.approx(known.harm)
    assert last.not_worse == pytest.approx(known.not_worse(0.005))


def test_each_share_has_its_margin_and_counts_afresh() -> None:
    parts = curve.segments(readings(10, 25, 50), JUDGES)

    assert [(part.percent, part.margin) for part in parts] == [(10, 0.02), (25, 0.01), (50, 0.005)]
    assert all(part.points[0].arms[0].window.seconds < 2 for part in parts[1:])
    assert [part.harm_limit for part in parts] == [100, 100, 100]


def test_two_metrics_are_one_evidence_and_two_rates() -> None:
    read = readings(10) + readings(10, bad=0.1, metric="slow")
    parts = curve.segments(read, JUDGES)
    known = compare.judge_cluster(read, list(JUDGES.values()), read[-1].at)

    assert parts[-1].points[-1].harm == pytest.approx(known.harm)
    assert [arms.metric for arms in parts[-1].points[-1].arms] == ["errors", "slow"]
    assert "canary 10.0 %" in words(evidence.rate_chart(parts, 760, going_on=True, metric=1))


def test_nothing_read_is_nothing_drawn() -> None:
    assert curve.segments([], JUDGES) == ()
    assert curve.segments(readings(10)[:1], JUDGES) == ()


@pytest.mark.parametrize("width", WIDTHS)
def test_both_limits_and_both_evidences_are_named_where_they_are(width: int) -> None:
    drawing = evidence.evidence_chart(curve.segments(readings(10, 25), JUDGES), width, going_on=True)
    said = words(drawing)

    assert {"roll back at 100", "go on at 20", "10 %", "25 % · now"} <= set(said)
    assert any(one.startswith("harm ") for one in said)
    assert any(one.startswith("not worse ") for one in said)
    assert "evidence for harm" in drawing.label


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("going_on", [True, False])
@pytest.mark.parametrize("bad", [0.0, 0.004, 0.3])
def test_no_word_and_no_line_leaves_the_drawing(width: int, going_on: bool, bad: float) -> None:
    parts = curve.segments(readings(1, 10, 25, 50, 95, bad=bad), JUDGES | {1: Judge(0.02)})
    for draw in (evidence.evidence_chart, evidence.rate_chart):
        drawing = draw(parts, width, going_on=going_on)
        places = [one for one in drawing.shapes if isinstance(one, shapes.Text)]
        assert all(0 <= float(one.x) <= width and 5 <= float(one.y) <= drawing.height for one in places)
        ends = [float(one.x) + 6.1 * len(one.text) for one in places if one.anchor == "start"]
        assert max(ends, default=0) <= width + 8
        for one in drawing.shapes:
            if isinstance(one, shapes.Path):
                points = [pair.split() for pair in one.d[1:].split("L")]
                assert all(0 <= float(x) <= width and 0 <= float(y) <= drawing.height for x, y in points)


def test_a_long_canary_is_drawn_with_few_points_and_keeps_its_peak() -> None:
    points = curve.segments(readings(10, bad=0.02, seconds=2000), JUDGES)[0].points
    kept = evidence.thinned(points)

    assert len(kept) <= evidence.MOST
    assert kept[-1] == points[-1]
    assert max(point.harm for point in kept) == max(point.harm for point in points)


def cell(title: str = "Canary", status: str = "todo") -> Cell:
    return Cell("#now", title, "10 to 50 %", status, "to do")


def wave(number: int) -> Group:
    return Group(f"Wave {number} · az{number}", "east", (cell(), cell("Rollout, soak")))


def test_the_graph_has_a_link_for_each_step_in_their_order() -> None:
    groups = [Group("", "", (cell("Build", "done"),)), wave(1), wave(2)]
    svg = written(plan.plan_graph(groups))
    names = [link.attrib["aria-label"] for link in svg.iter("a")]

    assert svg.attrib["role"] == "group"
    assert [name.split()[0] for name in names] == ["Build", "Canary", "Rollout,", "Canary", "Rollout,"]
    for link in svg.iter("a"):
        seen = " ".join(text.text or "" for text in link.iter("text"))
        assert link.attrib["aria-label"].startswith(seen)


@pytest.mark.parametrize("waves", [1, 3, 12, 50])
def test_a_plan_of_any_length_stays_as_wide_as_the_page(waves: int) -> None:
    drawing = plan.plan_graph([wave(number) for number in range(1, waves + 1)])
    boxes = [one for one in drawing.shapes if isinstance(one, shapes.Rect)]

    assert len(boxes) == waves
    assert drawing.width == plan.WIDTH
    assert all(float(box.x) + float(box.width) <= drawing.width for box in boxes)
    assert all(float(box.y) + float(box.height) <= drawing.height for box in boxes)


def test_words_of_outsiders_stay_words_in_a_drawing() -> None:
    evil = "</text><script>alert(1)</script>"
    svg = written(plan.plan_graph([Group("", "", (cell(evil),))]))

    assert next(element.text for element in svg.iter("text")) == evil
    assert not list(svg.iter("script"))


@pytest.mark.parametrize("number", [7, 8, 12, 13, 14, 15, 16])
def test_the_graph_and_the_list_of_a_release_say_the_same(number: int) -> None:
    story = pages_app.told()
    page = pages_app.sign_in(pages_app.make(story), story, "jonas")[0].get(f"/releases/{number}").text
    graph = ElementTree.fromstring(page[(start := page.index('<svg class="graph"')) : page.index("</svg>", start) + 6])
    listed = page[page.index('class="rows steps as-list"') :].split("</ol>")[0]

    assert len(list(graph.iter("a"))) == listed.count("<li")
