"""The order of the shown integrations: which one stands at which position.

An order is made by one SQL statement in a scratch file of its own, which is complete before anyone
reads it: a page of it is a join of some positions, equally fast at any depth.
"""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any, Final, NamedTuple

import apsw

from db.fields import FIELDS, INSTANTS, Value
from db.scratch import remove_with

BEGINNING: Final = 128
"""Rows that are shown before their order is finished."""
SHORT: Final = 200
"""Characters of a text that a row holds, and one more if there are more."""
ORGANIZATION: Final = "organization"
"""The column to sort by that is no field: the name of the organization."""

WHOLE: Final = frozenset({"id", "org_id", "icon_url"})
"""Fields of a row that are not cut: keys, and the address to load."""
_NUMBERS: Final = count(1)
"""For the names of the files; their folder is the caller's own."""
AT_ONCE: Final = 0.012
"""Seconds that the first rows may take where somebody waits for them."""
HEAD_START: Final = 0.012
"""Seconds that they have before the whole order is begun: most are there by then."""
BESIDE: Final = 0.1
"""Seconds that they may take beside the whole order, whose processor time they share."""
_STEPS_BETWEEN_LOOKS: Final = 5_000
_NO_CASE: Final = frozenset({"name", "type", "creator", "updated_by", "client_id", ORGANIZATION})

Row = tuple[Any, ...]
"""What a line of the table shows: `ROW_FIELDS`, texts cut after `SHORT` + 1 characters. A row whose
`id` is None was deleted after the order was made."""
ROW_FIELDS: Final = ("pk", *(field.name for field in FIELDS), ORGANIZATION)
AT: Final = {name: place for place, name in enumerate(ROW_FIELDS)}
"""Where in a `Row` a field stands."""
Range = tuple[int, int]
"""The first and the last of some positions."""


class SortKey(NamedTuple):
    """A column to sort by: the name of a field, or `ORGANIZATION`.

    Texts people read sort without ASCII's case, dates by their instant. Absent comes first, then
    "", and null last, as SQLite's indexes have them.
    """

    column: str
    descending: bool = False


class OrderSpec(NamedTuple):
    """Which integrations are shown (see `db.search.condition`), and in which order."""

    words: str = ""
    org_id: str | None = None
    sort: tuple[SortKey, ...] = (SortKey("name"),)

    @property
    def is_filtered(self) -> bool:
        return bool(self.words.strip()) or self.org_id is not None

    def shows_same_rows_as(self, other: OrderSpec) -> bool:
        return (self.words, self.org_id) == (other.words, other.org_id)


class Order:
    """A finished order. Its file goes when nobody refers to the order any more.

    Attributes:
        positions: where the integrations are that `make` was asked to find, by pk.
    """

    def __init__(self, spec: OrderSpec, path: Path, count: int, positions: dict[int, int]) -> None:
        self.spec = spec
        self.path = path
        self.count = count
        self.positions = positions
        remove_with(self, path)


class Page:
    """Some rows that stand one after the other."""

    __slots__ = ("__weakref__", "first", "rows")

    def __init__(self, first: int, rows: tuple[Row, ...]) -> None:
        self.first = first
        self.rows = rows


class Beginning:
    """The first rows of an order that is still being made; they are read as `Pages` are."""

    def __init__(self, spec: OrderSpec, rows: tuple[Row, ...]) -> None:
        self.spec = spec
        self.count = len(rows)
        self.order: Order | None = None
        self.positions: dict[int, int] = {row[0]: place for place, row in enumerate(rows)}
        self._page = Page(0, rows)

    def row(self, position: int) -> Row:
        return self._page.rows[position]

    def rows(self, first: int, last: int) -> list[Row]:
        return list(self._page.rows[first : last + 1])

    def cached(self) -> list[Page]:
        return [self._page]

    def show(self, fields: Collection[str] | None) -> None:
        """There is nothing to read anew."""

    def forget(self, pks: Collection[int] | None = None) -> list[int]:
        """There is nothing to read anew. Returns the positions of these integrations, or all."""
        return [place for pk, place in self.positions.items() if pks is None or pk in pks]

    def pks(self, first: int, last: int) -> list[int]:
        return [row[0] for row in self.rows(first, last)]

    def close(self) -> None:
        """There is nothing to let go of."""


def make(
    connection: apsw.Connection,
    spec: OrderSpec,
    folder: Path,
    *,
    find: Sequence[int] = (),
) -> Order:
    """Make an order on a reader's connection; a job for `db.reader.Reader`.

    Args:
        folder: where its file goes.
        find: pks whose positions are wanted.
    """
    _register(connection, spec)
    path = folder / f"order-{next(_NUMBERS)}.db"
    try:
        with attached(connection, path, "made", CREATE):
            count = _write(connection, spec)
            positions = _find(connection, "made", find)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return Order(spec, path, count, positions)


