"""The tables of an import's preview: new, changed, unchanged and rejected rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, Final, Generic, TypeVar

import apsw
from PySide6.QtCore import (
    QT_TRANSLATE_NOOP,
    QAbstractItemModel,
    QAbstractTableModel,
    QCoreApplication,
    QItemSelectionModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
)
from PySide6.QtGui import QColor, QFont
from PySide6.QtWidgets import QAbstractItemView, QTableView, QWidget

from db.csv_import import Kind, Preview, PreviewRow, RejectedRow
from db.csv_reader import Peek
from gui import theme
from gui.dialog_parts import give_room
from gui.text import cut, field_title, number, one_line, plain_tooltip, sentence

PAGE: Final = 128
"""Rows that are read at once."""
_CACHED_PAGES: Final = 16
_SHOWN: Final = 200
_CONTEXT: Final = 12
"""Characters shown before the first that differs, when two long texts begin alike."""

_RIGHT: Final = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter

Index = QModelIndex | QPersistentModelIndex
R = TypeVar("R", PreviewRow, RejectedRow)


class PagedModel(QAbstractTableModel, Generic[R]):
    """Rows of a preview, read page by page in the GUI thread."""

    def __init__(
        self,
        read: Callable[[int, int], list[R]],
        count: int,
        headings: Sequence[str],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._count = count
        self._headings = headings
        self._page: Callable[[int], list[R]] = lru_cache(_CACHED_PAGES)(
            lambda page: read(page * PAGE, page * PAGE + PAGE - 1)
        )

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else self._count

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._headings)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole and section == 0:
            return _RIGHT
        return self._headings[section] if role == Qt.ItemDataRole.DisplayRole else None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self.row(index.row())
        if row is None:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self.text(row, index.column())
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tooltip(self.whole(row, index.column()))
        if role == Qt.ItemDataRole.TextAlignmentRole and index.column() == 0:
            return _RIGHT
        return self.look(row, index.column(), role)

    def row(self, position: int) -> R | None:
        """A row, or None while the catalogue is locked by another program."""
        try:
            page = self._page(position // PAGE)
        except apsw.BusyError:
            return None
        offset = position % PAGE
        return page[offset] if offset < len(page) else None

    def text(self, row: R, column: int) -> str:
        """What a cell shows."""
        return one_line(self.whole(row, column), _SHOWN)

    def whole(self, row: R, column: int) -> str:
        """All that a cell could show."""
        raise NotImplementedError

    def look(self, row: R, column: int, role: int) -> Any:
        """The other roles."""
        return None


class RowsModel(PagedModel[PreviewRow]):
    """New, changed or unchanged rows: line and texts; a change reads "old → new"."""

    def __init__(
        self,
        preview: Preview,
        kind: Kind,
        count: int,
        fields: Sequence[str],
        shown: Sequence[str],
        parent: QObject | None = None,
        *,
        unit: str = "line",
    ) -> None:
        super().__init__(
            lambda first, last: preview.rows(kind, first, last),
            count,
            [_unit_title(unit), *map(field_title, shown)],
            parent,
        )
        self._places = [fields.index(name) for name in shown]
        self._muted = QColor(theme.colors().muted) if kind == "changed" else None
        self._bold = QFont()
        self._bold.setBold(True)

    def text(self, row: PreviewRow, column: int) -> str:
        if column == 0:
            return number(row.line) if row.line else ""
        place = self._places[column - 1]
        old, new = row.old[place], row.cells[place]
        if old is None:
            return one_line(new, _SHOWN)
        old, new = differing(old, new)
        return f"{self._word(old)} → {self._word(new)}"

    def whole(self, row: PreviewRow, column: int) -> str:
        if column == 0:
            return number(row.line)
        place = self._places[column - 1]
        old, new = row.old[place], row.cells[place]
        if old is None:
            return new
        half = 280
        return f"{cut(self._word(old), half)}\n→\n{cut(self._word(new), half)}"

    def look(self, row: PreviewRow, column: int, role: int) -> Any:
        if self._muted is None or column == 0:
            return None
        changed = row.old[self._places[column - 1]] is not None
        if role == Qt.ItemDataRole.FontRole and changed:
            return self._bold
        if role == Qt.ItemDataRole.ForegroundRole and not changed:
            return self._muted
        return None

    def _word(self, text: str) -> str:
        return one_line(text, _SHOWN) or self.tr("(empty)")


def differing(old: str, new: str) -> tuple[str, str]:
    """Two texts, without most of what long ones have in common at the start."""
    common = 0
    for one, other in zip(old, new, strict=False):
        if one != other:
            break
        common += 1
    skipped = common - _CONTEXT
    if skipped <= _CONTEXT:
        return old, new
    return f"…{old[skipped:]}", f"…{new[skipped:]}"


def _unit_title(unit: str) -> str:
    """The heading over the numbers of lines, or of items."""
    if unit == "item":
        return QCoreApplication.translate("PreviewTable", "Item")
    return QCoreApplication.translate("PreviewTable", "Line")


class FirstRowsModel(PagedModel[PreviewRow]):
    """The first rows of a file, as they will be read, before anything is made of them."""

    def __init__(self, peek: Peek, parent: QObject | None = None) -> None:
        rows = [PreviewRow(line, cells, ()) for line, cells in peek.rows]
        width = max((len(row.cells) for row in rows), default=0)
        line = QCoreApplication.translate("PreviewTable", "Line")
        titles = [one_line(title, _SHOWN) for title in peek.heading]
        titles += [f"#{place}" for place in range(len(titles) + 1, width + 1)]
        super().__init__(lambda first, last: rows[first : last + 1], len(rows), [line, *titles])
        self.setParent(parent)

    def whole(self, row: PreviewRow, column: int) -> str:
        if column == 0:
            return number(row.line)
        return row.cells[column - 1] if column <= len(row.cells) else ""


_REJECT_HEADINGS: Final = (
    QT_TRANSLATE_NOOP("PreviewTable", "Id"),
    QT_TRANSLATE_NOOP("PreviewTable", "Field"),
    QT_TRANSLATE_NOOP("PreviewTable", "Value"),
    QT_TRANSLATE_NOOP("PreviewTable", "Reason"),
)


class RejectedModel(PagedModel[RejectedRow]):
    """Rejected rows: line, id, field, value and reason."""

    def __init__(
        self, preview: Preview, count: int, parent: QObject | None = None, *, unit: str = "line"
    ) -> None:
        others = [
            QCoreApplication.translate("PreviewTable", str(title)) for title in _REJECT_HEADINGS
        ]
        headings = [_unit_title(unit), *others]
        super().__init__(preview.rejects, count, headings, parent)

    def whole(self, row: RejectedRow, column: int) -> str:
        return (number(row.line), row.id, row.field, row.value, sentence(row.problem))[column]


_LINE_WIDTH: Final = 72
_WIDTHS: Final = {"icon_url": 280, "metadata": 280, "id": 180, "name": 220}
_REJECT_WIDTHS: Final = (_LINE_WIDTH, 160, 80, 160, 300)


class PreviewTable(QTableView):
    """A table of rows to look at: fixed rows, no editing, one row selected at most."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)
        self.setShowGrid(False)
        # Of a long "old → new" the end of the new value must be seen.
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setAlternatingRowColors(True)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        header = self.horizontalHeader()
        header.hide()
        header.setHighlightSections(False)
        header.setStretchLastSection(True)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        give_room(self)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 10)

    def setModel(self, model: QAbstractItemModel | None) -> None:
        """Show a model; without one there are no headings either."""
        super().setModel(model)
        self.horizontalHeader().setVisible(model is not None)

    def show_rows(self, model: RowsModel, shown: Sequence[str]) -> None:
        """Show new, changed or unchanged rows."""
        self._show(model, [_LINE_WIDTH, *(_WIDTHS.get(name, 140) for name in shown)])

    def show_first(self, model: FirstRowsModel) -> None:
        """Show the first rows of a file."""
        self._show(model, [_LINE_WIDTH, *[140] * (model.columnCount() - 1)])

    def show_rejects(self, model: RejectedModel) -> None:
        """Show rejected rows."""
        self._show(model, _REJECT_WIDTHS)

    def _show(self, model: QAbstractTableModel, widths: Sequence[int]) -> None:
        before = self.model()
        self.setModel(model)
        # One of its own: with the table's, the header repaints every section of a long selection.
        header = self.horizontalHeader()
        header.setSelectionModel(QItemSelectionModel(model, header))
        for column, width in enumerate(widths[: model.columnCount()]):
            self.setColumnWidth(column, width)
        if before is not None:
            before.deleteLater()

    def clear(self) -> None:
        """Show nothing."""
        before = self.model()
        self.setModel(None)
        if before is not None:
            before.deleteLater()
