"""Drawings: what they show is what the judge knows, every word fits, and links lead by keyboard."""

import doctest
from xml.etree import ElementTree

import pytest
from flask import Flask, render_template_string

from pipeline.judge import curve
from pipeline.settings import Judge
from tests.rules.judge.traffic import steady
from tests.web import pages_app
from web.present.draw import evidence, plan, scale, shapes
from web.present.draw.plan import Cell, Group
from web.present.draw.shapes import Drawing

JUDGES = {0: Judge(None), 10: Judge(0.02), 25: Judge(0.01), 50: Judge(0.005), 95: Judge(None)}
WIDTHS = (scale.WIDE, scale.NARROW)


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


def test_each_metric_has_a_drawing_of_its_rates() -> None:
    parts = curve.segments(steady(10) + steady(10, bad=0.1, metric="slow"), JUDGES)

    assert "canary 10.0 %" in words(evidence.rate_chart(parts, 760, going_on=True, metric=1))


@pytest.mark.parametrize("width", WIDTHS)
def test_both_limits_and_both_evidences_are_named_where_they_are(width: int) -> None:
    drawing = evidence.evidence_chart(curve.segments(steady(10, 25), JUDGES), width, going_on=True)
    said = words(drawing)

    assert {"roll back at 100", "go on at 20", "10 %", "25 % · now"} <= set(said)
    assert any(one.startswith("harm ") for one in said)
    assert any(one.startswith("not worse ") for one in said)
    assert "evidence for harm" in drawing.label


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("going_on", [True, False])
@pytest.mark.parametrize("bad", [0.0, 0.004, 0.3])
def test_no_word_and_no_line_leaves_the_drawing(width: int, going_on: bool, bad: float) -> None:
    parts = curve.segments(steady(1, 10, 25, 50, 95, bad=bad), JUDGES | {1: Judge(0.02)})
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
    points = curve.segments(steady(10, bad=0.02, seconds=2000), JUDGES)[0].points
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
