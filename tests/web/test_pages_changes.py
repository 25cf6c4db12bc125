"""Before an approval: which commits are new, what the definition says now, and whether the targets are others."""

from pathlib import Path

import pytest

from pipeline.facts import Rendered
from pipeline.plan import make
from pipeline.store.changes import Brought, Changes, changes
from pipeline.store.restore import NewRelease
from tests.web import pages_app
from tests.web.stories import PLATFORM, Story, spec
from web.present.changes import news
from web.present.objects import told as objects_told


@pytest.fixture
def story(tmp_path: Path) -> Story:
    return pages_app.told().copy(tmp_path)


def found(story: Story, number: int) -> Changes | None:
    with story.sessions.reading() as session:
        return changes(session, number)


def test_the_commits_since_the_live_version_are_shown_before_the_question(story: Story) -> None:
    client = pages_app.sign_in(pages_app.make(story), story, "jonas")[0]

    for page in ("/releases/12", "/releases/12/ask/approve", "/approvals"):
        said = pages_app.words(client.get(page).text)
        assert "What is new since R-7 shop 1.1.0" in said
        assert "2 commits" in said
        assert "Before: Hostile" in said
        assert "Definition: 2 lines changed" in said
        assert "− approve: False" in said
        assert "+ approve: True" in said


def test_a_first_version_is_all_new_and_what_has_ended_is_compared_with_nothing(tmp_path: Path) -> None:
    fresh = Story(tmp_path)
    first = fresh.submit("cart", "1.0.0")

    told = found(fresh, first)
    assert told is not None
    assert told.since is None
    fresh.finish(first)
    assert found(fresh, first) is None


def test_what_went_live_since_is_not_called_new(tmp_path: Path) -> None:
    fresh = Story(tmp_path)
    fresh.finish(fresh.submit("cart", "1.0.0"))
    second = fresh.submit("cart", "1.1.0", "Second")
    definition, commit = spec("cart", approve=True), "c" * 40
    listed = ((commit, "Third", "mei"), (fresh.release(second).commit, "Second", "mei"), ("b" * 40, "Older", "mei"))
    new = NewRelease(
        "cart", "vmart", commit, definition, make(definition, PLATFORM), "app: cart", "def", commits=listed
    )
    fresh.finish(second)
    told = found(fresh, fresh.ledger.submit(new, actor="webhook"))

    assert told is not None
    assert [one.subject for one in told.commits] == ["Third"]


def test_other_targets_are_said_and_the_same_ones_too(story: Story) -> None:
    told = found(story, 12)
    assert told is not None
    same = news(Changes(told.since, (), "one\n", "one\n", configured_anew=False))
    other = news(Changes(told.since, (), "one\n", "one\ntwo\n", configured_anew=True))

    assert same is not None
    assert (same.definition, same.configuration) == (
        "The definition is the same.",
        "The configuration of its targets is the same.",
    )
    assert other is not None
    assert other.definition == "Definition: 1 line changed"
    assert other.configuration == "The configuration of its targets is another one."


ONE = (Rendered("Deployment", "cart-*", "image: one\nports: [80]\n"), Rendered("Service", "cart-*", "port: 80\n"))
TWO = (Rendered("Deployment", "cart-*", "image: two\nports: [80]\n"), ONE[1])


def asked(folder: Path, first: tuple[Rendered, ...], second: tuple[Rendered, ...]) -> tuple[Story, int]:
    """A release that waits for approval, and what it and the live one bring into each cluster."""
    fresh = Story(folder)
    live = fresh.submit("cart", "1.0.0")
    fresh.brings[live] = first
    fresh.finish(live)
    number = fresh.submit("cart", "1.1.0", "Second", approve=True)
    fresh.brings[number] = second
    fresh.until(number, lambda one: one.ahead.name == "canary az1")
    fresh.tick(number)
    return fresh, number


def objects(story: Story, number: int) -> list[tuple[str, str, list[str]]]:
    new = news(found(story, number))
    assert new is not None
    return [
        ("+".join(one.clusters), one.says, [f"{line.sign} {line.text}" for line in one.lines]) for one in new.objects
    ]


