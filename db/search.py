"""What is shown: the integrations that fulfil a query (see `db.query`)."""

from __future__ import annotations

from typing import Any, Final

import apsw
from peewee import JOIN, Expression

from db import query_sql
from db.models import Integration, Organization, sql_of
from db.query import parse

NO_ORGANIZATION: Final = ""
"""As `org_id`: the integrations that belong to no organization."""


def condition(words: str, org_id: str | None = None) -> Expression | None:
    """The condition that the shown integrations fulfil, or None when all are shown.

    Args:
        words: a query. Of plain words each must occur in the name, type, icon URL or id of the
            integration, or in the id or name of its organization, in any case.
        org_id: only this organization's integrations; `NO_ORGANIZATION` for those without one.

    A query with this condition runs on a connection that was given to `register`.

    Raises:
        QueryError: the query means nothing.
    """
    node = parse(words)
    wanted = None if node is None else query_sql.condition(node)
    if org_id is None:
        return wanted
    chosen = Integration.org_id == org_id
    if org_id == NO_ORGANIZATION:
        chosen = Integration.org_id.is_null()
    return chosen if wanted is None else chosen & wanted


def matching(
    words: str, org_id: str | None, *, with_organization: bool = False
) -> tuple[str, list[Any]]:
    """SQL that selects the pks of the shown integrations, to be ordered, and its parameters.

    The tables are called ``t1`` (so peewee calls the first one) and, on demand, ``o``.

    Raises:
        QueryError: the query means nothing.
    """
    query = Integration.select(Integration.pk)
    if with_organization:
        organization = Organization.alias("o")
        query = query.join(
            organization, JOIN.LEFT_OUTER, on=(organization.id == Integration.org_id)
        )
    wanted = condition(words, org_id)
    return sql_of(query if wanted is None else query.where(wanted))


def register(connection: apsw.Connection) -> None:
    """Give a connection the functions that conditions use."""
    query_sql.register(connection)
