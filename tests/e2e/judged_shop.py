"""The sample shop, released by a running Sluice with buyers in it, each version with the fault that a test wants."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.e2e.installation import ROOT, Installation
from tests.runners.until import until

SHOP = ROOT / "sample-shop"
FAULTS = {
    "none": "return None",
    "errors": "return ('out of order', 500) if random.random() < 0.05 else None",
    "latency": "return time.sleep(0.2) if random.random() < 0.10 else None",
    "orders": "return redirect('/cart', 303) if request.path == '/checkout' and random.random() < 0.5 else None",
    # for the short form, which may not wait for what is hard to see
    "slow": "return time.sleep(0.2) if random.random() < 0.50 else None",
    "unsold": "return redirect('/cart', 303) if request.path == '/checkout' else None",
}
FAULTY = '''"""The shop, with one fault. This is number {number}."""

import random
import time

from flask import redirect, request

from shop import create_app as whole


def create_app():
    app = whole()

    @app.before_request
    def fault():
        if request.path in ("/healthz", "/readyz", "/metrics"):
            return None
        {fault}

    return app
'''
DEFINITION = """
app: shop
build: {{bundle: {{python: requirements.lock}}}}
serve:
  run: exec gunicorn -b 127.0.0.1:$PORT "faulty:create_app()"
  ready: /readyz
  ready-within: 60s
  drain: 1s
judge:
  warm-up: 5s
  errors: {{margin: 2pp}}
  latency: {{margin: 5pp}}
  falls: {{orders: {{counter: shop_orders_total, margin: 5pp}}}}
waves:
  - {{clusters: [az1], canary: [{share}%], soak: {soak}s}}
"""


@dataclass(frozen=True, slots=True)
class Decided:
    """How a release ended. `seconds`: from the canary's first answer to a buyer to the decision that took it back."""

    state: str
    reason: str
    why: str
    seconds: float
    requests: int  # of the canary
    failed: int


class JudgedShop(Installation):
    """An installation with the shop, in which only az1 is released to."""

    made = 0
    share, soak = 5, 0

    def commit(self, version: str, *, definition: str = "", **settings: Any) -> str:
        """The shop as it is in this checkout, with the fault of this name."""
        names = subprocess.run(["git", "ls-files"], cwd=SHOP, check=True, capture_output=True, text=True).stdout
        files = {name: (SHOP / name).read_bytes() for name in names.split()}
        self.made += 1
        files["faulty.py"] = FAULTY.format(fault=FAULTS[settings["fault"]], number=self.made).encode()
        told = definition or DEFINITION.format(share=self.share, soak=self.soak)
        return self.repository.push(
            {**files, "sluice.yaml": told.encode()}, subject=f"Make {version}", by="mei@example.org"
        )

    def judged(self, fault: str, buyers: "Buyers", seconds: float = 400) -> Decided:
        """Release a version with this fault while the buyers are there, until it ended."""
        number = self.push(fault, fault=fault)
        state = self.ends(number, seconds)
        shown = self.show(number)
        seen = buyers.seen(shown["version"])
        events = self.call("GET", f"/api/releases/{number}/journal?limit=100")["events"]
        undone = [datetime.fromisoformat(one["at"]).timestamp() for one in events if one["kind"] == "undo"]
        took = undone[0] - seen["first"] if undone and seen.get("first") else 0.0
        return Decided(
            state, shown["reason"], shown["why"], round(took, 2), seen.get("requests", 0), seen.get("failed", 0)
        )


@dataclass
class Buyers:
    """The shop's own load generator as a process, and the newest of its counts."""

    log: Path
    process: "subprocess.Popen[bytes]"

    def seen(self, version: str) -> dict[str, Any]:
        """What buyers saw of a version."""
        return dict(self._line()["targets"]["az1"]["by_version"].get(version, {}))

    @property
    def requests(self) -> int:
        """All of them."""
        return int(self._line()["requests"])

    def _line(self) -> dict[str, Any]:
        whole = [line for line in self.log.read_bytes().split(b"\n")[:-1] if line.startswith(b"{")]
        return dict(json.loads(whole[-1])) if whole else {"requests": 0, "targets": {"az1": {"by_version": {}}}}


@contextmanager
def buyers(shop: JudgedShop, rate: float) -> Iterator[Buyers]:
    """Buyers with so many requests a second in az1, until the block ends."""
    words = [sys.executable, "-m", "shopper", "--rate", f"{rate}", "--seconds", "86400", "--live"]
    words += ["--url", f"az1=http://127.0.0.1:{shop.port('az1')}"]
    env = {"PATH": os.environ.get("PATH", os.defpath), "PYTHONPATH": str(SHOP), "PYTHONDONTWRITEBYTECODE": "1"}
    log = shop.folder / "shopper.log"
    with log.open("wb") as out:
        process = subprocess.Popen(words, env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
    one = Buyers(log, process)
    try:
        until(lambda: one.requests > 2 * rate, "the buyers came")
        yield one
    finally:
        process.terminate()
        process.wait(30)


@contextmanager
def judged_shop(folder: Path) -> Iterator[JudgedShop]:
    """The shop, with its first version live in az1."""
    one = JudgedShop(folder, "shop")
    try:
        one.up()
        one.hire()
        one.release("v1", fault="none")
        yield one
    finally:
        one.down()
