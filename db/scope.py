"""Which integrations an edit or a question is about: the selection, all that match, or all.

A scope is SQL: nobody lists a million pks in Python to change a million rows.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import apsw

from db import order, search
from db.fields import FIELDS, Value
from db.order import FINISHED, Order, OrderSpec, Range

ATTACHED: Final = "chosen"
"""The schema name under which a scope's order is attached."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Integrations, as a statement.

    Attributes:
        sql: selects their pks.
        parameters: of the statement.
        order: whose positions the statement names; its file lives as long as the scope.
    """

    sql: str
    parameters: tuple[Any, ...] = ()
    order: Order | None = None

    @property
    def attached(self) -> dict[str, Path]:
        """What an edit attaches so that its body may use the statement."""
        return {} if self.order is None else {ATTACHED: self.order.path}


EVERYTHING: Final = Scope("SELECT pk FROM integration")


def matching(spec: OrderSpec) -> Scope:
    """All that are shown: those that the filter in force lets through, however many."""
    if not spec.is_filtered:
        return EVERYTHING
    sql, parameters = search.matching(spec.words, spec.org_id)
    return Scope(sql, tuple(parameters))


def of_pks(pks: Iterable[int]) -> Scope:
    """A few integrations by their pks."""
    return Scope("SELECT value FROM json_each(?)", (json.dumps(list(pks)),))


def at_positions(shown: Order, ranges: Iterable[Range]) -> Scope:
    """Those at some positions of an order: a selection, of any size."""
    lines = [(first + 1, last + 1) for first, last in order.merged(ranges)]
    sql = (
        f"SELECT p.pk FROM json_each(?) r CROSS JOIN {ATTACHED}.positions p "
        "ON p.rowid BETWEEN r.value ->> 0 AND r.value ->> 1"
    )
    return Scope(sql, (json.dumps(lines),), shown)


@contextmanager
def readable(connection: apsw.Connection, scope: Scope) -> Iterator[None]:
    """Let a reader's connection run the statement of a scope."""
    search.register(connection)
    if scope.order is None:
        yield
        return
    with order.attached(connection, scope.order.path, ATTACHED, FINISHED):
        yield


@dataclass(frozen=True, slots=True)
class Extent:
    """How many integrations there are, in how many organizations."""

    integrations: int
    organizations: int


def extent(connection: apsw.Connection, scope: Scope) -> Extent:
    """How much a scope holds; on a reader."""
    sql = (
        "SELECT count(*), count(DISTINCT org_id) FROM integration "
        f"WHERE integration.pk IN ({scope.sql})"
    )
    with readable(connection, scope):
        return Extent(*connection.execute(sql, scope.parameters).fetchone() or (0, 0))


@dataclass(frozen=True, slots=True)
class Common:
    """What the integrations of a scope have in common.

    Attributes:
        values: of the fields in which all hold the same, by name; the others hold several.
    """

    extent: Extent
    values: dict[str, Value]


def common(connection: apsw.Connection, scope: Scope) -> Common:
    """In which fields all hold the same value; one pass, on a reader."""
    names = [field.name for field in FIELDS]
    where = f"FROM integration WHERE integration.pk IN ({scope.sql})"
    with readable(connection, scope), order.one_moment(connection):
        first = connection.execute(
            f"SELECT {', '.join(names)} {where} LIMIT 1", scope.parameters
        ).fetchone()
        if first is None:
            return Common(Extent(0, 0), {})
        differs = ", ".join(
            f"max({name} IS NOT ? OR typeof({name}) <> typeof(?))" for name in names
        )
        twice = [value for value in first for _ in range(2)]
        found = connection.execute(
            f"SELECT count(*), count(DISTINCT org_id), {differs} {where}",
            (*twice, *scope.parameters),
        ).fetchone()
    assert found is not None
    count, organizations, *several = found
    values = dict(zip(names, first, strict=True))
    return Common(
        Extent(count, organizations),
        {name: values[name] for name, differ in zip(names, several, strict=True) if not differ},
    )
