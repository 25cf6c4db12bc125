"""What happens to requests and releases when parts of a local cluster die, and that nothing else is touched."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline.errors import NeedsHuman
from runners.clusters import layout
from runners.clusters.daemon import alive, start_detached, stop
from runners.clusters.local import LocalCluster
from runners.clusters.processes import Known, birth
from runners.ports import Fence
from tests.load import Load
from tests.runners.contract_cluster import canary, go_live
from tests.runners.local_bed import Home, LocalBed, home, replicas
from tests.runners.until import until

FIRST, SECOND = Fence(11, 1), Fence(12, 1)


def kill_daemon(one: Home) -> None:
    now = layout.running(one.path).read()
    os.kill(now.pid, signal.SIGKILL)
    until(lambda: not alive(one.path), "the daemon's end")


def test_a_killed_daemon_costs_no_request_and_the_next_one_adopts_its_replicas(tmp_path: Path) -> None:
    with home(tmp_path) as one:
        bed = one.bed()
        go_live(bed, FIRST, "a", "v1", replicas=2)
        before = replicas(one)
        same = gateway(one)
        with Load(bed.port, rate=100) as load:
            kill_daemon(one)
            one.start()
            bed.until(lambda now: not now.trouble and now.slot("a").ready == 2)
            began = time.monotonic()
            until(lambda: load.said(since=began).total() >= 50, "50 answers under the new daemon")

        assert load.failed == 0
        assert replicas(one) == before
        assert gateway(one) == same
        _adopted_replicas_are_still_in_its_hands(bed)


def _adopted_replicas_are_still_in_its_hands(bed: LocalBed) -> None:
    pids = list(replicas(bed.home).values())
    os.kill(pids[0], signal.SIGKILL)
    until(lambda: pids[0] not in replicas(bed.home).values(), "that the crash is noticed")

    bed.until(lambda now: now.slot("a").ready == 2)

    bed.cluster.beat(SECOND, "shop")
    bed.cluster.scale(SECOND, "shop", "a", 1)
    until(lambda: len(replicas(bed.home)) == 1, "the end of one replica")


def test_a_foreign_process_with_the_pid_of_a_replica_is_left_alone(tmp_path: Path) -> None:
    with home(tmp_path) as one, subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as foreign:
        bed = one.bed()
        go_live(bed, FIRST, "a", "v1")
        kill_daemon(one)
        _give_its_pid_away(one, foreign.pid)

        one.start()
        bed.until(lambda now: not now.trouble and now.slot("a").ready == 1)

        assert foreign.poll() is None
        assert foreign.pid not in replicas(one).values()
        until(lambda: bed.get()[1] == "v1", "the gateway follows")
        foreign.communicate(b"\n")


def _give_its_pid_away(one: Home, pid: int) -> None:
    note = layout.folder(one.path) / "az1" / "replicas.json"
    told = json.loads(note.read_text())
    gone = Known(told["records"][0]["pid"], told["records"][0]["started"])
    gone.signal(signal.SIGKILL)
    until(lambda: not gone.alive, "the replica's end")
    told["records"][0]["pid"] = pid
    note.write_text(json.dumps(told))
    assert birth(pid) != gone.started


def test_what_a_daemon_started_and_could_not_note_is_ended_by_the_next(tmp_path: Path) -> None:
    with home(tmp_path) as one:
        bed = one.bed()
        go_live(bed, FIRST, "a", "v1")
        kill_daemon(one)
        lost = Known(pid := next(iter(replicas(one).values())), birth(pid))
        (layout.folder(one.path) / "az1" / "replicas.json").unlink()

        one.start()
        bed.until(lambda now: not now.trouble and now.slot("a").ready == 1)

        assert not lost.alive
        assert lost.pid not in replicas(one).values()


def test_a_gateway_that_dies_is_started_again(tmp_path: Path) -> None:
    with home(tmp_path) as one:
        bed = one.bed()
        go_live(bed, FIRST, "a", "v1")
        old = gateway(one)

        os.kill(old, signal.SIGKILL)
        until(lambda: gateway(one) != old, "a new gateway")
        until(lambda: answers(bed) == "v1", "an answer of v1")

        bed.until(lambda now: not now.trouble and now.weights["a"] == 100 and now.slot("a").ready == 1)


def gateway(one: Home) -> int:
    """The gateway's pid."""
    return int(json.loads((layout.folder(one.path) / "gateway.json").read_text())["pid"])


