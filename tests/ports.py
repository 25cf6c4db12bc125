"""Ports for servers that tests start."""

import os
import random
import socket
from collections import deque

LOWEST, WIDTH, WORKERS = 10_000, 2_750, 8  # all below those that the system lends to outgoing connections
_given: deque[int] = deque(maxlen=500)  # and perhaps not taken yet by whom they were given to


def free_ports(number: int) -> list[int]:
    """Neighbouring ports of the loopback that nobody has now, and that no outgoing connection will be given. Each
    worker of a run has a range of its own: two that look at the same moment must not find the same ones."""
    lowest = LOWEST + WIDTH * (int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]) % WORKERS)
    while True:
        first = random.randrange(lowest, lowest + WIDTH - number)
        ports = list(range(first, first + number))
        if not set(_given).intersection(ports) and all(_free(port) for port in ports):
            _given.extend(ports)
            return ports


def _free(port: int) -> bool:
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True
