from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from PySide6.QtCore import (
    QByteArray,
    QItemSelection,
    QItemSelectionModel,
    QObject,
    QPoint,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QGuiApplication, QImage, QPixmap
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from db import records
from db.addresses import Address
from db.catalog import Catalog, EditSession
from db.changes import Change
from db.fields import Value
from db.order import OrderSpec, SortKey
from db.organizations import Organization
from gui.columns import COLUMNS, PLACE
from gui.icon_facts import IconState, IconView
from gui.table_model import IntegrationTableModel
from gui.table_view import IntegrationTable

Key = Qt.Key
Command = QItemSelectionModel.SelectionFlag
GREEN = "#00ff00"


class Icons(QObject):
    """Icons that come when the test says so."""

    changed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.ready: set[str] = set()
        self.state = IconState.READY
        self.wanted: list[str] = []

    def icon(self, address: Address, size: int, ratio: float = 1.0) -> IconView:
        if address.url not in self.ready:
            return IconView(IconState.LOADING if address.url else IconState.NONE)
        pixmap = QPixmap(size, size)
        pixmap.fill(QColor(GREEN))
        return IconView(self.state, pixmap)

    def want(self, urls_visible: Sequence[str]) -> None:
        self.wanted = list(urls_visible)

    def come(self, *urls: str) -> None:
        self.ready.update(urls)
        self.changed.emit(frozenset(urls))


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    opened = Catalog.create(tmp_path / "catalog.icons")
    yield opened
    opened.close()


@pytest.fixture
def icons() -> Icons:
    return Icons()


@pytest.fixture
def table(qtbot: QtBot, catalog: Catalog, icons: Icons) -> Iterator[IntegrationTable]:
    model = IntegrationTableModel(catalog)
    made = IntegrationTable(model, icons)
    qtbot.addWidget(made)
    made.resize(1200, 400)
    with qtbot.waitExposed(made):
        made.show()
    made.setFocus()
    yield made
    model.close()


def write(catalog: Catalog, body: Callable[[EditSession], object]) -> Change:
    def run(session: EditSession) -> None:
        body(session)

    return catalog.edit("test", run).result(10)


def add(catalog: Catalog, *rows: dict[str, Value]) -> Change:
    def body(session: EditSession) -> None:
        for number, values in enumerate(rows):
            records.add_integration(session, values={"id": f"id-{number}", **values})

    return write(catalog, body)


def add_many(catalog: Catalog, count: int) -> Change:
    return add(catalog, *({"name": f"n{number:04}"} for number in range(count)))


def show(qtbot: QtBot, table: IntegrationTable, spec: OrderSpec | None = None) -> None:
    with qtbot.waitSignal(model_of(table).loaded):
        model_of(table).set_spec(spec or OrderSpec())
    qtbot.waitUntil(lambda: not model_of(table).is_loading)  # the first rows come before the rest
    table.executeDelayedItemsLayout()  # else the scroll bar knows of the first rows only


def model_of(table: IntegrationTable) -> IntegrationTableModel:
    model = table.model()
    assert isinstance(model, IntegrationTableModel)
    return model


def go_to(table: IntegrationTable, position: int, name: str = "name") -> None:
    table.setCurrentIndex(table.model().index(position, PLACE[name]))


def select(table: IntegrationTable, first: tuple[int, str], last: tuple[int, str]) -> None:
    model = table.model()
    corners = [model.index(position, PLACE[name]) for position, name in (first, last)]
    table.selectionModel().select(QItemSelection(*corners), Command.Select)


def name_at(table: IntegrationTable, position: int) -> object:
    return table.model().index(position, PLACE["name"]).data()


def editor_of(table: IntegrationTable) -> QLineEdit | None:
    found = [child for child in table.viewport().findChildren(QLineEdit) if child.isVisible()]
    return found[0] if found else None


def picture(table: IntegrationTable) -> QImage:
    return table.viewport().grab().toImage()


# -- painting ----------------------------------------------------------------------------------


def test_a_part_is_painted_as_the_whole(
    qtbot: QtBot, catalog: Catalog, table: IntegrationTable
) -> None:
    add_many(catalog, 50)
    show(qtbot, table)
    go_to(table, 3)
    select(table, (5, "type"), (7, "icon_url"))
    whole = picture(table)
    part = table.viewport().rect().adjusted(100, 70, -300, -90)
    assert table.viewport().grab(part).toImage() == whole.copy(part)


def test_rows_selection_and_the_current_cell_are_seen(
    qtbot: QtBot, catalog: Catalog, table: IntegrationTable
) -> None:
    empty = picture(table)
    add_many(catalog, 5)
    show(qtbot, table)
    plain = picture(table)
    assert plain != empty
    select(table, (1, "name"), (2, "type"))
    chosen = picture(table)
    place = table.visualRect(table.model().index(2, PLACE["type"])).topLeft() + QPoint(2, 4)
    assert chosen.pixelColor(place) == table.palette().highlight().color()
    go_to(table, 4, "icon_url")
    assert picture(table) != chosen


def test_many_single_cells_are_painted_selected(
    qtbot: QtBot, catalog: Catalog, table: IntegrationTable
) -> None:
    add_many(catalog, 200)
    show(qtbot, table)
    for position in range(0, 200, 2):
        select(table, (position, "type"), (position, "type"))
    shown = picture(table)
    highlight = table.palette().highlight().color()
    for position in range(6):
        rect = table.visualRect(table.model().index(position, PLACE["type"]))
        is_chosen = shown.pixelColor(rect.right() - 4, rect.top() + 3) == highlight
        assert is_chosen == (position % 2 == 0)


def test_an_icon_appears_where_its_row_is(
    qtbot: QtBot, catalog: Catalog, table: IntegrationTable, icons: Icons
) -> None:
    add(
        catalog,
        {"name": "a", "icon_url": "https://x.example/a.svg"},
        {"name": "b", "icon_url": "b.svg"},
    )
    show(qtbot, table)
    table.set_bases({}, "https://base.example/")
    qtbot.waitUntil(lambda: len(icons.wanted) == 2)
    assert icons.wanted == ["https://x.example/a.svg", "https://base.example/b.svg"]
    before = picture(table)
    icons.come("https://base.example/b.svg")
    after = picture(table)
    rects = [table.visualRect(table.model().index(place, PLACE["icon"])) for place in (0, 1)]
    assert after.pixelColor(rects[1].center()) == QColor(GREEN)
    assert after.copy(rects[0]) == before.copy(rects[0])


def test_an_old_picture_is_marked(
    qtbot: QtBot, catalog: Catalog, table: IntegrationTable, icons: Icons
) -> None:
    add(catalog, {"name": "A", "icon_url": "https://base.example/a.svg"})
    show(qtbot, table)
    icons.come("https://base.example/a.svg")
    place = table.visualRect(table.model().index(0, PLACE["icon"]))
    fresh = picture(table).copy(place)
    icons.state = IconState.STALE
    old = picture(table).copy(place)
    assert fresh != old
    centre = old.rect().center()
    assert old.pixelColor(centre.x() - 4, centre.y() - 4) == QColor(GREEN)


def test_only_icons_in_sight_are_wanted(
    qtbot: QtBot, catalog: Catalog, table: IntegrationTable, icons: Icons
) -> None:
    add(
        catalog,
        *(
            {"name": f"{number:03}", "icon_url": f"https://x.example/{number:03}"}
            for number in range(300)
        ),
    )
    show(qtbot, table)
    table.scrollToBottom()  # lays out first, where that is still to come
    qtbot.waitUntil(lambda: "https://x.example/299" in icons.wanted)
    assert "https://x.example/000" not in icons.wanted
    assert len(icons.wanted) < 20


# -- sort and columns --------------------------------------------------------------------------


def title_place(table: IntegrationTable, name: str) -> object:
    header = table.horizontalHeader()
    x = header.sectionViewportPosition(PLACE[name]) + 20
    return header.viewport().rect().topLeft() + type(header.pos())(x, header.height() // 2)


def test_a_click_sorts_again_turns_round_and_shift_adds(
    qtbot: QtBot, catalog: Catalog, table: IntegrationTable
) -> None:
    add(catalog, {"name": "a", "type": "y"}, {"name": "b", "type": "x"}, {"name": "c", "type": "x"})
    show(qtbot, table)
    viewport = table.horizontalHeader().viewport()
    for modifier, name, keys, order in (
        ("No", "type", [SortKey("type")], "bca"),
        ("No", "type", [SortKey("type", True)], "acb"),
        ("Shift", "name", [SortKey("type", True), SortKey("name")], "abc"),
        ("Shift", "name", [SortKey("type", True), SortKey("name", True)], "acb"),
        ("No", "icon", [SortKey("icon_url")], "abc"),
    ):
        with qtbot.waitSignals([model_of(table).loaded, table.sort_changed]):
            qtbot.mouseClick(
                viewport,
                Qt.MouseButton.LeftButton,
                Qt.KeyboardModifier[f"{modifier}Modifier"],
                title_place(table, name),
            )
        assert table.sort == tuple(keys)
        assert "".join(str(name_at(table, position)) for position in range(3)) == order


def test_the_keyboard_sorts_by_the_current_column(
    qtbot: QtBot, catalog: Catalog, table: IntegrationTable
) -> None:
    add(catalog, {"name": "a", "type": "y"}, {"name": "b", "type": "x"})
    show(qtbot, table)
    go_to(table, 0, "type")
    with qtbot.waitSignal(model_of(table).loaded):
        table.column_actions()[0].trigger()
    assert table.sort == (SortKey("type"),)
    go_to(table, 0, "name")
    with qtbot.waitSignal(model_of(table).loaded):
        table.column_actions()[1].trigger()
    assert table.sort == (SortKey("type"), SortKey("name"))


def test_the_layout_comes_back(qtbot: QtBot, catalog: Catalog, table: IntegrationTable) -> None:
    show(qtbot, table)
    header = table.horizontalHeader()
    actions = {action.text(): action for action in table.column_actions()}
    actions["Id"].trigger()
    actions["Type"].trigger()
    header.moveSection(header.visualIndex(PLACE["id"]), 0)
    header.resizeSection(PLACE["name"], 333)
    with qtbot.waitSignal(model_of(table).loaded):
        table.sort_by("updated_at")
    saved = table.save_layout()
    actions["&Reset Columns"].trigger()
    assert not table.isColumnHidden(PLACE["type"])
    assert header.sectionSize(PLACE["name"]) != 333
    with qtbot.waitSignal(model_of(table).loaded):
        table.sort_by("name")
    with qtbot.waitSignal(model_of(table).loaded):
        assert table.restore_layout(saved)
    assert table.isColumnHidden(PLACE["type"])
    assert not actions["Type"].isChecked()
    assert header.visualIndex(PLACE["id"]) == 0
    assert header.sectionSize(PLACE["name"]) == 333
    assert table.sort == (SortKey("updated_at"),)


@pytest.mark.parametrize("layout", [b"", b"{}", b"[1]", b'{"version":1,"columns":[{}]}', b"\xff"])
def test_what_is_no_layout_changes_nothing(table: IntegrationTable, layout: bytes) -> None:
    before = table.save_layout()
    assert not table.restore_layout(QByteArray(layout))
    assert table.save_layout() == before


def test_the_last_column_stays(table: IntegrationTable) -> None:
    for column in COLUMNS:
        table.horizontalHeader().show_column(column.name, shown=False)
    assert sum(not table.isColumnHidden(place) for place in range(len(COLUMNS))) == 1


# -- current row and selection -----------------------------------------------------------------


def test_current_row_and_selection_follow_their_rows(
    qtbot: QtBot, catalog: Catalog, table: IntegrationTable
) -> None:
    add_many(catalog, 300)
    show(qtbot, table)
    select(table, (10, "name"), (12, "type"))
    table.selectionModel().setCurrentIndex(table.model().index(12, PLACE["type"]), Command.NoUpdate)
    pk = table.chosen.current_pk
    with qtbot.waitSignal(model_of(table).loaded):
        table.sort_by("name")
    assert table.chosen.current_pk == pk
    assert table.chosen.current_row == 300 - 1 - 12
    assert table.currentIndex().column() == PLACE["type"]
    assert table.chosen.ranges == [(287, 289)]
    assert table.visualRect(table.currentIndex()).intersects(table.viewport().rect())


def test_a_selection_of_many_follows_its_rows(
    qtbot: QtBot, catalog: Catalog, table: IntegrationTable
) -> None:
    add_many(catalog, 3_000)
    show(qtbot, table)
    select(table, (10, "name"), (2_009, "type"))
    table.sort_by("name")
    qtbot.waitUntil(lambda: table.chosen.ranges == [(990, 2_989)])
    index = table.model().index(1_000, PLACE["type"])
    assert table.selectionModel().isSelected(index)
    assert not table.selectionModel().isSelected(index.siblingAtColumn(PLACE["created_at"]))
    model_of(table).refresh(add(catalog, {"id": "new", "name": "n2000b"}))
    qtbot.waitUntil(lambda: table.chosen.ranges == [(990, 998), (1_000, 2_990)])
    show(qtbot, table, OrderSpec("n1", sort=table.sort))
    qtbot.waitUntil(lambda: table.chosen.ranges == [(0, 999)])


def test_the_newest_selection_wins_over_that_of_many(
    qtbot: QtBot, catalog: Catalog, table: IntegrationTable
) -> None:
    add_many(catalog, 3_000)
    show(qtbot, table)
    table.selectAll()
    with qtbot.waitSignal(model_of(table).loaded):
        table.sort_by("name")
        table.sort_by("name")
    go_to(table, 5)
    with qtbot.waitSignal(model_of(table).loaded):
        table.sort_by("name")
    assert table.chosen.count == 1
    chosen: list[int] = []
    table.chosen.with_pks(chosen.extend)
    assert chosen == [6]


def test_nothing_is_done_to_the_current_row_alone_while_many_are_sought(
    qtbot: QtBot, catalog: Catalog, table: IntegrationTable
) -> None:
    add_many(catalog, 3_000)
    show(qtbot, table)
    go_to(table, 5)
    table.selectAll()
    done: list[Sequence[int]] = []
    said: list[str] = []
    table.said.connect(said.append)
    model_of(table).modelReset.connect(lambda: table.chosen.with_pks(done.append))
    with qtbot.waitSignal(model_of(table).loaded):
        table.sort_by("name")
    qtbot.waitUntil(lambda: table.chosen.count == 3_000)
    assert done == []
    assert "again in a moment" in said[0]
    table.chosen.with_pks(done.append)
    qtbot.waitUntil(lambda: len(done) == 1)
    assert len(done[0]) == 3_000


def test_a_selection_of_many_that_is_gone_leaves_the_next_row_chosen(
    qtbot: QtBot, catalog: Catalog, table: IntegrationTable
) -> None:
    add_many(catalog, 3_000)
    show(qtbot, table)
    go_to(table, 10)
    select(table, (10, "name"), (2_009, "name"))
    change = write(catalog, lambda s: records.delete_integrations(s, pks=range(11, 2_011)))
    model_of(table).refresh(change)
    qtbot.waitUntil(lambda: table.chosen.ranges == [(10, 10)])
    assert name_at(table, 10) == "n2010"


def test_a_selection_of_many_that_is_scattered_is_dropped_and_said(
    qtbot: QtBot, catalog: Catalog, table: IntegrationTable
) -> None:
    add(catalog, *({"name": f"n{number:04}", "type": f"{number % 2}"} for number in range(4_000)))
    show(qtbot, table)
    table.sort_by("type")
    qtbot.waitUntil(lambda: not model_of(table).is_loading)
    select(table, (0, "name"), (1_999, "type"))
    with qtbot.waitSignal(table.said) as said:
        table.sort_by("name")
    assert "2,000 selected rows" in said.args[0]
    assert table.chosen.count == 0


def test_a_refresh_keeps_the_place(qtbot: QtBot, catalog: Catalog, table: IntegrationTable) -> None:
    add_many(catalog, 500)
    show(qtbot, table)
    table.verticalScrollBar().setValue(200 * 32 + 7)
    top = name_at(table, table.rowAt(0))
    change = add(catalog, {"id": "new", "name": "a first one"})
    with qtbot.waitSignal(model_of(table).loaded):
        model_of(table).refresh(change)
    assert name_at(table, table.rowAt(0)) == top
    assert table.verticalScrollBar().value() == 201 * 32 + 7


def test_a_search_shows_its_first_rows_and_clearing_it_the_current_one(
    qtbot: QtBot, catalog: Catalog, table: IntegrationTable
) -> None:
    add_many(catalog, 500)
    show(qtbot, table)
    show(qtbot, table, OrderSpec("n03"))
    assert table.verticalScrollBar().value() == 0
    go_to(table, 50)
    assert name_at(table, 50) == "n0350"
    show(qtbot, table, OrderSpec())
    assert table.chosen.current_row == 350
    assert table.visualRect(table.currentIndex()).intersects(table.viewport().rect())


def test_signals_tell_the_current_row_and_how_many_are_selected(
    qtbot: QtBot, catalog: Catalog, table: IntegrationTable
) -> None:
    add_many(catalog, 9)
    show(qtbot, table)
    with qtbot.waitSignal(table.chosen.current_changed) as current:
        table.chosen.move_current(1)
    assert current.args == [1]
    assert (table.chosen.current_pk, table.chosen.current_row) == (1, 0)
    table.chosen.move_current(3)
    table.chosen.move_current(100)
    assert table.chosen.current_row == 8
    with qtbot.waitSignal(table.chosen.selected_changed) as chosen:
        table.selectAll()
    assert chosen.args == [9]


def test_selected_pks_few_at_once_and_many_by_a_reader(
    qtbot: QtBot, catalog: Catalog, table: IntegrationTable
) -> None:
    add_many(catalog, 1500)
    show(qtbot, table)
    got: list[Sequence[int]] = []
    table.chosen.with_pks(got.append)
    assert got == []
    select(table, (3, "name"), (4, "name"))
    select(table, (1, "type"), (3, "type"))
    table.chosen.with_pks(got.append)
    assert got == [[2, 3, 4, 5]]
    table.selectAll()
    table.chosen.with_pks(got.append)
    qtbot.waitUntil(lambda: len(got) == 2)
    assert got[1] == list(range(1, 1501))


def test_new_rows_are_selected_once_they_are_there(
    qtbot: QtBot, catalog: Catalog, table: IntegrationTable
) -> None:
    add_many(catalog, 400)
    show(qtbot, table)
    change = add(catalog, {"id": "x", "name": "n0300b"}, {"id": "y", "name": "n0301b"})
    assert change.pks is not None
    model_of(table).refresh(change)
    with qtbot.waitSignal(model_of(table).loaded):
        table.select_pks(sorted(change.pks))
    assert [name_at(table, row) for row in (table.chosen.current_row,)] == ["n0300b"]
    assert table.chosen.count == 2
    assert table.visualRect(table.currentIndex()).intersects(table.viewport().rect())


def test_shift_space_selects_the_row_and_delete_asks(
    qtbot: QtBot, catalog: Catalog, table: IntegrationTable
) -> None:
    add_many(catalog, 3)
    show(qtbot, table)
    go_to(table, 1)
    qtbot.keyClick(table, Key.Key_Space, Qt.KeyboardModifier.ShiftModifier)
    item = table.selectionModel().selection().at(0)
    assert (item.top(), item.left(), item.right()) == (1, 0, len(COLUMNS) - 1)
    with qtbot.waitSignal(table.delete_requested):
        qtbot.keyClick(table, Key.Key_Delete)


# -- editing -----------------------------------------------------------------------------------


@pytest.mark.parametrize("key", [Key.Key_F2, Key.Key_Return, Key.Key_Enter])
def test_keys_open_the_editor_and_enter_asks_for_the_edit(
    qtbot: QtBot, catalog: Catalog, table: IntegrationTable, key: Qt.Key
) -> None:
    add(catalog, {"name": "a"})
    show(qtbot, table)
    go_to(table, 0)
    qtbot.keyClick(table, key)
    editor = editor_of(table)
    assert editor is not None
    assert editor.text() == "a"
    qtbot.keyClicks(editor, "b")
    with qtbot.waitSignal(model_of(table).edit_requested) as asked:
        qtbot.keyClick(editor, Key.Key_Return)
    assert asked.args == [1, "name", "b"]


def test_escape_and_an_untouched_editor_change_nothing(
    qtbot: QtBot, catalog: Catalog, table: IntegrationTable
) -> None:
    add(catalog, {"name": "tab\tinside", "type": None})
    show(qtbot, table)
    with qtbot.assertNotEmitted(model_of(table).edit_requested):
        for key in (Key.Key_Escape, Key.Key_Return):
            go_to(table, 0)
            table.edit_current()
            editor = editor_of(table)
            assert editor is not None
            if key == Key.Key_Escape:
                qtbot.keyClicks(editor, "x")
            qtbot.keyClick(editor, key)
            qtbot.waitUntil(lambda: editor_of(table) is None)
    assert name_at(table, 0) == "tab inside"


def test_tab_edits_the_next_cell_and_goes_to_the_next_row(
    qtbot: QtBot, catalog: Catalog, table: IntegrationTable
) -> None:
    add(catalog, {"name": "a", "updated_at": "2020"}, {"name": "b"})
    show(qtbot, table)
    go_to(table, 0, "icon_url")
    table.edit_current()
    for row, name in ((0, "updated_at"), (1, "name")):
        editor = editor_of(table)
        assert editor is not None
        qtbot.keyClick(editor, Key.Key_Tab)
        assert (table.chosen.current_row, table.currentIndex().column()) == (row, PLACE[name])
        qtbot.waitUntil(lambda: editor_of(table) is not None)
    editor = editor_of(table)
    assert editor is not None
    qtbot.keyClick(editor, Key.Key_Backtab)
    assert (table.chosen.current_row, table.currentIndex().column()) == (0, PLACE["updated_at"])


def test_new_rows_wait_for_the_editor(
    qtbot: QtBot, catalog: Catalog, table: IntegrationTable
) -> None:
    add(catalog, {"name": "b"})
    show(qtbot, table)
    go_to(table, 0)
    table.edit_current()
    editor = editor_of(table)
    assert editor is not None
    qtbot.keyClicks(editor, "typed")
    model = model_of(table)
    model.refresh(add(catalog, {"id": "n", "name": "a"}))
    qtbot.waitUntil(lambda: not model.is_loading)
    assert editor.isVisible()
    assert editor.text() == "typed"
    with qtbot.waitSignals([model.loaded, model.edit_requested]):
        qtbot.keyClick(editor, Key.Key_Return)
    assert [name_at(table, 0), name_at(table, 1)] == ["a", "typed"]


def test_a_refused_text_is_offered_again(
    qtbot: QtBot, catalog: Catalog, table: IntegrationTable
) -> None:
    add(catalog, {"name": "a"}, {"name": "b"})
    show(qtbot, table)
    go_to(table, 1, "name")
    table.edit_again(1, "name", "refused")
    editor = editor_of(table)
    assert editor is not None
    assert editor.text() == "refused"
    assert table.chosen.current_row == 0
    with qtbot.waitSignal(model_of(table).edit_requested) as asked:
        qtbot.keyClick(editor, Key.Key_Return)
    assert asked.args == [1, "name", "refused"]


def test_a_refused_text_waits_until_another_editor_is_closed(
    qtbot: QtBot, catalog: Catalog, table: IntegrationTable
) -> None:
    add(catalog, {"name": "a"}, {"name": "b"})
    show(qtbot, table)
    go_to(table, 1, "type")
    table.edit_current()
    other = editor_of(table)
    assert other is not None
    qtbot.keyClicks(other, "typing")
    table.edit_again(1, "name", "refused")
    assert other.isVisible()
    with qtbot.waitSignal(model_of(table).edit_requested) as asked:
        qtbot.keyClick(other, Key.Key_Return)
    assert asked.args == [2, "type", "typing"]
    qtbot.waitUntil(lambda: editor_of(table) is not None)
    editor = editor_of(table)
    assert editor is not None
    assert editor.text() == "refused"


def test_types_and_organizations_are_completed(
    qtbot: QtBot, catalog: Catalog, table: IntegrationTable
) -> None:
    add(catalog, {"name": "a", "type": "s3", "org_id": "o-1"})
    show(qtbot, table)
    table.set_known(["gcs", "s3"], [Organization("o-2", "Acme Labs", "", 1)])
    go_to(table, 0, "organization")
    table.edit_current()
    editor = editor_of(table)
    assert editor is not None
    assert editor.text() == "o-1"
    qtbot.keyClicks(editor, "labs")
    completer = editor.completer()
    assert completer.completionCount() == 1
    assert completer.currentCompletion() == "o-2"
    completer.popup().hide()
    editor.selectAll()
    qtbot.keyClicks(editor, "Acme Labs")
    completer.popup().hide()
    with qtbot.waitSignal(model_of(table).edit_requested) as asked:
        qtbot.keyClick(editor, Key.Key_Return)
    assert asked.args == [1, "org_id", "o-2"]


@pytest.mark.parametrize(
    ("name", "value"),
    [("metadata", "{}"), ("name", "two\nlines"), ("name", "x" * 30_000), ("icon", "a.svg")],
)
def test_what_fits_no_line_is_left_to_the_details(
    qtbot: QtBot, catalog: Catalog, table: IntegrationTable, name: str, value: str
) -> None:
    field = COLUMNS[PLACE[name]].field
    add(catalog, {"name": "a", field: value})
    show(qtbot, table)
    go_to(table, 0, name)
    with qtbot.waitSignal(table.details_requested) as asked:
        qtbot.keyClick(table, Key.Key_F2)
    assert asked.args == [1, field]
    assert editor_of(table) is None


# -- copying -----------------------------------------------------------------------------------


def copied(qtbot: QtBot, table: IntegrationTable) -> str:
    clipboard = QGuiApplication.clipboard()
    clipboard.setText("nothing")
    qtbot.keyClick(table, Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: clipboard.text() != "nothing")
    return clipboard.text()


def test_one_cell_is_copied_exactly(
    qtbot: QtBot, catalog: Catalog, table: IntegrationTable
) -> None:
    text = 'a "quoted"\tlong ' + "x" * 5000
    add(catalog, {"name": text})
    show(qtbot, table)
    go_to(table, 0)
    assert copied(qtbot, table) == text


def test_cells_are_copied_as_shown_with_tabs_between(
    qtbot: QtBot, catalog: Catalog, table: IntegrationTable
) -> None:
    add(
        catalog,
        {"name": "a", "type": "with\ttab", "org_id": "o", "updated_at": 5},
        {"name": '"b"', "icon_url": "u"},
        {"name": "c"},
    )
    write(catalog, lambda edit: records.rename_organization(edit, org_id="o", name="Org"))
    show(qtbot, table)
    header = table.horizontalHeader()
    header.moveSection(header.visualIndex(PLACE["name"]), header.visualIndex(PLACE["organization"]))
    table.clearSelection()
    positions = {name_at(table, position): position for position in range(3)}
    for name in ("a", '"b"'):
        select(table, (positions[name], "name"), (positions[name], "organization"))
    select(table, (positions["c"], "type"), (positions["c"], "type"))
    assert copied(qtbot, table) == '\t\t"""b"""\n"with\ttab"\tOrg\ta\n\t\t'


def test_too_many_cells_are_not_copied_but_said(
    qtbot: QtBot, catalog: Catalog, table: IntegrationTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gui.table_copy.MOST_CELLS", 10)
    add_many(catalog, 9)
    show(qtbot, table)
    table.selectAll()
    with qtbot.waitSignal(table.said) as said:
        table.copy()
    assert "Export" in said.args[0]


def test_headers_have_names_for_a_screen_reader(table: IntegrationTable) -> None:
    assert table.horizontalHeader().accessibleName()
    assert table.verticalHeader().accessibleName()
