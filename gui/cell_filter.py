"""Filter by This Cell: narrows the search to rows with, or without, what a cell holds."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication, QObject
from PySide6.QtWidgets import QMenu

from db.fields import csv_text, is_blank
from db.order import AT
from db.query_edit import RELATIONS, Relation, narrowed, term_for
from gui import theme
from gui.columns import COLUMNS
from gui.search_bar import SearchBar
from gui.table_model import IntegrationTableModel
from gui.table_view import IntegrationTable
from gui.text import one_line, plain_tooltip, tamed

_SHOWN: Final = 40
_WORDS: Final[dict[Relation, str]] = {
    "is": str(QT_TRANSLATE_NOOP("CellFilter", "{field} is “{value}”")),
    "is not": str(QT_TRANSLATE_NOOP("CellFilter", "{field} is not “{value}”")),
    "contains": str(QT_TRANSLATE_NOOP("CellFilter", "{field} contains “{value}”")),
    "before": str(QT_TRANSLATE_NOOP("CellFilter", "{field} before “{value}”")),
    "after": str(QT_TRANSLATE_NOOP("CellFilter", "{field} after “{value}”")),
}
_EMPTY: Final[dict[Relation, str]] = {
    "is": str(QT_TRANSLATE_NOOP("CellFilter", "{field} is empty")),
    "is not": str(QT_TRANSLATE_NOOP("CellFilter", "{field} is not empty")),
}


class CellFilter(QObject):
    """A menu of the table, and of the gallery, about the current cell.

    Attributes:
        menu: what can be asked, made anew when it is opened.
    """

    def __init__(
        self, bar: SearchBar, model: IntegrationTableModel, table: IntegrationTable
    ) -> None:
        super().__init__(table)
        self._bar = bar
        self._model = model
        self._table = table
        self.menu = QMenu(self.tr("&Filter by This Cell"), table)
        theme.set_icon(self.menu, "search")
        self.menu.aboutToShow.connect(self.fill)
        table.addAction(self.menu.menuAction())

    def fill(self) -> None:
        """Offer what can be asked about the current cell."""
        self.menu.clear()
        for text, term in self._choices():
            action = self.menu.addAction(text.replace("&", "&&"))
            action.setToolTip(plain_tooltip(text))
            action.triggered.connect(lambda _=False, term=term: self._narrow(term))
        if self.menu.isEmpty():
            nothing = self.tr("There is nothing to filter by in this cell")
            self.menu.addAction(nothing).setEnabled(False)

    def _choices(self) -> list[tuple[str, str]]:
        index = self._table.selectionModel().currentIndex()
        row = self._model.row(index.row()) if index.isValid() else None
        if row is None or row[AT["id"]] is None:
            return []
        column = COLUMNS[index.column()]
        if not self._model.reads(column.field):
            return []
        value = row[AT[column.field]]
        words = _EMPTY if is_blank(value) else _WORDS
        shown = one_line(csv_text(value), _SHOWN)
        found = ((relation, term_for(column.field, value, relation)) for relation in RELATIONS)
        return [
            (_text(words[relation], column.title, shown), term) for relation, term in found if term
        ]

    def _narrow(self, term: str) -> None:
        self._bar.set_query(narrowed(self._bar.words, term))


def _text(template: str, field: str, value: str) -> str:
    translated = QCoreApplication.translate("CellFilter", template)
    return translated.format(field=field, value=tamed(value))
