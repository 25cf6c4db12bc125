"""What is read of the metrics: failed requests always, latency and counters of the app where they are judged."""

from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Barrier, Thread
from typing import Any

import pytest

from pipeline import plan
from pipeline.facts import Count, PodCount, Reading
from pipeline.verdict import Pass
from runners.counted import OwnSeries
from runners.metrics.replicas import apart, counted, pages, summed
from runners.observe import observe
from runners.stages import Ran
from tests.rules import shop
from tests.runners.stage_bed import Bed

JUDGED = {"judge": {"latency": {"margin": "1pp"}, "falls": {"orders": {"counter": "shop_orders_total"}}}}


def seen(bed: Bed, **judge: Any) -> dict[str, tuple[Count | None, Count | None]]:
    """The readings of R-7 at 10 % in az1, by metric."""
    return {one.metric: (one.canary, one.stable) for one in readings(bed, **judge)}


def readings(bed: Bed, **judge: Any) -> tuple[Reading, ...]:
    """The readings of R-7 at 10 % in az1."""
    spec = shop.app(**judge)
    release = shop.release("canary az1", 10, spec=spec, plan=plan.make(spec, shop.platform()))
    return observe(release, bed.world, Ran(Pass()), shop.NOON).readings


@pytest.fixture
def bed() -> Bed:
    """R-7 has its canary in az1, and both slots were asked."""
    one = Bed()
    one.finish(shop.release("canary az1", 10))
    metrics = one.world.metrics["az1"]
    metrics.asked("az1", "shop", "a", 900, seconds=0.01)  # type: ignore[attr-defined]  # the fake's
    metrics.asked("az1", "shop", "b", 90, bad=2, seconds=0.01)  # type: ignore[attr-defined]
    metrics.asked("az1", "shop", "b", 10, seconds=0.2)  # type: ignore[attr-defined]
    return one


def numbers(count: Count | None) -> tuple[int, int] | None:
    return (count.total, count.bad) if count else None


def test_without_further_keys_only_failed_requests_are_read(bed):
    assert list(seen(bed)) == ["errors"]


def test_latency_is_read_at_the_edges_that_a_request_went_over(bed):
    found = seen(bed, judge={"latency": {}})

    assert list(found) == ["errors", "latency 0.005", "latency 0.05"]
    assert [numbers(one) for one in found["latency 0.005"]] == [(100, 100), (900, 900)]
    assert [numbers(one) for one in found["latency 0.05"]] == [(100, 10), (900, 0)]


def test_a_counter_of_the_app_is_read_beside_the_requests(bed):
    bed.world.metrics["az1"].sold.update(a=45, b=3)

    found = seen(bed, **JUDGED)

    assert [numbers(one) for one in found["orders"]] == [(100, 3), (900, 45)]


def test_the_series_that_an_app_names_are_asked_for(bed):
    own = {"requests": 'hits{slot="$slot"}', "failed": 'hits{slot="$slot", ok="no"}'}

    seen(bed, judge={"errors": {"counters": own}, "latency": {"buckets": 'took_bucket{slot="$slot"}'}})

    asked = bed.world.metrics["az1"].asked_for
    assert asked == OwnSeries(own["requests"], own["failed"], 'took_bucket{slot="$slot"}', "http_requests_total")


def test_a_counter_that_cannot_be_read_is_a_reading_without_counts(bed):
    assert seen(bed, **JUDGED)["orders"] == (None, None)


# ---- the replicas themselves --------------------------------------------------------------------------------------


@pytest.fixture
def page() -> Iterator[dict[int, str | Callable[[], str]]]:
    """Replicas on real ports; what each shows at /metrics, or does to show it, by its port."""
    pages: dict[int, str | Callable[[], str]] = {}

    class Replica(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            shown = pages.get(self.server.server_address[1], "")
            text = shown() if callable(shown) else shown
            self.send_response(200 if text else 500)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            """Nothing to say."""

    servers = [ThreadingHTTPServer(("127.0.0.1", 0), Replica) for _ in range(2)]
    for server in servers:
        pages[server.server_address[1]] = ""
        Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield pages
    for server in servers:
        server.shutdown()
        server.server_close()


def test_the_counters_of_all_replicas_are_one(page):
    one, other = page
    page[one] = 'shop_orders_total{version="v2"} 3.0\nshop_orders_total{version="v1"} 1.0\n# HELP x\nx NaN\n'
    page[other] = "shop_orders_total 4 1700000000\n"

    found = counted(pages([("b1", one), ("b2", other)]), ["shop_orders_total", "x"], Count("leaf@1", 100, 2))

    assert found == {"shop_orders_total": Count("leaf@1+b1,b2", 100, 8)}


def test_a_replica_that_does_not_answer_leaves_no_part_of_a_sum(page):
    one, other = page
    page[one] = "shop_orders_total 3\n"

    assert counted(pages([("b1", one), ("b2", other)]), ["shop_orders_total"], Count("leaf@1", 100)) == {}
    assert counted(pages([("b1", one), ("b2", 1)]), ["shop_orders_total"], Count("leaf@1", 100)) == {}


def test_replicas_are_asked_together_so_that_one_which_hangs_holds_up_no_other(page):
    one, other = page
    asked = Barrier(2)

    def when_both_are_asked() -> str:
        asked.wait(5)
        return "orders 3\n"

    page[one] = page[other] = when_both_are_asked

    assert counted(pages([("b1", one), ("b2", other)]), ["orders"], Count("leaf@1", 100))["orders"].bad == 6


@pytest.mark.parametrize("value", ["NaN", "+Inf", "1.5", "x"])
def test_what_is_no_whole_number_is_no_counter(value):
    assert summed(f"orders 3\nsales {value}\n") == {"orders": 3}


def test_a_slot_without_replicas_has_sold_nothing():
    assert counted({}, ["orders"], Count("", 0)) == {"orders": Count("", 0, 0)}


# ---- by pod -------------------------------------------------------------------------------------------------------


def test_requests_of_each_pod_are_read_where_they_are_told_apart(bed):
    bed.world.metrics["az1"].pods.update({"b": {"b-1": (100, 2)}, "a": {"a-1": (450, 1), "a-2": (450, 0)}})

    (errors,) = readings(bed)

    assert bed.world.metrics["az1"].asked_for.pods == "http_requests_total"
    assert errors.pods == (
        PodCount("b-1", True, 100, 2),
        PodCount("a-1", False, 450, 1),
        PodCount("a-2", False, 450, 0),
    )


def test_whoever_says_that_requests_are_counted_has_no_pods_asked(bed):
    readings(bed, judge={"unit": "request"})

    assert bed.world.metrics["az1"].asked_for.pods == ""


def test_a_pod_counts_its_requests_and_those_that_failed(page):
    one, other = page
    page[one] = 'hits_total{path="/a,status=",status="200"} 7\nhits_total{status="503",path="/"} 2\nhits_totals 4\n'
    page[other] = 'hits_total{code="500"} 1\n'

    found = apart(pages([("b1", one), ("b2", other)]), "hits_total")

    assert found == {"b1": Count("b1", 9, 2), "b2": Count("b2", 1, 1)}


@pytest.mark.parametrize("shown", ["", 'hits_total{status="200"} NaN', "hits 3"])
def test_a_pod_that_shows_no_whole_numbers_is_not_told_apart(page, shown):
    one, _ = page
    page[one] = shown

    assert apart(pages([("b1", one), ("gone", 1)]), "hits_total") == {}
