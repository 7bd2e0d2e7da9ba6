"""Questions to a catalogue: each kind on its own connection, the newest one wins."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import apsw

from db.connection import (
    READER_BUSY_SECONDS,
    check_not_emptied,
    closer_of_cursors,
    open_reader,
)
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
        self._close_cursors: Callable[[], None] = lambda: None
        self._running = 0
        self._closed = False
        self._waiting: Future[Any] | None = None

    def request(self, job: Callable[[apsw.Connection], T]) -> Future[T]:
        """Ask a question; the one that runs is interrupted, one that waits is dropped.

        Returns:
            a future of the job's answer. It raises `Superseded` when a newer question came,
            `CatalogError` when the environment fails. It is cancelled when the reader is closed.
        """
        with self._lock:
            self._drop()
            if self._closed:
                refused: Future[T] = Future()
                refused.cancel()
                return refused
            future = self._executor.submit(self._run, job, self._newest)
            self._waiting = future
            return future

    def cancel(self) -> None:
        """Drop the question that runs or waits."""
        with self._lock:
            self._drop()

    def _drop(self) -> None:
        self._newest += 1
        if self._waiting is not None and not self._waiting.cancel() and self._connection:
            self._connection.interrupt()

    def _run(self, job: Callable[[apsw.Connection], T], number: int) -> T:
        self._running = number
        try:
            with translated(self._path):
                answer = self._answer(job)
        except Cancelled as error:
            raise Superseded from error
        except apsw.Error as error:
            # SQLite may take an interrupt amidst reading a statement for an error in it.
            if self._is_outdated():
                raise Superseded from error
            raise
        finally:
            self._close_cursors()
            self._end_transaction()
        if self._is_outdated():
            raise Superseded
        return answer

    def _answer(self, job: Callable[[apsw.Connection], T]) -> T:
        try:
            return job(self._connected())
        except apsw.SQLError:  # the tables are gone: a bug, unless the file is
            check_not_emptied(self._path)
            raise

    def _connected(self) -> apsw.Connection:
        if self._connection is None:
            connection = open_reader(self._path, READER_BUSY_SECONDS * 1000)
            # An interrupt between two statements is lost in SQLite: look before each.
            connection.exec_trace = self._before_statement
            self._close_cursors = closer_of_cursors(connection)
            with self._lock:
                self._connection = connection
        return self._connection

    def _before_statement(self, _cursor: apsw.Cursor, _sql: str, _bindings: object) -> bool:
        if self._is_outdated():
            raise Superseded
        return True

    def _is_outdated(self) -> bool:
        return self._running != self._newest

    def _end_transaction(self) -> None:
        connection = self._connection
        if connection is not None and connection.in_transaction:
            connection.exec_trace = None
            connection.execute("ROLLBACK")
            connection.exec_trace = self._before_statement

    def close(self) -> None:
        """Drop what runs and close the connection; closing twice does no harm."""
        with self._lock:
            self._drop()
            if not self._closed:
                self._closed = True
                self._executor.submit(self._close)
        self._executor.shutdown(wait=True)

    def _close(self) -> None:
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None
