"""The shopper counts what happened, no more and no less."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from shopper.buyers import A_BUYER, JOURNEYS, REQUESTS, Buyer, Leaves, buys_now, buys_with_care, clicks_twice
from shopper.connection import Broken, Pool
from shopper.crowd import Crowd, Wish
from shopper.tally import Latency, Target

OK = b"HTTP/1.1 200 OK\r\nX-Version: 5\r\nContent-Length: 2\r\n\r\nok"
CHUNKED = b"HTTP/1.1 200 OK\r\nX-Version: 5\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"
FAILED = b"HTTP/1.1 500 No\r\nX-Version: 5\r\nContent-Length: 0\r\n\r\n"
CLOSE = b""
Reader, Writer = asyncio.StreamReader, asyncio.StreamWriter
Play = list[list[bytes]]  # for each connection, what it answers to each request; CLOSE hangs up


@asynccontextmanager
async def server(speak: Callable[[Reader, Writer], Awaitable[None]]) -> AsyncIterator[str]:
    """A real server; it is left only when each of its connections is closed."""
    talks: list[asyncio.Task[None]] = []

    async def talk(reader: Reader, writer: Writer) -> None:
        talks.append(asyncio.current_task())
        try:
            await speak(reader, writer)
        except asyncio.IncompleteReadError:
            pass  # the other side hung up
        finally:
            writer.close()
            await writer.wait_closed()

    listening = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with listening:
        yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    await asyncio.gather(*talks)


async def say_nothing(reader: Reader, writer: Writer) -> None:
    await reader.read()  # until the other side hangs up


def script(play: Play, asked: list[bytes]) -> Callable[[Reader, Writer], Awaitable[None]]:
    """A way to speak that follows `play` and notes what it was asked."""
    connections = iter(play)

    async def speak(reader: Reader, writer: Writer) -> None:
        for answer in next(connections):
            head = await reader.readuntil(b"\r\n\r\n")
            asked.append(head.split(b"\r\n")[0])
            if answer == CLOSE:
                return
            writer.write(answer)

    return speak


def buyer_at(url: str) -> Buyer:
    return Buyer(1, Pool(url), Target("shop", url), random.Random(1), think=0)


def played(play: Play, act: Callable[[Buyer], Awaitable[None]]) -> tuple[Target, list[bytes]]:
    """What one buyer counted who did `act` at a server that follows `play`, and what the server was asked."""
    asked: list[bytes] = []

    async def go() -> Target:
        async with server(script(play, asked)) as url:
            buyer = buyer_at(url)
            with contextlib.suppress(Leaves):
                await act(buyer)
            buyer.pool.close()
            return buyer.target

    return asyncio.run(go()), asked


async def opens_twice(buyer: Buyer) -> None:
    await buyer.get("/")
    await buyer.get("/")


async def looks_then_orders(buyer: Buyer) -> None:
    await buyer.get("/")
    await buyer.post("/checkout", name="Ada")


def test_a_connection_is_kept_for_the_next_request() -> None:
    target, asked = played([[OK, OK]], opens_twice)

    assert len(asked) == 2
    assert (target.requests, target.failed, target.replayed) == (2, 0, 0)


def test_a_chunked_answer_is_read_whole() -> None:
    pages = []

    async def reads(buyer: Buyer) -> None:
        pages.append(await buyer.get("/"))

    played([[CHUNKED]], reads)
    assert pages == ["hello"]


def test_a_page_is_asked_for_again_when_the_kept_connection_was_closed_meanwhile_and_that_is_counted() -> None:
    target, asked = played([[OK, CLOSE], [OK]], opens_twice)

    assert len(asked) == 3
    assert (target.requests, target.failed, target.replayed) == (2, 0, 1)


def test_an_order_is_never_sent_again() -> None:
    target, asked = played([[OK, CLOSE], [OK]], looks_then_orders)

    assert asked == [b"GET / HTTP/1.1", b"POST /checkout HTTP/1.1"]
    assert target.failed == 1
    assert target.versions["none"].checkouts == 1


def test_a_page_is_asked_for_again_once_only() -> None:
    target, asked = played([[OK, CLOSE], [CLOSE]], opens_twice)

    assert len(asked) == 3
    assert target.failed == 1


def test_a_new_connection_that_is_closed_is_a_failure() -> None:
    target, asked = played([[CLOSE], [OK]], opens_twice)

    assert len(asked) == 1
    assert target.versions["none"].failed == 1


def test_an_answer_that_is_cut_off_is_a_failure() -> None:
    target, _ = played([[OK, b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\ncut"]], opens_twice)

    assert target.versions["none"].failed == 1
    assert target.replayed == 0


def test_a_500_is_a_failure_of_the_version_that_gave_it_and_the_buyer_leaves() -> None:
    target, asked = played([[OK, FAILED, OK]], looks_then_orders)

    assert len(asked) == 2
    seen = target.versions["5"]
    assert (seen.requests, seen.failed, seen.checkouts, dict(seen.statuses)) == (2, 1, 1, {"200": 1, "500": 1})
    assert seen.first_failed == seen.last_failed
    assert seen.first_failed is not None


def test_a_server_that_is_not_there_is_a_failure_and_no_crash() -> None:
    async def ask() -> None:
        async with server(say_nothing) as url:
            pass
        with pytest.raises(Broken, match="ConnectionRefusedError"):
            await Pool(url).ask("GET", "/", {})

    asyncio.run(ask())


def test_an_answer_that_does_not_come_in_time_is_a_failure() -> None:
    async def ask() -> None:
        async with server(say_nothing) as url:
            with pytest.raises(Broken, match=r"no answer within 0\.05 s"):
                await Pool(url, timeout=0.05).ask("GET", "/", {})

    asyncio.run(ask())


def test_more_than_fifteen_requests_of_a_hundred_are_checkouts() -> None:
    assert sum(JOURNEYS.values()) == 100
    checkouts = JOURNEYS[buys_now] + JOURNEYS[buys_with_care] + 2 * JOURNEYS[clicks_twice]
    assert checkouts / (100 * A_BUYER) > 0.17
    assert JOURNEYS.keys() == REQUESTS.keys()


def test_buyers_come_by_the_clock_and_not_by_what_the_shop_answers() -> None:
    async def crowd_at_a_shop_that_never_answers() -> Crowd:
        async with server(say_nothing) as url:
            crowd = Crowd(Wish((("shop", url),), (1.0,), rate=500, seconds=0.4, timeout=0.5))
            await crowd.run()
            return crowd

    crowd = asyncio.run(crowd_at_a_shop_that_never_answers())

    assert crowd.arrived == int(500 / A_BUYER * 0.4)
    assert crowd.targets[0].failed == crowd.arrived


def test_places_of_latency_are_right_to_two_percent() -> None:
    latency = Latency()
    for milliseconds in range(1, 1001):
        latency.add(milliseconds / 1000)

    told = latency.report()
    assert told["p50"] == pytest.approx(500, rel=0.02)
    assert told["p95"] == pytest.approx(950, rel=0.02)
    assert told["p99"] == pytest.approx(990, rel=0.02)
    assert told["max"] == 1000
