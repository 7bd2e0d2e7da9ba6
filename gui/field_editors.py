"""Editors of one field each: what is stored, what was typed, and what is doubtful about it.

An editor never changes what it was given unless the user does: a value that is only shown comes
back as it was stored, whatever its form on screen. Absent, null and empty text are told apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QAction, QActionGroup, QContextMenuEvent, QKeySequence
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLineEdit,
    QMenu,
    QPlainTextEdit,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from db.fields import NULL, Field, Value, csv_text, is_blank, typed
from gui import theme
from gui.findings import Finding, FindingLine
from gui.suggestions import SuggestionCompleter, Suggestions
from gui.text import cut, field_title, number, plain_tooltip

LINE_LIMIT: Final = 20_000
"""Characters of a text on one line above which it is shown cut: at 20,000 Qt lays it out in 8 ms
for each key pressed, at 300,000 in 113 ms."""
CUT_LENGTH: Final = 400


class FieldEditor(QWidget):
    """An input, a menu for what cannot be typed, and a line for a finding.

    Signals:
        edited: the value is another one, or is again what it was.
    """

    edited = Signal()

    def __init__(self, field: Field, box: QLineEdit | QPlainTextEdit) -> None:
        super().__init__()
        self.field = field
        self.title = field_title(field.name)
        self.input = box
        self.finding: Finding | None = None
        self._stored: Value = None
        self._seen: Value = None
        self._expected: list[Value] = []
        self._empty: Value = None
        self._replaced = False
        self._read_only = False
        self.menu = self._make_menu()
        self._line = FindingLine()
        self._lay_out()
        box.setAccessibleName(self.title)
        box.installEventFilter(self)

    @property
    def stored(self) -> Value:
        return self._stored

    @property
    def seen(self) -> Value:
        """What was stored when the user began to edit it."""
        return self._seen

    def see(self, value: Value) -> None:
        """What was typed was typed where this value was seen."""
        self._seen = value

    def expect(self, value: Value) -> None:
        """This value of the user's is being stored: it comes back as what is stored."""
        self._expected.append(value)

    @property
    def touched(self) -> bool:
        """Whether the user made it another value than the stored one."""
        if self.is_cut:
            return False
        text = self.text()
        if text != self._shown():
            return True
        return not text and not _same(self._empty, self._empty_of(self._stored))

    @property
    def is_cut(self) -> bool:
        """Whether the stored text is too long to be edited here."""
        return not self._replaced and len(csv_text(self._stored)) > self._limit()

    def value(self) -> Value:
        """What is to be stored: the stored value itself unless the user changed it."""
        if not self.touched:
            return self._stored
        text = self.text()
        return self._typed(text) if text else self._empty

    def draft(self) -> Value:
        """What `fill` makes the input again what it is now."""
        return self.text() or self._empty

    def text(self) -> str:
        """The text in the input."""
        raise NotImplementedError

    def set_stored(self, value: Value) -> None:
        """Show another record's value; what was typed is gone."""
        self._stored = value
        self.revert()

    def rebase(self, value: Value) -> None:
        """The same record holds another value now; what was typed stays."""
        if not self.touched:
            if not _same(value, self._stored):
                self.set_stored(value)
            return
        if _same(self.value(), value):
            self._replaced = False
            self.set_stored(value)
        else:
            self._stored = value
            if any(_same(value, own) for own in self._expected):
                self._seen = value
            self.edited.emit()

    def revert(self) -> None:
        """Show the stored value again."""
        self._replaced = False
        self._seen = self._stored
        self._expected.clear()
        self._empty = self._empty_of(self._stored)
        self._show()
        self._refresh()

    def set_empty(self, value: Value) -> None:
        """Make it absent (None), null (`NULL`) or an empty text ("")."""
        self._replaced = self._replaced or self.is_cut
        self._empty = value
        self._set_text("")
        self._refresh()

    def fill(self, value: Value) -> None:
        """Put a value into the input as if it was typed."""
        self.set_empty(value if is_blank(value) else None)
        if not is_blank(value):
            self._set_text(csv_text(value))
            self._refresh()

    def replace(self) -> None:
        """Begin a new text in place of one that is too long to be edited."""
        self.set_empty(None)
        self.input.setFocus()

    def set_read_only(self, read_only: bool) -> None:
        self._read_only = read_only
        self._refresh()

    def show_finding(self, finding: Finding | None) -> None:
        """Say under the input what is wrong or worth knowing, or nothing."""
        self.finding = finding
        self._line.show_finding(finding, keep_room=self.input.hasFocus())
        self.input.setAccessibleDescription("" if finding is None else finding.sentence)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.FocusOut:
            self._line.give_room_back()
        if isinstance(event, QContextMenuEvent):
            self._open_menu(event)
            return True
        return super().eventFilter(watched, event)

    # What the two kinds of input do differently.

    def _limit(self) -> int:
        return LINE_LIMIT

    def _shown(self) -> str:
        """The text that stands for the stored value."""
        return "" if self._replaced else csv_text(self._stored)

    def _set_text(self, text: str) -> None:
        raise NotImplementedError

    def _empty_of(self, value: Value) -> Value:
        return value if is_blank(value) else None

    def _typed(self, text: str) -> Value:
        return typed(text, self._stored)

    def _show(self) -> None:
        text = self._shown()
        self._set_text(cut(text, CUT_LENGTH) if self.is_cut else text)

    # The rest is the same for both.

    def _on_edited(self) -> None:
        self._refresh()

    def _refresh(self) -> None:
        self.input.setReadOnly(self._read_only or self.is_cut)
        self.input.setPlaceholderText(self._empty_words())
        self.edited.emit()

    def _empty_words(self) -> str:
        if self._empty is None:
            return self.tr("absent")
        return self.tr("null") if self._empty == NULL else self.tr("empty text")

    def cut_words(self) -> str:
        """Why the input shows only the beginning."""
        return self.tr(
            "{count} characters are too many to edit here; this is the beginning. "
            "The menu beside the field replaces them."
        ).format(count=number(len(csv_text(self._stored))))

    def _make_menu(self) -> QMenu:
        menu = QMenu(self)
        if not self.field.required:
            self._states = QActionGroup(menu)
            for words, value in self._states_offered():
                action = menu.addAction(words)
                action.setCheckable(True)
                action.setData(repr(value))
                action.setActionGroup(self._states)
                action.triggered.connect(lambda _=False, value=value: self.set_empty(value))
            menu.addSeparator()
        self._replace_action = menu.addAction(self.tr("Replace with a new text"))
        self._replace_action.triggered.connect(self.replace)
        self._restore_action = menu.addAction(self.tr("Restore the stored value"))
        self._restore_action.triggered.connect(self.revert)
        menu.aboutToShow.connect(self._update_menu)
        return menu

    def _states_offered(self) -> tuple[tuple[str, Value], ...]:
        return (
            (self.tr("Absent"), None),
            (self.tr("Null"), NULL),
            (self.tr("Empty text"), ""),
        )

    def _update_menu(self) -> None:
        self._replace_action.setVisible(self.is_cut)
        self._replace_action.setEnabled(not self._read_only)
        self._restore_action.setEnabled(self.touched)
        if self.field.required:
            return
        value = self.value()
        for action in self._states.actions():
            action.setEnabled(not self._read_only)
            action.setChecked(is_blank(value) and action.data() == repr(value))

    def _open_menu(self, event: QContextMenuEvent) -> None:
        menu = self.input.createStandardContextMenu()
        self._update_menu()
        menu.addSeparator()
        menu.addActions(self.menu.actions())
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(event.globalPos())

    def _lay_out(self) -> None:
        button = QToolButton()
        button.setAutoRaise(True)
        button.clicked.connect(
            lambda: self.menu.popup(button.mapToGlobal(button.rect().bottomLeft()))
        )
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        button.setToolTip(self.tr("Absent, null, empty text (also in the context menu)"))
        button.setAccessibleName(self.tr("More about {field}").format(field=self.title))
        theme.set_icon(button, "more")
        row = QHBoxLayout()
        row.setSpacing(2)
        row.addWidget(self.input, 1)
        row.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addLayout(row)
        column.addWidget(self._line)


