"""The JSON Schema of a definition, for editors: keys, meanings, and values as people write them."""

from collections.abc import Callable
from typing import Any

from .app import App
from .part import Part
from .words import CHANCE, DURATION, PERCENT, POINTS, chance_text, points_text, seconds_text

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_WRITTEN: dict[str, Callable[[Any], object]] = {
    DURATION: seconds_text,
    POINTS: points_text,
    CHANCE: chance_text,
    PERCENT: lambda ladder: [f"{share}%" for share in ladder],
}


def schema(model: type[Part] = App) -> dict[str, Any]:
    """The schema of a whole file, with defaults and forms as people write them."""
    made = model.model_json_schema(by_alias=True)
    parts = made.pop("$defs")
    for part in (made, *parts.values()):
        del part["title"]
        part["properties"] = {key: _key(rule) for key, rule in part["properties"].items()}
    return {"$schema": DIALECT, **made, "$defs": parts}


def _key(rule: dict[str, Any]) -> dict[str, Any]:
    """One key. A file leaves it out rather than writing null, and a part has the defaults of its own keys."""
    choices = rule.pop("anyOf", [{}])
    default = rule.pop("default", None)
    made = {**choices[0], **rule}
    made.pop("title", None)
    if "patternProperties" in made:
        made["additionalProperties"] = False
    if default is not None:
        form = made.get("pattern") or made.get("items", {}).get("pattern")
        made["default"] = {} if "$ref" in made else _WRITTEN[form](default) if form in _WRITTEN else default
    return made
