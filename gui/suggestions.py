"""What is offered while one types: known texts, each with what is shown for it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QStringListModel, Qt
from PySide6.QtWidgets import QCompleter


class Suggestions(QStringListModel):
    """Texts in a list, set at once however many there are."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.texts: Sequence[str] = ()

    def show(self, texts: Sequence[str], shown: Sequence[str]) -> None:
        """Offer `texts`; `shown` is what the list says for each of them."""
        self.texts = texts
        self.setStringList(shown)


class SuggestionCompleter(QCompleter):
    """Finds a text by any part of what is shown for it, and puts in the text alone."""

    def __init__(self, suggestions: Suggestions, parent: QObject) -> None:
        super().__init__(suggestions, parent)
        self._suggestions = suggestions
        self.setFilterMode(Qt.MatchFlag.MatchContains)
        self.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.setMaxVisibleItems(12)

    def pathFromIndex(self, index: QModelIndex | QPersistentModelIndex) -> str:
        return self._suggestions.texts[index.row()]
