"""A page and the buyers behind it, both watched: when the last buyer got a version, and when the page said so."""

import time
from dataclasses import dataclass

from playwright.sync_api import Page, expect

from tests.e2e.installation import Installation
from tests.load import Load

NOTES_ZERO = """() => {
  window.zeroAt = 0;
  const look = () => {
    const said = document.getElementById("good");
    if (!window.zeroAt && said && /(^|\\s)0 % on /.test(said.innerText)) window.zeroAt = Date.now();
  };
  new MutationObserver(look).observe(document.body, {subtree: true, childList: true, characterData: true});
}"""


@dataclass(frozen=True, slots=True)
class Seen:
    """Seconds since 1970: the last answer of the bad version that a buyer got, and the page's first 0 %."""

    buyers: float
    page: float

    @property
    def behind(self) -> float:
        """Seconds by which the page is behind the buyers."""
        return self.page - self.buyers


def watch_it_go_back(page: Page, shop: Installation, version: str) -> Seen:
    """A release that fails every second request, from its canary to its end, on a page that is never loaded again."""
    with Load(shop.port("az1"), 100) as one, Load(shop.port("az2"), 20):
        number = shop.push(version, **{"fails-every": 2})
        page.goto(f"{shop.url}/releases/{number}")
        expect(page.locator("#live")).to_contain_text("Live,")
        page.evaluate("document.documentElement.dataset.mine = 'kept'")
        page.evaluate(NOTES_ZERO)
        expect(page.locator(".pill").get_by_text("rolled back")).to_be_visible(timeout=90_000)
        page.wait_for_function("window.zeroAt > 0")
    assert page.evaluate("document.documentElement.dataset.mine") == "kept"
    last = max(answer.at + answer.seconds for answer in one.answers if answer.said == f"{version}\n")
    return Seen(time.time() - time.monotonic() + last, page.evaluate("window.zeroAt") / 1000)


def submit_together(pages: list[Page], action: str) -> None:
    """Each page sends its form for this action at the same moment."""
    moment = 1000 * time.time() + 1500
    for page in pages:
        page.evaluate(
            """([action, moment]) => {
              const form = document.querySelector(`main form[action$="/${action}"]`);
              setTimeout(() => form.requestSubmit(), moment - Date.now());
            }""",
            [action, moment],
        )
