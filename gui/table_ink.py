"""Pens, texts, icons and symbols as both views of the rows paint them."""

from __future__ import annotations

from functools import lru_cache
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
_ELIDE: Final = Qt.TextElideMode.ElideRight

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
        self._ellipsis = exact.horizontalAdvance("…")
        self._fitted = lru_cache(8192, typed=True)(self._fit)

    def _pen_of(self, kind: Kind) -> QPen:
        if kind is Kind.VALUE:
            return self._text
        return self._warning if kind is Kind.MISSING else self._muted

    def _fitted_beginning(self, value: Any, required: bool, width: int) -> tuple[str, Kind]:
        """Of a value that a row holds whole, however long it is."""
        return self._fitted(beginning(value), required, width)

    def _fit(self, value: Any, required: bool, width: int) -> tuple[str, Kind]:
        """What a cell of `width` px says, and how."""
        text, kind = cell(value, required)
        if kind is Kind.MISSING:
            width -= SYMBOL_SIZE + GAP
        return self._elided(text, width), kind

    def _elided(self, text: str, width: int) -> str:
        """Told from the widths of ASCII's letters, ten times faster than by laying out."""
        taken, fitting, room = 0.0, 0, width - self._ellipsis
        try:
            for place, letter in enumerate(text, 1):
                taken += self._advances[letter]
                if taken <= room:
                    fitting = place
                elif taken > width:
                    return text[:fitting] + "…"
        except KeyError:
            return self._metrics.elidedText(text, _ELIDE, width)
        return text

    def _width(self, text: str) -> int:
        """How wide a text is, in px."""
        try:
            return round(sum(map(self._advances.__getitem__, text)))
        except KeyError:
            return self._metrics.horizontalAdvance(text)

    def _paint_picture(
        self, painter: QPainter, pixmap: QPixmap, selected: bool, x: int, y: int, size: int
    ) -> None:
        if self._dark or selected:
            self._paint_plate(painter, x, y, size)
        painter.drawPixmap(QRect(x, y, size, size), pixmap)

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

    def _paint_plate(self, painter: QPainter, x: int, y: int, size: int) -> None:
        """Icons are made for light pages: in the dark and selected, they have a light plate."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._plate)
        painter.drawRoundedRect(x - 2, y - 2, size + 4, size + 4, _RADIUS, _RADIUS)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def _paint_symbol(
        self, painter: QPainter, name: str, x: int, y: int, pen: QPen, size: int = SYMBOL_SIZE
    ) -> None:
        pixmap = theme.symbol(name, size, self._ratio, pen.color().name())
        painter.drawPixmap(QPointF(x, y), pixmap)
