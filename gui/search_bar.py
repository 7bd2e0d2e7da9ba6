"""The search field above the table, with the number of matches and what is wrong with a query."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QCoreApplication, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QToolButton, QVBoxLayout, QWidget

from gui import theme
from gui.text import number

if TYPE_CHECKING:
    from PySide6.QtGui import QFocusEvent

    from db.query import QueryError
    from gui.findings import FindingLine

AFTER_KEY_MILLISECONDS: Final = 30
"""Keys that come faster than this are searched for together."""
ROW_HEIGHT: Final = 28
"""In px, that of the buttons beside it: the field stays in its place when a line comes under it."""
PROBLEM_MILLISECONDS: Final = 600
"""After how long a pause in typing it is said what is wrong: half a query often is."""


class SearchBar(QWidget):
    """A query to search for. Escape clears, Down goes to the table.

    Attributes:
        step: called with 1 for an earlier query, with -1 for a later one, when Up or Down is
            pressed; returns whether there was one.
        is_helped: called for whether something is offered to complete the query; then it is not
            said that it is incomplete.
        problem: the line under the field that says what is wrong; None until something was.

    Signals:
        words_changed(str): another query that means something, shortly after the last key.
        query_done(str): a query that was left, or ended with Enter.
        leave_requested(): the user wants to go on in the table.
    """

    words_changed = Signal(str)
    query_done = Signal(str)
    leave_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.problem: FindingLine | None = None
        self.step: Callable[[int], bool] = lambda _: False
        self.is_helped: Callable[[], bool] = lambda: False
        self._words = ""
        self._error: QueryError | None = None
        self.field = _Field(self)
        self.field.setPlaceholderText(self.tr("Search name, type, organization, icon URL and id"))
        self.field.setAccessibleName(self.tr("Search"))
        add_clear_button(self.field, self.tr("Clear the search"))
        self.field.setToolTip(
            self.tr("All words must occur, anywhere and in any case (Ctrl+F); F1 tells more")
        )
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
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addStrut(ROW_HEIGHT)
        row.addWidget(self.field, 1)
        row.addWidget(self.matches)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(2)
        self._column.addLayout(row)
        self._column.addStretch(1)
        self._timer = self._after(AFTER_KEY_MILLISECONDS, self._take)
        self._problem_timer = self._after(PROBLEM_MILLISECONDS, self._show_problem)
        self.field.textChanged.connect(lambda _: self._timer.start())
        self.field.leave_requested.connect(self._leave)
        self.field.left.connect(self._done)
        self.field.step_requested.connect(self._step)

    def _after(self, milliseconds: int, call: Callable[[], None]) -> QTimer:
        timer = QTimer(self, singleShot=True, interval=milliseconds)
        timer.timeout.connect(call)
        return timer

    @property
    def words(self) -> str:
        """The last query that meant something."""
        return self._words

    def set_query(self, text: str) -> None:
        """Search for something else, at once."""
        self.field.setText(text)
        self.field.setCursorPosition(len(text))
        self._take()

    def clear(self) -> None:
        """Empty the field and search for nothing, at once."""
        self.field.clear()
        self._take()

    def focus(self) -> None:
        """Put the cursor into the field with its text selected."""
        self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.field.selectAll()

    def _take(self) -> None:
        """Search for what stands in the field, if it means something."""
        self._timer.stop()
        words = self.field.text().strip()
        self._error = _error_in(self.field.text())
        if self._error is not None:
            self._problem_timer.start()
            return
        self._problem_timer.stop()
        self._clear_problem()
        self._words = words
        self.words_changed.emit(words)

    def _leave(self) -> None:
        self._take()
        if self._error is None:
            self.leave_requested.emit()
        else:
            self._show_problem()

    def _done(self) -> None:
        if self._words:
            self.query_done.emit(self._words)

    def _step(self, step: int) -> None:
        if not self.step(step) and step < 0:
            self._leave()

    # -- what is wrong -------------------------------------------------------------------------

    def _show_problem(self) -> None:
        self._problem_timer.stop()
        error = self._error
        if error is None:
            return
        if self.is_helped():
            self._problem_timer.start()
            return
        from gui.findings import Finding, FindingLine
        from gui.search_mark import mark
        from gui.text import sentence

        if self.problem is None:
            self.problem = FindingLine()
            self._column.insertWidget(1, self.problem)
        words = sentence(error)
        self.problem.show_finding(Finding("error", words))
        self.field.setAccessibleDescription(words)
        mark(self.field, error.start, error.end)

    def _clear_problem(self) -> None:
        if self.problem is None or self.problem.isHidden():
            return
        from gui.search_mark import mark

        self.problem.show_finding(None)
        self.field.setAccessibleDescription("")
        mark(self.field, 0, 0)

    def show_matches(self, count: int | None) -> None:
        """Show how many rows match; None hides it."""
        self.matches.setVisible(count is not None)
        if count is None:
            self.matches.clear()
        elif count == 1:
            self.matches.setText(self.tr("1 match"))
        else:
            self.matches.setText(self.tr("{count} matches").format(count=number(count)))


def _error_in(text: str) -> QueryError | None:
    if not text.strip():
        return None  # which the first rows need no parser to know
    from db.query import QueryError, parse

    try:
        parse(text)
    except QueryError as error:
        return error
    return None


def add_clear_button(line: QLineEdit, name: str) -> None:
    """Give a line that searches a button that clears it, as Escape does, with a name."""
    line.setClearButtonEnabled(True)
    button = line.findChild(QToolButton)
    if button is not None:
        button.setAccessibleName(name)
        button.setToolTip(QCoreApplication.translate("SearchBar", "Clear (Escape)"))


class _Field(QLineEdit):
    """Signals: leave_requested(), left(), step_requested(int).

    Attributes:
        is_for_list: called for whether a key is for the list of completions that is open.
    """

    leave_requested = Signal()
    left = Signal()
    step_requested = Signal(int)
    is_for_list: Callable[[int], bool] = staticmethod(lambda _: False)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self.is_for_list(event.key()):
            event.ignore()
            return
        if event.key() == Qt.Key.Key_Escape:
            if self.text():
                self.clear()
            else:
                self.leave_requested.emit()
            return
        if event.key() == Qt.Key.Key_Up:
            self.step_requested.emit(1)
            return
        if event.key() == Qt.Key.Key_Down:
            self.step_requested.emit(-1)
            return
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self.left.emit()
            self.leave_requested.emit()
            return
        super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() != Qt.FocusReason.PopupFocusReason:
            self.left.emit()
