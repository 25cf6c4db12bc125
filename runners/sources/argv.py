"""The only way to run git: fixed arguments, an empty environment, a group of its own, a deadline."""

import contextlib
import os
import re
import resource
import shutil
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from pipeline.errors import NeedsHuman, PipelineError, TryLater

SETTINGS = (
    "protocol.allow=never",
    "core.hooksPath=/dev/null",
    "core.symlinks=false",
    "core.fsmonitor=false",
    "core.attributesFile=/dev/null",
    "core.askPass=/bin/false",
    "credential.helper=",
    "submodule.recurse=false",
    "fetch.recurseSubmodules=false",
    "fetch.fsckObjects=true",
    "transfer.fsckObjects=true",
    "fetch.writeCommitGraph=false",
    "gc.auto=0",
    "maintenance.auto=false",
    "http.followRedirects=false",
    "http.lowSpeedLimit=1000",
    "http.lowSpeedTime=20",
)
SSH = (
    "ssh -oBatchMode=yes -oStrictHostKeyChecking=yes -oProxyCommand=none -oPermitLocalCommand=no "
    "-oForwardAgent=no -oClearAllForwardings=yes -oConnectTimeout=10 -oServerAliveInterval=10 -oServerAliveCountMax=2"
)
PASSED_ON = frozenset(
    {"SSH_AUTH_SOCK", "HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy", "SSL_CERT_FILE", "GIT_SSL_CAINFO"}
)
TOO_LARGE = re.compile("File too large|signal 25|exceeds maximum allowed size|exceeded the file size")
# What git says → what to tell. The first match wins; anything else may pass.
SAYINGS: tuple[tuple[str, str], ...] = (
    (r"couldn't find remote ref", "git.ref_missing: the branch is not in the repository; check `branch`"),
    (r"dubious ownership", "git.access: the repository belongs to another user of this machine; change its owner"),
    (
        r"Permission denied|Authentication failed|could not read Username|Host key verification failed",
        "git.access: the host refuses us; check the deploy key, its rights, and the host's key in known_hosts",
    ),
    (
        r"does not appear to be a git repository|[Rr]epository .*not found|not a git repository",
        "git.repository_missing: there is no such repository; check `repository`",
    ),
    (r"error: 30\d|[Rr]edirect", "git.host_not_allowed: the host sends us on to another address; write that one"),
    (r"transport '.*' not allowed", "git.url_scheme: the address needs a transport that is not accepted"),
    (r"mismatched algorithms|object format", "git.object_format: the repository uses SHA-256; only SHA-1 is supported"),
    (r"fsck error|error in (?:tree|commit|tag|blob)|hasDot|gitmodules", "git.object_refused: the repository is unsafe"),
    (
        r"bad object|not a valid object|not a tree object|missing",
        "git.commit_missing: the commit is not in the mirror (forced push?)",
    ),
)


@dataclass(frozen=True, slots=True)
class Git:
    """Git on one mirror. `limit` is the most bytes any file may get; `passed_on` the few outer variables it may see."""

    mirror: Path
    timeout: float = 60.0
    limit: int = 2 * 1024**3
    passed_on: Mapping[str, str] = field(default_factory=dict)

    def argv(self, words: Sequence[str], protocol: str = "") -> list[str]:
        """The whole command. Only the caller's own words go in here, never a user's before `--end-of-options`."""
        allowed = (f"protocol.{protocol}.allow=always",) if protocol else ()
        settings = [word for setting in (*SETTINGS, *allowed) for word in ("-c", setting)]
        git = ["git", *settings, "--no-replace-objects", f"--git-dir={self.mirror}", *words]
        # A second clock outside: if this worker is killed, a host that never answers must not hold the mirror for ever.
        clock = shutil.which("timeout") if protocol in ("https", "ssh") else None
        return [clock, "--kill-after=1", f"{self.timeout + 1:g}", *git] if clock else git

    def env(self, protocol: str = "") -> dict[str, str]:
        """The whole environment."""
        kept = {name: value for name, value in self.passed_on.items() if name in PASSED_ON}
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": "/nonexistent",
            "LC_ALL": "C",
            "GIT_ALLOW_PROTOCOL": protocol or "none",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_ATTR_NOSYSTEM": "1",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_ASKPASS": "/bin/false",
            "SSH_ASKPASS": "/bin/false",
            "GIT_SSH_COMMAND": SSH,
            "GIT_SSH_VARIANT": "ssh",
            "GIT_OPTIONAL_LOCKS": "0",
            "GIT_LITERAL_PATHSPECS": "1",
            **kept,
        }

    @contextlib.contextmanager
    def run(
        self, *words: str, protocol: str = "", stdin: IO[bytes] | None = None, keep: tuple[int, ...] = ()
    ) -> Iterator[IO[bytes]]:
        """Run it to its end and give what it printed; `keep` are files it holds open. Raises as the ports promise."""
        with TemporaryFile() as out, TemporaryFile() as err:
            try:
                process = subprocess.Popen(  # noqa: S603
                    self.argv(words, protocol),
                    env=self.env(protocol),
                    stdin=stdin if stdin is not None else subprocess.DEVNULL,
                    stdout=out,
                    stderr=err,
                    pass_fds=keep,
                    start_new_session=True,
                )
            except OSError as error:
                raise TryLater(f"git.start: git could not be started: {error}") from error
            late = self._attend(process)
            if process.returncode or late:
                err.seek(0)
                raise trouble(err.read(64 * 1024), late=late, timeout=self.timeout, code=process.returncode)
            out.seek(0)
            yield out

    def _attend(self, process: subprocess.Popen[bytes]) -> bool:
        """Wait for its end; True when the deadline ended it. Whatever happens to us, its group does not stay."""
        late = threading.Event()

        def end() -> None:
            late.set()
            _kill(process)

        timer = threading.Timer(self.timeout, end)
        timer.daemon = True
        timer.start()
        try:
            _limit(process.pid, self.limit)
            process.wait()
        finally:
            timer.cancel()
            if process.returncode is None:
                _kill(process)
                process.wait()
        return late.is_set()


def _kill(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def _limit(pid: int, size: int) -> None:
    """Git has no switch for the size of what it fetches; the kernel has one, on Linux."""
    if hasattr(resource, "prlimit"):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, size))


def trouble(stderr: bytes, *, late: bool, timeout: float, code: int) -> PipelineError:
    """What git said, as an error of ours."""
    text = re.sub(r"[^\x20-\x7e\n]", "?", stderr.decode(errors="replace"))
    if late:
        return TryLater(f"git.timeout: git did not end within {timeout:g} s; the host may be slow or down")
    if TOO_LARGE.search(text) or -code == getattr(signal, "SIGXFSZ", 0):
        return NeedsHuman("git.too_large: the repository is larger than the limit of this installation")
    said = next((line for line in text.splitlines() if line.startswith(("fatal:", "error:", "ssh:"))), "")
    said = (said or text.strip().rpartition("\n")[2] or f"exit code {code}")[:300]
    for pattern, meaning in SAYINGS:
        if re.search(pattern, text):
            return NeedsHuman(f"{meaning} (git: {said})")
    return TryLater(f"git.unreachable: the repository could not be fetched (git: {said})")
