"""What was typed and is not stored yet, kept outside the catalogue for when the program dies.

Each window writes a file of its own, and holds a lock beside it as long as it lives: what lies
there without a lock was left by a program that was ended, and is offered to the next window.
"""

from __future__ import annotations

import fcntl
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final
from uuid import uuid4

from db.backups import folder_of
from db.fields import FIELD_BY_NAME, NULL, Value

_DATA: Final = ".json"
_LOCK: Final = ".lock"


@dataclass(frozen=True, slots=True)
class Draft:
    """What was typed into one integration.

    Attributes:
        name: what the integration is called.
        typed: by field name.
        seen: what these fields held when the user began.
    """

    name: str
    typed: dict[str, Value]
    seen: dict[str, Value]


Drafts = Mapping[int, Draft]
"""By the pk of their integrations."""


def root() -> Path:
    """The folder of all drafts, in the user's state folder."""
    import platformdirs

    return platformdirs.user_state_path("integration-icons") / "drafts"


class DraftFile:
    """The drafts of one window; all of it may be called on any one thread at a time.

    Args:
        root: the folder of the drafts of all catalogues.
        catalog: the catalogue that is open.
    """

    def __init__(self, root: Path, catalog: Path) -> None:
        self._folder = folder_of(root, catalog)
        self._name = uuid4().hex
        self._lock: IO[bytes] | None = None
        self._taken: list[tuple[Path, IO[bytes]]] = []

    def write(self, drafts: Drafts) -> None:
        """Keep these drafts in place of the last ones; none removes the file.

        Raises:
            OSError: the folder cannot be written.
        """
        data = self._folder / f"{self._name}{_DATA}"
        if not drafts:
            data.unlink(missing_ok=True)
        else:
            self._hold_lock()
            partial = data.with_suffix(".partial")
            text = json.dumps({str(pk): _encoded(draft) for pk, draft in drafts.items()})
            partial.touch(0o600)
            partial.write_text(text, encoding="utf-8", errors="surrogatepass")
            partial.replace(data)

    def left_over(self) -> dict[int, Draft]:
        """The drafts that ended programs left; `forget_left_over` removes them.

        Their locks are held from now on, so that no other window offers them too.
        """
        found: dict[int, Draft] = {}
        for data in sorted(self._folder.glob(f"*{_DATA}"), key=_age):
            lock = None if data.stem == self._name else _locked(data.with_suffix(_LOCK))
            if lock is not None:
                self._taken.append((data, lock))
                found.update(_read(data))
        return found

    def forget_left_over(self) -> None:
        """Remove what `left_over` found: it was discarded, or is kept in this window's own file."""
        for data, lock in self._taken:
            with suppress(OSError):
                data.unlink(missing_ok=True)
                data.with_suffix(_LOCK).unlink(missing_ok=True)
            lock.close()
        self._taken.clear()

    def close(self) -> None:
        """Let go of the locks; drafts that are there are offered to the next window."""
        for _, lock in self._taken:
            lock.close()
        self._taken.clear()
        if self._lock is not None:
            if not (self._folder / f"{self._name}{_DATA}").exists():
                with suppress(OSError):
                    (self._folder / f"{self._name}{_LOCK}").unlink(missing_ok=True)
            self._lock.close()
            self._lock = None

    def _hold_lock(self) -> None:
        if self._lock is None:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._lock = (self._folder / f"{self._name}{_LOCK}").open("wb")
            fcntl.flock(self._lock, fcntl.LOCK_EX)


def _locked(path: Path) -> IO[bytes] | None:
    """The lock of a file that nobody holds; None when somebody does."""
    try:
        lock = path.open("ab")
    except OSError:
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        return None
    return lock


def _age(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _encoded(draft: Draft) -> dict[str, object]:
    fields = {name: [_marked(value)] for name, value in draft.typed.items()}
    for name, value in draft.seen.items():
        if name in fields:
            fields[name].append(_marked(value))
    return {"name": draft.name, "fields": fields}


def _marked(value: Value) -> list[object]:
    """JSON knows no bytes, and null stands for a value of ours that is not absent."""
    if value is None:
        return ["absent"]
    return ["null"] if value == NULL else ["value", value]


def _read(data: Path) -> dict[int, Draft]:
    """The drafts of a file; what is no draft is left out."""
    found: dict[int, Draft] = {}
    try:
        text = data.read_text(encoding="utf-8", errors="surrogatepass")
        for pk, item in json.loads(text).items():
            fields = {
                name: [_value(each) for each in values]
                for name, values in item["fields"].items()
                if name in FIELD_BY_NAME
            }
            typed = {name: values[0] for name, values in fields.items()}
            seen = {name: values[1] for name, values in fields.items() if len(values) > 1}
            found[int(pk)] = Draft(str(item["name"]), typed, seen)
    except (OSError, ValueError, TypeError, KeyError, IndexError, AttributeError):
        return found
    return found


def _value(marked: list[Value]) -> Value:
    if marked[0] == "absent":
        return None
    if marked[0] == "null":
        return NULL
    value = marked[1]
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise TypeError
    return value
