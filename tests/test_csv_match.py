"""What rows are matched by, and what may become of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from db.catalog import Catalog
from db.csv_import import Preview, Reading, RejectedRow, write
from db.csv_match import Counts, Match
from db.errors import Invalid
from tests.csv_help import add, csv_file, records


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    with closing(Catalog.create(tmp_path / "catalog.db")) as catalog:
        add(catalog, id="1", name="one", org_id="o", client_id="c1", updated_at="2024-01-01")
        add(catalog, id="2", name="two", org_id="o", client_id="c2", updated_at=1_700_000_000_000)
        add(catalog, id="3", name="two", org_id="p", client_id="", type="t")
        yield catalog


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "file.csv"


def imported(file: Path, catalog: Catalog, match: Match) -> tuple[Counts, list[RejectedRow]]:
    """What an import does, which is what its preview said, and what was rejected."""
    with closing(Reading(file, catalog.path, match=match)) as reading:
        staged = reading.future.result(60)
        with closing(Preview(staged, catalog.path)) as preview:
            rejects = preview.rejects(0, 99)
        done = write(catalog, staged).result(60)
    assert done.counts == staged.counts
    assert done.change.count == done.counts.written
    return done.counts, rejects


def by_id(catalog: Catalog) -> dict[str, dict[str, object]]:
    return {row["id"]: row for row in records(catalog)}


def test_by_client_id_without_a_column_of_ids(catalog: Catalog, file: Path) -> None:
    csv_file(
        file,
        [
            {"clientId": "c1", "type": "new"},
            {"clientId": "c2", "type": ""},
            {"clientId": "c9", "type": "x"},
            {"clientId": "", "type": "y"},
        ],
        keys=["clientId", "type"],
    )
    counts, rejects = imported(file, catalog, Match(key=("client_id",)))
    assert counts == Counts(changed=1, unchanged=1, rejected=2)
    assert [row.line for row in rejects] == [4, 5]
    assert "No integration has this clientId, and a new one needs an id" in str(rejects[0].problem)
    assert by_id(catalog)["1"]["type"] == "new"


def test_an_id_of_the_file_is_for_new_rows_only(catalog: Catalog, file: Path) -> None:
    csv_file(
        file,
        [
            {"id": "other", "clientId": "c1", "name": "renamed"},
            {"id": "9", "clientId": "c9", "name": "nine"},
            {"id": "2", "clientId": "c8", "name": "id is taken"},
        ],
        keys=["id", "clientId", "name"],
    )
    counts, rejects = imported(file, catalog, Match(key=("client_id",)))
    assert counts == Counts(new=1, changed=1, rejected=1)
    assert "the id is that of another one" in str(rejects[0].problem)
    found = by_id(catalog)
    assert set(found) == {"1", "2", "3", "9"}
    assert found["1"]["name"] == "renamed"


def test_by_organization_and_name(catalog: Catalog, file: Path) -> None:
    csv_file(
        file,
        [
            {"orgId": "o", "name": "two", "type": "a"},
            {"orgId": "p", "name": "two", "type": "b"},
        ],
        keys=["orgId", "name", "type"],
    )
    counts, _ = imported(file, catalog, Match(key=("org_id", "name")))
    assert counts == Counts(changed=2)
    assert [row["type"] for row in records(catalog)] == [None, "a", "b"]


def test_what_cannot_be_told_apart_is_rejected(catalog: Catalog, file: Path) -> None:
    csv_file(
        file,
        [
            {"id": "x", "name": "two", "type": "a"},
            {"id": "y", "name": "one", "type": "b"},
            {"id": "z", "name": "one", "type": "c"},
        ],
        keys=["id", "name", "type"],
    )
    counts, rejects = imported(file, catalog, Match(key=("name",)))
    assert counts == Counts(changed=1, rejected=2)
    assert [(row.line, row.field) for row in rejects] == [(2, "name"), (4, "name")]
    assert "2 integrations have this name" in str(rejects[0].problem)
    assert "Line 3 has this name already" in str(rejects[1].problem)
    assert [row["type"] for row in records(catalog)] == ["b", None, "t"]


def test_by_a_date_that_is_a_number(catalog: Catalog, file: Path) -> None:
    csv_file(file, [{"updatedAt": "1700000000000", "type": "n"}], keys=["updatedAt", "type"])
    assert imported(file, catalog, Match(key=("updated_at",)))[0] == Counts(changed=1)
    assert by_id(catalog)["2"]["type"] == "n"


def test_a_file_without_the_key_is_refused(catalog: Catalog, file: Path) -> None:
    csv_file(file, [{"id": "1"}], keys=["id"])
    with (
        closing(Reading(file, catalog.path, match=Match(key=("client_id",)))) as reading,
        pytest.raises(Invalid, match="No column is named clientId"),
    ):
        reading.future.result(60)


ROWS = [
    {"id": "1", "name": "ONE"},
    {"id": "2", "name": "two"},
    {"id": "9", "name": "nine", "orgId": "q"},
]


@pytest.mark.parametrize(
    ("match", "expected", "names"),
    [
        (Match(), Counts(new=1, changed=1, unchanged=1), ["ONE", "two", "two", "nine"]),
        (Match(change=False), Counts(new=1, unchanged=1, skipped=1), ["one", "two", "two", "nine"]),
        (Match(add=False), Counts(changed=1, unchanged=1, skipped=1), ["ONE", "two", "two"]),
        (
            Match(mirror=True),
            Counts(new=1, changed=1, unchanged=1, deleted=1),
            ["ONE", "two", "nine"],
        ),
        (
            Match(mirror=True, key=("client_id",), add=False),
            Counts(skipped=3, deleted=3),
            [],
        ),
    ],
)
def test_modes(
    catalog: Catalog, file: Path, match: Match, expected: Counts, names: list[str]
) -> None:
    before = records(catalog)
    keys = ["id", "name"] + (["clientId"] if not match.by_id else [])
    csv_file(file, [{key: row.get(key, "") for key in keys} for row in ROWS], keys=keys)
    assert imported(file, catalog, match)[0] == expected
    assert [row["name"] for row in records(catalog)] == names
    catalog.undo().result(60)
    assert records(catalog) == before


def test_a_mirror_is_named_and_deletes_nothing_while_rows_are_rejected(
    catalog: Catalog, file: Path
) -> None:
    csv_file(file, [{"id": "1", "name": "one"}, {"id": "", "name": "two"}], keys=["id", "name"])
    assert imported(file, catalog, Match(mirror=True))[0] == Counts(unchanged=1, rejected=1)
    csv_file(file, [], keys=["id", "name"])
    assert imported(file, catalog, Match(mirror=True))[0] == Counts()
    csv_file(file, [{"id": "1", "name": "one"}], keys=["id", "name"])
    assert imported(file, catalog, Match(mirror=True))[0] == Counts(unchanged=1, deleted=2)
    assert catalog.undo_label() == "Import file.csv: 0 new, 0 changed, 2 deleted"
    assert [row["id"] for row in records(catalog)] == ["1"]


def test_the_deleted_ones_are_previewed(catalog: Catalog, file: Path) -> None:
    csv_file(file, [{"id": "2", "updatedAt": "1700000000000"}], keys=["id", "updatedAt"])
    with closing(Reading(file, catalog.path, match=Match(mirror=True))) as reading:
        staged = reading.future.result(60)
        with closing(Preview(staged, catalog.path)) as preview:
            shown = preview.rows("deleted", 0, 9)
    assert [(row.line, row.cells) for row in shown] == [(0, ("1", "2024-01-01")), (0, ("3", ""))]


def test_the_skipped_ones_are_previewed(catalog: Catalog, file: Path) -> None:
    csv_file(file, ROWS, keys=["id", "name", "orgId"])
    with closing(Reading(file, catalog.path, match=Match(add=False))) as reading:
        staged = reading.future.result(60)
        with closing(Preview(staged, catalog.path)) as preview:
            (shown,) = preview.rows("skipped", 0, 9)
    assert (shown.line, shown.cells) == (4, ("9", "nine", "q"))
    with closing(catalog.connect_here(5000)) as connection:
        write(catalog, staged)
        assert connection.execute("SELECT count(*) FROM organization WHERE id = 'q'").get == 0


def test_an_empty_cell_can_keep_what_is_there(catalog: Catalog, file: Path) -> None:
    csv_file(file, [{"id": "1", "name": "", "type": "t"}, {"id": "3"}], keys=["id", "name", "type"])
    match = Match(keep_empty=True)
    assert imported(file, catalog, match)[0] == Counts(changed=1, unchanged=1)
    assert (by_id(catalog)["1"]["name"], by_id(catalog)["1"]["type"]) == ("one", "t")
    path = file.with_suffix(".json")
    path.write_text('[{"id": "1", "name": null, "type": ""}, {"id": "3", "type": "u"}]')
    assert imported(path, catalog, match)[0] == Counts(changed=1, unchanged=1)
    assert by_id(catalog)["3"]["type"] == "u"


@pytest.mark.parametrize(
    ("updated", "changes"),
    [("2024-01-02", True), ("2024-01-01", False), ("2023-12-31", False), ("", False)],
)
def test_only_what_was_updated_later(
    catalog: Catalog, file: Path, updated: str, changes: bool
) -> None:
    rows = [{"id": "1", "name": "new", "updatedAt": updated}, {"id": "8", "name": "added"}]
    csv_file(file, rows, keys=["id", "name", "updatedAt"])
    counts, _ = imported(file, catalog, Match(newer=True))
    assert counts == Counts(new=1, changed=changes, skipped=not changes)
    assert by_id(catalog)["1"]["name"] == ("new" if changes else "one")


def test_what_has_no_date_is_older_than_what_has_one(catalog: Catalog, file: Path) -> None:
    csv_file(
        file, [{"id": "3", "type": "u", "updatedAt": "1999"}], keys=["id", "type", "updatedAt"]
    )
    assert imported(file, catalog, Match(newer=True))[0] == Counts(changed=1)


def test_what_was_written_meanwhile_counts_for_every_key(catalog: Catalog, file: Path) -> None:
    csv_file(file, [{"id": "9", "clientId": "c9"}, {"id": "8", "clientId": "c8"}])
    with closing(
        Reading(file, catalog.path, match=Match(key=("client_id",), keep_empty=True))
    ) as reading:
        staged = reading.future.result(60)
        assert staged.counts == Counts(new=2)
        add(catalog, id="8", client_id="other")
        add(catalog, id="7", client_id="c9")
        done = write(catalog, staged).result(60)
    assert done.counts == Counts(unchanged=1, rejected=1)
    assert set(by_id(catalog)) == {"1", "2", "3", "7", "8"}


def test_what_is_newer_cannot_be_told_without_a_date(catalog: Catalog, file: Path) -> None:
    csv_file(file, [{"id": "1", "name": "x"}], keys=["id", "name"])
    with (
        closing(Reading(file, catalog.path, match=Match(newer=True))) as reading,
        pytest.raises(Invalid, match="no updatedAt"),
    ):
        reading.future.result(60)


@pytest.mark.parametrize("match", [Match(newer=True), Match(key=("org_id", "name"), mirror=True)])
def test_without_a_catalogue_every_row_is_new(file: Path, match: Match) -> None:
    csv_file(file, [{"id": "1", "name": "a", "orgId": "o", "updatedAt": "2024"}, {"id": "2"}])
    with closing(Reading(file, None, match=match)) as reading:
        assert reading.future.result(60).counts == Counts(new=2)
