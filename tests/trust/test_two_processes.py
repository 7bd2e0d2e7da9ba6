"""Two programs that write at random into one file at once: all is there, and none waits long."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from db.catalog import Catalog
from db.changes import Change
from db.edits import EditSession
from tests.test_catalog import adding
from tests.trust.help import ROOT, SECONDS, check_history, raw, seeded, soundness, times

MOST_SECONDS = 10.0
"""A write that another's writes hold up for longer would be refused as locked."""
HOLD_SECONDS = times(2, 8)
"""How long another's transaction lasts; a program that waits ten seconds waits for it."""

WRITER = """
import random, sys, time
from pathlib import Path
from db import records
from db.catalog import Catalog
name, seed, path, count = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4])
noise = random.Random(seed)
catalog = Catalog.open(path)
rows = {}
longest = 0.0

def add(edit):
    values = {"id": f"{name}-{number}", "name": f"{name} {number}", "org_id": f"o{number % 7}"}
    rows[records.add_integration(edit, values=values)] = f"{name} {number}"

def update(edit):
    pk = noise.choice(list(rows))
    records.update_integration(edit, pk=pk, values={"name": f"{name} {number}"})
    rows[pk] = f"{name} {number}"

def bulk(edit):
    pks = noise.sample(list(rows), min(len(rows), 40))
    records.update_integrations(edit, pks=pks, values={"name": f"{name} {number}"})
    rows.update(dict.fromkeys(pks, f"{name} {number}"))

def delete(edit):
    pk = noise.choice(list(rows))
    records.delete_integrations(edit, pks=[pk])
    del rows[pk]

def shared(edit):
    edit.connection.execute(
        "INSERT INTO setting VALUES('count', '1') "
        "ON CONFLICT(key) DO UPDATE SET value = value + 1"
    )

sys.stdin.readline()
for number in range(count):
    kinds = [add, add, shared, *([update, bulk, delete] if len(rows) > 2 else [])]
    kind = noise.choice(kinds)
    start = time.monotonic()
    change = catalog.edit(f"{name} {number} {kind.__name__}", kind).result()
    longest = max(longest, time.monotonic() - start)
    print("done", change.edit_id, number, kind.__name__, flush=True)
catalog.close()
for pk, text in rows.items():
    print("row", pk, text)
print("longest", longest)
"""

HOLDER = """
import sys
from pathlib import Path
from tests.trust.help import raw
connection = raw(Path(sys.argv[1]))
connection.execute("BEGIN IMMEDIATE")
connection.execute("INSERT INTO setting VALUES('theirs', '1')")
print("held", flush=True)
sys.stdin.readline()
connection.execute("COMMIT")
connection.close()
"""


@contextmanager
def held(path: Path) -> Iterator[Callable[[], None]]:
    """While another program is amidst a transaction; yields what lets it commit."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield lambda: _ignore(process.communicate("go on\n", timeout=SECONDS))
    assert process.returncode == 0


def _ignore(_: object) -> None:
    pass


@pytest.mark.parametrize("write", ["edit", "undo", "bulk", "first"])
def test_a_write_waits_for_a_long_transaction_of_another(tmp_path: Path, write: str) -> None:
    """It is not refused as locked, and both are there."""
    path = tmp_path / "a.icons"
    with closing(Catalog.create(path)) as catalog:
        catalog.edit("Add", adding("a", name="A")).result(SECONDS)
    with closing(Catalog.open(path)) as catalog:
        if write != "first":  # which connects the writer, too
            catalog.edit("Add", adding("b")).result(SECONDS)
        with held(path) as let_go:
            if write == "undo":
                waiting: Future[Change] | Future[Change | None] = catalog.undo()
            elif write == "bulk":
                waiting = catalog.edit("Bulk", _bulk)
            else:
                waiting = catalog.edit("Add", adding("new"))
            with pytest.raises(TimeoutError):
                waiting.result(HOLD_SECONDS)
            let_go()
            assert waiting.result(SECONDS) is not None
    with closing(raw(path)) as connection:
        assert soundness(connection) == [("ok",)]
        assert connection.execute("SELECT value FROM setting").get == "1"
        rows = connection.execute("SELECT id, name FROM integration ORDER BY pk").fetchall()
    assert (
        rows
        == {
            "edit": [("a", "A"), ("b", None), ("new", None)],
            "undo": [("a", "A")],
            "bulk": [("a", "x"), ("b", "x")],
            "first": [("a", "A"), ("new", None)],
        }[write]
    )


def _bulk(edit: EditSession) -> None:
    edit.connection.execute("UPDATE integration SET name = 'x'").close()


def test_random_edits_of_two_at_once(tmp_path: Path) -> None:
    path, count = tmp_path / "a.icons", times(100, 500)
    Catalog.create(path).close()
    with seeded() as noise:
        said = _together(path, count, noise.getrandbits(32))
        states = check_history(path)
    edits, rows, shared = {}, {}, 0
    for name, lines in said.items():
        for word, *rest in (line.split(" ", 3) for line in lines):
            if word == "done":
                edits[int(rest[0])] = f"{name} {rest[1]} {rest[2]}"
                shared += rest[2] == "shared"
            elif word == "row":
                rows[int(rest[0])] = f"{rest[1]} {rest[2]}"
            else:
                assert float(rest[0]) < MOST_SECONDS
    assert len(edits) == 2 * count
    with closing(raw(path)) as connection:
        assert dict(connection.execute("SELECT id, label FROM edit")) == edits
        assert dict(connection.execute("SELECT pk, name FROM integration")) == rows
        assert int(connection.execute("SELECT value FROM setting").get) == shared
    assert len(states) == 2 * count


def _together(path: Path, count: int, seed: int) -> dict[str, list[str]]:
    """Run both; what each said."""
    processes = {
        name: subprocess.Popen(
            [sys.executable, "-c", WRITER, name, str(seed + place), str(path), str(count)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for place, name in enumerate(("one", "two"))
    }
    for process in processes.values():
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    said = {}
    for name, process in processes.items():
        out, errors = process.communicate(timeout=10 * SECONDS)
        assert process.returncode == 0, errors
        said[name] = out.splitlines()
    return said
