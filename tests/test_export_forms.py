"""The forms of an export: formats, columns, dialects, and what comes back from each."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from db.catalog import Catalog
from db.csv_export import Chosen, Matching, Rows, export_by_organization, export_file, write
from db.csv_import import write as write_staged
from db.csv_match import Counts
from db.csv_options import CsvOptions
from db.errors import CatalogError, Invalid
from db.export_form import ALL, Form, format_for
from db.export_writers import escaped, unescaped
from db.fields import NULL, csv_text
from db.spreadsheet import guarded, unguarded
from db.stage import stage_file
from tests.csv_help import KEYS, add, import_file, records
from tests.test_csv_import import REAL


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    with closing(Catalog.create(tmp_path / "catalog.db")) as catalog:
        yield catalog


def exported(catalog: Catalog, target: Path, form: Form, rows: Rows | None = None) -> bytes:
    with closing(catalog.connect_here(5000)) as connection:
        export_file(connection, target, rows or Matching(), form)
    return target.read_bytes()


def fill(catalog: Catalog) -> None:
    add(catalog, id="b", name="=1+1", org_id="o/1", created_at=1_700_000_000_000, icon_url=NULL)
    add(catalog, id="a", name="Łódź", type="", org_id="O/1", metadata='{"x": [1.10,\n 2]}')
    add(catalog, id="c", name="'q", created_at=1.5, updated_at="2024")


def test_json_tells_absent_null_and_empty_apart(catalog: Catalog, tmp_path: Path) -> None:
    fill(catalog)
    text = exported(catalog, tmp_path / "out.json", Form("json")).decode()
    assert text == (
        '[\n{"id": "b", "name": "=1+1", "orgId": "o/1", "iconUrl": null, '
        '"createdAt": 1700000000000},\n'
        '{"id": "a", "name": "Łódź", "type": "", "orgId": "O/1", "metadata": {"x": [1.10,\n 2]}},\n'
        '{"id": "c", "name": "\'q", "createdAt": 1.5, "updatedAt": "2024"}\n]\n'
    )
    lines = exported(catalog, tmp_path / "out.jsonl", Form("jsonl")).decode().splitlines()
    assert len(lines) == 3
    assert json.loads(lines[1])["metadata"] == {"x": [1.10, 2]}
    assert '{"x":[1.10,2]}' in lines[1]


def test_nothing_is_an_empty_array(catalog: Catalog, tmp_path: Path) -> None:
    assert exported(catalog, tmp_path / "out.json", Form("json")) == b"[]\n"
    assert exported(catalog, tmp_path / "out.jsonl", Form("jsonl")) == b""


def test_chosen_columns_in_their_order_sorted_by_id(catalog: Catalog, tmp_path: Path) -> None:
    fill(catalog)
    form = Form(fields=("name", "id"), by_id=True, delimiter=";", line_end="\n")
    assert exported(catalog, tmp_path / "out.csv", form).decode() == (
        "name;id\nŁódź;a\n=1+1;b\n'q;c\n"
    )
    form = Form("json", fields=("id",), by_id=True)
    assert exported(catalog, tmp_path / "out.json", form, Chosen((3, 1))) == (
        b'[\n{"id": "b"},\n{"id": "c"}\n]\n'
    )


@pytest.mark.parametrize(
    ("encoding", "start"),
    [
        ("utf-8", b"\xef\xbb\xbfid"),
        ("utf-16-le", b"\xff\xfei\0d\0"),
        ("utf-16", b"\xff\xfei\0d\0"),
        ("cp1250", b"id"),
    ],
)
def test_encodings_and_their_marks(
    catalog: Catalog, tmp_path: Path, encoding: str, start: bytes
) -> None:
    fill(catalog)
    form = Form(fields=("id", "name"), encoding=encoding, bom=True)
    content = exported(catalog, tmp_path / "out.csv", form)
    assert content.startswith(start)
    assert "Łódź" in content[len(start) :].decode(form.text_encoding, "replace")


def test_what_an_encoding_cannot_hold_is_named_and_the_old_file_stays(
    catalog: Catalog, tmp_path: Path
) -> None:
    fill(catalog)
    target = tmp_path / "out.csv"
    target.write_text("old")
    with pytest.raises(Invalid, match="“Ł” cannot be written in CP1252"):
        exported(catalog, target, Form(encoding="cp1252"))
    assert target.read_text() == "old"
    assert {path.name for path in tmp_path.iterdir() if "partial" in path.name} == set()


def test_safe_for_spreadsheets() -> None:
    for text in ["=1", "+1", "-1", "@x", "\tx", "\rx", "＝1", "＋1", "－1", "＠x", "'x", "'"]:
        assert guarded(text) == f"'{text}"
        assert unguarded(guarded(text)) == text
    for text in ["", "x=1", " =1", "x'", "1-2"]:
        assert guarded(text) == unguarded(text) == text
    assert unguarded("'x") == "'x"  # no export has put that apostrophe there


def test_a_safe_file_comes_back(catalog: Catalog, tmp_path: Path) -> None:
    fill(catalog)
    target = tmp_path / "out.csv"
    content = exported(catalog, target, Form(safe=True)).decode()
    assert "'=1+1" in content
    assert "''q" in content
    staged = _staged(target, catalog, CsvOptions(safe=True))
    assert staged == Counts(unchanged=3)
    assert _staged(target, catalog, CsvOptions()) == Counts(unchanged=1, changed=2)


def _staged(path: Path, catalog: Catalog, options: CsvOptions) -> Counts:
    stage = path.with_suffix(".stage")
    found = stage_file(
        lambda *_: None, source=path, stage=stage, catalog=catalog.path, options=options
    )
    return found.counts


def test_xlsx_cells_are_texts_and_the_same_bytes_each_time(
    catalog: Catalog, tmp_path: Path
) -> None:
    fill(catalog)
    add(catalog, id="d", name="007", type="a\x01b_x0041_c\r\nd", org_id="#N/A")
    one = exported(catalog, tmp_path / "one.xlsx", Form("xlsx"))
    assert one == exported(catalog, tmp_path / "two.xlsx", Form("xlsx"))
    sheet = load_workbook(tmp_path / "one.xlsx").active
    rows = list(sheet.iter_rows())
    assert [cell.value for cell in rows[0]] == KEYS
    assert (rows[1][1].value, rows[1][1].data_type) == ("=1+1", "s")
    assert (rows[1][6].value, rows[1][6].data_type) == ("1700000000000", "s")
    assert (rows[4][1].value, rows[4][3].value) == ("007", "#N/A")
    assert unescaped(rows[4][2].value) == "a\x01b_x0041_c\r\nd"


def test_what_xlsx_cannot_hold_is_refused_whole(catalog: Catalog, tmp_path: Path) -> None:
    add(catalog, id="a", icon_url="data:," + "x" * 40_000)
    with pytest.raises(Invalid, match="iconUrl of “a” has 40006 characters"):
        exported(catalog, tmp_path / "out.xlsx", Form("xlsx"))
    assert not (tmp_path / "out.xlsx").exists()
    assert exported(catalog, tmp_path / "out.xlsx", Form("xlsx", fields=("id", "name")))


@given(text=st.text())
def test_every_text_comes_back_from_a_cell(text: str) -> None:
    assert unescaped(escaped(text)) == text


def test_a_file_for_each_organization(catalog: Catalog, tmp_path: Path) -> None:
    fill(catalog)
    folder = tmp_path / "out"
    folder.mkdir()
    with closing(catalog.connect_here(5000)) as connection:
        count, files = export_by_organization(
            connection, folder / "cat.csv", Matching(), Form(fields=("id",), by_id=True)
        )
    assert count == 3
    assert [path.name for path in files] == [
        "cat-no-organization.csv",
        "cat-O_1.csv",
        "cat-o_1-2.csv",
    ]
    assert {path.name: path.read_text() for path in folder.iterdir()} == {
        "cat-no-organization.csv": "id\nc\n",
        "cat-O_1.csv": "id\na\n",
        "cat-o_1-2.csv": "id\nb\n",
    }


def test_organizations_whose_files_cannot_all_be_written_leave_none(
    catalog: Catalog, tmp_path: Path
) -> None:
    fill(catalog)
    folder = tmp_path / "out"
    folder.mkdir()
    with (
        closing(catalog.connect_here(5000)) as connection,
        pytest.raises((Invalid, CatalogError)),
    ):
        export_by_organization(connection, folder / "c.csv", Matching(), Form(encoding="cp1252"))
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    "form",
    [
        Form(fields=()),
        Form(fields=("id", "id")),
        Form(fields=("logo",)),
        Form(delimiter='"'),
        Form(line_end="x"),
        Form(encoding="klingon"),
    ],
)
def test_forms_that_cannot_be_are_refused(catalog: Catalog, tmp_path: Path, form: Form) -> None:
    with pytest.raises(Invalid):
        exported(catalog, tmp_path / "out.csv", form)


def test_the_format_is_that_of_the_name() -> None:
    names = ["a.csv", "a.JSON", "a.jsonl", "a.ndjson", "a.xlsx", "a"]
    found = [format_for(Path(name)) for name in names]
    assert found == ["csv", "json", "jsonl", "jsonl", "xlsx", "csv"]


def test_a_stream_takes_texts_alone(catalog: Catalog) -> None:
    fill(catalog)
    stream = io.StringIO()
    with closing(catalog.connect_here(5000)) as connection:
        assert write(connection, stream, Matching(), Form("jsonl", fields=("id",))) == 3
        with pytest.raises(Invalid, match="XLSX is no text"):
            write(connection, stream, Matching(), Form("xlsx"))
    assert stream.getvalue() == '{"id": "b"}\n{"id": "a"}\n{"id": "c"}\n'


@pytest.mark.parametrize("name", REAL)
@pytest.mark.parametrize("suffix", ["json", "jsonl"])
def test_real_catalogues_through_json_change_nothing(
    shared: Path, catalog: Catalog, tmp_path: Path, name: str, suffix: str
) -> None:
    done = import_file(shared / "data" / "catalogs" / f"{name}.csv", catalog)
    target = tmp_path / f"out.{suffix}"
    first = exported(catalog, target, Form(format_for(target)))
    assert _staged(target, catalog, CsvOptions()) == Counts(unchanged=done.counts.new)
    assert first == exported(catalog, target, Form(format_for(target)))


# -- every text, in every form, and back -------------------------------------------------------

_FINITE = st.floats(allow_nan=False, allow_infinity=False)
_TEXT = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12
) | st.sampled_from(
    [
        "=1+1",
        "'=x",
        "''",
        "\t",
        "\r",
        "a\r\nb",
        'q"q',
        "007",
        "null",
        "1e999",
        "＝",
        "#x",
        ",;|\t",
        "\ufeff",
    ]
)
_JSON_TEXT = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | _TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3),
    max_leaves=5,
).flatmap(lambda value: st.sampled_from([json.dumps(value), json.dumps(value, ensure_ascii=False)]))
_VALUE = st.none() | st.just(NULL) | _TEXT
_DATE = _VALUE | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
_CATALOG = st.lists(
    st.fixed_dictionaries(
        {
            "id": _TEXT.filter(bool),
            "name": _VALUE,
            "type": _VALUE,
            "org_id": st.none() | _TEXT.filter(bool),
            "icon_url": _VALUE,
            "created_at": _DATE,
            "updated_at": _DATE,
            "metadata": st.none() | _JSON_TEXT,
        }
    ),
    max_size=4,
    unique_by=lambda row: row["id"],
)
_FORM = st.builds(
    Form,
    format=st.just("csv"),
    fields=st.permutations(ALL).map(tuple),
    delimiter=st.sampled_from([",", ";", "\t", "|", "~"]),
    line_end=st.sampled_from(["\r\n", "\n", "\r"]),
    encoding=st.sampled_from(["utf-8", "utf-16-le", "utf-16-be", "gb18030"]),
    bom=st.booleans(),
    safe=st.booleans(),
    by_id=st.booleans(),
)
_STRICT = settings(
    deadline=None,
    max_examples=5_000 if os.environ.get("INTEGRATION_ICONS_SOAK") else 60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def _catalog_of(folder: Path, rows: Sequence[dict[str, Any]]) -> Catalog:
    path = folder / "catalog.db"
    for old in folder.glob("catalog.db*"):
        old.unlink()
    catalog = Catalog.create(path)
    for row in rows:
        add(catalog, **row)
    return catalog


@given(rows=_CATALOG, form=_FORM)
@example(rows=[{"id": "\ufeff", "name": "a\rb"}], form=Form(line_end="\n"))
@_STRICT
def test_every_catalogue_comes_back_from_csv(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, Any]], form: Form
) -> None:
    folder = tmp_path_factory.mktemp("csv", numbered=True)
    with closing(_catalog_of(folder, rows)) as catalog:
        target = folder / "out.csv"
        content = exported(catalog, target, form)
        assert content == exported(catalog, target, form)
        options = CsvOptions(encoding=form.encoding, delimiter=form.delimiter, safe=form.safe)
        assert _staged(target, catalog, options) == Counts(unchanged=len(rows))
        text = content.decode(form.encoding).removeprefix("\ufeff" if form.mark else "")
        read = list(
            csv.reader(io.StringIO(text, newline=""), delimiter=form.delimiter, strict=True)
        )
        assert len(read) == len(rows) + 1


@given(rows=_CATALOG, lines=st.booleans(), by_id=st.booleans())
@_STRICT
def test_every_catalogue_comes_back_from_json(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[dict[str, Any]],
    lines: bool,
    by_id: bool,
) -> None:
    folder = tmp_path_factory.mktemp("json", numbered=True)
    with closing(_catalog_of(folder, rows)) as catalog:
        target = folder / ("out.jsonl" if lines else "out.json")
        exported(catalog, target, Form("jsonl" if lines else "json", by_id=by_id))
        if rows:
            assert _staged(target, catalog, CsvOptions()) == Counts(unchanged=len(rows))
        before = {row["id"]: row for row in records(catalog)}
    if rows:
        with closing(_catalog_of(folder, [])) as catalog:
            stage = folder / "json.stage"
            staged = stage_file(lambda *_: None, source=target, stage=stage, catalog=catalog.path)
            write_staged(catalog, staged).result(60)
            assert {row["id"]: row for row in records(catalog)} == before


@given(rows=_CATALOG)
@_STRICT
def test_every_catalogue_comes_back_from_xlsx(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, Any]]
) -> None:
    folder = tmp_path_factory.mktemp("xlsx", numbered=True)
    with closing(_catalog_of(folder, rows)) as catalog:
        target = folder / "out.xlsx"
        exported(catalog, target, Form("xlsx"))
        sheet = load_workbook(target, read_only=True).active
        assert sheet is not None
        found = [
            [unescaped(str(cell)) if cell is not None else "" for cell in row]
            for row in sheet.iter_rows(values_only=True)
        ][1:]
        connection = catalog.connect_here(5000)
        names = ", ".join(ALL)
        stored = list(connection.execute(f"SELECT {names} FROM integration ORDER BY pk"))
        connection.close()
        expected = [list(map(csv_text, row)) for row in stored]
        assert [row + [""] * (len(ALL) - len(row)) for row in found] == expected
