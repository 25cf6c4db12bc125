"""What the gateway should do, as Traefik's configuration, and what it does, read back: pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

COOKIE = "sluice_cluster"  # keeps a buyer in his cluster
NOWHERE = "http://127.0.0.1:1"  # refuses every connection

Tree = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Leaf:
    """One slot as the gateway serves it. `percent` of its cluster's traffic, over the replicas at `ports`."""

    name: str
    percent: int
    ports: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Route:
    """One service in one cluster."""

    cluster: str
    service: str
    leaves: tuple[Leaf, ...]

    @property
    def name(self) -> str:
        return f"{self.cluster}_{self.service}"

    @property
    def serves(self) -> bool:
        """Traffic is routed somewhere."""
        return any(leaf.percent for leaf in self.leaves)


@dataclass(frozen=True, slots=True)
class Applied:
    """What the gateway does now: weights by service and leaf, servers by leaf."""

    weights: Mapping[str, Mapping[str, int]]
    servers: Mapping[str, frozenset[str]]

    @property
    def urls(self) -> frozenset[str]:
        """Every replica that may get a request."""
        return frozenset().union(*self.servers.values())

    def of(self, name: str) -> dict[str, int]:
        """Weights by slot of one service in one cluster."""
        return {slot_of(leaf): weight for leaf, weight in self.weights.get(name, {}).items()}


def leaf_name(cluster: str, service: str, slot: str, generation: int, digest: str) -> str:
    """Names a series of counters: no two contents of a slot share one, even with the same digest."""
    return f"{cluster}_{service}_{slot}_{generation}_{digest.rpartition(':')[2][:12]}"


def slot_of(leaf: str) -> str:
    """The slot in a leaf's name; names of clusters and services have no underscore."""
    return leaf.split("_")[2]


def render(routes: Iterable[Route], shares: Mapping[str, int], outside: Mapping[str, str] | None = None) -> Tree:
    """The whole file: an entry point per cluster, one for the front door, weighted services, leaves.

    `outside`: clusters that are elsewhere, by the address of their gateway; the front door leads to them as well.
    """
    routes = tuple(routes)
    routers: Tree = {}
    services: Tree = {}
    for route in routes:
        services[route.name] = _weighted({leaf.name: leaf.percent for leaf in route.leaves})
        for leaf in route.leaves:
            services[leaf.name] = _balanced(leaf)
        first = next(other for other in routes if other.cluster == route.cluster) is route
        routers |= _routers(route.name, route.cluster, route.service, catch_all=first)
    for service in dict.fromkeys(route.service for route in routes):
        name = f"front_{service}"
        serving = [route for route in routes if route.service == service and route.serves]
        services[name] = _sticky({route.name: shares.get(route.cluster, 0) for route in serving})
        if not serving:
            del services[name]
            continue
        routers |= _routers(name, "front", service, catch_all=service == routes[0].service)
    if outside and not any("front" in router["entryPoints"] for router in routers.values()):
        services |= _elsewhere(outside, shares)
        routers["front_outside"] = {**_rest("front"), "service": "front_outside"}
    # A connection per request: an app that closes an idle one just as a request comes would lose that request.
    http: Tree = {"serversTransports": {"fresh": {"maxIdleConnsPerHost": -1}}}
    if routers:
        http |= {"routers": routers, "services": services}
    return {"http": http}


def read_back(http: Tree) -> Applied:
    """What a configuration, ours or the one that Traefik reports, makes the gateway do."""
    weights: dict[str, dict[str, int]] = {}
    servers: dict[str, frozenset[str]] = {}
    for full, service in http.get("services", {}).items():
        name = full.partition("@")[0]
        if "weighted" in service:
            weights[name] = {
                one["name"].partition("@")[0]: one.get("weight", 1) for one in service["weighted"].get("services", ())
            }
        if "loadBalancer" in service:
            urls = frozenset(one["url"] for one in service["loadBalancer"].get("servers") or ())
            servers[name] = urls - {NOWHERE}
    return Applied(weights, servers)


def _weighted(shares: Mapping[str, int]) -> Tree:
    return {"weighted": {"services": [{"name": name, "weight": weight} for name, weight in shares.items()]}}


def _sticky(shares: Mapping[str, int]) -> Tree:
    made = _weighted(shares)
    made["weighted"]["sticky"] = {"cookie": {"name": COOKIE, "httpOnly": True, "sameSite": "lax"}}
    return made


def _elsewhere(outside: Mapping[str, str], shares: Mapping[str, int]) -> Tree:
    """A server for each cluster that is not of this machine, and the front door over them."""
    found = {
        f"outside_{cluster}": {"loadBalancer": {"servers": [{"url": address}], "serversTransport": "fresh"}}
        for cluster, address in outside.items()
    }
    return {**found, "front_outside": _sticky({f"outside_{cluster}": shares.get(cluster, 0) for cluster in outside})}


def _balanced(leaf: Leaf) -> Tree:
    urls = [f"http://127.0.0.1:{port}" for port in leaf.ports]
    if not urls and leaf.percent:
        # Without a server Traefik answers 503 and counts nothing; a refused connection is a 502 the judge can see.
        urls = [NOWHERE]
    return {"loadBalancer": {"servers": [{"url": url} for url in urls], "serversTransport": "fresh"}}


def _routers(name: str, entry: str, service: str, *, catch_all: bool) -> Tree:
    named = {"entryPoints": [entry], "rule": f"Host(`{service}.localhost`)", "priority": 10, "service": name}
    if not catch_all:
        return {name: named}
    return {name: named, f"{name}_rest": {**_rest(entry), "service": name}}


def _rest(entry: str) -> Tree:
    return {"entryPoints": [entry], "rule": "PathPrefix(`/`)", "priority": 1}
