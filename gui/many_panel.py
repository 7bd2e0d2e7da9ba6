"""The details of several integrations: what they have in common; only what is touched changes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QFont, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from db import bulk, scope
from db.errors import Problem
from db.fields import FIELDS, Value, is_blank
from db.reader import Reader
from db.scope import Common
from gui import theme
from gui.background import deliver
from gui.edit_scopes import EditScope, extent_words
from gui.findings import Finding, FindingLine
from gui.form_rows import FormRows
from gui.many_editors import ManyLine, ManyMetadata, many_editor
from gui.text import field_title, number, sentence

if TYPE_CHECKING:
    from db.changes import Change
    from db.edits import EditSession
    from db.organizations import Organization
    from gui.record_actions import RecordActions

READ_MS: Final = 120
"""How long the selection rests before what it has in common is read, in ms."""


class ManyPanel(QWidget):
    """Edits many integrations at once.

    Args:
        reader: reads what they have in common; the caller's.
        scopes: tells what the edit may be about; the first one is the selection.
        actions: runs the edit.

    What was typed stays, whatever is selected next, until it is applied or reverted.
    """

    applied = Signal()

    def __init__(
        self,
        reader: Reader,
        scopes: Callable[[], list[EditScope]],
        actions: RecordActions,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._reader = reader
        self._make_scopes = scopes
        self._actions = actions
        self._scopes: list[EditScope] = []
        self._read_only = False
        self._common: Common | None = None
        self._heading = QLabel()
        self._heading.setTextFormat(Qt.TextFormat.PlainText)
        self.scope_box = QComboBox()
        self.scope_box.setAccessibleName(self.tr("Which integrations to change"))
        self.editors = {field.name: many_editor(field) for field in FIELDS if field.name != "id"}
        self._notice = FindingLine()
        self._state = QLabel()
        self.apply_button = QPushButton()
        self.revert_button = QPushButton(self.tr("Revert"))
        self._reading = QTimer(self, singleShot=True, interval=READ_MS)
        self._reading.timeout.connect(self._read)
        self._lay_out()
        self._connect()

    def _connect(self) -> None:
        for name, editor in self.editors.items():
            editor.edited.connect(partial(self._edited, name))
        self.scope_box.activated.connect(lambda _: self._read())
        self.apply_button.clicked.connect(self.apply)
        self.revert_button.clicked.connect(self.revert)
        self.apply_button.setToolTip(self.tr("Store what was edited (Ctrl+Enter)"))
        self.revert_button.setToolTip(self.tr("Forget what was edited (Escape)"))
        within = Qt.ShortcutContext.WidgetWithChildrenShortcut
        for keys in ("Ctrl+Return", "Ctrl+Enter"):
            QShortcut(QKeySequence(keys), self, self.apply, context=within)
        self._escape = QShortcut(QKeySequence(Qt.Key.Key_Escape), self, self.revert, context=within)

    # -- what is shown -----------------------------------------------------------------------

    def show_selection(self) -> None:
        """Other integrations are selected, or they have changed: read them once that rests."""
        self._common = None  # nothing is applied to what was selected before
        self._show_state()
        self._reading.start()

    def leave_selection(self) -> None:
        """No longer several are selected."""
        self._reading.stop()
        self._reader.cancel()

    def set_known(self, types: Sequence[str], organizations: Sequence[Organization]) -> None:
        """Offer these types and organizations."""
        known = {
            "type": [(text, "") for text in types],
            "org_id": [(item.id, item.name) for item in organizations],
        }
        for name, items in known.items():
            editor = self.editors[name]
            if isinstance(editor, ManyLine):
                editor.suggest(items)

    def set_read_only(self, read_only: bool) -> None:
        """Show without letting anything be edited."""
        self._read_only = read_only
        for editor in self.editors.values():
            editor.set_read_only(read_only)

    @property
    def is_dirty(self) -> bool:
        """Whether something was typed that is not stored."""
        return bool(self.changes())

    def changes(self) -> dict[str, Value]:
        """The touched fields, with what all are to hold."""
        return {name: editor.value() for name, editor in self.editors.items() if editor.touched}

    def _read(self) -> None:
        chosen = self.scope_box.currentText()
        self._scopes = self._make_scopes()
        self.scope_box.clear()
        self.scope_box.addItems([choice.title for choice in self._scopes])
        self.scope_box.setCurrentIndex(max(0, self.scope_box.findText(chosen)))
        within = self._scopes[self.scope_box.currentIndex()].scope
        self._common = None
        self._show_state()
        deliver(
            self,
            self._reader.request(lambda connection: scope.common(connection, within)),
            self._show,
            lambda error: self._say(sentence(error)),
        )

    def _show(self, common: Common) -> None:
        self._common = common
        for name, editor in self.editors.items():
            if name in common.values:
                editor.show_common(common.values[name])
            else:
                editor.show_several()
        extent = common.extent
        words = extent_words(extent.integrations, extent.organizations)
        self._heading.setText(words)
        self._heading.setAccessibleName(words)
        self._show_state()

    def _edited(self, name: str) -> None:
        editor = self.editors[name]
        editor.show_finding(self._finding(editor) if editor.touched else None)
        self._notice.show_finding(None)
        self._show_state()

    def _finding(self, editor: ManyLine | ManyMetadata) -> Finding | None:
        problem: Problem | None = None
        value = editor.value()
        if isinstance(editor, ManyMetadata):
            problem = editor.problem()
        if editor.field.required and is_blank(value):
            words = self.tr("{field} is empty; every integration needs one.")
            return Finding("error", words.format(field=editor.title), blocks=True)
        if isinstance(value, str) and "\0" in value:
            words = self.tr("{field} holds a NUL character, which cannot be stored. Take it out.")
            return Finding("error", words.format(field=editor.title), blocks=True)
        return None if problem is None else Finding("error", sentence(problem), blocks=True)

    def _show_state(self) -> None:
        changes = self.changes()
        blocked = any(
            editor.touched and editor.finding is not None and editor.finding.blocks
            for editor in self.editors.values()
        )
        can = bool(changes) and not blocked and self._common is not None and not self._read_only
        self.apply_button.setEnabled(can)
        self.revert_button.setEnabled(bool(changes))
        self._escape.setEnabled(bool(changes))
        if self._common is None:
            self.apply_button.setText(self.tr("Counting …"))
        else:
            extent = self._common.extent
            what = extent_words(extent.integrations, extent.organizations)
            self.apply_button.setText(self.tr("Change {what}").format(what=what))
        if self._read_only:
            self._state.setText(self.tr("Read only"))
        elif len(changes) == 1:
            self._state.setText(self.tr("1 field edited"))
        else:
            some = self.tr("{count} fields edited").format(count=number(len(changes)))
            self._state.setText(some if changes else self.tr("Nothing edited"))

    def _say(self, words: str) -> None:
        self._notice.show_finding(Finding("error", words))

    # -- what is done ------------------------------------------------------------------------

    def revert(self) -> None:
        """Forget what was typed."""
        for editor in self.editors.values():
            if editor.touched:
                editor.revert()
        self._notice.show_finding(None)
        self._show_state()

    def apply(self) -> None:
        """Change what was touched, in all integrations that are chosen, as one edit."""
        if not self.apply_button.isEnabled():
            return
        values = self.changes()
        within = self._scopes[self.scope_box.currentIndex()].scope
        label = label_of(self.tr("Change {fields}"), self._names(), list(values))

        def body(edit: EditSession) -> None:
            bulk.set_values(edit, within, values, label)

        def done(_: Change) -> None:
            for name, value in values.items():
                if self.editors[name].touched and self.editors[name].value() == value:
                    self.editors[name].revert()
            self.applied.emit()
            self.show_selection()

        self.apply_button.setEnabled(False)
        count = self._common.extent.integrations if self._common else 0
        self._actions.edit(label(count), body, done, self._refused, attach=within.attached)

    def _refused(self, error: Exception) -> None:
        self._say(sentence(error))
        self._show_state()

    def _names(self) -> tuple[str, str]:
        return self.tr("{what}: 1 integration"), self.tr("{what}: {count} integrations")

    # -- layout ------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        font = QFont(self._heading.font())
        font.setPointSizeF(font.pointSizeF() * 1.15)
        font.setWeight(QFont.Weight.DemiBold)
        self._heading.setFont(font)
        self._heading.setWordWrap(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(self._make_head())
        column.addWidget(FormRows(self.editors.values()), 1)
        column.addLayout(self._make_foot())

    def _make_head(self) -> QVBoxLayout:
        head = QVBoxLayout()
        head.setContentsMargins(8, 10, 8, 2)
        head.setSpacing(6)
        head.addWidget(self._heading)
        row = QHBoxLayout()
        label = QLabel(self.tr("Change:"))
        label.setBuddy(self.scope_box)
        row.addWidget(label)
        row.addWidget(self.scope_box, 1)
        head.addLayout(row)
        return head

    def _make_foot(self) -> QVBoxLayout:
        foot = QVBoxLayout()
        foot.setContentsMargins(8, 4, 8, 8)
        foot.setSpacing(6)
        foot.addWidget(self._notice)
        row = QHBoxLayout()
        row.addWidget(self._state, 1)
        row.addWidget(self.revert_button)
        foot.addLayout(row)
        self.apply_button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        foot.addWidget(self.apply_button)
        theme.set_icon(self.apply_button, "ok")
        theme.set_icon(self.revert_button, "revert")
        return foot


def label_of(verb: str, forms: tuple[str, str], fields: Sequence[str]) -> Callable[[int], str]:
    """Names an edit of fields by how many integrations it changes; made in the GUI thread.

    Args:
        verb: with a place for ``{fields}``.
        forms: for one and for several, with places for ``{what}`` and ``{count}``.
    """
    what = verb.format(fields=", ".join(field_title(name) for name in fields))
    one, some = forms
    return lambda count: (one if count == 1 else some).format(what=what, count=number(count))
