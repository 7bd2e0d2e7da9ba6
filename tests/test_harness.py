"""The harness itself: what it is there to catch fails a test, and what is in order does not."""

from __future__ import annotations

import re
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings, QStandardPaths

from .conftest import ROOT, IconHost

HEADER = """
import logging, threading, warnings
import pytest
from PySide6.QtCore import qWarning
from PySide6.QtWidgets import QWidget

kept = []
"""

FAULTS = {
    "log": ("logging.getLogger('db').warning('odd')", "WARNING db: odd"),
    "warning": ("warnings.warn('old way')", "UserWarning: old way"),
    "qt_message": ("qWarning('odd layout')", "QtWarningMsg: odd layout"),
    "window": ("kept.append(QWidget())", "Left behind: <PySide6.QtWidgets.QWidget"),
    "thread": (
        "threading.Thread(target=threading.Event().wait, daemon=True).start()",
        "Left behind: <Thread",
    ),
    "error_in_thread": (
        "t = threading.Thread(target=lambda: 1 / 0); t.start(); t.join()",
        "ZeroDivisionError",
    ),
}
FINE = {
    "log_that_is_expected": ("caplog", "logging.getLogger('db').warning('odd')"),
    "widget": ("qtbot", "qtbot.addWidget(QWidget())"),
    "thread_that_ends": ("qtbot", "t = threading.Thread(target=print); t.start(); t.join()"),
}


@pytest.fixture(scope="module")
def inner(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What pytest says about `FAULTS` and `FINE` under this project's harness."""
    folder = tmp_path_factory.mktemp("inner")
    tests = [(name, "qtbot", body) for name, (body, _) in FAULTS.items()]
    tests += [(f"fine_{name}", fixture, body) for name, (fixture, body) in FINE.items()]
    (folder / "test_inner.py").write_text(
        HEADER + "\n".join(f"def test_{n}({f}):\n    {body}" for n, f, body in tests), "utf-8"
    )
    (folder / "conftest.py").write_text(
        "from tests import conftest\nfrom tests.conftest import *\nconftest.SECONDS_TO_END = 0.1\n",
        "utf-8",
    )
    options = ["-rA", "-p", "no:cacheprovider", "-c", ROOT / "pyproject.toml", "--rootdir", folder]
    return subprocess.run(
        [sys.executable, "-m", "pytest", *options, folder / "test_inner.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    ).stdout


@pytest.mark.parametrize("fault", FAULTS)
def test_it_catches(fault: str, inner: str) -> None:
    assert FAULTS[fault][1] in inner
    assert re.search(rf"^(FAILED|ERROR) .*::test_{fault}\b", inner, re.MULTILINE)


@pytest.mark.parametrize("fine", FINE)
def test_it_lets_pass(fine: str, inner: str) -> None:
    assert re.search(rf"^PASSED .*::test_fine_{fine}\b", inner, re.MULTILINE)
    assert not re.search(rf"^(FAILED|ERROR) .*::test_fine_{fine}\b", inner, re.MULTILINE)


def test_settings_and_folders_are_the_tests_own(user_folders: Path) -> None:
    assert Path(QSettings("integration-icons", "x").fileName()).is_relative_to(user_folders)
    location = QStandardPaths.StandardLocation.GenericDataLocation
    assert Path(QStandardPaths.writableLocation(location)).is_relative_to(user_folders)


def test_the_icon_host_serves_what_its_catalogue_names(icon_host: IconHost) -> None:
    rows = icon_host.catalog.read_text(encoding="utf-8")
    assert f"{icon_host.url}/" in rows
    with urllib.request.urlopen(f"{icon_host.url}/stats") as answer:
        assert answer.status == 200
