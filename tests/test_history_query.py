"""What the history tells: its edits, their changes, an integration's past, what was deleted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from db import history_query, records
from db.catalog import Catalog
from db.edits import DISCARDED, DONE, UNDONE
from db.errors import Invalid
from db.fields import NULL
from db.history_restore import restore_deleted, restore_record
from db.person import author, set_author
from tests.history_help import (
    SECONDS,
    add,
    change_urls,
    delete,
    edit,
    insert_many,
    reading,
    snapshot,
    update,
    value,
)


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    catalog = Catalog.create(tmp_path / "a.db")
    yield catalog
    catalog.close()


@pytest.fixture
def person() -> Iterator[str]:
    set_author("Ada ")
    yield "Ada"
    set_author("")


def test_edits_come_by_pages_newest_first_with_their_state(catalog: Catalog, person: str) -> None:
    pk = add(catalog, "a")
    for number in range(4):
        update(catalog, pk, f"step {number}", name=str(number))
    catalog.undo().result(SECONDS)
    update(catalog, pk, "instead", name="x")
    catalog.undo().result(SECONDS)
    with reading(catalog) as connection:
        first = history_query.edits(connection, limit=4)
        rest = history_query.edits(connection, before=first[-1].id, limit=4)
        with pytest.raises(Invalid, match="no edit 99"):
            history_query.edit(connection, 99)
    assert [(one.label, one.state) for one in first] == [
        ("instead", UNDONE),
        ("step 3", DISCARDED),
        ("step 2", DONE),
        ("step 1", DONE),
    ]
    assert [one.label for one in rest] == ["step 0", "Add"]
    assert {one.author for one in first} == {person} == {author()}
    assert first[0].integrations == 1


def test_changes_name_fields_with_old_and_new(catalog: Catalog) -> None:
    pk = add(catalog, "a", name="A", icon_url="https://a.example/1.svg")
    number = update(catalog, pk, name="B", icon_url=None, client_id=NULL, created_at=1, org_id="o")
    with reading(catalog) as connection:
        page = history_query.changes(connection, number)
    assert page.following is None
    found = {(cell.table, cell.field): (cell.old, cell.new) for cell in page.cells}
    assert found == {
        ("integration", "name"): ("A", "B"),
        ("integration", "icon_url"): ("https://a.example/1.svg", None),
        ("integration", "client_id"): (None, NULL),
        ("integration", "created_at"): (None, 1),
        ("integration", "org_id"): (None, "o"),
        ("organization", "name"): (None, "o"),
    }
    of_row = [cell for cell in page.cells if cell.table == "integration"]
    assert {(cell.key, cell.name, cell.org_id, cell.op) for cell in of_row} == {
        ("a", "B", "o", "UPDATE")
    }


def test_changes_of_a_large_edit_come_by_pages_and_can_be_searched(catalog: Catalog) -> None:
    insert_many(catalog, 2_500)
    number = change_urls(catalog, "a.example", "b.example")
    seen: list[str] = []
    with reading(catalog) as connection:
        first: int | None = 0
        while first is not None:
            page = history_query.changes(connection, number, first, 1_000)
            seen += [str(cell.key) for cell in page.cells]
            first = page.following
        one = history_query.changes(connection, number, words="B.EXAMPLE/77.SVG")
        none = history_query.changes(connection, number, words="nowhere")
    assert sorted(seen) == sorted(f"i{i}" for i in range(1, 2_501))
    assert [cell.key for cell in one.cells] == ["i77"]
    assert none == ([], None)


def test_a_deleted_row_is_named_by_its_change(catalog: Catalog) -> None:
    pk = add(catalog, "a", name="A")
    number = delete(catalog, pk)
    with reading(catalog) as connection:
        page = history_query.changes(connection, number)
    assert {(cell.field, cell.old, cell.new) for cell in page.cells} == {
        ("id", "a", None),
        ("name", "A", None),
    }
    assert {(cell.key, cell.name) for cell in page.cells} == {("a", "A")}


def test_settings_and_organizations_are_told(catalog: Catalog) -> None:
    change = edit(catalog, lambda s: records.set_base_url(s, url="https://e.example/"))
    assert change.edit_id is not None
    with reading(catalog) as connection:
        (cell,) = history_query.changes(connection, change.edit_id).cells
    assert (cell.table, cell.key, cell.field, cell.new) == (
        "setting", "base_url", "value", "https://e.example/"
    )  # fmt: skip


def test_a_timeline_has_what_stands(catalog: Catalog) -> None:
    pk, other = add(catalog, "a", name="A"), add(catalog, "b")
    update(catalog, other, name="other")
    update(catalog, pk, "to B", name="B")
    update(catalog, pk, "to C", name="C")
    catalog.undo().result(SECONDS)
    edit(catalog, lambda s: records.update_integrations(s, pks=[pk, other], values={"type": "t"}))
    with reading(catalog) as connection:
        found = history_query.timeline(connection, pk)
        newest = history_query.timeline(connection, pk, limit=1)
        earlier = history_query.timeline(connection, pk, before=newest.before)
    told = [(one.edit.label, list(one.change.cells())) for one in found.entries]
    assert told == [
        ("Edit", [("type", None, "t")]),
        ("to B", [("name", "A", "B")]),
        ("Add", [("id", None, "a"), ("name", None, "A")]),
    ]
    assert found.before is None
    assert [one.edit.label for one in newest.entries] == ["Edit"]
    assert [one.edit.label for one in earlier.entries] == ["to B", "Add"]


def test_a_record_is_restored_as_it_was_before_an_edit(catalog: Catalog) -> None:
    pk = add(catalog, "a", name="A", created_at="2024", metadata='{"x":1}')
    was = snapshot(catalog)["integration"]
    second = update(catalog, pk, name="B", created_at=5)
    update(catalog, pk, name="C", metadata=None)
    with reading(catalog) as connection:
        before = history_query.record_before(connection, pk, second)
        assert history_query.record_before(connection, pk, 1) is None
    assert before is not None
    edit(catalog, lambda s: restore_record(s, pk=pk, values=before))
    assert snapshot(catalog)["integration"] == was
    catalog.undo().result(SECONDS)
    assert value(catalog, pk, "name") == "C"


def test_deleted_integrations_are_found_and_restored(catalog: Catalog) -> None:
    pks = [add(catalog, f"i{n}", name=f"name {n}", org_id="o") for n in range(5)]
    was = snapshot(catalog)
    delete(catalog, *pks[:2])
    edit(
        catalog,
        lambda s: records.delete_organization(s, org_id="o", with_integrations=True),
        "Delete o",
    )
    with reading(catalog) as connection:
        everything = history_query.deleted(connection)
        two = history_query.deleted(connection, limit=2)
        rest = history_query.deleted(connection, at=two.following)
        found = history_query.deleted(connection, "NAME 3")
    assert [row.edit.label for row in everything.rows] == ["Delete o"] * 3 + ["Delete"] * 2
    assert everything.following is None
    assert {row.pk for row in two.rows + rest.rows} == set(pks)
    assert [row.values["id"] for row in found.rows] == ["i3"]
    rows = [row.values for row in everything.rows]
    assert edit(catalog, lambda s: restore_deleted(s, rows=rows)).count == 5
    assert snapshot(catalog) == was
    with reading(catalog) as connection:
        assert history_query.deleted(connection).rows == []
    catalog.undo().result(SECONDS)
    assert snapshot(catalog)["integration"] == []


def test_an_id_that_is_taken_is_not_restored(catalog: Catalog) -> None:
    pk = add(catalog, "a")
    delete(catalog, pk)
    add(catalog, "a")
    with reading(catalog) as connection:
        (row,) = history_query.deleted(connection).rows
    with pytest.raises(Invalid, match="another integration has this id"):
        edit(catalog, lambda s: restore_deleted(s, rows=[row.values]))
