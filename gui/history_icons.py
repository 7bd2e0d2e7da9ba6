"""Icons of old and new icon URLs in the tables of the history."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QGuiApplication, QIcon, QPainter, QPalette, QPixmap

from db.addresses import Address, classify
from db.fields import Value
from gui import theme
from gui.icon_stage import state_symbol

if TYPE_CHECKING:
    from gui.table_icons import Loader

EDGE: Final = 24
"""Of an icon, in px."""
_SYMBOL: Final = 16


class CellIcons:
    """Draws the icon of an icon URL that stands in a cell.

    Attributes:
        bases: base URLs of relative icon URLs, by organization id.
        catalog_base: that of the catalogue.
    """

    def __init__(self, loader: Loader) -> None:
        self.loader = loader
        self.bases: Mapping[str, str] = {}
        self.catalog_base = ""

    def address(self, value: Value, org_id: str) -> Address:
        """What a value of the field icon URL points to."""
        return classify(value, (self.bases.get(org_id), self.catalog_base))

    def icon(self, value: Value, org_id: str, ratio: float) -> QIcon:
        """Its icon, or the symbol of its state; from memory, as `IconLoader.icon` answers.

        In a selected row it stands on a plate, or in the colour of the text: Qt would tint it.
        """
        view = self.loader.icon(self.address(value, org_id), EDGE, ratio)
        if view.pixmap is not None:
            plate = _on_plate(view.pixmap, ratio)
            return _icon(plate if theme.colors().dark else view.pixmap, plate)
        name = state_symbol(view.state)
        chosen = QGuiApplication.palette().color(QPalette.ColorRole.HighlightedText).name()
        return _icon(
            theme.symbol(name, _SYMBOL, ratio, theme.colors().muted),
            theme.symbol(name, _SYMBOL, ratio, chosen),
        )


def _icon(pixmap: QPixmap, selected: QPixmap) -> QIcon:
    icon = QIcon(_in_the_middle(pixmap))
    icon.addPixmap(_in_the_middle(selected), QIcon.Mode.Selected)
    return icon


def _in_the_middle(pixmap: QPixmap) -> QPixmap:
    """A picture with room around it: a view would draw a smaller one larger on a fine screen."""
    ratio = pixmap.devicePixelRatio()
    room = _empty(ratio)
    size = pixmap.deviceIndependentSize()
    painter = QPainter(room)
    painter.drawPixmap(QPointF((EDGE - size.width()) / 2, (EDGE - size.height()) / 2), pixmap)
    painter.end()
    return room


def _empty(ratio: float) -> QPixmap:
    room = QPixmap(round(EDGE * ratio), round(EDGE * ratio))
    room.setDevicePixelRatio(ratio)
    room.fill(Qt.GlobalColor.transparent)
    return room


def _on_plate(pixmap: QPixmap, ratio: float) -> QPixmap:
    """An icon on a light ground: icons are made for light pages."""
    plate = _empty(ratio)
    painter = QPainter(plate)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(Qt.GlobalColor.white)
    painter.drawRoundedRect(QRectF(0, 0, EDGE, EDGE), 3, 3)
    painter.drawPixmap(QRect(2, 2, EDGE - 4, EDGE - 4), pixmap)
    painter.end()
    return plate
