"""How a file is written: format, columns and their order, and what only CSV has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QBoxLayout,
    QCheckBox,
    QComboBox,
    QGroupBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from db.encodings import ENCODINGS
from db.export_form import ALL, FORMATS, Form, Format
from gui.import_options import encoding_title
from gui.text import field_title

SUFFIXES: Final = {"csv": ".csv", "json": ".json", "jsonl": ".jsonl", "xlsx": ".xlsx"}
_LINE_ENDS: Final = (("CR LF", "\r\n"), ("LF", "\n"), ("CR", "\r"))


class ExportOptions(QWidget):
    """The form of an export.

    Signals:
        changed(): something was chosen.
    """

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(12)
        layout.addWidget(self._make_columns(), 1)
        layout.addLayout(self._make_rest(), 1)
        self._show_format()

    def _make_columns(self) -> QGroupBox:
        box = QGroupBox(self.tr("Columns, in this order"))
        layout = QVBoxLayout(box)
        self.columns = QTreeWidget()
        self.columns.setAccessibleName(self.tr("Columns"))
        self.columns.setHeaderHidden(True)
        self.columns.setRootIsDecorated(False)
        self.columns.setUniformRowHeights(True)
        self.columns.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        for name in ALL:
            item = QTreeWidgetItem([field_title(name)])
            item.setData(0, Qt.ItemDataRole.UserRole, name)
            # Nothing can be dropped into it, so that a drag only moves.
            item.setFlags(
                (item.flags() | Qt.ItemFlag.ItemIsUserCheckable) & ~Qt.ItemFlag.ItemIsDropEnabled
            )
            item.setCheckState(0, Qt.CheckState.Checked)
            self.columns.addTopLevelItem(item)
        self.columns.setCurrentIndex(self.columns.model().index(0, 0))
        self.columns.itemChanged.connect(lambda *_: self.changed.emit())
        self.columns.model().rowsInserted.connect(lambda *_: self.changed.emit())
        layout.addWidget(self.columns)
        row = QHBoxLayout()
        self.up = QPushButton(self.tr("Move &Up"))
        self.down = QPushButton(self.tr("Move &Down"))
        for button, step in ((self.up, -1), (self.down, 1)):
            button.setAutoDefault(False)
            button.clicked.connect(lambda _=False, step=step: self._move(step))
            row.addWidget(button)
        row.addStretch(1)
        layout.addLayout(row)
        return box

    def _make_rest(self) -> QVBoxLayout:
        layout = QVBoxLayout()
        layout.setSpacing(8)
        titles = (
            self.tr("CSV"),
            self.tr("JSON array"),
            self.tr("JSON Lines"),
            self.tr("XLSX (Excel)"),
        )
        self.format = self._combo(
            layout, self.tr("&Format:"), list(zip(titles, FORMATS, strict=True))
        )
        self.by_id = self._check(layout, self.tr("&Sort by id"))
        self.by_id.setToolTip(self.tr("For version control: the same rows are the same file."))
        self.split = self._check(layout, self.tr("One file for each &organization"))
        self.csv = QGroupBox(self.tr("CSV"))
        inner = QVBoxLayout(self.csv)
        signs = [
            (self.tr("Comma"), ","),
            (self.tr("Semicolon"), ";"),
            (self.tr("Tab"), "\t"),
            (self.tr("Pipe"), "|"),
        ]
        self.delimiter = self._combo(inner, self.tr("De&limiter:"), signs)
        encodings = [(encoding_title(name), name) for name in ENCODINGS]
        self.encoding = self._combo(inner, self.tr("E&ncoding:"), encodings)
        self.line_end = self._combo(inner, self.tr("Line &end:"), _LINE_ENDS)
        checks = QHBoxLayout()
        self.bom = self._check(checks, self.tr("&Byte order mark"))
        self.safe = self._check(checks, self.tr("Safe for s&preadsheets"))
        inner.addLayout(checks)
        self.safe.setToolTip(
            self.tr("An apostrophe before cells that a spreadsheet would take for a formula.")
        )
        layout.addWidget(self.csv)
        layout.addStretch(1)
        return layout

    def _combo(
        self, layout: QVBoxLayout, words: str, choices: Sequence[tuple[str, str]]
    ) -> QComboBox:
        row = QHBoxLayout()
        label = QLabel(words)
        combo = QComboBox()
        combo.setAccessibleName(words.replace("&", "").rstrip(":"))
        label.setBuddy(combo)
        label.setMinimumWidth(label.fontMetrics().averageCharWidth() * 11)
        for title, value in choices:
            combo.addItem(title, value)
        combo.currentIndexChanged.connect(lambda _: self._show_format())
        row.addWidget(label)
        row.addWidget(combo, 1)
        layout.addLayout(row)
        return combo

    def _check(self, layout: QBoxLayout, words: str) -> QCheckBox:
        box = QCheckBox(words)
        box.toggled.connect(lambda _: self.changed.emit())
        layout.addWidget(box)
        return box

    def _show_format(self) -> None:
        if hasattr(self, "csv"):
            self.csv.setEnabled(self.format.currentData() == "csv")
            self.changed.emit()

    def _move(self, step: int) -> None:
        row = self.columns.currentIndex().row()
        if row < 0 or not 0 <= row + step < self.columns.topLevelItemCount():
            return
        item = self.columns.takeTopLevelItem(row)
        if item is not None:
            self.columns.insertTopLevelItem(row + step, item)
            self.columns.setCurrentItem(item)
            self.changed.emit()

    def choose_format(self, format_: Format) -> None:
        """Show another format, as the name of a file says."""
        self.format.setCurrentIndex(self.format.findData(format_))

    def form(self) -> Form:
        """What is chosen."""
        rows = range(self.columns.topLevelItemCount())
        items = [item for row in rows if (item := self.columns.topLevelItem(row)) is not None]
        return Form(
            format=self.format.currentData(),
            fields=tuple(
                item.data(0, Qt.ItemDataRole.UserRole)
                for item in items
                if item.checkState(0) == Qt.CheckState.Checked
            ),
            delimiter=self.delimiter.currentData(),
            line_end=self.line_end.currentData(),
            encoding=self.encoding.currentData(),
            bom=self.bom.isChecked(),
            safe=self.safe.isChecked(),
            by_id=self.by_id.isChecked(),
        )
