"""The import of a file: what was read, what it would change, and the import itself."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, auto
from pathlib import Path
from typing import Final

import shiboken6
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QVBoxLayout,
    QWidget,
)

from db.catalog import Catalog
from db.csv_import import Imported, Preview, Reading, Writing
from db.csv_match import Counts
from db.csv_options import CsvOptions
from db.csv_reader import Peek, peek
from db.csv_stage import Staged
from db.errors import Cancelled, CatalogError
from db.stage import format_of
from gui.background import deliver, in_thread, run_in_gui
from gui.dialog_parts import FileRow, Foot, Message, fit_to_screen
from gui.import_body import ImportBody
from gui.import_match import ImportMatch
from gui.import_options import ImportOptions
from gui.import_rejects import RejectsSaver
from gui.redo_question import agreement
from gui.text import number, one_line, sentence

_PATTERNS: Final = (
    *("*.csv", "*.tsv", "*.txt", "*.csv.gz", "*.tsv.gz"),
    *("*.json", "*.jsonl", "*.ndjson", "*.json.gz", "*.jsonl.gz"),
)
ORIGIN: Final = "import"
"""The `Change` of an import carries it."""


class _State(Enum):
    IDLE = auto()
    READING = auto()
    READY = auto()
    WRITING = auto()
    DONE = auto()


class ImportDialog(QDialog):
    """Reads a CSV or JSON file, shows what importing it would do, and does it.

    Signals:
        imported(Change): the import is in the catalogue.
        said(str): what became of an import that was cancelled.
        failed(Exception): why an import failed that the dialog no longer shows.
    """

    imported = Signal(object)
    said = Signal(str)
    failed = Signal(object)

    def __init__(
        self, catalog: Catalog, path: Path | None = None, parent: QWidget | None = None
    ) -> None:
        """Open on `path`; without one the user chooses a file first."""
        super().__init__(parent)
        self._catalog = catalog
        self._path: Path | None = None
        self._reading: Reading | None = None
        self._refused: Reading | None = None
        self._writing: Writing | None = None
        self._preview: Preview | None = None
        self._staged: Staged | None = None
        self._state = _State.IDLE
        self._closing = False
        self.setWindowTitle(self.tr("Import"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(12)
        self._message = Message()
        self.message = self._message.label
        self._body = ImportBody()
        self.mapping, self.tabs, self.tables = (
            self._body.mapping,
            self._body.tabs,
            self._body.tables,
        )
        self._foot = Foot(self.start_import, self.cancel)
        self.progress = self._foot.progress
        self.import_button, self.close_button = self._foot.begin_button, self._foot.close_button
        self.save_button = self._foot.add_button(
            self.tr("&Save Rejected Rows…"), self._save_rejected
        )
        self.rejects = RejectsSaver(self)
        self.rejects.said.connect(self._say)
        self.rejects.failed.connect(lambda error: self._say(sentence(error), "error"))
        self._body.counted.connect(self._name_button)
        layout.addLayout(self._make_file_row())
        self.options = ImportOptions()
        self.options.changed.connect(self._read_again)
        layout.addWidget(self.options)
        self.match = ImportMatch()
        self.match.changed.connect(self._read_again)
        layout.addWidget(self.match)
        layout.addLayout(self._message)
        layout.addWidget(self._body, 1)
        layout.addLayout(self._foot)
        fit_to_screen(self, QSize(1080, 660))
        self.setAcceptDrops(True)
        self._body.show_counts(None)
        self._set_state(_State.IDLE)
        self._say(self.tr("Choose a CSV or JSON file."))
        if path is not None:
            self.read(path)

    # -- what it is made of --------------------------------------------------------------------

    def _make_file_row(self) -> QHBoxLayout:
        row = FileRow()
        self.file, self.choose = row.line, row.choose
        self.file.setPlaceholderText(self.tr("No file chosen"))
        self.file.textEdited.connect(self._path_edited)
        self.file.keeps_enter = True
        self.file.returnPressed.connect(self._read_typed)
        self.file.dropped.connect(self.read)
        self.choose.clicked.connect(self._choose_file)
        return row

    # -- reading -------------------------------------------------------------------------------

    def read(self, path: Path) -> None:
        """Read a file and show what importing it would do; whatever was read before goes."""
        self.options.reset()
        self._body.forget_first()
        self._read(path)

    def _read(self, path: Path) -> None:
        self._forget()
        self._path = path
        self.file.show_path(path)
        self._say(self.tr("Reading {file} …").format(file=path.name))
        self._set_state(_State.READING)
        options = self.options.options
        reading = Reading(
            path,
            self._catalog.path,
            options=options,
            match=self.match.match(),
            progress=self._teller(),
        )
        self._reading = reading
        deliver(
            self,
            reading.future,
            lambda staged: self._show(reading, staged),
            lambda error: self._not_read(reading, error),
        )
        first = in_thread(lambda: _first_rows(path, options), "first rows")
        # Why there are none, the whole reading says as well.
        deliver(self, first, lambda found: self._show_first(reading, found), lambda _: None)

    def _show_first(self, reading: Reading, found: Peek | None) -> None:
        if reading is not self._reading and reading is not self._refused:
            return
        self.options.setVisible(found is not None)
        if found is None:
            return
        if self._staged is None:
            self.options.show_options(found.options)
        shown = self._body.tabs.currentIndex()
        self._body.show_first(found)
        if self._staged is not None:
            self._body.tabs.setCurrentIndex(shown)
        self._set_state(self._state)

    def _teller(self) -> Callable[[int, int], None]:
        """Shows in the GUI thread what work on another thread reports."""

        def show(done: int, total: int) -> None:
            if shiboken6.isValid(self):
                self._show_progress(done, total)

        return lambda done, total: run_in_gui(lambda: show(done, total))

    def _show_progress(self, done: int, total: int) -> None:
        if self._state in (_State.READING, _State.WRITING):
            self._foot.show_progress(done, total)

    def _show(self, reading: Reading, staged: Staged) -> None:
        if reading is not self._reading:
            return
        try:
            preview = Preview(staged, self._catalog.path)
        except CatalogError as error:
            self._not_read(reading, error)
            return
        self._preview, self._staged = preview, staged
        self.options.show_options(staged.options)
        self._body.show_staged(staged, preview)
        self._set_state(_State.READY)
        self._say_what_was_read(staged)
        if self.import_button.isEnabled():
            self.import_button.setFocus()

    def _name_button(self, counts: Counts | None) -> None:
        count = counts.new + counts.changed if counts else 0
        deleted = counts.deleted if counts else 0
        if deleted and count:
            text = self.tr("&Import {count} and Delete {deleted}").format(
                count=number(count), deleted=number(deleted)
            )
        elif deleted:
            text = self.tr("&Delete {deleted}").format(deleted=number(deleted))
        elif count == 1:
            text = self.tr("&Import 1 Integration")
        elif count:
            text = self.tr("&Import {count} Integrations").format(count=number(count))
        else:
            text = self.tr("&Import")
        self.import_button.setText(text)

    def _say_what_was_read(self, staged: Staged) -> None:
        counts = staged.counts
        words = self.tr("1 row read.") if counts.read == 1 else self.tr("{count} rows read.")
        parts = [words.format(count=number(counts.read))]
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
        if counts.deleted:
            words = self.tr("{count} deleted, since the file lacks them.")
            parts.append(words.format(count=number(counts.deleted)))
        if staged.match.mirror and counts.rejected:
            parts.append(self.tr("Nothing is deleted while rows are rejected."))
        if not counts.written:
            parts.append(self.tr("There is nothing to import."))
        doubtful = counts.rejected or counts.deleted
        self._say(" ".join(parts), "warning" if doubtful else "ok")

    def _not_read(self, reading: Reading, error: Exception) -> None:
        if reading is not self._reading:
            return
        self._forget()
        self._refused = reading
        self._set_state(_State.IDLE)
        if isinstance(error, Cancelled):
            self._say(self.tr("Reading was cancelled."))
        else:
            self._say(sentence(error), "error")
            self.file.setFocus()

    # -- importing -----------------------------------------------------------------------------

    def start_import(self) -> None:
        """Import what is shown, as one edit, once redo may be lost."""
        if self._state is not _State.READY or self._staged is None:
            return
        if self._catalog.redo_label() is None:
            self._import(self._staged)
            return
        staged = self._staged
        agreed = agreement(self, self._catalog)
        deliver(self, agreed, lambda _: self._import(staged), lambda _: None)

    def _import(self, staged: Staged) -> None:
        label = self.tr("Import {file}: {new} new, {changed} changed")
        mirrored = self.tr("Import {file}: {new} new, {changed} changed, {deleted} deleted")
        self._set_state(_State.WRITING)
        self._say(self.tr("Importing {file} …").format(file=staged.source.name))
        self._writing = Writing(
            self._catalog,
            staged,
            origin=ORIGIN,
            label=lambda of, counts: (mirrored if of.match.mirror else label).format(
                file=of.source.name,
                new=number(counts.new),
                changed=number(counts.changed),
                deleted=number(counts.deleted),
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
        self._body.show_rejected(counts)
        words = self.tr(
            "{new} added and {changed} changed. {rejected} rows were rejected and are listed "
            "below; save them as a file, mend them there and import it."
        )
        if counts.rejected == 1:
            words = self.tr(
                "{new} added and {changed} changed. 1 row was rejected and is listed below; save "
                "it as a file, mend it there and import that."
            )
        self._say(
            words.format(
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
        if cancelled and self._path is not None:
            words = self.tr("The import of {file} was cancelled. Nothing was changed.")
            self.said.emit(words.format(file=one_line(self._path.name, 80)))
        if self._closing and not cancelled:
            self.failed.emit(error)
        if self._closing:
            self.reject()

    def _save_rejected(self) -> None:
        if self._staged is not None:
            self.rejects.ask(self._staged)

    # -- the rest ------------------------------------------------------------------------------

    def _choose_file(self) -> None:
        dialog = QFileDialog(self, self.tr("Import"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        files = self.tr("CSV and JSON ({patterns})").format(patterns=" ".join(_PATTERNS))
        dialog.setNameFilters([files, self.tr("All files (*)")])
        dialog.setDirectory(str(self._path.parent if self._path else Path.home()))
        dialog.fileSelected.connect(lambda name: self.read(Path(name)))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    def _path_edited(self) -> None:
        """Another file is named: what was read is no longer what the button would import."""
        self.import_button.setEnabled(False)
        self._say(self.tr("Press Enter in the field to read this file."))

    def _read_typed(self) -> None:
        path = self.file.path
        if path is not None and self._state not in (_State.WRITING, _State.READING):
            self.read(path)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take a file wherever on the dialog it is dropped."""
        self.file.take_drag(event)

    def dropEvent(self, event: QDropEvent) -> None:
        self.file.dropEvent(event)

    def _read_again(self) -> None:
        if self._path is not None:
            self._read(self._path)

    def _say(self, text: str, symbol: str = "info") -> None:
        self._message.say(text, symbol)

    def _set_state(self, state: _State) -> None:
        self._state = state
        busy = state in (_State.READING, _State.WRITING)
        self._foot.show_busy(busy)
        self.file.setEnabled(not busy and state is not _State.DONE)
        self._body.setVisible(self._staged is not None or self._body.first.model() is not None)
        self.choose.setEnabled(not busy)
        changeable = self._path is not None and state not in (_State.WRITING, _State.DONE)
        self.options.setEnabled(changeable)
        self.match.setEnabled(changeable)
        counts = self._staged.counts if self._staged else Counts()
        self.import_button.setEnabled(state is _State.READY and bool(counts.written))
        self.import_button.setVisible(state is not _State.DONE)
        self.save_button.setVisible(counts.rejected > 0 and not busy)
        done = state is _State.DONE
        self.close_button.setText(self.tr("&Close") if done else self.tr("&Cancel"))

    def _forget(self) -> None:
        """Let go of what was read."""
        reading, self._reading, self._staged = self._reading, None, None
        self._body.clear()
        if self._preview is not None:
            self._preview.close()
            self._preview = None
        if reading is not None:
            reading.close()

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
        self.rejects.stop()
        self._forget()
        super().done(result)


def _first_rows(path: Path, options: CsvOptions) -> Peek | None:
    """The first rows of a CSV file; None for another kind."""
    return peek(path, options) if format_of(path) == "csv" else None
