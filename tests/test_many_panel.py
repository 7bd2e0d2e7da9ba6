"""Several integrations in the details: what they have in common, and one edit for all of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QSignalSpy
from PySide6.QtWidgets import QApplication, QLineEdit, QMessageBox
from pytestqt.qtbot import QtBot

from db.fields import NULL
from gui.many_panel import ManyPanel
from gui.workspace import Workspace
from tests.window_help import LONG, open_window, select, stored

ROWS = [
    {"id": f"i{n}", "name": f"n{n}", "type": "s3", "org_id": f"o{n % 2}", "created_at": 5 + n % 2}
    for n in range(6)
]


@pytest.fixture
def space(qtbot: QtBot, tmp_path: Path) -> Workspace:
    return open_window(qtbot, tmp_path, ROWS)[1]


def many(qtbot: QtBot, space: Workspace, count: int) -> ManyPanel:
    """The form of all that are selected, with what they have in common."""
    pages = space.details_pages
    qtbot.waitUntil(lambda: pages.currentWidget() is pages.many, timeout=LONG)
    assert pages.many is not None
    form = pages.many
    wanted = f"Change {count} integrations"
    qtbot.waitUntil(lambda: form.apply_button.text().startswith(wanted), timeout=LONG)
    return form


def placeholder(form: ManyPanel, name: str) -> str:
    box = form.editors[name].input
    assert isinstance(box, QLineEdit)
    return box.placeholderText()


def test_what_is_not_the_same_says_several_values(qtbot: QtBot, space: Workspace) -> None:
    select(space, 0, 3)
    form = many(qtbot, space, 4)
    assert form.editors["type"].text() == "s3"
    assert (form.editors["name"].text(), placeholder(form, "name")) == ("", "several values")
    assert placeholder(form, "icon_url") == "absent"
    assert form.apply_button.text() == "Change 4 integrations in 2 organizations"
    assert not form.apply_button.isEnabled()
    select(space, 1, 1)
    assert space.details_pages.currentWidget() is space.details


def test_only_what_is_touched_is_changed_as_one_edit(qtbot: QtBot, space: Workspace) -> None:
    select(space, 0, 3)
    form = many(qtbot, space, 4)
    qtbot.keyClicks(form.editors["updated_by"].input, "me")
    with qtbot.waitSignal(form.applied, timeout=LONG):
        qtbot.keyClick(
            form.editors["updated_by"].input, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier
        )
    assert stored(space, "updated_by") == ["me"] * 4 + [None] * 2
    assert stored(space, "name") == [f"n{n}" for n in range(6)]
    assert space.catalog.undo_label() == "Change Updated by: 4 integrations"
    qtbot.waitUntil(lambda: form.editors["updated_by"].stored == "me", timeout=LONG)
    assert not form.is_dirty


def test_all_that_match_are_changed(qtbot: QtBot, space: Workspace) -> None:
    space.search.field.setText("o1")
    qtbot.waitUntil(lambda: space.shown == 3, timeout=LONG)
    select(space, 0, 1)
    form = many(qtbot, space, 2)
    form.scope_box.setCurrentIndex(1)
    form.scope_box.activated.emit(1)
    form = many(qtbot, space, 3)
    assert form.scope_box.currentText() == "All that match (3)"
    form.editors["type"].fill("gcs")
    with qtbot.waitSignal(form.applied, timeout=LONG):
        form.apply()
    assert stored(space, "type") == ["s3", "gcs"] * 3


@pytest.mark.parametrize(("value", "word"), [(None, "absent"), (NULL, "null"), ("", "empty text")])
def test_several_values_can_be_made_nothing(
    qtbot: QtBot, space: Workspace, value: str | bytes | None, word: str
) -> None:
    select(space, 0, 1)
    form = many(qtbot, space, 2)
    form.editors["client_id"].fill("x")
    with qtbot.waitSignal(form.applied, timeout=LONG):
        form.apply()
    select(space, 0, 2)
    form = many(qtbot, space, 3)
    assert placeholder(form, "client_id") == "several values"
    form.editors["client_id"].set_empty(value)
    assert (placeholder(form, "client_id"), form.changes()) == (word, {"client_id": value})
    form.revert()
    assert (placeholder(form, "client_id"), form.changes()) == ("several values", {})
    form.editors["client_id"].set_empty(value)
    with qtbot.waitSignal(form.applied, timeout=LONG):
        form.apply()
    assert stored(space, "client_id")[:3] == [value] * 3


def test_what_cannot_be_stored_is_said_before(qtbot: QtBot, space: Workspace) -> None:
    select(space, 0, 3)
    form = many(qtbot, space, 4)
    form.editors["metadata"].fill("{")
    qtbot.waitUntil(lambda: form.editors["metadata"].finding is not None, timeout=LONG)
    assert not form.apply_button.isEnabled()
    form.editors["metadata"].fill("{}")
    form.editors["type"].fill("")
    assert not form.apply_button.isEnabled()
    form.editors["type"].revert()
    assert form.apply_button.isEnabled()


def test_what_was_typed_stays_when_others_are_selected(qtbot: QtBot, space: Workspace) -> None:
    select(space, 0, 3)
    form = many(qtbot, space, 4)
    form.editors["type"].fill("gcs")
    select(space, 2, 2)
    select(space, 4, 5)
    assert not form.apply_button.isEnabled()  # until it is known how many that are
    assert many(qtbot, space, 2) is form
    assert form.changes() == {"type": "gcs"}
    applied = QSignalSpy(form.applied)
    form.apply()
    qtbot.waitUntil(lambda: applied.count() == 1, timeout=LONG)
    assert stored(space, "type") == ["s3"] * 4 + ["gcs"] * 2


def test_what_was_typed_for_several_is_asked_about_before_it_is_lost(
    qtbot: QtBot, tmp_path: Path
) -> None:
    window, space = open_window(qtbot, tmp_path, ROWS)
    select(space, 0, 3)
    many(qtbot, space, 4).editors["type"].fill("gcs")
    assert not window.close()
    qtbot.waitUntil(lambda: isinstance(QApplication.activeModalWidget(), QMessageBox), timeout=LONG)
    box = QApplication.activeModalWidget()
    assert isinstance(box, QMessageBox)
    assert "several integrations" in box.text()
    box.reject()
    assert space.is_many_dirty
    window.close()
    qtbot.waitUntil(lambda: isinstance(QApplication.activeModalWidget(), QMessageBox), timeout=LONG)
    again = QApplication.activeModalWidget()
    assert isinstance(again, QMessageBox)
    next(button for button in again.buttons() if "Discard" in button.text()).click()
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=LONG)
