"""Ports for servers that tests start."""

import random
import socket

LOWEST, HIGHEST = 10_000, 32_000  # below those that the system lends to outgoing connections


def free_ports(number: int) -> list[int]:
    """Neighbouring ports of the loopback that nobody has now, and that no outgoing connection will be given."""
    while True:
        first = random.randrange(LOWEST, HIGHEST, number)
        ports = list(range(first, first + number))
        if all(_free(port) for port in ports):
            return ports


def _free(port: int) -> bool:
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True
