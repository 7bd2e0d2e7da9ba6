"""From process start to the first rows painted."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tests.benchmarks import data

Report = Callable[[str, float, float, float | None], None]

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
    """Report the start-up figure; the programs are started in turn.

    What `make` does to PySide6 (see CONTRIBUTING.md, "The first rows come first") makes any program
    start quicker. So there are two limits: an empty window on PySide6 as pip installs it, which is
    what there was before, and one with that done.
    """
    catalog = data.catalog()
    as_pip_has_it = _as_pip_installs_it(workdir / "pip")
    ours, empty_pip, empty = [], [], []
    for number in range(RUNS + 1):
        times = (
            _seconds(OURS, [str(catalog)], workdir),
            _seconds(EMPTY, [], workdir, as_pip_has_it),
            _seconds(EMPTY, [], workdir),
        )
        if number:  # the first of each warms the disk's cache
            for seconds, of in zip(times, (ours, empty_pip, empty), strict=True):
                of.append(seconds)
    for limit, of, most in (
        ("an empty QMainWindow process, PySide6 as pip installs it", empty_pip, 1.5),
        ("the same, PySide6 as make installs it; for information", empty, None),
    ):
        report(
            f"process start to first rows painted, s; limit: {limit}",
            statistics.median(ours),
            statistics.median(of),
            most,
        )


def _as_pip_installs_it(folder: Path) -> Path:
    """A folder for PYTHONPATH whose PySide6 has its Python files embedded."""
    import PySide6
    import shiboken6

    folder.mkdir()
    source = Path(shiboken6.__file__).parent
    leave_out = shutil.ignore_patterns("files.dir")
    shutil.copytree(source, folder / "shiboken6", ignore=leave_out)
    (folder / "PySide6").symlink_to(Path(PySide6.__file__).parent)
    return folder


def _seconds(program: str, arguments: list[str], home: Path, *paths: Path) -> float:
    path = os.pathsep.join(map(str, [*paths, ROOT]))
    environment = {**os.environ, "PYTHONPATH": path, "QT_QPA_PLATFORM": "offscreen"}
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
