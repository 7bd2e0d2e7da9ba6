"""The log file, its size, its level, and what happens when it cannot be written."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gui import logs


@pytest.fixture
def started() -> Iterator[None]:
    logs.start()
    yield
    logs.stop()


@pytest.mark.usefixtures("started")
def test_the_log_lies_in_the_users_state_folder(user_folders: Path) -> None:
    logging.getLogger("db.catalog").info("opened %s", "Ünïcode \ud800")
    assert logs.file().is_relative_to(user_folders)
    line = logs.file().read_text(encoding="utf-8")
    assert "INFO" in line
    assert r"db.catalog: opened Ünïcode \ud800" in line


@pytest.mark.usefixtures("started")
def test_the_log_does_not_grow_for_ever() -> None:
    log = logging.getLogger("noise")
    for _ in range(60):
        log.info("x" * 100_000)
    sizes = [path.stat().st_size for path in logs.folder().glob("integration-icons.log*")]
    assert len(sizes) == 4
    assert sum(sizes) < 5_000_000


def test_the_environment_sets_the_level(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(logs.LEVEL_VARIABLE, "debug")
    logs.start()
    logging.getLogger("fine").debug("a detail")
    logs.stop()
    assert "a detail" in logs.file().read_text(encoding="utf-8")


def test_an_unknown_level_is_named(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv(logs.LEVEL_VARIABLE, "loud")
    logs.start()
    logs.stop()
    assert "LOUD is no level" in caplog.text


def test_a_log_that_cannot_be_written_stops_nothing(
    user_folders: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (user_folders / "state").write_text("a file where the folder should be", encoding="utf-8")
    logs.start()
    logs.stop()
    assert "There is no log file" in caplog.text


def test_a_crash_leaves_a_traceback_beside_the_log() -> None:
    code = "from gui import logs; logs.start(); import ctypes; ctypes.string_at(0)"
    crashed = subprocess.run([sys.executable, "-c", code], check=False)
    assert crashed.returncode < 0
    assert "Segmentation fault" in (logs.folder() / "crashes.log").read_text(encoding="utf-8")


def test_stopping_leaves_no_handler_behind() -> None:
    before = list(logging.getLogger().handlers)
    logs.start()
    assert len(logging.getLogger().handlers) == len(before) + 2
    logs.start()
    assert len(logging.getLogger().handlers) == len(before) + 2
    logs.stop()
    assert logging.getLogger().handlers == before


@pytest.mark.usefixtures("caplog")
def test_what_is_logged_before_the_file_is_open_waits_for_it() -> None:
    logs.start(files=False)
    logging.getLogger("early").warning("before")
    assert not logs.file().exists()
    logs.start_files()
    logging.getLogger("early").info("after")
    logs.stop()
    lines = logs.file().read_text(encoding="utf-8").splitlines()
    assert [line.rsplit(" ", 1)[-1] for line in lines] == ["before", "after"]


@pytest.mark.usefixtures("caplog")
@pytest.mark.parametrize("level", [logging.ERROR, logging.WARNING])
def test_an_early_end_loses_no_record(level: int) -> None:
    logs.start(files=False)
    logging.getLogger("early").log(level, "before")
    assert logs.file().exists() == (level == logging.ERROR)  # an error may be the last word
    logs.stop()
    assert "before" in logs.file().read_text(encoding="utf-8")
