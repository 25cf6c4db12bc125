"""Where the requests of a cluster are counted, if a Prometheus knows: the `prometheus:` part of `platform.yaml`."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from .part import Part
from .words import ADDRESS, LABEL_NAME, Name


class Prometheus(Part):
    """A Prometheus, or what answers as one, that scrapes the gateway or the replicas of a cluster."""

    address: Annotated[str, StringConstraints(pattern=ADDRESS)] = Field(
        description="Where it answers, without `/api/v1`.", examples=["http://prometheus.example.org:9090"]
    )
    counts: Literal["traefik", "envoy-gateway", "istio", "nginx-gateway-fabric", "http"] = Field(
        default="traefik",
        description="Whose counters are read: those of a gateway, or `http`: `http_requests_total` of the replicas.",
        examples=["istio"],
    )
    where: Annotated[
        dict[
            Annotated[str, StringConstraints(pattern=LABEL_NAME)],
            Annotated[str, StringConstraints(min_length=1, max_length=200)],
        ],
        Field(max_length=10),
    ] = Field(
        default={},
        description="Labels that all series of this cluster have, where one Prometheus knows several.",
        examples=[{"cluster": "az1"}],
    )
    token: Name | None = Field(
        default=None,
        description="Name of the file in the secrets directory with the bearer token it asks for.",
        examples=["prometheus-token"],
    )
