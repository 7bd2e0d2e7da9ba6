"""The process that loads icons: it comes back, and nothing that was asked of it is lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication
from pytestqt.qtbot import QtBot

from db.addresses import classify
from db.errors import SentenceError
from gui import icon_loader, icon_process
from gui.icon_facts import IconState
from gui.icon_loader import IconLoader
from tests.conftest import ROOT
from tests.icon_server import IconServer

WAIT_MS = 30_000
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="asks /proc")


@pytest.fixture
def server() -> Iterator[IconServer]:
    with IconServer() as running:
        yield running


@pytest.fixture
def loader(qtbot: QtBot, tmp_path: Path) -> Iterator[IconLoader]:
    loader = IconLoader(tmp_path / "icons.db", ["127.0.0.1"])
    yield loader
    loader.stop()


def services(owner: int | None = None) -> list[int]:
    owner = owner or os.getpid()
    children = Path(f"/proc/{owner}/task/{owner}/children").read_text().split()
    return [int(pid) for pid in children if icon_process.SERVICE in command_of(pid)]


def command_of(pid: str) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text()


def workers(service: int) -> list[int]:
    children = Path(f"/proc/{service}/task/{service}/children").read_text().split()
    return [int(pid) for pid in children]


def test_a_process_that_ends_comes_back_and_answers_what_was_asked(
    qtbot: QtBot, loader: IconLoader, server: IconServer, caplog: pytest.LogCaptureFixture
) -> None:
    stalled = [classify(f"{server.url}/stall/{number}") for number in range(6)]
    for address in stalled:
        loader.icon(address, 32)
    qtbot.waitUntil(lambda: sum(server.seen.values()) == 6, timeout=WAIT_MS)
    waits = classify(f"{server.url}/png/red")
    loader.icon(waits, 32)
    body = loader.body(waits.url)
    QCoreApplication.processEvents()
    (service,) = services()
    loader.want([waits.url])
    os.kill(service, signal.SIGKILL)
    qtbot.waitUntil(lambda: loader.icon(waits, 32).pixmap is not None, timeout=WAIT_MS)
    assert services() != [service]
    assert "ended (1)" in caplog.text
    with pytest.raises(SentenceError, match="not kept"):
        body.result(0)
    assert loader.body(waits.url) is not body


def test_a_process_that_cannot_start_is_a_reason_and_is_tried_again_later(
    qtbot: QtBot,
    loader: IconLoader,
    server: IconServer,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    address = classify(f"{server.url}/png/red")
    monkeypatch.setattr(icon_loader, "RETRY_SECONDS", 0.0)
    with monkeypatch.context() as missing:
        missing.setattr(icon_process, "SERVICE", "gui.missing")
        with qtbot.waitSignal(loader.changed, timeout=WAIT_MS):
            loader.icon(address, 32)
    facts = loader.facts(address.url)
    assert facts is not None
    assert facts.state is IconState.BROKEN
    assert "again and again" in str(facts.reason)
    assert "ended (3)" in caplog.text
    qtbot.waitUntil(lambda: loader.icon(address, 32).pixmap is not None, timeout=WAIT_MS)


def test_no_process_is_left_when_the_loader_stops(
    qtbot: QtBot, loader: IconLoader, server: IconServer
) -> None:
    address = classify(f"{server.url}/png/red")
    loader.icon(address, 32)
    qtbot.waitUntil(lambda: loader.icon(address, 32).pixmap is not None, timeout=WAIT_MS)
    (service,) = services()
    drawing = workers(service)
    assert drawing
    loader.stop()
    assert not services()
    qtbot.waitUntil(lambda: not any(map(is_running, drawing)), timeout=WAIT_MS)


def test_ctrl_c_in_a_terminal_is_left_to_the_window(
    qtbot: QtBot, loader: IconLoader, server: IconServer
) -> None:
    loader.icon(classify(f"{server.url}/stall"), 32)
    qtbot.waitUntil(lambda: bool(server.seen), timeout=WAIT_MS)
    (service,) = services()
    os.kill(service, signal.SIGINT)
    loader.icon(classify(f"{server.url}/png/red"), 32)
    qtbot.waitUntil(lambda: server.seen["/png/red"] == 1, timeout=WAIT_MS)
    assert services() == [service]


OWNER = """
import sys
from pathlib import Path
from PySide6.QtWidgets import QApplication
from db.addresses import classify
from gui.icon_loader import IconLoader
app = QApplication([])
loader = IconLoader(Path(sys.argv[1]), ["127.0.0.1"])
address = classify(sys.argv[2])
loader.changed.connect(lambda urls: loader.icon(address, 32).pixmap and print("shown", flush=True))
loader.icon(address, 32)
app.exec()
"""


def test_the_process_ends_with_a_program_that_is_killed(
    qtbot: QtBot, server: IconServer, tmp_path: Path
) -> None:
    command = [sys.executable, "-c", OWNER, str(tmp_path / "icons.db"), f"{server.url}/png/red"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT, text=True) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == "shown\n"
        (service,) = services(owner.pid)
        started = [service, *workers(service)]
        owner.kill()
    qtbot.waitUntil(lambda: not any(map(is_running, started)), timeout=WAIT_MS)


def is_running(pid: int) -> bool:
    """Whether it does; one that nobody waited for has ended all the same."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
