"""Whether a catalogue is sound: SQLite's own checks, and whether its history can be read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Final

import apsw

from db.errors import Problem
from db.history import changeset_stream
from db.schema import Progress

LISTED: Final = 100
"""Problems that are listed; a file that is badly damaged has millions."""
_STEPS_BETWEEN_LOOKS: Final = 200_000
"""Of SQLite's virtual machine; some 5 ms."""
_STEPS_OF_A_PAGE: Final = 1_200
"""What `integrity_check` takes for a page, about: to tell how far it is."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found.

    Attributes:
        problems: sentences; none for a sound catalogue.
        more: whether there are more problems than are listed.
        integrations, organizations, edits: how many were looked at.
    """

    problems: list[Problem]
    more: bool
    integrations: int
    organizations: int
    edits: int


def check(connection: apsw.Connection, progress: Progress) -> Checked:
    """Look through the whole catalogue, on a reader's connection.

    Args:
        progress: told how far it is, of 100; what it raises ends the check.

    Raises:
        CatalogError: the file cannot be read at all.
    """
    problems: list[Problem] = []
    connection.execute("BEGIN")
    try:
        with _telling(connection, progress), _damage_added(problems):
            problems += _integrity(connection)
        progress(70, 100)
        edits = integrations = organizations = 0
        with _damage_added(problems):
            problems += _references(connection)
        progress(80, 100)
        with _damage_added(problems):
            edits = _history(connection, problems, progress)
        with _damage_added(problems):
            integrations = _count(connection, "integration")
            organizations = _count(connection, "organization")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
    progress(100, 100)
    return Checked(problems[:LISTED], len(problems) > LISTED, integrations, organizations, edits)


@contextmanager
def _damage_added(problems: list[Problem]) -> Iterator[None]:
    """What cannot be read is a problem of the file, not of the check."""
    try:
        yield
    except apsw.CorruptError as error:
        problems.append(Problem(_DAMAGED, what=str(error)))


_DAMAGED: Final = "The file is damaged: {what}"


@contextmanager
def _telling(connection: apsw.Connection, progress: Progress) -> Iterator[None]:
    """Tell by the steps of SQLite's machine how far the integrity check is, 70 at most."""
    pages = int(connection.pragma("page_count"))
    total = max(1, pages * _STEPS_OF_A_PAGE // _STEPS_BETWEEN_LOOKS)
    done = 0

    def look() -> bool:
        nonlocal done
        done += 1
        progress(min(69, done * 70 // total), 100)
        return False

    connection.set_progress_handler(look, _STEPS_BETWEEN_LOOKS)
    try:
        yield
    finally:
        connection.set_progress_handler(None)


def _integrity(connection: apsw.Connection) -> list[Problem]:
    rows = connection.execute(f"PRAGMA main.integrity_check({LISTED + 1})")
    return [Problem(_DAMAGED, what=str(row[0])) for row in rows if row[0] != "ok"]


def _references(connection: apsw.Connection) -> list[Problem]:
    found: list[Problem] = []
    for table, rowid, *_ in connection.execute("PRAGMA main.foreign_key_check"):
        if table == "integration":
            words = "Integration {row} names an organization that there is none of."
        else:
            words = "A part of edit {row} belongs to no edit of the history."
        found.append(Problem(words, row=rowid))
        if len(found) > LISTED:
            break
    return found


def _history(connection: apsw.Connection, problems: list[Problem], progress: Progress) -> int:
    edits: list[tuple[int, str]] = connection.execute(  # type: ignore[assignment]
        "SELECT id, label FROM edit ORDER BY id"
    ).fetchall()
    for done, (edit_id, label) in enumerate(edits):
        if len(problems) > LISTED:
            break
        try:
            _read(connection, edit_id, partial(progress, 80 + done * 20 // len(edits), 100))
        except (apsw.CorruptError, apsw.RangeError, apsw.NoMemError, apsw.SQLError):
            words = "The record of the edit “{label}” cannot be read: it cannot be undone."
            problems.append(Problem(words, label=label))
    return len(edits)


def _read(connection: apsw.Connection, edit_id: int, look: Callable[[], None]) -> None:
    stream = changeset_stream(connection, edit_id)
    for place, _ in enumerate(apsw.Changeset.iter(stream)):
        if place % 10_000 == 0:
            look()


def _count(connection: apsw.Connection, table: str) -> int:
    return int(connection.execute(f"SELECT count(*) FROM {table}").get)
