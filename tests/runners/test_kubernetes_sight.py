"""What a worker knows of a service for the length of a tick, without a cluster."""

import time

from runners.clusters.desired import Service
from runners.clusters.kubernetes.sight import TICK, Sight, Sights
from runners.clusters.kubernetes.way import Found


def found(word):
    """Objects that can be told from others."""
    return Found({"a": {"metadata": {"name": word}}}, None, Service())


class Reader:
    def __init__(self):
        self.read = []

    def __call__(self, service):
        self.read.append(service)
        return found(f"{service}-{len(self.read)}")


def test_a_tick_reads_once():
    reader = Reader()
    sights = Sights(reader)

    first, again = sights.of("shop"), sights.of("shop")

    assert (first, reader.read) == (again, ["shop"])


def test_services_are_read_apart():
    reader = Reader()
    sights = Sights(reader)

    sights.of("shop")
    sights.of("till")

    assert reader.read == ["shop", "till"]


def test_what_is_older_than_a_tick_is_read_anew():
    reader = Reader()
    sights = Sights(reader)
    sights.keep("shop", Sight(time.monotonic() - TICK, found("old")))

    assert sights.known("shop") is None
    assert sights.of("shop").found == found("shop-1")


def test_what_was_forgotten_is_read_anew():
    reader = Reader()
    sights = Sights(reader)
    sights.of("shop")

    sights.forget("shop")

    assert sights.of("shop").found == found("shop-2")


def test_after_a_pause_nothing_is_known():
    reader = Reader()
    sights = Sights(reader)
    sights.of("shop")

    sights.forget_all()

    assert sights.known("shop") is None


def test_of_two_threads_the_newer_sight_stays():
    sights, now = Sights(Reader()), time.monotonic()
    sights.keep("shop", Sight(now, found("new")))

    sights.keep("shop", Sight(now - 0.5, found("old")))

    assert sights.of("shop").found == found("new")


def test_pods_are_known_until_a_deployment_is_written():
    sight = Sight(0.0, found("v1"), {"a": [{"kind": "Pod"}]})

    assert sight.after(found("v1")).pods == {"a": [{"kind": "Pod"}]}
    assert sight.after(found("v2")).pods == {}
