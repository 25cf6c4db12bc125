"""What a stream is about, and how far its reader has come."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from .feed import News

MOST = 8
_TOPIC = re.compile(
    r"releases|approvals|freezes|clusters|(release|ticks):[1-9]\d{0,17}|log:[1-9]\d{0,17}:[a-z0-9][a-z0-9 +-]{0,200}"
)
_CURSOR = re.compile(r"\d{1,18}\.\d{1,2}(\.\d{1,18}){0,8}")


class NoSuchTopic(ValueError):
    """A topic or an event id that is none of ours."""


@dataclass(frozen=True, slots=True)
class Log:
    """The log of the newest job of one step."""

    release: int
    step: str

    @property
    def topic(self) -> str:
        return f"log:{self.release}:{self.step}"


@dataclass(frozen=True, slots=True)
class Topics:
    """What one stream carries, in the order in which it was asked for."""

    names: tuple[str, ...]

    @property
    def logs(self) -> tuple[Log, ...]:
        parts = [name.split(":", 2) for name in self.names if name.startswith("log:")]
        return tuple(Log(int(release), step) for _, release, step in parts)

    @property
    def ticks(self) -> tuple[int, ...]:
        """The releases whose every settled tick is told: the evidence grows without a line in a journal."""
        return tuple(int(name.removeprefix("ticks:")) for name in self.names if name.startswith("ticks:"))

    @property
    def clusters(self) -> bool:
        """Whether each look at what runs where is told."""
        return "clusters" in self.names

    @property
    def journals(self) -> tuple[str, ...]:
        return tuple(name for name in self.names if not name.startswith(("log:", "ticks:", "clusters")))

    def of(self, news: News) -> tuple[str, ...]:
        """The topics of this stream that `news` belongs to."""
        if news.release == 0:
            about = {"freezes"} if "freeze" in news.kind else set()
        else:
            about = {"releases", "approvals", f"release:{news.release}"}
        return tuple(name for name in self.journals if name in about)


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a reader has come: events up to `event` but of that one only `sent` messages, and bytes of each log."""

    event: int
    sent: int = 0  # 0: all messages of `event` were sent
    offsets: tuple[int, ...] = ()

    def __str__(self) -> str:
        return ".".join(map(str, (self.event, self.sent, *self.offsets)))

    def at_log(self, number: int, offset: int) -> "Cursor":
        offsets = (*self.offsets[:number], offset, *self.offsets[number + 1 :])
        return replace(self, offsets=offsets)


def read_topics(text: str) -> Topics:
    """The topics of `?topics=releases,release:42,log:42:build`."""
    names = tuple(dict.fromkeys(name for name in text.split(",") if name))
    if not names or len(names) > MOST:
        raise NoSuchTopic(f"Name 1 to {MOST} topics, like ?topics=release:42,log:42:build.")
    for name in names:
        if not _TOPIC.fullmatch(name):
            raise NoSuchTopic(
                f"{name[:80]!r} is no topic; known are releases, approvals, freezes, clusters, release:N, ticks:N, "
                "log:N:step."
            )
    return Topics(names)


def read_cursor(text: str, topics: Topics) -> Cursor:
    """The cursor that a reader brings back in `Last-Event-ID`."""
    if not _CURSOR.fullmatch(text):
        raise NoSuchTopic("Last-Event-ID is none of ours; leave it out to start from now.")
    event, sent, *offsets = map(int, text.split("."))
    if len(offsets) != len(topics.logs):
        raise NoSuchTopic("Last-Event-ID belongs to a stream of other topics; leave it out to start from now.")
    return Cursor(event, sent, tuple(offsets))


def missing(found: Sequence[News], cursor: Cursor, topics: Topics) -> list[tuple[News, int, str]]:
    """The messages that are still to be sent: news, its number among the messages of that news, topic."""
    messages = []
    for news in found:
        names = topics.of(news)
        first = cursor.sent if news.id == cursor.event else 0
        messages += [(news, number, name) for number, name in enumerate(names, start=1) if number > first]
    return messages
