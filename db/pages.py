"""The rows of a finished order, page by page."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection
from typing import Final

import apsw

from db.order import FINISHED, JOINS, Order, Page, Row, columns_of, pks_between

PAGE: Final = 32
"""Rows that are kept and forgotten together; so few that a jump reads little out of sight."""
_KEPT_PAGES: Final = 128


class Pages:
    """The rows of an order, read page by page on the GUI's own connection.

    Reading raises `apsw.BusyError` when the catalogue is locked at this moment.
    """

    def __init__(
        self, connection: apsw.Connection, order: Order, fields: Collection[str] | None = None
    ) -> None:
        self.count = order.count
        self.spec = order.spec
        self.positions = order.positions
        self.order: Order | None = order
        self._connection = connection
        self._kept: OrderedDict[int, Page] = OrderedDict()
        connection.execute("ATTACH ? AS shown", (f"{order.path.as_uri()}?{FINISHED}",))
        self.show(fields)

    def show(self, fields: Collection[str] | None) -> None:
        """Read these fields of a row from now on; the others stay None."""
        self._sql = (
            f"SELECT {columns_of(fields)} FROM shown.positions p {JOINS} "
            "WHERE p.rowid BETWEEN ? AND ? ORDER BY p.rowid"
        )
        self.forget()

    def row(self, position: int) -> Row:
        """What the line at a position shows."""
        return self.rows(position, position)[0]

    def rows(self, first: int, last: int) -> list[Row]:
        """The rows at some positions, both ends included."""
        numbers = range(first // PAGE, last // PAGE + 1)
        pages = self._pages(numbers)
        found: list[Row] = []
        for page in pages:
            found += page.rows
        start = numbers.start * PAGE
        return found[first - start : last + 1 - start]

    def cached(self) -> list[Page]:
        """The pages that have been read and are still kept."""
        return sorted(self._kept.values(), key=lambda page: page.first)

    def forget(self, pks: Collection[int] | None = None) -> list[int]:
        """Read the pages of these integrations anew, or every page: they have changed.

        Returns the positions of those integrations that had been read.
        """
        positions = []
        for page in self.cached():
            changed = [
                position
                for position, row in enumerate(page.rows, page.first)
                if pks is None or row[0] in pks
            ]
            if changed or pks is None:
                del self._kept[page.first // PAGE]
            positions += changed
        return positions

    def pks(self, first: int, last: int) -> list[int]:
        """The pks at a few positions, both ends included."""
        return pks_between(self._connection, "shown", first, last)

    def _pages(self, numbers: range) -> list[Page]:
        """Pages that stand one after the other; one query reads what is not there of them."""
        kept = self._kept
        missing = [number for number in numbers if number not in kept]
        if missing:
            self._read(missing[0], missing[-1])
        for number in numbers:
            kept.move_to_end(number)
        pages = [kept[number] for number in numbers]
        while len(kept) > _KEPT_PAGES:
            kept.popitem(last=False)
        return pages

    def _read(self, first: int, last: int) -> None:
        start = first * PAGE
        rows = tuple(self._connection.execute(self._sql, (start + 1, (last + 1) * PAGE)))
        for number in range(first, last + 1):
            place = number * PAGE - start
            self._kept[number] = Page(start + place, rows[place : place + PAGE])

    def close(self) -> None:
        """Let go of the order."""
        self.forget()
        self.order = None
        self._connection.execute("DETACH shown")
