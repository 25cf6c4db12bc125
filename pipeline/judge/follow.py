"""One metric of one cluster, followed reading by reading."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from pipeline.settings import Judge

from .apart import ByPods
from .counts import Window, added
from .metrics import PODS
from .track import Track, begun, moved
from .windows import ByRequest, Piece, Watching, filled

RECENT = 10.0  # seconds that "now" means when traffic is measured


@dataclass(frozen=True, slots=True)
class Followed:
    """What is known of one metric so far, and the window that is open: as much after a day as after a minute."""

    track: Track
    open: ByRequest | ByPods
    latest: tuple[Window, ...] = ()  # what lies between the last readings, oldest first: `RECENT` seconds or a bit more

    @classmethod
    def begin(cls, metric: str, judges: Sequence[Judge], horizon: float, *, by_pods: bool = False) -> "Followed":
        """Nothing was seen yet."""
        watching = Watching(max(judge.warm_up for judge in judges))
        windows = ByPods(judges[0].window, watching) if metric == PODS else ByRequest(watching)
        return cls(begun(metric, judges, horizon, by_pods=by_pods), windows)

    def after(self, parts: Sequence[Piece], judges: Sequence[Judge], seen: datetime | None) -> "Followed":
        """The same once `parts` are seen as well; both arms could last be read when they were `seen`."""
        begun, _ = self.stepped(parts, judges)
        latest = _latest([*self.latest, *(part.window for part in parts)])
        track = begun.track
        traffic = next((part.end for part in reversed(parts) if part.window.n_c), track.traffic)
        failure = track.failure or next((part.end for part in parts if part.window.k_c), None)
        recent = added(reversed(latest))
        track = replace(track, seen=seen or track.seen, traffic=traffic, failure=failure, recent=recent)
        return Followed(track, begun.open, latest)

    def stepped(
        self, parts: Sequence[Piece], judges: Sequence[Judge]
    ) -> tuple["Followed", list[tuple[Piece, bool, Track]]]:
        """The evidence after `parts`, and each window that is full on the way, if it counts, and the track then."""
        windows, done = filled(self.open, parts)
        track, steps = self.track, []
        for part, counts in done:
            track = moved(track, part, judges, counts=counts)
            steps.append((part, counts, track))
        return replace(self, track=track, open=windows), steps


def _latest(windows: Sequence[Window]) -> tuple[Window, ...]:
    """The shortest tail that lasts `RECENT` seconds, or all there is."""
    found: list[Window] = []
    for window in reversed(windows):
        if sum([one.seconds for one in found]) >= RECENT:
            break
        found.append(window)
    return tuple(reversed(found))
