"""One icon large, in a window of its own that follows what is chosen."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QDialog, QLabel, QVBoxLayout, QWidget

from db.addresses import Address
from gui.dialog_parts import fit_to_screen
from gui.icon_controls import ViewControls
from gui.icon_facts import IconState, IconView
from gui.icon_stage import GAP, Look, StateWords, draw_ground
from gui.icon_zoom import Source, ZoomView

_SIZE: Final = (640, 700)


class LookDialog(QDialog):
    """A quick look: Space or Escape closes it, Alt+Up and Alt+Down go on.

    Signals:
        look_changed(Look): another background or mask was chosen here.
        moved(int): the icon before (-1), or the one after (1), is wanted.
    """

    look_changed = Signal(object)
    moved = Signal(int)

    def __init__(self, loader: Source, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Icon"))
        self._loader = loader
        self._ground = _Ground(loader)
        self.view = self._ground.view
        self.words = self._ground.words
        self.controls = ViewControls(self.view, percent=True)
        self.caption = QLabel()
        self.caption.setTextFormat(Qt.TextFormat.PlainText)
        self.caption.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 6, 8, 8)
        column.addWidget(self.controls)
        column.addWidget(self._ground, 1)
        column.addWidget(self.caption)
        fit_to_screen(self, QSize(*_SIZE))
        self.controls.look_changed.connect(self.look_changed)
        self.view.look_requested.connect(self.close)
        loader.changed.connect(self._on_changed)

    def show_icon(self, address: Address, caption: str) -> None:
        """Show another icon; `caption` is what is known of it, on one line."""
        self.caption.setText(caption)
        self.view.show_address(address)
        self._update()

    def set_look(self, look: Look) -> None:
        """Look at it on this background, with this mask."""
        self.controls.set_look(look)
        self._ground.set_look(look)

    @Slot(object)
    def _on_changed(self, urls: frozenset[str]) -> None:
        if self.view.address.url in urls:
            self._update()

    def _update(self) -> None:
        view = self._loader.icon(self.view.address, 16, self.devicePixelRatioF())
        self.controls.show_in_tiles(view.pixmap)
        self._ground.show_state(view)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        moves = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
        if event.key() == Qt.Key.Key_Space:
            self.close()
        elif event.key() in moves and event.modifiers() & Qt.KeyboardModifier.AltModifier:
            self.moved.emit(moves[Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)


class _Ground(QWidget):
    """The background that the picture lies on, or the words in its place."""

    def __init__(self, loader: Source) -> None:
        super().__init__()
        self._look = Look()
        self.view = ZoomView(loader, self)
        self.words = StateWords(self)
        self.words.hide()

    def set_look(self, look: Look) -> None:
        self._look = look
        self.view.set_look(look)
        self.update()

    def show_state(self, view: IconView) -> None:
        has_picture = view.state in (IconState.READY, IconState.STALE)
        self.words.show_view(view)
        self.words.setVisible(not has_picture)
        self.view.setVisible(has_picture)
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        inside = self.rect().adjusted(GAP, GAP, -GAP, -GAP)
        self.view.setGeometry(inside)
        self.words.setGeometry(inside)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        draw_ground(painter, QRectF(self.rect()), None if self.view.isHidden() else self._look)
        painter.end()
