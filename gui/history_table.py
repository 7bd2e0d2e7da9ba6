"""The table view of the history's lists."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from PySide6.QtCore import QItemSelectionModel, QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QTableView, QWidget

from gui.dialog_parts import give_room
from gui.history_icons import EDGE
from gui.history_models import ListModel

LEAST_WIDTH: Final = 90
"""In px, of a column that shares what is left."""


class HistoryTable(QTableView):
    """Whole rows to be looked at and chosen, with room for icons.

    Args:
        name: what a screen reader says.
        widths: of the columns in px; those of 0 share what is left, at least
            `LEAST_WIDTH` each.
        several: whether more than one row can be chosen.
    """

    def __init__(
        self,
        name: str,
        model: ListModel[Any],
        widths: Sequence[int],
        *,
        several: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        modes = QAbstractItemView.SelectionMode
        self.setAccessibleName(name)
        self.setModel(model)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(modes.ExtendedSelection if several else modes.SingleSelection)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)
        self.setShowGrid(False)
        self.setAlternatingRowColors(True)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setIconSize(QSize(EDGE, EDGE))
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        # One of its own: with the table's, the header repaints every section of a long selection.
        header.setSelectionModel(QItemSelectionModel(model, header))
        give_room(self)
        self.setMinimumHeight(header.minimumHeight())
        if model.icons is not None:  # addresses begin alike, and differ in the end
            self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.verticalHeader().hide()
        edge = EDGE + 6 if model.icons is not None else 0
        self.verticalHeader().setDefaultSectionSize(max(self.fontMetrics().height() + 10, edge))
        for column, width in enumerate(widths):
            self.setColumnWidth(column, width or LEAST_WIDTH)
        self._sharing = [column for column, width in enumerate(widths) if not width]
        self._taken = sum(widths)
        if model.icons is not None:
            model.icons.loader.changed.connect(self._repaint)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        left = self.viewport().width() - self._taken
        for column in self._sharing:
            self.setColumnWidth(column, max(LEAST_WIDTH, left // len(self._sharing)))

    def _repaint(self, _: object) -> None:
        self.viewport().update()

    def chosen(self) -> list[int]:
        """The selected rows, from the top."""
        selection = self.selectionModel().selection()
        ranges = [selection.at(place) for place in range(selection.count())]
        return sorted(row for part in ranges for row in range(part.top(), part.bottom() + 1))
