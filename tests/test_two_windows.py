"""A window, and another program that writes into the same file."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLineEdit
from PySide6.QtWidgets import QPlainTextEdit as _Values
from pytestqt.qtbot import QtBot

from gui import elsewhere
from gui.columns import PLACE
from gui.conflict_question import ConflictQuestion
from gui.main_window import MainWindow
from gui.workspace import Workspace
from tests.conftest import ROOT
from tests.test_catalog import raw
from tests.test_workspace import LONG as SHORT
from tests.test_workspace import open_window, path

__all__ = ["open_window", "path"]
LONG = 15_000
Open = Callable[[Path], MainWindow]

OTHER = """
import sys
from pathlib import Path
from db import records
from db.catalog import Catalog
catalog = Catalog.open(Path(sys.argv[1]))
print("open", flush=True)
for line in sys.stdin:
    pk, name, value = line.rstrip().split(" ", 2)
    def body(edit):
        if name == "delete":
            records.delete_integrations(edit, pks=[int(pk)])
        else:
            records.update_integration(edit, pk=int(pk), values={name: value})
    catalog.edit("Elsewhere", body).result()
    print("done", flush=True)
catalog.close()
"""


class Other:
    """Another program with the same catalogue open."""

    def __init__(self, path: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", OTHER, str(path)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "open\n"

    def write(self, pk: int, name: str, value: str) -> None:
        """Change a field and wait until it is committed."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{pk} {name} {value}\n")
        self._process.stdin.flush()
        assert self._process.stdout.readline() == "done\n"

    def close(self) -> None:
        self._process.communicate()
        assert self._process.returncode == 0


class Both:
    """The window and the other program."""

    def __init__(self, qtbot: QtBot, window: MainWindow, path: Path, other: Other) -> None:
        self.qtbot = qtbot
        self.path = path
        self.other = other
        self.window = window
        assert window.workspace is not None
        self.space: Workspace = window.workspace
        qtbot.waitUntil(lambda: self.space.shown == 4, timeout=LONG)

    def cell(self, pk: int, name: str) -> str:
        row = self.space.model.position_of(pk)
        return "" if row is None else str(self.space.model.index(row, PLACE[name]).data())

    def stored(self, pk: int, name: str) -> object:
        with closing(raw(self.path)) as connection:
            return connection.execute(f"SELECT {name} FROM integration WHERE pk = ?", (pk,)).get

    def editor(self, pk: int, name: str) -> QLineEdit:
        """An open editor of a cell."""
        table, row = self.space.table, self.space.model.position_of(pk)
        assert row is not None
        table.setFocus()
        table.setCurrentIndex(self.space.model.index(row, PLACE[name]))
        self.qtbot.keyClick(table, Qt.Key.Key_F2)
        self.qtbot.waitUntil(lambda: bool(self.editors()), timeout=SHORT)
        return self.editors()[0]

    def editors(self) -> list[QLineEdit]:
        found = self.space.table.viewport().findChildren(QLineEdit)
        return [editor for editor in found if editor.isVisible()]

    def question(self) -> ConflictQuestion:
        def modal() -> object:
            return QApplication.activeModalWidget()

        self.qtbot.waitUntil(lambda: isinstance(modal(), ConflictQuestion), timeout=LONG)
        found = modal()
        assert isinstance(found, ConflictQuestion)
        return found

    def type_meanwhile(self, text: str) -> ConflictQuestion:
        """Type into the name of the first row, which the other program changes meanwhile."""
        editor = self.editor(1, "name")
        self.qtbot.keyClicks(editor, text)
        self.other.write(1, "name", "theirs")
        self.qtbot.keyClick(editor, Qt.Key.Key_Return)
        return self.question()

    def answered(self, pk: int, name: str, value: str) -> None:
        self.qtbot.waitUntil(lambda: self.stored(pk, name) == value, timeout=LONG)
        self.qtbot.waitUntil(lambda: self.cell(pk, name) == value, timeout=LONG)


@pytest.fixture
def both(qtbot: QtBot, open_window: Open, path: Path) -> Iterator[Both]:
    other = Other(path)
    made = Both(qtbot, open_window(path), path, other)
    yield made
    other.close()


def test_a_commit_of_the_other_is_seen_and_nothing_moves(qtbot: QtBot, both: Both) -> None:
    space = both.space
    space.table.selectAll()
    space.table.chosen.go_to_pk(3)
    editor = both.editor(3, "type")
    qtbot.keyClicks(editor, "half ty")
    scroll = space.table.verticalScrollBar().value()
    both.other.write(1, "name", "from elsewhere")
    qtbot.waitUntil(lambda: both.cell(1, "name") == "from elsewhere", timeout=LONG)
    assert elsewhere.WATCH_MILLISECONDS <= 1_000  # so that it is within two seconds
    assert both.editors() == [editor]
    assert editor.text() == "half ty"
    assert space.table.chosen.current_pk == 3
    assert space.table.verticalScrollBar().value() == scroll


def test_both_values_are_shown_and_nothing_is_stored_yet(both: Both) -> None:
    question = both.type_meanwhile("mine")
    shown = {box.accessibleName(): box.toPlainText() for box in question.findChildren(_Values)}
    assert shown == {"Name, stored now": "theirs", "Name, yours": "mine"}
    assert both.stored(1, "name") == "theirs"
    question.keep_button.click()
    both.answered(1, "name", "theirs")


def test_mine_is_stored_over_theirs(both: Both) -> None:
    both.type_meanwhile("mine").store_button.click()
    both.answered(1, "name", "mine")


