"""What an import would do: the rows of a stage matched by id with those of a catalogue.

Every function here is set-based SQL over the stage's `row` and the catalogue's `integration`, so
that neither is ever in Python's memory.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Final

import apsw

from db.fields import FIELD_BY_NAME, FIELDS, Field, csv_text

BIT: Final = {field.name: 1 << position for position, field in enumerate(FIELDS)}
"""The bit of a field in the mask of the fields that a row changes."""


KEYS: Final = (("id",), ("client_id",), ("org_id", "name"))
"""What rows are usually matched by."""
SKIPPED: Final = -1
"""The mask of a row that differs and is left as it is."""


@dataclass(frozen=True, slots=True)
class Match:
    """How the rows of a file are matched, and what may become of them.

    Attributes:
        key: the names of the fields in which a row and its integration are equal.
        add: rows without an integration are added.
        change: integrations are changed by their rows.
        mirror: integrations without a row are deleted, unless a row was rejected.
        keep_empty: an empty cell leaves what is there; else it clears it.
        newer: only rows change something whose updatedAt is later.
    """

    key: tuple[str, ...] = ("id",)
    add: bool = True
    change: bool = True
    mirror: bool = False
    keep_empty: bool = False
    newer: bool = False

    @property
    def by_id(self) -> bool:
        """Whether rows are matched by nothing but the id."""
        return self.key == ("id",)


@dataclass(frozen=True, slots=True)
class Counts:
    """How many rows of a file are new, changed, unchanged, rejected, and left out by the choices;
    and how many integrations are deleted, since the file lacks them."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    rejected: int = 0
    skipped: int = 0
    deleted: int = 0

    @property
    def read(self) -> int:
        """All rows of the file."""
        return self.new + self.changed + self.unchanged + self.rejected + self.skipped

    @property
    def written(self) -> int:
        """All integrations that an import touches."""
        return self.new + self.changed + self.deleted


def register(connection: apsw.Connection) -> None:
    """Give a connection the function that writes floats as files have them."""
    connection.create_scalar_function("csv_text", _csv_text, 1, deterministic=True)


def _csv_text(*arguments: apsw.SQLiteValue) -> str:
    (value,) = arguments
    return csv_text(value)


def text_of(field: Field, column: str) -> str:
    """SQL: what `csv_text` makes of a column."""
    if field.kind == "date":
        return (
            f"CASE typeof({column}) WHEN 'text' THEN {column} "
            f"WHEN 'integer' THEN CAST({column} AS TEXT) "
            f"WHEN 'real' THEN csv_text({column}) ELSE '' END"
        )
    return f"ifnull(nullif({column}, x''), '')"


def mask_of(fields: Collection[str], options: Match, *, exact: bool) -> str:
    """SQL: the mask of the fields in which `row` and `integration` differ.

    Of a file that cannot tell them apart an empty cell equals absent, null and ""; a number
    equals its text. Of one that can (`exact`) only equal values are equal, and NULL is absent.
    """
    differs = _differs_exactly if exact else _differs
    terms = [
        f"({differs(field, keep_empty=options.keep_empty)}) * {BIT[field.name]}"
        for field in FIELDS
        if field.name in fields and field.name not in ("id", *options.key)
    ]
    mask = " + ".join(terms) or "0"
    if not options.change:
        return f"iif({mask}, {SKIPPED}, 0)"
    if options.newer:
        later = "row.updated_instant > ifnull(integration.updated_instant, row.updated_instant - 1)"
        return f"iif({mask}, iif({later}, {mask}, {SKIPPED}), 0)"
    return mask


def _differs(field: Field, *, keep_empty: bool) -> str:
    differs = f"row.{field.name} <> {text_of(field, f'integration.{field.name}')}"
    return f"row.{field.name} <> '' AND {differs}" if keep_empty else differs


def _differs_exactly(field: Field, *, keep_empty: bool) -> str:
    new, old = f"row.{field.name}", f"integration.{field.name}"
    if field.name == "org_id":
        old = f"ifnull({old}, '')"
    present = f"{new} NOT IN ('', x'')" if keep_empty else f"{new} IS NOT NULL"
    return f"ifnull({present}, 0) AND {new} IS NOT {old}"


def matched(fields: Collection[str], options: Match, *, exact: bool) -> str:
    """SQL: line, pk and mask of the rows that the catalogue has, by line.

    Rows that are matched by other fields than the id need `find_keys` before.
    """
    mask = mask_of(fields, options, exact=exact)
    if options.by_id:
        return (
            f"SELECT row.line, integration.pk, {mask} AS mask "
            "FROM row CROSS JOIN integration ON integration.id = row.id ORDER BY row.line"
        )
    return (
        f"SELECT row.line, integration.pk, {mask} AS mask FROM row "
        f"CROSS JOIN temp.key_found ON {_key_equal(options)} AND key_found.count = 1 "
        "CROSS JOIN integration ON integration.pk = key_found.pk ORDER BY row.line"
    )


def key_text(name: str, table: str) -> str:
    """SQL: the text by which rows are matched."""
    return text_of(FIELD_BY_NAME[name], f"{table}.{name}")


def _key_equal(options: Match) -> str:
    return " AND ".join(f"key_found.{name} = {key_text(name, 'row')}" for name in options.key)


