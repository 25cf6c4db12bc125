"""Is a rate higher, or lower, in the canary than in stable? Counts of both arms, compared within each window."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log

from .counts import Window
from .mixture import HEAD, HORIZON, Mixed, Mixture

RATIOS = (1.5, 2.5, 5.0, 12.0, 40.0, 150.0)  # how many times worse the canary may be
FALLS = (0.9, 0.75, 0.5, 0.25, 0.08, 0.01)  # the same for what must not fall, such as orders per request


@dataclass(frozen=True, slots=True)
class Harm(Mixed):
    """Evidence that the canary's rate is above (ratios > 1) or below (ratios < 1) stable's: conditional binomial.

    Null: rate_C ≤ r₀·rate_B in every window (≥ for ratios < 1). With K = k_C + k_B events in a window, the factor for
    an alternative r = ratio·r₀ is

        e(r) = (r/r₀)^k_C · ((n_C·r₀ + n_B) / (n_C·r + n_B))^K

    the likelihood ratio of Binomial(K, θ(r)) against Binomial(K, θ(r₀)), θ(r) = n_C·r/(n_C·r + n_B).

    Proof. Given K and the traffic, k_C is binomial for Poisson counts (Lindon & Malek 2022). For single requests and
    r₀ = 1 it is hypergeometric, which is below the binomial in convex order (Hoeffding 1963), and e is convex and
    monotone in k_C: so E[e] ≤ 1 on the whole one-sided null. For r₀ ≠ 1 events must be rare.

    The rate both arms share cancels: load, daily cycles and outages that hit both arms leave no trace. Units: counts.
    """

    ratios: tuple[float, ...] = RATIOS
    tolerance: float = 1.0  # r₀

    @classmethod
    def begin(
        cls, horizon: float = HORIZON, ratios: tuple[float, ...] = RATIOS, head: float = HEAD, tolerance: float = 1.0
    ) -> "Harm":
        """No evidence yet. `tolerance`: a difference up to this factor does not matter in practice."""
        return cls(Mixture.begin(len(ratios), horizon, head), ratios, tolerance)

    def after(self, window: Window) -> "Harm":
        """The evidence once `window` is seen as well."""
        found = gains(window, self.ratios, self.tolerance)
        return Harm(self.mixture.due().after(found, window.seconds), self.ratios, self.tolerance)


def gains(window: Window, ratios: Sequence[float], tolerance: float = 1.0) -> Sequence[float] | None:
    """ln of the factor of a window for each ratio; None: it says nothing."""
    n_c, k_c, n_b, events = window.n_c, window.k_c, window.n_b, window.k_c + window.k_b
    if not events or not n_c or not n_b:
        return None
    same = n_c * tolerance
    base = log(same + n_b)
    return [k_c * log(ratio) + events * (base - log(same * ratio + n_b)) for ratio in ratios]
