"""Encodings, dialects and the first rows of CSV files, small ones and those of other projects."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
from contextlib import closing, suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from db import encodings
from db.child import Task
from db.csv_file import opened
from db.csv_import import Preview, Reading
from db.csv_match import Counts
from db.csv_options import CsvOptions
from db.csv_reader import peek, read_csv
from db.csv_stage import stage_csv
from db.errors import Invalid, SentenceError
from db.stage import stage_file
from tests import child_jobs
from tests.csv_help import read

TWO_GB = 2 << 30
EMPTY = 60
"""MB that a Python process with the reader's modules takes."""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "file.csv"


def rows(path: Path, **options: Any) -> list[list[str]]:
    with read_csv(path, CsvOptions(**options)) as reader:
        return list(reader)


def refused(path: Path, **options: Any) -> str:
    with pytest.raises(SentenceError) as caught:
        stage_csv(
            lambda *_: None,
            source=path,
            stage=path.with_suffix(".stage"),
            options=CsvOptions(**options),
        )
    return str(caught.value)


# -- encodings ---------------------------------------------------------------------------------

GREEK = "id,name\r\n1,Ζωγραφική και μουσική\r\n2,Τα ψηλά βουνά\r\n"
FRENCH = "id,name\r\n1,Éléments à côté\r\n2,Cœur de Ville – déjà vu\r\n"
POLISH = "id,name\r\n1,Zażółć gęślą jaźń\r\n2,Łódź i Kraków, później źródło\r\n"
CHINESE = "id,name\r\n1,数据连接器和插件\r\n2,向量数据库的集成应用\r\n"


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (FRENCH, "utf-8"),
        (FRENCH, "utf-16-le"),
        (FRENCH, "utf-16-be"),
        ("id,name\r\n1,plain\r\n", "utf-16-le"),
        ("id,name\r\n1,plain\r\n", "utf-16-be"),
    ],
)
def test_the_encoding_is_told_with_and_without_its_mark(
    file: Path, text: str, encoding: str, mark: str
) -> None:
    _told(file, text, encoding, mark)


@pytest.mark.parametrize(
    ("text", "encoding"), [(FRENCH, "cp1252"), (POLISH, "cp1250"), (CHINESE, "gb18030")]
)
def test_an_encoding_of_single_regions_is_told(file: Path, text: str, encoding: str) -> None:
    _told(file, text, encoding)


def _told(file: Path, text: str, encoding: str, mark: str = "") -> None:
    text = text * 40
    file.write_bytes((mark + text).encode(encoding))
    with read_csv(file, CsvOptions()) as reader:
        assert reader.options.encoding == encoding
        assert list(reader) == list(csv.reader(io.StringIO(text, newline="")))


@pytest.mark.parametrize("encoding", encodings.ENCODINGS)
def test_every_offered_encoding_can_be_chosen(file: Path, encoding: str) -> None:
    text = {"cp1253": GREEK, "gb18030": CHINESE, "utf-8": CHINESE}.get(encoding, "id,name\r\n1,b")
    file.write_bytes(text.encode(encoding))
    assert rows(file, encoding=encoding) == list(csv.reader(io.StringIO(text, newline="")))


def test_what_is_not_utf8_only_far_into_the_file_is_read_anew(file: Path) -> None:
    plain = "".join(f"{number},plain\r\n" for number in range(20_000))
    text = "id,name\r\n" + plain + "x1,Éléments à côté\r\nx2,déjà vu, garçon\r\n".replace(", ", " ")
    file.write_bytes(text.encode("cp1252"))
    staged, _ = read(file)
    assert staged.options.encoding == "cp1252"
    assert staged.counts == Counts(new=20_002)


def test_an_encoding_nobody_knows_is_refused(file: Path) -> None:
    file.write_text("id\n1\n")
    assert "no encoding named “klingon”" in refused(file, encoding="klingon")
    assert "no encoding named “rot13”" in refused(file, encoding="rot13")


