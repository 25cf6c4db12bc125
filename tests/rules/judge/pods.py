"""Readings in which pods are told apart: traffic for the tests of whatever counts pods."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pipeline.facts import Count, PodCount, Reading

from .traffic import at

Did = Callable[[int, str], tuple[int, int]]  # second and pod → requests and bad ones in that second


@dataclass(frozen=True)
class Arms:
    """Pods of both arms, and the share of the canary by second. `lost`: failures that only the gateway saw."""

    canary: tuple[str, ...]
    stable: tuple[str, ...]
    did: Did
    share: Callable[[int], int] = lambda _: 10
    lost: Callable[[int], tuple[int, int]] = lambda _: (0, 0)  # of canary and stable in a second

    def readings(self, seconds: int) -> list[Reading]:
        """One each second, the first of them zero."""
        return list(self._readings(seconds))

    def _readings(self, seconds: int) -> Iterator[Reading]:
        pods = {**dict.fromkeys(self.canary, (0, 0)), **dict.fromkeys(self.stable, (0, 0))}
        lost = (0, 0)
        yield self._reading(0, pods, lost)
        for second in range(1, seconds + 1):
            for name, (requests, bad) in pods.items():
                more = self.did(second, name)
                if name not in self.canary or self.share(second - 1):
                    pods[name] = (requests + more[0], bad + more[1])
            lost = (lost[0] + self.lost(second)[0], lost[1] + self.lost(second)[1])
            yield self._reading(second, pods, lost)

    def _reading(self, second: int, pods: dict[str, tuple[int, int]], lost: tuple[int, int]) -> Reading:
        counts = [self._count(arm, pods, of) for arm, of in zip((self.canary, self.stable), lost, strict=True)]
        by_pod = tuple(PodCount(name, name in self.canary, *counts) for name, counts in pods.items())
        return Reading(at(second), "az1", self.share(second), *counts, pods=by_pod)

    def _count(self, arm: tuple[str, ...], pods: dict[str, tuple[int, int]], lost: int) -> Count:
        requests, bad = (sum(pods[name][place] for name in arm) for place in (0, 1))
        return Count(arm[0], requests + lost, bad + lost)


def named(arm: str, number: int) -> tuple[str, ...]:
    """So many pods of an arm."""
    return tuple(f"{arm}{place}" for place in range(number))