def find_keys(connection: apsw.Connection, options: Match) -> None:
    """Make `key_found`, the keys of the catalogue, and `left_out`, the rows that cannot be told.

    A row is left out when several integrations have its key, or when it would be new and has no
    id, or one that is taken.
    """
    names = ", ".join(options.key)
    texts = ", ".join(key_text(name, "integration") for name in options.key)
    filled = " AND ".join(f"{key_text(name, 'integration')} <> ''" for name in options.key)
    equal = _key_equal(options)
    connection.execute(
        f"CREATE TEMP TABLE key_found({names}, pk, count, PRIMARY KEY({names})) WITHOUT ROWID"
    )
    connection.execute(
        f"INSERT INTO temp.key_found SELECT {texts}, min(pk), count(*) FROM integration "
        f"WHERE {filled} GROUP BY {', '.join(str(place + 1) for place in range(len(options.key)))}"
    )
    connection.execute("CREATE TEMP TABLE left_out(line INTEGER PRIMARY KEY, count)")
    connection.execute(
        "INSERT INTO temp.left_out SELECT row.line, key_found.count FROM row "
        f"JOIN temp.key_found ON {equal} WHERE key_found.count > 1"
    )
    if options.add:
        connection.execute(
            "INSERT INTO temp.left_out SELECT row.line, 0 FROM row "
            f"WHERE NOT EXISTS (SELECT 1 FROM temp.key_found WHERE {equal}) "
            "AND (ifnull(row.id, '') = '' "
            "OR EXISTS (SELECT 1 FROM integration WHERE integration.id = row.id))"
        )


def forget_keys(connection: apsw.Connection, options: Match) -> None:
    """Remove what `find_keys` made."""
    if not options.by_id:
        connection.execute("DROP TABLE temp.key_found; DROP TABLE temp.left_out")


_PREVIEW: Final = """
CREATE TABLE new_row(position INTEGER PRIMARY KEY, line INTEGER);
CREATE TABLE changed_row(position INTEGER PRIMARY KEY, line INTEGER, pk INTEGER, mask INTEGER);
CREATE TABLE unchanged_row(position INTEGER PRIMARY KEY, line INTEGER, pk INTEGER);
CREATE TABLE skipped_row(position INTEGER PRIMARY KEY, line INTEGER, pk INTEGER, mask INTEGER);
CREATE TABLE deleted_row(position INTEGER PRIMARY KEY, pk INTEGER);
CREATE TABLE rejected_row(position INTEGER PRIMARY KEY, reject INTEGER);
CREATE TEMP TABLE matched(line INTEGER PRIMARY KEY, pk INTEGER, mask INTEGER);
"""


def match(
    connection: apsw.Connection,
    fields: Sequence[str],
    options: Match,
    *,
    exact: bool,
    reject: Callable[[], int],
) -> Counts:
    """Sort the rows of a stage by what becomes of them, and the rejects by line.

    Args:
        connection: to the stage, with the catalogue's tables attached.
        fields: the fields that the file has.
        exact: see `mask_of`.
        reject: called when the keys are found: takes the rows of `left_out` away, and tells how
            many rows were rejected in all.
    """
    register(connection)
    connection.execute(_PREVIEW)
    if not options.by_id:
        find_keys(connection, options)
    rejected = reject()
    connection.execute(f"INSERT INTO matched {matched(fields, options, exact=exact)}")
    kind = "new_row" if options.add else "skipped_row"
    connection.execute(
        f"INSERT INTO {kind}(line) SELECT line FROM row "
        "WHERE line NOT IN (SELECT line FROM matched) ORDER BY line"
    )
    connection.execute(
        "INSERT INTO changed_row(line, pk, mask) "
        "SELECT line, pk, mask FROM matched WHERE mask > 0 ORDER BY line"
    )
    connection.execute(
        "INSERT INTO unchanged_row(line, pk) "
        "SELECT line, pk FROM matched WHERE NOT mask ORDER BY line"
    )
    if not options.change or options.newer:
        connection.execute(
            "INSERT INTO skipped_row(line, pk) "
            "SELECT line, pk FROM matched WHERE mask < 0 ORDER BY line"
        )
    if may_delete(connection, options, rejected):
        connection.execute(f"INSERT INTO deleted_row(pk) {LACKING} ORDER BY pk")
    connection.execute("INSERT INTO rejected_row(reject) SELECT position FROM reject ORDER BY line")
    new, changed, unchanged, skipped, deleted = (
        int(connection.execute(f"SELECT count(*) FROM {kind}_row").get)
        for kind in ("new", "changed", "unchanged", "skipped", "deleted")
    )
    return Counts(new, changed, unchanged, rejected, skipped, deleted)


LACKING: Final = "SELECT pk FROM integration WHERE pk NOT IN (SELECT pk FROM temp.matched)"
"""SQL: the integrations that the file lacks, once the rows are matched."""


def may_delete(connection: apsw.Connection, options: Match, rejected: int) -> bool:
    """Whether a mirror may delete: a rejected row may be any integration's, and a file without
    rows is rather a mistake than an empty catalogue."""
    if not options.mirror or rejected:
        return False
    return bool(connection.execute("SELECT EXISTS (SELECT 1 FROM row)").get)
