"""What releases bring into clusters, as it was rendered before anybody agreed: stored once, shown, and referred to."""

import json
from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ..facts import Rendered, Rendering
from ..pinned import content_hash
from .columns import canonical
from .records import RenderedRow
from .session import insert_once


def store(session: Session, release_id: int, rendering: Rendering, now: datetime) -> None:
    """Write down what is not stored yet: the first rendering under a configuration is the one that counts."""
    for cluster, objects in rendering.objects.items():
        text = canonical([[one.kind, one.name, one.text] for one in objects])
        values = {"cfg_hash": rendering.cfg_hash, "hash": content_hash(text), "objects_json": text, "at": now}
        insert_once(session, RenderedRow, release_id=release_id, cluster=cluster, **values)


def known(session: Session, release_id: int) -> frozenset[tuple[str, str]]:
    """Cluster and target configuration of everything that is stored of a release."""
    wanted = select(RenderedRow.cluster, RenderedRow.cfg_hash).where(RenderedRow.release_id == release_id)
    return frozenset((cluster, cfg_hash) for cluster, cfg_hash in session.execute(wanted))


def stale(session: Session, release_id: int, cfg_hash: str) -> bool:
    """Something is stored, and nothing of it is for this configuration: the next look renders anew."""
    found = known(session, release_id)
    return bool(found) and all(other != cfg_hash for _, other in found)


def bound(session: Session, configured: Mapping[int, str]) -> dict[int, str]:
    """
    The configuration of each release together with what was rendered under it, as one hash: an approval refers to both.

    So whoever agreed to other objects, or before there were any to see, has not agreed to these.
    """
    wanted = select(RenderedRow.release_id, RenderedRow.cfg_hash, RenderedRow.cluster, RenderedRow.hash)
    found: defaultdict[tuple[int, str], list[tuple[str, str]]] = defaultdict(list)
    for release_id, cfg_hash, cluster, hash_ in session.execute(wanted.where(RenderedRow.release_id.in_(configured))):
        found[release_id, cfg_hash].append((cluster, hash_))
    return {
        release_id: content_hash(canonical([cfg_hash, sorted(found[release_id, cfg_hash])]))
        if found[release_id, cfg_hash]
        else cfg_hash
        for release_id, cfg_hash in configured.items()
    }


def under(session: Session, release_id: int, cluster: str, cfg_hash: str) -> tuple[Rendered, ...] | None:
    """What it brings there under this configuration; None while that is not rendered."""
    return _objects(session.get(RenderedRow, (release_id, cluster, cfg_hash)))


def latest(session: Session, release_id: int, cluster: str) -> tuple[Rendered, ...] | None:
    """What it brought there in the end; None if nothing is stored of it."""
    wanted = select(RenderedRow).where(RenderedRow.release_id == release_id, RenderedRow.cluster == cluster)
    return _objects(session.scalars(wanted.order_by(RenderedRow.at.desc()).limit(1)).first())


def _objects(row: RenderedRow | None) -> tuple[Rendered, ...] | None:
    return None if row is None else tuple(Rendered(*map(str, one)) for one in json.loads(row.objects_json))
