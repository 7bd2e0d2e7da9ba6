"""JSON files as they come: their shapes, what cannot be stored, and what is told apart."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from db.catalog import Catalog
from db.csv_match import Counts
from db.errors import SentenceError
from db.fields import NULL
from db.stage import format_of, stage_file
from tests.csv_help import add, counts, import_file, read, records


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    with closing(Catalog.create(tmp_path / "catalog.db")) as catalog:
        yield catalog


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "file.json"


def refused(path: Path) -> str:
    with pytest.raises(SentenceError) as caught:
        stage_file(lambda *_: None, source=path, stage=path.with_suffix(".stage"))
    return str(caught.value)


TWO = [{"id": "1", "name": "a"}, {"id": "2", "name": "b"}]


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(TWO),
        json.dumps(TWO, indent=4).replace("\n", "\r\n"),
        json.dumps({"totalItemsCount": 2, "items": TWO, "hasNextPage": False}),
        json.dumps({"items": TWO}, indent=1),
        "".join(json.dumps(item) + "\n" for item in TWO),
        "\n".join(json.dumps(item) for item in TWO) + "\n\n",
        "\n\n".join(json.dumps(item, indent=2) for item in TWO),
        "".join(json.dumps({"items": [item]}) + "\n" for item in TWO),
        "\ufeff" + json.dumps(TWO),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le"])
def test_every_shape_holds_the_same(file: Path, catalog: Catalog, text: str, encoding: str) -> None:
    file.write_bytes(text.encode(encoding))
    assert import_file(file, catalog).counts == Counts(new=2)
    assert [(row["id"], row["name"]) for row in records(catalog)] == [("1", "a"), ("2", "b")]


@pytest.mark.parametrize("item", [{"id": "1", "name": "one"}])
def test_one_object_is_one_integration(file: Path, item: dict[str, str]) -> None:
    file.write_text(json.dumps(item))
    assert read(file)[0].counts == Counts(new=1)
    file.write_text("[]")
    assert "holds no integrations" in refused(file)
    file.write_text("")
    assert "holds no integrations" in refused(file)
    file.write_text('"text"')
    assert "holds no list of integrations" in refused(file)


def test_the_format_is_told_by_name_or_content(tmp_path: Path) -> None:
    for name, content, expected in [
        ("a.json", "x", "json"),
        ("a.JSONL.gz", "x", "json"),
        ("a.csv", "[{", "csv"),
        ("a.dat", ' \n[ {"id"', "json"),
        ("b.dat", '{"id": 1}', "json"),
        ("c.dat", "[x],id", "csv"),
    ]:
        path = tmp_path / name
        path.write_text(content)
        assert format_of(path) == expected, name


def test_packed_json(tmp_path: Path, catalog: Catalog) -> None:
    path = tmp_path / "file.jsonl.gz"
    path.write_bytes(gzip.compress(b'{"id": "1"}\n{"id": "2"}\n'))
    assert import_file(path, catalog).counts == Counts(new=2)


def test_values_stay_what_they_are(file: Path, catalog: Catalog) -> None:
    file.write_text(
        """[{"id": "1", "name": "0012", "type": "", "iconUrl": null, "createdAt": 1700000000000,
        "updatedAt": "1700000000000", "orgId": "o",
        "metadata": {"b": 1.10, "a": 1e999, "n": 123456789012345678901234567890,
          "s": "\\ud800", "d": [ ]}},
        {"id": "2", "name": 5, "type": true, "createdAt": 1700000000.5, "metadata": null,
         "orgId": null, "logo": [1]}]"""
    )
    staged, rejects = read(file)
    assert rejects == []
    assert staged.ignored == ("logo",)
    import_file(file, catalog)
    first, second = records(catalog)
    assert (first["name"], first["type"], first["icon_url"], first["creator"]) == (
        "0012",
        "",
        NULL,
        None,
    )
    assert (first["created_at"], first["updated_at"]) == (1_700_000_000_000, "1700000000000")
    assert first["created_instant"] == first["updated_instant"] == 1_700_000_000_000
    assert '"b": 1.10, "a": 1e999, "n": 123456789012345678901234567890' in first["metadata"]
    assert (second["name"], second["type"], second["created_at"]) == ("5", "true", 1700000000.5)
    assert (second["metadata"], second["org_id"]) == ("null", None)
    assert counts(file, catalog) == Counts(unchanged=2)


def test_absent_null_and_empty_are_told_apart(file: Path, catalog: Catalog) -> None:
    add(catalog, id="1", name="n", icon_url="u", client_id="c", created_at=5)
    file.write_text('[{"id": "1", "iconUrl": null, "clientId": "", "createdAt": "5"}]')
    assert import_file(file, catalog).counts == Counts(changed=1)
    (after,) = records(catalog)
    assert (after["name"], after["icon_url"], after["client_id"]) == ("n", NULL, "")
    assert after["created_at"] == "5"
    catalog.undo().result(60)
    file.write_text('[{"id": "1"}]')
    assert counts(file, catalog) == Counts(unchanged=1)


@pytest.mark.parametrize(
    ("member", "field", "sentence"),
    [
        ('"name": "\\ud83d"', "name", "half of a character (\\ud83d)"),
        ('"name": "a\\u0000b"', "name", "NUL"),
        ('"name": {"a": 1}', "name", "holds an object"),
        ('"iconUrl": [1]', "iconUrl", "holds an array"),
        ('"createdAt": 1e999', "createdAt", "cannot be stored: 1e999"),
        (
            '"updatedAt": 99999999999999999999',
            "updatedAt",
            "cannot be stored: 99999999999999999999",
        ),
        ('"createdAt": true', "createdAt", "holds true"),
        (f'"createdAt": {"9" * 5000}', "createdAt", "cannot be stored: 9999"),
    ],
)
def test_what_cannot_be_stored_costs_its_item(
    file: Path, member: str, field: str, sentence: str
) -> None:
    broken = '{"id": "b", ' + member + "}"
    file.write_text(f'[{{"id": "1"}}, {broken}, {{"id": "3"}}, 7, {{"name": "x"}}]')
    staged, rejects = read(file)
    assert staged.counts == Counts(new=2, rejected=3)
    assert staged.unit == "item"
    assert [row.line for row in rejects] == [2, 4, 5]
    assert (rejects[0].id, rejects[0].field) == ("b", field)
    assert sentence in str(rejects[0].problem)
    assert "no object" in str(rejects[1].problem)
    assert "no id" in str(rejects[2].problem)


def test_two_items_of_one_id(file: Path) -> None:
    file.write_text('[{"id": "1"}, {"id": "1", "name": "again"}]')
    staged, rejects = read(file)
    assert staged.counts == Counts(new=1, rejected=1)
    assert (rejects[0].line, rejects[0].id) == (2, "1")


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ('[{"id": "1"},\n {"id": "2" "name": "b"}]', 2, 13),
        ('[{"id": "1"}\n {"id": "2"}]', 2, 2),
        ('[{"id": "1"},\n\r\n {"id": tru}]', 3, 9),
        ('[{"id": "1"},\n', 2, 1),
        ('[{"id": "1"},\n{"id": "2', 2, 8),
        ('{"a": 1,\n"items": [{"id": "1"}],,}', 2, 24),
        ('[{"id": "1"}]\n]', 2, 1),
        ('[{"id": "1"},]', 1, 14),
        ('[\n{"id": NaN}]', 2, 1),
    ],
)
def test_what_is_no_json_says_where(file: Path, text: str, line: int, column: int) -> None:
    file.write_bytes(text.encode())
    found = refused(file)
    if text.endswith("]\n]"):
        assert "holds no list" in found
    else:
        assert f"in line {line}, column {column}." in found


def test_a_wrong_line_costs_itself_alone(tmp_path: Path) -> None:
    path = tmp_path / "file.jsonl"
    path.write_text(
        '{"id": "1"}\n{"id": \n\n{"id": NaN}\n{"id": "2"} x\n[1]\n{"id": "3"}\n'
        + '{"id": "4", "metadata": '
        + "[" * 100_000
        + "\n"
    )
    staged, rejects = read(path)
    assert staged.counts == Counts(new=2, rejected=5)
    assert staged.unit == "line"
    assert [row.line for row in rejects] == [2, 4, 5, 6, 8]
    assert "column 9" in str(rejects[0].problem)
    assert "NaN" in str(rejects[1].problem)
    assert "nested too deeply" in str(rejects[4].problem)


def test_deep_nesting_and_an_item_without_an_end_are_refused(file: Path) -> None:
    file.write_text('[{"id": "1", "metadata": ' + "[" * 200_000)
    assert "nested too deeply" in refused(file)
    with file.open("w") as stream:
        stream.write('[{"id": "1"},\n{"id": "2", "metadata": "')
        for _ in range(40):
            stream.write("x" * (1 << 20))
    assert "begins in line 2 is longer than 32 MB" in refused(file)


def test_items_larger_than_what_is_read_at_once(file: Path, catalog: Catalog) -> None:
    items = [{"id": str(number), "metadata": {"x": "y" * 300_000}} for number in range(5)]
    file.write_text(json.dumps(items))
    assert import_file(file, catalog).counts == Counts(new=5)
    assert records(catalog)[4]["metadata"] == json.dumps(items[4]["metadata"])


def test_what_is_not_its_encoding_says_where(file: Path) -> None:
    file.write_bytes(b'[{"id": "1"},\n{"id": "' + b"a" * 70_000 + b'\xff"}]')
    assert "line 2 holds the byte 0xFF" in refused(file)


def test_canonical_json_of_real_catalogues_says_what_their_csv_says(
    shared: Path, catalog: Catalog
) -> None:
    folder = shared / "data" / "catalogs"
    for path in sorted((folder / "variants").glob("*.canonical.json")):
        name = path.name.split(".")[0]
        done = import_file(folder / f"{name}.csv", catalog)
        as_csv = {row["id"]: row for row in records(catalog)}
        catalog.undo().result(60)
        found = import_file(path, catalog)
        assert found.counts == done.counts
        for row in records(catalog):
            _same(row, as_csv[row["id"]])
        catalog.undo().result(60)


def _same(one: dict[str, Any], other: dict[str, Any]) -> None:
    for name, value in one.items():
        if name == "metadata" and value:
            assert json.loads(value) == json.loads(other[name] or "null")
        else:
            assert (value or None) == (other[name] or None) or str(value) == other[name], name


def test_raw_json_of_other_projects_is_read_or_refused_with_a_sentence(
    shared: Path, tmp_path: Path
) -> None:
    for path in sorted((shared / "data" / "catalogs" / "raw").iterdir()):
        sentence, rows = "", 0
        try:
            staged = stage_file(lambda *_: None, source=path, stage=tmp_path / "stage.db")
            rows = staged.counts.read
        except SentenceError as error:
            sentence = str(error)
        assert rows or "named id" in sentence, path.name
