"""Writes of integrations, organizations and settings.

Each function is called inside the body of an edit (`Catalog.edit`), so that it is one undoable
step together with whatever else the body does.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from math import isfinite
from typing import Final
from uuid import uuid4

from db.dates import instant
from db.edits import EditSession
from db.errors import Invalid
from db.fields import FIELD_BY_NAME, INSTANTS, NULL, Field, Value, is_blank
from db.metadata import json_problem
from db.models import Integration, Organization, Setting
from db.schema import BASE_URL

_BATCH = 500


def add_integration(edit: EditSession, *, values: Mapping[str, Value]) -> int:
    """Store a new integration; its organization is made if it is unknown.

    Args:
        values: by field name. `id` is made up (a UUID) when it is missing or blank.

    Returns:
        the pk of the new row.

    Raises:
        Invalid: the id is taken, or a value cannot be stored.
    """
    row = dict(values)
    if is_blank(row.get("id")):
        row["id"] = str(uuid4())
    check(edit, row, pk=None)
    ensure_organization(edit, row.get("org_id"))
    pk: int = Integration.insert(stored(row)).execute(edit.database)
    return pk


def update_integration(edit: EditSession, *, pk: int, values: Mapping[str, Value]) -> None:
    """Change fields of one integration; only the fields that are given.

    Raises:
        Invalid: the row is gone, the id is taken, or a value cannot be stored.
    """
    if not values:
        return
    check(edit, values, pk=pk)
    row = stored(values)
    columns = ", ".join(f"{name} = ?" for name in row)
    edit.connection.execute(f"UPDATE integration SET {columns} WHERE pk = ?", (*row.values(), pk))
    if not edit.connection.changes():
        raise Invalid(
            "This integration was deleted meanwhile; your text was not stored. "
            "Undo the deletion, or add it as a new one."
        )
    ensure_organization(edit, values.get("org_id"))


def update_integrations(
    edit: EditSession, *, pks: Iterable[int], values: Mapping[str, Value]
) -> int:
    """Give many integrations the same values; returns how many there were.

    Raises:
        Invalid: all are gone, or a value cannot be stored; ids cannot be the same.
    """
    if "id" in values:
        raise Invalid("id is another one for each integration. It cannot be set for many.")
    check(edit, values, pk=None)
    row = stored(values)
    changed = 0
    for batch in _batches(edit, pks):
        query = Integration.update(row).where(Integration.pk.in_(batch))
        changed += query.execute(edit.database)
    if not changed:
        raise Invalid("What was to be changed was deleted meanwhile. Nothing was changed.")
    ensure_organization(edit, values.get("org_id"))
    edit.count = (edit.count or 0) + changed
    return changed


def delete_integrations(edit: EditSession, *, pks: Iterable[int]) -> int:
    """Delete integrations; returns how many there were."""
    deleted = 0
    for batch in _batches(edit, pks):
        deleted += Integration.delete().where(Integration.pk.in_(batch)).execute(edit.database)
    edit.count = (edit.count or 0) + deleted
    return deleted


def duplicate_integrations(edit: EditSession, *, pks: Iterable[int]) -> list[int]:
    """Copy integrations, each once; returns the pks of the copies.

    A copy has a new id made from the old one, no client id (which is unique), and both dates now.
    """
    now = timestamp()
    last = edit.connection.execute("SELECT ifnull(max(pk), 0) FROM integration").get
    for batch in _batches(edit, dict.fromkeys(pks)):
        chosen = json.dumps(batch)
        edit.connection.execute(_DUPLICATE, {"chosen": chosen, "now": now, "instant": instant(now)})
    made = edit.connection.execute("SELECT pk FROM integration WHERE pk > ? ORDER BY pk", (last,))
    copies = [pk for (pk,) in made]
    edit.count = (edit.count or 0) + len(copies)
    return copies


# "a-copy", or the first of "a-copy-2", "a-copy-3" ... that is free.
_DUPLICATE: Final = """
INSERT INTO integration(id, name, type, org_id, icon_url, creator, updated_by, metadata,
    created_at, updated_at, created_instant, updated_instant)
SELECT (
    WITH RECURSIVE tried(number, id) AS (
        VALUES(1, old.id || '-copy')
        UNION ALL
        SELECT number + 1, old.id || '-copy-' || (number + 1) FROM tried
        WHERE EXISTS (SELECT 1 FROM integration taken WHERE taken.id = tried.id)
    )
    SELECT id FROM tried ORDER BY number DESC LIMIT 1
), old.name, old.type, old.org_id, old.icon_url, old.creator, old.updated_by, old.metadata,
    :now, :now, :instant, :instant
