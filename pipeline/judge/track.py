"""One metric of one cluster, followed through all its readings."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from math import inf, log

from pipeline.facts import Reading
from pipeline.settings import Judge

from . import waits
from .counts import NOTHING, Window, added
from .forecast import Forecast
from .harm import Harm
from .not_worse import OUTAGE, NotWorse, boundary, within
from .windows import Piece, merged, pieces, watched

CALM = 5.0  # no step forward while the evidence for harm is this high
_CALM_LOG = log(CALM)
RECENT = 10.0  # seconds that "now" means when traffic is measured


@dataclass(frozen=True, slots=True)
class Track:
    """What the readings of one metric say. `passable`: when a judge could last have agreed, by its margin."""

    harm: Harm
    forecast: Forecast = Forecast()
    not_worse: tuple[NotWorse, ...] = ()
    judged: Window = NOTHING  # sums of all windows that count
    judged_from: datetime | None = None  # start of the latest one in which both arms had requests
    passable: Mapping[float | None, datetime] = field(default_factory=dict)
    seen: datetime | None = None  # the latest reading of both arms
    traffic: datetime | None = None  # the canary's latest request
    failure: datetime | None = None  # the canary's first bad request, warm-up included
    recent: Window = NOTHING  # about the last `RECENT` seconds

    @property
    def share(self) -> float | None:
        """Measured share of the canary in the recent traffic, in percent."""
        total = self.recent.n_c + self.recent.n_b
        return 100 * self.recent.n_c / total if total else None

    def promote_wait(self, process: NotWorse, beta: float) -> float | None:
        """Seconds until `process` suffices, at the recent traffic and if the canary is as good as stable."""
        n_c, n_b = self.recent.n_c, self.recent.n_b
        if not n_c or not n_b or self.forecast.rate > OUTAGE:
            return None
        rate = within(self.forecast.rate, process.margin)
        nearest = boundary(rate, rate, process.margin, n_c / n_b)
        speed, share = (n_c + n_b) / self.recent.seconds, n_c / (n_c + n_b)
        nats = waits.promote_nats(beta, max(process.logs))
        return waits.to_promote(nats, speed, share, rate, nearest, process.margin)

    def roll_back_wait(self, alpha: float) -> float | None:
        """Seconds until harm is found, at the recent traffic and the rates seen so far; None = it is not in sight."""
        n_c, n_b, judged = self.recent.n_c, self.recent.n_b, self.judged
        if not n_c or not judged.n_c or not judged.n_b:
            return None
        speed, share = (n_c + n_b) / self.recent.seconds, n_c / (n_c + n_b)
        nats = waits.roll_back_nats(alpha, self.harm.log_value)
        seconds = waits.to_roll_back(nats, speed, share, judged.k_c / judged.n_c, judged.k_b / judged.n_b)
        return seconds if seconds < inf else None


def follow(readings: Sequence[Reading], judges: Sequence[Judge], horizon: float) -> Track:
    """Fold the readings of one metric, oldest first. The same readings always give the same track."""
    parts = list(pieces(readings))
    return replace(
        _fold(parts, judges, horizon),
        seen=next((one.at for one in reversed(readings) if one.canary and one.stable), None),
        traffic=next((part.end for part in reversed(parts) if part.window.n_c), None),
        failure=next((part.end for part in parts if part.window.k_c), None),
        recent=_recent(parts),
    )


def _fold(parts: Sequence[Piece], judges: Sequence[Judge], horizon: float) -> Track:
    tolerance = max(judge.tolerance for judge in judges)
    harm, forecast = Harm.begin(horizon, tolerance=tolerance), Forecast()
    processes = [NotWorse(margin) for margin in sorted({one.margin for one in judges if one.margin is not None})]
    enough = {judge.margin: -log(judge.beta) for judge in judges}
    passable: dict[float | None, datetime] = {}
    judged, judged_from = [], None
    for part, counts in watched(merged(parts), max(judge.warm_up for judge in judges)):
        window = part.window
        if counts:
            rate = forecast.rate
            harm = harm.after(window)
            processes = [process.after(window, rate) for process in processes]
            judged.append(window)
            if window.n_c and window.n_b:
                judged_from = part.start
                if harm.log_value < _CALM_LOG:
                    passable |= dict.fromkeys(_shown(processes, enough), part.end)
        forecast = forecast.after(window)
    return Track(harm, forecast, tuple(processes), added(judged), judged_from, passable)


def _shown(processes: Sequence[NotWorse], enough: Mapping[float | None, float]) -> Iterator[float | None]:
    if None in enough:
        yield None
    for process in processes:
        best, needed = max(process.logs), enough[process.margin]
        # the mean of the alternatives lies between a third of the best and the best, which are cheaper
        if best >= needed and (best - log(len(process.logs)) >= needed or process.log_value >= needed):
            yield process.margin


def _recent(parts: Sequence[Piece]) -> Window:
    latest: list[Window] = []
    for part in reversed(parts):
        if sum(window.seconds for window in latest) >= RECENT:
            break
        latest.append(part.window)
    return added(latest)
