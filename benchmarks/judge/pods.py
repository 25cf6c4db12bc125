"""The path that counts pods: errors that come in clumps local to one pod, and what the others make of them."""

from dataclasses import dataclass

import numpy as np

from pipeline.judge.samples import Unit
from pipeline.judge.units import ErrorUnits

from .requests import upper
from .rules import ALPHA, RULES, Ours
from .traces import LIFE, Cell, Trace

PODS, WINDOW = 20, 30
BESIDE = ("Kayenta, every 5 min", "Argo ≥ 99 %, 1 min", "Flagger ≥ 99 %, 1 min")


@dataclass(frozen=True, slots=True)
class Pods:
    """So many canary pods of 20, requests per second in all, error rates; `bursts`: once per pod in 30 minutes."""

    canary_pods: int
    rps: int
    stable: float
    canary: float
    bursts: bool = True

    @property
    def name(self) -> str:
        kind = "bursts" if self.bursts else "no bursts"
        return f"{self.canary_pods} of {PODS} pods, {self.rps:,} rps, {self.stable:.2%} → {self.canary:.2%}, {kind}"


def good() -> list[Pods]:
    found = [Pods(pods, rps, 0.001, 0.001) for pods in (1, 2, 5) for rps in (1000, 200)]
    return [*found, *(Pods(pods, 1000, 0.001, 0.001, bursts=False) for pods in (1, 5))]


def worse() -> list[Pods]:
    return [Pods(pods, 1000, 0.001, canary) for pods in (1, 2, 5) for canary in (0.005, 0.011, 0.051)]


def pods(task: tuple[Pods, int, int]) -> dict[str, object]:
    """Ours by pods and by requests, and the others, on the same lives."""
    cell, seed, lives = task
    chance = np.random.default_rng([seed, 4])
    times: dict[str, list[float]] = {"ours by pods": [], "ours by requests": []}
    for _ in range(lives):
        requests, bad = _draw(cell, chance, LIFE)
        times["ours by pods"].append(_ours(cell, requests, bad, _past(cell, chance)))
        trace = _trace(cell, requests, bad)
        whole = Cell(cell.rps, cell.canary_pods / PODS, cell.stable, cell.canary)
        times["ours by requests"] += list(Ours(5)(trace, whole))
        for name in BESIDE:
            times.setdefault(name, []).extend(RULES[name](trace, whole))
    return {"name": cell.name, "worse": cell.canary > cell.stable, "rules": {n: _told(t) for n, t in times.items()}}


def _told(seconds: list[float]) -> dict[str, float]:
    times, taken = np.minimum(seconds, LIFE), int(np.isfinite(seconds).sum())
    share = {"runs": len(seconds), "found": taken / len(seconds), "below_99": upper(taken, len(seconds))}
    return {**share, "median": float(np.median(times)), "p95": float(np.quantile(times, 0.95))}


def _draw(cell: Pods, chance: np.random.Generator, seconds: int) -> tuple[np.ndarray, np.ndarray]:
    """Requests and bad ones by second and pod; a burst is 10 to 30 s in which a fifth of a pod's requests fail."""
    rates = np.full((seconds, PODS), cell.stable)
    rates[:, : cell.canary_pods] = cell.canary
    for pod in range(PODS if cell.bursts else 0):
        for begin in chance.uniform(0, seconds, chance.poisson(seconds / LIFE)):
            rates[int(begin) : int(begin + chance.uniform(10, 30)), pod] = 0.2
    requests = chance.poisson(cell.rps / PODS, (seconds, PODS))
    return requests, chance.binomial(requests, rates)


def _past(cell: Pods, chance: np.random.Generator) -> tuple[Unit, ...]:
    """Stable's units before: as many as are remembered."""
    before = Pods(0, cell.rps, cell.stable, cell.stable, cell.bursts)
    requests, bad = _draw(before, chance, WINDOW * 12)
    return tuple(unit for window in _windows(requests, bad) for unit in window)


def _windows(requests: np.ndarray, bad: np.ndarray) -> list[list[Unit]]:
    summed = [counts.reshape(-1, WINDOW, PODS).sum(axis=1).tolist() for counts in (requests, bad)]
    return [[Unit(n, k) for n, k in zip(*row, strict=True)] for row in zip(*summed, strict=True)]


def _ours(cell: Pods, requests: np.ndarray, bad: np.ndarray, past: tuple[Unit, ...]) -> float:
    units = ErrorUnits.begin(ALPHA).after([], past, 0.0)
    for number, window in enumerate(_windows(requests, bad), start=1):
        units = units.after(window[: cell.canary_pods], window[cell.canary_pods :], WINDOW)
        if units.mixture.value >= 1 / ALPHA:
            return float(number * WINDOW)
    return np.inf


def _trace(cell: Pods, requests: np.ndarray, bad: np.ndarray) -> Trace:
    """Kayenta's baseline group are the next pods, as many as the canary has."""
    m = cell.canary_pods
    groups = (slice(0, m), slice(m, PODS), slice(m, 2 * m))
    return Trace(*(counts[:, group].sum(axis=1)[None, :] for group in groups for counts in (requests, bad)))
