"""The organizations at the left: all of them, with their counts, filtered as one types."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import Final

from PySide6.QtCore import (
    QAbstractTableModel,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QSize,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QAction, QFont, QKeyEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QToolButton,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from db.organizations import Organization, Overview
from db.search import NO_ORGANIZATION
from gui import theme
from gui.search_bar import add_clear_button
from gui.text import number, plain_tooltip

ALL: Final = None
FILTER_MILLISECONDS: Final = 60
"""How long after a key the list is filtered, so that fast typing filters once."""

ROW_HEIGHT: Final = 26
"""Height of a row in px."""

Index = QModelIndex | QPersistentModelIndex


class Column(IntEnum):
    NAME = 0
    COUNT = 1


class OrganizationsModel(QAbstractTableModel):
    """ "All", then the organizations whose name or id holds the filter, then those without one.

    Attributes:
        kept: the chosen organization, shown above the others where the filter would hide it; it
            counts when the rows are next laid out.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._overview = Overview((), 0, 0, "")
        self._filter = ""
        self.kept: str | None = ALL
        self.first_match = 1
        self._rows: list[Organization] = []
        self._lay_out()

    @property
    def overview(self) -> Overview:
        return self._overview

    def show(self, overview: Overview) -> None:
        """Show these organizations, filtered as before."""
        self.beginResetModel()
        self._overview = overview
        self._lay_out()
        self.endResetModel()

    def set_filter(self, text: str) -> None:
        """Show only organizations whose name or id holds `text`, in any case."""
        self.beginResetModel()
        self._filter = text.strip().casefold()
        self._lay_out()
        self.endResetModel()

    def _lay_out(self) -> None:
        total, without = self._overview.total, self._overview.without
        everything = Organization("", self.tr("All organizations"), "", total)
        found: Sequence[Organization] = self._overview.organizations
        if self._filter:
            found = [
                item
                for item in found
                if self._filter in item.name.casefold() or self._filter in item.id.casefold()
            ]
        self._rows = [everything, *found]
        nowhere = Organization("", self.tr("Without organization"), "", without)
        if without and not self._filter:
            self._rows.append(nowhere)
        self.first_match = 1
        if self._filter and self.row_of(self.kept) < 0:
            known = (nowhere, *self._overview.organizations)
            wanted = "" if self.kept == NO_ORGANIZATION else self.kept
            self._rows[1:1] = [item for item in known if item.id == wanted][:1]
            self.first_match = len(self._rows) - len(found)

    def org_id(self, row: int) -> str | None:
        """The organization of a row: None for all, `NO_ORGANIZATION` for those without."""
        if row <= 0 or row >= len(self._rows):
            return ALL
        return self._rows[row].id or NO_ORGANIZATION

    def row_of(self, org_id: str | None) -> int:
        """The row of an organization; -1 when the filter hides it, 0 for all."""
        if org_id is ALL:
            return 0
        wanted = "" if org_id == NO_ORGANIZATION else org_id
        return next((row for row, item in enumerate(self._rows) if row and item.id == wanted), -1)

    def organization(self, row: int) -> Organization:
        return self._rows[row]

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(Column)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        item = self._rows[index.row()]
        special = not item.id
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return item.name if index.column() == Column.NAME else number(item.count)
            case Qt.ItemDataRole.ToolTipRole:
                return plain_tooltip(item.name if special else f"{item.name}\n{item.id}")
            case Qt.ItemDataRole.AccessibleTextRole:
                words = self.tr("{name}, {count} integrations")
                if item.count == 1:
                    words = self.tr("{name}, 1 integration")
                return words.format(name=item.name, count=number(item.count))
            case Qt.ItemDataRole.SizeHintRole:
                return QSize(0, ROW_HEIGHT)
            case Qt.ItemDataRole.TextAlignmentRole if index.column() == Column.COUNT:
                return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            case Qt.ItemDataRole.FontRole if special and index.column() == Column.NAME:
                font = QFont()
                font.setBold(index.row() == 0)
                font.setItalic(index.row() != 0)
                return font
            case Qt.ItemDataRole.DecorationRole if index.column() == Column.NAME:
                return theme.icon("all" if index.row() == 0 else "organization")
        return None


