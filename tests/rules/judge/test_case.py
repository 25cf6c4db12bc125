"""The judge goes on from what it has, and comes to what it would have come to from the first reading on."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.facts import Reading
from pipeline.judge import compare
from pipeline.judge.case import Case
from pipeline.judge.compare import RULES
from pipeline.judge.counts import Window
from pipeline.judge.health import healthy_seconds
from pipeline.judge.kept import WRITTEN_BY, case_of, text_of
from pipeline.judge.split import routed
from pipeline.settings import Judge

from .lives import judges, lives, settings
from .pods import Arms, named
from .test_windows import FULL
from .traffic import at, readings, steady

FEW, MANY = named("c", 4), named("s", 12)


def uneven(second: int, pod: str) -> tuple[int, int]:
    return 3 + second % 7, int(second % 11 == len(pod) and pod.endswith("1"))


PODS = Arms(FEW, MANY, uneven, share=lambda second: 0 if second < 20 else 10 if second < 90 else 50)
MIXED = [
    one for reading in steady(10, 50, bad=0.03) for one in (reading, replace(reading, metric="latency 0.25", pods=()))
]
FEW_REQUESTS = readings([Window(1, 1, 0, 5, 1)] * 80)
LATE = [replace(one, pods=()) if place < 15 else one for place, one in enumerate(PODS.readings(130))]


def in_parts(begun: Case, seen: Sequence[Reading], cuts: Iterable[int]) -> Case:
    """The case after several looks, each of which sees what was read since the one before, which left a text."""
    for start, end in pairwise([0, *sorted(cuts), len(seen)]):
        known = case_of(text_of(begun), begun.judges)
        assert known is not None
        begun = known.after(seen[start:end])
    return begun


@pytest.mark.parametrize(
    "seen",
    [MIXED, FEW_REQUESTS, PODS.readings(130), LATE],
    ids=["metrics", "few-requests", "pods", "pods-told-apart-later"],
)
@pytest.mark.parametrize("asked", [judges(), judges(unit="request", warm_up=5.0)], ids=["auto", "by-request"])
def test_a_look_at_each_reading_comes_to_the_same_as_one_at_all(seen: list[Reading], asked: tuple[Judge, ...]) -> None:
    begun = Case.begin(asked)

    assert repr(in_parts(begun, seen, range(1, len(seen)))) == repr(begun.after(seen))


@given(lives, st.lists(st.floats(0, 1), min_size=1, max_size=6), settings)
def test_whatever_is_read_and_however_it_is_cut_the_evidence_is_the_same(
    seen: list[Reading], cuts: list[float], asked: tuple[Judge, ...]
) -> None:
    begun = Case.begin(asked)
    cut, whole = in_parts(begun, seen, [int(place * len(seen)) for place in cuts]), begun.after(seen)

    assert repr(cut) == repr(whole)
    assert repr(cut.evidence) == repr(compare.judge_cluster(seen, asked, at(10_000)))


@given(lives, settings)
def test_one_case_serves_all_margins(seen: list[Reading], asked: tuple[Judge, ...]) -> None:
    together = Case.begin(asked).after(seen).evidence

    for judge in asked:
        alone = compare.judge_cluster(seen, (judge,), at(10_000))
        assert compare.verdict(together, judge, at(0), at(60)) == compare.verdict(alone, judge, at(0), at(60))
        assert repr((together.harm, together.harm_most)) == repr((alone.harm, alone.harm_most))


def test_a_case_is_as_large_after_an_hour_as_after_minutes() -> None:
    begun = Case.begin(judges())
    young, old = (begun.after(PODS.readings(seconds)) for seconds in (600, 3600))

    assert len(text_of(old)) < 1.1 * len(text_of(young))


def test_a_canary_without_an_older_version_is_gone_on_with_too() -> None:
    asked, seen = judges(alone=True, promise=0.01), steady(100, bad=0.02)
    begun = Case.begin(asked)

    assert repr(in_parts(begun, seen, range(1, len(seen)))) == repr(begun.after(seen))


@pytest.mark.parametrize(
    "spoilt",
    [
        pytest.param(lambda text: "", id="empty"),
        pytest.param(lambda text: text[:-9], id="cut-off"),
        pytest.param(lambda text: "[]", id="something-else"),
        pytest.param(lambda text: text.replace(f'"by":"{RULES} ', '"by":"0 '), id="by-other-rules"),
        pytest.param(lambda text: text.replace(WRITTEN_BY, f"{RULES} 0123456789ab"), id="with-other-fields"),
        pytest.param(lambda text: text.replace('"Mixture"', '"Mixed up"'), id="of-an-unknown-kind"),
        pytest.param(lambda text: text.replace('"Health":[', '"Health":[0,'), id="with-too-much-in-it"),
        pytest.param(lambda text: f'{{"by":"{WRITTEN_BY}","case":null}}', id="without-a-case"),
    ],
)
def test_what_cannot_be_gone_on_from_is_no_case(spoilt: Callable[[str], str]) -> None:
    asked = judges()
    text = text_of(Case.begin(asked).after(MIXED))

    assert case_of(text, asked) is not None
    assert case_of(spoilt(text), asked) is None


def test_a_case_for_other_settings_is_no_case() -> None:
    text = text_of(Case.begin(judges()).after(MIXED))

    assert case_of(text, judges(alpha=0.02)) is None
    assert case_of(text, judges()[1:]) is None


def test_both_ways_are_followed_until_the_canary_has_its_first_request() -> None:
    begun = Case.begin(judges()).after(LATE[:15])
    known = begun.after(LATE[15:16])

    assert (begun.apart.open, sorted(begun.ways)) == (True, [False, True])
    assert (known.apart.open, sorted(known.ways)) == (False, [True])
    assert not begun.evidence.path.by_pods
    assert known.evidence.path.by_pods
    assert list(Case.begin(judges()).after(steady(10)).ways) == [False]


def test_what_is_asked_of_it_beside_the_evidence() -> None:
    seen = readings([FULL] * 40, 95)
    seen[-1] = replace(seen[-1], healthy=False)
    found = Case.begin(judges()).after(seen)

    assert found.split == routed(seen)
    assert found.split.latest.n_c
    assert found.health.at_least(95) == healthy_seconds(seen) == 195
    assert found.ready == found.after([replace(seen[-1], at=at(500))]).ready == seen[-2].at


def test_without_settings_of_a_judge_it_still_knows_what_a_soak_adds_up() -> None:
    found = Case.begin(()).after(readings([FULL] * 4, 95))

    assert found.health.at_least(95) == 20
    assert not any(found.ways.values())


def test_nothing_new_changes_nothing() -> None:
    found = Case.begin(judges()).after(MIXED)

    assert found.after([]) is found
    assert Case.begin(judges()).after([]).evidence.seen is None
