from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from db import duplicates, scope
from db.catalog import Catalog
from db.duplicates import Groups, Hash, Way
from db.errors import Invalid
from db.order import OrderSpec
from db.scope import EVERYTHING, Scope
from tests.bulk_help import SECONDS, edit, fill, rows, undo


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    catalog = Catalog.create(tmp_path / "a.icons")
    fill(
        catalog,
        [
            {"id": "a1", "name": "Acme", "org_id": "o", "icon_url": "u1", "client_id": "c"},
            {"id": "a2", "name": "ACME", "org_id": "o", "icon_url": "u1"},
            {"id": "a3", "name": "Acme", "org_id": "p", "icon_url": "u2"},
            {"id": "b1", "name": "Beta", "org_id": "p", "icon_url": "u2"},
            {"id": "b2", "name": "Beta", "icon_url": "u2"},
            {"id": "c1", "name": "", "org_id": "p"},
            {"id": "c2", "name": "", "org_id": "p"},
        ],
    )
    yield catalog
    catalog.close()


def find(
    catalog: Catalog,
    folder: Path,
    way: Way,
    within: Scope = EVERYTHING,
    hashes: tuple[Hash, ...] = (),
) -> Groups:
    reader = catalog.reader("find")
    future = reader.request(lambda c: duplicates.find(c, way, within, folder, hashes))
    return future.result(SECONDS)


def read(catalog: Catalog, found: Groups) -> list[tuple[str, str, list[str]]]:
    reader = catalog.reader("read")
    groups = reader.request(lambda c: duplicates.groups(c, found, 0, 99)).result(SECONDS)
    listed = []
    for group in groups:
        of = group.position
        members = reader.request(
            lambda c, of=of: duplicates.members(c, found, of, 99)  # type: ignore[misc]
        ).result(SECONDS)
        assert len(members) == group.size
        listed.append((group.title, group.organization, [str(row["id"]) for row in members]))
    return listed


def test_by_organization_and_name(catalog: Catalog, tmp_path: Path) -> None:
    found = find(catalog, tmp_path, "name")
    assert (found.count, found.integrations) == (1, 2)
    assert read(catalog, found) == [("Acme", "o", ["a1", "a2"])]


def test_by_url_the_largest_group_first(catalog: Catalog, tmp_path: Path) -> None:
    found = find(catalog, tmp_path, "url")
    assert read(catalog, found) == [("u2", "", ["a3", "b1", "b2"]), ("u1", "", ["a1", "a2"])]


def test_by_picture(catalog: Catalog, tmp_path: Path) -> None:
    found = find(catalog, tmp_path, "picture", hashes=(("u1", b"x"), ("u2", b"x"), ("u3", b"y")))
    assert read(catalog, found) == [("u1", "", ["a1", "a2", "a3", "b1", "b2"])]
    assert find(catalog, tmp_path, "picture").count == 0


def test_within_a_scope(catalog: Catalog, tmp_path: Path) -> None:
    found = find(catalog, tmp_path, "url", scope.matching(OrderSpec("beta")))
    assert read(catalog, found) == [("u2", "", ["b1", "b2"])]


def test_some_are_merged_field_by_field_as_one_edit(catalog: Catalog) -> None:
    before = rows(catalog)
    change = edit(
        catalog,
        lambda s: duplicates.merge(
            s, kept=1, others=[1, 2, 3], values={"id": "a2", "icon_url": "u2"}, label=str
        ),
    )
    assert (change.count, change.label) == (3, "3")
    merged = rows(catalog)
    assert [row["id"] for row in merged] == ["a2", "b1", "b2", "c1", "c2"]
    assert (merged[0]["pk"], merged[0]["icon_url"], merged[0]["client_id"]) == (1, "u2", "c")
    undo(catalog)
    assert rows(catalog) == before


def test_a_merge_of_what_is_gone_is_refused(catalog: Catalog) -> None:
    before = rows(catalog)
    with pytest.raises(Invalid, match="deleted meanwhile"):
        edit(catalog, lambda s: duplicates.merge(s, kept=1, others=[2, 99], values={}))
    with pytest.raises(Invalid, match="is taken"):
        edit(catalog, lambda s: duplicates.merge(s, kept=1, others=[2], values={"id": "a3"}))
    assert rows(catalog) == before
