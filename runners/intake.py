"""Inbox and refs become new releases: the repository is the truth, a report only makes it faster."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from pipeline import plan, safety
from pipeline.definition.app import App
from pipeline.definition.objects import Objects
from pipeline.definition.platform import Platform
from pipeline.definition.reading import complained, read_app
from pipeline.errors import BadDefinition, NeedsHuman, TryLater
from pipeline.judge.choosing import by_unit
from pipeline.pinned import content_hash
from pipeline.store.inbox import Delivery, Inbox
from pipeline.store.ledger import Ledger
from pipeline.store.people import People
from pipeline.store.restore import NewRelease, Refusal
from pipeline.store.units import Units
from runners import manifests
from runners.ports import Commit, Source

API = "api"  # source of what people and bots ask for through the API
LISTED = 50  # commits that are kept with a release, to be read before an approval
GONE = ("0" * 40, "0" * 64)  # what forges write as the new head of a deleted branch


@dataclass(frozen=True, slots=True)
class Desk:
    """What an arriving commit needs."""

    platform: Platform
    sources: Mapping[str, Source]
    ledger: Ledger
    inbox: Inbox
    people: People
    units: Units


@dataclass(frozen=True, slots=True)
class Arrival:
    """An app whose branch, or one commit of it, should become a release. `key`: a wish of its own, not a mere push."""

    app: str
    who: str
    commit: str = ""
    pusher: str = ""
    key: str = ""
    digest: str = ""  # built already: the release begins with its tests


def intake(delivery_id: int, desk: Desk) -> int | None:
    """One delivery becomes a release, or is rejected with its reason. The release's id, if there is one to move."""
    delivery = desk.inbox.take(delivery_id)
    if delivery is None:
        return None
    try:
        found = _read(delivery, desk.platform)
        if isinstance(found, str):
            desk.inbox.reject(delivery.id, found)
            return None
        release_id = arrive(found, desk)
    except TryLater as trouble:
        desk.inbox.later(delivery.id, str(trouble), trouble.after)
        return None
    except NeedsHuman as trouble:
        desk.inbox.reject(delivery.id, str(trouble))
        return None
    desk.inbox.done(delivery.id, f"R-{release_id}" if release_id else "this commit is known already")
    return release_id


def poll(app: str, desk: Desk) -> int | None:
    """Look at the branch itself, whatever no report told of."""
    return arrive(Arrival(app, who="polling"), desk)


def arrive(arrival: Arrival, desk: Desk) -> int | None:
    """The head of the app's branch becomes a release, once. So an old report can never deploy an old commit."""
    entry, source = desk.platform.apps[arrival.app], desk.sources[arrival.app]
    head = arrival.commit or source.head(entry.branch)
    if not arrival.key and desk.ledger.known(arrival.app, head):
        return None
    commit = source.commit(head)
    authors = desk.people.match({commit.author_email, commit.committer_email}, {arrival.pusher} - {""})
    text = source.file(head, entry.definition).decode("utf-8", "replace")
    made = _made(arrival, text, commit, authors, desk)
    if isinstance(made, Refusal):
        return desk.ledger.refuse(made, arrival.who)
    made = replace(made, plan=by_unit(made.plan, desk.units.of(arrival.app).choice))
    return desk.ledger.submit(
        replace(made, commits=_new(source, desk.ledger.live_commit(arrival.app), head)), arrival.who
    )


def _new(source: Source, live: str, head: str) -> tuple[tuple[str, str, str], ...]:
    """The commits that are not live yet, newest first; none where the mirror no longer has the live one."""
    try:
        found = source.between(live, head) if live else ()
    except NeedsHuman:
        return ()
    return tuple((one.hash, one.subject[:200], one.author_name[:80]) for one in found[:LISTED])


def _made(arrival: Arrival, text: str, commit: Commit, authors: frozenset[str], desk: Desk) -> NewRelease | Refusal:
    about: dict[str, Any] = {
        "app": arrival.app,
        "tenant": desk.platform.apps[arrival.app].tenant,
        "commit": commit.hash,
        "definition": text,
        "def_hash": content_hash(text),
        "subject": commit.subject,
        "authors": authors,
        "key": arrival.key,
    }
    try:
        spec = _checked(arrival.app, text, desk.platform)
        objects = _objects(arrival.app, text, spec, commit.hash, desk)
    except BadDefinition as refused:
        return Refusal(**about, why=str(refused))
    return NewRelease(**about, spec=spec, plan=plan.make(spec, desk.platform), digest=arrival.digest, objects=objects)


def _objects(app: str, text: str, spec: App, commit: str, desk: Desk) -> Objects:
    """The app's own Kubernetes objects; what cannot be found is said at the key that names it."""
    try:
        return manifests.brought(spec, desk.sources[app], commit)
    except NeedsHuman as trouble:
        key = "serve.chart" if spec.serve.chart else "serve.manifests"
        raise complained(text, [(key, str(trouble))], desk.platform.apps[app].definition) from None


def _checked(app: str, text: str, platform: Platform) -> App:
    """The definition, or everything that speaks against it, each at its line."""
    name = platform.apps[app].definition
    spec = read_app(text, name)
    found = list(safety.complaints(spec, platform))
    if spec.app != app:
        found.insert(0, ("app", f'"{spec.app}" is another app; this repository belongs to "{app}"'))
    if found:
        raise complained(text, found, name)
    return spec


def _read(delivery: Delivery, platform: Platform) -> Arrival | str:
    """Who wants what, or why it is nothing for us. Outsiders wrote this: nothing but names is taken from it."""
    try:
        said = json.loads(delivery.body)
    except (ValueError, RecursionError):
        return "the body is no JSON"
    if not isinstance(said, dict):
        return "the body is no JSON object"
    if delivery.source == API:
        return _wish(said, delivery, platform)
    if delivery.source not in platform.apps:
        return f"{delivery.source} is no app of this installation"
    return _push(said, delivery.source, platform)


def _wish(said: Mapping[str, Any], delivery: Delivery, platform: Platform) -> Arrival | str:
    app = str(said.get("app"))
    if app not in platform.apps:
        return f"{app[:40]} is no app of this installation"
    who, commit = str(said.get("who") or API), str(said.get("commit") or "")
    digest = str(said.get("digest") or "") if commit else ""
    return Arrival(app, who, commit, pusher=who, key=f"asked {delivery.id}", digest=digest)


def _push(said: Mapping[str, Any], app: str, platform: Platform) -> Arrival | str:
    ref, wanted = said.get("ref"), f"refs/heads/{platform.apps[app].branch}"
    if ref is None:
        return "it reports no push"
    if ref != wanted:
        return f"{str(ref)[:200]!r} is not released; only {wanted} is"
    if said.get("after") in GONE:
        return f"{wanted} was deleted"
    pusher = said.get("pusher")
    name = (pusher.get("name") or pusher.get("login") or pusher.get("username")) if isinstance(pusher, dict) else ""
    name = _word(name or "")
    return Arrival(app, who=f"push by {name}" if name else "push", pusher=name)


def _word(said: object) -> str:
    """A name as every database can hold it."""
    return str(said)[:80].encode("utf-8", "replace").decode().replace("\0", "?")
