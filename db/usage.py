"""Blast radius: how many integrations, in how many organizations, use an address or a host."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import ada_url
import apsw

from db.addresses import classify
from db.scope import Extent, Scope, extent

Kind = Literal["url", "host", "organization"]
_FUNCTION: Final = "host_of"


@dataclass(frozen=True, slots=True)
class Use:
    """An icon URL, a host or the id of an organization."""

    kind: Kind
    text: str


def users(use: Use) -> Scope:
    """The integrations that use it, for a connection that was given to `register`.

    A host is used by the addresses that name it; relative ones name none.
    """
    if use.kind == "url":
        return Scope("SELECT pk FROM integration WHERE icon_url = ?", (use.text,))
    if use.kind == "organization":
        return Scope("SELECT pk FROM integration WHERE org_id = ?", (use.text,))
    host = use.text.lower()
    # instr is cheap and lets few through that the function has to look at; but a host in another
    # script is written in two ways.
    likely = "instr(lower(icon_url), ?) AND " if "xn--" not in host else "? <> '' AND "
    return Scope(
        "SELECT pk FROM integration WHERE typeof(icon_url) = 'text' "
        f"AND {likely}{_FUNCTION}(icon_url) = ?",
        (host, host),
    )


def register(connection: apsw.Connection) -> None:
    """Give a connection the function that tells the host of an address."""
    connection.create_scalar_function(_FUNCTION, _host_of, 1, deterministic=True)


def count(connection: apsw.Connection, use: Use) -> Extent:
    """How many integrations in how many organizations use it; on a reader."""
    register(connection)
    return extent(connection, users(use))


def host_of(icon_url: str) -> str:
    """The host that an icon URL names, as WHATWG writes it; "" if it names none."""
    address = classify(icon_url)
    if address.kind != "web" or not address.url:
        return ""
    return str(ada_url.URL(address.url).hostname)


def _host_of(*arguments: apsw.SQLiteValue) -> str:
    (icon_url,) = arguments
    return host_of(icon_url) if isinstance(icon_url, str) else ""
