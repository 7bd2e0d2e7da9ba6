"""Where Used: how many integrations use an address, a host or an organization now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from db import usage
from db.reader import Reader
from db.replacement import Replacement
from db.scope import Extent
from db.usage import Kind, Use
from gui.background import deliver
from gui.edit_scopes import extent_words
from gui.icon_stage import plain_label
from gui.text import sentence

TYPING_MS: Final = 200
KINDS: Final[tuple[Kind, ...]] = ("url", "host", "organization")


class UsageDialog(QDialog):
    """Counts the users of what stands in its lines, while one types.

    Args:
        texts: what the lines begin with.
        readers: one for each line; the caller's.

    Signals:
        replace_wanted(Replacement): the address or host is to be replaced.
    """

    replace_wanted = Signal(object)

    def __init__(
        self,
        texts: Mapping[Kind, str],
        readers: Mapping[Kind, Reader],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._readers = readers
        self.setWindowTitle(self.tr("Where Used"))
        self.lines: dict[Kind, QLineEdit] = {}
        self.counts: dict[Kind, QLabel] = {}
        self.buttons: dict[Kind, QPushButton] = {}
        self._typing: dict[Kind, QTimer] = {}
        titles = {
            "url": self.tr("Icon &URL:"),
            "host": self.tr("&Host:"),
            "organization": self.tr("&Organization (id):"),
        }
        grid = QGridLayout()
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(6)
        for row, kind in enumerate(KINDS):
            self._add(grid, row, kind, titles[kind], texts.get(kind, ""))
        grid.setColumnStretch(1, 1)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(12)
        layout.addLayout(grid)
        layout.addStretch(1)
        layout.addWidget(buttons)
        self.resize(640, 260)
        for kind in KINDS:
            self._count(kind)

    def _add(self, grid: QGridLayout, row: int, kind: Kind, title: str, text: str) -> None:
        line = self.lines[kind] = QLineEdit()
        line.setMaxLength(2**31 - 1)
        line.setText(text)
        line.setCursorPosition(0)
        line.setAccessibleName(title.replace("&", "").rstrip(":"))
        label = QLabel(title)
        label.setBuddy(line)
        count = self.counts[kind] = plain_label("")
        timer = self._typing[kind] = QTimer(self, singleShot=True, interval=TYPING_MS)
        timer.timeout.connect(lambda: self._count(kind))
        line.textChanged.connect(lambda _: timer.start())
        grid.addWidget(label, row * 2, 0)
        grid.addWidget(line, row * 2, 1)
        grid.addWidget(count, row * 2 + 1, 1, 1, 2)
        if kind != "organization":
            button = self.buttons[kind] = QPushButton(self.tr("Replace…"))
            button.setAutoDefault(False)
            button.setAccessibleName(self.tr("Replace {what}").format(what=line.accessibleName()))
            button.clicked.connect(lambda: self._replace(kind))
            grid.addWidget(button, row * 2, 2)

    def _count(self, kind: Kind) -> None:
        text = self.lines[kind].text()
        if kind in self.buttons:
            self.buttons[kind].setEnabled(bool(text))
        if not text:
            self._readers[kind].cancel()
            self.counts[kind].setText(self.tr("Nothing to count"))
            return
        self.counts[kind].setText(self.tr("Counting …"))
        deliver(
            self,
            self._readers[kind].request(lambda c: usage.count(c, Use(kind, text))),
            lambda extent: self._show(kind, text, extent),
            lambda error: self.counts[kind].setText(sentence(error)),
        )

    def _show(self, kind: Kind, text: str, extent: Extent) -> None:
        if text != self.lines[kind].text():
            return
        organizations = 0 if kind == "organization" else extent.organizations
        what = extent_words(extent.integrations, organizations)
        words = self.tr("Used by {what}") if extent.integrations else self.tr("Not used")
        self.counts[kind].setText(words.format(what=what))

    def _replace(self, kind: Kind) -> None:
        text = self.lines[kind].text()
        self.accept()
        if kind == "url":
            self.replace_wanted.emit(Replacement(("icon_url",), "whole", text, text))
        else:
            self.replace_wanted.emit(
                Replacement(("icon_url",), "plain", f"//{text}", f"//{text}", match_case=False)
            )
