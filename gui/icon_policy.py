"""Which icons may be loaded: all, only those of allowed hosts, or none; and none while offline."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from db.addresses import classify, host_and_port, shortened
from db.errors import Problem
from db.hosts import host_problem, is_allowed
from gui.icon_facts import IconState

if TYPE_CHECKING:
    from gui.settings import LoadIcons, Settings

OFFLINE: Final = "You work offline, so nothing is loaded. Go online in the View menu."
HOST_NOT_ALLOWED: Final = (
    "“{host}” is not among the allowed hosts, and only from those are icons loaded. Allow it here, "
    "or in the Preferences."
)
NEVER: Final = "Icons of the web are never loaded. Choose otherwise in the Preferences."
NO_HOST_ENTRY: Final = (
    "“{text}” is not a host. Write a name or an IP address, with :port if only that one is meant, "
    "and nothing else. For example: {example}"
)
Hindrance = tuple[IconState, Problem]


@dataclass(frozen=True, slots=True)
class IconPolicy:
    """What the user lets the program ask of the network.

    `allowed_hosts` may be asked also on this computer and in private networks; they are the only
    ones with `load` "allowed".
    """

    load: LoadIcons = "always"
    allowed_hosts: frozenset[str] = frozenset()
    offline: bool = False

    def hindrance(self, *urls: str) -> Hindrance | None:
        """Why one of these addresses is not shown, not even from the cache; None if all may be.

        data: URIs and "" always may. Hosts whose names lead into a private network are found out
        only when they are asked.
        """
        for url in urls:
            found = self._hindrance(url) if url.startswith(("http:", "https:")) else None
            if found is not None:
                return found
        return None

    def _hindrance(self, url: str) -> Hindrance | None:
        if self.load == "never":
            return IconState.WITHHELD, Problem(NEVER)
        host, port = host_and_port(url)
        if self.load == "allowed" and not is_allowed(host, port, self.allowed_hosts):
            return IconState.WITHHELD, Problem(HOST_NOT_ALLOWED, host=host)
        problem = host_problem(host, [], self.allowed_hosts, port)
        return None if problem is None else (IconState.REFUSED, problem)


def is_of_offline(reason: Problem | None) -> bool:
    """Whether a reason is only that the user works offline."""
    return reason is not None and reason.template == OFFLINE


def policy_of(settings: Settings, run_hosts: Sequence[str] = ()) -> IconPolicy:
    """What the preferences say, with the hosts that are allowed for this run."""
    hosts = frozenset([*settings.allowed_hosts, *run_hosts])
    return IconPolicy(settings.load_icons, hosts, settings.flag("offline", default=False))


def host_to_allow(state: IconState, reason: Problem | None) -> str:
    """The host that would have to be allowed for an icon to be loaded; "" if that is not it."""
    if state is IconState.WITHHELD and reason is not None and reason.template == HOST_NOT_ALLOWED:
        return str(reason.values["host"])
    return ""


def host_entry_problem(entry: str) -> Problem | None:
    """Why `entry` cannot stand among the allowed hosts; None when it can."""
    name = f"[{entry}]" if entry.count(":") > 1 and not entry.startswith("[") else entry
    problem = Problem(NO_HOST_ENTRY, text=shortened(entry), example="icons.intranet.example:8080")
    if not entry or re.search(r"[\s/\\?#@*,;]", entry):
        return problem
    address = classify(f"http://{name}/")
    return None if address.kind == "web" and address.url else problem
