"""What buyers do: each is one person with cookies, who looks, thinks, and sometimes buys."""

import asyncio
import html
import random
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

from .connection import Answer, Broken, Pool
from .tally import NOBODY, Target

SHELF = re.compile(r'href="(/phones/[^"]+)"')
SKU = re.compile(r'name="sku" value="([^"]+)"')
TOKEN = re.compile(r'name="token" value="([^"]+)"')
NAMES = ("Ada", "Bo", "Chidi", "Dana", "Emre", "Fen", "Greta", "Hugo", "Imani", "Jun", "Kaja", "Luis", "Mira", "Noor")


class Leaves(Exception):
    """The buyer gives up: what he wanted next cannot be had."""


@dataclass(slots=True)
class Buyer:
    """One buyer at one target."""

    number: int
    pool: Pool
    target: Target
    dice: random.Random
    think: float  # seconds, on average
    cookies: dict[str, str] = field(default_factory=dict)

    async def get(self, path: str) -> str:
        """Open a page and read it."""
        return _page(await self._ask("GET", path))

    async def post(self, path: str, **form: str) -> str:
        """Send a form and open the page that it leads to."""
        answer = await self._ask("POST", path, urlencode(form).encode())
        if answer.status != 303:
            return _page(answer)
        where = urlsplit(answer.headers.get("location", "/"))
        return await self.get(where.path or "/")

    async def pause(self) -> None:
        await asyncio.sleep(self.dice.uniform(0.5, 1.5) * self.think)

    async def _ask(self, method: str, path: str, form: bytes | None = None) -> Answer:
        checkout = method == "POST" and path == "/checkout"
        began = time.perf_counter()
        try:
            answer = await self.pool.ask(method, path, self.cookies, form)
        except Broken as why:
            self.target.broke(str(why), checkout=checkout, seconds=time.perf_counter() - began)
            raise Leaves from why
        self.target.answered(
            answer.headers.get("x-version", NOBODY),
            answer.status,
            checkout=checkout,
            seconds=time.perf_counter() - began,
            replayed=answer.replayed,
        )
        self.cookies.update(answer.cookies)
        if answer.status >= 400:
            raise Leaves
        return answer


async def looks(buyer: Buyer) -> None:
    """Only browses."""
    phones = SHELF.findall(await buyer.get("/"))
    for _ in range(2):
        await buyer.pause()
        await buyer.get(buyer.dice.choice(phones))


async def buys_now(buyer: Buyer) -> None:
    """Comes from an advertisement and takes the short way."""
    await _order(buyer, await _takes_an_advertised_phone(buyer))


async def buys_with_care(buyer: Buyer) -> None:
    """Looks at the shelf, a phone, the cart, and then buys."""
    phones = SHELF.findall(await buyer.get("/"))
    await buyer.pause()
    page = await buyer.get(buyer.dice.choice(phones))
    await buyer.pause()
    await buyer.post("/cart", sku=_find(SKU, page), then="cart")
    await buyer.pause()
    await _order(buyer, await buyer.get("/checkout"))


async def clicks_twice(buyer: Buyer) -> None:
    """Presses the order button again; that must lead to the same order."""
    await _order(buyer, await _takes_an_advertised_phone(buyer), times=2)


ADVERTISED = ("tern-4-aurora", "tern-5", "tern-5-mini", "tern-flip", "tern-day")
Journey = Callable[[Buyer], Awaitable[None]]
JOURNEYS: dict[Journey, int] = {buys_now: 60, buys_with_care: 20, clicks_twice: 4, looks: 16}  # of a hundred buyers
REQUESTS: dict[Journey, int] = {buys_now: 5, buys_with_care: 7, clicks_twice: 7, looks: 3}
A_BUYER = sum(REQUESTS[way] * share for way, share in JOURNEYS.items()) / 100  # requests of one buyer on average


async def _takes_an_advertised_phone(buyer: Buyer) -> str:
    """The checkout page. Who finds a phone sold out takes another."""
    page = await buyer.get(f"/phones/{buyer.dice.choice(ADVERTISED)}")
    await buyer.pause()
    if not SKU.search(page):
        page = await buyer.get(f"/phones/{buyer.dice.choice(ADVERTISED[1:])}")
        await buyer.pause()
    return await buyer.post("/cart", sku=_find(SKU, page), then="checkout")


async def _order(buyer: Buyer, form: str, *, times: int = 1) -> None:
    await buyer.pause()
    name = buyer.dice.choice(NAMES)
    filled = {
        "token": _find(TOKEN, form),
        "name": f"{name} {buyer.number}",
        "email": f"{name.lower()}.{buyer.number}@example.org",
        "street": f"Harbour Road {buyer.dice.randint(1, 200)}",
        "city": "20457 Hamburg",
    }
    for _ in range(times):
        await buyer.post("/checkout", **filled)


def _page(answer: Answer) -> str:
    return answer.body.decode()


def _find(what: re.Pattern[str], page: str) -> str:
    found = what.search(page)
    if not found:
        raise Leaves  # sold out, for instance
    return html.unescape(found[1])
