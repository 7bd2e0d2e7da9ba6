"""The program's side of the icon figures: the real window in a process of its own.

`python -m tests.benchmarks.bench_icons_window JOB` with a JSON object: the catalogue to open, what
to do there, and how. Prints a JSON object as the last line.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import apsw
from PySide6.QtCore import QEventLoop, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QImage, QPixmap

from db.addresses import Address, classify
from gui import application
from gui.__main__ import SWITCH_SECONDS
from gui.columns import ICON, PLACE
from gui.icon_facts import IconState, IconView
from gui.icon_loader import IconLoader
from gui.table_painter import ICON_SIZE
from gui.table_view import IntegrationTable
from tests.benchmarks.bench_icons_gaps import Watch

ROOT: Final = Path(__file__).resolve().parents[2]
SIZE: Final = (1600, 1300)
PAGE_MS: Final = 40
"""Between two pages once all rows were passed: below the pause after which requests are dropped."""
SETTLE_MS: Final = 1000
"""For what a window does once, when it is ready."""
STALL_MS: Final = 30_000
"""Without an icon, after which something hangs."""


def in_a_process(home: Path, **job: object) -> dict[str, Any]:
    """Do a job in a new process whose user folders are below `home`."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "QT_QPA_PLATFORM": "offscreen"}
    for name in ("CACHE", "CONFIG", "DATA", "STATE"):
        environment[f"XDG_{name}_HOME"] = str(home / name.lower())
    environment["QT_SCALE_FACTOR"] = str(job.pop("scale", 1))
    done = subprocess.run(
        [sys.executable, "-m", __name__, json.dumps(job)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(f"the window ended with {done.returncode}: {done.stderr}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


class Window:
    """The window over a catalogue, its icon column hidden, so that no icon was asked for yet."""

    def __init__(self, catalog: str) -> None:
        sys.setswitchinterval(SWITCH_SECONDS)
        self._app = application.make_application()
        self._window = application.make_window(["127.0.0.1"])
        self._window.resize(*SIZE)
        loop = QEventLoop()
        self._window.painted.connect(lambda: self.table.setColumnHidden(PLACE[ICON], True))
        application.spare_collecting(self._window)
        self._window.ready.connect(loop.quit)
        self._window.files.open_first(Path(catalog))
        self._window.show()
        loop.exec()
        QTimer.singleShot(SETTLE_MS, loop.quit)
        loop.exec()

    @property
    def table(self) -> IntegrationTable:
        assert self._window.workspace is not None
        return self._window.workspace.table

    @property
    def loader(self) -> IconLoader:
        assert self._window.loader is not None
        return self._window.loader

    def addresses(self) -> list[Address]:
        """Of all rows, in their order."""
        model = self.table.model()
        return [
            classify(model.index(row, PLACE["icon_url"]).data(), ())
            for row in range(model.rowCount())
        ]

    def close(self) -> None:
        self._window.close()
        while self._window.isVisible():
            self._app.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)


class Scroll(QObject):
    """Scrolls through the table by pages until every icon is there.

    The first time as quickly as pages are painted, then from the top again and again.

    Attributes:
        broken: how many addresses came to another end than a picture.
    """

    finished = Signal()

    def __init__(self, table: IntegrationTable, icons: Any, left: set[str]) -> None:
        super().__init__()
        self.broken = 0
        self._table = table
        self._icons = icons
        self._left = left
        self._bar = table.verticalScrollBar()
        self._page = QTimer(self)
        self._page.setTimerType(Qt.TimerType.PreciseTimer)
        self._page.timeout.connect(self._turn)
        self._stall = QTimer(self, singleShot=True, interval=STALL_MS)
        icons.changed.connect(self._changed)

    def run(self) -> float:
        """Seconds from the moment when the column is shown."""
        loop = QEventLoop()
        self.finished.connect(loop.quit, Qt.ConnectionType.QueuedConnection)
        self._changed(frozenset(self._left))  # the details may show the first one already
        self._stall.timeout.connect(loop.quit)
        self._stall.start()
        start = time.perf_counter()
        self._table.setColumnHidden(PLACE[ICON], False)
        self._page.start(0)
        loop.exec()
        if self._left:
            self._page.stop()
            raise TimeoutError(f"{len(self._left)} icons did not come: {sorted(self._left)[:3]}")
        return time.perf_counter() - start

    def _turn(self) -> None:
        if self._bar.value() < self._bar.maximum():
            self._bar.setValue(self._bar.value() + self._bar.pageStep())
        else:
            self._bar.setValue(0)
            self._page.setInterval(PAGE_MS)
        self._table.viewport().repaint()

    def _changed(self, urls: frozenset[str]) -> None:
        for url in urls & self._left:
            facts = self._icons.facts(url)
            if facts is None:
                continue
            self._left.discard(url)
            self._stall.start()
            self.broken += facts.state is not IconState.READY
        if not self._left:
            self._page.stop()
            self.finished.emit()


class BareIcons(QObject):
    """Reads a picture from SQLite and makes the pixmap whenever a cell asks: the limit."""

    changed = Signal(object)

    def __init__(self, path: str, all_urls: set[str]) -> None:
        super().__init__()
        self._connection = apsw.Connection(path, flags=apsw.SQLITE_OPEN_READONLY)
        self._views: dict[str, IconView] = {}
        self._count = len(all_urls)

    def icon(self, address: Address, size: int, ratio: float = 1.0) -> IconView:
        view = self._views.get(address.url)
        if view is None:
            view = self._views[address.url] = IconView(IconState.READY, self._read(address.url))
            if len(self._views) == self._count:
                self.changed.emit(frozenset(self._views))
        return view

    def _read(self, url: str) -> QPixmap:
        pixels = self._connection.execute("SELECT pixels FROM blob WHERE url = ?", (url,)).get
        edge = round((len(pixels) // 4) ** 0.5)
        form = QImage.Format.Format_ARGB32_Premultiplied
        return QPixmap.fromImage(QImage(pixels, edge, edge, edge * 4, form).copy())

    def facts(self, url: str) -> IconView | None:
        return self._views.get(url)

    def want(self, urls_visible: Any) -> None:
        """Nothing is dropped."""


# -- jobs ------------------------------------------------------------------------------------------


def stream(window: Window, job: dict[str, Any]) -> dict[str, Any]:
    """Show every icon; with "blobs", keep the pixels of all in that file afterwards."""
    addresses = window.addresses()
    urls = {address.url for address in addresses}
    scroll = Scroll(window.table, window.loader, set(urls))
    used, before = os.times(), resident_megabytes()
    service_before = resident_megabytes(window.loader.pid)
    watch = Watch() if job.get("watch") else None
    cpu = time.thread_time()
    seconds = scroll.run()
    found: dict[str, Any] = {"seconds": seconds, "broken": scroll.broken}
    if watch is not None:
        found["gaps"] = watch.stop()
    spent = os.times()
    found["gui_cpu"] = time.thread_time() - cpu
    found["process_cpu"] = spent.user + spent.system - used.user - used.system
    found["rss_before_mb"] = before
    found["rss_mb"] = resident_megabytes()
    found["service_before_mb"] = service_before
    found["service_mb"] = resident_megabytes(window.loader.pid)
    if "blobs" in job:
        _keep_pixels(window.loader, addresses, job["blobs"])
    return found


def _keep_pixels(loader: IconLoader, addresses: list[Address], path: str) -> None:
    connection = apsw.Connection(path)
    with connection:
        connection.execute("CREATE TABLE blob(url TEXT PRIMARY KEY, pixels BLOB) WITHOUT ROWID")
        for address in addresses:
            pixmap = loader.icon(address, ICON_SIZE).pixmap
            if pixmap is not None:
                pixels = bytes(pixmap.toImage().constBits())
                connection.execute("REPLACE INTO blob VALUES (?, ?)", (address.url, pixels))
    connection.close()


def bare(window: Window, job: dict[str, Any]) -> dict[str, Any]:
    """The same rows, scrolled through in the same way, with pictures straight from SQLite."""
    urls = {address.url for address in window.addresses()}
    icons = BareIcons(job["blobs"], urls)
    window.table.set_loader(icons)
    scroll = Scroll(window.table, icons, set(urls))
    return {"seconds": scroll.run()}


def hostile(window: Window, job: dict[str, Any]) -> dict[str, Any]:
    """Seconds until a good picture is shown, by the bad one that lay before it with each worker."""
    loader, loop = window.loader, QEventLoop()
    workers = os.cpu_count() or 1
    seconds, good = {}, ""

    def check(urls: frozenset[str]) -> None:
        if good in urls and loader.facts(good) is not None:
            loop.quit()

    loader.changed.connect(check)
    for number, bad in enumerate(job["bad"]):
        good = f"{job['good']}?{number}"
        before = [f"{bad}?{worker}" for worker in range(workers)]
        start = time.perf_counter()
        for url in (*before, good):
            loader.icon(classify(url, ()), ICON_SIZE)
        loop.exec()
        seconds[bad] = time.perf_counter() - start
    return {"seconds": seconds}


def resident_megabytes(pid: int | str = "self") -> float:
    """What a process has in memory; `pid` is this one unless another is named."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("the system does not tell how much memory a process has")


JOBS: Final[dict[str, Callable[[Window, dict[str, Any]], dict[str, Any]]]] = {
    "stream": stream,
    "bare": bare,
    "hostile": hostile,
}

if __name__ == "__main__":
    asked = json.loads(sys.argv[1])
    shown = Window(asked["catalog"])
    result = JOBS[asked["do"]](shown, asked)
    shown.close()
    print(json.dumps(result))
