"""Paints the visible cells of the gallery in one go."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QFont, QPainter, QPalette, QPen, QPixmap

from db.order import AT, ORGANIZATION
from gui.gallery_grid import PADDING
from gui.gallery_scene import Cell, GalleryScene
from gui.icon_facts import IconState, IconView
from gui.table_cells import Kind
from gui.table_ink import GAP, SYMBOL_SIZE, CellInk

if TYPE_CHECKING:
    from db.addresses import Address

_NAME: Final = AT["name"]
_ORGANIZATION: Final = AT[ORGANIZATION]
_RADIUS: Final = 6
_INSET: Final = 2
"""Between neighbouring cells' grounds, in px."""
_DRAWABLE: Final = (IconState.READY, IconState.STALE)


class Source(Protocol):
    """What gives the pictures; `gui.icon_loader.IconLoader` does."""

    def icon(self, address: Address, size: int, ratio: float) -> IconView: ...
    def nearest(self, address: Address, size: int, ratio: float) -> QPixmap | None: ...


class _Caption(NamedTuple):
    """A line of text; `left` is from the edge of its cell to it, in px."""

    text: str
    left: int
    kind: Kind


class GalleryPainter(CellInk):
    """Paints icons with their captions."""

    def __init__(self, font: QFont, palette: QPalette, ratio: float) -> None:
        super().__init__(font, palette, ratio)
        self._captions = lru_cache(8192, typed=True)(self._caption)

    def paint(self, painter: QPainter, scene: GalleryScene, icons: Source | None) -> None:
        """Paint a scene."""
        painter.setFont(self._font)
        painter.fillRect(scene.rect, self._base)
        self._paint_grounds(painter, scene)
        if icons is not None:
            self._paint_icons(painter, scene, icons)
        self._paint_captions(painter, scene, _NAME, 0, self._text)
        if scene.grid.has_organization:
            self._paint_captions(painter, scene, _ORGANIZATION, scene.grid.line, self._muted)

    def _paint_grounds(self, painter: QPainter, scene: GalleryScene) -> None:
        chosen, current, focused = scene.marks
        marked = [cell for cell in scene.cells if cell[0] in chosen or cell[0] == current]
        if not marked:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for position, _, _, x, y in marked:
            cell = QRect(x, y, scene.grid.cell_width, scene.grid.cell_height)
            ground = cell.adjusted(_INSET, _INSET, -_INSET, -_INSET)
            is_chosen = position in chosen
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._highlight if is_chosen else self._row_tint)
            painter.drawRoundedRect(ground, _RADIUS, _RADIUS)
            if position == current and focused:
                self._paint_focus(painter, ground, is_chosen)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def _paint_focus(self, painter: QPainter, ground: QRect, chosen: bool) -> None:
        inner = ground.adjusted(2, 2, -2, -2) if chosen else ground.adjusted(1, 1, -1, -1)
        color = self._selected_text.color() if chosen else self._highlight
        painter.setPen(QPen(color, 1 if chosen else 2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(inner, _RADIUS - 1, _RADIUS - 1)

    def _paint_icons(self, painter: QPainter, scene: GalleryScene, icons: Source) -> None:
        size, ratio, chosen = scene.grid.size, self._ratio, scene.marks.chosen
        left = (scene.grid.cell_width - size) // 2
        symbol = max(SYMBOL_SIZE, min(48, size // 2))
        inset = (size - symbol) // 2
        for position, _, address, x, y in _touched(scene, 0, PADDING + size + PADDING):
            if address is None:
                continue
            x, y = x + left, y + PADDING
            view = icons.icon(address, size, ratio)
            pixmap = view.pixmap
            if pixmap is None and view.state in _DRAWABLE:
                pixmap = icons.nearest(address, size, ratio)
            if pixmap is None:
                self._paint_state(painter, view, position in chosen, x + inset, y + inset, symbol)
                continue
            self._paint_picture(painter, pixmap, position in chosen, x, y, size)
            if view.state is IconState.STALE:
                self._paint_stale(painter, x, y, size)

    def _paint_captions(
        self, painter: QPainter, scene: GalleryScene, at: int, down: int, plain: QPen
    ) -> None:
        """Paint one line of the captions, `down` px below the first."""
        grid, chosen = scene.grid, scene.marks.chosen
        top = grid.caption_top() + down
        baseline = top + self._metrics.ascent()
        width, required = grid.cell_width - 2 * PADDING, at == _NAME
        captions, draw = self._captions, painter.drawText
        pen: QPen | None = None
        for position, row, _, x, y in _touched(scene, top, top + self._metrics.height()):
            if row[1] is None:
                continue
            text, left, kind = captions(row[at], required, width)
            wanted = plain if kind is Kind.VALUE else self._pen_of(kind)
            if position in chosen:
                wanted = self._selected_text
            if wanted is not pen:
                painter.setPen(wanted)
                pen = wanted
            x, y = x + left, y + baseline
            if kind is Kind.MISSING:
                self._paint_symbol(painter, "warning", x, y - SYMBOL_SIZE + 3, wanted)
                x += SYMBOL_SIZE + GAP
            draw(x, y, text)

    def _caption(self, value: Any, required: bool, width: int) -> _Caption:
        """What a line of `width` px says, and where it begins."""
        text, taken, kind = self._fit(value, required, width)
        if kind is Kind.MISSING:
            taken += SYMBOL_SIZE + GAP
        return _Caption(text, PADDING + (width - min(taken, width)) // 2, kind)


def _touched(scene: GalleryScene, top: int, bottom: int) -> Sequence[Cell]:
    """The cells of which the rectangle touches what is between two heights in a cell."""
    rect = scene.rect
    least, most = rect.top() - bottom, rect.bottom() - top
    return [cell for cell in scene.cells if least < cell[4] <= most]
