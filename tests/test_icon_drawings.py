"""SVG pictures: which renderer draws them, and that nothing is loaded from outside."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtGui import QColor
from pytestqt.qtbot import QtBot

from gui.icon_decoder import Decoded, Decoder
from tests.drawn import THUMBNAIL, drawn
from tests.icon_server import IconServer, png

NAMES = (
    'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
    'width="32" height="32"'
)


@pytest.fixture
def decoder(qtbot: QtBot) -> Iterator[Decoder]:
    decoder = Decoder(workers=2)
    yield decoder
    decoder.stop()
    decoder.deleteLater()


def decode(qtbot: QtBot, decoder: Decoder, *pictures: bytes) -> list[Decoded]:
    done: dict[int, Decoded] = {}
    for number, data in enumerate(pictures):
        decoder.decode(data, [THUMBNAIL], lambda each, number=number: done.update({number: each}))
    qtbot.waitUntil(lambda: len(done) == len(pictures), timeout=60_000)
    return [done[number] for number in range(len(pictures))]


def svg(content: str, attributes: str = "") -> bytes:
    return f"<svg {NAMES} {attributes}>{content}</svg>".encode()


def color(decoded: Decoded, x: int = 16, y: int = 16) -> str:
    return drawn(decoded).pixelColor(x, y).name(QColor.NameFormat.HexArgb)


def pattern(picture: bytes) -> bytes:
    data = "data:image/png;base64," + base64.b64encode(picture).decode()
    return svg(
        '<rect width="32" height="32" fill="url(#p)"/><defs>'
        '<pattern id="p" patternContentUnits="objectBoundingBox" width="1" height="1">'
        f'<use xlink:href="#i" transform="scale(0.03125)"/></pattern>'
        f'<image id="i" width="32" height="32" xlink:href="{data}"/></defs>'
    )


def test_a_pattern_of_a_picture_is_shown(qtbot: QtBot, decoder: Decoder) -> None:
    [decoded] = decode(qtbot, decoder, pattern(png("red")))
    assert decoded.picture is not None
    assert (decoded.picture.blank, decoded.picture.note) == (False, "")
    assert color(decoded) == "#ffff0000"


def test_what_browsers_draw_and_qtsvg_does_not(qtbot: QtBot, decoder: Decoder) -> None:
    rect = '<rect width="32" height="32" fill="red"'
    clipped = svg(
        '<clipPath id="c"><rect width="8" height="32"/></clipPath>'
        + rect
        + ' clip-path="url(#c)"/>'
    )
    even = svg('<rect width="64" height="32" fill="red"/>', 'viewBox="0 0 64 32"')
    styled = svg("<style>.a > rect { fill: lime }</style><g class='a'>" + rect + "/></g>")
    shown = decode(qtbot, decoder, clipped, even, styled)
    assert [color(shown[0], 4), color(shown[0], 20)] == ["#ffff0000", "#00000000"]
    assert [color(shown[1]), color(shown[1], 16, 2)] == ["#ffff0000", "#00000000"]
    assert color(shown[2]) == "#ff00ff00"


def test_text_is_drawn_with_the_fonts_of_the_system(qtbot: QtBot, decoder: Decoder) -> None:
    [decoded] = decode(qtbot, decoder, svg('<text y="30" font-size="32">MM</text>'))
    assert decoded.picture is not None
    assert not decoded.picture.blank


@pytest.mark.parametrize("order", ["plain", "clipped"])
def test_nothing_is_loaded_from_disk_or_network(
    qtbot: QtBot, decoder: Decoder, tmp_path: Path, order: str
) -> None:
    secret = tmp_path / "secret.png"
    secret.write_bytes(png())
    style = '<style>@import url("{}"); rect {{ fill: url("{}") }}</style>'
    with IconServer() as server:
        server.pictures["/p.png"] = png()
        pictures = []
        for link in (str(secret), secret.as_uri(), f"{server.url}/p.png"):
            image = f'<image width="32" height="32" xlink:href="{link}"/>'
            nested = base64.b64encode(svg(image)).decode()
            clip = '<clipPath id="c"/>' if order == "clipped" else ""
            pictures += [
                svg(clip + image),
                svg(clip + image.replace("xlink:", "")),
                svg(clip + image.replace(link, f"data:image/svg+xml;base64,{nested}")),
                svg(clip + f'<filter id="f"><feImage href="{link}"/></filter>'),
                svg(clip + f'<use xlink:href="{link}#a"/>'),
                svg(clip + style.format(link, link)),
                f'<!DOCTYPE svg [<!ENTITY e SYSTEM "{link}">]>'.encode() + svg(clip + "&e;"),
                svg(f'{clip}<include xmlns="http://www.w3.org/2001/XInclude" href="{link}"/>'),
            ]
        shown = decode(qtbot, decoder, *pictures)
        assert not server.seen
    for each in shown:
        assert each.problem is not None or (each.picture is not None and each.picture.blank)
    notes = [each.picture.note for each in shown[:2] if each.picture is not None]
    assert notes == ["outside", "outside"]


def test_every_real_svg_that_was_blank_is_shown(
    qtbot: QtBot, decoder: Decoder, shared: Path
) -> None:
    folder = shared / "data/icons/nango/packages/webapp/public/images/template-logos"
    names = [
        "availity",
        "candis",
        "fireflies",
        "google-health",
        "nexthink",
        "store-leads",
        "timify",
        "workday",
    ]
    shown = decode(qtbot, decoder, *((folder / f"{name}.svg").read_bytes() for name in names))
    blank = [n for n, each in zip(names, shown, strict=True) if each.picture and each.picture.blank]
    assert all(each.problem is None for each in shown)
    assert blank == []


def test_what_crashes_resvg_costs_one_worker_and_no_other_picture(
    qtbot: QtBot, decoder: Decoder
) -> None:
    depth = 30_000
    deep = svg('<g class="a">' * depth + "<rect/>" + "</g>" * depth)
    crashing, good = decode(qtbot, decoder, deep, png("red"))
    assert decoder.kills == 1
    assert "SVG picture is damaged" in str(crashing.problem)
    assert color(good) == "#ffff0000"


@pytest.mark.parametrize(
    ("root", "width", "height"),
    [
        ('width="40" height="20"', 40, 20),
        ('width="40.4px" height="20.6px" viewBox="0 0 1 1"', 40, 21),
        ('viewBox="0 0 30 10"', 30, 10),
        ('width="100%" height="100%" viewBox="0 0 30 10"', 30, 10),
    ],
)
@pytest.mark.parametrize("content", ["<rect width='9' height='9'/>", "<style/><rect/>"])
def test_the_size_is_known_whoever_draws(
    qtbot: QtBot, decoder: Decoder, root: str, width: int, height: int, content: str
) -> None:
    data = f'<svg xmlns="http://www.w3.org/2000/svg" {root}>{content}</svg>'.encode()
    [decoded] = decode(qtbot, decoder, data)
    assert decoded.picture is not None
    assert (decoded.picture.width, decoded.picture.height) == (width, height)


def test_the_largest_real_svg_is_drawn_in_time(
    qtbot: QtBot, decoder: Decoder, shared: Path
) -> None:
    folder = shared / "data" / "icons"
    largest = max(folder.rglob("*.svg"), key=lambda path: path.stat().st_size)
    [decoded] = decode(qtbot, decoder, largest.read_bytes())
    assert decoded.problem is None
    assert color(decoded) != ""
