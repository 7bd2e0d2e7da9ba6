"""The History panel in the real window, and what is opened from it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QIcon
from PySide6.QtWidgets import QApplication, QDialog, QMessageBox
from pytestqt.qtbot import QtBot

from db import history_file, person
from db.catalog import Catalog
from db.history_keep import Retention
from gui import application, theme
from gui.compact_dialog import CompactDialog
from gui.history_apply_dialog import ApplyDialog
from gui.history_deleted import DeletedDialog
from gui.history_models import ChangesModel, ConflictsModel
from gui.history_panel import HistoryPanel
from gui.import_dialog import ImportDialog
from gui.main_window import MainWindow
from gui.settings import Settings
from gui.workspace import Workspace
from tests.csv_help import csv_file
from tests.history_help import SECONDS, add, change_urls, delete, insert_many, update, value

LONG = 30_000
ICON = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' width='8' height='8'/%3E"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Edits 1 to 7: two integrations added, "a" changed thrice, "gone" added and deleted."""
    path = tmp_path / "catalog.db"
    with closing(Catalog.create(path)) as catalog:
        a = add(catalog, "a", "Add a", name="A", icon_url=ICON)
        add(catalog, "b", "Add b", name="B")
        update(catalog, a, "to A2", name="A2", icon_url="x.svg")
        update(catalog, a, "to A3", name="A3")
        update(catalog, a, "type", type="t")
        delete(catalog, add(catalog, "gone", "Add gone", name="Gone"))
    return path


@pytest.fixture
def window(path: Path, qtbot: QtBot) -> Iterator[MainWindow]:
    window = application.make_window(())

    def close(window: MainWindow) -> None:
        if window.workspace is not None:
            window.workspace.details.form.revert()
            window.workspace.details.forget_kept()
        qtbot.waitUntil(window.close, timeout=LONG)

    qtbot.addWidget(window, before_close_func=close)
    with qtbot.waitSignal(window.ready, timeout=LONG):
        window.open_first(path)
        window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    yield window
    person.set_author("")


def space(window: MainWindow) -> Workspace:
    assert window.workspace is not None
    return window.workspace


@pytest.fixture
def panel(window: MainWindow, qtbot: QtBot) -> HistoryPanel:
    window.actions_by_name["show_history"].trigger()
    dock = window.findChild(HistoryPanel)
    assert isinstance(dock, HistoryPanel)
    qtbot.waitUntil(lambda: len(dock.model.rows) == 7, timeout=LONG)
    return dock


def labels(panel: HistoryPanel) -> list[tuple[str, str]]:
    model = panel.model
    rows = range(model.rowCount())
    return [(model.index(row, 0).data(), model.index(row, 1).data()) for row in rows]


def choose(panel: HistoryPanel, label: str) -> None:
    panel.table.selectRow([facts.label for facts in panel.model.rows].index(label))


def opened(qtbot: QtBot) -> QDialog:
    qtbot.waitUntil(lambda: isinstance(QApplication.activeModalWidget(), QDialog), timeout=LONG)
    found = QApplication.activeModalWidget()
    assert isinstance(found, QDialog)
    return found


def question(qtbot: QtBot) -> QMessageBox:
    found = opened(qtbot)
    assert isinstance(found, QMessageBox)
    return found


def press(box: QMessageBox, role: QMessageBox.ButtonRole) -> None:
    next(button for button in box.buttons() if box.buttonRole(button) is role).click()


