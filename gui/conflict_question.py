"""Asks what becomes of a value that somebody else changed while it was being edited."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Final, NamedTuple

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import (
    QButtonGroup,
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QLabel,
    QPlainTextEdit,
    QRadioButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from db.fields import NULL, Value, csv_text
from gui.dialog_parts import Message, fit_to_screen
from gui.text import cut, field_title, one_line

if TYPE_CHECKING:
    from gui.details_panel import DetailsPanel
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
        store: stores values of `mine`, unless what is stored changed once more; then it is asked
            again.
        back: offers what was typed again.
    """

    pk: int
    name: str
    mine: dict[str, Value]
    now: dict[str, Value]
    store: Callable[[dict[str, Value]], None]
    back: Callable[[], None]


class ConflictQuestion(QDialog):
    """Shows both values of each field, of which one is chosen, field by field or for all at once.

    Closing it goes back to what was typed.

    Attributes:
        choices: the two buttons of each field, "Stored now" and "Yours"; of one field alone the
            buttons below decide, and there are none.
    """

    def __init__(
        self,
        conflict: Conflict,
        keep: Callable[[Conflict, Collection[str]], None],
        parent: QWidget | None = None,
    ) -> None:
        """Ask; `keep` is called with the fields in which what is stored now is to stay."""
        super().__init__(parent)
        self._conflict = conflict
        self._keep = keep
        self.choices: dict[str, tuple[QRadioButton, QRadioButton]] = {}
        self.setWindowTitle(self.tr("Changed Meanwhile"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(12)
        message = Message()
        words = self.tr(
            "Somebody else changed “{name}” while you were editing it, in another window or on "
            "another machine. Nothing of yours is stored yet. Which value is to stay?"
        )
        if self._has_several:
            words = self.tr(
                "Somebody else changed “{name}” while you were editing it, in another window or "
                "on another machine. Nothing of yours is stored yet. Which values are to stay? "
                "Choose one of each field, or all at once."
            )
        message.say(words.format(name=one_line(conflict.name, 80)), "warning")
        layout.addLayout(message)
        layout.addWidget(self._make_values(), 1)
        layout.addWidget(self._make_buttons())
        line = self.fontMetrics().height()
        height = 140 + ((_LINES + 2) * line + 18) * len(conflict.now)
        fit_to_screen(self, QSize(680, min(height, 520)))

    @property
    def _has_several(self) -> bool:
        return len(self._conflict.now) > 1

    def _make_values(self) -> QScrollArea:
        body = QWidget()
        grid = QGridLayout(body)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(4)
        for place, (field, now) in enumerate(self._conflict.now.items()):
            title, row = field_title(field), 3 * place
            grid.addWidget(_label(title), row, 0)
            for column, words in enumerate(self._make_choice(field), 1):
                grid.addWidget(words, row, column)
            theirs = self.tr("{field}, stored now").format(field=title)
            yours = self.tr("{field}, yours").format(field=title)
            grid.addWidget(self._value(now, theirs), row + 1, 1)
            grid.addWidget(self._value(self._conflict.mine[field], yours), row + 1, 2)
            grid.setRowMinimumHeight(row + 2, 8)
        grid.setColumnStretch(1, 1)
        grid.setColumnStretch(2, 1)
        grid.setRowStretch(3 * len(self._conflict.now), 1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(body)
        return area

    def _make_choice(self, field: str) -> tuple[QWidget, QWidget]:
        """What stands above the two values of a field."""
        theirs, mine = self.tr("Stored now"), self.tr("Yours")
        if not self._has_several:
            return _label(theirs), _label(mine)
        title, group = field_title(field), QButtonGroup(self)
        buttons = QRadioButton(theirs), QRadioButton(mine)
        names = self.tr("Keep {field} as it is stored now"), self.tr("Store your {field}")
        for button, name in zip(buttons, names, strict=True):
            button.setAccessibleName(name.format(field=title))
            group.addButton(button)
            button.toggled.connect(self._look_whether_all_are_chosen)
        self.choices[field] = buttons
        return buttons

    def _look_whether_all_are_chosen(self) -> None:
        chosen = (any(button.isChecked() for button in pair) for pair in self.choices.values())
        self.chosen_button.setEnabled(all(chosen))

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

    def _make_buttons(self) -> QDialogButtonBox:
        box = QDialogButtonBox()
        role = QDialogButtonBox.ButtonRole
        keep, store = self.tr("&Keep What Is Stored"), self.tr("&Store Mine")
        if self._has_several:
            keep, store = self.tr("&Keep All That Is Stored"), self.tr("&Store All of Mine")
        self.keep_button = box.addButton(keep, role.ActionRole)
        self.store_button = box.addButton(store, role.ActionRole)
        self.chosen_button = box.addButton(self.tr("Store as &Chosen"), role.ActionRole)
        self.chosen_button.setVisible(self._has_several)
        self.chosen_button.setEnabled(False)
        self.back_button = box.addButton(self.tr("&Go Back"), role.RejectRole)
        for button in (self.keep_button, self.store_button, self.chosen_button):
            button.setAutoDefault(False)
        self.back_button.setDefault(True)
        self.back_button.setFocus()
        self.keep_button.clicked.connect(lambda: self._close(self._conflict.now))
        self.store_button.clicked.connect(lambda: self._close(()))
        self.chosen_button.clicked.connect(lambda: self._close(self._kept()))
        self.back_button.clicked.connect(self.reject)
        return box

    def _kept(self) -> list[str]:
        """The fields in which what is stored now was chosen."""
        return [field for field, (theirs, _) in self.choices.items() if theirs.isChecked()]

    def _close(self, kept: Collection[str]) -> None:
        self.accept()
        self._keep(self._conflict, kept)

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
    parent: QWidget,
) -> None:
    """Ask what becomes of values that somebody else changed meanwhile."""

    def keep(conflict: Conflict, names: Collection[str]) -> None:
        """Take back what was typed where what is stored is to stay; the rest is stored."""
        for name in names:
            model.end_edit(conflict.pk, name)
        details.take_stored(conflict.pk, names)
        rest = {name: value for name, value in conflict.mine.items() if name not in names}
        if rest:
            conflict.store(rest)

    dialog = ConflictQuestion(conflict, keep, parent)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.open()
