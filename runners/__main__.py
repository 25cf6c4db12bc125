"""`python -m runners worker` and `sweeper`; in a cluster that Sluice releases to, `guard`."""

import gc
import os
import sys
from collections.abc import Callable

from pipeline.errors import NeedsHuman

USAGE = "usage: python -m runners worker | sweeper | guard gateway|replicas SECONDS NAMESPACE…\n"


def main(words: list[str]) -> int:
    """Each command brings only what it needs: the guard knows neither database nor queue."""
    match words:
        case ["worker"]:
            from runners.worker import work

            _begin()
            work(os.environ["REDIS_URL"])
        case ["sweeper"]:
            from runners.sweep import sweep

            _begin()
            sweep()
        case ["guard", split, ttl, *namespaces] if ttl.isdecimal():
            from runners.clusters.kubernetes.sentry import stand

            _begin()
            return _said(lambda: stand(split, float(ttl), namespaces))
        case _:
            sys.stderr.write(USAGE)
            return 2
    return 0


def _begin() -> None:
    """From here on garbage is collected, of what is made from here on."""
    gc.freeze()
    gc.enable()


def _said(run: Callable[[], None]) -> int:
    """What keeps it from starting, as a sentence."""
    try:
        run()
    except NeedsHuman as trouble:
        sys.stderr.write(f"{trouble}\n")
        return 1
    return 0


if __name__ == "__main__":
    gc.disable()  # nothing of what is read before the work begins is garbage
    sys.exit(main(sys.argv[1:]))