class TestPanel:
    def test_it_lists_edits_and_marks_those_undone_with_words(
        self, panel: HistoryPanel, qtbot: QtBot
    ) -> None:
        choose(panel, "type")
        panel.buttons["undo"].click()
        qtbot.waitUntil(lambda: ("type", "Undone") in labels(panel), timeout=LONG)
        assert labels(panel) == [
            ("Delete", "Undone"),
            ("Add gone", "Undone"),
            ("type", "Undone"),
            ("to A3", "Done"),
            ("to A2", "Done"),
            ("Add b", "Done"),
            ("Add a", "Done"),
        ]
        ink = panel.model.index(0, 0).data(Qt.ItemDataRole.ForegroundRole)
        assert ink == QColor(theme.colors().muted)
        assert panel.model.index(3, 0).data(Qt.ItemDataRole.ForegroundRole) is None
        assert [facts.label for facts in panel.chosen()] == ["type"]
        assert panel.buttons["redo"].isEnabled()
        assert not panel.buttons["undo"].isEnabled()
        choose(panel, "Add gone")
        panel.buttons["redo"].click()
        qtbot.waitUntil(lambda: labels(panel)[1] == ("Add gone", "Done"), timeout=LONG)
        assert labels(panel)[0] == ("Delete", "Undone")

    def test_it_shows_what_the_chosen_edit_changed_with_icons(
        self, panel: HistoryPanel, qtbot: QtBot, window: MainWindow
    ) -> None:
        choose(panel, "to A2")
        model = panel.changes.model
        qtbot.waitUntil(lambda: model.rowCount() == 2, timeout=LONG)
        told = [[model.index(row, column).data() for column in range(5)] for row in range(2)]
        assert told == [
            ["A3", "Changed", "Name", "A", "A2"],
            ["A3", "Changed", "Icon URL", ICON, "x.svg"],
        ]
        icon = model.index(1, 3).data(Qt.ItemDataRole.DecorationRole)
        assert not icon.isNull()
        assert icon.actualSize(QSize(99, 99)) == QSize(24, 24)
        chosen = [
            icon.pixmap(QSize(24, 24), 1.0, mode).toImage()
            for mode in (QIcon.Mode.Normal, QIcon.Mode.Selected)
        ]
        assert chosen[0] != chosen[1]
        assert model.index(0, 3).data(Qt.ItemDataRole.DecorationRole) is None
        assert panel.changes.state.text() == "2 changes, all of them"
        panel.changes.search.setText("nowhere")
        qtbot.waitUntil(lambda: panel.changes.state.text() == "Nothing matches.", timeout=LONG)

    def test_a_large_edit_is_shown_by_pages(
        self, panel: HistoryPanel, qtbot: QtBot, window: MainWindow
    ) -> None:
        insert_many(space(window).catalog, 450)
        change_urls(space(window).catalog, "a.example", "b.example")
        qtbot.waitUntil(lambda: len(panel.model.rows) == 9, timeout=LONG)
        choose(panel, "Replace in icon URL")
        changes = panel.changes
        qtbot.waitUntil(lambda: changes.model.rowCount() == 200, timeout=LONG)
        assert changes.state.text() == "The first 200 changes; 250 more integrations"
        changes.more.click()
        qtbot.waitUntil(lambda: changes.model.rowCount() == 400, timeout=LONG)
        changes.more.click()
        qtbot.waitUntil(lambda: changes.model.rowCount() == 450, timeout=LONG)
        assert not changes.more.isVisible()
        changes.search.setText("i449")
        qtbot.waitUntil(lambda: changes.model.rowCount() == 1, timeout=LONG)

    def test_edits_come_by_pages(
        self, panel: HistoryPanel, qtbot: QtBot, window: MainWindow
    ) -> None:
        for number in range(230):
            update(space(window).catalog, 1, f"step {number}", name=str(number))
        window.actions_by_name["show_history"].trigger()
        window.actions_by_name["show_history"].trigger()
        anew = window.findChildren(HistoryPanel)[-1]
        qtbot.waitUntil(lambda: len(anew.model.rows) == 200, timeout=LONG)

        def is_whole() -> bool:
            anew.table.scrollToTop()
            anew.table.scrollToBottom()
            return len(anew.model.rows) == 237

        qtbot.waitUntil(is_whole, timeout=LONG)
        assert not anew.model.has_more

    def test_it_is_closed_by_its_button_and_with_the_catalogue(
        self, panel: HistoryPanel, window: MainWindow, qtbot: QtBot, tmp_path: Path
    ) -> None:
        dock = panel.parentWidget()
        assert dock is not None
        dock.close()
        assert not window.actions_by_name["show_history"].isChecked()
        window.actions_by_name["show_history"].trigger()
        Catalog.create(tmp_path / "other.db").close()
        with qtbot.waitSignal(window.files.opened, timeout=LONG):
            window.files.open(tmp_path / "other.db")
        assert not window.actions_by_name["show_history"].isChecked()


