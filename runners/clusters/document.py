"""A JSON file that several processes change without losing an update."""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter, ValidationError

from pipeline.errors import NeedsHuman, TryLater

T = TypeVar("T")

PATIENCE = 2.0  # seconds to wait for the lock: longer than any change, shorter than a tick


def replace(path: Path, content: bytes, *, durable: bool) -> None:
    """Put `content` at `path` in one step; `durable`: it also survives a power cut."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    with fresh.open("wb") as out:
        out.write(content)
        if durable:
            out.flush()
            os.fsync(out.fileno())
    fresh.replace(path)
    if durable:
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


@cache
def _shape(kind: type) -> TypeAdapter[Any]:
    """How this dataclass is read and written: made once, as that takes milliseconds."""
    return TypeAdapter(kind)


class Document(Generic[T]):
    """One value of a frozen dataclass in one file. `empty` is the value while there is no file."""

    def __init__(self, path: Path, empty: T, *, durable: bool = True) -> None:
        self.path = path
        self._empty = empty
        self._durable = durable
        kind: type = type(empty)
        self._shape: TypeAdapter[T] = _shape(kind)

    def read(self) -> T:
        """The value now."""
        try:
            return self._shape.validate_json(self.path.read_bytes())
        except FileNotFoundError:
            return self._empty
        except OSError as error:
            raise TryLater(f"{self.path} cannot be read: {error}") from error
        except ValidationError as error:
            raise NeedsHuman(f"{self.path} is damaged: {error.errors()[0]['msg']}; restore or remove it") from error

    def change(self, turn: Callable[[T], T]) -> T:
        """Replace the value by `turn(value)` while nobody else can; what `turn` raises leaves it as it is."""
        try:
            with self._alone():
                before = self.read()
                after = turn(before)
                if after != before:
                    self._write(after)
                return after
        except OSError as error:
            raise TryLater(f"{self.path} cannot be written: {error}") from error

    def write(self, value: T) -> None:
        """Replace the value. Only for a file with one writer."""
        self._write(value)

    def _write(self, value: T) -> None:
        replace(self.path, self._shape.dump_json(value, indent=1), durable=self._durable)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        lock = os.open(self.path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            self._wait(lock)
            yield
        finally:
            os.close(lock)

    def _wait(self, lock: int) -> None:
        give_up = time.monotonic() + PATIENCE
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > give_up:
                    raise TryLater(f"{self.path} is locked by another process for over {PATIENCE:.0f} s") from None
                time.sleep(0.005)
            else:
                return
