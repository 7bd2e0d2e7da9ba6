"""File > Check Catalogue: how far the check is, and what it found."""

from __future__ import annotations

import shiboken6
from PySide6.QtCore import QSize
from PySide6.QtWidgets import QDialog, QPlainTextEdit, QVBoxLayout, QWidget

from db.catalog import Catalog
from db.check import Checked, check
from gui.background import deliver, run_in_gui
from gui.dialog_parts import Foot, Message, fit_to_screen
from gui.text import number, one_line, sentence


class CheckDialog(QDialog):
    """Checks a catalogue beside everything else; closing ends it, which changes nothing."""

    def __init__(self, catalog: Catalog, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._reader = catalog.reader("check")
        self.setWindowTitle(self.tr("Check Catalogue"))
        self._message = Message()
        self.message = self._message.label
        self.problems = QPlainTextEdit(readOnly=True)
        self.problems.setAccessibleName(self.tr("What is wrong"))
        self.problems.setTabChangesFocus(True)
        self.problems.hide()
        self._foot = Foot(self.start, self.reject)
        self.again_button, self.close_button = self._foot.begin_button, self._foot.close_button
        self.again_button.setText(self.tr("Check &Again"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(12)
        layout.addLayout(self._message)
        layout.addWidget(self.problems, 1)
        layout.addStretch(0)
        layout.addLayout(self._foot)
        fit_to_screen(self, QSize(560, 170))
        self.start()

    def start(self) -> None:
        """Check, from the start."""
        self._show_running(True)
        self.problems.hide()
        self._message.say(
            self.tr(
                "Looking through the file, its references and its history. Nothing is changed, and "
                "other windows can go on writing."
            )
        )
        future = self._reader.request(lambda connection: check(connection, self._tell))
        deliver(self, future, self._show, self._failed)

    def _tell(self, done: int, total: int) -> None:
        """Called on the reader's thread."""

        def show() -> None:
            if shiboken6.isValid(self) and not self.again_button.isEnabled():
                self._foot.show_progress(min(done, total - 1), total)

        run_in_gui(show)

    def _show_running(self, running: bool) -> None:
        self._foot.show_busy(running)
        self.again_button.setEnabled(not running)
        self.close_button.setText(self.tr("&Cancel") if running else self.tr("&Close"))
        self.close_button.setFocus()

    def _show(self, found: Checked) -> None:
        self._show_running(False)
        if not found.problems:
            words = self.tr(
                "The catalogue is sound: {integrations} integrations in {organizations} "
                "organizations, and each of {edits} edits in its history can be read."
            )
            self._message.say(
                words.format(
                    integrations=number(found.integrations),
                    organizations=number(found.organizations),
                    edits=number(found.edits),
                ),
                "ok",
            )
            return
        words = self.tr(
            "The catalogue is not sound. Save a copy of the file as it is, then restore a backup "
            "(File > Restore a Backup), or export what can be read and import it into a new one."
        )
        self._message.say(words, "error")
        lines = [one_line(sentence(problem), 1000) for problem in found.problems]
        if found.more:
            lines.append(self.tr("… and more."))
        self.problems.setPlainText("\n".join(lines))
        self.problems.show()
        fit_to_screen(self, QSize(max(self.width(), 640), max(self.height(), 380)))

    def _failed(self, error: Exception) -> None:
        self._show_running(False)
        self._message.say(one_line(sentence(error), 1000), "error")

    def done(self, result: int) -> None:
        """Close; a check that runs is ended."""
        self._reader.close()
        super().done(result)
