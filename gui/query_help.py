"""Help on the language of the search: what can be typed, and what it finds."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication, QSize, Qt, Signal
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QLabel,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from gui.dialog_parts import fit_to_screen


def _N(text: str) -> str:
    return str(QT_TRANSLATE_NOOP("QueryHelp", text))


LINES: Final = (
    ("github api", _N("both words, anywhere in name, type, organization, icon URL or id")),
    ('"exact words"', _N("these letters, with their blanks and signs")),
    ("git*hub s?", _N("* is any letters, ? is one")),
    ("-slack", _N("without this")),
    ("slack or teams", _N("one or the other")),
    ("(slack or teams) bot", _N("parentheses group")),
    ("name:slack", _N("the name holds this; accents do not matter in names")),
    ("name:=Slack", _N("the name is this, in any case")),
    ("url:~^http:", _N("the icon URL matches a regular expression")),
    ("type:s3 org:acme id:int-7 client:c1", _N("type, organization, id, client id")),
    ("host:example.com", _N("the host of the icon URL")),
    ("by:anna creator:anna editor:anna", _N("who made or last changed it, made it, changed it")),
    ("icon:missing", _N("also relative, http, https, data, duplicate")),
    ("icon:svg", _N("also png, jpeg, gif, webp, ico, by what the address says")),
    ("has:metadata -has:icon", _N("a field is filled, or empty")),
    ("metadata.auth.kind:oauth2", _N("a value in the metadata; metadata:word is anywhere in it")),
    ("created:2024", _N("in a year, month or day: 2024, 2024-05, 2024-05-31")),
    ("created:2024-01..2024-06", _N("from the one to the end of the other; one may be left out")),
    ("updated:>=2024-05-31", _N("also >, <, <=; days are those of UTC, as dates are stored")),
    ("updated:<30d", _N("younger than 30 days; > is older; also h, w, m and y")),
    ("edited:today", _N("changed today by an edit of the history; also yesterday and the above")),
)
"""What can be typed, and what it finds."""


class QueryHelp(QDialog):
    """The language of the search, line by line.

    Signals:
        chosen(str): an example is to be tried.
    """

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("What Can Be Searched For"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.table = QTableWidget(len(LINES), 2)
        self._fill()
        hint = QLabel(self.tr("Enter, or a double click, puts an example into the search."))
        hint.setTextFormat(Qt.TextFormat.PlainText)
        hint.setWordWrap(True)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(12)
        layout.addWidget(self.table, 1)
        layout.addWidget(hint)
        layout.addWidget(buttons)
        fit_to_screen(self, QSize(820, 640))
        self.table.setFocus()

    def _fill(self) -> None:
        table = self.table
        table.setAccessibleName(self.tr("The language of the search"))
        table.setHorizontalHeaderLabels([self.tr("Type this"), self.tr("to find")])
        table.verticalHeader().hide()
        table.setShowGrid(False)
        table.setAlternatingRowColors(True)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setTabKeyNavigation(False)
        font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        for row, (example, words) in enumerate(LINES):
            item = QTableWidgetItem(example)
            item.setFont(font)
            table.setItem(row, 0, item)
            told = QCoreApplication.translate("QueryHelp", words)
            table.setItem(row, 1, QTableWidgetItem(told))
        header = table.horizontalHeader()
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setHighlightSections(False)
        table.setCurrentCell(0, 0)
        table.activated.connect(self._activated)

    def _activated(self) -> None:
        self.chosen.emit(LINES[self.table.currentRow()][0])
        self.accept()
