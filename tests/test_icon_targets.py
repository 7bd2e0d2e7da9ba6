"""Icons that are dropped, pasted or chosen in the real window."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QUrl
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit, QMessageBox
from pytestqt.qtbot import QtBot

from db import records
from db.catalog import Catalog
from db.edits import EditSession
from gui import application
from gui.columns import PLACE
from gui.main_window import MainWindow
from gui.workspace import Workspace
from tests.drops import drag, drop, leave
from tests.icon_server import GOOD_SVG

LONG = 30_000
ADDRESS = "http://127.0.0.1:9/logo.svg"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A catalogue of Alpha, Beta & Co and Gamma, with the pks 1 to 3."""
    found = tmp_path / "catalog.db"
    catalog = Catalog.create(found)

    def body(edit: EditSession) -> None:
        for name in ("Alpha", "Beta & Co", "Gamma"):
            values = {"name": name, "type": "s3", "org_id": "acme", "icon_url": "old.svg"}
            dates = {"creator": "admin", "created_at": "2026-03-04", "updated_at": "2026-03-04"}
            records.add_integration(edit, values={**values, **dates})

    catalog.edit("rows", body).result()
    catalog.close()
    return found


@pytest.fixture
def window(path: Path, qtbot: QtBot) -> MainWindow:
    def close(window: MainWindow) -> None:
        if window.workspace is not None:
            window.workspace.details.form.revert()
        qtbot.waitUntil(window.close, timeout=LONG)

    found = application.make_window(())
    qtbot.addWidget(found, before_close_func=close)
    with qtbot.waitSignal(found.ready, timeout=LONG):
        found.open_first(path)
        found.show()
    qtbot.waitUntil(lambda: space(found).shown == 3, timeout=LONG)
    return found


def space(window: MainWindow) -> Workspace:
    assert window.workspace is not None
    return window.workspace


def icons(window: MainWindow) -> list[str]:
    """The icon URLs as they are stored."""
    connection = space(window).catalog.connect_here()
    found = [url for (url,) in connection.execute("SELECT icon_url FROM integration ORDER BY pk")]
    connection.close()
    return found


def row(window: MainWindow, position: int) -> QPoint:
    table = space(window).table
    return table.visualRect(table.model().index(position, PLACE["name"])).center()


def urls(*given: str) -> QMimeData:
    data = QMimeData()
    data.setUrls([QUrl(url) for url in given])
    return data


def file_of(tmp_path: Path, content: bytes = GOOD_SVG, name: str = "logo.svg") -> QMimeData:
    (tmp_path / name).write_bytes(content)
    return urls(QUrl.fromLocalFile(str(tmp_path / name)).toString())


def box(window: MainWindow, qtbot: QtBot) -> QMessageBox:
    """The message box that is open, soon."""

    def opened() -> list[QMessageBox]:
        return [found for found in window.findChildren(QMessageBox) if found.isVisible()]

    qtbot.waitUntil(lambda: len(opened()) == 1, timeout=LONG)
    return opened()[0]


def press(found: QMessageBox, words: str) -> None:
    button = next(
        b for b in found.buttons() if words in b.text().replace("&&", "\0").replace("&", "")
    )
    button.click()


def test_an_address_on_a_row_is_one_edit(window: MainWindow, qtbot: QtBot) -> None:
    viewport = space(window).table.viewport()
    assert drag(viewport, row(window, 1), urls(ADDRESS))
    assert window.status.currentMessage() == "Set as the icon of Beta & Co"
    assert not drag(viewport, QPoint(5, viewport.height() - 5), urls(ADDRESS))
    assert window.status.currentMessage() == ""
    leave(viewport)
    assert drop(viewport, row(window, 1), urls(ADDRESS))
    qtbot.waitUntil(lambda: icons(window) == ["old.svg", ADDRESS, "old.svg"], timeout=LONG)
    undo = window.actions_by_name["undo"]
    qtbot.waitUntil(lambda: undo.text().endswith("Set icon of Beta && Co"), timeout=LONG)
    undo.trigger()
    qtbot.waitUntil(lambda: icons(window) == ["old.svg"] * 3, timeout=LONG)


def test_a_cell_of_the_gallery_takes_an_address_too(window: MainWindow, qtbot: QtBot) -> None:
    window.actions_by_name["show_gallery"].trigger()
    gallery = space(window).views.current
    cell = gallery.visualRect(space(window).model.index(1, PLACE["name"]))
    assert not drag(gallery.viewport(), QPoint(2, gallery.viewport().height() - 2), urls(ADDRESS))
    leave(gallery.viewport())
    assert drop(gallery.viewport(), cell.center(), urls(ADDRESS))
    qtbot.waitUntil(lambda: icons(window) == ["old.svg", ADDRESS, "old.svg"], timeout=LONG)


