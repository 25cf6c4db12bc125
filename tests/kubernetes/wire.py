"""A line to an API server that a test may cut: what is on it then is held, and arrives late once it is mended."""

import socket
import threading
from contextlib import suppress


class Wire:
    """Forwards connections of a port of its own to a port of the loopback."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._flows = threading.Event()
        self._flows.set()
        self._ended = False
        self._server = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def port(self) -> int:
        return int(self._server.getsockname()[1])

    def cut(self) -> None:
        """Nothing gets through any more, and nobody is told: as behind a switch that died."""
        self._flows.clear()

    def mend(self) -> None:
        """Everything gets through again, also what was held."""
        self._flows.set()

    def end(self) -> None:
        self._ended = True
        self.mend()
        for one in (self._server, *self._open):
            with suppress(OSError):
                one.close()

    def _accept(self) -> None:
        while not self._ended:
            try:
                near, _ = self._server.accept()
                far = socket.create_connection(("127.0.0.1", self._target))
            except OSError:
                continue
            self._open += [near, far]
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=self._pump, args=(source, sink), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                self._flows.wait()
                sink.sendall(data)
        for one in (source, sink):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
