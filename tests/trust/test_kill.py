"""A program that is killed at any moment loses nothing that it said was done, nor halves it."""

from __future__ import annotations

import pickle
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import apsw
import pytest

from db import schema
from db.catalog import Catalog
from db.errors import CatalogError
from db.models import Edit
from tests.test_catalog import FILL, adding
from tests.trust import writing
from tests.trust.help import (
    ROOT,
    SECONDS,
    check_history,
    raw,
    seeded,
    soundness,
    stages,
    state_hash,
    times,
)

LATEST = 0.25
"""Seconds after its first word until a program is killed, at most."""


def killed(noise: random.Random, *arguments: object, latest: float = LATEST) -> list[str]:
    """Run `tests.trust.writing` and kill it at a random moment; the lines that it said."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.trust.writing", *map(str, arguments)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        first = process.stdout.readline()
        assert first, "it ended before it began"
        with suppress(subprocess.TimeoutExpired):
            process.wait(noise.uniform(0, latest))
        process.kill()
        lines = [first, *process.stdout]
    assert process.returncode in (-9, 0), lines
    return [line.rstrip("\n") for line in lines if line.endswith("\n")]


def stepped(states: dict[int, int], step: str, edit_id: int | None) -> dict[int, int]:
    """What the history is after a step; `edit_id` is None for one that did nothing."""
    if edit_id is None:
        return states
    if step == "undo":
        return {**states, edit_id: Edit.UNDONE}
    if step == "redo":
        return {**states, edit_id: Edit.DONE}
    kept = {
        number: Edit.DISCARDED if state == Edit.UNDONE else state
        for number, state in states.items()
    }
    return {**kept, edit_id: Edit.DONE}


def possible(states: dict[int, int], lines: list[str]) -> Iterator[dict[int, int]]:
    """What the history may be after the steps that a program told: the last may be in or not."""
    pending = ""
    for line in lines:
        word, what = line.split()
        if word == "begin":
            pending = what
        else:
            states = stepped(states, pending, None if what == "None" else int(what))
            pending = ""
    yield states
    if pending == "undo":
        if done := [number for number, state in states.items() if state == Edit.DONE]:
            yield stepped(states, "undo", max(done))
    elif pending == "redo":
        if undone := [number for number, state in states.items() if state == Edit.UNDONE]:
            yield stepped(states, "redo", min(undone))
    elif pending:
        yield stepped(states, pending, next_id(states))


def next_id(states: dict[int, int]) -> int:
    """The id of the next edit; one that is rolled back takes none."""
    return max(states, default=0) + 1


@pytest.mark.parametrize("kind", ["edit", "bulk"])
def test_edits_bulk_edits_imports_undo_and_redo(tmp_path: Path, kind: str) -> None:
    path, staged = tmp_path / "a.icons", tmp_path / "stages"
    staged.write_bytes(pickle.dumps(stages(tmp_path, 4, 150)))
    Catalog.create(path).close()
    states: dict[int, int] = {}
    with seeded() as noise:
        for round_ in range(times(8, 100)):
            if round_ % 25 == 24:  # else the way back grows with every round
                path.unlink()
                Catalog.create(path).close()
                states = {}
            lines = killed(noise, kind, noise.getrandbits(32), path, staged)
            found = check_history(path)
            assert found in list(possible(states, lines)), (lines[-4:], found)
            states = found
    with closing(Catalog.open(path)) as catalog:
        label = catalog.undo_label()
        assert (catalog.undo().result(SECONDS) is not None) is (label is not None)
    check_history(path)


def test_the_making_of_files(tmp_path: Path) -> None:
    with seeded() as noise:
        for round_ in range(times(4, 50)):
            folder = tmp_path / str(round_)
            folder.mkdir()
            lines = killed(noise, "create", 0, folder / "any", latest=0.1)
            made = {int(line.split()[1]) for line in lines if line.startswith("done")}
            begun = {int(line.split()[1]) for line in lines if line.startswith("begin")}
            for number in begun:
                path = folder / f"{number}.icons"
                assert path.exists() or number not in made
                if path.exists():
                    Catalog.open(path).close()
                    assert check_history(path) == {}
            shutil.rmtree(folder)


def test_an_upgrade(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = tmp_path / "old" / "a.icons"
    old.parent.mkdir()
    with closing(Catalog.create(old)) as catalog:
        catalog.edit("Fill", lambda edit: edit.connection.execute(FILL).close()).result(SECONDS)
    with closing(raw(old)) as connection:
        before = state_hash(connection)
    monkeypatch.setattr(schema, "STEPS", (*schema.STEPS, writing.add_column))
    upgraded = 0
    with seeded() as noise:
        for round_ in range(times(4, 50)):
            path = tmp_path / str(round_) / "a.icons"
            shutil.copytree(old.parent, path.parent)
            killed(noise, "upgrade", 0, path, latest=1.5)
            with closing(raw(path)) as connection:
                assert soundness(connection) == [("ok",)]
                upgraded += _check_upgraded(connection.pragma("user_version"), path, before)
            Catalog.open(path).close()
            with closing(raw(path)) as connection:
                assert connection.execute(_NEW).get == 20_000
            shutil.rmtree(path.parent)
    print(f"{upgraded} of the upgrades were done before the kill")


_NEW = "SELECT count(*) FROM integration WHERE name LIKE '%!' AND metadata = '[]'"


def _check_upgraded(version: int, path: Path, before: str) -> bool:
    """Look whether a file is of the old version whole, or of the new one."""
    with closing(raw(path)) as connection:
        if version < len(schema.STEPS):
            assert state_hash(connection) == before
            return False
        assert connection.execute(_NEW).get == 20_000
        return True


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE integration SET name = 'x' WHERE pk = 2",
        "DELETE FROM integration WHERE pk = 2",
        "INSERT INTO setting VALUES('x', 'y')",
        "UPDATE edit SET state = 1",
        "DELETE FROM edit_data",
    ],
)
def test_a_history_that_disagrees_with_the_rows_is_found(tmp_path: Path, statement: str) -> None:
    path = tmp_path / "a.icons"
    with closing(Catalog.create(path)) as catalog:
        for name in ("a", "b"):
            catalog.edit("Add", adding(name, org_id="o")).result(SECONDS)
    check_history(path)
    with closing(raw(path)) as connection:
        connection.execute(statement)
    with pytest.raises((AssertionError, apsw.Error)):
        check_history(path)


def test_the_seed_of_a_failure_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(CatalogError), seeded():
        raise CatalogError("x")
    assert "INTEGRATION_ICONS_SEED=" in capsys.readouterr().out
