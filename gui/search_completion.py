"""Completes a query while it is typed: fields, and the values in use with their counts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QListView

from db.organizations import Organization, Overview
from db.query import HAS_FIELDS, ICON_KINDS, TERMS
from db.query_place import Place, place_at, term
from db.reader import Reader
from db.suggest import Counted, Known, known
from gui.background import deliver
from gui.search_bar import SearchBar
from gui.suggestions import SuggestionCompleter, Suggestions
from gui.text import number, one_line

LEAST_LETTERS: Final = 2
"""Of a word, before fields are offered that begin with it."""
_OF_LIST: Final = (Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Enter)
_DATES: Final = ("today", "yesterday", "<7d", "<30d", "<1y", ">1y")


class SearchCompletion(QObject):
    """Offers what may stand where the cursor is. The values are counted on a reader, when they are
    first needed after a change.

    Attributes:
        popup: the list of what is offered.
    """

    def __init__(self, bar: SearchBar, reader: Reader, overview: Callable[[], Overview]) -> None:
        super().__init__(bar)
        self._field = bar.field
        self._reader = reader
        self._overview = overview
        self._known: Known | None = None
        self._is_asked = False
        self._place: Place | None = None
        self._suggestions = Suggestions(self)
        self.completer = SuggestionCompleter(self._suggestions, self)
        self.completer.setWidget(self._field)
        self.popup = QListView()
        self.popup.setAccessibleName(self.tr("Completions of the search"))
        self.completer.setPopup(self.popup)
        self.completer.activated.connect(self._take)
        bar.is_helped = self.popup.isVisible
        self._field.is_for_list = self._is_for_list
        self._field.textEdited.connect(lambda _: self.offer())
        self._field.installEventFilter(self)

    def forget(self) -> None:
        """The catalogue was changed: count anew when counts are next needed."""
        self._known = None
        self._is_asked = False

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if (
            event.type() == QEvent.Type.KeyPress
            and isinstance(event, QKeyEvent)
            and event.key() == Qt.Key.Key_Space
            and event.modifiers() == Qt.KeyboardModifier.ControlModifier
        ):
            self.offer(asked=True)
            return True
        return bool(super().eventFilter(watched, event))

    def _is_for_list(self, key: int) -> bool:
        """Enter chooses only where something was gone to; Escape closes the list first."""
        if not self.popup.isVisible() or key not in _OF_LIST:
            return False
        if key == Qt.Key.Key_Escape or self.popup.currentIndex().isValid():
            return True
        self.popup.hide()
        return False

    def offer(self, *, asked: bool = False) -> None:
        """Offer what may stand at the cursor; `asked` also where not much is typed."""
        place = self._place = place_at(self._field.text(), self._field.cursorPosition())
        if place.field:
            texts = self._values(place.field)
        else:
            least = 0 if asked else LEAST_LETTERS
            texts = self._fields(place.typed) if len(place.typed) >= least else []
        self._suggestions.show([text for text, _ in texts], [shown for _, shown in texts])
        self.completer.setCompletionPrefix(place.typed if place.field else "")
        if not self.completer.completionCount():
            self.popup.hide()
            return
        rect = self._field.cursorRect()
        rect.setWidth(min(360, max(self._field.width() - rect.x(), 200)))
        rect.setHeight(self._field.height())
        rect.moveTop(0)
        self.completer.complete(rect)

    # -- what is offered -----------------------------------------------------------------------

    def _fields(self, typed: str) -> list[tuple[str, str]]:
        words = self._words()
        return [
            (f"{name}:", f"{name}:   {words.get(name, '')}")
            for name in TERMS
            if name.startswith(typed.lower())
        ]

    def _values(self, field: str) -> list[tuple[str, str]]:
        if field in ("icon", "has"):
            names = ICON_KINDS if field == "icon" else tuple(HAS_FIELDS)
            return [(f"{field}:{name}", name) for name in names]
        if field in ("created", "updated", "edited"):
            return [(f"{field}:{text}", text) for text in _DATES]
        if field == "org":
            return [
                (term("org", item.id), _counted(_named(item), item.count))
                for item in self._overview().organizations
            ]
        if field not in ("type", "host", "by", "creator", "editor"):
            return []
        if self._known is None:
            self._ask()
            return []
        return [
            (term(field, value), _counted(value, count)) for value, count in _of(self._known, field)
        ]

    def _ask(self) -> None:
        if not self._is_asked:
            self._is_asked = True
            deliver(self, self._reader.request(known), self._take_known, lambda _: self.forget())

    def _take_known(self, found: Known) -> None:
        self._known = found
        # While a list closes no window may be the active one, and then no field has the focus.
        if self._field.window().focusWidget() is self._field:
            self.offer()

    def _take(self, text: str) -> None:
        place = self._place
        if place is None:
            return
        whole = self._field.text()
        blank = "" if text.endswith(":") else " "
        rest = whole[place.end :]
        if blank and rest.startswith(" "):
            blank = ""
        self._field.setText(f"{whole[: place.start]}{text}{blank}{rest}")
        self._field.setCursorPosition(place.start + len(text) + len(blank))
        if text.endswith(":"):
            self.offer()

    def _words(self) -> dict[str, str]:
        return {
            "name": self.tr("in the name"),
            "type": self.tr("in the type"),
            "org": self.tr("in the organization"),
            "id": self.tr("in the id"),
            "url": self.tr("in the icon URL"),
            "host": self.tr("host of the icon URL"),
            "by": self.tr("who made or changed it"),
            "creator": self.tr("who made it"),
            "editor": self.tr("who changed it last"),
            "client": self.tr("in the client id"),
            "created": self.tr("when it was made"),
            "updated": self.tr("when it was changed, by its date"),
            "edited": self.tr("when it was edited here"),
            "icon": self.tr("state or format of the icon"),
            "has": self.tr("a field is not empty"),
            "metadata": self.tr("in the metadata; metadata.key: in one value"),
        }


def _of(found: Known, field: str) -> Counted | Sequence[tuple[str, int]]:
    if field == "by":
        return _merged((*found.creators, *found.editors))
    return {
        "type": found.types,
        "host": found.hosts,
        "creator": found.creators,
        "editor": found.editors,
    }[field]


def _merged(counted: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
    """Each value once, with the larger of its counts: one person often is both."""
    most: dict[str, int] = {}
    for value, count in counted:
        most[value] = max(count, most.get(value, 0))
    return sorted(most.items(), key=lambda item: (-item[1], item[0]))


def _named(item: Organization) -> str:
    return item.id if item.name == item.id else f"{item.name} · {item.id}"


def _counted(value: str, count: int) -> str:
    return f"{one_line(value, 60)}   ({number(count)})"
