"""How a CSV file is read: what was detected, and the controls that change it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from db.csv_options import CsvOptions
from db.encodings import ENCODINGS

_MOST_SKIPPED: Final = 9_999


class ImportOptions(QWidget):
    """Encoding, delimiter and heading in a row, and in a second one what is seldom needed.

    Signals:
        changed(): the user chose something.

    Attributes:
        options: what the user chose; what is to be detected is None.
    """

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.options = CsvOptions()
        self._showing = False
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addLayout(self._make_first_row())
        self.rest = QWidget()
        self.rest.setLayout(self._make_second_row())
        self.rest.setVisible(False)
        layout.addWidget(self.rest)
        self.show_options(self.options)

    def _make_first_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        self.encoding = self._combo(
            row, self.tr("&Encoding:"), [(encoding_title(name), name) for name in ENCODINGS]
        )
        self.delimiter = self._combo(row, self.tr("&Delimiter:"), self._delimiters())
        self.header = self._check(row, self.tr("First row &names the columns"))
        row.addStretch(1)
        self.more = QPushButton(self.tr("&More Options"))
        self.more.setCheckable(True)
        self.more.setAutoDefault(False)
        self.more.toggled.connect(self._show_rest)
        row.addWidget(self.more)
        return row

    def _make_second_row(self) -> QVBoxLayout:
        rows = QVBoxLayout()
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(8)
        row, last = QHBoxLayout(), QHBoxLayout()
        rows.addLayout(row)
        rows.addLayout(last)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        quotes = [(self.tr('Double  "'), '"'), (self.tr("Single  '"), "'"), (self.tr("None"), "")]
        self.quote = self._combo(row, self.tr("&Quote:"), quotes)
        escapes = [(self.tr("None"), ""), (self.tr("Backslash  \\"), "\\")]
        self.escape = self._combo(row, self.tr("E&scape:"), escapes)
        self.skip = QSpinBox()
        self.skip.setRange(0, _MOST_SKIPPED)
        self.skip.setAccessibleName(self.tr("Lines to skip"))
        self.skip.setKeyboardTracking(False)
        self.skip.valueChanged.connect(self._take)
        self._label(row, self.tr("Lines to s&kip:"), self.skip)
        self.comment = QLineEdit()
        self.comment.setAccessibleName(self.tr("What comment lines begin with"))
        self.comment.setPlaceholderText("#")
        self.comment.setMaxLength(8)
        self.comment.setMaximumWidth(64)
        self.comment.editingFinished.connect(self._take)
        self._label(row, self.tr("Comments begin &with:"), self.comment)
        self.safe = self._check(last, self.tr("Made &safe for spreadsheets"))
        self.safe.setToolTip(
            self.tr("Takes off the apostrophe before =, +, -, @, a tab or another apostrophe.")
        )
        row.addStretch(1)
        last.addStretch(1)
        return rows

    def _delimiters(self) -> list[tuple[str, str]]:
        return [
            (self.tr("Comma"), ","),
            (self.tr("Semicolon"), ";"),
            (self.tr("Tab"), "\t"),
            (self.tr("Pipe"), "|"),
            (self.tr("Colon"), ":"),
            (self.tr("Space"), " "),
            (self.tr("Tilde"), "~"),
            (self.tr("Caret"), "^"),
        ]

    def _combo(self, row: QHBoxLayout, words: str, choices: Sequence[tuple[str, str]]) -> QComboBox:
        combo = QComboBox()
        combo.setAccessibleName(words.replace("&", "").rstrip(":"))
        for title, value in choices:
            combo.addItem(title, value)
        combo.activated.connect(self._take)
        self._label(row, words, combo)
        return combo

    def _check(self, row: QHBoxLayout, words: str) -> QCheckBox:
        box = QCheckBox(words)
        box.clicked.connect(self._take)
        row.addWidget(box)
        return box

    def _label(self, row: QHBoxLayout, words: str, control: QWidget) -> None:
        label = QLabel(words)
        label.setBuddy(control)
        row.addWidget(label)
        row.addWidget(control)
        row.addSpacing(8)

    def _show_rest(self, shown: bool) -> None:
        self.rest.setVisible(shown)

    def reset(self) -> None:
        """Detect everything, as for a file that was not read before."""
        self.options = CsvOptions()
        self.show_options(self.options)

    def show_options(self, options: CsvOptions) -> None:
        """Show what a file was read with."""
        self._showing = True
        for combo, value in (
            (self.encoding, options.encoding or "utf-8"),
            (self.delimiter, options.delimiter or ","),
            (self.quote, options.quote),
            (self.escape, options.escape),
        ):
            if combo.findData(value) < 0:
                combo.addItem(value, value)
            combo.setCurrentIndex(combo.findData(value))
        self.header.setChecked(options.header)
        self.skip.setValue(options.skip)
        self.comment.setText(options.comment)
        self.safe.setChecked(options.safe)
        if not self._is_usual(options):
            self.more.setChecked(True)
        self._showing = False

    def _is_usual(self, options: CsvOptions) -> bool:
        usual = CsvOptions()
        hidden = ("quote", "escape", "skip", "comment", "safe")
        return all(getattr(options, name) == getattr(usual, name) for name in hidden)

    def _take(self, *_: Any) -> None:
        """Take what the user chose; what was detected and not touched stays to be detected."""
        if self._showing:
            return
        before = self.options
        sender = self.sender()
        chosen = replace(
            before,
            quote=self.quote.currentData(),
            escape=self.escape.currentData(),
            header=self.header.isChecked(),
            skip=self.skip.value(),
            comment=self.comment.text(),
            safe=self.safe.isChecked(),
        )
        if sender is self.encoding:
            chosen = replace(chosen, encoding=self.encoding.currentData())
        if sender is self.delimiter:
            chosen = replace(chosen, delimiter=self.delimiter.currentData())
        if chosen != before:
            self.options = chosen
            self.changed.emit()


_TITLES: Final = {
    "utf-8": "UTF-8",
    "utf-16-le": "UTF-16 LE",
    "utf-16-be": "UTF-16 BE",
    "cp1252": "Windows-1252",
    "cp1250": "Windows-1250",
    "cp1251": "Windows-1251",
    "cp1253": "Windows-1253",
    "cp1254": "Windows-1254",
    "iso8859-1": "ISO 8859-1",
    "iso8859-2": "ISO 8859-2",
    "iso8859-15": "ISO 8859-15",
    "gb18030": "GB18030",
    "big5": "Big5",
    "shift_jis": "Shift JIS",
    "euc_jp": "EUC-JP",
    "euc_kr": "EUC-KR",
    "cp437": "CP 437",
    "cp850": "CP 850",
    "mac_roman": "Mac Roman",
}


def encoding_title(name: str) -> str:
    """What people call an encoding; these names are the same in every language."""
    return _TITLES.get(name, name)
