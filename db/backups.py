"""Automatic backups of a catalogue: when one is made, where it lies, and how long it is kept.

The history takes back edits; backups are for what befalls the file, and for what nobody noticed
for weeks. So one an hour is enough, and only before edits of many.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterable
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Literal

import apsw

from db.connection import open_reader
from db.errors import DiskFull, translated
from db.schema import Progress, copy_database

Reason = Literal["edit", "upgrade"]

MANY_ROWS: Final = 1_000
"""An edit of more integrations is one of many."""
BRINGS_ROWS: Final = frozenset({"stage", "backup"})
"""What an import and a restore attach; other edits attach the scratch file of a selection."""
LEAST_APART: Final = timedelta(hours=1)
"""Within it, the backup that is there will do."""
LIMIT_BYTES: Final = 4 << 30
"""Of all backups of one catalogue; the newest is kept even when it alone is larger."""
_PARTIAL_AGE: Final = timedelta(days=1)
_STAMP: Final = "%Y%m%dT%H%M%SZ"
_SUFFIX: Final = ".db"


def root() -> Path:
    """The folder of all backups: in the user's data folder, not beside the catalogue, which may
    lie on a disk that fails or in a folder that is synchronised."""
    import platformdirs

    return platformdirs.user_data_path("integration-icons") / "backups"


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that is there.

    Attributes:
        path: a catalogue file of its own.
        at: when it was made, in UTC.
        size: of the file, in bytes.
        reason: what came after it: an edit of many, or a new version of the program.
    """

    path: Path
    at: datetime
    size: int
    reason: Reason


class Backups:
    """The backups of one catalogue, in a folder of their own.

    Args:
        root: the folder of the backups of all catalogues.
        path: the catalogue.
    """

    def __init__(self, root: Path, path: Path) -> None:
        self._catalog = path.resolve()
        self.folder = folder_of(root, self._catalog)

    def all(self) -> list[Backup]:
        """Every backup, the newest first, with the copies that upgrades left beside the file."""
        copies = self._catalog.parent.glob(f"{_glob_escaped(self._catalog.stem)}.version-*")
        found = [*map(_automatic, self._files()), *map(_before_upgrade, copies)]
        return sorted((each for each in found if each), key=lambda each: each.at, reverse=True)

    def is_due(self, now: datetime | None = None) -> bool:
        """Whether the newest is too old to do for an edit of many that comes now."""
        latest = (now or datetime.now(UTC)) - LEAST_APART
        return not any(each.at > latest for each in map(_automatic, self._files()) if each)

    def make(self, connection: apsw.Connection, progress: Progress) -> Path | None:
        """Back up what a connection sees, and remove what need not be kept any longer.

        Returns None when the newest backup holds the same, or there is nothing to lose yet.

        Raises:
            CatalogError: it cannot be written; the ones that are there are left alone.
            Cancelled: by `progress`; nothing of it stays.
        """
        with translated(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            if not connection.execute(_SOMETHING).get:
                return None
            newest = next((each for each in map(_automatic, self._files_newest_first())), None)
            if newest is not None and _history(connection) == _history_of(newest.path):
                return None
            self._require_room(connection)
            target = self.folder / f"{datetime.now(UTC).strftime(_STAMP)}-edit{_SUFFIX}"
            copy_database(connection, target, progress)
        self.prune()
        return target

    def prune(self, now: datetime | None = None, limit: int = LIMIT_BYTES) -> None:
        """Remove what the tiers do not keep, then the oldest until the rest fits into the limit."""
        found = [each for each in map(_automatic, self._files_newest_first()) if each]
        keep = kept((each.at for each in found), now or datetime.now(UTC))
        total = 0
        for place, each in enumerate(found):
            total += each.size
            if each.at not in keep or (place and total > limit):
                total -= each.size
                with suppress(OSError):
                    each.path.unlink()
        self._remove_partial(now or datetime.now(UTC))

    def _remove_partial(self, now: datetime) -> None:
        """Remove what a killed program left half made; a young one may be another's work."""
        for path in self.folder.glob(f"*{_SUFFIX}.partial"):
            with suppress(OSError):
                if now.timestamp() - path.stat().st_mtime > _PARTIAL_AGE.total_seconds():
                    path.unlink()

    def _require_room(self, connection: apsw.Connection) -> None:
        size = int(connection.pragma("page_count")) * int(connection.pragma("page_size"))
        if shutil.disk_usage(self.folder).free < 2 * size:
            raise DiskFull(
                "There is no room for a backup in {folder}, which would leave the disk with less "
                "than that again. Free some space.",
                folder=self.folder,
            )

    def _files(self) -> Iterable[Path]:
        return self.folder.glob(f"*-edit{_SUFFIX}")

    def _files_newest_first(self) -> list[Path]:
        return sorted(self._files(), reverse=True)


def folder_of(root: Path, catalog: Path) -> Path:
    """The folder in `root` of one catalogue: two of the same name have two."""
    path = str(catalog.resolve())
    mark = hashlib.sha256(path.encode("utf-8", "surrogateescape")).hexdigest()
    return root / f"{catalog.stem[:60]}-{mark[:12]}"


def kept(moments: Iterable[datetime], now: datetime) -> set[datetime]:
    """Which of these backups are kept.

    The newest; and the first of each hour of the last day, of each day of the last week, of each
    week of the last month and of each month of the last year: what is kept once stays as long as
    its tier lasts, and the next tier finds it there.
    """
    ordered = sorted(moments)
    keep = set(ordered[-1:])
    for age, slot in _TIERS:
        first: dict[object, datetime] = {}
        for moment in ordered:
            if now - moment <= age:
                first.setdefault(slot(moment), moment)
        keep.update(first.values())
    return keep


_TIERS: Final[tuple[tuple[timedelta, Callable[[datetime], object]], ...]] = (
    (timedelta(days=1), lambda moment: (moment.date(), moment.hour)),
    (timedelta(days=7), lambda moment: moment.date()),
    (timedelta(days=31), lambda moment: moment.isocalendar()[:2]),
    (timedelta(days=366), lambda moment: (moment.year, moment.month)),
)


def _automatic(path: Path) -> Backup | None:
    try:
        at = datetime.strptime(path.name.split("-")[0], _STAMP).replace(tzinfo=UTC)
        return Backup(path, at, path.stat().st_size, "edit")
    except (ValueError, OSError):
        return None


def _before_upgrade(path: Path) -> Backup | None:
    try:
        found = path.stat()
    except OSError:
        return None
    at = datetime.fromtimestamp(found.st_mtime, UTC)
    return Backup(path, at, found.st_size, "upgrade")


def _glob_escaped(name: str) -> str:
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in name)


_SOMETHING: Final = (
    "SELECT EXISTS(SELECT 1 FROM edit) OR EXISTS(SELECT 1 FROM integration) "
    "OR EXISTS(SELECT 1 FROM organization)"
)
"""Whether there is something to lose; of edits that were forgotten, what they made is left."""
_HISTORY: Final = (
    "SELECT count(*), ifnull(sum(id * (state + 1)), 0), max(at), "
    "(SELECT seq FROM sqlite_sequence WHERE name = 'edit') FROM edit"
)


def _history(connection: apsw.Connection) -> object:
    """What tells one state from another: every edit with its state, and how many there ever were,
    those that were forgotten too."""
    return connection.execute(_HISTORY).fetchone()


def _history_of(path: Path) -> object:
    try:
        with closing(open_reader(path, 0)) as connection:
            return _history(connection)
    except apsw.Error:  # damaged: no reason to do without another
        return None
