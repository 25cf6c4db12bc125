"""One real installation with a release of each fate, for pictures: real clusters, real buyers, real people.

Six apps in three clusters. At the end of `told` a good release is live and the next one waits for a second approval,
a bad one was taken back, one failed its tests, one is held by a freeze, one is in the middle of its canary, one was
halted in its second wave, and one is about to be rolled back: `go_back` begins that, which then takes a while.
"""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.e2e.installation import FIXTURES, LOOK, Installation
from tests.load import Load
from tests.runners.repository import Repository
from tests.runners.until import until

APPS = ("cart", "catalog", "mail", "pay", "search", "shop")
CLUSTERS = ("az1", "az2", "dr")
SLOW = 20  # seconds until a replica of search is ready, so that going back can be seen
FILES = {name: (FIXTURES / "pebble" / name).read_bytes() for name in ("app.py", "check.py")}
TEST = (FIXTURES.parent / "e2e" / "unit.sh").read_bytes()


def platform(folder: Path) -> str:
    """platform.yaml of all of them."""
    apps = "\n".join(
        f"  {app}: {{tenant: vmart, repository: {folder / app}, allow-local: true, poll: false, "
        "webhook: {kind: github, secret: push}}"
        for app in APPS
    )
    return f"""
tenants: {{vmart: {{plane: online}}}}
clusters:
  az1: {{group: east, capacity: 60}}
  az2: {{group: east, capacity: 60}}
  dr: {{dr: true, capacity: 40}}
apps:
{apps}
"""


def definition(app: str, *, approve: bool = False, undo: str = "all", test: str = "python3 -I -S check.py") -> str:
    """Its sluice.yaml: three waves with a short ladder."""
    gates = ", gates: [{approval: {from: release-managers, of: 2}}]" if approve else ""
    waves = "\n".join(
        f"  - {{clusters: [{cluster}], canary: [10%, 25%, 50%], soak: 3s{'' if number else gates}}}"
        for number, cluster in enumerate(CLUSTERS)
    )
    return f"""app: {app}
serve: {{run: exec python3 -I -S app.py, ready: /ready, replicas: 1, drain: 500ms, ready-within: 60s}}
test:
  unit: {{run: {test}}}
undo: {undo}
judge:
  errors: {{margin: 10pp}}
waves:
{waves}
"""


@dataclass
class Gallery:
    """The installation, its repositories, and the number of each release that a picture is for."""

    shop: Installation
    repositories: dict[str, Repository]
    numbers: dict[str, int] = field(default_factory=dict)

    def push(self, app: str, subject: str, by: str = "mei", *, text: str = "", **settings: object) -> int:
        """A commit of this app, reported by its forge; the number of its release."""
        told = {"version": "v1", "fails-every": 0, "fails-in": "", "passes": True, **settings}
        told["version"] = subject
        files = FILES | {"settings.json": json.dumps(told).encode(), "unit.sh": TEST}
        files["sluice.yaml"] = (text or definition(app)).encode()
        commit = self.repositories[app].push(files, subject=subject, by=f"{by}@example.org")
        self.shop.app = app
        self.shop.report(commit)
        found: list[int] = []

        def arrived() -> bool:
            releases = self.shop.call("GET", "/api/releases?limit=100")["releases"]
            found[:] = [one["id"] for one in releases if one["commit"] == commit]
            return bool(found)

        until(arrived, f"a release of {subject}", every=LOOK)
        return found[0]

    def state(self, number: int) -> str:
        return str(self.shop.show(number)["state"])

    def live(self, *numbers: int) -> None:
        """Until all of them are live."""
        for number in numbers:
            assert self.shop.ends(number, 240) == "live", self.shop.show(number)["why"]

    def tell(self) -> None:
        """Everything but the going back, which is short."""
        self.live(*(self.push(app, "First version", **_start(app)) for app in APPS))
        good = self.push("shop", "Show delivery days in the basket", "aisha")
        bad = self.push("cart", "Show the price in the currency of the buyer", "tomas", **{"fails-every": 12})
        self._on_their_way()
        assert self.shop.ends(bad, 240) == "rolled back"
        text = definition("cart", test="sh unit.sh")
        untested = self.push("cart", "Cache price lists per currency zone", "tomas", text=text)
        assert self.shop.ends(untested) == "rolled back"
        self.live(good)
        waiting = self.push("shop", "Reserve stock before payment", text=definition("shop", approve=True))
        self.shop.waits(waiting, "0 of 2")
        comment = "Read the stock reservation with Mei. The lock is released on a timeout."
        self.shop.act(waiting, "approve", "diego", {**self.shop.show(waiting)["shown"], "comment": comment})
        self.shop.waits(waiting, "1 of 2")
        self.numbers |= {"good": good, "bad": bad, "untested": untested, "waiting": waiting}
        until(lambda: self.state(self.numbers["halted"]) == "halted", "catalog is halted", 240, LOOK)

    def _on_their_way(self) -> None:
        """What goes on beside the others."""
        shop = self.shop
        shop.call("POST", "/api/freezes", "diego", {"name": "Month-end close", "reason": "books", "apps": ["mail"]})
        weekly = {"name": "Nobody on call", "reason": "nights", "weekly": "Fri 20:00 - Mon 06:00", "clusters": ["dr"]}
        shop.call("POST", "/api/freezes", "diego", weekly)
        halting = {"fails-every": 3, "fails-in": "az2"}
        text = definition("catalog", undo="wave")
        self.numbers["halted"] = self.push("catalog", "Round tax per line", "omar", text=text, **halting)
        self.numbers["back"] = self.push("search", "Rank by stock", "priya", **_start("search"))
        self.numbers["frozen"] = self.push("mail", "Send receipts from a queue", "omar")
        self.numbers["canary"] = self.push("pay", "Retry card payments once", "aisha")
        until(lambda: "az2 at" in shop.show(self.numbers["back"])["stands"], "search is in its second wave", 240, LOOK)
        shop.act(self.numbers["back"], "pause", "diego", {"reason": "look at the ranking first"})
        shop.waits(self.numbers["frozen"], "freeze Month-end close")

    def go_back(self) -> int:
        """Search goes back: its first cluster needs its old replicas first, and they take their time."""
        number = self.numbers["back"]
        reason = "the payment provider rejects the new header"
        self.shop.act(number, "rollback", "diego", {"reason": reason})
        until(lambda: self.state(number) == "rolling back", "search goes back", every=LOOK)
        return number


def _start(app: str) -> dict[str, object]:
    return {"starts-after": SLOW} if app == "search" else {}


@contextmanager
def told(folder: Path) -> Iterator[Gallery]:
    """Everything runs and has happened; it ends with the block."""
    repositories = {app: Repository(folder / app) for app in APPS}
    shop = Installation(folder, platform_text=platform(folder))
    gallery = Gallery(shop, repositories)
    with ExitStack() as stack:
        stack.callback(shop.down)
        shop.up()
        shop.hire()
        for app, rate in {"shop": 60, "cart": 40, "catalog": 40, "search": 40, "pay": 3}.items():
            for cluster in CLUSTERS:
                host = f"{app}.localhost"
                stack.enter_context(Load(shop.port(cluster), rate, connections=2, host=host))
        gallery.tell()
        yield gallery
