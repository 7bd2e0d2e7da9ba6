"""What an icon is looked at on: backgrounds, masks, pictures at their true sizes, or words."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum
from functools import cache
from typing import Final, NamedTuple

from PySide6.QtCore import QCoreApplication, QEvent, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import (
    QAction,
    QBrush,
    QColor,
    QFont,
    QHelpEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import QLabel, QToolButton, QToolTip, QVBoxLayout, QWidget

from gui import theme
from gui.icon_facts import IconState, IconView
from gui.text import breakable, sentence

GAP: Final = 6
CAPTION: Final = 14
ROUNDING: Final = 0.22
"""The corners' radius of the rounded mask, of the square's edge."""
_INK: Final = ("#000000", "#ffffff")


class Background(StrEnum):
    """What the icon is looked at on."""

    LIGHT = "light"
    DARK = "dark"
    CHECKER = "checker"
    CUSTOM = "custom"


class Mask(StrEnum):
    """What shape is cut out of the icon's square, as the places do that show it."""

    NONE = "none"
    ROUNDED = "rounded"
    CIRCLE = "circle"


class Look(NamedTuple):
    """How icons are looked at; `color` is that of the custom background, as #rrggbb."""

    background: Background = Background.LIGHT
    color: str = "#4f46e5"
    mask: Mask = Mask.NONE


def state_symbol(state: IconState) -> str:
    """The name of the symbol that stands for a state without a picture."""
    return "ok" if state is IconState.READY else state.value


def state_words(state: IconState) -> str:
    """What a state is called on screen."""
    translate = QCoreApplication.translate
    return {
        IconState.NONE: translate("IconState", "No icon"),
        IconState.WAITING: translate("IconState", "Waiting…"),
        IconState.LOADING: translate("IconState", "Loading…"),
        IconState.READY: translate("IconState", "Shown"),
        IconState.STALE: translate("IconState", "From the cache"),
        IconState.BROKEN: translate("IconState", "Broken"),
        IconState.REFUSED: translate("IconState", "Refused"),
        IconState.OFFLINE: translate("IconState", "Offline"),
        IconState.WITHHELD: translate("IconState", "Not loaded"),
        IconState.RELATIVE: translate("IconState", "Relative address"),
        IconState.NOT_ADDRESS: translate("IconState", "Not an address"),
        IconState.NAME: translate("IconState", "Name in an icon font"),
    }[state]


