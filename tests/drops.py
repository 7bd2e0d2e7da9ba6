"""Drags and drops as the window system delivers them."""

from __future__ import annotations

from PySide6.QtCore import QMimeData, QPoint, Qt
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QWidget

_BOTH = Qt.DropAction.CopyAction | Qt.DropAction.MoveAction
_BUTTON = Qt.MouseButton.LeftButton
_NO_KEY = Qt.KeyboardModifier.NoModifier


def drag(widget: QWidget, at: QPoint, mime: QMimeData) -> bool:
    """Enter and move over a place; whether it can be dropped there."""
    QApplication.sendEvent(widget, QDragEnterEvent(at, _BOTH, mime, _BUTTON, _NO_KEY))
    move = QDragMoveEvent(at, _BOTH, mime, _BUTTON, _NO_KEY)
    move.ignore()
    QApplication.sendEvent(widget, move)
    return move.isAccepted()


def leave(widget: QWidget) -> None:
    """The drag goes on elsewhere."""
    QApplication.sendEvent(widget, QDragLeaveEvent())


def drop(widget: QWidget, at: QPoint, mime: QMimeData) -> bool:
    """Drag to a place and drop; whether it was taken, which is never a move."""
    drag(widget, at, mime)
    event = QDropEvent(at.toPointF(), _BOTH, mime, _BUTTON, _NO_KEY)
    event.ignore()
    QApplication.sendEvent(widget, event)
    assert not event.isAccepted() or event.dropAction() == Qt.DropAction.CopyAction
    return event.isAccepted()
