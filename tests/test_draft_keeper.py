"""What was being typed when the program died is offered again."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from db import drafts
from db.drafts import Draft, DraftFile
from gui.columns import PLACE
from gui.draft_question import DraftQuestion
from gui.main_window import MainWindow
from gui.workspace import Workspace
from tests.conftest import ROOT
from tests.test_catalog import raw
from tests.test_workspace import open_window, path

__all__ = ["open_window", "path"]
LONG = 20_000
Open = Callable[[Path], MainWindow]

TYPING = """
import sys
from pathlib import Path
from PySide6.QtCore import QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from db import drafts
from gui import application
from gui.columns import PLACE
app = QApplication(["x", "-platform", "offscreen"])
window = application.make_window(())

def type_():
    space = window.workspace
    if sys.argv[2] == "form":
        space.details.form.editors["name"].input.setText("half a na")
    else:
        table = space.table
        table.setCurrentIndex(space.model.index(space.model.position_of(1), PLACE["name"]))
        table.edit(table.currentIndex())
        QTest.keyClicks(table.indexWidget(table.currentIndex()), "half a na")
    timer.start(20)

def look():
    if list(drafts.root().rglob("*.json")):
        print("kept", flush=True)

def begin():
    window.workspace.table.chosen.go_to_pk(1)
    waiting.start(20)

def wait():
    if window.workspace.details.pk == 1:
        waiting.stop()
        type_()

timer, waiting = QTimer(), QTimer()
timer.timeout.connect(look)
waiting.timeout.connect(wait)
window.ready.connect(begin)
window.open_first(Path(sys.argv[1]))
window.show()
app.exec()
"""


def killed_while_typing(path: Path, where: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", TYPING, str(path), where],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "kept\n"
        process.kill()


def question(qtbot: QtBot) -> DraftQuestion:
    qtbot.waitUntil(
        lambda: isinstance(QApplication.activeModalWidget(), DraftQuestion), timeout=LONG
    )
    found = QApplication.activeModalWidget()
    assert isinstance(found, DraftQuestion)
    return found


def space_of(window: MainWindow) -> Workspace:
    assert window.workspace is not None
    return window.workspace


def files() -> list[Path]:
    return list(drafts.root().rglob("*.json"))


@pytest.mark.parametrize("where", ["form", "cell"])
def test_a_program_that_was_killed(
    qtbot: QtBot,
    open_window: Open,
    path: Path,
    where: str,
) -> None:
    killed_while_typing(path, where)
    window = open_window(path)
    asked = question(qtbot)
    asked.back_button.click()
    space = space_of(window)
    name = space.details.form.editors["name"]
    qtbot.waitUntil(lambda: space.details.pk == 1 and name.text() == "half a na", timeout=LONG)
    qtbot.waitUntil(lambda: len(files()) == 1, timeout=LONG)  # kept on, by this window
    space.details.form.apply()
    qtbot.waitUntil(lambda: not files(), timeout=LONG)
    with closing(raw(path)) as connection:
        assert connection.execute("SELECT name FROM integration WHERE pk = 1").get == "half a na"


@pytest.fixture
def left(path: Path) -> Iterator[Path]:
    """A catalogue with a draft that an ended program left; its field has another value by now."""
    draft = Draft("alpha", {"name": "typed"}, {"name": "as it was seen"})
    with closing(DraftFile(drafts.root(), path)) as file:
        file.write({1: draft})
    return path


def test_what_is_discarded_is_not_offered_again(
    qtbot: QtBot,
    open_window: Open,
    left: Path,
) -> None:
    open_window(left)
    question(qtbot).discard_button.click()
    qtbot.waitUntil(lambda: not files(), timeout=LONG)


def test_what_is_left_for_later_is_offered_again(
    qtbot: QtBot,
    open_window: Open,
    left: Path,
) -> None:
    window = open_window(left)
    qtbot.keyClick(question(qtbot), Qt.Key.Key_Escape)
    qtbot.waitUntil(window.close, timeout=LONG)
    assert len(files()) == 1
    open_window(left)
    question(qtbot).discard_button.click()
    qtbot.waitUntil(lambda: not files(), timeout=LONG)


def test_a_value_that_changed_since_it_was_typed_is_asked_about(
    qtbot: QtBot,
    open_window: Open,
    left: Path,
) -> None:
    window = open_window(left)
    question(qtbot).back_button.click()
    space = space_of(window)
    qtbot.waitUntil(lambda: space.details.form.is_dirty, timeout=LONG)
    with qtbot.waitSignal(space.record_actions.conflicted, timeout=LONG) as asked:
        space.details.form.apply()
    assert asked.args[0].now == {"name": "alpha"}
    modal = QApplication.activeModalWidget()
    assert modal is not None
    modal.close()


def test_what_is_reverted_or_escaped_is_kept_no_longer(
    qtbot: QtBot,
    open_window: Open,
    path: Path,
) -> None:
    space = space_of(open_window(path))
    space.table.chosen.go_to_pk(1)
    qtbot.waitUntil(lambda: space.details.pk == 1, timeout=LONG)
    space.details.form.editors["name"].fill("x")
    qtbot.waitUntil(lambda: len(files()) == 1, timeout=LONG)
    space.details.form.revert()
    qtbot.waitUntil(lambda: not files(), timeout=LONG)
    table = space.table
    table.setFocus()
    table.setCurrentIndex(space.model.index(0, PLACE["type"]))
    qtbot.keyClick(table, Qt.Key.Key_F2)
    (editor,) = table.viewport().findChildren(QLineEdit)
    qtbot.keyClicks(editor, "typed")
    qtbot.waitUntil(lambda: len(files()) == 1, timeout=LONG)
    qtbot.keyClick(editor, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not files(), timeout=LONG)


def test_a_state_folder_that_cannot_be_written_is_said_once(
    qtbot: QtBot,
    open_window: Open,
    path: Path,
) -> None:
    drafts.root().parent.mkdir(parents=True, exist_ok=True)
    drafts.root().write_text("a file in the place of the folder")
    space = space_of(open_window(path))
    space.table.chosen.go_to_pk(1)
    qtbot.waitUntil(lambda: space.details.pk == 1, timeout=LONG)
    with qtbot.waitSignal(space.said, timeout=LONG) as said:
        space.details.form.editors["name"].fill("x")
    assert said.args[0].startswith("What you type is not kept until it is stored: ")
