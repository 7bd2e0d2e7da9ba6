"""Blocks of cells: read as spreadsheets write them, looked through, written as one edit."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db import paste, records
from db.catalog import Catalog
from db.errors import Invalid
from db.fields import NULL
from db.paste import Block, Looked, Paste
from db.scope import EVERYTHING
from tests.bulk_help import SECONDS, edit, fill, rows, undo


@pytest.mark.parametrize(
    ("text", "block"),
    [
        ("a\tb\r\nc\td\r\n", [["a", "b"], ["c", "d"]]),
        ('"a\n""b"""\tc', [['a\n"b"', "c"]]),
        ('"a\nb"', [["a\nb"]]),
        ("a,b", [["a,b"]]),
        ("Doe, John\nRoe", [["Doe, John"], ["Roe"]]),
        ("a,b\nc,d\n", [["a", "b"], ["c", "d"]]),
        ("a;b\nc;d", [["a", "b"], ["c", "d"]]),
        ("https://x/?a,b", [["https://x/?a,b"]]),
        ("a\n\nb", [["a"], [""], ["b"]]),
        ("a\t\n\tb", [["a", ""], ["", "b"]]),
        ("", []),
    ],
)
def test_a_block_is_read(text: str, block: Block) -> None:
    assert paste.read_block(text) == block


def test_the_delimiter_can_be_chosen() -> None:
    assert paste.read_block("a,b", ",") == [["a", "b"]]
    assert paste.read_block("a\tb", paste.ONE_COLUMN) == [["a\tb"]]


def test_an_open_quote_is_said_with_its_line() -> None:
    with pytest.raises(Invalid, match="line 2"):
        paste.read_block('a\tb\n"c\td')


@given(
    st.lists(
        st.lists(st.text('ab"\n\t,;', max_size=4), min_size=2, max_size=2), min_size=1, max_size=4
    )
)
def test_what_a_spreadsheet_writes_comes_back(block: Block) -> None:
    stream = io.StringIO(newline="")
    csv.writer(stream, dialect="excel-tab", quoting=csv.QUOTE_ALL).writerows(block)
    assert paste.read_block(stream.getvalue()) == block


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    catalog = Catalog.create(tmp_path / "a.icons")
    fill(
        catalog,
        [
            {"id": "a", "name": "A", "org_id": "o", "created_at": 5, "icon_url": NULL},
            {"id": "b", "name": "B", "created_at": "5"},
        ],
    )
    yield catalog
    catalog.close()


def look(catalog: Catalog, what: Paste) -> Looked:
    return catalog.reader("look").request(lambda c: paste.look(c, what)).result(SECONDS)


def test_cells_are_written_as_if_typed_there(catalog: Catalog) -> None:
    before = rows(catalog)
    block = [["A2", "7", "", "o"], ["B", "7", "x", "new"]]
    what = Paste(block, ("name", "created_at", "icon_url", "org_id"), (1, 2))
    assert len(look(catalog, what).cells) == 5
    change = edit(catalog, lambda s: paste.write(s, what, label=lambda n: f"Paste {n}"))
    assert (change.count, change.label) == (2, "Paste 2")
    first, second = rows(catalog)
    assert (first["name"], first["created_at"], first["icon_url"]) == ("A2", 7, NULL)
    assert (second["created_at"], second["icon_url"], second["org_id"]) == ("7", "x", "new")
    assert first["created_instant"] == second["created_instant"] == 7000
    undo(catalog)
    assert rows(catalog) == before


@pytest.mark.parametrize(
    ("field", "text", "reason"),
    [
        ("name", "", "name is empty"),
        ("id", "b", "taken"),
        ("id", "", "id is empty"),
        ("metadata", "{", "not valid JSON"),
        ("name", "a\0", "NUL"),
    ],
)
def test_what_is_rejected_is_named_and_the_rest_waits_for_consent(
    catalog: Catalog, field: str, text: str, reason: str
) -> None:
    what = Paste([[text, "s3"]], (field, "type"), (1,))
    looked = look(catalog, what)
    assert [(cell.row, cell.column, cell.text) for cell in looked.rejected] == [(0, 0, text)]
    assert reason in str(looked.rejected[0].problem)
    with pytest.raises(Invalid, match="1 cells cannot be stored"):
        edit(catalog, lambda s: paste.write(s, what))
    assert rows(catalog)[0]["type"] is None
    edit(catalog, lambda s: paste.write(s, what, some=True))
    assert (rows(catalog)[0]["type"], rows(catalog)[0]["name"]) == ("s3", "A")


def test_an_id_twice_in_the_block_is_rejected_twice(catalog: Catalog) -> None:
    looked = look(catalog, Paste([["x"], ["x"]], ("id",), (1, 2)))
    assert [cell.row for cell in looked.rejected] == [0, 1]


def test_organizations_come_by_id_or_by_name(catalog: Catalog) -> None:
    def body(session: object) -> None:
        for org_id, name in (("p1", "Twin"), ("p2", "Twin"), ("q", "Single")):
            records.add_organization(session, org_id=org_id, name=name)  # type: ignore[arg-type]

    edit(catalog, body)
    looked = look(catalog, Paste([["Single"], ["Twin"]], ("org_id",), (1, 2)))
    assert [cell.value for cell in looked.cells] == ["q"]
    assert "2 organizations are called" in str(looked.rejected[0].problem)


def test_new_rows_come_at_the_bottom(catalog: Catalog) -> None:
    what = Paste([["B2"], ["C"], [""], ["D"]], ("name",), (2, None, None, None))
    assert edit(catalog, lambda s: paste.write(s, what)).count == 3
    assert [row["name"] for row in rows(catalog)] == ["A", "B2", "C", "D"]
    assert rows(catalog)[2]["created_at"]


def test_a_row_that_is_gone_is_rejected(catalog: Catalog) -> None:
    looked = look(catalog, Paste([["x"]], ("name",), (99,)))
    assert "deleted meanwhile" in str(looked.rejected[0].problem)


def test_one_text_fills_several_fields_of_a_scope(catalog: Catalog) -> None:
    before = rows(catalog)
    edit(catalog, lambda s: paste.fill(s, EVERYTHING, ["type", "creator"], "x"))
    assert {(row["type"], row["creator"]) for row in rows(catalog)} == {("x", "x")}
    undo(catalog)
    assert rows(catalog) == before
    with pytest.raises(Invalid, match="type is empty"):
        edit(catalog, lambda s: paste.fill(s, EVERYTHING, ["icon_url", "type"], ""))
    with pytest.raises(Invalid, match="id is another one"):
        edit(catalog, lambda s: paste.fill(s, EVERYTHING, ["id"], "x"))
