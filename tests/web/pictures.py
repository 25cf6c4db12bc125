"""Pictures of every page in light, dark and narrow: `python -m tests.web.pictures FOLDER`.

A real web process over a database that the real rules and ledger wrote in a simulated world: releases that are good,
bad, waiting for people, frozen, rolling back, halted, untested, and one in the middle of its canary.
"""

import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from pipeline.facts import FreezeSpan
from pipeline.states import State
from tests.ports import free_ports
from tests.web import pages_browser
from tests.web.pages_browser import PASSWORD, Site
from tests.web.stories import APPS, PLATFORM_TEXT, Story
from web import passwords

LOOKS = (("light", 1440, "light"), ("dark", 1440, "dark"), ("narrow", 390, "light"))
LOG = (
    b"webhook delivery 5c1e90, push to main by tomas\n\x1b[32mbuilder took the job\x1b[0m\n"
    b"section_start:1795555200:fetch[collapsed=true]\r\x1b[0KFetch source\n\x1b[2m$ git fetch origin\x1b[0m\n"
    b"HEAD is now at 41be77e Cache price lists per currency zone\nsection_end:1795555202:fetch\r\x1b[0K\n"
    b"::group::Install\nCollecting flask==3.1.3\n\x1b[33mWARNING:\x1b[0m redis 8.1.0 is not what ran before\n"
    b"\x1b[32mSuccessfully installed\x1b[0m 7 packages\n::endgroup::\n"
    b"+++ Run tests\n\x1b[2m$ python -m pytest -q\x1b[0m\n"
    b"10 %\r60 %\r........................................F....... 100 %\n"
    b"\x1b[1;31mFAILED\x1b[0m tests/test_prices.py::test_every_zone_has_a_price - KeyError: ('sku-20871', 'SEK')\n"
    b"\x1b[31m1 failed\x1b[0m, 46 passed in 8.21s\n"
)


def told(home: Path) -> Story:
    """One release of each fate, with words that people might write."""
    story = Story(home, begin=datetime.now(UTC) - timedelta(minutes=11))
    story.people.add(pages_browser.WHO, "release manager", passwords.hashed(PASSWORD), actor="setup")
    for app in APPS:
        story.finish(story.submit(app, "2.13.3", "First version here"))
    story.finish(story.submit("shop", "2.13.4", "Show delivery days in the basket", by="aisha"))
    bad = story.submit("cart", "1.22.0", "Show the price in the currency of the buyer", by="tomas")
    story.failing[bad] = 0.02
    story.finish(bad)
    untested = story.submit("cart", "1.22.1", "Cache price lists per currency zone", by="tomas")
    story.tests_fail.add(untested)
    story.log(untested, "test", LOG, "failed")
    story.finish(untested)
    _halted_and_back(story)
    story.freeze("Month-end close", apps=frozenset({"mail"}))
    monday = story.clock.at.replace(hour=0, minute=0, second=0) - timedelta(days=story.clock.at.weekday())
    weekly = FreezeSpan("Nobody on call", "nights", weekly="Fri 20:00 - Mon 06:00", zone="UTC")
    once = FreezeSpan(
        "Black Friday", "flash sale", monday + timedelta(days=4, hours=16), monday + timedelta(days=5, hours=4)
    )
    for span in (weekly, once):
        story.ledger.freeze(span, "jonas")
    frozen = story.submit("mail", "4.2.1", "Send receipts from a queue", by="omar")
    story.until(frozen, lambda one: one.ahead.name.startswith("canary"))
    story.tick(frozen)
    waiting = story.submit("shop", "2.14.0", "Reserve stock before payment", approve=True)
    story.until(waiting, lambda one: one.ahead.name == "canary az1")
    story.approve(waiting, "lena", comment="Read the stock reservation with Mei. The lock is released on a timeout.")
    story.tick(waiting)
    canary = story.submit("pay", "3.9.2", "Retry card payments once", by="aisha")
    story.until(canary, lambda one: one.step.clusters == ("az2",) and one.percent == 25)
    story.failing[canary] = 0.006
    story.tick(canary, 1)
    for _ in range(12):
        story.look()
    return story


def _halted_and_back(story: Story) -> None:
    halted = story.submit("catalog", "3.9.2", "Round tax per line, not per invoice", undo="wave", by="omar")
    story.until(halted, lambda one: one.step.clusters == ("az2",) and one.percent == 10)
    story.failing[halted] = 0.3
    story.until(halted, lambda one: one.state is State.HALTED)
    back = story.submit("search", "7.3.0", "Rank by stock", by="priya")
    story.until(back, lambda one: one.step.clusters == ("az2",) and one.percent == 25)
    story.ledger.ask(back, "rollback", "lena", reason="payment provider rejects the new header")
    story.hidden.add("search/az2")
    story.until(back, lambda one: one.state is State.ROLLING_BACK)
    story.tick(back)
    story.hidden.clear()


PAGES = {  # address, and the looks it is taken in
    "overview-all": ("/", "light dark narrow"),
    "releases": ("/releases", "light"),
    "release-canary": ("/releases/14", "light dark narrow"),
    "release-rolled-back": ("/releases/8", "light dark narrow"),
    "release-rolling-back": ("/releases/11", "light"),
    "release-halted": ("/releases/10", "light"),
    "release-frozen": ("/releases/12", "light"),
    "log": ("/releases/9/log/test", "light dark narrow"),
    "approvals": ("/approvals", "light narrow"),
    "calendar": ("/calendar", "light narrow"),
    "clusters": ("/clusters", "light dark narrow"),
    "audit": ("/audit", "light"),
    "problem": ("/releases/999", "light"),
    "question": ("/releases/14/ask/rollback", "light"),
}
TALLEST = 1500  # pixels of a picture; what is further down looks the same


def main() -> int:
    """Take them all."""
    kept = Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        home = Path(folder)
        story = told(home)
        (home / "platform.yaml").write_text(PLATFORM_TEXT)
        site = Site(home, story, free_ports(1)[0])
        site.start()
        browser = pages_browser.chromium(playwright)
        try:
            for name, width, scheme in LOOKS:
                context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
                page = pages_browser.sign_in(site, context).page
                for shown, (address, looks) in PAGES.items():
                    if name not in looks:
                        continue
                    _take(page, f"{site.url}{address}", kept / f"{shown}-{name}.png")
                context.close()
        finally:
            browser.close()
            site.stop()
    return 0


def _take(page: Page, address: str, path: Path) -> None:
    page.goto(address)
    page.evaluate("document.fonts.ready")
    size = page.evaluate("({width: innerWidth, height: document.documentElement.scrollHeight})")
    clip = {"x": 0, "y": 0, "width": size["width"], "height": min(TALLEST, size["height"])}
    page.screenshot(path=path, full_page=True, clip=clip)  # type: ignore[arg-type]


if __name__ == "__main__":
    raise SystemExit(main())
