"""The table over 1,000,000 rows: painting, scrolling, ordering, searching, memory."""

from __future__ import annotations

import gc
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import apsw
from PySide6.QtCore import QEventLoop, QObject, QTimer, Signal
from PySide6.QtGui import QIcon, QStandardItem, QStandardItemModel
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractItemView, QApplication, QTableView

from db import search
from db.addresses import Address
from db.catalog import Catalog
from db.order import OrderSpec, Row, SortKey
from db.pages import Pages
from gui import theme
from gui.columns import COLUMNS, ICON
from gui.icon_facts import IconState, IconView
from gui.table_cells import cell
from gui.table_model import IntegrationTableModel
from gui.table_view import IntegrationTable
from tests.benchmarks import data

Report = Callable[[str, float, float, float], None]

ROOT = Path(__file__).resolve().parents[2]
SIZE = (1600, 1300)
"""In px: 40 rows, and room for every column."""
PAINTS = 60
JUMPS = 300
REPEATS = 5
ITEM_ROWS = 4096
GAP_LIMIT = 0.050
"""Seconds that the GUI thread may be away."""
WORDS = ("salesforce", "crm", "s3 acuity", "zzzz", "org-00042", "e")


class Icons(QObject):
    """A ready picture for every address: what is measured is the table."""

    changed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._view = IconView(IconState.READY, theme.app_icon().pixmap(24, 24))

    def icon(self, address: Address, size: int, ratio: float = 1.0) -> IconView:
        return self._view

    def want(self, urls_visible: Any) -> None:
        """Nothing is loaded."""


class Shown:
    """A table over a catalogue, with every row loaded."""

    def __init__(self, path: Path) -> None:
        self.catalog = Catalog.open(path)
        self.model = IntegrationTableModel(self.catalog)
        self.icons = Icons()
        self.table = IntegrationTable(self.model, self.icons)
        self.table.resize(*SIZE)
        show_all_columns(self.table)
        self.table.show()
        QTest.qWaitForWindowExposed(self.table)
        self.ask(OrderSpec())

    def ask(self, spec: OrderSpec) -> float:
        """Seconds until the order is shown and painted."""
        start = time.perf_counter()
        if spec != self.model.spec or not self.model.rowCount():
            with until(self.model.loaded):
                self.model.set_spec(spec)
        self.table.viewport().repaint()
        return time.perf_counter() - start

    def close(self) -> None:
        self.table.close()
        self.model.close()
        self.catalog.close()


def show_all_columns(table: QTableView) -> None:
    header = table.horizontalHeader()
    for section in range(len(COLUMNS)):
        table.setColumnHidden(section, False)
        header.resizeSection(section, 130)


@contextmanager
def until(signal: Any) -> Iterator[None]:
    """Run the event loop until the signal comes."""
    loop = QEventLoop()
    signal.connect(loop.quit)
    yield
    loop.exec()
    signal.disconnect(loop.quit)


def run(report: Report, workdir: Path) -> None:
    """Report every figure of the table."""
    application = QApplication.instance() or QApplication([])
    assert isinstance(application, QApplication)
    theme.apply(application, theme.Scheme.LIGHT)
    path = data.catalog()
    shown = Shown(path)
    try:
        _repaints(report, shown)
        _jumps(report, shown)
        _select_all(report, shown)
        _orders(report, shown, workdir)
        _keystrokes(report, shown, workdir)
    finally:
        shown.close()
    _memory(report)


# -- painting ----------------------------------------------------------------------------------


def repaint_seconds(view: QAbstractItemView) -> float:
    view.viewport().repaint()
    times = []
    for _ in range(PAINTS):
        start = time.perf_counter()
        view.viewport().repaint()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def _repaints(report: Report, shown: Shown) -> None:
    model = QStandardItemModel(ITEM_ROWS, len(COLUMNS))
    icon = QIcon(theme.app_icon().pixmap(24, 24))
    for position in range(ITEM_ROWS):
        row = shown.model.row(position)
        assert row is not None
        for section, column in enumerate(COLUMNS):
            item = QStandardItem()
            if column.name == ICON:
                item.setIcon(icon)
            else:
                item.setText(cell(row[column.at], column.required).text)
            model.setItem(position, section, item)
    view = QTableView()
    view.setModel(model)
    view.verticalHeader().hide()
    view.verticalHeader().setDefaultSectionSize(shown.table.verticalHeader().defaultSectionSize())
    view.setWordWrap(False)
    view.setAlternatingRowColors(True)
    view.resize(*SIZE)
    show_all_columns(view)
    view.show()
    QTest.qWaitForWindowExposed(view)
    limit = repaint_seconds(view)
    value = repaint_seconds(shown.table)
    view.close()
    report(
        "full repaint of 40 rows x 12 columns, s; "
        "limit: QStandardItemModel of 4,096 rows with Qt's own delegate",
        value,
        limit,
        0.6,
    )


