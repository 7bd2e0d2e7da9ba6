"""Icons in the cells of tables that are not the one of integrations."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from db.addresses import Address
from gui.icon_facts import IconView
from gui.icon_stage import state_words
from gui.table_icons import Loader
from gui.table_ink import SYMBOL_SIZE, CellInk
from gui.text import sentence

ICON_EDGE: Final = 24
ADDRESS_ROLE: Final = Qt.ItemDataRole.UserRole + 1
"""Under it a model gives the `Address` whose icon a cell shows."""
Index = QModelIndex | QPersistentModelIndex


class IconCell(QStyledItemDelegate):
    """Paints the icon of the address that a cell has under `ADDRESS_ROLE`."""

    def __init__(self, loader: Loader, parent: QWidget) -> None:
        super().__init__(parent)
        self._loader = loader
        self._ink: tuple[object, _Ink] | None = None

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        super().paint(painter, option, index)
        address = index.data(ADDRESS_ROLE)
        device = painter.device()
        if isinstance(address, Address) and device is not None:
            ratio = device.devicePixelRatioF()
            view = self._loader.icon(address, ICON_EDGE, ratio)
            self._ink_of(option, ratio).paint(painter, option, view)

    def _ink_of(self, option: QStyleOptionViewItem, ratio: float) -> _Ink:
        """To mix it takes longer than to paint a cell; fonts and colours seldom change."""
        key = (option.font.key(), option.palette.cacheKey(), ratio)
        if self._ink is None or self._ink[0] != key:
            self._ink = key, _Ink(option, ratio)
        return self._ink[1]


class _Ink(CellInk):
    def __init__(self, option: QStyleOptionViewItem, ratio: float) -> None:
        super().__init__(option.font, option.palette, ratio)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, view: IconView) -> None:
        center = option.rect.center()
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        if view.pixmap is not None:
            x, y = center.x() - ICON_EDGE // 2 + 1, center.y() - ICON_EDGE // 2 + 1
            self._paint_picture(painter, view.pixmap, selected, x, y, ICON_EDGE)
        else:
            x, y = center.x() - SYMBOL_SIZE // 2 + 1, center.y() - SYMBOL_SIZE // 2 + 1
            self._paint_state(painter, view, selected, x, y, SYMBOL_SIZE)


def icon_words(loader: Loader, address: Address) -> str:
    """What is to say about an icon: its state, and the reason."""
    view = loader.icon(address, ICON_EDGE)
    reason = view.reason or address.reason
    parts = (state_words(view.state), sentence(reason) if reason else "")
    return "\n".join(part for part in parts if part)
