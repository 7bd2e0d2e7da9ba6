"""Recently deleted integrations: searched, and restored."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QSize, QTimer, Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from db import history_query
from db.history_query import Deleted, DeletedPage
from gui.background import deliver
from gui.dialog_parts import Message, fit_to_screen
from gui.history_icons import CellIcons
from gui.history_models import DeletedModel
from gui.history_table import HistoryTable
from gui.text import number, sentence

if TYPE_CHECKING:
    from db.reader import Reader

_TYPING_MS: Final = 250
_WIDTHS: Final = (150, 150, 110, 0, 120, 90)


class DeletedDialog(QDialog):
    """Lists deleted integrations, the latest first, and restores those that are chosen.

    Signals:
        restore_wanted(list[Deleted]): bring these back.
    """

    restore_wanted = Signal(object)

    def __init__(
        self, reader: Reader, icons: CellIcons | None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._reader = reader
        self._following: tuple[int, int] | None = None
        self.setWindowTitle(self.tr("Recently Deleted"))
        self.search = QLineEdit()
        self.search.setPlaceholderText(self.tr("Search what was deleted"))
        self.search.setAccessibleName(self.tr("Search deleted integrations"))
        self._message = Message()
        self.message = self._message.label
        self.model = DeletedModel(self, icons)
        self.table = HistoryTable(
            self.tr("Deleted integrations"), self.model, _WIDTHS, several=True
        )
        self.more = QPushButton(self.tr("Show &More"))
        self.restore = QPushButton(self.tr("&Restore"))
        self.close_button = QPushButton(self.tr("&Close"))
        self._typing = QTimer(self, singleShot=True, interval=_TYPING_MS)
        self._typing.timeout.connect(self._read_anew)
        self.search.textChanged.connect(lambda _: self._typing.start())
        self.more.clicked.connect(lambda: self._read(self._following))
        self.restore.clicked.connect(self._restore)
        self.close_button.clicked.connect(self.reject)
        self.table.selectionModel().selectionChanged.connect(self._choose)
        self._lay_out()
        self._read_anew()

    def _lay_out(self) -> None:
        foot = QHBoxLayout()
        foot.setSpacing(8)
        foot.addWidget(self.more)
        foot.addStretch()
        foot.addWidget(self.restore)
        foot.addWidget(self.close_button)
        self.more.setAutoDefault(False)
        self.restore.setDefault(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(12)
        layout.addWidget(self.search)
        layout.addWidget(self.table, 1)
        layout.addLayout(self._message)
        layout.addLayout(foot)
        fit_to_screen(self, QSize(1000, 520))

    def _read_anew(self) -> None:
        self.model.show_rows([])
        self._choose()
        self._read(None)

    def _read(self, at: tuple[int, int] | None) -> None:
        words = self.search.text()
        self.more.setEnabled(False)
        self._message.say(self.tr("Reading the history…"))
        future = self._reader.request(
            lambda connection: history_query.deleted(connection, words, at)
        )
        deliver(self, future, partial(self._show, at is None), self._fail)

    def _show(self, first: bool, page: DeletedPage) -> None:
        known = {row.pk for row in self.model.rows}
        self.model.add_rows([row for row in page.rows if row.pk not in known])
        self._following = page.following
        self.more.setVisible(page.following is not None)
        self.more.setEnabled(True)
        count = len(self.model.rows)
        if first and count:
            self.table.selectRow(0)
        if count:
            words = self.tr("{count} deleted integrations, the latest first.")
            if page.following is not None:
                words = self.tr("The {count} that were deleted last.")
            self._message.say(words.format(count=number(count)))
        elif self.search.text():
            self._message.say(self.tr("Nothing that was deleted matches."))
        else:
            self._message.say(self.tr("Nothing was deleted, as far as the history goes back."))

    def _fail(self, error: Exception) -> None:
        self._message.say(sentence(error), "error")

    def chosen(self) -> list[Deleted]:
        """The chosen integrations."""
        return [self.model.rows[row] for row in self.table.chosen()]

    def _choose(self, *_: object) -> None:
        count = len(self.table.chosen())
        self.restore.setEnabled(count > 0)
        words = self.tr("&Restore {count} Integrations").format(count=number(count))
        self.restore.setText(words if count > 1 else self.tr("&Restore"))

    def _restore(self) -> None:
        self.restore_wanted.emit(self.chosen())
        self.accept()

    def done(self, result: int) -> None:
        """Let go of what is read, and close."""
        self._reader.cancel()
        super().done(result)
