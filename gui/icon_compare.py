"""The stored icon and the one of the address that is being typed, side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from gui.icon_facts import IconState, IconView
from gui.icon_stage import CAPTION, GAP, Look, Stage, StateWords, caption_color

COMPARED: Final = (128, 64, 48, 32, 24, 16)
"""The sizes in px that are compared."""
_TITLE: Final = 24
_LOW: Final = 2 * 128
"""Under this height there is room for one row only."""


def _places() -> dict[int, QRect]:
    left, top = GAP + 2, GAP + _TITLE
    second = top + 128 + CAPTION + GAP
    row = {64: left, 24: left + 64 + 14, 16: left + 64 + 14 + 24 + 14}
    places = {128: QRect(left, top, 128, 128)}
    aside = left + 128 + GAP
    places[48] = QRect(aside, top, 48, 48)
    places[32] = QRect(aside + 8, top + 48 + CAPTION + GAP, 32, 32)
    for edge, at in row.items():
        places[edge] = QRect(at, second + 64 - edge, edge, edge)
    return places


def _low_places() -> dict[int, QRect]:
    bottom, left = GAP + _TITLE + 64, GAP + 2
    places = {}
    for edge in (64, 48, 32):
        places[edge] = QRect(left, bottom - edge, edge, edge)
        left += edge + 2 * GAP
    return places


class Compared(Stage):
    """One of the two: a title, the icon at several sizes, and its facts in short."""

    def __init__(self, title: str, size: QSize) -> None:
        super().__init__(_places(), size)
        self._title = title
        self._summary = ""
        self._words = StateWords(self)
        self._words.hide()
        self.resize_to(size)

    def resize_to(self, size: QSize) -> None:
        """Take this room; where it is low, the pictures are smaller and fewer."""
        self.arrange(_low_places() if size.height() < _LOW else _places(), size)
        self._words.setGeometry(GAP, _TITLE, size.width() - 2 * GAP, size.height() - _TITLE - GAP)

    @property
    def words(self) -> str:
        """What is said in place of a picture; "" with one."""
        return self._words.text if not self._words.isHidden() else ""

    @property
    def summary(self) -> str:
        return self._summary

    def show_icon(self, views: Mapping[int, IconView], summary: str) -> None:
        """Show the pictures, or why there are none; `summary` is what is known, on one line."""
        view = views[128]
        self._summary = summary
        self.show_views(views, blank=True)
        has_picture = view.pixmap is not None or view.state is IconState.READY
        self._words.setVisible(not has_picture)
        self.hides_captions = not has_picture
        self._words.show_view(view)
        said = summary if has_picture else self._words.text
        self.setAccessibleName(f"{self._title}: {said}")

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setPen(caption_color(self.look if self.has_picture else None))
        bold = QFont(self.font())
        bold.setWeight(QFont.Weight.DemiBold)
        painter.setFont(bold)
        inside = self.rect().adjusted(GAP + 2, GAP, -GAP - 2, -GAP + 2)
        painter.drawText(inside, Qt.AlignmentFlag.AlignLeft, self._title)
        small = QFont(self.font())
        small.setPixelSize(11)
        painter.setFont(small)
        end = Qt.TextElideMode.ElideRight
        words = painter.fontMetrics().elidedText(self._summary, end, inside.width())
        painter.drawText(inside, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom, words)
        painter.end()


class Comparison(QWidget):
    """Now and New, in the room of the one icon."""

    def __init__(self, size: QSize) -> None:
        super().__init__()
        self.now = Compared(self.tr("Now"), size)
        self.new = Compared(self.tr("New"), size)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GAP)
        row.addWidget(self.now)
        row.addWidget(self.new)
        self.resize_to(size)

    def resize_to(self, size: QSize) -> None:
        """Take this room, half of it for each."""
        half = QSize((size.width() - GAP) // 2, size.height())
        self.now.resize_to(half)
        self.new.resize_to(half)
        self.setFixedSize(size)

    def set_look(self, look: Look) -> None:
        self.now.set_look(look)
        self.new.set_look(look)
