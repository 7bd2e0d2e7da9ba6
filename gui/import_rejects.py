"""Saving the rejected rows of an import as a file, to be mended and imported again."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from db.child import Task
from db.csv_stage import Staged
from db.rejects import write_rejects
from gui.background import deliver
from gui.text import number, one_line


class RejectsSaver(QObject):
    """Asks for a file and writes the rejected rows to it, in a child process.

    Signals:
        said(str, str): what became of it, and the symbol beside it.
        failed(Exception): why nothing was written.
    """

    said = Signal(str, str)
    failed = Signal(object)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._window = parent
        self._task: Task[int] | None = None

    def ask(self, staged: Staged) -> None:
        """Ask where to, and write."""
        suffix = "jsonl" if staged.exact else "csv"
        name = f"{staged.source.name.split('.')[0]}-rejected.{suffix}"
        dialog = QFileDialog(self._window, self.tr("Save Rejected Rows"))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(suffix)
        dialog.setDirectory(str(staged.source.parent))
        dialog.selectFile(name)
        dialog.fileSelected.connect(lambda chosen: self.save(staged, Path(chosen)))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    def save(self, staged: Staged, target: Path) -> None:
        """Write the rejected rows of what was read."""
        self._task = Task(partial(write_rejects, staged=staged, target=target))
        deliver(
            self,
            self._task.future,
            lambda count: self._tell(target, count),
            self.failed.emit,
        )

    def stop(self) -> None:
        """End what is being written; the old file stays."""
        if self._task is not None:
            self._task.cancel()

    def _tell(self, target: Path, count: int) -> None:
        words = self.tr(
            "{count} rejected rows were written to {file}. Mend them there, and import that file."
        )
        if count == 1:
            words = self.tr(
                "1 rejected row was written to {file}. Mend it there, and import that file."
            )
        self.said.emit(words.format(count=number(count), file=one_line(str(target), 200)), "ok")
