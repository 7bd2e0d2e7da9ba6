"""Find and Replace: what would change is listed while one types, and written as one edit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from enum import Enum, auto
from pathlib import Path
from typing import Any, Final

import shiboken6
from PySide6.QtCore import QSize, QTimer, Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from db import replace
from db.catalog import Catalog
from db.changes import Change
from db.edits import EditSession
from db.errors import Cancelled
from db.reader import Reader
from db.replace import Found, Ticks
from db.replacement import Replacement
from gui.background import deliver, run_in_gui
from gui.dialog_parts import Foot, Message, fit_to_screen
from gui.edit_scopes import EditScope, extent_words
from gui.recipes import RecipeRow
from gui.redo_question import agreement
from gui.replace_form import ReplaceForm
from gui.replace_lines import LinesModel, LinesTable
from gui.settings import Settings
from gui.table_icons import Loader
from gui.text import field_title, number, sentence

TYPING_MS: Final = 200
"""How long typing pauses before what was typed is looked for, in ms."""


class _State(Enum):
    IDLE = auto()
    FINDING = auto()
    READY = auto()
    WRITING = auto()


class ReplaceDialog(QDialog):
    """Looks for what a replacement would change, lists it, and writes what is ticked.

    Args:
        readers: one that finds, and one that reads the lines; both are the caller's.
        folder: for scratch files.
        base_url: of the catalogue's relative icon URLs.

    Signals:
        said(str): what was done, or cancelled.
        failed(Exception): why a replacement failed that the dialog no longer shows.
    """

    said = Signal(str)
    failed = Signal(object)

    def __init__(
        self,
        catalog: Catalog,
        scopes: Sequence[EditScope],
        readers: tuple[Reader, Reader],
        folder: Path,
        loader: Loader,
        base_url: str,
        settings: Settings,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._catalog = catalog
        self._finder, self._line_reader = readers
        self._folder = folder
        self._loader = loader
        self._base_url = base_url
        self._state = _State.IDLE
        self._closing = False
        self._writing: Future[Change] | None = None
        self._asked = 0
        self._typing = QTimer(self, singleShot=True, interval=TYPING_MS)
        self._typing.timeout.connect(self._find)
        self.setWindowTitle(self.tr("Find and Replace"))
        self.form = ReplaceForm(scopes)
        self.recipes = RecipeRow(settings, lambda: self.form.replacement, self)
        self.table = LinesTable(loader)
        self._message = Message()
        self.message = self._message.label
        self._foot = Foot(self.start, self.cancel)
        self.progress = self._foot.progress
        self.replace_button, self.close_button = self._foot.begin_button, self._foot.close_button
        self._lay_out()
        self.form.edited.connect(self._edited)
        self.recipes.chosen.connect(self._take_recipe)
        catalog.progressed.append(self._told)
        fit_to_screen(self, QSize(1080, 700))
        self.form.find_text.setFocus()
        self._find()

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(10)
        self.form.align(self.recipes.label)
        self.recipes.addStretch(1)
        layout.addLayout(self.recipes)
        layout.addWidget(self.form)
        said = QHBoxLayout()
        said.addLayout(self._message, 1)
        self.tick_all = QPushButton(self.tr("Tick &All"))
        self.tick_none = QPushButton(self.tr("Tick &None"))
        for button, on in ((self.tick_all, True), (self.tick_none, False)):
            button.setAutoDefault(False)
            button.clicked.connect(lambda _=False, on=on: self._tick_all(on))
            said.addWidget(button)
        layout.addLayout(said)
        layout.addWidget(self.table, 1)
        layout.addLayout(self._foot)

    def show_replacement(self, replacement: Replacement) -> None:
        """Begin with this replacement."""
        self.form.show_replacement(replacement)

    # -- finding ---------------------------------------------------------------------------------

    def _edited(self) -> None:
        if self._state is not _State.WRITING:
            self.recipes.leave()
            self._forget()
            self._typing.start()

    def _take_recipe(self, replacement: Replacement) -> None:
        chosen = self.recipes.box.currentIndex()
        self.form.show_replacement(replacement)
        self.recipes.box.setCurrentIndex(chosen)
        self.recipes.forget.setEnabled(True)

    def _forget(self) -> None:
        """What is listed is no longer what is asked for."""
        self._asked += 1
        self._finder.cancel()
        self.table.clear()
        self._set_state(_State.IDLE)

    def _find(self) -> None:
        self._typing.stop()
        self._forget()
        replacement, within = self.form.replacement, self.form.scope.scope
        if not replacement.find and replacement.mode != "template":
            self._say(self.tr("Type what is to be found; what would change is listed here."))
            return
        if not replacement.text and replacement.mode == "template":
            self._say(self.tr("Type a template; the names of fields stand in braces."))
            return
        self._set_state(_State.FINDING)
        self._say(self.tr("Looking …"))
        number_asked, folder = self._asked, self._folder
        deliver(
            self,
            self._finder.request(
                lambda connection: replace.find(connection, replacement, within, folder)
            ),
            lambda found: self._show(found, number_asked),
            lambda error: self._not_found(error, number_asked),
        )

    def _show(self, found: Found, asked: int) -> None:
        if asked != self._asked:
            return
        model = LinesModel(self._line_reader, found, self._base_url, self._loader, self.table)
        model.ticks_changed.connect(self._show_ticks)
        model.failed.connect(lambda error: self._say(sentence(error), "error"))
        self.table.show_lines(model)
        self._set_state(_State.READY)
        self._say_what_was_found(found)
        self._show_ticks()

    def _not_found(self, error: Exception, asked: int) -> None:
        if asked == self._asked:
            self._set_state(_State.IDLE)
            self._say(sentence(error), "error")

    def _say_what_was_found(self, found: Found) -> None:
        if not found.lines:
            words = self.tr("Nothing would change.")
        else:
            words = self.tr("Found in {what}.").format(
                what=extent_words(found.extent.integrations, found.extent.organizations)
            )
        if found.left_out:
            words += " " + self.tr(
                "{count} texts are left out: they would be empty where a value is required, "
                "or no JSON."
            ).format(count=number(found.left_out))
        self._say(words, "warning" if found.left_out else "ok" if found.lines else "info")

    # -- ticks -----------------------------------------------------------------------------------

    def _tick_all(self, on: bool) -> None:
        model = self.table.lines()
        if model is not None:
            model.tick_all(on)

    def _show_ticks(self) -> None:
        model = self.table.lines()
        ticked = model.ticks.count(model.rowCount()) if model is not None else 0
        whole = model is not None and ticked == model.rowCount()
        ready = self._state is _State.READY
        self.replace_button.setEnabled(ready and ticked > 0)
        self.tick_all.setEnabled(ready and not whole)
        self.tick_none.setEnabled(ready and ticked > 0)
        if model is None or not ticked:
            self.replace_button.setText(self.tr("&Replace"))
        elif whole and len(model.found.replacement.fields) > 1:
            extent = model.found.extent
            self._name_button(extent.integrations)
        elif len(model.found.replacement.fields) > 1:
            words = self.tr("&Replace {count} Values")
            self.replace_button.setText(words.format(count=number(ticked)))
        else:
            self._name_button(ticked)

    def _name_button(self, integrations: int) -> None:
        one, some = (
            self.tr("&Replace in 1 Integration"),
            self.tr("&Replace in {count} Integrations"),
        )
        words = one if integrations == 1 else some.format(count=number(integrations))
        self.replace_button.setText(words)

    # -- writing ---------------------------------------------------------------------------------

    def start(self) -> None:
        """Write what is ticked, as one edit, once it may end what can be redone."""
        model = self.table.lines()
        if self._state is not _State.READY or model is None:
            return
        found, ticks = model.found, model.ticks
        if self._catalog.redo_label() is None:
            self._write(found, ticks)
            return
        agreed = agreement(self, self._catalog)
        deliver(self, agreed, lambda _: self._write(found, ticks), lambda _: None)

    def _write(self, found: Found, ticks: Ticks) -> None:
        name = label_of(found.replacement)

        def body(edit: EditSession) -> None:
            replace.write(edit, found, ticks, name)

        self._set_state(_State.WRITING)
        self._say(self.tr("Replacing …"))
        self._writing = self._catalog.edit(
            name(found.extent.integrations), body, attach=found.attached
        )
        deliver(self, self._writing, self._finish, self._not_written)

    def _told(self, future: Future[Any], done: int, total: int) -> None:
        """Called on the writer's thread."""

        def show() -> None:
            if shiboken6.isValid(self) and future is self._writing:
                self._foot.show_progress(done, total)

        run_in_gui(show)

    def _finish(self, change: Change) -> None:
        self._state = _State.IDLE
        words = self.tr("Done: {label}. Ctrl+Z takes it back.").format(label=change.label)
        self.said.emit(words if change.edit_id is not None else self.tr("Nothing has changed."))
        self.accept()

    def _not_written(self, error: Exception) -> None:
        self._set_state(_State.READY)
        cancelled = isinstance(error, Cancelled)
        self._say(sentence(error), "info" if cancelled else "error")
        if self._closing:
            (self.said.emit(sentence(error)) if cancelled else self.failed.emit(error))
            self.reject()

    # -- the rest --------------------------------------------------------------------------------

    def _say(self, text: str, symbol: str = "info") -> None:
        self._message.say(text, symbol)

    def _set_state(self, state: _State) -> None:
        self._state = state
        writing = state is _State.WRITING
        self._foot.show_busy(writing or state is _State.FINDING)
        if state is _State.FINDING:
            self._foot.show_progress(1, 1)  # how much there is, is what is to be found out
        self.form.setEnabled(not writing)
        self.table.setEnabled(not writing)
        for button in (self.recipes.box, self.recipes.keep):
            button.setEnabled(not writing)
        self.close_button.setText(self.tr("&Cancel") if writing else self.tr("&Close"))
        self._show_ticks()

    def cancel(self) -> None:
        """Cancel what is being written; close when nothing is."""
        if self._state is _State.WRITING and self._writing is not None:
            self._catalog.cancel(self._writing)
        else:
            self.reject()

    def reject(self) -> None:
        """Close; what is being written is cancelled first."""
        if self._state is _State.WRITING and self._writing is not None:
            self._closing = True
            self._catalog.cancel(self._writing)
        else:
            super().reject()

    def done(self, result: int) -> None:
        """Let go of what was found, and close."""
        self._asked += 1
        self._typing.stop()
        self._finder.cancel()
        self._line_reader.cancel()
        self.table.clear()
        if self._told in self._catalog.progressed:
            self._catalog.progressed.remove(self._told)
        super().done(result)


def label_of(replacement: Replacement) -> Callable[[int], str]:
    """Names the edit by how many integrations it changes; made in the GUI thread."""
    from PySide6.QtCore import QCoreApplication

    def tr(text: str) -> str:
        return QCoreApplication.translate("ReplaceDialog", text)

    fields = ", ".join(field_title(name) for name in replacement.fields)
    verb = tr("Fill {fields}") if replacement.mode == "template" else tr("Replace in {fields}")
    one = tr("{what}: 1 integration")
    some = tr("{what}: {count} integrations")
    what = verb.format(fields=fields)
    return lambda count: (one if count == 1 else some).format(what=what, count=number(count))
