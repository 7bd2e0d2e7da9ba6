"""Where an icon is looked at: pictures at their true sizes on a background, or words instead."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from functools import cache
from typing import Final

from PySide6.QtCore import QCoreApplication, QEvent, QPoint, QRect, QRectF, Qt
from PySide6.QtGui import (
    QBrush,
    QColor,
    QFont,
    QHelpEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPixmap,
)
from PySide6.QtWidgets import QLabel, QToolTip, QVBoxLayout, QWidget

from gui import theme
from gui.icon_facts import IconState, IconView
from gui.text import breakable, sentence

GAP: Final = 8
CAPTION: Final = 14
_SYMBOLS: Final = {IconState.WAITING: "loading", IconState.STALE: "offline"}


class Background(StrEnum):
    """What the icon is looked at on."""

    LIGHT = "light"
    DARK = "dark"
    CHECKER = "checker"


def state_symbol(state: IconState) -> str:
    """The name of the symbol that stands for a state without a picture."""
    return "ok" if state is IconState.READY else _SYMBOLS.get(state, state.value)


def state_words(state: IconState) -> str:
    """What a state is called on screen."""
    translate = QCoreApplication.translate
    return {
        IconState.NONE: translate("IconState", "No icon"),
        IconState.WAITING: translate("IconState", "Loading…"),
        IconState.LOADING: translate("IconState", "Loading…"),
        IconState.READY: translate("IconState", "Shown"),
        IconState.STALE: translate("IconState", "From the cache"),
        IconState.BROKEN: translate("IconState", "Broken"),
        IconState.REFUSED: translate("IconState", "Not loaded"),
        IconState.NOT_ADDRESS: translate("IconState", "Not an address"),
        IconState.NAME: translate("IconState", "Name in an icon font"),
    }[state]


class Stage(QWidget):
    """Pictures at their true sizes on one background: the first at the left, the others beside."""

    def __init__(self, sizes: Sequence[int]) -> None:
        super().__init__()
        self._places = _places(sizes)
        self._views: dict[int, IconView] = {}
        self.background = Background.LIGHT
        self._blank = True
        bounds = QRect()
        for place in self._places.values():
            bounds = bounds.united(place.adjusted(0, 0, 0, CAPTION))
        self.setFixedSize(bounds.right() + 1 + GAP, bounds.bottom() + 1 + 2)
        self.setAccessibleName(
            self.tr("Icon at {sizes} px").format(sizes=", ".join(map(str, sizes)))
        )

    def place(self, edge: int) -> QRect:
        """Where the picture of that size is drawn."""
        return self._places[edge]

    def set_background(self, background: Background) -> None:
        self.background = background
        self.update()

    def show_views(self, views: dict[int, IconView], *, blank: bool) -> None:
        """Draw these; `blank` draws no symbols for pictures that are not there."""
        self._views = views
        self._blank = blank
        self.update()

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            for edge, place in self._places.items():
                if place.contains(event.pos()):
                    QToolTip.showText(event.globalPos(), f"{edge} × {edge} px", self, place)
                    return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        has_picture = any(view.pixmap is not None for view in self._views.values())
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        path = QPainterPath()
        path.addRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        ground = _ground(self.background) if has_picture else QBrush(self.palette().base())
        painter.fillPath(path, ground)
        painter.setPen(QColor(theme.colors().border))
        painter.drawPath(path)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        for edge, place in self._places.items():
            self._draw(painter, edge, place)
        self._draw_captions(painter, has_picture)
        painter.end()

    def _draw(self, painter: QPainter, edge: int, place: QRect) -> None:
        view = self._views.get(edge)
        if view is None:
            return
        if view.pixmap is not None:
            painter.drawPixmap(place, view.pixmap)
        elif not self._blank and edge < 256 and view.state is not IconState.READY:
            drawn_size = min(edge, 48)
            symbol = theme.symbol(
                state_symbol(view.state), drawn_size, self.devicePixelRatioF(), theme.colors().muted
            )
            offset = (edge - drawn_size) // 2
            painter.drawPixmap(place.topLeft() + QPoint(offset, offset), symbol)

    def _draw_captions(self, painter: QPainter, has_picture: bool) -> None:
        font = QFont(self.font())
        font.setPixelSize(10)
        painter.setFont(font)
        on_dark = has_picture and self.background is Background.DARK
        on_light = has_picture and not on_dark
        painter.setPen(
            QColor("#b4bcc8" if on_dark else "#4a5463" if on_light else theme.colors().muted)
        )
        for edge, place in self._places.items():
            box = QRect(place.left() - 10, place.bottom() + 1, place.width() + 20, CAPTION)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, str(edge))


class StateWords(QWidget):
    """The symbol, name and reason of a state, in the place of a picture."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._symbol = QLabel(alignment=Qt.AlignmentFlag.AlignCenter)
        self._heading = plain_label(self.tr("State of the icon"))
        self._reason = plain_label(self.tr("Reason"))
        font = QFont(self._heading.font())
        font.setWeight(QFont.Weight.DemiBold)
        self._heading.setFont(font)
        column = QVBoxLayout(self)
        column.addStretch(1)
        column.addWidget(self._symbol)
        for label in (self._heading, self._reason):
            label.setWordWrap(True)
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            column.addWidget(label)
        column.addStretch(1)
        self.text = ""

    def show_view(self, view: IconView) -> None:
        ratio = self.devicePixelRatioF()
        scheme = theme.colors()
        bad = view.state in (IconState.BROKEN, IconState.REFUSED)
        color = scheme.warning if bad else scheme.muted
        self._symbol.setPixmap(theme.symbol(state_symbol(view.state), 48, ratio, color))
        reason = "" if view.reason is None else sentence(view.reason)
        self._heading.setText(state_words(view.state))
        self._reason.setText(breakable(reason))
        self._reason.setVisible(bool(reason))
        self.text = f"{self._heading.text()}. {reason}".strip()
        self.setAccessibleName(self.text)


