"""The gallery beside the table, over the same rows and with the same selection."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QAccessible, QColor, QGuiApplication, QImage, QPixmap, QWheelEvent
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from db import records
from db.addresses import Address
from db.catalog import Catalog, EditSession
from db.fields import Value
from db.order import OrderSpec, SortKey
from gui import application
from gui.columns import PLACE
from gui.gallery_grid import SIZES, Grid
from gui.gallery_view import IntegrationGallery
from gui.icon_facts import IconState, IconView
from gui.main_window import MainWindow
from gui.row_views import RowViews
from gui.table_model import IntegrationTableModel
from gui.table_view import IntegrationTable
from gui.workspace import Workspace
from tests.test_table_view import Icons as TableIcons

Key = Qt.Key
LONG = 4_000
"""Milliseconds that a busy machine may take."""
GREEN = QColor("#00ff00")
WIDTH, HEIGHT = 620, 500


class Icons(TableIcons):
    """Icons that come when the test says so; a small one is at hand for those that are drawn."""

    def __init__(self) -> None:
        super().__init__()
        self.sizes: set[int] = set()
        self.at_hand: QPixmap | None = None
        self.drawing: set[str] = set()

    def icon(self, address: Address, size: int, ratio: float = 1.0) -> IconView:
        self.sizes.add(size)
        if address.url in self.drawing:
            return IconView(IconState.READY)
        return super().icon(address, size, ratio)

    def nearest(self, address: Address, size: int, ratio: float = 1.0) -> QPixmap | None:
        return self.at_hand


class Shown:
    """A gallery with its table, of which it is the second view."""

    def __init__(self, catalog: Catalog, qtbot: QtBot) -> None:
        self.model = IntegrationTableModel(catalog)
        self.table = IntegrationTable(self.model)
        self.gallery = IntegrationGallery(self.model, self.table.chosen)
        self.table.place.view = self.gallery
        self.qtbot = qtbot
        for widget in (self.table, self.gallery):
            qtbot.addWidget(widget)
        self.gallery.resize(WIDTH, HEIGHT)
        with qtbot.waitExposed(self.gallery):
            self.gallery.show()
        self.gallery.setFocus()

    def ask(self, spec: OrderSpec | None = None) -> None:
        with self.qtbot.waitSignal(self.model.loaded):
            self.model.set_spec(spec or OrderSpec())

    @property
    def columns(self) -> int:
        line = self.gallery.fontMetrics().height()
        width = self.gallery.viewport().width()
        return Grid.of(1, self.gallery.icon_size, line, width).columns

    def press(self, key: Qt.Key, modifier: Qt.KeyboardModifier | None = None) -> None:
        self.qtbot.keyClick(self.gallery, key, modifier or Qt.KeyboardModifier.NoModifier)

    def click(self, position: int, modifier: Qt.KeyboardModifier | None = None) -> None:
        self.qtbot.mouseClick(
            self.gallery.viewport(),
            Qt.MouseButton.LeftButton,
            modifier or Qt.KeyboardModifier.NoModifier,
            self.centre(position),
        )

    def centre(self, position: int) -> QPoint:
        return self.gallery.visualRect(self.model.index(position, 1)).center()

    def editor(self) -> QLineEdit:
        found = self.gallery.viewport().findChild(QLineEdit)
        assert isinstance(found, QLineEdit)
        return found

    def picture(self) -> QImage:
        return self.gallery.viewport().grab().toImage()


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    opened = Catalog.create(tmp_path / "catalog.icons")
    yield opened
    opened.close()


@pytest.fixture
def shown(catalog: Catalog, qtbot: QtBot) -> Iterator[Shown]:
    made = Shown(catalog, qtbot)
    yield made
    made.model.close()


@pytest.fixture
def many(catalog: Catalog, shown: Shown) -> Shown:
    """200 rows, n0000 to n0199."""
    add(catalog, *({"name": f"n{number:04}", "org_id": "acme"} for number in range(200)))
    shown.ask()
    return shown


def add(catalog: Catalog, *rows: dict[str, Value]) -> None:
    def body(session: EditSession) -> None:
        for number, values in enumerate(rows):
            records.add_integration(session, values={"id": f"id-{number}", **values})

    catalog.edit("test", body).result(10)


# -- places ------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("width", [60, 200, 620, 1900])
def test_each_cell_is_found_where_it_is_painted(size: int, width: int) -> None:
    grid = Grid.of(1_000_000, size, 17, width)
    for position in (0, 1, 7, 999_999, 123_456):
        middle = grid.cell(position, 0).center()
        assert grid.position(middle.x(), middle.y()) == position
        first, last = grid.between(middle.y(), middle.y())
        assert first <= position <= last
    assert grid.cell(0, 0).right() < max(width, grid.cell_width + 9)


def test_a_grid_higher_than_an_int_is_scrolled_to_its_end() -> None:
    grid = Grid.of(50_000_000, 256, 17, 300)
    assert grid.height > 2**31
    assert grid.height / grid.step < 2**31
    last = grid.cell(grid.total - 1, grid.height - 600)
    assert 0 <= last.top() < last.bottom() < 600


def test_the_last_row_is_reached_and_the_first_again(many: Shown) -> None:
    many.press(Key.Key_End)
    assert many.table.chosen.current_row == 199
    last = many.gallery.visualRect(many.model.index(199, 1))
    assert many.gallery.viewport().rect().contains(last)
    many.press(Key.Key_Home)
    assert many.gallery.verticalOffset() <= many.gallery.visualRect(many.model.index(0, 1)).height()
    assert many.gallery.first_visible() == 0


def test_the_first_visible_row_stays_when_the_icons_grow_and_shrink(many: Shown) -> None:
    many.gallery.go_to_top(60 // many.columns * many.columns, 0)
    first = many.gallery.first_visible()
    for size in (256, 32, 128, 64):
        many.gallery.zoom(size)
        top = many.gallery.first_visible()
        assert top <= first < top + many.columns
    assert many.gallery.first_visible() == first


def test_the_first_visible_row_stays_when_the_view_gets_another_width(many: Shown) -> None:
    many.gallery.go_to_top(60 // many.columns * many.columns, 0)
    first = many.gallery.first_visible()
    many.gallery.resize(330, HEIGHT)
    top = many.gallery.first_visible()
    assert top <= first < top + many.columns


def test_ctrl_and_the_wheel_zooms(many: Shown) -> None:
    sizes: list[int] = []
    many.gallery.zoomed.connect(sizes.append)
    for turn in (120, 60, 60, -120):
        wheel(many.gallery, turn, Qt.KeyboardModifier.ControlModifier)
    assert sizes == [96, 128, 96]
    assert many.gallery.verticalOffset() == 0
    wheel(many.gallery, -120, Qt.KeyboardModifier.NoModifier)
    assert many.gallery.verticalOffset() > 0
    assert sizes == [96, 128, 96]


def wheel(gallery: IntegrationGallery, turn: int, modifier: Qt.KeyboardModifier) -> None:
    at = QPointF(gallery.viewport().rect().center())
    event = QWheelEvent(
        at,
        QPointF(gallery.viewport().mapToGlobal(at.toPoint())),
        QPoint(),
        QPoint(0, turn),
        Qt.MouseButton.NoButton,
        modifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(gallery.viewport(), event)


def test_other_rows_keep_the_current_one_and_the_place(many: Shown, catalog: Catalog) -> None:
    many.gallery.go_to_top(60 // many.columns * many.columns, 0)
    first = many.gallery.first_visible()
    name = many.model.index(first, PLACE["name"]).data()
    many.click(first + 1)
    chosen = many.table.chosen.current_pk
    with many.qtbot.waitSignal(many.model.loaded):
        many.model.reload()
    assert many.table.chosen.current_pk == chosen
    assert many.table.chosen.ranges == [(first + 1, first + 1)]
    assert many.model.index(many.gallery.first_visible(), PLACE["name"]).data() == name
    many.ask(OrderSpec(sort=(SortKey("name", descending=True),)))
    assert many.table.chosen.current_pk == chosen
    assert many.gallery.is_in_sight(many.gallery.currentIndex())


# -- keys and selection ------------------------------------------------------------------------


def test_the_arrows_walk_through_the_grid(many: Shown) -> None:
    columns = many.columns
    assert columns > 2
    many.click(0)
    walk = []
    for key in (
        Key.Key_Right,
        Key.Key_Down,
        Key.Key_Left,
        Key.Key_Left,
        Key.Key_Up,
        Key.Key_Up,
    ):
        many.press(key)
        walk.append(many.table.chosen.current_row)
    assert walk == [1, columns + 1, columns, columns - 1, columns - 1, columns - 1]
    assert many.table.chosen.ranges == [(columns - 1, columns - 1)]


def test_down_from_the_line_before_the_last_reaches_the_last(
    catalog: Catalog, shown: Shown
) -> None:
    count = shown.columns + 1
    add(catalog, *({"name": f"n{number}"} for number in range(count)))
    shown.ask()
    shown.click(shown.columns - 1)
    shown.press(Key.Key_Down)
    assert shown.table.chosen.current_row == count - 1
    shown.press(Key.Key_Down)
    assert shown.table.chosen.current_row == count - 1


def test_a_page_is_what_is_in_sight(many: Shown) -> None:
    many.click(0)
    many.press(Key.Key_PageDown)
    row = many.table.chosen.current_row
    assert row > 0
    assert row % many.columns == 0
    many.press(Key.Key_PageUp)
    assert many.table.chosen.current_row == 0


def test_shift_selects_all_rows_between_and_ctrl_single_ones(many: Shown) -> None:
    columns = many.columns
    many.click(1)
    many.press(Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    assert many.table.chosen.ranges == [(1, columns + 1)]
    many.press(Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    assert many.table.chosen.ranges == [(1, columns)]
    many.click(0, Qt.KeyboardModifier.ControlModifier)
    many.click(3, Qt.KeyboardModifier.ControlModifier)
    assert 3 not in rows_of(many)
    assert 0 in rows_of(many)
    many.click(2)
    many.click(columns, Qt.KeyboardModifier.ShiftModifier)
    assert many.table.chosen.ranges == [(2, columns)]


def rows_of(shown: Shown) -> set[int]:
    return {row for first, last in shown.table.chosen.ranges for row in range(first, last + 1)}


def test_a_band_selects_what_it_touches(many: Shown) -> None:
    viewport, left = many.gallery.viewport(), Qt.MouseButton.LeftButton
    many.qtbot.mousePress(viewport, left, pos=many.centre(0))
    many.qtbot.mouseMove(viewport, many.centre(1))
    target = many.centre(many.columns + 1)
    many.qtbot.mouseMove(viewport, target)
    banded = many.picture()
    many.qtbot.mouseRelease(viewport, left, pos=target)
    assert rows_of(many) == {0, 1, many.columns, many.columns + 1}
    assert many.picture() != banded


def test_all_rows_are_selected_whole(many: Shown) -> None:
    many.press(Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert many.table.chosen.count == 200
    many.click(4)
    assert many.table.selectionModel().isRowSelected(4)
    assert many.table.chosen.ranges == [(4, 4)]


def test_delete_and_copy_are_asked_for(many: Shown) -> None:
    many.click(0)
    with many.qtbot.waitSignal(many.gallery.delete_requested):
        many.press(Key.Key_Delete)
    with many.qtbot.waitSignal(many.gallery.copy_requested):
        many.press(Key.Key_C, Qt.KeyboardModifier.ControlModifier)


# -- editing -----------------------------------------------------------------------------------


@pytest.mark.parametrize("key", [Key.Key_F2, Key.Key_Return])
def test_a_caption_is_edited_where_it_stands(many: Shown, key: Qt.Key) -> None:
    many.table.setCurrentIndex(many.model.index(3, PLACE["type"]))
    many.press(key)
    editor = many.editor()
    cell = many.gallery.visualRect(many.model.index(3, 1))
    assert editor.text() == "n0003"
    assert cell.top() + 64 < editor.geometry().center().y() < cell.bottom()
    assert editor.geometry().left() <= cell.center().x() <= editor.geometry().right()
    editor.setText("")
    many.qtbot.keyClicks(editor, "other")
    with many.qtbot.waitSignal(many.model.edit_requested) as asked:
        many.qtbot.keyClick(editor, Key.Key_Return)
    assert asked.args[1:] == ["name", "other"]


def test_a_double_click_edits_and_escape_keeps_what_was_there(many: Shown) -> None:
    many.click(2)
    many.qtbot.mouseDClick(many.gallery.viewport(), Qt.MouseButton.LeftButton, pos=many.centre(2))
    editor = many.editor()
    many.qtbot.keyClicks(editor, "dropped")
    many.qtbot.keyClick(editor, Key.Key_Escape)
    assert many.model.index(2, PLACE["name"]).data() == "n0002"


def test_the_editor_of_a_small_icon_at_the_edge_is_wide_and_inside(many: Shown) -> None:
    many.gallery.zoom(32)
    many.click(many.columns - 1)
    many.press(Key.Key_F2)
    box = many.editor().geometry()
    assert box.width() >= 200
    assert many.gallery.viewport().rect().contains(box)


def test_a_refused_name_is_offered_again(many: Shown) -> None:
    pk = many.model.pk_at(2)
    assert pk is not None
    many.gallery.edit_again(pk, "name", "refused")
    assert many.editor().text() == "refused"
    many.qtbot.keyClick(many.editor(), Key.Key_Escape)


def test_a_refused_text_of_another_field_is_left_to_the_details(many: Shown) -> None:
    pk = many.model.pk_at(2)
    assert pk is not None
    with many.qtbot.waitSignal(many.gallery.text_left) as left:
        many.gallery.edit_again(pk, "type", "refused")
    assert left.args == [pk, "type", "refused"]


# -- painting and icons ------------------------------------------------------------------------


def test_icons_are_asked_for_in_the_size_shown_and_painted_when_they_come(
    catalog: Catalog, shown: Shown
) -> None:
    icons = Icons()
    add(catalog, *({"name": f"n{n}", "icon_url": f"https://h.test/{n}.png"} for n in range(3)))
    shown.gallery.set_loader(icons)
    shown.ask()
    shown.gallery.zoom(128)
    shown.qtbot.waitUntil(lambda: len(icons.wanted) == 3)
    middle = shown.gallery.visualRect(shown.model.index(1, 1)).topLeft()
    middle += QPoint(shown.gallery.visualRect(shown.model.index(1, 1)).width() // 2, 72)
    assert shown.picture().pixelColor(middle) != GREEN
    icons.come("https://h.test/1.png")
    assert shown.picture().pixelColor(middle) == GREEN
    assert 128 in icons.sizes


def test_a_smaller_picture_stands_in_for_one_that_is_being_drawn(
    catalog: Catalog, shown: Shown
) -> None:
    icons = Icons()
    icons.at_hand = QPixmap(24, 24)
    icons.at_hand.fill(GREEN)
    icons.drawing = {"https://h.test/0.png"}
    add(catalog, {"name": "n", "icon_url": "https://h.test/0.png"})
    shown.gallery.set_loader(icons)
    shown.ask()
    cell = shown.gallery.visualRect(shown.model.index(0, 1))
    assert shown.picture().pixelColor(cell.center().x(), cell.top() + 40) == GREEN


def test_the_selection_is_seen_whichever_column_it_is_in(many: Shown) -> None:
    plain = many.picture()
    chooser = many.table.selectionModel()
    chooser.select(many.model.index(1, PLACE["type"]), chooser.SelectionFlag.Select)
    chosen = many.picture()
    cell = many.gallery.visualRect(many.model.index(1, 1))
    corner = QPoint(cell.center().x(), cell.top() + 4)
    assert chosen.pixelColor(corner) == many.gallery.palette().highlight().color()
    assert plain.pixelColor(corner) != chosen.pixelColor(corner)


def test_words_tell_name_organization_and_state(catalog: Catalog, shown: Shown) -> None:
    shown.gallery.set_loader(Icons())
    add(catalog, {"name": "<b>bold</b>", "org_id": "acme"})
    shown.ask()
    assert shown.gallery.words(0).splitlines() == ["<b>bold</b>", "acme", "No icon"]


def test_a_screen_reader_hears_the_current_row(many: Shown) -> None:
    many.click(0)
    many.press(Key.Key_Right)
    interface = QAccessible.queryAccessibleInterface(many.gallery)
    assert interface.text(QAccessible.Text.Description).splitlines() == ["n0001", "acme"]


def test_a_screen_reader_hears_how_an_icon_is(catalog: Catalog, shown: Shown) -> None:
    shown.table.set_loader(Icons())
    add(catalog, {"name": "n"})
    shown.ask()
    index = shown.model.index(0, PLACE["name"])
    assert index.data(Qt.ItemDataRole.AccessibleDescriptionRole) == "No icon"


# -- in the window -----------------------------------------------------------------------------

Open = Callable[[Path], MainWindow]


@pytest.fixture
def open_window(qtbot: QtBot) -> Open:
    def close(window: MainWindow) -> None:
        qtbot.waitUntil(window.close, timeout=LONG)

    def open_one(path: Path) -> MainWindow:
        window = application.make_window(())
        qtbot.addWidget(window, before_close_func=close)
        with qtbot.waitSignal(window.ready, timeout=LONG):
            window.open_first(path)
            window.show()
        window.activateWindow()
        qtbot.waitUntil(window.isActiveWindow)
        return window

    return open_one


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path / "window.db"
    catalog = Catalog.create(found)
    dates = {"created_at": "2026-03-04", "updated_at": "2026-03-04"}
    rows = ({"name": f"n{n:03}", "type": "s3", "creator": "admin", **dates} for n in range(300))
    add(catalog, *rows)
    catalog.close()
    return found


def space_of(window: MainWindow) -> Workspace:
    assert window.workspace is not None
    return window.workspace


def gallery_of(window: MainWindow) -> IntegrationGallery:
    view = views_of(window).current
    assert isinstance(view, IntegrationGallery)
    return view


def views_of(window: MainWindow) -> RowViews:
    return space_of(window).views


def test_the_gallery_is_not_made_before_it_is_shown(open_window: Open, path: Path) -> None:
    window = open_window(path)
    assert views_of(window).pane is None
    window.actions_by_name["show_gallery"].trigger()
    assert gallery_of(window).isVisible()
    assert not space_of(window).table.isVisible()
    window.actions_by_name["show_table"].trigger()
    assert space_of(window).table.isVisible()


def test_both_views_keep_place_selection_and_current_row(open_window: Open, path: Path) -> None:
    window = open_window(path)
    space = space_of(window)
    space.table.go_to_top(100, 0)
    space.table.chosen.move_current(103)
    space.table.go_to_top(100, 0)
    chosen = space.table.chosen.current_pk
    window.actions_by_name["show_gallery"].trigger()
    gallery = gallery_of(window)
    first, last = gallery.visible_rows()
    assert first <= 100 <= last
    assert space.table.chosen.current_pk == chosen
    gallery.go_to_top(200, 0)
    top = gallery.first_visible()
    window.actions_by_name["show_table"].trigger()
    assert space.table.top()[0] == top
    assert space.table.chosen.current_pk == chosen


@pytest.mark.parametrize("name", ["show_gallery", "show_table"])
def test_the_current_row_is_shown_when_the_search_was_cleared(
    open_window: Open, path: Path, qtbot: QtBot, name: str
) -> None:
    window = open_window(path)
    space = space_of(window)
    other = "show_table" if name == "show_gallery" else "show_gallery"
    window.actions_by_name[other].trigger()
    search(space, "n25", qtbot)
    space.table.chosen.move_current(1)
    qtbot.waitUntil(lambda: space.table.chosen.current_pk is not None, timeout=LONG)
    chosen = space.table.chosen.current_pk
    search(space, "", qtbot)
    window.actions_by_name[name].trigger()
    view = views_of(window).current
    assert space.table.chosen.current_pk == chosen
    assert space.table.chosen.current_row > 200
    qtbot.waitUntil(lambda: view.is_in_sight(view.currentIndex()), timeout=LONG)


def search(space: Workspace, words: str, qtbot: QtBot) -> None:
    with qtbot.waitSignal(space.model.loaded, timeout=LONG):
        space.search.field.setText(words)


def test_a_current_row_in_sight_stays_in_sight_in_the_other_view(
    open_window: Open, path: Path
) -> None:
    window = open_window(path)
    window.resize(1280, 800)
    space = space_of(window)
    window.actions_by_name["show_gallery"].trigger()
    gallery = gallery_of(window)
    gallery.zoom(32)
    gallery.go_to_top(0, 0)
    last = gallery.visible_rows()[1] - gallery.visible_rows()[0]
    space.table.chosen.move_current(last - space.table.chosen.current_row)
    gallery.go_to_top(0, 0)
    window.actions_by_name["show_table"].trigger()
    assert space.table.chosen.current_row == last
    assert space.table.visible_rows()[0] > 0
    assert space.table.is_in_sight(space.table.currentIndex())


def test_view_and_zoom_come_back(open_window: Open, path: Path, qtbot: QtBot) -> None:
    window = open_window(path)
    window.actions_by_name["show_gallery"].trigger()
    gallery_of(window).zoom(128)
    qtbot.waitUntil(window.close, timeout=LONG)
    again = open_window(path)
    assert gallery_of(again).icon_size == 128
    assert again.actions_by_name["show_gallery"].isChecked()


def test_a_name_is_changed_deleted_and_brought_back_in_the_gallery(
    open_window: Open, path: Path, qtbot: QtBot
) -> None:
    window = open_window(path)
    space = space_of(window)
    window.actions_by_name["show_gallery"].trigger()
    gallery = gallery_of(window)
    gallery.setFocus()
    qtbot.keyClick(gallery, Key.Key_Home)
    qtbot.keyClick(gallery, Key.Key_F2)
    editor = gallery.viewport().findChild(QLineEdit)
    qtbot.keyClicks(editor, "aaa")
    qtbot.keyClick(editor, Key.Key_Return)
    qtbot.waitUntil(lambda: "Change" in str(space.catalog.undo_label()), timeout=LONG)
    assert space.model.index(0, PLACE["name"]).data() == "aaa"
    qtbot.keyClick(gallery, Key.Key_Delete)
    qtbot.waitUntil(lambda: space.shown == 299, timeout=LONG)
    space.record_actions.undo()
    qtbot.waitUntil(lambda: space.shown == 300, timeout=LONG)
    assert space.model.index(0, PLACE["name"]).data() == "aaa"


def test_the_gallery_copies_what_the_table_shows(
    open_window: Open, path: Path, qtbot: QtBot
) -> None:
    window = open_window(path)
    window.actions_by_name["show_gallery"].trigger()
    gallery = gallery_of(window)
    gallery.setFocus()
    QGuiApplication.clipboard().clear()
    cell = gallery.visualRect(space_of(window).model.index(0, PLACE["name"]))
    qtbot.mouseClick(gallery.viewport(), Qt.MouseButton.LeftButton, pos=cell.center())
    qtbot.keyClick(gallery, Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: "n000\ts3" in QGuiApplication.clipboard().text(), timeout=LONG)


def test_the_sort_menu_and_the_header_are_one(open_window: Open, path: Path, qtbot: QtBot) -> None:
    window = open_window(path)
    space = space_of(window)
    window.actions_by_name["show_gallery"].trigger()
    pane = views_of(window).pane
    assert pane is not None
    with qtbot.waitSignal(space.model.loaded, timeout=LONG):
        choose(pane.sort_button.menu().actions(), "Descending")
    assert space.table.sort == (SortKey("name", descending=True),)
    assert space.model.index(0, PLACE["name"]).data() == "n299"
    with qtbot.waitSignal(space.model.loaded, timeout=LONG):
        space.table.sort_by("type")
    assert "Type" in pane.sort_button.text()


def choose(actions: Sequence[object], text: str) -> None:
    for action in actions:
        if action.text().replace("&", "") == text:  # type: ignore[attr-defined]
            action.trigger()  # type: ignore[attr-defined]
            return
    raise AssertionError(text)


def test_pages_without_rows_are_the_same(open_window: Open, path: Path, qtbot: QtBot) -> None:
    window = open_window(path)
    space = space_of(window)
    window.actions_by_name["show_gallery"].trigger()
    space.search.field.setText("nothing like it")
    qtbot.waitUntil(space.no_match.isVisible, timeout=LONG)
    space.no_match.buttons[0].click()
    qtbot.waitUntil(lambda: gallery_of(window).isVisible(), timeout=LONG)
