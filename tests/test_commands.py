"""The commands, as processes: their words, their JSON, their exit codes."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
import time
from argparse import ArgumentParser
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from db.catalog import Catalog
from gui import commands
from tests.conftest import ROOT
from tests.csv_help import KEYS, add, csv_file, records

Done = subprocess.CompletedProcess[str]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return csv_file(tmp_path / "file.csv", [{"id": "a", "name": "A"}, {"id": "b"}])


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "catalog.db"


def run(*arguments: object, **options: Any) -> Done:
    return subprocess.run(
        [sys.executable, "-m", "gui", *map(str, arguments)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=ROOT,
        check=False,
        **options,
    )


def last_object(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text.splitlines()[-1])
    return found


def stored(database: Path) -> list[dict[str, Any]]:
    with closing(Catalog.open(database)) as catalog:
        return records(catalog)


def test_import_makes_the_catalogue(file: Path, database: Path) -> None:
    done = run("import", file, "--catalog", database)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Read 2 rows of file.csv" in done.stdout
    assert "2 new, 0 changed, 0 unchanged, 0 rejected" in done.stdout
    assert [row["id"] for row in stored(database)] == ["a", "b"]


def test_import_answers_in_json(file: Path, database: Path) -> None:
    first = last_object(run("import", file, "--catalog", database, "--json").stdout)
    assert first.pop("seconds") > 0
    assert first == {
        "read": 2, "new": 2, "changed": 0, "unchanged": 0, "rejected": 0, "skipped": 0,
        "deleted": 0, "edit": 1
    }  # fmt: skip
    again = last_object(run("import", file, "--catalog", database, "--json").stdout)
    assert (again["unchanged"], again["edit"]) == (2, None)


def test_redo_is_lost_only_when_it_is_said_to(file: Path, tmp_path: Path, database: Path) -> None:
    run("import", file, "--catalog", database)
    more = csv_file(tmp_path / "more.csv", [{"id": "c"}])
    run("import", more, "--catalog", database)
    run("undo", "--catalog", database)
    refused = run("import", more, "--catalog", database, "--json")
    assert refused.returncode == 2
    assert "can be redone" in refused.stderr
    assert "--discard-redo" in last_object(refused.stdout)["error"]
    assert run("import", more, "--catalog", database, "--dry-run").returncode == 0
    assert run("import", file, "--catalog", database).returncode == 0  # which changes nothing
    assert run("redo", "--catalog", database).returncode == 0
    run("undo", "--catalog", database)
    assert run("import", more, "--catalog", database, "--discard-redo").returncode == 0
    assert run("redo", "--catalog", database).returncode == 1
    assert [row["id"] for row in stored(database)] == ["a", "b", "c"]


def test_a_dry_run_writes_nothing(file: Path, database: Path) -> None:
    done = run("import", file, "--catalog", database, "--dry-run", "--json")
    assert done.returncode == 0
    assert last_object(done.stdout)["new"] == 2
    assert last_object(done.stdout)["edit"] is None
    assert not database.exists()
    with closing(Catalog.create(database)) as catalog:
        add(catalog, id="a", name="other")
    done = run("import", file, "--catalog", database, "--dry-run")
    assert "1 new, 1 changed" in done.stdout
    assert "nothing was written" in done.stdout
    assert [row["name"] for row in stored(database)] == ["other"]


def test_rejected_rows_are_listed_and_the_rest_is_written(tmp_path: Path, database: Path) -> None:
    rows = [{"id": "a"}] * 30 + [{"id": "b", "metadata": "{x"}, {"id": "c"}]
    done = run("import", csv_file(tmp_path / "f.csv", rows), "--catalog", database)
    assert done.returncode == 1
    assert "2 new, 0 changed, 0 unchanged, 30 rejected" in done.stdout
    lines = done.stderr.splitlines()
    assert len(lines) == 21
    assert lines[0].startswith('line 3, id "a": Line 2 has this id already.')
    assert lines[-1] == "… and 10 more rejected rows."
    assert [row["id"] for row in stored(database)] == ["a", "c"]


def test_a_rejected_value_is_shown(tmp_path: Path, database: Path) -> None:
    file = csv_file(tmp_path / "f.csv", [{"id": "b", "metadata": "{x"}])
    assert (
        'line 2, metadata "{x": metadata is not valid JSON'
        in run("import", file, "--catalog", database).stderr
    )


def test_ignored_columns_and_the_delimiter(tmp_path: Path, database: Path) -> None:
    file = tmp_path / "f.csv"
    file.write_text("id\tname\tlogo\n1\tn\tx\n")
    done = run("import", file, "--catalog", database, "--delimiter", "tab")
    assert "Ignored columns: logo." in done.stdout
    refused = run("import", file, "--catalog", database, "--delimiter", ";")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "Choose the delimiter" in refused.stderr


def test_how_a_file_is_read_can_be_said(tmp_path: Path, database: Path) -> None:
    file = tmp_path / "f.csv.gz"
    text = "made by a tool\n1~'Łódź~a'~x\n% 2~b~y\n3~'''=1+1'~z\n"
    file.write_bytes(gzip.compress(text.encode("cp1250")))
    done = run(
        *("import", file, "--catalog", database, "--encoding", "cp1250", "--delimiter", "~"),
        *("--quote", "'", "--no-header", "--columns", "id,name", "--skip", "1", "--comment", "%"),
    )
    assert done.returncode == 0, done.stderr
    assert "Read as cp1250." in done.stdout
    assert [(row["id"], row["name"]) for row in stored(database)] == [
        ("1", "Łódź~a"),
        ("3", "'=1+1"),
    ]
    wrong = run("import", file, "--catalog", database, "--encoding", "klingon")
    assert "no encoding named" in wrong.stderr
    wrong = run("import", file, "--catalog", database, "--columns", "id,logo")
    assert "'logo' is not a field" in wrong.stderr


def test_how_rows_are_matched_can_be_said(tmp_path: Path, database: Path) -> None:
    file = tmp_path / "f.json"
    file.write_text('[{"id": "1", "clientId": "a"}, {"id": "2", "clientId": "b", "updatedAt": 2}]')
    assert run("import", file, "--catalog", database).returncode == 0
    file.write_text('[{"clientId": "b", "name": "B", "type": "", "updatedAt": 1}]')
    done = run("import", file, "--catalog", database, "--match", "clientId", "--keep-empty")
    assert "0 new, 1 changed, 0 unchanged, 0 rejected." in done.stdout
    done = run(
        *("import", file, "--catalog", database, "--match", "clientId", "--mode", "mirror"),
        *("--newer", "--json"),
    )
    told = json.loads(done.stdout.splitlines()[-1])
    assert (told["skipped"], told["deleted"], told["unchanged"]) == (1, 1, 0)
    assert [(row["id"], row["name"]) for row in stored(database)] == [("2", "B")]
    wrong = run("import", file, "--catalog", database, "--match", "clientId,clientId")
    assert "no set of fields" in wrong.stderr


@pytest.mark.parametrize("delimiter", ["", ";;", '"', "\n"])
def test_what_cannot_be_a_delimiter(file: Path, database: Path, delimiter: str) -> None:
    done = run("import", file, "--catalog", database, "--delimiter", delimiter)
    assert done.returncode == 2
    assert "not one character" in done.stderr


@pytest.mark.parametrize("content", [b"", b"name\nx\n", b'"id\n'])
def test_what_cannot_be_imported_leaves_nothing(
    tmp_path: Path, database: Path, content: bytes
) -> None:
    file = tmp_path / "f.csv"
    file.write_bytes(content)
    done = run("import", file, "--catalog", database)
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    assert list(tmp_path.glob("catalog*")) == []


def test_a_file_that_is_no_catalogue_is_refused(file: Path) -> None:
    done = run("import", file, "--catalog", file)
    assert done.returncode == 2
    assert "not a catalogue" in done.stderr
    assert "Traceback" not in done.stderr


def test_export_to_a_file_and_to_standard_output(
    file: Path, database: Path, tmp_path: Path
) -> None:
    run("import", file, "--catalog", database)
    target = tmp_path / "out.csv"
    done = run("export", target, "--catalog", database, "--json")
    assert done.returncode == 0
    assert last_object(done.stdout)["rows"] == 2
    assert target.read_bytes() == file.read_bytes()
    done = run("export", "-", "--catalog", database, "--json", "--query", "A")
    assert done.stdout.splitlines() == [",".join(KEYS), "a,A" + "," * 9]
    assert last_object(done.stderr)["rows"] == 1
    words = run("export", target, "--catalog", database)
    assert words.stdout.startswith(f"Wrote 2 integrations to {target}")


def test_standard_output_has_the_bytes_of_a_file(database: Path, tmp_path: Path) -> None:
    file = csv_file(tmp_path / "f.csv", [{"id": "é", "name": "two\nlines"}])
    run("import", file, "--catalog", database)
    done = subprocess.run(
        [sys.executable, "-m", "gui", "export", "-", "--catalog", database],
        capture_output=True,
        cwd=ROOT,
        check=True,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )
    assert done.stdout == file.read_bytes()


def test_the_form_of_an_export_can_be_said(database: Path, tmp_path: Path) -> None:
    with closing(Catalog.create(database)) as catalog:
        add(catalog, id="b", name="=x", org_id="p")
        add(catalog, id="a", name="y", org_id="q")
    done = run(
        *("export", tmp_path / "out.txt", "--catalog", database, "--columns", "name,id", "--bom"),
        *("--sort-by-id", "--delimiter", "tab", "--line-end", "lf", "--safe", "--encoding"),
        "utf-16",
    )
    assert done.returncode == 0, done.stderr
    content = (tmp_path / "out.txt").read_bytes().decode("utf-16")
    assert content == "name\tid\ny\ta\n'=x\tb\n"
    done = run("export", tmp_path / "o.json", "--catalog", database, "--columns", "id")
    assert json.loads((tmp_path / "o.json").read_bytes()) == [{"id": "b"}, {"id": "a"}]
    done = run("export", "-", "--catalog", database, "--format", "jsonl", "--columns", "id")
    assert done.stdout == '{"id": "b"}\n{"id": "a"}\n'
    done = run("export", tmp_path / "x.xlsx", "--catalog", database, "--per-organization", "--json")
    files = last_object(done.stdout)["files"]
    assert files == [str(tmp_path / "x-p.xlsx"), str(tmp_path / "x-q.xlsx")]
    assert all(Path(path).read_bytes().startswith(b"PK") for path in files)
    wrong = run("export", "-", "--catalog", database, "--per-organization")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert "Standard output is one file" in wrong.stderr


@pytest.mark.parametrize(
    ("content", "options"),
    [
        (b"id,name\n1,a\n", ()),
        (b'[{"id": "1", "name": "a"}]', ()),
        (b'{"id": "1", "name": "a"}', ("--format", "jsonl")),
        (b"[id],name\n1,a\n", ("--format", "csv", "--columns", "id,name")),
    ],
)
def test_import_from_standard_input(
    database: Path, content: bytes, options: tuple[str, ...]
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "gui", "import", "-", "--catalog", database, *options],
        input=content,
        capture_output=True,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr
    assert [(row["id"], row["name"]) for row in stored(database)] == [("1", "a")]


def test_rejected_rows_are_saved_where_it_is_said(tmp_path: Path, database: Path) -> None:
    file, rejects = tmp_path / "f.csv", tmp_path / "rejects.csv"
    file.write_text("id,name\n1,a\n,b\n")
    done = run("import", file, "--catalog", database, "--rejects", rejects, "--dry-run")
    assert done.returncode == 1
    assert rejects.read_text().splitlines()[1].startswith(',b,"The row has no id')
    done = run("import", rejects, "--catalog", database)
    assert "1 rejected" in done.stdout


def test_export_of_one_organization(database: Path, tmp_path: Path) -> None:
    rows = [{"id": "1", "orgId": "o"}, {"id": "2", "orgId": "p"}, {"id": "3"}]
    run("import", csv_file(tmp_path / "f.csv", rows), "--catalog", database)
    for org_id, expected in [("o", ["1"]), ("", ["3"])]:
        done = run("export", "-", "--catalog", database, "--organization", org_id)
        assert [line.split(",")[0] for line in done.stdout.splitlines()[1:]] == expected
    refused = run("export", "-", "--catalog", database, "--organization", "q")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "no organization “q”" in refused.stderr


@pytest.mark.parametrize(
    ("target", "sentence"),
    [("missing/f.csv", "cannot be written"), ("catalog.db", "the catalogue itself")],
)
def test_what_cannot_be_exported(
    database: Path, tmp_path: Path, target: str, sentence: str
) -> None:
    Catalog.create(database).close()
    before = database.read_bytes()
    done = run("export", tmp_path / target, "--catalog", database)
    assert (done.returncode, done.stdout) == (2, "")
    assert sentence in done.stderr
    assert database.read_bytes() == before


def test_export_from_no_catalogue(database: Path) -> None:
    done = run("export", "-", "--catalog", database)
    assert (done.returncode, done.stdout) == (2, "")
    assert "There is no file" in done.stderr
    assert not database.exists()


def test_a_reader_that_goes_away_is_no_bug(tmp_path: Path, database: Path) -> None:
    rows = [{"id": str(number), "name": "n" * 50} for number in range(20_000)]
    run("import", csv_file(tmp_path / "f.csv", rows), "--catalog", database)
    process = subprocess.Popen(
        [sys.executable, "-m", "gui", "export", "-", "--catalog", database],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
    )
    with process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().startswith(b"id,")
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 2


def interrupted(arguments: Sequence[object], signal_number: int, folder: Path) -> Done:
    """Run a command and send it a signal as soon as it works on something in `folder`."""
    process = subprocess.Popen(
        [sys.executable, "-m", "gui", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(folder)},
    )
    deadline = time.monotonic() + 60
    while not list(folder.glob("integration-icons-*/stage.db")):
        assert process.poll() is None
        assert time.monotonic() < deadline
    process.send_signal(signal_number)
    out, err = process.communicate(timeout=60)
    return Done(process.args, process.returncode, out, err)


@pytest.mark.parametrize("signal_number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_import_leaves_nothing(
    tmp_path: Path, database: Path, signal_number: int
) -> None:
    file = tmp_path / "f.csv"
    # So many that the import is not done before this busy process comes to send its signal.
    lines = (f"{number},{'n' * 50},t,o,u,2024-01-01,2024-01-01\n" for number in range(1_000_000))
    with file.open("w", encoding="utf-8") as stream:
        stream.write("id,name,type,orgId,creator,createdAt,updatedAt\n")
        stream.writelines(lines)
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    done = interrupted(["import", file, "--catalog", database], signal_number, temporary)
    told = (done.returncode, done.stdout, done.stderr)
    assert told == (130, "", "Cancelled. Nothing was changed.\n")
    assert list(temporary.iterdir()) == []
    assert not database.exists()


def test_the_commands_never_load_qt(file: Path, database: Path) -> None:
    program = (
        "import sys; from gui import commands\n"
        f"assert commands.main(['import', {str(file)!r}, '--catalog', {str(database)!r}]) == 0\n"
        f"assert commands.main(['export', '-', '--catalog', {str(database)!r}]) == 0\n"
        "assert not any(name.startswith(('PySide6', 'shiboken6')) for name in sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (
        0,
        "Wrote 2 integrations to standard output in 0.0 s.\n",
    )


def test_help_lists_the_commands() -> None:
    parser = ArgumentParser()
    commands.add_subcommands(parser.add_subparsers())
    text = parser.format_help()
    assert "put the rows of a file into a catalogue" in text
    assert "write a catalogue to a file" in text
