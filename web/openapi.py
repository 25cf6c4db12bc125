"""The API described in OpenAPI 3.1, made from the same table as its routes."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from .endpoint import Endpoint, Out

_VARIABLE = re.compile(r"<(?:(int|string|path):)?([a-z_]+)>")


class ProblemOut(Out):
    """RFC 9457."""

    type: str
    status: int
    code: str
    title: str
    detail: str
    request_id: str


def describe(endpoints: Iterable[Endpoint], version: str, more: Mapping[str, Any]) -> dict[str, Any]:
    """The whole document. `more` goes to the top level under `x-` names."""
    endpoints = tuple(endpoints)
    schemas = _schemas(endpoints)
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in endpoints:
        paths.setdefault(_path(endpoint.rule), {})[endpoint.method.lower()] = _operation(endpoint)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Sluice", "version": version, "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}},
        "paths": paths,
        "components": {"schemas": schemas, "securitySchemes": _SCHEMES},
        "security": [{"bearer": []}, {"session": []}],
        **more,
    }


_SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "A token from POST /api/tokens"},
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "sluice_session",
        "description": "A browser; changes also need the header X-CSRF-Token",
    },
}


def _schemas(endpoints: Iterable[Endpoint]) -> dict[str, Any]:
    answers: set[type[BaseModel]] = {ProblemOut, *(endpoint.gives for endpoint in endpoints)}
    bodies = {endpoint.takes for endpoint in endpoints if endpoint.takes}
    wanted = [(model, "serialization") for model in answers] + [(model, "validation") for model in bodies]
    wanted.sort(key=lambda pair: pair[0].__name__)
    _, made = models_json_schema(wanted, ref_template="#/components/schemas/{model}")  # type: ignore[arg-type]
    return dict(made["$defs"])


def _path(rule: str) -> str:
    return "/api" + _VARIABLE.sub(r"{\2}", rule)


def _operation(endpoint: Endpoint) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": endpoint.name,
        "summary": endpoint.says,
        "description": _who(endpoint),
        "parameters": [*_path_parameters(endpoint.rule), *_query_parameters(endpoint)],
        "responses": {
            str(endpoint.status): {"description": endpoint.says, "content": _json(endpoint.gives)},
            "default": {
                "description": "What was wrong and what to do next",
                "content": _json(ProblemOut, "application/problem+json"),
            },
        },
    }
    if endpoint.public:
        operation["security"] = []
    if endpoint.takes:
        required = any(found.is_required() for found in endpoint.takes.model_fields.values())
        operation["requestBody"] = {"required": required, "content": _json(endpoint.takes)}
    return operation


def _who(endpoint: Endpoint) -> str:
    return "Everybody." if endpoint.public else f"Role {endpoint.role} or above, scope {endpoint.scope}."


def _path_parameters(rule: str) -> list[dict[str, Any]]:
    kinds = {"int": {"type": "integer", "minimum": 0}}
    return [
        {"name": name, "in": "path", "required": True, "schema": kinds.get(kind, {"type": "string"})}
        for kind, name in _VARIABLE.findall(rule)
    ]


def _query_parameters(endpoint: Endpoint) -> list[dict[str, Any]]:
    if endpoint.query is None:
        return []
    schema = endpoint.query.model_json_schema()
    return [
        {"name": name, "in": "query", "required": name in schema.get("required", []), "schema": of}
        for name, of in schema["properties"].items()
    ]


def _json(model: type[BaseModel], kind: str = "application/json") -> dict[str, Any]:
    return {kind: {"schema": {"$ref": f"#/components/schemas/{model.__name__}"}}}
