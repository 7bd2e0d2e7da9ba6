"""What brings a catalogue back to what a backup holds: the differences, and the edit.

Both are set-based SQL over the attached backup. Rows are the same by their pk, which is never used
twice. Restoring is one edit: undo takes it back, and other windows see it as any other.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import apsw

from db import schema
from db.connection import READER_BUSY_SECONDS, open_reader, uri
from db.edits import EditSession
from db.errors import damage_named, translated

LISTED: Final = 200
"""Differences of each kind that are listed."""
_SHORT: Final = 200
"""Characters of an id or a name that a list shows."""
_COLUMNS: Final = (
    "id, name, type, org_id, icon_url, creator, created_at, updated_at, updated_by, client_id, "
    "created_instant, updated_instant, metadata"
)


@dataclass(frozen=True, slots=True)
class Difference:
    """An integration that restoring would change: its id and name, cut, as they are named now."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Differences:
    """What restoring would do.

    Attributes:
        added, deleted, changed: how many integrations would come back, go, and change.
        organizations, settings: how many of these would come, go or change.
        first: the first of each kind, by the kind's name.
    """

    added: int
    deleted: int
    changed: int
    organizations: int
    settings: int
    first: dict[str, list[Difference]]

    @property
    def any(self) -> bool:
        """Whether there are any."""
        counts = self.added, self.deleted, self.changed, self.organizations, self.settings
        return any(counts)


_ADDED: Final = (
    "FROM backup.integration row WHERE NOT EXISTS "
    "(SELECT 1 FROM main.integration now WHERE now.pk = row.pk)"
)
_DELETED: Final = (
    "FROM main.integration row WHERE NOT EXISTS "
    "(SELECT 1 FROM backup.integration old WHERE old.pk = row.pk)"
)


def _of(table: str, columns: str) -> str:
    return ", ".join(f"{table}.{name}" for name in columns.split(", "))


_CHANGED: Final = (
    "FROM main.integration row CROSS JOIN backup.integration old ON old.pk = row.pk "
    f"WHERE ({_of('row', _COLUMNS)}) IS NOT ({_of('old', _COLUMNS)})"
)
_KINDS: Final = {"added": _ADDED, "deleted": _DELETED, "changed": _CHANGED}


def check_backup(path: Path) -> None:
    """Look whether a backup can be restored.

    Raises:
        CatalogError: it is damaged, gone, or of another version of this program.
    """
    with (
        translated(path),
        damage_named(path),
        closing(open_reader(path, READER_BUSY_SECONDS * 1000)) as connection,
    ):
        schema.check(connection, path)


def differences(connection: apsw.Connection, backup: Path) -> Differences:
    """What restoring `backup` would do, asked on a reader's connection.

    Raises:
        CatalogError: as `check_backup`.
    """
    check_backup(backup)
    with _attached(connection, backup):
        counts = {
            kind: int(connection.execute(f"SELECT count(*) {rows}").get)
            for kind, rows in _KINDS.items()
        }
        first = {kind: _first(connection, rows) for kind, rows in _KINDS.items()}
        organizations = _others(connection, "organization", "id, name, base_url")
        settings = _others(connection, "setting", "key, value")
    return Differences(**counts, organizations=organizations, settings=settings, first=first)


@contextmanager
def _attached(connection: apsw.Connection, backup: Path) -> Iterator[None]:
    with translated(backup):
        connection.execute("ATTACH ? AS backup", (uri(backup, "mode=ro"),))
    connection.execute("BEGIN")
    try:
        yield
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        connection.execute("DETACH backup")


def _first(connection: apsw.Connection, rows: str) -> list[Difference]:
    cells = ", ".join(
        f"substr(ifnull(nullif(CAST(row.{name} AS TEXT), x''), ''), 1, {_SHORT})"
        for name in ("id", "name")
    )
    found = connection.execute(f"SELECT {cells} {rows} ORDER BY row.pk LIMIT {LISTED}")
    return [Difference(str(id_), str(name)) for id_, name in found]


def _others(connection: apsw.Connection, table: str, columns: str) -> int:
    one, other = (f"SELECT {columns} FROM {place}.{table}" for place in ("main", "backup"))
    key = columns.split(",")[0]
    return int(
        connection.execute(
            f"SELECT count(DISTINCT {key}) FROM (SELECT * FROM ({one} EXCEPT {other}) "
            f"UNION ALL SELECT * FROM ({other} EXCEPT {one}))"
        ).get
    )


def restore(edit: EditSession) -> None:
    """The body of an edit that restores the attached database `backup`.

    A row that differs is deleted and put back, since two rows may have changed places in what is
    unique; the recorded change of it holds only the cells that differ.
    """
    connection = edit.connection
    for done, statement in enumerate(_RESTORE):
        edit.tell(done, len(_RESTORE))
        connection.execute(statement).close()
    count = connection.execute(
        "SELECT (SELECT count(*) FROM temp.differing) + (SELECT count(*) FROM temp.missing)"
    ).get
    edit.count = count or None  # the record counts organizations and settings
    connection.execute("DROP TABLE temp.differing; DROP TABLE temp.missing")


_RESTORE: Final = (
    f"CREATE TEMP TABLE missing AS SELECT row.pk AS pk {_ADDED}",
    f"CREATE TEMP TABLE differing AS SELECT row.pk AS pk {_DELETED} "
    f"UNION ALL SELECT row.pk {_CHANGED}",
    "DELETE FROM main.integration WHERE pk IN (SELECT pk FROM temp.differing)",
    "DELETE FROM main.organization WHERE NOT EXISTS (SELECT 1 FROM backup.organization old "
    "WHERE (old.id, old.name, old.base_url) IS "
    "(organization.id, organization.name, organization.base_url))",
    "INSERT INTO main.organization SELECT * FROM backup.organization WHERE id NOT IN "
    "(SELECT id FROM main.organization)",
    "DELETE FROM main.setting WHERE NOT EXISTS (SELECT 1 FROM backup.setting old "
    "WHERE (old.key, old.value) IS (setting.key, setting.value))",
    "INSERT INTO main.setting SELECT * FROM backup.setting WHERE key NOT IN "
    "(SELECT key FROM main.setting)",
    f"INSERT INTO main.integration(pk, {_COLUMNS}) SELECT pk, {_COLUMNS} "
    "FROM backup.integration WHERE pk IN (SELECT pk FROM temp.differing) "
    "OR pk IN (SELECT pk FROM temp.missing) ORDER BY pk",
)
