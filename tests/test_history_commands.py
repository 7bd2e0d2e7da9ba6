"""The commands of the history, as processes: their words, their JSON, their exit codes."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from db import person
from db.catalog import Catalog
from tests.csv_help import csv_file
from tests.history_help import SECONDS, add, insert_many, update, value
from tests.test_commands import last_object, run


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A catalogue with one integration, "a", and three edits; the last one changed two fields."""
    path = tmp_path / "catalog.db"
    with closing(Catalog.create(path)) as catalog:
        pk = add(catalog, "a", name="A")
        update(catalog, pk, "to B", name="B")
        update(catalog, pk, "to C", name="C", icon_url="u")
    return path


def names(path: Path) -> object:
    with closing(Catalog.open(path)) as catalog:
        return value(catalog, 1, "name")


def test_history_lists_edits(database: Path) -> None:
    run("undo", "--catalog", database)
    done = run("history", "--catalog", database, "--limit", 2)
    assert (done.returncode, done.stderr) == (0, "")
    first, second, third = done.stdout.splitlines()
    assert first.split()[0] == "3"
    assert first.endswith("to C [1 integration] (undone)")
    assert second.endswith("to B [1 integration]")
    assert third == "… and earlier ones; --limit lists more."
    listed = last_object(run("history", "--catalog", database, "--json").stdout)
    assert [(one["id"], one["label"], one["state"]) for one in listed["edits"]] == [
        (3, "to C", "undone"),
        (2, "to B", "done"),
        (1, "Add", "done"),
    ]
    assert listed["more"] is False


def test_history_shows_what_an_edit_changed(database: Path) -> None:
    done = run("history", "--catalog", database, "--edit", 3)
    assert done.stdout.splitlines()[1:] == [
        'integration a, name: "B" -> "C"',
        'integration a, iconUrl: (absent) -> "u"',
    ]
    found = last_object(run("history", "--catalog", database, "--edit", 3, "--json").stdout)
    assert found["changes"][0] == {
        "table": "integration", "id": "a", "op": "update", "field": "name", "old": "B", "new": "C"
    }  # fmt: skip
    unknown = run("history", "--catalog", database, "--edit", 9)
    assert (unknown.returncode, unknown.stdout) == (2, "")
    assert "no edit 9" in unknown.stderr


def test_undo_and_redo(database: Path) -> None:
    done = run("undo", "--catalog", database)
    assert (done.returncode, done.stdout, done.stderr) == (0, "Undone: to C.\n", "")
    assert names(database) == "B"
    undone = last_object(run("undo", "--catalog", database, "--to", 1, "--json").stdout)
    assert undone == {"edit": 1, "label": "Add", "count": 1}
    nothing = run("undo", "--catalog", database)
    assert (nothing.returncode, nothing.stdout) == (1, "There is nothing to undo.\n")
    assert run("redo", "--catalog", database, "--to", 3).returncode == 0
    assert names(database) == "C"
    assert run("redo", "--catalog", database, "--json").returncode == 1
    wrong = run("redo", "--catalog", database, "--to", 2, "--json")
    assert wrong.returncode == 2
    assert "history is another one" in last_object(wrong.stdout)["error"]


def test_the_person_of_the_preferences_makes_edits_by_command_too(
    database: Path, tmp_path: Path
) -> None:
    file, rows = tmp_path / "f.changeset", csv_file(tmp_path / "f.csv", [{"id": "b", "name": "B"}])
    run("history", "--catalog", database, "--edit", 3, "--save", file)
    run("undo", "--catalog", database)
    person.keep("Ada Byron")
    run("apply", file, "--catalog", database, "--discard-redo")
    run("import", rows, "--catalog", database)
    edits = last_object(run("history", "--catalog", database, "--json").stdout)["edits"]
    assert [one["author"] for one in edits] == ["Ada Byron"] * 2 + [person.system_user()] * 3
    person.keep("")
    run("apply", file, "--catalog", database, "--conflicts", "take")
    update_file = csv_file(tmp_path / "g.csv", [{"id": "b", "name": "C"}])
    run("import", update_file, "--catalog", database)
    edits = last_object(run("history", "--catalog", database, "--json").stdout)["edits"]
    assert edits[0]["author"] == person.system_user()


def test_edits_go_to_another_copy_by_a_file(database: Path, tmp_path: Path) -> None:
    copy, file = tmp_path / "copy.db", tmp_path / "f.changeset"
    with closing(Catalog.open(database)) as catalog:
        catalog.undo(to=2).result(SECONDS)
        catalog.save_copy(copy).result(SECONDS)
        catalog.redo(to=3).result(SECONDS)
    saved = run("history", "--catalog", database, "--edit", 2, "--edit", 3, "--save", file)
    assert (saved.returncode, saved.stdout) == (0, f"Wrote 2 edits to {file}.\n")
    looked = run("apply", file, "--catalog", copy, "--dry-run", "--json")
    assert last_object(looked.stdout) == {"changed": 1, "conflicts": 0, "kept": 0, "edit": None}
    refused = run("apply", file, "--catalog", copy)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "can be redone" in refused.stderr
    assert names(copy) == "A"
    done = run("apply", file, "--catalog", copy, "--discard-redo")
    assert done.returncode == 0
    assert done.stdout == "1 integrations changed, 0 conflicts left as they were.\n"
    assert names(copy) == "C"


def test_conflicts_are_listed_and_kept_or_taken(database: Path, tmp_path: Path) -> None:
    file = tmp_path / "f.changeset"
    run("history", "--catalog", database, "--edit", 3, "--save", file)
    with closing(Catalog.open(database)) as catalog:
        update(catalog, 1, name="D")
    done = run("apply", file, "--catalog", database, "--json")
    assert done.returncode == 1
    assert done.stderr == 'conflict: integration a, name: "D" here, "C" in the file\n'
    assert last_object(done.stdout)["kept"] == 1
    assert names(database) == "D"
    taken = run("apply", file, "--catalog", database, "--conflicts", "take")
    assert taken.returncode == 0
    assert names(database) == "C"


def test_many_conflicts_are_counted(database: Path, tmp_path: Path) -> None:
    file = tmp_path / "f.changeset"
    with closing(Catalog.open(database)) as catalog:
        insert_many(catalog, 30)
    run("history", "--catalog", database, "--edit", 4, "--save", file)
    with closing(Catalog.create(tmp_path / "other.db")) as other:
        insert_many(other, 30)
        other.edit(
            "x", lambda s: s.connection.execute("UPDATE integration SET name='x'").close()
        ).result(SECONDS)
    done = run("apply", file, "--catalog", tmp_path / "other.db")
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 21
    assert done.stderr.splitlines()[-1] == "… and 10 more conflicts."


@pytest.mark.parametrize("command", ["history", "undo", "redo"])
def test_no_catalogue(tmp_path: Path, command: str) -> None:
    done = run(command, "--catalog", tmp_path / "missing.db", "--json")
    assert done.returncode == 2
    assert "There is no file" in done.stderr
    assert "error" in last_object(done.stdout)


def test_what_is_no_change_set(database: Path) -> None:
    done = run("apply", database, "--catalog", database)
    assert (done.returncode, done.stdout) == (2, "")
    assert "not a change-set file" in done.stderr


def test_save_wants_edits(database: Path, tmp_path: Path) -> None:
    done = run("history", "--catalog", database, "--save", tmp_path / "f")
    assert done.returncode == 2
    assert "--edit" in done.stderr
