"""The screens that `make shots` renders."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QLocale, QSize, QTimer
from PySide6.QtWidgets import QApplication, QWidget

from db import csv_import
from db.catalog import Catalog
from gui import application, resources, theme
from gui.gallery_view import IntegrationGallery
from gui.history_panel import HistoryPanel
from gui.import_dialog import ImportDialog
from gui.main_window import MainWindow
from gui.workspace import Workspace

Wait = Callable[[Callable[[], bool]], None]

SIZE = QSize(1280, 800)
LARGE = QSize(1920, 1080)
QUIET_MILLISECONDS = 1_000
CHANGED_EVERY = 9
"""Of so many rows one is changed in the file that the import dialog shows."""


class Screens:
    """Renders each screen in both schemes.

    Args:
        folder: where the pictures go.
        home: a scratch folder.
        rows: a CSV of real rows with icons on loopback, or None.
        wait: runs the event loop until a condition is met.
    """

    def __init__(self, folder: Path, home: Path, rows: Path | None, wait: Wait) -> None:
        self._folder = folder
        self._home = home
        self._rows = rows or resources.SAMPLE
        self._wait = wait
        self._scheme = ""
        QLocale.setDefault(QLocale(QLocale.Language.English, QLocale.Country.UnitedStates))
        self._app: QApplication = application.make_application()

    def render_all(self) -> None:
        """Render everything, light and dark."""
        filled = self._catalog("catalog.db", self._rows)
        for scheme in ("light", "dark"):
            self._scheme = scheme
            theme.apply(self._app, scheme)
            self._start_screen()
            self._main_screens(filled)

    def _catalog(self, name: str, rows: Path) -> Path:
        path = self._home / name
        catalog = Catalog.create(path)
        reading = csv_import.Reading(rows, path)
        csv_import.write(catalog, reading.future.result()).result()
        reading.close()
        catalog.close()
        return path

    def _open(self, path: Path) -> MainWindow:
        window = application.make_window(["127.0.0.1"])
        window.resize(SIZE)
        ready: list[bool] = []
        window.ready.connect(lambda: ready.append(True))
        window.open_first(path)
        window.show()
        self._wait(lambda: bool(ready))
        return window

    def _start_screen(self) -> None:
        path = self._home / f"empty-{self._scheme}.db"
        Catalog.create(path).close()
        window = self._open(path)
        self._wait(_space(window).empty.isVisible)
        self._save(window, "start")
        window.close()

    def _main_screens(self, path: Path) -> None:
        window = self._open(path)
        space = _space(window)
        self._wait(lambda: space.shown > 0)
        space.search.field.setText("google")
        self._wait(lambda: space.search.matches.isVisible())
        space.table.setCurrentIndex(space.model.index(min(13, space.shown - 1), 1))
        self._all_icons_there(window)
        self._save(window, "window")
        space.search.clear()
        self._wait(lambda: space.shown == space.total)
        window.resize(LARGE)
        self._all_icons_there(window)
        self._save(window, "window-large")
        self._gallery(window, (32, 64), "-large")
        window.resize(SIZE)
        self._gallery(window, (64, 128, 256), "")
        self._no_match(window)
        self._history(window)
        self._dialogs(window)
        window.close()

    def _gallery(self, window: MainWindow, sizes: Sequence[int], kind: str) -> None:
        views = _space(window).views
        views.show_gallery(True)
        assert isinstance(views.current, IntegrationGallery)
        for size in sizes:
            views.current.zoom(size)
            self._all_icons_there(window)
            self._save(window, f"gallery-{size}{kind}")
        views.show_gallery(False)

    def _all_icons_there(self, window: MainWindow) -> None:
        """Wait until no icon has come for a while."""
        assert window.loader is not None
        quiet = QTimer(singleShot=True, interval=QUIET_MILLISECONDS)
        window.loader.changed.connect(lambda _: quiet.start())
        quiet.start()
        self._wait(lambda: not quiet.isActive())

    def _no_match(self, window: MainWindow) -> None:
        space = _space(window)
        space.search.field.setText("no such integration")
        self._wait(space.no_match.isVisible)
        self._save(window, "no-match")
        space.clear_filters()
        self._wait(space.table.isVisible)

    def _history(self, window: MainWindow) -> None:
        show = window.actions_by_name["show_history"]
        show.trigger()
        panel = window.findChild(HistoryPanel)
        assert isinstance(panel, HistoryPanel)
        self._wait(lambda: bool(panel.model.rows))
        panel.table.selectRow(0)
        self._wait(lambda: panel.changes.model.rowCount() > 0)
        self._all_icons_there(window)
        self._save(window, "history")
        show.trigger()

    def _dialogs(self, window: MainWindow) -> None:
        window.show_preferences()
        self._save_dialog("preferences")
        window.export_csv()
        self._save_dialog("export")
        window.import_csv(self._changed_rows())
        dialog = self._app.activeModalWidget()
        assert isinstance(dialog, ImportDialog)
        self._wait(lambda: dialog.tabs.isTabEnabled(1))
        dialog.tabs.setCurrentWidget(dialog.tables["changed"])
        self._all_icons_there(window)
        self._save(dialog, "import")
        dialog.tabs.setCurrentWidget(dialog.tables["rejected"])
        self._all_icons_there(window)
        self._save_dialog("import-rejected")

    def _changed_rows(self) -> Path:
        """A file with some changed rows, a new one, one without an id, and one id twice."""
        with self._rows.open(newline="", encoding="utf-8") as stream:
            rows = list(csv.DictReader(stream))[:300]
        for row in rows[::CHANGED_EVERY]:
            row["type"] = "partner"
        new = {"id": "acme:crm", "name": "Acme CRM", "type": "crm", "orgId": "acme"}
        rows += [new, {**new, "name": "Acme CRM again"}, {"name": "Without an id"}]
        path = self._home / "partners.csv"
        with path.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.DictWriter(stream, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        return path

    def _save_dialog(self, name: str) -> None:
        dialog = self._app.activeModalWidget()
        assert dialog is not None, name
        self._save(dialog, name)
        dialog.close()

    def _save(self, widget: QWidget, name: str) -> None:
        path = self._folder / f"{name}-{self._scheme}.png"
        if not widget.grab().save(str(path)):
            raise OSError(f"{path} cannot be written")
        print(path)


def _space(window: MainWindow) -> Workspace:
    assert window.workspace is not None
    return window.workspace
