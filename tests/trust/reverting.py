"""What reverting one edit makes of a catalogue: `db.history_apply` in dictionaries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from db.fields import FIELDS

State = tuple[dict[int, Any], dict[str, Any], dict[str, Any]]
"""Integrations by pk, organizations by id with name and base URL, settings by key."""
Cells = dict[str, Any]


class Reverted(NamedTuple):
    """What became of it.

    Attributes:
        conflicts: cells, or whole rows, that are not as the edit left them.
        kept: those of them that stay.
    """

    state: State
    conflicts: int
    kept: int


def reverted(before: State, after: State, now: State, *, take: bool) -> Reverted:
    """Take back what led from `before` to `after`, where `now` is what later edits made of it.

    Args:
        take: end conflicts with what was before, where that can be had.
    """
    made = _Tables(now, take)
    for table, (old, new) in enumerate(zip(before, after, strict=True)):
        for key in {**old, **new}:
            made.revert_row(table, key, old.get(key), new.get(key))
    return made.result()


class _Tables:
    def __init__(self, now: State, take: bool) -> None:
        self._now = now
        self._take = take
        self._tables: list[dict[Any, Cells]] = [
            {key: _cells(row) for key, row in table.items()} for table in now
        ]
        self._conflicts = 0
        self._kept = 0

    def revert_row(self, table: int, key: object, old: object, new: object) -> None:
        """A row that was `old`, None for none, and became `new`."""
        if old is not None and new is not None and _same_row(_cells(old), _cells(new)):
            return
        rows = self._tables[table]
        here = rows.get(key)
        if old is None:
            if here is not None and (_same_row(here, _cells(new)) or self._takes()):
                del rows[key]
        elif here is None:
            is_taken = table == 0 and _cells(old)["id"] in (row["id"] for row in rows.values())
            if new is not None or is_taken:
                self._conflicts += 1
                self._kept += 1
            else:
                rows[key] = _cells(old)
        else:
            for name, wanted in _cells(old).items():
                left = None if new is None else _cells(new)[name]
                if new is not None and _same(wanted, left):
                    continue  # the edit did not touch it
                if not _same(here[name], wanted) and (
                    (new is not None and _same(here[name], left)) or self._takes()
                ):
                    here[name] = wanted

    def _takes(self) -> bool:
        """Decide a conflict."""
        self._conflicts += 1
        self._kept += not self._take
        return self._take

    def result(self) -> Reverted:
        """Organizations that are still named come back as they were."""
        rows, organizations, settings = self._tables
        found: dict[str, Any] = {key: tuple(cells.values()) for key, cells in organizations.items()}
        for org_id in _named(rows):
            found.setdefault(org_id, self._now[1].get(org_id, (org_id, None)))
        values = {key: cells["value"] for key, cells in settings.items()}
        return Reverted((rows, found, values), self._conflicts, self._kept)


def _named(rows: Mapping[Any, Cells]) -> Iterator[str]:
    return (row["org_id"] for row in rows.values() if isinstance(row["org_id"], str))


def _cells(row: Any) -> Cells:
    if isinstance(row, tuple):
        return dict(zip(("name", "base_url"), row, strict=True))
    if isinstance(row, dict):
        return {field.name: row[field.name] for field in FIELDS}
    return {"value": row}


def _same_row(one: Cells, other: Cells) -> bool:
    return all(_same(one[name], other[name]) for name in one)


def _same(one: object, other: object) -> bool:
    return type(one) is type(other) and one == other
