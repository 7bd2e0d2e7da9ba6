"""The sizes in which an icon is looked at, and where each has its place."""

from __future__ import annotations

from typing import Final, NamedTuple

from PySide6.QtCore import QRect, QSize

from gui.icon_stage import CAPTION, GAP

LADDER: Final = (256, 128, 64, 48, 32, 24, 16)
"""The sizes in px, largest first."""


class Arrangement(NamedTuple):
    """Where each size is drawn in a block of this size; none of them is scaled."""

    places: dict[int, QRect]
    size: QSize

    @property
    def largest(self) -> int:
        """The size in px whose place can be zoomed."""
        return max(self.places)

    @property
    def room(self) -> QRect:
        """Where words stand in place of the pictures."""
        if self.largest == LADDER[0]:
            return self.places[self.largest]
        return QRect(QRect().topLeft(), self.size).adjusted(GAP, 0, -GAP, 0)


def whole() -> Arrangement:
    """All sizes."""
    aside = GAP + 256 + GAP
    second = GAP + 128 + CAPTION + 2
    third = second + 64 + CAPTION + 2
    places = {256: QRect(GAP, GAP, 256, 256), 128: QRect(aside, GAP, 128, 128)}
    places[64] = QRect(aside, second, 64, 64)
    places[48] = QRect(aside + 64 + 12, second + 16, 48, 48)
    for edge, left in ((32, 6), (24, 55), (16, 96)):
        places[edge] = QRect(aside + left, third + 32 - edge, edge, edge)
    return Arrangement(places, QSize(GAP + 256 + GAP + 128 + GAP, 280))


def low() -> Arrangement:
    """All but the largest, in a row as wide as the whole, where that would be too high."""
    size = QSize(whole().size.width(), GAP + 128 + CAPTION + GAP)
    edges = LADDER[1:]
    step = (size.width() - 2 * GAP - sum(edges)) // (len(edges) - 1)
    places, left = {}, GAP
    for edge in edges:
        places[edge] = QRect(left, GAP + 128 - edge, edge, edge)
        left += edge + step
    return Arrangement(places, size)
