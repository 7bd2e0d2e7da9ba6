"""What can go wrong with a catalogue, apart from bugs.

Every error carries an English `template` and its `values`, so that a caller can translate the
sentence; `str(error)` is the English sentence itself.
"""

from __future__ import annotations

import errno
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

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuilt, (type(self), self.problem)

    @property
    def template(self) -> str:
        return self.problem.template

    @property
    def values(self) -> dict[str, object]:
        return self.problem.values


def _rebuilt(kind: type[SentenceError], problem: Problem) -> SentenceError:
    """An error as it was, in another process."""
    error = kind.__new__(kind)
    SentenceError.__init__(error, problem.template, **problem.values)
    return error


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


class Moved(CatalogError):
    """The name leads to another file than the one that is open, or to none."""


class NotACatalog(CatalogError):
    """The file is not a catalogue of this program."""


class TooNew(CatalogError):
    """The catalogue was written by a newer version of this program."""


class Damaged(CatalogError):
    """The file is a catalogue, but parts of it cannot be read."""


class Conflict(CatalogError):
    """What is to be undone or redone was changed by someone else meanwhile."""


_CANNOT_OPEN = "{path} cannot be opened. Check that it exists and that you may read and write it."
_DAMAGED = "{path} is damaged and cannot be read in full. Restore it from a copy."
_LOCKED = "{path} is being written by another program. Try again in a moment."
_NO_ROOM = (
    "There is no room left on the disk of {path}. Free some space and try again; "
    "nothing was changed."
)
_READ_ONLY = "{path} cannot be written. Change its permissions, or save a copy elsewhere."
_DISK = "The disk of {path} reported an error. Check the disk, then open the catalogue again."

_SENTENCES: tuple[tuple[type[Exception], type[CatalogError], str], ...] = (
    (
        apsw.NotADBError,
        NotACatalog,
        "{path} is not a catalogue of Integration Icons. Choose another file, "
        "or import it if it is a CSV file.",
    ),
    (apsw.CorruptError, Damaged, _DAMAGED),
    (apsw.FormatError, Damaged, _DAMAGED),
    (UnicodeDecodeError, Damaged, _DAMAGED),
    (apsw.BusyError, Locked, _LOCKED),
    (apsw.LockedError, Locked, _LOCKED),
    (apsw.ProtocolError, Locked, _LOCKED),
    (apsw.FullError, DiskFull, _NO_ROOM),
    (apsw.ReadOnlyError, ReadOnly, _READ_ONLY),
    (apsw.CantOpenError, CannotOpen, _CANNOT_OPEN),
    (apsw.PermissionsError, CannotOpen, _CANNOT_OPEN),
    (apsw.IOError, CannotOpen, _DISK),
)
_SYSTEM_SENTENCES: dict[int, tuple[type[CatalogError], str]] = {
    errno.ENOSPC: (DiskFull, _NO_ROOM),
    errno.EDQUOT: (DiskFull, _NO_ROOM),
    errno.EROFS: (ReadOnly, _READ_ONLY),
    errno.EIO: (CannotOpen, _DISK),
}


def environment_error(error: BaseException, path: Path) -> CatalogError | None:
    """The `CatalogError` that `error` means, or None when it is a bug of ours.

    peewee wraps apsw's errors: what it wraps is looked at too.
    """
    for cause in _causes(error):
        if isinstance(cause, OSError):
            known, template = _SYSTEM_SENTENCES.get(cause.errno or 0, (CannotOpen, _CANNOT_OPEN))
            return known(template, path=cause.filename or path)
        for raised, known, template in _SENTENCES:
            if isinstance(cause, raised):
                return known(template, path=path)
    return None


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        wraps = type(cause).__module__ == "peewee"  # which readers do without
        cause = cause.__cause__ or (cause.__context__ if wraps else None)


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
    return any(isinstance(cause, apsw.InterruptError) for cause in _causes(error))


@contextmanager
def constraints_named() -> Iterator[None]:
    """Raise broken rules of the schema as `Invalid`."""
    try:
        yield
    except SentenceError:
        raise
    except Exception as error:
        for cause in _causes(error):
            if isinstance(cause, apsw.ConstraintError):
                raise Invalid(
                    "The change does not fit the catalogue: {reason}.", reason=str(cause)
                ) from error
        raise


@contextmanager
def damage_named(path: Path) -> Iterator[None]:
    """Raise what SQLite cannot make sense of in a file that is being opened as `Damaged`."""
    try:
        yield
    except Exception as error:
        if any(type(cause) in {apsw.SQLError, apsw.NoMemError} for cause in _causes(error)):
            raise Damaged(_DAMAGED, path=path) from error
        raise
