"""The rows of a finished order, page by page."""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache
from typing import Final
from weakref import WeakValueDictionary

import apsw

from db.order import FINISHED, JOINS, PAGE, Order, Page, Row, columns_of, pks_between

_CACHED_PAGES: Final = 32


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
        self._alive: WeakValueDictionary[int, Page] = WeakValueDictionary()
        self._page = lru_cache(_CACHED_PAGES)(self._read)
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
        return self._page(position // PAGE).rows[position % PAGE]

    def rows(self, first: int, last: int) -> list[Row]:
        """The rows at some positions, both ends included."""
        found: list[Row] = []
        for number in range(first // PAGE, last // PAGE + 1):
            page = self._page(number)
            found += page.rows[max(0, first - page.first) : last + 1 - page.first]
        return found

    def cached(self) -> list[Page]:
        """The pages that have been read and are still kept."""
        return sorted(self._alive.values(), key=lambda page: page.first)

    def forget(self) -> None:
        """Read every page anew: integrations have changed."""
        self._page.cache_clear()

    def pks(self, first: int, last: int) -> list[int]:
        """The pks at a few positions, both ends included."""
        return pks_between(self._connection, "shown", first, last)

    def _read(self, number: int) -> Page:
        first = number * PAGE
        rows = tuple(self._connection.execute(self._sql, (first + 1, first + PAGE)))
        page = Page(first, rows)
        self._alive[number] = page
        return page

    def close(self) -> None:
        """Let go of the order."""
        self.forget()
        self.order = None
        self._connection.execute("DETACH shown")
