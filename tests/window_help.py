"""The real window over a small catalogue, for tests of what is done to many integrations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import QItemSelection, QItemSelectionModel
from pytestqt.qtbot import QtBot

from db.catalog import Catalog
from db.fields import Value
from gui import application
from gui.columns import COLUMNS, PLACE
from gui.main_window import MainWindow
from gui.workspace import Workspace
from tests.bulk_help import fill, rows

LONG = 10_000
"""Milliseconds that a busy machine may take."""


def open_window(
    qtbot: QtBot, folder: Path, values: Sequence[Mapping[str, Value]]
) -> tuple[MainWindow, Workspace]:
    """The window over a new catalogue of these integrations, by name."""
    path = folder / "catalog.icons"
    catalog = Catalog.create(path)
    fill(catalog, values)
    catalog.close()

    def close(window: MainWindow) -> None:
        if window.workspace is not None:
            window.workspace.details.form.revert()
            window.workspace.details_pages.forget_typed()
        qtbot.waitUntil(window.close, timeout=LONG)

    window = application.make_window(())
    qtbot.addWidget(window, before_close_func=close)
    with qtbot.waitSignal(window.ready, timeout=LONG):
        window.open_first(path)
        window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=LONG)
    space = window.workspace
    assert space is not None
    qtbot.waitUntil(lambda: space.model.whole_order is not None, timeout=LONG)
    return window, space


def select(space: Workspace, first: int, last: int, name: str = "", upto: str = "") -> None:
    """Select rows, or the cells of some columns, the first cell being the current one."""
    model, chooser = space.model, space.table.selectionModel()
    left = PLACE[name] if name else 0
    right = PLACE[upto or name] if name else len(COLUMNS) - 1
    box = QItemSelection(model.index(first, left), model.index(last, right))
    flags = QItemSelectionModel.SelectionFlag
    chooser.setCurrentIndex(model.index(first, left), flags.ClearAndSelect)
    chooser.select(box, flags.ClearAndSelect)


def stored(space: Workspace, name: str) -> list[object]:
    """A field of all integrations, by pk."""
    return [row[name] for row in rows(space.catalog)]
