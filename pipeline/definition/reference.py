"""The tables of the reference: every key with its meaning, its default and an example, as the schema has them."""

import json
from collections.abc import Iterator
from typing import Any

_SIGNS = set('"{}[],')  # they would end a text in a line of YAML
HEAD = ("| Key | Meaning | Default | Example |", "| --- | --- | --- | --- |")


def table(schema: dict[str, Any]) -> str:
    """A row for each key and the keys below it, in the order of a file. `[]` is an entry, `<name>` a free name."""
    return "\n".join([*HEAD, *_rows(schema, schema["$defs"], "")])


def _rows(part: dict[str, Any], parts: dict[str, Any], above: str) -> Iterator[str]:
    for key, rule in part["properties"].items():
        example = f"{key}: {flow(rule['examples'][0])}"
        default = "**required**" if key in part.get("required", ()) else _default(rule)
        yield f"| `{above}{key}` | {rule['description']} | {default} | `{example}` |"
        for inside, below in (("", rule), ("[]", rule.get("items", {})), (".<name>", _named(rule))):
            if "$ref" in below:
                yield from _rows(parts[below["$ref"].rpartition("/")[2]], parts, f"{above}{key}{inside}.")


def flow(value: object) -> str:
    """
    A value as one line of YAML.

    >>> flow([{"approval": {"from": "release-managers", "of": 2}}])
    '[{approval: {from: release-managers, of: 2}}]'
    >>> flow(["5, or 6"])
    "['5, or 6']"
    """
    match value:
        case dict():
            return "{" + ", ".join(f"{key}: {flow(inner)}" for key, inner in value.items()) + "}"
        case list():
            return "[" + ", ".join(flow(inner) for inner in value) + "]"
        case str() if _SIGNS & set(value):
            return "'" + value.replace("'", "''") + "'"
        case str():
            return value
    return json.dumps(value)


def _default(rule: dict[str, Any]) -> str:
    if "$ref" in rule and "default" in rule:
        return "as its keys"
    return f"`{flow(rule['default'])}`" if rule.get("default") not in (None, [], {}, "") else "none"


def _named(rule: dict[str, Any]) -> dict[str, Any]:
    """What follows a free name: the schema says it per pattern of the name."""
    return next(iter(rule.get("patternProperties", {}).values()), {})
