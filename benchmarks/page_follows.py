"""How far the page of a release is behind the buyers when a bad version is taken back.

    python -m benchmarks.page_follows [--runs 5]

A real installation on local clusters, a real browser on the page of the release, which is never loaded again, and 100
requests a second to the canary's cluster. Measured: the last answer of the bad version that any buyer got, and when the
browser first showed 0 % for that cluster. Prints each run and writes `benchmarks/results/page_follows.json`.
"""

import argparse
import json
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.e2e.installation import WORD, Installation, installed
from tests.e2e.watching import watch_it_go_back
from tests.web.pages_browser import chromium

RESULTS = Path(__file__).parent / "results" / "page_follows.json"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as folder, installed(Path(folder)) as shop, sync_playwright() as playwright:
        browser = chromium(playwright)
        page = browser.new_page()
        _sign_in(page, shop)
        shop.release("good")
        behind = [watch_it_go_back(page, shop, f"bad{number}").behind for number in range(runs)]
        browser.close()
    for seconds in behind:
        print(f"{1000 * seconds:8.0f} ms behind the buyers")
    ranked = sorted(behind)
    rows = {"runs": runs, "p50 ms": round(1000 * ranked[runs // 2]), "most ms": round(1000 * ranked[-1])}
    print(rows)
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(rows, indent=2) + "\n")


def _sign_in(page: Page, shop: Installation) -> None:
    page.goto(f"{shop.url}/login")
    page.get_by_label("Name or email").fill("lena")
    page.get_by_label("Password").fill(WORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{shop.url}/")


if __name__ == "__main__":
    main()
