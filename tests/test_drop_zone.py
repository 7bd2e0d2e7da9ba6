"""A widget that takes drops: where, what is marked and said, and how it scrolls on."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QMimeData, QPoint, QStringListModel, QUrl
from PySide6.QtWidgets import QListView
from pytestqt.qtbot import QtBot

from gui.drop_zone import DropZone, Place
from tests.drops import drag, drop, leave


@pytest.fixture
def view(qtbot: QtBot) -> QListView:
    found = QListView()
    qtbot.addWidget(found)
    found.setModel(QStringListModel([f"row {number}" for number in range(60)], found))
    found.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
    found.resize(200, 300)
    found.show()
    return found


@pytest.fixture
def taken() -> list[tuple[str, str]]:
    return []


@pytest.fixture
def zone(view: QListView, taken: list[tuple[str, str]]) -> DropZone:
    """Takes drops on every row but the second."""

    def find(at: QPoint) -> Place | None:
        index = view.indexAt(at)
        if not index.isValid() or index.row() == 1:
            return None
        name = str(index.data())
        return Place(
            view.visualRect(index), f"on {name}", lambda mime: taken.append((name, mime.text()))
        )

    return DropZone(view.viewport(), find)


@pytest.fixture
def mime() -> QMimeData:
    found = QMimeData()
    found.setUrls([QUrl("https://example.com/a.svg")])
    return found


def row(view: QListView, number: int) -> QPoint:
    return view.visualRect(view.model().index(number, 0)).center()


def test_the_place_is_marked_said_and_taken(
    view: QListView, zone: DropZone, mime: QMimeData, taken: list[tuple[str, str]]
) -> None:
    said: list[str] = []
    zone.said.connect(said.append)
    viewport = view.viewport()
    assert drag(viewport, row(view, 0), mime)
    assert zone.marked == view.visualRect(view.model().index(0, 0))
    assert not drag(viewport, row(view, 1), mime)
    assert zone.marked is None
    assert drag(viewport, row(view, 2), mime)
    leave(viewport)
    assert zone.marked is None
    assert said == ["on row 0", "", "on row 2", ""]
    assert not drop(viewport, row(view, 1), mime)
    assert drop(viewport, row(view, 2), mime)
    assert taken == [("row 2", "https://example.com/a.svg")]


def test_what_can_be_no_icon_is_refused(view: QListView, zone: DropZone) -> None:
    other = QMimeData()
    other.setData("application/x-other", b"x")
    assert not drag(view.viewport(), row(view, 0), other)
    assert zone.marked is None


def test_a_drag_at_the_edge_scrolls_on(
    view: QListView, zone: DropZone, mime: QMimeData, qtbot: QtBot
) -> None:
    viewport, bar = view.viewport(), view.verticalScrollBar()
    assert bar.maximum() > 0
    drag(viewport, QPoint(20, viewport.height() - 2), mime)
    with qtbot.waitSignal(zone.said, check_params_cb=lambda words: words == "on row 59"):
        pass
    assert bar.value() == bar.maximum()
    drag(viewport, QPoint(20, 2), mime)
    qtbot.waitUntil(lambda: bar.value() == 0)
    drag(viewport, QPoint(20, viewport.height() // 2), mime)
    before = bar.value()
    leave(viewport)
    assert bar.value() == before
