"""What axe-core says of a page. Its half a megabyte of script is put into a page once, not at each look."""

from axe_playwright_python.base import AXE_SCRIPT, AxeResults
from playwright.sync_api import Page


def violations(page: Page, options: dict[str, object]) -> AxeResults:
    """Run axe with these options of `axe.run` on the page as it is now."""
    if page.evaluate("typeof axe === 'undefined'"):
        page.evaluate(AXE_SCRIPT)
    return AxeResults(page.evaluate("(options) => axe.run(options)", options))
