"""The chart of Sluice itself: three parts of one image, and nothing that it does not need."""

import pytest

from .rendered import Manifest, of, refused, rendered
from .test_charts import PLATFORM


def part(name: str, *values: str) -> Manifest:
    """The container of a part."""
    (found,) = [
        one
        for one in of("Deployment", rendered("platform", PLATFORM, *values))
        if one["metadata"]["name"] == f"rel-{name}"
    ]
    return dict(found["spec"]["template"]["spec"]["containers"][0])


def test_web_worker_and_sweeper_are_commands_of_one_image() -> None:
    args = {name: part(name)["args"] for name in ("web", "worker", "sweeper")}

    assert args == {
        "web": ["gunicorn", "-c", "python:web.gunicorn_conf", "web:create_app()"],
        "worker": ["runners", "worker"],
        "sweeper": ["runners", "sweeper"],
    }
    assert len({part(name)["image"] for name in args}) == 1


def test_addresses_with_passwords_come_from_a_secret_and_stand_nowhere() -> None:
    for name in ("web", "worker", "sweeper"):
        given = {one["name"]: one for one in part(name, "connections=mine")["env"]}
        for variable in ("DATABASE_URL", "REDIS_URL"):
            assert given[variable]["valueFrom"]["secretKeyRef"] == {"name": "mine", "key": variable}
    assert not of("Secret", rendered("platform", PLATFORM))


def test_the_database_is_migrated_before_anything_of_a_version_runs() -> None:
    (job,) = of("Job", rendered("platform", PLATFORM))

    assert job["metadata"]["annotations"]["helm.sh/hook"] == "pre-install,pre-upgrade"
    assert job["spec"]["template"]["spec"]["containers"][0]["args"] == ["pipeline.store.migrate"]
    assert "serviceAccountName" not in job["spec"]["template"]["spec"], "the account is not there yet before an install"


def test_it_has_no_rights_in_its_own_cluster() -> None:
    made = rendered("platform", PLATFORM)

    assert not [one for one in made if one["kind"] in ("Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding")]


def test_a_change_of_platform_yaml_starts_the_parts_anew() -> None:
    def stamps(text: str) -> set[str]:
        made = of("Deployment", rendered("platform", f"platform={text}"))
        return {one["spec"]["template"]["metadata"]["annotations"]["sluice.dev/platform"] for one in made}

    assert len(stamps("one") | stamps("two")) == 2


def test_a_route_or_an_ingress_leads_to_the_host_that_people_use() -> None:
    values = (PLATFORM, "url=https://sluice.example.org:8443", "route.enabled=true", "ingress.enabled=true")
    (route,), (ingress,) = of("HTTPRoute", rendered("platform", *values)), of("Ingress", rendered("platform", *values))

    assert route["spec"]["hostnames"] == [ingress["spec"]["rules"][0]["host"]] == ["sluice.example.org"]


def test_nobody_asks_a_worker_or_a_sweeper() -> None:
    policies = {one["metadata"]["name"]: one["spec"] for one in of("NetworkPolicy", rendered("platform", PLATFORM))}

    assert set(policies) == {"rel-web", "rel-worker", "rel-sweeper"}
    assert "ingress" not in policies["rel-worker"]
    assert "ingress" not in policies["rel-sweeper"]


def test_the_home_outlives_the_chart() -> None:
    (claim,) = of("PersistentVolumeClaim", rendered("platform", PLATFORM))

    assert claim["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep"
    assert not of("PersistentVolumeClaim", rendered("platform", PLATFORM, "home.existingClaim=mine"))


@pytest.mark.parametrize(
    ("values", "where"),
    [
        ((), "/platform"),
        ((PLATFORM, "url=http://sluice.example.org"), "/url"),
        ((PLATFORM, "url=https://sluice.example.org/path"), "/url"),
        ((PLATFORM, "worker.replicas=0"), "/worker/replicas"),
        ((PLATFORM, "connections="), "/connections"),
        ((PLATFORM, "home.size=big"), "/home/size"),
        ((PLATFORM, "wokrer.replicas=2"), "wokrer"),
    ],
)
def test_a_value_that_makes_no_sense_is_refused_with_its_place(values: tuple[str, ...], where: str) -> None:
    assert where in refused("platform", *values)
