"""A reader answers the newest question; older ones are interrupted and never answer."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import CancelledError, Future
from pathlib import Path
from typing import TypeVar

import apsw
import pytest

from db.catalog import Catalog
from db.errors import CannotOpen, CatalogError, Damaged
from db.reader import Reader, Superseded

SECONDS = 30
"""How long a test waits for what must come, before it fails."""
FOR_EVER = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"

T = TypeVar("T")


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    catalog = Catalog.create(tmp_path / "a.icons")
    yield catalog
    catalog.close()


@pytest.fixture
def reader(catalog: Catalog) -> Reader:
    return catalog.reader("test")


class Endless:
    """A job that runs until it is interrupted; `started` is set once it is under way."""

    def __init__(self) -> None:
        self.started = threading.Event()

    def __call__(self, connection: apsw.Connection) -> int:
        connection.create_scalar_function("started", lambda: self.started.set())
        connection.execute(f"{FOR_EVER} WHERE i > 1 OR started() IS NULL").get  # noqa: B018
        raise AssertionError("an endless query ended")


def ask(reader: Reader, value: T) -> Future[T]:
    return reader.request(lambda connection: connection.execute("SELECT ?", (value,)).get)


def start(reader: Reader) -> Future[int]:
    job = Endless()
    future = reader.request(job)
    assert job.started.wait(SECONDS)
    return future


def test_a_question_is_answered(reader: Reader) -> None:
    assert ask(reader, 1).result(SECONDS) == 1


def test_a_running_query_is_interrupted_by_the_next(reader: Reader) -> None:
    slow = start(reader)
    assert ask(reader, 2).result(SECONDS) == 2
    with pytest.raises(Superseded):
        slow.result(SECONDS)


def test_superseded_is_a_cancellation(reader: Reader) -> None:
    slow = start(reader)
    reader.cancel()
    with pytest.raises(CancelledError):
        slow.result(SECONDS)


def test_what_waits_is_dropped_unrun(reader: Reader) -> None:
    ran: list[int] = []
    gate = threading.Event()
    slow = reader.request(lambda _: gate.wait(SECONDS))
    waiting = [reader.request(lambda _, n=n: ran.append(n)) for n in range(100)]
    gate.set()
    waiting[-1].result(SECONDS)
    for future in (slow, *waiting[:-1]):
        with pytest.raises(CancelledError):
            future.result(SECONDS)
    assert ran == [99]


def test_the_newest_of_many_rapid_questions_answers(reader: Reader) -> None:
    for round_ in range(20):
        futures = [reader.request(_count_to_a_thousand) for _ in range(50)]
        assert ask(reader, round_).result(SECONDS) == round_
        for future in futures:
            # One that was done before the next was asked has its answer.
            error = None if future.cancelled() else future.exception(SECONDS)
            assert error is None or isinstance(error, Superseded)


def test_an_interrupt_never_hits_the_newer_question(reader: Reader) -> None:
    for _ in range(500):
        reader.request(lambda c: c.execute("SELECT 1").get)
        assert reader.request(_count_to_a_thousand).result(SECONDS) == 1000


def test_a_job_of_many_statements_ends_between_them(reader: Reader) -> None:
    """An interrupt that comes while no statement runs is lost in SQLite."""
    between = threading.Event()
    asked = threading.Event()

    def job(connection: apsw.Connection) -> None:
        connection.execute("SELECT 1").get  # noqa: B018
        between.set()
        assert asked.wait(SECONDS)
        connection.execute(FOR_EVER).get  # noqa: B018

    old = reader.request(job)
    assert between.wait(SECONDS)
    new = ask(reader, 1)
    asked.set()
    assert new.result(SECONDS) == 1
    with pytest.raises(Superseded):
        old.result(SECONDS)


def test_an_answer_that_came_too_late_is_not_given(reader: Reader) -> None:
    under_way = threading.Event()
    asked = threading.Event()

    def job(_: apsw.Connection) -> str:
        under_way.set()
        assert asked.wait(SECONDS)
        return "old"

    old = reader.request(job)
    assert under_way.wait(SECONDS)
    new = ask(reader, "new")
    asked.set()
    assert new.result(SECONDS) == "new"
    with pytest.raises(Superseded):
        old.result(SECONDS)


def test_a_cursor_left_open_keeps_no_interrupt_for_the_next(reader: Reader) -> None:
    kept = []

    def job(connection: apsw.Connection) -> None:
        connection.execute("BEGIN")
        cursor = connection.execute(
            "WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM n) SELECT i FROM n"
        )
        kept.append(cursor)
        next(cursor)

    reader.request(job).result(SECONDS)
    reader.cancel()
    for value in range(3):
        assert ask(reader, value).result(SECONDS) == value


def test_an_interrupted_transaction_is_not_the_next_ones(catalog: Catalog, reader: Reader) -> None:
    started = threading.Event()

    def job(connection: apsw.Connection) -> None:
        connection.execute("BEGIN")
        connection.execute("SELECT count(*) FROM integration").get  # noqa: B018
        cursor = connection.execute("SELECT 1 UNION ALL SELECT 2")
        next(cursor)
        started.set()
        connection.execute(FOR_EVER).get  # noqa: B018

    reader.request(job)
    assert started.wait(SECONDS)
    catalog.edit("Add", lambda e: _insert(e.connection)).result(SECONDS)
    count = reader.request(lambda c: c.execute("SELECT count(*) FROM integration").get)
    assert count.result(SECONDS) == 1


def test_a_bug_in_a_job_comes_out_and_harms_nothing(reader: Reader) -> None:
    with pytest.raises(ZeroDivisionError):
        reader.request(lambda _: 1 / 0).result(SECONDS)
    with pytest.raises(apsw.SQLError):
        reader.request(lambda c: c.execute("SELECT * FROM nothing").get).result(SECONDS)
    assert ask(reader, 1).result(SECONDS) == 1


def test_an_environment_error_is_a_sentence(tmp_path: Path) -> None:
    reader = Reader(tmp_path / "missing.icons", "test")
    with pytest.raises(CannotOpen, match=r"missing\.icons cannot be opened"):
        ask(reader, 1).result(SECONDS)
    reader.close()


def test_a_file_that_comes_back_is_read(tmp_path: Path) -> None:
    path = tmp_path / "late.icons"
    reader = Reader(path, "test")
    with pytest.raises(CatalogError):
        ask(reader, 1).result(SECONDS)
    Catalog.create(path).close()
    assert ask(reader, 1).result(SECONDS) == 1
    reader.close()


def test_text_that_is_not_utf8_is_damage(catalog: Catalog, reader: Reader) -> None:
    def job(connection: apsw.Connection) -> object:
        return connection.execute("SELECT CAST(x'ff' AS TEXT)").get

    with pytest.raises(Damaged):
        reader.request(job).result(SECONDS)


def test_closing_ends_the_query_and_the_thread(catalog: Catalog) -> None:
    reader = catalog.reader("to-close")
    slow = start(reader)
    reader.close()
    with pytest.raises(CancelledError):
        slow.result(SECONDS)
    assert not [t for t in threading.enumerate() if "to-close" in t.name]


def test_closing_twice_and_with_the_catalogue_does_no_harm(catalog: Catalog) -> None:
    reader = catalog.reader("twice")
    ask(reader, 1).result(SECONDS)
    reader.close()
    reader.close()
    catalog.close()
    catalog.close()
    reader.close()
    assert ask(reader, 1).cancelled()
    reader.cancel()


def test_a_reader_that_was_never_asked_can_be_closed(catalog: Catalog) -> None:
    catalog.reader("idle").close()


def test_readers_run_side_by_side(catalog: Catalog, reader: Reader) -> None:
    slow = start(reader)
    assert ask(catalog.reader("other"), 1).result(SECONDS) == 1
    assert not slow.done()
    reader.cancel()


def test_each_question_sees_what_was_committed_before_it(catalog: Catalog, reader: Reader) -> None:
    for number in range(1, 20):
        catalog.edit("Add", lambda e: _insert(e.connection)).result(SECONDS)
        count = reader.request(lambda c: c.execute("SELECT count(*) FROM integration").get)
        assert count.result(SECONDS) == number


def _count_to_a_thousand(connection: apsw.Connection) -> int:
    return int(
        connection.execute(
            "WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM n LIMIT 1000) "
            "SELECT count(*) FROM n"
        ).get
    )


def _insert(connection: apsw.Connection) -> None:
    connection.execute("INSERT INTO integration(id) VALUES(hex(randomblob(16)))")


def test_an_error_in_what_nobody_waits_for_any_more_is_none(reader: Reader) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def job(_: apsw.Connection) -> None:
        begun.set()
        go_on.wait(SECONDS)
        raise apsw.SQLError("an interrupt that came while the statement was read")

    first = reader.request(job)
    assert begun.wait(SECONDS)
    second = reader.request(lambda connection: 2)
    go_on.set()
    assert second.result(SECONDS) == 2
    assert isinstance(first.exception(SECONDS), Superseded)
