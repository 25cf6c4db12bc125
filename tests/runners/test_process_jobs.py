"""Detached processes: they outlive who started them, nothing outlives them, and their loss is noticed."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.errors import TryLater
from runners.jobs.process import ProcessJobs
from runners.ports import JobSpec, JobState
from tests.runners.jobs_worlds import ProcessWorld
from tests.runners.until import until

ROOT = Path(__file__).parents[2]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[ProcessWorld]:
    world = ProcessWorld(tmp_path)
    yield world
    world.end()


def shell(world: ProcessWorld, script: str, **more: object) -> JobSpec:
    return JobSpec("r1-test-1", ("/bin/sh", "-c", script), world.folder, **more)  # type: ignore[arg-type]


def finished(world: ProcessWorld):
    world.play()
    return world.jobs.look("r1-test-1")


def pid_in(file: Path) -> int:
    until(lambda: file.exists() and file.read_text().endswith("\n"), f"{file.name} is written")
    return int(file.read_text())


def alive(pid: int) -> bool:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def test_the_environment_is_exactly_what_was_asked_for(world: ProcessWorld, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DATABASE_PASSWORD", "hunter2-hunter2")
    world.jobs.start(JobSpec("r1-test-1", ("/usr/bin/env",), world.folder, env={"PORT": "8080"}))

    assert finished(world).state is JobState.DONE
    lines = world.jobs.log("r1-test-1", 0).decode().splitlines()[1:]
    assert {line.partition("=")[0] for line in lines} == {"PATH", "HOME", "LANG", "PORT"}
    assert "LANG=C.UTF-8" in lines


def test_the_values_of_the_environment_are_not_left_on_disk(world: ProcessWorld):
    world.jobs.start(JobSpec("r1-test-1", ("true",), world.folder, env={"TOKEN": "hunter2-hunter2"}))

    assert finished(world).state is JobState.DONE
    left = [file for file in world.folder.rglob("*") if file.is_file()]
    assert left
    assert not any(b"hunter2" in file.read_bytes() for file in left)


def test_the_argv_is_never_read_by_a_shell(world: ProcessWorld):
    world.jobs.start(JobSpec("r1-test-1", ("echo", "$(touch owned); `id` > x"), world.folder))

    assert finished(world).state is JobState.DONE
    assert b"\n$(touch owned); `id` > x\n" in world.jobs.log("r1-test-1", 0)
    assert not (world.folder / "owned").exists()


def test_a_command_that_does_not_exist_says_so(world: ProcessWorld):
    world.jobs.start(JobSpec("r1-test-1", ("no-such-command",), world.folder))

    assert finished(world).why == "ended with exit code 127 (command not found)"
    assert b"Cannot start: no-such-command does not exist." in world.jobs.log("r1-test-1", 0)


def test_a_directory_that_does_not_exist_says_so(world: ProcessWorld):
    world.jobs.start(JobSpec("r1-test-1", ("true",), world.folder / "gone"))

    assert finished(world).state is JobState.FAILED
    assert f"Cannot start: {world.folder / 'gone'} does not exist.".encode() in world.jobs.log("r1-test-1", 0)


def test_a_job_killed_by_a_signal_names_it(world: ProcessWorld):
    world.jobs.start(shell(world, "kill -SEGV $$"))

    seen = finished(world)
    assert (seen.state, seen.exit_code, seen.why) == (JobState.FAILED, None, "was killed by SIGSEGV")


def test_a_timeout_ends_the_grandchildren_too(world: ProcessWorld):
    """Also those that ignore the request to end, and those that left the group and the session."""
    script = (
        "(trap '' TERM; while :; do sleep 1; done) & echo $! > stubborn;"
        "setsid sh -c 'echo $$ > escaped; sleep 1000' & sleep 1000"
    )
    world.jobs.start(shell(world, script, timeout=1.0))
    pids = [pid_in(world.folder / "stubborn"), pid_in(world.folder / "escaped")]

    seen = finished(world)
    assert (seen.exit_code, seen.why) == (None, "took longer than 1 s and was ended")
    assert not any(alive(pid) for pid in pids)


def test_what_a_job_leaves_running_ends_with_it(world: ProcessWorld):
    world.jobs.start(shell(world, "sleep 1000 & echo $! > left; exit 0"))
    pid = pid_in(world.folder / "left")

    assert finished(world).state is JobState.DONE
    assert not alive(pid)


STARTER = """
import sys
from pathlib import Path
from runners.jobs.process import ProcessJobs
from runners.ports import JobSpec
script = "echo $$ > pid; until test -e go; do sleep 0.05; done; echo went on"
ProcessJobs(Path("jobs")).start(JobSpec("r1-test-1", ("/bin/sh", "-c", script), Path.cwd()))
print("started", flush=True)
sys.stdin.read()
"""


def test_a_job_goes_on_when_its_starter_and_all_its_group_are_killed(world: ProcessWorld):
    starter = subprocess.Popen(
        [sys.executable, "-c", STARTER],
        cwd=world.folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    with starter:
        assert starter.stdout is not None
        assert starter.stdout.readline() == b"started\n"
        pid = pid_in(world.folder / "pid")
        os.killpg(starter.pid, signal.SIGKILL)

    assert alive(pid)
    assert world.jobs.look("r1-test-1").state is JobState.RUNNING
    (world.folder / "go").touch()
    assert finished(world).state is JobState.DONE
    assert world.jobs.log("r1-test-1", 0).endswith(b"went on\n")


def supervisor_of(world: ProcessWorld) -> int:
    started = world.folder / "jobs" / "r1-test-1" / "started"
    until(started.exists, "the supervisor is at work")
    return int(json.loads(started.read_text())["supervisor"])


def test_a_killed_supervisor_is_noticed_and_its_job_ended(world: ProcessWorld):
    world.jobs.start(shell(world, "(trap '' PIPE; sleep 1000) & echo $! > child; wait"))
    child = pid_in(world.folder / "child")
    os.kill(supervisor_of(world), signal.SIGKILL)

    until(lambda: world.jobs.look("r1-test-1").state is JobState.FAILED, "the loss is noticed")
    assert world.jobs.look("r1-test-1").why.startswith("its supervisor vanished")
    until(lambda: not alive(child), "the leftovers are gone")
    world.jobs.start(shell(world, "true"))
    assert world.jobs.look("r1-test-1").state is JobState.FAILED


def test_a_start_that_was_interrupted_before_anything_ran_is_done_again(world: ProcessWorld):
    folder = world.folder / "jobs" / "r1-test-1"
    folder.mkdir(parents=True)
    (folder / "spec.json").write_text("{}")
    (folder / "lock").touch()
    assert world.jobs.look("r1-test-1").state is JobState.UNKNOWN

    world.jobs.start(shell(world, "echo at last"))
    assert finished(world).state is JobState.DONE


def test_twenty_starts_at_once_are_one_job(world: ProcessWorld):
    code = STARTER.replace("sys.stdin.read()", "")
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    starters = [
        subprocess.Popen([sys.executable, "-c", code], cwd=world.folder, env=env, stdout=subprocess.DEVNULL)
        for _ in range(20)
    ]
    assert [starter.wait() for starter in starters] == [0] * 20

    (world.folder / "go").touch()
    assert finished(world).state is JobState.DONE
    assert world.jobs.log("r1-test-1", 0).count(b"went on\n") == 1


def test_the_log_is_bounded_and_the_job_goes_on(world: ProcessWorld):
    world.jobs = ProcessJobs(world.folder / "jobs", log_limit=10_000)
    world.jobs.start(shell(world, "head -c 1000000 /dev/zero | tr '\\0' x; touch done"))

    assert finished(world).state is JobState.DONE
    assert (world.folder / "done").exists()
    log = world.jobs.log("r1-test-1", 0)
    assert log.endswith("\n» The log ends here, its limit is reached. The job goes on.\n".encode())
    assert len(log) < 10_200


def test_output_that_is_no_text_is_kept_as_it_is(world: ProcessWorld):
    world.jobs.start(shell(world, "printf '\\377\\000\\033[2Jx'", title="bytes"))

    assert finished(world).state is JobState.DONE
    assert world.jobs.log("r1-test-1", 0) == "» bytes\n".encode() + b"\xff\x00\x1b[2Jx"


def test_the_home_of_a_job_is_thrown_away_with_it(world: ProcessWorld):
    world.jobs.start(shell(world, 'echo x > "$HOME/big"; echo "$HOME" > home'))

    assert finished(world).state is JobState.DONE
    home = Path((world.folder / "home").read_text().strip())
    until(lambda: not home.exists(), "the home is gone")


def test_old_jobs_are_removed_and_young_and_running_ones_stay(world: ProcessWorld):
    world.jobs.start(world.spec("r1-build-1"))
    world.play()
    world.jobs.start(world.spec("r2-build-1", exits=None))

    assert world.jobs.prune(timedelta(hours=1)) == 0
    assert world.jobs.prune(timedelta(0)) == 1
    assert world.jobs.look("r1-build-1").state is JobState.UNKNOWN
    assert world.jobs.look("r2-build-1").state is JobState.RUNNING


def test_a_folder_that_cannot_be_written_is_told_as_passing_trouble(tmp_path: Path):
    (tmp_path / "jobs").write_text("a file, not a folder")

    with pytest.raises(TryLater, match=r"^job\.start: job r1-test-1 could not be started: "):
        ProcessJobs(tmp_path / "jobs").start(JobSpec("r1-test-1", ("true",), tmp_path))
