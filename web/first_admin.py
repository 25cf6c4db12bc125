"""`python -m web.first_admin`: create the first admin once, and print the password this one time."""

import sys
from argparse import ArgumentParser

from pipeline.errors import PipelineError
from pipeline.store.people import People
from pipeline.store.session import open_database

from . import passwords
from .settings import from_environment


def main() -> int:
    """Prints nothing when there is somebody already, so that it can be run at every start."""
    parser = ArgumentParser(prog="python -m web.first_admin", description=__doc__)
    parser.add_argument("--name", default="admin", help="the name to sign in with")
    asked = parser.parse_args()
    password = passwords.made_up()
    try:
        people = People(open_database(from_environment().database_url, pooled=False))
        created = people.first_admin(asked.name, passwords.hashed(password))
    except PipelineError as trouble:
        print(trouble, file=sys.stderr)  # noqa: T201
        return 1
    if created:
        print(password)  # noqa: T201  # the only time it exists outside a hash
    return 0


if __name__ == "__main__":
    sys.exit(main())
