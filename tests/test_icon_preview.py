"""The preview of one icon, with the real loader: pictures, states with words, facts and buttons."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtGui import QColor, QDesktopServices, QGuiApplication, QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from db.addresses import classify
from gui import theme
from gui.icon_facts import IconState
from gui.icon_loader import IconLoader
from gui.icon_preview import LADDER, IconPreview
from gui.icon_stage import Background, state_symbol, state_words
from gui.resources import symbol_names

LOADING_MS = 30_000


def data_uri(color: str) -> str:
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40">'
        f'<rect x="10" y="10" width="20" height="20" fill="{color}"/></svg>'
    )
    return "data:image/svg+xml;base64," + b64encode(svg.encode()).decode()


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
    return preview


def show(preview: IconPreview, qtbot: QtBot, icon_url: str, wanted: IconState) -> None:
    preview.show_address(classify(icon_url))
    qtbot.waitUntil(lambda: preview.state is wanted, timeout=LOADING_MS)


def centre(preview: IconPreview, edge: int) -> str:
    stage = preview.medium if edge == 128 else preview.large
    return color_at(stage.grab().toImage(), stage.place(edge).center().toTuple())


def corner(preview: IconPreview) -> str:
    place = preview.large.place(256)
    return color_at(preview.large.grab().toImage(), (place.left() + 1, place.top() + 1))


def color_at(image: QImage, at: object) -> str:
    assert isinstance(at, tuple)
    return QColor(image.pixel(*at)).name()


def test_a_picture_is_shown_at_every_size(preview: IconPreview, qtbot: QtBot) -> None:
    show(preview, qtbot, data_uri("#c02040"), IconState.READY)
    for edge in LADDER:
        qtbot.waitUntil(lambda edge=edge: centre(preview, edge) == "#c02040", timeout=LOADING_MS)
    assert preview.words == ""


def test_the_background_is_switched(preview: IconPreview, qtbot: QtBot) -> None:
    show(preview, qtbot, data_uri("#c02040"), IconState.READY)
    qtbot.waitUntil(lambda: centre(preview, 256) == "#c02040", timeout=LOADING_MS)
    seen = {}
    for button in preview.backgrounds.buttons():
        button.click()
        assert button.isChecked()
        seen[preview.background] = corner(preview)
    assert seen[Background.LIGHT] == theme.STAGE_LIGHT
    assert seen[Background.DARK] == theme.STAGE_DARK
    assert seen[Background.CHECKER] in theme.CHECKER
    assert centre(preview, 64) == "#c02040"


def test_the_facts_stand_beside_it(preview: IconPreview, qtbot: QtBot) -> None:
    uri = data_uri("#c02040")
    show(preview, qtbot, uri, IconState.READY)
    assert preview.facts["format"].text() == "SVG"
    assert preview.facts["pixels"].text() == "40 × 40 px"
    assert preview.facts["bytes"].text() == "125 bytes"
    assert preview.url.text() == uri
    assert preview.summary == "SVG · 40 × 40 px · 125 bytes"


@pytest.mark.parametrize(
    ("icon_url", "state", "words"),
    [
        ("", IconState.NONE, "No icon"),
        ("icon-dl-sampling", IconState.NAME, "icon font"),
        ("icons/a.svg", IconState.NOT_ADDRESS, "no base URL"),
        ("file:///etc/passwd", IconState.REFUSED, "not from “file:”"),
        ("http://127.0.0.1:9/a.png", IconState.REFUSED, "Preferences > Allowed hosts"),
        ("data:image/png;base64,aGVsbG8=", IconState.BROKEN, "no picture that can be shown"),
    ],
)
def test_each_state_says_what_it_is(
    preview: IconPreview, qtbot: QtBot, icon_url: str, state: IconState, words: str
) -> None:
    show(preview, qtbot, icon_url, state)
    assert state_words(state) in preview.words
    assert words in preview.words


def test_each_state_without_a_picture_has_its_own_symbol_and_words() -> None:
    states = [s for s in IconState if s not in (IconState.READY, IconState.WAITING)]
    assert {state_symbol(state) for state in states} <= set(symbol_names())
    assert len({state_symbol(state) for state in states}) == len(states)
    assert len({state_words(state) for state in states}) == len(states)


def test_markup_in_a_reason_is_shown_as_text(preview: IconPreview, qtbot: QtBot) -> None:
    show(preview, qtbot, "https:///<img src=/dev/zero>", IconState.NOT_ADDRESS)
    assert "<img" in preview.words.replace("\u200b", "")


def test_clearing_shows_nothing(preview: IconPreview, qtbot: QtBot) -> None:
    show(preview, qtbot, data_uri("#c02040"), IconState.READY)
    preview.clear()
    assert preview.words == ""
    assert preview.summary == ""
    assert preview.url.text() == ""
    assert not preview.copy_button.isEnabled()
    assert not preview.reload_button.isEnabled()


def test_the_url_is_copied(preview: IconPreview) -> None:
    preview.show_address(classify("a b.svg", ["https://example.invalid/icons/"]))
    preview.copy_button.click()
    assert QGuiApplication.clipboard().text() == "https://example.invalid/icons/a%20b.svg"


def test_only_web_addresses_open_in_the_browser(
    preview: IconPreview, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url.toString()))
    for icon_url in (data_uri("#c02040"), "file:///etc/passwd", "javascript:alert(1)", "mdi:home"):
        preview.show_address(classify(icon_url))
        assert not preview.open_button.isEnabled()
        preview.open_in_browser()
    assert opened == []
    preview.show_address(classify("http://127.0.0.1:9/a.png"))
    preview.open_button.click()
    assert opened == ["http://127.0.0.1:9/a.png"]


def test_reloading_loads_again(preview: IconPreview, loader: IconLoader, qtbot: QtBot) -> None:
    uri = data_uri("#c02040")
    show(preview, qtbot, uri, IconState.READY)
    preview.reload_button.click()
    assert loader.facts(uri) is None
    qtbot.waitUntil(lambda: centre(preview, 256) == "#c02040", timeout=LOADING_MS)


def test_a_request_that_was_dropped_is_made_again(
    preview: IconPreview, loader: IconLoader, qtbot: QtBot
) -> None:
    preview.show_address(classify(data_uri("#c02040")))
    loader.want([])
    qtbot.waitUntil(lambda: preview.state is IconState.READY, timeout=LOADING_MS)


def test_every_control_has_a_name_and_takes_the_keyboard(preview: IconPreview) -> None:
    for button in (preview.copy_button, preview.open_button, preview.reload_button):
        assert button.accessibleName() or button.text()
        assert "Ctrl+" in button.toolTip()
    for button in preview.backgrounds.buttons():
        assert button.accessibleName()