FROM json_each(:chosen) chosen CROSS JOIN integration old ON old.pk = chosen.value
ORDER BY chosen.key
"""


def add_organization(edit: EditSession, *, org_id: str, name: str) -> None:
    """Add an organization.

    Raises:
        Invalid: the id is empty or taken.
    """
    if not org_id.strip():
        raise Invalid("An organization needs an id. Type one.")
    check_text("id", org_id)
    check_text("name", name)
    if _organization(edit, org_id):
        raise Invalid("There is an organization “{id}” already. Choose another id.", id=org_id)
    Organization.insert(id=org_id, name=name or org_id).execute(edit.database)


def rename_organization(edit: EditSession, *, org_id: str, name: str) -> None:
    """Change the name of an organization; its id stays.

    Raises:
        Invalid: the name is empty, or the organization is gone.
    """
    if not name.strip():
        raise Invalid("An organization needs a name. Type one.")
    check_text("name", name)
    query = Organization.update(name=name).where(Organization.id == org_id)
    _require_organization(query.execute(edit.database), org_id)


def delete_organization(
    edit: EditSession, *, org_id: str, with_integrations: bool, agreed: int | None = None
) -> int:
    """Delete an organization; returns how many integrations went with it.

    Args:
        agreed: how many integrations the user was told would go along; None for any number.

    Raises:
        Invalid: it has integrations and `with_integrations` is False, or not as many as agreed.
    """
    query = Integration.select().where(Integration.org_id == org_id)
    count: int = query.count(edit.database)
    if count and not with_integrations:
        raise Invalid(
            "“{id}” has {count} integrations. Move them, or delete them along with it.",
            id=org_id,
            count=count,
        )
    if agreed is not None and count != agreed:
        raise Invalid(
            "“{id}” has {count} integrations now, not {agreed}; nothing was deleted. "
            "Look at them and decide again.",
            id=org_id,
            count=count,
            agreed=agreed,
        )
    some = Integration.select(Integration.pk).where(Integration.org_id == org_id).limit(_BATCH)
    for done in range(0, count, _BATCH):
        edit.tell(done, count)
        Integration.delete().where(Integration.pk.in_(some)).execute(edit.database)
    Organization.delete().where(Organization.id == org_id).execute(edit.database)
    edit.count = (edit.count or 0) + count
    return count


def set_base_url(edit: EditSession, *, url: str, org_id: str | None = None) -> None:
    """Set what relative icon URLs resolve against: of an organization, or of the catalogue.

    Args:
        url: the absolute base URL; "" takes it away.

    Raises:
        Invalid: the URL cannot be stored, or the organization is gone.
    """
    check_text("base URL", url)
    if org_id is not None:
        query = Organization.update(base_url=url or None).where(Organization.id == org_id)
        _require_organization(query.execute(edit.database), org_id)
    elif url:
        Setting.insert(key=BASE_URL, value=url).on_conflict(
            conflict_target=[Setting.key], preserve=[Setting.value]
        ).execute(edit.database)
    else:
        Setting.delete().where(Setting.key == BASE_URL).execute(edit.database)


def timestamp() -> str:
    """Now, as the dates of new records are written: ISO 8601 in UTC with milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def check_text(name: str, text: str) -> None:
    """Look whether SQLite can store `text`.

    Raises:
        Invalid: it holds a NUL character, or half of a character.
    """
    if "\0" in text:
        raise Invalid(
            "{field} holds a NUL character, which cannot be stored. Take it out.", field=name
        )
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise Invalid(
            "{field} holds a broken character (at position {position}), which cannot be stored. "
            "Take it out.",
            field=name,
            position=error.start + 1,
        ) from None


def stored(values: Mapping[str, Value]) -> dict[str, Value]:
    """Values by column, as they are written: with the instants of dates."""
    row = dict(values)
    for date, column in INSTANTS.items():
        if date in row:
            row[column] = instant(row[date])
    if "org_id" in row and is_blank(row["org_id"]):
        row["org_id"] = None
    if row.get("metadata") == NULL:
        row["metadata"] = "null"
    return row


def check(edit: EditSession, values: Mapping[str, Value], *, pk: int | None) -> None:
    """Look whether values can be stored in the integration `pk` (None: in any).

    Raises:
        Invalid: one cannot.
    """
    for name, value in values.items():
        field = FIELD_BY_NAME.get(name)
        if field is None:
            raise Invalid("An integration has no field “{name}”.", name=name)
        check_value(field, value)
    if "id" in values:
        _check_id(edit, values["id"], pk)


def check_value(field: Field, value: Value) -> None:
    """Look whether a field can hold a value.

    Raises:
        Invalid: it cannot.
    """
    if value is None or value == NULL:
        return
    if isinstance(value, str):
        check_text(field.key, value)
        if field.kind == "json" and (problem := json_problem(value)):
            raise Invalid(problem.template, **problem.values)
    elif field.kind != "date" or isinstance(value, bool) or not isinstance(value, int | float):
        raise Invalid("{field} has to be text.", field=field.key)
    elif not _is_storable(value):
        raise Invalid(
            "{field} is a number that cannot be stored: {value}.",
            field=field.key,
            value=f"{value:.6g}" if isinstance(value, float) else "more than 64 bits",
        )


def _is_storable(number: float) -> bool:
    if isinstance(number, int):
        return -(2**63) <= number < 2**63
    return isfinite(number)


def _check_id(edit: EditSession, value: Value, pk: int | None) -> None:
    if not isinstance(value, str) or not value:
        raise Invalid("id is empty. Every integration needs an id of its own.")
    taken = Integration.select(Integration.pk).where(Integration.id == value)
    if any(found != pk for (found,) in taken.tuples().execute(edit.database)):
        raise Invalid("id “{id}” is taken by another integration. Choose another.", id=value)


def ensure_organization(edit: EditSession, org_id: Value) -> None:
    """Make the organization if it is unknown; no integration may name one that is not there."""
    if isinstance(org_id, str) and org_id and not _organization(edit, org_id):
        Organization.insert(id=org_id, name=org_id).execute(edit.database)


def _require_organization(changed: int, org_id: str) -> None:
    if not changed:
        raise Invalid("There is no organization “{id}” any more. Nothing was changed.", id=org_id)


def _organization(edit: EditSession, org_id: str) -> bool:
    query = Organization.select().where(Organization.id == org_id)
    return bool(query.count(edit.database))


def _batches(edit: EditSession, pks: Iterable[int]) -> Iterator[list[int]]:
    """All `pks`, some at a time; tells how far they are, and ends when the edit is cancelled."""
    every = list(pks)
    for first in range(0, len(every), _BATCH):
        edit.tell(first, len(every))
        yield every[first : first + _BATCH]
