from __future__ import annotations

from PySide6.QtWidgets import QLabel, QProgressBar, QToolButton
from pytestqt.qtbot import QtBot

from gui.status_bar import StatusBar
from gui.text import number


def texts(bar: StatusBar) -> list[str]:
    return [label.text() for label in bar.findChildren(QLabel) if label.text()]


def test_counts_say_how_many_of_how_many(qtbot: QtBot) -> None:
    bar = StatusBar()
    qtbot.addWidget(bar)
    bar.show_counts(1, 1)
    assert texts(bar) == ["1 integration"]
    bar.show_counts(1234, 1234)
    assert texts(bar) == [f"{number(1234)} integrations"]
    bar.show_counts(3, 19139)
    bar.show_selected(2)
    bar.show_read_only(True)
    bar.show_offline(True)
    assert texts(bar) == ["Offline · Read-only", "2 selected", f"3 of {number(19139)} integrations"]
    bar.show_selected(1)
    bar.show_read_only(False)
    bar.show_offline(False)
    assert texts(bar) == [f"3 of {number(19139)} integrations"]


def test_long_work_shows_progress_and_can_be_cancelled(qtbot: QtBot) -> None:
    bar = StatusBar()
    qtbot.addWidget(bar)
    bar.show()
    progress = bar.findChild(QProgressBar)
    cancel = next(b for b in bar.findChildren(QToolButton) if b.toolTip() == "Cancel")
    cancelled: list[bool] = []
    work = bar.begin("Deleting…", lambda: cancelled.append(True))
    assert progress is not None
    assert not progress.isVisible()  # short work shows nothing
    qtbot.waitUntil(progress.isVisible)
    assert "Deleting…" in texts(bar)
    assert (progress.minimum(), progress.maximum()) == (0, 0)  # nobody knows how far it is
    bar.advance(work, 3_000_000_000, 4_000_000_000)
    assert progress.value() == 0.75 * progress.maximum()
    cancel.click()
    assert cancelled == [True]
    bar.end(work)
    bar.advance(work, 4, 4)
    assert not progress.isVisible()
    assert not cancel.isVisible()


def test_what_runs_is_shown_and_cancelled_before_what_waits(qtbot: QtBot) -> None:
    bar = StatusBar()
    qtbot.addWidget(bar)
    bar.show()
    cancelled: list[str] = []
    running = bar.begin("Running", lambda: cancelled.append("running"))
    waiting = bar.begin("W" * 300, lambda: cancelled.append("waiting"))
    qtbot.waitUntil(lambda: "Running" in texts(bar))
    cancel = next(b for b in bar.findChildren(QToolButton) if b.toolTip() == "Cancel")
    cancel.click()
    assert cancelled == ["running"]
    bar.end(running)
    assert bar.is_busy
    cancel.click()
    assert cancelled == ["running", "waiting"]
    assert max(map(len, texts(bar))) < 100  # a long label does not widen the window
    with qtbot.waitSignal(bar.idle):
        bar.end(waiting)
    assert not bar.is_busy


def test_icons_are_told_when_they_take_long_and_hold_up_nobody(qtbot: QtBot) -> None:
    bar = StatusBar()
    qtbot.addWidget(bar)
    bar.show()
    progress = bar.findChild(QProgressBar)
    assert progress is not None
    cancel = next(b for b in bar.findChildren(QToolButton) if b.toolTip() == "Cancel")
    stopped: list[bool] = []

    def waiting(count: int) -> None:
        bar.show_icons_waiting(count, lambda: stopped.append(True))

    waiting(40)
    assert not progress.isVisible()
    qtbot.waitUntil(progress.isVisible)
    assert "Icons: 40 to load" in texts(bar)
    waiting(10)
    assert "Icons: 10 to load" in texts(bar)
    assert progress.value() == progress.maximum() * 3 // 4
    assert not bar.is_busy
    writing = bar.begin("Writing", None)
    assert "Writing" in texts(bar)
    assert not cancel.isVisible()
    bar.end(writing)
    assert "Icons: 10 to load" in texts(bar)
    cancel.click()
    assert stopped == [True]
    waiting(0)
    assert not progress.isVisible()
