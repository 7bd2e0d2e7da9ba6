"""The editor of metadata: JSON laid out to be read, stored as it was given unless it is edited."""

from __future__ import annotations

import re
from typing import Final

from PySide6.QtCore import QMimeData, QSignalBlocker, QTimer
from PySide6.QtGui import QFontDatabase, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QPlainTextEdit, QTextEdit

from db.errors import Problem
from db.fields import Field, Value, csv_text
from db.metadata import json_problem, pretty
from gui import theme
from gui.field_editors import FieldEditor

METADATA_LIMIT: Final = 400_000
"""Characters above which metadata is shown cut: 300,000 take up to 0.2 s to lay out."""
WAIT_ABOVE: Final = 20_000
"""Characters above which metadata is laid out only when one stays on the record."""
WAIT_MS: Final = 120
WRAP_LIMIT: Final = 1_000
"""Characters of a line above which lines are not wrapped: Qt needs 13 s to wrap a word of 300,000
characters, and 0.2 s to lay it out without."""
CUT_LENGTH: Final = 4_000
_BLANKS: Final = re.compile(r'("(?:[^"\\]|\\.)*")|[ \t\r\n]+')


class MetadataField(FieldEditor):
    """JSON in a text editor, one value on each line."""

    input: QPlainTextEdit

    def __init__(self, field: Field) -> None:
        self._laid_out = ""
        self._waiting = False
        super().__init__(field, _JsonEdit())
        self._timer = QTimer(self, singleShot=True, interval=WAIT_MS)
        self._timer.timeout.connect(self._lay_text_out)
        self.input.textChanged.connect(self._on_edited)

    @property
    def touched(self) -> bool:
        return not self._waiting and super().touched

    def text(self) -> str:
        return self.input.toPlainText()

    def problem(self) -> Problem | None:
        """Why the text is no JSON, or None; the stored text is not looked at unless shown."""
        if self._waiting or self.is_cut or not self.text().strip():
            return None
        return json_problem(self.text())

    def mark_line(self, number: int) -> None:
        """Underline a line (from 1) as the place of an error; 0 takes the mark away."""
        marks: list[QTextEdit.ExtraSelection] = []
        block = self.input.document().findBlockByNumber(number - 1)
        if number > 0 and block.isValid():
            mark = QTextEdit.ExtraSelection()
            mark.cursor = QTextCursor(block)
            mark.cursor.movePosition(
                QTextCursor.MoveOperation.EndOfBlock, QTextCursor.MoveMode.KeepAnchor
            )
            mark.format.setUnderlineStyle(QTextCharFormat.UnderlineStyle.WaveUnderline)
            mark.format.setUnderlineColor(theme.colors().error)
            marks.append(mark)
        self.input.setExtraSelections(marks)

    def revert(self) -> None:
        self._laid_out = ""
        self._waiting = WAIT_ABOVE < len(csv_text(self._stored)) <= METADATA_LIMIT
        super().revert()
        if self._waiting:
            self._timer.start()
        else:
            self._timer.stop()

    def _lay_text_out(self) -> None:
        self._waiting = False
        self._show()
        self._refresh()

    def _limit(self) -> int:
        return METADATA_LIMIT

    def _shown(self) -> str:
        if self._replaced:
            return ""
        if not self._laid_out:
            text = csv_text(self._stored)
            self._laid_out = text if json_problem(text) else pretty(text)
        return self._laid_out

    def _show(self) -> None:
        if self._waiting:
            self._set_text("")
        elif self.is_cut:
            self._set_text(csv_text(self._stored)[:CUT_LENGTH])
        else:
            self._set_text(self._shown())

    def _set_text(self, text: str) -> None:
        with QSignalBlocker(self.input):
            self.input.clear()  # first: what is there would be wrapped anew
            wrap_by_length(self.input, text)
            self.input.setPlainText(text)

    def _refresh(self) -> None:
        super()._refresh()
        if self._waiting:
            self.input.setReadOnly(True)
            self.input.setPlaceholderText(self.tr("Loading…"))

    def set_empty(self, value: Value) -> None:
        self._waiting = False
        self._timer.stop()
        super().set_empty(None)
        if value is not None:
            self._set_text("null" if isinstance(value, bytes) else '""')
            self._refresh()

    def _empty_of(self, value: Value) -> Value:
        return None

    def _typed(self, text: str) -> Value:
        return None if not text.strip() else _BLANKS.sub(lambda found: found[1] or "", text)

    def _update_menu(self) -> None:
        super()._update_menu()
        if not self._waiting:
            words = self.text().strip()
            for action, state in zip(self._states.actions(), ("", "null", '""'), strict=True):
                action.setChecked(words == state)


class _JsonEdit(QPlainTextEdit):
    def __init__(self) -> None:
        super().__init__()
        self.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.setTabChangesFocus(True)
        self.setMinimumHeight(9 * self.fontMetrics().lineSpacing())

    def insertFromMimeData(self, source: QMimeData) -> None:
        wrap_by_length(self, source.text())
        super().insertFromMimeData(source)


def wrap_by_length(editor: QPlainTextEdit, text: str) -> None:
    """Wrap the lines of `text`, which the editor is about to show, unless one is very long."""
    long = max(map(len, text.splitlines()), default=0) > WRAP_LIMIT
    mode = QPlainTextEdit.LineWrapMode
    editor.setLineWrapMode(mode.NoWrap if long else mode.WidgetWidth)