def test_escape_offers_what_was_typed_again(qtbot: QtBot, both: Both) -> None:
    qtbot.keyClick(both.type_meanwhile("mine"), Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: bool(both.editors()), timeout=LONG)
    assert both.editors()[0].text() == "mine"
    assert both.stored(1, "name") == "theirs"
    qtbot.keyClick(both.editors()[0], Qt.Key.Key_Return)
    both.answered(1, "name", "mine")


def test_another_field_of_the_row_is_no_conflict(qtbot: QtBot, both: Both) -> None:
    editor = both.editor(1, "name")
    qtbot.keyClicks(editor, "mine")
    both.other.write(1, "type", "theirs")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    both.answered(1, "name", "mine")
    assert both.stored(1, "type") == "theirs"


class TestForm:
    @pytest.fixture
    def form(self, qtbot: QtBot, both: Both) -> Both:
        """The first record's form with two fields edited, one of them by the other program too."""
        both.space.table.chosen.go_to_pk(1)
        qtbot.waitUntil(lambda: both.space.details.pk == 1, timeout=LONG)
        editors = both.space.details.form.editors
        editors["name"].fill("mine")
        editors["type"].fill("my type")
        both.other.write(1, "name", "theirs")
        qtbot.waitUntil(lambda: editors["name"].stored == "theirs", timeout=LONG)
        assert editors["name"].text() == "mine"
        both.space.details.form.apply()
        return both

    def test_theirs_stays_and_the_rest_of_mine_is_stored(self, form: Both) -> None:
        form.question().keep_button.click()
        form.answered(1, "type", "my type")
        assert form.stored(1, "name") == "theirs"
        form.qtbot.waitUntil(lambda: not form.space.details.form.is_dirty, timeout=LONG)
        assert form.space.details.form.value("name") == "theirs"

    def test_mine_is_stored(self, form: Both) -> None:
        form.question().store_button.click()
        form.answered(1, "type", "my type")
        assert form.stored(1, "name") == "mine"

    def test_one_field_alone_needs_no_choice_above_its_values(self, form: Both) -> None:
        question = form.question()
        assert not question.choices
        assert not question.chosen_button.isVisible()
        question.back_button.click()

    def test_several_fields_are_chosen_one_by_one(self, qtbot: QtBot, form: Both) -> None:
        form.other.write(1, "type", "their type")
        question = self.of_both(form)
        shown = {box.accessibleName(): box.toPlainText() for box in question.findChildren(_Values)}
        assert shown["Type, stored now"] == "their type"
        assert shown["Name, yours"] == "mine"
        assert not question.chosen_button.isEnabled()
        theirs, _ = question.choices["name"]
        qtbot.keyClick(theirs, Qt.Key.Key_Space)
        assert not question.chosen_button.isEnabled()
        _, mine = question.choices["type"]
        qtbot.keyClick(mine, Qt.Key.Key_Space)
        qtbot.keyClick(question.chosen_button, Qt.Key.Key_Space)
        form.answered(1, "type", "my type")
        assert form.stored(1, "name") == "theirs"
        qtbot.waitUntil(lambda: not form.space.details.form.is_dirty, timeout=LONG)

    @pytest.mark.parametrize("mine", [True, False])
    def test_several_fields_are_chosen_at_once(self, form: Both, mine: bool) -> None:
        form.other.write(1, "type", "their type")
        question = self.of_both(form)
        (question.store_button if mine else question.keep_button).click()
        form.answered(1, "type", "my type" if mine else "their type")
        assert form.stored(1, "name") == ("mine" if mine else "theirs")
        form.qtbot.waitUntil(lambda: not form.space.details.form.is_dirty, timeout=LONG)

    def test_what_changes_once_more_while_it_is_asked_is_asked_again(self, form: Both) -> None:
        question = form.question()
        form.other.write(1, "name", "theirs again")
        question.store_button.click()
        form.qtbot.waitUntil(lambda: form.question() is not question, timeout=LONG)
        assert form.stored(1, "name") == "theirs again"
        form.question().store_button.click()
        form.answered(1, "name", "mine")
        assert form.stored(1, "type") == "my type"

    @staticmethod
    def of_both(form: Both) -> ConflictQuestion:
        """The question about both fields, asked anew once both were changed."""
        form.question().back_button.click()
        form.space.details.form.apply()
        return form.question()

    def test_what_was_typed_stays_in_the_form(self, qtbot: QtBot, form: Both) -> None:
        qtbot.keyClick(form.question(), Qt.Key.Key_Escape)
        assert form.space.details.form.drafts() == {"name": "mine", "type": "my type"}
        assert form.stored(1, "type") == "s3"
        form.space.details.form.revert()
        form.space.details.form.editors["name"].fill("after a look")
        form.space.details.form.apply()
        form.answered(1, "name", "after a look")


def test_typing_on_while_it_is_stored_is_no_conflict(qtbot: QtBot, both: Both) -> None:
    both.space.table.chosen.go_to_pk(1)
    qtbot.waitUntil(lambda: both.space.details.pk == 1, timeout=LONG)
    form = both.space.details.form
    form.editors["name"].fill("one")
    form.apply()
    form.editors["name"].fill("one two")
    qtbot.waitUntil(lambda: form.editors["name"].stored == "one", timeout=LONG)
    form.apply()
    both.answered(1, "name", "one two")


def test_a_replaced_file_is_told_once(qtbot: QtBot, both: Both, tmp_path: Path) -> None:
    away = tmp_path / "away.db"
    with qtbot.waitSignal(both.space.failed, timeout=LONG) as told:
        both.path.rename(away)
    assert "moved or deleted" in str(told.args[0])
    box = QApplication.activeModalWidget()
    assert box is not None
    box.close()
    away.rename(both.path)
    both.other.write(1, "name", "still there")
    qtbot.waitUntil(lambda: both.cell(1, "name") == "still there", timeout=LONG)
