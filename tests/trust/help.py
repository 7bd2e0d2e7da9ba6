"""How long a test of trust runs, and whether a catalogue's history and rows agree."""

from __future__ import annotations

import hashlib
import os
import random
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import apsw

from db import schema
from db.child import Task
from db.csv_stage import Staged, stage_csv
from db.history import changeset_stream
from db.models import Edit
from tests.csv_help import csv_file

ROOT = Path(__file__).resolve().parents[2]
SOAK = "INTEGRATION_ICONS_SOAK" in os.environ
SECONDS = 60
FIRST_STATE = hashlib.sha256(repr([[], [], []]).encode()).hexdigest()


def times(short: int, long: int) -> int:
    """How often: `long` with `make soak`."""
    return long if SOAK else short


@contextmanager
def seeded() -> Iterator[random.Random]:
    """Random choices; their seed is told when the test fails, and taken from the environment."""
    seed = int(os.environ.get("INTEGRATION_ICONS_SEED", "0")) or random.SystemRandom().getrandbits(
        32
    )
    try:
        yield random.Random(seed)
    except BaseException:
        print(f"Again with INTEGRATION_ICONS_SEED={seed}")
        raise


def raw(path: Path) -> apsw.Connection:
    """A connection as another program has it."""
    connection = apsw.Connection(str(path))
    connection.set_busy_timeout(5000)
    return connection


def soundness(connection: apsw.Connection) -> list[tuple[Any, ...]]:
    """[("ok",)] for a file that is sound."""
    return [
        *connection.execute("PRAGMA integrity_check").fetchall(),
        *connection.execute("PRAGMA foreign_key_check").fetchall(),
    ]


def state_hash(connection: apsw.Connection) -> str:
    """A hash of all that edits can change."""
    rows = [
        connection.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall()
        for table in schema.RECORDED_TABLES
    ]
    return hashlib.sha256(repr(rows).encode()).hexdigest()


def edit_states(connection: apsw.Connection) -> dict[int, int]:
    """The state of every edit by its id."""
    return dict(connection.execute("SELECT id, state FROM edit"))


def check_history(path: Path) -> dict[int, int]:
    """Look whether a file is sound, and its rows are what its history makes of nothing.

    What stands is taken back to the first edit, which must give an empty catalogue, and done
    again, which must give what is there now; SQLite's conflict detection compares each value on
    the way. Nothing of it stays. Returns `edit_states`.
    """
    with closing(raw(path)) as connection:
        assert soundness(connection) == [("ok",)]
        states, today = edit_states(connection), state_hash(connection)
        standing = [number for number, state in sorted(states.items()) if state == Edit.DONE]
        connection.execute("BEGIN")
        for number in reversed(standing):
            _apply(connection, number, apsw.SQLITE_CHANGESETAPPLY_INVERT)
        assert state_hash(connection) == FIRST_STATE
        for number in standing:
            _apply(connection, number, 0)
        assert state_hash(connection) == today
        connection.execute("ROLLBACK")
        return states


def _apply(connection: apsw.Connection, number: int, flags: int) -> None:
    apsw.Changeset.apply(changeset_stream(connection, number), connection, flags=flags)


def stages(folder: Path, count: int, rows: int) -> list[Staged]:
    """CSV files of the same ids and other values, read for an import."""
    made = []
    for number in range(count):
        source = csv_file(
            folder / f"{number}.csv",
            [
                {"id": f"csv-{row}", "name": f"{number}", "orgId": f"o{(row + number) % 5}"}
                for row in range(rows + number)
            ],
            ["id", "name", "orgId"],
        )
        stage = folder / f"{number}.stage"
        made.append(Task(partial(stage_csv, source=source, stage=stage)).future.result(SECONDS))
    return made
