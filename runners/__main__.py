"""`python -m runners worker` and `python -m runners sweeper`."""

import os
import sys

from runners.sweep import sweep
from runners.worker import work


def main(words: list[str]) -> int:
    match words:
        case ["worker"]:
            work(os.environ["REDIS_URL"])
        case ["sweeper"]:
            sweep()
        case _:
            sys.stderr.write("usage: python -m runners worker | sweeper\n")
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
