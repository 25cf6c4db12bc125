"""What is new in a release, for whoever is about to approve it: commits, definition, configuration."""

from dataclasses import dataclass
from difflib import unified_diff

from pipeline.store.changes import Changes, NewCommit
from pipeline.store.shown import Head

from .words import many

MOST = 200  # lines of a difference; more are counted
AROUND = 2  # lines that stayed, above and below


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a difference. `sign`: + new, − gone, @ a place, "" unchanged."""

    sign: str
    text: str


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


def news(found: Changes | None) -> News | None:
    """The same in words; None where nothing is about to go forward."""
    if found is None:
        return None
    lines = tuple(_difference(found.before, found.after)) if found.since else ()
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
    )


def _difference(before: str, after: str) -> list[Line]:
    told = list(unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=AROUND))[2:]
    return [_line(text) for text in told]


def _line(text: str) -> Line:
    if text.startswith("@@"):
        return Line("@", f"line {text.split()[2].lstrip('+').partition(',')[0]}")
    return Line({"+": "+", "-": "−"}.get(text[0], ""), text[1:])
