"""Restoring a backup: what would change, and the one edit that changes it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from db import records, restore
from db.catalog import Catalog
from db.edits import EditSession
from db.errors import CatalogError, Damaged
from db.fields import NULL
from tests.test_catalog import adding, ids, raw
from tests.trust.help import check_history, state_hash

SECONDS = 60


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    catalog = Catalog.create(tmp_path / "a.icons")

    def body(edit: EditSession) -> None:
        for name in ("a", "b", "c", "d"):
            adding(name, name=f"Name {name}", org_id="o", created_at=1)(edit)
        records.add_organization(edit, org_id="empty", name="Empty")
        records.set_base_url(edit, url="https://a.example/")

    catalog.edit("Fill", body).result(SECONDS)
    yield catalog
    catalog.close()


@pytest.fixture
def backup(catalog: Catalog, tmp_path: Path) -> Path:
    backup = tmp_path / "backup.db"
    catalog.save_copy(backup).result(SECONDS)
    return backup


def change(edit: EditSession) -> None:
    """Something of every kind, two ids that change places, and values of another type."""
    records.delete_integrations(edit, pks=[1])
    records.update_integration(edit, pk=2, values={"id": "free"})
    records.update_integration(edit, pk=3, values={"id": "b", "created_at": "1"})
    records.update_integration(edit, pk=2, values={"id": "c", "icon_url": NULL})
    adding("new", org_id="other")(edit)
    records.rename_organization(edit, org_id="empty", name="Renamed")
    records.set_base_url(edit, url="")


def found(catalog: Catalog, backup: Path) -> restore.Differences:
    request = catalog.reader("differences").request(lambda c: restore.differences(c, backup))
    return request.result(SECONDS)


def hash_of(path: Path) -> str:
    with closing(raw(path)) as connection:
        return state_hash(connection)


def test_the_differences_are_counted_and_named(catalog: Catalog, backup: Path) -> None:
    assert not found(catalog, backup).any
    catalog.edit("Change", change).result(SECONDS)
    differences = found(catalog, backup)
    assert (differences.added, differences.deleted, differences.changed) == (1, 1, 2)
    assert (differences.organizations, differences.settings) == (2, 1)
    assert {kind: [each.id for each in some] for kind, some in differences.first.items()} == {
        "added": ["a"],
        "deleted": ["new"],
        "changed": ["c", "b"],
    }


def test_restoring_is_one_edit_that_undo_takes_back(catalog: Catalog, backup: Path) -> None:
    before = hash_of(catalog.path)
    catalog.edit("Change", change).result(SECONDS)
    changed = hash_of(catalog.path)
    done = catalog.restore(backup, "Restore").result(SECONDS)
    assert done.count == 4
    assert hash_of(catalog.path) == before == hash_of(backup)
    assert not found(catalog, backup).any
    assert catalog.undo_label() == "Restore"
    catalog.undo().result(SECONDS)
    assert hash_of(catalog.path) == changed
    catalog.redo().result(SECONDS)
    check_history(catalog.path)


def test_restoring_what_is_there_is_no_edit(catalog: Catalog, backup: Path) -> None:
    assert catalog.restore(backup, "Restore").result(SECONDS).edit_id is None
    assert catalog.undo_label() == "Fill"


def test_only_an_organization_differs(catalog: Catalog, backup: Path) -> None:
    catalog.edit(
        "Rename", lambda e: records.rename_organization(e, org_id="o", name="Other")
    ).result(SECONDS)
    assert catalog.restore(backup, "Restore").result(SECONDS).count == 1
    assert hash_of(catalog.path) == hash_of(backup)


@pytest.mark.parametrize("size", [None, 5_000])
def test_a_backup_that_cannot_be_read_changes_nothing(
    catalog: Catalog, backup: Path, size: int | None
) -> None:
    if size is None:
        backup.unlink()
    else:
        backup.write_bytes(backup.read_bytes()[:size])
    before = hash_of(catalog.path)
    with pytest.raises(CatalogError, match=r"backup\.db"):
        catalog.restore(backup, "Restore").result(SECONDS)
    with pytest.raises(CatalogError, match=r"backup\.db"):
        found(catalog, backup)
    assert hash_of(catalog.path) == before
    assert ids(catalog) == ["a", "b", "c", "d"]


def test_a_backup_of_other_tables_is_refused(catalog: Catalog, backup: Path) -> None:
    with closing(raw(backup)) as connection:
        connection.execute("ALTER TABLE integration ADD COLUMN mine")
    with pytest.raises(Damaged, match=r"backup\.db"):
        catalog.restore(backup, "Restore").result(SECONDS)