def test_a_chosen_encoding_that_does_not_fit_is_refused_with_the_line(file: Path) -> None:
    file.write_bytes("id,name\r\n1,a\r\n2,é".encode("cp1252"))
    text = refused(file, encoding="gb18030")
    assert "is not GB18030: line 3 holds the byte 0xE9 (byte 17 of the file)" in text


def test_a_gzip_file_is_read_as_what_it_holds(tmp_path: Path) -> None:
    path = tmp_path / "file.csv.gz"
    path.write_bytes(gzip.compress(("\ufeff" + FRENCH).encode("utf-16-le")))
    assert rows(path) == list(csv.reader(io.StringIO(FRENCH, newline="")))
    path.write_bytes(gzip.compress(FRENCH.encode() * 2000)[:-300])
    assert "is damaged" in refused(path)


# -- dialects ----------------------------------------------------------------------------------


@pytest.mark.parametrize("line", ["sep=;\r\n", "sep=|\n", '"sep=;"\r\n', "\ufeffsep=\t\n"])
def test_a_line_that_names_the_delimiter(file: Path, line: str) -> None:
    sign = line.strip('\ufeff\r\n"')[-1]
    file.write_bytes(f"{line}id{sign}name\r\n1{sign}a,b\r\n".encode())
    with read_csv(file, CsvOptions()) as reader:
        assert list(reader) == [["id", "name"], ["1", "a,b"]]
        assert reader.options.delimiter == sign
        assert reader.line_num == 3


def test_lines_are_skipped_and_comments_left_out_and_lines_still_counted(file: Path) -> None:
    file.write_text(
        'A report,"of a tool\n\n# first\nid;name\n1;a\n# 2;b\n3;"two\n# lines"\n\n4;x;y\n#'
    )
    staged, rejects = read(file, skip=2, comment="#", delimiter=";")
    assert staged.counts == Counts(new=2, rejected=1)
    assert [row.line for row in rejects] == [10]
    shown = peek(file, CsvOptions(skip=2, comment="#"))
    assert shown.options.delimiter == ";"
    assert shown.heading == ("id", "name")
    assert shown.rows == (
        (5, ("1", "a")),
        (7, ("3", "two\n# lines")),
        (10, ("4", "x", "y")),
    )


def test_a_comment_that_follows_a_wrong_row_is_one(file: Path) -> None:
    file.write_text('id,name\n1,"a"b\n# c\n2,d\n')
    staged, rejects = read(file, comment="#")
    assert (staged.counts, [row.line for row in rejects]) == (Counts(new=1, rejected=1), [2])


@pytest.mark.parametrize(
    ("text", "options", "expected"),
    [
        ("id,name\n1,'a,''b'\n", {"quote": "'"}, ["1", "a,'b"]),
        ('id,name\n1,"a\n', {"quote": ""}, ["1", '"a']),
        ('id,name\n1,"a\\"b\\\\"\n', {"escape": "\\"}, ["1", 'a"b\\']),
        ("id,name\n1,a\\,b\n", {"escape": "\\", "quote": ""}, ["1", "a,b"]),
        ('id,name\n1,"a""b"\n', {"escape": "\\"}, ["1", 'a"b']),
    ],
)
def test_quotes_and_escapes(
    file: Path, text: str, options: dict[str, str], expected: list[str]
) -> None:
    file.write_text(text)
    assert rows(file, **options)[1] == expected


@pytest.mark.parametrize(
    "options",
    [
        {"delimiter": '"'},
        {"delimiter": ";;"},
        {"escape": ",", "delimiter": ","},
        {"quote": "\n"},
        {"skip": -1},
    ],
)
def test_options_that_cannot_be_are_refused(file: Path, options: dict[str, Any]) -> None:
    file.write_text("id,name\n1,a\n")
    with pytest.raises(Invalid), read_csv(file, CsvOptions(**options)):
        pass


