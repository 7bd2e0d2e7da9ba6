"""CSV files as they come: encodings, line ends, quotes, and rows that cannot be stored."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from db.csv_import import Reading
from db.csv_match import Counts
from db.csv_options import CsvOptions
from db.errors import Cancelled, CannotOpen, Invalid
from tests.csv_help import csv_file, read


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "file.csv"


def refused(path: Path, **options: Any) -> str:
    reading = Reading(path, None, options=CsvOptions(**options))
    with pytest.raises((Invalid, CannotOpen)) as caught:
        reading.future.result(60)
    reading.close()
    return str(caught.value)


@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("line_end", [b"\n", b"\r\n", b"\r"])
def test_line_ends_and_byte_order_mark(file: Path, bom: bytes, line_end: bytes) -> None:
    file.write_bytes(bom + line_end.join([b"id,name", "1,é".encode(), b"", b"2,b", b""]))
    staged, rejects = read(file)
    assert staged.counts == Counts(new=2)
    assert [column.heading for column in staged.columns] == ["id", "name"]
    assert rejects == []


def test_columns_are_named_and_the_unknown_ones_ignored(file: Path) -> None:
    file.write_text("Name;x;ID;Org;y\nn;1;i;o;2\n")
    staged, _ = read(file)
    assert staged.options.delimiter == ";"
    assert staged.ignored == ("x", "y")
    assert staged.fields == ("id", "name", "org_id")


def test_another_delimiter_can_be_chosen(file: Path) -> None:
    file.write_text("id;name\n1;a,b\n")
    assert read(file, delimiter=";")[0].counts.new == 1
    reading = Reading(file, None, options=CsvOptions(delimiter=","))
    with pytest.raises(Invalid, match="Choose the delimiter"):
        reading.future.result(60)
    reading.close()


def test_long_cells_and_line_ends_in_cells(file: Path) -> None:
    long = "x" * 300_000
    csv_file(file, [{"id": "1", "name": "a\r\nb\nc\rd"}, {"id": "2", "iconUrl": long}, {"id": ""}])
    staged, rejects = read(file)
    assert staged.counts == Counts(new=2, rejected=1)
    assert rejects[0].line == 7


def test_rejects_name_line_field_value_and_reason(file: Path) -> None:
    csv_file(
        file,
        [
            {"id": "a", "name": "first"},
            {"id": "b", "metadata": "{'single': 1}"},
            {"id": "", "name": "nameless"},
            {"id": "a", "name": "again"},
            {"id": "c", "name": "nul\0here"},
            {"id": "d", "metadata": "[NaN]"},
            {"id": "e", "metadata": '{"ok": null}'},
        ],
    )
    staged, rejects = read(file)
    assert staged.counts == Counts(new=2, rejected=5)
    assert [(row.line, row.id, row.field) for row in rejects] == [
        (3, "b", "metadata"),
        (4, "", "id"),
        (5, "a", "id"),
        (6, "c", "name"),
        (7, "d", "metadata"),
    ]
    assert rejects[0].value == "{'single': 1}"
    assert "not valid JSON" in str(rejects[0].problem)
    assert "Line 2 has this id already" in str(rejects[2].problem)
    assert rejects[2].problem.values == {"first": 2}
    assert "NUL" in str(rejects[3].problem)


def test_a_duplicate_of_a_rejected_row_is_rejected_too(file: Path) -> None:
    csv_file(file, [{"id": "a", "metadata": "{"}, {"id": "a", "name": "fine"}])
    assert [row.line for row in read(file)[1]] == [2, 3]


def test_a_short_row_is_rejected_and_empty_cells_too_many_are_not(file: Path) -> None:
    file.write_text("id,name,type\n1,a\n2,b,c,,\n3,d,e,f\n4,g,h\n")
    staged, rejects = read(file)
    assert staged.counts == Counts(new=2, rejected=2)
    assert [(row.line, row.value) for row in rejects] == [(2, "1, a"), (4, "3, d, e, f")]
    assert "The row has 2 cells, the heading has 3" in str(rejects[0].problem)


def test_wrong_quotes_cost_their_own_row_only(file: Path) -> None:
    file.write_text('id,name\n1,"a"b\n2,c\n3,d"e\n4,"f\n5,g\n')
    staged, rejects = read(file)
    assert staged.counts == Counts(new=2, rejected=2)
    assert [row.line for row in rejects] == [2, 5]
    assert "Text follows a closing quote" in str(rejects[0].problem)
    assert "never closed" in str(rejects[1].problem)


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n", b"\r"])
def test_what_is_not_utf8_is_refused_with_line_and_byte(file: Path, line_end: bytes) -> None:
    good = b"id,name" + line_end + "1,é".encode() + line_end
    file.write_bytes(good + b"2,caf\xe9" + line_end)
    position = len(good) + len(b"2,caf") + 1
    assert f"line 3 holds the byte 0xE9 (byte {position} of the file)" in refused(
        file, encoding="utf-8"
    )


def test_the_wrong_byte_is_found_far_into_a_file(file: Path) -> None:
    rows = b"".join(b"%d,x\r\n" % number for number in range(300_000))
    file.write_bytes(b"\xef\xbb\xbfid,name\r\n" + rows + b"z,\xff\r\n")
    text = refused(file, encoding="utf-8")
    assert "line 300002 " in text
    assert f"byte {3 + 9 + len(rows) + 3} " in text


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty"),
        (b"\r\n\r\n", "is empty"),
        (b"name,type\n1,2\n", "No column is named id"),
        (b'"id\n', "cannot be read as a heading"),
    ],
)
def test_files_that_cannot_be_read_say_why(file: Path, content: bytes, sentence: str) -> None:
    file.write_bytes(content)
    assert sentence in refused(file)


def test_a_heading_alone_is_a_file_of_no_rows(file: Path) -> None:
    file.write_text("id")
    assert read(file)[0].counts == Counts()


def test_no_file_and_a_folder(tmp_path: Path) -> None:
    assert "There is no file" in refused(tmp_path / "missing.csv")
    assert "is a folder" in refused(tmp_path)


def test_a_cancel_leaves_no_stage(
    tmp_path: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    rows = "".join(f"{number},{'x' * 100}\n" for number in range(200_000))
    file.write_text("id,name\n" + rows)
    seen: list[tuple[int, int]] = []

    def cancel(done: int, total: int) -> None:
        seen.append((done, total))
        reading.cancel()

    reading = Reading(file, None, progress=cancel)
    with pytest.raises(Cancelled):
        reading.future.result(60)
    reading.close()
    assert seen[0][0] < seen[0][1] == file.stat().st_size
    assert list((tmp_path / "temporary").iterdir()) == []
