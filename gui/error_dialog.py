"""The dialog that shows errors which nothing handled, with a report to copy."""

from __future__ import annotations

import platform
from collections import Counter
from typing import Final

import apsw
from PySide6 import __version__ as pyside_version
from PySide6.QtCore import QSize, Qt, QTimer, Slot, qVersion
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
from gui.text import number
from gui.version import VERSION

MOST_SHOWN: Final = 10
"""Different errors that one report holds; the log has the others."""
_SYMBOL: Final = QSize(32, 32)


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
            more = self.tr("Errors since this window opened: {count}.").format(
                count=number(self._total)
            )
            text = f"{text}\n{more}"
        return text
