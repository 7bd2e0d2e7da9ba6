"""Imports: matching by id, the preview, the edit, and what cells mean."""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from db.catalog import Catalog
from db.csv_import import Preview, Reading, Writing, write
from db.csv_match import Counts
from db.errors import Cancelled, ReadOnly
from db.fields import NULL
from db.history import BULK_ROWS
from db.schema import INTEGRATION_INDEXES
from tests.csv_help import add, counts, csv_file, import_file, read, records

REAL = [
    *("airbyte", "cncf", "dataloop", "dify", "docker-mcp", "home-assistant", "mattermost"),
    *("mcp-seed", "meltano", "nango", "obsidian", "portainer", "simple-icons", "stackstorm"),
    "truenas",
]
REJECTED = {"home-assistant": 39, "mattermost": 87, "mcp-seed": 7}


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    with closing(Catalog.create(tmp_path / "catalog.db")) as catalog:
        yield catalog


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "file.csv"


def organizations(catalog: Catalog) -> list[str]:
    with closing(catalog.connect_here(5000)) as connection:
        found = connection.execute("SELECT id FROM organization ORDER BY id")
        return [str(org_id) for (org_id,) in found]


def test_new_rows_are_added_in_the_order_of_the_file(catalog: Catalog, file: Path) -> None:
    csv_file(
        file,
        [
            {"id": "z", "name": "Zed", "orgId": "o2", "createdAt": "2024-01-02T00:00:00Z"},
            {"id": "a", "orgId": "o1", "createdAt": "1700000000000", "metadata": '{"a": 1}'},
        ],
    )
    done = import_file(file, catalog)
    assert done.counts == Counts(new=2)
    assert done.change.label == "Import file.csv: 2 new, 0 changed"
    assert done.change.count == 2
    first, second = records(catalog)
    assert (first["id"], first["name"], first["org_id"]) == ("z", "Zed", "o2")
    assert first["created_instant"] == 1_704_153_600_000
    assert second["created_at"] == "1700000000000"
    assert second["created_instant"] == 1_700_000_000_000
    assert second["metadata"] == '{"a": 1}'
    assert second["name"] is None
    assert organizations(catalog) == ["o1", "o2"]


def test_an_import_is_one_step_of_the_history(catalog: Catalog, file: Path) -> None:
    add(catalog, id="a", name="old", org_id="o")
    before = records(catalog)
    csv_file(file, [{"id": "a", "name": "new", "orgId": "p"}, {"id": "b", "orgId": "q"}])
    import_file(file, catalog)
    after = records(catalog)
    assert catalog.undo_label() == "Import file.csv: 1 new, 1 changed"
    catalog.undo().result(60)
    assert records(catalog) == before
    assert organizations(catalog) == ["o"]
    catalog.redo().result(60)
    assert records(catalog) == after


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (None, ""),
        ("", ""),
        (NULL, ""),
        ("text", "text"),
        (1_700_000_000_000, "1700000000000"),
        (1_700_000_000.5, "1700000000.5"),
        (1e300, "1e+300"),
        (0.1, "0.1"),
    ],
)
def test_a_cell_that_says_the_same_changes_nothing(
    catalog: Catalog, file: Path, value: Any, cell: str
) -> None:
    add(catalog, id="a", created_at=value)
    before = records(catalog)
    csv_file(file, [{"id": "a", "createdAt": cell}])
    done = import_file(file, catalog)
    assert done.counts == Counts(unchanged=1)
    assert done.change.edit_id is None
    assert records(catalog) == before


def test_only_cells_that_differ_change(catalog: Catalog, file: Path) -> None:
    add(catalog, id="a", name="n", created_at=1.5, updated_by=NULL, client_id="", metadata="[1]")
    (before,) = records(catalog)
    csv_file(
        file, [{"id": "a", "name": "m", "createdAt": "1.5", "updatedAt": "2024", "metadata": "[1]"}]
    )
    assert import_file(file, catalog).counts == Counts(changed=1)
    (after,) = records(catalog)
    assert after == {
        **before,
        "name": "m",
        "updated_at": "2024",
        "updated_instant": 1_704_067_200_000,
    }


