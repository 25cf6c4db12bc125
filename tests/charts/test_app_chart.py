"""The chart for apps that bring none has the shape of objects that Sluice itself writes, and things around it."""

from typing import Any

import pytest

from runners.clusters.anchor import Anchor
from runners.clusters.desired import Service, Slot
from runners.clusters.kubernetes import objects
from runners.clusters.kubernetes.objects import Place
from runners.ports import Fence

from .rendered import Manifest, of, refused, rendered
from .test_charts import SLOTS

SERVE = {
    "image": "registry.example.org/shop",
    "ready": "/healthy",
    "drain": 3.0,
    "env": {"LOG": "info"},
    "secrets": ["shop-database"],
    "cluster": "az1",
    "data": "shop-data",
    "cpu": "250m",
    "memory": "192Mi",
}
VALUES = (
    *SLOTS,
    "name=shop",
    "image=registry.example.org/shop",
    "ready=/healthy",
    "drain=3",
    "env.LOG=info",
    "secrets={shop-database}",
    "cluster=az1",
    "data=shop-data",
    "cpu=250m",
    "memory=192Mi",
    "weights.a=90",
    "weights.b=10",
    "route.gateway.name=web",
    "route.gateway.namespace=edge",
    "route.hostnames={shop.example.org}",
)
FENCE = Fence(7, 3)
CONTENTS = {"a": Slot(f"sha256:{'1' * 64}", "v1", SERVE, 2, 1), "b": Slot(f"sha256:{'2' * 64}", "v2", SERVE, 2, 2)}
WANTED = Service(Anchor("a", holder=7, moving=True), CONTENTS, {"a": 90, "b": 10})


def lacks(ours: Any, theirs: Any, where: str = "") -> list[str]:
    """Where `theirs` says something else than `ours`, or nothing. What it says besides is its own: it may have more
    volumes, too."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return [line for key in ours for line in lacks(ours[key], theirs.get(key), f"{where}/{key}")]
    more = where.endswith(("/volumes", "/volumeMounts"))
    if (
        isinstance(ours, list)
        and isinstance(theirs, list)
        and (len(ours) == len(theirs) or (more and len(ours) < len(theirs)))
    ):
        pairs = zip(ours, theirs[: len(ours)], strict=True)
        return [line for number, pair in enumerate(pairs) for line in lacks(*pair, f"{where}/{number}")]
    return [] if ours == theirs else [f"{where}: {ours!r} is {theirs!r}"]


def named(kind: str, name: str) -> Manifest:
    """Without annotations: those are written by whoever releases."""
    (found,) = [one for one in of(kind, rendered("app", *VALUES)) if one["metadata"]["name"] == name]
    return found


def bare(manifest: Manifest) -> Manifest:
    meta = {key: value for key, value in manifest["metadata"].items() if key != "annotations"}
    return {**manifest, "metadata": meta}


@pytest.mark.parametrize("slot", ["a", "b"])
def test_a_slot_is_what_sluice_would_write(slot: str) -> None:
    content = WANTED.slots[slot]
    address = objects.address("shop", slot, content)

    assert lacks(bare(objects.workload("shop", slot, content, FENCE)), named("Deployment", f"shop-{slot}")) == []
    assert lacks(address, named("Service", address["metadata"]["name"])) == []


def test_the_route_is_what_sluice_would_write_and_is_read_back() -> None:
    place = Place("home", "edge/web", hostnames={"shop": ("shop.example.org",)})
    ours = objects.turned(objects.route("shop", place), "shop", WANTED, FENCE, WANTED.weights)
    theirs = named("HTTPRoute", "shop")

    assert lacks(bare(ours), theirs) == []
    assert objects.weights("shop", theirs) == WANTED.weights


def test_a_difference_would_be_found() -> None:
    ours = objects.workload("shop", "a", CONTENTS["a"], FENCE)
    ours["spec"]["template"]["spec"]["containers"][0]["env"][0]["value"] = "9090"

    assert lacks(bare(ours), named("Deployment", "shop-a")) == [
        "/spec/template/spec/containers/0/env/0/value: '9090' is '8080'"
    ]


def test_a_slot_that_never_ran_has_no_objects_and_no_backend() -> None:
    only = rendered("app", *[value for value in SLOTS if value.startswith("slots.a")])
    (route,) = of("HTTPRoute", only)

    assert [one["metadata"]["name"] for one in of("Deployment", only)] == ["app-a"]
    assert [ref["name"] for ref in route["spec"]["rules"][0]["backendRefs"]] == ["app-a-1"]


def test_who_is_scaled_by_load_has_no_fixed_number_of_replicas() -> None:
    made = rendered("app", *SLOTS, "autoscaling.enabled=true", "autoscaling.max=20")
    scalers = {one["spec"]["scaleTargetRef"]["name"]: one["spec"]["maxReplicas"] for one in
               of("HorizontalPodAutoscaler", made)}  # fmt: skip

    assert scalers == {"app-a": 20, "app-b": 20}
    assert not any("replicas" in one["spec"] for one in of("Deployment", made))


def test_limits_at_the_edge_are_middlewares_that_the_route_names() -> None:
    made = rendered("app", *SLOTS, "edge.rate=100", "edge.inFlight=400")
    (route,) = of("HTTPRoute", made)
    rate, in_flight = of("Middleware", made)
    filters = [one["extensionRef"]["name"] for one in route["spec"]["rules"][0]["filters"]]

    assert rate["spec"]["rateLimit"] == {"average": 100, "burst": 200, "period": "1s"}
    assert in_flight["spec"]["inFlightReq"]["amount"] == 400
    assert filters == [rate["metadata"]["name"], in_flight["metadata"]["name"]]
    assert not of("Middleware", rendered("app", *SLOTS))


@pytest.mark.parametrize(
    ("values", "where"),
    [
        (("weights.a=90", "weights.b=20"), "together they must be 100"),
        (("slots.a.replicas=2",), "/slots/a/replicas"),
        (("slots.a.digest=sha256:12",), "/slots/a/digest"),
        (("slots.c.replicas=2",), "additional properties 'c'"),
        (("name=Shop",), "/name"),
        (("image=shop@sha256:1",), "/image"),
        (("memory=lots",), "/memory"),
        (("edge.rate=-1",), "/edge/rate"),
    ],
)
def test_a_value_that_makes_no_sense_is_refused_with_its_place(values: tuple[str, ...], where: str) -> None:
    assert where in refused("app", *values)
