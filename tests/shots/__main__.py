"""Render every main screen of the program to PNG, light and dark: `make shots`.

The pictures go to tests/shots/ (or the folder that is named); the README shows some of them. Real
rows with real icons are used where they lie beside the checkout, else the sample catalogue.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

HERE = Path(__file__).resolve().parent
ICON_HOST = HERE.parents[2] / "shared" / "tools" / "icon_host.py"
MOST_MILLISECONDS = 60_000


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.shots", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=HERE)
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="integration-icons-shots-") as home:
        for name in ("CACHE", "CONFIG", "DATA", "STATE"):
            os.environ[f"XDG_{name}_HOME"] = str(Path(home) / name.lower())
        with served_icons(Path(home)) as rows:
            from tests.shots.screens import Screens

            Screens(folder, Path(home), rows, wait_for).render_all()
    return 0


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
