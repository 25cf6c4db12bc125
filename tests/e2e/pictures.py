"""Pictures of every page, light, dark and narrow, from one installation: `python -m tests.e2e.pictures FOLDER`.

The releases are those of `tests.e2e.gallery`: good, bad, waiting, frozen, rolling back, halted, untested, in a canary.
"""

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.e2e import gallery
from tests.e2e.gallery import Gallery
from tests.e2e.installation import WORD
from tests.web.pages_browser import chromium

LOOKS = (("light", 1440, "light"), ("dark", 1440, "dark"), ("narrow", 390, "light"))
TALLEST = 1500  # pixels of a picture; what is further down looks the same


@dataclass(frozen=True, slots=True)
class Shown:
    """One page: its name, its address with the number of a release in it, and the looks it is taken in."""

    name: str
    address: str
    looks: str = "light"
    release: str = ""


SOON_OVER = (Shown("release-rolling-back", "/releases/{}", release="back"),)
PAGES = (
    Shown("overview", "/", "light dark narrow"),
    Shown("releases", "/releases"),
    Shown("release", "/releases/{}", "light dark narrow", "canary"),
    Shown("release-rolled-back", "/releases/{}", "light dark narrow", "bad"),
    Shown("release-halted", "/releases/{}", release="halted"),
    Shown("release-frozen", "/releases/{}", release="frozen"),
    Shown("log", "/releases/{}/log/test", "light dark narrow", "untested"),
    Shown("approvals", "/approvals", "light narrow"),
    Shown("calendar", "/calendar", "light narrow"),
    Shown("clusters", "/clusters", "light dark narrow"),
    Shown("audit", "/audit"),
    Shown("problem", "/releases/999"),
    Shown("question", "/releases/{}/ask/rollback", release="canary"),
)


def main() -> int:
    """Take them all."""
    kept = Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder, gallery.told(Path(folder)) as told, sync_playwright() as playwright:
        browser = chromium(playwright)
        pages = {look: _signed_in(browser, told, width, scheme) for look, width, scheme in LOOKS}
        told.go_back()
        for shown in (*SOON_OVER, *PAGES):
            for look in shown.looks.split():
                _take(pages[look], told, shown, kept / f"{shown.name}-{look}.png")
        browser.close()
    return 0


def _signed_in(browser: Browser, told: Gallery, width: int, scheme: str) -> Page:
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{told.shop.url}/login")
    page.get_by_label("Name or email").fill("lena")
    page.get_by_label("Password").fill(WORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{told.shop.url}/")
    return page


def _take(page: Page, told: Gallery, shown: Shown, path: Path) -> None:
    page.goto(told.shop.url + shown.address.format(told.numbers.get(shown.release, "")))
    page.evaluate("document.fonts.ready")
    size = page.evaluate("({width: innerWidth, height: document.documentElement.scrollHeight})")
    clip = {"x": 0, "y": 0, "width": size["width"], "height": min(TALLEST, size["height"])}
    page.screenshot(path=path, full_page=True, clip=clip)  # type: ignore[arg-type]


if __name__ == "__main__":
    raise SystemExit(main())
