from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import apsw
import pytest

from db import order
from db.catalog import Catalog, EditSession
from db.fields import NULL, Value
from db.order import AT, Order, OrderSpec
from db.pages import PAGE, Pages
from db.reader import Reader
from db.records import add_integration, delete_integrations, update_integration

Make = Callable[..., Order]


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    opened = Catalog.create(tmp_path / "catalog.icons")
    yield opened
    opened.close()


@pytest.fixture
def reader(catalog: Catalog) -> Reader:
    return catalog.reader("order")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "orders"
    made.mkdir()
    return made


@pytest.fixture
def make(reader: Reader, folder: Path) -> Make:
    def asked(spec: OrderSpec | None = None, **options: object) -> Order:
        return reader.request(
            lambda connection: order.make(connection, spec or OrderSpec(), folder, **options)  # type: ignore[arg-type]
        ).result(10)

    return asked


@pytest.fixture
def connection(catalog: Catalog) -> Iterator[apsw.Connection]:
    reading = catalog.connect_here()
    yield reading
    reading.close()


def edit(catalog: Catalog, body: Callable[[EditSession], object]) -> None:
    def run(session: EditSession) -> None:
        body(session)

    catalog.edit("test", run).result(10)


def add(catalog: Catalog, *records: dict[str, Value]) -> None:
    def body(session: EditSession) -> None:
        for values in records:
            add_integration(session, values=values)

    edit(catalog, body)


def test_rows_across_pages(catalog: Catalog, make: Make, connection: apsw.Connection) -> None:
    add(catalog, *({"id": f"{number:03}", "name": f"{number:03}"} for number in range(300)))
    pages = Pages(connection, make())
    ids = [row[AT["id"]] for row in pages.rows(120, 270)]
    assert ids == [f"{number:03}" for number in range(120, 271)]
    firsts = range(120 // PAGE * PAGE, 271, PAGE)
    assert [page.first for page in pages.cached()] == list(firsts)
    assert pages.pks(298, 299) == [299, 300]
    pages.close()


def test_what_is_not_there_of_several_pages_is_read_by_one_query(
    catalog: Catalog, make: Make, connection: apsw.Connection
) -> None:
    count = 6 * PAGE
    add(catalog, *({"id": f"{number:03}", "name": f"{number:03}"} for number in range(count)))
    pages = Pages(connection, make())
    pages.row(2 * PAGE)
    read: list[object] = []

    def trace(cursor: object, sql: str, bindings: object) -> bool:
        read.append(bindings)
        return True

    connection.exec_trace = trace
    ids = [row[AT["id"]] for row in pages.rows(PAGE + 3, 5 * PAGE - 1)]
    again = [row[AT["id"]] for row in pages.rows(PAGE, 5 * PAGE - 1)]
    connection.exec_trace = None
    assert ids == again[3:] == [f"{number:03}" for number in range(PAGE + 3, 5 * PAGE)]
    assert read == [(PAGE + 1, 5 * PAGE)]
    pages.close()


def test_the_pages_looked_at_last_are_kept(
    catalog: Catalog, make: Make, connection: apsw.Connection
) -> None:
    count = 5_000
    add(catalog, *({"id": str(number), "name": f"{number:04}"} for number in range(count)))
    pages = Pages(connection, make())
    assert len(pages.rows(0, count - 1)) == count
    kept = pages.cached()
    assert sum(len(page.rows) for page in kept) < count
    assert kept[-1].first + len(kept[-1].rows) == count
    pages.close()


def test_long_texts_are_cut_and_kinds_of_nothing_kept(
    catalog: Catalog, make: Make, connection: apsw.Connection
) -> None:
    add(catalog, {"id": "1", "name": "x" * 5000, "type": NULL, "creator": "", "created_at": 7})
    (row,) = (Pages(connection, make()).row(0),)
    assert row[AT["name"]] == "x" * (order.SHORT + 1)
    assert row[AT["type"]] == NULL
    assert row[AT["creator"]] == ""
    assert row[AT["updated_by"]] is None
    assert row[AT["created_at"]] == 7


def test_fields_that_are_not_asked_for_are_not_read(
    catalog: Catalog, make: Make, connection: apsw.Connection
) -> None:
    add(catalog, {"id": "1", "name": "a", "metadata": "{}"})
    pages = Pages(connection, make(), {"id", "name"})
    assert pages.row(0)[AT["metadata"]] is None
    pages.show(None)
    assert pages.row(0)[AT["metadata"]] == "{}"
    pages.close()


def test_pages_show_edits_once_told_to_forget_and_deleted_rows_as_gone(
    catalog: Catalog, make: Make, connection: apsw.Connection
) -> None:
    add(catalog, {"id": "1", "name": "a"}, {"id": "2", "name": "b"})
    pages = Pages(connection, make())
    assert pages.row(0)[AT["name"]] == "a"
    edit(catalog, lambda session: update_integration(session, pk=1, values={"name": "z"}))
    edit(catalog, lambda session: delete_integrations(session, pks=[2]))
    assert pages.row(0)[AT["name"]] == "a"
    pages.forget()
    assert pages.row(0)[AT["name"]] == "z"
    assert pages.row(1)[:2] == (2, None)
    pages.close()


def test_pages_read_anew_only_those_of_the_rows_that_changed_and_tell_where_these_are(
    catalog: Catalog, make: Make, connection: apsw.Connection
) -> None:
    add(catalog, *({"id": f"{number}", "name": "a"} for number in range(2 * PAGE)))
    pages = Pages(connection, make())
    first, second = pages.row(0), pages.row(PAGE)
    edit(catalog, lambda session: update_integration(session, pk=first[0], values={"name": "z"}))
    assert pages.forget({first[0], -1}) == [0]
    assert pages.row(0)[AT["name"]] == "z"
    assert pages.row(PAGE) is second
    assert pages.forget() == list(range(2 * PAGE))
    assert pages.row(PAGE) is not second
    pages.close()
