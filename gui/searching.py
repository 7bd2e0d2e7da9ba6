"""What helps with a search besides its field: completion, earlier queries, help."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from db.organizations import Overview
from gui.background import deliver
from gui.search_bar import SearchBar
from gui.search_history import SearchHistory
from gui.settings import Settings

if TYPE_CHECKING:
    import apsw

    from db.catalog import Catalog
    from gui.query_help import QueryHelp
    from gui.search_completion import SearchCompletion


class Searching(QObject):
    """Makes the parts when they are needed; the parser is loaded on a reader's thread.

    Attributes:
        completion: None until the parser is there.

    Signals:
        ready(): completion is there.
    """

    ready = Signal()

    def __init__(
        self,
        bar: SearchBar,
        catalog: Catalog,
        settings: Settings,
        overview: Callable[[], Overview],
    ) -> None:
        super().__init__(bar)
        self._bar = bar
        self._overview = overview
        self._reader = catalog.reader("suggest")
        self.history = SearchHistory(bar, settings)
        self.completion: SearchCompletion | None = None
        deliver(self, self._reader.request(_load_parser), lambda _: self._make_completion())

    def changed(self) -> None:
        """The catalogue was changed."""
        if self.completion is not None:
            self.completion.forget()

    def show_help(self) -> QueryHelp:
        """Show what can be searched for."""
        from gui.query_help import QueryHelp

        dialog = QueryHelp(self._bar.window())
        dialog.chosen.connect(self._try)
        dialog.open()
        return dialog

    def _try(self, example: str) -> None:
        self._bar.set_query(example)
        self._bar.focus()

    def _make_completion(self) -> None:
        from gui.search_completion import SearchCompletion

        self.completion = SearchCompletion(self._bar, self._reader, self._overview)
        self.ready.emit()


def _load_parser(_: apsw.Connection) -> None:
    from db.query import parse

    parse("")
