"""The right to move one release, with a rising epoch."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Lease:
    """Proof that this worker alone moves this release. Only the store makes one."""

    release_id: int
    epoch: int
