"""What Sluice writes into the annotations of a cluster's objects, and reads back from them. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from pydantic import TypeAdapter, ValidationError

from pipeline.errors import NeedsHuman
from runners.clusters.anchor import Anchor
from runners.clusters.desired import SLOTS, Service
from runners.ports import Fence

Manifest = dict[str, Any]
OURS = "sluice.dev"
ANCHOR = f"{OURS}/anchor"
RELEASE, EPOCH, STABLE, MARKED = (f"{OURS}/{word}" for word in ("release", "epoch", "stable", "marked"))
_ANCHOR = TypeAdapter(Anchor)
_WEIGHTS = TypeAdapter(dict[str, int])


def anchored(wanted: Service, fence: Fence) -> dict[str, str]:
    """The annotations of whatever carries the anchor."""
    return {
        ANCHOR: _ANCHOR.dump_json(wanted.anchor).decode(),
        # The same for whoever reads no JSON: people, and the admission policy of charts/guard.
        RELEASE: str(fence.release),
        EPOCH: str(fence.epoch),
        STABLE: wanted.anchor.stable or "",
        MARKED: ",".join(str(release) for release in wanted.anchor.marks),
    }


def anchor(found: Manifest, where: str) -> Anchor:
    """The anchor that `found`, called `where` in errors, carries. Its epoch may have been raised beside it."""
    words = found["metadata"].get("annotations", {})
    known: Anchor = stored(_ANCHOR, words.get(ANCHOR), Anchor(), where, ANCHOR)
    epoch = words.get(EPOCH, "")
    if words.get(RELEASE) != str(known.holder) or not epoch.isdecimal() or int(epoch) <= known.epoch:
        return known
    return replace(known, epochs={**known.epochs, known.holder: int(epoch)})


def anchors(found: Iterable[Manifest]) -> dict[str, Manifest]:
    """Those of these objects that carry an anchor, by their names, which are those of the services."""
    return {one["metadata"]["name"]: one for one in found if ANCHOR in one["metadata"].get("annotations", {})}


def beaten(fence: Fence) -> tuple[dict[str, str], dict[str, str]]:
    """A heartbeat as annotations: what they were at the tick before, and what they are from this one on.

    Whoever holds the anchor with the epoch before may beat, and nothing else of the anchor changes: each tick has an
    epoch of its own, so the guard hears this one as well.
    """
    return {RELEASE: str(fence.release), EPOCH: str(fence.epoch - 1)}, {EPOCH: str(fence.epoch)}


def weights_from(found: Manifest, key: str, where: str) -> dict[str, int]:
    """Percent by slot in the annotation `key` of `found`, called `where` in errors."""
    words = found["metadata"].get("annotations", {})
    return dict(stored(_WEIGHTS, words.get(key), dict.fromkeys(SLOTS, 0), where, key))


def weights_as_text(weights: Mapping[str, int]) -> str:
    """The same as an annotation."""
    return _WEIGHTS.dump_json(dict(weights)).decode()


def stored(shape: TypeAdapter[Any], text: str | None, empty: Any, where: str, key: str) -> Any:
    """The annotation `key` as `shape`, `empty` if there is none; a damaged one is for a person."""
    if text is None:
        return empty
    try:
        return shape.validate_json(text)
    except ValidationError as error:
        raise NeedsHuman(
            f"{where} is damaged: its annotation {key} cannot be read ({error.errors()[0]['msg']}); somebody changed "
            f"it by hand. Put it back, or remove the service's objects and release anew"
        ) from error
