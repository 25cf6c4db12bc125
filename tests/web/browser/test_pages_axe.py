"""The pages in a real browser: nothing for axe to find, all works without JavaScript, and it is live."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.web import pages_app, pages_browser
from tests.web.browser.axe import violations
from tests.web.pages_browser import Look, Site
from tests.web.stories import Story
from web.present import question

pytestmark = pytest.mark.browser
AXE = {"resultTypes": ["violations"]}  # every rule there is
COLOURS = {**AXE, "runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}  # all of a theme
LOOKS = ((1440, "light", AXE), (1440, "dark", COLOURS), (390, "dark", AXE), (390, "light", COLOURS))
PAGES = {  # each endpoint that answers with a page, in the states that look different
    "overview.show": ("/",),
    "releases.show": ("/releases", "/releases?state=halted&q=nothing"),
    "release.show": tuple(f"/releases/{number}" for number in (7, 8, 10, 12, 13, 14, 15, 16, 17, 999)),
    "release.ask": ("/releases/13/ask/rollback", "/releases/8/ask/rerun", "/releases/12/ask/reject"),
    "log.show": ("/releases/9/log/test", "/releases/12/log/build"),
    "approvals.show": ("/approvals",),
    "calendar.show": ("/calendar",),
    "calendar.ask_stop": ("/calendar/stop",),
    "calendar.ask": ("/freezes/1/ask/lift",),
    "clusters.show": ("/clusters",),
    "audit.show": ("/audit", "/audit?kind=vote"),
    "entry.ask": ("/login",),
}
NO_PAGES = {  # what else a browser can fetch: files, streams, probes, and the inside of a dialog
    *("static", "badge.show", "events.stream", "health.healthz", "health.metrics"),
    *("log.raw", "audit.export", "palette.find"),
}
DIALOGS = {  # where each question can be asked
    "approve": 12,
    "resume": 17,
    "pause": 13,
    "promote": 13,
    "rerun": 8,
    "reject": 12,
    "cancel": 12,
    "rollback": 13,
}
AT_REST = """() => new Promise((done) => {
  let last = -1, frames = 0;
  const look = () => {
    frames = scrollY === last ? frames + 1 : 0;
    last = scrollY;
    if (frames > 30) done(); else requestAnimationFrame(look);
  };
  look();
})"""  # a page that moves by itself takes a turn of the wheel back


def test_no_page_and_no_question_is_forgotten_here(face: Flask) -> None:
    fetched = {
        rule.endpoint
        for rule in face.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and not rule.rule.startswith("/api")
    }

    assert fetched == {*PAGES} | NO_PAGES
    assert set(question.ORDER) == {*DIALOGS}


@pytest.mark.parametrize("url", [url for urls in PAGES.values() for url in urls if url != "/login"])
def test_axe_finds_nothing_and_no_page_is_wider_than_the_screen(site: Site, reading: Look, url: str) -> None:
    reading.page.goto(site.url + url)

    assert complaints(reading.page) == []
    assert [text for text in reading.complaints if "404" not in text] == []


def test_axe_finds_nothing_where_people_sign_in(site: Site, context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(f"{site.url}/login")
    assert complaints(page) == []
    page.get_by_label("Name or email").fill("nobody")
    page.get_by_label("Password").fill("nothing")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_be_visible()

    assert complaints(page) == []


@pytest.mark.parametrize("opened", [*DIALOGS, "help", "palette"])
def test_axe_finds_nothing_in_an_open_dialog(site: Site, reading: Look, opened: str) -> None:
    page = reading.page
    page.goto(f"{site.url}/releases/{DIALOGS.get(opened, 13)}")
    dialog = f"q-{opened}" if opened in DIALOGS else opened
    page.evaluate("(id) => document.getElementById(id).showModal()", dialog)

    assert complaints(page) == []


def _first_run(home: Path) -> str:
    fresh = Story(home)
    return pages_app.sign_in(pages_app.make(fresh), fresh, "jonas")[0].get("/").text


def _refused(home: Path, path: str, **form: str) -> str:
    story = pages_app.told().copy(home)
    client, token = pages_app.sign_in(pages_app.make(story), story, "jonas")
    return client.post(path, data={"csrf_token": token, **form}).text


STATES: dict[str, Callable[[Path], str]] = {
    "before the first release": _first_run,
    "a freeze that cannot be": lambda home: _refused(home, "/freezes", name="n", reason="r", weekly="whenever"),
    "a vote for what has changed": lambda home: _refused(
        home, "/releases/12/approve", expect_digest="sha256:old", expect_def="old", expect_cfg="old"
    ),
    "a form from elsewhere": lambda home: _refused(home, "/releases/12/approve", csrf_token="wrong"),
}


@pytest.mark.parametrize("state", STATES)
def test_axe_finds_nothing_in_what_is_seldom_seen(site: Site, reading: Look, tmp_path: Path, state: str) -> None:
    page, body = reading.page, STATES[state](tmp_path)
    page.route(f"{site.url}/seldom", lambda route: route.fulfill(body=body, content_type="text/html"))
    page.route("**/events?*", lambda route: route.abort())  # it tells of another installation
    page.goto(f"{site.url}/seldom")

    expect(page.get_by_role("heading", level=1)).to_have_count(1)
    assert complaints(page) == []
    page.goto("about:blank")  # first: once its stream reached the site, it would load itself anew
    page.unroute("**/events?*")


def complaints(page: Page) -> list[str]:
    """What axe says of the page in both themes and both widths, and how much too wide it is. At each width one theme is
    held against all its rules, the other against those of colour: nothing else is of the theme."""
    found: list[str] = []
    for width, scheme, options in LOOKS:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        report = violations(page, options)
        found += [f"{width} {scheme}: {report.generate_report()}"] if report.violations_count else []
        found += [f"{width} {scheme}: {wide} px too wide"] if wide > 0 else []
    return found


@pytest.fixture(scope="module")
def face(site: Site) -> Flask:
    return pages_app.make(site.story)


@pytest.fixture(scope="module")
def reading(site: Site, browser: Browser) -> Iterator[Look]:
    """One signed-in page for all that only looks."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.set_default_timeout(60_000)
    yield pages_browser.sign_in(site, context)
    context.close()


