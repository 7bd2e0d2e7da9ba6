"""What is to be found, where, and what takes its place: the upper part of Find and Replace."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QGridLayout,
    QGroupBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QWidget,
)

from db.fields import FIELDS
from db.replacement import MODES, Mode, Replacement
from gui.edit_scopes import EditScope
from gui.text import field_title

_FIELDS_IN_A_ROW: Final = 6
_LONGEST: Final = 20_000


class ReplaceForm(QWidget):
    """Gives a `Replacement` and the scope that was chosen.

    Signals:
        edited(): one of them is another.
    """

    edited = Signal()

    def __init__(self, scopes: Sequence[EditScope], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scopes = scopes
        self.mode_box = QComboBox()
        self.find_text = QLineEdit()
        self.new_text = QLineEdit()
        self.match_case = QCheckBox(self.tr("&Match case"))
        self.scope_box = QComboBox()
        self.fields = {field.name: QCheckBox(field_title(field.name)) for field in FIELDS}
        self._find_label = QLabel(self.tr("&Find:"))
        self._text_label = QLabel(self.tr("Re&place with:"))
        self._fill()
        self._lay_out()
        self._connect()
        self._show_mode()

    def align(self, label: QLabel) -> None:
        """Make a label above as wide as those of the form, so that what follows is in one line."""
        widths = [one.sizeHint().width() for one in (self._find_label, self._text_label)]
        label.setMinimumWidth(max(widths))

    @property
    def mode(self) -> Mode:
        return MODES[self.mode_box.currentIndex()]

    @property
    def scope(self) -> EditScope:
        """The scope that is chosen."""
        return self._scopes[self.scope_box.currentIndex()]

    @property
    def replacement(self) -> Replacement:
        """What the form says."""
        fields = tuple(name for name, box in self.fields.items() if box.isChecked())
        return Replacement(
            fields,
            self.mode,
            self.find_text.text(),
            self.new_text.text(),
            self.match_case.isChecked(),
        )

    def show_replacement(self, replacement: Replacement) -> None:
        """Fill the form; `edited` is emitted once."""
        with QSignalBlocker(self):
            self.mode_box.setCurrentIndex(MODES.index(replacement.mode))
            self.find_text.setText(replacement.find)
            self.new_text.setText(replacement.text)
            self.match_case.setChecked(replacement.match_case)
            for name, box in self.fields.items():
                box.setChecked(name in replacement.fields)
        self.edited.emit()

    def _fill(self) -> None:
        self.mode_box.addItems(
            [
                self.tr("Plain text"),
                self.tr("Whole value"),
                self.tr("Regular expression"),
                self.tr("Template from other fields"),
            ]
        )
        self.mode_box.setAccessibleName(self.tr("Kind of search"))
        self.find_text.setAccessibleName(self.tr("Find"))
        self.new_text.setAccessibleName(self.tr("Replace with"))
        self.scope_box.addItems([scope.title for scope in self._scopes])
        self.scope_box.setAccessibleName(self.tr("Where"))
        for line in (self.find_text, self.new_text):
            line.setMaxLength(_LONGEST)
        self.fields["icon_url"].setChecked(True)
        self.match_case.setChecked(True)

    def _lay_out(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(8)
        first = QHBoxLayout()
        first.setSpacing(8)
        where = QLabel(self.tr("&Where:"))
        where.setBuddy(self.scope_box)
        first.addWidget(self.mode_box)
        first.addWidget(self.match_case)
        first.addStretch(1)
        first.addWidget(where)
        first.addWidget(self.scope_box)
        kind = QLabel(self.tr("&Kind:"))
        kind.setBuddy(self.mode_box)
        self._find_label.setBuddy(self.find_text)
        self._text_label.setBuddy(self.new_text)
        grid.addWidget(kind, 0, 0)
        grid.addLayout(first, 0, 1)
        grid.addWidget(self._find_label, 1, 0)
        grid.addWidget(self.find_text, 1, 1)
        grid.addWidget(self._text_label, 2, 0)
        grid.addWidget(self.new_text, 2, 1)
        grid.addWidget(self._make_fields(), 3, 0, 1, 2)
        grid.setColumnStretch(1, 1)

    def _make_fields(self) -> QGroupBox:
        group = QGroupBox(self.tr("In these fields"))
        boxes = QGridLayout(group)
        boxes.setContentsMargins(8, 4, 8, 8)
        boxes.setVerticalSpacing(2)
        for place, box in enumerate(self.fields.values()):
            boxes.addWidget(box, *divmod(place, _FIELDS_IN_A_ROW))
        for column in range(_FIELDS_IN_A_ROW):
            boxes.setColumnStretch(column, 1)
        return group

    def _connect(self) -> None:
        self.mode_box.currentIndexChanged.connect(self._show_mode)
        for line in (self.find_text, self.new_text):
            line.textChanged.connect(lambda _: self.edited.emit())
        for box in (self.match_case, *self.fields.values()):
            box.toggled.connect(lambda _: self.edited.emit())
        self.scope_box.currentIndexChanged.connect(lambda _: self.edited.emit())

    def _show_mode(self, *_: object) -> None:
        template = self.mode == "template"
        self.find_text.setEnabled(not template)
        self._find_label.setEnabled(not template)
        self.match_case.setEnabled(not template)
        self._text_label.setText(self.tr("Tem&plate:") if template else self.tr("Re&place with:"))
        self.find_text.setPlaceholderText(
            {
                "plain": self.tr("Text, wherever it stands"),
                "whole": self.tr("The whole value"),
                "regex": self.tr("Such as ^http://(\\w+)\\.example\\.com/"),
                "template": self.tr("A template fills the fields, whatever they hold"),
            }[self.mode]
        )
        self.new_text.setPlaceholderText(
            {
                "regex": self.tr("Such as https://cdn.example.com/\\1/ (\\1 is the first group)"),
                "template": self.tr("Such as https://cdn.example.com/{type}/{id:url}.svg"),
            }.get(self.mode, self.tr("Nothing: what was found is taken out"))
        )
        self.edited.emit()
