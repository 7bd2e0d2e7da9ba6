"""The tables of a catalogue, which files are ours, and how older ones are brought up to date."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import apsw
import pytest

from db import schema
from db.catalog import Catalog, EditSession
from db.errors import CannotOpen, CatalogError, Damaged, NotACatalog, TooNew
from db.records import add_integration

UPGRADE_FAILED = "step failed"


def _add(edit: EditSession) -> None:
    add_integration(edit, values={"id": "a", "name": "A", "org_id": "o"})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A catalogue of one integration, closed."""
    path = tmp_path / "a.icons"
    catalog = Catalog.create(path)
    catalog.edit("Add", _add).result()
    catalog.close()
    return path


@pytest.fixture
def raw(path: Path) -> Iterator[apsw.Connection]:
    connection = apsw.Connection(str(path))
    yield connection
    connection.close()


def dump(path: Path) -> list[str]:
    """Everything a closed file holds."""
    with closing(sqlite3.connect(path)) as connection:
        version = connection.execute("PRAGMA user_version").fetchone()
        return [f"version {version}", *connection.iterdump()]


def test_a_catalogue_says_what_it_is(raw: apsw.Connection) -> None:
    assert raw.pragma("application_id") == int.from_bytes(b"ICon")
    assert raw.pragma("user_version") == len(schema.STEPS)
    assert raw.pragma("integrity_check") == "ok"


def test_every_index_is_there(raw: apsw.Connection) -> None:
    found = dict(
        raw.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql NOT NULL")
    )
    assert found == schema.INTEGRATION_INDEXES


def test_indexes_can_be_dropped_and_built_again(raw: apsw.Connection) -> None:
    schema.drop_indexes(raw)
    assert not raw.execute("SELECT 1 FROM sqlite_schema WHERE name LIKE 'integration_%'").get
    raw.execute(schema.INTEGRATION_INDEXES["integration_name"])
    schema.build_indexes(raw)
    schema.build_indexes(raw)
    test_every_index_is_there(raw)


def test_a_newer_file_is_refused_and_left_alone(path: Path, raw: apsw.Connection) -> None:
    raw.pragma("user_version", len(schema.STEPS) + 1)
    raw.pragma("journal_mode", "DELETE")
    before = path.read_bytes()
    with pytest.raises(TooNew, match=r"newer version.*Update the program"):
        Catalog.open(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "statements",
    [
        "CREATE TABLE note(text)",
        "PRAGMA application_id = 1196444487",
        "PRAGMA user_version = 1",
        "CREATE TABLE integration(x); PRAGMA user_version = 1",
        "PRAGMA application_id = 1229156206; PRAGMA user_version = -1; CREATE TABLE note(text)",
        "PRAGMA application_id = 1229156206",
    ],
)
@pytest.mark.parametrize("journal", ["WAL", "DELETE"])
def test_another_programs_database_is_refused_and_left_alone(
    tmp_path: Path, statements: str, journal: str
) -> None:
    path = tmp_path / "other.db"
    connection = apsw.Connection(str(path))
    connection.pragma("journal_mode", journal)
    connection.execute(statements)
    connection.close()
    before = path.read_bytes()
    with pytest.raises(NotACatalog, match=r"other\.db is a database of another program"):
        Catalog.open(path)
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["other.db"]


@pytest.mark.parametrize(
    "statements",
    [
        "DROP TABLE edit_data",
        "DROP TABLE integration",
        "ALTER TABLE integration ADD COLUMN mine",
        "ALTER TABLE integration RENAME COLUMN name TO title",
        "ALTER TABLE organization DROP COLUMN base_url",
        "ALTER TABLE integration ADD COLUMN g AS (upper(name))",
        "DROP TABLE setting; CREATE VIEW setting AS SELECT 'base_url' AS key, 'x' AS value",
        "DROP TABLE setting; CREATE VIRTUAL TABLE setting USING fts5(key, value)",
        "DROP TABLE setting; CREATE TABLE setting(key TEXT, value TEXT)",
    ],
)
@pytest.mark.parametrize("mode", [0o644, 0o444])
def test_other_tables_than_ours_are_refused(
    path: Path, raw: apsw.Connection, statements: str, mode: int
) -> None:
    raw.execute(statements)
    raw.close()
    path.chmod(mode)
    with pytest.raises(Damaged, match="another program has altered its tables"):
        Catalog.open(path)


def test_an_empty_file_becomes_a_catalogue(tmp_path: Path) -> None:
    """As it is left when the program is killed while it makes one."""
    path = tmp_path / "a.icons"
    path.touch()
    catalog = Catalog.open(path)
    catalog.edit("Add", _add).result()
    assert catalog.undo_label() == "Add"
    catalog.close()


def test_an_empty_file_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.icons"
    path.touch()
    path.chmod(0o444)
    with pytest.raises(CannotOpen, match="cannot be written"):
        Catalog.open(path)


