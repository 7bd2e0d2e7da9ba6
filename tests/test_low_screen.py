"""Every window and dialog at 960 x 540 px: a full-HD screen at 200 %."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QSize
from PySide6.QtWidgets import QAbstractButton, QDialog, QScrollArea, QWidget
from pytestqt.qtbot import QtBot

from gui.history_panel import HistoryPanel
from tests.every_dialog import LONG, OPENERS, Dialogs

ROOM = QSize(960 - 16, 540 - 40)
"""What the screen leaves inside a window's frame, in px."""
PLACES = [name for name in OPENERS if not name.startswith("menu")]


@pytest.fixture
def dialogs(qtbot: QtBot, tmp_path: Path) -> Dialogs:
    return Dialogs(qtbot, tmp_path)


def cut_buttons(place: QWidget) -> list[str]:
    """The buttons of which some is not to be seen, unless one can scroll to them."""
    return [
        button.text() or button.accessibleName()
        for button in place.findChildren(QAbstractButton)
        if button.isVisible()
        and button.window() is place.window()
        and button.visibleRegion().boundingRect() != button.rect()
        and not _scrolls(button)
    ]


def _scrolls(widget: QWidget) -> bool:
    parent = widget.parentWidget()
    while parent is not None and not isinstance(parent, QScrollArea):
        parent = parent.parentWidget()
    return parent is not None


@pytest.mark.parametrize("name", PLACES)
def test_it_fits_with_its_buttons_in_sight(dialogs: Dialogs, qtbot: QtBot, name: str) -> None:
    place = OPENERS[name](dialogs)
    if name == "unexpected error":
        place.show()
    _fits(place, qtbot)
    if place is not dialogs.window:
        dialogs.close(place)


def test_the_history_shows_rows(dialogs: Dialogs, qtbot: QtBot) -> None:
    window = OPENERS["window with the history"](dialogs)
    window.resize(ROOM)
    panel = window.findChild(HistoryPanel)
    assert isinstance(panel, HistoryPanel)

    def shows_rows() -> bool:
        tables = (panel.table, panel.changes.table)
        heights = [table.viewport().height() // table.rowHeight(0) for table in tables]
        bars = [table.horizontalScrollBar().isVisible() for table in tables]
        return heights[0] >= 2 and heights[1] >= 1 and not any(bars)

    qtbot.waitUntil(shows_rows, timeout=LONG)
    assert window.size() == ROOM
    form = dialogs.space.details.form
    low = form.minimumSizeHint().height()
    dialogs.window.actions_by_name["show_history"].trigger()
    qtbot.waitUntil(lambda: form.minimumSizeHint().height() > low, timeout=LONG)


def test_the_large_view_fits(dialogs: Dialogs, qtbot: QtBot) -> None:
    dialogs.go_to(3)
    dialogs.trigger("show_large")
    dialog = dialogs.space.details.preview.dialog
    assert dialog is not None
    _fits(dialog, qtbot)
    dialog.close()


def _fits(place: QWidget, qtbot: QtBot) -> None:
    qtbot.waitUntil(place.isVisible, timeout=LONG)
    if isinstance(place, QDialog):
        screen = place.screen().availableSize()
        assert place.size().boundedTo(screen) == place.size(), "it opens larger than its screen"
    least = place.minimumSizeHint().expandedTo(place.minimumSize())
    assert least.boundedTo(ROOM) == least
    wanted = place.size().boundedTo(ROOM)
    place.resize(wanted)
    qtbot.waitUntil(lambda: place.size() == wanted, timeout=LONG)
    qtbot.waitUntil(lambda: cut_buttons(place) == [], timeout=LONG)
