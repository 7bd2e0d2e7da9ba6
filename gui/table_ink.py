"""Pens, texts, icons and symbols as both views of the rows paint them."""

from __future__ import annotations

from bisect import bisect_right
from functools import lru_cache
from itertools import accumulate
from math import ceil
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QPointF, QRect, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetrics,
    QFontMetricsF,
    QPainter,
    QPalette,
    QPen,
    QPixmap,
)

from gui import theme
from gui.table_cells import Kind, beginning, cell

if TYPE_CHECKING:
    from gui.icon_facts import IconView

SYMBOL_SIZE: Final = 16
GAP: Final = 4
_RADIUS: Final = 4
_PLATE_EDGE: Final = 2
_ELIDE: Final = Qt.TextElideMode.ElideRight

Fitted = tuple[str, int, Kind]
"""A text that fits, how wide it is in px, and how it is shown."""

STATE_SYMBOLS = {
    "none": "none",
    "waiting": "waiting",
    "loading": "loading",
    "ready": "loading",
    "stale": "stale",
    "broken": "broken",
    "refused": "refused",
    "offline": "offline",
    "withheld": "withheld",
    "not-address": "not-address",
    "relative": "relative",
    "name": "name",
}
"""By the value of an `IconState`: what stands where no picture is; READY without one is being drawn
at this size."""


class CellInk:
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
        self._plate = QColor(theme.STAGE_LIGHT)
        self._dark = colors.dark
        exact = QFontMetricsF(self._font)
        ascii_letters = map(chr, range(0x20, 0x7F))
        self._advances = {letter: exact.horizontalAdvance(letter) for letter in ascii_letters}
        self._narrowest = max(1.0, min(self._advances.values()))
        self._ellipsis = exact.horizontalAdvance("…")
        self._fitted = lru_cache(8192, typed=True)(self._fit)
        self._plate_of = lru_cache(16)(self._draw_plate)

    def _pen_of(self, kind: Kind) -> QPen:
        if kind is Kind.VALUE:
            return self._text
        return self._warning if kind is Kind.MISSING else self._muted

    def _fitted_beginning(self, value: Any, required: bool, width: int) -> Fitted:
        """Of a value that a row holds whole, however long it is."""
        return self._fitted(beginning(value), required, width)

    def _fit(self, value: Any, required: bool, width: int) -> Fitted:
        """What a cell of `width` px says, and how."""
        text, kind = cell(value, required)
        if kind is Kind.MISSING:
            width -= SYMBOL_SIZE + GAP
        return (*self._elided(text, width), kind)

    def _elided(self, text: str, width: int) -> tuple[str, int]:
        """What fits and how wide that is: from the widths of ASCII's letters, ten times faster
        than by laying out."""
        enough = text[: int(width / self._narrowest) + 2]
        try:
            ends = list(accumulate(map(self._advances.__getitem__, enough)))
        except KeyError:
            text = self._metrics.elidedText(text, _ELIDE, width)
            return text, self._metrics.horizontalAdvance(text)
        if not ends or ends[-1] <= width:
            return text, round(ends[-1]) if ends else 0
        fitting = bisect_right(ends, width - self._ellipsis)
        taken = ends[fitting - 1] if fitting else 0.0
        return text[:fitting] + "…", round(taken + self._ellipsis)

    def _paint_picture(
        self, painter: QPainter, pixmap: QPixmap, selected: bool, x: int, y: int, size: int
    ) -> None:
        """Icons are made for light pages: in the dark and selected, they have a light plate."""
        if self._dark or selected:
            painter.drawPixmap(x - _PLATE_EDGE, y - _PLATE_EDGE, self._plate_of(size))
        if pixmap.width() == pixmap.height() == round(size * pixmap.devicePixelRatio()):
            painter.drawPixmap(x, y, pixmap)
            return
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawPixmap(QRect(x, y, size, size), pixmap)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)

    def _paint_stale(self, painter: QPainter, x: int, y: int, size: int) -> None:
        """The mark of a picture that is shown although it is old, in its lower right corner."""
        edge = max(12, size // 4)
        left, top = x + size - edge + 2, y + size - edge + 2
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._base)
        painter.drawEllipse(left - 1, top - 1, edge + 2, edge + 2)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        self._paint_symbol(painter, STATE_SYMBOLS["stale"], left, top, self._warning, edge)

    def _paint_state(
        self, painter: QPainter, view: IconView, selected: bool, x: int, y: int, size: int
    ) -> None:
        """The symbol of an icon without a picture."""
        state = view.state.value
        pen = self._warning if state in ("broken", "not-address", "relative") else self._muted
        self._paint_symbol(
            painter, STATE_SYMBOLS[state], x, y, self._selected_text if selected else pen, size
        )

    def _draw_plate(self, size: int) -> QPixmap:
        edge = size + 2 * _PLATE_EDGE
        pixels = ceil(edge * self._ratio)
        plate = QPixmap(pixels, pixels)
        plate.setDevicePixelRatio(self._ratio)
        plate.fill(Qt.GlobalColor.transparent)
        painter = QPainter(plate)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._plate)
        painter.drawRoundedRect(0, 0, edge, edge, _RADIUS, _RADIUS)
        painter.end()
        return plate

    def _paint_symbol(
        self, painter: QPainter, name: str, x: int, y: int, pen: QPen, size: int = SYMBOL_SIZE
    ) -> None:
        pixmap = theme.symbol(name, size, self._ratio, pen.color().name())
        painter.drawPixmap(QPointF(x, y), pixmap)
