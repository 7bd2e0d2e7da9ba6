"""The window of backups: which there are, what one would change, and restoring it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot

from db import records
from db.backups import Backups
from db.catalog import Catalog
from gui.restore_dialog import RestoreDialog
from tests.test_catalog import adding, ids

LONG = 30_000


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    with closing(Catalog.create(tmp_path / "a.icons")) as catalog:
        for name in ("a", "b", "c"):
            catalog.edit("Add", adding(name, name=f"Name {name}", org_id="o")).result()
        yield catalog


@pytest.fixture
def backups(catalog: Catalog, tmp_path: Path) -> Backups:
    backups = catalog.keep_backups(tmp_path / "backups")
    backups.folder.mkdir(parents=True)
    for hour in (10, 11):
        catalog.save_copy(backups.folder / f"20260314T{hour}0000Z-edit.db").result()
        catalog.edit("Delete", partial(records.delete_integrations, pks=[hour - 9])).result()
    return backups


@pytest.fixture
def dialog(qtbot: QtBot, catalog: Catalog, backups: Backups) -> RestoreDialog:
    dialog = RestoreDialog(catalog, backups)
    qtbot.addWidget(dialog)
    dialog.show()
    return dialog


def rows(dialog: RestoreDialog) -> list[tuple[str, ...]]:
    items = (dialog.changes.topLevelItem(row) for row in range(dialog.changes.topLevelItemCount()))
    return [tuple(item.text(column) for column in range(3)) for item in items if item]


def test_the_newest_is_chosen_and_compared(qtbot: QtBot, dialog: RestoreDialog) -> None:
    qtbot.waitUntil(dialog.restore_button.isEnabled, timeout=LONG)
    assert dialog.list.topLevelItemCount() == 2
    assert rows(dialog) == [("bring back", "b", "Name b")]
    assert dialog.message.text().startswith("Integrations: 1 would come back. ")


def test_without_a_backup_there_are_no_empty_lists(
    qtbot: QtBot, catalog: Catalog, tmp_path: Path
) -> None:
    dialog = RestoreDialog(catalog, catalog.keep_backups(tmp_path / "backups"))
    qtbot.addWidget(dialog)
    dialog.show()
    qtbot.waitUntil(lambda: "no backup yet" in dialog.message.text(), timeout=LONG)
    assert not dialog.list.isVisible()
    assert not dialog.changes.isVisible()
    assert dialog.height() < 200


def test_another_one_is_restored_with_keys(
    qtbot: QtBot, dialog: RestoreDialog, catalog: Catalog
) -> None:
    qtbot.waitUntil(dialog.restore_button.isEnabled, timeout=LONG)
    qtbot.keyClick(dialog.list, Qt.Key.Key_Down)
    qtbot.waitUntil(lambda: len(rows(dialog)) == 2, timeout=LONG)
    with qtbot.waitSignal(dialog.restored, timeout=LONG):
        qtbot.keyClick(dialog, Qt.Key.Key_Return)
    assert ids(catalog) == ["a", "b", "c"]
    label = catalog.undo_label()
    assert label is not None
    assert label.startswith("Restore the backup of ")
    catalog.undo().result()
    assert ids(catalog) == ["c"]


@pytest.mark.parametrize("agree", [True, False])
def test_redo_is_lost_only_after_a_warning(
    qtbot: QtBot, dialog: RestoreDialog, catalog: Catalog, agree: bool
) -> None:
    catalog.edit("Add", adding("d")).result()
    catalog.undo().result()
    qtbot.waitUntil(dialog.restore_button.isEnabled, timeout=LONG)
    dialog.restore_button.click()
    box = dialog.findChild(QMessageBox)
    assert isinstance(box, QMessageBox)
    assert catalog.redo_label() == "Add"
    role = QMessageBox.ButtonRole.AcceptRole if agree else QMessageBox.ButtonRole.RejectRole
    button = next(each for each in box.buttons() if box.buttonRole(each) is role)
    if agree:
        with qtbot.waitSignal(dialog.restored, timeout=LONG):
            button.click()
        assert catalog.redo_label() is None
    else:
        button.click()
        qtbot.waitUntil(dialog.restore_button.isEnabled, timeout=LONG)
        assert catalog.redo_label() == "Add"
        assert dialog.isVisible()


def test_one_that_cannot_be_read_says_so(
    qtbot: QtBot, dialog: RestoreDialog, backups: Backups
) -> None:
    qtbot.waitUntil(dialog.restore_button.isEnabled, timeout=LONG)
    backups.all()[1].path.write_bytes(b"SQLite format 3\0" + bytes(5000))
    qtbot.keyClick(dialog.list, Qt.Key.Key_Down)
    qtbot.waitUntil(lambda: "20260314T100000Z" in dialog.message.text(), timeout=LONG)
    assert not dialog.restore_button.isEnabled()


def test_what_is_there_now_need_not_be_restored(
    qtbot: QtBot, catalog: Catalog, tmp_path: Path
) -> None:
    backups = catalog.keep_backups(tmp_path / "backups")
    backups.folder.mkdir(parents=True)
    catalog.save_copy(backups.folder / "20260314T100000Z-edit.db").result()
    dialog = RestoreDialog(catalog, backups)
    qtbot.addWidget(dialog)
    qtbot.waitUntil(lambda: "nothing to restore" in dialog.message.text(), timeout=LONG)
    assert not dialog.restore_button.isEnabled()


def test_without_a_backup_it_says_when_one_is_made(
    qtbot: QtBot, catalog: Catalog, tmp_path: Path
) -> None:
    dialog = RestoreDialog(catalog, catalog.keep_backups(tmp_path / "none"))
    qtbot.addWidget(dialog)
    qtbot.waitUntil(lambda: "There is no backup yet" in dialog.message.text(), timeout=LONG)
