"""How gunicorn runs the face: `gunicorn -c python:web.gunicorn_conf 'web:create_app()'`."""

import gc
import os
import signal
from types import FrameType
from typing import Any

bind = os.environ.get("SLUICE_BIND", "127.0.0.1:8080")
workers = int(os.environ.get("SLUICE_WEB_WORKERS", "1"))
worker_class = "gthread"
threads = 256  # most of them hold open event streams; they are made on demand
worker_connections = 1000
timeout = 30
graceful_timeout = 10
keepalive = 15
limit_request_line = 4094
limit_request_fields = 60
limit_request_field_size = 8190
forwarded_allow_ips = ""  # nobody: whoever connects is the address that limits count
control_socket_disable = True  # its file would lie in the home of the user, one for all installations
accesslog = None
errorlog = "-"
loglevel = os.environ.get("SLUICE_LOG_LEVEL", "info")


def post_fork(server: Any, worker: Any) -> None:
    """Nothing of what a web process reads before it listens is garbage."""
    gc.disable()


def post_worker_init(worker: Any) -> None:
    """Open streams never end by themselves; they are told when the process is asked to end."""
    gc.freeze()
    gc.enable()
    feed = worker.wsgi.extensions["sluice"].feed
    before = signal.getsignal(signal.SIGTERM)

    def end(number: int, frame: FrameType | None) -> None:
        feed.closing = True
        if callable(before):
            before(number, frame)

    signal.signal(signal.SIGTERM, end)
