"""What was typed into cells and is not stored yet."""

from __future__ import annotations

from collections.abc import Collection

from db.fields import Value, is_blank, typed
from db.order import AT, ORGANIZATION, Row


class PendingEdits:
    """Values that stand in place of the stored ones until those are known."""

    def __init__(self) -> None:
        self._values: dict[tuple[int, str], Value] = {}

    def put(self, pk: int, name: str, value: Value) -> None:
        """Show this value of a field of a row."""
        self._values[pk, name] = value

    def take_out(self, pk: int, name: str) -> bool:
        """Show what is stored again; False when it was shown anyway."""
        is_pending = (pk, name) in self._values
        self._values.pop((pk, name), None)
        return is_pending

    def forget(self, pks: Collection[int] | None) -> None:
        """What is stored in these rows, or in all of them, is known now."""
        for pk, name in list(self._values):
            if pks is None or pk in pks:
                del self._values[pk, name]

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
