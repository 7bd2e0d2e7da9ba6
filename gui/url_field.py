"""The field of the icon URL: takes addresses, files and pictures, pasted or dropped."""

from __future__ import annotations

from collections.abc import Callable
from os.path import commonprefix
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtGui import (
    QDragEnterEvent,
    QDragMoveEvent,
    QDropEvent,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
)
from PySide6.QtWidgets import QLineEdit, QMenu

from db.fields import Field
from gui import theme
from gui.drop_zone import accept_copy
from gui.field_editors import LineField
from gui.icon_drop import is_more_than_text


class UrlLine(QLineEdit):
    """Takes text as any line does, and leaves to others what is more than that.

    Signals:
        offered(QMimeData): something was dropped or pasted that is to replace the whole address.
    """

    offered = Signal(object)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        self._drag(event, super().dragEnterEvent)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        self._drag(event, super().dragMoveEvent)

    def dropEvent(self, event: QDropEvent) -> None:
        self._drag(event, super().dropEvent)
        if event.isAccepted() and self._replaces(event):
            self.offered.emit(event.mimeData())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Paste) and not self.isReadOnly():
            mime = QGuiApplication.clipboard().mimeData()
            if is_more_than_text(mime):
                self.offered.emit(mime)
                return
        super().keyPressEvent(event)

    def _replaces(self, event: QDropEvent) -> bool:
        """Whether it is an address or a picture, and not a text to be put in between."""
        return event.mimeData().hasUrls() or is_more_than_text(event.mimeData())

    def _drag(self, event: Any, usual: Callable[[Any], None]) -> None:
        if not self._replaces(event):
            usual(event)
        elif self.isReadOnly():
            event.ignore()
        else:
            accept_copy(event)


class UrlField(LineField):
    """The icon URL.

    Signals:
        offered(QMimeData): as of `UrlLine`.
        file_wanted(): the user wants to choose a picture file.

    Attributes:
        came_whole: the last change put in more than one letter: it was pasted, dropped or undone,
            and is not being typed.
    """

    offered = Signal(object)
    file_wanted = Signal()

    def __init__(self, field: Field) -> None:
        self.came_whole = False
        self._last_text = ""
        line = UrlLine()
        super().__init__(field, line)
        line.offered.connect(self.offered)

    def _on_edited(self) -> None:
        text = self.text()
        self.came_whole = _inserted(self._last_text, text) > 1
        self._last_text = text
        super()._on_edited()

    def _make_menu(self) -> QMenu:
        menu = super()._make_menu()
        menu.addSeparator()
        self._paste_action = menu.addAction(self.tr("Paste Picture"))
        self._paste_action.triggered.connect(
            lambda: self.offered.emit(QGuiApplication.clipboard().mimeData())
        )
        self._file_action = menu.addAction(self.tr("Set from File…"))
        self._file_action.triggered.connect(self.file_wanted)
        theme.set_icon(self._file_action, "open")
        return menu

    def _update_menu(self) -> None:
        super()._update_menu()
        mime = QGuiApplication.clipboard().mimeData()
        writable = not self._read_only
        self._paste_action.setEnabled(writable and is_more_than_text(mime))
        self._file_action.setEnabled(writable)


def _inserted(before: str, after: str) -> int:
    """How many letters were put in, in one place, to make one text of the other."""
    start = len(commonprefix([before, after]))  # noqa: RUF071  texts, not paths
    before, after = before[start:], after[start:]
    end = len(commonprefix([before[::-1], after[::-1]]))  # noqa: RUF071
    return len(after) - end