def test_an_empty_cell_clears_and_a_missing_column_does_not(catalog: Catalog, file: Path) -> None:
    add(catalog, id="a", name="n", creator="c", created_at="2024", metadata="{}")
    csv_file(file, [{"id": "a"}], keys=["id", "createdAt", "metadata"])
    assert import_file(file, catalog).counts == Counts(changed=1)
    (after,) = records(catalog)
    assert (after["name"], after["creator"]) == ("n", "c")
    assert (after["created_at"], after["created_instant"], after["metadata"]) == (None, None, None)


def test_a_file_of_ids_alone_changes_nothing_that_is_there(catalog: Catalog, file: Path) -> None:
    add(catalog, id="a", name="n")
    csv_file(file, [{"id": "a"}, {"id": "b"}], keys=["id"])
    assert import_file(file, catalog).counts == Counts(new=1, unchanged=1)


def test_rejected_rows_do_not_block_the_others(catalog: Catalog, file: Path) -> None:
    csv_file(file, [{"id": "a"}, {"id": "a", "name": "x"}, {"id": "b", "metadata": "{"}])
    assert import_file(file, catalog).counts == Counts(new=1, rejected=2)
    assert [row["id"] for row in records(catalog)] == ["a"]


def test_the_preview_shows_old_and_new(catalog: Catalog, file: Path) -> None:
    add(catalog, id="a", name="old", type="t", created_at=1.5)
    add(catalog, id="s", name="same")
    csv_file(
        file,
        [
            {"id": "s", "name": "same"},
            {"id": "n", "name": "New\nname"},
            {"id": "a", "name": "new", "type": "t", "createdAt": "2"},
        ],
        keys=["id", "name", "type", "createdAt"],
    )
    with closing(Reading(file, catalog.path)) as reading:
        staged = reading.future.result(60)
        assert staged.counts == Counts(new=1, changed=1, unchanged=1)
        with closing(Preview(staged, catalog.path)) as preview:
            (new,) = preview.rows("new", 0, 127)
            (changed,) = preview.rows("changed", 0, 127)
            (unchanged,) = preview.rows("unchanged", 0, 127)
            assert preview.changed_fields() == ("name", "created_at")
    assert (new.line, new.cells) == (3, ("n", "New\nname", "", ""))
    assert new.old == (None, None, None, None)
    assert (changed.line, changed.cells) == (5, ("a", "new", "t", "2"))
    assert changed.old == (None, "old", None, "1.5")
    assert (unchanged.line, unchanged.cells) == (2, ("s", "same", "", ""))


def test_pages_are_in_file_order(catalog: Catalog, file: Path) -> None:
    csv_file(file, [{"id": str(number)} for number in range(300)] + [{"id": ""}] * 3)
    with (
        closing(Reading(file, catalog.path)) as reading,
        closing(Preview(reading.future.result(60), catalog.path)) as preview,
    ):
        assert [row.line for row in preview.rows("new", 128, 255)] == list(range(130, 258))
        assert preview.rows("new", 300, 400) == []
        assert [row.line for row in preview.rejects(1, 2)] == [303, 304]


def test_what_was_written_meanwhile_counts(catalog: Catalog, file: Path) -> None:
    csv_file(file, [{"id": "a", "name": "n"}, {"id": "b", "name": "n"}, {"id": "c"}])
    with closing(Reading(file, catalog.path)) as reading:
        staged = reading.future.result(60)
        assert staged.counts == Counts(new=3)
        add(catalog, id="a", name="n")
        add(catalog, id="b", name="other")
        done = write(catalog, staged).result(60)
    assert done.counts == Counts(new=1, changed=1, unchanged=1)
    assert done.change.label == "Import file.csv: 1 new, 1 changed"
    assert [(row["id"], row["name"]) for row in records(catalog)] == [
        ("a", "n"),
        ("b", "n"),
        ("c", None),
    ]