class TestRevert:
    def test_one_edit_alone_with_its_conflicts_decided(
        self, panel: HistoryPanel, qtbot: QtBot, window: MainWindow
    ) -> None:
        choose(panel, "to A2")
        panel.buttons["revert"].click()
        dialog = opened(qtbot)
        assert isinstance(dialog, ApplyDialog)
        qtbot.waitUntil(lambda: dialog.model.rowCount() == 1, timeout=LONG)
        row = [dialog.model.index(0, column).data() for column in range(6)]
        assert row == ["A3", "Name", "Changed since", "A3", "A", "Keep"]
        assert "1 cell is in conflict" in dialog.message.text()
        qtbot.keyClick(dialog.table, Qt.Key.Key_Space)
        assert dialog.model.index(0, ConflictsModel.CHOICE).data() == "Take"
        with qtbot.waitSignal(dialog.applied, timeout=LONG):
            dialog.apply_button.click()
        catalog = space(window).catalog
        assert (value(catalog, 1, "name"), value(catalog, 1, "icon_url")) == ("A", ICON)
        assert catalog.undo_label() == "Revert: to A2"

    def test_what_is_kept_is_said(
        self, panel: HistoryPanel, qtbot: QtBot, window: MainWindow
    ) -> None:
        choose(panel, "to A2")
        panel.buttons["revert"].click()
        dialog = opened(qtbot)
        assert isinstance(dialog, ApplyDialog)
        qtbot.waitUntil(lambda: dialog.model.rowCount() == 1, timeout=LONG)
        dialog.take_all.click()
        assert dialog.model.index(0, ConflictsModel.CHOICE).data() == "Take"
        dialog.keep_all.click()
        with qtbot.waitSignal(dialog.applied, timeout=LONG) as said:
            dialog.apply_button.click()
        assert "1 conflict was left." in said.args[0]
        assert value(space(window).catalog, 1, "name") == "A3"

    def test_a_change_set_goes_to_a_file_and_is_applied(
        self, panel: HistoryPanel, qtbot: QtBot, window: MainWindow, tmp_path: Path
    ) -> None:
        history = space(window).history
        file = tmp_path / "f.changeset"
        with qtbot.waitSignal(history.said, timeout=LONG):
            history.save([3, 4], file)
        space(window).catalog.undo(to=3).result(SECONDS)
        history.apply(file)
        dialog = opened(qtbot)
        assert isinstance(dialog, ApplyDialog)
        qtbot.waitUntil(dialog.apply_button.isEnabled, timeout=LONG)
        assert "to A2" in dialog._what.text()
        dialog.apply_button.click()
        qtbot.waitUntil(
            lambda: isinstance(QApplication.activeModalWidget(), QMessageBox), timeout=LONG
        )
        press(question(qtbot), QMessageBox.ButtonRole.AcceptRole)
        qtbot.waitUntil(lambda: QApplication.activeModalWidget() is None, timeout=LONG)
        assert value(space(window).catalog, 1, "name") == "A3"

    def test_what_is_no_change_set_is_said(
        self, window: MainWindow, qtbot: QtBot, path: Path
    ) -> None:
        with qtbot.waitSignal(space(window).failed, timeout=LONG) as failed:
            space(window).history.apply(path)
        assert "not a change-set file" in str(failed.args[0])
        question(qtbot).close()

    def test_a_cancelled_saving_ends_the_work(
        self, window: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        history = space(window).history

        def save(connection: object, *_: object) -> None:
            history._saver.cancel()
            raise history_file.CannotOpen("never told")

        monkeypatch.setattr(history_file, "save", save)
        history.save([1], tmp_path / "f")
        qtbot.waitUntil(lambda: not window.status.is_busy, timeout=LONG)


class TestRedoQuestion:
    def test_an_edit_that_ends_redo_asks_first(self, window: MainWindow, qtbot: QtBot) -> None:
        catalog, actions = space(window).catalog, space(window).record_actions
        catalog.undo().result(SECONDS)
        refused: list[Exception] = []
        actions.change(1, {"name": "new"}, refused.append)
        box = question(qtbot)
        assert "“Delete” was undone" in box.text()
        assert window.status.is_busy
        press(box, QMessageBox.ButtonRole.RejectRole)
        qtbot.waitUntil(lambda: len(refused) == 1, timeout=LONG)
        assert catalog.redo_label() == "Delete"
        assert value(catalog, 1, "name") == "A3"
        actions.change(1, {"name": "new"}, refused.append)
        box = question(qtbot)
        box.checkBox().setChecked(True)
        press(box, QMessageBox.ButtonRole.AcceptRole)
        qtbot.waitUntil(lambda: catalog.redo_label() is None, timeout=LONG)
        assert value(catalog, 1, "name") == "new"
        catalog.undo().result(SECONDS)
        actions.change(1, {"name": "newer"}, refused.append)
        qtbot.waitUntil(lambda: catalog.redo_label() is None, timeout=LONG)
        assert QApplication.activeModalWidget() is None

    def test_edits_while_it_asks_wait_for_the_same_answer(
        self, window: MainWindow, qtbot: QtBot
    ) -> None:
        catalog, actions = space(window).catalog, space(window).record_actions
        catalog.undo().result(SECONDS)
        actions.change(1, {"name": "one"}, lambda _: None)
        actions.change(2, {"name": "two"}, lambda _: None)
        press(question(qtbot), QMessageBox.ButtonRole.AcceptRole)
        qtbot.waitUntil(lambda: value(catalog, 2, "name") == "two", timeout=LONG)
        assert value(catalog, 1, "name") == "one"

    def test_an_import_asks_as_well(self, window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
        catalog = space(window).catalog
        catalog.undo().result(SECONDS)
        window.import_csv(csv_file(tmp_path / "f.csv", [{"id": "new"}]))
        dialog = opened(qtbot)
        assert isinstance(dialog, ImportDialog)
        qtbot.waitUntil(dialog.import_button.isEnabled, timeout=LONG)
        for role in (QMessageBox.ButtonRole.RejectRole, QMessageBox.ButtonRole.AcceptRole):
            assert catalog.redo_label() == "Delete"
            dialog.import_button.click()
            press(question(qtbot), role)
            qtbot.waitUntil(
                lambda: not isinstance(QApplication.activeModalWidget(), QMessageBox), timeout=LONG
            )
        qtbot.waitUntil(lambda: catalog.redo_label() is None, timeout=LONG)


class TestWhatWasThere:
    def test_deleted_integrations_are_searched_and_restored(
        self, window: MainWindow, qtbot: QtBot
    ) -> None:
        window.actions_by_name["deleted"].trigger()
        dialog = opened(qtbot)
        assert isinstance(dialog, DeletedDialog)
        qtbot.waitUntil(lambda: dialog.model.rowCount() == 1, timeout=LONG)
        assert dialog.model.index(0, 0).data() == "Gone"
        dialog.search.setText("nothing such")
        qtbot.waitUntil(lambda: "matches" in dialog.message.text(), timeout=LONG)
        assert not dialog.restore.isEnabled()
        dialog.search.setText("gone")
        qtbot.waitUntil(dialog.restore.isEnabled, timeout=LONG)
        dialog.restore.click()
        catalog = space(window).catalog
        qtbot.waitUntil(lambda: catalog.undo_label() == "Restore Gone", timeout=LONG)
        qtbot.waitUntil(lambda: space(window).shown == 3, timeout=LONG)

    def test_the_timeline_restores_a_field_and_the_record(
        self, window: MainWindow, qtbot: QtBot
    ) -> None:
        details, catalog = space(window).details, space(window).catalog
        space(window).table.chosen.go_to_pk(1)
        qtbot.waitUntil(lambda: details.pk == 1, timeout=LONG)
        details.timeline_button.click()
        timeline = details._timeline
        assert timeline is not None
        tree = timeline.tree
        qtbot.waitUntil(lambda: tree.topLevelItemCount() == 4, timeout=LONG)
        heads = [tree.topLevelItem(row) for row in range(4)]
        assert [head.text(0).split(" · ")[0] for head in heads if head] == [
            "type",
            "to A3",
            "to A2",
            "Add a",
        ]
        assert heads[1] is not None
        cell = heads[1].child(0)
        assert [cell.text(column) for column in range(3)] == ["Name", "A2", "A3"]
        tree.setCurrentItem(cell)
        timeline.restore_field.click()
        qtbot.waitUntil(lambda: catalog.undo_label() == "Restore Name", timeout=LONG)
        assert value(catalog, 1, "name") == "A2"
        qtbot.waitUntil(lambda: tree.topLevelItemCount() == 5, timeout=LONG)
        third = tree.topLevelItem(3)
        tree.setCurrentItem(third)
        assert not timeline.restore_field.isEnabled()
        timeline.restore_record.click()
        qtbot.waitUntil(lambda: value(catalog, 1, "icon_url") == ICON, timeout=LONG)
        assert value(catalog, 1, "name") == "A"
        assert value(catalog, 1, "type") is None
        tree.setCurrentItem(tree.topLevelItem(tree.topLevelItemCount() - 1))
        details.timeline_button.click()
        assert details.form.isVisible()

    def test_compacting_says_what_it_frees_and_forgets_what_is_ticked(
        self, window: MainWindow, qtbot: QtBot
    ) -> None:
        catalog = space(window).catalog
        insert_many(catalog, 60_000)
        change_urls(catalog, "a.example", "b.example")
        Settings().retention = Retention(megabytes=1)
        window.actions_by_name["compact"].trigger()
        dialog = opened(qtbot)
        assert isinstance(dialog, CompactDialog)
        qtbot.waitUntil(dialog.begin.isEnabled, timeout=LONG)
        assert "9 edits" in dialog.history.text()
        assert dialog.old.isVisible()
        assert not dialog.old.isChecked()
        dialog.old.setChecked(True)
        with qtbot.waitSignal(dialog.compacted, timeout=LONG):
            dialog.begin.click()
        assert "freed" in dialog.message.text()
        assert "edits forgotten" in dialog.message.text()
        assert "before" in dialog.file.text()
        dialog.close_button.click()

    def test_the_person_of_the_preferences_makes_the_edits(
        self, window: MainWindow, qtbot: QtBot
    ) -> None:
        person.keep("Ada")
        window._apply_preferences()
        update(space(window).catalog, 1, name="by Ada")
        with closing(space(window).catalog.connect_here()) as connection:
            assert (
                connection.execute("SELECT author FROM edit ORDER BY id DESC LIMIT 1").get == "Ada"
            )


def test_changes_of_settings_have_words(qtbot: QtBot) -> None:
    from db.history_query import CellChange

    model = ChangesModel()
    model.show_rows(
        [
            CellChange("setting", "INSERT", "base_url", "", "", "value", None, "https://e/"),
            CellChange("organization", "DELETE", "o", "Oh", "", "name", "Oh", None),
        ]
    )
    told = [[model.index(row, column).data() for column in range(5)] for row in range(2)]
    assert told == [
        ["The catalogue", "Added", "Base URL", "", "https://e/"],
        ["Organization Oh", "Deleted", "Name", "Oh", ""],
    ]
