"""What of the table is to be painted: the rows, columns and selection in a rectangle."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from PySide6.QtCore import QItemSelectionModel, QRect
from PySide6.QtWidgets import QHeaderView, QTableView

from db.order import Row
from gui.columns import COLUMNS, Column
from gui.row_selection import selected
from gui.table_model import IntegrationTableModel

_FEW_RANGES: Final = 64
"""Up to so many selected ranges are cheaper looked through than every visible cell."""


class Lane(NamedTuple):
    """A visible column: its place in the model, and where it stands."""

    section: int
    column: Column
    x: int
    width: int


class Scene(NamedTuple):
    """What is to be painted.

    Attributes:
        rows: from `first` on, those that the painted rectangle touches.
        top: the upper edge of the first of them.
        selected: for each lane's section, the positions selected.
        current: section and position of the current cell; `focused` if it has the keyboard.
    """

    rows: Sequence[Row | None]
    first: int
    top: int
    height: int
    lanes: Sequence[Lane]
    selected: dict[int, set[int]]
    current: tuple[int, int]
    focused: bool
    rect: QRect


def scene_of(view: QTableView, model: IntegrationTableModel, rect: QRect) -> Scene:
    """What is to be painted in a rectangle of the view's viewport."""
    height = view.verticalHeader().defaultSectionSize()
    offset = view.verticalScrollBar().value()
    first = max(0, (offset + rect.top()) // height)
    rows = model.rows(first, (offset + rect.bottom()) // height)
    lanes = _lanes(view.horizontalHeader(), rect)
    current = view.currentIndex()
    return Scene(
        rows,
        first,
        first * height - offset,
        height,
        lanes,
        _selected(view.selectionModel(), first, first + len(rows) - 1, lanes),
        (current.column(), current.row()),
        view.hasFocus(),
        rect,
    )


def _lanes(header: QHeaderView, rect: QRect) -> list[Lane]:
    lanes = []
    x = -header.offset()
    for place in range(len(COLUMNS)):
        section = header.logicalIndex(place)
        width = header.sectionSize(section)  # 0 when hidden
        if width and x <= rect.right() and x + width > rect.left():
            lanes.append(Lane(section, COLUMNS[section], x, width))
        x += width
    return lanes


def _selected(
    chooser: QItemSelectionModel, first: int, last: int, lanes: Sequence[Lane]
) -> dict[int, set[int]]:
    found: dict[int, set[int]] = {lane.section: set() for lane in lanes}
    if chooser.selection().count() > _FEW_RANGES:
        model = chooser.model()
        for section, positions in found.items():
            positions.update(
                position
                for position in range(first, last + 1)
                if chooser.isSelected(model.index(position, section))
            )
        return found
    for item in selected(chooser):
        top, bottom = max(first, item.top()), min(last, item.bottom())
        if top <= bottom:
            for section, positions in found.items():
                if item.left() <= section <= item.right():
                    positions.update(range(top, bottom + 1))
    return found
