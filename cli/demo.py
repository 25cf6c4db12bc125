"""`sluice demo`: the whole system, a small shop, and three releases of it; told while it happens."""

import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from . import processes, running
from .client import Api
from .credentials import FILE, Kept
from .exits import Exit, Stop
from .home import Home, Ports
from .story import kubernetes, place
from .story.crowd import RATE, Crowd
from .story.people import invite
from .story.plot import Plot
from .story.seen import shortfalls
from .story.shop import ShopRepository
from .story.telling import Teller
from .terminal import new_console
from .up import Up, end_what_continues

CLUSTERS = ("az1", "az2", "dr")
ELSEWHERE = ("DATABASE_URL", "REDIS_URL")  # a demo writes into no database but its own
ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def play(path: Path, port: int, *, leave: bool, report: Path | None, real: bool = False) -> Exit:
    """Tell the story. With `leave` everything is stopped at its end, and the exit code says if all was seen. `real`: on
    the Kubernetes clusters of this machine."""
    for name in ELSEWHERE:
        os.environ.pop(name, None)
    home, teller = place.fresh(path), Teller(new_console())
    demo = (_on_kubernetes if real else _here)(home, port, teller)
    with home.alone(), _signals_end_it():
        try:
            passed = demo.tell(report, leave=leave)
        finally:
            _undisturbed()
            demo.clear_away()
    stopped = _nothing_runs(home, teller)
    return Exit.OK if passed and stopped else Exit.FAILED


def _here(home: Home, port: int, teller: Teller) -> "Demo":
    repository = ShopRepository(home.path / "shop")
    file = place.write_platform(home, repository.path)
    parts = Up(home, running.read_here(file), file, Ports.from_base(port, CLUSTERS))
    doors = {name: f"http://127.0.0.1:{number}" for name, number in parts.ports.clusters.items()}
    return Demo(parts, teller, Crowd(doors, home.logs), repository)


def _on_kubernetes(home: Home, port: int, teller: Teller) -> "Demo":
    repository = ShopRepository(home.path / "shop", kubernetes.base())
    file = kubernetes.write_platform(home, repository.path, CLUSTERS)
    kubernetes.prepare(home, CLUSTERS)
    parts = Up(home, running.read_here(file), file, Ports.from_base(port, ()))
    return Demo(parts, teller, Crowd(kubernetes.doors(CLUSTERS), home.logs), repository, real=True)


@dataclass(slots=True)
class Demo:
    """Everything the story is played with."""

    parts: Up
    teller: Teller
    crowd: Crowd
    repository: ShopRepository
    password: str = ""
    real: bool = False

    def tell(self, report: Path | None, *, leave: bool) -> bool:
        """From the first start to the last number. True: all of it was as promised."""
        with self.teller:
            plot = self._begin()
            try:
                self._acts(plot)
            except Stop as stop:  # what was seen until then is told all the same
                self.teller.line(stop.message, "red")
        content = self._sum_up(plot, report)
        if not leave:
            self._stay(plot)
        return content

    def clear_away(self) -> None:
        """Nothing of it runs on."""
        self.crowd.go()
        self.parts.end()
        end_what_continues(self.parts.home)
        if self.real:
            for name in CLUSTERS:
                kubernetes.clear(name)

    def _begin(self) -> Plot:
        parts, teller = self.parts, self.teller
        teller.head("Sluice shows what it does, on this machine, with a small shop in three clusters.")
        teller.line("Redis, database, clusters, gateway, dashboard, workers start …")
        parts.begin()
        self.password = running.signed_in(parts)
        admin = Api(parts.web_url, Kept.at(parts.home.path / FILE).logins[parts.web_url])
        people = invite(admin)
        teller.line(f"Everything runs. Dashboard {parts.web_url}, log in as {running.ADMIN} with {self.password}")
        return Plot(parts, admin, people, self.crowd, teller)

    def _acts(self, plot: Plot) -> None:
        secret, head = self.parts.home.secret(place.HOOK_SECRET), self.teller.head
        head("v1  The first version: nothing to compare it with, so it is built, tested, approved and put everywhere.")
        plot.release(self.repository.begin(), secret)
        if plot.live is None:
            return
        self.teller.line(f"Shoppers come: {RATE} requests a second, a third to each cluster.")
        self.crowd.come()
        plot.settle()
        head("v2  Phones side by side: a good version, so it climbs cluster by cluster.")
        plot.release(self.repository.change("v2", "Compare two phones side by side"), secret)
        head("v3  Points for orders: its tests pass, but one checkout in four fails.")
        plot.release(self.repository.change("v3", "Give points for every order"), secret)
        plot.settle()

    def _sum_up(self, plot: Plot, report: Path | None) -> bool:
        """The numbers, and whether they are as promised."""
        tally = self.crowd.tally
        self.teller.table(plot.releases, tally)
        if report is not None:
            told = {"releases": [one.report(tally) for one in plot.releases]}
            report.write_text(json.dumps(told, indent=2) + "\n")
        found = list(shortfalls(plot.releases, tally))
        self.teller.head("Not as promised:" if found else f"All of it was seen, in {self.teller.passed:.0f} s.")
        for what in found:
            self.teller.line(what, "red")
        return not found

    def _stay(self, plot: Plot) -> None:
        """Leave everything running until somebody ends it; buyers go on, so that one can release something oneself."""
        self.crowd.go()
        self.crowd.come(counted=False)
        for line in self._addresses(plot):
            self.teller.console.print(line, soft_wrap=True)
        self.parts.keep(self.teller.line)

    def _addresses(self, plot: Plot) -> Iterator[str]:
        parts, lena = self.parts, plot.people["lena"]
        yield f"\n  Dashboard   {parts.web_url}   {running.ADMIN} / {self.password}, or {lena.name} / {lena.password}"
        yield f"  Shop        http://127.0.0.1:{parts.ports.front}"
        yield f"  Repository  {self.repository.path}: commit there, then"
        yield f"  Terminal    SLUICE_HOME={parts.home.path} sluice release start shop"
        yield "\nShoppers go on buying. Ctrl-C stops everything."


def _nothing_runs(home: Home, teller: Teller) -> bool:
    """True when no process of this home is left."""
    if left := processes.all_of(home.path):
        teller.line(f"still running: {', '.join(map(str, left))}", "red")
        return False
    teller.line("Everything is stopped.")
    return True


def _undisturbed() -> None:
    """Whoever asks twice gets no half-cleared place."""
    for number in ENDS:
        signal.signal(number, signal.SIG_IGN)


@contextmanager
def _signals_end_it() -> Iterator[None]:
    """Whoever ends the demo from outside ends all of it."""

    def interrupt(number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt(signal.Signals(number).name)

    before = {number: signal.signal(number, interrupt) for number in ENDS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
