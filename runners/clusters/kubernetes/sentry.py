"""Runs the guard as a process in a pod: who it is by the pod's own account, how it does by two addresses."""

import os
import signal
import time
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread

import structlog

from pipeline.errors import NeedsHuman, PipelineError

from .access import Access
from .api import Api
from .guard import WAYS, KubernetesGuard

ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")  # where a pod finds its token and the authority
BRISK, CALM = 2.0, 5.0  # seconds between two looks: while a release is in motion, otherwise
STUCK = 60.0  # seconds without the end of a round, after which the process should be started anew
LEAST = 30.0  # seconds of silence that are no silence yet: Sluice may be 10 s between two beats, and be restarted

_log = structlog.get_logger()


@dataclass(slots=True)
class Health:
    """What the probes of the pod are told."""

    ended: float = field(default_factory=time.monotonic)  # when the last round ended, well or not
    sees: bool = False  # the last round saw every namespace

    def answer(self, path: str, now: float) -> tuple[int, str]:
        """Status and sentence for one path."""
        match path:
            case "/livez":
                silent = now - self.ended
                return (200, "alive") if silent < STUCK else (503, f"no round has ended for {silent:.0f} s")
            case "/readyz":
                return (200, "guarding") if self.sees else (503, "the last look at the API server failed")
        return 404, "ask /livez or /readyz"


class Sentry:
    """One guard for each namespace, all through one client of the API server."""

    def __init__(self, split: str, ttl: float, namespaces: list[str], account: Path = ACCOUNT) -> None:
        if ttl < LEAST:
            raise NeedsHuman(f"a time to live of {ttl:g} s would take healthy canaries back; write {LEAST:g} or more")
        if not namespaces:
            raise NeedsHuman("name the namespaces to guard: python -m runners guard gateway 60 shop")
        if split not in WAYS:
            raise NeedsHuman(f"{split!r} is no way to split requests; write {' or '.join(WAYS)}")
        inside(account)
        self.health = Health()
        api = Api(
            "this cluster", partial(inside, account)
        )  # asked anew when its token has ended: the kubelet renews it
        self._guards = {name: KubernetesGuard(api, name, ttl, split) for name in namespaces}

    def round(self, now: float) -> bool:
        """Every namespace once; whether a release is in motion in one of them. Trouble with one hides no other."""
        moving, seen = False, 0
        for name, guard in self._guards.items():
            try:
                moving = guard.round(now) or moving
                seen += 1
            except PipelineError as trouble:
                _log.warning("cannot see", namespace=name, why=str(trouble))
        self.health.sees = seen == len(self._guards)
        self.health.ended = time.monotonic()
        return moving


def inside(account: Path) -> Access:
    """How a pod reaches the API server of its own cluster."""
    host, port = os.environ.get("KUBERNETES_SERVICE_HOST"), os.environ.get("KUBERNETES_SERVICE_PORT", "443")
    if not host:
        raise NeedsHuman("this is no pod: KUBERNETES_SERVICE_HOST is not set; the guard runs in the cluster it guards")
    try:
        authority, token = (account / "ca.crt").read_text(), (account / "token").read_text().strip()
    except OSError as error:
        raise NeedsHuman(f"the pod has no account: {error}; set automountServiceAccountToken") from error
    return Access(f"https://{f'[{host}]' if ':' in host else host}:{port}", authority, token)


def stand(split: str, ttl: float, namespaces: list[str], port: int = 8081) -> None:
    """Rounds until a signal ends it. Nothing has to be put in order then: another guard begins where this one ended."""
    ended = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    sentry = Sentry(split, ttl, namespaces)
    server = ThreadingHTTPServer(("", port), partial(_Probe, sentry.health))
    Thread(target=server.serve_forever, daemon=True).start()
    _log.info("guarding", namespaces=namespaces, ttl=ttl, split=split)
    while not ended.is_set():
        ended.wait(BRISK if sentry.round(time.monotonic()) else CALM)
    server.shutdown()


class _Probe(BaseHTTPRequestHandler):
    """Answers the kubelet."""

    def __init__(self, health: Health, *words: object) -> None:
        self._health = health
        super().__init__(*words)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        status, words = self._health.answer(self.path, time.monotonic())
        body = f"{words}\n".encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """The kubelet asks every few seconds: that is no news."""
