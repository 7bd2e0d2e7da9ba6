"""Cells as text for the clipboard, the way spreadsheets write and read them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QItemSelectionModel

from db.fields import Value, csv_text
from gui.table_scene import selected

MOST_CELLS: Final = 500_000
"""More cells are a file to export, no clipboard's content."""

Box = tuple[int, int, frozenset[int]]
"""First and last position of selected cells, and their sections."""


def boxes_of(chooser: QItemSelectionModel) -> list[Box]:
    """What is selected, or else the current cell."""
    current = chooser.currentIndex()
    boxes = [
        (item.top(), item.bottom(), frozenset(range(item.left(), item.right() + 1)))
        for item in selected(chooser)
    ]
    if not boxes and current.isValid():
        boxes = [(current.row(), current.row(), frozenset({current.column()}))]
    return boxes


def as_text(
    rows: Sequence[tuple[int, tuple[Value, ...]]], sections: Sequence[int], boxes: Sequence[Box]
) -> str:
    """Lines of cells with tabs between; a cell that is not selected is empty.

    Args:
        rows: positions, and the values in the columns of `sections`.
        boxes: what is selected.

    One cell alone is its text, exactly; of several, those that would not come back as they are
    (with tabs, line ends, or quotes at the start) stand in quotes.
    """
    if len(rows) == 1 and len(sections) == 1:
        return csv_text(rows[0][1][0])
    return "\n".join(
        "\t".join(
            _quoted(csv_text(value)) if section in chosen else ""
            for section, value in zip(sections, values, strict=True)
        )
        for position, values in rows
        for chosen in (_chosen(position, boxes),)
    )


def _chosen(position: int, boxes: Sequence[Box]) -> frozenset[int]:
    found = [sections for first, last, sections in boxes if first <= position <= last]
    return found[0] if len(found) == 1 else frozenset().union(*found)


def _quoted(text: str) -> str:
    if text.startswith('"') or any(mark in text for mark in "\t\n\r"):
        return '"' + text.replace('"', '""') + '"'
    return text
