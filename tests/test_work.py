from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Future
from typing import Any

import apsw
import pytest

from db.errors import Cancelled
from db.work import Work

SECONDS = 60
ENDLESS = "WITH RECURSIVE n(x) AS (VALUES(1) UNION ALL SELECT x FROM n) SELECT count(*) FROM n"


@pytest.fixture
def told() -> list[tuple[Future[Any], int, int]]:
    return []


@pytest.fixture
def work(told: list[tuple[Future[Any], int, int]]) -> Iterator[Work]:
    work = Work("work", [lambda *progress: told.append(progress)])
    yield work
    work.finish()


def test_progress_is_told_of_the_job_that_runs_and_not_too_often(
    work: Work, told: list[tuple[Future[Any], int, int]]
) -> None:
    def job() -> None:
        for done in range(10_001):
            work.tell(done, 10_000)

    future = work.submit(job)
    future.result(SECONDS)
    assert {known for known, _, _ in told} == {future}
    assert [done for _, done, _ in told] == list(range(0, 10_001, 100))


def test_jobs_are_done_in_turn_and_a_cancelled_one_not_at_all(work: Work) -> None:
    go_on, done = threading.Event(), []
    first = work.submit(lambda: go_on.wait(SECONDS) and done.append(1))
    second = work.submit(lambda: done.append(2))
    third = work.submit(lambda: done.append(3))
    work.cancel(second)
    go_on.set()
    first.result(SECONDS)
    third.result(SECONDS)
    with pytest.raises(Cancelled):
        second.result(SECONDS)
    assert done == [1, 3]


def test_a_job_that_tells_how_far_it_is_ends_there(work: Work) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def job() -> None:
        begun.set()
        go_on.wait(SECONDS)
        work.tell(1, 2)

    future = work.submit(job)
    assert begun.wait(SECONDS)
    work.cancel(future)
    go_on.set()
    with pytest.raises(Cancelled):
        future.result(SECONDS)
    assert work.submit(lambda: 5).result(SECONDS) == 5


def test_a_cancel_between_two_statements_stops_the_next(work: Work) -> None:
    connection = apsw.Connection(":memory:")
    started: Future[Future[None]] = Future()

    def job() -> None:
        with work.interruptible(connection):
            work.cancel(started.result(SECONDS))  # no statement runs
            connection.execute(ENDLESS).fetchall()

    future = work.submit(job)
    started.set_result(future)
    with pytest.raises(apsw.InterruptError):
        future.result(SECONDS)
    assert work.submit(lambda: connection.execute("SELECT 1").get).result(SECONDS) == 1
    work.submit(connection.close).result(SECONDS)


def test_what_is_past_its_last_moment_is_not_cancelled(work: Work) -> None:
    connection = apsw.Connection(":memory:")
    started: Future[Future[object]] = Future()

    def job() -> object:
        with work.interruptible(connection) as stop_interrupts:
            stop_interrupts()
            work.cancel(started.result(SECONDS))
            return connection.execute("SELECT 1").get

    future = work.submit(job)
    started.set_result(future)
    assert future.result(SECONDS) == 1
    work.submit(connection.close).result(SECONDS)
