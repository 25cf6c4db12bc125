"""How long the judge will take at the traffic there is: the planned wait, in seconds."""

from dataclasses import dataclass
from math import inf, log

from pipeline.settings import Judge

from .counts import Window
from .not_worse import boundary, within

PROMOTE_COST = 0.3  # nats that three alternatives cost beside the right one alone (fitted by simulation)
AHEAD = 1 / 6  # failures that the middle life is ahead of the mean
ROLL_BACK_COST = 1.7  # nats that spreading the mass over ratios and start times costs (fitted by simulation)


def divergence(one: float, other: float) -> float:
    """Kullback-Leibler divergence of two rates, in nats."""
    return _part(one, other) + _part(1 - one, 1 - other)


def _part(one: float, other: float) -> float:
    if one <= 0:
        return 0.0
    return one * log(one / other) if other > 0 else inf


@dataclass(frozen=True, slots=True)
class Pace:
    """
    How evidence for "not worse" grows in the middle one of many lives, with rare failures of the canary.

    `speed`: nats a second on average; `failure`: nats that one failure takes back; `failures`: how many a second. The
    median of a count of rare ones is a sixth below its mean, so the middle life is ahead by a sixth of a failure; it is
    never ahead of one that has none.
    """

    speed: float
    failure: float
    failures: float

    def wait(self, nats: float) -> float:
        """Seconds until `nats` are shown."""
        return max(
            _seconds(nats - AHEAD * self.failure, self.speed), _seconds(nats, self.speed + self.failures * self.failure)
        )

    def shown(self, seconds: float) -> float:
        """Nats that are shown by then."""
        return seconds * self.speed + min(AHEAD, self.failures * seconds) * self.failure


def pace(requests: float, share: float, rate: float, margin: float) -> Pace:
    """
    The pace of "not worse by `margin`", if canary and stable fail at `rate`.

    `requests` per second in both arms, `share` of them to the canary (more than 0, less than 1).
    """
    rate = within(rate, margin)
    nearest = boundary(rate, rate, margin, share / (1 - share))
    canary, stable = divergence(rate, nearest + margin), divergence(rate, nearest)
    speed = requests * (share * canary + (1 - share) * stable)
    return Pace(speed, log((nearest + margin) / rate), requests * share * rate)


def to_promote(nats: float, requests: float, share: float, rate: float, margin: float) -> float:
    """Seconds until `nats` more evidence for "not worse by `margin`" is there, as in `pace`."""
    return pace(requests, share, rate, margin).wait(nats)


def to_roll_back(nats: float, requests: float, share: float, canary: float, stable: float) -> float:
    """
    Seconds until `nats` more evidence for harm is there, if the arms go on to fail at `canary` and `stable`.

    Bad requests arrive at `requests`·(share·canary + (1 − share)·stable); each brings KL(its chance to be the
    canary's || `share`). Infinite if the canary is not worse.
    """
    bad = share * canary + (1 - share) * stable
    if canary <= stable:
        return inf
    return _seconds(nats, requests * bad * divergence(share * canary / bad, share))


def to_find_double(alpha: float, requests: float, share: float, rate: float) -> float:
    """Seconds until a canary that fails twice as often as stable's `rate` is found, from its first request on."""
    return to_roll_back(roll_back_nats(alpha), requests, share, min(1.0, 2 * rate), rate)


def promote_nats(beta: float, best: float = 0.0) -> float:
    """Evidence still to gather for a promotion, if the best of the alternatives has `best` already."""
    return max(0.0, -log(beta) + PROMOTE_COST - best)


def roll_back_nats(alpha: float, log_value: float = 0.0) -> float:
    """Evidence still to gather for a rollback."""
    return max(0.0, -log(alpha) + ROLL_BACK_COST - max(0.0, log_value))


def _seconds(nats: float, speed: float) -> float:
    return nats / speed if speed > 0 else inf


@dataclass(frozen=True, slots=True)
class Planned:
    """The waits to plan with, in seconds; infinite: never at this traffic. They are medians: one life in 20 takes
    more than twice as long."""

    promote: float | None  # a canary as good as stable; None without a margin
    double: float  # a canary that fails twice as often


def plan(seen: Window, judge: Judge) -> Planned:
    """The planned waits at the traffic, share and rate of stable in `seen`; both arms had requests."""
    speed, share = (seen.n_c + seen.n_b) / seen.seconds, seen.n_c / (seen.n_c + seen.n_b)
    rate = (seen.k_b + 0.5) / (seen.n_b + 1)
    double = to_find_double(judge.alpha, speed, share, rate)
    if judge.margin is None:
        return Planned(None, double)
    return Planned(to_promote(promote_nats(judge.beta), speed, share, rate, judge.margin), double)
