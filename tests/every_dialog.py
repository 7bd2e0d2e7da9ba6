"""The real window over a hostile catalogue, and a way into each of its dialogs and menus.

Every field of one record and one organization, the file's name, a CSV file and an allowed host hold
`HOSTILE`: markup, entities, "&", and characters that turn, hide or break.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import apsw
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent, QImage
from PySide6.QtWidgets import QApplication, QDialog, QLabel, QMenu, QTreeWidget, QWidget
from pytestqt.qtbot import QtBot

from db import history_query, records
from db.catalog import Catalog
from db.drafts import Draft
from db.edits import EditSession
from db.errors import Invalid
from db.fields import Value
from db.replacement import Replacement
from gui import application
from gui.check_dialog import CheckDialog
from gui.columns import PLACE
from gui.compact_dialog import CompactDialog
from gui.conflict_question import Conflict
from gui.draft_question import DraftQuestion
from gui.error_dialog import ErrorDialog
from gui.history_apply_dialog import ApplyDialog
from gui.history_deleted import DeletedDialog
from gui.history_panel import HistoryPanel
from gui.import_dialog import ImportDialog
from gui.main_window import MainWindow
from gui.paste_dialog import PasteDialog
from gui.restore_dialog import RestoreDialog
from gui.settings import Settings
from gui.workspace import Workspace

LONG = 30_000
MARK = "Zq7"
# A path that is nowhere: were it read, /dev/zero itself would end the process.
HOSTILE = f'<b>{MARK}</b>A&B<img src="/nowhere/zero">&amp;\u202eturned\u2066\n\x01\x1b[31m\ttail'
FILE_NAME = f"<b>{MARK}<b>A&B &amp;\u202e"
"""Of files, whose names can hold no slash."""
WORD = f"<b>{MARK}</b>A&B" + "x" * 100_000
Opener = Callable[["Dialogs"], QWidget]


def make_catalog(folder: Path) -> Path:
    """A catalogue whose records 1 and 2 hold `HOSTILE` and `WORD` wherever they can."""
    path = folder / f"{FILE_NAME}.db"
    catalog = Catalog.create(path)

    def body(edit: EditSession) -> None:
        for text in (HOSTILE, WORD):
            records.add_organization(edit, org_id=text, name=text)
            records.set_base_url(edit, url=text, org_id=text)
            names = ("id", "name", "type", "org_id", "icon_url", "creator", "created_at")
            others = ("updated_at", "updated_by", "client_id")
            values = dict.fromkeys((*names, *others), text)
            records.add_integration(edit, values={**values, "metadata": json.dumps({text: text})})
        plain = {"name": "plain", "type": "s3", "creator": "admin", "icon_url": HOSTILE}
        records.add_integration(edit, values={**plain, "created_at": 1, "updated_at": 1})

    catalog.edit(f"Add {HOSTILE}", body).result()
    catalog.close()
    return path


def make_csv(folder: Path) -> Path:
    """Rows that are new, changed and rejected, under a heading that means nothing."""
    path = folder / f"{FILE_NAME}.csv"
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        heading = ["id", "name", "type", "orgId", "creator", "createdAt", "updatedAt", "metadata"]
        writer.writerow([*heading, HOSTILE])
        writer.writerow([f"new {HOSTILE}", *[HOSTILE] * 6, "", HOSTILE])
        writer.writerow([HOSTILE, f"changed {HOSTILE}", *[HOSTILE] * 5, "", HOSTILE])
        writer.writerow([f"rejected {HOSTILE}", *[HOSTILE] * 6, f"{{{HOSTILE}", HOSTILE])
    return path


class Dialogs:
    """The window, and what its actions open."""

    def __init__(self, qtbot: QtBot, folder: Path) -> None:
        self.qtbot = qtbot
        self.folder = folder
        Settings().allowed_hosts = [HOSTILE.split()[0]]
        self.window = application.make_window(())
        qtbot.addWidget(self.window, before_close_func=self._close)
        with qtbot.waitSignal(self.window.ready, timeout=LONG):
            self.window.open_first(make_catalog(folder))
            self.window.show()
        self.window.activateWindow()
        qtbot.waitUntil(self.window.isActiveWindow, timeout=LONG)
        qtbot.waitUntil(lambda: self.space.shown == 3, timeout=LONG)

    @property
    def space(self) -> Workspace:
        assert self.window.workspace is not None
        return self.window.workspace

    def _close(self, window: MainWindow) -> None:
        if window.workspace is not None:
            window.workspace.details.form.revert()
            window.workspace.details_pages.forget_typed()
        self.qtbot.waitUntil(window.close, timeout=LONG)

    def go_to(self, pk: int) -> None:
        """Show a record in the details."""
        self.space.table.chosen.go_to_pk(pk)
        self.qtbot.waitUntil(lambda: self.space.details.pk == pk, timeout=LONG)

    def trigger(self, name: str) -> None:
        """Do what a menu entry does."""
        assert self.window.actions_by_name[name].isEnabled(), name
        self.window.actions_by_name[name].trigger()

    def opened(self) -> QDialog:
        """The dialog that is open, soon."""

        def modal() -> QWidget | None:
            return QApplication.activeModalWidget()

        self.qtbot.waitUntil(lambda: isinstance(modal(), QDialog), timeout=LONG)
        found = modal()
        assert isinstance(found, QDialog)
        return found

    def close(self, place: QWidget) -> None:
        """Close a dialog or menu again."""
        if isinstance(place, QDialog):
            place.reject()
        elif isinstance(place, QMenu):
            place.close()
        self.qtbot.waitUntil(lambda: QApplication.activeModalWidget() is None, timeout=LONG)


def _choose_organization(dialogs: Dialogs) -> None:
    dialogs.space.organizations.choose(HOSTILE)
    dialogs.qtbot.waitUntil(lambda: dialogs.space.shown == 1, timeout=LONG)


def _window(dialogs: Dialogs) -> QWidget:
    dialogs.go_to(1)
    dialogs.window.status.say(HOSTILE)
    return dialogs.window


def _after_an_edit(dialogs: Dialogs) -> QWidget:
    dialogs.go_to(1)
    table = dialogs.space.table
    table.model().setData(table.model().index(0, PLACE["creator"]), f"{HOSTILE} again")
    undo = dialogs.window.actions_by_name["undo"]
    dialogs.qtbot.waitUntil(lambda: MARK in undo.text(), timeout=LONG)
    work = dialogs.window.status.begin(HOSTILE)
    labels = dialogs.window.status.findChildren(QLabel)
    dialogs.qtbot.waitUntil(lambda: any(MARK in one.text() for one in labels), timeout=LONG)
    dialogs.window.status.end(work)
    return dialogs.window


def _long(dialogs: Dialogs) -> QWidget:
    dialogs.go_to(2)
    return dialogs.window


def _gallery(dialogs: Dialogs) -> QWidget:
    dialogs.go_to(1)
    dialogs.trigger("show_gallery")
    return dialogs.window


def _no_match(dialogs: Dialogs) -> QWidget:
    dialogs.space.search.field.setText(f"{HOSTILE} nothing such")
    dialogs.qtbot.waitUntil(lambda: dialogs.space.shown == 0, timeout=LONG)
    return dialogs.window


def _mistake(dialogs: Dialogs) -> QWidget:
    search = dialogs.space.search
    search.field.setText(f'name:slack icon:"{MARK}<b>&amp;</b>"')
    dialogs.qtbot.waitUntil(lambda: search.problem is not None, timeout=LONG)
    return dialogs.window


def _completions(dialogs: Dialogs) -> QWidget:
    space = dialogs.space
    dialogs.qtbot.waitUntil(lambda: space.searching.completion is not None, timeout=LONG)
    completion = space.searching.completion
    assert completion is not None
    popup = completion.popup
    space.search.field.setFocus()
    space.search.field.setText("org:")
    completion.offer()
    dialogs.qtbot.waitUntil(popup.isVisible, timeout=LONG)
    return popup


def _searches(dialogs: Dialogs) -> QWidget:
    Settings().note_search(HOSTILE)
    menu = dialogs.space.searching.history.menu()
    menu.popup(QPoint(0, 0))
    return menu


def _cell_filter(dialogs: Dialogs) -> QWidget:
    name = f"<b>{MARK}</b>A&B &amp;"
    with_name: Callable[[EditSession], None] = lambda edit: (  # noqa: E731
        records.update_integration(edit, pk=3, values={"name": name})
    )
    dialogs.space.catalog.edit("Rename", with_name).result()
    dialogs.qtbot.waitUntil(lambda: dialogs.space.model.stored_name(3) == name, timeout=LONG)
    dialogs.go_to(3)
    table = dialogs.space.table
    table.setCurrentIndex(table.model().index(table.currentIndex().row(), PLACE["name"]))
    menu = dialogs.space.cell_filter.menu
    menu.popup(QPoint(0, 0))
    return menu


def _import(dialogs: Dialogs) -> QWidget:
    dialogs.window.import_csv(make_csv(dialogs.folder))
    found = dialogs.opened()
    assert isinstance(found, ImportDialog)
    dialogs.qtbot.waitUntil(found.import_button.isEnabled, timeout=LONG)
    return found


def _many(dialogs: Dialogs) -> QWidget:
    dialogs.go_to(1)
    dialogs.space.table.selectAll()
    pages = dialogs.space.details_pages
    dialogs.qtbot.waitUntil(lambda: pages.many is not None, timeout=LONG)
    assert pages.many is not None
    dialogs.qtbot.waitUntil(lambda: "3" in pages.many.apply_button.text(), timeout=LONG)
    pages.many.editors["type"].fill(HOSTILE)
    return dialogs.window


def _paste_cells(dialogs: Dialogs) -> QWidget:
    dialogs.go_to(1)
    table = dialogs.space.table
    table.setColumnHidden(PLACE["id"], False)
    table.setCurrentIndex(table.model().index(0, PLACE["id"]))
    quoted = HOSTILE.replace('"', '""')
    QApplication.clipboard().setText(f'"{quoted}!"\n' * 4)  # an id stands in it twice
    dialogs.space.bulk_actions.pasting.paste()
    dialog = dialogs.opened()
    assert isinstance(dialog, PasteDialog)
    dialogs.qtbot.waitUntil(lambda: dialog.rejected_cells.rowCount() > 0, timeout=LONG)
    return dialog


def _replace(dialogs: Dialogs) -> QWidget:
    recipe = {"fields": ["icon_url", "name"], "mode": "plain", "find": MARK, "text": HOSTILE}
    Settings().recipes = {HOSTILE: {**recipe, "match_case": True}}
    dialogs.go_to(1)
    found = dialogs.space.bulk_actions.replace(
        Replacement(("icon_url", "name"), "plain", MARK, f"{MARK} new")
    )
    dialogs.qtbot.waitUntil(found.replace_button.isEnabled, timeout=LONG)
    lines = found.table.lines()
    assert lines is not None
    dialogs.qtbot.waitUntil(lambda: lines.row(0) is not None, timeout=LONG)
    return found


def _duplicates(dialogs: Dialogs) -> QWidget:
    dialogs.go_to(1)
    found = dialogs.space.bulk_actions.duplicates()
    found.way_box.setCurrentIndex(1)
    found.way_box.activated.emit(1)
    dialogs.qtbot.waitUntil(found.merge_button.isEnabled, timeout=LONG)
    model = found.groups.model()
    dialogs.qtbot.waitUntil(lambda: bool(model.index(0, 0).data()), timeout=LONG)
    return found


def _usage(dialogs: Dialogs) -> QWidget:
    dialogs.go_to(1)
    found = dialogs.space.bulk_actions.usage()
    counts = found.counts.values()
    dialogs.qtbot.waitUntil(lambda: any("Used" in one.text() for one in counts), timeout=LONG)
    return found


def _restore(dialogs: Dialogs) -> QWidget:
    backups = dialogs.space.catalog.backups
    assert backups is not None
    backups.folder.mkdir(parents=True)
    copy = backups.folder / "20260314T153000Z-edit.db"
    dialogs.space.catalog.save_copy(copy).result()
    with_change: Callable[[EditSession], None] = lambda edit: (  # noqa: E731
        records.update_integration(edit, pk=1, values={"name": f"{HOSTILE} now"})
    )
    dialogs.space.catalog.edit("Change", with_change).result()
    dialogs.trigger("restore_backup")
    found = dialogs.opened()
    assert isinstance(found, RestoreDialog)
    dialogs.qtbot.waitUntil(found.restore_button.isEnabled, timeout=LONG)
    return found


def _check(dialogs: Dialogs) -> QWidget:
    connection = apsw.Connection(str(dialogs.space.catalog.path))
    connection.execute("DELETE FROM edit_data")
    connection.close()
    dialogs.trigger("check")
    found = dialogs.opened()
    assert isinstance(found, CheckDialog)
    dialogs.qtbot.waitUntil(found.again_button.isEnabled, timeout=LONG)
    return found


def _conflict(dialogs: Dialogs) -> QWidget:
    dialogs.go_to(1)
    theirs: dict[str, Value] = {"name": f"{HOSTILE} theirs", "type": None}
    mine: dict[str, Value] = {"name": HOSTILE, "type": WORD}
    name = dialogs.space.model.stored_name(1)
    conflict = Conflict(1, name, mine, theirs, lambda _: None, lambda: None)
    dialogs.space.record_actions.conflicted.emit(conflict)
    return dialogs.opened()


def _drafts(dialogs: Dialogs) -> QWidget:
    left = {
        1: Draft(HOSTILE, {"name": HOSTILE, "type": WORD}, {}),
        2: Draft(WORD, {"name": ""}, {}),
    }
    found = DraftQuestion(left, dialogs.window)
    found.open()
    return dialogs.opened()


def _triggered(name: str) -> Opener:
    def opener(dialogs: Dialogs) -> QWidget:
        dialogs.go_to(1)
        dialogs.trigger(name)
        return dialogs.opened()

    return opener


def _organization(action: str) -> Opener:
    def opener(dialogs: Dialogs) -> QWidget:
        _choose_organization(dialogs)
        getattr(dialogs.space.organizations, action).trigger()
        return dialogs.opened()

    return opener


def _paste(dialogs: Dialogs) -> None:
    image = QImage(8, 8, QImage.Format.Format_ARGB32)
    image.fill(Qt.GlobalColor.red)
    QApplication.clipboard().setImage(image)
    dialogs.trigger("paste_icon")


def _icon(dialogs: Dialogs) -> QWidget:
    dialogs.go_to(1)
    _paste(dialogs)
    return dialogs.opened()


def _icon_of_all(dialogs: Dialogs) -> QWidget:
    dialogs.go_to(1)
    dialogs.space.table.selectAll()
    _paste(dialogs)
    return dialogs.opened()


def _refused(dialogs: Dialogs) -> QWidget:
    dialogs.space.failed.emit(Invalid("{words}", words=HOSTILE))
    return dialogs.opened()


def _cannot_open(dialogs: Dialogs) -> QWidget:
    path = dialogs.folder / f"no {FILE_NAME}.db"
    path.write_text("no catalogue")
    dialogs.window.files.open(path)
    return dialogs.opened()


def _leaving(dialogs: Dialogs) -> QWidget:
    dialogs.go_to(1)
    dialogs.space.details.form.editors["type"].fill("")
    dialogs.trigger("open")
    return dialogs.opened()


def _error(dialogs: Dialogs) -> QWidget:
    found = ErrorDialog()
    dialogs.qtbot.addWidget(found)
    found.add(f"Traceback: {HOSTILE}")
    return found


def _menu(title: str) -> Opener:
    def opener(dialogs: Dialogs) -> QWidget:
        dialogs.go_to(1)
        menus = dialogs.window.menuBar().findChildren(QMenu)
        found = next(menu for menu in menus if menu.title().replace("&", "") == title)
        found.aboutToShow.emit()
        return found

    return opener


def _field_menu(dialogs: Dialogs) -> QWidget:
    dialogs.go_to(1)
    editor = dialogs.space.details.form.editors["icon_url"]
    reason = QContextMenuEvent.Reason.Keyboard
    event = QContextMenuEvent(reason, QPoint(2, 2), editor.input.mapToGlobal(QPoint(2, 2)))
    QApplication.sendEvent(editor.input, event)
    menu = QApplication.activePopupWidget()
    assert menu is not None
    return menu


def _columns(dialogs: Dialogs) -> QWidget:
    menu = dialogs.space.table.column_menu()
    menu.popup(QPoint(0, 0))
    return menu


def _history(dialogs: Dialogs) -> QWidget:
    dialogs.go_to(1)
    dialogs.space.record_actions.change(1, {"icon_url": f"{HOSTILE} again"}, lambda _: None)
    dialogs.trigger("show_history")
    panel = dialogs.window.findChild(HistoryPanel)
    assert isinstance(panel, HistoryPanel)
    dialogs.qtbot.waitUntil(lambda: len(panel.model.rows) == 2, timeout=LONG)
    panel.table.selectRow(1)
    model = panel.changes.model
    dialogs.qtbot.waitUntil(lambda: model.rowCount() > 0, timeout=LONG)
    return dialogs.window


def _timeline(dialogs: Dialogs) -> QWidget:
    dialogs.go_to(1)
    dialogs.space.details.timeline_button.click()
    tree = dialogs.space.details.findChild(QTreeWidget)
    assert isinstance(tree, QTreeWidget)
    dialogs.qtbot.waitUntil(lambda: tree.topLevelItemCount() > 0, timeout=LONG)
    return dialogs.window


def _edit(dialogs: Dialogs, label: str, body: Callable[[EditSession], object]) -> None:
    def run(edit: EditSession) -> None:
        body(edit)

    dialogs.space.catalog.edit(label, run).result()


def _revert(dialogs: Dialogs) -> QWidget:
    for word in ("one", "two"):
        values = {"name": f"{HOSTILE} {word}", "icon_url": f"{HOSTILE} {word}"}
        _edit(
            dialogs,
            f"{HOSTILE} {word}",
            lambda edit, values=values: records.update_integration(edit, pk=1, values=values),
        )
    with closing(dialogs.space.catalog.connect_here()) as connection:
        facts = history_query.edit(connection, 2)
    dialogs.space.history.revert(facts)
    found = dialogs.opened()
    assert isinstance(found, ApplyDialog)
    dialogs.qtbot.waitUntil(lambda: found.model.rowCount() == 2, timeout=LONG)
    return found


def _deleted(dialogs: Dialogs) -> QWidget:
    _edit(dialogs, f"Delete {HOSTILE}", lambda edit: records.delete_integrations(edit, pks=[1]))
    dialogs.trigger("deleted")
    found = dialogs.opened()
    assert isinstance(found, DeletedDialog)
    dialogs.qtbot.waitUntil(lambda: found.model.rowCount() == 1, timeout=LONG)
    return found


def _redo_question(dialogs: Dialogs) -> QWidget:
    dialogs.space.catalog.undo().result()
    _edit(dialogs, HOSTILE, lambda edit: records.add_integration(edit, values={"id": "x"}))
    dialogs.space.catalog.undo().result()
    dialogs.space.record_actions.new_integration()
    return dialogs.opened()


def _compact(dialogs: Dialogs) -> QWidget:
    dialogs.trigger("compact")
    found = dialogs.opened()
    assert isinstance(found, CompactDialog)
    dialogs.qtbot.waitUntil(found.begin.isEnabled, timeout=LONG)
    return found


OPENERS: dict[str, Opener] = {
    "window": _window,
    "window after an edit": _after_an_edit,
    "window with words of 100,000 letters": _long,
    "window without a match": _no_match,
    "window with the gallery": _gallery,
    "window with several chosen": _many,
    "window with the history": _history,
    "window with a timeline": _timeline,
    "revert": _revert,
    "recently deleted": _deleted,
    "redo question": _redo_question,
    "compact": _compact,
    "apply change-set": _triggered("apply_changes"),
    "import": _import,
    "find and replace": _replace,
    "paste cells": _paste_cells,
    "duplicates": _duplicates,
    "where used": _usage,
    "export": _triggered("export"),
    "restore": _restore,
    "check": _check,
    "changed meanwhile": _conflict,
    "drafts": _drafts,
    "preferences": _triggered("preferences"),
    "about": _triggered("about"),
    "help on the search": _triggered("search_help"),
    "window with a mistake in the search": _mistake,
    "menu of completions": _completions,
    "menu of earlier searches": _searches,
    "menu of a cell": _cell_filter,
    "open": _triggered("open"),
    "new catalogue": _triggered("new_catalog"),
    "icon from file": _triggered("icon_file"),
    "base URL": _triggered("base_url"),
    "add organization": _organization("add_action"),
    "rename organization": _organization("rename_action"),
    "base URL of organization": _organization("base_url_action"),
    "delete organization": _organization("delete_action"),
    "set icon": _icon,
    "set icon of all": _icon_of_all,
    "refused": _refused,
    "cannot open": _cannot_open,
    "leaving": _leaving,
    "unexpected error": _error,
    "menu Edit": _menu("Edit"),
    "menu Open Recent": _menu("Open Recent"),
    "menu Organization": _menu("Organization"),
    "menu of a field": _field_menu,
    "menu of the columns": _columns,
}
WITHOUT_CATALOGUE_TEXT = frozenset(
    {
        "about",
        "help on the search",
        "apply change-set",
        "compact",
        "open",
        "new catalogue",
        "add organization",
        "base URL",
        "menu Organization",
    }
    | {"menu of a field", "menu of the columns"}
)


def widgets(place: QWidget) -> Iterator[QWidget]:
    """A widget and all within, hidden ones too, but no windows of their own."""
    yield place
    for child in place.findChildren(QWidget):
        if child.window() is place.window() or isinstance(child, QMenu):
            yield child
