"""Scopes: the selection, all that match, all; what they hold and what they have in common."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from db import bulk, order, scope
from db.catalog import Catalog
from db.edits import EditSession
from db.errors import Cancelled, Invalid
from db.fields import NULL, Value
from db.order import OrderSpec, SortKey
from db.scope import EVERYTHING, Extent, Scope
from tests.bulk_help import SECONDS, edit, fill, rows, undo


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    catalog = Catalog.create(tmp_path / "a.icons")
    fill(
        catalog,
        [
            {"id": f"i{n}", "name": f"{'Acme' if n % 2 else 'Other'} {n}", "org_id": f"o{n % 3}"}
            for n in range(10)
        ],
    )
    yield catalog
    catalog.close()


@pytest.fixture
def shown(catalog: Catalog, tmp_path: Path) -> order.Order:
    """All, the last id first."""
    spec = OrderSpec(sort=(SortKey("id", descending=True),))
    reader = catalog.reader("test")
    return reader.request(lambda c: order.make(c, spec, tmp_path)).result(SECONDS)


def ids(catalog: Catalog, chosen: Scope) -> list[str]:
    def read(connection: apsw.Connection) -> list[str]:
        with scope.readable(connection, chosen):
            found = connection.execute(
                f"SELECT id FROM integration WHERE pk IN ({chosen.sql}) ORDER BY id",
                chosen.parameters,
            ).fetchall()
        return [str(row[0]) for row in found]

    return catalog.reader("ids").request(read).result(SECONDS)


def extent(catalog: Catalog, chosen: Scope) -> Extent:
    return catalog.reader("e").request(lambda c: scope.extent(c, chosen)).result(SECONDS)


def test_everything_a_filter_a_selection_and_pks(catalog: Catalog, shown: order.Order) -> None:
    assert len(ids(catalog, EVERYTHING)) == 10
    assert scope.matching(OrderSpec()) == EVERYTHING
    assert ids(catalog, scope.matching(OrderSpec("acme"))) == ["i1", "i3", "i5", "i7", "i9"]
    assert ids(catalog, scope.matching(OrderSpec("acme", "o1"))) == ["i1", "i7"]
    chosen = scope.at_positions(shown, [(8, 9), (0, 0), (9, 9)])
    assert ids(catalog, chosen) == ["i0", "i1", "i9"]
    assert ids(catalog, scope.of_pks([2, 4, 4, 999])) == ["i1", "i3"]


def test_the_extent_counts_integrations_and_organizations(
    catalog: Catalog, shown: order.Order
) -> None:
    assert extent(catalog, EVERYTHING) == Extent(10, 3)
    assert extent(catalog, scope.at_positions(shown, [(0, 0)])) == Extent(1, 1)
    assert extent(catalog, scope.of_pks([])) == Extent(0, 0)


def test_a_row_that_was_deleted_meanwhile_is_no_longer_counted(
    catalog: Catalog, shown: order.Order
) -> None:
    edit(catalog, lambda session: bulk.delete(session, scope.of_pks([10])))
    assert extent(catalog, scope.at_positions(shown, [(0, 1)])) == Extent(1, 1)


def test_what_all_have_in_common(catalog: Catalog) -> None:
    fill(
        catalog,
        [
            {"id": "a", "type": "s3", "created_at": 5, "icon_url": NULL, "client_id": None},
            {"id": "b", "type": "s3", "created_at": "5", "icon_url": NULL, "client_id": ""},
        ],
    )
    found = catalog.reader("c").request(lambda c: scope.common(c, scope.of_pks([11, 12])))
    common = found.result(SECONDS)
    assert common.extent == Extent(2, 0)
    assert {"id", "created_at", "client_id"}.isdisjoint(common.values)
    assert (common.values["type"], common.values["icon_url"]) == ("s3", NULL)
    nothing = catalog.reader("c").request(lambda c: scope.common(c, scope.of_pks([])))
    assert nothing.result(SECONDS).values == {}


@pytest.mark.parametrize("value", ["s3", None, "", NULL])
def test_values_are_set_for_all_that_match_as_one_edit(catalog: Catalog, value: Value) -> None:
    edit(catalog, lambda s: bulk.set_values(s, EVERYTHING, {"type": "gcs"}))
    before = rows(catalog)
    chosen = scope.matching(OrderSpec("acme"))

    def body(session: EditSession) -> None:
        bulk.set_values(session, chosen, {"type": value}, lambda n: f"Change {n} integrations")

    change = edit(catalog, body)
    assert (change.count, change.label) == (5, "Change 5 integrations")
    assert {row["type"] for row in rows(catalog) if "Acme" in str(row["name"])} == {value}
    assert {row["type"] for row in rows(catalog) if "Acme" not in str(row["name"])} == {"gcs"}
    undo(catalog)
    assert rows(catalog) == before


def test_a_filter_is_in_force_as_it_was_before_the_change(catalog: Catalog) -> None:
    chosen = scope.matching(OrderSpec("acme"))
    change = edit(catalog, lambda s: bulk.set_values(s, chosen, {"name": "Foo", "type": "x"}))
    assert change.count == 5
    assert {row["type"] for row in rows(catalog) if row["name"] == "Foo"} == {"x"}


def test_a_selection_of_an_order_is_changed(catalog: Catalog, shown: order.Order) -> None:
    chosen = scope.at_positions(shown, [(0, 2)])
    change = edit(
        catalog,
        lambda s: bulk.set_values(s, chosen, {"org_id": "new", "created_at": "2024-01-01"}),
        attach=chosen.attached,
    )
    assert change.count == 3
    changed = [row for row in rows(catalog) if row["org_id"] == "new"]
    assert [row["id"] for row in changed] == ["i7", "i8", "i9"]
    assert {row["created_instant"] for row in changed} == {1704067200000}


def test_only_what_becomes_another_value_counts(catalog: Catalog) -> None:
    edit(catalog, lambda s: bulk.set_values(s, scope.of_pks([1]), {"updated_at": 5}))
    change = edit(catalog, lambda s: bulk.set_values(s, scope.of_pks([1, 2]), {"updated_at": "5"}))
    assert change.count == 2
    again = edit(catalog, lambda s: bulk.set_values(s, scope.of_pks([1, 2]), {"updated_at": "5"}))
    assert (again.count, again.edit_id) == (0, None)


def test_an_id_cannot_be_the_same_for_all(catalog: Catalog) -> None:
    with pytest.raises(Invalid, match="id is another one"):
        edit(catalog, lambda s: bulk.set_values(s, EVERYTHING, {"id": "x"}))
    with pytest.raises(Invalid, match="NUL"):
        edit(catalog, lambda s: bulk.set_values(s, EVERYTHING, {"name": "a\0"}))


def test_large_changes_tell_how_far_they_are_and_rebuild_their_indexes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "BULK_ROWS", 100)
    monkeypatch.setattr(bulk, "_LEAST", 10)
    catalog = Catalog.create(tmp_path / "b.icons")
    try:
        fill(catalog, [{"id": f"i{n}", "name": f"n{n} " * 40} for n in range(1000)])
        before = indexes(catalog)
        told: list[tuple[int, int]] = []
        catalog.progressed.append(lambda _, done, total: told.append((done, total)))
        edit(catalog, lambda s: bulk.set_values(s, EVERYTHING, {"icon_url": "u", "name": "n"}))
        assert told[-1][0] == told[-1][1]
        assert len(told) > 20
        assert indexes(catalog) == before
    finally:
        catalog.close()


def _ignore(_: object) -> None:
    pass


def indexes(catalog: Catalog) -> set[str]:
    sql = "SELECT name FROM sqlite_schema WHERE type = 'index' AND sql > ''"
    found = catalog.reader("x").request(lambda c: c.execute(sql).fetchall()).result(SECONDS)
    return {str(row[0]) for row in found}


def test_every_index_of_a_field_is_known() -> None:
    from db.schema import INTEGRATION_INDEXES

    assert set(bulk.INDEX_OF.values()) == set(INTEGRATION_INDEXES)


def test_a_cancelled_change_leaves_nothing(catalog: Catalog) -> None:
    before = rows(catalog)

    def body(session: EditSession) -> None:
        catalog.cancel(futures[0])
        bulk.set_values(session, EVERYTHING, {"type": "x"})

    started = catalog.edit("Wait", lambda _: None)
    started.result(SECONDS)
    import threading

    go_on = threading.Event()
    waiting = catalog.edit("Wait", lambda _: _ignore(go_on.wait(SECONDS)))
    futures = [catalog.edit("Change", body)]
    go_on.set()
    waiting.result(SECONDS)
    with pytest.raises(Cancelled):
        futures[0].result(SECONDS)
    assert rows(catalog) == before
    assert edit(catalog, lambda s: bulk.set_values(s, EVERYTHING, {"type": "x"})).count == 10


def test_words_beyond_ascii_are_found_by_the_writer_too(catalog: Catalog) -> None:
    fill(catalog, [{"id": "u", "name": "Über"}])
    chosen = scope.matching(OrderSpec("über"))
    assert edit(catalog, lambda s: bulk.set_values(s, chosen, {"type": "x"})).count == 1
