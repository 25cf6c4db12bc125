"""What one manager has applied of an object, taken out of it again, so that one field of it can be applied anew. Pure.

The API server notes in `managedFields` which fields each manager owns. Whoever applies less than it owns gives the rest
up, and whoever changes a field under another name makes the next apply of its owner a conflict: so a program that knows
nothing of how an object was made takes out what is owned, changes its one field, and applies all of it.
"""

import json
from collections.abc import Mapping
from typing import Any

from pipeline.errors import NeedsHuman

from .notes import Manifest

Fields = Mapping[str, Any]


def applied(found: Manifest, manager: str) -> Manifest:
    """The fields of `found` that `manager` owns by server-side apply, with the name and the version they were read at.

    Lists of single values are taken whole: no object of ours has one that several managers share.
    """
    meta = found["metadata"]
    owned: Manifest = _kept(found, _fields(found, manager))
    mine = {"name": meta["name"], "resourceVersion": meta["resourceVersion"]}
    return {**owned, "metadata": {**owned.get("metadata", {}), **mine}}


def _fields(found: Manifest, manager: str) -> Fields:
    for noted in found["metadata"].get("managedFields", ()):
        if (noted["manager"], noted["operation"], noted.get("subresource", "")) == (manager, "Apply", ""):
            return dict(noted["fieldsV1"])
    raise NeedsHuman(
        f"{found['metadata']['name']} was not applied by {manager}, or somebody removed the note of it in "
        f"managedFields; release anew, so that it is written whole"
    )


def _kept(value: Any, fields: Fields) -> Any:
    """`value` with nothing but `fields`: none at all are the whole of it."""
    inner = {key: below for key, below in fields.items() if key != "."}
    if not inner or any(key.startswith(("v:", "i:")) for key in inner):
        return value
    if isinstance(value, list):
        return [_kept(one, below) for key, below in inner.items() for one in value if _is(one, key)]
    return {name: _kept(value[name], below) for key, below in inner.items() if (name := key[2:]) in value}


def _is(one: Mapping[str, Any], key: str) -> bool:
    """Whether an item of a list is the one that `k:{"name":"app"}` names."""
    wanted: Mapping[str, Any] = json.loads(key.removeprefix("k:"))
    return all(one.get(name) == value for name, value in wanted.items())
