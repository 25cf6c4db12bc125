"""Counters from a real Prometheus: what it scrapes may restart, go away, lie or be hostile, and no count is wrong."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from pipeline.errors import TryLater
from runners.counted import OwnSeries, SlotCounts
from runners.metrics.prometheus import PrometheusMetrics
from tests.runners.prometheus_bed import Scraped, scraped

SERVICES = (f"shop{number}" for number in count(1))
OWN = OwnSeries('hits{slot="$slot", svc="$service"}', 'hits{slot="$slot", svc="$service", ok="no"}')


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scraped]:
    """One Prometheus for the file. Two processes of a gateway, and a replica that two jobs scrape."""
    targets = {"gw-1": "gw-1", "gw-2": "gw-2", "again": "gw-1", "other": "other"}
    with scraped(tmp_path_factory.mktemp("prometheus"), targets) as bed:
        yield bed


@pytest.fixture
def bed(shared: Scraped) -> Iterator[Scraped]:
    yield shared
    shared.pages.clear()


@pytest.fixture
def shop() -> str:
    """A service that no other test has."""
    return next(SERVICES)


def traefik(service: str, a: int = 0, b: int = 0, bad: int = 0) -> str:
    """What a Traefik shows: slot b answered `bad` requests with 502."""
    lines = []
    for slot, code, number in (("a-0", "200", a), ("b-1", "200", b), ("b-1", "502", bad)):
        name = f"httproute-{service}-svc-web-{service}-{slot}-80@kubernetesgateway"
        lines.append(f'traefik_service_requests_total{{code="{code}",method="GET",service="{name}"}} {number}')
    return "\n".join(line for line in lines if not line.endswith(" 0")) + "\n"


def seen(metrics: PrometheusMetrics, service: str, *counters: str, own: OwnSeries = OWN) -> dict[str, SlotCounts]:
    return dict(metrics.read("az1", service, counters, own))


def numbers(one: SlotCounts) -> tuple[int, int]:
    return one.requests.total, one.requests.bad


def test_the_processes_of_a_gateway_are_one_and_a_slot_has_its_own_counts(bed: Scraped, shop: str) -> None:
    bed.shows("gw-1", traefik(shop, a=90, b=5, bad=1))
    bed.shows("gw-2", traefik(shop, a=100, b=4))

    now = dict(bed.metrics(shop, "traefik").read("az1", shop))

    assert {slot: numbers(one) for slot, one in now.items()} == {"a": (190, 0), "b": (10, 1)}
    assert now["a"].requests.source.startswith(f"{shop}-a-0@")


def test_a_service_whose_name_begins_alike_is_another_one(bed: Scraped, shop: str) -> None:
    bed.shows("gw-1", traefik(shop, a=90) + traefik(f"{shop}x", a=7))

    assert numbers(dict(bed.metrics(shop, "traefik").read("az1", shop))["a"]) == (90, 0)


def test_a_process_that_two_jobs_scrape_is_counted_once(bed: Scraped, shop: str) -> None:
    bed.shows("gw-1", traefik(shop, a=90))
    bed.shows("again", traefik(shop, a=90))

    assert numbers(dict(bed.metrics(shop, "traefik").read("az1", shop))["a"]) == (90, 0)


def test_a_new_kind_of_answer_is_no_new_beginning(bed: Scraped, shop: str) -> None:
    bed.shows("gw-1", traefik(shop, a=90, b=5))
    before = dict(bed.metrics(shop, "traefik").read("az1", shop))

    bed.shows("gw-1", traefik(shop, a=91, b=6, bad=3))

    after = dict(bed.metrics(shop, "traefik").read("az1", shop))
    assert numbers(after["b"]) == (9, 3)
    assert [after[slot].requests.source for slot in "ab"] == [before[slot].requests.source for slot in "ab"]


def test_the_first_request_of_a_slot_is_no_new_beginning(bed: Scraped, shop: str) -> None:
    bed.shows("gw-1", traefik(shop, a=90))
    before = dict(bed.metrics(shop, "traefik").read("az1", shop))

    bed.shows("gw-1", traefik(shop, a=91, b=1))

    after = dict(bed.metrics(shop, "traefik").read("az1", shop))
    assert [after[slot].requests.source for slot in "ab"] == [before[slot].requests.source for slot in "ab"]


def test_a_gateway_that_began_anew_is_a_new_beginning_even_if_the_sum_grew(bed: Scraped, shop: str) -> None:
    bed.shows("gw-1", traefik(shop, a=10, b=5))
    bed.shows("gw-2", traefik(shop, a=100, b=5))
    before = dict(bed.metrics(shop, "traefik").read("az1", shop))

    bed.shows("gw-1", traefik(shop, a=1, b=1))
    bed.shows("gw-2", traefik(shop, a=500, b=20))

    after = dict(bed.metrics(shop, "traefik").read("az1", shop))
    assert numbers(after["a"]) == (501, 0)
    assert after["a"].requests.source != before["a"].requests.source
    assert after["b"].requests.source != before["b"].requests.source


def test_a_missed_scrape_is_a_new_beginning_and_no_fall(bed: Scraped, shop: str) -> None:
    bed.shows("gw-1", traefik(shop, a=10, b=5))
    bed.shows("gw-2", traefik(shop, a=100, b=5))
    before = dict(bed.metrics(shop, "traefik").read("az1", shop))

    bed.shows("gw-2", "")
    alone = dict(bed.metrics(shop, "traefik").read("az1", shop))
    bed.shows("gw-2", traefik(shop, a=100, b=5))
    back = dict(bed.metrics(shop, "traefik").read("az1", shop))

    assert numbers(alone["a"]) == (10, 0)
    assert alone["a"].requests.source != before["a"].requests.source
    assert back["a"] == before["a"]


def test_a_gateway_that_is_scraped_no_more_cannot_be_read(bed: Scraped, shop: str) -> None:
    bed.shows("gw-1", traefik(shop, a=10, b=5))
    bed.shows("gw-1", "")

    with pytest.raises(TryLater, match="the gateway's counters went away; is it still scraped"):
        bed.metrics(shop, "traefik").read("az1", shop)


def test_labels_that_change_with_each_scrape_are_new_beginnings(bed: Scraped, shop: str) -> None:
    sources = set()
    for build in range(3):
        bed.shows("other", f'hits{{svc="{shop}",slot="b",build="{build}"}} {100 - build}\n')
        sources.add(seen(bed.metrics(shop), shop)["b"].requests.source)

    assert len(sources) == 3


@pytest.mark.parametrize("value", ["NaN", "+Inf", "-1", "1.5", "1e300"])
def test_what_counts_nothing_is_refused(bed: Scraped, shop: str, value: str) -> None:
    bed.shows("other", f'hits{{svc="{shop}",slot="b"}} {value}\n')

    with pytest.raises(TryLater, match="counts nothing"):
        seen(bed.metrics(shop), shop)


def test_a_counter_of_the_app_that_counts_nothing_is_left_out_and_the_rest_is_read(bed: Scraped, shop: str) -> None:
    orders = f'orders{{svc="{shop}",slot="$slot"}}'
    text = f'hits{{svc="{shop}",slot="a"}} 40\nhits{{svc="{shop}",slot="b"}} 5\n'
    bed.shows("other", f'{text}orders{{svc="{shop}",slot="a"}} NaN\norders{{svc="{shop}",slot="b"}} 1\n')

    now = seen(bed.metrics(shop), shop, orders)

    assert [numbers(one) for one in now.values()] == [(40, 0), (5, 0)]
    assert now["a"].counters == {}
    assert now["b"].counters[orders].bad == 1


def test_a_slot_that_never_sold_anything_sold_nothing_and_a_counter_nobody_has_is_left_out(
    bed: Scraped, shop: str
) -> None:
    orders, typo = f'orders{{svc="{shop}",slot="$slot"}}', f'order{{svc="{shop}",slot="$slot"}}'
    text = f'hits{{svc="{shop}",slot="a"}} 40\nhits{{svc="{shop}",slot="b"}} 5\n'
    bed.shows("other", f'{text}orders{{svc="{shop}",slot="a"}} 3\n')

    now = seen(bed.metrics(shop), shop, orders, typo)

    assert [(one.counters[orders].total, one.counters[orders].bad) for one in now.values()] == [(40, 3), (5, 0)]
    assert typo not in now["a"].counters


def test_samples_out_of_order_and_twice_are_never_counted_twice(bed: Scraped, shop: str) -> None:
    line = f'hits{{svc="{shop}",slot="b"}}'
    bed.shows("other", f"{line} 50\n")
    before = seen(bed.metrics(shop), shop)["b"]

    bed.shows("other", f"{line} 900 1000\n{line} 51\n{line} 51\n{line} 950\n")  # long ago; then one stamp thrice

    after = seen(bed.metrics(shop), shop)["b"]
    assert after.requests.total in (50, 51)
    assert before.requests.total == 50


def test_an_old_sample_says_nothing_of_now(bed: Scraped, shop: str) -> None:
    """A timestamp of its own keeps a sample in sight for five minutes after the last scrape that moved it."""
    import time

    bed.shows("other", f'hits{{svc="{shop}",slot="b"}} 50 {int(time.time() - 60) * 1000}\n')

    with pytest.raises(TryLater, match=r"its latest scrape was \d+ s ago"):
        seen(bed.metrics(shop), shop)


def test_a_histogram_is_read_whole_or_not_at_all(bed: Scraped, shop: str) -> None:
    own = OwnSeries(OWN.requests, OWN.failed, f'took_bucket{{svc="{shop}",slot="$slot"}}')
    about = f'svc="{shop}",slot="b"'
    rows = f'took_bucket{{{about},le="0.5"}} 4\ntook_bucket{{{about},le="0.1"}} 3\n'
    bed.shows("other", f'hits{{{about}}} 6\n{rows}took_bucket{{{about},le="+Inf"}} 6\n')
    whole = seen(bed.metrics(shop), shop, own=own)["b"]

    bed.shows("other", f"hits{{{about}}} 6\n{rows}")

    assert dict(whole.buckets) == {0.1: 3, 0.5: 4, float("inf"): 6}
    assert seen(bed.metrics(shop), shop, own=own)["b"].buckets == {}


def test_hostile_labels_stay_values(bed: Scraped, shop: str) -> None:
    hostile = r"\"} or vector(99) #\n\\"
    bed.shows("other", f'hits{{svc="{shop}",slot="b",path="{hostile}"}} 5\nhits{{svc="{shop}.",slot="b"}} 70\n')

    assert numbers(seen(bed.metrics(shop), shop)["b"]) == (5, 0)


def test_what_the_installation_says_of_a_cluster_holds_for_every_series(bed: Scraped, shop: str) -> None:
    rows = [f'hits{{svc="{shop}",slot="b",cluster="{cluster}"}} {n}' for cluster, n in (("az1", 5), (r"az\"2", 70))]
    bed.shows("other", "\n".join(rows) + "\n")

    assert numbers(seen(bed.metrics(shop, where={"cluster": "az1"}), shop)["b"]) == (5, 0)
    assert numbers(seen(bed.metrics(shop, where={"cluster": 'az"2'}), shop)["b"]) == (70, 0)


GATEWAYS = {
    "traefik": (
        'traefik_service_requests_total{exported_service="r-svc-web-SHOP-b-1-80@kubernetesgateway",code="200"} 7\n'
        'traefik_service_requests_total{exported_service="r-svc-web-SHOP-b-1-80@kubernetesgateway",code="503"} 3\n'
    ),
    "envoy-gateway": (
        'envoy_cluster_upstream_rq_xx{envoy_cluster_name="httproute/web/SHOP/rule/0/backend/1",'
        'envoy_response_code_class="2"} 7\n'
        'envoy_cluster_upstream_rq_xx{envoy_cluster_name="httproute/web/SHOP/rule/0/backend/1",'
        'envoy_response_code_class="5"} 3\n'
        'envoy_cluster_upstream_rq_time_bucket{envoy_cluster_name="httproute/web/SHOP/rule/0/backend/1",le="500"} 9\n'
        'envoy_cluster_upstream_rq_time_bucket{envoy_cluster_name="httproute/web/SHOP/rule/0/backend/1",le="+Inf"} 10\n'
    ),
    "istio": (
        'istio_requests_total{reporter="source",destination_service_name="SHOP-b-1",'
        'destination_service_namespace="web",response_code="200"} 7\n'
        'istio_requests_total{reporter="source",destination_service_name="SHOP-b-1",'
        'destination_service_namespace="web",response_code="500"} 3\n'
        'istio_requests_total{reporter="destination",destination_service_name="SHOP-b-1",'
        'destination_service_namespace="web",response_code="500"} 3\n'
    ),
    "nginx-gateway-fabric": (
        'nginx_http_upstream_peer_responses_total{nginx_upstream_name="web_SHOP-b-1_80",nginx_status_range="2xx"} 7\n'
        'nginx_http_upstream_peer_responses_total{nginx_upstream_name="web_SHOP-b-1_80",nginx_status_range="5xx"} 3\n'
    ),
    "http": (
        'http_requests_total{namespace="web",pod="SHOP-b-7c9-x2x",status="200"} 7\n'
        'http_requests_total{namespace="web",pod="SHOP-b-7c9-x2x",status="500"} 3\n'
        'http_requests_total{namespace="web",pod="SHOP-a-7c9-x2x",status="500"} 90\n'
        'http_requests_total{namespace="web",pod="SHOP-b-b-7c9-x2x",status="500"} 90\n'
    ),
}


@pytest.mark.parametrize("counts", GATEWAYS)
def test_the_usual_counters_of_each_gateway_are_known(bed: Scraped, shop: str, counts: str) -> None:
    bed.shows("gw-1", GATEWAYS[counts].replace("SHOP", shop))

    now = dict(bed.metrics(shop, counts).read("az1", shop))["b"]

    assert numbers(now) == (10, 3)
    assert dict(now.buckets) in ({}, {0.5: 9, float("inf"): 10})


def test_pods_that_count_themselves_are_told_apart_and_a_new_beginning_is_another_pod(bed: Scraped, shop: str) -> None:
    def page(first: int, bad: int) -> str:
        return (
            f'hits{{slot="b",svc="{shop}",pod="b-1",ok="yes"}} {first}\n'
            f'hits{{slot="b",svc="{shop}",pod="b-1",ok="no"}} {bad}\n'
            f'hits{{slot="b",svc="{shop}",pod="b-2",ok="yes"}} 40\n'
        )

    bed.shows("gw-1", page(60, 3))
    before = by_pod(seen(bed.metrics(shop), shop)["b"])
    bed.shows("gw-1", page(5, 0))
    after = by_pod(seen(bed.metrics(shop), shop)["b"])

    assert sorted(before.values()) == [(40, 0), (63, 3)]
    assert sorted(after.values()) == [(5, 0), (40, 0)]
    assert [name.partition("@")[0] for name in sorted(before)] == ["b-1", "b-2"]
    assert len(set(before) & set(after)) == 1


def by_pod(one: SlotCounts) -> dict[str, tuple[int, int]]:
    return {name: (count.total, count.bad) for name, count in one.pods.items()}


def test_a_gateway_does_not_tell_pods_apart(bed: Scraped, shop: str) -> None:
    bed.shows("gw-1", traefik(shop, a=90, b=5, bad=1))

    assert all(not one.pods for one in bed.metrics(shop, "traefik").read("az1", shop).values())


def test_a_slot_that_runs_nothing_counts_nothing_and_asks_nothing(tmp_path: Path, bed: Scraped) -> None:
    metrics = PrometheusMetrics(bed.metrics().prometheus, bed.metrics().series, lambda _: {"a": {}, "b": {}}, {})

    assert {slot: numbers(one) for slot, one in metrics.read("az1", "shop").items()} == {"a": (0, 0), "b": (0, 0)}
