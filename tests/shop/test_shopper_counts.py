"""The shopper's counts are evidence: they equal what the shop itself has counted."""

import json
import re
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

from tests.shop.running import ROOT, replica, shopper

SHOP = ROOT / "sample-shop"
REQUESTS = re.compile(r'shop_requests_total\{status="(\d+)",version="5"\} (\d+)\.0')


def counted_by(url: str) -> dict[str, int]:
    with urllib.request.urlopen(f"{url}/metrics") as answer:
        return {status: int(count) for status, count in REQUESTS.findall(answer.read().decode())}


def test_two_shops_under_load_and_the_shopper_count_the_same_and_nothing_fails(tmp_path: Path) -> None:
    with (
        replica(SHOP, tmp_path, SLUICE_VERSION="5", STOCK="3") as az1,
        replica(SHOP, tmp_path, SLUICE_VERSION="5", STOCK="3") as dr,
    ):
        where = ["--url", f"az1={az1}", "--url", f"dr={dr}", "--share", "2", "--share", "1"]
        counts = shopper(tmp_path / "r.json", *where, "--rate", "150", "--seconds", "3", "--think", "0.02")
        for name, url in {"az1": az1, "dr": dr}.items():
            assert counts["targets"][name]["by_version"]["5"]["statuses"] == counted_by(url)

    assert counts["failed"] == 0
    assert counts["targets"]["az1"]["requests"] > 1.5 * counts["targets"]["dr"]["requests"] > 0
    versions = [target["by_version"]["5"] for target in counts["targets"].values()]
    assert sum(seen["checkouts"] for seen in versions) >= 0.15 * counts["requests"]


def test_a_shopper_that_is_told_to_end_writes_its_report(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    with replica(SHOP, tmp_path) as url:
        load = ["--rate", "50", "--seconds", "600", "--think", "0.02", "--report", str(report), "--live"]
        command = [sys.executable, "-m", "shopper", "--url", url, *load]
        with subprocess.Popen(command, cwd=SHOP, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout
            first = json.loads(process.stdout.readline())
            process.send_signal(signal.SIGTERM)
            last = json.loads(process.stdout.read().splitlines()[-1])

    counts = json.loads(report.read_text())
    seconds = [second for target in counts["targets"].values() for second in target["timeline"]]
    assert process.returncode == 0
    assert 0 < first["requests"] <= last["requests"] == counts["requests"]
    assert sum(second["requests"] for second in seconds) == counts["requests"]
