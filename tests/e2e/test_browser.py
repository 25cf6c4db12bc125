"""Release managers at work in real browsers, on the real running system."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.e2e.installation import FIXTURES, LOOK, WORD, Installation
from tests.e2e.watching import submit_together, watch_it_go_back
from tests.load import Load
from tests.runners.until import until
from tests.web.pages_browser import chromium

pytestmark = [pytest.mark.story, pytest.mark.browser]
expect.set_options(timeout=60_000)
DEFINITION = (FIXTURES / "pebble" / "sluice.yaml").read_text()
ASKING = DEFINITION.replace("clusters: [az1], ", "clusters: [az1], gates: [{approval: {from: release-managers}}], ")
PAIR = ASKING.replace("{from: release-managers}", "{from: release-managers, of: 2}")
SLOW = ASKING.replace("python3 -I -S check.py", "sh slow.sh").replace("[50%]", "[10%, 25%, 50%]", 1)
FURTHER = re.compile(r"\b(25|50|95|100) %")  # than 10 %; a step may be over before the page is looked at again
TALKS = 'i=0; while [ $i -lt 40 ]; do i=$((i+1)); echo "line $i of the test"; sleep 0.2; done; python3 -I -S check.py'


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = chromium(playwright)
        yield started
        started.close()


@pytest.fixture(scope="module")
def page(browser: Browser, shop: Installation) -> Iterator[Page]:
    """Lena, signed in by the form; nothing may break the content policy on any page."""
    page = browser.new_context(viewport={"width": 1440, "height": 1000}).new_page()
    page.set_default_timeout(30_000)
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if "Content Security Policy" in said.text else None)
    sign_in(page, shop, "lena", "wrong")
    expect(page.get_by_role("alert")).to_be_visible()
    sign_in(page, shop, "lena")
    page.wait_for_url(f"{shop.url}/")
    yield page
    assert complaints == []


def sign_in(page: Page, shop: Installation, who: str, word: str = WORD) -> None:
    """Through the form."""
    page.goto(f"{shop.url}/login")
    page.get_by_label("Name or email").fill(who)
    page.get_by_label("Password").fill(word)
    page.get_by_role("button", name="Sign in").click()


def test_the_output_of_a_running_test_appears_once_also_when_the_web_process_is_killed(
    page: Page, shop: Installation
) -> None:
    shop.release("v1")
    files = {path.name: path.read_bytes() for path in (FIXTURES / "pebble").iterdir() if path.is_file()}
    files |= {"sluice.yaml": SLOW.encode(), "slow.sh": TALKS.encode()}
    commit = shop.repository.push(files, subject="Test slowly", by="mei@example.org")
    shop.report(commit)
    until(lambda: shop.call("GET", "/api/releases")["releases"][0]["commit"] == commit, "the release", every=LOOK)
    number = shop.call("GET", "/api/releases")["releases"][0]["id"]
    until(lambda: [job for job in shop.show(number)["jobs"] if job["step"] == "test"], "the test runs", every=LOOK)

    page.goto(f"{shop.url}/releases/{number}/log/test")

    expect(page.get_by_text("line 3 of the test")).to_be_visible()
    assert page.get_by_text("line 40 of the test").count() == 0
    page.evaluate("document.documentElement.dataset.mine = 'kept'")
    shop.kill_web()
    expect(page.locator("#live")).to_contain_text("Not live since")
    expect(page.locator("#live")).to_contain_text("Live,")
    expect(page.get_by_text("line 40 of the test")).to_be_visible()

    lines = [text for text in page.locator(".ln code").all_inner_texts() if text.endswith("of the test")]
    assert lines == [f"line {place} of the test" for place in range(1, 41)]
    assert page.evaluate("document.documentElement.dataset.mine") == "kept"
    shop.waits(number, "0 of 1")


def test_an_approval_given_on_the_page_lets_the_release_go_on(page: Page, shop: Installation) -> None:
    number = shop.call("GET", "/api/approvals")["approvals"][0]["release"]["id"]
    page.goto(f"{shop.url}/releases/{number}")
    expect(page.get_by_text("0 of 1 of release-managers agreed").first).to_be_visible()
    expect(page.locator("#changes")).to_contain_text("Test slowly")
    expect(page.locator("#changes")).to_contain_text("lines changed")

    page.get_by_role("button", name="Approve").first.click()
    page.get_by_role("dialog").get_by_label("Comment").fill("Looks fine")
    page.get_by_role("dialog").get_by_role("button", name="Approve").click()

    with Load(shop.port("az1"), 60), Load(shop.port("az2"), 60):
        expect(page.get_by_text("Looks fine").first).to_be_visible()
        expect(page.get_by_text("Canary on az1").first).to_be_visible()
        expect(page.get_by_text("Evidence that it is not worse").first).to_be_visible()
        expect(page.locator("#now .ladder [aria-current=step]")).to_contain_text(FURTHER)
        assert shop.ends(number) == "live"
        expect(page.locator(".pill").get_by_text("live", exact=True).first).to_be_visible()


def test_rolling_back_asks_with_the_target_and_the_page_follows_without_a_reload(
    page: Page, shop: Installation
) -> None:
    with Load(shop.port("az1"), 60), Load(shop.port("az2"), 60):
        number = shop.push("v3")
        shop.reaches(number, 50)
        page.goto(f"{shop.url}/releases/{number}")
        page.get_by_role("button", name="Roll back").first.click()
        dialog = page.get_by_role("dialog")
        expect(dialog.get_by_text("az1", exact=True)).to_be_visible()
        dialog.get_by_label("Reason").fill("payment provider rejects it")
        dialog.get_by_role("button", name="Roll back").click()

        expect(page.locator(".pill").get_by_text("rolled back").first).to_be_visible()
        expect(page.get_by_text("payment provider rejects it").first).to_be_visible()

    assert shop.show(number)["reason"] == "cancelled"


def test_the_overview_says_what_runs_where(page: Page, shop: Installation) -> None:
    with Load(shop.port("az1"), 60), Load(shop.port("az2"), 60):
        asked = shop.push("v4", definition=ASKING)
        shop.waits(asked, "0 of 1")
        page.goto(shop.url)

        expect(page.get_by_role("heading", name="What runs where")).to_be_visible()
        expect(page.get_by_text("needs you").first).to_be_visible()


def test_an_approval_is_refused_in_words_when_a_newer_commit_came_between_look_and_click(
    page: Page, shop: Installation
) -> None:
    looked_at = shop.show(shop.call("GET", "/api/approvals")["approvals"][0]["release"]["id"])["id"]
    page.goto(f"{shop.url}/releases/{looked_at}/ask/approve")
    newer = shop.push("v5", definition=PAIR)
    shop.waits(newer, "0 of 2")
    assert shop.ends(looked_at) == "rolled back"
    page.get_by_role("button", name="Approve").click()

    expect(page.get_by_role("alert")).to_contain_text("so there is nothing to approve")
    expect(page.get_by_role("alert")).to_contain_text(f"Superseded by R-{newer}, which is newer and tested")
    assert "vote" not in shop.kinds(looked_at)


def test_two_people_approve_at_the_same_moment_and_one_of_them_twice(
    page: Page, browser: Browser, shop: Installation
) -> None:
    number = shop.call("GET", "/api/approvals")["approvals"][0]["release"]["id"]
    again, other = (browser.new_context().new_page() for _ in range(2))
    sign_in(again, shop, "lena")
    sign_in(other, shop, "diego")
    pages = [page, again, other]
    shop.act(
        number, "pause", "diego", {"reason": "three votes at once"}
    )  # else it may go on at two of the three, and ask nobody any more
    for one in pages:
        one.goto(f"{shop.url}/releases/{number}/ask/approve")
    submit_together(pages, "approve")
    for one in pages:
        expect(one.get_by_text("Your approval is written down.")).to_be_visible()
    shop.act(number, "resume", "diego")
    shop.reaches(number, 50)
    shop.act(number, "rollback", "diego")
    assert shop.ends(number) == "rolled back"

    votes = shop.call("GET", f"/api/releases/{number}/journal?limit=100")["events"]
    assert sorted(one["actor"] for one in votes if one["kind"] == "vote") == ["diego", "lena"]


def test_a_bad_release_is_watched_going_back_and_the_page_says_0_percent_by_itself(
    page: Page, shop: Installation
) -> None:
    seen = watch_it_go_back(page, shop, "bad")  # how far behind: python -m benchmarks.page_follows

    assert 0 < seen.buyers < seen.page
    expect(page.locator("#good")).to_contain_text("0 % on ")
    expect(page.locator("#fault")).to_contain_text("Evidence for harm")
