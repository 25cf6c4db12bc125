"""`python -m pipeline.store.migrate`: bring the database of DATABASE_URL to the newest schema."""

import os
import sys

from ..errors import PipelineError
from .session import UNAVAILABLE, migrate


def main() -> int:
    url = os.environ.get("DATABASE_URL")
    if not url:
        print("DATABASE_URL is not set; give the address of the database, like sqlite:////var/lib/sluice/sluice.db")  # noqa: T201
        return 2
    try:
        migrate(url)
    except PipelineError as trouble:
        print(trouble, file=sys.stderr)  # noqa: T201
        return 1
    except UNAVAILABLE as trouble:
        why = " ".join(str(getattr(trouble, "orig", trouble)).split())
        told = f"The database does not answer, nothing was changed: {why}. Start it, or correct DATABASE_URL."
        print(told, file=sys.stderr)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
