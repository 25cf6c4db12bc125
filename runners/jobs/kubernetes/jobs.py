"""Jobs on images as Jobs of a Kubernetes cluster, with their logs in this home; they outlive Sluice.

A Job is made asleep, its files are made as its own, then it is woken: whoever is killed in between leaves nothing that
lasts, and the next one goes on where that one stopped. Reading only the home, anybody knows how a job ended.
"""

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pipeline.errors import NeedsHuman, TryLater
from runners.clusters.kubernetes.api import Api
from runners.clusters.kubernetes.notes import Manifest
from runners.clusters.kubernetes.refusals import Conflict
from runners.jobs.process import NAME
from runners.ports import JobSeen, JobSpec, JobState

from . import objects, parcel, podlog, told
from .folder import Copied, Folder
from .objects import Place
from .told import Told

FRESH = 0.5  # seconds for which what was seen is not asked for again: a tick looks at a job several times
PIECE = 8 * 1024**2  # bytes of a log that are asked for at once
ROUNDS = 4  # such pieces a look may copy
PATIENCE = timedelta(seconds=60)  # after the end of a job, until a log that cannot be read is given up
UNKNOWN = JobSeen(JobState.UNKNOWN)
STOPPED = JobSeen(JobState.FAILED, None, "was stopped")


