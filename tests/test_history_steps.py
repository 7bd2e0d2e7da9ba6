"""Several steps at once, and what compacting forgets and frees."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from db import history_keep, history_query
from db.catalog import Catalog
from db.errors import Cancelled, Conflict, Invalid
from db.history_keep import Retention
from tests.history_help import (
    SECONDS,
    add,
    change_urls,
    delete,
    insert_many,
    reading,
    snapshot,
    update,
)
from tests.test_history import integrity, raw


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.db"


@pytest.fixture
def catalog(path: Path) -> Iterator[Catalog]:
    catalog = Catalog.create(path)
    yield catalog
    catalog.close()


def test_undo_and_redo_go_to_an_edit(catalog: Catalog) -> None:
    pk = add(catalog, "a")
    numbers = [update(catalog, pk, f"s{n}", name=f"n{n}", type=f"t{n}") for n in range(5)]
    last = snapshot(catalog)
    told = []
    catalog.changed.append(told.append)
    undone = catalog.undo(to=numbers[2]).result(SECONDS)
    assert undone is not None
    assert told == [undone]
    assert (undone.kind, undone.pks, undone.fields) == ("undo", {pk}, {"name", "type"})
    assert (catalog.undo_label(), catalog.redo_label()) == ("s1", "s2")
    redone = catalog.redo(to=numbers[3]).result(SECONDS)
    assert redone is not None
    assert (redone.kind, redone.label) == ("redo", "s3")
    assert (catalog.undo_label(), catalog.redo_label()) == ("s3", "s4")
    catalog.redo(to=numbers[4]).result(SECONDS)
    assert snapshot(catalog) == last


def test_a_conflict_on_the_way_changes_nothing(catalog: Catalog, path: Path) -> None:
    pk = add(catalog, "a", name="A")
    first = update(catalog, pk, name="B")
    update(catalog, pk, type="t")
    raw(path, "UPDATE integration SET name = 'theirs'")
    before = snapshot(catalog)
    with pytest.raises(Conflict):
        catalog.undo(to=first).result(SECONDS)
    assert snapshot(catalog) == before
    assert catalog.undo_label() == "Update"


def test_an_edit_that_does_not_stand_is_no_place_to_go_to(catalog: Catalog) -> None:
    number = update(catalog, add(catalog, "a"), name="A")
    with pytest.raises(Invalid, match="history is another one"):
        catalog.redo(to=number).result(SECONDS)
    catalog.undo().result(SECONDS)
    with pytest.raises(Invalid, match="history is another one"):
        catalog.undo(to=number).result(SECONDS)


def test_compacting_forgets_nothing_unasked_and_frees_room(catalog: Catalog, path: Path) -> None:
    insert_many(catalog, 20_000)
    delete(catalog, *range(1, 19_001))
    before = snapshot(catalog)
    done = catalog.compact().result(SECONDS)
    assert done.forgotten == 0
    assert done.before.free > 0
    assert done.after.free == 0
    assert done.after.file < done.before.file
    assert done.after.history == done.before.history > 0
    assert path.stat().st_size == done.after.file
    assert snapshot(catalog) == before
    catalog.undo().result(SECONDS)
    assert len(snapshot(catalog)["integration"]) == 20_000
    assert integrity(path) == [("ok",)]


def test_history_is_kept_by_age(catalog: Catalog, path: Path) -> None:
    pk = add(catalog, "a")
    for number in range(3):
        update(catalog, pk, f"s{number}", name=str(number))
    old = (datetime.now(UTC) - timedelta(days=40)).isoformat(timespec="milliseconds")
    raw(path, f"UPDATE edit SET at = '{old}' WHERE id <= 2")
    with reading(catalog) as connection:
        assert history_keep.usage(connection).old == 0
        assert history_keep.usage(connection, Retention(days=41)).old == 0
        found = history_keep.usage(connection, Retention(days=30))
    assert (found.edits, found.old, found.last_old) == (4, 2, 2)
    assert 0 < found.old_bytes < found.history
    assert catalog.compact(Retention(days=30)).result(SECONDS).forgotten == 2
    with reading(catalog) as connection:
        assert [one.label for one in history_query.edits(connection)] == ["s2", "s1"]
    catalog.undo(to=3).result(SECONDS)
    assert catalog.undo_label() is None


def test_history_is_kept_by_size_and_what_can_be_redone_stays(catalog: Catalog) -> None:
    insert_many(catalog, 60_000)
    change_urls(catalog, "a.example", "b.example")
    change_urls(catalog, "b.example", "c.example")
    with reading(catalog) as connection:
        everything = history_keep.usage(connection)
        assert everything.history > 1_000_000
        found = history_keep.usage(connection, Retention(megabytes=1))
    assert 0 < found.old < 3
    assert found.history - found.old_bytes <= 1_000_000 or found.old == 2
    catalog.undo(to=2).result(SECONDS)
    with reading(catalog) as connection:
        assert history_keep.usage(connection, Retention(megabytes=0, days=0)).old == 1


def test_an_empty_catalogue_can_be_compacted(catalog: Catalog) -> None:
    done = catalog.compact(Retention(days=0, megabytes=0)).result(SECONDS)
    assert (done.forgotten, done.after.edits) == (0, 0)


def test_compacting_can_be_cancelled(catalog: Catalog, path: Path) -> None:
    insert_many(catalog, 60_000)
    before = snapshot(catalog)
    future = catalog.compact()
    catalog.cancel(future)
    with pytest.raises(Cancelled):
        future.result(SECONDS)
    assert snapshot(catalog) == before
    assert catalog.compact().result(SECONDS).after.free == 0
    assert integrity(path) == [("ok",)]
