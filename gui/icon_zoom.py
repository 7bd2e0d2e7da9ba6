"""One icon at any zoom: fitted, or so many screen pixels for each of its own.

The pictures come from the loader in the sizes that are needed, nothing is decoded here.
"""

from __future__ import annotations

from typing import Final, Protocol

from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, Qt, QTimer, Signal, SignalInstance, Slot
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from db.addresses import Address
from gui.icon_facts import IconFacts, IconState, IconView, Picture
from gui.icon_stage import Look, clip_to
from gui.text import number

STEPS: Final = (1 / 16, 1 / 8, 1 / 4, 1 / 2, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64)
"""The zooms to step through: screen pixels for each pixel of the picture."""
LARGEST_EDGE: Final = 1024
"""The largest size in pixels that the loader is asked for."""
GRID_FROM: Final = 8
"""The zoom from which on the pixels of a bitmap are parted by lines."""
AGAIN_MS: Final = 1_000
"""While a size is not there, it is asked for again this often: other views may have dropped it."""
_GRID: Final = QColor(128, 128, 128, 120)
_PAN_STEP: Final = 24
_WHEEL_STEP: Final = 120


class Source(Protocol):
    """What the view asks of the icon loader."""

    @property
    def changed(self) -> SignalInstance: ...
    def icon(self, address: Address, size: int, ratio: float) -> IconView: ...
    def facts(self, url: str) -> IconFacts | None: ...


