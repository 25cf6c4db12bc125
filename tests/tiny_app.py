"""The smallest app a local cluster can run: says its version, fails, dawdles and dies on request, and counts."""

import os
import socket
import sys
import threading
import time
from collections import Counter
from pathlib import Path

VERSION = os.environ.get("SLUICE_VERSION", "?")
COUNTED = Counter({200: 0, 500: 0})


def answer(path: str) -> tuple[int, str]:
    """Status and body for a path."""
    if path.startswith("/fail"):
        return 500, VERSION
    if path.startswith("/slow"):
        time.sleep(float(path.partition("=")[2]))
    if path.startswith("/die"):
        os.write(1, b"dying as asked\n")
        os._exit(3)
    if path.startswith("/readyz"):
        return int(os.environ.get("READY", "200")), VERSION
    if path == "/metrics":
        return 200, "".join(f'http_requests_total{{code="{code}"}} {number}\n' for code, number in COUNTED.items())
    return 200, VERSION


def serve(peer: socket.socket) -> None:
    """One request, one answer."""
    with peer:
        head = b""
        while b"\r\n\r\n" not in head:
            if not (more := peer.recv(65536)):
                return
            head += more
        path = head.split()[1].decode()
        status, body = answer(path)
        if path not in ("/metrics", "/readyz"):
            COUNTED[status] += 1
        peer.sendall(f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}".encode())


def main() -> None:
    """Listen until told to end."""
    if last := os.environ.get("CRASH"):
        sys.exit(last)
    door = socket.create_server(("127.0.0.1", int(os.environ["PORT"])), backlog=128)
    while True:
        threading.Thread(target=serve, args=(door.accept()[0],), daemon=True).start()


def bundle(bundles: Path, name: str) -> str:
    """Put this app as a bundle under `bundles`; its digest."""
    tree = bundles / name / "tree"
    tree.mkdir(parents=True, exist_ok=True)
    (tree / "app.py").write_text(Path(__file__).read_text())
    return f"sha256:{name}"


if __name__ == "__main__":
    main()
