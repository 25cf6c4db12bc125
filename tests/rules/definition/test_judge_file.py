"""The `judge:` part of a definition can be a file of its own."""

import pytest

from pipeline.definition.reading import read_app, read_judge
from pipeline.errors import BadDefinition
from pipeline.judge.choosing import Choice, Trial, by_unit
from pipeline.pinned import pin, unpin
from pipeline.plan import judge_of, make, passages
from pipeline.safety import complaints
from pipeline.settings import Judge
from tests.rules.shop import NOON, platform

TEXT = "{alpha: 0.5%, beta: 1%, warm-up: 90s, errors: {margin: 1pp, ignore: 10%}, unit: request}"
REST = "app: shop\nserve: {run: ./serve}\nwaves: [{clusters: [az1]}]\n"


@pytest.mark.parametrize("text", [TEXT, f"judge: {TEXT}", f"{REST}judge: {TEXT}"])
def test_it_is_read_by_itself_under_its_key_or_in_a_whole_definition(text):
    found = judge_of(read_judge(text), 0.01)

    assert (found.alpha, found.beta, found.warm_up, found.unit) == (0.005, 0.01, 90.0, "request")
    assert found.tolerance == pytest.approx(1.1)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("{alpha: 0.01}", "0.01 is no part of a hundred; write percent, like 1% or 0.5%"),
        ("judge: {alpa: 1%}", 'did you mean "alpha"?'),
        ("judge: {}\nmore: 1", "more"),
        ("[1, 2]", "judge.yaml:1:1"),
        ("{unit: pods}", "judge.yaml:1:8 unit"),
        ("{alpha: 30%}", "judge.yaml:1:9 alpha: 30% is too large"),
        ("{alpha: 30%}", "write 20% or less"),
    ],
)
def test_what_is_wrong_in_it_is_told_with_its_place(text, what):
    with pytest.raises(BadDefinition) as bad:
        read_judge(text)

    assert what.split("; ")[0] in str(bad.value)


def test_latency_and_counters_are_carried_into_the_plan():
    text = "{latency: {}, falls: {orders: {counter: shop_orders_total, margin: 0.2pp}}}"
    app = read_app(f"{REST}judge: {text}")
    plan = make(app, platform())
    gates = [gate for step in plan for rung in step.rungs for gate in rung.gates if isinstance(gate, Judge)]

    assert {(gate.latency, gate.falls) for gate in gates} == {(0.02, (("orders", "shop_orders_total", 0.002),))}
    assert unpin(pin(app, plan)) == (app, plan)
    assert list(complaints(app, platform())) == []


OWN = """{errors: {counters: {requests: 'hits{slot="$slot"}', failed: 'hits{slot="$slot", ok="no"}'}},
  latency: {buckets: 'took_bucket{slot="$slot"}'}, falls: {orders: {counter: 'orders{slot="$slot"}'}}}"""


def test_series_of_a_prometheus_are_carried_into_the_plan():
    app = read_app(f"{REST}judge: {OWN}")
    plan = make(app, platform())
    found = {
        (one.requests, one.failed, one.buckets)
        for step in plan
        for rung in step.rungs
        for one in rung.gates
        if isinstance(one, Judge)
    }

    assert found == {('hits{slot="$slot"}', 'hits{slot="$slot", ok="no"}', 'took_bucket{slot="$slot"}')}
    assert unpin(pin(app, plan)) == (app, plan)


def test_series_of_a_prometheus_need_one_in_each_cluster():
    app = read_app(f"{REST}judge: {OWN}")
    there = platform(clusters={"az1": {"prometheus": {"address": "http://prometheus.example.org"}}})

    assert [path for path, _ in complaints(app, platform())] == [
        "judge.errors.counters",
        "judge.latency.buckets",
        "judge.falls.orders.counter",
    ]
    assert "az1 has no Prometheus in platform.yaml" in next(what for _, what in complaints(app, platform()))
    assert list(complaints(app, there)) == []


@pytest.mark.parametrize("name", ["errors", "latency", "pods"])
def test_no_counter_takes_the_name_of_a_metric(name):
    app = read_app(f"{REST}judge: {{falls: {{{name}: {{counter: shop_errors_total}}}}}}")

    assert [path for path, _ in complaints(app, platform())] == [f"judge.falls.{name}"]


def test_a_counter_may_not_take_the_name_of_a_metric_and_needs_clusters_that_can_read_it():
    app = read_app(f"{REST}judge: {{falls: {{errors: {{counter: shop_errors_total}}}}}}")
    elsewhere = platform(clusters={"az1": {"kind": "kubernetes"}})

    assert [path for path, _ in complaints(app, platform())] == ["judge.falls.errors"]
    assert "judge.falls" in [path for path, _ in complaints(app, elsewhere)]


@pytest.mark.parametrize(("unit", "asked"), [("auto", "hits_total"), ("pod-window", "hits_total"), ("request", "")])
def test_pods_are_asked_for_their_counter_unless_requests_are_to_be_counted(unit, asked):
    app = read_app(f"{REST}judge: {{unit: {unit}, pod-counter: hits_total}}")

    assert list(complaints(app, platform())) == []
    assert {one.pods for one in judges_of(make(app, platform()))} == {asked}


def judges_of(plan):
    return [gate for ahead in passages(plan) for gate in ahead.gates if isinstance(gate, Judge)]


def test_what_was_chosen_from_history_is_pinned_with_the_plan_where_the_definition_leaves_it_open():
    choice = Choice(NOON, 0.01, 7200.0, "pod-window", 60.0, trials=(Trial("pod-window", 60.0, 200, 1),))
    plans = [make(read_app(f"{REST}{text}"), platform()) for text in ("", "judge: {unit: request}")]
    left, said = (judges_of(by_unit(plan, choice)) for plan in plans)

    assert {(one.unit, one.window) for one in left} == {("pod-window", 60.0)}
    assert {one.chosen for one in left} == {choice.why}
    assert "took back 1 of 200 good lives" in choice.why
    assert {(one.unit, one.chosen) for one in said} == {("request", "")}
    assert by_unit(plans[0], None) == by_unit(plans[0], Choice(NOON, 0.01, 60.0)) == plans[0]