def test_without_a_heading_the_columns_are_those_of_an_export_or_chosen(file: Path) -> None:
    file.write_text("1,a,s3\n2,b,gcs\n")
    staged, _ = read(file, header=False)
    assert staged.counts == Counts(new=2)
    assert staged.fields == ("id", "name", "type")
    staged, _ = read(file, header=False, fields=("name", "id"))
    assert [(column.heading, column.field) for column in staged.columns] == [
        ("#1", "name"),
        ("#2", "id"),
        ("#3", None),
    ]
    assert "No column is named id" in refused(file, header=False, fields=("name",))
    assert "Two columns" in refused(file, header=False, fields=("id", "id"))


def test_columns_can_be_told_whatever_their_headings(file: Path) -> None:
    file.write_text("key,label,id\n1,a,x\n")
    staged, _ = read(file, fields=("id", "name", None))
    assert [(column.heading, column.field) for column in staged.columns] == [
        ("key", "id"),
        ("label", "name"),
        ("id", None),
    ]


def test_apostrophes_of_a_safe_export_are_taken_off(file: Path) -> None:
    file.write_text("id,name,type\n1,'=x,''y\n2,'z,plain\n", encoding="utf-8")
    with closing(Reading(file, None, options=CsvOptions(safe=True))) as reading:
        staged = reading.future.result(60)
        with closing(Preview(staged, None)) as preview:
            assert [row.cells for row in preview.rows("new", 0, 9)] == [
                ("1", "=x", "'y"),
                ("2", "'z", "plain"),
            ]


# -- what is too large -------------------------------------------------------------------------


def test_the_first_rows_of_a_file_of_two_gigabytes_are_shown(file: Path) -> None:
    with file.open("wb") as stream:
        for number in range(5_000):
            stream.write(b"%d,name of it\n" % number)
        stream.truncate(TWO_GB)
    shown = peek(file, CsvOptions(header=False))
    assert len(shown.rows) == 100
    assert shown.rows[99] == (100, ("99", "name of it"))


def test_a_line_of_two_gigabytes_is_refused_in_bounded_memory(file: Path) -> None:
    with file.open("wb") as stream:
        stream.write(b"id,name\n1,a\n2,")
        stream.truncate(TWO_GB)
    sentence, megabytes = _in_child(file)
    assert "begins in line 3 is longer than 32 MB" in sentence
    assert megabytes < EMPTY + 150


def test_a_packed_line_without_an_end_is_refused_too(tmp_path: Path) -> None:
    path = tmp_path / "bomb.csv.gz"
    with gzip.open(path, "wb", 1) as stream:
        stream.write(b"id,name\n")
        for _ in range(64):
            stream.write(b"x" * (1 << 20))
    assert "begins in line 2 is longer than 32 MB" in refused(path)


def test_a_quote_that_is_never_closed_takes_bounded_memory(file: Path) -> None:
    with file.open("wb") as stream:
        stream.write(b'id,name\n1,a\n2,"never\n')
        for number in range(3, 60 * 1024):
            stream.write(b"%d,%s\n" % (number, b"x" * 1021))
    sentence, megabytes = _in_child(file)
    assert sentence.startswith("rejected 1 ")  # in the line where it opens; the rest goes on
    assert megabytes < EMPTY + 150


def test_rows_of_one_record_that_goes_on_in_quotes_are_bounded(file: Path) -> None:
    with file.open("wb") as stream:
        stream.write(b"id,name\n1,a\n")
        stream.write(b'"\n",' * (20 << 20))
    sentence, megabytes = _in_child(file)
    assert "begins in line 3 is longer than 32 MB" in sentence
    assert megabytes < 1_000


