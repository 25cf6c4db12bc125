"""How long the judge will take at the traffic there is: the planned wait, in seconds."""

from math import inf, log

from .evidence import SHARES


def divergence(one: float, other: float) -> float:
    """Kullback-Leibler divergence of two rates, in nats."""
    return _part(one, other) + _part(1 - one, 1 - other)


def _part(one: float, other: float) -> float:
    if one <= 0:
        return 0.0
    return one * log(one / other) if other > 0 else inf


def to_promote(nats: float, requests: float, share: float, rate: float, nearest: float, margin: float) -> float:
    """
    Seconds until `nats` more evidence for "not worse by `margin`" is there, if canary and stable fail at `rate`.

    `requests` per second in both arms, `share` of them to the canary, `nearest` = stable's rate on the boundary.
    """
    canary, stable = divergence(rate, nearest + margin), divergence(rate, nearest)
    return _seconds(nats, requests * (share * canary + (1 - share) * stable))


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


def promote_nats(beta: float, best: float = 0.0) -> float:
    """Evidence still to gather for a promotion: the best of the alternatives must make up for the others."""
    return max(0.0, -log(beta) + log(len(SHARES)) - best)


def roll_back_nats(alpha: float, log_value: float = 0.0) -> float:
    """Evidence still to gather for a rollback; 2 nats are what spreading the mass costs (fitted by simulation)."""
    return max(0.0, -log(alpha) + 2.0 - max(0.0, log_value))


def _seconds(nats: float, speed: float) -> float:
    return nats / speed if speed > 0 else inf
