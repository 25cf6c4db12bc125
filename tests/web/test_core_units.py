"""What is one observation to the judge: shown with a release, chosen for an app, and chosen anew when asked."""

from pathlib import Path

import pytest
from sqlalchemy import select

from pipeline.store.tables import EventRow
from pipeline.store.units import Units
from tests.web.stories import shops_past


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every test begins with a copy of these three releases."""
    return shops_past(tmp_path_factory.mktemp("past"))


def test_a_release_says_by_what_it_is_judged_in_each_cluster(program):
    shown = program("vera").get("/releases/2").json["paths"]
    told = program("vera").get("/releases/2/explain").json["lines"]

    assert [(one["cluster"], one["unit"]) for one in shown] == [
        ("az1", "request"),
        ("az2", "request"),
        ("dr", "request"),
    ]
    assert "Judged in az1 request by request, since its pods are not told apart where requests are counted." in told


def test_a_first_version_is_judged_by_nothing(program):
    assert program("vera").get("/releases/1").json["paths"] == []


def test_the_page_of_a_release_says_by_what_it_is_judged(browser):
    page = browser("vera").client.get("/releases/2").get_data(as_text=True)

    assert "Judged in az1 request by request, since its pods are not told apart" in page


def test_an_app_that_was_never_asked_says_so(program):
    found = program("vera").get("/apps/shop/unit").json

    assert (found["unit"], found["at"], found["due"], found["trials"]) == ("", None, None, [])
    assert found["why"] == "its history was not asked yet"


def test_what_was_chosen_is_shown_with_its_date_and_figures(program, here):
    chosen = Units(here.sessions).choose("shop")
    found = program("vera").get("/apps/shop/unit").json

    assert (found["unit"], found["seconds"], found["kept"]) == ("", 0.0, True)
    assert found["why"] == chosen.why
    assert found["at"] is not None


def test_a_person_has_it_chosen_anew_and_that_is_in_the_journal(program, here):
    Units(here.sessions).choose("shop")
    answer = program("dan").post("/apps/shop/unit", {"reason": "counters are new"})

    assert answer.status_code == 202
    assert answer.json["told"] == "The unit of shop is chosen anew."
    assert Units(here.sessions).due(["shop"]) == ["shop"]
    with here.sessions.reading() as session:
        last = session.scalars(select(EventRow).order_by(EventRow.id.desc()).limit(1)).one()
    assert (last.kind, last.actor) == ("choose", "dan")


@pytest.mark.parametrize("method", ["get", "post"])
def test_an_app_that_is_not_there_is_404(program, method):
    body = ({"reason": ""},) if method == "post" else ()
    answer = getattr(program("dan"), method)("/apps/none/unit", *body)

    assert (answer.status_code, answer.json["code"]) == (404, "app.unknown")
