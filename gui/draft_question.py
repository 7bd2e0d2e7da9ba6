"""Offers what was typed, and not stored, when the program ended unasked."""

from __future__ import annotations

from PySide6.QtCore import QSize, Signal, SignalInstance
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from db.drafts import Draft
from db.fields import csv_text
from gui.dialog_parts import Message, fit_to_screen, give_room
from gui.text import field_title, number, one_line

_MOST = 1_000


class DraftQuestion(QDialog):
    """Lists the texts; closing it decides nothing, and they are offered again at the next start.

    Signals:
        take_back_chosen(), discard_chosen(): what is to become of them.
    """

    take_back_chosen = Signal()
    discard_chosen = Signal()

    def __init__(self, left: dict[int, Draft], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Not Stored Yet"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(12)
        message = Message()
        message.say(self._words(left), "warning")
        layout.addLayout(message)
        layout.addWidget(self._make_list(left), 1)
        layout.addWidget(self._make_buttons())
        fit_to_screen(self, QSize(640, 300))

    def _words(self, left: dict[int, Draft]) -> str:
        if len(left) == 1:
            words = self.tr(
                "The program ended before what you typed for “{name}” was stored. It can be put "
                "into the details again, where you can look at it before you apply it."
            )
        else:
            words = self.tr(
                "The program ended before what you typed for {count} integrations was stored. It "
                "can be put into the details again, where you can look at it before you apply it."
            )
        name = next(iter(left.values())).name
        return words.format(name=one_line(name, 80), count=number(len(left)))

    def _make_list(self, left: dict[int, Draft]) -> QTreeWidget:
        tree = QTreeWidget()
        tree.setHeaderLabels([self.tr("Integration"), self.tr("Field"), self.tr("What you typed")])
        tree.setAccessibleName(self.tr("What is not stored yet"))
        tree.setRootIsDecorated(False)
        tree.setAllColumnsShowFocus(True)
        give_room(tree)
        items = [
            [one_line(draft.name), field_title(field), one_line(csv_text(value))]
            for draft in left.values()
            for field, value in draft.typed.items()
        ]
        tree.addTopLevelItems([QTreeWidgetItem(cells) for cells in items[:_MOST]])
        tree.header().resizeSection(0, 190)
        return tree

    def _make_buttons(self) -> QDialogButtonBox:
        box = QDialogButtonBox()
        role = QDialogButtonBox.ButtonRole
        self.back_button = box.addButton(self.tr("&Show It Again"), role.AcceptRole)
        self.discard_button = box.addButton(self.tr("&Discard It"), role.DestructiveRole)
        self.later_button = box.addButton(self.tr("&Later"), role.RejectRole)
        self.back_button.clicked.connect(lambda: self._decide(self.take_back_chosen))
        self.discard_button.clicked.connect(lambda: self._decide(self.discard_chosen))
        self.later_button.clicked.connect(self.reject)
        self.back_button.setDefault(True)
        self.back_button.setFocus()
        return box

    def _decide(self, chosen: SignalInstance) -> None:
        self.accept()
        chosen.emit()
