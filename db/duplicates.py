"""Duplicates: integrations that are alike in a way, group by group, and merging some of a group."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

import apsw

from db import order, records, scope
from db.bulk import Label
from db.edits import EditSession
from db.errors import Invalid
from db.fields import FIELDS, Record, Value, csv_text
from db.order import CREATE, FINISHED
from db.scope import Scope
from db.scratch import remove_with

Way = Literal["name", "url", "picture"]
ATTACHED: Final = "groups"
SHORT: Final = 200
"""Characters of a group's title."""
_NUMBERS: Final = count(1)

Hash = tuple[str, bytes]
"""An icon URL, and a hash of the picture that it had when it was loaded last."""

_KEYS: Final = {
    "name": ("org_id", "name COLLATE NOCASE"),
    "url": ("icon_url",),
}


class Groups:
    """Groups of integrations that are alike. Their file goes when nobody refers to them any more.

    Attributes:
        count: how many groups there are, the largest first.
        integrations: how many integrations are in them.
    """

    def __init__(self, way: Way, path: Path, count: int, integrations: int) -> None:
        self.way = way
        self.path = path
        self.count = count
        self.integrations = integrations
        remove_with(self, path)


class Group(NamedTuple):
    """One group: its position from 0, what its integrations have in common, and how many."""

    position: int
    title: str
    organization: str
    size: int


def find(
    connection: apsw.Connection,
    way: Way,
    within: Scope,
    folder: Path,
    hashes: Iterable[Hash] = (),
) -> Groups:
    """Find groups of integrations; a job for `db.reader.Reader`.

    Args:
        way: alike by organization and name (in any case), by icon URL, or by picture.
        folder: where the scratch file goes.
        hashes: of the pictures that are known.
    """
    path = folder / f"groups-{next(_NUMBERS)}.db"
    try:
        with (
            scope.readable(connection, within),
            order.attached(connection, path, ATTACHED, CREATE),
        ):
            order.make_fast(connection, ATTACHED)
            with order.writable(connection), order.one_moment(connection):
                if way == "picture":
                    _write_pictures(connection, within, hashes)
                else:
                    _write(connection, _KEYS[way], within)
                found = connection.execute(
                    "SELECT count(*), ifnull(sum(count), 0) FROM groups.alike"
                ).fetchone()
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    assert found is not None
    return Groups(way, path, *found)


_ALIKE: Final = """
CREATE TABLE groups.alike(position INTEGER PRIMARY KEY, count INTEGER, first INTEGER);
CREATE TABLE groups.member(alike INTEGER, pk INTEGER, PRIMARY KEY(alike, pk)) WITHOUT ROWID;
"""


def _write(connection: apsw.Connection, keys: Sequence[str], within: Scope) -> None:
    connection.execute(_ALIKE)
    columns = ", ".join(keys)
    bare = [key.split()[0] for key in keys]
    given = " AND ".join(f"typeof({name}) = 'text' AND {name} <> ''" for name in bare)
    where = f"integration.pk IN ({within.sql}) AND {given}"
    connection.execute(
        "INSERT INTO groups.alike(count, first) "
        f"SELECT count(*), min(pk) FROM integration WHERE {where} "
        f"GROUP BY {columns} HAVING count(*) > 1 ORDER BY 1 DESC, 2",
        within.parameters,
    )
    same = " AND ".join(f"integration.{key.split()[0]} = one.{key}" for key in keys)
    connection.execute(
        "INSERT INTO groups.member(alike, pk) SELECT alike.position, integration.pk "
        "FROM groups.alike CROSS JOIN integration one ON one.pk = alike.first "
        f"CROSS JOIN integration ON {same} WHERE integration.pk IN ({within.sql})",
        within.parameters,
    )


def _write_pictures(connection: apsw.Connection, within: Scope, hashes: Iterable[Hash]) -> None:
    connection.execute(_ALIKE)
    connection.execute(
        "CREATE TABLE groups.picture(url TEXT PRIMARY KEY, hash BLOB) WITHOUT ROWID;"
        "CREATE TABLE groups.one(hash BLOB, pk INTEGER)"
    )
    connection.executemany("INSERT OR IGNORE INTO groups.picture VALUES(?, ?)", hashes)
    connection.execute(
        "INSERT INTO groups.one SELECT picture.hash, integration.pk "
        "FROM groups.picture CROSS JOIN integration ON integration.icon_url = picture.url "
        f"WHERE integration.pk IN ({within.sql})",
        within.parameters,
    )
    connection.execute(
        "INSERT INTO groups.alike(count, first) SELECT count(*), min(pk) FROM groups.one "
        "GROUP BY hash HAVING count(*) > 1 ORDER BY 1 DESC, 2"
    )
    connection.execute(
        "INSERT INTO groups.member(alike, pk) SELECT alike.position, one.pk FROM groups.alike "
        "CROSS JOIN groups.one key ON key.pk = alike.first "
        "CROSS JOIN groups.one ON one.hash = key.hash"
    )


def groups(connection: apsw.Connection, found: Groups, first: int, last: int) -> list[Group]:
    """Groups at positions `first` to `last`, counted from 0; on a reader."""
    title = "icon_url" if found.way != "name" else "name"
    with order.attached(connection, found.path, ATTACHED, FINISHED):
        read: list[tuple[Any, ...]] = connection.execute(
            f"SELECT alike.position - 1, i.{title}, o.name, alike.count FROM groups.alike "
            "CROSS JOIN integration i ON i.pk = alike.first "
            "LEFT JOIN organization o ON o.id = i.org_id "
            "WHERE alike.position BETWEEN ? AND ? ORDER BY 1",
            (first + 1, last + 1),
        ).fetchall()
    by_name = found.way == "name"
    return [
        Group(int(position), csv_text(text)[:SHORT], csv_text(name) if by_name else "", int(size))
        for position, text, name, size in read
    ]


def members(connection: apsw.Connection, found: Groups, position: int, most: int) -> list[Record]:
    """The first integrations of a group, whole, with `base_url` of their organizations."""
    names = ["pk", *(field.name for field in FIELDS)]
    columns = ", ".join(f"i.{name}" for name in names)
    with order.attached(connection, found.path, ATTACHED, FINISHED):
        read = connection.execute(
            f"SELECT {columns}, o.base_url FROM groups.member CROSS JOIN integration i "
            "ON i.pk = member.pk LEFT JOIN organization o ON o.id = i.org_id "
            "WHERE member.alike = ? ORDER BY i.pk LIMIT ?",
            (position + 1, most),
        ).fetchall()
    return [dict(zip([*names, "base_url"], row, strict=True)) for row in read]


def merge(
    edit: EditSession,
    *,
    kept: int,
    others: Sequence[int],
    values: Mapping[str, Value],
    label: Label | None = None,
) -> int:
    """Make several integrations one: `kept` gets `values`, the others are deleted.

    Returns how many integrations that concerns. `values` may name the id of one of the others.

    Raises:
        Invalid: one of them is gone, or a value cannot be stored.
    """
    gone = set(others) - {kept}
    deleted = records.delete_integrations(edit, pks=gone)
    if deleted != len(gone):
        raise Invalid(
            "One of the integrations was deleted meanwhile. Nothing was merged. Look at them again."
        )
    records.update_integration(edit, pk=kept, values=values)
    edit.count = deleted + 1
    if label is not None:
        edit.label = label(edit.count)
    return edit.count
