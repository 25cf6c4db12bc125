"""The gateway's configuration says what the slots say, and reads back as what it says."""

from runners.gateway import NOWHERE, Leaf, Route, leaf_name, read_back, render, slot_of


def route(cluster: str = "az1", service: str = "shop", a: int = 90, b: int = 10) -> Route:
    leaves = (
        Leaf(leaf_name(cluster, service, "a", 1, "sha256:aaaa"), a, (20001, 20002)),
        Leaf(leaf_name(cluster, service, "b", 2, "sha256:bbbb"), b, (20003,)),
    )
    return Route(cluster, service, leaves)


def test_a_leaf_is_named_for_cluster_service_slot_and_content() -> None:
    name = leaf_name("az1", "shop", "b", 7, "sha256:0123456789abcdef")

    assert (name, slot_of(name)) == ("az1_shop_b_7_0123456789ab", "b")


def test_what_is_rendered_reads_back() -> None:
    applied = read_back(render([route()], {"az1": 100})["http"])

    assert applied.of("az1_shop") == {"a": 90, "b": 10}
    assert applied.urls == {f"http://127.0.0.1:{port}" for port in (20001, 20002, 20003)}


def test_what_traefik_reports_reads_back_without_its_suffixes() -> None:
    reported = {
        "services": {
            "az1_shop@file": {"weighted": {"services": [{"name": "az1_shop_a_1_aa@file", "weight": 5}]}},
            "az1_shop_a_1_aa@file": {"loadBalancer": {"servers": [{"url": "http://127.0.0.1:20001"}]}},
            "api@internal": {"status": "enabled"},
        }
    }

    applied = read_back(reported)

    assert applied.of("az1_shop") == {"a": 5}
    assert applied.urls == {"http://127.0.0.1:20001"}


def test_the_split_in_a_cluster_is_exact_and_the_front_door_sticks() -> None:
    services = render([route()], {"az1": 100})["http"]["services"]

    assert "sticky" not in services["az1_shop"]["weighted"]
    assert services["front_shop"]["weighted"]["sticky"]["cookie"] == {
        "name": "sluice_cluster",
        "httpOnly": True,
        "sameSite": "lax",
    }


def test_the_front_door_leads_to_clusters_elsewhere_when_none_is_here() -> None:
    outside = {"az1": "http://10.0.0.1", "dr": "https://10.0.0.2:8443"}

    http = render([], {"az1": 70, "dr": 30}, outside)["http"]

    assert http["routers"].keys() == {"front_outside"}
    assert read_back(http).weights == {"front_outside": {"outside_az1": 70, "outside_dr": 30}}
    assert read_back(http).urls == set(outside.values())
    assert "outside_az1" not in render([route()], {"az1": 100}, outside)["http"]["services"]


def test_the_front_door_leaves_out_clusters_that_serve_nothing() -> None:
    routes = [route("az1"), route("az2", a=0, b=0)]

    services = render(routes, {"az1": 50, "az2": 50})["http"]["services"]

    assert services["front_shop"]["weighted"]["services"] == [{"name": "az1_shop", "weight": 50}]


def test_the_first_service_takes_what_no_host_names() -> None:
    routers = render([route(), route(service="blog")], {"az1": 100})["http"]["routers"]

    rest = {name: one["service"] for name, one in routers.items() if one["rule"] == "PathPrefix(`/`)"}
    assert rest == {"az1_shop_rest": "az1_shop", "front_shop_rest": "front_shop"}
    assert routers["az1_blog"]["rule"] == "Host(`blog.localhost`)"


def test_traffic_without_a_replica_fails_where_it_is_counted() -> None:
    empty = Route("az1", "shop", (Leaf("az1_shop_a_1_aa", 100, ()), Leaf("az1_shop_b_2_bb", 0, ())))

    http = render([empty], {"az1": 100})["http"]

    assert http["services"]["az1_shop_a_1_aa"]["loadBalancer"]["servers"] == [{"url": NOWHERE}]
    assert http["services"]["az1_shop_b_2_bb"]["loadBalancer"]["servers"] == []
    assert read_back(http).urls == frozenset()


def test_nothing_to_serve_is_a_configuration_too() -> None:
    assert "routers" not in render([], {})["http"]