def test_a_million_columns(file: Path) -> None:
    file.write_text(",".join(map(str, range(1_000_000))) + "\n")
    assert "Line 1 has 1000000 columns; at most 10000 are read" in refused(file)
    file.write_text("id,name\n1,a\n" + "x," * 1_000_000 + "\n2,b\n")
    staged, rejects = read(file)
    assert staged.counts == Counts(new=2, rejected=1)
    assert "The row has 1000001 cells" in str(rejects[0].problem)


def _in_child(path: Path) -> tuple[str, float]:
    stage = path.with_suffix(".stage")
    return Task(partial(child_jobs.stage, source=path, stage=stage)).future.result(120)


# -- whatever it holds -------------------------------------------------------------------------

_SIGNS = (b'"', b",", b";", b"\n", b"\r", b"\0", b"# ", b" ", b"\xe9", b"\x81", b"\xff\xfe")
_WORDS = (b"id", b"name", b"sep=", b"\xef\xbb\xbf", b"\x1f\x8b\x08", b"items", b'"id":', b"1e999")
_BITS = st.sampled_from([*_SIGNS, *_WORDS, *b"{}[]:", b"\\u", b"\\ud800", b"NaN", b"-0"]).map(
    lambda bit: bytes([bit]) if isinstance(bit, int) else bit
)


@given(
    content=st.binary(max_size=40) | st.lists(_BITS, max_size=30).map(b"".join),
    suffix=st.sampled_from(["csv", "json", "jsonl", "dat"]),
)
@example(content=b"id\n\x81\xff", suffix="csv")
@example(content=b'[{"id": tru', suffix="json")
@example(content=b'{"a"\n', suffix="jsonl")
@settings(
    deadline=None,
    max_examples=5_000 if "INTEGRATION_ICONS_SOAK" in os.environ else 300,
    suppress_health_check=list(HealthCheck),
)
def test_whatever_a_file_holds_it_is_read_or_refused_with_a_sentence(
    tmp_path: Path, content: bytes, suffix: str
) -> None:
    path = tmp_path / f"file.{suffix}"
    path.write_bytes(content)
    counts = Counts()
    with suppress(SentenceError):  # any other error fails
        counts = stage_file(lambda *_: None, source=path, stage=tmp_path / "stage.db").counts
    assert counts.read == counts.new + counts.rejected


# -- files of other projects -------------------------------------------------------------------

SPECTRUM = (
    *("comma_in_quotes", "empty", "empty_crlf", "escaped_quotes", "json", "location_coordinates"),
    *("newlines", "newlines_crlf", "quotes_and_newlines", "simple", "simple_crlf", "utf8"),
)


@pytest.mark.parametrize("name", SPECTRUM)
def test_csv_spectrum(shared: Path, name: str) -> None:
    folder = shared / "data" / "csv-torture" / "csv-spectrum"
    heading, *body = rows(folder / f"{name}.csv")
    expected = (folder / "expected" / f"{name}.json").read_text(encoding="utf-8")
    if name == "location_coordinates":  # the suite expects another number than its file has
        expected = expected.replace("1234567890", "2095257564")
    if name == "newlines_crlf":  # whose CR LF have become LF in the suite
        expected = expected.replace("\\r\\n", "\\n")
    found = [dict(zip(heading, row, strict=True)) for row in body]
    assert found == (
        json.loads(expected) if isinstance(json.loads(expected), list) else [json.loads(expected)]
    )


def test_csv_test_data(shared: Path) -> None:
    folder = shared / "data" / "csv-torture" / "csv-test-data"
    expected = sorted((folder / "expected").iterdir())
    assert len(expected) == 18
    for path in expected:
        # In a file of one column a blank line is a row of one empty cell.
        found: list[Any] = [row or [""] for row in rows(folder / f"{path.stem}.csv")]
        if path.stem.startswith("header-"):
            heading, *body = found
            found = [dict(zip(heading, row, strict=True)) for row in body]
        assert found == json.loads(path.read_bytes()), path.name


def _files(shared: Path) -> list[Path]:
    folder = shared / "data" / "csv-torture"
    with (folder / "manifest.csv").open(encoding="utf-8", newline="") as file:
        return [folder / row["file"] for row in csv.DictReader(file)]


