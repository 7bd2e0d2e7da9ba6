"""The integrations of one group side by side: which are merged, and whose value each field gets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont, QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QTableWidget, QTableWidgetItem, QWidget

from db.addresses import classify
from db.fields import FIELD_BY_NAME, FIELDS, Record, Value, csv_text, is_blank
from gui.dialog_parts import TickCell
from gui.icon_cell import ADDRESS_ROLE, IconCell, icon_words
from gui.table_cells import cell
from gui.table_icons import Loader
from gui.text import cut, field_title, one_line, plain_tooltip

MOST: Final = 20
"""Integrations that are shown side by side."""
_TICK_ROW: Final = 0
_ICON_ROW: Final = 1
_FIRST_FIELD: Final = 2
_WIDTH: Final = 200
_CHOSEN: Final = "✓ "


class MembersTable(QTableWidget):
    """A column for each integration, a row for each field; Space or a click chooses.

    Signals:
        choice_changed(): others are ticked, or other values chosen.
    """

    choice_changed = Signal()

    def __init__(self, loader: Loader, parent: QWidget | None = None) -> None:
        super().__init__(_FIRST_FIELD + len(FIELDS), 0, parent)
        self._loader = loader
        self._members: Sequence[Record] = ()
        self._ticked: set[int] = set()
        self._chosen: dict[str, int] = {}
        self.setAccessibleName(self.tr("The integrations of the group"))
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)
        titles = [self.tr("Merge"), self.tr("Icon"), *(field_title(f.name) for f in FIELDS)]
        self.setVerticalHeaderLabels(titles)
        self.verticalHeader().setDefaultSectionSize(max(30, self.fontMetrics().height() + 10))
        self.horizontalHeader().hide()
        self.horizontalHeader().setDefaultSectionSize(_WIDTH)
        self.setItemDelegateForRow(_TICK_ROW, TickCell(self))
        self.setItemDelegateForRow(_ICON_ROW, IconCell(loader, self))
        self.cellClicked.connect(self._choose)
        loader.changed.connect(self._icons_changed)

    def show_members(self, members: Sequence[Record], base_url: str) -> None:
        """Show integrations; all are ticked, and of each field the first value is chosen."""
        self._members = members
        self._ticked = set(range(len(members)))
        self._chosen = {}
        self.setColumnCount(len(members))
        self.verticalHeader().setVisible(bool(members))  # no names of fields beside nothing
        for column, member in enumerate(members):
            bases = (csv_text(member.get("base_url")), base_url)
            self._fill(column, member, bases)
        self._show_choice()
        if members:
            self.setCurrentCell(_TICK_ROW, 0)

    def _fill(self, column: int, member: Record, bases: tuple[str, str]) -> None:
        for row in range(_TICK_ROW, _FIRST_FIELD):
            self.setItem(row, column, QTableWidgetItem())
        address = classify(member["icon_url"], bases)
        icon = self.item(_ICON_ROW, column)
        assert icon is not None
        icon.setData(ADDRESS_ROLE, address)
        words = icon_words(self._loader, address)
        icon.setData(Qt.ItemDataRole.AccessibleTextRole, words)
        icon.setToolTip(plain_tooltip(words))
        for row, field in enumerate(FIELDS, _FIRST_FIELD):
            item = QTableWidgetItem()
            item.setToolTip(plain_tooltip(cut(csv_text(member[field.name]), 560)))
            self.setItem(row, column, item)

    # -- the choice ----------------------------------------------------------------------------

    @property
    def ticked(self) -> list[Record]:
        """The integrations that are merged."""
        return [self._members[place] for place in sorted(self._ticked)]

    @property
    def kept(self) -> Record:
        """The one that stays: whose id is chosen."""
        return self._members[self._source("id")]

    @property
    def values(self) -> dict[str, Value]:
        """What the one that stays gets, where it holds something else."""
        kept = self.kept
        found = {name: self._members[self._source(name)][name] for name in FIELD_BY_NAME}
        return {
            name: value
            for name, value in found.items()
            if value != kept[name] or type(value) is not type(kept[name])
        }

    def _source(self, name: str) -> int:
        """Whose value a field gets: the chosen one, or the first that is no blank."""
        chosen = self._chosen.get(name)
        if chosen in self._ticked and chosen is not None:
            return chosen
        places = sorted(self._ticked) or [0]
        filled = [place for place in places if not is_blank(self._members[place][name])]
        return (filled or places)[0]

    def _icons_changed(self, _: object) -> None:
        self.viewport().update()  # a method: the loader outlives this table

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and self.currentIndex().isValid():
            self._choose(self.currentRow(), self.currentColumn())
            return
        super().keyPressEvent(event)

    def _choose(self, row: int, column: int) -> None:
        if row < _FIRST_FIELD:
            self._ticked ^= {column}
        else:
            self._chosen[FIELDS[row - _FIRST_FIELD].name] = column
            self._ticked.add(column)
        self._show_choice()

    def _show_choice(self) -> None:
        plain, bold = QFont(self.font()), QFont(self.font())
        bold.setBold(True)
        for column, member in enumerate(self._members):
            ticked = column in self._ticked
            item = self.item(_TICK_ROW, column)
            assert item is not None
            item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable)
            item.setCheckState(Qt.CheckState.Checked if ticked else Qt.CheckState.Unchecked)
            stays = ticked and member is self.kept
            item.setText(self.tr("stays") if stays else "")
            for row, field in enumerate(FIELDS, _FIRST_FIELD):
                chosen = ticked and column == self._source(field.name)
                item = self.item(row, column)
                assert item is not None
                text = one_line(cell(member[field.name], field.required).text, 120)
                item.setText(f"{_CHOSEN}{text}" if chosen else text)
                item.setFont(bold if chosen else plain)
        self.choice_changed.emit()