class ZoomView(QWidget):
    """Shows one address on the ground of the widget that it lies on.

    Keys: + and - zoom, 0 fits, 1 shows the true pixels, the arrows move. So do the wheel with
    Ctrl, and dragging.

    Signals:
        zoom_changed(): another zoom is shown, or can be shown.
        look_requested(): the user wants to see the picture large.
    """

    zoom_changed = Signal()
    look_requested = Signal()

    def __init__(self, loader: Source, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._loader = loader
        self._address = Address("none")
        self._zoom: float | None = None
        self._offset = QPointF()
        self._drag: QPointF | None = None
        self._wheel = 0
        self._has_frame = False
        self._shown: tuple[str, QPixmap] | None = None
        self._picture: Picture | None = None
        self._again = QTimer(self, singleShot=True, interval=AGAIN_MS)
        self._again.timeout.connect(self.update)
        self.look = Look()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(self.tr("Picture with zoom"))
        self.setToolTip(
            self.tr("Ctrl+wheel, + and - zoom; 0 fits, 1 shows the true pixels; Space shows large")
        )
        loader.changed.connect(self._on_changed)

    # -- what is shown -----------------------------------------------------------------------

    @property
    def address(self) -> Address:
        return self._address

    @property
    def picture(self) -> Picture | None:
        """What is known of the picture that is shown; None while none is."""
        return self._picture

    @property
    def zoom(self) -> float | None:
        """Screen pixels for each pixel of the picture, None while it is fitted."""
        return self._zoom

    @property
    def scale(self) -> float:
        """The zoom as it is seen, also when it is fitted; 0.0 without a picture."""
        if self._picture is None:
            return 0.0
        return self._fitted() if self._zoom is None else self._zoom

    @property
    def zoom_words(self) -> str:
        """The zoom in percent; "" without a picture."""
        percent = self.scale * 100
        if not percent:
            return ""
        words = self.tr("{percent} %")
        if not self._whole and self.scale * self._native > LARGEST_EDGE:
            words = self.tr("{percent} %, enlarged from {edge} px")
        shown = number(max(1, round(percent)))
        return words.format(percent=shown, edge=number(LARGEST_EDGE))

    @property
    def has_grid(self) -> bool:
        """Whether lines part the pixels."""
        return self._is_bitmap and (self._zoom or 0) >= GRID_FROM and self._whole

    def show_address(self, address: Address) -> None:
        """Show another address, with the zoom that is chosen."""
        if address != self._address:
            self._address = address
            self._offset = QPointF()
            self._shown = None
        self.refresh()

    def set_look(self, look: Look) -> None:
        self.look = look
        self.update()

    def set_zoom(self, zoom: float | None) -> None:
        """Zoom to so many screen pixels for each pixel of the picture; None fits it."""
        self._zoom_to(zoom, self._middle)

    def zoom_in(self) -> None:
        self._step(1, self._middle)

    def zoom_out(self) -> None:
        self._step(-1, self._middle)

    def refresh(self) -> None:
        """Look again at what the loader has."""
        facts = self._loader.facts(self._address.url) if self._address.url else None
        shown = facts is not None and facts.state in (IconState.READY, IconState.STALE)
        self._picture = facts.picture if shown and facts is not None else None
        self._keep_in_sight()
        self.update()
        self.zoom_changed.emit()

    @Slot(object)
    def _on_changed(self, urls: frozenset[str]) -> None:
        if self._address.url in urls:
            self.refresh()

    # -- zooming -----------------------------------------------------------------------------

    def _step(self, direction: int, anchor: QPointF) -> None:
        if self._picture is None:
            return
        scale = self.scale
        if direction > 0:
            following = [step for step in STEPS if step > scale * 1.001]
            self._zoom_to(following[0] if following else STEPS[-1], anchor)
        else:
            before = [step for step in STEPS if step < scale * 0.999]
            self._zoom_to(before[-1] if before else STEPS[0], anchor)

    def _zoom_to(self, zoom: float | None, anchor: QPointF) -> None:
        """`anchor` is what stays where it is in the widget."""
        before = self.scale
        self._zoom = zoom
        if zoom is None or not before:
            self._offset = QPointF()
        else:
            away = anchor - self._middle
            self._offset = away - (away - self._offset) * (zoom / before)
        self._keep_in_sight()
        self.update()
        self.zoom_changed.emit()

    def _keep_in_sight(self) -> None:
        edge = self._edge()
        for_x = max(0.0, (edge - self.width()) / 2)
        for_y = max(0.0, (edge - self.height()) / 2)
        x = min(for_x, max(-for_x, self._offset.x()))
        self._offset = QPointF(x, min(for_y, max(-for_y, self._offset.y())))

    @property
    def _middle(self) -> QPointF:
        return QPointF(self.width() / 2, self.height() / 2)

    @property
    def _native(self) -> int:
        picture = self._picture
        return 1 if picture is None else max(1, picture.width, picture.height)

    @property
    def _is_bitmap(self) -> bool:
        return self._picture is not None and self._picture.format != "svg"

    @property
    def _whole(self) -> bool:
        return self._native <= LARGEST_EDGE

    def _side(self) -> int:
        return max(1, min(self.width(), self.height()))

    def _fitted(self) -> float:
        return self._side() * self.devicePixelRatioF() / self._native

    def _edge(self) -> float:
        """Edge of the picture's square in device-independent pixels."""
        if self._zoom is None or self._picture is None:
            return self._side()
        return self._native * self._zoom / self.devicePixelRatioF()

    def _wanted(self) -> tuple[int, float]:
        """The size and ratio to ask the loader for."""
        ratio = self.devicePixelRatioF()
        if self._zoom is None or self._picture is None:
            side = self._side()
            return (side, ratio) if side * ratio <= LARGEST_EDGE else (LARGEST_EDGE, 1.0)
        edge = self._native * self._zoom
        if self._is_bitmap:
            edge = min(edge, self._native)
        return max(1, min(LARGEST_EDGE, round(edge))), 1.0

    # -- painting ----------------------------------------------------------------------------

    def _pixmap(self) -> tuple[QPixmap | None, bool]:
        """What to draw, and whether it is what was asked for."""
        if not self._address.url:
            return None, False
        view = self._loader.icon(self._address, *self._wanted())
        if view.pixmap is not None:
            self._shown = (self._address.url, view.pixmap)
            return view.pixmap, True
        if view.state not in (IconState.READY, IconState.STALE):
            return None, False
        self._again.start()
        if self._shown is None or self._shown[0] != self._address.url:
            return None, False
        return self._shown[1], False

    def paintEvent(self, event: QPaintEvent) -> None:
        pixmap, exact = self._pixmap()
        painter = QPainter(self)
        if pixmap is not None:
            square = self._square(painter)
            painter.save()
            clip_to(painter, square, self.look.mask)
            pixels = exact and self._is_bitmap and self._zoom is not None and self._zoom >= 1
            smooth = not (pixels and self._whole)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
            painter.drawPixmap(square, pixmap, QRectF(pixmap.rect()))
            painter.restore()
            if self.has_grid:
                self._draw_grid(painter, square)
        if self._has_frame:
            painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Highlight), 2))
            painter.drawRect(self.rect().adjusted(1, 1, -1, -1))
        painter.end()

    def _square(self, painter: QPainter) -> QRectF:
        """Where the picture is drawn, its corner on a pixel of the screen."""
        edge = self._edge()
        corner = self._middle + self._offset - QPointF(edge / 2, edge / 2)
        transform = painter.deviceTransform()
        on_screen = transform.map(corner)
        snapped = QPointF(on_screen.toPoint())
        corner += (snapped - on_screen) / self.devicePixelRatioF()
        return QRectF(corner.x(), corner.y(), edge, edge)

    def _draw_grid(self, painter: QPainter, square: QRectF) -> None:
        assert self._picture is not None
        step = square.width() / self._native
        left = square.left() + (self._native - self._picture.width) // 2 * step
        top = square.top() + (self._native - self._picture.height) // 2 * step
        area = QRectF(left, top, self._picture.width * step, self._picture.height * step)
        seen = area & QRectF(self.rect())
        pen = QPen(_GRID, 0)
        painter.setPen(pen)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        for column in range(self._picture.width + 1):
            x = left + column * step
            if seen.left() <= x <= seen.right():
                painter.drawLine(QPointF(x, seen.top()), QPointF(x, seen.bottom()))
        for row in range(self._picture.height + 1):
            y = top + row * step
            if seen.top() <= y <= seen.bottom():
                painter.drawLine(QPointF(seen.left(), y), QPointF(seen.right(), y))

    # -- mouse and keys ----------------------------------------------------------------------

    def sizeHint(self) -> QSize:
        return QSize(256, 256)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._keep_in_sight()
        self.zoom_changed.emit()

    def focusInEvent(self, event: QFocusEvent) -> None:
        by_key = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)
        self._has_frame = event.reason() in by_key
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._has_frame = False
        super().focusOutEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            event.ignore()
            return
        self._wheel += event.angleDelta().y()
        steps = int(self._wheel / _WHEEL_STEP)
        self._wheel -= steps * _WHEEL_STEP
        for _ in range(abs(steps)):
            self._step(1 if steps > 0 else -1, event.position())
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self._drag = event.position() - self._offset
            if self._edge() > self._side():
                self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._drag is not None:
            self._move_to(event.position() - self._drag)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._drag = None
        self.unsetCursor()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.look_requested.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        moves = {
            Qt.Key.Key_Left: QPoint(1, 0),
            Qt.Key.Key_Right: QPoint(-1, 0),
            Qt.Key.Key_Up: QPoint(0, 1),
            Qt.Key.Key_Down: QPoint(0, -1),
        }
        if key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.zoom_in()
        elif key == Qt.Key.Key_Minus:
            self.zoom_out()
        elif key == Qt.Key.Key_0:
            self.set_zoom(None)
        elif key == Qt.Key.Key_1:
            self.set_zoom(1)
        elif key == Qt.Key.Key_Space:
            self.look_requested.emit()
        elif key in moves and not event.modifiers() and self._edge() > self._side():
            self._move_to(self._offset + QPointF(moves[Qt.Key(key)] * _PAN_STEP))
        else:
            super().keyPressEvent(event)

    def _move_to(self, offset: QPointF) -> None:
        self._offset = offset
        self._keep_in_sight()
        self.update()
