"""One row for each address of the API: who may, what it takes and gives. Routes, OpenAPI and tests come from it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from flask import Blueprint, Response, request
from pydantic import BaseModel, ConfigDict, ValidationError

from . import limits
from .auth import bearer_or_session
from .bodies import read_body
from .face import face
from .problems import Problem
from .roles import Role, Scope, User
from .strict_json import JsonRefused, read_object

LARGEST = 1_000_000
M = TypeVar("M", bound=BaseModel)
NOBODY = User("", Role.VIEWER, scopes=frozenset())


class In(BaseModel):
    """What a caller sends: unknown fields are errors, a text is no number."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Query(BaseModel):
    """What a caller writes behind the question mark."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Out(BaseModel):
    """What we answer."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True, slots=True)
class Call:
    """One call, already allowed and valid."""

    user: User
    path: Mapping[str, Any]
    sent: BaseModel | None
    asked: BaseModel | None

    def body(self, model: type[M]) -> M:
        assert isinstance(self.sent, model), f"the endpoint takes {type(self.sent).__name__}"
        return self.sent

    def query(self, model: type[M]) -> M:
        assert isinstance(self.asked, model), f"the endpoint asks for {type(self.asked).__name__}"
        return self.asked


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One method on one address."""

    method: Literal["GET", "POST", "DELETE"]
    rule: str  # as Flask writes it, after /api
    name: str
    says: str
    gives: type[BaseModel]
    does: Callable[[Call], BaseModel]
    role: Role = Role.VIEWER
    scope: Scope = Scope.READ
    takes: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    status: int = 200
    public: bool = False  # for whoever is not known yet

    def view(self, **path: Any) -> Response:
        """Allow, read, do, answer: in this order, so that nothing is read for someone who may not."""
        with face().limiter.limit(limits.CALL, key_func=limits.caller, scope="api"):
            user = NOBODY if self.public else self._allowed()
        asked = valid(self.query or Query, dict(request.args), "query", "api")
        sent = valid(self.takes, read_json("api", LARGEST), "body", "api") if self.takes else None
        given = self.does(Call(user, path, sent, asked))
        return Response(given.model_dump_json(), status=self.status, mimetype="application/json")

    def _allowed(self) -> User:
        user = bearer_or_session(changes=self.method != "GET")
        if why := user.lacks(self.role, self.scope):
            raise Problem(403, "auth.not_allowed", why)
        return user


def mount(blueprint: Blueprint, endpoints: tuple[Endpoint, ...]) -> None:
    """Make each endpoint a route."""
    for endpoint in endpoints:
        blueprint.add_url_rule(endpoint.rule, endpoint.name, endpoint.view, methods=[endpoint.method])


def read_json(kind: str, limit: int) -> dict[str, Any]:
    """The JSON object of this request; nothing sent counts as an empty one."""
    body = read_body(kind, limit)
    if body and request.mimetype not in {"application/json", ""}:
        raise Problem(415, f"{kind}.content_type", f"{request.mimetype} is not read here; send application/json.")
    try:
        return read_object(body) if body else {}
    except JsonRefused as refused:
        raise Problem(400, f"{kind}.{refused.kind}", str(refused)) from None


def valid(model: type[M], values: Mapping[str, Any], where: str, kind: str) -> M:
    """`values` as `model`, or every complaint about them at once."""
    try:
        return model.model_validate(dict(values))
    except ValidationError as error:
        complaints = [
            {"where": ".".join((where, *map(str, found["loc"]))), "message": found["msg"]}
            for found in error.errors(include_url=False, include_input=False, include_context=False)
        ]
        told = "; ".join(f"{one['where']}: {one['message']}" for one in complaints)[:2000]
        raise Problem(422, f"{kind}.invalid", f"{told}.", errors=complaints) from None
