"""Zooming into a picture: true pixels, whatever the screen; the grid; keys and wheel."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QImage, QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from db.addresses import classify
from gui.icon_loader import IconLoader
from gui.icon_zoom import STEPS, ZoomView

LOADING_MS = 30_000
RED, BLUE = "#ff0000", "#0000ff"


class FineView(ZoomView):
    """A view on a screen with two pixels for each device-independent one."""

    def devicePixelRatioF(self) -> float:
        return 2.0


def striped(width: int, height: int) -> str:
    """Columns of one pixel, red and blue in turn."""
    image = QImage(width, height, QImage.Format.Format_RGB32)
    for x in range(width):
        for y in range(height):
            image.setPixelColor(x, y, QColor(BLUE if x % 2 else RED))
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")
    return "data:image/png;base64," + data.toBase64().toStdString()


@pytest.fixture
def loader(tmp_path: Path, qapp: QApplication) -> Iterator[IconLoader]:
    loader = IconLoader(tmp_path / "icons.sqlite", [])
    yield loader
    loader.stop()


@pytest.fixture
def view(loader: IconLoader, qtbot: QtBot) -> ZoomView:
    return shown(ZoomView(loader), qtbot)


def shown(view: ZoomView, qtbot: QtBot) -> ZoomView:
    qtbot.addWidget(view)
    view.resize(256, 256)
    view.show()
    qtbot.waitExposed(view)
    return view


def show(view: ZoomView, qtbot: QtBot, url: str) -> None:
    view.show_address(classify(url))
    view.repaint()
    qtbot.waitUntil(lambda: view.picture is not None, timeout=LOADING_MS)


def painted(view: ZoomView, ratio: float = 1.0) -> QImage:
    image = QImage(view.size() * ratio, QImage.Format.Format_ARGB32_Premultiplied)
    image.setDevicePixelRatio(ratio)
    image.fill(Qt.GlobalColor.transparent)
    view.render(image, QPoint(), renderFlags=ZoomView.RenderFlag.DrawChildren)
    return image


def row(image: QImage, y: int) -> str:
    """The pixels of a row: R, B, a dot where there is none, and ? for anything else."""
    names = {QColor(RED).rgba(): "R", QColor(BLUE).rgba(): "B", 0: "."}
    return "".join(names.get(image.pixel(x, y), "?") for x in range(image.width()))


@pytest.mark.parametrize("ratio", [1, 2])
def test_at_100_percent_each_pixel_of_the_picture_is_one_of_the_screen(
    loader: IconLoader, qtbot: QtBot, ratio: int
) -> None:
    view = shown((ZoomView if ratio == 1 else FineView)(loader), qtbot)
    view.clearFocus()
    show(view, qtbot, striped(64, 64))
    view.set_zoom(1)
    wanted = ("." * (128 * ratio - 32)) + "RB" * 32 + "." * (128 * ratio - 32)
    qtbot.waitUntil(lambda: row(painted(view, ratio), 128 * ratio) == wanted, timeout=LOADING_MS)


def test_zoomed_in_each_pixel_is_a_square_of_one_colour(view: ZoomView, qtbot: QtBot) -> None:
    show(view, qtbot, striped(16, 4))
    view.set_zoom(4)
    wanted = "." * 96 + ("RRRRBBBB" * 8) + "." * 96
    qtbot.waitUntil(lambda: row(painted(view), 128) == wanted, timeout=LOADING_MS)
    assert row(painted(view), 128 - 9) == "." * 256, "a wide picture is as high as it is"
    assert not view.has_grid


def test_pixels_are_parted_by_lines_from_800_percent_on(view: ZoomView, qtbot: QtBot) -> None:
    show(view, qtbot, striped(16, 16))
    view.set_zoom(8)
    wanted = "." * 64 + "?RRRRRRR?BBBBBBB" * 8 + "?" + "." * 63
    qtbot.waitUntil(lambda: row(painted(view), 130) == wanted, timeout=LOADING_MS)
    assert view.has_grid


def test_a_drawing_has_no_pixels_of_its_own(view: ZoomView, qtbot: QtBot) -> None:
    svg = "<svg xmlns='http://www.w3.org/2000/svg' width='8' height='8'/>"
    show(view, qtbot, "data:image/svg+xml," + svg.replace("<", "%3C").replace(">", "%3E"))
    view.set_zoom(16)
    assert not view.has_grid


def test_steps_go_on_from_what_is_seen(view: ZoomView, qtbot: QtBot) -> None:
    show(view, qtbot, striped(64, 64))
    assert view.scale == 4
    assert view.zoom_words == "400 %"
    view.zoom_in()
    assert view.zoom == 6
    view.zoom_out()
    view.zoom_out()
    assert view.zoom == 3
    for _ in STEPS:
        view.zoom_in()
    assert view.zoom == STEPS[-1]
    for _ in STEPS:
        view.zoom_out()
    assert view.zoom == STEPS[0]


def test_keys_zoom_fit_and_ask_for_a_large_view(view: ZoomView, qtbot: QtBot) -> None:
    show(view, qtbot, striped(64, 64))
    for key, zoom in (("+", 6), ("-", 4), ("1", 1), ("0", None)):
        qtbot.keyClicks(view, key)
        assert view.zoom == zoom
    with qtbot.waitSignal(view.look_requested):
        qtbot.keyClick(view, Qt.Key.Key_Space)


def test_the_wheel_zooms_with_ctrl_alone_and_keeps_what_is_under_the_mouse(
    view: ZoomView, qtbot: QtBot
) -> None:
    show(view, qtbot, striped(256, 256))
    qtbot.waitUntil(lambda: row(painted(view), 128)[:2] == "RB", timeout=LOADING_MS)
    wheel(view, QPointF(0, 0), Qt.KeyboardModifier.NoModifier)
    assert view.zoom is None
    wheel(view, QPointF(0, 0), Qt.KeyboardModifier.ControlModifier)
    assert view.zoom == 2
    qtbot.waitUntil(lambda: row(painted(view), 128) == "RRBB" * 64, timeout=LOADING_MS)


def wheel(view: ZoomView, at: QPointF, keys: Qt.KeyboardModifier) -> None:
    place = view.mapToGlobal(at)
    none = Qt.MouseButton.NoButton
    phase = Qt.ScrollPhase.NoScrollPhase
    event = QWheelEvent(at, place, QPoint(), QPoint(0, 120), none, keys, phase, False)
    QApplication.sendEvent(view, event)


def test_a_picture_of_one_pixel_is_shown(view: ZoomView, qtbot: QtBot) -> None:
    show(view, qtbot, striped(1, 1))
    assert view.scale == 256
    view.set_zoom(1)
    qtbot.waitUntil(lambda: row(painted(view), 128).count("R") == 1, timeout=LOADING_MS)


def test_an_enormous_picture_is_asked_for_in_a_size_that_can_be_had(
    view: ZoomView, qtbot: QtBot
) -> None:
    show(view, qtbot, striped(4000, 8))
    view.set_zoom(1)
    qtbot.waitUntil(lambda: row(painted(view), 128).count(".") == 0, timeout=LOADING_MS)
    assert not view.has_grid
    assert "enlarged from" in view.zoom_words
    view.set_zoom(1 / 8)
    assert "enlarged" not in view.zoom_words


def test_the_arrows_move_a_picture_that_is_larger_than_the_view(
    view: ZoomView, qtbot: QtBot
) -> None:
    show(view, qtbot, striped(300, 300))
    view.set_zoom(1)
    qtbot.waitUntil(lambda: row(painted(view), 128)[0] in "RB", timeout=LOADING_MS)
    before = row(painted(view), 128)
    qtbot.keyClick(view, Qt.Key.Key_Right)
    for _ in range(20):
        qtbot.keyClick(view, Qt.Key.Key_Left)
    assert row(painted(view), 128).startswith("RB")
    assert row(painted(view), 128) == before, "both begin with red"
    image = painted(view)
    assert "." not in row(image, 128)
