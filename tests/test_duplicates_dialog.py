"""Duplicates in the window: groups, the integrations side by side, a merge field by field."""

from __future__ import annotations

from pathlib import Path

import apsw
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QSignalSpy
from pytestqt.qtbot import QtBot

from db.fields import FIELDS
from gui.duplicates_dialog import DuplicatesDialog
from gui.icon_cache import Entry, IconCache
from gui.picture_hashes import picture_hashes
from gui.workspace import Workspace
from tests.window_help import LONG, open_window, stored

ROWS = [
    {"id": "a1", "name": "Acme", "type": "s3", "org_id": "o", "icon_url": None, "client_id": "c"},
    {"id": "a2", "name": "acme", "type": "gcs", "org_id": "o", "icon_url": "u1"},
    {"id": "a3", "name": "ACME", "type": "s3", "org_id": "o", "icon_url": "u1"},
    {"id": "b", "name": "Beta", "type": "s3", "org_id": "p", "icon_url": "u2"},
]
AT = {field.name: row for row, field in enumerate(FIELDS, 2)}


@pytest.fixture
def space(qtbot: QtBot, tmp_path: Path) -> Workspace:
    return open_window(qtbot, tmp_path, ROWS)[1]


@pytest.fixture
def dialog(qtbot: QtBot, space: Workspace) -> DuplicatesDialog:
    found = space.bulk_actions.duplicates()
    qtbot.waitUntil(lambda: found.members.columnCount() == 3, timeout=LONG)
    return found


def text(dialog: DuplicatesDialog, name: str, column: int) -> str:
    item = dialog.members.item(AT[name], column)
    assert item is not None
    return item.text()


def test_groups_and_their_integrations_are_shown(dialog: DuplicatesDialog) -> None:
    assert dialog.message.text() == "1 group with 3 integrations."
    assert [text(dialog, "id", column) for column in range(3)] == ["✓ a1", "a2", "a3"]
    assert text(dialog, "icon_url", 1) == "✓ u1"  # the first that is no blank
    assert dialog.merge_button.text().replace("&", "") == "Merge 3 into One"
    dialog.reject()


def test_without_a_group_no_fields_are_named(
    qtbot: QtBot, space: Workspace, dialog: DuplicatesDialog
) -> None:
    headings = dialog.members.verticalHeader()
    assert headings.isVisible()
    dialog.merge()
    qtbot.waitUntil(lambda: dialog.message.text().startswith("No two"), timeout=LONG)
    assert not headings.isVisible()
    dialog.reject()


def test_chosen_ones_are_merged_field_by_field(
    qtbot: QtBot, space: Workspace, dialog: DuplicatesDialog
) -> None:
    members = dialog.members
    members.setFocus()
    members.setCurrentCell(0, 2)
    qtbot.keyClick(members, Qt.Key.Key_Space)  # a3 is left alone
    members.setCurrentCell(AT["type"], 1)
    qtbot.keyClick(members, Qt.Key.Key_Space)
    assert (text(dialog, "type", 0), text(dialog, "type", 1)) == ("s3", "✓ gcs")
    said = QSignalSpy(dialog.said)
    dialog.merge_button.click()
    qtbot.waitUntil(lambda: said.count() == 1, timeout=LONG)
    assert stored(space, "id") == ["a1", "a3", "b"]
    assert (stored(space, "type")[0], stored(space, "icon_url")[0]) == ("gcs", "u1")
    assert space.catalog.undo_label() == "Merge 2 integrations"
    qtbot.waitUntil(lambda: members.columnCount() == 2, timeout=LONG)  # a1 and a3 are left
    dialog.reject()


def test_the_one_whose_id_is_chosen_stays(
    qtbot: QtBot, space: Workspace, dialog: DuplicatesDialog
) -> None:
    dialog.members.setCurrentCell(AT["id"], 2)
    qtbot.keyClick(dialog.members, Qt.Key.Key_Space)
    assert dialog.members.kept["id"] == "a3"
    said = QSignalSpy(dialog.said)
    dialog.merge_button.click()
    qtbot.waitUntil(lambda: said.count() == 1, timeout=LONG)
    assert stored(space, "id") == ["a3", "b"]
    assert stored(space, "client_id") == ["c", None]
    dialog.reject()


def test_other_ways_to_be_alike(qtbot: QtBot, dialog: DuplicatesDialog) -> None:
    dialog.way_box.setCurrentIndex(1)
    dialog.way_box.activated.emit(1)
    qtbot.waitUntil(lambda: dialog.members.columnCount() == 2, timeout=LONG)
    dialog.way_box.setCurrentIndex(2)
    dialog.way_box.activated.emit(2)
    qtbot.waitUntil(lambda: "icon cache" in dialog.message.text(), timeout=LONG)
    assert not dialog.merge_button.isEnabled()
    dialog.reject()


def test_icons_that_come_after_it_was_closed_do_no_harm(
    qtbot: QtBot, space: Workspace, dialog: DuplicatesDialog
) -> None:
    with qtbot.waitSignal(dialog.destroyed, timeout=LONG):
        dialog.reject()
    space.bulk_actions._loader.changed.emit(frozenset({"u1"}))


def test_only_the_first_of_a_large_group_stand_side_by_side(
    qtbot: QtBot, space: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gui.duplicates_dialog.MOST", 2)
    found = space.bulk_actions.duplicates()
    qtbot.waitUntil(lambda: found.members.columnCount() == 2, timeout=LONG)
    qtbot.waitUntil(lambda: "first 2 of 3" in found.message.text(), timeout=LONG)
    found.reject()


def test_pictures_are_compared_by_what_the_cache_has(tmp_path: Path) -> None:
    path = tmp_path / "icons.db"
    assert picture_hashes(path) == []
    cache = IconCache(path)
    for url, body in (("u1", b"x"), ("u2", b"x"), ("u3", b"y"), ("u4", None)):
        cache.put(url, Entry(1.0, 2.0), body)
    cache.flush()
    found = dict(picture_hashes(path))
    cache.close()
    assert set(found) == {"u1", "u2", "u3"}
    assert found["u1"] == found["u2"] != found["u3"]


def test_a_cache_that_cannot_be_read_knows_nothing(tmp_path: Path) -> None:
    path = tmp_path / "icons.db"
    path.write_bytes(b"no database" * 100)
    assert picture_hashes(path) == []
    apsw.Connection(str(tmp_path / "other.db")).execute("CREATE TABLE a(b)")
    assert picture_hashes(tmp_path / "other.db") == []
