"""How the rows of a file find their integrations, and what may become of these."""

from __future__ import annotations

from typing import Any, Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QWidget,
)

from db.csv_match import Match
from db.fields import FIELDS
from gui.text import field_title

_MODES: Final = (
    Match(),
    Match(change=False),
    Match(add=False),
    Match(mirror=True),
)


class ImportMatch(QWidget):
    """The fields to match by, the mode, and two exceptions.

    Signals:
        changed(): the user chose something.
    """

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        self.key = QPushButton()
        self.key.setAutoDefault(False)
        self._menu = QMenu(self.key)
        self.fields = {}
        for field in FIELDS:
            if field.kind == "json":
                continue
            action = self._menu.addAction(field_title(field.name).replace("&", "&&"))
            action.setCheckable(True)
            action.setChecked(field.name == "id")
            action.triggered.connect(self._take)
            self.fields[field.name] = action
        self.key.setMenu(self._menu)
        self._label(row, self.tr("Match &by:"), self.key)
        self.mode = QComboBox()
        for title in (
            self.tr("Add and change"),
            self.tr("Add only"),
            self.tr("Change only"),
            self.tr("Mirror: delete too"),
        ):
            self.mode.addItem(title)
        self.mode.setToolTip(self.tr("Mirror also deletes the integrations that the file lacks."))
        self.mode.setAccessibleName(self.tr("What to do"))
        self.mode.activated.connect(self._take)
        self._label(row, self.tr("&Then:"), self.mode)
        self.keep_empty = self._check(row, self.tr("&Empty cells change nothing"))
        self.newer = self._check(row, self.tr("&Only what was updated later"))
        self.newer.setToolTip(
            self.tr(
                "A row changes something only where its updatedAt is later than the stored one."
            )
        )
        row.addStretch(1)
        self._name_key()

    def _label(self, row: QHBoxLayout, words: str, control: QWidget) -> None:
        label = QLabel(words)
        label.setBuddy(control)
        row.addWidget(label)
        row.addWidget(control)
        row.addSpacing(8)

    def _check(self, row: QHBoxLayout, words: str) -> QCheckBox:
        box = QCheckBox(words)
        box.clicked.connect(self._take)
        row.addWidget(box)
        return box

    def match(self) -> Match:
        """What is chosen."""
        mode = _MODES[self.mode.currentIndex()]
        key = tuple(name for name, action in self.fields.items() if action.isChecked())
        return Match(
            key=key or ("id",),
            add=mode.add,
            change=mode.change,
            mirror=mode.mirror,
            keep_empty=self.keep_empty.isChecked(),
            newer=self.newer.isChecked(),
        )

    def _take(self, *_: Any) -> None:
        if not any(action.isChecked() for action in self.fields.values()):
            self.fields["id"].setChecked(True)
        self._name_key()
        self.changed.emit()

    def _name_key(self) -> None:
        names = ", ".join(field_title(name) for name in self.match().key)
        self.key.setText(names.replace("&", "&&"))
        self.key.setAccessibleName(self.tr("Match by: {fields}").format(fields=names))
