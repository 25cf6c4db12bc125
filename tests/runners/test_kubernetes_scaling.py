"""Who set the replicas of a Deployment last, as the API server notes it, and what follows from that."""

import pytest

from runners.clusters.kubernetes import scaling


def deployment(replicas, *noted):
    """As read; `noted`: manager and subresource of those who own the replicas."""
    fields = [
        {"manager": manager, "subresource": by, "fieldsV1": {"f:spec": {"f:replicas": {}}}} for manager, by in noted
    ]
    status = {"manager": scaling.AUTOSCALER, "subresource": "status", "fieldsV1": {"f:status": {"f:replicas": {}}}}
    meta = {"name": "shop-a", "resourceVersion": "7", "managedFields": [status, *fields]}
    return {"metadata": meta, "spec": {"replicas": replicas}}


SCALED, OURS = deployment(9, (scaling.AUTOSCALER, "scale")), deployment(9, ("sluice", ""))
BY_HAND, BY_SCALE = deployment(9, ("kubectl", "scale")), deployment(9, ("sluice", "scale"))


class Server:
    """Writes down what it is asked."""

    def __init__(self):
        self.asked = []

    def scale(self, namespace, name, replicas, version):
        self.asked.append(("scale", name, replicas, version))
        return "8"

    def apply(self, body, namespace):
        self.asked.append(("apply", body["spec"]["replicas"], body["metadata"]["resourceVersion"]))
        return body


@pytest.mark.parametrize(
    ("found", "wanted", "due"),
    [
        pytest.param(SCALED, 4, 9, id="what-it-raised-stays"),
        pytest.param(SCALED, 12, 12, id="more-may-be-needed"),
        pytest.param(SCALED, 0, 0, id="a-slot-that-ends"),
        pytest.param(OURS, 4, 4, id="nobody-scaled"),
        pytest.param(BY_HAND, 4, 4, id="a-person-is-no-autoscaler"),
        pytest.param(None, 4, 4, id="nothing-is-there-yet"),
    ],
)
def test_an_autoscaler_may_have_raised_them(found, wanted, due):
    assert scaling.due(wanted, found) == due


@pytest.mark.parametrize("found", [SCALED, BY_SCALE], ids=["by-an-autoscaler", "by-us-after-it"])
def test_where_they_are_set_by_the_scale_that_comes_first(found):
    server = Server()

    scaling.put(server, {"metadata": {}, "spec": {"replicas": 0}}, found, "shop")

    assert server.asked == [("scale", "shop-a", 0, "7"), ("apply", 0, "8")]


@pytest.mark.parametrize(
    ("found", "replicas"), [(OURS, 0), (BY_HAND, 0), (SCALED, 9)], ids=["ours", "by-hand", "as-they-are"]
)
def test_else_they_are_applied_and_a_person_s_are_a_conflict(found, replicas):
    server = Server()

    scaling.put(server, {"metadata": {}, "spec": {"replicas": replicas}}, found, "shop")

    assert server.asked == [("apply", replicas, "7")]
