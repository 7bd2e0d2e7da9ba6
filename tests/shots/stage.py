"""What every picture is taken with: the application, windows of one size, and waiting for icons."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QLocale, QSize, QTimer
from PySide6.QtWidgets import QApplication, QDialog, QWidget

from db import csv_import
from db.catalog import Catalog
from db.person import set_author
from gui import application, theme
from gui.main_window import MainWindow
from gui.settings import Settings
from gui.workspace import Workspace

Wait = Callable[[Callable[[], bool]], None]

QUIET_MILLISECONDS = 1_000
_PERSON = "admin"
"""Who makes the edits, whoever makes the pictures."""


class Stage:
    """Opens windows and saves what they look like.

    Args:
        folder: where the pictures go.
        home: a scratch folder.
        rows: the CSV file that catalogues are made of.
        size: of the window in px.
        wait: runs the event loop until a condition is met.
    """

    def __init__(self, folder: Path, home: Path, rows: Path, size: QSize, wait: Wait) -> None:
        self.folder = folder
        self.home = home
        self.rows = rows
        self.size = size
        self.wait = wait
        self.scheme = ""
        QLocale.setDefault(QLocale(QLocale.Language.English, QLocale.Country.UnitedStates))
        self.app: QApplication = application.make_application()
        Settings().author = _PERSON
        set_author(_PERSON)

    def put_on(self, scheme: str) -> None:
        """Show everything light or dark from now on."""
        self.scheme = scheme
        theme.apply(self.app, scheme)

    def make_catalog(self, name: str) -> Path:
        """A catalogue of the rows."""
        path = self.home / name
        catalog = Catalog.create(path)
        reading = csv_import.Reading(self.rows, path)
        csv_import.write(catalog, reading.future.result()).result()
        reading.close()
        catalog.close()
        return path

    def open(self, path: Path) -> MainWindow:
        """A window that shows a catalogue."""
        window = application.make_window(["127.0.0.1"])
        window.resize(self.size)
        ready: list[bool] = []
        window.ready.connect(lambda: ready.append(True))
        window.open_first(path)
        window.show()
        self.wait(lambda: bool(ready))
        return window

    def all_icons_there(self, window: MainWindow) -> None:
        """Wait until no icon has come for a while."""
        assert window.loader is not None
        quiet = QTimer(singleShot=True, interval=QUIET_MILLISECONDS)
        window.loader.changed.connect(lambda _: quiet.start())
        quiet.start()
        self.wait(lambda: not quiet.isActive())

    def dialog(self) -> QDialog:
        """The dialog that is open, soon."""
        self.wait(lambda: isinstance(self.app.activeModalWidget(), QDialog))
        found = self.app.activeModalWidget()
        assert isinstance(found, QDialog)
        return found

    def save_dialog(self, name: str) -> None:
        """Save the dialog that is open, and close it."""
        dialog = self.dialog()
        self.save(dialog, name)
        dialog.close()

    def save(self, widget: QWidget, name: str) -> None:
        """Save a picture as `name`-light.png or -dark.png."""
        path = self.folder / f"{name}-{self.scheme}.png"
        if not widget.grab().save(str(path)):
            raise OSError(f"{path} cannot be written")
        print(path)


def space_of(window: MainWindow) -> Workspace:
    """The open catalogue of a window."""
    assert window.workspace is not None
    return window.workspace