def _second_opinion(path: Path, options: CsvOptions) -> list[list[str]]:
    """The rows by Python's reader over the whole text, as lenient as it is by default."""
    with opened(path) as source:
        content = source.readall()
    text = content.decode(options.encoding or "utf-8").removeprefix("\ufeff")
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=options.delimiter or ","))


REFUSED = {
    "bad-missing-quote.csv": "unexpected end of data",
    "bad-quotes-with-unescaped-quote.csv": "expected after",
    "strange.csv": "expected after",  # quotes amidst cells, of a file made to be strange
    "errors.csv": "expected after",
    "blns.json": "expected after",
    "blns.txt": "expected after",
    "implicit-zip.csv": "not UTF-8",  # a zip file, whatever its name
}
"""What strict reading refuses, at least one row of each, where lenient reading guesses."""


def test_every_file_is_read_as_by_another_or_says_why(shared: Path, tmp_path: Path) -> None:
    files = _files(shared)
    assert len(files) > 300
    refusals: dict[str, str] = {}
    differing = []
    for path in files:
        try:
            with read_csv(path, CsvOptions()) as reader:
                found = list(reader)
        except csv.Error as error:
            refusals[path.name] = str(error)
        except UnicodeDecodeError:
            refusals[path.name] = refused_with(path, tmp_path)
        else:
            if found != _second_opinion(path, reader.options):
                differing.append(path.name)
    assert differing == []
    assert set(refusals) == set(REFUSED)
    assert all(REFUSED[name] in reason for name, reason in refusals.items())


def refused_with(path: Path, folder: Path) -> str:
    try:
        stage_csv(lambda *_: None, source=path, stage=folder / "stage.db")
    except SentenceError as error:
        return str(error)
    return ""


def test_every_file_imports_or_is_refused_with_a_sentence(shared: Path, tmp_path: Path) -> None:
    outcomes = [refused_with(path, tmp_path) for path in _files(shared)]
    assert outcomes.count("") >= 50
    assert all(text == "" or text.endswith((".", "…")) for text in outcomes)


def test_variants_of_real_catalogues(shared: Path) -> None:
    folder = shared / "data" / "catalogs"
    with (folder / "variants" / "manifest.csv").open(encoding="utf-8", newline="") as file:
        variants = list(csv.DictReader(file))
    assert variants
    for variant in variants:
        original = {tuple(row) for row in rows(folder / f"{variant['madeFrom']}.csv")}
        with read_csv(folder / "variants" / variant["file"], CsvOptions()) as reader:
            found = list(reader)
            assert reader.options.encoding == variant["encoding"]
        assert len(found) == int(variant["rows"]) + 1
        # Of the one in Windows-1252 the rows are left out that it cannot hold.
        assert original >= {tuple(row) for row in found}


@pytest.mark.parametrize(
    ("name", "encoding"),
    [
        ("dify", "gb18030"),
        ("dify", "utf-16-be"),
        ("cncf", "cp1250"),
        ("simple-icons", "cp1252"),
        ("nango", "utf-16-le"),
    ],
)
@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_real_catalogues_in_other_encodings(
    shared: Path, file: Path, name: str, encoding: str, delimiter: str
) -> None:
    text = (shared / "data" / "catalogs" / f"{name}.csv").read_text(encoding="utf-8")
    kept = text.encode(encoding, "ignore").decode(encoding)
    expected = list(csv.reader(io.StringIO(kept, newline="")))
    with file.open("w", encoding=encoding, newline="") as stream:
        csv.writer(stream, delimiter=delimiter, lineterminator="\r").writerows(expected)
    staged, _ = read(file)
    assert staged.options.delimiter == delimiter
    # Not by its name: the letters of this text may be the same ones in two encodings.
    assert rows(file, encoding=staged.options.encoding) == expected
