"""Queries that were searched for before: Up and Down walk through them, a menu lists them."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QLineEdit, QMenu

from gui import theme
from gui.search_bar import SearchBar
from gui.settings import Settings
from gui.text import one_line, plain_tooltip

SHOWN = 15
"""Queries that the menu lists."""


class SearchHistory(QObject):
    """Keeps queries of a search bar, newest first, in the settings.

    Attributes:
        action: opens the menu, from a button in the field.
    """

    def __init__(self, bar: SearchBar, settings: Settings) -> None:
        super().__init__(bar)
        self._bar = bar
        self._settings = settings
        self._queries: list[str] = []
        self._at = -1
        self._typed = ""
        bar.query_done.connect(settings.note_search)
        bar.field.textEdited.connect(lambda _: self._begin_anew())
        bar.step = self._step
        self.action = bar.field.addAction(
            theme.icon("history"), QLineEdit.ActionPosition.TrailingPosition
        )
        theme.set_icon(self.action, "history")
        self.action.setText(self.tr("Earlier searches"))
        self.action.setToolTip(self.tr("Earlier searches (Up and Down in the field)"))
        self.action.triggered.connect(self._open_menu)

    def menu(self) -> QMenu:
        """The last queries, to choose from."""
        menu = QMenu(self._bar)
        for query in self._settings.searches[:SHOWN]:
            action = menu.addAction(one_line(query, 80).replace("&", "&&"))
            action.setToolTip(plain_tooltip(query))
            action.triggered.connect(lambda _=False, query=query: self._bar.set_query(query))
        if menu.isEmpty():
            menu.addAction(self.tr("Nothing searched for yet")).setEnabled(False)
            return menu
        menu.addSeparator()
        clear = menu.addAction(self.tr("Clear This List"))
        clear.triggered.connect(lambda: self._settings.forget_searches())
        return menu

    def _open_menu(self) -> None:
        menu = self.menu()
        menu.aboutToHide.connect(menu.deleteLater)
        field = self._bar.field
        menu.popup(field.mapToGlobal(field.rect().bottomLeft()))

    def _begin_anew(self) -> None:
        self._at = -1

    def _step(self, step: int) -> bool:
        if self._at < 0:
            self._typed = self._bar.field.text()
            known = self._settings.searches
            self._queries = [query for query in known if query != self._typed.strip()]
        at = self._at + step
        if not -1 <= at < len(self._queries):
            return False
        self._at = at
        self._bar.set_query(self._typed if at < 0 else self._queries[at])
        return True
