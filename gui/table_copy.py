"""Cells as text for the clipboard, the way spreadsheets write and read them."""

from __future__ import annotations

import atexit
import html
from collections.abc import Callable, Sequence
from typing import Final

import apsw
from PySide6.QtCore import QItemSelectionModel, QMimeData, QObject, Signal
from PySide6.QtGui import QGuiApplication

from db import order
from db.fields import Value, csv_text
from gui.background import deliver
from gui.columns import COLUMNS, PLACE, Column
from gui.row_selection import selected
from gui.table_model import IntegrationTableModel
from gui.text import number, sentence

MOST_CELLS: Final = 500_000
"""More cells are a file to export, no clipboard's content."""

Box = tuple[int, int, frozenset[int]]
"""First and last position of selected cells, and their sections."""


class Copier(QObject):
    """Copies what is selected.

    Args:
        shown: tells the visible columns, from left to right.

    Signals:
        said(str): a message for the user.
    """

    said = Signal(str)

    def __init__(
        self,
        chooser: QItemSelectionModel,
        model: IntegrationTableModel,
        shown: Callable[[], Sequence[Column]],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._chooser = chooser
        self._model = model
        self._shown = shown

    def copy(self, *, headings: bool = False) -> None:
        """Put the selected cells on the clipboard: whole texts, tabs between, one line a row, and
        the same as an HTML table; `headings` puts the titles of the columns above."""
        boxes = boxes_of(self._chooser)
        chosen = frozenset[int]().union(*(box[2] for box in boxes))
        shown = [PLACE[column.name] for column in self._shown()]
        sections = [section for section in shown if section in chosen]
        ranges = order.merged((first, last) for first, last, _ in boxes)
        cells = sum(last - first + 1 for first, last in ranges) * len(sections)
        if cells > MOST_CELLS:
            self.said.emit(
                self.tr(
                    "{count} cells are too many for the clipboard (at most {most}). "
                    "Export the rows instead."
                ).format(count=number(cells), most=number(MOST_CELLS))
            )
            return
        names = [COLUMNS[section].sort_column for section in sections]

        titles = [COLUMNS[section].title for section in sections] if headings else []

        def read(connection: apsw.Connection, rows: order.Order) -> tuple[str, str]:
            found = order.values_at(connection, rows, ranges, names)
            lines = lines_of(found, sections, boxes)
            if titles:
                lines.insert(0, titles)
            return as_text(lines), as_html(lines)

        answer = self._model.ask(read) if cells else None
        if answer is not None:
            deliver(
                self,
                answer,
                lambda forms: self._copied(forms[0], forms[1], cells),
                lambda error: self.said.emit(sentence(error)),
            )

    def _copied(self, text: str, table: str, cells: int) -> None:
        mime = QMimeData()
        mime.setText(text)
        if table:
            mime.setHtml(table)
        QGuiApplication.clipboard().setMimeData(mime)
        atexit.unregister(_leave_text)
        atexit.register(_leave_text)
        if cells > 1:
            self.said.emit(self.tr("{count} cells copied").format(count=number(cells)))


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


Lines = list[list[str]]
"""Rows of cells."""


def lines_of(
    rows: Sequence[tuple[int, tuple[Value, ...]]], sections: Sequence[int], boxes: Sequence[Box]
) -> Lines:
    """Cells as texts; one that is not selected is empty.

    Args:
        rows: positions, and the values in the columns of `sections`.
        boxes: what is selected.
    """
    return [
        [
            csv_text(value) if section in chosen else ""
            for section, value in zip(sections, values, strict=True)
        ]
        for position, values in rows
        for chosen in (_chosen(position, boxes),)
    ]


def as_text(lines: Lines) -> str:
    """Lines of cells with tabs between.

    One cell alone is its text, exactly; of several, those that would not come back as they are
    (with tabs, line ends, or quotes at the start) stand in quotes.
    """
    if len(lines) == 1 and len(lines[0]) == 1:
        return lines[0][0]
    return "\n".join("\t".join(map(_quoted, line)) for line in lines)


def as_html(lines: Lines) -> str:
    """The cells as a table for spreadsheets and mail; "" for one cell alone, which is a text."""
    if len(lines) == 1 and len(lines[0]) == 1:
        return ""
    rows = "".join(
        f"<tr>{''.join(f'<td>{_marked(text)}</td>' for text in line)}</tr>" for line in lines
    )
    return f"<table>{rows}</table>"


def _marked(text: str) -> str:
    # Spreadsheets take any other line break for the end of the cell.
    return html.escape(text).replace("\n", '<br style="mso-data-placement:same-cell">')


def _chosen(position: int, boxes: Sequence[Box]) -> frozenset[int]:
    found = [sections for first, last, sections in boxes if first <= position <= last]
    return found[0] if len(found) == 1 else frozenset().union(*found)


def _quoted(text: str) -> str:
    if text.startswith('"') or any(mark in text for mark in "\t\n\r"):
        return '"' + text.replace('"', '""') + '"'
    return text


def _leave_text() -> None:
    """Leave plain text of Qt's own on the clipboard: Qt lets go of what was made in Python only
    after Python has ended, and the process would crash."""
    if QGuiApplication.instance() is not None:
        clipboard = QGuiApplication.clipboard()
        clipboard.setText(clipboard.text())
