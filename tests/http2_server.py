"""A web server on loopback that speaks HTTP/2 over TLS, and counts how it is asked."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from types import TracebackType

import h2.config
import h2.connection
import h2.events

GATHERING_SECONDS = 0.05


class Http2Server:
    """Answers every request with `body`, once no further one has come for a moment.

    `url` is its address without a path, `connections` how many were made, `most_streams` how many
    requests waited at once on one of them, `headers` those of the last request.
    """

    def __init__(self, context: ssl.SSLContext, body: bytes) -> None:
        context.set_alpn_protocols(["h2"])
        self.connections = self.most_streams = 0
        self.headers: dict[str, str] = {}
        self._context = context
        self._body = body
        self._stopping = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(GATHERING_SECONDS)
        self._threads: list[threading.Thread] = []
        self.url = f"https://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Http2Server:
        self._start(self._accept)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join()
        self._listener.close()

    def _start(self, work: object, *values: object) -> None:
        assert callable(work)
        thread = threading.Thread(target=work, args=values)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._stopping.is_set():
            with contextlib.suppress(TimeoutError):
                self._start(self._serve, self._listener.accept()[0])

    def _serve(self, plain: socket.socket) -> None:
        with contextlib.suppress(OSError), plain:
            plain.settimeout(5)
            with self._context.wrap_socket(plain, server_side=True) as connection:
                self.connections += 1
                connection.settimeout(GATHERING_SECONDS)
                self._talk(connection)

    def _talk(self, connection: ssl.SSLSocket) -> None:
        http = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
        http.initiate_connection()
        waiting: list[int] = []
        while not self._stopping.is_set():
            connection.sendall(http.data_to_send())
            try:
                data = connection.recv(65536)
            except TimeoutError:
                for stream in waiting:
                    http.send_headers(stream, [(":status", "200"), ("content-type", "image/png")])
                    http.send_data(stream, self._body, end_stream=True)
                waiting.clear()
                continue
            if not data:
                return
            for event in http.receive_data(data):
                if isinstance(event, h2.events.RequestReceived):
                    waiting.append(event.stream_id)
                    self.headers = {
                        name.decode(): value.decode() for name, value in event.headers or []
                    }
            self.most_streams = max(self.most_streams, len(waiting))
