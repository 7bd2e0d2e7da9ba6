"""Filter by This Cell, and how it edits a query."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from db.fields import NULL, Value
from db.query import parse
from db.query_edit import Relation, narrowed, term_for
from gui.columns import PLACE
from gui.workspace import Workspace
from tests.window_help import LONG, open_window

ROWS = [
    {"id": "a", "name": 'A & "B" (x)', "type": "s3", "org_id": "acme", "updated_at": "2024-05-01"},
    {"id": "b", "name": "B", "type": "s3", "org_id": "zeta", "updated_at": 1_704_067_200},
    {"id": "c", "name": "C", "type": "s3-like", "org_id": "acme", "updated_at": "soon"},
    {"id": "d", "name": "D", "type": "gcs", "icon_url": "line\nbreak", "updated_at": "2025"},
]


@pytest.fixture
def space(qtbot: QtBot, tmp_path: Path) -> Workspace:
    _, space = open_window(qtbot, tmp_path, ROWS)
    qtbot.waitUntil(lambda: space.is_settled, timeout=LONG)
    return space


def choices(space: Workspace, row: int, column: str) -> list[str]:
    space.table.setCurrentIndex(space.model.index(row, PLACE[column]))
    space.cell_filter.menu.aboutToShow.emit()
    return [action.text() for action in space.cell_filter.menu.actions() if action.isEnabled()]


def choose(qtbot: QtBot, space: Workspace, row: int, column: str, choice: int) -> list[str]:
    """The ids that are found then."""
    choices(space, row, column)
    space.cell_filter.menu.actions()[choice].trigger()
    qtbot.waitUntil(
        lambda: space.model.whole_order is not None and not space.model.is_loading, timeout=LONG
    )
    return [row[1] for row in space.model.rows(0, 9) if row is not None]


def test_a_cell_narrows_the_search(qtbot: QtBot, space: Workspace) -> None:
    assert choices(space, 0, "type") == ["Type is “s3”", "Type is not “s3”", "Type contains “s3”"]
    assert choose(qtbot, space, 0, "type", 2) == ["a", "b", "c"]
    assert space.search.field.text() == "type:s3"
    assert choose(qtbot, space, 2, "type", 1) == ["a", "b"]
    assert space.search.field.text() == "type:s3 -type:=s3-like"
    assert choose(qtbot, space, 0, "organization", 1) == ["b"]
    assert space.search.field.text() == "type:s3 -type:=s3-like -org:=acme"


def test_dates_and_empty_cells_have_choices_of_their_own(qtbot: QtBot, space: Workspace) -> None:
    assert choices(space, 0, "updated_at") == [
        *("Updated is “2024-05-01”", "Updated is not “2024-05-01”"),
        *("Updated before “2024-05-01”", "Updated after “2024-05-01”"),
    ]
    assert choose(qtbot, space, 0, "updated_at", 2) == ["b"]
    assert space.search.field.text() == "updated:<2024-05-01T00:00:00Z"
    space.search.clear()
    qtbot.waitUntil(lambda: space.shown == 4, timeout=LONG)
    assert choices(space, 0, "icon") == ["Icon is empty", "Icon is not empty"]
    assert choices(space, 2, "updated_at") == []
    assert choices(space, 0, "created_at") == []  # it is not shown, and so not read
    assert choices(space, 3, "icon_url") == []
    assert choose(qtbot, space, 0, "icon", 1) == ["d"]
    assert space.search.field.text() == "has:icon"


def test_signs_of_the_language_in_a_value_are_quoted(qtbot: QtBot, space: Workspace) -> None:
    assert choices(space, 0, "name")[0] == 'Name is “A && "B" (x)”'
    assert choose(qtbot, space, 0, "name", 0) == ["a"]


def test_it_stands_in_the_menu_of_the_table(space: Workspace) -> None:
    assert space.cell_filter.menu.menuAction() in space.table.row_actions()


@pytest.mark.parametrize(
    ("query", "addition", "wanted"),
    [
        ("", "type:=s3", "type:=s3"),
        (" slack ", "type:=s3", "slack type:=s3"),
        ("a or b", "type:=s3", "(a or b) type:=s3"),
        ("(a or b)", "-has:icon", "((a or b)) -has:icon"),
        ("type:=s3", "type:=s3", "type:=s3"),
        ("slack type:=s3", "type:=s3", "slack type:=s3"),
        ("-(a b)", "c", "-(a b) c"),
    ],
)
def test_a_query_is_narrowed(query: str, addition: str, wanted: str) -> None:
    assert narrowed(query, addition) == wanted
    parse(wanted)


@pytest.mark.parametrize(
    ("field", "value", "relation", "wanted"),
    [
        ("name", "or", "is", 'name:="or"'),
        ("name", "a*", "is not", '-name:="a*"'),
        ("name", "a b", "contains", 'name:"a b"'),
        ("icon_url", "https://x.example/a?b=c", "is", 'url:="https://x.example/a?b=c"'),
        ("icon_url", "https://x.example/a", "is", "url:=https://x.example/a"),
        ("icon_url", NULL, "is", "-has:icon"),
        ("updated_by", None, "is not", "has:editor"),
        ("updated_by", None, "contains", None),
        ("client_id", "c", "before", None),
        ("created_at", 1_704_067_200_001, "after", "created:>2024-01-01T00:00:00.001Z"),
        ("created_at", "never", "is", None),
        ("name", "x" * 201, "is", None),
        ("name", "a\tb", "is", None),
    ],
)
def test_terms_are_made_of_values(
    field: str, value: Value, relation: Relation, wanted: str | None
) -> None:
    assert term_for(field, value, relation) == wanted
    if wanted:
        parse(wanted)
