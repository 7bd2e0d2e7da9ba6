"""Who makes the edits of this program's run."""

from __future__ import annotations

import getpass
from functools import cache
from typing import Final

_FALLBACK: Final = "unknown"
_chosen = ""


def author() -> str:
    """The name that was chosen with `set_author`, or else the system user's."""
    return _chosen or system_user()


@cache
def system_user() -> str:
    """The system user's name."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return _FALLBACK


def set_author(name: str) -> None:
    """Let edits from now on be made by `name`; "" is the system user."""
    global _chosen
    _chosen = name.strip()
