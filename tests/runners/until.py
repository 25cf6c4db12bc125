"""Waiting for something real to become true, with a deadline and never a bare sleep."""

import time
from collections.abc import Callable
from threading import Event


def until(true: Callable[[], object], what: str, seconds: float = 30.0, every: float = 0.01) -> None:
    """Look again `every` so many seconds; give up loudly."""
    end, pause = time.monotonic() + seconds, Event()
    while not true():
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds:g} s in vain: {what}")
        pause.wait(every)
