"""What one edit changed: its cells, searched and read by pages."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from db import history_query
from db.history_query import ChangesPage, EditFacts
from gui.background import deliver
from gui.history_icons import CellIcons
from gui.history_models import ChangesModel
from gui.history_table import HistoryTable
from gui.history_words import edit_words
from gui.one_line import OneLine
from gui.text import number, sentence

if TYPE_CHECKING:
    from db.catalog import Catalog

PAGE: Final = 200
"""Rows that are read at once."""
_TYPING_MS: Final = 250
_WIDTHS: Final = (120, 66, 86, 0, 0)


class ChangesView(QWidget):
    """The changes of an edit, old and new, with a field to search them."""

    def __init__(self, catalog: Catalog, icons: CellIcons | None) -> None:
        super().__init__()
        self._reader = catalog.reader("history-changes")
        self._facts: EditFacts | None = None
        self._following: int | None = None
        self.heading = OneLine(Qt.TextElideMode.ElideMiddle)
        self.search = QLineEdit()
        self.search.setPlaceholderText(self.tr("Search these changes"))
        self.search.setAccessibleName(self.tr("Search the changes of this edit"))
        self.model = ChangesModel(self, icons)
        self.table = HistoryTable(self.tr("Changes of the edit"), self.model, _WIDTHS)
        self.state = QLabel(textFormat=Qt.TextFormat.PlainText)
        self.more = QPushButton(self.tr("Show &More"))
        self._typing = QTimer(self, singleShot=True, interval=_TYPING_MS)
        self._typing.timeout.connect(self._read_anew)
        self.search.textChanged.connect(lambda _: self._typing.start())
        self.more.clicked.connect(lambda: self._read(self._following or 0))
        self._lay_out()
        self.show_edit(None)

    def _lay_out(self) -> None:
        foot = QHBoxLayout()
        foot.setSpacing(8)
        foot.addWidget(self.state, 1)
        foot.addWidget(self.more)
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 4, 8, 4)
        column.setSpacing(6)
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self.heading, 1)
        head.addWidget(self.search)
        self.search.setFixedWidth(200)
        column.addLayout(head)
        column.addWidget(self.table, 1)
        column.addLayout(foot)

    @property
    def facts(self) -> EditFacts | None:
        """The edit that is shown."""
        return self._facts

    def show_edit(self, facts: EditFacts | None) -> None:
        """Show what an edit changed, or nothing."""
        self._facts = facts
        words = self.tr("Choose an edit to see what it changed.")
        self.heading.show_text(words if facts is None else edit_words(facts))
        self.search.setEnabled(facts is not None)
        self._typing.stop()
        self._read_anew()

    def _read_anew(self) -> None:
        self.model.show_rows([])
        self.more.hide()
        self.state.setText("")
        self._reader.cancel()
        if self._facts is not None:
            self._read(0)

    def _read(self, first: int) -> None:
        assert self._facts is not None
        edit_id, words = self._facts.id, self.search.text()
        self.more.setEnabled(False)
        if not self.model.rows:
            self.state.setText(self.tr("Reading…"))
        future = self._reader.request(
            lambda connection: history_query.changes(connection, edit_id, first, PAGE, words)
        )
        deliver(self, future, partial(self._show, edit_id), self._fail)

    def _show(self, edit_id: int, page: ChangesPage) -> None:
        if self._facts is None or self._facts.id != edit_id:
            return
        self.model.add_rows(page.cells)
        self._following = page.following
        self.more.setVisible(page.following is not None)
        self.more.setEnabled(True)
        self.state.setText(self._words())

    def _words(self) -> str:
        rows = number(len(self.model.rows))
        if not self.model.rows:
            return self.tr("Nothing matches.") if self.search.text() else self.tr("No changes.")
        if self._following is None and len(self.model.rows) == 1:
            return self.tr("1 change, all there is")
        if self._following is None:
            return self.tr("{count} changes, all of them").format(count=rows)
        if self.search.text() or self._facts is None:
            return self.tr("The first {count} changes that match").format(count=rows)
        left = number(max(self._facts.integrations - self._following, 1))
        words = self.tr("The first {count} changes; {left} more integrations")
        return words.format(count=rows, left=left)

    def _fail(self, error: Exception) -> None:
        self.state.setText(sentence(error))
