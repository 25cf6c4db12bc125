"""What the API takes, as models: the contract of the terminal and of everybody's scripts."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, ConfigDict, Field, StringConstraints

from .endpoint import In, Query

Reason = Annotated[str, StringConstraints(max_length=2000, strip_whitespace=True)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9._-]{0,39}$")]
Hash = Annotated[str, StringConstraints(max_length=200)]
Moment = Annotated[AwareDatetime, Field(strict=False)]
Cursor = Annotated[str, StringConstraints(max_length=40)]


class ActionIn(In):
    """What goes with a verb."""

    reason: Reason = ""


class VoteIn(In):
    """What goes with a vote: what was looked at. If something else would go there by now, the vote is refused."""

    comment: Reason = ""
    digest: Hash
    def_hash: Hash
    cfg_hash: Hash


class RollbackIn(ActionIn):
    """For a release that is live: the release to go back to; without it the one before."""

    to: Annotated[int, Field(ge=1, lt=2**31)] | None = None


class RerunIn(ActionIn):
    """Where the new release begins: with the build, or with the tests of the image that was built already."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, populate_by_name=True)

    from_: Annotated[Literal["build", "test"], Field(alias="from")] = "build"


class StartIn(ActionIn):
    """A release of the head of the app's branch."""


class FreezeIn(In):
    """A freeze: from `starts` (now) to `ends` (until it is lifted), or weekly in a time zone."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=80)]
    reason: Annotated[str, StringConstraints(min_length=1, max_length=2000)]
    starts: Moment | None = None
    ends: Moment | None = None
    weekly: Annotated[str, StringConstraints(max_length=60)] = ""
    zone: Annotated[str, StringConstraints(max_length=60)] = "UTC"
    apps: Annotated[list[Name], Field(max_length=200)] = []
    clusters: Annotated[list[Name], Field(max_length=200)] = []


class UserIn(In):
    """A person or bot who may sign in."""

    name: Name
    role: Literal["viewer", "developer", "release manager", "admin"]
    password: Annotated[str, StringConstraints(max_length=1024)]
    email: Annotated[str, StringConstraints(max_length=200)] = ""


class UserChangeIn(In):
    """What changes about a user; whatever is left out stays. Open sessions of the user end."""

    role: Literal["viewer", "developer", "release manager", "admin"] | None = None
    password: Annotated[str, StringConstraints(max_length=1024)] | None = None
    disabled: bool | None = None


class TokenIn(In):
    """A token for the terminal or a bot."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=80)]
    scopes: Annotated[list[Literal["read", "operate", "admin"]], Field(min_length=1, max_length=3)]
    days: Annotated[int, Field(ge=1, le=90)] = 30


class SignInIn(TokenIn):
    """Name and password for a token: how the terminal signs in."""

    username: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    password: Annotated[str, StringConstraints(max_length=1024)]


class PageQuery(Query):
    """A page of a list."""

    cursor: Cursor = ""
    limit: Annotated[int, Field(ge=1, le=100)] = 25


class ReleasesQuery(PageQuery):
    """Which releases."""

    app: Annotated[str, StringConstraints(max_length=40)] = ""
    state: Literal["", "running", "rolling back", "halted", "live", "rolled back"] = ""
    text: Annotated[str, StringConstraints(max_length=200)] = ""


class SinceQuery(Query):
    """What came after an event."""

    since: Annotated[int, Field(ge=0, le=2**62)] = 0
    limit: Annotated[int, Field(ge=1, le=500)] = 100


class PartQuery(Query):
    """Which part of something long."""

    offset: Annotated[int, Field(ge=0, le=2**62)] = 0
    limit: Annotated[int, Field(ge=1, le=5000)] = 2000


class LogQuery(Query):
    """Which part of which log."""

    step: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    offset: Annotated[int, Field(ge=0, le=2**62)] = 0
    limit: Annotated[int, Field(ge=1, le=1_000_000)] = 250_000
