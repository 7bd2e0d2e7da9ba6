"""Compacting a catalogue: what that frees, before and after."""

from __future__ import annotations

from concurrent.futures import Future
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QCheckBox, QDialog, QFormLayout, QLabel, QVBoxLayout, QWidget

from db import history_keep
from db.errors import Cancelled
from db.history_keep import Compacted, Retention, Usage
from gui.background import deliver
from gui.dialog_parts import Foot, Message, fit_to_screen
from gui.text import number, sentence, size

if TYPE_CHECKING:
    from db.catalog import Catalog
    from db.reader import Reader


class CompactDialog(QDialog):
    """Says how large the file and its history are, and makes the file as small as it can be.

    Args:
        keep: what the preferences keep of the history; what is older goes only if it is ticked.

    Signals:
        compacted(Compacted): it is done.
    """

    compacted = Signal(object)

    def __init__(
        self, catalog: Catalog, reader: Reader, keep: Retention, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._catalog = catalog
        self._reader = reader
        self._keep = keep
        self._writing: Future[Compacted] | None = None
        self.setWindowTitle(self.tr("Compact Catalogue"))
        self._message = Message()
        self.message = self._message.label
        self.file = self._label(self.tr("Size of the file"))
        self.free = self._label(self.tr("Unused room in the file"))
        self.history = self._label(self.tr("Size of the history"))
        self.old = QCheckBox(self.tr("&Forget old edits"))
        self._foot = Foot(self.start, self.cancel)
        self.begin, self.close_button = self._foot.begin_button, self._foot.close_button
        self.begin.setText(self.tr("C&ompact"))
        self.close_button.setText(self.tr("&Cancel"))
        self._lay_out()
        self._set_busy(True)
        self._message.say(self.tr("Measuring the file…"))
        future = reader.request(lambda connection: history_keep.usage(connection, keep))
        deliver(self, future, self._show, self._fail)

    def _label(self, name: str) -> QLabel:
        label = QLabel("…", textFormat=Qt.TextFormat.PlainText)
        label.setAccessibleName(name)
        return label

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.setHorizontalSpacing(12)
        form.setVerticalSpacing(8)
        form.addRow(self.tr("File:"), self.file)
        form.addRow(self.tr("Unused:"), self.free)
        form.addRow(self.tr("History:"), self.history)
        self.old.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(12)
        layout.addLayout(form)
        layout.addWidget(self.old)
        layout.addLayout(self._message)
        layout.addStretch(1)
        layout.addLayout(self._foot)
        fit_to_screen(self, QSize(520, 240))

    def _show(self, usage: Usage) -> None:
        self._set_busy(False)
        self.file.setText(size(usage.file))
        self.free.setText(size(usage.free))
        words = self.tr("{count} edits, {size}")
        self.history.setText(words.format(count=number(usage.edits), size=size(usage.history)))
        if usage.old:
            words = self.tr("&Forget {count} old edits ({size}), as Preferences say")
            self.old.setText(words.format(count=number(usage.old), size=size(usage.old_bytes)))
            self.old.show()
        self._message.say(
            self.tr(
                "The file is written anew without the room that it does not use. Meanwhile its "
                "size is needed once more on the disk."
            )
        )
        self.begin.setFocus()

    def _fail(self, error: Exception) -> None:
        self._set_busy(False)
        is_cancelled = isinstance(error, Cancelled)
        words = self.tr("Cancelled. The file is as large as it was.")
        self._message.say(
            words if is_cancelled else sentence(error), "info" if is_cancelled else "error"
        )

    def start(self) -> None:
        """Compact in the background."""
        self._set_busy(True)
        self._message.say(self.tr("Writing the file anew…"))
        keep = self._keep if self.old.isChecked() else None
        self._writing = self._catalog.compact(keep)
        deliver(self, self._writing, self._done, self._fail)

    def _done(self, result: Compacted) -> None:
        self._set_busy(False)
        before, after = result.before, result.after
        words = self.tr("{before} before, {after} now")
        self.file.setText(words.format(before=size(before.file), after=size(after.file)))
        self.free.setText(words.format(before=size(before.free), after=size(after.free)))
        words = self.tr("{count} edits, {size}")
        self.history.setText(words.format(count=number(after.edits), size=size(after.history)))
        freed = size(max(before.file - after.file, 0))
        words = self.tr("{size} freed.").format(size=freed)
        if result.forgotten:
            forgotten = self.tr("{count} edits forgotten.")
            words = f"{words} {forgotten.format(count=number(result.forgotten))}"
        self._message.say(words, "ok")
        self.old.hide()
        self.begin.hide()
        self.close_button.setText(self.tr("&Close"))
        self.compacted.emit(result)

    def _set_busy(self, busy: bool) -> None:
        self._foot.show_busy(busy)
        if busy:
            self._foot.show_progress(1, 1)
        self.begin.setEnabled(not busy)
        self.old.setEnabled(not busy)

    def cancel(self) -> None:
        """Cancel what runs; close when nothing does."""
        if self._writing is not None and not self._writing.done():
            self._catalog.cancel(self._writing)
        else:
            self.reject()

    def done(self, result: int) -> None:
        """Cancel what runs, and close."""
        self._reader.cancel()
        if self._writing is not None:
            self._catalog.cancel(self._writing)
        super().done(result)