def test_a_question_opens_as_a_dialog_names_the_target_and_closes_by_escape(
    site: Site, context: BrowserContext
) -> None:
    page = pages_browser.sign_in(site, context).page
    page.goto(f"{site.url}/releases/13")
    page.get_by_role("button", name="Roll back").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Roll back R-13 cart 1.1.0?")
    expect(dialog).to_contain_text("1.0.0 serves all")
    report = violations(page, AXE)
    page.keyboard.press("Escape")

    expect(dialog).to_have_count(0)
    assert report.violations_count == 0, report.generate_report()


def test_without_javascript_the_same_question_is_a_page_and_the_form_works(site: Site, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = pages_browser.sign_in(site, context).page
    page.goto(f"{site.url}/releases/17")
    page.get_by_role("link", name="Resume").click()
    page.get_by_label("Reason, optional").fill("looked at it")
    page.get_by_role("button", name="Resume").click()

    expect(page.get_by_text("It goes on.", exact=True)).to_be_visible()
    expect(page.locator("#journal")).to_contain_text("ada")
    context.close()


def test_a_page_follows_its_release_without_being_loaded_again(site: Site, context: BrowserContext) -> None:
    page = pages_browser.sign_in(site, context).page
    page.goto(f"{site.url}/releases/13")
    expect(page.locator("#live")).to_contain_text("Live,")
    page.evaluate("document.documentElement.dataset.mine = 'kept'")
    before = page.locator("#evidence").inner_text()
    site.story.tick(13)

    expect(page.locator("#evidence")).not_to_have_text(before)
    site.story.until(13, lambda release: release.percent == 50)
    expect(page.locator("#plan [aria-current=step]")).to_contain_text("50 %")
    expect(page.locator("#now .ladder [aria-current=step]")).to_contain_text("50 %")
    assert page.evaluate("document.documentElement.dataset.mine") == "kept"


def test_what_somebody_writes_is_not_exchanged_under_their_hands(site: Site, context: BrowserContext) -> None:
    page = pages_browser.sign_in(site, context).page
    page.goto(f"{site.url}/approvals")
    expect(page.locator("#live")).to_contain_text("Live,")
    page.get_by_label("Comment").fill("half a thought")
    shown = page.locator("#inbox [name=expect_cfg]").input_value()
    site.story.configure("cfg-4", "shop")
    site.story.tick(12)

    expect(page.locator("#outdated")).to_contain_text("lena")
    assert page.get_by_label("Comment").input_value() == "half a thought"
    assert page.locator("#inbox [name=expect_cfg]").input_value() == shown
    page.get_by_role("button", name="Approve R-12").click()
    expect(page.get_by_role("alert")).to_contain_text(f"target configuration changed from {shown} to sha256:")


def test_new_lines_of_a_log_appear_by_themselves(site: Site, context: BrowserContext) -> None:
    page = pages_browser.sign_in(site, context).page
    page.goto(f"{site.url}/releases/12/log/build")
    expect(page.locator("#live")).to_contain_text("Live,")
    name = "r12-build-1"
    for number in range(3, 203):
        site.story.logs.append(name, site.story.logs.size(name), f"line {number}\n".encode())

    expect(page.locator("#L202")).to_be_in_viewport()
    page.evaluate(AT_REST)
    page.mouse.move(700, 500)  # over the log, not over the menu
    page.mouse.wheel(0, -3000)
    page.wait_for_function("scrollY < 1000")
    expect(page.get_by_label("Follow")).not_to_be_checked()
    site.story.logs.append(name, site.story.logs.size(name), b"line 203\n")
    expect(page.locator("#L203")).to_have_count(1)
    expect(page.locator("#L203")).not_to_be_in_viewport()
    assert page.locator(".ln").count() == 203


def test_when_the_stream_breaks_the_page_says_so_and_comes_back(site: Site, context: BrowserContext) -> None:
    page = pages_browser.sign_in(site, context).page
    page.goto(f"{site.url}/releases/14")
    expect(page.locator("#live")).to_contain_text("Live,")
    site.stop()

    expect(page.locator("#live")).to_contain_text("Not live since")
    expect(page.get_by_role("heading", level=1)).to_have_text("R-14 catalog 1.1.0")
    site.start()
    expect(page.locator("#live")).to_contain_text("Live,")


def test_the_choice_of_light_or_dark_is_kept(site: Site, context: BrowserContext, tmp_path: Path) -> None:
    page = pages_browser.sign_in(site, context).page
    page.get_by_role("button", name="Switch between light and dark").click()
    page.reload()

    assert page.evaluate("document.documentElement.dataset.bsTheme") == "dark"
