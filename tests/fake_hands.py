"""Source, Jobs and Builder in memory: honest about every promise of their ports, without git, processes or disk."""

import hashlib
import re
from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pipeline.errors import NeedsHuman, TryLater
from runners.ports import BuildSeen, BuildSpec, Commit, JobSeen, JobSpec, JobState

HASH = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
REF = re.compile(r"(?!.*(\.\.|//|@\{|/\.|\.lock(/|$)))[A-Za-z0-9][A-Za-z0-9._/-]{0,199}(?<![./])")
JOB = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}")


@dataclass
class FakeSource:
    """
    A repository of one line of history per branch.

    `push` adds a commit; `trees` is where `checkout` writes (real files, as those who build need them).
    """

    trees: Path
    branches: dict[str, str] = field(default_factory=dict)
    commits: dict[str, Commit] = field(default_factory=dict)
    parents: dict[str, str] = field(default_factory=dict)
    files: dict[str, Mapping[str, bytes]] = field(default_factory=dict)
    trouble: str = ""  # while set, the remote cannot be reached

    def push(
        self, files: Mapping[str, bytes], *, ref: str = "main", subject: str = "Change", by: str = "a@example.org"
    ) -> str:
        """A new commit on `ref` with exactly these files; its hash."""
        parent = self.branches.get(ref, "")
        text = repr((parent, sorted(files.items()), subject, by, len(self.commits)))
        name = hashlib.sha1(text.encode()).hexdigest()
        at = datetime(2026, 11, 24, 12, tzinfo=UTC) + timedelta(minutes=len(self.commits))
        self.commits[name] = Commit(name, subject, by.split("@")[0], by, by, at)
        self.parents[name], self.files[name], self.branches[ref] = parent, dict(files), name
        return name

    def head(self, ref: str) -> str:
        if not REF.fullmatch(ref):
            raise NeedsHuman(f"git.ref_invalid: {ref[:80]!r} is no branch name")
        if self.trouble:
            raise TryLater(f"git.unreachable: {self.trouble}")
        if ref not in self.branches:
            raise NeedsHuman(f"git.ref_missing: branch {ref} is not in the repository")
        return self.branches[ref]

    def commit(self, commit: str) -> Commit:
        return self.commits[self._known(commit)]

    def between(self, old: str, new: str) -> tuple[Commit, ...]:
        hidden = set(self._line(self._known(old)))
        return tuple(self.commits[name] for name in self._line(self._known(new)) if name not in hidden)[:200]

    def file(self, commit: str, path: str) -> bytes:
        found = self.files[self._known(commit)].get(path)
        if found is None:
            raise NeedsHuman(f"git.file_missing: {path} is not in commit {commit[:12]}")
        if len(found) > 1024 * 1024:
            raise NeedsHuman(f"git.too_large: {path} has {len(found)} bytes")
        return found

    def checkout(self, commit: str) -> Path:
        tree = self.trees / self._known(commit)
        for path, content in self.files[commit].items():
            (tree / path).parent.mkdir(parents=True, exist_ok=True)
            (tree / path).write_bytes(content)
        return tree

    def _known(self, commit: str) -> str:
        if not HASH.fullmatch(commit):
            raise NeedsHuman(f"git.hash_invalid: {commit[:80]!r} is no full commit hash")
        if commit not in self.commits:
            raise NeedsHuman(f"git.commit_missing: commit {commit[:12]} is not in the mirror")
        return commit

    def _line(self, name: str) -> list[str]:
        line = []
        while name:
            line.append(name)
            name = self.parents[name]
        return line


@dataclass
class FakeJob:
    """One job, as far as the fake lets it go on."""

    spec: JobSpec
    output: bytes
    seen: JobSeen = JobSeen(JobState.RUNNING)


