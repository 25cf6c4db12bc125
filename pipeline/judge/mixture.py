"""Several bets as one evidence: the mean over alternatives and over start times, kept as logarithms.

A mean of e-processes is an e-process, so nobody has to know beforehand how much worse the canary is, or since when.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, inf, log

HEAD = 0.8  # start mass that bets from the first window on; the rest waits for harm that starts late
EPOCH = 30.0  # seconds between two releases of waiting mass
HORIZON = 1800.0  # seconds over which the waiting mass is released, unless told otherwise
_LARGEST_LOG = 700.0


def total_log(logs: Sequence[float]) -> float:
    """ln Σ exp(x), without overflow. At least one of them is finite."""
    top = max(logs)
    return top + log(sum([exp(value - top) for value in logs]))


def evidence(log_value: float) -> float:
    """exp(x) as a finite number: nobody needs to tell 10^304 from more."""
    return exp(min(log_value, _LARGEST_LOG))


def _log(mass: float) -> float:
    return log(mass) if mass > 0 else -inf


@dataclass(frozen=True, slots=True)
class Mixture:
    """
    Mass on J bets. `HEAD` of it bets from the start, the rest in equal parts every `EPOCH` seconds:

        W_j(0) = HEAD/J,   W_j ← (W_j + released/J)·e_j   each window,   M = waiting + Σ W_j

    With E[e_j] ≤ 1 under the null, M is a supermartingale that starts at 1: P(M ≥ 1/α, ever) ≤ α (Ville 1939).
    """

    logs: tuple[float, ...]  # ln of the mass on each bet
    waiting: float = 1 - HEAD  # mass kept back at the start
    epochs: int = int(HORIZON / EPOCH)  # in how many parts it is released
    released: int = 0
    seconds: float = 0.0  # judged so far
    log_value: float = 0.0  # ln of the evidence now, what waits included
    peak: float = 0.0  # the highest log value so far: Ville's bound holds for it

    @classmethod
    def begin(cls, bets: int, horizon: float = HORIZON, head: float = HEAD) -> "Mixture":
        """No evidence yet. `horizon`: seconds this may have to judge, as far as one knows now."""
        return cls((log(head / bets),) * bets, waiting=1 - head, epochs=max(1, round(horizon / EPOCH)))

    def due(self) -> "Mixture":
        """The same with the mass on its bets that is due by now; whoever bets does this first."""
        due = min(int(self.seconds / EPOCH), self.epochs)
        if due == self.released:
            return self
        fresh = _log(self.waiting * (due - self.released) / self.epochs / len(self.logs))
        logs = tuple([total_log((mass, fresh)) for mass in self.logs])
        return Mixture(logs, self.waiting, self.epochs, due, self.seconds, self.log_value, self.peak)

    def after(self, gains: Sequence[float] | None, seconds: float) -> "Mixture":
        """The evidence after a window of `seconds` that multiplies each bet by exp(gain). None: it says nothing."""
        logs, log_value = self.logs, self.log_value
        if gains is not None:
            logs = tuple([mass + gain for mass, gain in zip(logs, gains, strict=True)])
            log_value = total_log((*logs, _log(self.waiting * (1 - self.released / self.epochs))))
        peak = max(self.peak, log_value)
        return Mixture(logs, self.waiting, self.epochs, self.released, self.seconds + seconds, log_value, peak)

    @property
    def value(self) -> float:
        """The evidence now."""
        return evidence(self.log_value)

    @property
    def most(self) -> float:
        """The highest evidence so far: harm is found when it reaches 1/α."""
        return evidence(self.peak)


@dataclass(frozen=True, slots=True)
class Mixed:
    """Evidence for harm that is one mixture, with whatever else it needs to go on."""

    mixture: Mixture

    @property
    def log_value(self) -> float:
        """ln of the evidence now."""
        return self.mixture.log_value

    @property
    def peak(self) -> float:
        """ln of the highest evidence so far."""
        return self.mixture.peak

    @property
    def value(self) -> float:
        """The evidence now."""
        return self.mixture.value

    @property
    def most(self) -> float:
        """The highest evidence so far: harm is found when it reaches 1/α."""
        return self.mixture.most
