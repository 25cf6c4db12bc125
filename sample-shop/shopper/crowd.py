"""Sends buyers by the clock, whether the shop keeps up or not, and tells what they saw."""

import asyncio
import contextlib
import json
import random
import time
from dataclasses import dataclass, field

from .buyers import A_BUYER, JOURNEYS, Buyer, Journey, Leaves
from .connection import Pool
from .tally import Target


@dataclass(frozen=True, slots=True)
class Wish:
    """What load to make."""

    targets: tuple[tuple[str, str], ...]  # name and address
    shares: tuple[float, ...]
    rate: float  # requests per second, all targets together
    seconds: float
    think: float = 0.25
    timeout: float = 10.0
    seed: int = 1


@dataclass(slots=True)
class Crowd:
    """All buyers of one run."""

    wish: Wish
    targets: list[Target] = field(init=False)
    pools: list[Pool] = field(init=False)
    ended: asyncio.Event = field(init=False)
    late: float = 0.0  # how much the latest buyer came after his time, in seconds
    arrived: int = 0
    began: float = 0.0
    _here: set[asyncio.Task[None]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.targets = [Target(name, url) for name, url in self.wish.targets]
        self.pools = [Pool(url, self.wish.timeout) for _, url in self.wish.targets]
        self.ended = asyncio.Event()

    async def run(self) -> None:
        """Send buyers until the time is over or somebody ends it; those who are inside finish."""
        self.began = time.time()
        await self._arrivals()
        self.ended.set()
        if self._here:
            await asyncio.gather(*self._here)
        for pool in self.pools:
            pool.close()

    async def _arrivals(self) -> None:
        dice = random.Random(self.wish.seed)
        per_second = self.wish.rate / A_BUYER
        start = time.monotonic()
        for number in range(int(per_second * self.wish.seconds)):
            due = start + (number + dice.random()) / per_second
            if await self._sleeps_through(due):
                return
            self.late = max(self.late, time.monotonic() - due)
            self._send(number, dice)

    async def _sleeps_through(self, due: float) -> bool:
        """True if the run was ended before `due`."""
        wait = due - time.monotonic()
        if wait > 0:
            try:
                await asyncio.wait_for(self.ended.wait(), wait)
            except TimeoutError:
                return False
        return self.ended.is_set()

    def _send(self, number: int, dice: random.Random) -> None:
        at = dice.choices(range(len(self.targets)), self.wish.shares)[0]
        way = dice.choices(list(JOURNEYS), list(JOURNEYS.values()))[0]
        own = random.Random(dice.random())
        buyer = Buyer(number, self.pools[at], self.targets[at], own, self.wish.think)
        task = asyncio.create_task(self._goes(way, buyer))
        self._here.add(task)
        task.add_done_callback(self._here.discard)
        self.arrived += 1

    async def _goes(self, way: Journey, buyer: Buyer) -> None:
        with contextlib.suppress(Leaves):  # what made him leave is counted already
            await way(buyer)

    def line(self) -> str:
        """The counts so far, as one line of JSON."""
        now = time.time()
        targets = {target.name: target.short() for target in self.targets}
        return json.dumps({"t": now, "elapsed": round(now - self.began, 3), **self._totals(), "targets": targets})

    def report(self) -> dict[str, object]:
        """Everything, for the file."""
        return {
            "began": self.began,
            "elapsed": round(time.time() - self.began, 3),
            "asked_rate": self.wish.rate,
            "buyers": self.arrived,
            "latest_arrival_ms": round(self.late * 1000, 2),
            "connections": sum(pool.opened for pool in self.pools),
            **self._totals(),
            "targets": {target.name: target.full() for target in self.targets},
        }

    def _totals(self) -> dict[str, int]:
        return {
            "requests": sum(target.requests for target in self.targets),
            "failed": sum(target.failed for target in self.targets),
        }
