"""The header of the table: which columns there are, and by which of them it is sorted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from PySide6.QtCore import QByteArray, QJsonDocument, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QAction, QGuiApplication, QPainter, QPalette
from PySide6.QtWidgets import QHeaderView, QMenu, QStyleOptionHeader, QWidget

from db.order import SortKey
from gui.columns import COLUMN_BY_NAME, COLUMNS, PLACE, Column

_ARROW_WIDTH: Final = 16
_HEIGHT: Final = 28
_LEAST_WIDTH: Final = 32
_MOST_WIDTH: Final = 2000
_LAYOUT_VERSION: Final = 1
_SORT_COLUMNS: Final = frozenset(column.sort_column for column in COLUMNS)


class TableHeader(QHeaderView):
    """Titles one can click: once to sort, again to turn round, with Shift for a further column.

    Signals:
        sort_changed(): `sort` is another one.
        columns_changed(): other columns are shown.
    """

    sort_changed = Signal()
    columns_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._sort: tuple[SortKey, ...] = (SortKey("name"),)
        self._actions: dict[str, QAction] = {}
        self.setSectionsClickable(True)
        self.setSectionsMovable(True)
        self.setHighlightSections(False)
        self.setResizeContentsPrecision(0)
        self.setMinimumSectionSize(_LEAST_WIDTH)
        self.setStretchLastSection(True)
        self.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setAccessibleName(self.tr("Columns"))
        self.sectionClicked.connect(self._clicked)
        self._widths = {section: column.width for section, column in enumerate(COLUMNS)}
        self.sectionResized.connect(self._keep_width)
        self.setFixedHeight(max(_HEIGHT, self.fontMetrics().height() + 10))
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._open_menu)

    # -- sort --------------------------------------------------------------------------------

    @property
    def sort(self) -> tuple[SortKey, ...]:
        """The columns to sort by, the most important first."""
        return self._sort

    @sort.setter
    def sort(self, sort: tuple[SortKey, ...]) -> None:
        if sort != self._sort:
            self._sort = sort
            self.viewport().update()
            self.sort_changed.emit()

    def sort_by(self, name: str, *, further: bool = False) -> None:
        """Sort by a column, or turn its direction round; `further` keeps the others before it."""
        old = next((key for key in self._sort if key.column == name), None)
        new = SortKey(name, descending=old is not None and not old.descending)
        if not further:
            self.sort = (new,)
        elif old is None:
            self.sort = (*self._sort, new)
        else:
            self.sort = tuple(new if key == old else key for key in self._sort)

    def _clicked(self, section: int) -> None:
        shift = QGuiApplication.keyboardModifiers() & Qt.KeyboardModifier.ShiftModifier
        self.sort_by(COLUMNS[section].sort_column, further=bool(shift))

    def _rank(self, section: int) -> int | None:
        name = COLUMNS[section].sort_column
        return next((rank for rank, key in enumerate(self._sort) if key.column == name), None)

    def initStyleOptionForIndex(self, option: QStyleOptionHeader, section: int) -> None:
        super().initStyleOptionForIndex(option, section)
        option.text = f"\N{THREE-PER-EM SPACE}{option.text}"  # in line with the cells' texts
        rank = self._rank(section)
        if rank is not None:
            arrow = QStyleOptionHeader.SortIndicator
            down = self._sort[rank].descending
            option.sortIndicator = arrow.SortUp if down else arrow.SortDown

    def paintSection(self, painter: QPainter, rect: QRect, section: int) -> None:
        painter.save()
        super().paintSection(painter, rect, section)
        painter.restore()
        rank = self._rank(section)
        if rank is None or len(self._sort) < 2:
            return
        font = painter.font()
        font.setPointSizeF(font.pointSizeF() * 0.75)
        painter.save()
        painter.setFont(font)
        painter.setPen(self.palette().color(QPalette.ColorRole.ButtonText))
        place = rect.adjusted(0, 0, -_ARROW_WIDTH, 0)
        painter.drawText(
            place, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, str(rank + 1)
        )
        painter.restore()

    # -- columns -----------------------------------------------------------------------------

    def shown_columns(self) -> list[Column]:
        """The visible columns, from left to right."""
        sections = map(self.logicalIndex, range(self.count()))
        return [COLUMNS[section] for section in sections if not self.isSectionHidden(section)]

    def show_column(self, name: str, *, shown: bool) -> None:
        """Show or hide a column; the last one stays."""
        if not shown and [column.name for column in self.shown_columns()] == [name]:
            shown = True
        section = PLACE[name]
        self.setSectionHidden(section, not shown)
        if shown:
            self.resizeSection(section, self._widths[section])
        if name in self._actions:
            self._actions[name].setChecked(shown)
        self.columns_changed.emit()

    def reset_columns(self) -> None:
        """Order, widths and visibility as at first."""
        self._arrange([_layout_of(column) for column in COLUMNS])

    def column_actions(self) -> list[QAction]:
        """An action per column to show or hide it, and one that puts all back as at first."""
        if not self._actions:
            self._make_actions()
        return [*self._actions.values(), self._separator, self._reset_action]

    def column_menu(self) -> QMenu:
        """A menu that chooses the columns."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addActions(self.column_actions())
        return menu

    def save_layout(self) -> QByteArray:
        """Order, widths and visibility of the columns, and the sort."""
        columns = []
        for section in map(self.logicalIndex, range(self.count())):
            shown = not self.isSectionHidden(section)
            name, width = COLUMNS[section].name, self._widths[section]
            columns.append({"name": name, "width": width, "visible": shown})
        sort = [[key.column, key.descending] for key in self.sort]
        layout: dict[str, Any] = {"version": _LAYOUT_VERSION, "columns": columns, "sort": sort}
        return QJsonDocument(layout).toJson(QJsonDocument.JsonFormat.Compact)

    def restore_layout(self, layout: QByteArray) -> bool:
        """Take a layout that `save_layout` gave; False when it is none, and nothing changes."""
        try:
            found: Any = QJsonDocument.fromJson(layout).object()
            if found["version"] != _LAYOUT_VERSION:
                return False
            columns = [
                {
                    "name": str(item["name"]),
                    "width": int(item["width"]),
                    "visible": bool(item["visible"]),
                }
                for item in found["columns"]
                if item["name"] in COLUMN_BY_NAME
            ]
            sort = tuple(SortKey(str(name), bool(descending)) for name, descending in found["sort"])
        except (ValueError, KeyError, TypeError):
            return False
        known = {item["name"] for item in columns}
        columns += [_layout_of(column) for column in COLUMNS if column.name not in known]
        self._arrange(columns)
        self.sort = tuple(key for key in sort if key.column in _SORT_COLUMNS) or self.sort
        return True

    def _arrange(self, columns: Sequence[dict[str, Any]]) -> None:
        for place, wanted in enumerate(columns):
            section = PLACE[wanted["name"]]
            self.moveSection(self.visualIndex(section), place)
            self._widths[section] = max(_LEAST_WIDTH, min(_MOST_WIDTH, wanted["width"]))
        for wanted in sorted(columns, key=lambda wanted: not wanted["visible"]):
            self.show_column(wanted["name"], shown=wanted["visible"])

    def _keep_width(self, section: int, _old: int, width: int) -> None:
        if width:
            self._widths[section] = width

    def _make_actions(self) -> None:
        for section, column in enumerate(COLUMNS):
            action = QAction(column.title, self, checkable=True)
            action.setChecked(not self.isSectionHidden(section))
            self._actions[column.name] = action
            action.triggered.connect(
                lambda shown, name=column.name: self.show_column(name, shown=shown)
            )
        self._separator = QAction(self)
        self._separator.setSeparator(True)
        self._reset_action = QAction(self.tr("&Reset Columns"), self)
        self._reset_action.triggered.connect(self.reset_columns)

    def _open_menu(self, position: QPoint) -> None:
        self.column_menu().popup(self.mapToGlobal(position))


def _layout_of(column: Column) -> dict[str, Any]:
    return {"name": column.name, "width": column.width, "visible": column.visible}
