"""Paints the visible cells of the gallery in one go."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QFont, QPainter, QPalette, QPen, QPixmap

from db.order import AT, ORGANIZATION, Row
from gui.gallery_grid import PADDING, Grid
from gui.table_cells import Kind
from gui.table_ink import GAP, SYMBOL_SIZE, CellInk

if TYPE_CHECKING:
    from db.addresses import Address
    from gui.icon_facts import IconView

_NAME: Final = AT["name"]
_ORGANIZATION: Final = AT[ORGANIZATION]
_RADIUS: Final = 6
_INSET: Final = 2
"""Between neighbouring cells' grounds, in px."""
_DRAWABLE: Final = ("ready", "stale")


class Source(Protocol):
    """What gives the pictures; `gui.icon_loader.IconLoader` does."""

    def icon(self, address: Address, size: int, ratio: float) -> IconView: ...
    def nearest(self, address: Address, size: int, ratio: float) -> QPixmap | None: ...


class GalleryScene(NamedTuple):
    """What is to be painted.

    Attributes:
        rows: those from the position `first` on that the painted rectangle touches.
        corners: the upper left ones of their cells.
        offset: px that are scrolled away above.
        chosen: the selected positions.
        current: the position of the current row; `focused` if it has the keyboard.
    """

    grid: Grid
    rows: Sequence[Row | None]
    corners: Sequence[tuple[int, int]]
    first: int
    offset: int
    chosen: set[int]
    current: int
    focused: bool
    rect: QRect


class _Caption(NamedTuple):
    text: str
    width: int
    kind: Kind


class GalleryPainter(CellInk):
    """Paints icons with their captions."""

    def __init__(self, font: QFont, palette: QPalette, ratio: float) -> None:
        super().__init__(font, palette, ratio)
        self._captions = lru_cache(8192, typed=True)(self._caption)

    def paint(
        self,
        painter: QPainter,
        scene: GalleryScene,
        icons: Source | None,
        addresses: Sequence[Address],
    ) -> None:
        """Paint a scene; `addresses` are those of the rows' icons, if there are any."""
        painter.setFont(self._font)
        painter.fillRect(scene.rect, self._base)
        self._paint_grounds(painter, scene)
        if icons is not None:
            self._paint_icons(painter, scene, icons, addresses)
        self._paint_captions(painter, scene)

    def _paint_grounds(self, painter: QPainter, scene: GalleryScene) -> None:
        last = scene.first + len(scene.rows) - 1
        marked = sorted(scene.chosen | {scene.current})
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for position in marked:
            if not scene.first <= position <= last:
                continue
            chosen = position in scene.chosen
            cell = scene.grid.cell(position, scene.offset)
            ground = cell.adjusted(_INSET, _INSET, -_INSET, -_INSET)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._highlight if chosen else self._row_tint)
            painter.drawRoundedRect(ground, _RADIUS, _RADIUS)
            if position == scene.current and scene.focused:
                inner = ground.adjusted(2, 2, -2, -2) if chosen else ground.adjusted(1, 1, -1, -1)
                color = self._selected_text.color() if chosen else self._highlight
                painter.setPen(QPen(color, 1 if chosen else 2))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRoundedRect(inner, _RADIUS - 1, _RADIUS - 1)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def _paint_icons(
        self,
        painter: QPainter,
        scene: GalleryScene,
        icons: Source,
        addresses: Sequence[Address],
    ) -> None:
        grid = scene.grid
        size = grid.size
        symbol = max(SYMBOL_SIZE, min(48, size // 2))
        left, inset = (grid.cell_width - size) // 2, (size - symbol) // 2
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        places = zip(addresses, scene.rows, scene.corners, strict=True)
        for position, (address, row, (x, y)) in enumerate(places, scene.first):
            if row is None:
                continue
            x, y = x + left, y + PADDING
            view = icons.icon(address, size, self._ratio)
            pixmap = view.pixmap
            if pixmap is None and view.state.value in _DRAWABLE:
                pixmap = icons.nearest(address, size, self._ratio)
            chosen = position in scene.chosen
            if pixmap is not None:
                self._paint_picture(painter, pixmap, chosen, x, y, size)
                if view.state.value == "stale":
                    self._paint_stale(painter, x, y, size)
            else:
                self._paint_state(painter, view, chosen, x + inset, y + inset, symbol)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)

    def _paint_captions(self, painter: QPainter, scene: GalleryScene) -> None:
        grid = scene.grid
        width = grid.cell_width - 2 * PADDING
        baseline = grid.caption_top() + self._metrics.ascent()
        fields = [(_NAME, True, 0)]
        if grid.has_organization:
            fields.append((_ORGANIZATION, False, grid.line))
        captions, chosen, draw = self._captions, scene.chosen, painter.drawText
        pen: QPen | None = None
        for at, required, down in fields:
            top = baseline + down
            places = zip(scene.rows, scene.corners, strict=True)
            for position, (row, (left, y)) in enumerate(places, scene.first):
                if row is None or row[1] is None:
                    continue
                text, taken, kind = captions(row[at], required, width)
                if position in chosen:
                    wanted = self._selected_text
                else:
                    wanted = self._muted if down else self._pen_of(kind)
                if wanted is not pen:
                    painter.setPen(wanted)
                    pen = wanted
                x = left + (grid.cell_width - taken) // 2
                y += top
                if kind is Kind.MISSING:
                    self._paint_symbol(painter, "warning", x, y - SYMBOL_SIZE + 3, wanted)
                    x += SYMBOL_SIZE + GAP
                draw(x, y, text)

    def _caption(self, value: Any, required: bool, width: int) -> _Caption:
        """What a line of `width` px says, and how wide that is."""
        text, kind = self._fitted(value, required, width)
        taken = self._width(text)
        if kind is Kind.MISSING:
            taken += SYMBOL_SIZE + GAP
        return _Caption(text, min(taken, width), kind)
