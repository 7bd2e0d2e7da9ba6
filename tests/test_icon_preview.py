"""The preview of one icon, with the real loader: pictures, states with words, facts and buttons."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QBuffer, QByteArray, QIODevice, Qt
from PySide6.QtGui import QColor, QDesktopServices, QGuiApplication, QImage
from PySide6.QtWidgets import QApplication, QColorDialog, QLabel, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from db.addresses import classify
from gui import theme
from gui.icon_facts import IconState
from gui.icon_ladder import LADDER
from gui.icon_loader import IconLoader
from gui.icon_policy import IconPolicy
from gui.icon_preview import IconPreview
from gui.icon_stage import Background, Look, Mask, state_symbol, state_words
from gui.resources import symbol_names

LOADING_MS = 30_000
RED = "#c02040"


def data_uri(color: str) -> str:
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40">'
        f'<rect x="10" y="10" width="20" height="20" fill="{color}"/></svg>'
    )
    return "data:image/svg+xml;base64," + b64encode(svg.encode()).decode()


def png(width: int, height: int, color: str = RED) -> str:
    image = QImage(width, height, QImage.Format.Format_ARGB32)
    image.fill(QColor(color))
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")
    return "data:image/png;base64," + b64encode(data.data()).decode()


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
    return color_at(preview.stage.grab().toImage(), preview.stage.place(edge).center().toTuple())


def corner(preview: IconPreview) -> str:
    place = preview.stage.place(256)
    return color_at(preview.stage.grab().toImage(), (place.left() + 1, place.top() + 1))


def color_at(image: QImage, at: object) -> str:
    assert isinstance(at, tuple)
    return QColor(image.pixel(*at)).name()


def test_a_picture_is_shown_at_every_size(preview: IconPreview, qtbot: QtBot) -> None:
    show(preview, qtbot, data_uri("#c02040"), IconState.READY)
    for edge in LADDER:
        qtbot.waitUntil(lambda edge=edge: centre(preview, edge) == "#c02040", timeout=LOADING_MS)
    assert preview.words == ""


def test_where_it_is_low_the_largest_is_left_out(preview: IconPreview, qtbot: QtBot) -> None:
    preview.fit_height(200)
    show(preview, qtbot, data_uri("#c02040"), IconState.READY)
    assert preview.stage.height() < 200
    for edge in LADDER[1:]:
        qtbot.waitUntil(lambda edge=edge: centre(preview, edge) == "#c02040", timeout=LOADING_MS)
    assert preview.zoom.geometry() == preview.stage.place(128)
    preview.fit_height(400)
    qtbot.waitUntil(lambda: centre(preview, 256) == "#c02040", timeout=LOADING_MS)


@pytest.mark.parametrize("height", [200, 400])
def test_all_words_of_a_state_are_seen_where_it_is_low_too(
    preview: IconPreview, loader: IconLoader, qtbot: QtBot, height: int
) -> None:
    preview.fit_height(height)
    url = f"https://{'long.' * 8}example/icon.svg"
    loader.set_policy(IconPolicy(load="allowed"))
    preview.show_address(classify(url))
    qtbot.waitUntil(lambda: preview.state is IconState.WITHHELD, timeout=LOADING_MS)
    qtbot.waitUntil(lambda: preview.words != "")
    button = next(b for b in preview.stage.findChildren(QToolButton) if b.isVisible())
    labels = [label for label in preview.stage.findChildren(QLabel) if label.isVisible()]

    def is_seen_whole(widget: QWidget) -> bool:
        is_high_enough = widget.height() >= widget.heightForWidth(widget.width())
        return is_high_enough and widget.visibleRegion().boundingRect() == widget.rect()

    qtbot.waitUntil(lambda: all(map(is_seen_whole, (button, *labels))))


def test_a_false_format_and_missing_parts_are_facts(preview: IconPreview, qtbot: QtBot) -> None:
    show(preview, qtbot, png(8, 8).replace("image/png", "image/gif"), IconState.READY)
    assert preview.facts["format"].text() == "PNG, not image/gif"
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8">'
        '<rect width="8" height="4"/><image href="https://a.example/b.png"/></svg>'
    )
    uri = "data:image/svg+xml;base64," + b64encode(svg.encode()).decode()
    show(preview, qtbot, uri, IconState.READY)
    qtbot.waitUntil(lambda: preview.facts["format"].text() == "SVG", timeout=LOADING_MS)
    assert preview.facts["state"].text() == "Shown without other files"


def test_the_background_is_switched(preview: IconPreview, qtbot: QtBot) -> None:
    show(preview, qtbot, data_uri("#c02040"), IconState.READY)
    qtbot.waitUntil(lambda: centre(preview, 256) == "#c02040", timeout=LOADING_MS)
    seen = {}
    for button in preview.controls.backgrounds.buttons():
        button.click()
        assert button.isChecked()
        seen[preview.look.background] = corner(preview)
    assert seen[Background.LIGHT] == theme.STAGE_LIGHT
    assert seen[Background.DARK] == theme.STAGE_DARK
    assert seen[Background.CHECKER] in theme.CHECKER
    assert seen[Background.CUSTOM] == preview.look.color
    assert centre(preview, 64) == "#c02040"


def test_the_custom_colour_is_seen_while_it_is_chosen(preview: IconPreview, qtbot: QtBot) -> None:
    show(preview, qtbot, data_uri("#c02040"), IconState.READY)
    qtbot.waitUntil(lambda: centre(preview, 256) == "#c02040", timeout=LOADING_MS)
    before = preview.look
    preview.controls.choose_color()
    dialog = preview.findChild(QColorDialog)
    assert isinstance(dialog, QColorDialog)
    dialog.setCurrentColor(QColor("#00ff88"))
    assert corner(preview) == "#00ff88"
    dialog.reject()
    assert preview.look == before
    preview.controls.choose_color()
    dialog = preview.findChildren(QColorDialog)[-1]
    dialog.setCurrentColor(QColor("#00ff88"))
    dialog.accept()
    assert preview.look == Look(Background.CUSTOM, "#00ff88")


@pytest.mark.parametrize(
    ("mask", "at_corner", "near_corner"),
    [(Mask.NONE, True, True), (Mask.ROUNDED, False, True), (Mask.CIRCLE, False, False)],
)
def test_a_mask_cuts_the_corners_off(
    preview: IconPreview, qtbot: QtBot, mask: Mask, at_corner: bool, near_corner: bool
) -> None:
    show(preview, qtbot, png(256, 256), IconState.READY)
    preview.set_look(Look(Background.LIGHT, mask=mask))
    for edge in (256, 128, 32):
        qtbot.waitUntil(lambda edge=edge: centre(preview, edge) == RED, timeout=LOADING_MS)
        place = preview.stage.place(edge)
        image = preview.stage.grab().toImage()
        near = edge // 10
        corner = color_at(image, (place.left() + 1, place.top() + 1))
        nearer = color_at(image, (place.left() + near, place.top() + near))
        assert (corner == RED) == at_corner
        assert (nearer == RED) == near_corner


def test_what_was_chosen_is_taken_up_again(preview: IconPreview, loader: IconLoader) -> None:
    preview.restore("checker;#123456;circle;4.0")
    assert preview.look == Look(Background.CHECKER, "#123456", Mask.CIRCLE)
    assert preview.zoom.zoom == 4
    assert preview.choices == "checker;#123456;circle;4.0"
    for nonsense in ("", "checker", "a;b;c;d", ";;;nan", ";;;1e999", ";;;;;;"):
        preview.restore(nonsense)
        assert preview.look == Look(Background.CHECKER, "#123456", Mask.CIRCLE)
    assert preview.zoom.zoom is None or 0 < preview.zoom.zoom <= 64


def test_without_a_choice_the_background_is_that_of_the_scheme(
    preview: IconPreview, qapp: QApplication
) -> None:
    assert preview.choices.startswith(";")
    theme.apply(qapp, theme.Scheme.DARK)
    assert preview.look.background is Background.DARK
    theme.apply(qapp, theme.Scheme.LIGHT)
    assert preview.look.background is Background.LIGHT


def test_now_and_new_stand_side_by_side(preview: IconPreview, qtbot: QtBot) -> None:
    now, new = classify(data_uri("#c02040")), classify(data_uri("#2040c0"))
    preview.show_address(new, now)
    assert preview.is_comparing
    halves = preview.comparison
    for half, color in ((halves.now, "#c02040"), (halves.new, "#2040c0")):
        at = half.place(128).center().toTuple()
        qtbot.waitUntil(
            lambda half=half, color=color, at=at: color_at(half.grab().toImage(), at) == color,
            timeout=LOADING_MS,
        )
        assert half.summary == "SVG · 40 × 40 px · 125 bytes"
        assert half.words == ""
    preview.show_address(new, new)
    assert not preview.is_comparing


def test_an_icon_that_is_new_has_none_beside_it(preview: IconPreview, qtbot: QtBot) -> None:
    preview.show_address(classify("file:///etc/passwd"), classify(None))
    assert preview.comparison.now.words == "No icon."
    assert state_words(IconState.REFUSED) in preview.comparison.new.words


def test_the_facts_stand_beside_it(preview: IconPreview, qtbot: QtBot) -> None:
    uri = data_uri("#c02040")
    show(preview, qtbot, uri, IconState.READY)
    assert preview.facts["format"].text() == "SVG"
    assert preview.facts["pixels"].text() == "40 × 40 px"
    assert preview.facts["bytes"].text() == "125 bytes"
    assert preview.tools.url.text() == uri
    assert preview.facts["state"].text() == "Shown"


@pytest.mark.parametrize(
    ("icon_url", "state", "words"),
    [
        ("", IconState.NONE, "No icon"),
        ("icon-dl-sampling", IconState.NAME, "icon font"),
        ("icons/a.svg", IconState.RELATIVE, "no base URL"),
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
    assert preview.facts["format"].text() == "–"
    assert preview.tools.url.text() == ""
    assert not preview.tools.copy_button.isEnabled()
    assert not preview.tools.reload_button.isEnabled()


def test_the_url_is_copied(preview: IconPreview) -> None:
    preview.show_address(classify("a b.svg", ["https://example.invalid/icons/"]))
    preview.tools.copy_button.click()
    assert QGuiApplication.clipboard().text() == "https://example.invalid/icons/a%20b.svg"


def test_only_web_addresses_open_in_the_browser(
    preview: IconPreview, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: not opened.append(url.toString()))
    for icon_url in (data_uri("#c02040"), "file:///etc/passwd", "javascript:alert(1)", "mdi:home"):
        preview.show_address(classify(icon_url))
        assert not preview.tools.open_button.isEnabled()
        preview.tools.open_in_browser()
    assert opened == []
    preview.show_address(classify("http://127.0.0.1:9/a.png"))
    preview.tools.open_button.click()
    assert opened == ["http://127.0.0.1:9/a.png"]


def test_the_picture_is_copied_with_its_own_pixels(preview: IconPreview, qtbot: QtBot) -> None:
    show(preview, qtbot, png(40, 10), IconState.READY)
    with qtbot.waitSignal(preview.said, timeout=LOADING_MS):
        preview.tools.copy_picture_button.click()
    image = QGuiApplication.clipboard().image()
    assert image.size().toTuple() == (40, 10)
    assert color_at(image, (0, 0)) == RED


def test_reloading_loads_again(preview: IconPreview, loader: IconLoader, qtbot: QtBot) -> None:
    uri = data_uri("#c02040")
    show(preview, qtbot, uri, IconState.READY)
    preview.tools.reload_button.click()
    assert loader.facts(uri) is None
    qtbot.waitUntil(lambda: centre(preview, 256) == "#c02040", timeout=LOADING_MS)


def test_a_request_that_was_dropped_is_made_again(
    preview: IconPreview, loader: IconLoader, qtbot: QtBot
) -> None:
    preview.show_address(classify(data_uri("#c02040")))
    loader.want([])
    qtbot.waitUntil(lambda: preview.state is IconState.READY, timeout=LOADING_MS)


def test_every_control_has_a_name_and_takes_the_keyboard(preview: IconPreview) -> None:
    for group in (preview.controls.backgrounds, preview.controls.masks):  # arrows go on from it
        assert group.checkedButton().focusPolicy() & Qt.FocusPolicy.TabFocus
    for button in preview.findChildren(QToolButton):
        assert button.accessibleName()
        assert button.toolTip()


def test_a_host_is_allowed_where_its_icon_is_not_shown(
    preview: IconPreview, loader: IconLoader, qtbot: QtBot
) -> None:
    loader.set_policy(IconPolicy("allowed", frozenset()))
    show(preview, qtbot, "https://cdn.example.invalid/a.png", IconState.WITHHELD)
    assert "cdn.example.invalid" in preview.words
    assert preview.allow_action.isVisible()
    assert preview.allow_action.text() == "Allow Host cdn.example.invalid"
    with qtbot.waitSignal(loader.host_allowed) as allowed:
        preview.allow_action.trigger()
    assert allowed.args == ["cdn.example.invalid"]
    qtbot.waitUntil(lambda: preview.state is not IconState.WITHHELD, timeout=LOADING_MS)
    assert not preview.allow_action.isVisible()
    loader.set_policy(IconPolicy("never"))
    qtbot.waitUntil(lambda: preview.state is IconState.WITHHELD, timeout=LOADING_MS)
    assert not preview.allow_action.isVisible()
