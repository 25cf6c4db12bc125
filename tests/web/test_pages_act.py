"""What people do from pages: it asks first, it is written down once, and what is outdated is refused in words."""

import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from pipeline.facts import Rendered
from pipeline.store.pages import told
from tests.web import pages_app
from tests.web.stories import Story


@pytest.fixture
def story(tmp_path: Path) -> Story:
    return pages_app.told().copy(tmp_path)


def fields(html: str, action: str) -> dict[str, str]:
    """The hidden fields of the form that posts to `action`."""
    form = html.partition(f'action="{action}"')[2].partition("</form>")[0]
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form))


def said(story: Story, release_id: int) -> list[str]:
    """The lines of the journal, newest first."""
    with story.sessions.reading() as session:
        found = told(session, story.clock.at, release_id)
    assert found is not None
    return [f"{event.kind} {event.actor}" for event in found.events]


def browser(story: Story, name: str) -> FlaskClient:
    return pages_app.sign_in(pages_app.make(story), story, name)[0]


def test_an_approval_from_the_inbox_counts_for_what_was_shown(story: Story) -> None:
    client = browser(story, "jonas")
    form = fields(client.get("/approvals").text, "/releases/12/approve")
    answer = client.post("/releases/12/approve", data=form | {"comment": "Read it again."})

    assert answer.status_code == 303
    assert answer.headers["Location"] == "/approvals?done=approve"
    assert said(story, 12)[0] == "vote jonas"
    assert "2 of 2" in pages_app.words(client.get("/releases/12").text)


def test_an_approval_of_what_has_changed_is_refused_and_says_what_changed(story: Story) -> None:
    client = browser(story, "jonas")
    form = fields(client.get("/releases/12/ask/approve").text, "/releases/12/approve")
    story.configure("cfg-3", "shop")
    before = said(story, 12)
    answer = client.post("/releases/12/approve", data=form | {"comment": "kept words"})

    assert answer.status_code == 409
    assert f"target configuration changed from {form['expect_cfg']} to cfg-3; review again." in answer.text
    assert "kept words" in answer.text
    assert fields(answer.text, "/releases/12/approve")["expect_cfg"] == "cfg-3"
    assert said(story, 12) == before


def test_nobody_approves_objects_that_are_about_to_be_rendered_anew(story: Story) -> None:
    client = browser(story, "jonas")
    story.brings[12] = (Rendered("Deployment", "shop-*", "replicas: 5\n"),)
    story.configure("cfg-3", "shop")
    form = fields(client.get("/releases/12/ask/approve").text, "/releases/12/approve")

    early = client.post("/releases/12/approve", data=form)
    assert early.status_code == 409
    assert "The objects of R-12 are about to be rendered anew" in early.text

    story.tick(12)
    form = fields(client.get("/releases/12/ask/approve").text, "/releases/12/approve")
    assert client.post("/releases/12/approve", data=form).status_code == 303


def test_a_rejection_needs_a_comment(story: Story) -> None:
    client = browser(story, "jonas")
    form = fields(client.get("/releases/12/ask/reject").text, "/releases/12/reject")
    answer = client.post("/releases/12/reject", data=form | {"comment": " "})

    assert answer.status_code == 422
    assert "Reject needs a comment" in answer.text


@pytest.mark.parametrize(
    ("release_id", "action", "kind"),
    [(13, "pause", "pause"), (17, "resume", "resume"), (13, "rollback", "rollback"), (16, "cancel", "cancel")],
)
def test_each_question_leads_to_one_order(story: Story, release_id: int, action: str, kind: str) -> None:
    client = browser(story, "jonas")
    form = fields(client.get(f"/releases/{release_id}/ask/{action}").text, f"/releases/{release_id}/{action}")
    answer = client.post(f"/releases/{release_id}/{action}", data=form | {"reason": "as discussed"})

    assert answer.status_code == 303
    assert answer.headers["Location"] == f"/releases/{release_id}?done={action}"
    assert said(story, release_id)[0] == f"{kind} jonas"


def test_a_live_release_goes_back_by_a_release_of_its_own(story: Story) -> None:
    client = browser(story, "jonas")
    form = fields(client.get("/releases/7/ask/rollback").text, "/releases/7/rollback")
    answer = client.post("/releases/7/rollback", data=form)

    assert answer.status_code == 303
    assert answer.headers["Location"] == "/releases/18?done=rollback"
    assert "return to an older version" in client.get("/releases/18").text


def test_whoever_may_not_act_sees_no_button_and_is_refused(story: Story) -> None:
    client, token = pages_app.sign_in(pages_app.make(story), story, "vera")
    page = client.get("/releases/13").text

    assert '<dialog id="q-' not in page
    assert client.get("/releases/13/ask/rollback").status_code == 403
    answer = client.post("/releases/13/rollback", data={"csrf_token": token})
    assert answer.status_code == 403
    assert "vera is viewer" in answer.text


def test_a_form_without_its_token_does_nothing(story: Story) -> None:
    client = browser(story, "jonas")
    before = said(story, 13)

    assert client.post("/releases/13/rollback", data={"reason": "x"}).status_code == 403
    assert client.post("/releases/13/rollback", data={"csrf_token": "x"}).status_code == 403
    assert said(story, 13) == before


def test_a_freeze_is_entered_shown_and_lifted(story: Story) -> None:
    client, token = pages_app.sign_in(pages_app.make(story), story, "jonas")
    given = {"csrf_token": token, "name": "Stock count", "reason": "counting", "weekly": "Fri 16:00 - Mon 08:00"}
    answer = client.post("/freezes", data=given | {"zone": "Europe/Berlin", "apps": ["cart"]})

    assert answer.status_code == 303
    page = pages_app.words(client.get("/calendar").text)
    assert "Stock count" in page
    assert "every week, Fri 16:00 - Mon 08:00, Europe/Berlin" in page
    assert "cart in all clusters" in page
    assert client.post("/freezes/2/lift", data={"csrf_token": token}).status_code == 303
    assert "Stock count" not in client.get("/calendar").text
    assert client.post("/freezes/2/lift", data={"csrf_token": token}).status_code in (404, 409)


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"name": "", "reason": "r"}, "needs a name and a reason"),
        ({"name": "n", "reason": "r", "starts": "soon"}, "From is no time"),
        (
            {"name": "n", "reason": "r", "starts": "2026-11-27T16:00", "ends": "2026-11-27T15:00"},
            "end before it starts",
        ),
        ({"name": "n", "reason": "r", "zone": "Mars/Base"}, "Mars/Base"),
        ({"name": "n", "reason": "r", "weekly": "whenever"}, "whenever"),
        ({"name": "n", "reason": "r", "apps": "nothing"}, "nothing is no app or cluster"),
    ],
)
def test_a_freeze_that_cannot_be_is_refused_and_the_form_keeps_its_words(
    story: Story, given: dict[str, str], problem: str
) -> None:
    client, token = pages_app.sign_in(pages_app.make(story), story, "jonas")
    answer = client.post("/freezes", data=given | {"csrf_token": token})

    assert answer.status_code == 422
    assert problem in answer.text
    assert f'value="{given["reason"]}"' in answer.text
