"""Shares of clusters that have no gateway: there the requests are split as the ready replicas are."""

from collections.abc import Iterable
from math import ceil, floor

from .definition.platform import Platform

EVEN = 50  # percent of the requests that a version at full size gets beside the other one


def by_replicas(clusters: Iterable[str], platform: Platform) -> bool:
    """One of the clusters has no gateway (`safety` refuses to mix such with others in a wave)."""
    reached = [platform.clusters[cluster].kubernetes for cluster in clusters]
    return any(one is not None and one.gateway is None for one in reached)


def beside(percent: int, replicas: int) -> int:
    """
    Replicas that take `percent` of the requests beside `replicas` of the other version, at least one; for clusters
    that split by replicas.

    >>> [beside(percent, 4) for percent in (20, 33, 43, 50)]
    [1, 2, 3, 4]
    """
    exact = replicas * percent / (100 - percent)
    return max(1, min((floor(exact), ceil(exact)), key=lambda new: abs(100 * new / (new + replicas) - percent)))


def reachable(replicas: int) -> tuple[int, ...]:
    """
    Every share, in percent, that a cluster which splits by replicas can give beside `replicas` of the old version.

    >>> reachable(4)
    (20, 33, 43, 50)
    """
    shares = (round(100 * new / (new + replicas)) for new in range(1, replicas + 1))
    return tuple(sorted(set(shares) - {0}))
