"""Leaving a catalogue: what was typed is stored first, and what is being written is waited for."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QWidget

from gui.status_bar import StatusBar
from gui.text import number, one_line
from gui.workspace import Workspace


class Leaving(QObject):
    """Holds back what would end the workspace: closing the window, opening another catalogue.

    Args:
        window: the parent of the question.
        status: tells what runs in the background.
        workspace: gives the workspace that is open.
    """

    def __init__(
        self, window: QWidget, status: StatusBar, workspace: Callable[[], Workspace | None]
    ) -> None:
        super().__init__(window)
        self._window = window
        self._status = status
        self._workspace = workspace
        self._go_on: Callable[[], object] | None = None
        status.idle.connect(self._idle)

    def may_go(self) -> bool:
        """Ask for what was typed to be stored; whether all of it is, and nothing is written."""
        space = self._workspace()
        return (space is None or space.leave()) and not self._status.is_busy

    def then(self, go_on: Callable[[], object]) -> None:
        """Call `go_on` as soon as that is so: at once, after the writes, or never."""
        space = self._workspace()
        if space is not None and not space.leave():
            self._ask(space, go_on)
        elif self._status.is_busy:
            self._go_on = go_on
            self._status.say(self.tr("Waiting for what is being written…"))
        else:
            go_on()

    def stay(self) -> None:
        """A write has failed: the user has to see it first."""
        self._go_on = None

    def _idle(self) -> None:
        go_on, self._go_on = self._go_on, None
        if go_on is not None:
            self.then(go_on)

    def _ask(self, space: Workspace, go_on: Callable[[], object]) -> None:
        from PySide6.QtWidgets import QMessageBox

        kept = {} if space.details.form.is_dirty else space.details.kept
        many = not kept and not space.details.form.is_dirty
        box = QMessageBox(self._window)
        box.setIcon(QMessageBox.Icon.Warning)
        box.setWindowTitle(self.tr("Not Stored Yet"))
        box.setTextFormat(Qt.TextFormat.PlainText)
        if many:
            box.setText(self.tr("What you typed for several integrations is not stored."))
            box.setInformativeText(
                self.tr("Select them again: it is in the details, and the button there stores it.")
            )
        else:
            box.setText(self._kept_words(list(kept.values())) if kept else self._words(space))
            box.setInformativeText(
                self.tr("It was set aside, since it could not be stored as it was.")
                if kept
                else space.details.form.notice
            )
        discard = box.addButton(self.tr("Discard It"), QMessageBox.ButtonRole.DestructiveRole)
        back = box.addButton(self.tr("Go Back to It"), QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(back)
        box.setEscapeButton(back)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)

        def discarded() -> None:
            if many:
                space.details_pages.forget_typed()
            elif kept:
                space.details.forget_kept()
            else:
                space.details.form.revert()
            self.then(go_on)

        discard.clicked.connect(discarded)
        if kept:
            back.clicked.connect(lambda: space.go_back_to(next(iter(kept))))
        box.open()

    def _words(self, space: Workspace) -> str:
        name = one_line(space.details.heading, 80)
        return self.tr("What you typed for “{name}” cannot be stored.").format(name=name)

    def _kept_words(self, names: list[str]) -> str:
        if len(names) == 1:
            words = self.tr("What you typed for “{name}” is not stored.")
        else:
            words = self.tr(
                "What you typed for {count} integrations, “{name}” first, is not stored."
            )
        return words.format(name=one_line(names[0], 80), count=number(len(names)))
