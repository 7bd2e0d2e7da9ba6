"""The screens that `make shots` renders."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QSize

from db.catalog import Catalog
from gui.gallery_view import IntegrationGallery
from gui.import_dialog import ImportDialog
from gui.main_window import MainWindow
from gui.restore_dialog import RestoreDialog
from tests.shots.edits import EditScreens
from tests.shots.stage import Stage, space_of

LARGE = QSize(1920, 1080)
CHANGED_EVERY = 9
"""Of so many rows one is changed in the file that the import dialog shows."""


def render_all(stage: Stage) -> None:
    """Render everything, light and dark."""
    filled = stage.make_catalog("catalog.db")
    for scheme in ("light", "dark"):
        stage.put_on(scheme)
        screens = Screens(stage)
        screens.start_screen()
        screens.main_screens(filled)
        edited = stage.home / f"edited-{scheme}.db"
        shutil.copy(filled, edited)
        EditScreens(stage, edited).render_all()


class Screens:
    """Renders the screens of a catalogue that is looked at."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def start_screen(self) -> None:
        """An empty catalogue."""
        stage = self._stage
        path = stage.home / f"empty-{stage.scheme}.db"
        Catalog.create(path).close()
        window = stage.open(path)
        stage.wait(space_of(window).empty.isVisible)
        stage.save(window, "start")
        window.actions_by_name["restore_backup"].trigger()
        restore = stage.dialog()
        assert isinstance(restore, RestoreDialog)
        stage.wait(lambda: "no backup" in restore.message.text())
        stage.save_dialog("restore-none")
        duplicates = space_of(window).bulk_actions.duplicates()
        stage.wait(lambda: "No two" in duplicates.message.text())
        stage.save_dialog("duplicates-none")
        window.close()

    def main_screens(self, path: Path) -> None:
        """The window, table and gallery, and its dialogs."""
        stage = self._stage
        window = stage.open(path)
        space = space_of(window)
        stage.wait(lambda: space.shown > 0)
        space.search.field.setText("google")
        stage.wait(lambda: space.search.matches.isVisible())
        space.table.setCurrentIndex(space.model.index(min(13, space.shown - 1), 1))
        stage.all_icons_there(window)
        stage.save(window, "window")
        space.search.clear()
        stage.wait(lambda: space.shown == space.total)
        window.resize(LARGE)
        stage.all_icons_there(window)
        stage.save(window, "window-large")
        self._gallery(window, (32, 64), "-large")
        window.resize(stage.size)
        self._gallery(window, (64, 128, 256), "")
        self._no_match(window)
        self._dialogs(window)
        window.close()

    def _gallery(self, window: MainWindow, sizes: Sequence[int], kind: str) -> None:
        views = space_of(window).views
        views.show_gallery(True)
        assert isinstance(views.current, IntegrationGallery)
        for size in sizes:
            views.current.zoom(size)
            self._stage.all_icons_there(window)
            self._stage.save(window, f"gallery-{size}{kind}")
        views.show_gallery(False)

    def _no_match(self, window: MainWindow) -> None:
        space = space_of(window)
        space.search.field.setText("no such integration")
        self._stage.wait(space.no_match.isVisible)
        self._stage.save(window, "no-match")
        space.clear_filters()
        self._stage.wait(space.table.isVisible)

    def _dialogs(self, window: MainWindow) -> None:
        stage = self._stage
        window.show_preferences()
        stage.save_dialog("preferences")
        window.export_csv()
        stage.save_dialog("export")
        window.import_csv(self._changed_rows())
        dialog = stage.dialog()
        assert isinstance(dialog, ImportDialog)
        stage.wait(lambda: dialog.tabs.isTabEnabled(1))
        dialog.tabs.setCurrentWidget(dialog.tables["changed"])
        stage.all_icons_there(window)
        stage.save(dialog, "import")
        dialog.tabs.setCurrentIndex(dialog.tabs.count() - 1)
        stage.all_icons_there(window)
        stage.save_dialog("import-rejected")

    def _changed_rows(self) -> Path:
        """A file with some changed rows, a new one, one without an id, and one id twice."""
        with self._stage.rows.open(newline="", encoding="utf-8") as stream:
            rows = list(csv.DictReader(stream))[:300]
        for row in rows[::CHANGED_EVERY]:
            row["type"] = "partner"
        new = {"id": "acme:crm", "name": "Acme CRM", "type": "crm", "orgId": "acme"}
        rows += [new, {**new, "name": "Acme CRM again"}, {"name": "Without an id"}]
        path = self._stage.home / "partners.csv"
        with path.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.DictWriter(stream, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        return path
