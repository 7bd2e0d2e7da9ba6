"""Writes of integrations, organizations and settings.

Each function is called inside the body of an edit (`Catalog.edit`), so that it is one undoable
step together with whatever else the body does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from uuid import uuid4

from db.catalog import EditSession
from db.dates import instant
from db.errors import Invalid
from db.fields import FIELD_BY_NAME, FIELDS, INSTANTS, Value, is_blank
from db.metadata import json_problem
from db.models import Integration, Organization, Setting

BASE_URL = "base_url"
"""Key of the catalogue setting that relative icon URLs resolve against."""

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
    _check(edit, row, pk=None)
    _ensure_organization(edit, row.get("org_id"))
    pk: int = Integration.insert(_with_instants(row)).execute(edit.database)
    return pk


def update_integration(edit: EditSession, *, pk: int, values: Mapping[str, Value]) -> None:
    """Change fields of one integration; only the fields that are given.

    Raises:
        Invalid: the row is gone, the id is taken, or a value cannot be stored.
    """
    if not values:
        return
    _check(edit, values, pk=pk)
    _ensure_organization(edit, values.get("org_id"))
    changed = (
        Integration.update(_with_instants(values))
        .where(Integration.pk == pk)
        .execute(edit.database)
    )
    if not changed:
        raise Invalid(
            "This integration was deleted meanwhile; your text was not stored. "
            "Undo the deletion, or add it as a new one."
        )


def delete_integrations(edit: EditSession, *, pks: Iterable[int]) -> int:
    """Delete integrations; returns how many there were."""
    deleted = 0
    for batch in _batches(pks):
        edit.check_cancelled()
        deleted += Integration.delete().where(Integration.pk.in_(batch)).execute(edit.database)
    edit.count = deleted
    return deleted


def duplicate_integrations(edit: EditSession, *, pks: Sequence[int]) -> list[int]:
    """Copy integrations, each under a new id made from its own; returns the pks of the copies.

    The client id, which is unique, is left out, and both dates are now.
    """
    now = timestamp()
    copies: list[int] = []
    for pk in pks:
        edit.check_cancelled()
        row = Integration.select().where(Integration.pk == pk).dicts().execute(edit.database)
        for values in row:
            copy = {field.name: values[field.name] for field in FIELDS}
            copy["id"] = _free_id(edit, str(values["id"]))
            copy.update(client_id=None, created_at=now, updated_at=now)
            copies.append(add_integration(edit, values=copy))
    return copies


def add_organization(edit: EditSession, *, org_id: str, name: str) -> None:
    """Add an organization.

    Raises:
        Invalid: the id is empty or taken.
    """
    if not org_id.strip():
        raise Invalid("An organization needs an id. Type one.")
    if _organization(edit, org_id):
        raise Invalid("There is an organization “{id}” already. Choose another id.", id=org_id)
    Organization.insert(id=org_id, name=name or org_id).execute(edit.database)


def rename_organization(edit: EditSession, *, org_id: str, name: str) -> None:
    """Change the name of an organization; its id stays.

    Raises:
        Invalid: the name is empty.
    """
    if not name.strip():
        raise Invalid("An organization needs a name. Type one.")
    Organization.update(name=name).where(Organization.id == org_id).execute(edit.database)


def delete_organization(edit: EditSession, *, org_id: str, with_integrations: bool) -> int:
    """Delete an organization; returns how many integrations went with it.

    Raises:
        Invalid: it has integrations and `with_integrations` is False.
    """
    query = Integration.select().where(Integration.org_id == org_id)
    count: int = query.count(edit.database)
    if count and not with_integrations:
        raise Invalid(
            "“{id}” has {count} integrations. Move them, or delete them along with it.",
            id=org_id,
            count=count,
        )
    Integration.delete().where(Integration.org_id == org_id).execute(edit.database)
    Organization.delete().where(Organization.id == org_id).execute(edit.database)
    edit.count = count
    return count


def set_base_url(edit: EditSession, *, url: str, org_id: str | None = None) -> None:
    """Set what relative icon URLs resolve against: of an organization, or of the catalogue.

    Args:
        url: the absolute base URL; "" takes it away.
    """
    if org_id is not None:
        Organization.update(base_url=url or None).where(Organization.id == org_id).execute(
            edit.database
        )
    elif url:
        Setting.insert(key=BASE_URL, value=url).on_conflict(
            conflict_target=[Setting.key], preserve=[Setting.value]
        ).execute(edit.database)
    else:
        Setting.delete().where(Setting.key == BASE_URL).execute(edit.database)


def timestamp() -> str:
    """Now, as the dates of new records are written: ISO 8601 in UTC with milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _with_instants(values: Mapping[str, Value]) -> dict[str, Value]:
    row = dict(values)
    for date, column in INSTANTS.items():
        if date in row:
            row[column] = instant(row[date])
    return row


def _check(edit: EditSession, values: Mapping[str, Value], *, pk: int | None) -> None:
    for name, value in values.items():
        field = FIELD_BY_NAME[name]
        if isinstance(value, str) and "\0" in value:
            raise Invalid(
                "{field} holds a NUL character, which cannot be stored. Take it out.",
                field=field.key,
            )
        if field.kind == "json" and isinstance(value, str) and (problem := json_problem(value)):
            raise Invalid(problem.template, **problem.values)
    if "id" in values:
        _check_id(edit, values["id"], pk)


def _check_id(edit: EditSession, value: Value, pk: int | None) -> None:
    if not isinstance(value, str) or not value:
        raise Invalid("id is empty. Every integration needs an id of its own.")
    taken = Integration.select(Integration.pk).where(Integration.id == value)
    if any(found != pk for (found,) in taken.tuples().execute(edit.database)):
        raise Invalid("id “{id}” is taken by another integration. Choose another.", id=value)


def _ensure_organization(edit: EditSession, org_id: Value) -> None:
    if isinstance(org_id, str) and org_id and not _organization(edit, org_id):
        Organization.insert(id=org_id, name=org_id).execute(edit.database)


def _organization(edit: EditSession, org_id: str) -> bool:
    query = Organization.select().where(Organization.id == org_id)
    return bool(query.count(edit.database))


def _free_id(edit: EditSession, original: str) -> str:
    number = 1
    while True:
        candidate = f"{original}-copy" if number == 1 else f"{original}-copy-{number}"
        if not Integration.select().where(Integration.id == candidate).count(edit.database):
            return candidate
        number += 1


def _batches(pks: Iterable[int]) -> Iterable[list[int]]:
    iterator = iter(pks)
    while batch := list(islice(iterator, _BATCH)):
        yield batch
