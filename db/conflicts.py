"""Edits of values that somebody else changed since they were seen: refused, and why is told."""

from __future__ import annotations

from collections.abc import Mapping

from db import records
from db.edits import EditSession
from db.errors import SentenceError
from db.fields import NULL, Value, is_blank


class ChangedMeanwhile(SentenceError):
    """Values were changed by somebody else since they were seen; nothing was stored.

    Attributes:
        now: what the fields concerned hold now, by name.
    """

    def __init__(self, now: Mapping[str, Value]) -> None:
        self.now = dict(now)
        super().__init__(
            "What you changed was changed by somebody else meanwhile; nothing was stored yet. "
            "Look at both values and choose one."
        )


def update_seen(
    edit: EditSession, *, pk: int, values: Mapping[str, Value], seen: Mapping[str, Value]
) -> None:
    """Change fields of one integration, unless they hold something else than what was seen.

    Args:
        seen: what fields held when the user began; one that is not named is changed in any case.

    Raises:
        ChangedMeanwhile: some hold another value now, and not the one that is to be stored.
        Invalid: as `records.update_integration`.
    """
    names = [name for name in values if name in seen]
    if names:
        found = edit.connection.execute(
            f"SELECT {', '.join(names)} FROM integration WHERE pk = ?", (pk,)
        ).fetchone()
        now: dict[str, Value] = dict(zip(names, found or (), strict=False))
        changed = {
            name: value
            for name, value in now.items()
            if not _same(name, value, seen[name]) and not _same(name, value, values[name])
        }
        if changed:
            raise ChangedMeanwhile(changed)
    records.update_integration(edit, pk=pk, values=values)


def _same(name: str, one: Value, other: Value) -> bool:
    one, other = _stored(name, one), _stored(name, other)
    return type(one) is type(other) and one == other


def _stored(name: str, value: Value) -> Value:
    """A value as `records` stores it."""
    if name == "org_id" and is_blank(value):
        return None
    return "null" if name == "metadata" and value == NULL else value
