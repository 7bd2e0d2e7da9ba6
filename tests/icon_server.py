"""A web server on loopback that serves pictures and misbehaves on request, and its pictures."""

from __future__ import annotations

import gzip
import ssl
import struct
import sys
import threading
import time
import zlib
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from urllib.parse import unquote

from PySide6.QtCore import QBuffer, QByteArray, QIODevice
from PySide6.QtGui import QColor, QImage

GOOD_SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><rect width="8" height="8"/></svg>'
ETAG = '"one"'
MODIFIED = "Sat, 01 Nov 2025 12:00:00 GMT"
LONGEST_SECONDS = 20


def png(color: str = "red", width: int = 32, height: int = 32, kind: str = "PNG") -> bytes:
    """A picture of one colour."""
    image = QImage(width, height, QImage.Format.Format_ARGB32)
    image.fill(QColor(color))
    content = QByteArray()
    buffer = QBuffer(content)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    assert image.save(buffer, kind)
    return bytes(content.data())


def huge_png_header() -> bytes:
    """A PNG that says that it has 100,000 × 100,000 pixels, and says no more."""
    header = b"IHDR" + struct.pack(">IIBBBBB", 100_000, 100_000, 8, 6, 0, 0, 0)
    checked = header + struct.pack(">I", zlib.crc32(header))
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + checked + b"\0\0\0\0IDAT"


def hanging_svg() -> bytes:
    """An SVG of a kilobyte that takes longer to draw than anyone waits: every level doubles it."""
    levels = "".join(
        f'<g id="l{n}">' + f'<use xlink:href="#l{n - 1}"/>' * 10 + "</g>" for n in range(1, 10)
    )
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        'width="32" height="32"><g id="l0"><circle r="9"/></g>'
        f'{levels}<use xlink:href="#l9"/></svg>'
    ).encode()


class IconServer:
    """Serves on a free port of 127.0.0.1 until the `with` block ends; over TLS with a context.

    `url` is its address without a path, `seen` counts requests by path, `headers` holds those of
    the last request in lower case, `most_connections` is how many were open at once.
    """

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.seen: Counter[str] = Counter()
        self.headers: dict[str, str] = {}
        self.pictures: dict[str, bytes] = {}
        self.connections = self.most_connections = 0
        self.lock = threading.Lock()
        self.stopping = threading.Event()
        self.released = threading.Event()
        handler = type("Handler", (_Handler,), {"icons": self})
        self._server = _Server(("127.0.0.1", 0), handler)
        self._server.daemon_threads = False
        self.port = self._server.server_address[1]
        if context is not None:
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.url = f"http{'s' if context else ''}://127.0.0.1:{self.port}"

    def __enter__(self) -> IconServer:
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.stopping.set()
        self.released.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16
    timeout = 0.5
    icons: IconServer

    def setup(self) -> None:
        super().setup()
        with self.icons.lock:
            self.icons.connections += 1
            self.icons.most_connections = max(self.icons.most_connections, self.icons.connections)

    def finish(self) -> None:
        with self.icons.lock:
            self.icons.connections -= 1
        super().finish()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass

    def do_GET(self) -> None:
        icons = self.icons
        icons.seen[self.path] += 1
        icons.headers = {name.lower(): value for name, value in self.headers.items()}
        name, _, rest = self.path.lstrip("/").partition("/")
        try:
            answer = getattr(self, f"answer_{name}", None)
            if self.path in icons.pictures:
                self.reply(200, icons.pictures[self.path])
            elif answer is not None:
                answer(rest)
            else:
                self.reply(404, b"nothing here")
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def reply(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def begin(self, length: int) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "image/png")
        self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.flush()
        self.close_connection = True

    def answer_png(self, rest: str) -> None:
        self.reply(200, png(rest.partition("/")[0] or "red"), Content_Type="image/png")

    def answer_slow(self, rest: str) -> None:
        self.icons.stopping.wait(0.02)
        self.answer_png("red")

    def answer_held(self, rest: str) -> None:
        self.icons.released.wait(LONGEST_SECONDS)
        self.answer_png("red")

    def answer_status(self, rest: str) -> None:
        self.reply(int(rest.partition("/")[0]), b"no picture")

    def answer_flaky(self, rest: str) -> None:
        if self.icons.seen[self.path] < 3:
            self.reply(503, b"try again", Retry_After="0")
        else:
            self.answer_png("green")

    def answer_busy(self, rest: str) -> None:
        self.reply(429, b"slow down", Retry_After=unquote(rest))

    def answer_etag(self, rest: str) -> None:
        if self.headers.get("If-None-Match") == ETAG:
            self.reply(304, ETag=ETAG)
        else:
            self.reply(200, png("blue"), ETag=ETAG, Cache_Control="max-age=0")

    def answer_other(self, rest: str) -> None:
        color = "red" if self.icons.seen[self.path] == 1 else "green"
        self.reply(200, png(color), Cache_Control="max-age=86400")

    def answer_modified(self, rest: str) -> None:
        if self.headers.get("If-Modified-Since") == MODIFIED:
            self.reply(304)
        else:
            self.reply(200, png("blue"), Last_Modified=MODIFIED, Cache_Control="max-age=0")

    def answer_unchanged(self, rest: str) -> None:
        self.reply(304)

    def answer_redirect(self, rest: str) -> None:
        left = int(rest)
        self.reply(302, Location=f"/redirect/{left - 1}" if left > 1 else "/png/red")

    def answer_to(self, rest: str) -> None:
        self.reply(301, Location=rest)

    def answer_nowhere(self, rest: str) -> None:
        self.reply(302)

    def answer_cookie(self, rest: str) -> None:
        status = 400 if "Cookie" in self.headers else 200
        self.reply(status, png(), Set_Cookie="tracker=1; Path=/")

    def answer_password(self, rest: str) -> None:
        self.reply(401, b"", WWW_Authenticate='Basic realm="x"')

    def answer_html(self, rest: str) -> None:
        self.reply(200, b"<!doctype html><h1>Sorry</h1>", Content_Type="image/png")

    def answer_large(self, rest: str) -> None:
        self.begin(1 << 40)
        until = time.monotonic() + LONGEST_SECONDS
        while time.monotonic() < until and not self.icons.stopping.is_set():
            self.wfile.write(bytes(1 << 16))

    def answer_endless(self, rest: str) -> None:
        self.send_response(200)
        self.send_header("Connection", "close")
        self.end_headers()
        while not self.icons.stopping.is_set():
            self.wfile.write(bytes(1000))
            self.wfile.flush()

    def answer_bomb(self, rest: str) -> None:
        body = gzip.compress(bytes(1 << 20), 9) * 200
        self.reply(200, body, Content_Encoding="gzip", Content_Type="image/svg+xml")

    def answer_stall(self, rest: str) -> None:
        self.begin(1000)
        self.icons.stopping.wait(LONGEST_SECONDS)

    def answer_drip(self, rest: str) -> None:
        self.begin(1000)
        for _ in range(LONGEST_SECONDS * 20):
            self.wfile.write(b"\x89")
            self.wfile.flush()
            if self.icons.stopping.wait(0.05):
                return

    def answer_cut(self, rest: str) -> None:
        self.begin(1000)
        self.wfile.write(png()[:20])
