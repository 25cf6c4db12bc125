"""The chart of the guard: who it is, what it may do, and when the witness stands beside it."""

import pytest

from .rendered import POLICIES, of, refused, rendered


def test_two_guards_run_the_command_of_the_image() -> None:
    (guard,) = of("Deployment", rendered("guard", "namespaces={shop,search}", "ttl=45"))
    (container,) = guard["spec"]["template"]["spec"]["containers"]

    assert guard["spec"]["replicas"] == 2
    assert container["args"] == ["runners", "guard", "gateway", "45", "shop", "search"]


def test_it_may_read_move_weights_and_change_replicas_where_it_guards_and_nowhere_else() -> None:
    objects = rendered("guard", "namespaces={shop,search}")
    roles = of("Role", objects)

    assert [role["metadata"]["namespace"] for role in roles] == ["shop", "search"]
    assert {verb for role in roles for rule in role["rules"] for verb in rule["verbs"]} == {
        "get", "list", "update", "patch",
    }  # fmt: skip
    assert {name for role in roles for rule in role["rules"] for name in rule["resources"]} == {
        "httproutes", "deployments", "deployments/scale",
    }  # fmt: skip
    assert not of("ClusterRole", objects)
    assert not of("ClusterRoleBinding", objects)


def test_without_a_gateway_it_looks_after_services() -> None:
    objects = rendered("guard", "split=replicas")
    (role,), (guard,) = of("Role", objects), of("Deployment", objects)

    assert [rule["resources"] for rule in role["rules"]] == [["services"], ["deployments"], ["deployments/scale"]]
    assert guard["spec"]["template"]["spec"]["containers"][0]["args"][:3] == ["runners", "guard", "replicas"]


def test_the_witness_is_on_where_the_api_server_knows_it() -> None:
    named = [one["metadata"]["name"] for one in of("ValidatingAdmissionPolicy", rendered("guard"))]

    assert named == ["sluice-witness", "sluice-approvals"]
    assert len(of("ValidatingAdmissionPolicyBinding", rendered("guard"))) == 2
    assert not of("ValidatingAdmissionPolicy", rendered("guard", without=POLICIES))
    assert not of("ValidatingAdmissionPolicy", rendered("guard", "witness.enabled=false"))


def test_an_image_by_digest_wins_over_its_tag() -> None:
    digest = f"sha256:{'1' * 64}"
    objects = rendered("guard", "image.repository=reg/sluice", "image.tag=v9", f"image.digest={digest}")
    (guard,) = of("Deployment", objects)

    assert guard["spec"]["template"]["spec"]["containers"][0]["image"] == f"reg/sluice@{digest}"


@pytest.mark.parametrize(
    ("value", "where"),
    [
        ("ttl=10", "/ttl"),
        ("ttl=soon", "/ttl"),
        ("namespaces={}", "/namespaces"),
        ("namespaces={Shop}", "/namespaces/0"),
        ("image.digest=latest", "/image/digest"),
        ("replicas=0", "/replicas"),
        ("split=mesh", "/split"),
        ("replica=3", "replica"),
    ],
)
def test_a_value_that_makes_no_sense_is_refused_with_its_place(value: str, where: str) -> None:
    assert where in refused("guard", value)
