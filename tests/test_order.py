from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from pathlib import Path

import apsw
import pytest

from db import order
from db.catalog import Catalog, EditSession
from db.fields import FIELD_BY_NAME, FIELDS, Value
from db.order import AT, Order, OrderSpec, SortKey
from db.pages import Pages
from db.reader import Reader, Superseded
from db.records import add_integration, delete_integrations, rename_organization
from tests.bulk_help import until

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


def column(made: Order, connection: apsw.Connection, name: str = "id") -> list[Value]:
    pages = Pages(connection, made)
    try:
        return [pages.row(position)[AT[name]] for position in range(made.count)]
    finally:
        pages.close()


def sorted_by(make: Make, connection: apsw.Connection, *keys: SortKey) -> str:
    made = make(OrderSpec(sort=keys))
    return "".join(str(identity) for identity in column(made, connection))


def test_names_sort_in_any_case_and_equal_ones_by_age(
    catalog: Catalog, make: Make, connection: apsw.Connection
) -> None:
    add(catalog, {"id": "1", "name": "beta"}, {"id": "2", "name": "Alpha"})
    add(catalog, {"id": "3", "name": "BETA"}, {"id": "4"}, {"id": "5", "name": ""})
    assert sorted_by(make, connection, SortKey("name")) == "45213"
    assert sorted_by(make, connection, SortKey("name", descending=True)) == "31254"


@pytest.mark.parametrize("name", [*FIELD_BY_NAME, order.ORGANIZATION])
def test_every_column_sorts_both_ways(
    catalog: Catalog, make: Make, connection: apsw.Connection, name: str
) -> None:
    key = "org_id" if name == order.ORGANIZATION else name
    for identity, text in (("b", "2002"), ("c", "2003"), ("a", "2001")):
        values = dict.fromkeys((field.name for field in FIELDS), text) | {"id": identity}
        add(catalog, values if key == "id" else values | {key: text})
    assert sorted_by(make, connection, SortKey(name)) == "abc"
    assert sorted_by(make, connection, SortKey(name, descending=True)) == "cba"


def test_dates_sort_by_the_instant_they_mean(
    catalog: Catalog, make: Make, connection: apsw.Connection
) -> None:
    add(catalog, {"id": "1", "updated_at": "2024-06-01T00:00:00Z"})
    add(catalog, {"id": "2", "updated_at": 1_500_000_000}, {"id": "3", "updated_at": "2020-W10-1"})
    add(catalog, {"id": "4", "updated_at": "some day"})
    assert sorted_by(make, connection, SortKey("updated_at")) == "4231"


def test_organizations_sort_by_name_and_a_second_column_sorts_within(
    catalog: Catalog, make: Make, connection: apsw.Connection
) -> None:
    add(catalog, {"id": "1", "name": "x", "org_id": "a"}, {"id": "2", "name": "y", "org_id": "b"})
    add(catalog, {"id": "3", "name": "z", "org_id": "a"}, {"id": "4", "name": "w"})
    edit(catalog, lambda session: rename_organization(session, org_id="a", name="Zeta"))
    by_name = SortKey("name", descending=True)
    assert sorted_by(make, connection, SortKey(order.ORGANIZATION), by_name) == "4231"


def test_words_and_organization_choose_the_rows(
    catalog: Catalog, make: Make, connection: apsw.Connection
) -> None:
    add(catalog, {"id": "1", "name": "über B", "org_id": "a"}, {"id": "2", "name": "Uber"})
    add(catalog, {"id": "3", "name": "über a", "org_id": "a"}, {"id": "4", "name": "ÜBER"})
    made = make(OrderSpec("über", "a"))
    assert column(made, connection) == ["3", "1"]
    assert make(OrderSpec("nothing such")).count == 0


def test_asked_pks_are_found(catalog: Catalog, make: Make) -> None:
    add(catalog, {"id": "1", "name": "b"}, {"id": "2", "name": "a"}, {"id": "3", "name": "c"})
    made = make(find=(1, 3, 77))
    assert made.positions == {1: 1, 3: 2}


