"""What is new in a release, for whoever is about to approve it: commits, definition, configuration, objects."""

from dataclasses import dataclass

from pipeline.store.changes import Changes, NewCommit
from pipeline.store.shown import Head

from .lines import Line, difference
from .objects import Objects, told
from .words import many

MOST = 200  # lines of a difference; more are counted


@dataclass(frozen=True, slots=True)
class News:
    """Everything that is new since `since`."""

    since: Head | None
    commits: tuple[NewCommit, ...]
    counted: str
    lines: tuple[Line, ...]
    more: int
    definition: str
    configuration: str
    objects: tuple[Objects, ...]  # of its clusters


def news(found: Changes | None) -> News | None:
    """The same in words; None where nothing is about to go forward."""
    if found is None:
        return None
    lines = tuple(difference(found.before, found.after)) if found.since else ()
    touched = sum(line.sign in ("+", "−") for line in lines)
    commits = found.commits
    return News(
        since=found.since,
        commits=commits,
        counted=many(len(commits), "commit") if commits else "",
        lines=lines[:MOST],
        more=max(0, len(lines) - MOST),
        definition=f"Definition: {many(touched, 'line')} changed" if touched else "The definition is the same.",
        configuration="The configuration of its targets is another one."
        if found.configured_anew
        else "The configuration of its targets is the same.",
        objects=told(found.brought),
    )
