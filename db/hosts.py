"""Hosts: whether one may be asked for icons. Nothing here touches the network."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

import ada_url

from db.errors import Problem

_NOT_GLOBAL: Final = (
    IPv4Network("192.0.0.0/24"),  # protocol assignments, and a metadata service of Oracle's cloud
    IPv4Network("192.88.99.0/24"),  # relays of 6to4
    IPv6Network("2002::/16"),  # 6to4, which leads to IPv4 by relays that are no more (RFC 7526)
    IPv6Network("3fff::/20"),  # documentation (RFC 9637)
)
"""What some versions of Python call global, and is not."""

_NAT64: Final = IPv6Network("64:ff9b::/96")
"""How networks with IPv6 alone reach hosts with IPv4 alone (RFC 6052): all that these have."""

_METADATA_HOSTS: Final = frozenset(
    {
        "instance-data",
        "metadata",
        "metadata.azure.internal",
        "metadata.google.internal",
        "metadata.packet.net",
        "metadata.platformequinix.com",
        "metadata.tencentyun.com",
        "rancher-metadata",
    }
)
"""Names by which cloud machines reach the service that holds their credentials."""

PRIVATE_HOST: Final = (
    "“{host}” is on this computer or in a private network ({address}), and such hosts are not "
    "asked for icons. Allow it in Preferences > Allowed hosts if you trust it."
)
METADATA_HOST: Final = (
    "“{host}” is where cloud machines keep their credentials; it is not asked for icons. "
    "Allow it in Preferences > Allowed hosts if you must."
)


def is_allowed(host: str, port: int, allowed_hosts: Collection[str]) -> bool:
    """Whether `allowed_hosts` names the host (a name or IP address), alone or with the port."""
    for entry in allowed_hosts:
        name, name_port = _split_port(entry.strip().lower().rstrip("."))
        if _same_host(name, host.lower().rstrip(".")) and name_port in (None, port):
            return True
    return False


def _split_port(entry: str) -> tuple[str, int | None]:
    head, colon, tail = entry.rpartition(":")
    if colon and tail.isdecimal() and ":" not in head.strip("[]").partition("]")[0]:
        return head.strip("[]"), int(tail)
    if colon and tail.isdecimal() and head.endswith("]"):
        return head.strip("[]"), int(tail)
    return entry.strip("[]"), None


@lru_cache(maxsize=1024)
def _same_host(name: str, host: str) -> bool:
    if name == host:
        return True
    try:
        return ip_address(name) == ip_address(host)
    except ValueError:
        return not name.isascii() and ada_url.idna_to_ascii(name) == host.encode()


def host_problem(
    host: str, addresses: Iterable[str], allowed_hosts: Collection[str] = (), port: int = 0
) -> Problem | None:
    """Why `host` may not be asked, or None when it may.

    `addresses` are the IP addresses it resolved to (none yet, or none at all, when empty); one
    that is not global is enough to refuse, for the connection may choose it.
    """
    if is_allowed(host, port, allowed_hosts):
        return None
    name = host.lower().rstrip(".")
    if name in _METADATA_HOSTS:
        return Problem(METADATA_HOST, host=host)
    if name == "localhost" or name.endswith(".localhost"):
        return Problem(PRIVATE_HOST, host=host, address="127.0.0.1")
    for address in (host.strip("[]"), *addresses):
        parsed = _ip(address)
        if parsed is not None and not _is_global(parsed):
            return Problem(PRIVATE_HOST, host=host, address=_readable(parsed))
    return None


@lru_cache(maxsize=1024)
def _ip(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text.partition("%")[0])
    except ValueError:
        return None


def _is_global(address: IPv4Address | IPv6Address) -> bool:
    if isinstance(address, IPv6Address) and address in _NAT64:
        return all(_is_global(inner) for inner in _embedded(address))
    if not address.is_global or address.is_multicast or address.is_reserved:
        return False
    if any(address in network for network in _NOT_GLOBAL):
        return False
    if isinstance(address, IPv4Address):
        return True
    return not address.is_site_local and all(_is_global(inner) for inner in _embedded(address))


def _readable(address: IPv4Address | IPv6Address) -> str:
    """The address, or the private IPv4 address that it leads to."""
    inner = _embedded(address) if isinstance(address, IPv6Address) else []
    return str(next((found for found in inner if not _is_global(found)), address))


def _embedded(address: IPv6Address) -> list[IPv4Address]:
    """IPv4 addresses that an IPv6 one leads to: mapped, 6to4, Teredo, NAT64."""
    found = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if address in _NAT64:
        found.append(IPv4Address(int(address) & 0xFFFFFFFF))
    return [inner for inner in found if inner is not None]
