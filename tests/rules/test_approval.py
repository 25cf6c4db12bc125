"""Approvals: a quorum of the right people, none of them an author, for exactly what goes there."""

import pytest

from pipeline.approval import agreed
from pipeline.settings import Approval
from pipeline.states import Reason
from pipeline.verdict import Fail, Pass, Wait

from .shop import AGREED, NOON, release, said, seconds, vote

TWO = Approval("release-managers", 2, 3600.0)
SHOP = release("test")


def ask(*votes, now=NOON, **changes):
    return agreed(TWO, SHOP, "canary az1", now, said(votes=votes, **changes))


def test_a_quorum_of_others_agrees_until_the_first_vote_expires():
    later = vote("diego", at=NOON + seconds(60))

    verdict = ask(vote("lena"), later)

    assert verdict == Pass("2 of 2 of release-managers agreed: diego, lena", "diego, lena", NOON + seconds(3600))


@pytest.mark.parametrize(
    ("void", "outdated"),
    [
        pytest.param({"who": "mei"}, "mei is an author and cannot approve", id="own-change"),
        pytest.param({"groups": frozenset({"developers"})}, "", id="not-in-the-group"),
        pytest.param({"step": "canary az2"}, "", id="another-wave"),
        pytest.param({"digest": "sha256:other"}, "the approval of diego is outdated", id="another-image"),
        pytest.param({"def_hash": "other"}, "the approval of diego is outdated", id="another-definition"),
        pytest.param({"cfg_hash": "other"}, "the approval of diego is outdated", id="another-target-configuration"),
        pytest.param({"at": NOON - seconds(3600)}, "the approval of diego is outdated", id="expired"),
    ],
)
def test_a_vote_for_anything_else_counts_nothing(void, outdated):
    verdict = ask(vote("lena"), vote(**{"who": "diego", **void}))

    assert isinstance(verdict, Wait)
    assert "1 of 2 of release-managers agreed" in verdict.why
    assert outdated in verdict.why
    assert verdict.who == "Release managers other than the author can approve"


def test_approvals_are_void_once_the_target_configuration_changes():
    assert isinstance(ask(*AGREED), Pass)
    assert isinstance(ask(*AGREED, cfg_hash="changed"), Wait)


def test_nobody_votes_twice_and_the_last_word_counts():
    again = vote("lena", at=NOON + seconds(1))

    assert isinstance(ask(vote("lena"), again), Wait)
    assert isinstance(ask(vote("lena", yes=False), again, vote("diego"), now=NOON + seconds(2)), Pass)


def test_one_no_is_a_no_also_from_an_author():
    verdict = ask(*AGREED, vote("mei", yes=False, comment="wrong branch"))

    assert verdict == Fail('mei rejected it: "wrong branch"', Reason.CANCELLED)
    assert ask(vote("kim", yes=False)) == Fail("kim rejected it", Reason.CANCELLED)
