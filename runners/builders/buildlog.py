"""The log of a build: sections with a headline, and a closing line with what they did and how long it took."""

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(slots=True)
class Section:
    """A part of the log. `notes`: what its closing line tells besides the time."""

    notes: list[str] = field(default_factory=list)


@contextlib.contextmanager
def section(title: str) -> Iterator[Section]:
    """Headline, whatever is said meanwhile, closing line."""
    say(f"--- {title}")
    began, here = time.monotonic(), Section()
    yield here
    say("    " + ", ".join([*here.notes, f"{time.monotonic() - began:.2f} s"]))


def say(line: str) -> None:
    """One line, at once."""
    print(line, flush=True)  # noqa: T201 - this is the build's log
