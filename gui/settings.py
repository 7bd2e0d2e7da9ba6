"""The user's preferences and the window's state, kept by QSettings."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal, cast

from PySide6.QtCore import QByteArray, QSettings

Scheme = Literal["system", "light", "dark"]
SCHEMES: Final = ("system", "light", "dark")
RECENT_MOST: Final = 10
"""How many files Open Recent lists."""


class Settings:
    """Typed access to the preferences; every setter writes at once."""

    def __init__(self) -> None:
        self._store = QSettings("integration-icons", "integration-icons")

    @property
    def recent(self) -> list[Path]:
        """Catalogues opened lately, newest first."""
        return [Path(text) for text in self._texts("recent")]

    def note_recent(self, path: Path) -> None:
        """Put a catalogue at the head of the recent ones."""
        rest = [str(known) for known in self.recent if known != path]
        self._store.setValue("recent", [str(path), *rest][:RECENT_MOST])

    def forget_recent(self, path: Path | None = None) -> None:
        """Take one catalogue, or all, from the recent ones."""
        rest = [str(known) for known in self.recent if path is not None and known != path]
        self._store.setValue("recent", rest)

    @property
    def allowed_hosts(self) -> list[str]:
        """Loopback and private hosts that icons may be loaded from."""
        return self._texts("allowed_hosts")

    @allowed_hosts.setter
    def allowed_hosts(self, hosts: list[str]) -> None:
        self._store.setValue("allowed_hosts", hosts)

    @property
    def scheme(self) -> Scheme:
        """Light, dark, or as the system."""
        found = str(self._store.value("scheme", "system"))
        return cast(Scheme, found) if found in SCHEMES else "system"

    @scheme.setter
    def scheme(self, scheme: Scheme) -> None:
        self._store.setValue("scheme", scheme)

    def state(self, name: str) -> QByteArray:
        """A saved layout (of the window, a splitter, the table's header); empty if none."""
        value = self._store.value(f"state/{name}")
        return value if isinstance(value, QByteArray) else QByteArray()

    def save_state(self, name: str, state: QByteArray) -> None:
        self._store.setValue(f"state/{name}", state)

    def flag(self, name: str, *, default: bool) -> bool:
        """A stored yes or no."""
        return str(self._store.value(f"flag/{name}", default)).lower() == "true"

    def save_flag(self, name: str, on: bool) -> None:
        self._store.setValue(f"flag/{name}", on)

    def _texts(self, key: str) -> list[str]:
        value = self._store.value(key, [])
        if isinstance(value, str):
            return [value]
        return [str(item) for item in value] if isinstance(value, list) else []
