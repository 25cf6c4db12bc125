"""What this process knows of the curves it has drawn: the next page goes on from there."""

from collections.abc import Mapping

from pipeline.judge.curve import Curve, Segment
from pipeline.settings import Judge
from pipeline.store import cases
from pipeline.store.session import Session
from pipeline.store.shown import Told

from .logbook import Shelf

KEPT = 32  # curves of one cluster each; one of many shares and metrics takes about two megabytes


class Curves:
    """Curves by release, cluster and settings. The samples say the same: what is lost here is folded anew."""

    def __init__(self) -> None:
        self._shelf: Shelf[tuple[Curve, int]] = Shelf(KEPT)

    def segments(self, session: Session, told: Told, cluster: str, judges: Mapping[int, Judge]) -> tuple[Segment, ...]:
        """The curve of a cluster as it was at `told.now`. Empty: nothing was read there, or nobody judges it."""
        key, number = (told.head.id, cluster, tuple(judges.items())), told.head.id
        known, count = self._shelf.get(key) or (None, 0)
        found = None
        if known and known.at <= told.now and cases.counted(session, number, cluster, known.at) == count:
            new = cases.samples(session, number, cluster, told.now, known.at)
            found, count = known.after(new), count + len(new)
        if found is None:
            seen = cases.samples(session, number, cluster, told.now)
            found, count = Curve.of(seen, judges) if seen and judges else None, len(seen)
        if found is None:
            return ()
        if found is not known and not (known and known.at > told.now):  # a moment that is played again is not kept
            self._shelf.put(key, (found, count))
        return found.segments
