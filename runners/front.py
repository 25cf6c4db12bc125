"""The front door over the clusters of a home: shares in a file that the daemon reads."""

from collections.abc import Mapping
from pathlib import Path

from pipeline.errors import NeedsHuman

from .clusters import layout
from .clusters.layout import Shares


class FileFront:
    """The front door of the home `home`."""

    def __init__(self, home: Path) -> None:
        self._shares, self._running = layout.shares(home), layout.running(home)

    def shares(self) -> Mapping[str, int]:
        """Percent by cluster; equal shares until somebody said otherwise."""
        return self._shares.read().shares or equal(self._known())

    def share(self, shares: Mapping[str, int]) -> None:
        """All of it at once; clusters that serve nothing yet are left out by the gateway."""
        known = self._known()
        if unknown := [name for name in shares if known and name not in known]:
            raise NeedsHuman(f"there is no cluster {unknown[0]}; this home has {', '.join(known)}")
        if sum(shares.values()) != 100 or min(shares.values(), default=0) < 0:
            raise NeedsHuman(f"shares have to sum to 100 %, these sum to {sum(shares.values())} %")
        self._shares.change(lambda _: Shares(dict(shares)))

    def _known(self) -> tuple[str, ...]:
        running = self._running.read()
        return (*running.clusters, *running.outside)


def equal(clusters: tuple[str, ...]) -> dict[str, int]:
    """The same share for each cluster; the first ones take the rest."""
    if not clusters:
        return {}
    share, rest = divmod(100, len(clusters))
    return {name: share + (at < rest) for at, name in enumerate(clusters)}