def answers(bed: LocalBed) -> str:
    """What the gateway answers, "" while it does not."""
    try:
        return bed.get()[1]
    except ConnectionError:
        return ""


def test_a_home_that_was_stopped_leaves_nothing_running_and_comes_back_as_it_was(tmp_path: Path) -> None:
    with home(tmp_path) as one:
        bed = one.bed()
        go_live(bed, FIRST, "a", "v1")
        canary(bed, SECOND, "v2", 50)
        gone = [Known(pid, birth(pid)) for pid in replicas(one).values()]

        stop(tmp_path)

        assert not alive(tmp_path)
        assert not any(process.alive for process in gone)
        one.start()
        now = bed.until(lambda now: now.slot("a").ready == now.slot("b").ready == 1)
        assert (now.stable, dict(now.weights), now.release) == ("a", {"a": 50, "b": 50}, SECOND.release)


def test_a_port_that_is_taken_is_named_at_once(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        with pytest.raises(NeedsHuman, match=f"port {port}, meant for az1, is in use"):
            start_detached(tmp_path, clusters={"az1": port}, front=1, bundles=tmp_path)


def test_a_second_daemon_ends_at_once_and_other_ports_are_refused(tmp_path: Path) -> None:
    with home(tmp_path) as one:
        before = layout.running(tmp_path).read()
        one.start()

        second = daemon(tmp_path, "--clusters", f"az1:{one.ports['az1']}", "--front", str(one.front))

        assert (second.returncode, second.stdout) == (0, f"the clusters daemon of {tmp_path} runs already\n")
        assert layout.running(tmp_path).read() == before
        with pytest.raises(NeedsHuman, match=f"it serves az1:{one.ports['az1']} and front {one.front} already"):
            start_detached(tmp_path, clusters={"az1": 1}, front=2, bundles=one.bundles)


def test_a_terminal_can_stop_what_it_started(tmp_path: Path) -> None:
    with home(tmp_path):
        assert daemon(tmp_path, "--stop").returncode == 0

        assert not alive(tmp_path)


def daemon(path: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """The daemon's command line."""
    whole = [sys.executable, "-m", "runners.clusters.daemon", "--home", str(path), "--bundles", str(path), *words]
    return subprocess.run(whole, capture_output=True, text=True, check=False)


def test_a_damaged_wish_is_named_and_what_runs_goes_on(tmp_path: Path) -> None:
    with home(tmp_path) as one:
        bed = one.bed()
        go_live(bed, FIRST, "a", "v1")
        wish = layout.folder(tmp_path) / "az1" / "desired.json"
        wish.write_text("{")
        until(lambda: "desired.json is damaged" in (layout.folder(tmp_path) / "daemon.log").read_text(), "a complaint")

        assert answers(bed) == "v1"
        assert f"{wish} is damaged" in bed.cluster.look("shop").trouble
        with pytest.raises(NeedsHuman, match="is damaged"):
            bed.cluster.beat(SECOND, "shop")


COUNT_UP = """
import sys
from pathlib import Path
from runners.clusters.local import LocalCluster
from runners.ports import Fence
cluster = LocalCluster("az1", Path(sys.argv[1]))
for _ in range(50):
    cluster.beat(Fence(1, 1), "shop")
"""


def test_changes_from_four_processes_lose_nothing(tmp_path: Path) -> None:
    writers = [subprocess.Popen([sys.executable, "-c", COUNT_UP, str(tmp_path)]) for _ in range(4)]

    codes = [writer.wait() for writer in writers]

    assert codes == [0, 0, 0, 0]
    assert LocalCluster("az1", tmp_path).look("shop").epoch == 1
    assert layout.desired(tmp_path, "az1").read().service("shop").anchor.beats == 200
