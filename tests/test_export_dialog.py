"""The export dialog: what it offers and what it writes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from db.catalog import Catalog
from db.csv_export import Chosen, Matching, Rows
from gui.export_dialog import ExportDialog, Scope
from tests.csv_help import add


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    with closing(Catalog.create(tmp_path / "catalog.db")) as catalog:
        for name in ("one", "two", "three"):
            add(catalog, id=name, name=name)
        yield catalog


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "out" / "file.csv"


@pytest.fixture
def opened(qtbot: QtBot, catalog: Catalog, target: Path) -> Iterator[Callable[..., ExportDialog]]:
    target.parent.mkdir()
    dialogs: list[ExportDialog] = []

    def open_dialog(*scopes: Scope) -> ExportDialog:
        dialog = ExportDialog(catalog, scopes or (everything(),))
        qtbot.addWidget(dialog)
        dialogs.append(dialog)
        dialog.file.setText(str(target))
        dialog.show()
        return dialog

    yield open_dialog
    for dialog in dialogs:
        dialog.done(0)


def everything() -> Scope:
    return Scope("All", 3, Matching)


def ids(target: Path) -> list[str]:
    return [line.split(",")[0] for line in target.read_text().splitlines()[1:]]


def button_text(dialog: ExportDialog) -> str:
    return dialog.export_button.text().replace("&", "")


def test_it_offers_what_there_is(opened: Callable[..., ExportDialog]) -> None:
    dialog = opened(
        Scope("What is shown", 0, lambda: Matching("x")),
        Scope("The selection", 1, lambda: Chosen((2,))),
        everything(),
    )
    buttons = dialog.scopes.buttons()
    assert [button.text() for button in buttons] == [
        "What is shown (0)",
        "The selection (1)",
        "All (3)",
    ]
    assert [button.isEnabled() for button in buttons] == [False, True, True]
    assert buttons[1].isChecked()
    assert button_text(dialog) == "Export 1 Integration"
    buttons[2].click()
    assert button_text(dialog) == "Export 3 Integrations"


def test_it_writes_what_is_chosen(
    qtbot: QtBot, opened: Callable[..., ExportDialog], target: Path
) -> None:
    dialog = opened(Scope("The selection", 2, lambda: Chosen((3, 1))), everything())
    with qtbot.waitSignal(dialog.exported, timeout=30_000) as told:
        qtbot.mouseClick(dialog.export_button, Qt.MouseButton.LeftButton)
    assert told.args == [target, 2]
    assert ids(target) == ["three", "one"]
    assert dialog.message.text() == f"2 integrations were written to {target}."
    assert dialog.close_button.text().replace("&", "") == "Close"
    assert not dialog.export_button.isEnabled()


def test_rows_may_be_known_later(
    qtbot: QtBot, opened: Callable[..., ExportDialog], target: Path
) -> None:
    later: Future[Rows] = Future()
    dialog = opened(Scope("The selection", 1, lambda: later))
    dialog.start_export()
    assert not target.exists()
    with qtbot.waitSignal(dialog.exported, timeout=30_000):
        later.set_result(Chosen((2,)))
    assert ids(target) == ["two"]


def test_a_file_that_is_there_is_named_before_it_is_replaced(
    opened: Callable[..., ExportDialog], target: Path
) -> None:
    dialog = opened()
    assert "written whole" in dialog.message.text()
    target.write_text("old")
    dialog.file.setText("")
    assert not dialog.export_button.isEnabled()
    dialog.file.setText(str(target))
    assert "will be replaced" in dialog.message.text()


def test_what_cannot_be_written_says_why(
    qtbot: QtBot, opened: Callable[..., ExportDialog], target: Path
) -> None:
    dialog = opened()
    dialog.file.setText(str(target / "missing" / "file.csv"))
    dialog.start_export()
    qtbot.waitUntil(lambda: "cannot be written" in dialog.message.text(), timeout=30_000)
    assert dialog.export_button.isEnabled()


@pytest.mark.parametrize("how", ["button", "escape"])
def test_a_cancelled_export_leaves_the_old_file(
    qtbot: QtBot, opened: Callable[..., ExportDialog], catalog: Catalog, target: Path, how: str
) -> None:
    def fill(edit: Any) -> None:
        edit.connection.execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000) "
            "INSERT INTO integration(id, name) SELECT i, 'name' FROM n"
        )

    catalog.edit("Fill", fill).result(60)
    target.write_text("old")
    dialog = opened()
    dialog.start_export()
    qtbot.waitUntil(lambda: dialog.progress.value() > 0, timeout=30_000)
    if how == "button":
        dialog.close_button.click()
        qtbot.waitUntil(lambda: "cancelled" in dialog.message.text(), timeout=30_000)
        assert dialog.isVisible()
    else:
        qtbot.keyClick(dialog, Qt.Key.Key_Escape)
        assert not dialog.isVisible()
    qtbot.waitUntil(lambda: list(target.parent.iterdir()) == [target], timeout=30_000)
    assert target.read_text() == "old"


def test_every_control_has_a_name(opened: Callable[..., ExportDialog]) -> None:
    dialog = opened()
    assert all(
        control.accessibleName() for control in (dialog.file, dialog.choose, dialog.progress)
    )


def test_the_form_is_chosen(
    qtbot: QtBot, opened: Callable[..., ExportDialog], target: Path
) -> None:
    dialog = opened()
    options = dialog.options
    for row in range(2, options.columns.topLevelItemCount()):
        options.columns.topLevelItem(row).setCheckState(0, Qt.CheckState.Unchecked)
    options.columns.setCurrentItem(options.columns.topLevelItem(1))
    options.up.click()
    options.delimiter.setCurrentIndex(1)
    options.by_id.click()
    options.bom.click()
    with qtbot.waitSignal(dialog.exported, timeout=30_000):
        dialog.export_button.click()
    assert target.read_bytes().decode("utf-8") == (
        "\ufeffname;id\r\none;one\r\nthree;three\r\ntwo;two\r\n"
    )


def test_name_and_format_go_together(
    qtbot: QtBot, opened: Callable[..., ExportDialog], target: Path
) -> None:
    dialog = opened()
    dialog.options.format.setCurrentIndex(1)
    dialog.options.format.activated.emit(1)
    assert dialog.file.text() == str(target.with_suffix(".json"))
    assert not dialog.options.csv.isEnabled()
    dialog.file.setText(str(target.with_suffix(".jsonl")))
    assert dialog.options.form().format == "jsonl"
    with qtbot.waitSignal(dialog.exported, timeout=30_000):
        dialog.export_button.click()
    assert target.with_suffix(".jsonl").read_text().startswith('{"id": "one", "name": "one"}\n')


def test_one_file_for_each_organization(
    qtbot: QtBot, opened: Callable[..., ExportDialog], target: Path
) -> None:
    dialog = opened()
    dialog.options.split.click()
    assert "named file-….csv" in dialog.message.text()
    with qtbot.waitSignal(dialog.exported, timeout=30_000):
        dialog.export_button.click()
    assert [path.name for path in target.parent.iterdir()] == ["file-no-organization.csv"]
    assert "3 integrations were written to 1 file in" in dialog.message.text()


def test_without_a_column_there_is_nothing_to_write(opened: Callable[..., ExportDialog]) -> None:
    dialog = opened()
    for row in range(dialog.options.columns.topLevelItemCount()):
        dialog.options.columns.topLevelItem(row).setCheckState(0, Qt.CheckState.Unchecked)
    assert not dialog.export_button.isEnabled()
    assert "Choose one column" in dialog.message.text()
