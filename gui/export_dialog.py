"""The export to a file: which integrations, where to, and how far it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import shiboken6
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QDialog,
    QFileDialog,
    QGroupBox,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from db.catalog import Catalog
from db.csv_export import Exported, Exporting, Rows
from db.errors import Cancelled
from db.export_form import format_for
from db.export_writers import has_xlsx
from gui.background import deliver, run_in_gui
from gui.dialog_parts import FileRow, Foot, Message, fit_to_screen
from gui.export_options import SUFFIXES, ExportOptions
from gui.text import number, sentence

_PATTERNS: Final = "*.csv *.json *.jsonl *.xlsx"


@dataclass(frozen=True, slots=True)
class Scope:
    """Some integrations that can be exported.

    Attributes:
        title: what they are, in the user's language: "All", "The selection".
        count: how many there are.
        rows: tells which, when the export starts; may answer later, from another thread.
    """

    title: str
    count: int
    rows: Callable[[], Rows | Future[Rows]]


class ExportDialog(QDialog):
    """Asks what to export and where to, and exports it in a child process.

    Signals:
        exported(Path, int): the file is written, with so many integrations.
    """

    exported = Signal(object, int)

    def __init__(
        self, catalog: Catalog, scopes: Sequence[Scope], parent: QWidget | None = None
    ) -> None:
        """Open on the first of `scopes` that is not empty."""
        super().__init__(parent)
        self._catalog = catalog
        self._scopes = scopes
        self._exporting: Exporting | None = None
        self._running = False
        self._closing = False
        self.setWindowTitle(self.tr("Export"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(12)
        layout.addWidget(self._make_scopes())
        self._message = Message()
        self.message = self._message.label
        self._foot = Foot(self.start_export, self.cancel)
        self.progress = self._foot.progress
        self.export_button, self.close_button = self._foot.begin_button, self._foot.close_button
        self.options = ExportOptions()
        layout.addLayout(self._make_file_row())
        layout.addWidget(self.options, 1)
        layout.addLayout(self._message)
        layout.addLayout(self._foot)
        fit_to_screen(self, QSize(680, 620))
        self.file.setText(str(Path.home() / f"{catalog.path.stem}.csv"))
        self.options.format.activated.connect(self._take_format)
        self.options.changed.connect(self._describe)
        self._set_running(False)
        self._describe()

    # -- what it is made of --------------------------------------------------------------------

    def _make_scopes(self) -> QGroupBox:
        box = QGroupBox(self.tr("Which integrations"))
        layout = QVBoxLayout(box)
        self.scopes = QButtonGroup(self)
        for place, scope in enumerate(self._scopes):
            button = QRadioButton(
                self.tr("{title} ({count})").format(title=scope.title, count=number(scope.count))
            )
            button.setEnabled(scope.count > 0)
            self.scopes.addButton(button, place)
            layout.addWidget(button)
        first = next((place for place, scope in enumerate(self._scopes) if scope.count), 0)
        if self._scopes:
            self.scopes.button(first).setChecked(True)
        self.scopes.idToggled.connect(self._describe)
        return box

    def _make_file_row(self) -> FileRow:
        row = FileRow()
        self.file, self.choose = row.line, row.choose
        self.file.textChanged.connect(self._take_name)
        self.choose.clicked.connect(self._choose_file)
        return row

    # -- exporting -----------------------------------------------------------------------------

    def scope(self) -> Scope | None:
        """What is chosen to be exported."""
        place = self.scopes.checkedId()
        return self._scopes[place] if place >= 0 else None

    def target(self) -> Path | None:
        """The file that is named; a name without a folder is one in the home folder."""
        return self.file.path

    def start_export(self) -> None:
        """Export what is chosen to the file that is named."""
        scope, target = self.scope(), self.target()
        if scope is None or target is None or self._running:
            return
        self._set_running(True)
        self._say(self.tr("Writing {file} …").format(file=target.name))
        rows = scope.rows()
        if isinstance(rows, Future):
            deliver(self, rows, lambda found: self._export(target, found), self._failed)
        else:
            self._export(target, rows)

    def _export(self, target: Path, rows: Rows) -> None:
        if self._closing or not self._running:
            return

        def show(done: int, total: int) -> None:
            if shiboken6.isValid(self) and self._running:
                self._foot.show_progress(done, total)

        self._exporting = Exporting(
            self._catalog.path,
            target,
            rows,
            self.options.form(),
            split=self.options.split.isChecked(),
            progress=lambda done, total: run_in_gui(lambda: show(done, total)),
        )
        deliver(
            self,
            self._exporting.future,
            lambda exported: self._finish(target, exported),
            self._failed,
        )

    def _finish(self, target: Path, exported: Exported) -> None:
        count = exported.count
        self._set_running(False)
        self.export_button.setEnabled(False)
        self.close_button.setText(self.tr("&Close"))
        self.close_button.setFocus()
        files = len(exported.files)
        if self.options.split.isChecked():
            words = self.tr("{count} integrations were written to {files} files in {folder}.")
            if files == 1:
                words = self.tr("{count} integrations were written to 1 file in {folder}.")
            text = words.format(count=number(count), files=number(files), folder=target.parent)
        elif count == 1:
            text = self.tr("1 integration was written to {file}.").format(file=target)
        else:
            text = self.tr("{count} integrations were written to {file}.").format(
                count=number(count), file=target
            )
        self._say(text, "ok")
        self.exported.emit(target, count)

    def _failed(self, error: Exception) -> None:
        self._set_running(False)
        self._describe()
        if isinstance(error, Cancelled):
            self._say(self.tr("The export was cancelled. The file is as it was."))
        else:
            self._say(sentence(error), "error")

    # -- the rest ------------------------------------------------------------------------------

    def _describe(self) -> None:
        """Name the button after the count, and say what becomes of a file that is there."""
        scope, target = self.scope(), self.target()
        count = scope.count if scope else 0
        if count == 1:
            self.export_button.setText(self.tr("&Export 1 Integration"))
        else:
            text = self.tr("&Export {count} Integrations").format(count=number(count))
            self.export_button.setText(text)
        problem = self._problem()
        self.export_button.setEnabled(
            not self._running and count > 0 and target is not None and not problem
        )
        self.close_button.setText(self.tr("&Cancel"))
        if target is None:
            self._say(self.tr("Name the file to write."))
        elif problem:
            self._say(problem, "warning")
        elif self.options.split.isChecked():
            name = f"{target.stem}-…{target.suffix}"
            self._say(
                self.tr(
                    "Writes a file for each organization, named {name}; those that exist are "
                    "replaced."
                ).format(name=name)
            )
        elif target.is_file():
            self._say(self.tr("This file exists and will be replaced."), "warning")
        else:
            self._say(self.tr("The file is written whole, or not at all."))

    def _problem(self) -> str:
        """Why nothing can be written as it is chosen; "" if something can."""
        form = self.options.form()
        if not form.fields:
            return self.tr("Choose one column at least.")
        if form.format == "xlsx" and not has_xlsx():
            return self.tr("XLSX needs the package openpyxl, which is not installed.")
        return ""

    def _take_format(self) -> None:
        """Name the file after the format that was chosen."""
        target = self.target()
        if target is not None and target.suffix.lower() in SUFFIXES.values():
            suffix = SUFFIXES[self.options.form().format]
            if format_for(target) != self.options.form().format:
                self.file.setText(str(target.with_suffix(suffix)))

    def _take_name(self) -> None:
        """Choose the format that the name means."""
        target = self.target()
        if target is not None and target.suffix.lower() in SUFFIXES.values():
            self.options.choose_format(format_for(target))
        self._describe()

    def _choose_file(self) -> None:
        dialog = QFileDialog(self, self.tr("Export"))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        files = self.tr("CSV, JSON and XLSX ({patterns})").format(patterns=_PATTERNS)
        dialog.setNameFilters([files, self.tr("All files (*)")])
        dialog.setDefaultSuffix(SUFFIXES[self.options.form().format][1:])
        target = self.target()
        if target is not None:
            dialog.setDirectory(str(target.parent))
            dialog.selectFile(target.name)
        dialog.fileSelected.connect(self.file.setText)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    def _say(self, text: str, symbol: str = "info") -> None:
        self._message.say(text, symbol)

    def _set_running(self, running: bool) -> None:
        self._running = running
        self._foot.show_busy(running)
        self.file.setEnabled(not running)
        self.choose.setEnabled(not running)
        self.options.setEnabled(not running)
        for place, button in enumerate(self.scopes.buttons()):
            button.setEnabled(not running and self._scopes[place].count > 0)
        self.export_button.setEnabled(not running)

    def cancel(self) -> None:
        """Cancel the export that runs; close when none does."""
        if self._exporting is not None and self._running:
            self._exporting.cancel()
        else:
            self.reject()

    def done(self, result: int) -> None:
        """Close; an export that runs is cancelled and leaves the old file as it was."""
        self._closing = True
        if self._exporting is not None:
            self._exporting.cancel()
        super().done(result)
