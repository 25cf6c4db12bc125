"""The supervisor and its home: who may run, what it leaves behind, what it takes over. Real processes."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from cli import processes
from cli.children import Role, end, revive, start
from cli.exits import Stop
from cli.home import Home, Ports
from tests.runners.until import until

ROOT = Path(__file__).parents[2]
PLATFORM = """\
tenants: {own: {}}
clusters: {az1: {}}
apps: {shop: {tenant: own, repository: https://git.example.com/shop.git}}
"""
HOLDS = """
import sys, time
from pathlib import Path
from cli.home import Home
home = Home.at(Path(sys.argv[1]))
with home.alone():
    home.running.write_text('{"pid": %d}' % __import__("os").getpid())
    print("alone", flush=True)
    time.sleep(600)
"""
RAISES = """
import os, sys, time
from pathlib import Path
from cli.children import Role, start
child = start(Role("child", (sys.executable, "-c", "import time; time.sleep(600)"), {}, Path(sys.argv[1])))
print(child.process.pid, flush=True)
time.sleep(600)
"""

QUIET = "import signal, sys, time"
SAYS_WHEN = f"""
{QUIET}
signal.signal(signal.SIGTERM, lambda *_: sys.exit(print(time.time_ns())))
print('up', flush=True)
time.sleep(600)
"""


def python(script: str, *words: str, **env: str) -> "subprocess.Popen[str]":
    told = {**os.environ, "PYTHONPATH": str(ROOT), **env}
    return subprocess.Popen([sys.executable, "-c", script, *words], env=told, stdout=subprocess.PIPE, text=True)


def told_by(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


@pytest.fixture
def home(tmp_path):
    return Home.at(tmp_path / "home")


def role(script: str, folder: Path, **env: str) -> Role:
    return Role("part", (sys.executable, "-c", script), {"PATH": os.environ["PATH"], **env}, folder / "part.log")


def test_a_home_is_for_its_owner_alone_and_stays_out_of_repositories(home):
    modes = {path.stat().st_mode & 0o777 for path in (home.path, home.logs, home.secrets)}

    assert modes == {0o700}
    assert (home.path / ".gitignore").read_text() == "*\n"


def test_a_second_supervisor_is_refused_by_the_number_of_the_first(home):
    with python(HOLDS, str(home.path)) as first:
        assert told_by(first) == "alone"

        with pytest.raises(Stop, match=f"already, as process {first.pid}; `sluice down` stops it"), home.alone():
            pass
        first.kill()


def test_a_supervisor_that_was_killed_is_in_nobodys_way(home):
    with python(HOLDS, str(home.path)) as first:
        assert told_by(first) == "alone"
        assert home.is_up()
        first.kill()

    with home.alone():
        assert home.is_up()
    assert not home.is_up()


def test_parts_end_with_their_supervisor_however_it_ends(tmp_path):
    with python(RAISES, str(tmp_path / "child.log")) as supervisor:
        child = int(told_by(supervisor))
        assert running(child)
        supervisor.kill()

    until(lambda: not running(child), "the child ends")


def test_a_part_that_died_is_started_again_and_one_that_lives_is_left_alone(tmp_path):
    child = start(role("import time; time.sleep(600)", tmp_path))
    assert revive(child) is child
    child.process.kill()
    child.process.wait()

    again = revive(child)

    assert again.process.pid != child.process.pid
    end([again])


def test_a_part_that_dies_young_again_and_again_is_started_more_and_more_slowly(tmp_path):
    child = start(role("", tmp_path), failures=5)
    child.process.wait()

    assert revive(child) is child


def test_a_part_that_lived_long_enough_starts_at_once_as_if_it_had_never_died(tmp_path):
    child = start(role("", tmp_path), failures=5)
    child.process.wait()
    child.began -= 60

    again = revive(child)

    assert again.failures == 0
    again.process.wait()


def test_a_part_that_does_not_want_to_end_has_to(tmp_path):
    stubborn = f"{QUIET}; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"
    child = start(role(stubborn, tmp_path))
    until(lambda: "up" in (tmp_path / "part.log").read_text(), "it ignores signals")

    end([child], 0.1)

    assert child.process.returncode == -signal.SIGKILL


def test_the_first_part_ends_last_since_it_serves_the_others(tmp_path):
    folders = [tmp_path / name for name in ("first", "second")]
    for folder in folders:
        folder.mkdir()
    children = [start(role(SAYS_WHEN, folder)) for folder in folders]
    until(lambda: all("up" in (folder / "part.log").read_text() for folder in folders), "both run")

    end(children)

    first, second = (int((folder / "part.log").read_text().split()[-1]) for folder in folders)
    assert second < first


def test_leftovers_are_those_of_this_home_and_of_the_noted_groups(home, tmp_path):
    waits = "import time; time.sleep(600)"
    ours = start(role(waits, tmp_path, SLUICE_HOME=str(home.path)))
    other = start(role(waits, tmp_path, SLUICE_HOME=str(tmp_path)))
    unnoted = start(role(waits, tmp_path, SLUICE_HOME=str(home.path)))
    noted = {ours.process.pid, other.process.pid}
    until(lambda: processes.parts_of(home.path, noted), "it has begun")

    assert processes.parts_of(home.path, noted) == [ours.process.pid]
    assert set(processes.all_of(home.path)) == {ours.process.pid, unnoted.process.pid}

    processes.end(lambda: processes.parts_of(home.path, noted), 5.0)
    assert ours.process.wait() == -signal.SIGTERM
    end([other, unnoted])


def test_ports_stand_side_by_side_or_where_one_wants_the_doors():
    assert Ports.from_base(8700, ("az1", "az2")).all() == (8700, 8710, 8701, 8711, 8712)
    assert Ports.from_base(8700, ("az1",), 9000).clusters == {"az1": 9001}


def test_busy_ports_are_named_and_nothing_is_started(nobody):
    (nobody.folder / "platform.yaml").write_text(PLATFORM)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = nobody("up", "--port", str(port))

    assert said.exit_code == 1
    assert f"Port {port} (dashboard) is in use on this machine." in said.output
    assert not (nobody.folder / "sluice-home" / "sluice.db").exists()


def test_without_a_platform_up_says_where_to_get_one(nobody):
    said = nobody("up")

    assert said.exit_code == 2
    assert "`sluice init --platform` writes one" in said.output
    assert not (nobody.folder / "sluice-home").exists()


def test_a_platform_that_is_wrong_is_told_with_its_place(nobody):
    (nobody.folder / "platform.yaml").write_text("tenants: {own: {}}\n")

    said = nobody("up")

    assert said.exit_code == 2
    assert "platform.yaml:1:1" in said.output


def running(pid: int) -> bool:
    """It is there and does not only wait to be buried."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
