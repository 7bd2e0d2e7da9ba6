"""Errors that nothing handled: shown once, countable, copyable, logged, and survived."""

from __future__ import annotations

import logging
import platform
import sys
import threading
from collections.abc import Iterator

import apsw
import pytest
from PySide6.QtCore import QObject, Qt, QTimer, Signal, qVersion, qWarning
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QCheckBox, QPlainTextEdit, QPushButton
from pytestqt.qtbot import QtBot

from gui import error_dialog, error_reporter
from gui.error_dialog import ErrorDialog
from gui.error_reporter import ErrorReporter
from gui.version import VERSION

pytestmark = pytest.mark.qt_no_exception_capture


@pytest.fixture
def reporter(qtbot: QtBot, caplog: pytest.LogCaptureFixture) -> Iterator[ErrorReporter]:
    reporter = error_reporter.install()
    yield reporter
    reporter.remove()


class Button(QObject):
    pressed = Signal()


def press_a_failing_button(times: int = 1) -> None:
    def fail() -> None:
        raise LookupError("<b>no such thing</b>")

    button = Button()
    button.pressed.connect(fail)
    for _ in range(times):
        button.pressed.emit()


def shown(reporter: ErrorReporter, qtbot: QtBot) -> ErrorDialog:
    qtbot.waitUntil(lambda: reporter.dialog is not None and reporter.dialog.isVisible())
    assert reporter.dialog is not None
    return reporter.dialog


def test_an_error_in_a_slot_is_shown_and_logged_and_the_program_goes_on(
    reporter: ErrorReporter, qtbot: QtBot, caplog: pytest.LogCaptureFixture
) -> None:
    press_a_failing_button()
    dialog = shown(reporter, qtbot)
    text = dialog.findChild(QPlainTextEdit).toPlainText()
    assert "LookupError: <b>no such thing</b>" in text
    assert "in fail" in text
    assert [record.exc_info[0] for record in caplog.records if record.exc_info] == [LookupError]
    ticks: list[int] = []
    QTimer.singleShot(0, lambda: ticks.append(1))
    qtbot.waitUntil(lambda: ticks == [1])


def test_the_report_names_every_version_and_can_be_copied_from_the_keyboard(
    reporter: ErrorReporter, qtbot: QtBot
) -> None:
    press_a_failing_button()
    dialog = shown(reporter, qtbot)
    copy = next(b for b in dialog.findChildren(QPushButton) if b.text() == "C&opy report")
    qtbot.waitUntil(copy.hasFocus)
    qtbot.keyClick(copy, Qt.Key.Key_Space)
    copied = QGuiApplication.clipboard().text()
    assert copied == dialog.report()
    for version in (
        VERSION,
        platform.python_version(),
        qVersion(),
        apsw.sqlite_lib_version(),
        platform.platform(),
    ):
        assert version in copied
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()


def test_many_errors_make_one_dialog_that_counts_them(
    reporter: ErrorReporter, qtbot: QtBot
) -> None:
    press_a_failing_button(times=300)
    dialog = shown(reporter, qtbot)
    text = dialog.findChild(QPlainTextEdit)
    qtbot.waitUntil(lambda: "300 times:" in text.toPlainText())
    assert [w for w in QApplication.topLevelWidgets() if isinstance(w, ErrorDialog)] == [dialog]
    assert dialog.report().count("Traceback") == 1


def test_an_endless_variety_of_errors_does_not_grow_the_report(qtbot: QtBot) -> None:
    dialog = ErrorDialog()
    qtbot.addWidget(dialog)
    for number in range(1000):
        dialog.add(f"ValueError: {number}\n")
    assert dialog.report().count("ValueError") == error_dialog.MOST_SHOWN


def test_an_error_of_a_thread_is_shown(reporter: ErrorReporter, qtbot: QtBot) -> None:
    def fail() -> None:
        raise OSError("the thread's own")

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    assert "OSError: the thread's own" in shown(reporter, qtbot).report()


def test_an_error_can_be_silenced_and_others_still_show(qtbot: QtBot) -> None:
    dialog = ErrorDialog()
    qtbot.addWidget(dialog)
    dialog.add("ValueError: one\n")
    dialog.findChild(QCheckBox).setChecked(True)
    dialog.close()
    dialog.add("ValueError: one\n")
    assert not dialog.isVisible()
    dialog.add("ValueError: two\n")
    assert dialog.isVisible()
    assert "one" not in dialog.report()


def test_a_message_with_a_whole_cell_in_it_is_cut(reporter: ErrorReporter, qtbot: QtBot) -> None:
    try:
        raise ValueError("cell " * 100_000 + "the end")
    except ValueError as error:
        sys.excepthook(type(error), error, error.__traceback__)
    text = shown(reporter, qtbot).report()
    assert len(text) < 30_000
    assert "the end" in text


@pytest.mark.no_qt_log
def test_what_qt_says_is_logged(reporter: ErrorReporter, caplog: pytest.LogCaptureFixture) -> None:
    qWarning("a layout is odd")
    assert ("qt.default", logging.WARNING, "a layout is odd") in caplog.record_tuples


def test_the_hooks_are_given_back(qtbot: QtBot) -> None:
    before = (sys.excepthook, threading.excepthook, sys.unraisablehook)
    reporter = error_reporter.install()
    assert sys.excepthook != before[0]
    reporter.remove()
    assert (sys.excepthook, threading.excepthook, sys.unraisablehook) == before
