"""peewee models of the catalogue's tables.

They are bound to no database: a query runs with `query.execute(database)`, or is turned into SQL
with `sql_of`. The schema itself stands in `db.schema`, and migrations never use these models.
"""

from __future__ import annotations

from typing import Any

from peewee import AutoField, BareField, IntegerField, Model, Query, TextField
from playhouse.apsw_ext import APSWDatabase

from db.edits import DISCARDED, DONE, UNDONE


class Organization(Model):
    """An organization and its own facts."""

    id = TextField(primary_key=True)
    name = TextField()
    base_url = TextField(null=True)

    class Meta:
        table_name = "organization"


class Integration(Model):
    """An integration; see `db.fields` for what its columns hold."""

    pk = AutoField()
    id = TextField()
    name = BareField(null=True)
    type = BareField(null=True)
    org_id = BareField(null=True)
    icon_url = BareField(null=True)
    creator = BareField(null=True)
    created_at = BareField(null=True)
    updated_at = BareField(null=True)
    updated_by = BareField(null=True)
    client_id = BareField(null=True)
    created_instant = IntegerField(null=True)
    updated_instant = IntegerField(null=True)
    metadata = BareField(null=True)

    class Meta:
        table_name = "integration"


class Setting(Model):
    """A setting of the catalogue, such as the base URL of its relative icon URLs."""

    key = TextField(primary_key=True)
    value = TextField(null=True)

    class Meta:
        table_name = "setting"


class Edit(Model):
    """One step of the history: who did what, when, to how many integrations."""

    DONE, UNDONE, DISCARDED = DONE, UNDONE, DISCARDED

    id = AutoField()
    label = TextField()
    at = TextField()
    author = TextField()
    count = IntegerField()
    state = IntegerField()

    class Meta:
        table_name = "edit"


_DIALECT = APSWDatabase(None)


def sql_of(query: Query) -> tuple[str, list[Any]]:
    """The SQLite text and parameters of a peewee query, for use on a bare connection."""
    sql, parameters = _DIALECT.get_sql_context().parse(query)
    return sql, list(parameters)
