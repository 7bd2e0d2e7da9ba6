"""The program of the icon process: everything between an address and pixels.

It runs on its own (`python -P -m gui.icon_service OPTIONS`, with a JSON object), so that neither
the interpreter nor a lock of Qt's is shared with the window. Frames (see `gui.frames` and
`gui.icon_wire`) go over standard input and output; it ends when its input does.

    asked:  {"do": "policy" | "request" | "want" | "limit" | "empty" | "measure" | "body", ...}
    tells:  {"answers": ...}, {"size": bytes}, {"body": number, "found": bool}, {"log": [...]}
"""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from PySide6.QtCore import QCoreApplication, QObject, QSocketNotifier

from gui.frames import Header, Unpacker, pack
from gui.icon_http import Limits
from gui.icon_pipeline import IconPipeline
from gui.icon_wire import Answer, decoded, pack_answers, unpack_policy, unpack_requests

ANSWERS_AT_ONCE: Final = 12
"""In one frame, so that the window can paint between two of them."""
_READ_BYTES: Final = 1 << 20


class Service(QObject):
    """Does what the frames on standard input ask, with one pipeline."""

    def __init__(self, pipeline: IconPipeline, output: Output) -> None:
        super().__init__()
        self._pipeline = pipeline
        self._pipeline.answered.connect(self._tell)
        self._output = output
        self._policy = 0
        self._unpacker = Unpacker()
        self._input = QSocketNotifier(sys.stdin.fileno(), QSocketNotifier.Type.Read, self)
        self._input.activated.connect(self._read)
        self._handlers: dict[str, Callable[[Header, bytes], None]] = {
            "policy": self._set_policy,
            "request": lambda header, body: pipeline.request(unpack_requests(header, body)),
            "want": lambda header, _: pipeline.want(frozenset(header["keys"])),
            "limit": lambda header, _: pipeline.limit_cache(header["bytes"]),
            "empty": lambda *_: pipeline.empty_cache(),
            "measure": lambda *_: output.send({"size": pipeline.cache_size()}),
            "body": self._give_body,
        }

    def _read(self) -> None:
        data = os.read(sys.stdin.fileno(), _READ_BYTES)
        if not data:
            self._input.setEnabled(False)
            QCoreApplication.quit()
            return
        for header, body in self._unpacker.feed(data):
            self._handlers[header["do"]](header, body)

    def _set_policy(self, header: Header, _: bytes) -> None:
        self._pipeline.set_policy(unpack_policy(header))
        self._policy = header["number"]

    def _give_body(self, header: Header, body: bytes) -> None:
        found = self._pipeline.body(decoded(body))
        self._output.send({"body": header["number"], "found": found is not None}, found or b"")

    def _tell(self, answers: list[Answer]) -> None:
        for start in range(0, len(answers), ANSWERS_AT_ONCE):
            some = answers[start : start + ANSWERS_AT_ONCE]
            self._output.send(*pack_answers(some, self._policy))


class Output(QObject):
    """Writes frames to a pipe without waiting for its reader."""

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        os.set_blocking(descriptor, False)
        self._descriptor = descriptor
        self._unsent: deque[memoryview] = deque()
        self._room = QSocketNotifier(descriptor, QSocketNotifier.Type.Write, self)
        self._room.setEnabled(False)
        self._room.activated.connect(self._write)

    def send(self, header: Header, body: bytes = b"") -> None:
        """Send a frame after those that are not sent yet."""
        self._unsent.append(memoryview(pack(header, body)))
        if len(self._unsent) == 1:
            self._write()

    def _write(self) -> None:
        while self._unsent:
            try:
                written = os.write(self._descriptor, self._unsent[0])
            except BlockingIOError:
                break
            except BrokenPipeError:
                self._unsent.clear()
                break
            if written < len(self._unsent[0]):
                self._unsent[0] = self._unsent[0][written:]
            else:
                self._unsent.popleft()
        self._room.setEnabled(bool(self._unsent))


class _Forward(logging.Handler):
    """What is logged here is logged by the window's process, which has the log file."""

    def __init__(self, output: Output) -> None:
        super().__init__()
        self._output = output

    def emit(self, record: logging.LogRecord) -> None:
        text = self.format(record)
        self._output.send({"log": [record.name, record.levelno, text]})


def _own_output() -> int:
    """Standard output for frames alone: what a library prints goes to standard error."""
    output = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return output


def _log_unhandled(*error: Any) -> None:
    logging.getLogger(__name__).error("An icon met an unexpected error", exc_info=error)


def main() -> int:
    options = json.loads(sys.argv[1])
    # Ctrl+C in a terminal reaches this process too; it is the window that ends it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    application = QCoreApplication(["integration-icons"])
    output = Output(_own_output())
    logging.basicConfig(level=options["log_level"], handlers=[_Forward(output)])
    sys.excepthook = _log_unhandled
    pipeline = IconPipeline(Path(options["cache"]), Limits(**options["limits"]))
    service = Service(pipeline, output)
    application.exec()
    pipeline.stop()
    del service
    # Without the interpreter's own end, which takes longer than all the rest.
    os._exit(0)


if __name__ == "__main__":
    main()
