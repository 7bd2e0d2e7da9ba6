"""Where the cells of the gallery stand: computed from the position, never kept for each."""

from __future__ import annotations

from typing import Final, NamedTuple

from PySide6.QtCore import QRect

from db.order import ORGANIZATION, Range

SIZES: Final = (32, 48, 64, 96, 128, 192, 256)
"""Edges of the icons, in px."""
SHOWN: Final = frozenset(("name", ORGANIZATION))
"""The columns of the model that a cell shows, besides the icon."""
MARGIN: Final = 8
"""Around all cells, in px."""
PADDING: Final = 8
"""Inside a cell."""
_LEAST_CELL: Final = 128
"""Width that leaves room for a name."""
_CAPTION_GAP: Final = 6
_WITH_ORGANIZATION: Final = 48
"""From this icon size on there is a second line."""
_MOST_STEPS: Final = 1 << 30
"""A scroll bar counts in int: what is higher than this is scrolled in larger steps."""


class Grid(NamedTuple):
    """A grid of equal cells, in px from the upper left corner of the whole.

    Attributes:
        total: how many cells.
        size: edge of the icons.
        line: height of a line of text.
    """

    total: int
    size: int
    line: int
    columns: int
    cell_width: int
    cell_height: int

    @classmethod
    def of(cls, total: int, size: int, line: int, width: int) -> Grid:
        """The grid for a viewport of `width` px."""
        room = max(1, width - 2 * MARGIN)
        columns = max(1, room // max(_LEAST_CELL, size + 4 * PADDING))
        lines = 2 if size >= _WITH_ORGANIZATION else 1
        height = size + _CAPTION_GAP + lines * line + 2 * PADDING
        return cls(total, size, line, columns, room // columns, height)

    @property
    def has_organization(self) -> bool:
        """Whether there is room for a second line."""
        return self.size >= _WITH_ORGANIZATION

    @property
    def lines(self) -> int:
        """How many lines of cells there are."""
        return -(-self.total // self.columns)

    @property
    def height(self) -> int:
        """Of the whole, in px."""
        return self.lines * self.cell_height + 2 * MARGIN

    @property
    def step(self) -> int:
        """How many px one step of a scroll bar is."""
        return self.height // _MOST_STEPS + 1

    def cell(self, position: int, offset: int) -> QRect:
        """Where a cell is in a viewport that is scrolled by `offset` px."""
        line, column = divmod(position, self.columns)
        y = MARGIN + line * self.cell_height - offset
        return QRect(
            MARGIN + column * self.cell_width,
            max(-_MOST_STEPS, min(_MOST_STEPS, y)),
            self.cell_width,
            self.cell_height,
        )

    def caption_top(self) -> int:
        """From the upper edge of a cell to its caption."""
        return PADDING + self.size + _CAPTION_GAP

    def position(self, x: int, y: int) -> int:
        """Which cell is there; -1 for none."""
        column = (x - MARGIN) // self.cell_width
        line = (y - MARGIN) // self.cell_height
        if not 0 <= column < self.columns or line < 0:
            return -1
        found = int(line * self.columns + column)
        return found if found < self.total else -1

    def lefts(self, first: int, last: int) -> list[int]:
        """The left edges of some columns, both ends included."""
        return [MARGIN + column * self.cell_width for column in range(first, last + 1)]

    def moved(self, position: int, lines: int) -> int:
        """The cell so many lines further down (or up), in the same column if there is one."""
        line = position // self.columns
        lines = max(-line, min(self.lines - 1 - line, lines))
        return min(self.total - 1, position + lines * self.columns)

    def between(self, top: int, bottom: int) -> Range:
        """First and last cell of the lines that two heights touch, both included."""
        first = max(0, (top - MARGIN) // self.cell_height) * self.columns
        last = (max(0, (bottom - MARGIN) // self.cell_height) + 1) * self.columns - 1
        return first, min(self.total - 1, last)

    def columns_between(self, left: int, right: int) -> Range:
        """First and last of the columns that two places touch, or are nearest to."""
        first, last = (
            min(self.columns - 1, max(0, (x - MARGIN) // self.cell_width)) for x in (left, right)
        )
        return first, last

    def touched(self, left: int, top: int, right: int, bottom: int) -> list[Range]:
        """The cells that a rectangle touches, as ranges of positions."""
        columns = self.columns_between(left, right)
        lines = [
            min(self.lines - 1, max(0, (y - MARGIN) // self.cell_height)) for y in (top, bottom)
        ]
        if not self.total or bottom < MARGIN or right < MARGIN:
            return []
        if columns == (0, self.columns - 1):
            ranges = [(lines[0] * self.columns, lines[1] * self.columns + columns[1])]
        else:
            ranges = [
                (line * self.columns + columns[0], line * self.columns + columns[1])
                for line in range(lines[0], lines[1] + 1)
            ]
        last = self.total - 1
        return [(start, min(end, last)) for start, end in ranges if start <= last]
