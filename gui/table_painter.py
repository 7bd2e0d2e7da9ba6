"""Paints the visible cells of the table in one go: Qt's own way costs twice the time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QLine, QRect, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from db.order import WHOLE, merged
from gui.columns import ICON
from gui.table_cells import Kind
from gui.table_ink import GAP, SYMBOL_SIZE, CellInk
from gui.table_scene import Lane, Scene

if TYPE_CHECKING:
    from db.addresses import Address
    from gui.icon_facts import IconView

ICON_SIZE = 24
PADDING = 6
_INSET = (ICON_SIZE - SYMBOL_SIZE) // 2


class IconSource(Protocol):
    """What gives the pictures; `gui.icon_loader.IconLoader` does."""

    def icon(self, address: Address, size: int, ratio: float) -> IconView: ...


class TablePainter(CellInk):
    """Paints the rows that the table's viewport shows."""

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
        painter.setPen(Qt.PenStyle.NoPen)
        _fill(painter, [scene.rect], self._base)
        if not scene.lanes:
            return
        left = scene.lanes[0].x
        right = scene.lanes[-1].x + scene.lanes[-1].width
        height = scene.height
        stripes, tinted = [], []
        for place in range(len(scene.rows)):
            position = scene.first + place
            row = QRect(left, scene.top + place * height, right - left, height)
            if position % 2:
                stripes.append(row)
            if position == scene.current[1]:
                tinted.append(row)
        _fill(painter, stripes, self._stripe)
        _fill(painter, tinted, self._row_tint)
        for lane in scene.lanes:
            for first, last in merged((place, place) for place in scene.selected[lane.section]):
                y = scene.top + (first - scene.first) * height
                chosen = QRect(lane.x, y, lane.width, (last - first + 1) * height)
                _fill(painter, [chosen], self._highlight)
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
        fitted = self._fitted_beginning if lane.column.name in WHOLE else self._fitted
        height, draw = scene.height, painter.drawText
        pen: QPen | None = None
        for position, row in enumerate(scene.rows, scene.first):
            if row is not None and row[1] is not None:
                text, _, kind = fitted(row[at], required, width)
                wanted = self._selected_text if position in selected else self._pen_of(kind)
                if wanted is not pen:
                    painter.setPen(wanted)
                    pen = wanted
                if kind is Kind.MISSING:
                    y = top + (height - SYMBOL_SIZE) // 2
                    self._paint_symbol(painter, "warning", x, y, wanted)
                    draw(x + SYMBOL_SIZE + GAP, top + baseline, text)
                else:
                    draw(x, top + baseline, text)
            top += height

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
            chosen = scene.first + place in selected
            if view.pixmap is not None:
                self._paint_picture(painter, view.pixmap, chosen, x, y, ICON_SIZE)
                if view.state.value == "stale":
                    self._paint_stale(painter, x, y, ICON_SIZE)
                continue
            self._paint_state(painter, view, chosen, x + _INSET, y + _INSET, SYMBOL_SIZE)

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
        edges = [
            QRect(frame.left(), frame.top(), width, edge),
            QRect(frame.left(), frame.bottom() + 1 - edge, width, edge),
            QRect(frame.left(), frame.top(), edge, height),
            QRect(frame.right() + 1 - edge, frame.top(), edge, height),
        ]
        painter.setPen(Qt.PenStyle.NoPen)
        _fill(painter, edges, color)


def _fill(painter: QPainter, areas: list[QRect], color: QColor) -> None:
    """What `fillRect` does; asked for that, PySide6 makes the 181 names of QGradient (1.4 ms)."""
    if areas:
        painter.setBrush(color)
        painter.drawRects(areas)
