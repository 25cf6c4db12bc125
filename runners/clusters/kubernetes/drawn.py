"""Objects as people read them before they agree: what differs from slot to slot left out, secrets hidden. Pure.

What a release writes is compared with what the release before it wrote, and that one was in the other slot: so slots,
epochs and counts of contents would be differences that mean nothing. `*` stands for either slot.
"""

from collections.abc import Iterable
from typing import Any

import yaml  # type: ignore[import-untyped]  # written only

from pipeline.errors import NeedsHuman
from pipeline.facts import Rendered
from runners.ports import Fence

from . import hidden, objects
from .notes import EPOCH, RELEASE, Manifest

EITHER = "*"  # the name of a slot where it may be any
NOBODY = Fence(0, 0)
MOST = 200_000  # characters of all objects of a service in one cluster
PASSING = frozenset({RELEASE, EPOCH, objects.CONTENT, objects.GENERATION})


def drawn(service: str, found: Iterable[Manifest], key: bytes) -> tuple[Rendered, ...]:
    """Each object as YAML, by kind and name."""
    sign = hidden.signing(key)
    shown = [_lasting(one, service) for one in found]
    told = tuple(
        Rendered(one["kind"], one["metadata"]["name"], _yaml(hidden.hide(one, sign)))
        for one in sorted(shown, key=lambda one: (one["kind"], one["metadata"]["name"]))
    )
    if (size := sum(len(one.text) for one in told)) > MOST:
        raise NeedsHuman(
            f"the objects of {service} are {size:,} characters long, {MOST:,} can be read; make them smaller"
        )
    return told


def _lasting(value: Any, service: str) -> Any:
    """Without what is another one each time."""
    if isinstance(value, dict):
        kept = {name: _lasting(below, service) for name, below in value.items() if name not in PASSING}
        return {name: below for name, below in kept.items() if below != {} or value[name] == {}}
    if isinstance(value, list):
        return [_lasting(one, service) for one in value]
    return f"{service}-{EITHER}" if value == objects.backend(service, EITHER, 0) else value


def _yaml(manifest: Manifest) -> str:
    """Names of other alphabets, and signs that turn the line around, as escapes: a text shows what it is."""
    return str(yaml.safe_dump(manifest, sort_keys=False, default_flow_style=False, width=10**6))
