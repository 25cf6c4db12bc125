"""What the judge has of a canary is kept from look to look, and never says anything else than the samples do."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, select, update
from store_world import DIGEST, make_due, new, ruled

from pipeline import gates
from pipeline.decide import decide
from pipeline.decision import Hold, Ruling, Shift, Start, Undo
from pipeline.errors import Lost
from pipeline.facts import ClusterSeen, Count, Facts, Reading, Said, SlotSeen
from pipeline.judge.case import Case
from pipeline.judge.kept import text_of
from pipeline.release import Release
from pipeline.states import Reason
from pipeline.store import cases, pages
from pipeline.store.ledger import Ledger
from pipeline.store.records import CaseRow, SampleRow
from pipeline.store.said import readings
from pipeline.store.session import open_database

SLOTS = {"a": SlotSeen("sha256:old", 1, 1), "b": SlotSeen(DIGEST, 1, 1)}


class Canary:
    """A release at 50 % in az1 that is paused, with a clock of its own. `heard`: what the latest decision was told."""

    def __init__(self, url: str) -> None:
        self.now, self.requests = datetime(2026, 11, 24, 12, tzinfo=UTC), 0
        self.sessions = open_database(url, clock=lambda _: self.now)
        self.ledger = Ledger(self.sessions)
        self.id = self.ledger.submit(new(), "tom")
        for decision in (Start(2), Shift(50)):
            self.look(choose=ruled(Ruling(decision)))
        self.ledger.ask(self.id, "pause", "mia")

    def look(
        self, *read: Reading, choose: Callable[[Release, Facts, Said], Ruling] = decide, meanwhile: float = 0
    ) -> None:
        """A tick ten seconds later, in which this was read; it takes `meanwhile` seconds until its last transaction."""
        self.now += timedelta(seconds=10)
        make_due(self.sessions, self.id)
        lease = self.ledger.claim(self.id)
        assert lease is not None
        self.release = self.ledger.load(lease)
        seen = ClusterSeen("az1", "shop", "a", SLOTS, {"a": 50, "b": 50}, release=self.id)
        facts = Facts(self.release.read_at, clusters={"az1": seen}, readings=read, digest=DIGEST)
        self.now += timedelta(seconds=meanwhile)
        self.ledger.settle(lease, self.release, facts, lambda *told: self._listens(choose, *told))

    def _listens(
        self, choose: Callable[[Release, Facts, Said], Ruling], release: Release, facts: Facts, said: Said
    ) -> Ruling:
        self.heard = said
        return choose(release, facts, said)

    def looks(self, number: int) -> None:
        """Looks in which everything can be read."""
        for _ in range(number):
            self.look(*self.read())

    def read(self, after: float = 10) -> tuple[Reading, ...]:
        """What will be read then, of two metrics: one request in 40 fails, one in three brings an order."""
        self.requests += 40
        of = [[Count(arm, self.requests, self.requests // each) for arm in ("b", "a")] for each in (40, 3)]
        at = self.now + timedelta(seconds=after)
        return tuple(
            Reading(at, "az1", 50, *arms, metric=metric) for metric, arms in zip(("errors", "orders"), of, strict=True)
        )

    @property
    def case(self) -> str:
        """What the judge has, as the latest decision was told."""
        return text_of(self.heard.cases["az1"])

    @property
    def in_one_go(self) -> str:
        """What all samples up to now say, folded from the first one on."""
        with self.sessions.reading() as session:
            seen = [one for one in readings(session, self.id) if one.at <= self.now]
        return text_of(Case.begin(gates.judges(self.release, self.release.targets[0])).after(seen))

    def page(self, moment: datetime | None = None) -> str:
        """What the page shows, now or as it was at a moment."""
        with self.sessions.reading() as session:
            found = pages.told(session, self.now, self.id)
            assert found is not None
            return text_of((pages.told_at(session, found, moment) if moment else found).said.cases["az1"])

    @property
    def kept(self) -> list[str]:
        """What the next look finds."""
        with self.sessions.reading() as session:
            return list(session.scalars(select(CaseRow.case_json).where(CaseRow.release_id == self.id)))

    def forget_samples(self) -> None:
        """Delete all but the newest ones, which nothing of the product does."""
        with self.sessions.writing() as session:
            session.execute(delete(SampleRow).where(SampleRow.at < self.now))


@pytest.fixture
def canary(url: str, ledger: Ledger) -> Iterator[Canary]:
    made = Canary(url)
    yield made
    made.sessions.engine.dispose()


def test_every_look_goes_on_from_the_one_before_and_comes_to_what_all_samples_say(canary):
    for _ in range(12):
        canary.looks(1)
        assert canary.case == canary.in_one_go
        assert canary.kept == [canary.case]
    assert canary.heard.cases["az1"].evidence.sums.n_c == 11 * 40


def test_a_look_reads_no_sample_that_an_earlier_one_has_judged(canary):
    canary.looks(5)
    canary.forget_samples()
    canary.looks(5)

    assert canary.heard.cases["az1"].evidence.sums.n_c == 9 * 40


def test_a_look_in_which_nothing_was_read_keeps_what_there_is(canary):
    canary.looks(3)
    before = canary.kept
    canary.look()

    assert canary.kept == before == [canary.case]


@pytest.mark.parametrize("left", [None, "", "{", '{"by":"0","case":null}'], ids=["none", "empty", "cut", "other-rules"])
def test_where_nothing_can_be_gone_on_from_the_samples_say_the_same(canary, left):
    canary.looks(6)
    change = delete(CaseRow) if left is None else update(CaseRow).values(case_json=left)
    with canary.sessions.writing() as session:
        session.execute(change)
    canary.looks(1)

    assert canary.case == canary.in_one_go
    assert canary.kept == [canary.case]


def test_a_clock_set_back_mixes_nothing_up(canary):
    canary.looks(6)
    canary.now -= timedelta(seconds=25)
    canary.looks(1)
    assert canary.case == canary.in_one_go

    canary.looks(4)
    assert canary.case == canary.in_one_go


def test_a_tick_that_lost_its_lease_keeps_nothing(canary):
    canary.looks(3)
    before = canary.kept
    with pytest.raises(Lost):
        canary.look(*canary.read(), meanwhile=60)

    assert canary.kept == before


def test_who_goes_back_is_judged_no_more(canary):
    canary.looks(3)
    canary.look(choose=ruled(Ruling(Undo("worse", Reason.HARMED, (1,)))))
    canary.look(choose=ruled(Ruling(Hold("Goes back"))))

    assert canary.heard.cases == {}


def test_a_page_shows_what_the_gate_had_and_reads_no_sample_for_it(canary):
    canary.looks(5)
    had = canary.case
    canary.forget_samples()

    assert canary.page() == had


def test_a_page_shows_what_the_gate_had_also_when_nothing_was_kept(canary):
    canary.looks(5)
    with canary.sessions.writing() as session:
        session.execute(delete(CaseRow))

    assert canary.page() == canary.case
    assert canary.kept == []


def test_a_page_shows_after_the_end_what_the_gate_had_last(canary):
    canary.looks(5)
    had = canary.case
    canary.look(choose=ruled(Ruling(Undo("worse", Reason.HARMED, (1,)))))
    canary.look(choose=ruled(Ruling(Hold("Goes back"))))

    assert canary.page() == had


def test_a_page_of_a_moment_shows_what_the_gate_had_then(canary):
    had = {}
    for _ in range(6):
        canary.looks(1)
        had[canary.now] = canary.case

    assert {moment: canary.page(moment) for moment in had} == had


def test_a_page_shows_no_sample_of_a_time_to_come(canary):
    canary.looks(6)
    canary.now -= timedelta(seconds=25)

    assert canary.page() == canary.in_one_go


def test_the_first_sample_is_the_first_of_any_cluster(canary):
    begun = canary.now + timedelta(seconds=10)
    canary.looks(3)

    with canary.sessions.reading() as session:
        assert cases.begun(session, canary.release) == begun


def test_what_is_on_its_way_is_listed_without_what_the_judge_has(canary):
    canary.looks(3)
    with canary.sessions.reading() as session:
        (found,) = pages.in_motion(session, canary.now)

    assert (found.said.cases, found.said.readings) == ({}, ())