class _Constant(Pages):
    """40 rows in memory that stand for all rows: what remains is the view."""

    def __init__(self, rows: list[Row], count: int) -> None:
        self.spec = OrderSpec()
        self.count = count
        self.order = None
        self.positions = {}
        self._constant = rows

    def rows(self, first: int, last: int) -> list[Row]:
        last = min(last, self.count - 1)
        return [self._constant[position % 40] for position in range(first, last + 1)]

    def row(self, position: int) -> Row:
        return self._constant[position % 40]

    def cached(self) -> list[Any]:
        return []

    def forget(self) -> None:
        """There is nothing to read anew."""

    def close(self) -> None:
        """There is nothing to let go of."""


def jump_seconds(table: QAbstractItemView) -> list[float]:
    bar = table.verticalScrollBar()
    chance = random.Random(1)
    places = [chance.randrange(bar.maximum()) for _ in range(JUMPS)]
    times = []
    for place in places:
        start = time.perf_counter()
        bar.setValue(place)
        table.viewport().repaint()
        times.append(time.perf_counter() - start)
    return times


def _jumps(report: Report, shown: Shown) -> None:
    """The median of several worst ones: a worst one alone is the machine's, not the program's."""
    model = shown.model
    real = model._pages
    assert real is not None
    constant = _Constant([row for row in model.rows(0, 39) if row is not None], real.count)
    ours, limit = [], []
    for _ in range(REPEATS):
        gc.collect()
        ours.append(max(jump_seconds(shown.table)))
        model._pages = constant
        gc.collect()
        limit.append(max(jump_seconds(shown.table)))
        model._pages = real
    shown.table.verticalScrollBar().setValue(0)
    report(
        "worst of 300 random scrollbar jumps, s; limit: the same view over 40 constant rows",
        statistics.median(ours),
        statistics.median(limit),
        2.0,
    )


def _select_all(report: Report, shown: Shown) -> None:
    times, repaints = [], []
    for _ in range(PAINTS):
        shown.table.clearSelection()
        repaints.append(_seconds(shown.table.viewport().repaint))
        times.append(_seconds(shown.table.selectAll) + _seconds(shown.table.viewport().repaint))
    shown.table.clearSelection()
    report(
        "select all, painted, s; limit: a full repaint",
        statistics.median(times),
        statistics.median(repaints),
        2.0,
    )


def _seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


# -- order and search --------------------------------------------------------------------------

_BARE = {
    "organization": "o.name COLLATE NOCASE",
    "created_at": "t.created_instant",
    "updated_at": "t.updated_instant",
    **{name: f"t.{name} COLLATE NOCASE" for name in ("name", "type", "creator", "updated_by")},
    "client_id": "t.client_id COLLATE NOCASE",
}


class Bare:
    """SQLite alone, on the same file."""

    def __init__(self, path: Path, workdir: Path) -> None:
        self._scratch = workdir / "bare.db"
        self._connection = apsw.Connection(str(path))
        self._connection.pragma("threads", 2)
        search.register(self._connection)

    def order_seconds(self, key: SortKey) -> float:
        """Seconds to write the order into a file, as fast as SQLite does it."""
        self._scratch.unlink(missing_ok=True)
        direction = "DESC" if key.descending else "ASC"
        join = "LEFT JOIN organization o ON o.id = t.org_id " if "organi" in key.column else ""
        term = _BARE.get(key.column, f"t.{key.column}")
        connection = self._connection
        start = time.perf_counter()
        connection.execute("ATTACH ? AS bare", (str(self._scratch),))
        connection.pragma("journal_mode", "OFF", schema="bare")
        connection.pragma("synchronous", "OFF", schema="bare")
        connection.execute(
            f"CREATE TABLE bare.positions AS SELECT t.pk FROM integration t {join}"
            f"ORDER BY {term} {direction}, t.pk {direction}"
        )
        connection.execute("DETACH bare")
        return time.perf_counter() - start

    def same_seconds(self, words: str) -> float:
        """Seconds to look through all rows with the conditions that the search has."""
        sql, parameters = search.matching(words, None)
        start = time.perf_counter()
        self._connection.execute(f"SELECT count(*) FROM ({sql})", parameters).get  # noqa: B018
        return time.perf_counter() - start

    def like_seconds(self, words: str) -> float:
        """Seconds to look through all rows for the words, whose accents are not passed over."""
        condition = " AND ".join(
            f"(t.name LIKE '%{word}%' OR t.type LIKE '%{word}%' OR t.icon_url LIKE '%{word}%' "
            f"OR t.id LIKE '%{word}%' OR t.org_id IN (SELECT id FROM organization "
            f"WHERE name LIKE '%{word}%' OR id LIKE '%{word}%'))"
            for word in words.split()
        )
        start = time.perf_counter()
        self._connection.execute(f"SELECT count(*) FROM integration t WHERE {condition}").get  # noqa: B018
        return time.perf_counter() - start

    def close(self) -> None:
        self._connection.close()


@contextmanager
def gaps() -> Iterator[list[float]]:
    """Seconds between the turns of an event loop that wants to turn every millisecond."""
    found: list[float] = []
    last = time.perf_counter()

    def turn() -> None:
        nonlocal last
        now = time.perf_counter()
        found.append(now - last)
        last = now

    timer = QTimer(interval=1)
    timer.timeout.connect(turn)
    timer.start()
    yield found
    timer.stop()
    turn()


