"""Edits of a million rows, and of one cell, in the real window over 1,000,000 integrations.

python -m tests.benchmarks edits
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
import time
import zlib
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import apsw
from PySide6.QtCore import QEvent, QEventLoop, QObject, Qt
from PySide6.QtWidgets import QApplication, QMessageBox

from db import schema
from db.catalog import Catalog
from db.database import CatalogDatabase
from db.history import changeset_stream
from db.replacement import Replacement
from gui import application
from gui.__main__ import SWITCH_SECONDS
from gui.columns import PLACE
from gui.main_window import MainWindow
from gui.workspace import Workspace
from tests.benchmarks import data
from tests.benchmarks.bench_icons_gaps import Watch, ours

Report = Callable[[str, float, float, float | None], None]
REPLACE_TO_REACH = 1.5
UNDO_TO_REACH = 2.0
SIZE_TO_REACH = 1.3
CELL_TO_REACH = 2.0
BACKUP_TO_REACH = 1.3
GAP_LIMIT = 0.050
"""Seconds that the GUI thread may be away."""
OLD, NEW = "https://", "http://"
CELLS = 100
ROWS_IN_SIGHT = 10
_ICON_URL = 5
"""The column in a record."""
SECONDS = 600.0
_UPDATE = "UPDATE integration SET icon_url = replace(icon_url, ?1, ?2) WHERE instr(icon_url, ?1)"


def run(report: Report, workdir: Path) -> None:
    """Report every figure of edits.

    Args:
        workdir: a folder with 3 GB of room.
    """
    sys.setswitchinterval(SWITCH_SECONDS)  # as the program does
    source = _with_urls(workdir / "source.icons")
    bare = _bare_update(_copy(source, workdir / "bare.icons"))
    path = _copy(source, workdir / "edits.icons")
    window = _open(path)
    assert window.workspace is not None
    try:
        _large(report, window.workspace, bare)
        _cells(report, window.workspace, _copy(source, workdir / "cell.icons"))
        _backups(report, window.workspace, workdir / "backups.icons")
    finally:
        window.close()
    _record(report, path)
    for left in workdir.glob("*.icons*"):
        left.unlink()


def _with_urls(path: Path) -> Path:
    """The benchmark's catalogue with an icon URL in every row."""
    shutil.copy(data.catalog(), path)
    connection = apsw.Connection(str(path))
    with connection:
        schema.drop_indexes(connection)
        connection.execute(
            "UPDATE integration SET icon_url = 'https://cdn.example.com/more/' || id || '.svg' "
            "WHERE icon_url IS NULL"
        )
        schema.build_indexes(connection)
    connection.execute("ANALYZE")
    connection.pragma("wal_checkpoint", "TRUNCATE")
    connection.close()
    return path


def _copy(source: Path, target: Path) -> Path:
    shutil.copy(source, target)
    os.sync()
    return target


def _bare_update(path: Path) -> float:
    """Seconds of the UPDATE alone, in one transaction, on a connection with the same pragmas."""
    with closing(CatalogDatabase(path)) as database:
        connection: apsw.Connection = database.connection()
        start = time.perf_counter()
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(_UPDATE, (OLD, NEW))
        assert connection.changes() == data.ROWS
        connection.execute("COMMIT")
        return time.perf_counter() - start


# -- in the window -----------------------------------------------------------------------------


def _open(path: Path) -> MainWindow:
    application.make_application()
    window = application.make_window(())
    window.resize(1280, 800)
    ready: list[bool] = []
    window.ready.connect(lambda: ready.append(True))
    window.open_first(path)
    window.show()
    _until(lambda: bool(ready))
    space = _space(window)
    _until(lambda: space.model.whole_order is not None)
    return window


def _space(window: MainWindow) -> Workspace:
    assert window.workspace is not None
    return window.workspace


def _until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + SECONDS
    while not condition():
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
        assert time.monotonic() < end


class _Told:
    """Counts the changes that the workspace was told of, in the GUI thread."""

    def __init__(self, space: Workspace) -> None:
        self.count = 0
        space.history_changed.connect(self._more)

    def _more(self) -> None:
        self.count += 1


class _Timed:
    """Times what is done in the window, and collects the absences of the GUI thread meanwhile."""

    def __init__(self) -> None:
        self.gaps: list[dict[str, Any]] = []

    def __call__(self, act: Callable[[], object], done: Callable[[], bool]) -> float:
        watch = Watch()
        start = time.perf_counter()
        act()
        _until(done)
        seconds = time.perf_counter() - start
        self.gaps.extend(watch.stop())
        return seconds

    def report(self, report: Report, name: str) -> None:
        """Report the longest absence under this name."""
        longest = max(self.gaps, key=ours, default={"seconds": 0.0, "delayed": 0.0, "stacks": []})
        print(f"longest absence: {longest}", file=sys.stderr)
        report(f"{name}, s; limit: 0.05 s", ours(longest), GAP_LIMIT, 1.0)

    def replace(self, space: Workspace, old: str, new: str) -> tuple[float, float]:
        """Replace in all icon URLs: seconds until they are listed, and until it is done."""
        told, dialog = _Told(space), space.bulk_actions.replace()
        wanted = Replacement(("icon_url",), "plain", old, new)
        listed = self(lambda: dialog.show_replacement(wanted), dialog.replace_button.isEnabled)
        return listed, self(dialog.replace_button.click, lambda: told.count == 1)

    def settle(self, space: Workspace) -> float:
        """Seconds until the rows are shown."""
        return self(lambda: None, lambda: not space.model.is_loading)