class OrganizationsPanel(QWidget):
    """The list, its filter, and buttons to add, rename and delete an organization.

    Signals:
        chosen(object): an organization id, None for all, or `NO_ORGANIZATION`.
        add_requested(), rename_requested(str), delete_requested(str), base_url_requested(str).
    """

    chosen = Signal(object)
    add_requested = Signal()
    rename_requested = Signal(str)
    delete_requested = Signal(str)
    base_url_requested = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = OrganizationsModel(self)
        self._chosen: str | None = ALL
        self._read_only = False
        self._make_actions()
        self._make_filter()
        self._make_list()
        heading = QLabel(self.tr("Organizations"))
        font = heading.font()
        font.setBold(True)
        heading.setFont(font)
        heading.setBuddy(self.list)
        top = QHBoxLayout()
        top.addWidget(heading, 1)
        for action in (self.add_action, self.rename_action, self.delete_action):
            button = QToolButton()
            button.setDefaultAction(action)
            button.setAutoRaise(True)
            button.setAccessibleName(action.text())
            top.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 0, 8)
        layout.setSpacing(6)
        layout.addLayout(top)
        layout.addWidget(self.filter)
        layout.addWidget(self.list, 1)
        self._update_actions()

    def _make_actions(self) -> None:
        self.add_action = self._action(self.tr("Add Organization…"), "new", self.add_requested.emit)
        self.rename_action = self._action(
            self.tr("Rename Organization…"),
            "rename",
            lambda: self.rename_requested.emit(self._chosen),
        )
        self.base_url_action = self._action(
            self.tr("Base URL of Organization…"),
            "link",
            lambda: self.base_url_requested.emit(self._chosen),
        )
        self.delete_action = self._action(
            self.tr("Delete Organization…"),
            "delete",
            lambda: self.delete_requested.emit(self._chosen),
        )

    def _action(self, text: str, symbol: str, run: object) -> QAction:
        action = QAction(text, self)
        action.setToolTip(text.rstrip("…"))
        theme.set_icon(action, symbol)
        action.triggered.connect(run)
        return action

    def _make_filter(self) -> None:
        self.filter = QLineEdit()
        self.filter.setPlaceholderText(self.tr("Filter organizations"))
        self.filter.setAccessibleName(self.tr("Filter organizations"))
        add_clear_button(self.filter, self.tr("Clear the filter"))
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(FILTER_MILLISECONDS)
        self._timer.timeout.connect(self._apply_filter)
        self.filter.textChanged.connect(lambda _: self._timer.start())
        self.filter.returnPressed.connect(self._choose_first_match)

    def _make_list(self) -> None:
        self.list = QTreeView()
        view = self.list
        view.setAccessibleName(self.tr("Organizations"))
        view.setModel(self.model)
        view.setRootIsDecorated(False)
        view.setUniformRowHeights(True)
        view.setHeaderHidden(True)
        header = view.header()
        header.setMinimumSectionSize(24)
        header.setStretchLastSection(False)
        header.setSectionResizeMode(Column.NAME, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(Column.COUNT, QHeaderView.ResizeMode.Fixed)
        view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        view.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        view.addActions(
            [self.add_action, self.rename_action, self.base_url_action, self.delete_action]
        )
        view.selectionModel().currentRowChanged.connect(self._current_changed)
        view.setCurrentIndex(self.model.index(0, 0))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.filter.text():
            self.filter.clear()
            return
        if event.key() == Qt.Key.Key_Delete and self.delete_action.isEnabled():
            self.delete_action.trigger()
            return
        if event.key() == Qt.Key.Key_F2 and self.rename_action.isEnabled():
            self.rename_action.trigger()
            return
        super().keyPressEvent(event)

    @property
    def org_id(self) -> str | None:
        """The organization that is chosen: None for all."""
        return self._chosen

    def show_overview(self, overview: Overview) -> None:
        """Show new counts; the choice stays, unless its organization is gone."""
        known = {item.id for item in overview.organizations}
        gone = self._chosen not in (ALL, NO_ORGANIZATION) and self._chosen not in known
        if self._chosen == NO_ORGANIZATION and not overview.without:
            gone = True
        self.model.kept = self._chosen
        self.model.show(overview)
        width = self.list.fontMetrics().horizontalAdvance(number(overview.total)) + 20
        self.list.setColumnWidth(Column.COUNT, max(width, 40))
        self._select(ALL if gone else self._chosen)
        if gone:
            self._choose(ALL)

    def choose(self, org_id: str | None) -> None:
        """Choose an organization, as a click would."""
        self.filter.clear()
        self._apply_filter()
        self._select(org_id)
        self._choose(org_id)

    def _select(self, org_id: str | None) -> None:
        row = self.model.row_of(org_id)
        selection = self.list.selectionModel()
        blocked = selection.blockSignals(True)
        if row < 0:
            selection.clear()
        else:
            flags = QItemSelectionModel.SelectionFlag
            selection.setCurrentIndex(self.model.index(row, 0), flags.ClearAndSelect | flags.Rows)
        selection.blockSignals(blocked)
        self.list.viewport().update()

    def _apply_filter(self) -> None:
        self._timer.stop()
        self.model.kept = self._chosen
        self.model.set_filter(self.filter.text())
        self._select(self._chosen)

    def _choose_first_match(self) -> None:
        self._apply_filter()
        if self.filter.text().strip() and self.model.rowCount() > self.model.first_match:
            org_id = self.model.org_id(self.model.first_match)
            self._select(org_id)
            self._choose(org_id)

    def _current_changed(self, current: QModelIndex) -> None:
        if current.isValid():
            self._choose(self.model.org_id(current.row()))

    def _choose(self, org_id: str | None) -> None:
        if org_id != self._chosen:
            self._chosen = org_id
            self._update_actions()
            self.chosen.emit(org_id)

    def _update_actions(self) -> None:
        real = self._chosen not in (ALL, NO_ORGANIZATION)
        for action in (self.rename_action, self.base_url_action, self.delete_action):
            action.setEnabled(real and not self._read_only)
        self.add_action.setEnabled(not self._read_only)

    def set_read_only(self, read_only: bool) -> None:
        """Offer no edits."""
        self._read_only = read_only
        self._update_actions()
