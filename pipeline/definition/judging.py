"""The `judge:` part of `sluice.yaml`: what is compared with what, and with which chances of error."""

from typing import Annotated, Literal

from pydantic import Field

from .part import Part
from .selectors import Counter, Series
from .words import Chance, CounterName, Duration, Name, Points


class Counters(Part):
    """Series of a Prometheus that count the requests of a slot, where they are not its gateway's."""

    requests: Series = Field(
        description="All requests, as a selector of PromQL with `$backend`, `$slot` or the like in it.",
        examples=['http_requests_total{service="$backend"}'],
    )
    failed: Series = Field(
        description="Those of them that failed.", examples=['http_requests_total{service="$backend", code=~"5.."}']
    )


class Errors(Part):
    """The error rate of the canary is not above stable's by more than `margin`."""

    not_above: Literal["stable"] = Field(
        default="stable", alias="not-above", description="What the canary is compared with.", examples=["stable"]
    )
    margin: Points = Field(
        default=0.005,
        description="How much worse the canary may be at the last rung; earlier rungs allow more.",
        examples=["2pp"],
    )
    ignore: Annotated[Chance, Field(ge=0, lt=1)] = Field(
        default=0.0,
        description="A rate that is higher by less than this part of stable's is not taken back.",
        examples=["10%"],
    )
    counters: Counters | None = Field(
        default=None,
        description="Where the cluster has a Prometheus: what to count there, instead of what its gateway counts.",
        examples=[{"requests": 'hits{slot="$slot"}', "failed": 'hits{slot="$slot", ok="no"}'}],
    )


class Latency(Part):
    """The canary is not slow more often than stable."""

    not_above: Literal["stable"] = Field(
        default="stable", alias="not-above", description="What the canary is compared with.", examples=["stable"]
    )
    margin: Points = Field(
        default=0.02,
        description="How much more often the canary may go over limits that at most 10 % of stable's requests go over. "
        "More is harm.",
        examples=["1pp"],
    )
    buckets: Series | None = Field(
        default=None,
        description="Where the cluster has a Prometheus: the buckets of a histogram in seconds, instead of the "
        "gateway's.",
        examples=['http_request_duration_seconds_bucket{service="$backend"}'],
    )


class Counted(Part):
    """A counter of the app that must not fall, per request."""

    counter: Counter = Field(
        description="The counter as each replica shows it at `/metrics`, all its labels together; or a selector of "
        "PromQL, where the cluster has a Prometheus.",
        examples=["shop_orders_total"],
    )
    margin: Points = Field(
        default=0.005,
        description="How much lower it may be per request, in the canary.",
        examples=["0.2pp"],
    )


class JudgeBy(Part):
    """What the judge looks at, and how patient it is."""

    errors: Errors = Field(
        default=Errors(), description="Failed requests, canary against stable.", examples=[{"margin": "2pp"}]
    )
    latency: Latency | None = Field(
        default=None,
        description="Slow requests, canary against stable, at the upper edges of the gateway's histogram; `{}` for the "
        "defaults. Not judged without this key.",
        examples=[{"margin": "1pp"}],
    )
    falls: Annotated[dict[Name, Counted], Field(max_length=5)] = Field(
        default={},
        description="Counters that must not fall, by a name for people: orders per request, log-ins, hits of a cache.",
        examples=[{"orders": {"counter": "shop_orders_total"}}],
    )
    alpha: Annotated[Chance, Field(ge=0.0001, le=0.2)] = Field(
        default=0.01,
        description="The largest chance that a good release is taken back in one cluster, over its whole life.",
        examples=["0.5%"],
    )
    beta: Annotated[Chance, Field(ge=0.0001, le=0.5)] = Field(
        default=0.05,
        description="The largest chance that a release which is worse by the margin goes on.",
        examples=["1%"],
    )
    unit: Literal["auto", "request", "pod-window"] = Field(
        default="auto",
        description="What is counted as one observation: a request, or a pod in a window, which bears errors that come "
        "in clumps. `auto`: what a replay of the app's own history chose; without one pods, where they are told apart, "
        "else requests.",
        examples=["request"],
    )
    pod_counter: CounterName = Field(
        default="http_requests_total",
        alias="pod-counter",
        description="The counter of requests that each replica shows at `/metrics`, with the answer's status in a "
        "label `code`, `status` or `status_code`. By it the pods of local clusters are told apart; with "
        "`unit: request` none is asked.",
        examples=["shop_requests_total"],
    )
    window: Annotated[Duration, Field(ge=1, le=3600)] = Field(
        default=30.0,
        description="How long a pod is one observation: at least as long as errors of one pod cling together.",
        examples=["60s"],
    )
    slo: Annotated[Chance, Field(gt=0, lt=1)] | None = Field(
        default=None,
        description="Share of requests that must go well. By it a canary is judged while stable has no requests, and a "
        "first version once it has everybody. Without this key nobody judges a first version.",
        examples=["99.5%"],
    )
    warm_up: Annotated[Duration, Field(ge=0, le=3600)] = Field(
        default=0.0,
        alias="warm-up",
        description="Traffic of so long is not judged after the canary starts.",
        examples=["30s"],
    )
    deadline: Annotated[Duration, Field(ge=10, le=86400)] = Field(
        default=1800.0, description="The longest wait for evidence on one rung.", examples=["1h"]
    )
    inconclusive: Literal["undo", "hold"] = Field(
        default="undo",
        description="What happens at the deadline: take it back, or wait for a person.",
        examples=["hold"],
    )
