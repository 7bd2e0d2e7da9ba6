"""The menus and the tool bar of the window, without a catalogue and with one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from db import records
from db.catalog import Catalog
from gui import application
from gui.main_window import MainWindow
from gui.settings import Settings


@pytest.fixture
def window(qtbot: QtBot) -> Iterator[MainWindow]:
    made = application.make_window()
    qtbot.addWidget(made)
    yield made
    made.close()


def menu(window: MainWindow, title: str) -> QMenu:
    found = next(m for m in window.menuBar().findChildren(QMenu) if m.title() == title)
    found.aboutToShow.emit()
    return found


def texts(menu: QMenu) -> list[str]:
    return [action.text() for action in menu.actions() if not action.isSeparator()]


def test_the_menu_of_recent_catalogues(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    with qtbot.waitSignal(window.ready):
        window.show()
    assert texts(menu(window, "Open &Recent")) == ["Nothing opened yet"]
    paths = [tmp_path / "a & b.db", tmp_path / "c.db"]
    for path in paths:
        Catalog.create(path).close()
        Settings().note_recent(path)
    shown = menu(window, "Open &Recent")
    escaped = [str(path).replace("&", "&&") for path in reversed(paths)]
    assert texts(shown) == [*escaped, "Clear This List"]
    with qtbot.waitSignal(window.files.opened) as opened:
        shown.actions()[0].trigger()
    assert opened.args is not None
    assert opened.args[0].path == paths[1]
    menu(window, "Open &Recent").actions()[-1].trigger()
    assert texts(menu(window, "Open &Recent")) == ["Nothing opened yet"]


def test_what_needs_a_catalogue_needs_one_that_can_be_written(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    def enabled() -> set[str]:
        names = ("new", "import", "export", "undo", "redo", "open")
        return {name for name in names if window.actions_by_name[name].isEnabled()}

    assert enabled() == {"open"}
    path = tmp_path / "a.db"
    catalog = Catalog.create(path)
    catalog.edit("Add R&D", lambda edit: records.add_integration(edit, values={"id": "a"})).result()
    catalog.close()
    with qtbot.waitSignal(window.ready):
        window.open_first(path)
        window.show()
    assert enabled() == {"open", "new", "import", "export", "undo"}
    undo = window.actions_by_name["undo"]
    assert undo.text() == "&Undo Add R&&D"
    assert undo.iconText() == "Undo"
    assert "Add R&amp;D" in undo.toolTip()
    assert "Rename Organization…" in texts(menu(window, "&Organization"))
    assert "Icon URL" in texts(menu(window, "&Columns"))

    path.chmod(0o444)
    with qtbot.waitSignal(window.files.opened):
        window.files.open(path)
    assert enabled() == {"open", "export"}


def test_about_says_what_program_this_is(window: MainWindow) -> None:
    from PySide6.QtWidgets import QMessageBox

    from gui.version import VERSION

    window.actions_by_name["about"].trigger()
    (box,) = window.findChildren(QMessageBox)
    assert box.text() == f"Integration Icons {VERSION}"
    box.close()
