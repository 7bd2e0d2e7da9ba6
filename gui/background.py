"""The bridge from work in the background to the GUI thread.

Background work is a `concurrent.futures.Future` everywhere; `deliver` brings its outcome to the
GUI thread as soon as it is there.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from threading import Thread
from typing import Any, TypeVar

import shiboken6
from PySide6.QtCore import QObject, Qt, Signal

from db.errors import SentenceError

T = TypeVar("T")


class _Courier(QObject):
    """Lives in the GUI thread and runs there what other threads hand it."""

    handed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.handed.connect(self._run, Qt.ConnectionType.QueuedConnection)

    def _run(self, call: Callable[[], None]) -> None:
        call()


_courier: _Courier | None = None


def courier() -> _Courier:
    """The courier of this process; asked for in the GUI thread first."""
    global _courier
    if _courier is None or not shiboken6.isValid(_courier):
        _courier = _Courier()
    return _courier


def run_in_gui(call: Callable[[], None]) -> None:
    """Run `call` in the GUI thread, soon; any thread may ask (after the first `courier`)."""
    courier().handed.emit(call)


def in_thread(job: Callable[[], T], name: str) -> Future[T]:
    """Run one short piece of work that may block on a disk, in a thread that no exit waits for."""
    future: Future[T] = Future()

    def run() -> None:
        try:
            result = job()
        except BaseException as error:  # noqa: BLE001  it is raised where the result is wanted
            future.set_exception(error)
        else:
            future.set_result(result)

    Thread(target=run, name=name, daemon=True).start()
    return future


def deliver(
    owner: QObject,
    future: Future[T],
    on_result: Callable[[T], Any],
    on_error: Callable[[Exception], Any] | None = None,
) -> None:
    """Call `on_result` or `on_error` in the GUI thread when `future` is done.

    Nothing is called when the work was superseded or dropped, or when `owner` is gone by then.
    An error that is not a sentence for a person is a bug: it is raised as well, in the GUI
    thread, where the unhandled-error dialog reports it.
    """
    alive = weakref.ref(owner)
    post = courier().handed

    def arrive() -> None:
        target = alive()
        if target is None or not shiboken6.isValid(target) or future.cancelled():
            return
        error = future.exception()
        if error is None:
            on_result(future.result())
        elif not isinstance(error, CancelledError):
            _fail(error, on_error)

    future.add_done_callback(lambda _: post.emit(arrive))


def _fail(error: BaseException, on_error: Callable[[Exception], Any] | None) -> None:
    if isinstance(error, Exception) and on_error is not None:
        on_error(error)
        if isinstance(error, SentenceError):
            return
    raise error
