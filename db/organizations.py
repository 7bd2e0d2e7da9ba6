"""Questions about the organizations of a catalogue, for the side list and the forms."""

from __future__ import annotations

from dataclasses import dataclass

import apsw

from db.fields import Record
from db.schema import BASE_URL


@dataclass(frozen=True, slots=True)
class Organization:
    """An organization as the side list shows it; `count` is its number of integrations."""

    id: str
    name: str
    base_url: str
    count: int


@dataclass(frozen=True, slots=True)
class Overview:
    """All organizations by name, how many integrations there are, and how many have none."""

    organizations: tuple[Organization, ...]
    total: int
    without: int
    base_url: str


_ORGANIZATIONS = """
SELECT o.id, o.name, ifnull(o.base_url, ''), ifnull(c.count, 0)
FROM organization o
LEFT JOIN (SELECT org_id, count(*) AS count FROM integration GROUP BY org_id) c ON c.org_id = o.id
ORDER BY o.name COLLATE NOCASE, o.id
"""


def overview(connection: apsw.Connection) -> Overview:
    """Every organization with its count. 1,000,000 rows: one pass over an index."""
    found = tuple(Organization(*row) for row in connection.execute(_ORGANIZATIONS))
    total: int = connection.execute("SELECT count(*) FROM integration").get
    base = connection.execute("SELECT value FROM setting WHERE key = ?", (BASE_URL,)).get
    return Overview(found, total, total - sum(item.count for item in found), base or "")


def known_types(connection: apsw.Connection) -> list[str]:
    """The integration types in use, by name."""
    rows = connection.execute(
        "SELECT DISTINCT type FROM integration WHERE type <> '' ORDER BY type COLLATE NOCASE"
    )
    return [text for (text,) in rows if isinstance(text, str)]


def record(connection: apsw.Connection, pk: int) -> Record | None:
    """A whole integration by its pk, with `base_url` of its organization; None if it is gone."""
    cursor = connection.execute(
        "SELECT i.*, o.base_url FROM integration i LEFT JOIN organization o ON o.id = i.org_id "
        "WHERE i.pk = ?",
        (pk,),
    )
    for row in cursor:
        return dict(zip((name for name, _ in cursor.get_description()), row, strict=True))
    return None
