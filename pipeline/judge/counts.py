"""What both arms did between two looks: requests, and how many of them went bad."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Window:
    """Requests of canary (`n_c`) and stable (`n_b`) in `seconds`, and how many of them went bad (`k_c`, `k_b`).

    Whole numbers with 0 ≤ k ≤ n ≤ 2**53 in each arm.
    """

    seconds: float
    n_c: int
    k_c: int
    n_b: int
    k_b: int

    def __add__(self, other: "Window") -> "Window":
        """Both windows seen as one."""
        return Window(
            self.seconds + other.seconds,
            self.n_c + other.n_c,
            self.k_c + other.k_c,
            self.n_b + other.n_b,
            self.k_b + other.k_b,
        )


NOTHING = Window(0.0, 0, 0, 0, 0)


def added(windows: Iterable[Window]) -> Window:
    """All windows seen as one."""
    return sum(windows, NOTHING)
