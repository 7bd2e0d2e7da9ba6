"""Paints the visible cells of the table in one go: Qt's own way costs twice the time."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol

from PySide6.QtCore import QLine, QPointF, QRect, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPalette, QPen

from db.order import merged
from gui import theme
from gui.columns import ICON
from gui.table_cells import Kind, cell
from gui.table_scene import Lane, Scene

if TYPE_CHECKING:
    from db.addresses import Address
    from gui.icon_facts import IconView

ICON_SIZE = 24
SYMBOL_SIZE = 16
PADDING = 6
_GAP = 4
_RADIUS = 4
_ELIDE = Qt.TextElideMode.ElideRight

STATE_SYMBOLS = {
    "none": "none",
    "waiting": "loading",
    "loading": "loading",
    "ready": "loading",
    "stale": "loading",
    "broken": "broken",
    "refused": "refused",
    "not-address": "not-address",
    "name": "name",
}
"""By the value of an `IconState`: what stands where no picture is; READY without one is being drawn
at this size."""


class IconSource(Protocol):
    """What gives the pictures; `gui.icon_loader.IconLoader` does."""

    def icon(self, address: Address, size: int, ratio: float) -> IconView: ...


class TablePainter:
    """Paints with one font and one set of colours; make a new one when they change."""

    def __init__(self, font: QFont, palette: QPalette, ratio: float) -> None:
        role = QPalette.ColorRole
        colors = theme.colors()
        self._font = QFont(font)
        # Half the time a text takes is kerning and ligatures; scripts that need shaping keep it.
        self._font.setStyleStrategy(QFont.StyleStrategy.PreferNoShaping)
        self._metrics = QFontMetrics(self._font)
        self._ratio = ratio
        self._base = palette.color(role.Base)
        self._stripe = palette.color(role.AlternateBase)
        self._highlight = palette.color(role.Highlight)
        self._row_tint = QColor(self._highlight)
        self._row_tint.setAlphaF(0.10)
        self._text = QPen(palette.color(role.Text))
        self._selected_text = QPen(palette.color(role.HighlightedText))
        self._muted = QPen(QColor(colors.muted))
        self._warning = QPen(QColor(colors.warning))
        self._grid = QPen(QColor(colors.grid))
        self._plate = QColor(theme.STAGE_LIGHT) if colors.dark else None
        ascii_letters = map(chr, range(0x20, 0x7F))
        self._advances = {
            letter: self._metrics.horizontalAdvance(letter) for letter in ascii_letters
        }
        self._fitted = lru_cache(8192, typed=True)(self._fit)

    def paint(
        self,
        painter: QPainter,
        scene: Scene,
        icons: IconSource | None,
        addresses: Sequence[Address],
    ) -> None:
        """Paint the rows of a scene; `addresses` are those of the rows' icons, if there are any."""
        painter.setFont(self._font)
        self._paint_ground(painter, scene)
        for lane in scene.lanes:
            if lane.column.name != ICON:
                self._paint_texts(painter, scene, lane)
            elif icons is not None:
                self._paint_icons(painter, scene, lane, icons, addresses)
        self._paint_current(painter, scene)

    def _paint_ground(self, painter: QPainter, scene: Scene) -> None:
        painter.fillRect(scene.rect, self._base)
        if not scene.lanes:
            return
        left = scene.lanes[0].x
        right = scene.lanes[-1].x + scene.lanes[-1].width
        height = scene.height
        for place in range(len(scene.rows)):
            position = scene.first + place
            y = scene.top + place * height
            if position % 2:
                painter.fillRect(left, y, right - left, height, self._stripe)
            if position == scene.current[1]:
                painter.fillRect(left, y, right - left, height, self._row_tint)
        for lane in scene.lanes:
            for first, last in merged((place, place) for place in scene.selected[lane.section]):
                y = scene.top + (first - scene.first) * height
                painter.fillRect(
                    lane.x, y, lane.width, (last - first + 1) * height, self._highlight
                )
        bottom = scene.top + len(scene.rows) * height
        lines = [
            QLine(lane.x + lane.width - 1, scene.top, lane.x + lane.width - 1, bottom - 1)
            for lane in scene.lanes
        ]
        painter.setPen(self._grid)
        painter.drawLines(lines)

    def _paint_texts(self, painter: QPainter, scene: Scene, lane: Lane) -> None:
        at, required = lane.column.at, lane.column.required
        width = lane.width - 2 * PADDING
        x = lane.x + PADDING
        top = scene.top
        baseline = (scene.height - self._metrics.height()) // 2 + self._metrics.ascent()
        selected = scene.selected[lane.section]
        fitted, height, draw = self._fitted, scene.height, painter.drawText
        pen: QPen | None = None
        for position, row in enumerate(scene.rows, scene.first):
            if row is not None and row[1] is not None:
                text, kind = fitted(row[at], required, width)
                wanted = self._selected_text if position in selected else self._pen_of(kind)
                if wanted is not pen:
                    painter.setPen(wanted)
                    pen = wanted
                if kind is Kind.MISSING:
                    y = top + (height - SYMBOL_SIZE) // 2
                    self._paint_symbol(painter, "warning", x, y, wanted)
                    draw(x + SYMBOL_SIZE + _GAP, top + baseline, text)
                else:
                    draw(x, top + baseline, text)
            top += height

    def _pen_of(self, kind: Kind) -> QPen:
        if kind is Kind.VALUE:
            return self._text
        return self._warning if kind is Kind.MISSING else self._muted

    def _fit(self, value: Any, required: bool, width: int) -> tuple[str, Kind]:
        """What a cell of `width` px says, and how."""
        text, kind = cell(value, required)
        if kind is Kind.MISSING:
            width -= SYMBOL_SIZE + _GAP
        if self._surely_fits(text, width):
            return text, kind
        return self._metrics.elidedText(text, _ELIDE, width), kind

    def _surely_fits(self, text: str, width: int) -> bool:
        """Told from the widths of ASCII's letters, ten times faster than by laying out."""
        try:
            return sum(map(self._advances.__getitem__, text)) <= width
        except KeyError:
            return False

    def _paint_icons(
        self,
        painter: QPainter,
        scene: Scene,
        lane: Lane,
        icons: IconSource,
        addresses: Sequence[Address],
    ) -> None:
        if lane.width < ICON_SIZE + 4:
            return
        x = lane.x + (lane.width - ICON_SIZE) // 2
        selected = scene.selected[lane.section]
        for place, address in enumerate(addresses):
            if scene.rows[place] is None:
                continue
            y = scene.top + place * scene.height + (scene.height - ICON_SIZE) // 2
            view = icons.icon(address, ICON_SIZE, self._ratio)
            if view.pixmap is not None:
                if self._plate is not None:
                    self._paint_plate(painter, x, y)
                painter.drawPixmap(QRect(x, y, ICON_SIZE, ICON_SIZE), view.pixmap)
                continue
            pen = self._selected_text if scene.first + place in selected else self._muted
            if view.state.value in ("broken", "not-address"):
                pen = self._selected_text if pen is self._selected_text else self._warning
            inset = (ICON_SIZE - SYMBOL_SIZE) // 2
            self._paint_symbol(painter, STATE_SYMBOLS[view.state.value], x + inset, y + inset, pen)

    def _paint_plate(self, painter: QPainter, x: int, y: int) -> None:
        """Icons are made for light pages: in the dark they stand on a light plate."""
        assert self._plate is not None
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._plate)
        painter.drawRoundedRect(x - 2, y - 2, ICON_SIZE + 4, ICON_SIZE + 4, _RADIUS, _RADIUS)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def _paint_symbol(self, painter: QPainter, name: str, x: int, y: int, pen: QPen) -> None:
        pixmap = theme.symbol(name, SYMBOL_SIZE, self._ratio, pen.color().name())
        painter.drawPixmap(QPointF(x, y), pixmap)

    def _paint_current(self, painter: QPainter, scene: Scene) -> None:
        section, position = scene.current
        lane = next((lane for lane in scene.lanes if lane.section == section), None)
        if lane is None or not scene.first <= position < scene.first + len(scene.rows):
            return
        if not scene.focused:
            return
        chosen = position in scene.selected[section]
        color = self._selected_text.color() if chosen else self._highlight
        y = scene.top + (position - scene.first) * scene.height
        frame = QRect(lane.x, y, lane.width - 1, scene.height)
        if chosen:
            frame.adjust(2, 2, -2, -2)
        edge = 1 if chosen else 2
        width, height = frame.width(), frame.height()
        for x, y, w, h in (
            (frame.left(), frame.top(), width, edge),
            (frame.left(), frame.bottom() + 1 - edge, width, edge),
            (frame.left(), frame.top(), edge, height),
            (frame.right() + 1 - edge, frame.top(), edge, height),
        ):
            painter.fillRect(x, y, w, h, color)