@dataclass
class FakeJobs:
    """
    Jobs that run until the test says how they go on.

    `says` and `ends` move a job; `starts` lists the specs that were really started, in order.
    """

    jobs: dict[str, FakeJob] = field(default_factory=dict)
    starts: list[JobSpec] = field(default_factory=list)
    trouble: str = ""  # while set, nothing can be started
    away: set[str] = field(default_factory=set)  # jobs that cannot be reached

    def says(self, name: str, output: bytes) -> None:
        """The job prints something."""
        self.jobs[name].output += output

    def ends(self, name: str, exit_code: int = 0, seconds: float = 1.0) -> None:
        """The job ends with this exit code."""
        state = JobState.FAILED if exit_code else JobState.DONE
        why = f"ended with exit code {exit_code}" if exit_code else ""
        self.jobs[name].seen = JobSeen(state, exit_code, why, seconds)

    def vanishes(self, name: str) -> None:
        """The machine under it is restarted."""
        self.jobs[name].seen = JobSeen(JobState.FAILED, None, "its supervisor vanished", 1.0, lost=True)

    def start(self, spec: JobSpec) -> None:
        name = self._named(spec.name)
        if self.trouble:
            raise TryLater(f"job.start: {self.trouble}")
        if name not in self.jobs:
            self.starts.append(spec)
            self.jobs[name] = FakeJob(spec, f"» {spec.title or ' '.join(spec.argv)}\n".encode())

    def look(self, name: str) -> JobSeen:
        found = self.jobs.get(self._named(name))
        return found.seen if found else JobSeen(JobState.UNKNOWN)

    def log(self, name: str, offset: int, limit: int = 262_144) -> bytes:
        found = self.jobs.get(self._named(name))
        return found.output[max(0, offset) : max(0, offset) + limit] if found else b""

    def stop(self, name: str) -> None:
        if self.look(name).state is JobState.RUNNING:
            self.jobs[name].seen = JobSeen(JobState.FAILED, None, "was stopped", 1.0)

    def _named(self, name: str) -> str:
        if not JOB.fullmatch(name):
            raise NeedsHuman(f"job.name: {name[:120]!r} is no job name")
        if name in self.away:
            raise TryLater(f"job.look: {name} cannot be reached")
        return name


@dataclass
class FakeBuilder:
    """Builds by hashing the tree; a build is a job of the same name and ends when the test lets it end."""

    jobs: FakeJobs = field(default_factory=FakeJobs)
    builds: dict[str, BuildSpec] = field(default_factory=dict)
    whys: dict[str, str] = field(default_factory=dict)

    def ends(self, name: str, why: str = "") -> None:
        """The build ends; with `why` it failed."""
        if why:
            self.whys[name] = why
            self.jobs.says(name, f"{why}\n".encode())
        self.jobs.ends(name, 1 if why else 0)

    def start(self, spec: BuildSpec) -> None:
        title = f"Build of {spec.app} at {spec.commit[:12]}"
        self.jobs.start(JobSpec(spec.name, ("build", spec.app), spec.tree, title=title))
        self.builds.setdefault(spec.name, spec)

    def look(self, name: str) -> BuildSeen:
        seen = self.jobs.look(name)
        if seen.state is JobState.DONE:
            return BuildSeen(seen.state, digest_of(self.builds[name]))
        return BuildSeen(seen.state, "", self.whys.get(name, seen.why))

    def command(self, digest: str, _tree: Path, name: str, run: str, timeout: float) -> JobSpec:
        return JobSpec(name, ("/bin/sh", "-c", run), Path(digest), timeout=timeout, title=run)

    def prune(self, keep: Set[str], older_than: timedelta) -> int:
        return 0


def digest_of(spec: BuildSpec) -> str:
    """The same tree and recipe give the same digest."""
    found = hashlib.sha256(repr(sorted(spec.recipe.items())).encode())
    for path in sorted(spec.tree.rglob("*")):
        if path.is_file():
            found.update(repr((str(path.relative_to(spec.tree)), path.read_bytes())).encode())
    return f"sha256:{found.hexdigest()}"
