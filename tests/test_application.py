"""The start: first rows first, then all the rest."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from db import csv_import
from db.catalog import Catalog
from gui import application, catalog_files, resources
from gui.columns import PLACE
from gui.main_window import MainWindow
from gui.settings import Settings
from gui.workspace import Workspace

from .conftest import ROOT

_TELL_MODULES = """
import sys
from gui import startup
from gui.__main__ import main

check_qt = startup.check_qt

def check_and_watch():
    check_qt()
    from PySide6.QtWidgets import QApplication
    run = QApplication.exec
    def run_watched(*arguments):
        from gui.main_window import MainWindow
        window = next(w for w in QApplication.topLevelWidgets() if isinstance(w, MainWindow))
        window.painted.connect(lambda: print(window.workspace.model.rowCount(), *sys.modules))
        window.ready.connect(lambda: print(window.workspace.model.rowCount(), *sys.modules))
        window.ready.connect(window.close)
        return run()
    QApplication.exec = run_watched

startup.check_qt = check_and_watch
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    path = tmp_path / "sample.db"
    catalog = Catalog.create(path)
    reading = csv_import.Reading(resources.SAMPLE, path)
    csv_import.write(catalog, reading.future.result()).result()
    reading.close()
    catalog.close()
    return path


@pytest.fixture
def window(qtbot: QtBot, sample: Path) -> Iterator[MainWindow]:
    made = application.make_window()
    qtbot.addWidget(made)
    with qtbot.waitSignal(made.painted):
        made.open_first(sample)
        made.show()
    yield made
    made.close()


def space(window: MainWindow) -> Workspace:
    assert window.workspace is not None
    return window.workspace


def test_the_first_rows_wait_for_nothing_that_they_do_not_need(sample: Path) -> None:
    result = subprocess.run(
        [sys.executable, "-c", _TELL_MODULES, str(sample)],
        cwd=ROOT,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    painted, ready = (line.split() for line in result.stdout.splitlines())
    assert painted[0] == ready[0] == "62"
    rest = {
        "PySide6.QtSvg",
        "ada_url",
        "db.models",
        "gui.details_panel",
        "gui.icon_loader",
        "gui.organizations_panel",
        "peewee",
    }
    assert not (rest | {"PySide6.QtNetwork"}) & set(painted)
    assert rest <= set(ready)


def test_a_catalogue_is_there_before_the_window_is_shown(qtbot: QtBot, sample: Path) -> None:
    made = application.make_window()
    qtbot.addWidget(made)
    assert made.files.take(catalog_files.open_first(sample, Settings()), 10)
    assert space(made).model.rowCount() == 62
    with qtbot.waitSignal(made.ready):
        made.show()
    made.close()


def test_a_catalogue_that_cannot_be_opened_is_left_to_be_followed(
    qtbot: QtBot, tmp_path: Path
) -> None:
    made = application.make_window()
    qtbot.addWidget(made)
    assert not made.files.take(catalog_files.open_first(tmp_path / "none.db", Settings()), 10)
    assert made.workspace is None
    made.close()


def test_what_follows_the_first_rows_moves_nothing(qtbot: QtBot, window: MainWindow) -> None:
    def places() -> list[object]:
        bar, tools = window.menuBar(), window.menus.tool_bar
        shown = (space(window), space(window).table, space(window).search, bar, tools)
        titles = [bar.actionGeometry(action) for action in bar.actions()]
        sizes = space(window).panes.sizes()
        return [*(widget.geometry() for widget in (*shown, window.status)), *titles, sizes]

    def buttons() -> list[object]:
        tools = window.menus.tool_bar
        return [tools.actionGeometry(action) for action in tools.actions()]

    before = places()
    qtbot.waitUntil(lambda: len({str(place) for place in buttons()}) > 1)  # they are laid out
    before_symbols = buttons()
    with qtbot.waitSignal(window.ready):
        pass
    assert places() == before
    assert buttons() == before_symbols


def test_an_action_before_all_is_there_does_its_work(qtbot: QtBot, window: MainWindow) -> None:
    window.actions_by_name["new"].trigger()
    qtbot.waitUntil(lambda: space(window).shown == 63)
    name = space(window).details.form.editors["name"].input
    qtbot.waitUntil(lambda: QApplication.focusWidget() is name)


def test_rows_chosen_before_all_are_there_stay_chosen(qtbot: QtBot, window: MainWindow) -> None:
    table = space(window).table
    qtbot.keyClick(table, Qt.Key.Key_Down)
    qtbot.keyClick(table, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    chosen, current = table.chosen.ranges, table.chosen.current_pk
    assert chosen
    with qtbot.waitSignal(window.ready):
        pass
    assert (table.chosen.ranges, table.chosen.current_pk) == (chosen, current)
    qtbot.waitUntil(lambda: space(window).details.pk == current)


def test_a_file_that_cannot_be_opened_is_told_and_the_window_gets_whole(
    qtbot: QtBot, tmp_path: Path
) -> None:
    path = tmp_path / "notes.db"
    path.write_text("no database " * 100, encoding="utf-8")
    made = application.make_window()
    qtbot.addWidget(made)
    with qtbot.waitSignals([made.files.failed, made.ready]):
        made.open_first(path)
        made.show()
    assert space(made).catalog.path != path
    assert space(made).is_settled
    made.close()


def test_the_columns_of_the_first_rows_are_those_of_the_last_time(
    qtbot: QtBot, window: MainWindow, sample: Path
) -> None:
    space(window).table.sort_by("type")
    space(window).table.horizontalHeader().setSectionHidden(PLACE["icon_url"], True)
    window.close()
    again = application.make_window()
    qtbot.addWidget(again)
    with qtbot.waitSignal(again.painted):
        again.open_first(sample)
        again.show()
    assert space(again).table.isColumnHidden(PLACE["icon_url"])
    assert [key.column for key in space(again).table.sort] == ["type"]
    again.close()
