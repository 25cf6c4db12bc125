"""Who may write in a cluster: the anchor of a service and its fence."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from pipeline.errors import NeedsHuman, TryLater
from runners.ports import Fence

REMEMBERED = 20  # releases whose last epoch is kept: more than can be alive at once


@dataclass(frozen=True, slots=True)
class Anchor:
    """Which slot is stable, who moves it, and whom the guard has stopped."""

    stable: str | None = None
    previous: str | None = None  # the slot that was stable before the last promotion
    holder: int = 0  # the release that took the anchor last
    moving: bool = False  # the holder has not ended its motion
    beats: int = 0
    promoted: int = 0  # the release that `stable` came with
    marks: tuple[int, ...] = ()  # releases the guard took back, oldest first
    epochs: Mapping[int, int] = field(default_factory=dict)  # release → highest epoch seen

    @property
    def release(self) -> int:
        """The release in motion, 0 = none."""
        return self.holder if self.moving else 0

    @property
    def epoch(self) -> int:
        """The holder's highest epoch."""
        return self.epochs.get(self.holder, 0)

    @property
    def marked(self) -> int:
        """The release the guard took back last, 0 = none."""
        return self.marks[-1] if self.marks else 0


def take(anchor: Anchor, fence: Fence) -> Anchor:
    """The first write of a tick: carry the epoch, count the heartbeat, and hold the anchor if nobody moves."""
    _not_outdated(anchor, fence)
    if anchor.moving and anchor.holder != fence.release:
        raise TryLater(f"release {anchor.holder} is in motion here; release {fence.release} has to wait for its end")
    epochs = {**anchor.epochs, fence.release: fence.epoch}
    while len(epochs) > REMEMBERED:
        del epochs[min(epochs)]
    # A release that has ended its motion here beats on (its other waves go on) and must not seem to move again.
    moving = anchor.moving or anchor.holder != fence.release
    return replace(anchor, holder=fence.release, moving=moving, beats=anchor.beats + 1, epochs=epochs)


def check(anchor: Anchor, fence: Fence) -> None:
    """Refuse a write of anybody but the holder with its newest epoch."""
    _not_outdated(anchor, fence)
    if anchor.holder != fence.release:
        held = f"release {anchor.holder} holds the anchor" if anchor.holder else "nobody holds the anchor yet"
        raise TryLater(f"fenced out: {held}; release {fence.release} has to beat first")


def not_marked(anchor: Anchor, fence: Fence) -> None:
    """Refuse to give more traffic to a release that the guard took back."""
    if fence.release in anchor.marks:
        raise NeedsHuman(
            f"the guard took release {fence.release} back here, by itself or as a person asked it to (guard mark "
            f"{fence.release}); it gets no traffic again, start a new release"
        )


def _not_outdated(anchor: Anchor, fence: Fence) -> None:
    if fence.epoch < anchor.epochs.get(fence.release, 0):
        raise TryLater(
            f"fenced out by epoch {anchor.epochs[fence.release]} of release {fence.release}; this write has epoch "
            f"{fence.epoch}"
        )
    if fence.release < anchor.release:
        raise TryLater(f"fenced out: the newer release {anchor.release} is in motion here")