@pytest.mark.parametrize(("button", "changed"), [("Set for All 2", 2), ("Only Gamma", 1)])
def test_on_one_of_several_selected_rows_it_is_asked_for_which(
    window: MainWindow, qtbot: QtBot, button: str, changed: int
) -> None:
    table = space(window).table
    table.select_pks([2, 3])
    qtbot.waitUntil(lambda: table.chosen.count == 2, timeout=LONG)
    assert drop(table.viewport(), row(window, 2), urls(ADDRESS))
    press(box(window, qtbot), button)
    qtbot.waitUntil(lambda: icons(window).count(ADDRESS) == changed, timeout=LONG)
    assert icons(window)[2] == ADDRESS
    space(window).record_actions.undo()
    qtbot.waitUntil(lambda: icons(window) == ["old.svg"] * 3, timeout=LONG)


def test_a_file_is_stored_after_a_question_that_says_its_size(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    viewport = space(window).table.viewport()
    assert drop(viewport, row(window, 0), file_of(tmp_path, GOOD_SVG.ljust(2048)))
    found = box(window, qtbot)
    assert "The file logo.svg has 2.0 KB" in found.text()
    assert "data: address of 2.7 KB. Set it as the icon of Alpha?" in found.text()
    assert not found.iconPixmap().isNull()
    assert icons(window) == ["old.svg"] * 3
    press(found, "Set Icon")
    start = "data:image/svg+xml;base64,"
    qtbot.waitUntil(lambda: icons(window)[0].startswith(start), timeout=LONG)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"<html>not a picture", "The file logo.svg was not set as an icon. "),
        (bytes(65 * 1024), "has more than 64 KB"),
    ],
)
def test_a_file_that_is_no_picture_or_too_large_is_refused(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, content: bytes, words: str
) -> None:
    drop(space(window).table.viewport(), row(window, 0), file_of(tmp_path, content))
    found = box(window, qtbot)
    assert words in found.text()
    found.accept()
    assert icons(window) == ["old.svg"] * 3


def test_the_details_take_a_drop_and_their_field_shows_it_at_once(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    details, table = space(window).details, space(window).table
    table.chosen.move_current(0)
    qtbot.waitUntil(lambda: details.heading == "Alpha", timeout=LONG)
    assert drop(details, QPoint(20, 20), urls(ADDRESS))
    qtbot.waitUntil(lambda: icons(window)[0] == ADDRESS, timeout=LONG)
    qtbot.waitUntil(lambda: details.preview.address.url == ADDRESS, timeout=LONG)

    line = details.form.url_field.input
    assert isinstance(line, QLineEdit)
    assert drop(line, QPoint(5, 5), urls(f"{ADDRESS}?2"))
    assert line.text() == f"{ADDRESS}?2"
    assert details.form.url_field.came_whole
    qtbot.waitUntil(lambda: details.preview.address.url == f"{ADDRESS}?2", timeout=LONG)
    assert icons(window)[0] == ADDRESS
    drop(line, QPoint(5, 5), file_of(tmp_path))
    press(box(window, qtbot), "Set Icon")
    qtbot.waitUntil(lambda: details.preview.address.kind == "data", timeout=LONG)
    assert icons(window)[0] == ADDRESS
    line.setText("https://exampl")
    assert details.form.url_field.came_whole
    qtbot.keyClicks(line, "e")
    assert not details.form.url_field.came_whole


def test_a_picture_in_the_clipboard_becomes_the_icon(window: MainWindow, qtbot: QtBot) -> None:
    image = QImage(16, 16, QImage.Format.Format_ARGB32)
    image.fill(QColor("teal"))
    QApplication.clipboard().setImage(image)
    space(window).table.chosen.move_current(0)
    window.actions_by_name["paste_icon"].trigger()
    found = box(window, qtbot)
    assert "The picture has " in found.text()
    press(found, "Set Icon")
    qtbot.waitUntil(lambda: icons(window)[0].startswith("data:image/png;"), timeout=LONG)


def test_a_file_is_chosen_by_menu(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    file_of(tmp_path)
    space(window).table.chosen.move_current(0)
    window.actions_by_name["icon_file"].trigger()
    dialog = window.findChild(QFileDialog)
    assert dialog is not None
    dialog.fileSelected.emit(str(tmp_path / "logo.svg"))
    dialog.close()
    press(box(window, qtbot), "Set Icon")
    qtbot.waitUntil(lambda: icons(window)[0].startswith("data:image/svg+xml;"), timeout=LONG)


def test_a_read_only_catalogue_refuses_the_drag(path: Path, qtbot: QtBot) -> None:
    path.chmod(0o444)
    found = application.make_window(())
    qtbot.addWidget(found)
    with qtbot.waitSignal(found.ready, timeout=LONG):
        found.open_first(path)
        found.show()
    assert space(found).catalog.read_only
    space(found).table.chosen.move_current(0)
    table, details = space(found).table, space(found).details
    assert not drag(table.viewport(), row(found, 0), urls(ADDRESS))
    assert not drag(details, QPoint(20, 20), urls(ADDRESS))
    assert not drag(details.form.url_field.input, QPoint(5, 5), urls(ADDRESS))
    assert not found.actions_by_name["paste_icon"].isEnabled()
    qtbot.waitUntil(found.close, timeout=LONG)
