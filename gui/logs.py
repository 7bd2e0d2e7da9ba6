"""Logging to a rotating file in the user's state folder, and faulthandler beside it."""

from __future__ import annotations

import faulthandler
import logging
import os
import sys
from pathlib import Path
from typing import IO, Final

LEVEL_VARIABLE: Final = "INTEGRATION_ICONS_LOG_LEVEL"
"""Environment variable with the name of the lowest level that is logged (default: INFO)."""

_BYTES: Final = 1_000_000
_OLD_FILES: Final = 3
_FORMAT: Final = "%(asctime)s %(levelname)s %(process)d %(threadName)s %(name)s: %(message)s"

_log = logging.getLogger(__name__)
_handlers: list[logging.Handler] = []
_faults: IO[str] | None = None


def folder() -> Path:
    """The user's state folder of this program."""
    import platformdirs

    return platformdirs.user_state_path("integration-icons", appauthor=False)


def file() -> Path:
    """The log file that is written now; older ones have ``.1`` to ``.3`` behind the name."""
    return folder() / "integration-icons.log"


def start(*, files: bool = True) -> None:
    """Send all logging to `file`, warnings also to standard error; turn faulthandler on.

    A log that cannot be written is no reason not to start: a warning on standard error says so.
    Calling it again does nothing.

    Args:
        files: whether to open the files now. Otherwise `start_files` does, or the first error;
            what is logged before waits for it.
    """
    if _handlers:
        return
    root = logging.getLogger()
    if sys.stderr is not None:  # None for a program without a console on Windows
        console = logging.StreamHandler()
        console.setLevel(logging.WARNING)
        console.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
        _add(root, console)
    level = os.environ.get(LEVEL_VARIABLE, "INFO").upper()
    known = level in logging.getLevelNamesMapping()
    root.setLevel(level if known else "INFO")
    logging.captureWarnings(True)
    _enable_faulthandler()
    _add(root, _LogFile())
    if files:
        start_files()
    if not known:
        _log.warning(
            "%s=%s is no level; known are DEBUG, INFO, WARNING, ERROR", LEVEL_VARIABLE, level
        )


def start_files() -> None:
    """Open the log file, and the one beside it that crashes are written to."""
    for handler in _handlers:
        if isinstance(handler, _LogFile):
            handler.open()


class _LogFile(logging.Handler):
    """The rotating file, opened when it is needed: what it imports takes 15 ms of a start."""

    def __init__(self) -> None:
        super().__init__()
        self._writer: logging.Handler | None = None
        self._opened = False
        self._waiting: list[logging.LogRecord] = []

    def open(self) -> None:
        """Open the files, unless that was tried before."""
        if self._opened:
            return
        self._opened = True
        try:
            self._writer = _open_files()
        except OSError as error:
            _log.warning("There is no log file: %s", error)
        waiting, self._waiting = self._waiting, []
        for record in waiting:
            self.emit(record)

    def emit(self, record: logging.LogRecord) -> None:
        if not self._opened and record.levelno < logging.ERROR:
            self._waiting.append(record)
            return
        self.open()
        if self._writer is not None:
            self._writer.handle(record)

    def close(self) -> None:
        if self._waiting:
            self.open()
        if self._writer is not None:
            self._writer.close()
        super().close()


def stop() -> None:
    """Close the log files and take the handlers off again."""
    global _faults
    root = logging.getLogger()
    for handler in _handlers:
        root.removeHandler(handler)
        handler.close()
    _handlers.clear()
    logging.captureWarnings(False)
    if _faults is not None:
        faulthandler.disable()
        _faults.close()
        _faults = None


def _open_files() -> logging.Handler:
    from logging.handlers import RotatingFileHandler

    global _faults
    path = file()
    path.parent.mkdir(parents=True, exist_ok=True)
    writer = RotatingFileHandler(
        path, maxBytes=_BYTES, backupCount=_OLD_FILES, encoding="utf-8", errors="backslashreplace"
    )
    writer.setFormatter(logging.Formatter(_FORMAT))
    _faults = path.with_name("crashes.log").open("a", encoding="utf-8")
    faulthandler.enable(_faults)
    return writer


def _enable_faulthandler() -> None:
    if sys.stderr is not None:
        faulthandler.enable()


def _add(root: logging.Logger, handler: logging.Handler) -> None:
    root.addHandler(handler)
    _handlers.append(handler)
