"""`python -m shopper --url URL --rate 50 --seconds 60 --report out.json`"""

import argparse
import asyncio
import json
import signal
import sys
from pathlib import Path
from urllib.parse import urlsplit

from .crowd import Crowd, Wish


def main() -> int:
    asked = _arguments().parse_args()
    targets = tuple(_target(text) for text in asked.url)
    shares = tuple(asked.share or [1.0] * len(targets))
    if len(shares) != len(targets) or min(shares) <= 0:
        sys.exit("shopper: give one --share above 0 for each --url, or none at all")
    if len({name for name, _ in targets}) != len(targets):
        sys.exit("shopper: two targets have one name; name them, like --url az1=http://127.0.0.1:8001")
    wish = Wish(targets, shares, asked.rate, asked.seconds, asked.think, asked.timeout, asked.seed)
    return asyncio.run(_run(wish, asked.report, live=asked.live))


def _arguments() -> argparse.ArgumentParser:
    arguments = argparse.ArgumentParser("shopper", description="Send buyers to a shop and count every answer.")
    arguments.add_argument("--url", action="append", required=True, help="where; may be repeated; NAME=URL names it")
    arguments.add_argument(
        "--share", action="append", type=float, help="of the load, one for each --url; default: equal"
    )
    arguments.add_argument("--rate", type=float, default=50.0, help="requests per second in all")
    arguments.add_argument("--seconds", type=float, default=60.0)
    arguments.add_argument("--think", type=float, default=0.25, help="seconds between two pages, on average")
    arguments.add_argument("--timeout", type=float, default=10.0, help="seconds; an answer after that is a failure")
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--report", type=Path, help="a file for all counts, as JSON")
    arguments.add_argument("--live", action="store_true", help="write the counts so far to stdout every second")
    return arguments


def _target(text: str) -> tuple[str, str]:
    name, equals, url = text.partition("=")
    if not equals or "://" in name:
        name = url = text
    address = urlsplit(url)
    if address.scheme != "http" or not address.hostname:
        sys.exit(f"shopper: {url!r} is no address; write one like http://127.0.0.1:8000")
    return name, url.rstrip("/")


async def _run(wish: Wish, report: Path | None, *, live: bool) -> int:
    crowd = Crowd(wish)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, crowd.ended.set)
    teller = asyncio.create_task(_tell(crowd)) if live else None
    await crowd.run()
    if teller:
        teller.cancel()
        print(crowd.line(), flush=True)
    if report:
        report.write_text(json.dumps(crowd.report(), indent=1))
    if not live:
        whole = crowd.report()
        print(f"{whole['requests']} requests, {whole['failed']} failed, {crowd.arrived} buyers, {whole['elapsed']} s")
    return 0


async def _tell(crowd: Crowd) -> None:
    while True:
        await asyncio.sleep(1)
        print(crowd.line(), flush=True)


if __name__ == "__main__":
    sys.exit(main())
