"""Queries that are made and changed by what somebody points at."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final, Literal

from db.dates import instant
from db.fields import FIELD_BY_NAME, Value, is_blank
from db.query import All, Either, parse
from db.query_place import term

Relation = Literal["is", "is not", "contains", "before", "after"]
RELATIONS: Final[tuple[Relation, ...]] = ("is", "is not", "contains", "before", "after")
LONGEST: Final = 200
"""Characters of a value that a query is made of."""
_NAMES: Final = {
    "org_id": "org",
    "icon_url": "url",
    "created_at": "created",
    "updated_at": "updated",
    "updated_by": "editor",
    "client_id": "client",
}
_SIGNS: Final = {"before": "<", "after": ">"}


def term_for(field: str, value: Value, relation: Relation) -> str | None:
    """The term for integrations whose field is, is not ... as this value.

    Args:
        field: a name of `db.fields.FIELD_BY_NAME`.

    Returns:
        None where that cannot be asked.
    """
    name = _NAMES.get(field, field)
    if is_blank(value):
        empty = "icon" if field == "icon_url" else name
        return {"is": f"-has:{empty}", "is not": f"has:{empty}"}.get(relation)
    if FIELD_BY_NAME[field].kind == "date":
        return _dated(name, value, relation)
    if relation in _SIGNS or not isinstance(value, str):
        return None
    if len(value) > LONGEST or not value.isprintable() or not value.strip():
        return None
    made = term(name, value, exactly=relation != "contains")
    return f"-{made}" if relation == "is not" else made


def _dated(name: str, value: Value, relation: Relation) -> str | None:
    moment = instant(value)
    if moment is None or relation == "contains":
        return None
    try:
        at = datetime.fromtimestamp(moment / 1000, UTC)
    except (OverflowError, ValueError):
        return None
    precision = "milliseconds" if moment % 1000 else "seconds"
    text = at.isoformat(timespec=precision).replace("+00:00", "Z")
    minus = "-" if relation == "is not" else ""
    return f"{minus}{name}:{_SIGNS.get(relation, '')}{text}"


def narrowed(query: str, addition: str) -> str:
    """A query for what fulfils `query` and also the term `addition`.

    Raises:
        QueryError: one of them means nothing.
    """
    before, more = parse(query), parse(addition)
    query = query.strip()
    if before is None:
        return addition
    parts = before.parts if isinstance(before, All) else (before,)
    if more in parts:
        return query
    if isinstance(before, Either):
        query = f"({query})"
    return f"{query} {addition}"
