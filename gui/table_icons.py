"""The icons of the rows in sight: their addresses, and word to and from the loader."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, Protocol

from PySide6.QtCore import QObject, QRect, QTimer, SignalInstance
from PySide6.QtWidgets import QTableView

from db.order import AT, Row
from gui.columns import ICON, PLACE
from gui.table_model import IntegrationTableModel
from gui.table_painter import ICON_SIZE
from gui.text import sentence

if TYPE_CHECKING:
    from db.addresses import Address
    from gui.icon_facts import IconView

    Classify = Callable[[Any, Sequence[str | None]], Address]

_WANT_MILLISECONDS: Final = 60
_URL: Final = AT["icon_url"]
_ORG_ID: Final = AT["org_id"]


class Loader(Protocol):
    """What the table asks of the icon loader."""

    @property
    def changed(self) -> SignalInstance: ...
    def icon(self, address: Address, size: int, ratio: float = 1.0) -> IconView: ...
    def want(self, urls_visible: Sequence[str]) -> None: ...


class TableIcons(QObject):
    """Knows the addresses of a table's rows; tells the loader which are in sight.

    Attributes:
        loader: None until `set_loader`.
    """

    def __init__(self, table: QTableView, model: IntegrationTableModel) -> None:
        super().__init__(table)
        self.loader: Loader | None = None
        self._table = table
        self._model = model
        self._classify: Classify | None = None
        self._bases: dict[str, str] = {}
        self._catalog_base = ""
        self._want = QTimer(self, singleShot=True, interval=_WANT_MILLISECONDS)
        self._want.timeout.connect(self._tell_wanted)

    def set_loader(self, loader: Loader) -> None:
        """Take the icons from this loader."""
        from db.addresses import classify  # its URL parser is not needed before there are icons

        self.loader, self._classify = loader, classify
        loader.changed.connect(self._changed)
        self._repaint()

    def set_bases(self, organizations: dict[str, str], catalog: str) -> None:
        """Base URLs of relative icon URLs: of organizations by id, and of the catalogue."""
        self._bases, self._catalog_base = organizations, catalog
        self._repaint()

    def want_soon(self) -> None:
        """Other rows are in sight: tell the loader once scrolling pauses."""
        self._want.start()

    def addresses(self, rows: Sequence[Row | None]) -> list[Address]:
        """What the icon URLs of rows are; nothing while there is no loader."""
        if self._classify is None:
            return []
        return [self._address(row, self._classify) for row in rows]

    def words(self, position: int) -> str:
        """What is to say about the icon of a row: its state, the reason, its URL."""
        from gui.icon_stage import state_words

        addresses = self.addresses([self._model.row(position)])
        if self.loader is None or not addresses:
            return ""
        view = self.loader.icon(addresses[0], ICON_SIZE, self._table.devicePixelRatioF())
        reason = view.reason or addresses[0].reason
        parts = (state_words(view.state), sentence(reason) if reason else "", addresses[0].text)
        return "\n".join(part for part in parts if part)

    def _address(self, row: Row | None, classify: Classify) -> Address:
        if row is None:
            return classify(None, ())
        return classify(row[_URL], (self._bases.get(row[_ORG_ID]), self._catalog_base))

    def _repaint(self) -> None:
        self._table.viewport().update()
        self.want_soon()

    def _visible_rows(self) -> tuple[int, list[Row | None]]:
        first = max(0, self._table.rowAt(0))
        last = self._table.rowAt(self._table.viewport().height() - 1)
        return first, self._model.rows(first, last if last >= 0 else self._model.rowCount() - 1)

    def _tell_wanted(self) -> None:
        """Icons out of sight need not be loaded; that of the current row is shown elsewhere too."""
        if self.loader is None:
            return
        _, rows = self._visible_rows()
        current = self._table.currentIndex()
        if current.isValid():
            rows.append(self._model.row(current.row()))
        self.loader.want([address.url for address in self.addresses(rows) if address.url])

    def _changed(self, urls: frozenset[str]) -> None:
        table, place = self._table, PLACE[ICON]
        if table.isColumnHidden(place) or not table.isVisible():
            return
        x, width = table.columnViewportPosition(place), table.columnWidth(place)
        height = table.verticalHeader().defaultSectionSize()
        first, rows = self._visible_rows()
        for position, address in enumerate(self.addresses(rows), first):
            if address.url in urls:
                y = table.rowViewportPosition(position)
                table.viewport().update(QRect(x, y, width, height))
