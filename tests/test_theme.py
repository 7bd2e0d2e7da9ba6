"""Both schemes can be read, and everything follows a change of scheme."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QColor, QImage, QPalette, QPixmap
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QRadioButton,
    QTableWidget,
    QTableWidgetItem,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from gui import resources, theme
from gui.dialog_parts import TickCell
from gui.theme import DARK, LIGHT, Colors


@pytest.fixture(autouse=True)
def _system_scheme(qapp: QApplication) -> Iterator[None]:
    yield
    theme.apply(qapp, theme.Scheme.SYSTEM)


def ink(pixmap: QPixmap) -> set[str]:
    """The colours of the opaque pixels."""
    image = pixmap.toImage().convertToFormat(QImage.Format.Format_ARGB32)
    pixels = (image.pixelColor(x, y) for x in range(image.width()) for y in range(image.height()))
    return {pixel.name() for pixel in pixels if pixel.alpha() == 255}


@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("role", ["text", "muted", "link", "warning", "error", "ok"])
@pytest.mark.parametrize("ground", ["window", "base", "stripe"])
def test_text_reaches_aa_contrast(scheme: Colors, role: str, ground: str) -> None:
    assert theme.contrast(getattr(scheme, role), getattr(scheme, ground)) >= 4.5


@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])
def test_buttons_selections_and_tips_reach_aa_contrast(scheme: Colors) -> None:
    assert theme.contrast(scheme.text, scheme.button) >= 4.5
    assert theme.contrast(scheme.text, scheme.tooltip) >= 4.5
    assert theme.contrast(scheme.highlighted_text, scheme.highlight) >= 4.5


@pytest.mark.parametrize("word", ["light", "dark"])
@pytest.mark.parametrize("kind", [QCheckBox, QRadioButton, QTableWidget])
def test_a_box_to_tick_is_to_be_seen(
    qapp: QApplication, qtbot: QtBot, word: str, kind: type[QWidget]
) -> None:
    theme.apply(qapp, word)
    in_list = kind is QTableWidget
    place = QTableWidget(2, 1) if in_list else kind()
    qtbot.addWidget(place)
    if isinstance(place, QTableWidget):
        place.setItemDelegate(TickCell(place))
        item = QTableWidgetItem()
        item.setCheckState(Qt.CheckState.Unchecked)
        place.setItem(1, 0, item)
        seen = place.visualItemRect(item)
        place.show()
        shades = ink(place.viewport().grab(seen))
    else:
        place.resize(40, 20)
        shades = ink(place.grab())
    ground = theme.colors().base if in_list else theme.colors().window
    assert max(theme.contrast(shade, ground) for shade in shades) >= (3 if word == "dark" else 1.5)


def test_contrast_is_that_of_wcag() -> None:
    assert theme.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert theme.contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize(("word", "expected"), [("light", LIGHT), ("dark", DARK)])
def test_a_chosen_scheme_is_shown(qapp: QApplication, word: str, expected: Colors) -> None:
    theme.apply(qapp, word)
    assert theme.colors() == expected
    assert theme.scheme() == word
    assert qapp.palette().color(QPalette.ColorRole.Window) == QColor(expected.window)
    assert qapp.style().name().lower() == "fusion"


def test_the_system_scheme_is_followed(qapp: QApplication) -> None:
    theme.apply(qapp, "system")
    qapp.styleHints().colorSchemeChanged.emit(Qt.ColorScheme.Light)
    dark = qapp.styleHints().colorScheme() is Qt.ColorScheme.Dark
    assert theme.colors() == (DARK if dark else LIGHT)


def test_a_chosen_scheme_ignores_the_system(qapp: QApplication) -> None:
    theme.apply(qapp, "dark")
    qapp.styleHints().colorSchemeChanged.emit(Qt.ColorScheme.Light)
    assert theme.colors() == DARK


def test_an_unknown_scheme_is_refused(qapp: QApplication) -> None:
    with pytest.raises(ValueError, match="sepia"):
        theme.apply(qapp, "sepia")


def test_a_change_is_told_once(qapp: QApplication, qtbot: QtBot) -> None:
    theme.apply(qapp, "light")
    with qtbot.waitSignal(theme.notifier().changed):
        theme.apply(qapp, "dark")


@pytest.mark.parametrize("name", resources.symbol_names())
def test_symbols_are_drawn_in_the_colour_asked_for(qapp: QApplication, name: str) -> None:
    assert ink(theme.symbol(name, 64, 1.0, "#336699")) == {"#336699"}


def test_symbols_without_a_colour_take_that_of_text(qapp: QApplication) -> None:
    for scheme in (LIGHT, DARK):
        theme.apply(qapp, "dark" if scheme.dark else "light")
        assert ink(theme.symbol("new", 48)) == {scheme.text}


def test_symbols_are_as_fine_as_the_screen(qapp: QApplication) -> None:
    fine = theme.symbol("search", 16, 2.0)
    assert (fine.width(), fine.devicePixelRatio()) == (32, 2.0)
    assert fine.deviceIndependentSize().toSize().width() == 16


def test_icons_follow_the_scheme(qapp: QApplication, qtbot: QtBot) -> None:
    button = QToolButton()
    qtbot.addWidget(button)
    action = QAction(button)
    theme.apply(qapp, "light")
    for target in (button, action):
        theme.set_icon(target, "delete")
        theme.set_icon(target, "new")  # the later one holds
    theme.apply(qapp, "dark")
    expected = theme.icon("new").pixmap(24, 24).toImage()
    assert expected == theme.symbol("new", 24, 1.0, DARK.text).toImage()
    for target in (button, action):
        assert target.icon().pixmap(24, 24).toImage() == expected


def test_the_program_has_an_icon_in_every_size(qapp: QApplication) -> None:
    icon = theme.app_icon()
    assert {size.width() for size in icon.availableSizes()} == set(theme.APP_ICON_SIZES)
    assert len(ink(icon.pixmap(64, 64))) > 3


def test_symbols_that_are_held_leave_their_places_empty_until_they_are_shown(
    qapp: QApplication,
) -> None:
    theme.apply(qapp, "light")
    action = QAction(qapp)
    theme.hold_symbols()
    theme.set_icon(action, "new")
    held = action.icon().pixmap(16)
    theme.show_symbols()
    shown = action.icon().pixmap(16)
    assert held.size() == shown.size()
    empty = QPixmap(held.size())
    empty.fill(Qt.GlobalColor.transparent)
    assert held.toImage() == empty.toImage()
    assert shown.toImage() != empty.toImage()
