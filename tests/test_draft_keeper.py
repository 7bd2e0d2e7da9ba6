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

TEXT = "half a na"
TYPING = """
import sys
from pathlib import Path
from PySide6.QtCore import QSocketNotifier, QTimer
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
        space.details.form.editors["name"].input.setText(sys.argv[3])
    else:
        table = space.table
        table.setCurrentIndex(space.model.index(space.model.position_of(1), PLACE["name"]))
        table.edit(table.currentIndex())
        QTest.keyClicks(table.indexWidget(table.currentIndex()), sys.argv[3])
    timer.start(20)

def fill_disk(edit):
    edit.connection.pragma("max_page_count", edit.connection.pragma("page_count"))

def store():
    lines.setEnabled(False)
    space = window.workspace
    if sys.stdin.readline() == "full\\n":
        space.catalog.edit("Limit", fill_disk).result()
    space.record_actions.cell_refused.connect(lambda *_: QTimer.singleShot(0, say_refused))
    if sys.argv[2] == "form":
        space.details.form.apply()
        refused.start(20)
    else:
        space.table.commit_editor()

def look_at_form():
    if window.workspace.details.form.notice:
        say_refused()

def say_refused():
    refused.stop()
    print("refused", flush=True)

def look():
    if list(drafts.root().rglob("*.json")):
        timer.stop()
        print("kept", flush=True)

def begin():
    window.workspace.table.chosen.go_to_pk(1)
    waiting.start(20)

def wait():
    if window.workspace.details.pk == 1:
        waiting.stop()
        type_()

timer, waiting, refused = QTimer(), QTimer(), QTimer()
refused.timeout.connect(look_at_form)
lines = QSocketNotifier(sys.stdin.fileno(), QSocketNotifier.Type.Read)
lines.activated.connect(store)
timer.timeout.connect(look)
waiting.timeout.connect(wait)
window.ready.connect(begin)
window.open_first(Path(sys.argv[1]))
window.show()
app.exec()
"""


def killed_while_typing(path: Path, where: str, cause: str = "died", text: str = TEXT) -> None:
    """Let a program be typed into that then dies.

    Args:
        cause: what befalls it before: nothing ("died"), or what it types cannot be stored, since
            the file has "vanished" or its disk is "full".
    """
    with subprocess.Popen(
        [sys.executable, "-c", TYPING, str(path), where, text],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == "kept\n"
        if cause != "died":
            away = path.with_name("away.db")
            if cause == "vanished":
                path.rename(away)
            process.stdin.write(f"{cause}\n")
            process.stdin.flush()
            assert process.stdout.readline() == "refused\n"
            if cause == "vanished":
                process.kill()
                away.rename(path)
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


@pytest.mark.parametrize("cause", ["vanished", "full"])
@pytest.mark.parametrize("where", ["form", "cell"])
def test_what_could_not_be_stored_when_the_program_died(
    qtbot: QtBot, open_window: Open, path: Path, where: str, cause: str
) -> None:
    text = "half a na" + "me" * 4_500  # which needs pages of its own
    killed_while_typing(path, where, cause, text)
    with closing(raw(path)) as connection:
        assert connection.execute("SELECT name FROM integration WHERE pk = 1").get == "alpha"
    space = space_of(open_window(path))
    question(qtbot).back_button.click()
    name = space.details.form.editors["name"]
    qtbot.waitUntil(lambda: space.details.pk == 1 and name.text() == text, timeout=LONG)
    space.details.form.apply()
    qtbot.waitUntil(lambda: not files(), timeout=LONG)
    with closing(raw(path)) as connection:
        assert connection.execute("SELECT name FROM integration WHERE pk = 1").get == text


def test_a_value_that_waits_to_be_stored_is_kept(
    qtbot: QtBot, open_window: Open, path: Path
) -> None:
    space = space_of(open_window(path))
    with closing(raw(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert space.model.setData(space.model.index(0, PLACE["name"]), "typed")
        qtbot.waitUntil(lambda: len(files()) == 1, timeout=LONG)
        assert '"typed"' in files()[0].read_text()
        other.execute("COMMIT")
        qtbot.waitUntil(lambda: not files(), timeout=LONG)
        assert other.execute("SELECT name FROM integration WHERE pk = 1").get == "typed"


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
