"""Asks what becomes of a value that somebody else changed while it was being edited."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NamedTuple

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QLabel,
    QPlainTextEdit,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from db.fields import NULL, Value, csv_text
from gui.dialog_parts import Message, fit_to_screen
from gui.text import cut, field_title, one_line

if TYPE_CHECKING:
    from gui.details_panel import DetailsPanel
    from gui.record_actions import RecordActions
    from gui.table_model import IntegrationTableModel

_LONGEST: Final = 4_000
"""Characters of a value that are shown."""
_LINES: Final = 3


class Conflict(NamedTuple):
    """Values of one integration that were changed elsewhere while they were being edited.

    Attributes:
        pk: the integration.
        name: what it is called.
        mine: all that was to be stored, by field name.
        now: what the fields hold now that somebody else changed.
        store: stores `mine` all the same.
        back: offers what was typed again.
    """

    pk: int
    name: str
    mine: dict[str, Value]
    now: dict[str, Value]
    store: Callable[[], None]
    back: Callable[[], None]


class ConflictQuestion(QDialog):
    """Shows both values of each field; closing it goes back to what was typed."""

    def __init__(
        self, conflict: Conflict, keep: Callable[[Conflict], None], parent: QWidget | None = None
    ) -> None:
        """Ask; `keep` is called when what is stored now is to stay."""
        super().__init__(parent)
        self._conflict = conflict
        self.setWindowTitle(self.tr("Changed Meanwhile"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(12)
        message = Message()
        words = self.tr(
            "Somebody else changed “{name}” while you were editing it, in another window or on "
            "another machine. Nothing of yours is stored yet. Which values are to stay?"
        )
        message.say(words.format(name=one_line(conflict.name, 80)), "warning")
        layout.addLayout(message)
        layout.addWidget(self._make_values(), 1)
        layout.addWidget(self._make_buttons(keep))
        height = 170 + ((_LINES + 1) * self.fontMetrics().height() + 6) * len(conflict.now)
        fit_to_screen(self, QSize(640, min(height, 480)))

    def _make_values(self) -> QScrollArea:
        body = QWidget()
        grid = QGridLayout(body)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(6)
        for column, heading in enumerate((self.tr("Stored now"), self.tr("Yours")), 1):
            grid.addWidget(_label(heading), 0, column)
        for row, (field, now) in enumerate(self._conflict.now.items(), 1):
            title = field_title(field)
            grid.addWidget(_label(title), row, 0, Qt.AlignmentFlag.AlignTop)
            theirs = self.tr("{field}, stored now").format(field=title)
            yours = self.tr("{field}, yours").format(field=title)
            grid.addWidget(self._value(now, theirs), row, 1)
            grid.addWidget(self._value(self._conflict.mine[field], yours), row, 2)
        grid.setColumnStretch(1, 1)
        grid.setColumnStretch(2, 1)
        grid.setRowStretch(len(self._conflict.now) + 1, 1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(body)
        return area

    def _value(self, value: Value, name: str) -> QPlainTextEdit:
        box = QPlainTextEdit(readOnly=True)
        box.setPlainText(cut(csv_text(value), _LONGEST))
        box.setPlaceholderText(self._empty_words(value))
        box.setAccessibleName(name)
        box.setTabChangesFocus(True)
        box.setFixedHeight((_LINES + 1) * box.fontMetrics().height())
        return box

    def _empty_words(self, value: Value) -> str:
        if value is None:
            return self.tr("absent")
        return self.tr("null") if value == NULL else self.tr("empty text")

    def _make_buttons(self, keep: Callable[[Conflict], None]) -> QDialogButtonBox:
        box = QDialogButtonBox()
        role = QDialogButtonBox.ButtonRole
        self.keep_button = box.addButton(self.tr("&Keep What Is Stored"), role.ActionRole)
        self.store_button = box.addButton(self.tr("&Store Mine"), role.ActionRole)
        self.back_button = box.addButton(self.tr("&Go Back"), role.RejectRole)
        for button in (self.keep_button, self.store_button):
            button.setAutoDefault(False)
        self.back_button.setDefault(True)
        self.back_button.setFocus()
        self.keep_button.clicked.connect(lambda: self._close(lambda: keep(self._conflict)))
        self.store_button.clicked.connect(lambda: self._close(self._conflict.store))
        self.back_button.clicked.connect(self.reject)
        return box

    def _close(self, go_on: Callable[[], None]) -> None:
        self.accept()
        go_on()

    def reject(self) -> None:
        """Close; what was typed is offered again."""
        super().reject()
        self._conflict.back()


def _label(words: str) -> QLabel:
    label = QLabel(words)
    label.setTextFormat(Qt.TextFormat.PlainText)
    return label


def ask(
    conflict: Conflict,
    model: IntegrationTableModel,
    details: DetailsPanel,
    actions: RecordActions,
    parent: QWidget,
) -> None:
    """Ask what becomes of values that somebody else changed meanwhile."""

    def keep(conflict: Conflict) -> None:
        """Take back what was typed where somebody else was first; the rest is stored."""
        pk = conflict.pk
        for name in conflict.now:
            model.refuse_edit(pk, name)
        details.take_stored(pk, conflict.now)
        rest = {name: value for name, value in conflict.mine.items() if name not in conflict.now}
        if rest:
            actions.change(pk, rest, details.refuse)

    dialog = ConflictQuestion(conflict, keep, parent)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.open()
