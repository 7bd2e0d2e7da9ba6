"""The window's side of the icon process: starts it, and starts it again when it ends unasked."""

from __future__ import annotations

import json
import logging
from concurrent.futures import Future
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, QProcess, Signal

from db.errors import SentenceError
from gui.framed_process import FramedProcess
from gui.frames import Header
from gui.icon_facts import NOT_KEPT
from gui.icon_wire import encoded

if TYPE_CHECKING:
    from gui.icon_http import Limits

log = logging.getLogger(__name__)

SERVICE: Final = "gui.icon_service"
MOST_ENDS: Final = 3
"""How often in a row, without an answer in between, it may end before what it was asked is given
up."""
_LEAVING_MS: Final = 5000


class IconProcess(QObject):
    """The process that loads icons; it runs from the first call of `start` until `stop`.

    What is sent while it does not run is lost.

    Signals:
        started(): anew: it has to be told everything.
        answers(Header, bytes): a frame for `icon_wire.unpack_answers`.
        measured(int): bytes that the cache has on disk.
        lost(bool): it ended unasked; whether so often that asking it the same again is of no use.
    """

    started = Signal()
    answers = Signal(object, object)
    measured = Signal(object)
    lost = Signal(bool)

    def __init__(self, cache_path: Path, limits: Limits | None, parent: QObject) -> None:
        super().__init__(parent)
        self._options = {
            "cache": str(cache_path.absolute()),
            "limits": {} if limits is None else asdict(limits),
        }
        self._process: FramedProcess | None = None
        self._bodies: dict[int, Future[bytes]] = {}
        self._last_number = 0
        self._ends = 0
        self._stopped = False

    @property
    def pid(self) -> int:
        """Of the process; 0 while there is none."""
        return 0 if self._process is None else self._process.processId()

    def start(self) -> None:
        """Start the process, unless it runs or was stopped."""
        if self._process is not None or self._stopped:
            return
        process = self._process = FramedProcess(self)
        process.setProcessChannelMode(QProcess.ProcessChannelMode.ForwardedErrorChannel)
        process.frame.connect(self._take)
        process.ended.connect(self._ended)
        process.broken.connect(self._ended)
        options = {**self._options, "log_level": logging.getLogger().getEffectiveLevel()}
        process.launch(SERVICE, [json.dumps(options)])
        self.started.emit()

    def send(self, header: Header, body: bytes = b"") -> None:
        """Send a frame, if the process runs."""
        if self._process is not None:
            self._process.send(header, body)

    def body(self, url: str) -> Future[bytes]:
        """The bytes of a picture; see `IconLoader.body`."""
        future: Future[bytes] = Future()
        if self._process is None:
            future.cancel()
            return future
        self._last_number += 1
        self._bodies[self._last_number] = future
        self.send({"do": "body", "number": self._last_number}, encoded(url))
        return future

    def stop(self) -> None:
        """End the process, which writes what is to be cached; it is not started any more."""
        self._stopped = True
        process, self._process = self._process, None
        if process is not None:
            process.leave(_LEAVING_MS)
        for future in self._bodies.values():
            future.cancel()
        self._bodies.clear()

    def _take(self, header: Header, body: bytes) -> None:
        if "answers" in header:
            self._ends = 0
            self.answers.emit(header, body)
        elif "body" in header:
            future = self._bodies.pop(header["body"])
            if header["found"]:
                future.set_result(body)
            else:
                future.set_exception(SentenceError(NOT_KEPT))
        elif "size" in header:
            self.measured.emit(header["size"])
        else:
            name, level, text = header["log"]
            logging.getLogger(name).log(level, "%s", text)

    def _ended(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.end()
        self._ends += 1
        log.warning("The process that loads icons ended (%d).", self._ends)
        bodies, self._bodies = self._bodies, {}
        for future in bodies.values():
            future.set_exception(SentenceError(NOT_KEPT))
        is_hopeless = self._ends >= MOST_ENDS
        if is_hopeless:
            self._ends = 0
        self.lost.emit(is_hopeless)
