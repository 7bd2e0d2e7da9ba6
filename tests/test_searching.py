"""Completion, help and mistakes of the search, in the window."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from db import suggest
from db.catalog import Catalog
from db.query_place import place_at, term
from gui.workspace import Workspace
from tests.bulk_help import fill
from tests.window_help import LONG, open_window

ROWS = [
    {
        "id": f"i{number}",
        "name": f"Slack {number}",
        "type": ("s3", "key value")[number % 2],
        "org_id": ("acme", "zeta")[number % 2],
        "icon_url": f"https://cdn{number % 3}.example.com/{number}.svg",
        "creator": "anna",
        "updated_by": "anna" if number else "bot",
    }
    for number in range(7)
]


@pytest.fixture
def space(qtbot: QtBot, tmp_path: Path) -> Workspace:
    _, space = open_window(qtbot, tmp_path, ROWS)
    qtbot.waitUntil(lambda: space.searching.completion is not None, timeout=LONG)
    qtbot.waitUntil(lambda: space.is_settled, timeout=LONG)
    space.search.focus()
    return space


def offered(qtbot: QtBot, space: Workspace, typed: str) -> list[str]:
    """What is offered when this is typed."""
    completion = space.searching.completion
    assert completion is not None
    space.search.field.clear()
    qtbot.keyClicks(space.search.field, typed)
    qtbot.waitUntil(completion.popup.isVisible, timeout=LONG)
    model = completion.completer.completionModel()
    return [model.index(row, 0).data() for row in range(model.rowCount())]


def test_values_are_offered_with_their_counts(qtbot: QtBot, space: Workspace) -> None:
    assert offered(qtbot, space, "type:") == ["s3   (4)", "key value   (3)"]
    assert offered(qtbot, space, "-host:cdn1") == ["cdn1.example.com   (2)"]
    assert offered(qtbot, space, "slack or org:ZE") == ["zeta   (3)"]
    assert offered(qtbot, space, "(by:") == ["anna   (7)", "bot   (1)"]
    assert offered(qtbot, space, "icon:mi") == ["missing"]
    assert "created" in offered(qtbot, space, "has:cr")
    assert offered(qtbot, space, "edited:to") == ["today"]


def test_a_value_is_put_in_so_that_it_is_found(qtbot: QtBot, space: Workspace) -> None:
    offered(qtbot, space, "-slack or type:ke")
    completion = space.searching.completion
    assert completion is not None
    qtbot.keyClick(completion.popup, Qt.Key.Key_Down)
    qtbot.keyClick(completion.popup, Qt.Key.Key_Return)
    assert space.search.field.text() == '-slack or type:="key value" '
    qtbot.waitUntil(lambda: space.shown == 3 and not space.model.is_loading, timeout=LONG)


def test_fields_are_offered_and_then_their_values(qtbot: QtBot, space: Workspace) -> None:
    assert offered(qtbot, space, "slack ico")[0].startswith("icon:")
    completion = space.searching.completion
    assert completion is not None
    qtbot.keyClick(completion.popup, Qt.Key.Key_Down)
    qtbot.keyClick(completion.popup, Qt.Key.Key_Return)
    assert space.search.field.text() == "slack icon:"
    qtbot.waitUntil(completion.popup.isVisible, timeout=LONG)
    assert completion.completer.completionModel().index(0, 0).data() == "missing"


def test_nothing_is_offered_for_a_plain_word(qtbot: QtBot, space: Workspace) -> None:
    completion = space.searching.completion
    assert completion is not None
    qtbot.keyClicks(space.search.field, "slack")
    assert completion.popup.isHidden()
    qtbot.keyClick(space.search.field, Qt.Key.Key_Space)
    qtbot.keyClick(space.search.field, Qt.Key.Key_Space, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(completion.popup.isVisible, timeout=LONG)


def test_counts_follow_the_catalogue(qtbot: QtBot, space: Workspace) -> None:
    assert offered(qtbot, space, "type:s") == ["s3   (4)"]
    fill(space.catalog, [{"id": "new", "type": "s3"}])
    qtbot.waitUntil(lambda: space.total == len(ROWS) + 1, timeout=LONG)
    assert offered(qtbot, space, "type:s") == ["s3   (5)"]


def test_a_mistake_keeps_the_rows(qtbot: QtBot, space: Workspace) -> None:
    search = space.search
    search.set_query("org:acme")
    qtbot.waitUntil(lambda: space.shown == 4 and not space.model.is_loading, timeout=LONG)
    search.field.setText("org:acme (")
    qtbot.waitUntil(lambda: search.problem is not None, timeout=LONG)
    assert space.shown == 4
    assert space.spec.words == "org:acme"
    assert space.is_filtered


def test_the_help_lists_queries_that_mean_something(qtbot: QtBot, space: Workspace) -> None:
    dialog = space.searching.show_help()
    assert dialog.table.rowCount() > 15
    for row in range(dialog.table.rowCount()):
        query = dialog.table.item(row, 0).text()
        space.search.set_query(query)
        assert space.search.words == query
    dialog.table.setCurrentCell(3, 0)
    qtbot.keyClick(dialog.table, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: space.search.words == "-slack", timeout=LONG)
    qtbot.waitUntil(space.search.field.hasFocus, timeout=LONG)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("|", (0, "", "")),
        ("sla|ck", (0, "", "sla")),
        ("a na|", (2, "", "na")),
        ("a -na|", (3, "", "na")),
        ("a (na|", (3, "", "na")),
        ("a type:s|3 b", (2, "type", "s")),
        ("a type:=s|", (2, "type", "s")),
        ('a -org:"Acme L|', (3, "org", "Acme L")),
        ("https://x|", (0, "", "https://x")),
        ('"a b" |', (6, "", "")),
    ],
)
def test_the_term_under_the_cursor(text: str, wanted: tuple[int, str, str]) -> None:
    cursor = text.index("|")
    place = place_at(text.replace("|", ""), cursor)
    assert (place.start, place.field, place.typed) == wanted
    assert place.end == cursor


def test_known_values_are_counted(tmp_path: Path) -> None:
    catalog = Catalog.create(tmp_path / "catalog.icons")
    urls = ("HTTPS://A.example/x", "http://a.example", "https://b.example:8/?", "data:,", "x/y", "")
    fill(catalog, [{"id": str(n), "icon_url": url} for n, url in enumerate(urls)])
    connection = catalog.connect_here()
    assert suggest.known(connection).hosts == (("a.example", 2), ("b.example:8", 1))
    connection.close()
    catalog.close()


def test_terms_are_quoted_where_they_must_be() -> None:
    assert term("type", "s3") == "type:=s3"
    assert term("type", "key value") == 'type:="key value"'
    assert term("name", "or", exactly=False) == 'name:"or"'
    assert term("name", 'say "hi"') == r'name:="say \"hi\""'


def test_the_field_says_that_there_is_help(space: Workspace) -> None:
    field: QLineEdit = space.search.field
    assert "F1" in field.toolTip()
