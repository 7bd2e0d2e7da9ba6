"""What one row's change means for the row as it is now, and where the two are in conflict."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

import apsw

from db.dates import instant
from db.fields import INSTANTS, Value
from db.history_cells import COLUMNS, Key, RowChange, same
from db.history_query import row_words
from db.history_restore import insert_row

Reason = Literal["changed", "deleted", "exists", "taken"]
Cell = tuple[str, Key, str]
"""Table, key of the row, and field; the field is "" for the row as a whole."""
_QUERIES: Final = {
    table: f"SELECT {', '.join(columns)} FROM {table} WHERE {columns[0]} = ?"
    for table, columns in COLUMNS.items()
}
_DERIVED: Final = frozenset(INSTANTS.values())


class CellConflict(NamedTuple):
    """A cell, or a row, that is not as the change expects it.

    Attributes:
        key: of the row in the catalogue; where it is not there, of the change.
        id, name: what names the row to a person.
        field: "" for the row as a whole.
        expected, current, wanted: values; of a row as a whole, None.
        reason: "changed": it has another value now, or a row that is to go has other values;
            "deleted": the row is not there; "exists": the row is there already, with another value;
            "taken": another integration has its id.
    """

    table: str
    key: Key
    id: str
    name: str
    org_id: str
    field: str
    expected: Value
    current: Value
    wanted: Value
    reason: Reason

    @property
    def cell(self) -> Cell:
        return self.table, self.key, self.field

    @property
    def has_choice(self) -> bool:
        """Whether what is wanted can be had in place of what is there."""
        return self.reason in ("changed", "exists")


@dataclass
class Choices:
    """Which conflicts end with what the change wants; in the others, what is there stays."""

    wanted: set[Cell] = field(default_factory=set)
    all_wanted: bool = False

    def takes(self, conflict: CellConflict) -> bool:
        return conflict.has_choice and (self.all_wanted or conflict.cell in self.wanted)


class Plan(NamedTuple):
    """What to do with a row: "" is nothing; `values` are those of columns to be set."""

    do: Literal["", "insert", "update", "delete"]
    values: dict[str, Value]
    conflicts: list[CellConflict]


def current_row(connection: apsw.Connection, table: str, key: Key | None) -> dict[str, Value]:
    """A row as it is now, by column; empty if it is not there."""
    row = None if key is None else connection.execute(_QUERIES[table], (key,)).fetchone()
    return {} if row is None else dict(zip(COLUMNS[table], row, strict=True))


def plan(connection: apsw.Connection, change: RowChange, key: Key | None, choices: Choices) -> Plan:
    """Compare a change with the row that is there.

    Args:
        key: of the row here; None if there is none.
    """
    current = current_row(connection, change.table, key)
    made = _Conflicts(connection, change, change.key if key is None else key)
    if change.op == "UPDATE" or (change.op == "INSERT" and current):
        return _update(change, current, made, choices)
    if change.op == "INSERT":
        if change.table == "integration" and _is_taken(connection, change):
            made.add("", None, None, None, "taken")
            return Plan("", {}, made.found)
        return Plan("insert", change.new, [])
    return _delete(change, current, made, choices)


def carry_out(connection: apsw.Connection, change: RowChange, key: Key | None, made: Plan) -> None:
    """Do what was planned."""
    table, column = change.table, COLUMNS[change.table][0]
    if made.do == "delete":
        connection.execute(f"DELETE FROM {table} WHERE {column} = ?", (key,))
    elif made.do == "insert" and table == "integration":
        insert_row(connection, made.values)
    elif made.do == "insert":
        marks = ", ".join("?" * len(COLUMNS[table]))
        row = [made.values.get(name) for name in COLUMNS[table]]
        connection.execute(f"INSERT INTO {table} VALUES({marks})", row)
    elif made.do == "update":
        values = {**made.values, **_instants(table, made.values)}
        names = ", ".join(f"{name} = ?" for name in values)
        parameters = [*values.values(), key]
        connection.execute(f"UPDATE {table} SET {names} WHERE {column} = ?", parameters)


def _instants(table: str, values: dict[str, Value]) -> dict[str, Value]:
    if table != "integration":
        return {}
    return {column: instant(values[date]) for date, column in INSTANTS.items() if date in values}


class _Conflicts:
    def __init__(self, connection: apsw.Connection, change: RowChange, key: Key) -> None:
        self._connection = connection
        self._change = change
        self._key = key
        self.found: list[CellConflict] = []

    def add(self, name: str, expected: Value, now: Value, wanted: Value, reason: Reason) -> None:
        row = self._change._replace(key=self._key)
        row_id, title, org_id = row_words(self._connection, row)
        words = str(row_id), title, org_id
        found = CellConflict(row.table, row.key, *words, name, expected, now, wanted, reason)
        self.found.append(found)


def _update(
    change: RowChange, current: dict[str, Value], made: _Conflicts, choices: Choices
) -> Plan:
    values: dict[str, Value] = {}
    reason: Reason = "changed" if change.op == "UPDATE" else "exists"
    if not current:
        made.add("", None, None, None, "deleted")
        return Plan("", {}, made.found)
    for name in COLUMNS[change.table][0 if change.table != "integration" else 1 :]:
        if name in _DERIVED or name not in change.new:
            continue
        wanted, now = change.new[name], current[name]
        if same(now, wanted):
            continue
        expected = change.old.get(name)
        if change.op == "UPDATE" and same(now, expected):
            values[name] = wanted
            continue
        made.add(name, expected, now, wanted, reason)
        if choices.takes(made.found[-1]):
            values[name] = wanted
    return Plan("update" if values else "", values, made.found)


def _delete(
    change: RowChange, current: dict[str, Value], made: _Conflicts, choices: Choices
) -> Plan:
    if not current:
        return Plan("", {}, [])
    others = [name for name in change.old if name != "pk" and name not in _DERIVED]
    if all(same(current[name], change.old[name]) for name in others):
        return Plan("delete", {}, [])
    made.add("", None, None, None, "changed")
    return Plan("delete" if choices.takes(made.found[0]) else "", {}, made.found)


def _is_taken(connection: apsw.Connection, change: RowChange) -> bool:
    query = "SELECT count(*) FROM integration WHERE id = ?"
    return bool(connection.execute(query, (change.new.get("id"),)).get)
