"""A past canary judged once more: the same settings say the same, others say what they would have said, and when."""

from dataclasses import replace

import pytest

from pipeline.facts import Reading
from pipeline.judge import compare
from pipeline.judge.replay import Stay, replay
from pipeline.settings import Judge

from .traffic import at, steady

LADDER = {10: Judge(0.02), 25: Judge(0.01), 50: Judge(0.005), 95: Judge(None)}
BAD = steady(10, 25, bad=0.2)


def first_harmed(judge: Judge) -> float:
    """Seconds after which the judge, asked at every reading, takes it back."""
    for reading in BAD:
        evidence = compare.judge_cluster(BAD, list(LADDER.values()), reading.at)
        if evidence.harm_most >= 1 / judge.alpha:
            return (reading.at - at(0)).total_seconds()
    raise AssertionError("it is never taken back")


def test_a_good_canary_might_have_left_each_share_when_its_evidence_sufficed() -> None:
    stays = replay(steady(10, 25, 50, 95), LADDER)

    assert [stay.percent for stay in stays] == [10, 25, 50, 95]
    assert all(stay.enough is not None and stay.enough <= stay.seconds for stay in stays)
    assert all(stay.harmed is None and stay.harm < 5 for stay in stays)


def test_a_bad_canary_is_taken_back_at_the_reading_at_which_the_judge_did_it() -> None:
    (stay,) = replay(BAD, LADDER)

    assert stay.harmed is not None
    assert stay.harmed.at == at(first_harmed(LADDER[10]))
    assert stay.harmed.seconds == first_harmed(LADDER[10])


def test_what_failed_until_then_is_counted() -> None:
    (stay,) = replay(BAD, LADDER)

    assert stay.harmed is not None
    assert stay.harmed.requests == 10 * stay.harmed.seconds
    assert stay.harmed.lost == round(0.2 * (stay.harmed.requests + 10)) - 2  # the first reading only begins to count


def test_a_stricter_judge_takes_longer_to_be_sure() -> None:
    (mild,) = replay(BAD, LADDER)
    strict, *_ = replay(BAD, {share: Judge(judge.margin, alpha=0.0001) for share, judge in LADDER.items()})

    assert mild.harmed is not None
    assert strict.harmed is not None
    assert strict.harmed.at > mild.harmed.at


def test_a_margin_that_is_too_small_for_the_traffic_never_suffices() -> None:
    (stay,) = replay(steady(10), {10: Judge(0.0001)})

    assert stay.enough is None
    assert stay.seconds == pytest.approx(39, abs=2)


def test_evidence_for_harm_holds_what_would_suffice_otherwise() -> None:
    read = steady(10, bad=0.03, seconds=25)
    (stay,) = replay(read, {10: Judge(0.2, alpha=0.0001)})

    assert stay.harm >= 5
    assert stay.enough is None or stay.enough < stay.seconds


@pytest.mark.parametrize(
    ("metric", "asked"),
    [
        ("latency 0.25", Judge(0.02, latency=0.01)),
        ("orders", Judge(0.02, falls=(("orders", "shop_orders_total", 0.01),))),
    ],
)
def test_a_metric_counts_only_where_the_settings_ask_for_it(metric: str, asked: Judge) -> None:
    fell = {"latency 0.25": 0.9, "orders": 0.0}[metric]
    read = sorted(steady(10) + _other(metric, fell), key=lambda one: one.at)

    assert harmed(replay(read, {10: Judge(0.02)})) is False
    assert harmed(replay(read, {10: asked})) is True


def test_a_share_of_everybody_leads_nowhere() -> None:
    assert [stay.percent for stay in replay(steady(95, 100), {95: Judge(None)})] == [95]


def test_without_readings_nothing_is_judged() -> None:
    assert replay([], LADDER) == ()


def test_a_change_of_the_rules_gets_a_new_version() -> None:
    """Whoever changes what the judge finds here raises `RULES` as well: verdicts are stored with it."""
    evidence = compare.judge_cluster(steady(10, 25, bad=0.004), list(LADDER.values()), at(80))
    found = [evidence.harm, evidence.not_worse(0.02), evidence.not_worse(0.005)]

    assert (compare.RULES, found) == (
        3,
        pytest.approx([5043.193859885096, 101756.91666470017, 0.18193461951278958], rel=1e-9),
    )


def harmed(stays: tuple[Stay, ...]) -> bool:
    return any(stay.harmed for stay in stays)


def _other(metric: str, share: float) -> list[Reading]:
    """A counter of which the canary has `share` per request, and stable a quarter of one, or few slow requests."""
    usual = 0.02 if metric.startswith("latency") else 0.25
    read = steady(10, bad=share, metric=metric)
    return [replace(one, stable=replace(one.stable, bad=round(one.stable.total * usual))) for one in read]
