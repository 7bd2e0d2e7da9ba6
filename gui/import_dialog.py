"""The import of a CSV file: what was read, what it would change, and the import itself."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, auto
from pathlib import Path
from typing import Final

import shiboken6
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QSplitter,
    QTableWidget,
    QTableWidgetItem,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from db.catalog import Catalog
from db.csv_dialect import DELIMITERS
from db.csv_import import Imported, Kind, Preview, Reading, Writing
from db.csv_match import Counts
from db.csv_stage import Staged
from db.errors import Cancelled, CatalogError
from gui import theme
from gui.background import deliver, run_in_gui
from gui.import_preview import PreviewTable, RejectedModel, RowsModel
from gui.text import field_title, number, one_line, sentence

ORIGIN: Final = "import"
"""The `Change` of an import carries it."""
KINDS: Final[tuple[Kind, ...]] = ("new", "changed", "unchanged")
_PROGRESS_STEPS: Final = 1000


class _State(Enum):
    IDLE = auto()
    READING = auto()
    READY = auto()
    WRITING = auto()
    DONE = auto()


class ImportDialog(QDialog):
    """Reads a CSV file, shows what importing it would do, and does it.

    Signals:
        imported(Change): the import is in the catalogue.
    """

    imported = Signal(object)

    def __init__(
        self, catalog: Catalog, path: Path | None = None, parent: QWidget | None = None
    ) -> None:
        """Open on `path`; without one the user chooses a file first."""
        super().__init__(parent)
        self._catalog = catalog
        self._path: Path | None = None
        self._reading: Reading | None = None
        self._writing: Writing | None = None
        self._preview: Preview | None = None
        self._staged: Staged | None = None
        self._state = _State.IDLE
        self._closing = False
        self.setWindowTitle(self.tr("Import CSV"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(12)
        layout.addLayout(self._make_file_row())
        layout.addLayout(self._make_message())
        layout.addWidget(self._make_body(), 1)
        layout.addLayout(self._make_foot())
        self.resize(1080, 660)
        self._set_state(_State.IDLE)
        self._say(self.tr("Choose a CSV file in UTF-8. Its first line names the columns."))
        if path is not None:
            self.read(path)

    # -- what it is made of --------------------------------------------------------------------

    def _make_file_row(self) -> QHBoxLayout:
        self.file = QLineEdit(readOnly=True)
        self.file.setAccessibleName(self.tr("File"))
        self.file.setPlaceholderText(self.tr("No file chosen"))
        file_label = QLabel(self.tr("&File:"))
        file_label.setBuddy(self.file)
        self.choose = QPushButton(self.tr("C&hoose…"))
        self.choose.setAccessibleName(self.tr("Choose a file"))
        self.choose.clicked.connect(self._choose_file)
        self.delimiter = QComboBox()
        self.delimiter.setAccessibleName(self.tr("Delimiter"))
        names = (self.tr("Comma"), self.tr("Semicolon"), self.tr("Tab"), self.tr("Pipe"))
        for name, delimiter in zip(names, DELIMITERS, strict=True):
            self.delimiter.addItem(name, delimiter)
        self.delimiter.activated.connect(self._read_again)
        delimiter_label = QLabel(self.tr("&Delimiter:"))
        delimiter_label.setBuddy(self.delimiter)
        row = QHBoxLayout()
        row.addWidget(file_label)
        row.addWidget(self.file, 1)
        row.addWidget(self.choose)
        row.addSpacing(16)
        row.addWidget(delimiter_label)
        row.addWidget(self.delimiter)
        return row

    def _make_message(self) -> QHBoxLayout:
        self._symbol = QLabel()
        self._symbol.setFixedSize(20, 20)
        self.message = QLabel(wordWrap=True)
        self.message.setTextFormat(Qt.TextFormat.PlainText)
        self.message.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self._symbol, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self.message, 1)
        return row

    def _make_body(self) -> QSplitter:
        self.mapping = QTableWidget(0, 2)
        self.mapping.setAccessibleName(self.tr("Columns and their fields"))
        self.mapping.setHorizontalHeaderLabels([self.tr("Column"), self.tr("Field")])
        self.mapping.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.mapping.setSelectionMode(QTableWidget.SelectionMode.NoSelection)
        self.mapping.setTabKeyNavigation(False)
        self.mapping.setShowGrid(False)
        self.mapping.verticalHeader().hide()
        self.mapping.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 10)
        header = self.mapping.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tables = {kind: PreviewTable(title) for kind, title in self._titles().items()}
        for kind, title in self._titles().items():
            self.tabs.addTab(self.tables[kind], title)
        self._body = QSplitter()
        self._body.addWidget(self.mapping)
        self._body.addWidget(self.tabs)
        self._body.setStretchFactor(1, 1)
        self._body.setChildrenCollapsible(False)
        self._body.setSizes([240, 800])
        kept = self._body.sizePolicy()
        kept.setRetainSizeWhenHidden(True)
        self._body.setSizePolicy(kept)
        return self._body

    def _titles(self) -> dict[str, str]:
        return {
            "new": self.tr("&New"),
            "changed": self.tr("Chan&ged"),
            "unchanged": self.tr("&Unchanged"),
            "rejected": self.tr("&Rejected"),
        }

    def _make_foot(self) -> QHBoxLayout:
        self.progress = QProgressBar()
        self.progress.setRange(0, _PROGRESS_STEPS)
        self.progress.setAccessibleName(self.tr("Progress"))
        kept = self.progress.sizePolicy()
        kept.setRetainSizeWhenHidden(True)
        self.progress.setSizePolicy(kept)
        self.import_button = QPushButton(self.tr("&Import"))
        self.import_button.setDefault(True)
        self.import_button.clicked.connect(self.start_import)
        self.close_button = QPushButton()
        self.close_button.clicked.connect(self.cancel)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.progress, 1)
        row.addSpacing(16)
        row.addWidget(self.import_button)
        row.addWidget(self.close_button)
        return row

    # -- reading -------------------------------------------------------------------------------

    def read(self, path: Path, delimiter: str | None = None) -> None:
        """Read a file and show what importing it would do; whatever was read before goes.

        Args:
            delimiter: None to detect it.
        """
        self._forget()
        self._path = path
        self.file.setText(str(path))
        self.file.setCursorPosition(len(str(path)))
        self._say(self.tr("Reading {file} …").format(file=path.name))
        self._set_state(_State.READING)
        reading = Reading(
            path,
            self._catalog.path,
            delimiter=delimiter,
            progress=self._teller(),
        )
        self._reading = reading
        deliver(
            self,
            reading.future,
            lambda staged: self._show(reading, staged),
            lambda error: self._not_read(reading, error),
        )

    def _teller(self) -> Callable[[int, int], None]:
        """Shows in the GUI thread what work on another thread reports."""

        def show(done: int, total: int) -> None:
            if shiboken6.isValid(self):
                self._show_progress(done, total)

        return lambda done, total: run_in_gui(lambda: show(done, total))

    def _show_progress(self, done: int, total: int) -> None:
        if self._state not in (_State.READING, _State.WRITING):
            return
        if done >= total:  # what follows cannot be counted: matching, or indexes and history
            self.progress.setRange(0, 0)
        else:
            self.progress.setRange(0, _PROGRESS_STEPS)
            self.progress.setValue(done * _PROGRESS_STEPS // total)

    def _show(self, reading: Reading, staged: Staged) -> None:
        if reading is not self._reading:
            return
        try:
            preview = Preview(staged, self._catalog.path)
        except CatalogError as error:
            self._not_read(reading, error)
            return
        self._preview, self._staged = preview, staged
        self.delimiter.setCurrentIndex(self.delimiter.findData(staged.delimiter))
        self._show_mapping(staged)
        self._show_tables(staged, preview)
        self._set_state(_State.READY)
        self._say_what_was_read(staged)
        if self.import_button.isEnabled():
            self.import_button.setFocus()

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

    def _show_tables(self, staged: Staged, preview: Preview) -> None:
        counts = staged.counts
        changed = preview.changed_fields()
        for kind in KINDS:
            count: int = getattr(counts, kind)
            shown = staged.fields
            if kind == "changed":
                shown = tuple(
                    name for name in staged.fields if name in changed or name in ("id", "name")
                )
            table = self.tables[kind]
            table.show_rows(RowsModel(preview, kind, count, staged.fields, shown, table), shown)
        rejected = self.tables["rejected"]
        rejected.show_rejects(RejectedModel(preview, counts.rejected, rejected))
        self._show_counts(counts)
        filled = [place for place in range(self.tabs.count()) if self.tabs.isTabEnabled(place)]
        self.tabs.setCurrentIndex(filled[0] if filled else 0)

    def _show_counts(self, counts: Counts | None) -> None:
        for place, (kind, title) in enumerate(self._titles().items()):
            count = getattr(counts, kind) if counts else 0
            self.tabs.setTabText(place, f"{title} ({number(count)})" if counts else title)
            self.tabs.setTabEnabled(place, count > 0)
        self._set_import_text(counts.new + counts.changed if counts else 0)

    def _set_import_text(self, count: int) -> None:
        if count == 1:
            text = self.tr("&Import 1 Integration")
        elif count:
            text = self.tr("&Import {count} Integrations").format(count=number(count))
        else:
            text = self.tr("&Import")
        self.import_button.setText(text)

    def _say_what_was_read(self, staged: Staged) -> None:
        counts = staged.counts
        parts = [self.tr("{count} rows read.").format(count=number(counts.read))]
        if staged.ignored:
            names = ", ".join(f"“{one_line(name, 40)}”" for name in staged.ignored[:12])
            more = " …" if len(staged.ignored) > 12 else ""
            parts.append(self.tr("Ignored columns: {names}.").format(names=names + more))
        if counts.rejected:
            parts.append(
                self.tr("{count} cannot be imported; the tab Rejected says why.").format(
                    count=number(counts.rejected)
                )
            )
        if not counts.new and not counts.changed:
            parts.append(self.tr("There is nothing to import."))
        self._say(" ".join(parts), "warning" if counts.rejected else "ok")

    def _not_read(self, reading: Reading, error: Exception) -> None:
        if reading is not self._reading:
            return
        self._forget()
        self._set_state(_State.IDLE)
        if isinstance(error, Cancelled):
            self._say(self.tr("Reading was cancelled."))
        else:
            self._say(sentence(error), "error")

    # -- importing -----------------------------------------------------------------------------

    def start_import(self) -> None:
        """Import what is shown, as one edit."""
        if self._state is not _State.READY or self._staged is None:
            return
        staged = self._staged
        label = self.tr("Import {file}: {new} new, {changed} changed")
        self._set_state(_State.WRITING)
        self._say(self.tr("Importing {file} …").format(file=staged.source.name))
        self._writing = Writing(
            self._catalog,
            staged,
            origin=ORIGIN,
            label=lambda of, counts: label.format(
                file=of.source.name, new=counts.new, changed=counts.changed
            ),
            progress=self._teller(),
        )
        deliver(self, self._writing.future, self._finish, self._not_written)

    def _finish(self, imported: Imported) -> None:
        self._set_state(_State.DONE)
        self.imported.emit(imported.change)
        counts = imported.counts
        if not counts.rejected or self._closing:
            self.accept()
            return
        self._show_counts(counts)
        self.tabs.setCurrentWidget(self.tables["rejected"])
        self._say(
            self.tr(
                "{new} added and {changed} changed. {rejected} rows were rejected and are listed "
                "below; mend them in the file and import it again."
            ).format(
                new=number(counts.new),
                changed=number(counts.changed),
                rejected=number(counts.rejected),
            ),
            "warning",
        )
        self.close_button.setFocus()

    def _not_written(self, error: Exception) -> None:
        self._set_state(_State.READY)
        cancelled = isinstance(error, Cancelled)
        self._say(sentence(error), "info" if cancelled else "error")
        if self._closing:
            self.reject()

    # -- the rest ------------------------------------------------------------------------------

    def _choose_file(self) -> None:
        dialog = QFileDialog(self, self.tr("Import CSV"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilters([self.tr("CSV files (*.csv *.tsv *.txt)"), self.tr("All files (*)")])
        dialog.setDirectory(str(self._path.parent if self._path else Path.home()))
        dialog.fileSelected.connect(lambda name: self.read(Path(name)))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    def _read_again(self) -> None:
        if self._path is not None:
            self.read(self._path, self.delimiter.currentData())

    def _say(self, text: str, symbol: str = "info") -> None:
        self.message.setText(text)
        colors = theme.colors()
        color = {"warning": colors.warning, "error": colors.error, "ok": colors.ok}.get(
            symbol, colors.muted
        )
        ratio = self.devicePixelRatioF()
        self._symbol.setPixmap(theme.symbol(symbol, 16, ratio, color))

    def _set_state(self, state: _State) -> None:
        self._state = state
        busy = state in (_State.READING, _State.WRITING)
        self.progress.setVisible(busy)
        self.progress.setRange(0, _PROGRESS_STEPS)
        self.progress.setValue(0)
        self._body.setVisible(self._staged is not None)
        self.choose.setEnabled(not busy)
        self.delimiter.setEnabled(
            self._path is not None and state not in (_State.WRITING, _State.DONE)
        )
        counts = self._staged.counts if self._staged else Counts()
        self.import_button.setEnabled(state is _State.READY and bool(counts.new + counts.changed))
        self.import_button.setVisible(state is not _State.DONE)
        done = state is _State.DONE
        self.close_button.setText(self.tr("&Close") if done else self.tr("&Cancel"))

    def _forget(self) -> None:
        """Let go of what was read."""
        reading, self._reading, self._staged = self._reading, None, None
        for table in self.tables.values():
            table.clear()
        if self._preview is not None:
            self._preview.close()
            self._preview = None
        if reading is not None:
            reading.close()
        self.mapping.setRowCount(0)
        self._show_counts(None)

    def cancel(self) -> None:
        """Cancel what runs; close when nothing does."""
        if self._state is _State.WRITING and self._writing is not None:
            self._writing.cancel()
        elif self._state is _State.READING and self._reading is not None:
            self._reading.cancel()
        else:
            self.reject()

    def reject(self) -> None:
        """Close; an import that runs is cancelled first."""
        if self._state is _State.WRITING and self._writing is not None:
            self._closing = True
            self._writing.cancel()
        else:
            super().reject()

    def done(self, result: int) -> None:
        """Clean up and close."""
        self._forget()
        super().done(result)
