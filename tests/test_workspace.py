"""The workspace in the real window: where focus, keys and typed text go."""

from __future__ import annotations

import threading
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QShortcut
from PySide6.QtTest import QSignalSpy
from PySide6.QtWidgets import (
    QApplication,
    QLineEdit,
    QMenu,
    QMessageBox,
    QProgressBar,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from db import records
from db.catalog import Catalog
from db.edits import EditSession
from gui import application
from gui.columns import PLACE
from gui.icon_stage import Background, Mask
from gui.main_window import MainWindow
from gui.workspace import Workspace

LONG = 4_000
"""Milliseconds that a busy machine may take."""
Open = Callable[[Path], MainWindow]


@pytest.fixture
def open_window(qtbot: QtBot) -> Open:
    """Opens windows as the command does; they are closed with what was typed dropped."""

    def close(window: MainWindow) -> None:
        if window.workspace is not None:
            window.workspace.details.form.revert()
            window.workspace.details.forget_kept()
            for editor in window.workspace.table.viewport().findChildren(QLineEdit):
                qtbot.keyClick(editor, Qt.Key.Key_Escape)
        qtbot.waitUntil(window.close, timeout=LONG)  # what is being written is waited for

    def open_one(path: Path) -> MainWindow:
        window = application.make_window(())
        qtbot.addWidget(window, before_close_func=close)
        with qtbot.waitSignal(window.ready, timeout=LONG):
            window.open_first(path)
            window.show()
        window.activateWindow()
        qtbot.waitUntil(window.isActiveWindow)
        return window

    return open_one


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A catalogue of four integrations, alpha to delta, with the pks 1 to 4."""
    found = tmp_path / "catalog.db"
    catalog = Catalog.create(found)

    def body(edit: EditSession) -> None:
        for name in ("alpha", "beta", "gamma", "delta"):
            values = {"id": f"acme/{name}", "name": name, "type": "s3", "org_id": "acme"}
            dates = {"creator": "admin", "created_at": "2026-03-04", "updated_at": "2026-03-04"}
            records.add_integration(edit, values={**values, **dates, "icon_url": f"{name}.svg"})

    catalog.edit("rows", body).result()
    catalog.close()
    return found


@pytest.fixture
def window(open_window: Open, path: Path, qtbot: QtBot) -> MainWindow:
    window = open_window(path)
    qtbot.waitUntil(lambda: space(window).shown == 4, timeout=LONG)
    return window


def space(window: MainWindow) -> Workspace:
    assert window.workspace is not None
    return window.workspace


def go_to(window: MainWindow, qtbot: QtBot, name: str) -> None:
    """Go to the row of this name, and wait for its details."""
    table, model = space(window).table, space(window).model
    names = [model.index(row, PLACE["name"]).data() for row in range(model.rowCount())]
    table.setCurrentIndex(model.index(names.index(name), PLACE["name"]))
    qtbot.waitUntil(lambda: space(window).details.heading == name, timeout=LONG)


def type_into(window: MainWindow, name: str, text: str) -> None:
    """Replace the text of a field of the form."""
    box = space(window).details.form.editors[name].input
    assert isinstance(box, QLineEdit)
    box.selectAll()
    box.insert(text)


class Key(NamedTuple):
    """A key and where it works: in the whole window, or in these widgets (and within them)."""

    keys: str
    owner: QAction | QShortcut
    widgets: list[QWidget] | None
    within: bool


def keys_of(window: MainWindow) -> list[Key]:
    found = []
    for action in window.findChildren(QAction):
        widgets = [item for item in action.associatedObjects() if isinstance(item, QWidget)]
        # In a menu, a key of the table works in the table only.
        placed = [widget for widget in widgets if not isinstance(widget, QMenu)]
        found += [
            _key(sequence.toString(), action, action.shortcutContext(), placed)
            for sequence in action.shortcuts()
        ]
    for shortcut in window.findChildren(QShortcut):
        parent = shortcut.parent()
        assert isinstance(parent, QWidget)
        found.append(_key(shortcut.key().toString(), shortcut, shortcut.context(), [parent]))
    return found


def _key(
    keys: str, owner: QAction | QShortcut, context: Qt.ShortcutContext, widgets: list[QWidget]
) -> Key:
    local = (
        Qt.ShortcutContext.WidgetShortcut,
        Qt.ShortcutContext.WidgetWithChildrenShortcut,
    )
    return Key(keys, owner, widgets if context in local else None, context == local[1])


def meet(one: Key, other: Key) -> bool:
    """Whether there is a widget in which both keys work."""
    if one.widgets is None or other.widgets is None:
        return True
    return any(
        a is b or (one.within and a.isAncestorOf(b)) or (other.within and b.isAncestorOf(a))
        for a in one.widgets
        for b in other.widgets
    )


def test_no_key_means_two_things(window: MainWindow) -> None:
    found = keys_of(window)
    assert {"Ctrl+Shift+O", "Ctrl+Shift+L", "Ctrl+N", "Alt+Up", "F4"} <= {key.keys for key in found}
    assert [
        (one.keys, one.owner, other.owner)
        for one, other in combinations(found, 2)
        if one.keys == other.keys and meet(one, other)
    ] == []


def test_keys_of_the_preview_work_in_the_form_and_not_in_the_table(
    window: MainWindow, qtbot: QtBot
) -> None:
    details, table = space(window).details, space(window).table
    go_to(window, qtbot, "alpha")
    QApplication.clipboard().setText("before")
    both = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    qtbot.keyClick(table, Qt.Key.Key_C, both)
    assert QApplication.clipboard().text() == "before"
    box = details.form.editors["name"].input
    box.setFocus()
    qtbot.keyClick(box, Qt.Key.Key_C, both)
    assert QApplication.clipboard().text() == "alpha.svg"


def test_an_invalid_draft_brings_its_row_back(window: MainWindow, qtbot: QtBot) -> None:
    go_to(window, qtbot, "alpha")
    type_into(window, "name", "")
    model, table = space(window).model, space(window).table
    with qtbot.assertNotEmitted(model.loading):
        table.chosen.move_current(2)
        qtbot.waitUntil(lambda: table.chosen.current_row == 0)
    assert space(window).details.pk == 1
    assert space(window).details.form.editors["name"].input.hasFocus()


@pytest.mark.parametrize("words", ["beta", "nothing such"])
def test_an_invalid_draft_that_is_filtered_away_is_kept(
    window: MainWindow, qtbot: QtBot, words: str
) -> None:
    details, model, field = space(window).details, space(window).model, space(window).search.field
    go_to(window, qtbot, "alpha")
    type_into(window, "name", "")
    details.form.editors["metadata"].fill('{"a b": "c  d')
    reloads = QSignalSpy(model.loading)
    field.setFocus()
    field.setText(words)
    qtbot.waitUntil(lambda: details.pk != 1, timeout=LONG)
    assert field.hasFocus()
    assert 1 <= reloads.count() <= 2
    assert "alpha" in details.form.notice + details.empty.sentence
    with qtbot.assertNotEmitted(model.loading):
        qtbot.waitUntil(lambda: not model.is_loading)
    assert not details.form.is_dirty
    field.clear()
    qtbot.waitUntil(lambda: space(window).shown == 4, timeout=LONG)
    space(window).table.chosen.move_current(-9)
    qtbot.waitUntil(lambda: details.pk == 1, timeout=LONG)
    assert details.form.editors["name"].text() == ""
    assert details.form.editors["metadata"].text() == '{"a b": "c  d'
    assert details.form.has_errors


def test_closing_asks_about_a_draft_of_a_record_that_is_not_shown(
    window: MainWindow, qtbot: QtBot
) -> None:
    details = space(window).details
    go_to(window, qtbot, "alpha")
    type_into(window, "type", "")
    space(window).search.field.setText("beta")
    qtbot.waitUntil(lambda: details.pk == 2, timeout=LONG)
    window.close()
    assert window.isVisible()
    box = question(window)
    assert "alpha" in box.text()
    press(box, "Go Back to It")
    qtbot.waitUntil(lambda: details.pk == 1, timeout=LONG)
    assert details.form.editors["type"].text() == ""
    assert space(window).search.words == ""
    details.form.revert()
    qtbot.waitUntil(window.close, timeout=LONG)


def test_a_draft_of_a_record_that_is_not_shown_can_be_discarded(
    window: MainWindow, qtbot: QtBot
) -> None:
    details = space(window).details
    for name in ("alpha", "beta"):
        go_to(window, qtbot, name)
        type_into(window, "type", "")
        space(window).search.field.setText("gamma")
        qtbot.waitUntil(lambda: details.pk == 3, timeout=LONG)
        space(window).search.field.clear()
        qtbot.waitUntil(lambda: space(window).shown == 4, timeout=LONG)
    go_to(window, qtbot, "gamma")
    window.close()
    box = question(window)
    assert "2" in box.text()
    press(box, "Discard It")
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=LONG)


def question(window: MainWindow) -> QMessageBox:
    return next(box for box in window.findChildren(QMessageBox) if box.isVisible())


def press(box: QMessageBox, words: str) -> None:
    next(button for button in box.buttons() if button.text() == words).click()


def test_an_invalid_draft_of_a_deleted_row_is_kept_for_its_return(
    window: MainWindow, qtbot: QtBot
) -> None:
    details, model, table = space(window).details, space(window).model, space(window).table
    go_to(window, qtbot, "alpha")
    type_into(window, "type", "")
    reloads = QSignalSpy(model.loading)
    space(window).record_actions.delete_selected()
    qtbot.waitUntil(lambda: space(window).shown == 3 and details.pk != 1, timeout=LONG)
    assert reloads.count() <= 2
    assert "alpha" in details.form.notice + details.empty.sentence
    space(window).record_actions.undo()
    qtbot.waitUntil(lambda: space(window).shown == 4 and not model.is_loading, timeout=LONG)
    table.select_pks([1])
    qtbot.waitUntil(lambda: details.pk == 1, timeout=LONG)
    assert details.form.editors["type"].text() == ""
    assert details.form.is_dirty


def test_a_new_integration_opens_the_hidden_details(window: MainWindow, qtbot: QtBot) -> None:
    shown = window.actions_by_name["show_details"]
    shown.trigger()
    assert not shown.isChecked()
    assert not space(window).details.isVisible()
    window.actions_by_name["new"].trigger()
    name = space(window).details.form.editors["name"].input
    qtbot.waitUntil(name.hasFocus, timeout=LONG)
    assert name.isVisible()
    assert shown.isChecked()


def test_what_fits_no_cell_opens_the_hidden_details(window: MainWindow, qtbot: QtBot) -> None:
    go_to(window, qtbot, "alpha")
    shown = window.actions_by_name["show_details"]
    shown.trigger()
    table = space(window).table
    table.setCurrentIndex(table.model().index(0, PLACE["metadata"]))
    table.edit_current()
    metadata = space(window).details.form.editors["metadata"].input
    qtbot.waitUntil(metadata.hasFocus, timeout=LONG)
    assert metadata.isVisible()
    assert shown.isChecked()


@pytest.mark.parametrize("org_id", [None, "acme"])
def test_a_base_url_completes_the_address_that_is_shown(
    window: MainWindow, qtbot: QtBot, org_id: str | None
) -> None:
    details = space(window).details
    go_to(window, qtbot, "alpha")
    assert (details.preview.address.kind, details.preview.address.url) == ("relative", "")
    type_into(window, "name", "typed")
    for base in ("http://127.0.0.1:9/a/", "http://127.0.0.1:9/b/"):
        space(window).record_actions.edit(
            "base", lambda edit, base=base: records.set_base_url(edit, url=base, org_id=org_id)
        )
        qtbot.waitUntil(lambda base=base: details.preview.address.url == f"{base}alpha.svg")
    assert details.form.changes() == {"name": "typed"}


def boxes(window: MainWindow) -> list[str]:
    """What message boxes say."""
    return [box.text() for box in window.findChildren(QMessageBox) if box.isVisible()]


def type_into_cell(window: MainWindow, qtbot: QtBot, text: str) -> None:
    """Type into the current cell, up to the Enter key."""
    table = space(window).table
    table.edit_current()
    editor = table.indexWidget(table.currentIndex())
    assert isinstance(editor, QLineEdit)
    editor.selectAll()
    qtbot.keyClicks(editor, text)
    qtbot.keyClick(editor, Qt.Key.Key_Return)


def test_a_refused_cell_says_so_once_and_offers_the_text_again(
    window: MainWindow, qtbot: QtBot
) -> None:
    table = space(window).table
    go_to(window, qtbot, "alpha")
    table.horizontalHeader().show_column("id", shown=True)
    table.setCurrentIndex(table.model().index(0, PLACE["id"]))
    type_into_cell(window, qtbot, "acme/beta")
    qtbot.waitUntil(lambda: len(boxes(window)) > 0, timeout=LONG)
    with qtbot.assertNotEmitted(space(window).failed):
        for box in window.findChildren(QMessageBox):
            box.accept()
        window.activateWindow()
        qtbot.waitUntil(window.isActiveWindow)
    editor = table.indexWidget(table.currentIndex())
    assert isinstance(editor, QLineEdit)
    assert editor.text() == "acme/beta"
    qtbot.waitUntil(editor.hasFocus)
    qtbot.keyClick(editor, Qt.Key.Key_Escape)
    assert table.model().index(0, PLACE["id"]).data() == "acme/alpha"


def test_text_for_a_hidden_column_is_offered_in_the_details(
    window: MainWindow, qtbot: QtBot
) -> None:
    details, table = space(window).details, space(window).table
    go_to(window, qtbot, "alpha")
    window.actions_by_name["show_details"].trigger()
    table.horizontalHeader().show_column("client_id", shown=False)
    table.edit_again(1, "client_id", "typed")
    box = details.form.editors["client_id"].input
    qtbot.waitUntil(lambda: box.isVisible() and box.hasFocus(), timeout=LONG)
    assert details.form.changes() == {"client_id": "typed"}
    table.edit_again(2, "client_id", "other")
    qtbot.waitUntil(lambda: details.pk == 2, timeout=LONG)
    assert details.form.changes() == {"client_id": "other"}


def test_text_for_a_row_that_is_not_shown_is_kept_and_said(
    window: MainWindow, qtbot: QtBot
) -> None:
    details = space(window).details
    go_to(window, qtbot, "alpha")
    space(window).search.field.setText("beta")
    qtbot.waitUntil(lambda: details.pk == 2 or space(window).shown == 1, timeout=LONG)
    space(window).table.edit_again(1, "name", "typed name")
    qtbot.waitUntil(lambda: any("typed name" in text for text in boxes(window)))
    space(window).search.field.clear()
    qtbot.waitUntil(lambda: space(window).shown == 4, timeout=LONG)
    space(window).table.select_pks([1])
    qtbot.waitUntil(lambda: details.pk == 1, timeout=LONG)
    assert details.form.changes() == {"name": "typed name"}


def test_text_for_a_deleted_row_is_in_the_message(window: MainWindow, qtbot: QtBot) -> None:
    go_to(window, qtbot, "beta")
    other = Catalog.open(space(window).catalog.path)
    other.edit("gone", lambda edit: records.delete_integrations(edit, pks=[2])).result()
    other.close()
    type_into_cell(window, qtbot, "typed name")
    qtbot.waitUntil(lambda: any("deleted" in text for text in boxes(window)), timeout=LONG)
    qtbot.waitUntil(lambda: space(window).shown == 3, timeout=LONG)
    qtbot.waitUntil(lambda: any("typed name" in text for text in boxes(window)), timeout=LONG)


def close_boxes(window: MainWindow, qtbot: QtBot) -> None:
    for box in window.findChildren(QMessageBox):
        box.accept()
    window.activateWindow()
    qtbot.waitUntil(lambda: window.isActiveWindow() and not boxes(window), timeout=LONG)


def test_a_cell_that_is_refused_on_closing_keeps_the_window_and_the_text(
    window: MainWindow, qtbot: QtBot
) -> None:
    table = space(window).table
    go_to(window, qtbot, "alpha")
    table.horizontalHeader().show_column("id", shown=True)
    table.setCurrentIndex(table.model().index(0, PLACE["id"]))
    table.edit_current()
    editor = table.indexWidget(table.currentIndex())
    assert isinstance(editor, QLineEdit)
    editor.selectAll()
    qtbot.keyClicks(editor, "acme/beta")
    for _ in range(2):
        window.close()
        qtbot.waitUntil(lambda: any("taken" in text for text in boxes(window)), timeout=LONG)
        close_boxes(window, qtbot)
        assert window.isVisible()
        editor = table.indexWidget(table.currentIndex())
        assert isinstance(editor, QLineEdit)
        assert editor.text() == "acme/beta"
    qtbot.keyClick(editor, Qt.Key.Key_Escape)
    qtbot.waitUntil(window.close, timeout=LONG)


def test_closing_asks_about_the_text_of_a_cell_that_is_not_shown(
    window: MainWindow, qtbot: QtBot
) -> None:
    details = space(window).details
    go_to(window, qtbot, "alpha")
    space(window).search.field.setText("beta")
    qtbot.waitUntil(lambda: space(window).shown == 1, timeout=LONG)
    space(window).table.edit_again(1, "client_id", "typed")
    qtbot.waitUntil(lambda: any("typed" in text for text in boxes(window)), timeout=LONG)
    close_boxes(window, qtbot)
    window.close()
    assert window.isVisible()
    box = question(window)
    assert "alpha" in box.text()
    press(box, "Go Back to It")
    qtbot.waitUntil(lambda: details.pk == 1, timeout=LONG)
    assert details.form.changes() == {"client_id": "typed"}
    details.form.revert()
    qtbot.waitUntil(window.close, timeout=LONG)


def test_closing_stores_the_draft_of_a_record_that_is_not_shown_any_more(
    window: MainWindow, qtbot: QtBot
) -> None:
    go_to(window, qtbot, "alpha")
    type_into(window, "client_id", "typed")
    space(window).search.field.setText("no such")
    qtbot.waitUntil(lambda: space(window).shown == 0, timeout=LONG)
    path = space(window).catalog.path
    qtbot.waitUntil(window.close, timeout=LONG)
    catalog = Catalog.open(path)
    assert catalog.undo_label() == "Change Client id of alpha"
    catalog.close()


def test_edits_are_named_with_the_captions_of_fields(window: MainWindow, qtbot: QtBot) -> None:
    go_to(window, qtbot, "alpha")
    type_into(window, "icon_url", "https://icons.example/a.svg")
    type_into(window, "updated_by", "me")
    space(window).details.form.apply()
    undo = window.actions_by_name["undo"]
    label = "Undo Change Icon URL, Updated by of alpha"
    qtbot.waitUntil(lambda: undo.text().replace("&", "") == label, timeout=LONG)
    space(window).record_actions.change_cell(2, "client_id", "c")
    label = "Undo Change Client id of beta"
    qtbot.waitUntil(lambda: undo.text().replace("&", "") == label, timeout=LONG)


def test_an_edit_shows_how_far_it_is_and_can_be_cancelled(window: MainWindow, qtbot: QtBot) -> None:
    go_on = threading.Event()

    def body(edit: EditSession) -> None:
        records.delete_integrations(edit, pks=[1, 2])
        edit.tell(1, 3)
        go_on.wait(LONG / 1000)
        edit.tell(2, 3)

    space(window).record_actions.edit("Delete many", body)
    bar = window.status.findChild(QProgressBar)
    assert bar is not None
    qtbot.waitUntil(bar.isVisible, timeout=LONG)
    assert bar.maximum() > 0
    assert bar.value() == 0.3 * bar.maximum()  # what is written is 90 %, its recording 10 %
    cancel = next(b for b in window.status.findChildren(QToolButton) if b.toolTip() == "Cancel")
    cancel.click()
    go_on.set()
    qtbot.waitUntil(lambda: not bar.isVisible(), timeout=LONG)
    assert window.status.currentMessage() == "Cancelled. Nothing was changed."
    assert space(window).catalog.undo_label() == "rows"


@pytest.mark.parametrize(("height", "largest"), [(540, 128), (800, 256)])
def test_icon_and_fields_are_seen_together_in_any_window(
    window: MainWindow, qtbot: QtBot, height: int, largest: int
) -> None:
    window.resize(960, height)
    go_to(window, qtbot, "alpha")
    details = space(window).details
    preview, form = details.preview, details.form
    qtbot.waitUntil(lambda: window.height() == height)

    def is_seen(widget: QWidget) -> bool:
        return widget.visibleRegion().boundingRect() == widget.rect()

    qtbot.waitUntil(lambda: is_seen(preview.stage), timeout=LONG)
    assert preview.stage.place(largest).size().toTuple() == (largest, largest)
    for name in ("id", "name", "type", "org_id", "icon_url"):
        assert is_seen(form.editors[name].input), name
    assert is_seen(form.apply_button)


def test_the_background_and_the_height_of_the_preview_come_back(
    open_window: Open, path: Path, qtbot: QtBot
) -> None:
    window = open_window(path)
    go_to(window, qtbot, "alpha")
    details = space(window).details
    details.splitter.setSizes([300, 5_000])
    sizes = details.splitter.sizes()
    details.preview.controls.backgrounds.buttons()[2].click()
    details.preview.controls.masks.buttons()[2].click()
    details.preview.zoom.set_zoom(8)
    qtbot.waitUntil(window.close)
    again = open_window(path)
    go_to(again, qtbot, "alpha")
    preview = space(again).details.preview
    assert (preview.look.background, preview.look.mask) == (Background.CHECKER, Mask.CIRCLE)
    assert preview.zoom.zoom == 8
    qtbot.waitUntil(lambda: space(again).details.splitter.sizes() == sizes)
