"""Supervises one job, detached from everybody. Standard library only, so that it starts in milliseconds.

`python -I -S supervise.py <folder> <lock>` reads the job from its standard input. The lock is an open file that
`ProcessJobs` has locked: as long as this process lives, the job is known to be alive, whatever becomes of its starter.
"""

import contextlib
import json
import os
import select
import signal
import sys
import time
from typing import Any

LOG_LIMIT = 64 * 1024 * 1024
GRACE = 5.0  # seconds between "end, please" and the end
DRAIN = 1.0  # seconds for the last words of a job that has ended
SUBREAPER, DEATH_SIGNAL = 36, 1  # linux/prctl.h
NOT_STARTED = 126


def prctl(option: int, value: int) -> None:
    """Ask Linux to tie descendants to us; elsewhere the process group has to do."""
    with contextlib.suppress(ImportError, OSError, AttributeError):
        import ctypes

        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def write_json(path: str, value: dict[str, Any]) -> None:
    """Replace the file at once or not at all, also when the power goes."""
    with open(path + ".new", "w", encoding="utf-8") as file:
        json.dump(value, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(path + ".new", path)


def read_json(path: str) -> dict[str, Any]:
    """What `write_json` wrote; nothing where there is no such object."""
    try:
        with open(path, "rb") as file:
            found = json.load(file)
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


class Log:
    """The job's output, bounded. A full disk or the limit ends the log, never the job."""

    def __init__(self, path: str, limit: int) -> None:
        self.file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self.left = limit - os.fstat(self.file).st_size

    def write(self, data: bytes) -> None:
        """Append what still fits, and say so when nothing more does."""
        if self.left <= 0:
            return
        self.put(data[: self.left])
        self.left -= len(data)
        if self.left <= 0:
            self.put(b"\n\xc2\xbb The log ends here, its limit is reached. The job goes on.\n")

    def say(self, text: str) -> None:
        """A line of our own, also after the limit."""
        self.put(f"» {text}\n".encode())

    def put(self, data: bytes) -> None:
        while data:
            try:
                data = data[os.write(self.file, data) :]
            except OSError:
                self.left = 0
                return


class Supervisor:
    """One job from its first process to its result."""

    def __init__(self, folder: str, spec: dict[str, Any]) -> None:
        self.folder, self.spec = folder, spec
        self.log = Log(os.path.join(folder, "log"), int(spec["log_limit"]))
        self.began = time.monotonic()
        self.deadline: float | None = self.began + float(spec["timeout"])
        self.kill_at: float | None = None
        self.status: int | None = None
        self.asked = self.cause = ""  # why it should end: said before it had begun, and since
        self.output = -1
        self.leader = 0
        self.wake, self.waker = os.pipe()

    def run(self) -> None:
        """Start the job, stay with it, leave its result behind and nothing else."""
        self.listen()
        self.begin()
        if self.asked or os.path.exists(os.path.join(self.folder, "stop")):
            self.end(self.asked or "was stopped")
        while self.status is None:
            self.wait(self.next_due())
            self.keep_time()
        self.sweep()
        self.drain()
        self.finish()

    def listen(self) -> None:
        """Children that end and requests to stop wake the loop."""
        os.set_blocking(self.waker, False)
        signal.set_wakeup_fd(self.waker, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGTERM, lambda *_: self.end("was stopped"))
        signal.signal(signal.SIGHUP, signal.SIG_IGN)

    def begin(self) -> None:
        """The job waits until its group is written down: whatever happens to us, somebody can end it."""
        self.output, theirs = os.pipe()
        ready, go = os.pipe()
        self.leader = os.fork()
        if self.leader == 0:
            os.close(go)
            become(self.spec, ready, theirs)
        os.close(theirs)
        os.close(ready)
        started = {"supervisor": os.getpid(), "group": self.leader, "at": time.time()}
        write_json(os.path.join(self.folder, "started"), started)
        with contextlib.suppress(BrokenPipeError):
            os.write(go, b"!")
        os.close(go)

    def next_due(self) -> float | None:
        times = [at for at in (self.deadline, self.kill_at) if at is not None]
        return max(0.0, min(times) - time.monotonic()) if times else None

    def wait(self, seconds: float | None) -> None:
        """Copy output, reap who ended."""
        files = [self.wake] if self.output < 0 else [self.wake, self.output]
        ready, _, _ = select.select(files, [], [], seconds)
        if self.wake in ready:
            os.read(self.wake, 4096)
        if self.output in ready:
            self.copy()
        self.reap()

    def copy(self) -> None:
        if data := os.read(self.output, 65536):
            self.log.write(data)
        else:
            os.close(self.output)
            self.output = -1

    def reap(self) -> None:
        with contextlib.suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                if ended[0] == self.leader:
                    self.status = os.waitstatus_to_exitcode(ended[1])

    def keep_time(self) -> None:
        now = time.monotonic()
        if self.deadline is not None and now >= self.deadline:
            self.end(f"took longer than {self.spec['timeout']:g} s and was ended")
        if self.kill_at is not None and now >= self.kill_at:
            self.kill_at = None
            self.signal_group(signal.SIGKILL)

    def end(self, cause: str) -> None:
        """Ask the whole group to end; those who stay are killed after the grace."""
        if self.cause or not self.leader:
            self.asked = cause
            return
        self.cause, self.deadline = cause, None
        self.kill_at = time.monotonic() + GRACE
        self.signal_group(signal.SIGTERM)

    def signal_group(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.leader, number)

    def sweep(self) -> None:
        """Nothing of a job outlives it, not even what left its group: orphans come to us, the subreaper."""
        self.signal_group(signal.SIGKILL)
        for _ in range(1000):
            try:
                with open(f"/proc/self/task/{os.getpid()}/children") as file:
                    children = [int(pid) for pid in file.read().split()]
            except OSError:
                children = []
            if not children:
                return
            for pid in children:
                with contextlib.suppress(ProcessLookupError, ChildProcessError):
                    os.kill(pid, signal.SIGKILL)
                    os.waitpid(pid, 0)

    def drain(self) -> None:
        until = time.monotonic() + DRAIN
        while self.output >= 0 and (left := until - time.monotonic()) > 0:
            self.wait(left)

    def finish(self) -> None:
        """Say how it ended, in the log and in the result."""
        code = None if self.cause or self.status is None or self.status < 0 else self.status
        why = "" if code == 0 else sentence(self.cause, self.status)
        if why:
            self.log.say(f"It {why}.")
        result = {"exit_code": code, "why": why, "seconds": round(time.monotonic() - self.began, 3)}
        write_json(os.path.join(self.folder, "result"), result)
        import shutil  # slow to import, and only needed here

        shutil.rmtree(os.path.join(self.folder, "home"), ignore_errors=True)


def sentence(cause: str, status: int | None) -> str:
    """Why a job failed, as the end of "it …"."""
    if cause:
        return cause
    if status is not None and status < 0:
        return f"was killed by {signal.Signals(-status).name}"
    return f"ended with exit code {status}" + (" (command not found)" if status == 127 else "")


def become(spec: dict[str, Any], ready: int, output: int) -> None:
    """In the new process: turn into the job."""
    os.setpgid(0, 0)
    prctl(DEATH_SIGNAL, signal.SIGKILL)
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGHUP, signal.SIGTERM, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    os.dup2(output, 1)
    os.dup2(output, 2)
    if os.read(ready, 1):
        try:
            os.chdir(spec["cwd"])
            os.execvpe(spec["argv"][0], spec["argv"], spec["env"])  # noqa: S606 - argv, never a shell
        except FileNotFoundError:
            what = spec["argv"][0] if os.path.isdir(spec["cwd"]) else spec["cwd"]
            os.write(2, f"» Cannot start: {what} does not exist.\n".encode())
            os._exit(127)
        except (OSError, ValueError) as error:
            os.write(2, f"» Cannot start: {error}.\n".encode())
    os._exit(NOT_STARTED)


def main(folder: str, lock: int) -> None:
    """Detach twice over, so that nobody has to reap us and no signal to our starter's group reaches us."""
    spec = json.load(sys.stdin)
    if os.fork():
        os._exit(0)
    os.setsid()
    os.chdir(folder)
    os.set_inheritable(lock, False)
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nothing, standard)
    prctl(SUBREAPER, 1)
    Supervisor(folder, spec).run()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
