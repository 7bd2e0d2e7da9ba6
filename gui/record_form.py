"""The form of one integration: every field, checked as one types, applied together."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QApplication,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from db.addresses import warn
from db.dates import instant
from db.fields import FIELDS, Field, Value, csv_text, is_blank
from gui import theme
from gui.field_editors import FieldEditor, LineField
from gui.findings import Finding, FindingLine
from gui.form_rows import FormRows
from gui.metadata_field import MetadataField
from gui.text import one_line, sentence, when
from gui.url_field import UrlField

CHECK_MS: Final = 150
"""How long typing pauses before metadata is checked, in ms."""
_REVEAL_MARGIN: Final = 4
_LEAST_ROWS: Final = 6
_FEW_ROWS: Final = 2
"""So many are seen in the lowest window: what is above gives way."""


class RecordForm(QWidget):
    """Every field of one integration.

    Signals:
        applied(dict[str, Value]): the changed fields by name, which the user wants stored.
        dirty_changed(bool): there is something to apply, or no longer.
        field_edited(str): a field of that name was edited or is again as stored.

    Until the record is shown again with what was stored, what was typed stays in the form.
    """

    applied = Signal(object)
    dirty_changed = Signal(bool)
    field_edited = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bases: Sequence[str | None] = ()
        self._known: tuple[list[str], list[tuple[str, str]]] = ([], [])
        self._organizations: dict[str, str] = {}
        self._usage = ""
        self._dirty = False
        self._has_record = False
        self._read_only = False
        self.editors: dict[str, FieldEditor] = {}
        for field in FIELDS:
            editor = _editor(field)
            editor.edited.connect(lambda name=field.name: self._on_edited(name))
            self.editors[field.name] = editor
        self._check_timer = QTimer(self, singleShot=True, interval=CHECK_MS)
        self._check_timer.timeout.connect(lambda: self._check("metadata"))
        self._notice = FindingLine()
        self.apply_button = QPushButton(self.tr("Apply"))
        self.revert_button = QPushButton(self.tr("Revert"))
        self._state = QLabel()
        self._lay_out()
        self._bind_keys()
        self.show_record(None)

    @property
    def url_field(self) -> UrlField:
        """The editor of the icon URL."""
        editor = self.editors["icon_url"]
        assert isinstance(editor, UrlField)
        return editor

    @property
    def is_dirty(self) -> bool:
        """Whether a field differs from what is stored."""
        return self._dirty

    @property
    def has_errors(self) -> bool:
        """Whether something that was typed cannot be applied."""
        return self._first_blocked() is not None

    def changes(self) -> dict[str, Value]:
        """The changed fields by name, with their new values."""
        return {name: editor.value() for name, editor in self.editors.items() if editor.touched}

    def drafts(self) -> dict[str, Value]:
        """The changed fields by name, with what was typed; `fill` puts it in again."""
        return {name: editor.draft() for name, editor in self.editors.items() if editor.touched}

    def seen(self, names: Collection[str]) -> dict[str, Value]:
        """What these fields held when the user began to edit them."""
        return {name: self.editors[name].seen for name in names}

    def value(self, name: str) -> Value:
        """A field's value as it stands in the form."""
        return self.editors[name].value()

    def show_record(
        self, record: Mapping[str, Value] | None, bases: Sequence[str | None] = ()
    ) -> None:
        """Show another record, or none; what was typed before is gone.

        `bases` are the base URLs that complete a relative icon URL, the first non-empty one wins.
        """
        self._bases = bases
        self._has_record = record is not None
        self.setEnabled(self._has_record)
        for name, editor in self.editors.items():
            editor.set_stored(None if record is None else record.get(name))
            editor.input.setEnabled(self._has_record)
        self.show_notice(None)
        self._check_all()

    def fill(self, changes: Mapping[str, Value]) -> None:
        """Put values into the form as if they were typed."""
        for name, value in changes.items():
            self.editors[name].fill(value)

    def rebase(self, record: Mapping[str, Value], bases: Sequence[str | None] = ()) -> None:
        """The record shown holds other values now; what was typed and is not stored yet stays."""
        self._bases = bases
        for name, editor in self.editors.items():
            editor.rebase(record.get(name))
        if not self.is_dirty:
            self.show_notice(None)
        self._check_all()

    def set_known(self, types: Sequence[str], organizations: Sequence[tuple[str, str]]) -> None:
        """Offer these types, and these organizations as (id, name)."""
        known = (list(types), list(organizations))
        if known == self._known:
            return
        self._known = known
        self._organizations = dict(organizations)
        for name, items in (("type", [(text, "") for text in types]), ("org_id", organizations)):
            editor = self.editors[name]
            if isinstance(editor, LineField):
                editor.suggest(items)
        self._check("org_id")

    def show_usage(self, words: str) -> None:
        """Say under the icon URL, while it is edited, who else uses the stored one."""
        self._usage = words
        self._check("icon_url")

    def set_read_only(self, read_only: bool) -> None:
        """Show the values only; they can still be selected and copied."""
        self._read_only = read_only
        for editor in self.editors.values():
            editor.set_read_only(read_only)

    def show_notice(self, finding: Finding | None) -> None:
        """Say above the buttons why something was refused, or nothing."""
        self._notice.show_finding(finding)

    @property
    def notice(self) -> str:
        return self._notice.words

    def apply(self, *, focus: bool = True) -> bool:
        """Emit `applied` with what was changed; False, with the reason shown, when it cannot be.

        `focus` says whether the cursor then goes to what is wrong.
        """
        if not self.is_dirty:
            return True
        self._check("metadata")
        blocked = self._first_blocked()
        if blocked is not None and blocked.finding is not None:
            self.show_notice(blocked.finding)
            if focus:
                self.focus_wrong()
            return False
        self.show_notice(None)
        changes = self.changes()
        self.applied.emit(changes)
        for name, value in changes.items():
            self.editors[name].expect(value)
        return True

    def focus_wrong(self) -> None:
        """Put the cursor into the first field that cannot be applied."""
        blocked = self._first_blocked()
        if blocked is not None:
            self._scroll.ensureWidgetVisible(blocked)
            blocked.input.setFocus()

    def revert(self) -> None:
        """Show again what is stored."""
        for editor in self.editors.values():
            if editor.touched:
                editor.revert()
        self.show_notice(None)
        self._check_all()

    def _first_blocked(self) -> FieldEditor | None:
        for editor in self.editors.values():
            if editor.touched and editor.finding is not None and editor.finding.blocks:
                return editor
        return None

    def _on_edited(self, name: str) -> None:
        self.show_notice(None)
        if name == "metadata" and self.editors[name].input.hasFocus():
            self._check_timer.start()
        else:
            self._check(name)
        self._update_state()
        self.field_edited.emit(name)

    def _check_all(self) -> None:
        for name in self.editors:
            self._check(name)
        self._update_state()

    def _check(self, name: str) -> None:
        editor = self.editors[name]
        editor.show_finding(self._finding(editor) if self._has_record else None)
        self._reveal.start()

    def _focus_moved(self, _old: QWidget | None, now: QWidget | None) -> None:
        if now is not None and self.isAncestorOf(now):
            self._reveal.start()

    def _reveal_focused(self) -> None:
        """Scroll so that the field with the cursor is seen with what is said about it."""
        focused = QApplication.focusWidget()
        for editor in self.editors.values():
            if focused is not None and editor.isAncestorOf(focused):
                self._scroll.ensureWidgetVisible(editor, 0, _REVEAL_MARGIN)

    def _finding(self, editor: FieldEditor) -> Finding | None:
        name, value = editor.field.name, editor.value()
        if editor.is_cut:
            return Finding("info", editor.cut_words())
        if isinstance(editor, MetadataField):
            return self._metadata_finding(editor)
        if isinstance(value, str) and "\0" in value:
            words = self.tr("{field} holds a NUL character, which cannot be stored. Take it out.")
            return Finding("error", words.format(field=editor.title), blocks=True)
        if editor.field.required and is_blank(value):
            words = self.tr("{field} is empty; every integration needs one.")
            return Finding("error", words.format(field=editor.title), blocks=True)
        if editor.field.kind == "date" and not is_blank(value):
            return self._date_finding(editor, value)
        if name == "icon_url":
            warnings = " ".join(sentence(problem) for problem in warn(value, self._bases))
            if warnings:
                return Finding("warning", warnings)
            return Finding("info", self._usage) if self._usage and editor.touched else None
        return self._organization_finding(csv_text(value)) if name == "org_id" else None

    def _metadata_finding(self, editor: MetadataField) -> Finding | None:
        problem = editor.problem()
        line = problem.values.get("line", 0) if problem is not None else 0
        editor.mark_line(line if isinstance(line, int) else 0)
        return None if problem is None else Finding("error", sentence(problem), blocks=True)

    def _date_finding(self, editor: FieldEditor, value: Value) -> Finding | None:
        moment = instant(value)
        editor.input.setToolTip(when(moment))
        if moment is not None:
            return None
        words = self.tr(
            "“{text}” is no date that can be sorted. Write one such as 2026-03-14 or "
            "2026-03-14T09:30:00Z."
        )
        return Finding("warning", words.format(text=one_line(csv_text(value), 40)))

    def _organization_finding(self, org_id: str) -> Finding | None:
        name = self._organizations.get(org_id)
        if name is None:
            new = self._organizations and self.editors["org_id"].touched
            words = self.tr("A new organization: it is added when you apply.")
            return Finding("info", words) if new else None
        return Finding("info", one_line(name)) if name not in ("", org_id) else None

    def _update_state(self) -> None:
        count = sum(editor.touched for editor in self.editors.values())
        if count:
            some = self.tr("{count} fields edited").format(count=count)
            words = self.tr("1 field edited") if count == 1 else some
        else:
            words = self.tr("Read only") if self._read_only else ""
        self._state.setText(words)
        self.apply_button.setEnabled(count > 0)
        self.revert_button.setEnabled(count > 0)
        self._escape.setEnabled(count > 0)
        if self._dirty != (count > 0):
            self._dirty = count > 0
            self.dirty_changed.emit(self._dirty)

    def _bind_keys(self) -> None:
        self.apply_button.setToolTip(self.tr("Store what was edited (Ctrl+Enter)"))
        self.revert_button.setToolTip(self.tr("Show again what is stored (Escape)"))
        self.apply_button.clicked.connect(lambda: self.apply())
        self.revert_button.clicked.connect(self.revert)
        within = Qt.ShortcutContext.WidgetWithChildrenShortcut
        for keys in ("Ctrl+Return", "Ctrl+Enter"):
            QShortcut(QKeySequence(keys), self, self.apply, context=within)
        self._escape = QShortcut(QKeySequence(Qt.Key.Key_Escape), self, self.revert, context=within)

    def show_few(self, *, few: bool) -> None:
        """Be content with few fields in sight; one scrolls to the others."""
        rows = (_FEW_ROWS if few else _LEAST_ROWS) * self._row_height
        self._scroll.setMinimumHeight(rows + FormRows.above)

    def _lay_out(self) -> None:
        self._scroll = FormRows(self.editors.values())
        self._row_height = self.editors["id"].sizeHint().height() + FormRows.spacing
        self.show_few(few=False)
        self._reveal = QTimer(self, singleShot=True, interval=0)  # once it is laid out
        self._reveal.timeout.connect(self._reveal_focused)
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.focusChanged.connect(self._focus_moved)
        buttons = QHBoxLayout()
        buttons.addWidget(self._state, 1)
        buttons.addWidget(self.revert_button)
        buttons.addWidget(self.apply_button)
        bar = QVBoxLayout()
        bar.setContentsMargins(8, 4, 8, 8)
        bar.addWidget(self._notice)
        bar.addLayout(buttons)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._scroll, 1)
        column.addLayout(bar)
        theme.set_icon(self.apply_button, "ok")
        theme.set_icon(self.revert_button, "revert")


def _editor(field: Field) -> FieldEditor:
    if field.name == "icon_url":
        return UrlField(field)
    return MetadataField(field) if field.kind == "json" else LineField(field)
