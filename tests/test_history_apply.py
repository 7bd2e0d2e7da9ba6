"""Reverting one edit alone, and what happens where later edits touched the same cells."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

import pytest

from db import history_apply, records
from db.catalog import Catalog
from db.changes import Change
from db.errors import Cancelled, Invalid
from db.history_apply import Applied, Preview, Source, StoredEdit
from db.history_plan import Choices
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
from tests.test_history import indexes, integrity


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    catalog = Catalog.create(tmp_path / "a.db")
    yield catalog
    catalog.close()


def preview(catalog: Catalog, source: Source) -> Preview:
    with reading(catalog) as connection:
        return history_apply.preview(connection, source)


def apply(catalog: Catalog, source: Source, choices: Choices | None = None) -> Applied:
    done: list[Applied] = []
    edit(
        catalog,
        lambda s: done.append(history_apply.apply(s, source, choices or Choices())),
        "Revert",
    )
    return done[0]


def test_what_nobody_touched_is_reverted_and_can_be_undone(catalog: Catalog) -> None:
    first, second = add(catalog, "a", name="A", type="t"), add(catalog, "b")
    number = update(catalog, first, name="B", created_at=5)
    update(catalog, first, type="u")
    update(catalog, second, name="other")
    before = snapshot(catalog)
    assert preview(catalog, StoredEdit(number)) == Preview(1, [], 0)
    assert apply(catalog, StoredEdit(number)) == Applied(0, 0)
    assert value(catalog, first, "name") == "A"
    assert value(catalog, first, "created_instant") is None
    assert value(catalog, first, "type") == "u"
    assert catalog.undo_label() == "Revert"
    catalog.undo().result(SECONDS)
    assert snapshot(catalog) == before


def test_the_last_edit_needs_no_looking(catalog: Catalog) -> None:
    pk = add(catalog, "a", name="A")
    number = update(catalog, pk, name="B")
    assert preview(catalog, StoredEdit(number)) == Preview(1, [], 0)


def test_a_conflict_is_decided_cell_by_cell(catalog: Catalog) -> None:
    pk = add(catalog, "a", name="A", type="1", icon_url="u1", created_at="2020")
    number = update(catalog, pk, name="B", type="2", icon_url="u2", created_at="2021")
    update(catalog, pk, name="C", type="3", created_at="2022")
    found = preview(catalog, StoredEdit(number))
    assert (found.rows, found.conflict_count) == (1, 3)
    told = {(c.field, c.expected, c.current, c.wanted, c.reason) for c in found.conflicts}
    assert told == {
        ("name", "B", "C", "A", "changed"),
        ("type", "2", "3", "1", "changed"),
        ("created_at", "2021", "2022", "2020", "changed"),
    }
    assert {(c.id, c.name, c.has_choice) for c in found.conflicts} == {("a", "C", True)}
    chosen = {c.cell for c in found.conflicts if c.field in ("name", "created_at")}
    assert apply(catalog, StoredEdit(number), Choices(chosen)) == Applied(3, 1)
    row = [value(catalog, pk, name) for name in ("name", "type", "icon_url", "created_at")]
    assert row == ["A", "3", "u1", "2020"]
    assert value(catalog, pk, "created_instant") == 1_577_836_800_000


def test_all_that_is_wanted_can_be_had(catalog: Catalog) -> None:
    pk = add(catalog, "a", name="A")
    number = update(catalog, pk, name="B")
    update(catalog, pk, name="C")
    assert apply(catalog, StoredEdit(number)) == Applied(1, 1)
    assert value(catalog, pk, "name") == "C"
    assert apply(catalog, StoredEdit(number), Choices(all_wanted=True)) == Applied(1, 0)
    assert value(catalog, pk, "name") == "A"


def test_what_is_as_wanted_already_is_no_conflict(catalog: Catalog) -> None:
    pk = add(catalog, "a", name="A")
    number = update(catalog, pk, name="B")
    update(catalog, pk, name="A")
    assert preview(catalog, StoredEdit(number)) == Preview(0, [], 0)
    assert apply(catalog, StoredEdit(number)) == Applied(0, 0)


def test_rows_that_went_or_changed_since(catalog: Catalog) -> None:
    pk, gone = add(catalog, "a", name="A"), add(catalog, "b", name="A")
    number = edit(
        catalog,
        lambda s: records.update_integrations(s, pks=[pk, gone], values={"name": "B"}),
    ).edit_id
    assert number is not None
    delete(catalog, gone)
    found = preview(catalog, StoredEdit(number))
    assert [(c.id, c.field, c.reason, c.has_choice) for c in found.conflicts] == [
        ("", "", "deleted", False)
    ]
    assert apply(catalog, StoredEdit(number), Choices(all_wanted=True)) == Applied(1, 1)
    assert [row[2] for row in snapshot(catalog)["integration"]] == ["A"]


def test_reverting_an_addition_asks_about_what_changed_since(catalog: Catalog) -> None:
    pk = add(catalog, "a", name="A", org_id="o")
    update(catalog, pk, name="B")
    found = preview(catalog, StoredEdit(1))
    assert [(c.field, c.reason) for c in found.conflicts] == [("", "changed")]
    assert apply(catalog, StoredEdit(1)) == Applied(1, 1)
    assert [row[0] for row in snapshot(catalog)["organization"]] == ["o"]
    assert apply(catalog, StoredEdit(1), Choices({found.conflicts[0].cell})) == Applied(1, 0)
    assert snapshot(catalog)["integration"] == []


def test_an_organization_that_is_in_use_stays_as_it_is(catalog: Catalog, tmp_path: Path) -> None:
    add(catalog, "a", org_id="o")
    edit(catalog, lambda s: records.rename_organization(s, org_id="o", name="Oh"))
    edit(catalog, lambda s: records.rename_organization(s, org_id="o", name="o"))
    edit(catalog, lambda s: records.set_base_url(s, url="https://o.example/", org_id="o"))
    edit(catalog, lambda s: records.set_base_url(s, url="", org_id="o"))
    add(catalog, "b", org_id="o")
    assert apply(catalog, StoredEdit(1)) == Applied(0, 0)
    assert snapshot(catalog)["organization"] == [("o", "o", None)]
    assert [row[1] for row in snapshot(catalog)["integration"]] == ["b"]
    assert integrity(tmp_path / "a.db") == [("ok",)]


def test_a_deletion_is_reverted_under_its_old_pk(catalog: Catalog) -> None:
    pk = add(catalog, "a", name="A", org_id="o")
    was = snapshot(catalog)
    number = edit(
        catalog, lambda s: records.delete_organization(s, org_id="o", with_integrations=True)
    ).edit_id
    assert number is not None
    add(catalog, "b")
    apply(catalog, StoredEdit(number))
    assert snapshot(catalog)["integration"][0] == was["integration"][0]
    assert snapshot(catalog)["organization"] == was["organization"]
    delete(catalog, pk)
    add(catalog, "a")
    found = preview(catalog, StoredEdit(number))
    assert [(c.id, c.reason) for c in found.conflicts] == [("a", "taken")]
    assert apply(catalog, StoredEdit(number), Choices(all_wanted=True)) == Applied(1, 1)


def test_only_what_stands_is_reverted_and_the_rest_can_be_done_again(catalog: Catalog) -> None:
    pk = add(catalog, "a", name="A")
    number = update(catalog, pk, name="B")
    catalog.undo().result(SECONDS)
    update(catalog, pk, type="t")
    with pytest.raises(Invalid, match="nothing to revert"):
        preview(catalog, StoredEdit(number))
    assert preview(catalog, StoredEdit(number, again=True)) == Preview(1, [], 0)
    apply(catalog, StoredEdit(number, again=True))
    assert value(catalog, pk, "name") == "B"
    with pytest.raises(Invalid, match="stands already"):
        preview(catalog, StoredEdit(1, again=True))


def test_a_large_edit_is_reverted_but_for_its_conflicts(catalog: Catalog, tmp_path: Path) -> None:
    insert_many(catalog, 60_000)
    number = change_urls(catalog, "a.example", "b.example")
    before = indexes(catalog)
    edit(
        catalog,
        lambda s: s.connection.execute("UPDATE integration SET icon_url = 'x' WHERE pk <= 3000"),
    )
    found = preview(catalog, StoredEdit(number))
    assert (found.rows, len(found.conflicts), found.conflict_count) == (57_000, 1_000, 3_000)
    assert apply(catalog, StoredEdit(number)) == Applied(3_000, 3_000)
    assert indexes(catalog) == before
    assert integrity(tmp_path / "a.db") == [("ok",)]
    with reading(catalog) as connection:
        counts = connection.execute(
            "SELECT sum(icon_url = 'x'), sum(icon_url LIKE '%a.example%') FROM integration"
        ).fetchone()
        count = connection.execute("SELECT count FROM edit ORDER BY id DESC LIMIT 1").get
    assert counts == (3_000, 57_000)
    assert count == 57_000


def test_a_revert_can_be_cancelled(catalog: Catalog) -> None:
    insert_many(catalog, 60_000)
    number = change_urls(catalog, "a.example", "b.example")
    before = snapshot(catalog)
    running: list[Future[Change]] = []
    told: list[int] = []

    def cancel(future: Future[Change], done: int, _: int) -> None:
        told.append(done)
        catalog.cancel(future)

    catalog.progressed.append(cancel)
    running.append(
        catalog.edit(
            "Revert", lambda s: _ignore(history_apply.apply(s, StoredEdit(number), Choices()))
        )
    )
    with pytest.raises(Cancelled):
        running[0].result(SECONDS)
    assert told
    assert snapshot(catalog) == before


def _ignore(_: object) -> None:
    pass
