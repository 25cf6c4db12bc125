"""What is new, read once for the whole process and handed to every open stream."""

from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Condition, Event, Lock, Thread

EVERYBODY, EACH = 200, 12  # open streams of a process, and of one person
EVERY = 0.25  # seconds between two looks
WAITING = 500  # news a stream may be behind before it is cut; it comes back and reads what it missed


@dataclass(frozen=True, slots=True)
class News:
    """One line of a journal, as far as a stream needs it."""

    id: int
    release: int  # 0: the installation
    kind: str


class Listener:
    """One open stream: what it has not been given yet."""

    def __init__(self, changed: Condition) -> None:
        self._changed = changed
        self._waiting: deque[News] = deque()
        self.cut = False

    def offer(self, news: Sequence[News]) -> None:
        """Called by the feed, which holds the lock."""
        if len(self._waiting) + len(news) > WAITING:
            self.cut = True
            self._waiting.clear()
        else:
            self._waiting.extend(news)

    def take(self, patience: float) -> list[News]:
        """What is new; empty after `patience` seconds without any."""
        with self._changed:
            if not self._waiting and not self.cut:
                self._changed.wait(patience)
            taken = list(self._waiting)
            self._waiting.clear()
            return taken


class Full(Exception):
    """There are as many streams as there may be; the text says of what."""


class Seats:
    """How many streams are open: each holds a thread, and the others must answer requests."""

    def __init__(self, everybody: int, each: int) -> None:
        self._everybody, self._each = everybody, each
        self._lock = Lock()
        self._taken: Counter[str] = Counter()

    def take(self, name: str) -> Callable[[], None]:
        """A seat for `name`; call what is returned to leave it, twice is the same as once."""
        with self._lock:
            if self._taken.total() >= self._everybody:
                raise Full(f"{self._everybody} live streams are open, no more fit")
            if self._taken[name] >= self._each:
                raise Full(f"{name} has {self._each} live streams open; close a page")
            self._taken[name] += 1
        left = False

        def leave() -> None:
            nonlocal left
            with self._lock:
                self._taken[name] -= 0 if left else 1
                left = True

        return leave

    @property
    def taken(self) -> int:
        return self._taken.total()


class Feed:
    """One thread that looks while anybody listens. `read(after)` gives the news after that id, oldest first."""

    def __init__(self, read: Callable[[int], Sequence[News]], newest: Callable[[], int]) -> None:
        self._read, self._newest = read, newest
        self._changed = Condition()
        self._listeners: set[Listener] = set()
        self._thread: Thread | None = None
        self.seats = Seats(EVERYBODY, EACH)
        self.closing = False  # the process ends: streams end too

    @contextmanager
    def listening(self) -> Iterator[Listener]:
        """A listener that misses nothing that is committed after this call."""
        listener = Listener(self._changed)
        with self._changed:
            self._listeners.add(listener)
            if self._thread is None:
                self._thread = Thread(target=self._look, args=(self._newest(),), name="feed", daemon=True)
                self._thread.start()
        try:
            yield listener
        finally:
            with self._changed:
                self._listeners.discard(listener)

    def _look(self, last: int) -> None:
        pause = Event()
        while self._wanted():
            news = self._read(last)
            if news:
                last = news[-1].id
                with self._changed:
                    for listener in self._listeners:
                        listener.offer(news)
                    self._changed.notify_all()
            pause.wait(EVERY)

    def _wanted(self) -> bool:
        with self._changed:
            if self._listeners and not self.closing:
                return True
            self._thread = None
            return False
