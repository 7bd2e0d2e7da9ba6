"""What every test runs in: no display, no user folders but its own, nothing left behind.

A warning fails the test (see pyproject.toml), and so do a logged warning that the test does not ask
`caplog` for, a thread that goes on running and a window that stays.
"""

from __future__ import annotations

import gc
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import settings

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QCoreApplication, QEvent, QSettings, Qt, QThreadPool
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"
XDG_FOLDERS = ("CACHE", "CONFIG", "DATA", "STATE")
SECONDS_TO_END = 5.0

settings.register_profile("integration-icons", deadline=None)
settings.load_profile("integration-icons")


@pytest.fixture(autouse=True)
def no_key_is_held() -> None:
    """Qt remembers Ctrl or Shift from the last key of an earlier test, and views add to a selection
    then instead of making a new one."""
    if QApplication.instance() is not None:
        QTest.keyRelease(QWidget(), Qt.Key.Key_Shift)


@pytest.fixture(autouse=True)
def user_folders(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """User folders of this test alone, for this process and the ones it starts."""
    home = tmp_path_factory.mktemp("home")
    for name in XDG_FOLDERS:
        monkeypatch.setenv(f"XDG_{name}_HOME", str(home / name.lower()))
    for form in (QSettings.Format.NativeFormat, QSettings.Format.IniFormat):
        QSettings.setPath(form, QSettings.Scope.UserScope, str(home / "config"))
    return home


class _Warnings(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(f"{record.levelname} {record.name}: {record.getMessage()}")


@pytest.fixture(autouse=True)
def no_unexpected_log(request: pytest.FixtureRequest) -> Iterator[None]:
    """A warning or error in the log fails the test, unless it uses `caplog` and so looks itself."""
    handler = _Warnings()
    logging.getLogger().addHandler(handler)
    yield
    logging.getLogger().removeHandler(handler)
    if handler.texts and "caplog" not in request.fixturenames:
        pytest.fail("Logged, and not expected with caplog:\n" + "\n".join(handler.texts))


@pytest.fixture(autouse=True)
def nothing_left_behind(user_folders: Path) -> Iterator[None]:
    """A thread that goes on running, or a window that stays, fails the test."""
    threads = set(threading.enumerate())
    windows = set(_windows())
    yield
    _delete_what_waits_for_it()
    if _windows() - windows:
        gc.collect()
        _delete_what_waits_for_it()
    left = [repr(window) for window in _windows() - windows]
    QThreadPool.globalInstance().waitForDone(round(SECONDS_TO_END * 1000))
    for thread in set(threading.enumerate()) - threads:
        if isinstance(thread, threading._DummyThread):  # a QThread that logged; it cannot be joined
            continue
        thread.join(SECONDS_TO_END)
        if thread.is_alive():
            left.append(repr(thread))
    if left:
        pytest.fail("Left behind: " + ", ".join(left))


def _windows() -> set[QWidget]:
    if QApplication.instance() is None:
        return set()
    return {widget for widget in QApplication.topLevelWidgets() if widget.parent() is None}


def _delete_what_waits_for_it() -> None:
    if QApplication.instance() is not None:
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real catalogues and icons beside the checkout; skips where it is absent."""
    if not SHARED.is_dir():
        pytest.skip(f"the real data is not beside the checkout ({SHARED.name}/)")
    return SHARED


class IconHost(NamedTuple):
    """A running server of real icons on loopback."""

    url: str
    catalog: Path
    """CSV of real rows whose icons it serves."""


@pytest.fixture
def icon_host(shared: Path, tmp_path: Path) -> Iterator[IconHost]:
    """Real icons on a free port of 127.0.0.1, from a process of their own."""
    catalog = tmp_path / "icon_host.csv"
    script = shared / "tools" / "icon_host.py"
    process = subprocess.Popen(
        [sys.executable, script, "--port", "0", "--catalog", catalog],
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        try:
            # "N rows in FILE", then "N icons at URL" once it listens.
            url = next((line for line in process.stdout if " icons at " in line), "")
            assert url, "the icon server ended before it listened"
            yield IconHost(url.split()[-1], catalog)
        finally:
            process.terminate()
