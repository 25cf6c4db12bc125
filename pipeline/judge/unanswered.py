"""Failures that no pod answers for, where pods are counted: a pod that died counts nothing, its gateway does."""

from dataclasses import dataclass, replace
from math import log

from .apart import sums
from .counts import NOTHING, Window
from .harm import RATIOS, gains
from .mixture import HORIZON, Mixed, Mixture
from .units import one_pods_part
from .windows import Piece


@dataclass(frozen=True, slots=True)
class Unanswered(Mixed):
    """
    Evidence that more of the canary's requests fail than its pods count as failed.

    Null: rate_C ≤ rate_B in every window, of failures that the gateway saw beyond those of the pods. The bets are those
    of `harm`, each factor cut off at what one pod may bring in a window: min(e, cap) ≤ e, so E ≤ 1 holds as before, and
    one pod that dies decides nothing. Gateway and pods are read one after the other, so what is left over may be off by
    the failures of that moment, in both arms alike; it is added up over a window before it is taken for more than none.
    """

    length: float
    cap: float
    held: Window = NOTHING

    @classmethod
    def begin(cls, length: float, alpha: float, horizon: float = HORIZON) -> "Unanswered":
        """No evidence yet. `length`: seconds of a window."""
        return cls(Mixture.begin(len(RATIOS), horizon), length, log(one_pods_part(alpha)))

    def after(self, part: Piece) -> "Unanswered":
        """The evidence once `part` is seen as well."""
        seen = part.window
        (_, of_canary), (_, of_stable) = (sums(part.pods, canary=arm) for arm in (True, False))
        left = Window(seen.seconds, seen.n_c, seen.k_c - of_canary, seen.n_b, seen.k_b - of_stable)
        whole = self.held + left
        if whole.seconds < self.length:
            return replace(self, held=whole)
        whole = replace(whole, k_c=min(whole.n_c, max(0, whole.k_c)), k_b=min(whole.n_b, max(0, whole.k_b)))
        found = gains(whole, RATIOS)
        capped = None if found is None else [min(self.cap, gain) for gain in found]
        return replace(self, mixture=self.mixture.due().after(capped, whole.seconds), held=NOTHING)
