"""What the API gives about units: what is one observation, and what an app's history says of it."""

from datetime import datetime

from .endpoint import Out


class TrialOut(Out):
    """How one unit did on an app's own history: so many good lives, and how many of them were taken back."""

    unit: str
    window: float
    lives: int
    alarms: int


class UnitOut(Out):
    """By which unit an app can be judged, as a replay of its history said last. `unit` "": too little is recorded."""

    app: str
    unit: str = ""
    window: float = 30.0
    why: str
    kept: bool = True  # false: every unit had more false rollbacks than allowed
    alpha: float = 0.01
    seconds: float = 0.0  # recorded, of two pods or more
    trials: list[TrialOut] = []
    at: datetime | None = None  # null: it was not asked yet
    due: datetime | None  # when it is chosen anew


class PathOut(Out):
    """What is one observation in one cluster of a release: a request, or a pod in a window."""

    cluster: str
    unit: str
    window: float
    why: str