@pytest.mark.parametrize("seconds", [order.BESIDE, order.AT_ONCE])
def test_the_beginning_agrees_with_the_whole(
    catalog: Catalog,
    make: Make,
    reader: Reader,
    connection: apsw.Connection,
    seconds: float,
) -> None:
    add(catalog, *({"id": str(number), "name": f"n{number:03}"} for number in range(200)))
    spec = OrderSpec("n", sort=(SortKey("name", descending=True),))
    first = reader.request(lambda c: order.beginning(c, spec, seconds=seconds)).result(10)
    assert first is not None
    assert first.spec == spec
    made = make(spec)
    assert made.count == 200
    pages = Pages(connection, made)
    assert first.rows(0, 999) == pages.rows(0, order.BEGINNING - 1)
    pages.close()


def test_no_rows_have_no_beginning(catalog: Catalog, connection: apsw.Connection) -> None:
    add(catalog, {"id": "1", "name": "a"})
    assert order.beginning(connection, OrderSpec("nothing such")) is None


def test_ranges_of_positions_become_pks_and_whole_values(
    catalog: Catalog, make: Make, reader: Reader
) -> None:
    add(catalog, *({"id": f"{number}", "name": "n" * 300, "org_id": "o"} for number in range(9)))
    made = make()
    ranges = [(5, 6), (0, 1), (1, 2)]
    assert reader.request(lambda c: order.pks_at(c, made, ranges)).result(10) == [1, 2, 3, 6, 7]
    values = reader.request(
        lambda c: list(order.values_at(c, made, [(8, 8)], ("name", order.ORGANIZATION)))
    ).result(10)
    assert values == [(8, ("n" * 300, "o"))]


def test_rows_of_an_earlier_order_are_found_again_in_ranges(
    catalog: Catalog, make: Make, reader: Reader
) -> None:
    add(catalog, *({"id": f"{number}", "name": f"n{number}"} for number in range(9)))
    before = make()
    edit(catalog, lambda session: delete_integrations(session, pks=[3]))
    turned = make(OrderSpec(sort=(SortKey("name", descending=True),)))

    def found(*ranges: order.Range, most: int = 9) -> list[order.Range] | None:
        return reader.request(lambda c: order.moved(c, before, turned, ranges, most)).result(10)

    assert found((0, 8)) == [(0, 7)]
    assert found((0, 0), (1, 4)) == [(4, 7)]  # the third is gone
    assert found((2, 2)) == []
    assert found((0, 0), (8, 8)) == [(0, 0), (7, 7)]
    assert found((0, 0), (8, 8), most=1) is None


def test_ranges_that_touch_are_merged() -> None:
    assert order.merged([(7, 9), (0, 3), (4, 5), (2, 3)]) == [(0, 5), (7, 9)]


def test_a_newer_question_stops_the_making_and_leaves_no_file(
    catalog: Catalog, reader: Reader, folder: Path
) -> None:
    add(catalog, {"id": "1", "name": "é"})
    # Enough pairs of rows that only an interrupt ends it within the time allowed.
    endless = " ".join(f"é{number}" for number in range(150))
    edit(
        catalog,
        lambda session: session.connection.execute(
            "INSERT INTO integration(id, name) WITH RECURSIVE n(i) AS "
            "(SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 30000) SELECT i, ? FROM n",
            (endless,),
        ),
    )
    first = reader.request(lambda c: order.make(c, OrderSpec(endless), folder))
    second = reader.request(lambda c: order.make(c, OrderSpec("nothing such"), folder))
    assert second.result(30).count == 0
    assert first.cancelled() or isinstance(first.exception(), Superseded)
    assert len(list(folder.iterdir())) == 1


def test_the_file_goes_with_the_order_and_no_sooner(
    catalog: Catalog, make: Make, connection: apsw.Connection, folder: Path
) -> None:
    add(catalog, {"id": "1"})
    pages = Pages(connection, make())
    newer = make()
    gc.collect()
    assert pages.row(0)[AT["id"]] == "1"
    pages.close()
    gc.collect()
    until(lambda: list(folder.iterdir()) == [newer.path])


def test_the_catalogue_stays_read_only(catalog: Catalog, make: Make, reader: Reader) -> None:
    make()
    refused = reader.request(lambda c: c.execute("DELETE FROM integration"))
    assert refused.exception(10) is not None
