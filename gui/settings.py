"""The user's preferences and the window's state, kept by QSettings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, cast

from PySide6.QtCore import QByteArray, QSettings

if TYPE_CHECKING:
    from db.history_keep import Retention

Scheme = Literal["system", "light", "dark"]
SCHEMES: Final = ("system", "light", "dark")
LoadIcons = Literal["always", "allowed", "never"]
LOAD_ICONS: Final = ("always", "allowed", "never")
CACHE_MEGABYTES: Final = 500
"""The limit of the icon cache unless the user chose another one."""
SEARCHES_MOST: Final = 50
SEARCH_LENGTH: Final = 1_000
"""Characters of a query that is remembered."""
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
    def searches(self) -> list[str]:
        """Queries that were searched for, newest first."""
        return self._texts("searches")

    def note_search(self, query: str) -> None:
        """Put a query at the head of those that were searched for; very long ones are not kept."""
        if len(query) <= SEARCH_LENGTH:
            rest = [known for known in self.searches if known != query]
            self._store.setValue("searches", [query, *rest][:SEARCHES_MOST])

    def forget_searches(self) -> None:
        """Forget the queries that were searched for."""
        self._store.remove("searches")

    @property
    def allowed_hosts(self) -> list[str]:
        """Hosts that icons may always be loaded from, also on private networks."""
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

    @property
    def load_icons(self) -> LoadIcons:
        """Which hosts may be asked for icons."""
        found = str(self._store.value("load_icons", "always"))
        return cast(LoadIcons, found) if found in LOAD_ICONS else "always"

    @load_icons.setter
    def load_icons(self, load: LoadIcons) -> None:
        self._store.setValue("load_icons", load)

    @property
    def cache_megabytes(self) -> int:
        """How large the icon cache may be on disk, in units of 1,024 * 1,024 bytes."""
        try:
            return max(1, int(str(self._store.value("cache_megabytes", CACHE_MEGABYTES))))
        except ValueError:
            return CACHE_MEGABYTES

    @cache_megabytes.setter
    def cache_megabytes(self, megabytes: int) -> None:
        self._store.setValue("cache_megabytes", megabytes)

    @property
    def cache_bytes(self) -> int:
        """The same in bytes."""
        return self.cache_megabytes * 1024 * 1024

    @property
    def recipes(self) -> dict[str, dict[str, object]]:
        """Replacements that were saved, by name, in the words of `gui.recipes`."""
        try:
            found = json.loads(str(self._store.value("recipes", "{}")))
        except ValueError:
            return {}
        if not isinstance(found, dict):
            return {}
        return {name: recipe for name, recipe in found.items() if isinstance(recipe, dict)}

    @recipes.setter
    def recipes(self, recipes: dict[str, dict[str, object]]) -> None:
        self._store.setValue("recipes", json.dumps(recipes))

    @property
    def retention(self) -> Retention:
        """What Compact Catalogue may leave of the history."""
        from db.history_keep import Retention

        return Retention(self._whole("history_days"), self._whole("history_megabytes"))

    @retention.setter
    def retention(self, keep: Retention) -> None:
        self._store.setValue("history_days", keep.days or 0)
        self._store.setValue("history_megabytes", keep.megabytes or 0)

    def _whole(self, key: str) -> int | None:
        """A stored number above 0."""
        text = str(self._store.value(key, 0))
        return int(text) if text.isdecimal() and int(text) > 0 else None

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