def beginning(
    connection: apsw.Connection,
    spec: OrderSpec,
    fields: Collection[str] | None = None,
    *,
    seconds: float = AT_ONCE,
) -> Beginning | None:
    """The first rows of an order, or None when there are none, or not within some seconds.

    Args:
        fields: what is wanted of a row; None for everything.
    """
    _register(connection, spec)
    pks = _first_pks(connection, spec, seconds)
    return Beginning(spec, tuple(_rows_of(connection, pks, fields))) if pks else None


def _register(connection: apsw.Connection, spec: OrderSpec) -> None:
    if spec.is_filtered:
        from db import search

        search.register(connection)


def _write(connection: apsw.Connection, spec: OrderSpec) -> int:
    sql, parameters = _statement(spec, use_index=_is_in_an_index(spec))
    make_fast(connection, "made")
    with writable(connection):
        connection.execute(f"CREATE TABLE made.positions AS {sql}", parameters)
    count: int | None = connection.execute("SELECT max(rowid) FROM made.positions").get
    return count or 0


def make_fast(connection: apsw.Connection, schema: str) -> None:
    """Write an attached scratch file without safety: if it is not finished, nobody reads it."""
    with writable(connection):
        connection.pragma("journal_mode", "OFF", schema=schema)
        connection.pragma("synchronous", "OFF", schema=schema)


def _is_in_an_index(spec: OrderSpec) -> bool:
    """Whether walking along an index beats sorting: only if nothing but the index is read."""
    return len(spec.sort) < 2 and not spec.is_filtered


def _statement(spec: OrderSpec, *, use_index: bool) -> tuple[str, list[Any]]:
    """SQL that selects the pks of the shown integrations in their order, and its parameters."""
    by_organization = any(key.column == ORGANIZATION for key in spec.sort)
    parameters: list[Any] = []
    if spec.is_filtered:
        from db import search  # peewee comes with it, which the first rows need not wait for

        sql, parameters = search.matching(
            spec.words, spec.org_id, with_organization=by_organization
        )
    else:
        sql = f"SELECT t1.pk FROM integration t1 {_WITH_ORGANIZATION if by_organization else ''}"
    terms = ", ".join(_terms(spec.sort, use_index=use_index))
    return f"{sql} ORDER BY {terms}", parameters


_WITH_ORGANIZATION: Final = "LEFT JOIN organization o ON o.id = t1.org_id"
_SORT_COLUMNS: Final = {
    ORGANIZATION: "o.name",
    **{field.name: f"t1.{INSTANTS.get(field.name, field.name)}" for field in FIELDS},
}


def _terms(sort: Sequence[SortKey], *, use_index: bool) -> Iterator[str]:
    for key in sort:
        column = _SORT_COLUMNS[key.column]
        by = column if use_index else f"+{column}"  # SQLite: not by an index
        collation = " COLLATE NOCASE" if key.column in _NO_CASE else ""
        yield f"{by}{collation} {_direction(key)}"
    # The last key's direction, so that turning an order round walks the same index backwards.
    yield f"t1.pk {_direction(sort[-1]) if sort else 'ASC'}"


def _direction(key: SortKey) -> str:
    return "DESC" if key.descending else "ASC"


def _first_pks(connection: apsw.Connection, spec: OrderSpec, seconds: float) -> list[int]:
    """The pks of the first page, or none when they cannot be had within some seconds."""
    sql, parameters = _statement(spec, use_index=True)
    end = time.monotonic() + seconds
    connection.set_progress_handler(lambda: time.monotonic() > end, _STEPS_BETWEEN_LOOKS)
    try:
        return [pk for (pk,) in connection.execute(f"{sql} LIMIT {BEGINNING}", parameters)]
    except apsw.InterruptError:
        if time.monotonic() <= end:
            raise  # it was the reader that interrupted: a newer question waits
        return []
    finally:
        connection.set_progress_handler(None)


@contextmanager
def attached(connection: apsw.Connection, path: Path, name: str, access: str) -> Iterator[None]:
    """Read a scratch file as schema `name` on a reader's connection, or make it (`CREATE`)."""
    try:
        connection.execute(f"ATTACH ? AS {name}", (f"{path.as_uri()}?{access}",))
        yield
    finally:
        with unwatched(connection):
            while name in connection.db_names():  # an interrupt may come amidst either statement
                with suppress(apsw.InterruptError):
                    connection.execute(f"DETACH {name}")


@contextmanager
def writable(connection: apsw.Connection) -> Iterator[None]:
    """Let a reader's connection write, into scratch files only: the catalogue is open read-only."""
    connection.pragma("query_only", False)
    try:
        yield
    finally:
        with unwatched(connection):
            connection.pragma("query_only", True)


@contextmanager
def one_moment(connection: apsw.Connection) -> Iterator[None]:
    """Several questions about the catalogue as it is at one moment."""
    connection.execute("BEGIN")
    try:
        yield
    finally:
        with unwatched(connection):
            connection.execute("COMMIT")


@contextmanager
def unwatched(connection: apsw.Connection) -> Iterator[None]:
    """For tidying up: a reader refuses statements once a newer question waits."""
    watch = connection.exec_trace
    connection.exec_trace = None
    try:
        yield
    finally:
        connection.exec_trace = watch


