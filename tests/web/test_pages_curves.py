"""The chart of a canary is gone on with from page to page, and is what all samples say."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from pipeline.judge.curve import Curve, Segment
from pipeline.store import cases, pages
from pipeline.store.records import SampleRow
from pipeline.store.shown import Told
from tests.web import pages_app
from tests.web.stories import Story
from web.curves import Curves
from web.present.evidence import judges

CANARY = 13
CLUSTER = "az1"


class Drawn:
    """What a web process draws of a canary that is paused, and what all samples say."""

    def __init__(self, story: Story) -> None:
        self.story, self.curves = story, Curves()
        story.ledger.ask(CANARY, "pause", "jonas", reason="so that it stays where it is")

    def draw(self, back: float = 0) -> tuple[Segment, ...]:
        """The page of now, or of so many seconds ago."""
        with self.story.sessions.reading() as session:
            told = self._told(session, back)
            return self.curves.segments(session, told, CLUSTER, self._judges(told))

    def whole(self, back: float = 0) -> tuple[Segment, ...]:
        with self.story.sessions.reading() as session:
            told = self._told(session, back)
            seen = cases.samples(session, CANARY, CLUSTER, told.now)
            return Curve.of(seen, self._judges(told)).segments

    def spoil(self) -> None:
        """Change what was read before, which nothing of the product does."""
        with self.story.sessions.writing() as session:
            session.execute(update(SampleRow).where(SampleRow.release_id == CANARY).values(percent=25))

    def _told(self, session, back: float) -> Told:
        now = self.story.clock.at
        told = pages.told(session, now, CANARY)
        assert told is not None
        return pages.told_at(session, told, now - timedelta(seconds=back)) if back else told

    def _judges(self, told: Told):
        assert told.release is not None
        return judges(told.release, next(one for one in told.release.targets if one.cluster == CLUSTER))


@pytest.fixture
def drawn(tmp_path):
    return Drawn(pages_app.told().copy(tmp_path))


def test_each_page_goes_on_from_the_one_before_and_draws_what_all_samples_say(drawn):
    for _ in range(6):
        drawn.story.tick(CANARY)
        assert drawn.draw() == drawn.whole()


def test_a_page_reads_no_sample_that_was_drawn(drawn):
    for _ in range(3):
        drawn.story.tick(CANARY)
    before = drawn.draw()
    drawn.spoil()

    assert drawn.draw() == before != drawn.whole()


def test_a_moment_that_is_played_again_ends_there_and_takes_nothing_from_now(drawn):
    for _ in range(6):
        drawn.story.tick(CANARY)
    now = drawn.draw()

    assert drawn.draw(back=6) == drawn.whole(back=6) != now
    assert drawn.draw() == now


def test_a_sample_that_came_late_is_drawn_in_its_place(drawn):
    for _ in range(3):
        drawn.story.tick(CANARY)
    drawn.draw()
    drawn.story.clock.at -= timedelta(seconds=3)
    for _ in range(4):
        drawn.story.tick(CANARY)

    assert drawn.draw() == drawn.whole()
