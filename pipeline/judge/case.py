"""What the judge has of one canary in one cluster: a fold over its readings, so that a look costs what is new in it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import reduce

from pipeline.facts import Reading
from pipeline.settings import Judge

from .apart import Apart
from .evidence import Evidence
from .follow import Followed
from .health import Health
from .metrics import ERRORS, followed_as
from .mixture import HORIZON
from .split import Routed, Split
from .windows import pieces

By = Mapping[str, Sequence[Reading]]  # readings by what they are about, oldest first


@dataclass(frozen=True, slots=True)
class Case:
    """
    All that has to be remembered of the readings up to `at`, for these settings of the judge.

    Whoever goes on from it comes to the same evidence, to the last digit, as who begins with the first reading. The
    settings may differ in their margin: what is shown is kept margin by margin, harm is one for all of them. While it
    is open whether pods are counted or requests (`ways` has both), both are followed.
    """

    judges: tuple[Judge, ...]
    horizon: float
    apart: Apart
    ways: Mapping[bool, Mapping[str, Followed]]  # by whether pods are counted, and by metric
    last: Mapping[str, Reading] = field(default_factory=dict)  # of each metric
    routed: Routed = Routed()
    health: Health = Health()
    ready: datetime | None = None  # when it was last read while all replicas were ready
    at: datetime | None = None
    cluster: str = ""
    percent: int = 0  # routed to the canary when it was last read

    @classmethod
    def begin(cls, judges: Sequence[Judge], horizon: float = HORIZON) -> "Case":
        """Nothing was read yet. `horizon`: seconds for which the canary may live, as declared beforehand."""
        apart = Apart.begin(judges[0]) if judges else Apart(told=False)
        return cls(tuple(judges), horizon, apart, {False: {}, True: {}})

    def after(self, readings: Sequence[Reading]) -> "Case":
        """The same once `readings`, the next ones of the cluster, are seen as well."""
        if not readings:
            return self
        new = by_metric(readings)
        by = {name: [*([self.last[name]] if name in self.last else []), *found] for name, found in new.items()}
        apart = reduce(Apart.after, new.get(ERRORS, ()), self.apart)
        errors = pieces(by.get(ERRORS, ()))
        return replace(
            self,
            apart=apart,
            ways={way: self._followed(way, by) for way in self.ways if apart.open or apart.told is way},
            last={**self.last, **{name: found[-1] for name, found in new.items()}},
            routed=self.routed.after(errors),
            health=self.health.after(errors),
            ready=next((one.at for one in reversed(readings) if one.healthy), self.ready),
            at=readings[-1].at,
            cluster=readings[-1].cluster,
            percent=readings[-1].percent,
        )

    def _followed(self, way: bool, by: By) -> Mapping[str, Followed]:
        found = dict(self.ways[way])
        for metric, readings in by.items() if self.judges else ():
            parts = pieces(readings, by_pods=way)
            seen = next((one.at for one in reversed(readings) if one.canary and one.stable), None)
            for name in followed_as(metric, by_pods=way):
                before = found.get(name) or Followed.begin(name, self.judges, self.horizon, by_pods=way)
                found[name] = before.after(parts, self.judges, seen)
        return found

    @property
    def evidence(self) -> Evidence:
        """What the readings say for these settings (at least one)."""
        if self.at is None:
            nothing = Followed.begin(ERRORS, self.judges, self.horizon)
            return Evidence("", 0, (nothing.track,), self.judges)
        path = self.apart.path(self.judges[0])
        tracks = tuple(followed.track for _, followed in sorted(self.ways[path.by_pods].items()))
        return Evidence(self.cluster, self.percent, tracks, self.judges, path)

    @property
    def split(self) -> Split:
        """How the requests were split while the share stayed the same."""
        return self.routed.split


def by_metric(readings: Iterable[Reading]) -> dict[str, list[Reading]]:
    """Readings by what they are about."""
    by: dict[str, list[Reading]] = {}
    for reading in readings:
        by.setdefault(reading.metric, []).append(reading)
    return by
