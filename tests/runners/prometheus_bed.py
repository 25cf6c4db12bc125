"""A real Prometheus that scrapes a real exporter of ours on the loopback, several times a second."""

import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import httpx2
import yaml

from pipeline.errors import TryLater
from runners.counted import SlotCounts
from runners.metrics.asking import Prometheus
from runners.metrics.conventions import CONVENTIONS, Series
from runners.metrics.prometheus import PrometheusMetrics
from tests.ports import free_ports
from tests.runners.until import until

SCRAPE = "200ms"


@dataclass
class Scraped:
    """Targets by name with the page that each shows, and the Prometheus that reads them."""

    address: str
    pages: dict[str, str] = field(default_factory=dict)
    scrapes: dict[str, int] = field(default_factory=dict)

    def shows(self, target: str, page: str) -> None:
        """From now on `target` shows this, and Prometheus has read it. "" = it does not answer."""
        self.pages[target] = page
        self.read_again(target)

    def read_again(self, target: str) -> None:
        """Prometheus scrapes `target` twice more: what it shows now is stored then."""
        seen = self.scrapes.get(target, 0)
        until(lambda: self.scrapes.get(target, 0) >= seen + 2, f"a scrape of {target}")
        query = f'timestamp(scrape_duration_seconds{{job="{target}"}})'
        at = time.time()
        until(lambda: self._value(query) > at, f"{target} is stored")

    def _value(self, query: str) -> float:
        found = httpx2.get(f"{self.address}/api/v1/query", params={"query": query}, trust_env=False).json()
        return max((float(one["value"][1]) for one in found["data"]["result"]), default=0.0)

    def metrics(
        self, service: str = "shop", counts: str | Series = "http", where: Mapping[str, str] | None = None
    ) -> PrometheusMetrics:
        """The adapter, for a service with v1 in slot a and v2 in slot b."""
        words = {
            slot: {
                "backend": f"{service}-{slot}-{number}",
                "slot": slot,
                "service": service,
                "namespace": "web",
                "cluster": "az1",
                "place": str(number),
            }
            for number, slot in enumerate("ab")
        }
        series = CONVENTIONS[counts] if isinstance(counts, str) else counts
        return PrometheusMetrics(Prometheus(self.address), series, lambda _: words, where or {})


class Exporter(ThreadingHTTPServer):
    """Shows the page of the target in the path."""

    daemon_threads = True

    def __init__(self, bed: Scraped) -> None:
        super().__init__(("127.0.0.1", 0), _Page)
        self.bed = bed


class _Page(BaseHTTPRequestHandler):
    server: Exporter

    def do_GET(self) -> None:
        target = self.path.strip("/")
        page = self.server.bed.pages.get(target, "")
        self.send_response(200 if page else 503)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.end_headers()
        self.wfile.write(page.encode())
        self.server.bed.scrapes[target] = self.server.bed.scrapes.get(target, 0) + 1

    def log_message(self, *_: object) -> None:
        """Nothing to say."""


@contextmanager
def running(folder: Path, config: Mapping[str, object]) -> Iterator[str]:
    """A Prometheus with this configuration; its address."""
    (folder / "prometheus.yml").write_text(yaml.safe_dump(dict(config)))
    port = free_ports(1)[0]
    words = [
        "prometheus",
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--log.level=error",
    ]
    address = f"http://127.0.0.1:{port}"
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=folder)
    try:
        until(lambda: _ready(process, address, folder / "log"), "Prometheus is ready")
        yield address
    finally:
        process.kill()
        process.wait(10)


def _ready(process: "subprocess.Popen[bytes]", address: str, log: Path) -> bool:
    assert process.poll() is None, log.read_text()
    try:
        return httpx2.get(f"{address}/-/ready", trust_env=False).is_success
    except httpx2.HTTPError:
        return False


def job(name: str, address: str, path: str, instance: str = "") -> dict[str, object]:
    """A scrape job with one target."""
    about = {"instance": instance} if instance else {}
    return {
        "job_name": name,
        "metrics_path": path,
        "static_configs": [{"targets": [address], "labels": about}],
    }


def config(*jobs: Mapping[str, object]) -> dict[str, object]:
    """A configuration that scrapes often."""
    return {"global": {"scrape_interval": SCRAPE, "scrape_timeout": SCRAPE}, "scrape_configs": list(jobs)}


@contextmanager
def scraped(folder: Path, targets: Mapping[str, str]) -> Iterator[Scraped]:
    """A Prometheus and the exporter it reads. `targets`: name of a job → the process that it scrapes."""
    bed = Scraped("")
    exporter = Exporter(bed)
    Thread(target=exporter.serve_forever, args=(0.02,), daemon=True).start()
    address = f"127.0.0.1:{exporter.server_address[1]}"
    jobs = [job(name, address, f"/{name}", instance) for name, instance in targets.items()]
    try:
        with running(folder, config(*jobs)) as bed.address:
            yield bed
    finally:
        exporter.shutdown()
        exporter.server_close()


def settles(read: Callable[[], Mapping[str, SlotCounts]], seen: Callable[[Mapping[str, SlotCounts]], bool]) -> None:
    """Until the counters are so."""

    def now() -> bool:
        try:
            return seen(read())
        except TryLater:
            return False

    until(now, "the counters")
