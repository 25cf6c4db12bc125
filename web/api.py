"""The JSON API: the table of its addresses, and its description."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from flask import Blueprint, Response, json
from pydantic import BaseModel

from .actions import ACTIONS, Action, described
from .calls import around, changed, judged, people, releases, units
from .endpoint import Call, Endpoint, mount
from .gives import (
    AppsOut,
    DeliveryOut,
    EventsOut,
    ExplainOut,
    FreezesOut,
    LogOut,
    OutcomeOut,
    ReadingsOut,
    ReleasesOut,
    VersionOut,
    WaitingsOut,
    WholeReleaseOut,
)
from .gives_changes import ChangesOut
from .gives_people import MeOut, NewTokenOut, TokenOut, TokensOut, UserOut, UsersOut
from .gives_units import UnitOut
from .openapi import describe
from .roles import Role, Scope
from .takes import (
    ActionIn,
    FreezeIn,
    LogQuery,
    PageQuery,
    PartQuery,
    ReleasesQuery,
    RerunIn,
    RollbackIn,
    SignInIn,
    SinceQuery,
    StartIn,
    TokenIn,
    UserChangeIn,
    UserIn,
    VoteIn,
)

RELEASE = "/releases/<int:release_id>"


def _get(
    path: str, name: str, says: str, gives: type[BaseModel], does: Callable[[Call], BaseModel], **more: Any
) -> Endpoint:
    return Endpoint("GET", path, name, says, gives, does, **more)


def _post(
    path: str, name: str, says: str, gives: type[BaseModel], does: Callable[[Call], BaseModel], **more: Any
) -> Endpoint:
    return Endpoint("POST", path, name, says, gives, does, **more)


ADMIN: Mapping[str, Any] = {"role": Role.ADMIN, "scope": Scope.ADMIN}
MADE: Mapping[str, Any] = {"status": 201}
LOOKS = (
    _get(
        "/releases", "list_releases", "Releases, newest first", ReleasesOut, releases.list_releases, query=ReleasesQuery
    ),
    _get(RELEASE, "show_release", "One release with everything", WholeReleaseOut, releases.show),
    _get(
        f"{RELEASE}/journal", "show_journal", "Its journal, newest first", EventsOut, releases.journal, query=PageQuery
    ),
    _get(f"{RELEASE}/explain", "explain_release", "Its story in sentences", ExplainOut, releases.explain),
    _get(f"{RELEASE}/changes", "show_changes", "What is new in it, before it is approved", ChangesOut, changed.show),
    _get(
        f"{RELEASE}/readings",
        "show_readings",
        "What the judge was given",
        ReadingsOut,
        judged.readings,
        query=PartQuery,
    ),
    _get(f"{RELEASE}/log", "show_log", "The output of a step", LogOut, releases.log, query=LogQuery),
    _get("/apps", "list_apps", "Apps and their last release", AppsOut, around.list_apps),
    _get("/apps/<string:app>/unit", "show_unit", "The unit its history allows", UnitOut, units.show),
    _get("/deliveries/<int:delivery_id>", "show_delivery", "What became of it", DeliveryOut, around.show_delivery),
    _get("/approvals", "list_approvals", "Releases that wait for people", WaitingsOut, around.list_approvals),
    _get("/freezes", "list_freezes", "Freezes that hold or will", FreezesOut, around.list_freezes),
    _get("/events", "list_events", "What happened after an event", EventsOut, around.list_events, query=SinceQuery),
    _get("/whoami", "whoami", "Who is asking", MeOut, people.whoami),
    _get("/version", "version", "The version of Sluice", VersionOut, around.show_version),
)
PEOPLE = (
    _post(
        "/sign-in",
        "sign_in",
        "A token for name and password",
        NewTokenOut,
        people.sign_in,
        takes=SignInIn,
        **MADE,
        public=True,
    ),
    _get("/users", "list_users", "Users", UsersOut, people.list_users, **ADMIN),
    _post("/users", "add_user", "Add a user", UserOut, people.add_user, **ADMIN, takes=UserIn, **MADE),
    _post(
        "/users/<string:name>", "change_user", "Change a user", UserOut, people.change_user, **ADMIN, takes=UserChangeIn
    ),
    _get("/tokens", "list_tokens", "Tokens that are valid", TokensOut, people.list_tokens),
    _post(
        "/tokens",
        "make_token",
        "Make a token; it is shown once",
        NewTokenOut,
        people.make_token,
        scope=Scope.ADMIN,
        takes=TokenIn,
        **MADE,
    ),
    Endpoint(
        "DELETE",
        "/tokens/<int:token_id>",
        "revoke_token",
        "Revoke a token",
        TokenOut,
        people.revoke_token,
        scope=Scope.OPERATE,
    ),
)


def _verbs() -> tuple[Endpoint, ...]:
    """One endpoint for each row of the action table."""
    return tuple(_verb(action) for action in ACTIONS.values())


def _verb(action: Action) -> Endpoint:
    return Endpoint(
        "POST",
        action.rule,
        action.name,
        action.says,
        OutcomeOut,
        DOES.get(action.name, releases.doing(action)),
        action.role,
        action.scope,
        takes=TAKES.get(action.name, ActionIn),
        status=202,
    )


DOES: dict[str, Callable[[Call], BaseModel]] = {
    "start": around.start,
    "choose": units.choose,
    "freeze": around.freeze,
    "unfreeze": around.unfreeze,
}
TAKES: dict[str, type[BaseModel]] = {
    "approve": VoteIn,
    "reject": VoteIn,
    "rollback": RollbackIn,
    "rerun": RerunIn,
    "start": StartIn,
    "freeze": FreezeIn,
}
ENDPOINTS: tuple[Endpoint, ...] = (*LOOKS, *_verbs(), *PEOPLE)

api = Blueprint("api", __name__, url_prefix="/api")
mount(api, ENDPOINTS)


@api.get("/openapi.json")
def document() -> Response:
    """This API, described; public, as it says nothing about this installation."""
    return Response(json.dumps(described_api()), mimetype="application/json")


@cache
def described_api() -> dict[str, object]:
    """OpenAPI 3.1, with the action table for whoever builds a face of their own."""
    return describe(ENDPOINTS, around.own_version(), {"x-actions": described()})
