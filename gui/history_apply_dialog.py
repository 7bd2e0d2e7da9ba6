"""What reverting an edit, or applying a change-set file, would do; its conflicts; and doing it."""

from __future__ import annotations

from concurrent.futures import Future
from typing import TYPE_CHECKING, Final, NamedTuple

import shiboken6
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from db import history_apply
from db.errors import Cancelled
from db.history_apply import LISTED, Applied, Preview, Source
from gui.background import deliver, run_in_gui
from gui.dialog_parts import Foot, Message, TickCell, fit_to_screen
from gui.history_icons import CellIcons
from gui.history_models import ConflictsModel
from gui.history_table import HistoryTable
from gui.history_words import integrations
from gui.redo_question import agreement
from gui.text import number, sentence

if TYPE_CHECKING:
    from db.catalog import Catalog
    from db.changes import Change
    from db.edits import EditSession
    from db.reader import Reader

_WIDTHS: Final = (130, 112, 128, 0, 0, 140)


class Task(NamedTuple):
    """What the dialog is about.

    Attributes:
        title: of the dialog.
        what: the edit or the file, in words.
        label: of the new edit.
        button: what begins it, such as "&Revert".
    """

    source: Source
    title: str
    what: str
    label: str
    button: str


class ApplyDialog(QDialog):
    """Looks what applying would do, lets conflicts be decided cell by cell, and applies.

    Signals:
        applied(str): it is done; what became of it in words.
    """

    applied = Signal(str)

    def __init__(
        self,
        catalog: Catalog,
        reader: Reader,
        task: Task,
        icons: CellIcons | None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._catalog = catalog
        self._reader = reader
        self._task = task
        self._preview: Preview | None = None
        self._writing: Future[Change] | None = None
        self._closing = False
        self._begun = False
        self.setWindowTitle(task.title)
        self._what = QLabel(task.what, wordWrap=True)
        self._what.setTextFormat(Qt.TextFormat.PlainText)
        self._message = Message()
        self.message = self._message.label
        self.model = ConflictsModel(self, icons)
        self.table = HistoryTable(self.tr("Conflicts"), self.model, _WIDTHS)
        self.table.setItemDelegateForColumn(ConflictsModel.CHOICE, TickCell(self.table))
        self.keep_all = QPushButton(self.tr("&Keep All As They Are"))
        self.take_all = QPushButton(self.tr("&Take the Change in All"))
        self._foot = Foot(self.start, self.cancel)
        self.apply_button, self.close_button = self._foot.begin_button, self._foot.close_button
        self.apply_button.setText(task.button)
        self.close_button.setText(self.tr("&Cancel"))
        self.keep_all.clicked.connect(lambda: self.model.choose_all(take=False))
        self.take_all.clicked.connect(lambda: self.model.choose_all(take=True))
        self.model.chosen.connect(self._tell)
        self._lay_out()
        self._set_busy(True)
        self._say(self.tr("Looking what would change…"))

    def _lay_out(self) -> None:
        self._conflicts = QWidget()
        below = QHBoxLayout()
        below.setSpacing(8)
        below.addWidget(self.keep_all)
        below.addWidget(self.take_all)
        below.addStretch()
        column = QVBoxLayout(self._conflicts)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.table, 1)
        column.addLayout(below)
        for button in (self.keep_all, self.take_all):
            button.setAutoDefault(False)
        self._conflicts.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(12)
        layout.addWidget(self._what)
        layout.addLayout(self._message)
        layout.addWidget(self._conflicts, 1)
        layout.addLayout(self._foot)
        fit_to_screen(self, QSize(620, self.sizeHint().height()))

    def showEvent(self, event: QShowEvent) -> None:
        """Look what would change, once the dialog is there to show it."""
        super().showEvent(event)
        if not self._begun:
            self._begun = True
            source = self._task.source
            future = self._reader.request(
                lambda connection: history_apply.preview(connection, source, self._progress)
            )
            deliver(self, future, self._show, self._not_read)

    def _progress(self, done: int, total: int) -> None:
        """Called on other threads."""
        run_in_gui(lambda: self._show_progress(done, total))

    def _show_progress(self, done: int, total: int) -> None:
        if shiboken6.isValid(self):
            self._foot.show_progress(done, total)

    def _show(self, preview: Preview) -> None:
        self._preview = preview
        self._set_busy(False)
        self.model.show_rows(preview.conflicts)
        if preview.conflicts:
            fit_to_screen(self, QSize(980, 560))
            self._conflicts.show()
            self.table.setCurrentIndex(self.model.index(0, ConflictsModel.CHOICE))
            self.table.setFocus()
        else:
            self.apply_button.setFocus()
        self._tell()

    def _tell(self) -> None:
        preview = self._preview
        if preview is None:
            return
        rows = self.tr("{count} rows change.").format(count=number(preview.rows))
        if preview.rows == 1:
            rows = self.tr("1 row changes.")
        can_choose = any(one.has_choice for one in self.model.rows)
        self.apply_button.setEnabled(bool(preview.rows) or can_choose)
        self.take_all.setEnabled(can_choose)
        self.keep_all.setEnabled(can_choose)
        if not preview.conflict_count:
            nothing = self.tr("There is nothing to change: it is so already.")
            self._say(rows if preview.rows else nothing, "ok")
            return
        one = self.tr(
            "1 cell is in conflict with what was changed since. It stays as it is unless you take "
            "the change."
        )
        many = self.tr(
            "{conflicts} cells are in conflict with what was changed since. They stay as they are "
            "unless you take the change."
        )
        words = one if preview.conflict_count == 1 else many
        words = words.format(conflicts=number(preview.conflict_count))
        if preview.conflict_count > LISTED:
            listed = self.tr("The first {count} are listed.").format(count=number(LISTED))
            words = f"{words} {listed}"
        self._say(f"{rows} {words}" if preview.rows else words, "warning")

    def _not_read(self, error: Exception) -> None:
        self._set_busy(False)
        self.apply_button.setEnabled(False)
        self._say(sentence(error), "error")

    # -- applying ------------------------------------------------------------------------------

    def start(self) -> None:
        """Apply it as one edit, once redo may be lost."""
        self._set_busy(True)
        agreed = agreement(self, self._catalog)
        deliver(self, agreed, lambda _: self._write(), self._not_written)

    def _write(self) -> None:
        self._say(self.tr("Writing…"))
        source, choices = self._task.source, self.model.choices
        applied: list[Applied] = []

        def body(edit: EditSession) -> None:
            applied.append(history_apply.apply(edit, source, choices))

        self._writing = future = self._catalog.edit(self._task.label, body)
        self._catalog.progressed.append(self._told)
        deliver(self, future, lambda change: self._done(change, applied[0]), self._not_written)

    def _told(self, future: Future[object], done: int, total: int) -> None:
        """Called on the writer's thread."""
        if future is self._writing:
            self._progress(done, total)

    def _done(self, change: Change, applied: Applied) -> None:
        words = self.tr("{label}: {count} changed.").format(
            label=change.label, count=integrations(change.count)
        )
        if applied.kept:
            one, many = self.tr("1 conflict was left"), self.tr("{kept} conflicts were left")
            kept = f"{one if applied.kept == 1 else many}."
            words = f"{words} {kept.format(kept=number(applied.kept))}"
        self.applied.emit(words)
        self.accept()

    def _not_written(self, error: Exception) -> None:
        self._set_busy(False)
        self._tell()
        self._say(sentence(error), "info" if isinstance(error, Cancelled) else "error")
        if self._closing:
            super().reject()

    # -- the rest ------------------------------------------------------------------------------

    def _say(self, text: str, symbol: str = "info") -> None:
        self._message.say(text, symbol)

    def _set_busy(self, busy: bool) -> None:
        self._foot.show_busy(busy)
        if busy:
            self._foot.show_progress(1, 1)
        self.apply_button.setEnabled(not busy)
        self._conflicts.setEnabled(not busy)

    @property
    def _is_writing(self) -> bool:
        return self._writing is not None and not self._writing.done()

    def cancel(self) -> None:
        """Cancel the writing that runs; close when none does."""
        if self._is_writing and self._writing is not None:
            self._catalog.cancel(self._writing)
        else:
            self.reject()

    def reject(self) -> None:
        """Close; writing that runs is cancelled first."""
        if self._is_writing:
            self._closing = True
            self.cancel()
        else:
            super().reject()

    def done(self, result: int) -> None:
        """Let go of what is read, and close."""
        self._reader.cancel()
        if self._told in self._catalog.progressed:
            self._catalog.progressed.remove(self._told)
        super().done(result)