FINISHED: Final = "mode=ro&immutable=1"
"""How the file of a finished order is attached."""
CREATE: Final = "mode=rwc"
"""How a scratch file is attached that is being made."""


def _find(connection: apsw.Connection, schema: str, pks: Sequence[int]) -> dict[int, int]:
    if not pks:
        return {}
    marks = ", ".join("?" * len(pks))
    sql = f"SELECT pk, rowid - 1 FROM {schema}.positions WHERE pk IN ({marks}) LIMIT {len(pks)}"
    return dict(connection.execute(sql, tuple(pks)))


def pks_at(connection: apsw.Connection, order: Order, ranges: Iterable[Range]) -> list[int]:
    """The pks at some positions, each once, in their order; many, so on a reader."""
    with attached(connection, order.path, "asked", FINISHED):
        return [
            pk
            for first, last in merged(ranges)
            for pk in pks_between(connection, "asked", first, last)
        ]


def pks_between(connection: apsw.Connection, schema: str, first: int, last: int) -> list[int]:
    """The pks at a few positions of the order that is attached as `schema`."""
    sql = f"SELECT pk FROM {schema}.positions WHERE rowid BETWEEN ? AND ? ORDER BY rowid"
    return [pk for (pk,) in connection.execute(sql, (first + 1, last + 1))]


def moved(
    connection: apsw.Connection, before: Order, now: Order, ranges: Iterable[Range], most: int
) -> list[Range] | None:
    """Where the rows at some positions of the order `before` are in the order `now`; on a reader.

    Returns:
        ranges of positions in `now`; None if they would be more than `most`.
    """
    with (
        attached(connection, before.path, "earlier", FINISHED),
        attached(connection, now.path, "asked", FINISHED),
    ):
        found: list[Range] = connection.execute(  # type: ignore[assignment]
            _MOVED, (json.dumps(merged(ranges)), most + 1)
        ).fetchall()
    return None if len(found) > most else found


# Positions that follow one another stay as far from their number among all found.
_MOVED: Final = """
WITH chosen(pk) AS (
    SELECT p.pk FROM json_each(?) r CROSS JOIN earlier.positions p
    ON p.rowid BETWEEN r.value ->> 0 + 1 AND r.value ->> 1 + 1
), found(place) AS (
    SELECT rowid - 1 FROM asked.positions WHERE pk IN chosen
)
SELECT min(place), max(place)
FROM (SELECT place, place - row_number() OVER (ORDER BY place) AS piece FROM found)
GROUP BY piece ORDER BY piece LIMIT ?
"""


def values_at(
    connection: apsw.Connection, order: Order, ranges: Iterable[Range], fields: Sequence[str]
) -> list[tuple[int, tuple[Value, ...]]]:
    """Positions and whole values of the integrations there, for copying; on a reader."""
    columns = ", ".join("o.name" if name == ORGANIZATION else f"i.{name}" for name in fields)
    sql = (
        f"SELECT p.rowid - 1, {columns} FROM asked.positions p {JOINS} "
        "WHERE p.rowid BETWEEN ? AND ? AND i.pk ORDER BY p.rowid"
    )
    with attached(connection, order.path, "asked", FINISHED):
        return [
            (position, tuple(values))
            for first, last in merged(ranges)
            for position, *values in connection.execute(sql, (first + 1, last + 1))
        ]


def merged(ranges: Iterable[Range]) -> list[Range]:
    """Ranges in order, those that touch or overlap made one."""
    found: list[Range] = []
    for first, last in sorted(ranges):
        if found and first <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(last, found[-1][1]))
        else:
            found.append((first, last))
    return found


JOINS: Final = "LEFT JOIN integration i ON i.pk = p.pk LEFT JOIN organization o ON o.id = i.org_id"


def columns_of(fields: Collection[str] | None) -> str:
    """SQL of the columns of a `Row`; fields that are not asked for are NULL."""
    columns = []
    for field in FIELDS:
        if fields is not None and field.name not in fields:
            columns.append("NULL")
        elif field.name in WHOLE:
            columns.append(f"i.{field.name}")
        else:
            columns.append(_cut(f"i.{field.name}"))
    return f"p.pk, {', '.join(columns)}, {_cut('o.name')}"


def _cut(column: str) -> str:
    """A long text cut; what is short, or no text, as it is (substr would make it one)."""
    return f"iif(length({column}) > {SHORT}, substr({column}, 1, {SHORT + 1}), {column})"


def _rows_of(
    connection: apsw.Connection, pks: Sequence[int], fields: Collection[str] | None
) -> Iterator[Row]:
    marks = ", ".join(["(?)"] * len(pks))
    sql = f"WITH p(pk) AS (VALUES {marks}) SELECT {columns_of(fields)} FROM p {JOINS}"
    found = {row[0]: row for row in connection.execute(sql, tuple(pks))}
    return (found[pk] for pk in pks if pk in found)
