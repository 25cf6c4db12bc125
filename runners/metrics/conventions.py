"""What gateways and apps call the counters of their requests, as selectors of PromQL."""

from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.definition.selectors import Matcher, Selector, read


@dataclass(frozen=True, slots=True)
class Series:
    """
    Which series count what, as alternatives: a setup has some of them, and no series is in two.

    `failed` are counted among `requests`, unless `apart`. `unit`: seconds of one unit of `le`. `shared`: the same
    processes count for both slots, as a gateway's do. `everyone`: a series that each of those has from its start on, so
    that the first request of a slot is no new beginning.
    """

    requests: tuple[Selector, ...]
    failed: tuple[Selector, ...]
    buckets: tuple[Selector, ...] = ()
    unit: float = 1.0
    shared: bool = True
    apart: bool = False
    everyone: tuple[Selector, ...] = ()

    @property
    def watched(self) -> tuple[Selector, ...]:
        """The series whose new beginnings matter."""
        return (*self.requests, *(self.failed if self.apart else ()), *self.buckets)


OF_APP = (
    Matcher("namespace", "=", "$namespace"),
    Matcher("pod", "=~", "$service-$slot-[a-z0-9]+-[a-z0-9]+"),
)  # what tells the replicas of a slot, in Kubernetes
_CODES = tuple(Matcher(label, "=~", "5..") for label in ("code", "status", "status_code"))


def _all(*texts: str) -> tuple[Selector, ...]:
    return tuple(read(text) for text in texts)


def _traefik() -> Series:
    """`service` is renamed by a Prometheus that gives targets a label of that name."""
    names = [f'{label}=~"(.+-svc-$namespace-$backend-[0-9]+|$backend)@.+"' for label in ("service", "exported_service")]
    requests = _all(*(f"traefik_service_requests_total{{{name}}}" for name in names))
    buckets = _all(*(f"traefik_service_request_duration_seconds_bucket{{{name}}}" for name in names))
    failed = tuple(one.and_(_CODES[0]) for one in requests)
    return Series(requests, failed, buckets, everyone=_all("traefik_config_reloads_total"))


def _envoy_gateway() -> Series:
    """One upstream cluster for each backend of a rule, which Envoy Gateway makes where a backend has a filter."""
    name = 'envoy_cluster_name=~"httproute/$namespace/$service/rule/[0-9]+/backend/$place"'
    requests = _all(f"envoy_cluster_upstream_rq_xx{{{name}}}")
    failed = tuple(one.and_(Matcher("envoy_response_code_class", "=", "5")) for one in requests)
    return Series(requests, failed, _all(f"envoy_cluster_upstream_rq_time_bucket{{{name}}}"), unit=0.001)


def _istio() -> Series:
    """As the gateway saw them: what a sidecar counts on the other side would be the same requests again."""
    name = 'reporter="source", destination_service_name="$backend", destination_service_namespace="$namespace"'
    requests = _all(f"istio_requests_total{{{name}}}")
    failed = tuple(one.and_(Matcher("response_code", "=~", "5..")) for one in requests)
    return Series(requests, failed, _all(f"istio_request_duration_milliseconds_bucket{{{name}}}"), unit=0.001)


def _nginx() -> Series:
    """Only NGINX Plus counts by upstream. It has no histogram."""
    new = _all('nginx_http_upstream_peer_responses_total{nginx_upstream_name=~"$namespace_$backend_[0-9]+"}')
    old = _all('nginx_gateway_fabric_upstream_server_responses{upstream=~"$namespace_$backend_[0-9]+"}')
    failed = (
        *(one.and_(Matcher("nginx_status_range", "=", "5xx")) for one in new),
        *(one.and_(Matcher("code", "=", "5xx")) for one in old),
    )
    return Series((*new, *old), failed)


def _http() -> Series:
    requests = (Selector("http_requests_total", OF_APP),)
    buckets = (Selector("http_request_duration_seconds_bucket", OF_APP),)
    return Series(
        requests, tuple(Selector("http_requests_total", (*OF_APP, code)) for code in _CODES), buckets, shared=False
    )


CONVENTIONS: Mapping[str, Series] = {
    "traefik": _traefik(),
    "envoy-gateway": _envoy_gateway(),
    "istio": _istio(),
    "nginx-gateway-fabric": _nginx(),
    "http": _http(),
}