class Stage(QWidget):
    """Pictures at their true sizes on one background, each with its size under it.

    Args:
        places: where each size is drawn.
        size: of the whole.
        own: sizes whose place another widget fills; the stage writes what is under it.

    Attributes:
        hides_captions: whether words are shown where they would be.
    """

    def __init__(self, places: Mapping[int, QRect], size: QSize, own: Collection[int] = ()) -> None:
        super().__init__()
        self._views: dict[int, IconView] = {}
        self.look = Look()
        self.hides_captions = False
        self._blank = True
        self.arrange(places, size, own)

    def arrange(self, places: Mapping[int, QRect], size: QSize, own: Collection[int] = ()) -> None:
        """Draw the sizes elsewhere from now on."""
        self._places = dict(places)
        self._own = own
        self._captions = {edge: str(edge) for edge in places}
        self.setFixedSize(size)
        self.setAccessibleName(
            self.tr("Icon at {sizes} px").format(sizes=", ".join(map(str, places)))
        )
        self.update()

    def place(self, edge: int) -> QRect:
        """Where the picture of that size is drawn."""
        return self._places[edge]

    def set_look(self, look: Look) -> None:
        self.look = look
        self.update()

    def set_caption(self, edge: int, text: str) -> None:
        """Write this under the place of that size."""
        self._captions[edge] = text
        self.update()

    def show_views(self, views: Mapping[int, IconView], *, blank: bool) -> None:
        """Draw these; `blank` draws no symbols for pictures that are not there."""
        self._views = dict(views)
        self._blank = blank
        self.update()

    @property
    def has_picture(self) -> bool:
        return any(view.pixmap is not None for view in self._views.values())

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            for edge, place in self._places.items():
                if place.contains(event.pos()):
                    QToolTip.showText(event.globalPos(), f"{edge} × {edge} px", self, place)
                    return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        draw_ground(painter, QRectF(self.rect()), self.look if self.has_picture else None)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        for edge, place in self._places.items():
            if edge not in self._own:
                self._draw(painter, edge, place)
        self._draw_captions(painter)
        painter.end()

    def _draw(self, painter: QPainter, edge: int, place: QRect) -> None:
        view = self._views.get(edge)
        if view is None:
            return
        if view.pixmap is not None:
            draw_masked(painter, QRectF(place), view.pixmap, self.look.mask)
        elif not self._blank and view.state is not IconState.READY:
            drawn_size = min(edge, 48)
            symbol = theme.symbol(
                state_symbol(view.state), drawn_size, self.devicePixelRatioF(), theme.colors().muted
            )
            offset = (edge - drawn_size) // 2
            painter.drawPixmap(place.topLeft() + QPoint(offset, offset), symbol)

    def _draw_captions(self, painter: QPainter) -> None:
        font = QFont(self.font())
        font.setPixelSize(10)
        painter.setFont(font)
        painter.setPen(caption_color(self.look if self.has_picture else None))
        if self.hides_captions:
            return
        for edge, place in self._places.items():
            box = QRect(place.left() - 10, place.bottom() + 1, place.width() + 20, CAPTION)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, self._captions[edge])


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
        column = self._column = QVBoxLayout(self)
        column.addStretch(1)
        column.addWidget(self._symbol)
        for label in (self._heading, self._reason):
            label.setWordWrap(True)
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            column.addWidget(label)
        self._place = QVBoxLayout()
        column.addLayout(self._place)
        column.addStretch(1)
        self.text = ""

    def offer(self, action: QAction) -> None:
        """Show a button for an action, below the words, while the action is visible."""
        button = QToolButton(self)
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        button.setDefaultAction(action)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._place.addWidget(button, 0, Qt.AlignmentFlag.AlignCenter)

        def follow() -> None:
            button.setVisible(action.isVisible())
            button.setAccessibleName(action.text().replace("&&", "&"))
            self._fit()

        follow()
        action.changed.connect(follow)

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
        self._fit()
        self.text = f"{self._heading.text()}. {reason}".strip()
        self.setAccessibleName(self.text)

    def _fit(self) -> None:
        """Do without the symbol where the words need its room."""
        self._symbol.show()
        needed = self._column.totalHeightForWidth(self.width())
        self._symbol.setVisible(needed <= self.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()


def tile(look: Look, pixmap: QPixmap | None, edge: int, ratio: float) -> QPixmap:
    """A small square of a background with the picture, 16 px, in it."""
    result = QPixmap(round(edge * ratio), round(edge * ratio))
    result.setDevicePixelRatio(ratio)
    result.fill(Qt.GlobalColor.transparent)
    painter = QPainter(result)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.setPen(QColor(theme.colors().border))
    painter.setBrush(_brush(look))
    painter.drawRoundedRect(QRectF(0.5, 0.5, edge - 1, edge - 1), 3, 3)
    if pixmap is not None:
        painter.drawPixmap(QRect((edge - 16) // 2, (edge - 16) // 2, 16, 16), pixmap)
    painter.end()
    return result


def draw_ground(painter: QPainter, area: QRectF, look: Look | None) -> None:
    """A framed background; without a `look` that of a list, for words."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    path = QPainterPath()
    path.addRoundedRect(area.adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
    ground = QBrush(QColor(theme.colors().base)) if look is None else _brush(look)
    painter.fillPath(path, ground)
    painter.setPen(QColor(theme.colors().border))
    painter.drawPath(path)
    painter.restore()


def draw_masked(painter: QPainter, square: QRectF, pixmap: QPixmap, mask: Mask) -> None:
    """Draw a square picture into `square` with the mask's shape cut out of it."""
    painter.save()
    clip_to(painter, square, mask)
    painter.drawPixmap(square, pixmap, QRectF(pixmap.rect()))
    painter.restore()


def clip_to(painter: QPainter, square: QRectF, mask: Mask) -> None:
    """Draw only what the mask leaves of `square` from now on."""
    if mask is Mask.NONE:
        return
    path = QPainterPath()
    if mask is Mask.CIRCLE:
        path.addEllipse(square)
    else:
        radius = square.width() * ROUNDING
        path.addRoundedRect(square, radius, radius)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setClipPath(path, Qt.ClipOperation.IntersectClip)


def caption_color(look: Look | None) -> QColor:
    """A colour that can be read on a background."""
    if look is None:
        return QColor(theme.colors().muted)
    if look.background is Background.CUSTOM:
        ink = max(_INK, key=lambda ink: theme.contrast(ink, look.color))
        return QColor(ink)
    return QColor("#b4bcc8" if look.background is Background.DARK else "#4a5463")


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


def _brush(look: Look) -> QBrush:
    if look.background is Background.CHECKER:
        return QBrush(_checker())
    if look.background is Background.CUSTOM:
        return QBrush(QColor(look.color))
    light = look.background is Background.LIGHT
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
