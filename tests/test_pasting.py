"""Cells pasted into the table, one value over a selection, and copies with headings."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QSignalSpy
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from gui.columns import PLACE
from gui.main_window import MainWindow
from gui.paste_dialog import PasteDialog
from gui.workspace import Workspace
from tests.conftest import ROOT
from tests.window_help import LONG, open_window, select, stored

ROWS = [
    {"id": f"i{n}", "name": f"n{n}", "type": "s3", "org_id": "o", "created_at": 5} for n in range(6)
]


@pytest.fixture
def opened(qtbot: QtBot, tmp_path: Path) -> tuple[MainWindow, Workspace]:
    return open_window(qtbot, tmp_path, ROWS)


@pytest.fixture
def space(opened: tuple[MainWindow, Workspace]) -> Workspace:
    return opened[1]


def paste(space: Workspace, text: str) -> None:
    QApplication.clipboard().setText(text)
    space.bulk_actions.pasting.paste()


def pasted(qtbot: QtBot, space: Workspace, text: str) -> None:
    """Paste, without a question."""
    said = QSignalSpy(space.said)
    paste(space, text)
    qtbot.waitUntil(lambda: said.count() > 0, timeout=LONG)


def asked(qtbot: QtBot, space: Workspace, text: str) -> PasteDialog:
    paste(space, text)
    qtbot.waitUntil(lambda: isinstance(QApplication.activeModalWidget(), PasteDialog), timeout=LONG)
    dialog = QApplication.activeModalWidget()
    assert isinstance(dialog, PasteDialog)
    return dialog


def accept(qtbot: QtBot, space: Workspace, dialog: PasteDialog) -> None:
    said = QSignalSpy(space.said)
    qtbot.waitUntil(dialog.paste_button.isEnabled, timeout=LONG)
    dialog.paste_button.click()
    qtbot.waitUntil(lambda: said.count() > 0, timeout=LONG)


def test_a_block_goes_to_the_cursor_as_one_edit(
    qtbot: QtBot, opened: tuple[MainWindow, Workspace]
) -> None:
    window, space = opened
    before = stored(space, "name")
    select(space, 1, 1, "name")
    space.table.setFocus()
    QApplication.clipboard().setText('A\tgcs\r\n"B\n2"\tgcs\r\n')
    said = QSignalSpy(space.said)
    window.actions_by_name["paste"].trigger()
    qtbot.waitUntil(lambda: said.count() > 0, timeout=LONG)
    assert stored(space, "name") == ["n0", "A", "B\n2", "n3", "n4", "n5"]
    assert stored(space, "type") == ["s3", "gcs", "gcs", "s3", "s3", "s3"]
    assert space.catalog.undo_label() == "Paste: 2 integrations"
    space.record_actions.undo()
    qtbot.waitUntil(lambda: stored(space, "name") == before, timeout=LONG)


def test_one_value_fills_the_selection(qtbot: QtBot, space: Workspace) -> None:
    select(space, 1, 4, "type")
    pasted(qtbot, space, "gcs")
    assert stored(space, "type") == ["s3", "gcs", "gcs", "gcs", "gcs", "s3"]
    assert space.catalog.undo_label() == "Fill Type: 4 integrations"
    assert stored(space, "name") == [f"n{n}" for n in range(6)]


def test_ctrl_enter_in_a_cell_editor_fills_the_selection(qtbot: QtBot, space: Workspace) -> None:
    select(space, 1, 3, "type")
    space.table.edit_current()
    editor = space.table.viewport().findChild(QLineEdit)
    assert editor is not None
    editor.setText("gcs")
    said = QSignalSpy(space.said)
    qtbot.keyClick(editor, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: said.count() > 0, timeout=LONG)
    assert stored(space, "type") == ["s3", "gcs", "gcs", "gcs", "s3", "s3"]
    assert space.table.state() != space.table.State.EditingState


def test_ctrl_enter_with_one_row_stores_that_cell(qtbot: QtBot, space: Workspace) -> None:
    select(space, 2, 2, "type")
    space.table.edit_current()
    editor = space.table.viewport().findChild(QLineEdit)
    assert editor is not None
    qtbot.keyClicks(editor, "gcs")
    qtbot.keyClick(editor, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: stored(space, "type")[2] == "gcs", timeout=LONG)
    assert stored(space, "type").count("gcs") == 1


@pytest.mark.parametrize(
    ("limit", "words"), [("MOST_CELLS", "6 cells are too many"), ("MOST_CHARACTERS", "too long")]
)
def test_too_much_is_said_and_nothing_changes(
    qtbot: QtBot, space: Workspace, monkeypatch: pytest.MonkeyPatch, limit: str, words: str
) -> None:
    monkeypatch.setattr(f"gui.pasting.{limit}", 5)
    before, label = stored(space, "name"), space.catalog.undo_label()
    select(space, 0, 0, "name")
    text = "A\tx\nB\ty\nC\tz"
    with qtbot.waitSignal(space.failed, timeout=LONG) as failed:
        paste(space, text)
    assert words in str(failed.args[0])
    assert "Nothing was changed" in str(failed.args[0])
    assert QApplication.clipboard().text() == text
    assert (stored(space, "name"), space.catalog.undo_label()) == (before, label)
    modal = QApplication.activeModalWidget()
    if modal is not None:
        modal.close()


def test_a_selection_of_too_many_cells_is_not_filled_with_copies(
    qtbot: QtBot, space: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gui.pasting.MOST_CELLS", 5)
    select(space, 0, 3, "name", "type")
    dialog = asked(qtbot, space, "A\tx\nB\ty")
    assert dialog.repeat.isVisible()
    assert not dialog.repeat.isEnabled()
    assert "not over" in dialog.repeat.text()
    accept(qtbot, space, dialog)
    assert stored(space, "name") == ["A", "B", "n2", "n3", "n4", "n5"]


def test_another_size_asks_and_can_repeat(qtbot: QtBot, space: Workspace) -> None:
    select(space, 0, 3, "name", "type")
    dialog = asked(qtbot, space, "A\tx\nB\ty")
    assert "Selected are 4 × 2" in dialog.message.text()
    assert dialog.repeat.isVisible()
    dialog.repeat.setChecked(True)
    accept(qtbot, space, dialog)
    assert stored(space, "name") == ["A", "B", "A", "B", "n4", "n5"]
    assert stored(space, "type")[:4] == ["x", "y", "x", "y"]


def test_what_is_rejected_is_named_and_nothing_is_written_without_consent(
    qtbot: QtBot, space: Workspace
) -> None:
    select(space, 0, 0, "name")
    dialog = asked(qtbot, space, "\tx\nB\ty")
    assert "1 cell cannot be stored" in dialog.message.text()
    table = dialog.rejected_cells
    texts = [table.item(0, column) for column in range(4)]
    assert [item.text() for item in texts if item is not None][:3] == ["1", "Name", ""]
    assert dialog.paste_button.text().replace("&", "") == "Paste the Other 3 Cells"
    dialog.reject()
    assert stored(space, "name")[:2] == ["n0", "n1"]
    dialog = asked(qtbot, space, "\tx\nB\ty")
    accept(qtbot, space, dialog)
    assert (stored(space, "name")[:2], stored(space, "type")[:2]) == (["n0", "B"], ["x", "y"])


def test_rows_below_the_last_become_new_if_wanted(qtbot: QtBot, space: Workspace) -> None:
    select(space, 5, 5, "name")
    dialog = asked(qtbot, space, "A\tx\nB\ty\nC\tz")
    assert "2 rows are below the last one" in dialog.message.text()
    dialog.add.setChecked(True)
    accept(qtbot, space, dialog)
    assert stored(space, "name")[5:] == ["A", "B", "C"]
    assert stored(space, "type")[5:] == ["x", "y", "z"]


def test_commas_are_a_guess_that_can_be_corrected(qtbot: QtBot, space: Workspace) -> None:
    select(space, 0, 0, "name")
    dialog = asked(qtbot, space, "Doe, John\nRoe, Jane")
    assert dialog.delimiter.currentText() == "Commas"
    dialog.delimiter.setCurrentIndex(3)
    dialog.delimiter.activated.emit(3)
    qtbot.waitUntil(lambda: "2 × 1 cells" in dialog.message.text(), timeout=LONG)
    accept(qtbot, space, dialog)
    assert stored(space, "name")[:2] == ["Doe, John", "Roe, Jane"]


def test_a_long_text_is_read_in_another_process(qtbot: QtBot, space: Workspace) -> None:
    select(space, 0, 0, "name")
    pasted(qtbot, space, "\n".join(["x" * 40_000 + "\tgcs"] * 2))
    assert [len(str(name)) for name in stored(space, "name")[:2]] == [40_000, 40_000]


def test_no_text_is_said(qtbot: QtBot, space: Workspace) -> None:
    select(space, 0, 0, "name")
    QApplication.clipboard().clear()
    said = QSignalSpy(space.said)
    space.bulk_actions.pasting.paste()
    assert "no text" in said.at(0)[0]
    failed: list[Exception] = []
    space.bulk_actions.pasting.failed.connect(failed.append)
    space.bulk_actions.pasting.failed.disconnect(space.bulk_actions.failed)
    paste(space, 'a\t"b')
    assert "quote" in str(failed[0])


def test_copies_are_text_and_a_table_with_headings_if_wanted(
    qtbot: QtBot, opened: tuple[MainWindow, Workspace]
) -> None:
    window, space = opened
    select(space, 0, 0, "name")
    pasted(qtbot, space, '"<b>A\nB"\tx')
    space.table.setFocus()
    select(space, 0, 1, "name", "type")
    QApplication.clipboard().clear()
    window.actions_by_name["copy_headings"].trigger()
    qtbot.waitUntil(lambda: bool(QApplication.clipboard().text()), timeout=LONG)
    mime = QApplication.clipboard().mimeData()
    assert mime.text() == 'Name\tType\n"<b>A\nB"\tx\nn1\ts3'
    assert mime.html().startswith("<table><tr><td>Name</td><td>Type</td></tr><tr><td>&lt;b&gt;A<br")
    assert PLACE["name"] < PLACE["type"]


COPIER = """
import sys
from pathlib import Path
from PySide6.QtGui import QGuiApplication
from db import records
from db.catalog import Catalog
from gui import application
path = Path(sys.argv[1])
catalog = Catalog.create(path)
catalog.edit("Add", lambda edit: records.add_integration(edit, values={"name": "a"})).result()
catalog.close()
app = application.make_application()
window = application.make_window()
def copy():
    window.workspace.table.selectAll()
    window.actions_by_name["copy"].trigger()
    QGuiApplication.clipboard().dataChanged.connect(window.close)
window.ready.connect(copy)
window.open_first(path)
window.show()
sys.exit(app.exec())
"""


def test_the_program_ends_in_order_after_a_copy(tmp_path: Path) -> None:
    """What Python made and the clipboard holds must be gone before Python is."""
    command = [sys.executable, "-c", COPIER, str(tmp_path / "a.icons")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
