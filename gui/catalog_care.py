"""What keeps a catalogue safe while it is open: backups, their restoring, and the check."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Any

import shiboken6
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QWidget

from db import backups
from db.errors import Cancelled
from gui.background import deliver, run_in_gui
from gui.text import sentence

if TYPE_CHECKING:
    from db.catalog import Catalog

Follow = Callable[[str, "Future[Any]", Callable[[], None] | None], None]


class CatalogCare(QObject):
    """Has backups made of one open catalogue, and opens the dialogs about it.

    Args:
        follow: shows what is being worked on, with a way to cancel it.

    Signals:
        said(str): a message for the status bar.
    """

    said = Signal(str)

    def __init__(self, catalog: Catalog, follow: Follow, parent: QObject) -> None:
        super().__init__(parent)
        self._catalog = catalog
        self._follow = follow
        self._backups = catalog.keep_backups(backups.root())
        catalog.backing_up.append(lambda future: run_in_gui(lambda: self._begun(future)))

    def restore(self, parent: QWidget) -> None:
        """Ask which backup is to be restored."""
        from gui.restore_dialog import RestoreDialog

        dialog = RestoreDialog(self._catalog, self._backups, parent)
        dialog.restored.connect(
            lambda change: self.said.emit(
                self.tr("Done: {label}. Ctrl+Z takes it back.").format(label=change.label)
            )
        )
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    def check(self, parent: QWidget) -> None:
        """Look whether the catalogue is sound."""
        from gui.check_dialog import CheckDialog

        dialog = CheckDialog(self._catalog, parent)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    def _begun(self, future: Future[Path | None]) -> None:
        if not shiboken6.isValid(self):
            return
        words = self.tr("Backing up what was there before")
        self._follow(words, future, lambda: self._catalog.cancel(future))
        deliver(self, future, lambda _: None, self._failed)

    def _failed(self, error: Exception) -> None:
        if not isinstance(error, Cancelled):
            words = self.tr("No backup was made. {reason}")
            self.said.emit(words.format(reason=sentence(error)))
