"""What the tables do not say by themselves: beside the oracle, harm at most, and how well the wait was planned."""

from collections.abc import Sequence
from typing import Any

import numpy as np

OURS, FINE, ORACLE = "ours, 5 s", "ours, 1 s", "oracle, 1 s"
Cells = Sequence[dict[str, Any]]


def geometric(values: Sequence[float]) -> float:
    return float(np.exp(np.mean(np.log(np.maximum(values, 1e-9)))))


def claims(cells: Cells) -> str:
    """Three sentences on the 120 regressions."""
    return "\n".join(f"- {sentence}" for sentence in (_oracle(cells), _excess(cells), _waits(cells)))


def _oracle(cells: Cells) -> str:
    """Where the oracle needs less than 5 s there is nothing to compare but ticks."""
    found = [
        cell["rules"][FINE]["median"] / cell["rules"][ORACLE]["median"]
        for cell in cells
        if cell["share"] <= 0.1 and _often(cell, FINE, ORACLE) and cell["rules"][ORACLE]["median"] >= 5
    ]
    where = f"at shares up to 10 %, where both find ≥ 95 % and it needs 5 s or more ({len(found)} cells)"
    ratio = f"{geometric(found):.2f} times as long (geometric mean; worst {max(found):.2f})"
    return f"Beside the oracle, {where}: the median takes {ratio}, with ticks of 1 s for both."


def _excess(cells: Cells) -> str:
    """The requests of one tick are failed before anybody can have seen one."""
    bad = [cell for cell in cells if cell["canary"] >= 2 * cell["stable"]]
    over = [(cell["rules"][OURS]["excess"] - _tick(cell), cell["name"]) for cell in bad]
    most, worst = max(over)
    where = f"where the canary fails at least twice as often ({len(bad)} cells)"
    return f"Requests failed in excess, beyond those of one tick, {where}: at most {most:.0f} ({worst})."


def _tick(cell: dict[str, Any]) -> float:
    return float(5 * cell["rps"] * cell["share"] * (cell["canary"] - cell["stable"]))


def _waits(cells: Cells) -> str:
    found = [
        cell["rules"][FINE]["median"] / cell["planned"]
        for cell in cells
        if _often(cell, FINE) and cell["rules"][FINE]["median"] >= 5
    ]
    near = np.mean([0.8 <= ratio <= 1.2 for ratio in found])
    ratio = f"{geometric(found):.2f} times the plan (geometric mean of {len(found)} cells"
    span = f"{min(found):.2f} to {max(found):.2f}; {near:.0%} within 20 %)"
    return f"Planned wait of a rollback: the median is {ratio}; {span}."


def _often(cell: dict[str, Any], *rules: str) -> bool:
    return all(cell["rules"][rule]["found"] >= 0.95 for rule in rules)
