"""Errors that nothing handled are logged and shown with a report to copy; the program goes on."""

from __future__ import annotations

import logging
import platform
import sys
import threading
import traceback
from collections import Counter
from types import TracebackType
from typing import Final

import apsw
from PySide6 import __version__ as pyside_version
from PySide6.QtCore import (
    QMessageLogContext,
    QObject,
    QSize,
    Qt,
    QTimer,
    QtMsgType,
    Signal,
    Slot,
    qInstallMessageHandler,
    qVersion,
)
from PySide6.QtGui import QFontDatabase, QGuiApplication
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QStyle,
    QVBoxLayout,
)

from gui import logs
from gui.version import VERSION

MOST_SHOWN: Final = 10
"""Different errors that one report holds; the log has the others."""
_PART: Final = 10_000
"""Characters kept of each end of a long traceback."""
_SYMBOL: Final = QSize(32, 32)

_log = logging.getLogger(__name__)
_qt_log = logging.getLogger("qt")
_QT_LEVELS: Final = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}


def report(errors: Counter[str]) -> str:
    """The text to copy: versions, then each traceback of `errors` and how often it came."""
    lines = [
        f"Integration Icons {VERSION}",
        f"Python {platform.python_version()}",
        f"Qt {qVersion()} (PySide6 {pyside_version}, {QGuiApplication.platformName()})",
        f"SQLite {apsw.sqlite_lib_version()} (apsw {apsw.apsw_version()})",
        platform.platform(),
    ]
    for text, times in errors.items():
        lines += ["", f"{times} times:" if times > 1 else "Once:", text.rstrip()]
    return "\n".join(lines) + "\n"


class ErrorDialog(QDialog):
    """One dialog for all unhandled errors since it was last closed."""

    def __init__(self) -> None:
        super().__init__()
        self.setWindowTitle(self.tr("Unexpected error"))
        # Above any dialog that is open, so that it can be read and closed.
        self.setWindowModality(Qt.WindowModality.ApplicationModal)
        self._errors: Counter[str] = Counter()
        self._total = 0
        self._silenced: set[str] = set()

        self._summary = QLabel(wordWrap=True)
        self._summary.setTextFormat(Qt.TextFormat.PlainText)
        self._report = QPlainTextEdit(readOnly=True, tabChangesFocus=True)
        self._report.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self._report.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self._report.setAccessibleName(self.tr("Error report"))
        label = QLabel(self.tr("&Report (it may name files and texts of the catalogue):"))
        label.setBuddy(self._report)
        log_file = QLabel(self.tr("The log: {file}").format(file=logs.file()), wordWrap=True)
        log_file.setTextFormat(Qt.TextFormat.PlainText)
        log_file.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self._silence = QCheckBox(self.tr("Do not &show these errors again until the next start"))

        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        copy = QPushButton(self.tr("C&opy report"))
        buttons.addButton(copy, QDialogButtonBox.ButtonRole.ActionRole)
        copy.clicked.connect(self.copy_report)
        buttons.rejected.connect(self.reject)

        symbol = QLabel()
        critical = self.style().standardIcon(QStyle.StandardPixmap.SP_MessageBoxCritical)
        symbol.setPixmap(critical.pixmap(_SYMBOL, self.devicePixelRatioF()))
        head = QHBoxLayout()
        head.setSpacing(12)
        head.addWidget(symbol, 0, Qt.AlignmentFlag.AlignTop)
        head.addWidget(self._summary, 1)
        layout = QVBoxLayout(self)
        layout.addLayout(head)
        layout.addWidget(label)
        layout.addWidget(self._report, 1)
        for widget in (log_file, self._silence, buttons):
            layout.addWidget(widget)
        self.resize(720, 480)
        self._first_focus = copy
        # Errors can come by the hundred; the text is made anew once for all of them.
        self._refresh = QTimer(self, singleShot=True, interval=50)
        self._refresh.timeout.connect(self._show_report)

    def add(self, error: str) -> None:
        """Show `error`, a traceback as text; count it when the dialog is open already."""
        if error in self._silenced:
            return
        self._total += 1
        if error in self._errors or len(self._errors) < MOST_SHOWN:
            self._errors[error] += 1
        if not self.isVisible():
            self._show_report()
            self.show()
            self._first_focus.setFocus()
        elif not self._refresh.isActive():
            self._refresh.start()

    def report(self) -> str:
        """The text that Copy puts on the clipboard."""
        return report(self._errors)

    @Slot()
    def copy_report(self) -> None:
        """Put the report on the clipboard."""
        QGuiApplication.clipboard().setText(self.report())

    def done(self, result: int) -> None:
        """Forget what was shown, so that the next error opens the dialog afresh."""
        if self._silence.isChecked():
            self._silenced.update(self._errors)
        self._silence.setChecked(False)
        self._refresh.stop()
        self._errors.clear()
        self._total = 0
        super().done(result)

    @Slot()
    def _show_report(self) -> None:
        self._summary.setText(self._summary_text())
        bar = self._report.verticalScrollBar()
        position = bar.value()
        self._report.setPlainText(self.report())
        bar.setValue(position)

    def _summary_text(self) -> str:
        text = self.tr(
            "The program met an error that it did not expect. What you did last may not have "
            "happened; everything saved before is safe, and you can go on."
        )
        if self._total > 1:
            more = self.tr("Errors since this window opened: {count}.").format(count=self._total)
            text = f"{text}\n{more}"
        return text


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
