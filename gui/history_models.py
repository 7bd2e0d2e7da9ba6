"""The tables of the history: edits by pages, the changes of one, conflicts, deletions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Generic, NamedTuple, TypeVar

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QGuiApplication

from db.edits import DISCARDED, DONE
from db.fields import Value, csv_text
from db.history_plan import Cell, CellConflict, Choices
from db.history_query import CellChange, Deleted, EditFacts
from gui import theme
from gui.history_icons import CellIcons
from gui.history_words import (
    conflict_words,
    edit_words,
    field_words,
    moment,
    op_words,
    row_words,
    state_words,
    value_words,
)
from gui.text import number, one_line, plain_tooltip

Index = QModelIndex | QPersistentModelIndex
R = TypeVar("R", bound=tuple[Any, ...])
_LONG = 500


class UrlCell(NamedTuple):
    """An icon URL of an organization's integration."""

    value: Value
    org_id: str


class ListModel(QAbstractTableModel, Generic[R]):
    """Rows that are all at hand; more of them can be added.

    Args:
        icons: draws the icons of cells that hold an icon URL.
    """

    headings: tuple[str, ...] = ()

    def __init__(self, parent: QObject | None = None, icons: CellIcons | None = None) -> None:
        super().__init__(parent)
        self.rows: list[R] = []
        self.icons = icons

    def show_rows(self, rows: Sequence[R]) -> None:
        """Show these rows instead."""
        self.beginResetModel()
        self.rows = list(rows)
        self.endResetModel()

    def add_rows(self, rows: Sequence[R]) -> None:
        """Show these rows as well, below."""
        if rows:
            first = len(self.rows)
            self.beginInsertRows(QModelIndex(), first, first + len(rows) - 1)
            self.rows += rows
            self.endInsertRows()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.headings)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self.headings[section]
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row, column = self.rows[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return self.text(row, column)
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tooltip(self.tip(row, column))
        if role == Qt.ItemDataRole.DecorationRole and self.icons is not None:
            cell = self.url_cell(row, column)
            app = QGuiApplication.instance()
            ratio = app.devicePixelRatio() if isinstance(app, QGuiApplication) else 1.0
            return None if cell is None else self.icons.icon(*cell, ratio)
        return self.look(row, column, role)

    def text(self, row: R, column: int) -> str:
        """What a cell shows."""
        raise NotImplementedError

    def tip(self, row: R, column: int) -> str:
        """All that there is to say about a cell."""
        return self.text(row, column)

    def url_cell(self, row: R, column: int) -> UrlCell | None:
        """The icon URL of a cell, if it holds one."""
        return None

    def look(self, row: R, column: int, role: int) -> Any:
        """The other roles."""
        return None


class EditsModel(ListModel[EditFacts]):
    """Edits, newest first; those that do not stand are muted, and say so.

    Signals:
        more_wanted(): the end of the rows is in sight, and there may be more.
    """

    more_wanted = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.headings = (
            self.tr("Edit"),
            self.tr("State"),
            self.tr("Integrations"),
            self.tr("When"),
            self.tr("Who"),
        )
        self.has_more = False

    def canFetchMore(self, parent: Index) -> bool:
        return not parent.isValid() and self.has_more

    def fetchMore(self, parent: Index) -> None:
        if self.has_more:
            self.has_more = False
            self.more_wanted.emit()

    def text(self, row: EditFacts, column: int) -> str:
        if column == 0:
            return one_line(row.label, 200)
        if column == 1:
            return state_words(row.state) or self.tr("Done")
        if column == 2:
            return number(row.integrations)
        return moment(row.at) if column == 3 else one_line(row.author, 60)

    def tip(self, row: EditFacts, column: int) -> str:
        if row.state != DISCARDED:
            return edit_words(row)
        lost = self.tr("It was undone, and then another edit was made: redo cannot reach it.")
        return f"{edit_words(row)}\n{lost}"

    def look(self, row: EditFacts, column: int, role: int) -> Any:
        if role == Qt.ItemDataRole.ForegroundRole and row.state != DONE:
            return QColor(theme.colors().muted)
        if role == Qt.ItemDataRole.TextAlignmentRole and column == 2:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.AccessibleTextRole and column == 0:
            return edit_words(row)
        return None


class ChangesModel(ListModel[CellChange]):
    """Changed cells: what row, what field, old and new."""

    def __init__(self, parent: QObject | None = None, icons: CellIcons | None = None) -> None:
        super().__init__(parent, icons)
        self.headings = (
            self.tr("Integration"),
            self.tr("Change"),
            self.tr("Field"),
            self.tr("Old"),
            self.tr("New"),
        )

    def text(self, row: CellChange, column: int) -> str:
        if column == 0:
            return row_words(row.table, row.key, row.name)
        if column == 1:
            return op_words(row)
        if column == 2:
            return field_words(row.table, row.field)
        there = row.op != ("INSERT" if column == 3 else "DELETE") and row.field
        return value_words(row[column + 3]) if there else ""

    def tip(self, row: CellChange, column: int) -> str:
        if column == 0:
            return f"{row_words(row.table, row.key, row.name)}\n{row.key}"
        return value_words(row[column + 3], _LONG) if column > 2 else self.text(row, column)

    def url_cell(self, row: CellChange, column: int) -> UrlCell | None:
        value = row[column + 3] if column > 2 and row.field == "icon_url" else None
        return UrlCell(value, row.org_id) if value is not None else None


class ConflictsModel(ListModel[CellConflict]):
    """Conflicts; the last column says what becomes of each, and is checked to take the change.

    Signals:
        chosen(): another choice was made.
    """

    chosen = Signal()
    CHOICE = 5

    def __init__(self, parent: QObject | None = None, icons: CellIcons | None = None) -> None:
        super().__init__(parent, icons)
        self.choices = Choices()
        self.headings = (
            self.tr("Integration"),
            self.tr("Field"),
            self.tr("Why"),
            self.tr("As it is now"),
            self.tr("As the change wants it"),
            self.tr("Take the change"),
        )

    def text(self, row: CellConflict, column: int) -> str:
        if column == 0:
            return row_words(row.table, row.id, row.name)
        if column == 1:
            return field_words(row.table, row.field) or self.tr("(the whole record)")
        if column == 2:
            return conflict_words(row)
        if column < self.CHOICE:
            return value_words(row[column + 4]) if row.field else ""
        if not row.has_choice:
            return self.tr("Cannot be changed")
        return self.tr("Take") if self.choices.takes(row) else self.tr("Keep")

    def tip(self, row: CellConflict, column: int) -> str:
        if column in (3, 4) and row.field:
            return value_words(row[column + 4], _LONG)
        return f"{self.text(row, column)}\n{row.id}" if column == 0 else self.text(row, column)

    def url_cell(self, row: CellConflict, column: int) -> UrlCell | None:
        is_url = column in (3, 4) and row.field == "icon_url"
        return UrlCell(row[column + 4], row.org_id) if is_url else None

    def look(self, row: CellConflict, column: int, role: int) -> Any:
        if role == Qt.ItemDataRole.CheckStateRole and column == self.CHOICE and row.has_choice:
            taken = self.choices.takes(row)
            return Qt.CheckState.Checked if taken else Qt.CheckState.Unchecked
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        flags = super().flags(index)
        is_choice = index.column() == self.CHOICE and self.rows[index.row()].has_choice
        return flags | Qt.ItemFlag.ItemIsUserCheckable if is_choice else flags

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        if role != Qt.ItemDataRole.CheckStateRole or index.column() != self.CHOICE:
            return False
        self.toggle(index.row())
        return True

    def toggle(self, row: int) -> None:
        """Take what is kept, or keep what is taken."""
        cell: Cell = self.rows[row].cell
        if self.choices.all_wanted:
            wanted = {one.cell for one in self.rows if one.has_choice}
            self.choices = Choices(wanted)
        self.choices.wanted ^= {cell}
        self._tell()

    def choose_all(self, *, take: bool) -> None:
        """Take the change, or keep what is there, in all conflicts, listed or not."""
        self.choices = Choices(all_wanted=take)
        self._tell()

    def _tell(self) -> None:
        if self.rows:
            column = self.CHOICE
            self.dataChanged.emit(self.index(0, column), self.index(len(self.rows) - 1, column))
        self.chosen.emit()


class DeletedModel(ListModel[Deleted]):
    """Deleted integrations: what they were, who deleted them, and when."""

    def __init__(self, parent: QObject | None = None, icons: CellIcons | None = None) -> None:
        super().__init__(parent, icons)
        self.headings = (
            self.tr("Name"),
            self.tr("Id"),
            self.tr("Organization"),
            self.tr("Icon URL"),
            self.tr("Deleted"),
            self.tr("By"),
        )

    def text(self, row: Deleted, column: int) -> str:
        if column < 4:
            name = ("name", "id", "org_id", "icon_url")[column]
            return value_words(row.values.get(name))
        return moment(row.edit.at) if column == 4 else one_line(row.edit.author, 60)

    def tip(self, row: Deleted, column: int) -> str:
        return edit_words(row.edit) if column >= 4 else self.text(row, column)

    def url_cell(self, row: Deleted, column: int) -> UrlCell | None:
        value = row.values.get("icon_url") if column == 3 else None
        return None if value is None else UrlCell(value, csv_text(row.values.get("org_id")))
