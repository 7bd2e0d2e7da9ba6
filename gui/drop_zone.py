"""Lets a widget take what can be an icon: marks the place under the cursor, and says what it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QDragMoveEvent, QDropEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractScrollArea, QWidget

from gui.icon_drop import may_hold

if TYPE_CHECKING:
    from PySide6.QtCore import QMimeData

_EDGE: Final = 24
"""Of what can be scrolled, in px: there a drag scrolls on, the faster the nearer to the end."""
_SCROLL_MS: Final = 30
_MARK_WIDTH: Final = 2
"""Of the frame around the place, in px."""


class Place(NamedTuple):
    """Where something can be dropped: what is marked, what is said, and what takes it."""

    rect: QRect
    words: str
    take: Callable[[QMimeData], Any]


class DropZone(QObject):
    """Watches a widget (of an item view: its viewport) for drags.

    Args:
        find: the place at a position in the widget; None where nothing can be dropped.

    Signals:
        said(str): what a drop would do; "" when the drag is over.
    """

    said = Signal(str)

    def __init__(self, widget: QWidget, find: Callable[[QPoint], Place | None]) -> None:
        super().__init__(widget)
        self._widget = widget
        self._find = find
        self._said = ""
        self._mark = _Mark(widget)
        self._at = QPoint()
        self._scroll = QTimer(self, interval=_SCROLL_MS)
        self._scroll.timeout.connect(self._scroll_on)
        widget.setAcceptDrops(True)
        widget.installEventFilter(self)

    @property
    def marked(self) -> QRect | None:
        """What is marked; None when nothing is."""
        return None if self._mark.isHidden() else self._mark.geometry()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QDragMoveEvent):  # of which entering is one too
            self._move(event)
        elif event.type() == QEvent.Type.DragLeave:
            self._scroll.stop()
            self._show(None)
        elif isinstance(event, QDropEvent):
            self._drop(event)
        else:
            return False
        return True

    def _place(self, event: QDropEvent) -> Place | None:
        copies = event.possibleActions() & Qt.DropAction.CopyAction
        links = event.possibleActions() & Qt.DropAction.LinkAction
        if not (copies or links) or not may_hold(event.mimeData()):
            return None
        return self._find(event.position().toPoint())

    def _move(self, event: QDragMoveEvent) -> None:
        self._at = event.position().toPoint()
        if self._step() and may_hold(event.mimeData()):
            self._scroll.start()
        place = self._place(event)
        self._show(place)
        if place is None:
            # What comes in at one place may move on to another: entering is never refused.
            event.setAccepted(event.type() == QEvent.Type.DragEnter and may_hold(event.mimeData()))
        else:
            accept_copy(event)

    def _step(self) -> int:
        """How many px to scroll on: at the upper and lower edge of what can be scrolled."""
        height = self._widget.height()
        if not isinstance(self._widget.parent(), QAbstractScrollArea) or height < 4 * _EDGE:
            return 0
        below = self._at.y() - (height - _EDGE)
        return max(below, 0) - max(_EDGE - self._at.y(), 0)

    def _scroll_on(self) -> None:
        view, step = self._widget.parent(), self._step()
        if not step or not isinstance(view, QAbstractScrollArea):
            self._scroll.stop()
            return
        bar = view.verticalScrollBar()
        bar.setValue(bar.value() + step)
        self._show(self._find(self._at))

    def _drop(self, event: QDropEvent) -> None:
        self._scroll.stop()
        place = self._place(event)
        self._show(None)
        if place is None:
            event.ignore()
            return
        accept_copy(event)
        place.take(event.mimeData())

    def _show(self, place: Place | None) -> None:
        if place is None:
            self._mark.hide()
        else:
            self._mark.setGeometry(place.rect)
            self._mark.raise_()
            self._mark.show()
        words = "" if place is None else place.words
        if words != self._said:
            self._said = words
            self.said.emit(words)


class _Mark(QWidget):
    """A frame around the place, which hides nothing of it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(QPen(self.palette().highlight(), _MARK_WIDTH))
        inset = _MARK_WIDTH // 2
        painter.drawRect(self.rect().adjusted(inset, inset, -inset, -inset))
        painter.end()


def accept_copy(event: QDropEvent) -> None:
    """Take a copy, whatever was proposed: a file must never be moved away."""
    copies = event.possibleActions() & Qt.DropAction.CopyAction
    event.setDropAction(Qt.DropAction.CopyAction if copies else Qt.DropAction.LinkAction)
    event.accept()
