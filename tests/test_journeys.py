"""Whole journeys through the real window, as an admin would go them."""

from __future__ import annotations

import collections
import csv
import gzip
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication, QLabel, QMessageBox
from pytestqt.qtbot import QtBot

from db import csv_export, csv_import, records
from db.addresses import classify
from db.catalog import Catalog
from db.edits import EditSession
from db.replacement import Replacement
from gui import application, resources, theme
from gui.catalog_files import default_path
from gui.columns import PLACE
from gui.icon_facts import IconState
from gui.main_window import MainWindow
from gui.organization_actions import FieldsDialog
from gui.replace_dialog import ReplaceDialog
from gui.settings import Settings
from gui.workspace import Workspace
from tests.conftest import IconHost
from tests.icon_server import IconServer

Open = Callable[..., MainWindow]
LONG = 60_000
"""Milliseconds that an import of thousands of rows may take on a busy machine."""


@pytest.fixture
def open_window(qtbot: QtBot) -> Iterator[Open]:
    """Opens windows as the command does, and closes them."""
    windows: list[MainWindow] = []

    def open_one(path: Path | None = None, hosts: tuple[str, ...] = ()) -> MainWindow:
        window = application.make_window(hosts)
        windows.append(window)
        qtbot.addWidget(window)
        with qtbot.waitSignal(window.ready, timeout=LONG):
            window.open_first(path)
            window.show()
        window.activateWindow()
        qtbot.waitUntil(window.isActiveWindow)
        return window

    yield open_one
    for window in windows:
        window.close()
        qtbot.waitUntil(lambda window=window: not window.isVisible(), timeout=LONG)


def space(window: MainWindow) -> Workspace:
    assert window.workspace is not None
    return window.workspace


def names(window: MainWindow) -> list[str]:
    model = space(window).model
    return [model.index(row, PLACE["name"]).data() for row in range(model.rowCount())]


def search(qtbot: QtBot, window: MainWindow, words: str, count: int) -> None:
    field = space(window).search.field
    field.selectAll()
    qtbot.keyClicks(field, words)
    qtbot.waitUntil(
        lambda: not space(window).model.is_loading and space(window).shown == count, timeout=LONG
    )


def matches(path: Path, *words: str) -> int:
    """How many rows of a CSV file hold all words, told without the program."""
    with path.open(newline="", encoding="utf-8") as stream:
        return sum(
            all(
                any(word in row[key].lower() for key in ("name", "type", "orgId", "iconUrl", "id"))
                for word in words
            )
            for row in csv.DictReader(stream)
        )


def import_file(qtbot: QtBot, window: MainWindow, path: Path) -> None:
    """Put a file into the open catalogue the way the dialog does."""
    catalog = space(window).catalog
    reading = csv_import.Reading(path, catalog.path)
    staged = reading.future.result()
    csv_import.write(catalog, staged).result()
    reading.close()
    counts = staged.counts
    qtbot.waitUntil(lambda: space(window).shown == space(window).total >= counts.new, timeout=LONG)


def trigger(window: MainWindow, name: str) -> None:
    action = window.actions_by_name[name]
    assert action.isEnabled(), name
    action.trigger()


def test_first_start_offers_the_sample_and_shows_it(qtbot: QtBot, open_window: Open) -> None:
    window = open_window()
    page = space(window).empty
    assert page.isVisible()
    assert [button.text().replace("&", "") for button in page.buttons] == [
        "Import…",
        "Open Catalogue…",
        "Load the Sample Catalogue",
    ]
    page.buttons[2].click()
    qtbot.waitUntil(lambda: space(window).shown == 62, timeout=LONG)
    assert space(window).table.isVisible()
    found = space(window).organization_actions
    qtbot.waitUntil(lambda: len(found.overview.organizations) == 6)
    assert Settings().recent == [space(window).catalog.path]
    trigger(window, "undo")
    qtbot.waitUntil(page.isVisible, timeout=LONG)
    trigger(window, "redo")
    qtbot.waitUntil(space(window).table.isVisible, timeout=LONG)


