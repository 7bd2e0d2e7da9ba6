"""A view of rows as a grid of equal cells: where they are, how they scroll, and their zoom."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QModelIndex, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QAbstractItemView, QWidget

from db.order import Range
from gui.columns import PLACE
from gui.gallery_grid import MARGIN, SIZES, Grid
from gui.table_model import Index, IntegrationTableModel

NAME: Final = PLACE["name"]
"""The section of the model that stands for a row."""
FIRST_SIZE: Final = 64
_NOTCH: Final = 120


class GridView(QAbstractItemView):
    """Places the rows of a model; a subclass paints and selects them.

    Attributes:
        icon_size: edge of the icons in px, one of `SIZES`.
        grid: where the cells are.

    Signals:
        zoomed(int): the icons have another size.
    """

    zoomed = Signal(int)

    def __init__(self, model: IntegrationTableModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.icon_size = FIRST_SIZE
        self.grid = Grid.of(0, FIRST_SIZE, self.fontMetrics().height(), 1)
        self._rows = model
        self._anchor = 0
        self._wheeled = 0
        self._is_laying_out = False
        viewport = QWidget()
        viewport.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setViewport(viewport)

    # -- zoom --------------------------------------------------------------------------------

    def zoom(self, size: int) -> None:
        """Show the icons in the size nearest to this one, in px; the first visible row stays."""
        nearest = min(SIZES, key=lambda known: abs(known - size))
        if nearest == self.icon_size:
            return
        self.icon_size = nearest
        self.updateGeometries()
        self.viewport().update()
        self.zoomed.emit(nearest)

    def zoom_by(self, steps: int) -> None:
        """Show the icons so many sizes larger (or smaller)."""
        place = SIZES.index(self.icon_size) + steps
        self.zoom(SIZES[max(0, min(len(SIZES) - 1, place))])

    def wheelEvent(self, event: QWheelEvent) -> None:
        if not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            super().wheelEvent(event)
            return
        self._wheeled += event.angleDelta().y()
        steps = int(self._wheeled / _NOTCH)
        self._wheeled -= steps * _NOTCH
        self.zoom_by(steps)
        event.accept()

    # -- places ------------------------------------------------------------------------------

    def updateGeometries(self) -> None:
        old, size = self.grid, self.viewport().size()
        line = self.fontMetrics().height()
        grid = Grid.of(self._rows.rowCount(), self.icon_size, line, size.width())
        bar = self.verticalScrollBar()
        self.grid = grid
        self._is_laying_out = True
        bar.setSingleStep(max(1, grid.cell_height // 4 // grid.step))
        bar.setPageStep(max(1, (size.height() - grid.cell_height) // grid.step))
        bar.setRange(0, -(-max(0, grid.height - size.height()) // grid.step))
        if (old.columns, old.cell_height) != (grid.columns, grid.cell_height):
            self._scroll_to_line(self._anchor // grid.columns, 0)
            self.viewport().update()
        self._is_laying_out = False
        super().updateGeometries()

    def _scroll_to_line(self, line: int, offset: int) -> None:
        y = line * self.grid.cell_height + offset
        self.verticalScrollBar().setValue((y + MARGIN if y else 0) // self.grid.step)

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        if not self._is_laying_out:
            self._anchor = self.first_visible()
        if self.can_scroll_pixels():
            self.viewport().scroll(dx, dy)
        else:
            self.viewport().update()

    def verticalScrollbarValueChanged(self, value: int) -> None:
        """Qt's own would look for the cell under the mouse, and paint it and the one before."""

    def can_scroll_pixels(self) -> bool:
        """Whether what is painted may be moved, and only what comes into sight be painted."""
        return self.grid.step == 1

    def horizontalOffset(self) -> int:
        return 0

    def verticalOffset(self) -> int:
        most = max(0, self.grid.height - self.viewport().height())
        return min(most, self.verticalScrollBar().value() * self.grid.step)

    def first_visible(self) -> int:
        """The position of the first row in sight."""
        line = max(0, self.verticalOffset() - MARGIN) // self.grid.cell_height
        return int(line * self.grid.columns)

    def top(self) -> tuple[int, int]:
        """See `ScrolledView`."""
        offset = self.verticalOffset()
        if not offset:
            return -1, 0
        return self.first_visible(), (offset - MARGIN) % self.grid.cell_height

    def go_to_top(self, position: int, offset: int) -> None:
        """See `ScrolledView`."""
        self.updateGeometries()
        self._anchor = position
        self._scroll_to_line(position // self.grid.columns, offset)

    def is_in_sight(self, index: Index) -> bool:
        """Whether some of a cell is to be seen."""
        return self.visualRect(index).intersects(self.viewport().rect())

    def visible_rows(self) -> Range:
        """See `RowView`."""
        offset = self.verticalOffset()
        return self.grid.between(offset, offset + self.viewport().height() - 1)

    def icon_rect(self, position: int) -> QRect:
        """See `RowView`."""
        return self.grid.cell(position, self.verticalOffset())

    def visualRect(self, index: Index) -> QRect:
        if not index.isValid():
            return QRect()
        return self.grid.cell(index.row(), self.verticalOffset())

    def indexAt(self, point: QPoint) -> QModelIndex:
        position = self.grid.position(point.x(), point.y() + self.verticalOffset())
        return QModelIndex() if position < 0 else self._rows.index(position, NAME)

    def isIndexHidden(self, index: Index) -> bool:
        return False

    def scrollTo(
        self,
        index: Index,
        hint: QAbstractItemView.ScrollHint = QAbstractItemView.ScrollHint.EnsureVisible,
    ) -> None:
        if not index.isValid():
            return
        if self.grid.total != self._rows.rowCount():
            self.updateGeometries()  # the rows are others, and this view was not told yet
        grid, room, offset = self.grid, self.viewport().height(), self.verticalOffset()
        top = MARGIN + index.row() // grid.columns * grid.cell_height
        hints = QAbstractItemView.ScrollHint
        if hint == hints.PositionAtCenter:
            target = top - (room - grid.cell_height) // 2
        elif hint == hints.PositionAtTop or top < offset or grid.cell_height > room:
            target = top
        elif hint == hints.PositionAtBottom or top + grid.cell_height > offset + room:
            target = top + grid.cell_height - room
        else:
            return
        self.verticalScrollBar().setValue(-(-max(0, target) // grid.step))
