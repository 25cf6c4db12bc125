"""Whoever can write to Redis can ask for a tick or an intake, and for nothing else."""

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from rq import Callback, Queue, Webhook
from rq.command import send_kill_horse_command
from rq.job import Job
from rq.serializers import JSONSerializer, PickleSerializer

from pipeline.store.bell import queue_name
from runners.worker import OneCall, Refused
from tests.faults.parts import ROOT, gone, signal_it
from tests.runners.until import until
from tests.runners.worker_shop import Shop

TICK = "runners.worker.tick"


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    one = Shop(tmp_path_factory.mktemp("worker"))
    yield one
    one.end()


@pytest.fixture
def locked(shop):
    """The database's write lock is taken, so that whoever works has to wait."""
    connection = sqlite3.connect(shop.database, isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    yield connection
    connection.close()


HOSTILE = {
    "a system call": ("os.system", ["touch /nonexistent"], {}),
    "a function of ours that is no call": ("runners.sweep.sweep", [1], {}),
    "a function of another module": ("trap.spring", [1], {}),
    "a module that is not there": ("no.such.module", [1], {}),
    "no function": ("", [1], {}),
    "a number instead of a name": (7, [1], {}),
    "a list instead of a name": (["os", "system"], [1], {}),
    "a word for a number": (TICK, ["1; DROP TABLE release"], {}),
    "a negative number": (TICK, [-1], {}),
    "zero": (TICK, [0], {}),
    "a yes for a number": (TICK, [True], {}),
    "half a number": (TICK, [1.5], {}),
    "a number larger than any id": (TICK, [10**30], {}),
    "no number": (TICK, [], {}),
    "two numbers": (TICK, [1, 2], {}),
    "a number by name": (TICK, [], {"release_id": 1}),
    "a number and more by name": (TICK, [1], {"ledger": None}),
    "words that are no call": (TICK, {"0": 1}, {}),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_call_of_ours_is_refused_and_said(shop, name):
    function, args, kwargs = HOSTILE[name]
    before = len(shop.refusals())
    queue = Queue(queue_name(), connection=shop.connection, serializer=JSONSerializer)
    job = Job.create(TICK, args=(1,), connection=shop.connection, serializer=JSONSerializer, origin=queue.name)
    job.data = JSONSerializer.dumps([function, None, args, kwargs])
    queue.enqueue_job(job)

    assert shop.goes_on()
    assert len(shop.refusals()) == before + 1
    assert job.id in shop.refusals()[-1]
    assert not shop.trap.exists()
    assert not shop.connection.exists(job.key)


EXTRAS = {
    "on_success": Callback("trap.spring"),
    "on_failure": Callback("trap.spring"),
    "on_stopped": Callback("trap.spring"),
    "webhooks": [Webhook("http://127.0.0.1:1/told", "finished")],
}


@pytest.mark.parametrize("extra", EXTRAS)
def test_a_call_with_something_to_run_or_tell_afterwards_is_refused(shop, extra):
    before = len(shop.refusals())
    shop.put(TICK, 1, **{extra: EXTRAS[extra]})

    assert shop.goes_on()
    assert len(shop.refusals()) == before + 1
    assert not shop.trap.exists()


def forge(shop, field, value):
    """A ring with one field written by hand."""
    job = Job.create(TICK, args=(1,), connection=shop.connection, serializer=JSONSerializer, origin=queue_name())
    job.save()
    shop.connection.hset(job.key, field, value)
    shop.connection.rpush(f"rq:queue:{queue_name()}", job.id)


@pytest.mark.parametrize("field", ["dependency_id", "dependency_ids", "repeats_left", "rate_limit_key", "group_id"])
def test_a_call_that_is_part_of_more_is_refused(shop, field):
    before = len(shop.refusals())
    forge(shop, field, "1")

    assert shop.goes_on()
    assert len(shop.refusals()) == before + 1
    assert field in shop.refusals()[-1]


class Trap:
    """Imports the module with the trace when it is read as a pickle."""

    def __reduce__(self):
        return __import__, ("trap",)


@pytest.mark.parametrize("payload", [PickleSerializer.dumps(Trap()), b"\xff\xfe", b"[1, 2]", b"[" * 100_000, b""])
def test_a_payload_that_is_no_json_of_a_call_is_refused_unread(shop, payload):
    before = len(shop.refusals())
    queue = Queue(queue_name(), connection=shop.connection, serializer=JSONSerializer)
    job = Job.create(TICK, args=(1,), connection=shop.connection, serializer=JSONSerializer, origin=queue.name)
    job.data = payload
    queue.enqueue_job(job)

    assert shop.goes_on()
    assert len(shop.refusals()) == before + 1
    assert not shop.trap.exists()


@pytest.mark.parametrize(
    ("field", "value"), [("status", "odd"), ("created_at", "yesterday"), ("description", b"\xff"), ("origin", b"\xff")]
)
def test_a_job_that_rq_itself_cannot_read_ends_no_worker(shop, field, value):
    before, starts = len(shop.refusals()), shop.worker.process.pid
    forge(shop, field, value)

    assert shop.goes_on()
    assert len(shop.refusals()) == before + 1
    assert shop.worker.process.pid == starts


def test_nobody_else_sets_how_long_a_call_may_take_or_how_often_it_is_done(shop):
    job = Job.create(TICK, args=(1,), connection=shop.connection, serializer=JSONSerializer, origin=queue_name())
    job.timeout, job.result_ttl, job.failure_ttl, job.retries_left = -1, -1, -1, 9
    job.save()

    read = OneCall.fetch(job.id, connection=shop.connection, serializer=JSONSerializer)

    assert (read.timeout, read.result_ttl, read.failure_ttl, read.retries_left) == (30, 0, 60, None)
    with pytest.raises(Refused, match="retries_left"):
        assert read.func


def test_a_release_that_nobody_knows_is_nothing_to_do(shop):
    before = len(shop.refusals())
    shop.bell.ring("tick", 424242)
    shop.bell.ring("intake", 424242)

    assert shop.goes_on()
    assert len(shop.refusals()) == before


def test_a_work_horse_ends_with_its_worker(shop, locked):
    shop.bell.ring("tick", 1)
    horse = shop.busy()
    os.kill(horse, signal.SIGSTOP)  # it can do nothing for itself, and waits for ever
    try:
        shop.worker.kill()
        until(lambda: gone(horse), "the end of the work horse", 10)
    finally:
        signal_it(horse, signal.SIGKILL)
    locked.rollback()
    shop.worker.start()
    assert shop.goes_on()


def test_a_work_horse_that_is_killed_from_afar_costs_one_ring(shop, locked):
    shop.bell.ring("tick", 1)
    horse = shop.busy()
    for member in shop.connection.smembers("rq:workers"):
        send_kill_horse_command(shop.connection, member.decode().removeprefix("rq:worker:"))

    until(lambda: gone(horse), "the end of the work horse")
    locked.rollback()
    assert shop.goes_on()


KILLS_A_YOUNG_ONE = """
import subprocess, sys
from redis import Redis
from runners.worker import FewWords

worker = FewWords(["ticks"], connection=Redis.from_url(sys.argv[1]), serializer="json")
with subprocess.Popen(["sleep", "600"]) as horse:  # it has no group of its own yet
    worker._horse_pid = horse.pid
    worker.kill_horse()
    print("it ended by", -horse.wait())
"""


def test_a_work_horse_that_has_only_just_been_forked_is_killed_alone(shop):
    argv = [sys.executable, "-c", KILLS_A_YOUNG_ONE, shop.redis.url]

    told = subprocess.run(argv, cwd=ROOT, start_new_session=True, stdout=subprocess.PIPE, text=True, check=True).stdout

    assert told == "it ended by 9\n"


def test_the_parent_holds_no_connection_to_the_database_that_a_fork_could_share(shop):
    assert shop.goes_on()

    open_files = {os.readlink(link) for link in Path(f"/proc/{shop.worker.process.pid}/fd").iterdir()}
    assert not [name for name in open_files if "sluice.db" in name]


def test_losing_the_whole_queue_is_losing_a_hint(shop):
    for number in range(50):
        shop.bell.ring("tick", 1000 + number)
    shop.redis.flush()

    assert shop.goes_on()
