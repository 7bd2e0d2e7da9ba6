"""A program of ours in a process of its own; frames go over its standard input and output."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from PySide6.QtCore import QDir, QObject, QProcess, QProcessEnvironment, Signal

from gui.frames import Header, TooLong, Unpacker, pack

_ROOT: Final = str(Path(__file__).resolve().parents[1])


class FramedProcess(QProcess):
    """Runs `python -P -m MODULE ARGUMENTS` once.

    Signals:
        frame(Header, bytes): from the process, in order.
        ended(): without having been asked to, or it could not be started; nothing follows.
        broken(): it sends what is no frame; it is of no use any more.
    """

    frame = Signal(object, object)
    ended = Signal()
    broken = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._unpacker = Unpacker()
        self.setWorkingDirectory(QDir.tempPath())
        if sys.platform != "win32":
            parameters = self.UnixProcessParameters()
            parameters.flags = self.UnixProcessFlag.CloseFileDescriptors
            self.setUnixProcessParameters(parameters)
        self.readyReadStandardOutput.connect(self._read)
        self.finished.connect(self._finished)
        self.errorOccurred.connect(self._failed)

    def launch(self, module: str, arguments: Sequence[str] = (), unset: Iterable[str] = ()) -> None:
        """Start it, without the variables `unset` in its environment."""
        environment = QProcessEnvironment.systemEnvironment()
        environment.insert("PYTHONPATH", _ROOT)
        for name in unset:
            environment.remove(name)
        self.setProcessEnvironment(environment)
        self.start(sys.executable, ["-P", "-m", module, *arguments])

    def send(self, header: Header, body: bytes = b"") -> None:
        """Send a frame; it is kept until the process takes it."""
        self.write(pack(header, body))

    def leave(self, milliseconds: int) -> None:
        """Let it come to its end by itself when it has read all, and kill it after that time."""
        self.blockSignals(True)
        self.closeWriteChannel()
        if not self.waitForFinished(milliseconds):
            self.kill()
            self.waitForFinished(1000)
        self.deleteLater()

    def end(self) -> None:
        """Kill it; no signal comes any more."""
        self.blockSignals(True)
        self.kill()
        self.waitForFinished(1000)
        self.deleteLater()

    def _read(self) -> None:
        try:
            for header, body in self._unpacker.feed(self.readAllStandardOutput().data()):
                self.frame.emit(header, body)
                if self.signalsBlocked():
                    return
        except TooLong:
            self.broken.emit()

    def _finished(self) -> None:
        self._read()
        if not self.signalsBlocked():
            self.ended.emit()

    def _failed(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            self.ended.emit()
