"""The icons of the rows in sight: their addresses, and word to and from the loader."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING, Any, Final, Protocol

from PySide6.QtCore import QModelIndex, QObject, QRect, QTimer, SignalInstance
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QWidget

from db.order import AT, Range, Row
from gui.table_model import IntegrationTableModel
from gui.text import sentence

if TYPE_CHECKING:
    from db.addresses import Address
    from gui.icon_facts import IconView

    Classify = Callable[[Any, Sequence[str | None]], Address]

_WANT_MILLISECONDS: Final = 60
_KEPT_ROWS: Final = 1_024
_LONG: Final = 1_024
"""Characters from which on a loader takes long to find an address: it makes a digest of it."""
_KEPT_LONG: Final = 512
_FINAL_STATES: Final = ("broken", "refused")
_URL: Final = AT["icon_url"]
_ORG_ID: Final = AT["org_id"]


class Loader(Protocol):
    """What the views ask of the icon loader."""

    @property
    def changed(self) -> SignalInstance: ...
    def icon(self, address: Address, size: int, ratio: float = 1.0) -> IconView: ...
    def nearest(self, address: Address, size: int, ratio: float = 1.0) -> QPixmap | None: ...
    def want(self, urls_visible: Sequence[str]) -> None: ...


class LongAddresses:
    """The icons of long addresses that a loader will not say anything else of until it tells so.

    Those that wait are not kept: a loader forgets them when they are out of sight.
    """

    def __init__(self) -> None:
        # By what an address is, not by what it says: to compare it would take long, too.
        self._views: dict[tuple[int, int, float], tuple[Address, IconView]] = {}

    def icon(self, loader: Loader, address: Address, size: int, ratio: float) -> IconView:
        """What the loader says, asked for once."""
        key = (id(address), size, ratio)
        if key in self._views:
            return self._views[key][1]
        view = loader.icon(address, size, ratio)
        if view.pixmap is not None or view.state.value in _FINAL_STATES:
            self._views[key] = (address, view)
        return view

    def has(self, address: Address, size: int, ratio: float) -> bool:
        """Whether nothing more is to come of an icon in this size."""
        return (id(address), size, ratio) in self._views

    def forget(self, urls: Collection[str]) -> None:
        """These addresses have another icon now."""
        for key, (address, _) in list(self._views.items()):
            if address.url in urls:
                del self._views[key]

    def keep(self, addresses: Sequence[Address]) -> None:
        """Only these addresses are in sight; when many were, forget the others."""
        if len(self._views) > _KEPT_LONG:
            ids = set(map(id, addresses))
            self._views = {key: kept for key, kept in self._views.items() if key[0] in ids}


class RowView(Protocol):
    """A view whose rows have icons.

    Attributes:
        icon_size: edge of the icons, in px.
    """

    icon_size: int

    def viewport(self) -> QWidget: ...
    def isVisible(self) -> bool: ...
    def devicePixelRatioF(self) -> float: ...
    def currentIndex(self) -> QModelIndex: ...
    def visible_rows(self) -> Range:
        """First and last position in sight; the last before the first for none."""
        ...

    def icon_rect(self, position: int) -> QRect:
        """Where in the viewport a row's icon is; empty where icons are hidden."""
        ...


