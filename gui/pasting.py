"""Pasting cells and filling the selection: where a block goes, and when to ask."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import apsw
from PySide6.QtCore import QCoreApplication, QObject, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from db import order, paste, scope
from db.child import Task
from db.edits import EditSession
from db.errors import Invalid
from db.order import Order
from db.paste import Block, Looked, Paste
from gui.background import deliver
from gui.columns import COLUMNS, PLACE
from gui.record_actions import Follow, RecordActions
from gui.table_copy import MOST_CELLS, boxes_of
from gui.table_model import IntegrationTableModel
from gui.table_view import IntegrationTable
from gui.text import field_title, number

if TYPE_CHECKING:
    from gui.paste_dialog import PasteDialog

_READ_HERE: Final = 64 * 1024
"""Characters that are read in a millisecond or two; more are left to another process."""
MOST_CHARACTERS: Final = 64 << 20


@dataclass(frozen=True, slots=True)
class Target:
    """Where the cells go.

    Attributes:
        first: position of the first row.
        rows: how many are selected, from there.
        fields: of the visible columns, from the first selected one to the right.
        columns: how many of them are selected.
    """

    first: int
    rows: int
    fields: tuple[str, ...]
    columns: int


class Pasting(QObject):
    """Pastes what the clipboard holds; asks where sizes differ or cells are rejected.

    Signals:
        said(str): a message for the status bar.
        failed(Exception): why nothing was pasted.
    """

    said = Signal(str)
    failed = Signal(object)

    def __init__(
        self,
        model: IntegrationTableModel,
        table: IntegrationTable,
        actions: RecordActions,
        follow: Follow,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._model = model
        self._table = table
        self._actions = actions
        self._follow = follow
        self._window = window

    # -- one value ---------------------------------------------------------------------------

    def fill(self, name: str, text: str) -> None:
        """Put a text into a field of all selected rows."""
        self._fill([name], self._table.chosen.ranges, text)

    def _fill(self, names: Sequence[str], ranges: Sequence[order.Range], text: str) -> None:
        shown = self._model.whole_order
        if shown is None:
            return
        within = scope.at_positions(shown, ranges)
        fields = ", ".join(field_title(name) for name in names)
        label = label_of(self.tr("Fill {fields}").format(fields=fields))

        def body(edit: EditSession) -> None:
            paste.fill(edit, within, names, text, label)

        count = sum(last - first + 1 for first, last in ranges)
        self._actions.edit(label(count), body, self._tell, attach=within.attached)

    # -- a block -----------------------------------------------------------------------------

    def paste(self) -> None:
        """Paste the text that the clipboard holds, at the cursor or over the selection."""
        text = QGuiApplication.clipboard().text()
        if not text:
            words = self.tr("The clipboard holds no text. Ctrl+Shift+V pastes a picture as icon.")
            self.said.emit(words)
            return
        if len(text) > MOST_CHARACTERS:
            words = self.tr(
                "The text is too long to paste. Nothing was changed. Paste it in parts, or save it "
                "as a CSV file and import that (File > Import)."
            )
            self.failed.emit(Invalid("{words}", words=words))
            return
        self.read(text, None, self._take)

    def read(
        self, text: str, delimiter: str | None, then: Callable[[str, str, Block], None]
    ) -> None:
        """Read a text as cells; `then` gets it, its delimiter and the cells."""
        used = paste.detected(text[:_READ_HERE]) if delimiter is None else delimiter
        if len(text) <= _READ_HERE:
            try:
                then(text, used, paste.read_block(text, used))
            except Invalid as error:
                self.failed.emit(error)
            return
        task = Task(partial(paste.read_in_child, text=text, delimiter=used))
        self._follow(self.tr("Reading the clipboard"), task.future, task.cancel)
        deliver(self, task.future, lambda block: then(text, used, block), self.failed.emit)

    def _take(self, text: str, delimiter: str, block: Block) -> None:
        target = self.target()
        if target is None or not block:
            return
        cells = sum(map(len, block))
        if cells > MOST_CELLS:
            words = self.tr(
                "{count} cells are too many to paste (at most {most}). Nothing was changed. Paste "
                "them in parts, or save them as a CSV file and import that (File > Import)."
            )
            said = words.format(count=number(cells), most=number(MOST_CELLS))
            self.failed.emit(Invalid("{words}", words=said))
        elif cells == 1 and (target.rows > 1 or target.columns > 1):
            self._fill_boxes(block[0][0])
        else:
            guessed = delimiter != "\t" and max(map(len, block)) > 1
            self._look(text, delimiter, block, target, ask=guessed)

    def target(self) -> Target | None:
        """Where a block would go; None without a cursor."""
        boxes = boxes_of(self._table.selectionModel())
        shown = [PLACE[column.name] for column in self._table.shown_columns()]
        chosen = frozenset[int]().union(*(box[2] for box in boxes)) & frozenset(shown)
        if not chosen:
            return None
        first = min(box[0] for box in boxes)
        places = [place for place, section in enumerate(shown) if section in chosen]
        fields = tuple(COLUMNS[section].field for section in shown[places[0] :])
        rows = max(box[1] for box in boxes) - first + 1
        return Target(first, rows, fields, places[-1] - places[0] + 1)

    def _fill_boxes(self, text: str) -> None:
        boxes = boxes_of(self._table.selectionModel())
        shown = {PLACE[column.name] for column in self._table.shown_columns()}
        names = {COLUMNS[section].field for box in boxes for section in box[2] & shown}
        self._fill(sorted(names), [(first, last) for first, last, _ in boxes], text)

    def _look(self, text: str, delimiter: str, block: Block, target: Target, *, ask: bool) -> None:
        plan = Plan(block, target, self._model.rowCount())
        ask = ask or plan.has_another_size

        def then(looked: Looked) -> None:
            if ask or looked.rejected:
                self._ask(text, delimiter, target, plan, looked)
            else:
                self.write(looked, some=False)

        self.look(plan, then)

    def look(self, plan: Plan, then: Callable[[Looked], Any]) -> None:
        """Look through what a plan would do, in the background."""

        def job(connection: apsw.Connection, shown: Order) -> Looked:
            return paste.look(connection, plan.paste(connection, shown))

        answer = self._model.ask(job)
        if answer is not None:
            deliver(self, answer, then, self.failed.emit)

    def _ask(
        self, text: str, delimiter: str, target: Target, plan: Plan, looked: Looked
    ) -> PasteDialog:
        from PySide6.QtCore import Qt

        from gui.paste_dialog import PasteDialog

        dialog = PasteDialog(self, text, delimiter, target, plan, looked, self._window)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()
        return dialog

    @property
    def row_count(self) -> int:
        """How many rows are shown."""
        return self._model.rowCount()

    def write(self, looked: Looked, *, some: bool) -> None:
        """Write a paste as one edit; `some`: without what is rejected."""
        label = label_of(self.tr("Paste"))
        what = looked.paste

        def body(edit: EditSession) -> None:
            paste.write(edit, what, some=some, label=label)

        self._actions.edit(label(len(what.pks)), body, self._tell)

    def _tell(self, change: Any) -> None:
        words = self.tr("Done: {label}. Ctrl+Z takes it back.").format(label=change.label)
        self.said.emit(words if change.edit_id is not None else self.tr("Nothing has changed."))


class Plan:
    """A block and where it goes; what of it is left out is told.

    Args:
        rows: how many the table has.
        repeat: fill the selection with copies of the block.
        add: make new integrations of rows below the last.
    """

    def __init__(
        self, block: Block, target: Target, rows: int, *, repeat: bool = False, add: bool = False
    ) -> None:
        self.block = block
        self.height, self.width = len(block), max(map(len, block))
        self.target = target
        self.repeats = repeat and self.can_repeat and self.may_repeat
        self.adds = add
        self._rows = rows

    @property
    def can_repeat(self) -> bool:
        """Whether copies of the block fill the selection exactly."""
        rows, columns = self.target.rows, self.target.columns
        larger = (rows, columns) != (self.height, self.width)
        return larger and rows % self.height == 0 and columns % self.width == 0

    @property
    def may_repeat(self) -> bool:
        """Whether that is not more than can be pasted."""
        return self.target.rows * self.target.columns <= MOST_CELLS

    @property
    def has_another_size(self) -> bool:
        """Whether it is not as large as what is selected, or does not fit."""
        rows, columns = self.target.rows, self.target.columns
        one_cell = rows == columns == 1
        same = (rows, columns) == (self.height, self.width)
        return not (one_cell or same) or bool(self.rows_below or self.columns_beyond)

    @property
    def rows_below(self) -> int:
        """How many rows of the block are below the last row of the table."""
        return max(0, self.target.first + self.height - self._rows)

    @property
    def columns_beyond(self) -> int:
        """How many columns of the block are beyond the last visible column."""
        return max(0, self.width - len(self.target.fields))

    def paste(self, connection: apsw.Connection, shown: Order) -> Paste:
        """What it means for the integrations that stand there; on a reader."""
        block = self.block
        if self.repeats:
            across = self.target.columns // self.width
            block = [row * across for row in block] * (self.target.rows // self.height)
        first = self.target.first
        last = min(first + len(block), self._rows) - 1
        found = order.pks_at(connection, shown, [(first, last)]) if last >= first else []
        pks: list[int | None] = [*found]
        if self.adds:
            pks += [None] * self.rows_below
        width = max(map(len, block))
        fields = self.target.fields[:width]
        # The icon and its URL are one field: the last of its columns counts.
        kept = [place for place, name in enumerate(fields) if name not in fields[place + 1 :]]
        rows = [[row[place] for place in kept if place < len(row)] for row in block[: len(pks)]]
        return Paste(rows, tuple(fields[place] for place in kept), tuple(pks))


def label_of(what: str) -> Callable[[int], str]:
    """Names an edit by how many integrations it changes; made in the GUI thread."""

    def tr(text: str) -> str:
        return QCoreApplication.translate("Pasting", text)

    one, some = tr("{what}: 1 integration"), tr("{what}: {count} integrations")
    return lambda count: (one if count == 1 else some).format(what=what, count=number(count))