def test_find_edit_undo_restart_undo_again(
    qtbot: QtBot, open_window: Open, shared: Path, tmp_path: Path
) -> None:
    path = tmp_path / "catalog.db"
    Catalog.create(path).close()
    window = open_window(path)
    import_file(qtbot, window, shared / "data/catalogs/nango.csv")
    assert space(window).shown == 981

    found = matches(shared / "data/catalogs/nango.csv", "github", "oauth")
    assert 0 < found < 10
    search(qtbot, window, "GITHUB oauth", found)
    table, model = space(window).table, space(window).model
    table.setCurrentIndex(model.index(0, PLACE["name"]))
    old = model.index(0, PLACE["name"]).data()
    qtbot.keyClick(table, Qt.Key.Key_F2)
    editor = QApplication.focusWidget()
    assert editor is not None
    qtbot.keyClicks(editor, "GitHub (renamed)")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.actions_by_name["undo"].text().endswith(f"Change Name of {old}"))
    assert names(window)[0] == "GitHub (renamed)"

    trigger(window, "undo")
    qtbot.waitUntil(lambda: old in names(window))
    trigger(window, "redo")
    qtbot.waitUntil(lambda: "GitHub (renamed)" in names(window))
    window.close()

    again = open_window()  # the last catalogue opens by itself
    assert space(again).catalog.path == path
    search(qtbot, again, "renamed", 1)
    trigger(again, "undo")
    qtbot.waitUntil(lambda: space(again).catalog.redo_label() is not None)
    trigger(again, "refresh")  # until then an edited row stays where it is
    qtbot.waitUntil(lambda: space(again).shown == 0)
    assert space(again).no_match.isVisible()
    assert "renamed" in space(again).no_match.sentence
    space(again).no_match.buttons[0].click()
    qtbot.waitUntil(lambda: space(again).shown == 981, timeout=LONG)
    trigger(again, "undo")  # the import itself
    qtbot.waitUntil(lambda: space(again).total == 0, timeout=LONG)


def test_import_then_export_gives_the_same_bytes(
    qtbot: QtBot, open_window: Open, shared: Path, tmp_path: Path
) -> None:
    source = shared / "data/catalogs/nango.csv"
    window = open_window()
    import_file(qtbot, window, source)
    target = tmp_path / "out.csv"
    exporting = csv_export.Exporting(space(window).catalog.path, target, csv_export.Matching())
    assert exporting.future.result(LONG / 1000).count == 981
    assert target.read_bytes() == source.read_bytes()


def test_the_whole_real_catalogue(
    qtbot: QtBot, open_window: Open, shared: Path, tmp_path: Path
) -> None:
    source = tmp_path / "real_catalog.csv"
    source.write_bytes(gzip.decompress((shared / "data/catalogs/real_catalog.csv.gz").read_bytes()))
    with source.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    ids = {row["id"] for row in rows}
    assert len(rows) == 19_139
    window = open_window()
    import_file(qtbot, window, source)
    assert space(window).shown == len(ids)
    assert space(window).total == len(ids)
    expected = {row["orgId"] for row in rows if row["orgId"]}
    assert {o.id for o in space(window).organization_actions.overview.organizations} == expected
    largest = collections.Counter(row["orgId"] for row in rows if row["orgId"])
    org_id = largest.most_common(1)[0][0]
    space(window).organizations.choose(org_id)
    first = {row["id"] for row in rows if row["orgId"] == org_id}
    qtbot.waitUntil(lambda: space(window).shown == len(first), timeout=LONG)


def test_icons_of_an_allowed_host_show_in_table_and_details(
    qtbot: QtBot, open_window: Open, icon_host: IconHost
) -> None:
    window = open_window(hosts=("127.0.0.1",))
    import_file(qtbot, window, icon_host.catalog)
    assert space(window).shown == 6_810
    found = matches(icon_host.catalog, "simple-icons:", "github")
    assert found
    search(qtbot, window, "simple-icons: github", found)
    table = space(window).table
    table.chosen.move_current(0)
    model = space(window).model
    url = model.index(0, PLACE["icon_url"]).data()
    assert url.startswith(icon_host.url)
    loader = window.loader
    assert loader is not None

    def is_svg() -> bool:
        facts = loader.facts(url)
        return facts is not None and facts.picture is not None and facts.picture.format == "svg"

    qtbot.waitUntil(is_svg, timeout=LONG)
    view = loader.icon(classify(url), 32)
    assert view.state is IconState.READY
    facts = space(window).details.preview.facts
    qtbot.waitUntil(lambda: facts["format"].text() == "SVG", timeout=LONG)
    assert space(window).details.preview.tools.url.text() == url


