"""The search field above the table, with the number of matches."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QCoreApplication, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QToolButton, QWidget

from gui import theme
from gui.text import number

AFTER_KEY_MILLISECONDS: Final = 30
"""Keys that come faster than this are searched for together."""


class SearchBar(QWidget):
    """Words to search for. Escape clears, Down goes to the table.

    Signals:
        words_changed(str): shortly after the last key.
        leave_requested(): the user wants to go on in the table.
    """

    words_changed = Signal(str)
    leave_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field = _Field(self)
        self.field.setPlaceholderText(self.tr("Search name, type, organization, icon URL and id"))
        self.field.setAccessibleName(self.tr("Search"))
        add_clear_button(self.field, self.tr("Clear the search"))
        self.field.setToolTip(self.tr("All words must occur, anywhere and in any case (Ctrl+F)"))
        symbol = self.field.addAction(
            theme.icon("search"), QLineEdit.ActionPosition.LeadingPosition
        )
        symbol.setText(self.tr("Go to the search"))
        symbol.setToolTip(self.tr("Search (Ctrl+F)"))
        symbol.triggered.connect(self.focus)
        theme.set_icon(symbol, "search")
        self.matches = QLabel()
        self.matches.setTextFormat(Qt.TextFormat.PlainText)
        self.matches.setAccessibleName(self.tr("Number of matches"))
        self.matches.hide()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self.field, 1)
        layout.addWidget(self.matches)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(AFTER_KEY_MILLISECONDS)
        self._timer.timeout.connect(lambda: self.words_changed.emit(self.words))
        self.field.textChanged.connect(lambda _: self._timer.start())
        self.field.leave_requested.connect(self.leave_requested)

    @property
    def words(self) -> str:
        return self.field.text().strip()

    def clear(self) -> None:
        """Empty the field and search for nothing, at once."""
        self.field.clear()
        self._timer.stop()
        self.words_changed.emit("")

    def focus(self) -> None:
        """Put the cursor into the field with its text selected."""
        self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.field.selectAll()

    def show_matches(self, count: int | None) -> None:
        """Show how many rows match; None hides it."""
        self.matches.setVisible(count is not None)
        if count is None:
            self.matches.clear()
        elif count == 1:
            self.matches.setText(self.tr("1 match"))
        else:
            self.matches.setText(self.tr("{count} matches").format(count=number(count)))


def add_clear_button(line: QLineEdit, name: str) -> None:
    """Give a line that searches a button that clears it, as Escape does, with a name."""
    line.setClearButtonEnabled(True)
    button = line.findChild(QToolButton)
    if button is not None:
        button.setAccessibleName(name)
        button.setToolTip(QCoreApplication.translate("SearchBar", "Clear (Escape)"))


class _Field(QLineEdit):
    leave_requested = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            if self.text():
                self.clear()
            else:
                self.leave_requested.emit()
            return
        if event.key() in {Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self.leave_requested.emit()
            return
        super().keyPressEvent(event)
