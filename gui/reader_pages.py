"""Rows that a reader reads page by page in the background, for tables of any length."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any, Final, Generic, TypeVar

import apsw
from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    QTimer,
    Signal,
)

from db.reader import Reader
from gui.background import deliver

PAGE: Final = 128
"""Rows that are read at once."""
_KEPT_PAGES: Final = 24
_WANTED_PAGES: Final = 3
"""Pages that were asked for earlier are out of sight by now."""
_NO_INDEX: Final = QModelIndex()

Index = QModelIndex | QPersistentModelIndex
R = TypeVar("R")
Read = Callable[[apsw.Connection, int, int], Sequence[R]]
"""Reads the rows from one position to another, both included."""


class ReaderPages(QAbstractTableModel, Generic[R]):
    """A row that is not read yet is None, and its cells are empty.

    Signals:
        failed(Exception): rows cannot be read.
    """

    failed = Signal(object)

    def __init__(
        self,
        reader: Reader,
        read: Read[R],
        count: int,
        headings: Sequence[str],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._reader = reader
        self._read = read
        self._count = count
        self._headings = headings
        self._pages: OrderedDict[int, Sequence[R]] = OrderedDict()
        self._wanted: list[int] = []
        self._is_reading = False
        self._has_failed = False
        self._ask_soon = QTimer(self, singleShot=True, interval=0)
        self._ask_soon.timeout.connect(self._ask)

    def row(self, position: int) -> R | None:
        """A row, or None while it is being read."""
        number, place = divmod(position, PAGE)
        page = self._pages.get(number)
        if page is None:
            self._want(number)
            return None
        self._pages.move_to_end(number)
        return page[place] if place < len(page) else None

    def forget(self) -> None:
        """Read every page anew; what was read is shown until then."""
        numbers = list(self._pages)
        for number in numbers[-_WANTED_PAGES:]:
            self._want(number)
        for number in numbers[:-_WANTED_PAGES]:
            del self._pages[number]

    def _want(self, number: int) -> None:
        if number in self._wanted or self._has_failed:
            return
        self._wanted = [*self._wanted, number][-_WANTED_PAGES:]
        if not self._is_reading:
            self._ask_soon.start()

    def _ask(self) -> None:
        wanted, self._wanted = self._wanted, []
        if not wanted:
            return
        self._is_reading = True

        def job(connection: apsw.Connection) -> dict[int, Sequence[R]]:
            return {
                number: self._read(connection, number * PAGE, number * PAGE + PAGE - 1)
                for number in wanted
            }

        deliver(self, self._reader.request(job), self._take, self._fail)

    def _take(self, pages: dict[int, Sequence[R]]) -> None:
        self._is_reading = False
        for number, page in pages.items():
            self._pages[number] = page
            first = number * PAGE
            last = min(first + PAGE, self._count) - 1
            self.dataChanged.emit(self.index(first, 0), self.index(last, len(self._headings) - 1))
        while len(self._pages) > _KEPT_PAGES:
            self._pages.popitem(last=False)
        if self._wanted:
            self._ask()

    def _fail(self, error: Exception) -> None:
        self._is_reading = False
        self._has_failed = True
        self.failed.emit(error)

    # -- what Qt asks ----------------------------------------------------------------------------

    def rowCount(self, parent: Index = _NO_INDEX) -> int:
        return 0 if parent.isValid() else self._count

    def columnCount(self, parent: Index = _NO_INDEX) -> int:
        return 0 if parent.isValid() else len(self._headings)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        wanted = (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole)
        if orientation is Qt.Orientation.Horizontal and role in wanted:
            return self._headings[section]
        return None
