"""Who makes the edits of this program's run.

The name that is chosen lies in a file of its own, not among the window's settings, which are read
through Qt: edits by command are made by the same person.
"""

from __future__ import annotations

import getpass
from functools import cache
from pathlib import Path
from typing import Final

from db.errors import translated

_FALLBACK: Final = "unknown"
_LONGEST: Final = 200
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


def kept() -> str:
    """The name that was kept for every run, "" for none."""
    try:
        text = _file().read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    return " ".join(text.split())[:_LONGEST]


def keep(name: str) -> None:
    """Keep a name for every run of the window and of the commands; "" is the system user.

    Raises:
        CatalogError: the user's folder of settings cannot be written.
    """
    name = " ".join(name.split())[:_LONGEST]
    if name == kept():
        return
    file = _file()
    with translated(file):
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        partial = file.with_suffix(".partial")
        partial.write_text(f"{name}\n", encoding="utf-8", errors="replace")
        partial.replace(file)


def _file() -> Path:
    import platformdirs

    return platformdirs.user_config_path("integration-icons") / "person.txt"
