"""The real window as a program of its own, told by lines of JSON what to do: see `Other`.

Its rows are those of a catalogue whose names are in the order of their pks, which count from 1.

python -m tests.window_program CATALOG
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from PySide6.QtCore import QItemSelection, QItemSelectionModel, QSocketNotifier, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit

from gui import application
from gui.columns import COLUMNS, PLACE
from gui.workspace import Workspace
from tests.conftest import ROOT

State = dict[str, Any]


def settle(space: Workspace, pk: int, typed: str) -> None:
    """Go to a row, select it and the four below, and begin to type into its type."""
    model, table, row = space.model, space.table, pk - 1
    flags = QItemSelectionModel.SelectionFlag
    box = QItemSelection(model.index(row, 0), model.index(row + 4, len(COLUMNS) - 1))
    table.setFocus()
    index = model.index(row, PLACE["type"])
    table.selectionModel().setCurrentIndex(index, flags.NoUpdate)
    table.selectionModel().select(box, flags.ClearAndSelect)
    table.scrollTo(index)
    QTest.keyClick(table, Qt.Key.Key_F2)
    QTest.keyClicks(editors(space)[0], typed)


def state(space: Workspace) -> State:
    """What a user sees that must not move."""
    return {
        "current": space.table.chosen.current_pk,
        "selected": [list(found) for found in space.table.chosen.ranges],
        "scroll": space.table.verticalScrollBar().value(),
        "typed": [editor.text() for editor in editors(space)],
        "cursor": [editor.cursorPosition() for editor in editors(space)],
    }


def editors(space: Workspace) -> list[QLineEdit]:
    """The cell editors that are open."""
    found = space.table.viewport().findChildren(QLineEdit)
    return [editor for editor in found if editor.isVisible()]


def cell(space: Workspace, pk: int, name: str) -> str:
    """What a cell shows."""
    return str(space.model.index(pk - 1, PLACE[name]).data())


def change(space: Workspace, pk: int, name: str, value: str) -> None:
    """Store a value as a cell editor does."""
    index = space.model.index(pk - 1, PLACE[name])
    assert space.model.setData(index, value, Qt.ItemDataRole.EditRole)


class Other:
    """A window in another process."""

    def __init__(self, path: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.window_program", str(path)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._answer() == "ready"

    def _answer(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the other window ended"
        return json.loads(line)

    def ask(self, *words: object) -> Any:
        """Let it do one of `_DO`, and answer."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{json.dumps(words)}\n")
        self._process.stdin.flush()
        return self._answer()

    def close(self) -> None:
        """End it as a user does."""
        self.ask("end")
        self._process.communicate(timeout=60)
        assert self._process.returncode == 0


_DO = {"settle": settle, "state": state, "cell": cell, "change": change}


def main(path: Path) -> None:
    """Run; see the module's words."""
    app = application.make_application()
    window = application.make_window(())

    def say(answer: object) -> None:
        print(json.dumps(answer), flush=True)

    def obey() -> None:
        word, *rest = json.loads(sys.stdin.readline())
        space = window.workspace
        assert space is not None
        if word == "end":
            for editor in editors(space):
                QTest.keyClick(editor, Qt.Key.Key_Escape)
            space.details.form.revert()
            window.close()
            say(None)
            app.quit()
        else:
            say(_DO[word](space, *rest))

    lines = QSocketNotifier(sys.stdin.fileno(), QSocketNotifier.Type.Read)
    lines.activated.connect(obey)
    window.ready.connect(lambda: say("ready"))
    window.open_first(path)
    window.show()
    window.activateWindow()
    app.exec()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
