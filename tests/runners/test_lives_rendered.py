"""Whole lives of releases: what they bring is rendered before anybody is asked, and agreed to as it was shown."""

import json

import pytest

from pipeline.errors import Refused
from pipeline.pinned import configuration
from pipeline.store.changes import changes
from tests.rules import shop
from tests.runners.fake_world import DEFINITION, Office

ASKS = DEFINITION.replace("soak: 10s}", "soak: 10s, gates: [{approval: {from: release-managers}}]}", 1)


@pytest.fixture
def office(tmp_path):
    one = Office(tmp_path, definition=ASKS)
    one.desk.people.add("lena", "release manager", "no password", email="", actor="setup")
    return one


def asked(office, version):
    release_id = office.push(version)
    office.play(release_id, until="Waits for approval")
    return release_id


def brought(office, release_id):
    with office.sessions.reading() as session:
        found = changes(session, release_id)
    return {one.cluster: (one.before, one.after) for one in found.brought}


def reconfigured():
    """What platform.yaml says, with more room in a cluster."""
    told = json.loads(configuration(shop.platform(), "shop"))
    return json.dumps({**told, "clusters": {"az1": {"capacity": 99}}})


def test_before_anybody_is_asked_everything_is_rendered_for_every_cluster(office):
    release_id = asked(office, "v1")

    digest = office.row(release_id).digest
    assert {cluster: after[0].text for cluster, (_, after) in brought(office, release_id).items()} == dict.fromkeys(
        ("az1", "az2", "dr"), f"image: {digest}\nreplicas: 4\n"
    )


def test_the_next_version_is_compared_with_what_the_live_one_brought(office):
    first = asked(office, "v1")
    office.ledger.vote(first, "lena", yes=True)
    assert office.play(first) == "live"

    second = asked(office, "v2")

    (before,), (after,) = brought(office, second)["az1"]
    assert office.row(first).digest in before.text
    assert office.row(second).digest in after.text


def test_a_changed_configuration_renders_anew_and_voids_what_was_agreed(office):
    release_id = asked(office, "v1")
    office.ledger.vote(release_id, "lena", yes=True)
    office.configure(reconfigured())
    with pytest.raises(Refused, match="about to be rendered anew"):
        office.ledger.vote(release_id, "lena", yes=True)

    office.step(release_id)

    assert "the approval of lena is outdated" in office.row(release_id).waiting
    assert all(after is not None for _, after in brought(office, release_id).values())
    office.ledger.vote(release_id, "lena", yes=True)
    assert office.play(release_id) == "live"


def test_what_cannot_be_rendered_ends_a_release_before_it_touches_anything(office):
    office.clusters["dr"].unrenderable = "platform.yaml does not say where the images are"
    release_id = office.push("v1")

    assert office.play(release_id) == "rolled back"

    row = office.row(release_id)
    assert "dr: platform.yaml does not say where the images are" in row.why
    assert not any(cluster.writes for cluster in office.clusters.values())


def test_a_release_that_goes_back_renders_nothing(office):
    for version in ("v1", "v2"):
        release_id = asked(office, version)
        office.ledger.vote(release_id, "lena", yes=True)
        office.play(release_id, until="Evidence")
    office.configure(reconfigured())
    office.clusters["az1"].unrenderable = "nothing can be rendered any more"
    office.ledger.ask(release_id, "rollback", "lena")

    assert office.play(release_id) == "rolled back"
    assert office.row(release_id).reason_kind == "cancelled"
