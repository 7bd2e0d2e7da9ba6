"""What was read of a CSV file: its columns, and its rows in tabs by what becomes of them."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHeaderView, QSplitter, QTableWidget, QTableWidgetItem, QTabWidget

from db.csv_import import Kind, Preview
from db.csv_match import Counts
from db.csv_reader import Peek
from db.csv_stage import Staged
from gui.dialog_parts import give_room
from gui.import_preview import FirstRowsModel, PreviewTable, RejectedModel, RowsModel
from gui.text import field_title, number, one_line

KINDS: Final[tuple[Kind, ...]] = ("new", "changed", "deleted", "unchanged", "skipped")


_SELDOM: Final = ("deleted", "skipped")


class ImportBody(QSplitter):
    """The columns at the left, the rows at the right.

    Signals:
        counted(Counts | None): the numbers in the tabs are these.
    """

    counted = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.mapping = self._make_mapping()
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.first = PreviewTable(self.tr("As it is read"))
        self.tabs.addTab(self.first, self.tr("&As It Is Read"))
        self.tables = {kind: PreviewTable(title) for kind, title in self._titles().items()}
        for kind, title in self._titles().items():
            self.tabs.addTab(self.tables[kind], title)
        self.addWidget(self.mapping)
        self.addWidget(self.tabs)
        self.setStretchFactor(1, 1)
        self.setChildrenCollapsible(False)
        self.setSizes([240, 800])
        kept = self.sizePolicy()
        kept.setRetainSizeWhenHidden(True)
        self.setSizePolicy(kept)

    def _make_mapping(self) -> QTableWidget:
        table = QTableWidget(0, 2)
        table.setAccessibleName(self.tr("Columns and their fields"))
        table.setHorizontalHeaderLabels([self.tr("Column"), self.tr("Field")])
        table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        table.setSelectionMode(QTableWidget.SelectionMode.NoSelection)
        table.setTabKeyNavigation(False)
        table.setShowGrid(False)
        give_room(table)
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 10)
        header = table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        return table

    def _titles(self) -> dict[str, str]:
        return {
            "new": self.tr("&New"),
            "changed": self.tr("Chan&ged"),
            "deleted": self.tr("De&leted"),
            "unchanged": self.tr("&Unchanged"),
            "skipped": self.tr("S&kipped"),
            "rejected": self.tr("&Rejected"),
        }

    def show_first(self, peek: Peek) -> None:
        """Show the first rows of a file that is still being read."""
        self.first.show_first(FirstRowsModel(peek, self.first))
        self.tabs.setTabEnabled(0, True)
        self.tabs.setCurrentIndex(0)

    def show_staged(self, staged: Staged, preview: Preview) -> None:
        """Show what was read, on the first tab that has rows."""
        self._show_mapping(staged)
        changed = preview.changed_fields()
        for kind in KINDS:
            count: int = getattr(staged.counts, kind)
            shown = staged.fields
            if kind == "changed":
                shown = tuple(
                    name for name in staged.fields if name in changed or name in ("id", "name")
                )
            table = self.tables[kind]
            model = RowsModel(preview, kind, count, staged.fields, shown, table, unit=staged.unit)
            table.show_rows(model, shown)
        rejected = self.tables["rejected"]
        rejected.show_rejects(
            RejectedModel(preview, staged.counts.rejected, rejected, unit=staged.unit)
        )
        self.show_counts(staged.counts)
        filled = [place for place in range(1, self.tabs.count()) if self.tabs.isTabEnabled(place)]
        self.tabs.setCurrentIndex(filled[0] if filled else 0)

    def _show_mapping(self, staged: Staged) -> None:
        self.mapping.setRowCount(len(staged.columns))
        for row, column in enumerate(staged.columns):
            ignored = column.field is None
            field = self.tr("ignored") if column.field is None else field_title(column.field)
            for place, text in enumerate((one_line(column.heading, 80), field)):
                item = QTableWidgetItem(text)
                if ignored:
                    font = item.font()
                    font.setItalic(True)
                    item.setFont(font)
                self.mapping.setItem(row, place, item)

    def show_counts(self, counts: Counts | None) -> None:
        """Show in the tabs how many rows they have."""
        self.tabs.setTabEnabled(0, self.first.model() is not None)
        for place, (kind, title) in enumerate(self._titles().items(), 1):
            count = getattr(counts, kind) if counts else 0
            self.tabs.setTabText(place, f"{title} ({number(count)})" if counts else title)
            self.tabs.setTabEnabled(place, count > 0)
            # What only some ways to import have takes no room in the others.
            self.tabs.setTabVisible(place, kind not in _SELDOM or count > 0)
        self.counted.emit(counts)

    def show_rejected(self, counts: Counts) -> None:
        """Show which rows were not imported."""
        self.show_counts(counts)
        self.tabs.setCurrentWidget(self.tables["rejected"])

    def clear(self) -> None:
        """Let go of all rows, but not of the first ones as they were read."""
        for table in self.tables.values():
            table.clear()
        self.mapping.setRowCount(0)
        self.show_counts(None)

    def forget_first(self) -> None:
        """Let go of the first rows as well."""
        self.first.clear()
        self.tabs.setTabEnabled(0, False)
