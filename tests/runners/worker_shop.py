"""A real worker with a real Redis, and a trap for whatever is imported that should not be."""

import os
import sys
from pathlib import Path

from redis import Redis
from rq import Queue
from rq.job import Job
from rq.serializers import JSONSerializer

from pipeline.store.bell import Bell, queue_name
from pipeline.store.inbox import Inbox
from pipeline.store.migrate import migrate
from pipeline.store.records import InboxRow
from pipeline.store.session import open_database
from tests.faults.parts import PLATFORM, ROOT, Redises, Role
from tests.ports import free_ports
from tests.runners.until import until


class Shop:
    """A worker with its Redis and its database, and a module that leaves a trace when it is imported."""

    def __init__(self, folder: Path) -> None:
        self.trap = folder / "trapped"
        modules = folder / "modules"
        modules.mkdir()
        source = f"open({str(self.trap)!r}, 'w').close()\n\n\ndef spring(*_, **__):\n    pass\n"
        (modules / "trap.py").write_text(source)
        self.database = folder / "sluice.db"
        platform = folder / "platform.yaml"
        platform.write_text(PLATFORM.format(repository=folder))
        self.redis = Redises(folder, free_ports(1)[0])
        self.redis.start()
        url = f"sqlite:///{self.database}"
        migrate(url)
        self.sessions = open_database(url, pooled=False)
        self.inbox, self.bell = Inbox(self.sessions), Bell(self.redis.url)
        self.connection = Redis.from_url(self.redis.url)
        env = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": f"{ROOT}:{modules}",
            "PYTHONUNBUFFERED": "1",
            "SLUICE_HOME": str(folder),
            "SLUICE_PLATFORM": str(platform),
            "DATABASE_URL": url,
            "REDIS_URL": self.redis.url,
        }
        self.worker = Role("worker", [sys.executable, "-m", "runners", "worker"], env, folder / "worker.log")
        self.worker.start()
        self.asked = 0

    def put(self, name: str, *args: object, serializer: object = JSONSerializer, **more: object) -> Job:
        """A job as somebody with access to Redis would write it."""
        queue = Queue(queue_name(), connection=self.connection, serializer=serializer)
        return queue.enqueue_call(name, args=args, **more)

    def goes_on(self) -> bool:
        """The next delivery is worked on by the same worker."""
        self.asked += 1
        delivery = self.inbox.put("pebble", b"no JSON %d" % self.asked, str(self.asked), {})
        assert self.bell.ring("intake", delivery.id)
        until(lambda: self.state(delivery.id) == "rejected", self.log)
        return self.worker.process is not None and self.worker.process.poll() is None

    def state(self, delivery_id: int) -> str:
        with self.sessions.reading() as session:
            return session.get_one(InboxRow, delivery_id).state

    @property
    def log(self) -> str:
        return self.worker.log.read_text()

    def refusals(self) -> list[str]:
        return [line for line in self.log.splitlines() if "queue.job_rejected" in line]

    def busy(self) -> int:
        """The work horse that waits for the database, as a pid: it has opened it, so all that comes before is done."""
        until(lambda: any(map(self.holds, self.worker.horses)), "a work horse")
        return next(horse for horse in self.worker.horses if self.holds(horse))

    def holds(self, pid: int) -> bool:
        """Whether this process has the database open."""
        try:
            return str(self.database) in {os.readlink(link) for link in Path(f"/proc/{pid}/fd").iterdir()}
        except OSError:  # it ended, or closed a file meanwhile
            return False

    def end(self) -> None:
        self.worker.end()
        self.connection.close()
        self.redis.kill()
        self.sessions.engine.dispose()