def _large(report: Report, space: Workspace, bare: float) -> None:
    timed = _Timed()
    listed, seconds = timed.replace(space, OLD, NEW)
    settled = timed.settle(space)
    told = _Told(space)
    undone = timed(space.record_actions.undo, lambda: told.count == 1)
    timed.settle(space)
    print(f"listed after {listed:.2f} s, shown after {settled:.2f} s", file=sys.stderr)
    name = "replace in 1,000,000 URLs, recorded, s; limit: the bare UPDATE in one transaction"
    report(name, seconds, bare, REPLACE_TO_REACH)
    report("undo of it, s; limit: the bare UPDATE", undone, bare, UNDO_TO_REACH)
    timed.report(report, "longest absence of the GUI thread while any of it runs")


def _backups(report: Report, space: Workspace, folder: Path) -> None:
    """What a backup adds to an edit of many: one with a backup due between two with none."""
    catalog, timed = space.catalog, _Timed()
    catalog.backups = None
    _, before = timed.replace(space, OLD, NEW)
    timed.settle(space)
    catalog.keep_backups(folder)
    _, due = timed.replace(space, NEW, OLD)
    backup = catalog.backup_under_way
    assert backup is not None
    start = time.perf_counter()
    timed(lambda: None, backup.done)
    print(f"copied {time.perf_counter() - start:.2f} s after the edit", file=sys.stderr)
    assert backup.result() is not None
    timed.settle(space)
    catalog.backups = None
    _, after = timed.replace(space, OLD, NEW)
    shutil.rmtree(folder)
    name = "the same replacement with a backup due, s; limit: the mean of one before and one after"
    report(name, due, (before + after) / 2, BACKUP_TO_REACH)
    timed.report(report, "longest absence of the GUI thread while a backup is copied beside")


def _let_redo_go(space: Workspace) -> None:
    """Edit a cell, and answer the question about the redo that this ends for all edits to come."""
    told, model = _Told(space), space.model
    assert model.setData(model.index(0, PLACE["type"]), "bench", Qt.ItemDataRole.EditRole)
    _until(lambda: isinstance(QApplication.activeModalWidget(), QMessageBox))
    box = QApplication.activeModalWidget()
    assert isinstance(box, QMessageBox)
    box.checkBox().setChecked(True)
    accept = QMessageBox.ButtonRole.AcceptRole
    next(button for button in box.buttons() if box.buttonRole(button) is accept).click()
    _until(lambda: told.count == 1)


class _Painted(QObject):
    """Knows whether the rows were painted since the workspace was told of a change."""

    def __init__(self, space: Workspace) -> None:
        super().__init__(space)
        self._is_told = self.is_done = False
        space.history_changed.connect(self._told)
        space.table.viewport().installEventFilter(self)

    def begin(self) -> None:
        self._is_told = self.is_done = False

    def _told(self) -> None:
        self._is_told = True

    def eventFilter(self, _: QObject, event: QEvent) -> bool:
        self.is_done |= self._is_told and event.type() == QEvent.Type.Paint
        return False


def _cells(report: Report, space: Workspace, path: Path) -> None:
    """Edits of names in sight, each after a bare commit of the same update to a copy."""
    _let_redo_go(space)
    painted = _Painted(space)
    model, times, bare = space.model, [], []
    with closing(CatalogDatabase(path)) as database:
        connection: apsw.Connection = database.connection()
        for number in range(CELLS):
            bare.append(_bare_commit(connection, number))
            index = model.index(number % ROWS_IN_SIGHT, PLACE["name"])
            painted.begin()
            start = time.perf_counter()
            assert model.setData(index, f"bench {number}", Qt.ItemDataRole.EditRole)
            _until(lambda: painted.is_done)
            times.append(time.perf_counter() - start)
    name = "one cell edit, acknowledged and painted, s; limit: one bare commit"
    report(name, statistics.median(times), statistics.median(bare), CELL_TO_REACH)


def _bare_commit(connection: apsw.Connection, number: int) -> float:
    """Seconds of one UPDATE of one cell with its commit, with the same pragmas."""
    start = time.perf_counter()
    connection.execute("BEGIN IMMEDIATE")
    sql = "UPDATE integration SET name = ? WHERE pk = ?"
    connection.execute(sql, (f"bench {number}", 1 + number % ROWS_IN_SIGHT))
    connection.execute("COMMIT")
    return time.perf_counter() - start


def _record(report: Report, path: Path) -> None:
    """The size of the first edit's record beside what changed, in the order of the record."""
    with closing(Catalog.open(path)) as catalog:
        connection = catalog.connect_here(5000)
        edit: int = connection.execute("SELECT min(id) FROM edit").get
        size: int = connection.execute(
            "SELECT sum(length(data)) FROM edit_data WHERE edit = ?", (edit,)
        ).get
        compressor, changed = zlib.compressobj(level=1), 0
        for item in apsw.Changeset.iter(changeset_stream(connection, edit)):
            assert item.old is not None
            assert item.new is not None
            pk, old, new = item.old[0], item.old[_ICON_URL], item.new[_ICON_URL]
            changed += len(compressor.compress(f"{pk}{old}{new}".encode()))
        changed += len(compressor.flush())
        connection.close()
    name = "size of its record, MB; limit: keys, old and new texts in its order, zlib level 1"
    report(name, size / 1e6, changed / 1e6, SIZE_TO_REACH)