def test_a_large_import_builds_the_indexes_anew(catalog: Catalog, file: Path) -> None:
    add(catalog, id="5", name="old")
    csv_file(file, [{"id": str(number), "name": "n"} for number in range(BULK_ROWS + 1)])
    lines: list[tuple[int, int]] = []
    with closing(Reading(file, catalog.path)) as reading:
        staged = reading.future.result(60)
        done = write(catalog, staged, progress=lambda *at: lines.append(at)).result(60)
    assert done.counts == Counts(new=BULK_ROWS, changed=1)
    assert len(lines) > 1
    assert lines == sorted(lines)
    assert lines[-1] == (BULK_ROWS + 2, BULK_ROWS + 2)
    with closing(catalog.connect_here(5000)) as connection:
        found = {
            str(name)
            for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type='index'")
        }
    assert set(INTEGRATION_INDEXES) <= found
    catalog.undo().result(60)
    assert [row["name"] for row in records(catalog)] == ["old"]


def test_a_cancelled_write_leaves_nothing_and_the_next_one_works(
    catalog: Catalog, file: Path
) -> None:
    csv_file(file, [{"id": str(number)} for number in range(2_000)])
    with closing(Reading(file, catalog.path)) as reading:
        staged = reading.future.result(60)
        started: Future[Writing] = Future()
        writing = Writing(catalog, staged, progress=lambda *_: started.result(60).cancel())
        started.set_result(writing)
        with pytest.raises(Cancelled):
            writing.future.result(60)
        assert records(catalog) == []
        assert catalog.undo_label() is None
        assert write(catalog, staged).result(60).counts == Counts(new=2_000)


def test_a_read_only_catalogue_refuses_with_a_sentence(catalog: Catalog, file: Path) -> None:
    copy = catalog.path.with_name("copy.db")
    catalog.save_copy(copy).result(60)
    copy.chmod(0o444)
    csv_file(file, [{"id": "a"}])
    with closing(Catalog.open(copy)) as opened, closing(Reading(file, copy)) as reading:
        future = write(opened, reading.future.result(60))
        with pytest.raises(ReadOnly, match="read-only"):
            future.result(60)


@pytest.mark.parametrize("name", REAL)
def test_real_catalogues(shared: Path, catalog: Catalog, name: str) -> None:
    path = shared / "data" / "catalogs" / f"{name}.csv"
    done = import_file(path, catalog)
    assert done.counts.new == len(records(catalog)) > 0
    assert done.counts.rejected == REJECTED.get(name, 0)
    assert done.counts.changed == done.counts.unchanged == 0
    again = counts(path, catalog)
    assert again == Counts(unchanged=done.counts.new, rejected=done.counts.rejected)


def test_the_merged_real_catalogue(shared: Path, catalog: Catalog, tmp_path: Path) -> None:
    path = tmp_path / "real_catalog.csv"
    packed = shared / "data" / "catalogs" / "real_catalog.csv.gz"
    with gzip.open(packed) as source, path.open("wb") as target:
        shutil.copyfileobj(source, target)
    done = import_file(path, catalog)
    assert done.counts.read == 19_139
    assert done.counts.new == len(records(catalog)) == 19_139 - done.counts.rejected


@pytest.mark.parametrize(
    ("variant", "original"),
    [
        ("portainer.utf8bom.semicolon.csv", "portainer.csv"),
        ("docker-mcp.lf.quoteall.csv", "docker-mcp.csv"),
    ],
)
def test_other_forms_of_real_catalogues_say_the_same(
    shared: Path, catalog: Catalog, variant: str, original: str
) -> None:
    folder = shared / "data" / "catalogs"
    done = import_file(folder / original, catalog)
    same = read(folder / "variants" / variant, catalog.path)[0]
    assert same.counts == Counts(unchanged=done.counts.new)
