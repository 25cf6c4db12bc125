"""Every error this project raises on purpose."""

from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .definition.problems import Problem


class PipelineError(Exception):
    """Base of every error this project raises on purpose."""


class IllegalMove(PipelineError):
    """A release was asked to become what its state does not allow."""


class BadDefinition(PipelineError):
    """A `sluice.yaml` or `platform.yaml` cannot be used; the text says where and why."""

    def __init__(self, what: str, problems: "tuple[Problem, ...]" = ()) -> None:
        super().__init__(what)
        self.problems = problems


class UnsafePlan(PipelineError):
    """The plan asked for would put users at risk, so it is refused before it starts."""


class Lost(PipelineError):
    """The lease ran out or another worker holds it; nothing was written."""


class Refused(PipelineError):
    """What a person asked for is not possible now; the text says why and what is."""


class TryLater(PipelineError):
    """Something outside is unwell for now; the same step may be run again."""

    def __init__(self, what: str, after: timedelta = timedelta(seconds=5)) -> None:
        super().__init__(what)
        self.after = after


class NeedsHuman(PipelineError):
    """Going on and going back are both unsafe. Stop, and say why."""
