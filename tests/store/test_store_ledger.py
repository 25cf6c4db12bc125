"""The ledger: who may move a release, what a decision sees, what is written down."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select
from store_world import CONFIGURED, DIGEST, make_due, new, ruled, step, well

from pipeline.decide import decide
from pipeline.decision import Finish, Hold, Judged, Ruling, Start, Undo
from pipeline.errors import Lost, Refused
from pipeline.facts import Count, FreezeSpan, Reading
from pipeline.lease import Lease
from pipeline.states import Kind, Reason, State
from pipeline.store import events
from pipeline.store.configured import AppConfigured, Configured
from pipeline.store.records import SampleRow
from pipeline.store.restore import Refusal
from pipeline.store.said import Content, readings
from pipeline.store.tables import CrossingRow, EventRow, ReleaseRow, ResultRow, SetRow, TargetRow, VoteRow
from pipeline.verdict import Pass, Wait

HOLD = ruled(Ruling(Hold("Nothing to do", look_again=timedelta(0))))


@pytest.fixture
def row(sessions):
    def read(release_id):
        with sessions.reading() as session:
            return session.get_one(ReleaseRow, release_id)

    return read


@pytest.fixture
def count(sessions):
    def count(table):
        with sessions.reading() as session:
            return session.scalar(select(func.count()).select_from(table))

    return count


# ---- submitting ------------------------------------------------------------------------------------------------------


def test_submitting_the_same_twice_is_submitting_it_once(ledger, count):
    assert ledger.submit(new(), "tom") == ledger.submit(new(), "tom")
    assert count(ReleaseRow) == 1


def test_another_key_is_another_release_of_the_same_commit(ledger):
    assert ledger.submit(new(), "tom") != ledger.submit(new(key="again"), "tom")


def test_a_new_release_is_due_at_once_and_comes_back_equal(ledger):
    release_id = ledger.submit(new(authors=frozenset({"tom"})), "tom")
    lease = ledger.claim(release_id)
    release = ledger.load(lease)

    assert lease == Lease(release_id, 1)
    assert (release.spec, release.plan) == (new().spec, new().plan)
    assert (release.state, release.at, release.percent) == (State.RUNNING, 0, 0)
    assert (release.def_hash, release.cfg_hash, release.authors) == ("def-1", "cfg-1", frozenset({"tom"}))


def test_a_definition_that_cannot_be_used_is_a_release_that_has_ended_and_says_why(ledger, row):
    bad = Refusal("shop", "online-shop", "c" * 40, "app: [", "def-x", "line 1: [ is never closed")
    release_id = ledger.refuse(bad, "tom")

    assert (row(release_id).state, row(release_id).reason_kind) == ("rolled back", "failed")
    assert row(release_id).why == "line 1: [ is never closed"
    assert ledger.claim(release_id) is None


# ---- the lease -------------------------------------------------------------------------------------------------------


def test_only_one_worker_gets_the_lease(ledger):
    release_id = ledger.submit(new(), "tom")

    assert [ledger.claim(release_id), ledger.claim(release_id)] == [Lease(release_id, 1), None]


def test_a_release_whose_time_has_not_come_is_not_claimed(ledger):
    release_id = ledger.submit(new(), "tom")
    step(ledger, release_id, ruled(Ruling(Hold("Later", look_again=timedelta(minutes=1)))))

    assert ledger.claim(release_id) is None


def test_a_lease_that_ran_out_is_taken_over_with_a_higher_epoch(ledger, sessions):
    release_id = ledger.submit(new(), "tom")
    ledger.claim(release_id)
    make_due(sessions, release_id)

    assert ledger.claim(release_id) == Lease(release_id, 2)


def test_a_clock_set_back_frees_the_lease_and_the_look(ledger, sessions):
    release_id = ledger.submit(new(), "tom")
    ledger.claim(release_id)
    later = datetime.now(UTC) + timedelta(hours=1)
    make_due(sessions, release_id, held_until=later, due=later, looked_at=later)

    assert ledger.ring_due() == (release_id,)
    assert ledger.claim(release_id) == Lease(release_id, 2)


def test_a_worker_whose_lease_was_taken_over_writes_nothing(ledger, sessions, count):
    release_id = ledger.submit(new(), "tom")
    late = ledger.claim(release_id)
    release = ledger.load(late)
    make_due(sessions, release_id)
    ledger.claim(release_id)
    before = count(EventRow)

    with pytest.raises(Lost, match="taken over"):
        ledger.settle(late, release, well(release), decide)
    with pytest.raises(Lost, match="taken over"):
        ledger.load(late)
    assert (count(EventRow), count(CrossingRow)) == (before, 0)


def test_a_worker_whose_lease_ran_out_writes_nothing_even_if_nobody_took_it(ledger, sessions, count):
    release_id = ledger.submit(new(), "tom")
    late = ledger.claim(release_id)
    release = ledger.load(late)
    make_due(sessions, release_id)

    with pytest.raises(Lost, match="ran out"):
        ledger.settle(late, release, well(release), decide)
    assert count(CrossingRow) == 0


def test_a_lease_settles_once(ledger):
    release_id = ledger.submit(new(), "tom")
    lease = ledger.claim(release_id)
    release = ledger.load(lease)
    ledger.settle(lease, release, well(release), HOLD)

    with pytest.raises(Lost):
        ledger.settle(lease, release, well(release), HOLD)


# ---- what a decision sees --------------------------------------------------------------------------------------------


def seen_by(ledger, release_id, between=lambda: None):
    """What `decide` is told in a tick during which `between` happens."""
    heard = []
    lease = ledger.claim(release_id)
    release = ledger.load(lease)
    between()

    def listen(release, facts, said):
        heard.append(said)
        return Ruling(Hold("Listens"))

    ledger.settle(lease, release, well(release), listen)
    return heard[0]


def test_what_is_said_in_the_middle_of_a_tick_is_seen_by_its_decision(ledger, tested):
    span = FreezeSpan("Sale", "busy", apps=frozenset({"shop"}))

    def all_at_once():
        ledger.vote(tested, "mia", yes=True, comment="good")
        ledger.ask(tested, "pause", "mia", reason="lunch")
        ledger.freeze(span, "mia")
        ledger.configure(replace(CONFIGURED, apps={"shop": AppConfigured("online-shop", "cfg-2")}))
        ledger.submit(new("e" * 40), "tom")

    said = seen_by(ledger, tested, all_at_once)

    assert [(vote.who, vote.step, vote.digest, vote.cfg_hash) for vote in said.votes] == [
        ("mia", "canary az1", DIGEST, "cfg-1")
    ]
    assert [(order.verb, order.reason) for order in said.orders] == [("pause", "lunch")]
    assert said.freezes == (span,)
    assert said.cfg_hash == "cfg-2"
    assert [neighbour.id for neighbour in said.neighbours] == [tested + 1]


def test_what_is_said_in_the_middle_of_a_tick_asks_for_the_next_look_now(ledger, tested):
    lease = ledger.claim(tested)
    release = ledger.load(lease)
    ledger.vote(tested, "mia", yes=True)

    later = ruled(Ruling(Hold("Later", look_again=timedelta(minutes=1))))
    assert ledger.settle(lease, release, well(release), later) == timedelta()
    assert ledger.claim(tested) is not None


def test_a_voter_has_the_groups_of_role_and_platform(ledger, tested):
    for who in ("mia", "root", "tom", "ghost"):
        ledger.vote(tested, who, yes=True)
    groups = {vote.who: vote.groups for vote in seen_by(ledger, tested).votes}

    assert groups["mia"] == {"release-managers"}
    assert groups["tom"] == {"developers", "payments"}
    assert groups["root"] >= {"release-managers", "developers", "viewers", "admins", "payments"}
    assert groups["ghost"] == frozenset()


def test_a_vote_for_what_was_shown_before_is_refused(ledger, tested, count):
    shown = Content(DIGEST, "def-1", "cfg-1")
    ledger.configure(replace(CONFIGURED, apps={"shop": AppConfigured("online-shop", "cfg-2")}))

    with pytest.raises(Refused, match="changed since"):
        ledger.vote(tested, "mia", yes=True, shown=shown)
    assert count(VoteRow) == 0
    ledger.vote(tested, "mia", yes=True, shown=replace(shown, cfg_hash="cfg-2"))


def test_nobody_votes_where_nobody_is_asked_nor_before_there_is_anything_to_see(ledger, sessions):
    release_id = ledger.submit(new(), "tom")

    with pytest.raises(Refused, match="asks nobody"):
        ledger.vote(release_id, "mia", yes=True)
    with pytest.raises(Refused, match="not built yet"):
        ledger.vote(release_id, "mia", yes=True, step="canary az1")
    with pytest.raises(Refused, match="no release R-99"):
        ledger.ask(99, "cancel", "mia")


def test_nothing_is_asked_of_a_release_that_has_ended(ledger):
    release_id = ledger.submit(new(), "tom")
    step(ledger, release_id, ruled(Ruling(Finish(State.ROLLED_BACK, "no", Reason.FAILED))))

    with pytest.raises(Refused, match="it is rolled back"):
        ledger.ask(release_id, "cancel", "mia")


def test_promoting_counts_at_the_passage_ahead(ledger, tested):
    ledger.ask(tested, "promote", "mia")

    assert [order.passage for order in seen_by(ledger, tested).orders] == ["canary az1"]


def test_a_lifted_freeze_is_heard_no_more(ledger, tested):
    freeze_id = ledger.freeze(FreezeSpan("Sale", "busy"), "mia")
    ledger.unfreeze(freeze_id, "mia")

    assert seen_by(ledger, tested).freezes == ()
    with pytest.raises(Refused, match="no freeze"):
        ledger.unfreeze(freeze_id, "mia")


def test_freezes_of_the_platform_follow_its_file_and_only_it(ledger, tested, sessions):
    rule = FreezeSpan("Weekend", "quiet", weekly="Fri 16:00 - Mon 08:00", zone="Europe/Berlin")
    assert ledger.configure(replace(CONFIGURED, freezes=(rule,)))
    assert not ledger.configure(replace(CONFIGURED, freezes=(rule,)))
    assert seen_by(ledger, tested).freezes == (rule,)
    with pytest.raises(Refused, match=r"platform\.yaml"):
        ledger.unfreeze(1, "mia")

    assert ledger.configure(Configured(CONFIGURED.apps, CONFIGURED.groups))
    make_due(sessions, tested)
    assert seen_by(ledger, tested).freezes == ()


def test_a_digest_is_verified_where_it_was_live(ledger, sessions, tested):
    finish(ledger, sessions, tested)
    back = ledger.submit(new(kind=Kind.RETURN, digest=DIGEST, key="back"), "mia")

    assert seen_by(ledger, back).verified == {"az1"}


# ---- what is written -------------------------------------------------------------------------------------------------


def finish(ledger, sessions, release_id):
    """All the way to live, whatever the rules would say."""
    for at, percent in ((2, 0), (3, 0)):
        make_due(sessions, release_id)
        step(ledger, release_id, ruled(Ruling(Start(at, percent))))
    make_due(sessions, release_id)
    step(ledger, release_id, ruled(Ruling(Finish(State.LIVE, "Everyone has it"))))


def test_a_crossing_is_written_with_the_results_that_allow_it(ledger, sessions, tested, row):
    ledger.vote(tested, "mia", yes=True)
    soon = step(ledger, tested)

    with sessions.reading() as session:
        crossings = session.scalars(select(CrossingRow).order_by(CrossingRow.id)).all()
        results = session.scalars(select(ResultRow).where(ResultRow.step == "canary az1")).all()
        sets = session.scalars(select(SetRow.status)).all()
    assert soon == timedelta()
    assert [(c.step, c.digest, c.cfg_hash, c.epoch) for c in crossings] == [
        ("test", DIGEST, "cfg-1", 1),
        ("canary az1", DIGEST, "cfg-1", 2),
    ]
    assert {r.gate for r in results if r.verdict == "pass"} == {
        "tests", "turn", "approval release-managers", "freeze",
    }  # fmt: skip
    assert sets == ["passed", "passed"]
    assert row(tested).at == 2


def test_targets_are_open_from_the_entry_to_the_end(ledger, sessions, tested):
    def opened():
        with sessions.reading() as session:
            return session.execute(select(TargetRow.cluster, TargetRow.slot, TargetRow.open)).all()

    ledger.vote(tested, "mia", yes=True)
    step(ledger, tested)
    assert opened() == [("az1", "b", True)] or opened() == [("az1", "a", True)]

    finish(ledger, sessions, tested)
    assert [open_ for _, _, open_ in opened()] == [False]


def test_a_cluster_with_a_canary_of_another_release_is_waited_for(ledger, sessions, tested, row):
    step(ledger, tested, ruled(Ruling(Start(2))))
    other = ledger.submit(new("e" * 40), "tom")
    step(ledger, other, ruled(Ruling(Start(2))))

    assert row(other).at == 0
    assert row(other).waiting == f"Waits: R-{tested} has its canary in az1"


def test_a_hold_is_written_once_until_its_meaning_changes(ledger, sessions, count):
    release_id = ledger.submit(new(), "tom")
    before = count(EventRow)
    for sentence in ("7.0 of 20 on az1", "8.5 of 20 on az1", "8.5 of 20 on az2"):
        make_due(sessions, release_id)
        step(ledger, release_id, ruled(Ruling(Hold(sentence, look_again=timedelta(0)))))

    assert count(EventRow) == before + 2


def test_the_reason_of_a_wait_is_always_the_newest(ledger, sessions, row):
    release_id = ledger.submit(new(), "tom")
    until = datetime(2026, 11, 28, 4, tzinfo=UTC)
    step(ledger, release_id, ruled(Ruling(Hold("Waits", "Mia can act", until, timedelta(0)))))
    assert (row(release_id).waiting, row(release_id).who, row(release_id).until) == ("Waits", "Mia can act", until)

    step(ledger, release_id, ruled(Ruling(Start(1))))
    assert (row(release_id).waiting, row(release_id).who, row(release_id).until) == ("", "", None)


def test_what_a_gate_says_is_written_when_it_is_news(ledger, sessions, count):
    release_id = ledger.submit(new(), "tom")
    for verdict in (Wait("1 of 2"), Wait("1 of 2"), Wait("2 of 2"), Pass("2 of 2")):
        make_due(sessions, release_id)
        step(ledger, release_id, ruled(Ruling(Hold("…"), "canary az1", (Judged("tests", verdict),))))

    assert count(ResultRow) == 2  # the second number came within seconds of the first


def test_the_same_sample_twice_is_one_sample(ledger, sessions, count):
    release_id = ledger.submit(new(), "tom")
    at = datetime(2026, 11, 24, 12, tzinfo=UTC)
    reading = Reading(at, "az1", 50, Count("a", 100, 1), None)
    for _ in range(2):
        make_due(sessions, release_id)
        lease = ledger.claim(release_id)
        release = ledger.load(lease)
        ledger.settle(lease, release, replace(well(release), readings=(reading,)), HOLD)

    assert count(SampleRow) == 1
    with sessions.reading() as session:
        assert readings(session, release_id) == (reading,)


def test_going_back_keeps_its_reason_and_waves(ledger, sessions, row):
    release_id = ledger.submit(new(), "tom")
    step(ledger, release_id, ruled(Ruling(Undo("worse", Reason.HARMED, (2, 1)))))
    make_due(sessions, release_id)
    release = ledger.load(ledger.claim(release_id))

    assert (release.state, release.reason, release.why, release.undo_waves) == (
        State.ROLLING_BACK, Reason.HARMED, "worse", (2, 1),
    )  # fmt: skip


def test_all_journals_are_whole_after_a_life(ledger, sessions, tested):
    finish(ledger, sessions, tested)

    with sessions.reading() as session:
        assert events.verify(session) == []
        numbers = session.scalars(select(EventRow.id).order_by(EventRow.id)).all()
    assert numbers == list(range(1, len(numbers) + 1))


def test_the_journal_alone_tells_where_a_release_is(ledger, sessions, tested, row):
    """P9: the last decision in the journal carries everything that the row holds."""
    ledger.vote(tested, "mia", yes=True)
    step(ledger, tested)
    for decision in (Start(3), Undo("worse", Reason.HARMED, (1,)), Finish(State.ROLLED_BACK, "worse", Reason.HARMED)):
        make_due(sessions, tested)
        step(ledger, tested, ruled(Ruling(decision)))
        with sessions.reading() as session:
            newest = select(EventRow).where(EventRow.release_id == tested).order_by(EventRow.seq.desc()).limit(1)
            told = json.loads(session.scalars(newest).one().payload_json)
            targets = session.scalars(select(TargetRow).where(TargetRow.release_id == tested)).all()
        kept = row(tested)

        assert (told["state"], told["at"], told["percent"]) == (kept.state, kept.at, kept.percent)
        assert (told["digest"], told["reason"], told["why"]) == (kept.digest, kept.reason_kind, kept.why)
        assert told["undo_waves"] == json.loads(kept.undo_waves)
        assert told["targets"] == [[t.cluster, t.service, t.slot, t.previous, t.open] for t in targets]


# ---- the sweeper -----------------------------------------------------------------------------------------------------


def test_what_is_due_is_rung_once_in_three_seconds(ledger, sessions):
    release_id = ledger.submit(new(), "tom")

    assert ledger.ring_due() == (release_id,)
    assert ledger.ring_due() == ()
    make_due(sessions, release_id, rung_at=datetime.now(UTC) - timedelta(seconds=4))
    assert ledger.ring_due() == (release_id,)


def test_a_settled_release_that_is_due_again_is_rung_without_delay(ledger):
    release_id = ledger.submit(new(), "tom")
    ledger.ring_due()
    step(ledger, release_id, HOLD)

    assert ledger.ring_due() == (release_id,)


def test_what_has_ended_is_neither_due_nor_unfinished(ledger):
    release_id = ledger.submit(new(), "tom")
    assert ledger.unfinished() == ledger.unfinished("shop") == (release_id,)
    assert ledger.unfinished("blog") == ()
    step(ledger, release_id, ruled(Ruling(Finish(State.ROLLED_BACK, "no", Reason.FAILED))))

    assert (ledger.ring_due(), ledger.unfinished()) == ((), ())
