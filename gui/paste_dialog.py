"""The question before cells are pasted that do not fit, or of which some cannot be stored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from db.paste import DELIMITERS, ONE_COLUMN, Block, Looked, Rejected
from gui.dialog_parts import Message, fit_to_screen, give_room
from gui.table_copy import MOST_CELLS
from gui.text import cut, field_title, number, one_line, plain_tooltip, sentence

if TYPE_CHECKING:
    from gui.pasting import Pasting, Plan, Target

MOST_LISTED: Final = 500
"""Rejected cells that are listed; all are counted."""


class PasteDialog(QDialog):
    """Says what does not fit and what is rejected, and lets the user decide."""

    def __init__(
        self,
        pasting: Pasting,
        text: str,
        delimiter: str,
        target: Target,
        plan: Plan,
        looked: Looked,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._pasting = pasting
        self._text = text
        self._target = target
        self._plan = plan
        self._looked: Looked | None = looked
        self._asked = 0
        self.setWindowTitle(self.tr("Paste Cells"))
        self._message = Message()
        self.message = self._message.label
        self.delimiter = QComboBox()
        names = (self.tr("Tabs"), self.tr("Commas"), self.tr("Semicolons"))
        for name, mark in zip(names, DELIMITERS, strict=True):
            self.delimiter.addItem(name, mark)
        self.delimiter.addItem(self.tr("Nothing: a line is a cell"), ONE_COLUMN)
        self.delimiter.setCurrentIndex(self.delimiter.findData(delimiter))
        self.delimiter.setAccessibleName(self.tr("What is between two cells"))
        self.repeat = QCheckBox(self.tr("&Repeat it until the selection is full"))
        self.add = QCheckBox()
        self.rejected_cells = self._make_table()
        self._buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.paste_button = self._buttons.addButton("", QDialogButtonBox.ButtonRole.AcceptRole)
        self._lay_out()
        self._connect()
        fit_to_screen(self, QSize(720, 460))
        self._show()

    def _connect(self) -> None:
        self.delimiter.activated.connect(lambda _: self._read_again())
        self.repeat.toggled.connect(lambda _: self._look_again(self._plan.block))
        self.add.toggled.connect(lambda _: self._look_again(self._plan.block))
        self._buttons.accepted.connect(self._paste)
        self._buttons.rejected.connect(self.reject)

    # -- looking again -----------------------------------------------------------------------

    def _read_again(self) -> None:
        self._wait()
        self._pasting.read(
            self._text, self.delimiter.currentData(), lambda _text, _mark, block: self._take(block)
        )

    def _take(self, block: Block) -> None:
        if block:
            self._look_again(block)

    def _look_again(self, block: Block) -> None:
        from gui.pasting import Plan

        self._wait()
        self._plan = Plan(
            block,
            self._target,
            self._pasting.row_count,
            repeat=self.repeat.isChecked(),
            add=self.add.isChecked(),
        )
        asked = self._asked
        self._pasting.look(self._plan, lambda looked: self._looked_at(looked, asked))

    def _wait(self) -> None:
        self._asked += 1
        self._looked = None
        self.paste_button.setEnabled(False)

    def _looked_at(self, looked: Looked, asked: int) -> None:
        import shiboken6

        if shiboken6.isValid(self) and asked == self._asked:
            self._looked = looked
            self._show()

    # -- what is shown -----------------------------------------------------------------------

    def _show(self) -> None:
        looked, plan = self._looked, self._plan
        assert looked is not None
        self.repeat.setVisible(plan.can_repeat)
        self.repeat.setEnabled(plan.may_repeat)
        if not plan.may_repeat:
            words = self.tr("Repeat it until the selection is full: not over {most} cells")
            self.repeat.setText(words.format(most=number(MOST_CELLS)))
        self.add.setVisible(plan.rows_below > 0)
        self.add.setText(
            self.tr("&Add the rows below the last one as new integrations ({count})").format(
                count=number(plan.rows_below)
            )
        )
        self._message.say(" ".join(self._words(plan, looked)), self._symbol(plan, looked))
        self._list(looked.rejected)
        count = len(looked.cells)
        self.paste_button.setEnabled(count > 0)
        if looked.rejected:
            text = self.tr("&Paste the Other {count} Cells")
            text = self.tr("&Paste the Other Cell") if count == 1 else text
        else:
            text = self.tr("&Paste 1 Cell") if count == 1 else self.tr("&Paste {count} Cells")
        self.paste_button.setText(text.format(count=number(count)))

    def _words(self, plan: Plan, looked: Looked) -> list[str]:
        words = [
            self.tr("{rows} × {columns} cells.").format(
                rows=number(plan.height), columns=number(plan.width)
            )
        ]
        if plan.has_another_size and (self._target.rows, self._target.columns) != (1, 1):
            selected = self.tr(
                "Selected are {rows} × {columns}; they go where the selection begins."
            )
            words.append(
                selected.format(
                    rows=number(self._target.rows), columns=number(self._target.columns)
                )
            )
        if plan.columns_beyond:
            beyond = self.tr("{count} columns have no place at the right and are left out.")
            if plan.columns_beyond == 1:
                beyond = self.tr("1 column has no place at the right and is left out.")
            words.append(beyond.format(count=number(plan.columns_beyond)))
        if plan.rows_below and not plan.adds:
            below = self.tr("{count} rows are below the last one and are left out.")
            if plan.rows_below == 1:
                below = self.tr("1 row is below the last one and is left out.")
            words.append(below.format(count=number(plan.rows_below)))
        if looked.rejected:
            rejected = self.tr("{count} cells cannot be stored; they would stay as they are.")
            if len(looked.rejected) == 1:
                rejected = self.tr("1 cell cannot be stored; it would stay as it is.")
            words.append(rejected.format(count=number(len(looked.rejected))))
        if not looked.cells:
            words.append(self.tr("Nothing would change."))
        return words

    def _symbol(self, plan: Plan, looked: Looked) -> str:
        left_out = looked.rejected or plan.columns_beyond or (plan.rows_below and not plan.adds)
        return "warning" if left_out else "info"

    def _list(self, rejected: list[Rejected]) -> None:
        self.rejected_cells.setVisible(bool(rejected))
        listed = rejected[:MOST_LISTED]
        self.rejected_cells.setRowCount(len(listed))
        looked = self._looked
        assert looked is not None
        for place, cell in enumerate(listed):
            texts = (
                number(cell.row + 1),
                field_title(looked.paste.fields[cell.column]),
                cell.text,
                sentence(cell.problem),
            )
            for column, text in enumerate(texts):
                item = QTableWidgetItem(one_line(text, 200))
                item.setToolTip(plain_tooltip(cut(text, 560)))
                self.rejected_cells.setItem(place, column, item)

    def _make_table(self) -> QTableWidget:
        table = QTableWidget(0, 4)
        table.setAccessibleName(self.tr("Rejected cells"))
        table.setHorizontalHeaderLabels(
            [self.tr("Row"), self.tr("Field"), self.tr("Text"), self.tr("Reason")]
        )
        table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        table.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
        table.setTabKeyNavigation(False)
        table.setShowGrid(False)
        table.setWordWrap(False)
        give_room(table)
        table.verticalHeader().hide()
        header = table.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        for column, width in enumerate((56, 110, 170)):
            table.setColumnWidth(column, width)
        header.setSectionResizeMode(3, QHeaderView.ResizeMode.Stretch)
        kept = table.sizePolicy()
        kept.setRetainSizeWhenHidden(True)
        table.setSizePolicy(kept)
        return table

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(12)
        layout.addLayout(self._message)
        form = QFormLayout()
        form.addRow(self.tr("&Between two cells:"), self.delimiter)
        layout.addLayout(form)
        layout.addWidget(self.repeat)
        layout.addWidget(self.add)
        layout.addWidget(self.rejected_cells, 1)
        layout.addWidget(self._buttons)
        self.paste_button.setDefault(True)

    def _paste(self) -> None:
        if self._looked is not None:
            self._pasting.write(self._looked, some=True)
            self.accept()
