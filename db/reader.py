"""Questions to a catalogue: each kind on its own connection, the newest one wins."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import apsw

from db.connection import READER_BUSY_SECONDS, open_reader
from db.errors import Cancelled, translated

T = TypeVar("T")


class Superseded(CancelledError):
    """The answer is not wanted any more: a newer question was asked."""


class Reader:
    """One reading connection with a thread of its own."""

    def __init__(self, path: Path, name: str) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._executor = ThreadPoolExecutor(1, thread_name_prefix=f"catalog-reader-{name}")
        self._connection: apsw.Connection | None = None
        self._newest = 0
        self._waiting: Future[object] | None = None

    def request(self, job: Callable[[apsw.Connection], T]) -> Future[T]:
        """Ask a question; the one that runs is interrupted, one that waits is dropped.

        Returns:
            a future of the job's answer. It raises `Superseded` when a newer question came,
            `CatalogError` when the environment fails.
        """
        with self._lock:
            self._newest += 1
            self._drop()
            future = self._executor.submit(self._run, job, self._newest)
            self._waiting = future  # type: ignore[assignment]
            return future

    def cancel(self) -> None:
        """Drop the question that runs or waits."""
        with self._lock:
            self._newest += 1
            self._drop()

    def _drop(self) -> None:
        if self._waiting is not None and not self._waiting.cancel() and self._connection:
            self._connection.interrupt()

    def _run(self, job: Callable[[apsw.Connection], T], number: int) -> T:
        try:
            with translated(self._path):
                if self._connection is None:
                    self._connection = open_reader(self._path, READER_BUSY_SECONDS * 1000)
                answer = job(self._connection)
        except Cancelled as error:
            raise Superseded from error
        if number != self._newest:
            raise Superseded
        return answer

    def close(self) -> None:
        """Drop what runs and close the connection."""
        self.cancel()
        self._executor.submit(self._close)
        self._executor.shutdown(wait=True)

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
