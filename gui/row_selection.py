"""Which rows are selected and which is the current one, whatever view shows them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from PySide6.QtCore import QItemSelectionModel, QItemSelectionRange, QObject, Signal

from db import order
from db.order import Range
from gui.background import deliver
from gui.table_model import IntegrationTableModel
from gui.text import sentence

FEW_ROWS: Final = 1000
"""So many selected rows are known by their pks; where more are, a reader is asked."""
_FEW_RANGES: Final = 64
"""Up to so many selected ranges are cheaper looked through than every visible row."""
Command = QItemSelectionModel.SelectionFlag


def selected(chooser: QItemSelectionModel) -> list[QItemSelectionRange]:
    """The selected ranges: never the selected indexes, of which there may be millions."""
    selection = chooser.selection()
    return [selection.at(place) for place in range(selection.count())]


class RowSelection(QObject):
    """Rows where Qt's selection model has cells.

    Args:
        column: tells the column in which the current cell is to be, in another row.

    Attributes:
        is_sought: called for whether selected rows are still being found in a new order.

    Signals:
        current_changed(int | None): the pk of the current row, or that there is none; also after
            new rows were shown, since the row may stand elsewhere.
        selected_changed(int): how many rows have a selected cell.
        said(str): a message for the user.
    """

    current_changed = Signal(object)
    selected_changed = Signal(int)
    said = Signal(str)

    def __init__(
        self,
        chooser: QItemSelectionModel,
        model: IntegrationTableModel,
        column: Callable[[], int],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.chooser = chooser
        self._model = model
        self._column = column
        self.is_sought: Callable[[], bool] = lambda: False
        chooser.currentChanged.connect(self._current_changed)
        chooser.selectionChanged.connect(lambda *_: self.selected_changed.emit(self.count))

    @property
    def current_pk(self) -> int | None:
        """The pk of the current row."""
        return self._model.pk_at(self.current_row)

    @property
    def current_row(self) -> int:
        """The position of the current row, -1 when there is none."""
        return self.chooser.currentIndex().row()

    @property
    def ranges(self) -> list[Range]:
        """First and last positions of the rows that have a selected cell."""
        return order.merged((item.top(), item.bottom()) for item in selected(self.chooser))

    @property
    def count(self) -> int:
        """How many rows have a selected cell."""
        return sum(last - first + 1 for first, last in self.ranges)

    def among(self, first: int, last: int) -> set[int]:
        """Those of the positions from `first` to `last` that have a selected cell."""
        if self.chooser.selection().count() > _FEW_RANGES:
            positions = range(first, last + 1)
            return {row for row in positions if self.chooser.rowIntersectsSelection(row)}
        found: set[int] = set()
        for item in selected(self.chooser):
            found.update(range(max(first, item.top()), min(last, item.bottom()) + 1))
        return found

    def move_current(self, step: int) -> None:
        """Make the row so many further down (or up) the current one, and the only selected."""
        count = self._model.rowCount()
        if count:
            self._go_to(max(0, min(count - 1, self.current_row + step)))

    def go_to_pk(self, pk: int) -> bool:
        """Make this row the current one, and the only selected; False when it is not known where
        it stands: see `IntegrationTable.select_pks`."""
        position = self._model.position_of(pk)
        if position is not None:
            self._go_to(position)
        return position is not None

    def _go_to(self, position: int) -> None:
        index = self._model.index(position, self._column())
        self.chooser.setCurrentIndex(index, Command.ClearAndSelect)

    def with_pks(self, then: Callable[[Sequence[int]], Any]) -> None:
        """Call `then` with the pks of the selected rows, or else of the current one.

        At once for a few rows, later for many: a reader looks them up. Not at all for none, nor
        while it is not known where the selected rows are.
        """
        ranges = self.ranges
        if not ranges and self.is_sought():
            self.said.emit(
                self.tr(
                    "The selected rows are being found in the new order. Try again in a moment."
                )
            )
            return
        if not ranges and self.current_row >= 0:
            ranges = [(self.current_row, self.current_row)]
        if sum(last - first + 1 for first, last in ranges) <= FEW_ROWS:
            pks = [pk for first, last in ranges for pk in self._model.pks(first, last)]
            if pks:
                then(pks)
            return
        answer = self._model.ask(lambda connection, shown: order.pks_at(connection, shown, ranges))
        if answer is not None:
            deliver(self, answer, then, lambda error: self.said.emit(sentence(error)))

    def tell(self) -> None:
        """The rows are others: say anew which is the current one, and how many are selected."""
        self.current_changed.emit(self.current_pk)
        self.selected_changed.emit(self.count)

    def _current_changed(self, current: Any, previous: Any) -> None:
        if current.row() != previous.row():
            self.current_changed.emit(self._model.pk_at(current.row()))
