"""Change-set files: what they hold, and what they do to another copy of the catalogue."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import apsw
import pytest

from db import history_apply, history_file
from db.catalog import Catalog
from db.errors import CannotOpen, CatalogError, Damaged, Invalid, TooNew
from db.history_apply import Applied, Preview
from db.history_file import ChangeSetFile
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
from tests.test_history import integrity


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    catalog = Catalog.create(tmp_path / "a.db")
    yield catalog
    catalog.close()


@pytest.fixture
def other(catalog: Catalog, tmp_path: Path) -> Iterator[Catalog]:
    """A copy of the catalogue as it is when the test begins: two integrations."""
    add(catalog, "a", name="A", icon_url="u1")
    add(catalog, "b", name="B", org_id="o")
    catalog.save_copy(tmp_path / "other.db").result(SECONDS)
    other = Catalog.open(tmp_path / "other.db")
    yield other
    other.close()


def save(catalog: Catalog, edits: Sequence[int], path: Path) -> ChangeSetFile:
    with reading(catalog) as connection:
        history_file.save(connection, edits, path, lambda done, total: None)
    return ChangeSetFile(path)


def preview(catalog: Catalog, file: ChangeSetFile) -> Preview:
    with reading(catalog) as connection:
        return history_apply.preview(connection, file)


def apply(catalog: Catalog, file: ChangeSetFile, choices: Choices | None = None) -> Applied:
    done: list[Applied] = []
    edit(catalog, lambda s: done.append(history_apply.apply(s, file, choices or Choices())))
    return done[0]


def test_several_edits_go_to_another_copy(catalog: Catalog, other: Catalog, tmp_path: Path) -> None:
    numbers = [
        update(catalog, 1, "one", name="A2"),
        update(catalog, 1, "two", name="A3", id="a3"),
        delete(catalog, 2),
    ]
    add(catalog, "c", org_id="new", created_at="2024")
    file = save(catalog, [*numbers, numbers[-1] + 1], tmp_path / "f.changeset")
    assert [one.label for one in file.edits()] == ["one", "two", "Delete", "Add"]
    assert list(tmp_path.glob("*.partial")) == []
    assert preview(other, file) == Preview(4, [], 0)
    assert apply(other, file) == Applied(0, 0)
    assert snapshot(other) == snapshot(catalog)
    other.undo().result(SECONDS)
    assert [row[1] for row in snapshot(other)["integration"]] == ["a", "b"]


def test_rows_are_found_by_id_where_pks_differ(
    catalog: Catalog, other: Catalog, tmp_path: Path
) -> None:
    add(other, "only theirs", name="A")
    add(catalog, "c", name="A", type="t")
    add(catalog, "d")
    number = update(catalog, 3, name="changed")
    file = save(catalog, [number - 2, number - 1, number], tmp_path / "f")
    assert apply(other, file) == Applied(0, 0)
    rows = {row[1]: row[2] for row in snapshot(other)["integration"]}
    assert rows == {"a": "A", "b": "B", "only theirs": "A", "c": "changed", "d": None}
    again = update(catalog, 3, type="u")
    assert apply(other, save(catalog, [again], tmp_path / "g")) == Applied(0, 0)
    types = {row[1]: row[3] for row in snapshot(other)["integration"]}
    assert types == {"a": None, "b": None, "only theirs": None, "c": "u", "d": None}
    gone = delete(catalog, 3)
    assert apply(other, save(catalog, [gone], tmp_path / "h")) == Applied(0, 0)
    assert "c" not in {row[1] for row in snapshot(other)["integration"]}
    assert "only theirs" in {row[1] for row in snapshot(other)["integration"]}


def test_conflicts_are_listed_and_decided(catalog: Catalog, other: Catalog, tmp_path: Path) -> None:
    numbers = [update(catalog, 1, name="mine", icon_url="u2"), update(catalog, 2, name="mine")]
    update(other, 1, name="theirs")
    delete(other, 2)
    file = save(catalog, numbers, tmp_path / "f")
    found = preview(other, file)
    assert [(c.id, c.field, c.current, c.wanted, c.reason) for c in found.conflicts] == [
        ("a", "name", "theirs", "mine", "changed"),
        ("", "", None, None, "deleted"),
    ]
    assert apply(other, file) == Applied(2, 2)
    assert value(other, 1, "name") == "theirs"
    assert value(other, 1, "icon_url") == "u2"
    assert apply(other, file, Choices(all_wanted=True)) == Applied(2, 1)
    assert value(other, 1, "name") == "mine"


def test_an_addition_that_is_there_already(
    catalog: Catalog, other: Catalog, tmp_path: Path
) -> None:
    add(catalog, "c", name="mine", type="t")
    add(other, "c", name="theirs", type="t")
    with reading(catalog) as connection:
        number = connection.execute("SELECT max(id) FROM edit").get
    found = preview(other, save(catalog, [number], tmp_path / "f"))
    assert [(c.field, c.current, c.wanted, c.reason) for c in found.conflicts] == [
        ("name", "theirs", "mine", "exists")
    ]


def test_a_large_edit_goes_to_a_file(catalog: Catalog, tmp_path: Path) -> None:
    insert_many(catalog, 60_000)
    catalog.save_copy(tmp_path / "copy.db").result(SECONDS)
    number = change_urls(catalog, "a.example", "b.example")
    file = save(catalog, [number], tmp_path / "f")
    with closing(Catalog.open(tmp_path / "copy.db")) as other:
        assert preview(other, file).rows == 60_000
        apply(other, file)
        assert snapshot(other) == snapshot(catalog)
        assert integrity(other.path) == [("ok",)]


def test_a_file_replaces_another_only_when_it_is_whole(catalog: Catalog, tmp_path: Path) -> None:
    add(catalog, "a")
    target = tmp_path / "f"
    target.write_text("before")
    with pytest.raises(Invalid, match="no edit 9"):
        save(catalog, [1, 9], target)
    assert target.read_text() == "before"
    with pytest.raises(CatalogError):
        save(catalog, [1], tmp_path / "no folder" / "f")
    save(catalog, [1], target)
    assert len(ChangeSetFile(target).edits()) == 1
    with pytest.raises(CannotOpen, match="is a folder"):
        save(catalog, [1], tmp_path)


def test_what_is_no_change_set_file(catalog: Catalog, tmp_path: Path) -> None:
    add(catalog, "a")
    text = tmp_path / "text"
    text.write_text("no database " * 500)
    for path in (text, catalog.path):
        with pytest.raises(CannotOpen, match="is not a change-set file"):
            ChangeSetFile(path).edits()
    with pytest.raises(CannotOpen, match="There is no file"):
        ChangeSetFile(tmp_path / "missing").edits()
    file = save(catalog, [1], tmp_path / "f")
    with closing(apsw.Connection(str(file.path))) as connection:
        connection.pragma("user_version", 9)
    with pytest.raises(TooNew):
        file.edits()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE edit_data SET data = zeroblob(100)",
        "UPDATE edit_data SET data = substr(data, 1, 20)",
        "DELETE FROM edit_data",
        "DROP TABLE row",
        "DROP TABLE row; CREATE VIEW row AS SELECT 1 pk, 'a' id",
    ],
)
def test_a_damaged_file_changes_nothing(
    catalog: Catalog, other: Catalog, tmp_path: Path, statement: str
) -> None:
    file = save(catalog, [update(catalog, 1, name="mine")], tmp_path / "f")
    with closing(apsw.Connection(str(file.path))) as connection:
        connection.execute(statement)
    before = snapshot(other)
    with pytest.raises((Damaged, CannotOpen)):
        preview(other, file)
    with pytest.raises((Damaged, CannotOpen)):
        apply(other, file)
    assert snapshot(other) == before


def test_a_file_cannot_touch_other_tables_nor_bring_what_no_edit_could(
    catalog: Catalog, tmp_path: Path
) -> None:
    add(catalog, "a")
    catalog.save_copy(tmp_path / "hostile.db").result(SECONDS)
    hostile = apsw.Connection(str(tmp_path / "hostile.db"))
    session = apsw.Session(hostile, "main")
    session.attach()
    hostile.execute("UPDATE edit SET label = 'hostile'")
    file = save(catalog, [1], tmp_path / "f")
    _put(file, session.changeset())
    before = snapshot(catalog)
    assert apply(catalog, file) == Applied(0, 0)
    assert snapshot(catalog) == before
    assert catalog.undo_label() == "Add"
    hostile.execute("UPDATE integration SET icon_url = ?", ("a\0b",))
    _put(file, session.changeset())
    for look in (preview, apply):
        with pytest.raises(Invalid):
            look(catalog, file)
    session.close()
    hostile.close()
    assert snapshot(catalog) == before


def _put(file: ChangeSetFile, changeset: bytes) -> None:
    with closing(apsw.Connection(str(file.path))) as connection:
        connection.execute("UPDATE edit_data SET data = ?", (zlib.compress(changeset),))
        connection.execute("INSERT OR REPLACE INTO row VALUES(1, 'a')")
