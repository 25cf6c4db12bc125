"""What the API gives about what is new in a release, as models."""

from typing import Literal

from .endpoint import Out
from .gives import ShownOut


class NewCommitOut(Out):
    """A commit that is not live yet."""

    hash: str
    subject: str
    author: str


class ObjectOut(Out):
    """One object that a release brings into a cluster. `diff`: unified, with secrets hidden; "" where it stays."""

    kind: str
    name: str
    change: Literal["new", "changed", "gone", "same"]
    diff: str


class BroughtOut(Out):
    """The objects in one cluster, beside those of `since`, which is live there. `rendered`: they are known yet."""

    cluster: str
    since: int | None
    rendered: bool
    says: str
    objects: list[ObjectOut]


class ChangesOut(Out):
    """What an approval lets through. All empty for a release that does not go forward any more."""

    since: int | None  # the release that it replaces
    commits: list[NewCommitOut]
    definition: str  # the difference of the two sluice.yaml, unified
    configured_anew: bool
    clusters: list[BroughtOut]
    shown: ShownOut
