from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget
from pytestqt.qtbot import QtBot

from db import records
from db.catalog import Catalog
from gui.catalog_files import CatalogFiles, default_path
from gui.settings import Settings


class Desk(QWidget):
    """A window that closes the catalogues it is given."""

    def __init__(self) -> None:
        super().__init__()
        self.settings = Settings()
        self.files = CatalogFiles(self, self.settings)
        self.opened: list[Catalog] = []
        self.files.opened.connect(self.opened.append)


@pytest.fixture
def desk(qtbot: QtBot) -> Iterator[Desk]:
    desk = Desk()
    qtbot.addWidget(desk)
    yield desk
    desk.files.close()
    for catalog in desk.opened:
        catalog.close()


def file_dialog(desk: Desk) -> QFileDialog:
    dialog = desk.findChild(QFileDialog)
    assert dialog is not None
    return dialog


def sentence_shown(desk: Desk) -> str:
    box = desk.findChild(QMessageBox)
    assert box is not None
    return box.text()


def test_the_first_start_makes_the_catalogue_of_the_data_folder(qtbot: QtBot, desk: Desk) -> None:
    assert not default_path().exists()
    with qtbot.waitSignal(desk.files.opened):
        desk.files.open_first(None)
    assert desk.opened[0].path == default_path()
    assert default_path().is_file()
    assert desk.settings.recent == [default_path()]


def test_the_next_start_opens_the_last_one_that_is_still_there(
    qtbot: QtBot, desk: Desk, tmp_path: Path
) -> None:
    kept, gone = tmp_path / "kept.db", tmp_path / "gone.db"
    Catalog.create(kept).close()
    desk.settings.note_recent(kept)
    desk.settings.note_recent(gone)
    with qtbot.waitSignal(desk.files.opened):
        desk.files.open_first(None)
    assert desk.opened[0].path == kept


def test_a_named_file_that_is_not_there_is_not_made(
    qtbot: QtBot, desk: Desk, tmp_path: Path
) -> None:
    path = tmp_path / "nothing.db"
    desk.settings.note_recent(path)
    with qtbot.waitSignal(desk.files.failed):
        desk.files.open_first(path)
    assert "There is no file" in sentence_shown(desk)
    assert not path.exists()
    assert desk.settings.recent == []


def test_new_makes_a_catalogue_and_never_replaces_a_file(
    qtbot: QtBot, desk: Desk, tmp_path: Path
) -> None:
    path = tmp_path / "new.db"
    desk.files.ask_new()
    with qtbot.waitSignal(desk.files.opened):
        file_dialog(desk).fileSelected.emit(str(path))
    assert desk.opened[0].path == path
    before = path.read_bytes()
    desk.files.ask_new()
    with qtbot.waitSignal(desk.files.failed):
        desk.findChildren(QFileDialog)[-1].fileSelected.emit(str(path))
    assert "exists already" in sentence_shown(desk)
    assert path.read_bytes() == before


def test_save_a_copy_gives_a_whole_catalogue(qtbot: QtBot, desk: Desk, tmp_path: Path) -> None:
    catalog = Catalog.create(tmp_path / "original.db")
    catalog.edit("add", lambda edit: records.add_integration(edit, values={"id": "a"})).result()
    target = tmp_path / "copy.db"
    reported: list[Path] = []
    desk.files.ask_copy(catalog, lambda path, future: (future.result(), reported.append(path))[1])
    file_dialog(desk).fileSelected.emit(str(target))
    catalog.close()
    assert reported == [target]
    copy = Catalog.open(target)
    found = copy.reader("all").request(lambda c: c.execute("SELECT id FROM integration").get)
    assert found.result() == "a"
    assert copy.undo_label() == "add"
    copy.close()