def test_the_objects_that_change_are_shown_wherever_somebody_is_asked(tmp_path: Path) -> None:
    story, number = asked(tmp_path, ONE, TWO)
    client = pages_app.sign_in(pages_app.make(story), story, "jonas")[0]

    for page in (f"/releases/{number}", f"/releases/{number}/ask/approve", "/approvals"):
        said = pages_app.words(client.get(page).text)
        assert "Objects in az1+az2+dr: 1 of 2 objects changes." in said
        assert "@ Deployment cart-*, line 1 − image: one + image: two ports: [80]" in said


def test_objects_that_stay_are_said_to_stay(tmp_path: Path) -> None:
    story, number = asked(tmp_path, ONE, ONE)

    assert objects(story, number) == [("az1+az2+dr", "nothing changes in 2 objects.", [])]


def test_new_and_gone_objects_are_shown_whole(tmp_path: Path) -> None:
    story, number = asked(tmp_path, ONE[1:], ONE[:1])

    (told,) = objects(story, number)
    assert told[1] == "2 of 2 objects change."
    assert told[2] == [
        "@ Deployment cart-*, line 1",
        "+ image: one",
        "+ ports: [80]",
        "@ Service cart-*, line 0",
        "− port: 80",
    ]


def test_clusters_that_change_otherwise_are_told_apart() -> None:
    since = None
    told = objects_told([Brought("az1", since, (), ONE), Brought("az2", since, (), TWO), Brought("dr", since, (), ONE)])

    assert [one.clusters for one in told] == [("az1", "dr"), ("az2",)]
    assert {one.says for one in told} == {"2 objects, all of them new."}


def test_what_was_not_kept_and_what_is_not_rendered_yet_is_said(story: Story) -> None:
    live = found(story, 12)
    assert live is not None
    unknown, late = objects_told([Brought("az1", live.since, None, ONE), Brought("az2", live.since, ONE, None)])

    assert unknown.says == "the objects of R-7 shop 1.1.0 were not kept, so all 2 are shown."
    assert (late.says, late.lines) == ("the objects are not rendered yet.", ())


def test_clusters_without_objects_say_nothing() -> None:
    assert objects_told([Brought("az1", None, (), ()), Brought("az2", None, (), None)]) == ()


def test_a_long_difference_is_cut_and_counted() -> None:
    long = (Rendered("Deployment", "cart-*", "line\n" * 250),)

    (told,) = objects_told([Brought("az1", None, (), long)])
    assert (len(told.lines), told.more) == (200, 51)


def test_each_cluster_is_compared_with_what_is_live_there(tmp_path: Path) -> None:
    story, number = asked(tmp_path, ONE, TWO)
    told = found(story, number)

    assert told is not None
    assert [(one.cluster, one.since.version if one.since else "", one.before, one.after) for one in told.brought] == [
        (cluster, "1.0.0", ONE, TWO) for cluster in ("az1", "az2", "dr")
    ]


def test_an_approval_counts_for_the_objects_that_were_shown(tmp_path: Path) -> None:
    story, number = asked(tmp_path, ONE, TWO)
    client, token = pages_app.sign_in(pages_app.make(story), story, "jonas")
    head = story.release(number)
    form = {"csrf_token": token, "expect_digest": head.digest, "expect_def": head.def_hash, "expect_cfg": "cfg-1"}

    answer = client.post(f"/releases/{number}/approve", data=form)

    assert answer.status_code == 409
    assert "target configuration changed" in answer.text


def test_the_api_has_every_object_with_what_a_vote_would_be_for(tmp_path: Path) -> None:
    story, number = asked(tmp_path, ONE, TWO)
    client = pages_app.sign_in(pages_app.make(story), story, "jonas")[0]

    told = client.get(f"/api/releases/{number}/changes").get_json()

    assert told["since"] == 1
    assert [one["cluster"] for one in told["clusters"]] == ["az1", "az2", "dr"]
    assert told["clusters"][0]["objects"] == [
        {
            "kind": "Deployment",
            "name": "cart-*",
            "change": "changed",
            "diff": "@@ -1,2 +1,2 @@\n-image: one\n+image: two\n ports: [80]",
        },
        {"kind": "Service", "name": "cart-*", "change": "same", "diff": ""},
    ]
    assert told["shown"] == client.get(f"/api/releases/{number}").get_json()["shown"]
    assert client.get("/api/releases/999/changes").status_code == 404
