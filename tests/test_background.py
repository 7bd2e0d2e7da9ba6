from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from db.errors import Invalid
from gui.background import courier, deliver, run_in_gui


def test_results_arrive_in_the_gui_thread(qtbot: QtBot) -> None:
    owner = QObject()
    seen: list[tuple[int, bool]] = []
    with ThreadPoolExecutor(1) as pool:
        deliver(
            owner,
            pool.submit(lambda: 42),
            lambda answer: seen.append(
                (answer, threading.current_thread() is threading.main_thread())
            ),
        )
        qtbot.waitUntil(lambda: bool(seen))
    assert seen == [(42, True)]


def test_errors_with_a_sentence_go_to_on_error_only(qtbot: QtBot) -> None:
    owner = QObject()
    errors: list[str] = []
    future: Future[int] = Future()
    deliver(
        owner, future, lambda _: errors.append("result"), lambda error: errors.append(str(error))
    )
    future.set_exception(Invalid("The {thing} is wrong.", thing="name"))
    qtbot.waitUntil(lambda: bool(errors))
    assert errors == ["The name is wrong."]


def test_bugs_are_raised_in_the_gui_thread_too(qtbot: QtBot) -> None:
    owner = QObject()
    errors: list[str] = []
    future: Future[int] = Future()
    deliver(owner, future, lambda _: None, lambda error: errors.append(str(error)))
    with qtbot.captureExceptions() as raised:
        future.set_exception(ZeroDivisionError("a bug"))
        qtbot.waitUntil(lambda: bool(errors) and bool(raised))
    assert raised[0][0] is ZeroDivisionError


@pytest.mark.parametrize("how", ["cancelled", "owner gone"])
def test_nothing_arrives_for_what_is_not_wanted_any_more(qtbot: QtBot, how: str) -> None:
    owner: QObject | None = QObject()
    seen: list[object] = []
    future: Future[int] = Future()
    assert owner is not None
    deliver(owner, future, seen.append, seen.append)
    if how == "cancelled":
        future.cancel()
    else:
        owner = None
        future.set_result(1)
    done: list[bool] = []
    run_in_gui(lambda: done.append(True))
    qtbot.waitUntil(lambda: bool(done))
    assert seen == []


def test_any_thread_may_hand_over_a_call(qtbot: QtBot) -> None:
    courier()
    seen: list[threading.Thread] = []
    thread = threading.Thread(
        target=lambda: run_in_gui(lambda: seen.append(threading.current_thread()))
    )
    thread.start()
    qtbot.waitUntil(lambda: bool(seen))
    thread.join()
    assert seen == [threading.main_thread()]
