"""What a slot is called where its requests are counted: words for selectors."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from runners.clusters import layout
from runners.clusters.desired import Slot
from runners.gateway import leaf_name


class Contents(Protocol):
    """A cluster that says what its slots should run, and where."""

    name: str
    namespace: str

    def contents(self, service: str) -> Mapping[str, Slot]: ...


Words = Mapping[str, str]


def local(home: Path, cluster: str, service: str) -> Mapping[str, Words]:
    """Of a local cluster, whose gateway names a content of a slot by its leaf."""
    slots = layout.desired(home, cluster).read().service(service).slots
    backends = {
        name: leaf_name(cluster, service, name, slot.generation, slot.digest)
        for name, slot in slots.items()
        if slot.digest
    }
    return _words(cluster, "", service, slots, backends)


def kubernetes(cluster: Contents, service: str) -> Mapping[str, Words]:
    """Of a Kubernetes cluster, where a content of a slot has a Service of its own."""
    from runners.clusters.kubernetes.objects import backend

    slots = cluster.contents(service)
    backends = {name: backend(service, name, slot.generation) for name, slot in slots.items() if slot.digest}
    return _words(cluster.name, cluster.namespace, service, slots, backends)


def _words(
    cluster: str, namespace: str, service: str, slots: Mapping[str, Slot], backends: Mapping[str, str]
) -> Mapping[str, Words]:
    """`place`: which backend of the route it is, from 0 on. A slot that runs nothing has no words."""
    about = {"cluster": cluster, "namespace": namespace, "service": service}
    full = [name for name in slots if name in backends]
    return {
        name: {**about, "slot": name, "backend": backends[name], "place": str(full.index(name))} if name in full else {}
        for name in slots
    }
