"""What a view shows when it has nothing to show: a symbol, what that means, and what to do."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, Qt, Slot
from PySide6.QtGui import QAction, QFont, QPixmap
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from gui import theme

SYMBOL_SIZE = 48
TEXT_WIDTH = 380


class EmptyState(QWidget):
    """A symbol, a heading, a sentence, and a button for each action.

    The buttons do what their actions do, share their shortcuts' names in tooltips, and follow them
    when they are disabled. The first one is the default and takes the focus.
    """

    def __init__(
        self,
        symbol: str,
        heading: str,
        sentence: str,
        actions: Sequence[QAction] = (),
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._name = symbol
        self._symbol = QLabel(alignment=Qt.AlignmentFlag.AlignCenter)
        self._heading = _words(heading)
        font = QFont(self._heading.font())
        font.setPointSizeF(font.pointSizeF() * 1.25)
        font.setWeight(QFont.Weight.DemiBold)
        self._heading.setFont(font)
        self._sentence = _words(sentence)
        self.buttons = [_ActionButton(action, self) for action in actions]
        self._lay_out()
        self._tint()
        self._describe()

    @property
    def heading(self) -> str:
        return self._heading.text()

    @property
    def sentence(self) -> str:
        return self._sentence.text()

    @property
    def symbol(self) -> QPixmap:
        """The picture above the heading, in the colours in use."""
        return self._symbol.pixmap()

    def set_words(self, heading: str, sentence: str) -> None:
        """Say something else, as plain text."""
        self._heading.setText(heading)
        self._sentence.setText(sentence)
        self._describe()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._tint()

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addStretch()
        for button in self.buttons:
            row.addWidget(button)
        row.addStretch()
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(6)
        column.addStretch(2)
        column.addWidget(self._symbol)
        column.addSpacing(6)
        for label in (self._heading, self._sentence):
            middle = QHBoxLayout()
            middle.addStretch(1)
            middle.addWidget(label, 1000)
            middle.addStretch(1)
            column.addLayout(middle)
        column.addSpacing(8)
        column.addLayout(row)
        column.addStretch(3)
        if self.buttons:
            self.setFocusProxy(self.buttons[0])

    def _describe(self) -> None:
        self.setAccessibleName(self.heading)
        self.setAccessibleDescription(self.sentence)
        self._sentence.setVisible(bool(self.sentence))

    def _tint(self) -> None:
        ratio = self.devicePixelRatioF()
        muted = theme.colors().muted
        self._symbol.setPixmap(theme.symbol(self._name, SYMBOL_SIZE, ratio, muted))


def _words(text: str) -> QLabel:
    label = QLabel(alignment=Qt.AlignmentFlag.AlignCenter)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    label.setText(text)
    label.setMaximumWidth(TEXT_WIDTH)
    policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
    policy.setHeightForWidth(True)
    label.setSizePolicy(policy)
    return label


class _ActionButton(QPushButton):
    """A button that does what its action does and looks like it."""

    def __init__(self, action: QAction, parent: QWidget) -> None:
        super().__init__(parent)  # without one, setVisible would open it as a window
        self._action = action
        self.setAutoDefault(True)
        self.clicked.connect(action.trigger)
        action.changed.connect(self._follow)  # a method: disconnected when the button goes
        self._follow()

    @Slot()
    def _follow(self) -> None:
        action = self._action
        self.setText(action.text())
        self.setIcon(action.icon())
        self.setEnabled(action.isEnabled())
        self.setVisible(action.isVisible())
        self.setToolTip(action.toolTip())
        self.setAccessibleName(action.iconText())
