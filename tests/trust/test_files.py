"""Files that others made: earlier versions of this program, and programs that mean harm."""

from __future__ import annotations

import gzip
from contextlib import closing
from pathlib import Path

import pytest

from db import schema
from db.catalog import Catalog
from db.errors import CatalogError
from tests.test_catalog import adding, ids
from tests.trust.help import SECONDS, check_history, raw

FILES = Path(__file__).parent / "files"
"""version-N.db.gz is what the last program of schema version N wrote: five integrations added, the
base URL set, one deleted, two renamed, and that undone. A new version adds one and changes none."""


@pytest.mark.parametrize("version", range(1, len(schema.STEPS) + 1))
def test_a_file_of_every_version_opens_with_its_history(tmp_path: Path, version: int) -> None:
    path = tmp_path / "a.icons"
    path.write_bytes(gzip.decompress((FILES / f"version-{version}.db.gz").read_bytes()))
    with closing(raw(path)) as connection:
        assert connection.pragma("user_version") == version
    with closing(Catalog.open(path)) as catalog:
        assert (catalog.undo_label(), catalog.redo_label()) == ("Delete one", "Rename")
        assert ids(catalog) == ["i0", "i1", "i3", "i4"]
        assert catalog.redo().result(SECONDS) is not None
        catalog.edit("Add", adding("new", org_id="o0")).result(SECONDS)
        assert ids(catalog) == ["i0", "i1", "i3", "i4", "new"]
    check_history(path)
    with closing(Catalog.open(path)) as catalog:
        while catalog.undo_label() is not None:
            catalog.undo().result(SECONDS)
        assert ids(catalog) == []


HARM = "DELETE FROM organization; DELETE FROM edit_data"
SCHEMAS = {
    "triggers on every table": [
        f"INSERT INTO sqlite_schema VALUES('trigger', 't_{table}_{verb}', '{table}', 0, "
        f"'CREATE TRIGGER t_{table}_{verb} {when} {verb} ON {table} BEGIN {HARM}; END')"
        for table in ("integration", "organization", "setting", "edit", "edit_data")
        for verb in ("INSERT", "UPDATE", "DELETE")
        for when in ("BEFORE",)
    ],
    "a trigger of a view": [
        "INSERT INTO sqlite_schema VALUES('view', 'v', 'v', 0, 'CREATE VIEW v AS SELECT 1 AS x')",
        "INSERT INTO sqlite_schema VALUES('trigger', 't', 'v', 0, "
        f"'CREATE TRIGGER t INSTEAD OF INSERT ON v BEGIN {HARM}; END')",
    ],
    "a second integration table": [
        "INSERT INTO sqlite_schema SELECT type, name, tbl_name, 2, sql FROM sqlite_schema "
        "WHERE name = 'integration'",
    ],
    "two tables on one page": [
        "UPDATE sqlite_schema SET rootpage = "
        "(SELECT rootpage FROM sqlite_schema WHERE name = 'setting') WHERE name = 'organization'",
    ],
    "an index on a table's page": [
        "UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema WHERE "
        "name = 'integration') WHERE name = 'integration_name'",
    ],
    "a page far outside": ["UPDATE sqlite_schema SET rootpage = 9999999 WHERE name = 'setting'"],
    "a negative page": ["UPDATE sqlite_schema SET rootpage = -7 WHERE name = 'setting'"],
    "nonsense for SQL": ["UPDATE sqlite_schema SET sql = 'CREATE TABLE ((' WHERE name = 'edit'"],
    "two statements": [
        "UPDATE sqlite_schema SET sql = sql || '; DROP TABLE integration' WHERE name = 'setting'"
    ],
    "a virtual table in place": [
        "UPDATE sqlite_schema SET rootpage = 0, "
        "sql = 'CREATE VIRTUAL TABLE setting USING fts5(key, value)' WHERE name = 'setting'"
    ],
    "a generated column": [
        "UPDATE sqlite_schema SET sql = replace(sql, 'base_url TEXT', "
        "'base_url TEXT AS (load_extension(name))') WHERE name = 'organization'"
    ],
    "a default that is a call": [
        "UPDATE sqlite_schema SET sql = replace(sql, 'base_url TEXT', "
        "'base_url TEXT DEFAULT (load_extension(1))') WHERE name = 'organization'"
    ],
    "a collation of nobody": [
        "UPDATE sqlite_schema SET sql = replace(sql, 'NOCASE', 'NOBODYS') "
        "WHERE name = 'integration_name'"
    ],
    "a statistics table that lies": [
        "INSERT INTO sqlite_stat1 VALUES('integration', 'integration_name', '0 0 0 -9 x')",
    ],
}


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_hostile_schema_runs_nothing(tmp_path: Path, name: str) -> None:
    """It is opened and nothing of it runs, or it is refused with a sentence."""
    path = tmp_path / "a.icons"
    with closing(Catalog.create(path)) as catalog:
        catalog.edit("Add", adding("a", org_id="o")).result(SECONDS)
    with closing(raw(path)) as connection:
        connection.pragma("writable_schema", True)
        for statement in SCHEMAS[name]:
            connection.execute(statement)
    try:
        catalog = Catalog.open(path)
    except CatalogError as error:
        assert "a.icons" in str(error)  # noqa: PT017
        return
    with closing(catalog):
        writes = (
            lambda: catalog.edit("Add", adding("b", org_id="p")),
            catalog.undo,
            catalog.undo,
            catalog.redo,
            lambda: catalog.save_copy(tmp_path / "copy"),
        )
        for write in writes:
            error = write().exception(SECONDS)
            assert error is None or isinstance(error, CatalogError)
    with closing(raw(path)) as connection:
        connection.pragma("writable_schema", True)
        assert connection.execute("SELECT count(*) FROM edit_data").get >= 1
        if name.startswith("trigger"):
            assert connection.execute("SELECT id FROM organization").get == "o"
