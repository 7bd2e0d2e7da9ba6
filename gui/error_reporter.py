"""Errors that nothing handled are logged and shown; the program goes on.

It is in place before the window is, so it imports what it shows only to show it.
"""

from __future__ import annotations

import logging
import sys
import threading
import traceback
from types import TracebackType
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import (
    QMessageLogContext,
    QObject,
    Qt,
    QtMsgType,
    Signal,
    Slot,
    qInstallMessageHandler,
)
from PySide6.QtGui import QGuiApplication

if TYPE_CHECKING:
    from gui.error_dialog import ErrorDialog

_PART: Final = 10_000
"""Characters kept of each end of a long traceback."""

_log = logging.getLogger(__name__)
_qt_log = logging.getLogger("qt")
_QT_LEVELS: Final = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}


class ErrorReporter(QObject):
    """Catches what nothing else did, in any thread, from `install` until `remove`."""

    _caught = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.dialog: ErrorDialog | None = None
        self._caught.connect(self._show, Qt.ConnectionType.QueuedConnection)

    def install(self) -> None:
        """Take over the hooks of Python, its threads and Qt's messages."""
        self._hooks = (sys.excepthook, threading.excepthook, sys.unraisablehook)
        sys.excepthook = self._in_main_thread
        threading.excepthook = self._in_thread
        sys.unraisablehook = self._in_finalizer
        self._message_handler = qInstallMessageHandler(log_qt_message)

    def remove(self) -> None:
        """Give the hooks back and close the dialog."""
        sys.excepthook, threading.excepthook, sys.unraisablehook = self._hooks
        qInstallMessageHandler(self._message_handler)
        self._caught.disconnect()
        if self.dialog is not None:
            self.dialog.close()
            self.dialog.deleteLater()
            self.dialog = None

    @Slot(str)
    def _show(self, error: str) -> None:
        from gui.error_dialog import ErrorDialog

        if self.dialog is None:
            self.dialog = ErrorDialog()
        self.dialog.add(error)

    def _in_main_thread(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
            QGuiApplication.quit()
            return
        self._catch("Unhandled error", error)

    def _in_thread(self, args: threading.ExceptHookArgs) -> None:
        # Python itself ends a thread without a word on SystemExit.
        if args.exc_value is not None and not issubclass(args.exc_type, SystemExit):
            name = args.thread.name if args.thread is not None else "?"
            self._catch(f"Unhandled error in thread {name}", args.exc_value)

    def _in_finalizer(self, args: sys.UnraisableHookArgs) -> None:
        """Errors in ``__del__`` and the like: nothing of the user's failed, so they are logged."""
        _log.error(
            "%s %r", args.err_msg or "Error ignored in", args.object, exc_info=args.exc_value
        )

    def _catch(self, what: str, error: BaseException) -> None:
        _log.critical(what, exc_info=error)
        self._caught.emit(_shortened("".join(traceback.format_exception(error))))


def _shortened(text: str) -> str:
    """`text` without its middle where it is long: a message may hold a whole cell."""
    if len(text) <= 2 * _PART:
        return text
    return f"{text[:_PART]}\n[...]\n{text[-_PART:]}"


def install() -> ErrorReporter:
    """Start reporting; call it once, after QApplication was made, and keep the answer."""
    reporter = ErrorReporter()
    reporter.install()
    return reporter


def log_qt_message(kind: QtMsgType, context: QMessageLogContext, message: str) -> None:
    """A Qt message handler: messages go to the log under ``qt.<category>``."""
    category = context.category or "default"
    _qt_log.getChild(category).log(_QT_LEVELS.get(kind, logging.WARNING), "%s", message)
