"""Pods instead of requests: errors that come in clumps local to one pod are one observation, not a hundred.

A unit is one pod in one window, at least as long as errors usually cling together. What happens inside a unit may
depend on itself in any way. Different units are taken as independent given the window's means, but for a burst that
begins in one and ends in the next.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log, sqrt

from .exceedance import raised
from .mixture import HORIZON, Mixed, Mixture
from .samples import Unit, beyond, common_size
from .two_sample import tally

LEVELS = (0.5, 0.2, 0.05, 0.01)  # the cuts lie at the upper quantiles of stable's past units
UNUSUAL = 1  # the cut beyond which a pod counts as unusual: one of five does by chance
SPREADS = (0.0, 0.84, 1.64, 2.33)  # where these quantiles of chance alone are, in standard deviations
ODDS = (2.0, 4.0, 10.0, 30.0, 100.0, 400.0)  # how much the odds of a unit to lie beyond a cut may have grown
FIRST_CUTS = (0.0025, 0.01, 0.04, 0.2)  # shares to begin with, before anything was seen
FIRST_RATE = 0.02  # and how many units are then expected beyond them
REMEMBERED = 120  # stable units that cuts are taken from


@dataclass(frozen=True, slots=True)
class Cut:
    """One limit: how many units to expect beyond it, and how far each unit of both arms is (0 not, 1 beyond)."""

    rate: float
    canary: Sequence[float]
    stable: Sequence[float]

    def gains(self) -> list[float]:
        """ln of the factor for each of `ODDS`."""
        ratio, canary, stable = len(self.canary) / len(self.stable), tally(self.canary), tally(self.stable)
        return [raised(self.rate, odds, ratio).measured(canary, stable) for odds in ODDS]


def _after(mixture: Mixture, cuts: Sequence[Cut], seconds: float, most: float) -> Mixture:
    """`most`: the largest factor that one pod may bring. What all bring is cut off at as many of them as lie beyond the
    cut `UNUSUAL`: pods that are as usual make no room for one that is not."""
    gains = [gain for cut in cuts for gain in cut.gains()]
    begun = mixture.due()
    found = begun.after(gains, seconds)
    unusual = max(1.0, sum(cuts[UNUSUAL].canary))
    excess = found.log_value - begun.log_value - unusual * log(most)
    return found if excess <= 0 else begun.after([gain - excess for gain in gains], seconds)


def one_pods_part(alpha: float) -> float:
    """
    The largest factor of one pod in one window: four windows of it alone never decide.

    A burst of errors is no longer than a window, but may begin in one and end in the next, and one pod may have two
    bursts in a canary's life. A factor that is made smaller stays fair.

    >>> round(one_pods_part(0.01), 2)
    3.0
    """
    return 0.95 / sqrt(sqrt(max(alpha, 1e-9)))


def _expected(beyond_it: float, seen: int) -> float:
    return (beyond_it + 0.5) / (seen + 1)


@dataclass(frozen=True, slots=True)
class ErrorUnits(Mixed):
    """
    Evidence that the canary's pods have larger shares of bad requests than stable's.

    Null: in every window, a canary unit is beyond each cut with at most the chance of a stable unit. The cuts are
    quantiles of stable's *past* units, so they are fixed before the window is seen. A pod with more requests than the
    smallest is judged by the chance that a sample of that size lies beyond the cut: a number between 0 and 1 with the
    same mean in both arms, for which the bet of `two_sample` is valid. So small and large pods can be compared.
    """

    past: tuple[Unit, ...] = ()
    part: float = one_pods_part(0.01)  # the most that one pod may bring in a window

    @classmethod
    def begin(cls, alpha: float = 0.01, horizon: float = HORIZON) -> "ErrorUnits":
        """No evidence yet."""
        return cls(Mixture.begin(len(LEVELS) * len(ODDS), horizon), part=one_pods_part(alpha))

    def after(self, canary: Sequence[Unit], stable: Sequence[Unit], seconds: float) -> "ErrorUnits":
        """The evidence once the units of one window are seen as well; each had at least one request."""
        mixture = self.mixture
        if canary and stable:
            mixture = _after(mixture, self._cuts(canary, stable), seconds, self.part)
        return ErrorUnits(mixture, (*self.past, *stable)[-REMEMBERED:], self.part)

    def _cuts(self, canary: Sequence[Unit], stable: Sequence[Unit]) -> list[Cut]:
        size = common_size(canary, stable)
        arms = [[unit for unit in arm if unit.requests >= size] for arm in (canary, stable)]
        return [
            Cut(rate, *([beyond(unit, size, limit) for unit in arm] for arm in arms))
            for limit, rate in self._limits(size)
        ]

    def _limits(self, size: int) -> list[tuple[int, float]]:
        """How many bad requests of `size` a unit may have, for each level, and the rate to expect beyond that."""
        if not self.past:
            return [(int(size * share), FIRST_RATE) for share in FIRST_CUTS]
        shares, seen = sorted(unit.share for unit in self.past), len(self.past)
        usual = size * sum(shares) / seen
        found = []
        for level, spread in zip(LEVELS, SPREADS, strict=True):
            chance = usual + spread * sqrt(usual)  # what a small sample may have by chance alone
            limit = int(max(size * shares[min(seen - 1, int((1 - level) * seen))], chance))
            over = sum([beyond(one, size, limit) for one in self.past if one.bad > limit])
            found.append((limit, _expected(over, seen)))
        return found


@dataclass(frozen=True, slots=True)
class GaugeUnits(Mixed):
    """
    Evidence that a measure of the canary's pods lies higher: p99, CPU, memory, restarts, whatever should be low.

    Null: in every window, P(value > c)_C ≤ P(value > c)_B for each cut c, the quantiles of stable's past values. It
    replaces a rank test that would have to wait for its sample size.
    """

    past: tuple[float, ...] = ()
    part: float = one_pods_part(0.01)

    @classmethod
    def begin(cls, alpha: float = 0.01, horizon: float = HORIZON) -> "GaugeUnits":
        """No evidence yet."""
        return cls(Mixture.begin(len(LEVELS) * len(ODDS), horizon), part=one_pods_part(alpha))

    def after(self, canary: Sequence[float], stable: Sequence[float], seconds: float) -> "GaugeUnits":
        """The evidence once one value of each pod is seen as well. The first window only sets the cuts."""
        mixture = self.mixture
        if canary and stable and self.past:
            cuts = [Cut(rate, _over(canary, cut), _over(stable, cut)) for cut, rate in self._limits()]
            mixture = _after(mixture, cuts, seconds, self.part)
        return GaugeUnits(mixture, (*self.past, *stable)[-REMEMBERED:], self.part)

    def _limits(self) -> list[tuple[float, float]]:
        values, seen = sorted(self.past), len(self.past)
        cuts = [values[min(seen - 1, int((1 - level) * seen))] for level in LEVELS]
        return [(cut, _expected(sum(_over(values, cut)), seen)) for cut in cuts]


def _over(values: Sequence[float], cut: float) -> list[float]:
    return [float(value > cut) for value in values]
