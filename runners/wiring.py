"""Settings from the environment → ledger and world: the only place that builds adapters."""

import gc
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import structlog

from pipeline.definition.platform import Platform
from pipeline.definition.reading import read_platform
from pipeline.errors import BadDefinition
from pipeline.pinned import configuration, content_hash
from pipeline.store import housekeeping
from pipeline.store.bell import Bell
from pipeline.store.configured import AppConfigured, Configured
from pipeline.store.inbox import Inbox
from pipeline.store.ledger import Ledger
from pipeline.store.logs import Logs
from pipeline.store.people import People
from pipeline.store.rehearsal import rehearse
from pipeline.store.session import Sessions, open_database
from pipeline.store.units import Units
from pipeline.windows import span_of
from runners import adapters
from runners.adapters import Listed
from runners.builders.bundle import BundleBuilder
from runners.front import FileFront
from runners.intake import Desk
from runners.jobs.process import ProcessJobs
from runners.ports import World
from runners.sources.git import GitSource

if TYPE_CHECKING:
    from runners.jobs.split import SplitJobs

_log = structlog.get_logger()
KEPT = timedelta(days=14)  # how long what nobody needs is kept all the same
LATEST = 20  # live releases of an app whose bundles stay, so that it can return to them


@dataclass(frozen=True, slots=True)
class Settings:
    """Where everything is. Read once from the environment that `sluice up` or the chart gives."""

    home: Path
    platform_file: Path
    database_url: str
    redis_url: str
    cache: Path

    @classmethod
    def from_environment(cls) -> "Settings":
        home = Path(os.environ["SLUICE_HOME"])
        return cls(
            home=home,
            platform_file=Path(os.environ["SLUICE_PLATFORM"]),
            database_url=os.environ["DATABASE_URL"],
            redis_url=os.environ["REDIS_URL"],
            cache=Path(os.environ.get("SLUICE_CACHE") or Path.home() / ".cache" / "sluice"),
        )


class Wiring:
    """The parts of the hands, built when they are first needed and kept for the life of the process."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.written = settings.platform_file.stat().st_mtime_ns
        self._warm = False
        self.platform: Platform = read_platform(settings.platform_file.read_bytes(), settings.platform_file.name)

    @cached_property
    def sessions(self) -> Sessions:
        return open_database(self.settings.database_url)

    @cached_property
    def ledger(self) -> Ledger:
        return Ledger(self.sessions)

    @cached_property
    def units(self) -> Units:
        return Units(self.sessions)

    @cached_property
    def logs(self) -> Logs:
        return Logs(self.sessions)

    @cached_property
    def inbox(self) -> Inbox:
        return Inbox(self.sessions)

    @cached_property
    def bell(self) -> Bell:
        return Bell(self.settings.redis_url)

    @cached_property
    def processes(self) -> ProcessJobs:
        return ProcessJobs(self.settings.home / "jobs")

    @cached_property
    def jobs(self) -> "ProcessJobs | SplitJobs":
        return adapters.jobs(self.platform, self.settings.home, self.processes)

    @cached_property
    def world(self) -> World:
        platform, home = self.platform, self.settings.home
        clusters = adapters.clusters(platform, home)
        return World(
            sources=self.git,
            builders=adapters.builders(platform, home, self.processes, self.bundles),
            jobs=self.jobs,
            clusters=clusters,
            metrics=adapters.metrics(platform, home, clusters),
            front=FileFront(home),
            configured={app: content_hash(text) for app, text in self.configured.items()},
        )

    @cached_property
    def configured(self) -> Mapping[str, str]:
        """The target configuration of each app."""
        return {app: configuration(self.platform, app) for app in self.platform.apps}

    @cached_property
    def desk(self) -> Desk:
        return Desk(self.platform, self.world.sources, self.ledger, self.inbox, People(self.sessions), self.units)

    def warm(self) -> None:
        """Build all that a tick or an intake needs, and open no connection: a fork takes it over and starts faster."""
        if self._warm:
            return
        _ = self.ledger, self.logs, self.desk
        rehearse(self.sessions)
        gc.freeze()  # the garbage collector of a fork would touch, and so copy, every page of it
        self._warm = True

    def configure(self) -> None:
        """Write down what platform.yaml says now: approvals are bound to it, freezes and groups follow from it."""
        apps = {}
        for app, text in self.configured.items():
            apps[app] = AppConfigured(self.platform.apps[app].tenant, content_hash(text), text)
        freezes = tuple(span_of(rule) for rule in self.platform.freezes)
        self.ledger.configure(Configured(apps, self.platform.groups, freezes))

    def tidy(self) -> None:
        """Forget what nobody needs any more: output, deliveries, jobs, trees, and what nothing may return to."""
        adapters.renew(self.platform, self.settings.home)
        housekeeping.tidy(self.sessions)
        self.jobs.prune(KEPT)
        for source in self.git.values():
            source.prune(set(), KEPT)
            source.tidy()
        needed = self._needed()
        for builder in set(self.world.builders.values()):
            builder.prune(needed, KEPT)

    def _needed(self) -> set[str]:
        """The digests that run somewhere, or that a release could bring or return to."""
        slots = {
            slot.digest
            for cluster in self.world.clusters.values()
            for app in self.platform.apps
            for slot in cluster.look(app).slots.values()
        }
        return slots | self.ledger.digests(LATEST)

    @cached_property
    def bundles(self) -> BundleBuilder:
        return BundleBuilder(self.processes, self.settings.home / "bundles", self.settings.cache)

    @cached_property
    def git(self) -> Mapping[str, GitSource]:
        home = self.settings.home
        sources = {
            name: GitSource(
                entry.repository,
                home / "mirrors" / name,
                home / "trees" / name,
                allow_local=entry.allow_local,
                hosts=frozenset({urlsplit(entry.repository).hostname or ""} - {""}),
            )
            for name, entry in self.platform.apps.items()
        }
        return Listed(sources)


_current: Wiring | None = None


def wire() -> Wiring:
    """The wiring of this process, made anew when platform.yaml was written since and can be used."""
    global _current
    if _current is None:
        _current = Wiring(Settings.from_environment())
    elif (written := _stamp(_current.settings.platform_file)) not in (0, _current.written):
        _current = _renewed(_current, written)
    return _current


def _renewed(old: Wiring, written: int) -> Wiring:
    """A broken platform.yaml must not stop releases: the one before stays in force, and the log says so once."""
    try:
        new = Wiring(old.settings)
    except (BadDefinition, OSError) as problem:
        _log.error("platform.unusable: the platform.yaml read before stays in force", why=str(problem))
        old.written = written
        return old
    new.sessions = old.sessions  # the same database, with the connections that are open
    return new


def _stamp(file: Path) -> int:
    """When it was written last, 0 while it is away: editors replace it."""
    try:
        return file.stat().st_mtime_ns
    except OSError:
        return 0
