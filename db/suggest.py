"""What a search may look for: the values in use, each with how many integrations have it."""

from __future__ import annotations

from typing import Final, NamedTuple

import apsw

MOST: Final = 2_000
"""Values of a kind that are offered, those used most."""

Counted = tuple[tuple[str, int], ...]
"""Values, and how many integrations have each; those used most first."""


class Known(NamedTuple):
    """Values in use."""

    types: Counted = ()
    hosts: Counted = ()
    creators: Counted = ()
    editors: Counted = ()


# What follows the two slashes, up to the first sign that ends a host.
_HOST: Final = """
SELECT lower(substr(host, 1, instr(host || '/', '/') - 1)) AS value, count(*) FROM (
    SELECT substr(icon_url, instr(icon_url, '://') + 3) AS host FROM integration
    WHERE icon_url LIKE 'http%://_%'
) GROUP BY value HAVING value <> '' ORDER BY 2 DESC, 1 LIMIT ?
"""


def known(connection: apsw.Connection) -> Known:
    """The values in use; each kind is a pass over all rows, so on a reader."""
    return Known(
        _counted(connection, _of_column("type")),
        _counted(connection, _HOST),
        _counted(connection, _of_column("creator")),
        _counted(connection, _of_column("updated_by")),
    )


def _of_column(column: str) -> str:
    return (
        f"SELECT {column}, count(*) FROM integration "
        f"WHERE {column} > '' AND {column} < x'' GROUP BY {column} ORDER BY 2 DESC, 1 LIMIT ?"
    )


def _counted(connection: apsw.Connection, sql: str) -> Counted:
    return tuple((str(value), int(count)) for value, count in connection.execute(sql, (MOST,)))
