"""The program on a real X server, as people start it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from .conftest import ROOT

pytestmark = pytest.mark.skipif(shutil.which("Xvfb") is None, reason="there is no Xvfb here")

# Waits until the screen shows more colours than an empty window would.
WATCHER = """
from PySide6.QtCore import QTimer
from PySide6.QtGui import QGuiApplication, QImage

app = QGuiApplication([])

def look():
    image = app.primaryScreen().grabWindow(0).toImage().convertToFormat(QImage.Format.Format_RGB32)
    if len(set(image.constBits().cast("I"))) > 40:
        app.quit()

timer = QTimer(interval=200)
timer.timeout.connect(look)
timer.start()
QTimer.singleShot(45_000, lambda: app.exit(1))
raise SystemExit(app.exec())
"""


@pytest.fixture
def display() -> Iterator[str]:
    """A virtual screen of 1280 x 800 on a free display."""
    command = ["Xvfb", "-displayfd", "1", "-screen", "0", "1280x800x24", "-nolisten", "tcp"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as server:
        assert server.stdout is not None
        try:
            number = server.stdout.readline().strip()
            assert number, "Xvfb did not start"
            yield f":{number}"
        finally:
            server.terminate()


def test_the_window_paints_on_an_x_server(display: str, tmp_path: Path) -> None:
    environment = {**os.environ, "DISPLAY": display, "QT_QPA_PLATFORM": "xcb"}
    said = tmp_path / "stderr.txt"
    with (
        said.open("w", encoding="utf-8") as stderr,
        subprocess.Popen(
            [sys.executable, "-m", "gui", str(tmp_path / "new catalogue.db")],
            cwd=ROOT,
            env=environment,
            stderr=stderr,
        ) as program,
    ):
        try:
            watcher = subprocess.run(
                [sys.executable, "-c", WATCHER],
                env=environment,
                capture_output=True,
                text=True,
                check=False,
                timeout=60,
            )
            assert program.poll() is None, said.read_text(encoding="utf-8")
            assert watcher.returncode == 0, "nothing was painted\n" + said.read_text("utf-8")
        finally:
            program.terminate()
    assert said.read_text(encoding="utf-8") == ""
