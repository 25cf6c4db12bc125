"""People at work: by keyboard alone, without script, two at once, and while the web process dies."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import get_args

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import func, select

from pipeline.settings import Gate
from pipeline.states import State
from pipeline.store.tables import VoteRow
from tests.web import pages_browser
from tests.web.browser.waits import ALSO_ASKS, HOLDING, ONLY_LOOK, WAITS, also
from tests.web.pages_browser import ANOTHER, Site

pytestmark = pytest.mark.browser
MOST = 60  # presses of Tab until something must have been reached


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    running = pages_browser.site(tmp_path_factory.mktemp("site"), minutes=12)
    also(running.story)
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def keys(site: Site, browser: Browser) -> Iterator[Page]:
    """One page for all who use the keyboard; nothing may break the content policy on any page."""
    with _desk(site, browser, script=True) as page:
        yield page


@pytest.fixture(scope="module")
def bare(site: Site, browser: Browser) -> Iterator[Page]:
    """The same without JavaScript."""
    with _desk(site, browser, script=False) as page:
        yield page


@pytest.fixture(scope="module")
def desks(keys: Page, bare: Page) -> dict[str, Page]:
    return {"with script": keys, "without script": bare}


@contextmanager
def _desk(site: Site, browser: Browser, *, script: bool) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1440, "height": 900}, java_script_enabled=script)
    context.set_default_timeout(60_000)
    look = pages_browser.sign_in(site, context)
    yield look.page
    context.close()
    assert [text for text in look.complaints if "Content Security Policy" in text] == []


def tab_to(page: Page, words: str) -> None:
    """Press Tab until the element with these words has the focus."""
    here = page.locator(":focus")
    for _ in range(MOST):
        page.keyboard.press("Tab")
        if here.count() and words in here.inner_text():
            return
    raise AssertionError(f"{words} is not reached by keyboard")


def go(page: Page, words: str) -> None:
    """Tab to it, and Enter."""
    tab_to(page, words)
    page.keyboard.press("Enter")


@pytest.mark.parametrize("script", ["with script", "without script"])
@pytest.mark.parametrize("reason", WAITS)
def test_by_keyboard_why_is_it_waiting(site: Site, desks: dict[str, Page], reason: str, script: str) -> None:
    page, waiting = desks[script], WAITS[reason]
    page.goto(site.url)
    row = page.locator("#motion li").filter(has_text=waiting.name)
    expect(row).to_contain_text(waiting.says)
    expect(row).to_contain_text(waiting.act)
    go(page, waiting.name)

    expect(page.get_by_role("heading", level=1)).to_have_text(waiting.name)
    expect(page.locator("#standing")).to_contain_text(waiting.says)
    expect(page.locator("#standing")).to_contain_text(waiting.act)


def test_there_is_a_story_for_each_gate_that_can_hold_a_release() -> None:
    assert {*HOLDING, *ONLY_LOOK} == {*get_args(Gate)}
    assert {*HOLDING.values()} <= {*WAITS}


def test_by_keyboard_shortcuts_lead_from_page_to_page_and_from_row_to_row(keys: Page) -> None:
    keys.keyboard.press("g")
    keys.keyboard.press("r")
    expect(keys.get_by_role("heading", level=1)).to_have_text("Releases")
    keys.keyboard.press("g")
    keys.keyboard.press("o")
    expect(keys.locator("#motion")).to_be_visible()
    keys.keyboard.press("j")

    assert "R-12" in keys.evaluate("document.activeElement.textContent")


def test_by_keyboard_the_failing_line_of_a_log_is_read(keys: Page) -> None:
    keys.keyboard.press("Control+k")
    keys.keyboard.type("R-9")
    expect(keys.locator("#palette-found a").first).to_contain_text("R-9 shop 1.3.0")
    keys.keyboard.press("Enter")
    expect(keys.locator("#failed .a-r")).to_have_text("FAILED")
    go(keys, "Whole log")
    expect(keys.locator("#log .a-r")).to_have_text("FAILED")
    keys.keyboard.press("j")

    assert keys.evaluate("document.activeElement.textContent") == "1"


def test_by_keyboard_without_script_the_failing_line_of_a_log_is_read(site: Site, bare: Page) -> None:
    bare.goto(site.url)
    go(bare, "R-9 shop 1.3.0")
    expect(bare.locator("#failed .a-r")).to_have_text("FAILED")
    go(bare, "Whole log")

    expect(bare.locator("#log .a-r")).to_have_text("FAILED")
    expect(bare.locator("#L1")).to_contain_text("FAILED")


def test_by_keyboard_a_range_of_lines_gets_an_address(keys: Page) -> None:
    keys.locator("#L1 > a").click()
    keys.locator("#L2 > a").click(modifiers=["Shift"])

    assert keys.url.endswith("?attempt=1&lines=1-2#L1-L2")
    assert keys.locator(".ln.on").count() == 2
    keys.reload()
    expect(keys.locator(".ln.on")).to_have_count(2)


def test_by_keyboard_a_release_is_approved(site: Site, keys: Page) -> None:
    keys.goto(f"{site.url}/releases/12")
    keys.keyboard.press("a")
    expect(keys.get_by_role("dialog")).to_contain_text("Approve R-12")
    keys.keyboard.press("Tab")
    keys.get_by_role("dialog").get_by_label("Comment").focus()
    keys.keyboard.type("Read it")
    tab_to(keys, "Approve")
    keys.keyboard.press("Enter")

    expect(keys.get_by_text("Your approval is written down.")).to_be_visible()
    expect(keys.locator("#votes")).to_contain_text("Read it")


def test_by_keyboard_a_release_is_rolled_back(site: Site, keys: Page) -> None:
    keys.goto(f"{site.url}/releases/17")
    keys.keyboard.press("r")
    expect(keys.get_by_role("dialog")).to_contain_text("1.0.0 serves all")
    keys.keyboard.press("Escape")
    expect(keys.get_by_role("dialog")).to_have_count(0)
    keys.keyboard.press("r")
    expect(keys.get_by_role("dialog")).to_be_visible()  # the page behind it has a button of the same name
    tab_to(keys, "Roll back")
    keys.keyboard.press("Enter")

    expect(keys.get_by_text("The roll back is ordered.")).to_be_visible()


def test_shortcuts_can_be_switched_off_and_never_act_in_a_field(site: Site, keys: Page) -> None:
    keys.goto(f"{site.url}/releases/13")
    keys.locator("#q").focus()
    keys.keyboard.type("r?")
    expect(keys.get_by_role("dialog")).to_have_count(0)
    keys.locator("#q").blur()
    keys.keyboard.press("?")
    keys.get_by_label("Switch shortcuts off in this browser").check()
    keys.keyboard.press("Escape")
    keys.keyboard.press("r")

    expect(keys.get_by_role("dialog")).to_have_count(0)
    keys.evaluate("localStorage.removeItem('keys')")


def test_two_browsers_of_one_person_approve_at_once_and_it_is_one_vote(site: Site, browser: Browser) -> None:
    contexts = [browser.new_context() for _ in range(2)]
    pages = [pages_browser.sign_in(site, context, ANOTHER).page for context in contexts]
    for page in pages:
        page.goto(f"{site.url}/releases/12/ask/approve")
    for page in pages:
        page.get_by_role("button", name="Approve").click()
        expect(page.get_by_text("Your approval is written down.")).to_be_visible()
    for context in contexts:
        context.close()

    with site.story.sessions.reading() as session:
        assert session.scalar(select(func.count()).where(VoteRow.who == ANOTHER)) == 1


def test_by_keyboard_without_script_a_release_is_approved(site: Site, bare: Page) -> None:
    bare.goto(f"{site.url}/releases/{ALSO_ASKS}")
    go(bare, "Approve")
    expect(bare.get_by_role("heading", level=2, name=f"Approve R-{ALSO_ASKS}")).to_be_visible()
    bare.get_by_label("Comment").focus()
    bare.keyboard.type("Read without script")
    go(bare, "Approve")

    expect(bare.get_by_text("Your approval is written down.")).to_be_visible()
    expect(bare.locator("#votes")).to_contain_text("Read without script")
    expect(bare.locator("#votes")).to_contain_text("1 of 2")


def test_by_keyboard_without_script_a_release_is_rolled_back(site: Site, bare: Page) -> None:
    bare.goto(f"{site.url}/releases/14")
    go(bare, "Roll back")
    expect(bare.get_by_text("No approval is needed, and no freeze holds it.")).to_be_visible()
    go(bare, "Roll back")

    expect(bare.get_by_text("The roll back is ordered.")).to_be_visible()


def test_without_script_a_log_is_searched_and_the_clusters_are_seen(site: Site, bare: Page) -> None:
    bare.goto(f"{site.url}/releases/9/log/test")
    bare.get_by_role("searchbox", name="Search the whole log").fill("next")
    bare.get_by_role("button", name="Search").click()
    expect(bare.get_by_text("Line 2, 1 of 1")).to_be_visible()
    expect(bare.locator("mark")).to_have_text("next")
    bare.goto(f"{site.url}/clusters")

    expect(bare.get_by_role("heading", name="Front door")).to_be_visible()


def test_a_killed_web_process_is_missed_nothing_and_the_page_is_not_loaded_again(site: Site, browser: Browser) -> None:
    context = browser.new_context()
    page = pages_browser.sign_in(site, context).page
    page.goto(f"{site.url}/releases/13")
    expect(page.locator("#live")).to_contain_text("Live,")
    page.evaluate("document.documentElement.dataset.mine = 'kept'")
    site.kill()
    expect(page.locator("#live")).to_contain_text("Not live since")
    site.story.until(13, lambda release: release.percent == 50)
    site.start()

    expect(page.locator("#live")).to_contain_text("Live,")
    expect(page.locator("#now .ladder [aria-current=step]")).to_contain_text("50 %")
    assert page.evaluate("document.documentElement.dataset.mine") == "kept"
    context.close()


def test_a_bad_release_is_watched_going_back_without_loading_the_page_again(site: Site, browser: Browser) -> None:
    context = browser.new_context()
    page = pages_browser.sign_in(site, context).page
    page.goto(f"{site.url}/releases/13")
    expect(page.locator("#live")).to_contain_text("Live,")
    page.evaluate("document.documentElement.dataset.mine = 'kept'")
    site.story.failing[13] = 0.5
    site.story.until(13, lambda release: release.state is State.ROLLED_BACK)

    expect(page.locator(".pill").get_by_text("rolled back")).to_be_visible()
    expect(page.locator("#fault")).to_contain_text("Evidence for harm")
    expect(page.locator("#good")).to_contain_text("cart 1.0.0")
    assert page.evaluate("document.documentElement.dataset.mine") == "kept"
    context.close()
