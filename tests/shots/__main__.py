"""Render every main screen of the program to PNG, light and dark: `make shots`.

The pictures go to tests/shots/ (or the folder that is named); the README shows some of them. Real
rows with real icons are used where they lie beside the checkout, else the sample catalogue.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).resolve().parent
ICON_HOST = HERE.parents[2] / "shared" / "tools" / "icon_host.py"
MOST_MILLISECONDS = 60_000


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.shots", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=HERE)
    parser.add_argument("--size", default="1280x800", help="of the window and its screen, in px")
    parser.add_argument("--scale", type=float, default=1, help="pixels of the picture to a px")
    options = parser.parse_args()
    folder: Path = options.folder
    width, height = map(int, options.size.split("x"))
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="integration-icons-shots-") as home:
        for name in ("CACHE", "CONFIG", "DATA", "STATE"):
            os.environ[f"XDG_{name}_HOME"] = str(Path(home) / name.lower())
        make_screen(Path(home), width, height, options.scale)
        with served_icons(Path(home)) as rows:
            from PySide6.QtCore import QSize

            from gui.resources import SAMPLE
            from tests.shots.screens import render_all
            from tests.shots.stage import Stage

            render_all(Stage(folder, Path(home), rows or SAMPLE, QSize(width, height), wait_for))
    return 0


def make_screen(home: Path, width: int, height: int, scale: float) -> None:
    """Let Qt show its windows on a screen of this size in px, which needs no display."""
    pixels = {"width": round(width * scale), "height": round(height * scale)}
    screen = {"name": "shots", "x": 0, "y": 0, **pixels}
    dots = {"logicalDpi": 96, "logicalBaseDpi": 96, "dpr": 1}
    file = home / "screen.json"
    file.write_text(json.dumps({"screens": [{**screen, **dots}]}), encoding="utf-8")
    os.environ["QT_SCALE_FACTOR"] = str(scale)
    os.environ["QT_QPA_PLATFORM"] = f"offscreen:configfile={file}"


@contextmanager
def served_icons(home: Path) -> Iterator[Path | None]:
    """A CSV of real rows whose icons a loopback server has; None where there is no such server."""
    if not ICON_HOST.is_file():
        yield None
        return
    rows = home / "real rows.csv"
    command = [sys.executable, str(ICON_HOST), "--port", "0", "--catalog", str(rows)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            if not any(" icons at " in line for line in process.stdout):
                raise RuntimeError("the icon server ended before it listened")
            yield rows
        finally:
            process.terminate()


def wait_for(met: Callable[[], bool]) -> None:
    """Run the event loop until a condition is met.

    Raises:
        TimeoutError: it is not met within a minute.
    """
    from PySide6.QtCore import QEventLoop, QTimer

    loop = QEventLoop()
    poll = QTimer(interval=20)
    poll.timeout.connect(lambda: loop.quit() if met() else None)
    late = QTimer(singleShot=True, interval=MOST_MILLISECONDS)
    late.timeout.connect(loop.quit)
    poll.start()
    late.start()
    loop.exec()
    if not met():
        raise TimeoutError("a screen was not ready within a minute")


if __name__ == "__main__":
    sys.exit(main())
