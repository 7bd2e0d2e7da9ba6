"""Keeps the current row, the selection and the scrolled place when other rows are shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Protocol

from PySide6.QtCore import QCoreApplication, QItemSelection, QItemSelectionModel, QModelIndex

from db.order import Order, OrderSpec, Range, merged
from gui.background import deliver
from gui.columns import COLUMNS
from gui.row_selection import FEW_ROWS, Command, selected
from gui.table_model import IntegrationTableModel
from gui.text import number, sentence

MOST_RANGES: Final = 1000
"""Of selected rows; 20,000 took the GUI thread half a second."""


class ScrolledView(Protocol):
    """A view that can tell, and go to, a place."""

    def selectionModel(self) -> QItemSelectionModel: ...
    def setAutoScroll(self, enable: bool) -> None: ...
    def scrollTo(self, index: QModelIndex) -> None: ...
    def is_in_sight(self, index: QModelIndex) -> bool: ...

    def top(self) -> tuple[int, int]:
        """Position of the first visible row, and how many px of it are above the viewport;
        (-1, 0) when nothing is scrolled."""
        ...

    def go_to_top(self, position: int, offset: int) -> None:
        """Scroll so that a row is the first visible one, `offset` px of it above."""
        ...


class PlaceKeeper:
    """Remembers rows by pk while an order is made, and finds them again in it.

    Attributes:
        chosen: pks to select in the next rows, instead of those that were selected.
        view: the view that is in sight.
        say: called with a message for the user.
    """

    def __init__(self, view: ScrolledView, model: IntegrationTableModel) -> None:
        self.chosen: list[int] = []
        self.view = view
        self.say: Callable[[str], object] = lambda _: None
        self._chooser = view.selectionModel()
        self._model = model
        self._current: int | None = None
        self._row = 0
        self._column = 0
        self._was_visible = False
        self._is_followed = False
        self._is_at_top = True
        self._top: int | None = None
        self._offset = 0
        self._selected: list[int] = []
        self._many: tuple[Order, list[Range]] | None = None
        self._is_at_neighbour = False
        self._columns: Range = (0, len(COLUMNS) - 1)
        self._shown: OrderSpec | None = None

    @property
    def is_seeking(self) -> bool:
        """Whether it is not known yet where the many rows are that were selected."""
        return self._many is not None

    def wanted_pks(self) -> list[int]:
        """What the next order is to find: the current row, the top one and the selected ones."""
        index = self._chooser.currentIndex()
        pk = self._model.pk_at(index.row())
        if pk is not None:
            self._current = pk
            self._column = index.column()
            self._was_visible = self.view.is_in_sight(index)
        self._top = self._model.pk_at(self.view.top()[0])
        self._selected = self._selected_pks()
        wanted = [self._current, self._top, *self._selected, *self.chosen]
        return list(dict.fromkeys(pk for pk in wanted if pk is not None))

    def _selected_pks(self) -> list[int]:
        ranges = self._selected_ranges()
        if _count(ranges) > FEW_ROWS:
            return []
        return [pk for first, last in ranges for pk in self._model.pks(first, last)]

    def _selected_ranges(self) -> list[Range]:
        selection = selected(self._chooser)
        if selection:
            self._columns = (
                min(item.left() for item in selection),
                max(item.right() for item in selection),
            )
        return merged((item.top(), item.bottom()) for item in selection)

    def _remember_many(self) -> None:
        """Keep a selection of many by its positions; one that is still sought stays."""
        ranges, shown = self._selected_ranges(), self._model.whole_order
        if _count(ranges) > FEW_ROWS:
            self._many = None if shown is None else (shown, ranges)
        elif ranges:
            self._many = None

    def before_reset(self) -> None:
        """The rows are about to be others."""
        row = self._chooser.currentIndex().row()
        pk = self._model.pk_at(row)
        if pk is not None:
            self._current = pk
            self._row = min([row, *(item.top() for item in selected(self._chooser))])
        self._selected = self._selected_pks() or self._selected
        self._remember_many()
        top, self._offset = self.view.top()
        self._is_at_top = top < 0

    def after_reset(self) -> None:
        """The rows are others: select, and scroll to, what was there before."""
        self.view.setAutoScroll(False)
        self._restore_selection()
        self.view.setAutoScroll(True)
        self._restore_scroll()
        self._shown = self._model.spec
        self._seek_many()
        if not self._model.is_loading:
            self.chosen = []

    def _restore_selection(self) -> None:
        model, chooser = self._model, self._chooser
        self._is_at_neighbour = False
        if self.chosen:
            self._many = None
        places = self._places(self.chosen or ([] if self._many else self._selected))
        self._select(merged((place, place) for place in places))
        current = self.chosen[:1] or ([] if self._current is None else [self._current])
        for place in self._places(current):
            chooser.setCurrentIndex(model.index(place, self._column), Command.NoUpdate)
        if current and not chooser.currentIndex().isValid():
            self._go_to_neighbour()

    def _select(self, ranges: Sequence[Range]) -> None:
        selection, (left, right) = QItemSelection(), self._columns
        for first, last in ranges:
            selection.select(self._model.index(first, left), self._model.index(last, right))
        self._chooser.select(selection, Command.ClearAndSelect)

    def _seek_many(self) -> None:
        """Ask where the many rows are now that were selected."""
        many = self._many
        answer = self._model.find_again(*many, MOST_RANGES) if many is not None else None
        if answer is not None:
            deliver(
                self._model,
                answer,
                lambda ranges: self._found_many(many, ranges),
                self._not_found,
            )

    def _not_found(self, error: Exception) -> None:
        self._many = None
        self.say(sentence(error))

    def _found_many(
        self, many: tuple[Order, list[Range]] | None, ranges: list[Range] | None
    ) -> None:
        if self._many is not many or many is None:
            return
        self._many = None
        if self._chooser.hasSelection():
            return  # what was selected since is what is meant
        if ranges is None:
            words = QCoreApplication.translate(
                "PlaceKeeper",
                "The {count} selected rows are scattered in this order and not selected any more.",
            )
            self.say(words.format(count=number(_count(many[1]))))
        elif ranges:
            self._select(ranges)
        elif self._is_at_neighbour:
            current = self._chooser.currentIndex()
            self._chooser.select(current, Command.ClearAndSelect)

    def _go_to_neighbour(self) -> None:
        """The current row is gone from these rows: go on with the one that took its place."""
        model = self._model
        if self._shown == model.spec and not model.is_loading and model.rowCount():
            index = model.index(min(self._row, model.rowCount() - 1), self._column)
            self._is_at_neighbour = True
            how = Command.NoUpdate if self._many else Command.ClearAndSelect
            self._chooser.setCurrentIndex(index, how)

    def _places(self, pks: list[int]) -> list[int]:
        found = (self._model.positions.get(pk, -1) for pk in pks)
        return [place for place in found if 0 <= place < self._model.rowCount()]

    def _restore_scroll(self) -> None:
        view = self.view
        if self._shown == self._model.spec and not self.chosen:
            tops = self._places([] if self._top is None else [self._top])
            if self._is_followed and self._is_at_top:
                self._show_current()  # the first rows, which came before, may have been without it
            elif tops:
                view.go_to_top(tops[0], self._offset)
        else:
            view.go_to_top(0, 0)
            self._is_followed = self._was_visible and not self._is_new_search()
            if self._is_followed or self.chosen:
                self._show_current()
        self._is_followed = self._is_followed and self._model.is_loading

    def _show_current(self) -> None:
        current = self._chooser.currentIndex()
        if current.isValid():
            self.view.scrollTo(current)

    def _is_new_search(self) -> bool:
        words = self._model.spec.words.strip()
        return bool(words) and (self._shown is None or words != self._shown.words.strip())


def _count(ranges: Sequence[Range]) -> int:
    return sum(last - first + 1 for first, last in ranges)
