"""Rejected rows as a file, which can be imported again after it was mended."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from db.catalog import Catalog
from db.csv_import import Reading
from db.csv_match import Counts
from db.csv_options import CsvOptions
from db.errors import CannotOpen, Invalid
from db.rejects import write_rejects
from tests.csv_help import import_file, read, records


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    with closing(Catalog.create(tmp_path / "catalog.db")) as catalog:
        yield catalog


def rejects_of(source: Path, target: Path, **options: Any) -> int:
    with closing(Reading(source, None, options=CsvOptions(**options))) as reading:
        return write_rejects(lambda *_: None, staged=reading.future.result(60), target=target)


def test_rejected_rows_can_be_mended_and_imported(catalog: Catalog, tmp_path: Path) -> None:
    source, target = tmp_path / "f.csv", tmp_path / "rejects.csv"
    source.write_bytes(
        "Key;Id;Name;metadata\n"
        "x;1;good;\n"
        "x;;Łódź;\n"
        'x;2;"two\nlines";{bad\n'
        "x;3;short\n"
        'x;4;"a"b;\n'
        'x;1;again;"{""a"": 1}"\n'
        'x;5;"never\n'.encode()
    )
    assert import_file(source, catalog).counts == Counts(new=1, rejected=6)
    assert rejects_of(source, target) == 6
    with target.open(encoding="utf-8", newline="") as file:
        heading, *rows = csv.reader(file, delimiter=";", strict=True)
    assert heading == ["Key", "Id", "Name", "metadata", "reason", "line", "row"]
    assert [row[5] for row in rows] == ["3", "4", "6", "7", "8", "9"]
    assert rows[0][:4] == ["x", "", "Łódź", ""]
    assert rows[1][:4] == ["x", "2", "two\nlines", "{bad"]
    assert rows[2][:4] == ["", "", "", ""]  # a row too short is never completed
    assert rows[2][6] == "x;3;short"
    assert rows[4][:4] == ["x", "1", "again", '{"a": 1}']
    assert "Line 2 has this id already" in rows[4][4]
    # As it is, nothing of it gets in that was kept out before, except what is new by now.
    assert read(target, catalog.path)[0].counts == Counts(changed=1, rejected=5)
    rows[0][1], rows[1][3], rows[4][1] = "7", "{}", "8"
    with target.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=";").writerows([heading, rows[0], rows[1], rows[4]])
    assert import_file(target, catalog).counts == Counts(new=3)
    assert [row["id"] for row in records(catalog)] == ["1", "7", "2", "8"]


def test_what_is_rejected_twice_has_one_reason(tmp_path: Path) -> None:
    source, first, second = (tmp_path / f"{name}.csv" for name in "abc")
    source.write_text("id,name\n,a\n1,b\n")
    rejects_of(source, first)
    assert rejects_of(first, second) == 1
    assert second.read_text().splitlines()[0] == "id,name,reason,line,row"
    assert len(second.read_text().splitlines()) == 2


def test_rejected_items_of_json(catalog: Catalog, tmp_path: Path) -> None:
    source, target = tmp_path / "f.json", tmp_path / "rejects.jsonl"
    source.write_bytes(
        '[{"id": "1"}, {"name": "no id", "metadata": {"n": 1.10,\n"x": 1e999}, "other": "\u2028"},'
        '\n 5, {"id": "2", "name": "\\ud800"}]'.encode()
    )
    assert rejects_of(source, target) == 3
    lines = target.read_text(encoding="utf-8").split("\n")[:-1]
    assert lines[0].startswith(
        '{"name": "no id", "metadata": {"n": 1.10, "x": 1e999}, "other": "\u2028", "reason": '
    )
    assert [json.loads(line)["line"] for line in lines] == [2, 3, 4]
    assert '"name": "\\ud800"' in lines[2]
    target.write_text(encoding="utf-8", data=lines[0].replace('{"name"', '{"id": "9", "name"'))
    assert import_file(target, catalog).counts == Counts(new=1)


def test_rejected_lines_of_json_lines_and_other_encodings(tmp_path: Path) -> None:
    source, target = tmp_path / "f.jsonl", tmp_path / "rejects.jsonl"
    source.write_text('{"id": "1"}\n{"id": \n{"name": "x"}\n')
    assert rejects_of(source, target) == 2
    assert [json.loads(line)["line"] for line in target.read_text().splitlines()] == [2, 3]
    source, target = tmp_path / "f.csv", tmp_path / "rejects.csv"
    source.write_bytes("\ufeffx\nid|name\n|Łódź\n".encode("utf-16-le"))
    assert rejects_of(source, target, skip=1) == 1
    assert "|Łódź|" in target.read_text(encoding="utf-8")


def test_a_file_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    source = tmp_path / "f.csv"
    source.write_text("id,name\n,a\n")
    with pytest.raises(CannotOpen, match="cannot be written"):
        rejects_of(source, tmp_path / "missing" / "rejects.csv")
    with pytest.raises(Invalid, match="the one that is imported"):
        rejects_of(source, source)
    assert list(tmp_path.iterdir()) == [source]
