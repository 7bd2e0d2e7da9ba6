"""The icon in a window of its own: it follows what is chosen, and closes with a key."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from db.addresses import classify
from gui.icon_facts import IconState
from gui.icon_loader import IconLoader
from gui.icon_look import LookDialog
from gui.icon_preview import IconPreview
from gui.icon_stage import Background, Mask

LOADING_MS = 30_000
ICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' width='40' height='40'%3E"
    "%3Crect width='40' height='40' fill='red'/%3E%3C/svg%3E"
)


@pytest.fixture
def loader(tmp_path: Path, qapp: QApplication) -> Iterator[IconLoader]:
    loader = IconLoader(tmp_path / "icons.sqlite", [])
    yield loader
    loader.stop()


@pytest.fixture
def preview(loader: IconLoader, qtbot: QtBot) -> IconPreview:
    preview = IconPreview(loader)
    qtbot.addWidget(preview)
    preview.show()
    qtbot.waitExposed(preview)
    preview.show_address(classify(ICON))
    qtbot.waitUntil(lambda: preview.state is IconState.READY, timeout=LOADING_MS)
    return preview


@pytest.fixture
def dialog(preview: IconPreview, qtbot: QtBot) -> LookDialog:
    qtbot.keyClick(preview.zoom, Qt.Key.Key_Space)
    assert preview.dialog is not None
    qtbot.waitExposed(preview.dialog)
    return preview.dialog


def middle(dialog: LookDialog) -> str:
    image = dialog.view.grab().toImage()
    return image.pixelColor(image.rect().center()).name()


def test_it_shows_the_icon_as_large_as_there_is_room(dialog: LookDialog, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: middle(dialog) == "#ff0000", timeout=LOADING_MS)
    assert dialog.view.scale * 40 == min(dialog.view.width(), dialog.view.height())
    assert dialog.caption.text().startswith("SVG · 40 × 40 px")


def test_it_follows_what_is_shown(preview: IconPreview, dialog: LookDialog, qtbot: QtBot) -> None:
    preview.show_address(classify(ICON.replace("red", "lime")))
    qtbot.waitUntil(lambda: middle(dialog) == "#00ff00", timeout=LOADING_MS)
    preview.show_address(classify("file:///etc/passwd"))
    assert dialog.words.isVisible()
    assert "not from “file:”" in dialog.words.text
    preview.clear()
    assert "No icon" in dialog.words.text


def test_background_and_mask_are_the_same_in_both(preview: IconPreview, dialog: LookDialog) -> None:
    dialog.controls.backgrounds.buttons()[2].click()
    dialog.controls.masks.buttons()[2].click()
    assert (preview.look.background, preview.look.mask) == (Background.CHECKER, Mask.CIRCLE)
    preview.controls.masks.buttons()[0].click()
    assert dialog.controls.look == preview.look


@pytest.mark.parametrize("key", [Qt.Key.Key_Space, Qt.Key.Key_Escape])
def test_a_key_closes_it(dialog: LookDialog, qtbot: QtBot, key: Qt.Key) -> None:
    qtbot.keyClick(dialog.view, key)
    assert not dialog.isVisible()


def test_it_goes_on_to_the_next(preview: IconPreview, dialog: LookDialog, qtbot: QtBot) -> None:
    with qtbot.waitSignal(preview.moved) as moved:
        qtbot.keyClick(dialog.view, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    assert moved.args == [1]