class TestUpgrade:
    """An older file; the next version adds a column to the settings."""

    @pytest.fixture
    def next_version(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def step(connection: apsw.Connection) -> None:
            connection.execute("ALTER TABLE setting ADD COLUMN added TEXT DEFAULT 'new'")
            connection.execute("INSERT INTO setting(key, value) VALUES('step', 'done')")

        self._append(monkeypatch, step)

    @pytest.fixture
    def failing_version(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def step(connection: apsw.Connection) -> None:
            connection.execute("DROP TABLE organization")
            connection.execute("DELETE FROM integration")
            raise RuntimeError(UPGRADE_FAILED)

        self._append(monkeypatch, step)

    @staticmethod
    def _append(monkeypatch: pytest.MonkeyPatch, step: schema.Step) -> None:
        monkeypatch.setattr(schema, "STEPS", (*schema.STEPS, step))

    @pytest.mark.usefixtures("next_version")
    def test_an_older_file_is_brought_up_to_date(self, path: Path) -> None:
        before = dump(path)
        catalog = Catalog.open(path)
        connection = catalog.connect_here()
        assert connection.execute("SELECT key, value, added FROM setting").fetchall() == [
            ("step", "done", "new")
        ]
        assert connection.pragma("user_version") == len(schema.STEPS)
        connection.close()
        assert catalog.undo().result() is not None
        catalog.close()
        assert dump(path.with_name("a.version-1.icons")) == before

    @pytest.mark.usefixtures("next_version")
    def test_an_earlier_copy_is_kept(self, path: Path) -> None:
        earlier = path.with_name("a.version-1.icons")
        earlier.write_text("precious")
        Catalog.open(path).close()
        assert earlier.read_text() == "precious"
        assert path.with_name("a.version-1-2.icons").exists()

    @pytest.mark.usefixtures("failing_version")
    def test_a_step_that_fails_leaves_the_old_file_whole(self, path: Path) -> None:
        before = dump(path)
        with pytest.raises(RuntimeError, match=UPGRADE_FAILED):
            Catalog.open(path)
        assert dump(path) == before
        assert dump(path.with_name("a.version-1.icons")) == before

    @pytest.mark.usefixtures("next_version")
    def test_an_older_file_that_cannot_be_written_is_refused(self, path: Path) -> None:
        path.chmod(0o444)
        with pytest.raises(CannotOpen, match="brought up to date"):
            Catalog.open(path)
        assert not path.with_name("a.version-1.icons").exists()

    @pytest.mark.usefixtures("next_version")
    def test_a_copy_that_cannot_be_made_stops_the_upgrade(self, path: Path) -> None:
        before = dump(path)
        path.with_name("a.version-1.icons.partial").mkdir()
        with pytest.raises(CatalogError):
            Catalog.open(path)
        assert dump(path) == before

    @pytest.mark.usefixtures("next_version")
    def test_a_new_file_gets_every_step_and_no_copy(self, tmp_path: Path) -> None:
        (folder := tmp_path / "new").mkdir()
        path = folder / "new.icons"
        Catalog.create(path).close()
        with closing(sqlite3.connect(path)) as connection:
            assert connection.execute("SELECT added FROM setting").fetchall() == [("new",)]
        assert [entry.name for entry in folder.iterdir()] == ["new.icons"]


class TestCopy:
    def test_a_copy_is_whole_and_alone(self, path: Path, tmp_path: Path) -> None:
        before = dump(path)
        connection = apsw.Connection(str(path))
        copy = tmp_path / "copy.icons"
        schema.copy_database(connection, copy)
        assert connection.getautocommit()
        connection.close()
        assert dump(copy) == before
        assert {entry.name for entry in tmp_path.iterdir()} == {"a.icons", "copy.icons"}

    def test_a_log_beside_the_target_is_not_replayed_into_the_copy(
        self, path: Path, tmp_path: Path
    ) -> None:
        before = dump(path)
        target = tmp_path / "crashed.icons"
        crashed = apsw.Connection(str(target))
        crashed.pragma("journal_mode", "WAL")
        crashed.execute("CREATE TABLE junk(x); INSERT INTO junk VALUES(zeroblob(50000))")
        log = target.with_name("crashed.icons-wal").read_bytes()
        crashed.close()
        target.with_name("crashed.icons-wal").write_bytes(log)
        connection = apsw.Connection(str(path))
        schema.copy_database(connection, target)
        connection.close()
        assert dump(target) == before

    def test_a_copy_that_fails_leaves_nothing(self, path: Path, tmp_path: Path) -> None:
        target = tmp_path / "kept"
        target.mkdir()
        connection = apsw.Connection(str(path))
        with pytest.raises(OSError, match="kept"):
            schema.copy_database(connection, target)
        assert connection.getautocommit()
        connection.close()
        assert {entry.name for entry in tmp_path.iterdir()} == {"a.icons", "kept"}
