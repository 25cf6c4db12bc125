"""The gateway's process: one Traefik that outlives the daemon, its file and its reports."""

import http.client
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from pipeline.errors import NeedsHuman

from .clusters.document import Document, replace
from .clusters.processes import Known, bound, end, free_port, is_free, spawn
from .gateway import Applied, Tree, read_back

BUCKETS = "0.005,0.01,0.025,0.05,0.1,0.25,0.5,1,2.5,5,10"  # seconds


@dataclass(frozen=True, slots=True)
class Started:
    """`gateway.json`: the Traefik that serves this home, or served it last."""

    pid: int = 0
    started: str = ""
    argv: tuple[str, ...] = ()
    admin: int = 0  # port of its API and metrics


class Traefik:
    """Keeps one Traefik going in `folder`. `entries`: entry point → port on the loopback."""

    def __init__(self, folder: Path, entries: dict[str, int]) -> None:
        self.folder = folder
        self.entries = entries
        self._routes = folder / "routes.yaml"
        self._note = Document(folder / "gateway.json", Started(), durable=False)
        self._log = folder / "gateway.log"
        self._shown: Tree | None = None
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def admin(self) -> str:
        """Address of its API and metrics."""
        return f"http://127.0.0.1:{self._note.read().admin}"

    def keep(self) -> bool:
        """Have it running: adopt it, or start it, or start it again with other ports. True if it is a new one."""
        was = self._note.read()
        known = Known(was.pid, was.started)
        if known.alive and was.argv == self._argv(was.admin):
            return False
        end([known], 5.0)
        self._free()
        if not self._routes.exists():
            self.show({"http": {}})
        admin = free_port(self.entries.values())
        argv = self._argv(admin)
        self._child, known = spawn(argv, self.folder, {"HOME": str(self.folder)}, self._log)
        self._note.write(Started(known.pid, known.started, argv, admin))
        return True

    def show(self, routes: Tree) -> None:
        """Put the configuration in force; the same one again is not written, since writing resets the round robin."""
        if routes == self._shown:
            return
        text = json.dumps(routes, indent=1).encode()  # JSON is YAML
        if not self._routes.exists() or self._routes.read_bytes() != text:
            replace(self._routes, text, durable=False)
        self._shown = routes

    def repeat(self) -> None:
        """Write the configuration again, for a Traefik that did not notice it."""
        if self._shown is not None:
            replace(self._routes, json.dumps(self._shown, indent=1).encode(), durable=False)

    def look(self) -> Applied | None:
        """What it does now; None while it does not answer."""
        connection = http.client.HTTPConnection(urlsplit(self.admin).netloc, timeout=2.0)
        try:
            connection.request("GET", "/api/rawdata")
            return read_back(json.loads(connection.getresponse().read()))
        except (OSError, http.client.HTTPException, ValueError):
            return None
        finally:
            connection.close()

    def trim(self) -> None:
        """Keep its log small."""
        bound(self._log)

    def _free(self) -> None:
        for name, port in self.entries.items():
            if not is_free(port):
                raise NeedsHuman(
                    f"port {port}, meant for {name}, is in use on this machine; stop who has it or choose another"
                )

    def _argv(self, admin: int) -> tuple[str, ...]:
        return (
            str(Path(sys.executable).parent / "traefik"),
            "--global.checkNewVersion=false",
            "--global.sendAnonymousUsage=false",
            "--log.level=ERROR",
            f"--entryPoints.traefik.address=127.0.0.1:{admin}",
            *(f"--entryPoints.{name}.address=127.0.0.1:{port}" for name, port in self.entries.items()),
            # A header X_Forwarded_For would reach many apps under the name that Traefik vouches for.
            *(f"--entryPoints.{name}.http.aliasHeadersStrategy=delete" for name in self.entries),
            f"--providers.file.filename={self._routes}",
            "--providers.file.watch=true",
            "--providers.providersThrottleDuration=50ms",
            "--api.insecure=true",  # on the loopback alone
            "--api.dashboard=false",
            "--metrics.prometheus=true",
            f"--metrics.prometheus.buckets={BUCKETS}",
            "--metrics.prometheus.addServicesLabels=true",
            "--metrics.prometheus.addEntryPointsLabels=false",
            "--metrics.prometheus.addRoutersLabels=false",
        )


def stop(folder: Path) -> None:
    """End the Traefik of this folder."""
    was = Document(folder / "gateway.json", Started(), durable=False).read()
    end([Known(was.pid, was.started)], 5.0)
