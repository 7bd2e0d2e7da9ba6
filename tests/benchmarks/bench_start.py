"""From process start to the first rows painted."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tests.benchmarks import data

Report = Callable[[str, float, float, float], None]

ROOT = Path(__file__).resolve().parents[2]
RUNS = 7

EMPTY = """
import sys
from PySide6.QtWidgets import QApplication, QMainWindow
class Window(QMainWindow):
    def paintEvent(self, event):
        super().paintEvent(event)
        print("painted", flush=True)
app = QApplication(sys.argv[:1])
window = Window()
window.resize(1280, 800)
window.show()
app.exec()
"""

OURS = """
import sys
from gui import __main__ as program, startup

check_qt = startup.check_qt

def check_and_watch():
    check_qt()
    from PySide6.QtWidgets import QApplication
    run = QApplication.exec
    def run_watched(*arguments):
        watch()
        return run()
    QApplication.exec = run_watched

def watch():
    from gui.table_view import IntegrationTable
    paint = IntegrationTable.paintEvent
    def painted(self, event):
        paint(self, event)
        if self.model().rowCount():
            print("painted", flush=True)
    IntegrationTable.paintEvent = painted

startup.check_qt = check_and_watch
sys.exit(program.main(sys.argv[1:]))
"""


def run(report: Report, workdir: Path) -> None:
    """Report the start-up figure; the two programs are started in turn."""
    catalog = data.catalog()
    ours, empty = [], []
    for number in range(RUNS + 1):
        times = _seconds(EMPTY, [], workdir), _seconds(OURS, [str(catalog)], workdir)
        if number:  # the first of each warms the disk's cache
            empty.append(times[0])
            ours.append(times[1])
    report(
        "process start to first rows painted, s; limit: an empty QMainWindow process",
        statistics.median(ours),
        statistics.median(empty),
        1.5,
    )


def _seconds(program: str, arguments: list[str], home: Path) -> float:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "QT_QPA_PLATFORM": "offscreen"}
    # As any installation has them, the modules are compiled: the first run of each does it.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    for name in ("CACHE", "CONFIG", "DATA", "STATE"):
        environment[f"XDG_{name}_HOME"] = str(home / name.lower())
    start = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        stdout=subprocess.PIPE,
        env=environment,
        text=True,
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        seconds = time.perf_counter() - start
        process.kill()
    if "painted" not in line:
        raise RuntimeError(f"the program ended before it painted: {line!r}")
    return seconds