class LineField(FieldEditor):
    """A text, date or number on one line, with suggestions where there are any."""

    input: QLineEdit

    def __init__(self, field: Field, line: QLineEdit | None = None) -> None:
        super().__init__(field, line or QLineEdit())
        self.input.setMaxLength(2**31 - 1)
        self.input.setMinimumWidth(60)
        self.input.textChanged.connect(self._on_edited)
        self._suggestions: Suggestions | None = None
        self._open: QAction | None = None

    def text(self) -> str:
        return self.input.text()

    def suggest(self, items: Sequence[tuple[str, str]]) -> None:
        """Offer texts to choose from, each with a name that is searched and shown too."""
        if self._suggestions is None:
            self._suggestions = Suggestions(self)
            self.input.setCompleter(SuggestionCompleter(self._suggestions, self.input))
        shown = [text if name in ("", text) else f"{text} — {name}" for text, name in items]
        self._suggestions.show([text for text, _ in items], shown)
        if self._open is None:
            self._open = QAction(self.tr("Show all"), self.input)
            self._open.setShortcuts([QKeySequence(Qt.Key.Key_F4)])
            self._open.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
            self._open.setToolTip(self.tr("Show all (F4)"))
            self._open.triggered.connect(self._show_all)
            theme.set_icon(self._open, "next")
            self.input.addAction(self._open, QLineEdit.ActionPosition.TrailingPosition)

    def _show_all(self) -> None:
        completer = self.input.completer()
        if completer is not None and not self.input.isReadOnly():
            self.input.setFocus()
            completer.setCompletionPrefix("")
            completer.complete()

    def _set_text(self, text: str) -> None:
        cursor = self.input.cursorPosition() if text == self.input.text() else 0
        self.input.setText(text)  # the same text too: what was typed cannot be undone any more
        self.input.setCursorPosition(cursor)
        self.input.setToolTip(plain_tooltip(text) if len(text) > 40 else "")


def _same(one: Value, other: Value) -> bool:
    return type(one) is type(other) and one == other