def test_a_base_url_shows_the_icons_of_relative_addresses(
    qtbot: QtBot, open_window: Open, tmp_path: Path
) -> None:
    with IconServer() as server:
        window = open_window(tmp_path / "catalog.db", hosts=("127.0.0.1",))
        values = {"id": "a", "name": "a", "icon_url": "png/red"}
        space(window).catalog.edit(
            "Add", lambda edit: records.add_integration(edit, values=values) and None
        ).result()
        qtbot.waitUntil(lambda: space(window).shown == 1, timeout=LONG)
        table = space(window).table
        view = table.viewport()

        def is_red() -> bool:
            rect = table.icon_rect(0)
            at = view.grab(rect).toImage().pixelColor(rect.width() // 2, rect.height() // 2)
            return at.red() > 200 > 100 > at.green()

        assert not is_red()
        assert not server.seen
        trigger(window, "base_url")
        dialog = window.findChild(FieldsDialog)
        assert dialog is not None
        dialog.edits[0].setText(f"{server.url}/")
        dialog.ok.click()
        qtbot.waitUntil(is_red, timeout=LONG)
        said = window.status.currentMessage()
        assert said == f"The base URL of the catalogue is {server.url}/ now"
        trigger(window, "undo")
        qtbot.waitUntil(lambda: not is_red(), timeout=LONG)


def test_edits_of_another_program_appear(qtbot: QtBot, open_window: Open, tmp_path: Path) -> None:
    window = open_window()
    trigger(window, "sample")
    qtbot.waitUntil(lambda: space(window).shown == 62, timeout=LONG)
    other = Catalog.open(space(window).catalog.path)
    other.edit(
        "elsewhere",
        lambda edit: records.add_integration(edit, values={"id": "x", "name": "From elsewhere"}),
    ).result()
    other.close()
    qtbot.waitUntil(lambda: "From elsewhere" in names(window), timeout=LONG)
    qtbot.waitUntil(lambda: space(window).total == 63)


def test_new_duplicate_delete_by_keyboard(qtbot: QtBot, open_window: Open) -> None:
    window = open_window()
    trigger(window, "sample")
    qtbot.waitUntil(lambda: space(window).shown == 62, timeout=LONG)
    trigger(window, "new")
    qtbot.waitUntil(lambda: space(window).shown == 63, timeout=LONG)
    name = space(window).details.form.editors["name"].input
    qtbot.waitUntil(lambda: QApplication.focusWidget() is name, timeout=LONG)
    assert space(window).details.heading == "New integration"
    trigger(window, "duplicate")
    qtbot.waitUntil(lambda: space(window).shown == 64, timeout=LONG)
    assert names(window).count("New integration") == 2
    space(window).table.setFocus()
    qtbot.keyClick(space(window).table, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: space(window).shown == 63, timeout=LONG)
    for _ in range(3):
        trigger(window, "undo")
        qtbot.waitUntil(lambda: not space(window).model.is_loading)
    qtbot.waitUntil(lambda: space(window).shown == 62, timeout=LONG)


def test_a_click_on_a_heading_sorts_and_selects_nothing(qtbot: QtBot, open_window: Open) -> None:
    window = open_window()
    trigger(window, "sample")
    qtbot.waitUntil(lambda: space(window).shown == 62, timeout=LONG)
    table = space(window).table
    table.chosen.move_current(5)
    pk = table.chosen.current_pk
    header = table.horizontalHeader()
    x = header.sectionViewportPosition(PLACE["type"]) + 30
    with qtbot.waitSignal(space(window).model.loaded):
        qtbot.mouseClick(
            header.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(x, header.height() // 2)
        )
    assert [key.column for key in table.sort] == ["type"]
    assert table.chosen.count <= 1
    assert table.chosen.current_pk == pk


def test_after_a_deletion_the_next_row_is_chosen(qtbot: QtBot, open_window: Open) -> None:
    window = open_window()
    trigger(window, "sample")
    qtbot.waitUntil(lambda: space(window).shown == 62, timeout=LONG)
    table = space(window).table
    table.setCurrentIndex(space(window).model.index(3, PLACE["name"]))
    before = names(window)
    trigger(window, "delete")
    qtbot.waitUntil(lambda: space(window).shown == 61, timeout=LONG)
    assert table.chosen.current_row == 3
    assert names(window)[3] == before[4]
    qtbot.waitUntil(lambda: space(window).details.heading == before[4])


def test_a_read_only_file_says_so_and_offers_no_edits(
    qtbot: QtBot, open_window: Open, tmp_path: Path
) -> None:
    path = tmp_path / "catalog.db"
    catalog = Catalog.create(path)
    reading = csv_import.Reading(resources.SAMPLE, path)
    csv_import.write(catalog, reading.future.result()).result()
    reading.close()
    catalog.close()
    path.chmod(0o444)
    window = open_window(path)
    qtbot.waitUntil(lambda: space(window).shown == 62, timeout=LONG)
    assert any(label.text() == "Read-only" for label in window.status.findChildren(QLabel))
    for name in ("new", "delete", "duplicate", "import", "undo"):
        assert not window.actions_by_name[name].isEnabled()


def test_a_file_that_is_no_catalogue_gets_a_sentence(
    qtbot: QtBot, open_window: Open, tmp_path: Path
) -> None:
    window = open_window()
    before = space(window).catalog.path
    path = tmp_path / "notes.db"
    path.write_text("not a database, just some notes " * 100)
    with qtbot.waitSignal(window.files.failed):
        window.files.open(path)
    box = window.findChild(QMessageBox)
    assert box is not None
    assert "is not a catalogue of Integration Icons" in box.text()
    box.close()
    assert space(window).catalog.path == before  # what was open stays open


def test_nothing_typed_is_lost_when_the_window_closes(qtbot: QtBot, open_window: Open) -> None:
    window = open_window()
    trigger(window, "sample")
    qtbot.waitUntil(lambda: space(window).shown == 62, timeout=LONG)
    space(window).table.chosen.move_current(1)
    form = space(window).details.form
    qtbot.waitUntil(lambda: space(window).details.pk is not None)
    metadata, name = form.editors["metadata"].input, form.editors["name"].input
    metadata.setFocus()
    qtbot.keyClick(metadata, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClicks(metadata, "{not json")
    window.close()
    assert window.isVisible()  # it asks first
    box = window.findChild(QMessageBox)
    assert box is not None
    assert "line 1" in box.informativeText()
    next(b for b in box.buttons() if b.text() == "Go Back to It").click()
    assert form.changes().keys() == {"metadata"} or form.has_errors

    window.close()
    box = window.findChildren(QMessageBox)[-1]
    next(b for b in box.buttons() if b.text() == "Discard It").click()
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=LONG)

    again = open_window()
    qtbot.waitUntil(lambda: space(again).shown == 62, timeout=LONG)
    space(again).table.chosen.move_current(1)
    qtbot.waitUntil(lambda: space(again).details.pk is not None)
    name = space(again).details.form.editors["name"].input
    name.setFocus()
    qtbot.keyClick(name, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClicks(name, "Typed at the end")
    again.close()  # what can be stored is stored, and waited for
    qtbot.waitUntil(lambda: not again.isVisible(), timeout=LONG)
    catalog = Catalog.open(default_path())
    found = catalog.reader("names").request(
        lambda c: c.execute("SELECT count(*) FROM integration WHERE name='Typed at the end'").get
    )
    assert found.result() == 1
    catalog.close()


def test_a_cell_editor_that_is_open_is_stored_on_closing(qtbot: QtBot, open_window: Open) -> None:
    window = open_window()
    trigger(window, "sample")
    qtbot.waitUntil(lambda: space(window).shown == 62, timeout=LONG)
    table, model = space(window).table, space(window).model
    table.setCurrentIndex(model.index(0, PLACE["name"]))
    table.edit_current()
    editor = QApplication.focusWidget()
    assert editor is not None
    qtbot.keyClicks(editor, "Typed in the cell")
    window.close()
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=LONG)
    catalog = Catalog.open(default_path())
    assert catalog.undo_label() is not None
    assert catalog.undo_label().startswith("Change Name of ")
    catalog.close()


def test_tooltips_of_undo_are_plain_text(qtbot: QtBot, open_window: Open) -> None:
    window = open_window()
    evil = "<img src='/dev/zero'>"
    space(window).catalog.edit(
        evil, lambda edit: records.add_integration(edit, values={"id": "x", "name": evil})
    ).result()
    undo = window.actions_by_name["undo"]
    qtbot.waitUntil(lambda: "img" in undo.text())
    assert "<img" not in undo.toolTip()
    assert "&lt;img" in undo.toolTip()


def test_a_missing_file_is_named_and_the_own_catalogue_opens_instead(
    qtbot: QtBot, open_window: Open, tmp_path: Path
) -> None:
    window = open_window(tmp_path / "gone.db")
    box = window.findChild(QMessageBox)
    assert box is not None
    assert "There is no file" in box.text()
    box.close()
    qtbot.waitUntil(lambda: window.workspace is not None and space(window).empty.isVisible())
    assert space(window).catalog.path == default_path()


def test_a_host_is_allowed_in_the_details_and_then_the_network_is_left(
    qtbot: QtBot, open_window: Open, tmp_path: Path
) -> None:
    Settings().load_icons = "allowed"
    with IconServer() as server:
        window = open_window(tmp_path / "catalog.db")

        def add_two(edit: EditSession) -> None:
            for name in ("blue", "red"):
                values = {"name": name, "icon_url": f"{server.url}/png/{name}"}
                records.add_integration(edit, values={"id": name, **values})

        space(window).catalog.edit("Add", add_two).result()
        table, preview = space(window).table, space(window).details.preview
        qtbot.waitUntil(lambda: space(window).shown == 2, timeout=LONG)
        table.selectRow(0)
        qtbot.waitUntil(lambda: preview.state is IconState.WITHHELD, timeout=LONG)
        assert preview.allow_action in table.actions()
        assert not server.seen
        trigger(window, "work_offline")
        assert "Offline" in {label.text() for label in window.status.findChildren(QLabel)}
        assert preview.allow_action.isVisible()
        preview.allow_action.trigger()
        qtbot.waitUntil(lambda: preview.state is IconState.OFFLINE, timeout=LONG)
        assert Settings().allowed_hosts == ["127.0.0.1"]
        assert not server.seen
        trigger(window, "work_offline")
        qtbot.waitUntil(lambda: preview.state is IconState.READY, timeout=LONG)
        assert server.seen
        assert "Offline" not in {label.text() for label in window.status.findChildren(QLabel)}

        icon = table.icon_rect(0)
        plate = QColor(theme.STAGE_LIGHT)

        def stands_on_plate() -> bool:
            image = table.viewport().grab(icon).toImage()
            spots = [(x, y) for x in range(image.width()) for y in range(image.height())]
            return any(image.pixelColor(x, y) == plate for x, y in spots)

        qtbot.waitUntil(stands_on_plate, timeout=LONG)
        trigger(window, "show_large")
        assert preview.dialog is not None
        qtbot.waitUntil(preview.dialog.isVisible)
        preview.dialog.close()


def test_many_are_put_right_and_every_step_is_taken_back(qtbot: QtBot, open_window: Open) -> None:
    window = open_window()
    trigger(window, "sample")
    qtbot.waitUntil(lambda: space(window).shown == 62, timeout=LONG)
    catalog = space(window).catalog

    def types() -> list[object]:
        connection = catalog.connect_here(5000)
        try:
            found = connection.execute("SELECT type FROM integration ORDER BY pk").fetchall()
        finally:
            connection.close()
        return [row[0] for row in found]

    before = types()
    trigger(window, "replace")
    qtbot.waitUntil(
        lambda: isinstance(QApplication.activeModalWidget(), ReplaceDialog), timeout=LONG
    )
    dialog = QApplication.activeModalWidget()
    assert isinstance(dialog, ReplaceDialog)
    dialog.show_replacement(Replacement(("type",), "whole", "chat", "messaging"))
    qtbot.waitUntil(dialog.replace_button.isEnabled, timeout=LONG)
    with qtbot.waitSignal(dialog.finished, timeout=LONG):
        dialog.replace_button.click()
    after = types()
    assert after == ["messaging" if value == "chat" else value for value in before]
    search(qtbot, window, "messaging", after.count("messaging"))
    trigger(window, "select_all")
    pages = space(window).details_pages
    qtbot.waitUntil(
        lambda: pages.many is not None and "Change" in pages.many.apply_button.text(), timeout=LONG
    )
    assert pages.many is not None
    pages.many.editors["updated_by"].fill("the team")
    with qtbot.waitSignal(pages.many.applied, timeout=LONG):
        pages.many.apply()
    label = f"Change Updated by: {after.count('messaging')} integrations"
    assert catalog.undo_label() == label
    for _ in range(2):
        told = catalog.undo_label()
        trigger(window, "undo")
        qtbot.waitUntil(lambda told=told: catalog.undo_label() != told, timeout=LONG)
    assert types() == before
