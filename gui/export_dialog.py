"""The export to a CSV file: which integrations, where to, and how far it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

import shiboken6
from PySide6.QtCore import Qt, Signal
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
from gui.background import deliver, run_in_gui
from gui.dialog_parts import FileRow, Foot, Message
from gui.text import number, sentence


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
        self.setWindowTitle(self.tr("Export CSV"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(12)
        layout.addWidget(self._make_scopes())
        self._message = Message()
        self.message = self._message.label
        self._foot = Foot(self.start_export, self.cancel)
        self.progress = self._foot.progress
        self.export_button, self.close_button = self._foot.begin_button, self._foot.close_button
        layout.addLayout(self._make_file_row())
        layout.addLayout(self._message)
        layout.addStretch(1)
        layout.addLayout(self._foot)
        self.resize(620, 320)
        self.file.setText(str(Path.home() / f"{catalog.path.stem}.csv"))
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
        self.file.textChanged.connect(self._describe)
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
        if count == 1:
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
        self.export_button.setEnabled(not self._running and count > 0 and target is not None)
        self.close_button.setText(self.tr("&Cancel"))
        if target is None:
            self._say(self.tr("Name the file to write."))
        elif target.is_file():
            self._say(self.tr("This file exists and will be replaced."), "warning")
        else:
            self._say(self.tr("UTF-8, comma separated, with the field names in the first line."))

    def _choose_file(self) -> None:
        dialog = QFileDialog(self, self.tr("Export CSV"))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilters([self.tr("CSV files (*.csv)"), self.tr("All files (*)")])
        dialog.setDefaultSuffix("csv")
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
