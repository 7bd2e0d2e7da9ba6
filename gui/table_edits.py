"""What was typed into cells and is not stored yet."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from db.fields import Value, is_blank, typed
from db.order import AT, ORGANIZATION, Row


class PendingEdits:
    """Values that stand in place of the stored ones until those are known."""

    def __init__(self) -> None:
        self._values: dict[tuple[int, str], Value] = {}
        self._seen: dict[tuple[int, str], Mapping[str, Value]] = {}

    def put(self, pk: int, name: str, value: Value, seen: Mapping[str, Value]) -> None:
        """Show this value of a field of a row; `seen` is what it held when it was typed."""
        self._values[pk, name] = value
        self._seen[pk, name] = seen

    def __iter__(self) -> Iterator[tuple[int, str, Value, Mapping[str, Value]]]:
        """What waits to be stored: pk, field, value, and what was seen."""
        for key, value in self._values.items():
            yield (*key, value, self._seen[key])

    def take_out(self, pk: int, name: str) -> bool:
        """Show what is stored again; False when it was shown anyway."""
        is_pending = (pk, name) in self._values
        self._values.pop((pk, name), None)
        return is_pending

    def forget(self, pks: Collection[int] | None) -> bool:
        """What is stored in these rows, or in all of them, is known now; whether any waited."""
        known = [key for key in self._values if pks is None or key[0] in pks]
        for key in known:
            del self._values[key]
        return bool(known)

    def shown(self, rows: list[Row | None]) -> list[Row | None]:
        """Rows as they are to be shown; those without an edit are themselves."""
        if not self._values:
            return rows
        edited = {pk for pk, _ in self._values}
        return [self._edited(row) if row and row[0] in edited else row for row in rows]

    def _edited(self, row: Row) -> Row:
        values = list(row)
        for (pk, name), value in self._values.items():
            if pk == row[0]:
                values[AT[name]] = value
                if name == "org_id":
                    values[AT[ORGANIZATION]] = value
        return tuple(values)


def meant(text: str, stored: Value) -> Value:
    """What a typed text means where `stored` was: nothing stays the nothing it was."""
    if not text:
        return stored if is_blank(stored) else None
    return typed(text, stored)
