"""Jobs on a thread of their own, one after another; each can tell its progress and be cancelled."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, TypeVar
from weakref import WeakSet

from db.errors import Cancelled

if TYPE_CHECKING:
    import apsw

T = TypeVar("T")
ProgressListener = Callable[["Future[Any]", int, int], None]

_STEPS_BETWEEN_LOOKS: Final = 1_000_000
"""Of SQLite's virtual machine; some 20 ms."""


class Work:
    """A thread for jobs that write.

    Args:
        name: of the thread.
        progressed: these listeners are told, on the thread, how far a future's work has come:
            done, and in all, in the same unit.

    Attributes:
        cancelled: set when the job that runs was cancelled.
    """

    def __init__(self, name: str, progressed: Sequence[ProgressListener]) -> None:
        self.cancelled = threading.Event()
        self._progressed = progressed
        self._executor = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._lock = threading.Lock()
        self._interruptible: apsw.Connection | None = None
        self._running: Future[Any] | None = None
        self._unwanted: WeakSet[Future[Any]] = WeakSet()
        self._told_percent = -1

    def submit(self, job: Callable[[], T]) -> Future[T]:
        """Do `job` after those that wait; the future can be given to `cancel`."""
        with self._lock:  # `_run` waits until the list holds its own future
            its_own: list[Future[T]] = []
            its_own.append(self._executor.submit(self._run, job, its_own))
        return its_own[0]

    def cancel(self, future: Future[Any]) -> None:
        """Cancel one job, if it is one of these; its future raises `Cancelled` unless it is done.

        One that waits is not begun.
        """
        with self._lock:
            self._unwanted.add(future)
            if self._running is future:
                self.cancelled.set()
                if self._interruptible is not None:
                    self._interruptible.interrupt()

    def finish(self) -> None:
        """Wait for the jobs that are there; there can be no others."""
        self._executor.shutdown(wait=True)

    def check_cancelled(self) -> None:
        """Raise `Cancelled` if the job that runs was cancelled."""
        if self.cancelled.is_set():
            raise Cancelled

    def tell(self, done: int, total: int) -> None:
        """Tell how far the job is that runs, at most a hundred times.

        Raises:
            Cancelled: it was cancelled.
        """
        self.check_cancelled()
        percent = done * 100 // total if total else 100
        if self._running is not None and percent != self._told_percent:
            self._told_percent = percent
            for listener in self._progressed:
                listener(self._running, done, total)

    @contextmanager
    def interruptible(self, connection: apsw.Connection) -> Iterator[Callable[[], None]]:
        """Let `cancel` interrupt what runs on `connection`.

        Gives a function after which the job cannot be cancelled any more; it raises `Cancelled`
        if it was before.
        """
        with self._lock:
            self._interruptible = connection
        # SQLite forgets an interrupt that comes between two statements.
        connection.set_progress_handler(self.cancelled.is_set, _STEPS_BETWEEN_LOOKS)

        def stop_interrupts() -> None:
            with self._lock:
                self._interruptible = None
            connection.set_progress_handler(None)
            self.check_cancelled()

        try:
            self.check_cancelled()
            yield stop_interrupts
        finally:
            with self._lock:
                self._interruptible = None
            connection.set_progress_handler(None)

    def _run(self, job: Callable[[], T], its_own: list[Future[T]]) -> T:
        with self._lock:
            self._running = its_own[0]
            self._told_percent = -1
            self.cancelled.clear()
            if self._running in self._unwanted:
                self.cancelled.set()
        try:
            self.check_cancelled()
            return job()
        finally:
            with self._lock:
                self._running = None
