"""Find and replace in any number of integrations: first found, looked through, then written.

What was found is a scratch file of positions: which field of which integration. It is read by pages
with old and new text, and the edit writes what it lists, less what was unticked; the new texts are
made anew from what the catalogue then holds.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Final, NamedTuple

import apsw

from db import order, scope
from db.bulk import Label, in_parts, indexes_off
from db.edits import EditSession
from db.errors import Invalid
from db.fields import INSTANTS, Value, csv_text
from db.order import CREATE, FINISHED
from db.replacement import Replacement, Rule, Sql, check, register, rules
from db.scope import Extent, Scope
from db.scratch import remove_with

ATTACHED: Final = "found"
"""The schema name under which the file of what was found is attached."""
SHORT: Final = 2_000
"""Characters of a text that a line shows; an icon URL is whole."""
_NUMBERS: Final = count(1)
_TABLE: Final = "CREATE TABLE found.line(position INTEGER PRIMARY KEY, pk INTEGER, field INTEGER)"


class Found:
    """What a replacement would change. Its file goes when nobody refers to it any more.

    Attributes:
        counts: how many lines there are of each of the replacement's fields; they stand in this
            order, each by pk.
        extent: how many integrations, in how many organizations.
        left_out: how many texts would become what cannot be stored: empty where a value is
            required, or no JSON.
    """

    def __init__(
        self,
        replacement: Replacement,
        path: Path,
        counts: tuple[int, ...],
        extent: Extent,
        left_out: int,
    ) -> None:
        self.replacement = replacement
        self.path = path
        self.counts = counts
        self.extent = extent
        self.left_out = left_out
        remove_with(self, path)

    @property
    def lines(self) -> int:
        """How many lines there are in all."""
        return sum(self.counts)

    @property
    def attached(self) -> dict[str, Path]:
        """What the edit attaches that writes it."""
        return {ATTACHED: self.path}


def find(
    connection: apsw.Connection, replacement: Replacement, within: Scope, folder: Path
) -> Found:
    """Find what a replacement would change; a job for `db.reader.Reader`.

    Args:
        folder: where the scratch file goes.

    Raises:
        Invalid: the replacement makes no sense, or takes too long on one text.
    """
    check(replacement)
    register(connection, replacement)
    path = folder / f"found-{next(_NUMBERS)}.db"
    try:
        with (
            scope.readable(connection, within),
            order.attached(connection, path, ATTACHED, CREATE),
        ):
            order.make_fast(connection, ATTACHED)
            with order.one_moment(connection):
                counts = tuple(_write(connection, replacement, within))
                extent = _extent(connection)
                left_out = sum(_left_out(connection, rule, within) for rule in rules(replacement))
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return Found(replacement, path, counts, extent, left_out)


def _write(connection: apsw.Connection, replacement: Replacement, within: Scope) -> Iterator[int]:
    with order.writable(connection):
        connection.execute(_TABLE)
        for number, rule in enumerate(rules(replacement)):
            condition = rule.finds + Sql(" AND ") + rule.stores
            connection.execute(
                f"INSERT INTO found.line(pk, field) SELECT pk, {number} FROM integration "
                f"WHERE integration.pk IN ({within.sql}) AND {condition.text} ORDER BY pk",
                (*within.parameters, *condition.parameters),
            )
            yield connection.changes()


def _extent(connection: apsw.Connection) -> Extent:
    found = connection.execute(
        "SELECT count(*), count(DISTINCT org_id) FROM integration "
        "WHERE integration.pk IN (SELECT pk FROM found.line)"
    ).fetchone()
    return Extent(*found or (0, 0))


def _left_out(connection: apsw.Connection, rule: Rule, within: Scope) -> int:
    if not rule.field.required and rule.field.kind != "json":
        return 0
    # What is another value, and yet is not stored.
    differs = rule.result + Sql(f" IS NOT integration.{rule.field.name}")
    condition = rule.finds + Sql(" AND ") + differs + Sql(" AND NOT (") + rule.stores + Sql(")")
    found: int = connection.execute(
        f"SELECT count(*) FROM integration WHERE integration.pk IN ({within.sql}) "
        f"AND {condition.text}",
        (*within.parameters, *condition.parameters),
    ).get
    return found


# -- looked through ------------------------------------------------------------------------------


class Line(NamedTuple):
    """One text that would change.

    Attributes:
        position: of the line, from 0.
        name: of the integration.
        base_url: of its organization, for relative icon URLs.
        new: None when there is nothing to replace any more.
    """

    position: int
    pk: int
    field: str
    name: str
    base_url: str
    old: str
    new: str | None


def lines(connection: apsw.Connection, found: Found, first: int, last: int) -> list[Line]:
    """Lines at positions `first` to `last`, counted from 0; a job for a reader."""
    register(connection, found.replacement)
    read: list[Line] = []
    with order.attached(connection, found.path, ATTACHED, FINISHED):
        for number, rule in enumerate(rules(found.replacement)):
            read += _lines_of(connection, number, rule, first, last)
    return sorted(read)


def _lines_of(
    connection: apsw.Connection, number: int, rule: Rule, first: int, last: int
) -> Iterator[Line]:
    column = f"integration.{rule.field.name}"
    new = Sql("CASE WHEN ") + rule.finds + Sql(" THEN ifnull(") + rule.result + Sql(", '') END")
    sql = (
        f"SELECT line.position - 1, line.pk, integration.name, o.base_url, {column}, {new.text} "
        "FROM found.line CROSS JOIN integration ON integration.pk = line.pk "
        "LEFT JOIN organization o ON o.id = integration.org_id "
        "WHERE line.position BETWEEN ? AND ? AND line.field = ?"
    )
    parameters = (*new.parameters, first + 1, last + 1, number)
    whole = rule.field.name == "icon_url"
    for position, pk, name, base, old, text in connection.execute(sql, parameters):
        yield Line(
            position,
            pk,
            rule.field.name,
            csv_text(name)[:SHORT],
            base or "",
            csv_text(old) if whole else csv_text(old)[:SHORT],
            text if whole or text is None else text[:SHORT],
        )


# -- written -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ticks:
    """Which lines are to be written.

    Attributes:
        default: whether those are that `others` does not name.
        others: positions from 0 for which it is the other way round.
    """

    default: bool = True
    others: frozenset[int] = frozenset()

    def __contains__(self, position: object) -> bool:
        return (position in self.others) != self.default

    def count(self, lines: int) -> int:
        """How many of so many lines are ticked."""
        return lines - len(self.others) if self.default else len(self.others)

    def turned(self, positions: Collection[int]) -> Ticks:
        """With these lines the other way round."""
        return Ticks(self.default, self.others ^ frozenset(positions))


ALL: Final = Ticks()


def write(edit: EditSession, found: Found, ticks: Ticks = ALL, label: Label | None = None) -> int:
    """Write what was found and is ticked; returns how many integrations that changes.

    The edit attaches `found.attached`. A text that changed meanwhile is replaced in as it is now.

    Raises:
        Invalid: two integrations would have the same id, or an expression takes too long.
    """
    register(edit.connection, found.replacement)
    fields = found.replacement.fields
    ticked = _ticked(ticks)
    done, changed = 0, 0
    with indexes_off(edit.connection, fields, ticks.count(found.lines)), ids_named():
        for rule, lines_of in zip(rules(found.replacement), found.counts, strict=True):
            changed += _update(
                edit,
                rule,
                ticked,
                done,
                lines_of,
                found.lines,
                alone=len(fields) == 1 and fields != ("id",),
            )
            done += lines_of
    if "org_id" in fields:
        edit.connection.execute(_NEW_ORGANIZATIONS)
    if len(fields) > 1:
        changed = edit.connection.execute(
            f"SELECT count(DISTINCT pk) FROM found.line WHERE {ticked.text}", ticked.parameters
        ).get
    edit.count = changed
    if label is not None:
        edit.label = label(changed)
    return changed


@contextmanager
def ids_named() -> Iterator[None]:
    """Raise that two ids would be the same as `Invalid`."""
    try:
        yield
    except apsw.ConstraintError as error:
        if "integration.id" not in str(error):
            raise
        raise Invalid(
            "Two integrations would have the same id. Nothing was changed. "
            "Leave id out, or choose texts that keep the ids apart."
        ) from error


def _update(
    edit: EditSession, rule: Rule, ticked: Sql, done: int, lines_of: int, total: int, *, alone: bool
) -> int:
    name = rule.field.name
    columns = Sql(f"{name} = ") + rule.result
    if name in INSTANTS:
        columns += Sql(f", {INSTANTS[name]} = instant_of(") + rule.result + Sql(")")
    condition = rule.finds + Sql(" AND ") + rule.stores
    sql = (
        f"UPDATE integration SET {columns.text} WHERE pk IN (SELECT pk FROM found.line "
        f"WHERE position > ? AND position <= ? AND {ticked.text}) AND {condition.text}"
    )

    def parameters(first: int, last: int) -> tuple[Value, ...]:
        return (*columns.parameters, first, last, *ticked.parameters, *condition.parameters)

    return in_parts(edit, done + lines_of, sql, parameters, done=done, of=total, rows_once=alone)


def _ticked(ticks: Ticks) -> Sql:
    if not ticks.others:
        return Sql("1" if ticks.default else "0")
    positions = json.dumps([position + 1 for position in ticks.others])
    sense = "NOT IN" if ticks.default else "IN"
    return Sql(f"line.position {sense} (SELECT value FROM json_each(?))", (positions,))


_NEW_ORGANIZATIONS: Final = """
INSERT INTO organization(id, name)
SELECT DISTINCT org_id, org_id FROM integration
WHERE org_id <> '' AND org_id NOT IN (SELECT id FROM organization)
"""
