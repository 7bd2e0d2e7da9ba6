from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, Signal
from pytestqt.qtbot import QtBot

from db import records
from db.catalog import Catalog, EditSession
from db.csv_export import Chosen, Matching, Ordered, Rows, export_file
from db.order import OrderSpec, SortKey
from gui.export_scopes import scopes
from gui.icon_facts import IconState, IconView
from gui.table_model import IntegrationTableModel
from gui.table_view import IntegrationTable


class NoIcons(QObject):
    """A loader that has nothing."""

    changed = Signal(object)

    def icon(self, *_: object) -> IconView:
        return IconView(IconState.NONE)

    def want(self, _: object) -> None:
        pass


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    catalog = Catalog.create(tmp_path / "catalog.db")

    def fill(edit: EditSession) -> None:
        for name in "cadbe":
            records.add_integration(edit, values={"id": name, "name": name.upper()})

    catalog.edit("fill", fill).result()
    yield catalog
    catalog.close()


@pytest.fixture
def table(qtbot: QtBot, catalog: Catalog) -> Iterator[IntegrationTable]:
    model = IntegrationTableModel(catalog)
    table = IntegrationTable(model, NoIcons())
    qtbot.addWidget(table)
    with qtbot.waitSignal(model.loaded):
        model.set_spec(OrderSpec(sort=(SortKey("name", descending=True),)))
    yield table
    model.close()


def exported(catalog: Catalog, rows: Rows | Future[Rows], target: Path) -> str:
    """The ids of what a scope exports, in the file's order."""
    found = rows.result() if isinstance(rows, Future) else rows
    connection = catalog.connect_here(1000)
    export_file(connection, target, found)
    connection.close()
    return "".join(line.split(",")[0] for line in target.read_text().splitlines()[1:])


def test_each_scope_exports_what_it_says(
    catalog: Catalog, table: IntegrationTable, tmp_path: Path
) -> None:
    model = table.model()
    assert isinstance(model, IntegrationTableModel)
    table.selectRow(1)
    table.selectionModel().select(model.index(3, 1), table.selectionModel().SelectionFlag.Select)
    shown, selection, everything = scopes(model, table.chosen, 5)
    assert [scope.count for scope in (shown, selection, everything)] == [5, 2, 5]
    target = tmp_path / "out.csv"
    assert exported(catalog, shown.rows(), target) == "edcba"
    assert exported(catalog, selection.rows(), target) == "db"
    assert exported(catalog, everything.rows(), target) == "cadbe"


def test_the_shown_order_stays_while_other_rows_are_shown(
    qtbot: QtBot, catalog: Catalog, table: IntegrationTable, tmp_path: Path
) -> None:
    model = table.model()
    assert isinstance(model, IntegrationTableModel)
    shown = scopes(model, table.chosen, 5)[0]
    answer = shown.rows()
    rows = answer.result() if isinstance(answer, Future) else answer
    assert isinstance(rows, Ordered)
    with qtbot.waitSignal(model.loaded):
        model.set_spec(OrderSpec(words="a"))
    assert exported(catalog, rows, tmp_path / "out.csv") == "edcba"


def test_before_any_order_is_made_the_search_itself_is_exported(
    qtbot: QtBot, catalog: Catalog, tmp_path: Path
) -> None:
    model = IntegrationTableModel(catalog)
    table = IntegrationTable(model, NoIcons())
    qtbot.addWidget(table)
    shown, selection, _ = scopes(model, table.chosen, 5)
    assert shown.rows() == Matching()
    assert selection.rows() == Chosen(())
    model.close()
