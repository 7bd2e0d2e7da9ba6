"""What stands in the middle: the rows, or a page that says why there are none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QStackedWidget, QWidget

from gui.text import one_line

if TYPE_CHECKING:
    from gui.empty_state import EmptyState

LEAST_WIDTH: Final = 280
"""In px: the window then fits a screen of 960 px (1920 at 200 %)."""


class RowPages(QStackedWidget):
    """Shows the rows until it learns that there are none.

    Attributes:
        rows: the view of the rows.
        no_match, empty: the pages without rows, made by `make_states`.
    """

    no_match: EmptyState
    empty: EmptyState

    def __init__(self, rows: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows = rows
        self._is_whole = False
        self.setMinimumWidth(LEAST_WIDTH)  # whatever its empty pages would like
        self.addWidget(rows)

    def make_states(self, start_actions: Sequence[QAction], clear: Callable[[], object]) -> None:
        """Make the pages without rows: with what one may start with, or a way to see all rows."""
        from gui.empty_state import EmptyState

        self._clear = QAction(self.tr("Clear search"), self)
        self._clear.triggered.connect(lambda: clear())
        self.no_match = EmptyState("search", self.tr("No integration matches"), "", [self._clear])
        self.empty = EmptyState(
            "table",
            self.tr("This catalogue is empty"),
            self.tr("Import a CSV file, open another catalogue, or look around in a sample."),
            start_actions,
        )
        for page in (self.no_match, self.empty):
            self.addWidget(page)
        self._is_whole = True

    def show_rows(self) -> None:
        """There are rows, or they are being looked for."""
        self.setCurrentWidget(self.rows)

    def show_instead(self, rows: QWidget) -> None:
        """Show the rows in another view from now on."""
        if self.indexOf(rows) < 0:
            self.addWidget(rows)
        was_shown = self.currentWidget() is self.rows
        self.rows = rows
        if was_shown:
            self.show_rows()

    def show_none(self, words: str, org_id: str | None) -> None:
        """There are no rows, because of these words in this organization, or of neither."""
        if not self._is_whole:
            return
        if not words and org_id is None:
            self.setCurrentWidget(self.empty)
            return
        self.no_match.set_words(self.tr("No integration matches"), self._why(words, org_id))
        self._clear.setText(self.tr("Clear Search") if words else self.tr("Show All Organizations"))
        self.setCurrentWidget(self.no_match)

    def _why(self, words: str, org_id: str | None) -> str:
        words = one_line(words, 60)
        if not words:
            return self.tr("This organization has no integrations yet.")
        if org_id is None:
            return self.tr("Nothing matches “{words}”.").format(words=words)
        return self.tr("Nothing in this organization matches “{words}”.").format(words=words)
