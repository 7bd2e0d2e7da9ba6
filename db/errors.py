"""What can go wrong with a catalogue, apart from bugs.

Every error carries an English `template` and its `values`, so that a caller can translate the
sentence; `str(error)` is the English sentence itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw


class Problem:
    """A sentence for a person: an English template and the values that fill it."""

    template: str
    values: dict[str, object]

    def __init__(self, template: str, **values: object) -> None:
        self.template = template
        self.values = values

    def __str__(self) -> str:
        return self.template.format(**self.values)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Problem):
            return NotImplemented
        return (self.template, self.values) == (other.template, other.values)

    def __hash__(self) -> int:
        return hash(str(self))


class SentenceError(Exception):
    """An error that a person can act on; `problem` holds its sentence."""

    def __init__(self, template: str, **values: object) -> None:
        self.problem = Problem(template, **values)
        super().__init__(str(self.problem))

    @property
    def template(self) -> str:
        return self.problem.template

    @property
    def values(self) -> dict[str, object]:
        return self.problem.values


class Invalid(SentenceError):
    """What was given cannot be stored; nothing was changed."""


class Cancelled(SentenceError):
    """The work was cancelled and left nothing behind."""

    def __init__(self) -> None:
        super().__init__("Cancelled. Nothing was changed.")


class CatalogError(SentenceError):
    """The environment does not allow it: disk, lock, permissions, or the file itself."""


class CannotOpen(CatalogError):
    """The file is missing or the system refuses to open it."""


class ReadOnly(CatalogError):
    """The file, or its folder, cannot be written."""


class Locked(CatalogError):
    """Another program holds the file for longer than we wait."""


class DiskFull(CatalogError):
    """There is no room left for the change."""


class NotACatalog(CatalogError):
    """The file is not a catalogue of this program."""


class TooNew(CatalogError):
    """The catalogue was written by a newer version of this program."""


class Damaged(CatalogError):
    """The file is a catalogue, but parts of it cannot be read."""


class Conflict(CatalogError):
    """What is to be undone or redone was changed by someone else meanwhile."""


_SENTENCES: tuple[tuple[type[apsw.Error], type[CatalogError], str], ...] = (
    (
        apsw.NotADBError,
        NotACatalog,
        "{path} is not a catalogue of Integration Icons. Choose another file, "
        "or import it if it is a CSV file.",
    ),
    (
        apsw.CorruptError,
        Damaged,
        "{path} is damaged and cannot be read in full. Restore it from a copy.",
    ),
    (
        apsw.BusyError,
        Locked,
        "{path} is being written by another program. Try again in a moment.",
    ),
    (
        apsw.LockedError,
        Locked,
        "{path} is being written by another program. Try again in a moment.",
    ),
    (
        apsw.FullError,
        DiskFull,
        "There is no room left on the disk of {path}. Free some space and try again; "
        "nothing was changed.",
    ),
    (
        apsw.ReadOnlyError,
        ReadOnly,
        "{path} cannot be written. Change its permissions, or save a copy elsewhere.",
    ),
    (
        apsw.CantOpenError,
        CannotOpen,
        "{path} cannot be opened. Check that it exists and that you may read it.",
    ),
    (
        apsw.PermissionsError,
        CannotOpen,
        "{path} cannot be opened. Check that it exists and that you may read it.",
    ),
    (
        apsw.IOError,
        CannotOpen,
        "The disk of {path} reported an error. Check the disk, then open the catalogue again.",
    ),
)


def environment_error(error: BaseException, path: Path) -> CatalogError | None:
    """The `CatalogError` that `error` means, or None when it is a bug of ours.

    peewee wraps apsw's errors: the cause is looked at too.
    """
    cause: BaseException | None = error
    while cause is not None:
        for raised, known, template in _SENTENCES:
            if isinstance(cause, raised):
                return known(template, path=path)
        cause = cause.__cause__ or cause.__context__
    return None


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Raise environment errors of SQLite as `CatalogError`s about `path`."""
    try:
        yield
    except SentenceError:
        raise
    except Exception as error:
        if _is_interrupt(error):
            raise Cancelled from error
        known = environment_error(error, path)
        if known is None:
            raise
        raise known from error


def _is_interrupt(error: BaseException) -> bool:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, apsw.InterruptError):
            return True
        cause = cause.__cause__ or cause.__context__
    return False