class RowIcons(QObject):
    """Knows the addresses of a view's rows; tells the loader which are in sight.

    Attributes:
        loader: None until `set_loader`.
    """

    def __init__(self, view: RowView, model: IntegrationTableModel, parent: QObject) -> None:
        super().__init__(parent)
        self.loader: Loader | None = None
        self._view = view
        self._model = model
        self._classify: Classify | None = None
        self._bases: dict[str, str] = {}
        self._catalog_base = ""
        self._known: dict[int, Address] = {}
        self._known_rows: list[Row | None] = []
        self._long = LongAddresses()
        model.modelReset.connect(self._forget_rows)
        self._want = QTimer(self, singleShot=True, interval=_WANT_MILLISECONDS)
        self._want.timeout.connect(self._tell_wanted)

    @property
    def source(self) -> RowIcons | None:
        """What gives the pictures to a painter; None while there is no loader."""
        return None if self.loader is None else self

    def set_loader(self, loader: Loader) -> None:
        """Take the icons from this loader."""
        from db.addresses import classify  # its URL parser is not needed before there are icons

        self.loader, self._classify = loader, classify
        loader.changed.connect(self._changed)
        self._repaint()

    def set_bases(self, organizations: dict[str, str], catalog: str) -> None:
        """Base URLs of relative icon URLs: of organizations by id, and of the catalogue."""
        self._bases, self._catalog_base = organizations, catalog
        self._forget_rows()
        self._repaint()

    def want_soon(self) -> None:
        """Other rows are in sight: tell the loader once scrolling pauses."""
        self._want.start()

    def addresses(self, rows: Sequence[Row | None]) -> list[Address]:
        """What the icon URLs of rows are; nothing while there is no loader."""
        if self._classify is None:
            return []
        known = self._known
        try:
            return [known[id(row)] for row in rows]
        except KeyError:
            self._learn(rows, self._classify)
            return [known[id(row)] for row in rows]

    def _learn(self, rows: Sequence[Row | None], classify: Classify) -> None:
        known = self._known
        if len(known) > _KEPT_ROWS:
            self._forget_rows()
        for row in rows:
            if id(row) not in known:
                known[id(row)] = self._address(row, classify)
                self._known_rows.append(row)  # as long as it is there, no other has its id

    def icon(self, address: Address, size: int, ratio: float) -> IconView:
        """What to draw; there is a loader."""
        assert self.loader is not None
        if len(address.url) > _LONG:
            return self._long.icon(self.loader, address, size, ratio)
        return self.loader.icon(address, size, ratio)

    def nearest(self, address: Address, size: int, ratio: float) -> QPixmap | None:
        """See `gui.icon_loader.IconLoader`."""
        return None if self.loader is None else self.loader.nearest(address, size, ratio)

    def words(self, position: int) -> str:
        """What is to say about the icon of a row: its state, the reason, its URL."""
        from gui.icon_stage import state_words

        addresses = self.addresses([self._model.row(position)])
        if self.loader is None or not addresses:
            return ""
        view = self.icon(addresses[0], self._view.icon_size, self._view.devicePixelRatioF())
        reason = view.reason or addresses[0].reason
        parts = (state_words(view.state), sentence(reason) if reason else "", addresses[0].text)
        return "\n".join(part for part in parts if part)

    def _address(self, row: Row | None, classify: Classify) -> Address:
        if row is None:
            return classify(None, ())
        return classify(row[_URL], (self._bases.get(row[_ORG_ID]), self._catalog_base))

    def _forget_rows(self) -> None:
        self._known.clear()
        self._known_rows.clear()

    def _repaint(self) -> None:
        self._view.viewport().update()
        self.want_soon()

    def _tell_wanted(self) -> None:
        """Icons out of sight need not be loaded; that of the current row is shown elsewhere too."""
        if self.loader is None or not self._view.isVisible():
            return
        visible = self.addresses(self._model.rows(*self._view.visible_rows()))
        size, ratio = self._view.icon_size, self._view.devicePixelRatioF()
        self._long.keep(visible)
        wanted = [item for item in visible if not self._long.has(item, size, ratio)]
        current = self._view.currentIndex()
        if current.isValid():
            wanted += self.addresses([self._model.row(current.row())])
        self.loader.want([address.url for address in wanted if address.url])

    def _changed(self, urls: frozenset[str]) -> None:
        self._long.forget(urls)
        view = self._view
        first, last = view.visible_rows()
        if not view.isVisible() or view.icon_rect(first).isEmpty():
            return
        for position, address in enumerate(self.addresses(self._model.rows(first, last)), first):
            if address.url in urls:
                view.viewport().update(view.icon_rect(position))
