"""What of the gallery is to be painted: the cells in a rectangle, and how they are marked."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import repeat
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QRect

from db.order import Row
from gui.gallery_grid import MARGIN, Grid
from gui.row_selection import RowSelection
from gui.table_icons import RowIcons
from gui.table_model import IntegrationTableModel

if TYPE_CHECKING:
    from db.addresses import Address

Cell = tuple[int, Row, "Address | None", int, int]
"""The position of a row, the row, what its icon URL is, and the cell's upper left corner.

The address is None while there is no loader.
"""


class Marks(NamedTuple):
    """How cells are marked.

    Attributes:
        chosen: the selected ones of the positions in sight.
        current: the position of the current row; `focused` if it has the keyboard.
    """

    chosen: set[int]
    current: int
    focused: bool


class GalleryScene(NamedTuple):
    """What is to be painted in `rect`.

    Attributes:
        cells: those that the rectangle touches, without rows that cannot be read now.
        offset: px that are scrolled away above.
    """

    grid: Grid
    cells: Sequence[Cell]
    offset: int
    marks: Marks
    rect: QRect


class SceneMaker:
    """Knows the rows and how they are marked; finds the cells of a rectangle."""

    def __init__(self, model: IntegrationTableModel, icons: RowIcons, chosen: RowSelection) -> None:
        self._model = model
        self._icons = icons
        self._chosen = chosen

    def of(
        self, grid: Grid, offset: int, rects: Sequence[QRect], focused: bool
    ) -> list[GalleryScene]:
        """What is to be painted in each of the rectangles."""
        top, bottom = min(r.top() for r in rects), max(r.bottom() for r in rects)
        first, last = grid.between(offset + top, offset + bottom)
        rows = self._model.rows(first, last)
        addresses = self._icons.addresses(rows)
        marks = Marks(self._chosen.among(first, last), self._chosen.current_row, focused)
        return [
            GalleryScene(
                grid, _cells(grid, offset, rect, first, rows, addresses), offset, marks, rect
            )
            for rect in rects
        ]


def _cells(
    grid: Grid,
    offset: int,
    rect: QRect,
    first: int,
    rows: Sequence[Row | None],
    addresses: Sequence[Address],
) -> list[Cell]:
    """The cells that a rectangle touches; `rows` and `addresses` begin at the position `first`."""
    left, right = grid.columns_between(rect.left(), rect.right())
    lefts = grid.lefts(left, right)
    top, bottom = grid.between(offset + rect.top(), offset + rect.bottom())
    found: list[Cell] = []
    for start in range(top, bottom + 1, grid.columns):
        y = MARGIN + start // grid.columns * grid.cell_height - offset
        places = range(start + left, min(start + right, bottom) + 1)
        begin, end = places.start - first, places.stop - first
        known = addresses[begin:end] if addresses else repeat(None)
        found += [
            (position, row, address, x, y)
            for position, row, address, x in zip(
                places, rows[begin:end], known, lefts, strict=False
            )
            if row is not None
        ]
    return found
