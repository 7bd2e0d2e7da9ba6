"""Drags and drops as the window system delivers them."""

from __future__ import annotations

from PySide6.QtCore import QLibraryInfo, QMimeData, QPoint, QPointF, Qt, QVersionNumber
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QWidget

_BOTH = Qt.DropAction.CopyAction | Qt.DropAction.MoveAction
_BUTTON = Qt.MouseButton.LeftButton
_NO_KEY = Qt.KeyboardModifier.NoModifier
_TAKES_FRACTIONS = QLibraryInfo.version() >= QVersionNumber(6, 12)
"""From then on whole pixels are deprecated; before, they are all that drags take."""


def _place(at: QPoint) -> QPoint | QPointF:
    return at.toPointF() if _TAKES_FRACTIONS else at


def _enter(widget: QWidget, at: QPoint, mime: QMimeData) -> bool:
    """Whether the widget has an interest: else Qt gives what follows to the last one that had,
    which may be gone."""
    enter = QDragEnterEvent(_place(at), _BOTH, mime, _BUTTON, _NO_KEY)
    enter.ignore()
    QApplication.sendEvent(widget, enter)
    return enter.isAccepted()


def drag(widget: QWidget, at: QPoint, mime: QMimeData) -> bool:
    """Enter and move over a place; whether it can be dropped there."""
    return _enter(widget, at, mime) and _move(widget, at, mime)


def _move(widget: QWidget, at: QPoint, mime: QMimeData) -> bool:
    move = QDragMoveEvent(_place(at), _BOTH, mime, _BUTTON, _NO_KEY)
    move.ignore()
    QApplication.sendEvent(widget, move)
    return move.isAccepted()


def leave(widget: QWidget) -> None:
    """The drag goes on elsewhere."""
    QApplication.sendEvent(widget, QDragLeaveEvent())


def drop(widget: QWidget, at: QPoint, mime: QMimeData) -> bool:
    """Drag to a place and drop; whether it was taken, which is never a move."""
    if not _enter(widget, at, mime):
        return False
    _move(widget, at, mime)
    event = QDropEvent(at.toPointF(), _BOTH, mime, _BUTTON, _NO_KEY)
    event.ignore()
    QApplication.sendEvent(widget, event)
    assert not event.isAccepted() or event.dropAction() == Qt.DropAction.CopyAction
    return event.isAccepted()