def tile(background: Background, pixmap: QPixmap | None, edge: int, ratio: float) -> QPixmap:
    """A small square of a background with the picture, 16 px, in it."""
    result = QPixmap(round(edge * ratio), round(edge * ratio))
    result.setDevicePixelRatio(ratio)
    result.fill(Qt.GlobalColor.transparent)
    painter = QPainter(result)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.setPen(QColor(theme.colors().border))
    painter.setBrush(_ground(background))
    painter.drawRoundedRect(QRectF(0.5, 0.5, edge - 1, edge - 1), 3, 3)
    if pixmap is not None:
        painter.drawPixmap(QRect((edge - 16) // 2, (edge - 16) // 2, 16, 16), pixmap)
    painter.end()
    return result


def plain_label(name: str) -> QLabel:
    """A label for text of the catalogue: never rich text, selectable by mouse and keyboard."""
    label = QLabel()
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setTextInteractionFlags(
        Qt.TextInteractionFlag.TextSelectableByMouse
        | Qt.TextInteractionFlag.TextSelectableByKeyboard
    )
    label.setAccessibleName(name)
    return label


def _places(sizes: Sequence[int]) -> dict[int, QRect]:
    largest, *others = sizes
    places = {largest: QRect(GAP, GAP, largest, largest)}
    middle = GAP + largest + GAP + max(others, default=0) // 2
    top = GAP
    for edge in others:
        places[edge] = QRect(middle - edge // 2, top, edge, edge)
        top += edge + CAPTION + 4
    return places


def _ground(background: Background) -> QBrush:
    if background is Background.CHECKER:
        return QBrush(_checker())
    light = background is Background.LIGHT
    return QBrush(QColor(theme.STAGE_LIGHT if light else theme.STAGE_DARK))


@cache
def _checker() -> QPixmap:
    step = theme.CHECKER_SIZE
    result = QPixmap(2 * step, 2 * step)
    result.fill(QColor(theme.CHECKER[0]))
    painter = QPainter(result)
    painter.fillRect(0, 0, step, step, QColor(theme.CHECKER[1]))
    painter.fillRect(step, step, step, step, QColor(theme.CHECKER[1]))
    painter.end()
    return result
