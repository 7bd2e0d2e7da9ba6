"""Find and replace in the window: a live list, ticks, recipes, one edit."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QSignalSpy
from PySide6.QtWidgets import QApplication, QMessageBox, QPushButton
from pytestqt.qtbot import QtBot

from db.addresses import Address
from db.replacement import Replacement
from gui.icon_cell import ADDRESS_ROLE
from gui.organization_actions import FieldsDialog
from gui.replace_dialog import ReplaceDialog
from gui.replace_lines import NAME, NEW, NEW_ICON, OLD, OLD_ICON, TICK, LinesModel
from gui.settings import Settings
from gui.workspace import Workspace
from tests.window_help import LONG, open_window, select, stored

URLS = [
    {"id": f"i{n}", "name": f"n{n}", "type": "s3", "org_id": f"o{n % 2}", "icon_url": f"a{n}.svg"}
    for n in range(6)
]


@pytest.fixture
def space(qtbot: QtBot, tmp_path: Path) -> Workspace:
    return open_window(qtbot, tmp_path, URLS)[1]


def opened(qtbot: QtBot, space: Workspace) -> ReplaceDialog:
    dialog = space.bulk_actions.replace()
    qtbot.waitUntil(dialog.isVisible, timeout=LONG)
    return dialog


def lines(dialog: ReplaceDialog) -> LinesModel:
    found = dialog.table.lines()
    assert found is not None
    return found


def look(qtbot: QtBot, dialog: ReplaceDialog, what: Replacement) -> LinesModel:
    dialog.show_replacement(what)
    qtbot.waitUntil(lambda: dialog.table.lines() is not None, timeout=LONG)
    model = lines(dialog)
    qtbot.waitUntil(lambda: not model.rowCount() or model.row(0) is not None, timeout=LONG)
    return model


def test_what_would_change_is_listed_while_one_types(qtbot: QtBot, space: Workspace) -> None:
    dialog = opened(qtbot, space)
    assert not dialog.replace_button.isEnabled()
    assert not dialog.table.horizontalHeader().isVisible()
    qtbot.keyClicks(dialog.form.find_text, "a1")
    qtbot.keyClicks(dialog.form.new_text, "b<1>")
    qtbot.waitUntil(lambda: dialog.message.text().startswith("Found in"), timeout=LONG)
    model = lines(dialog)
    qtbot.waitUntil(lambda: model.row(0) is not None, timeout=LONG)
    assert dialog.table.horizontalHeader().isVisible()
    assert dialog.message.text() == "Found in 1 integration in 1 organization."
    assert dialog.replace_button.text().replace("&", "") == "Replace in 1 Integration"
    assert [model.index(0, column).data() for column in (NAME, OLD, NEW)] == [
        "n1", "a1.svg", "b<1>.svg",
    ]  # fmt: skip
    old, new = (model.index(0, column).data(ADDRESS_ROLE) for column in (OLD_ICON, NEW_ICON))
    assert isinstance(old, Address)
    assert (old.text, new.text) == ("a1.svg", "b<1>.svg")
    dialog.reject()


def test_it_is_one_edit_with_a_count_and_undo_brings_all_back(
    qtbot: QtBot, space: Workspace
) -> None:
    before = stored(space, "icon_url")
    dialog = opened(qtbot, space)
    look(qtbot, dialog, Replacement(("icon_url",), "regex", r"a(\d)", r"\1/\1"))
    said = QSignalSpy(space.said)
    dialog.replace_button.click()
    qtbot.waitUntil(lambda: said.count() > 0, timeout=LONG)
    assert space.catalog.undo_label() == "Replace in Icon URL: 6 integrations"
    assert stored(space, "icon_url") == [f"{n}/{n}.svg" for n in range(6)]
    space.record_actions.undo()
    qtbot.waitUntil(lambda: stored(space, "icon_url") == before, timeout=LONG)


def test_the_space_bar_unticks_and_what_is_not_ticked_stays(qtbot: QtBot, space: Workspace) -> None:
    dialog = opened(qtbot, space)
    model = look(qtbot, dialog, Replacement(("icon_url",), "plain", "a", "b"))
    dialog.table.setFocus()
    qtbot.keyClick(dialog.table, Qt.Key.Key_Space)
    tick = model.index(0, TICK)
    assert tick.data(Qt.ItemDataRole.CheckStateRole) == Qt.CheckState.Unchecked
    assert "5" in dialog.replace_button.text()
    dialog.tick_none.click()
    assert not dialog.replace_button.isEnabled()
    assert model.setData(model.index(2, TICK), True, Qt.ItemDataRole.CheckStateRole)
    with qtbot.waitSignal(dialog.finished, timeout=LONG):
        dialog.replace_button.click()
    assert stored(space, "icon_url")[1:4] == ["a1.svg", "b2.svg", "a3.svg"]


def test_the_scopes_are_the_selection_what_matches_and_all(qtbot: QtBot, space: Workspace) -> None:
    select(space, 1, 3)
    space.search.field.setText("o1")
    qtbot.waitUntil(lambda: space.shown == 3, timeout=LONG)
    select(space, 0, 1)
    dialog = opened(qtbot, space)
    box = dialog.form.scope_box
    assert [box.itemText(place) for place in range(box.count())] == [
        "The selection (2)", "All that match (3)", "The whole catalogue (6)",
    ]  # fmt: skip
    for place, count in ((0, 2), (1, 3), (2, 6)):
        box.setCurrentIndex(place)
        assert look(qtbot, dialog, Replacement(("type",), "plain", "s3", "gcs")).rowCount() == count
    dialog.reject()


def test_what_makes_no_sense_is_said_in_the_dialog(qtbot: QtBot, space: Workspace) -> None:
    dialog = opened(qtbot, space)
    dialog.show_replacement(Replacement(("icon_url",), "regex", "a("))
    qtbot.waitUntil(lambda: "at position 3" in dialog.message.text(), timeout=LONG)
    dialog.show_replacement(Replacement((), "plain", "a"))
    qtbot.waitUntil(lambda: "No field" in dialog.message.text(), timeout=LONG)
    dialog.show_replacement(Replacement(("name",), "regex", ".*", ""))
    qtbot.waitUntil(lambda: "6 texts are left out" in dialog.message.text(), timeout=LONG)
    dialog.show_replacement(Replacement(("icon_url",), "template", text="{nothing}"))
    qtbot.waitUntil(lambda: "no field" in dialog.message.text(), timeout=LONG)
    assert not dialog.replace_button.isEnabled()
    dialog.reject()


def test_a_template_fills_a_field_from_others(qtbot: QtBot, space: Workspace) -> None:
    dialog = opened(qtbot, space)
    look(
        qtbot,
        dialog,
        Replacement(("icon_url",), "template", text="https://cdn.example.com/{type}/{id}.svg"),
    )
    with qtbot.waitSignal(dialog.finished, timeout=LONG):
        dialog.replace_button.click()
    assert stored(space, "icon_url")[0] == "https://cdn.example.com/s3/i0.svg"
    assert space.catalog.undo_label() == "Fill Icon URL: 6 integrations"


def test_recipes_are_kept_by_name(qtbot: QtBot, space: Workspace) -> None:
    dialog = opened(qtbot, space)
    what = Replacement(("name", "icon_url"), "regex", "a", "b", match_case=False)
    look(qtbot, dialog, what)
    dialog.recipes.keep.click()
    qtbot.waitUntil(
        lambda: isinstance(QApplication.activeModalWidget(), FieldsDialog), timeout=LONG
    )
    asked = QApplication.activeModalWidget()
    assert isinstance(asked, FieldsDialog)
    asked.edits[0].setText("<b>mine")
    asked.ok.click()
    assert list(Settings().recipes) == ["<b>mine"]
    dialog.show_replacement(Replacement(("type",), "plain", "x"))
    assert dialog.recipes.box.currentIndex() == 0
    dialog.recipes.box.setCurrentIndex(1)
    dialog.recipes.box.activated.emit(1)
    assert dialog.form.replacement == what
    assert dialog.recipes.box.currentIndex() == 1
    dialog.recipes.forget.click()
    assert Settings().recipes == {}
    dialog.reject()


@pytest.mark.parametrize("recipe", [{}, {"fields": ["no"], "mode": "plain"}, {"fields": 3}])
def test_a_recipe_that_is_none_is_passed_over(recipe: dict[str, object]) -> None:
    from gui.recipes import read

    assert read({"find": "", "text": "", **recipe}) is None


def test_closing_while_it_writes_leaves_nothing(
    qtbot: QtBot, space: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = stored(space, "icon_url")
    monkeypatch.setattr("db.bulk._LEAST", 1)
    dialog = opened(qtbot, space)
    look(qtbot, dialog, Replacement(("icon_url",), "plain", "a", "b"))
    space.catalog.progressed.append(lambda future, done, total: space.catalog.cancel(future))
    with qtbot.waitSignal(dialog.finished, timeout=LONG):
        dialog.start()
        dialog.reject()
    assert stored(space, "icon_url") == before


def test_the_key_opens_it(qtbot: QtBot, tmp_path: Path) -> None:
    window, _ = open_window(qtbot, tmp_path, URLS)
    qtbot.keyClick(window, Qt.Key.Key_H, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(
        lambda: isinstance(QApplication.activeModalWidget(), ReplaceDialog), timeout=LONG
    )
    dialog = QApplication.activeModalWidget()
    assert isinstance(dialog, ReplaceDialog)
    assert all(
        not button.autoDefault() or button in (dialog.replace_button, dialog.close_button)
        for button in dialog.findChildren(QPushButton)
    )
    dialog.reject()


def test_it_asks_before_redo_is_lost(qtbot: QtBot, space: Workspace) -> None:
    before = stored(space, "icon_url")
    one = Replacement(("icon_url",), "plain", "a1", "b1")
    for is_again in (False, True):
        dialog = opened(qtbot, space)
        look(qtbot, dialog, one)
        dialog.replace_button.click()
        if is_again:
            break
        qtbot.waitUntil(lambda: stored(space, "icon_url") != before, timeout=LONG)
        space.record_actions.undo()
        qtbot.waitUntil(lambda: space.catalog.redo_label() is not None, timeout=LONG)
    box = QApplication.activeModalWidget()
    assert isinstance(box, QMessageBox)
    assert "can be done again" in box.text()
    box.reject()
    assert stored(space, "icon_url") == before
    assert space.catalog.redo_label() is not None
    dialog.replace_button.click()
    box = QApplication.activeModalWidget()
    assert isinstance(box, QMessageBox)
    agree = next(each for each in box.buttons() if "All the Same" in each.text())
    agree.click()
    qtbot.waitUntil(lambda: space.catalog.redo_label() is None, timeout=LONG)
    assert stored(space, "icon_url") != before