def _orders(report: Report, shown: Shown, workdir: Path) -> None:
    bare = Bare(shown.catalog.path, workdir)
    figures = {}
    longest = 0.0
    for column in dict.fromkeys(column.sort_column for column in COLUMNS):
        runs = [_there_and_back(shown, bare, column) for _ in range(REPEATS)]
        ours, limit = zip(*runs, strict=True)
        figures[column] = (min(ours), min(limit))  # what else the machine does only adds
        longest = max(longest, _longest_gap(shown, column))
    bare.close()
    worst = max(figures, key=lambda column: figures[column][0] / figures[column][1])
    report(
        f"order by any column, and back, s (the worst: {worst}); limit: bare SQL, the same orders",
        *figures[worst],
        1.3,
    )
    report(
        f"longest absence of the GUI thread meanwhile (median of {REPEATS}), s; limit: 50 ms",
        longest,
        GAP_LIMIT,
        1.0,
    )


def _there_and_back(shown: Shown, bare: Bare, column: str) -> tuple[float, float]:
    away, home = _keys(column)
    shown.ask(OrderSpec(sort=(home,)))
    ours = shown.ask(OrderSpec(sort=(away,))) + shown.ask(OrderSpec(sort=(home,)))
    return ours, bare.order_seconds(away) + bare.order_seconds(home)


def _longest_gap(shown: Shown, column: str) -> float:
    longest = []
    for _ in range(REPEATS):
        with gaps() as found:
            for key in _keys(column):
                shown.ask(OrderSpec(sort=(key,)))
        longest.append(max(found))
    return statistics.median(longest)


def _keys(column: str) -> tuple[SortKey, SortKey]:
    return SortKey(column), SortKey("name", descending=column == "name")


def _keystrokes(report: Report, shown: Shown, workdir: Path) -> None:
    bare = Bare(shown.catalog.path, workdir)
    figures = {}
    for words in WORDS:
        ours, same, like = [], [], []
        for _ in range(REPEATS):
            shown.ask(OrderSpec())
            ours.append(first_rows_seconds(shown, words))
            same.append(bare.same_seconds(words))
            like.append(bare.like_seconds(words))
        figures[words] = (min(ours), min(same), min(like))
    bare.close()
    for limit, place, to_reach in (
        ("bare SQL with the same conditions", 1, 1.3),
        ("bare LIKE, which knows no accents; for information", 2, None),
    ):
        worst = max(WORDS, key=lambda words: figures[words][0] / figures[words][place])
        report(
            f"a keystroke to its first rows painted, s (the worst of {len(WORDS)}: “{worst}”); "
            f"limit: {limit}",
            figures[worst][0],
            figures[worst][place],
            to_reach,
        )


def first_rows_seconds(shown: Shown, words: str) -> float:
    """Seconds from a keystroke until the first rows of a search are painted."""
    start = time.perf_counter()
    with until(shown.model.modelReset):
        shown.model.set_spec(OrderSpec(words))
    shown.table.viewport().repaint()
    seconds = time.perf_counter() - start
    if shown.model.is_loading:
        with until(shown.model.loaded):
            pass
    return seconds


# -- memory ------------------------------------------------------------------------------------


def _memory(report: Report) -> None:
    large, small = (_megabytes(rows, organizations) for rows, organizations in _MEMORY)
    report(
        "memory with 1,000,000 rows beyond that with 1,000, after scrolling, MB; limit: 25 MB",
        large - small,
        25.0,
        1.0,
    )


_MEMORY = ((data.ROWS, data.ORGANIZATIONS), (1000, data.ORGANIZATIONS))


def _megabytes(rows: int, organizations: int) -> float:
    """Resident megabytes of a new process that shows so many rows and has scrolled through them."""
    command = [sys.executable, "-m", "tests.benchmarks.bench_table", str(rows), str(organizations)]
    found = [
        float(subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout)
        for _ in range(3)
    ]
    return statistics.median(found)


def _show_and_scroll(rows: int, organizations: int) -> None:
    application = QApplication([])
    theme.apply(application, theme.Scheme.LIGHT)
    shown = Shown(data.catalog(rows, organizations))
    jump_seconds(shown.table)
    shown.ask(OrderSpec("crm"))
    shown.ask(OrderSpec(sort=(SortKey("type"),)))
    print(_resident_megabytes())
    shown.close()


def _resident_megabytes() -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("the system does not tell how much memory a process has")


def _print(name: str, value: float, limit: float, to_reach: float) -> None:
    print(f"{value:10.5f} {limit:10.5f} {value / limit:6.2f} <= {to_reach}  {name}", flush=True)


if __name__ == "__main__":
    if sys.argv[1:]:
        _show_and_scroll(*map(int, sys.argv[1:3]))
    else:
        with tempfile.TemporaryDirectory() as folder:
            run(_print, Path(folder))