class KubernetesJobs:
    """The Jobs port in one namespace of a cluster."""

    def __init__(self, folder: Path, api: Api, place: Place, clock: Callable[[], datetime] | None = None) -> None:
        self._root, self._api, self._place = folder, api, place
        self._clock = clock or (lambda: datetime.now(UTC))
        self._seen: dict[str, tuple[float, Told]] = {}

    def knows(self, name: str) -> bool:
        """A job of this name was to run here."""
        return self._folder(name).known()

    def start(self, spec: JobSpec) -> None:
        """Start it, or adopt the one of that name. Returns with the first line of the log written."""
        folder = self._folder(spec.name)
        with _at_home(spec.name):
            if folder.result():
                return
            found = self._job(spec.name)
            if found is None and folder.marked("began"):
                return  # its look says what became of it
            if found is None or found["spec"].get("suspend"):
                self._begin(spec, found, folder)
        self._seen.pop(spec.name, None)

    def look(self, name: str) -> JobSeen:
        """One call, or two while it has no pod. What has ended is known without any."""
        folder = self._folder(name)
        with _at_home(name):
            return (folder.result() or self._looked(name, folder)) if folder.known() else UNKNOWN

    def log(self, name: str, offset: int, limit: int = 262_144) -> bytes:
        """Output from byte `offset`, after what is new was copied."""
        folder = self._folder(name)
        self.look(name)
        with _at_home(name):
            return folder.read(offset, limit) if folder.known() else b""

    def stop(self, name: str) -> None:
        """Ask the cluster to end it: at once, or by force after 5 s."""
        folder = self._folder(name)
        if self.look(name).state is JobState.RUNNING:
            folder.mark("stop")
            self._remove(name, waits=True)

    def prune(self, older_than: timedelta) -> int:
        """Forget the jobs that nothing was heard of for so long, and remove what is left of them; how many went."""
        before, gone = time.time() - older_than.total_seconds(), 0
        for path in self._root.iterdir() if self._root.is_dir() else ():
            folder = Folder(path)
            if not NAME.fullmatch(path.name) or not folder.known() or (path / "copied").stat().st_mtime > before:
                continue
            if folder.result() or self._gone(path.name):
                shutil.rmtree(path, ignore_errors=True)
                gone += 1
        return gone

    # ---- beginning ----------------------------------------------------------------------------------------------

    def _begin(self, spec: JobSpec, found: Manifest | None, folder: Folder) -> None:
        pieces = parcel.packed(spec.cwd)
        folder.open(spec.title or " ".join(spec.argv))
        name = parcel.named(pieces)
        made = found or self._made(objects.job(spec, self._place, name, len(pieces)))
        if made["metadata"].get("annotations", {}).get(objects.PARCEL) != name:
            self._remove(spec.name)  # half made by a Sluice that packs otherwise
            raise TryLater(f"job {spec.name} is made anew in {self._place.cluster}", timedelta(seconds=1))
        for secret in objects.secrets(made, pieces):
            with suppress(Conflict):  # it is there already
                self._api.create(secret, self._place.namespace)
        folder.mark("began")
        self._api.patch("Job", self._place.namespace, made["metadata"]["name"], {"spec": {"suspend": False}})

    def _made(self, job: Manifest) -> Manifest:
        try:
            return self._api.create(job, self._place.namespace)
        except Conflict:
            found = self._api.get("Job", self._place.namespace, job["metadata"]["name"])
            if found is None:
                raise
            return found

    # ---- looking ------------------------------------------------------------------------------------------------

    def _looked(self, name: str, folder: Folder) -> JobSeen:
        """What is seen now; what is new in the log is copied, and how it ended is kept."""
        now = self._told(name, folder)
        if now.seen.state is JobState.UNKNOWN:
            return UNKNOWN
        with folder.held() as mine:
            if not mine or folder.result():
                return folder.result() or replace(now.seen, state=JobState.RUNNING, exit_code=None, why="", lost=False)
            copied, whole = self._copy(folder, now)
            if now.seen.state is JobState.RUNNING:
                return now.seen
            if not whole:
                return JobSeen(JobState.RUNNING, seconds=now.seen.seconds)
            if now.seen.why:
                folder.say(copied, f"It {now.seen.why}.")
            folder.end(now.seen)
        self._gone(name)
        return now.seen

    def _told(self, name: str, folder: Folder) -> Told:
        at, known = self._seen.get(name, (0.0, None))
        if known is None or time.monotonic() - at > FRESH:
            known = self._asked(name, folder)
            self._seen[name] = time.monotonic(), known
        return known

    def _asked(self, name: str, folder: Folder) -> Told:
        mine = objects.name_of(self._place.owner, name)
        pods = self._api.find("Pod", self._place.namespace, {objects.JOB: mine})
        stopped = folder.marked("stop")
        if pods:
            now = told.of_pod(pods[0], self._clock())
            if stopped and now.seen.state is JobState.FAILED:
                return replace(now, seen=replace(STOPPED, seconds=now.seen.seconds))
            if stopped and "deletionTimestamp" not in pods[0]["metadata"]:
                self._remove(name, waits=True)  # whoever was to stop it was killed
            return now
        return self._without_pod(name, mine, folder)

    def _without_pod(self, name: str, mine: str, folder: Folder) -> Told:
        job, stopped = self._job(name), folder.marked("stop")
        if job is None:
            return Told(STOPPED if stopped else told.gone() if folder.marked("began") else UNKNOWN)
        if stopped and "deletionTimestamp" not in job["metadata"]:
            self._remove(name, waits=True)
        if stopped or job["spec"].get("suspend"):
            return Told(told.RUNNING if stopped else UNKNOWN)
        events = self._api.find("Event", self._place.namespace, {}, {"involvedObject.name": mine})
        return told.of_job(job, events)

    # ---- the log ------------------------------------------------------------------------------------------------

    def _copy(self, folder: Folder, now: Told) -> tuple[Copied, bool]:
        """Copy what is new. False while there may be more of what has ended."""
        copied, ended = folder.copied(), now.seen.state is not JobState.RUNNING
        if now.waits and now.waits != copied.said:
            copied = folder.say(replace(copied, said=now.waits), f"Waits: {now.waits}.")
        for _ in range(ROUNDS if now.container else 0):
            try:
                answer = self._api.log(self._place.namespace, now.pod, now.container, copied.position.since, PIECE)
            except (TryLater, NeedsHuman) as trouble:
                return self._unread(folder, copied, trouble) if ended else (copied, False)
            cut = len(answer) >= PIECE
            new, position = podlog.fresh(answer, copied.position, whole=ended, cut=cut)
            if position != copied.position:
                copied = folder.write(replace(copied, position=position), new)
            if not cut:
                return copied, True
        return copied, not now.container

    def _unread(self, folder: Folder, copied: Copied, trouble: Exception) -> tuple[Copied, bool]:
        """A log that cannot be read now is read later, until nobody believes in it any more."""
        if not folder.marked("unread"):
            folder.mark("unread")
        if not folder.older("unread", PATIENCE):
            return copied, False
        return folder.say(copied, f"The rest of the log cannot be read: {trouble}."), True

    # ---- the cluster --------------------------------------------------------------------------------------------

    def _job(self, name: str) -> Manifest | None:
        return self._api.get("Job", self._place.namespace, objects.name_of(self._place.owner, name))

    def _gone(self, name: str) -> bool:
        """Remove it, if the cluster lets us: what has ended goes by itself an hour later."""
        try:
            self._remove(name)
        except (TryLater, NeedsHuman):
            return False
        return True

    def _remove(self, name: str, *, waits: bool = False) -> None:
        """The Job with its pod and its files. `waits`: it stays until its pod is gone, so that its end can be seen."""
        self._seen.pop(name, None)
        how = "Foreground" if waits else "Background"
        self._api.delete("Job", self._place.namespace, objects.name_of(self._place.owner, name), how)

    def _folder(self, name: str) -> Folder:
        if not NAME.fullmatch(name):
            raise NeedsHuman(f"job.name: {name[:120]!r} is no job name; use a-z, 0-9, dot, dash and underscore")
        return Folder(self._root / name)


@contextmanager
def _at_home(name: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise TryLater(f"job {name}: its folder cannot be used: {error}") from error
