"""Bitmaps of every kind of pixel: the colours that are shown are those that were meant."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest
from PIL import Image
from PySide6.QtGui import QColor
from pytestqt.qtbot import QtBot

from gui.icon_decoder import Decoded, Decoder
from tests.drawn import THUMBNAIL, drawn

RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


@pytest.fixture
def decoder(qtbot: QtBot) -> Iterator[Decoder]:
    decoder = Decoder(workers=1)
    yield decoder
    decoder.stop()
    decoder.deleteLater()


def decode(qtbot: QtBot, decoder: Decoder, data: bytes) -> Decoded:
    done: list[Decoded] = []
    decoder.decode(data, [THUMBNAIL], done.append)
    qtbot.waitUntil(lambda: bool(done), timeout=30_000)
    return done[0]


def saved(kind: str, image: Image.Image, **options: object) -> bytes:
    content = io.BytesIO()
    image.save(content, kind, **options)
    return content.getvalue()


def halves(mode: str = "RGB") -> Image.Image:
    """Red on the left, green on the right."""
    image = Image.new("RGB", (32, 32), RED)
    image.paste(GREEN, (16, 0, 32, 32))
    return image.convert(mode)


def near(decoded: Decoded, x: int, y: int, color: tuple[int, ...], by: int = 6) -> bool:
    shown = drawn(decoded).pixelColor(x, y).toRgb()
    found = (shown.red(), shown.green(), shown.blue(), shown.alpha())
    return all(abs(a - b) <= by for a, b in zip(found, (*color, 255), strict=False))


@pytest.mark.parametrize("kind", ["PNG", "GIF", "WEBP", "BMP", "AVIF", "JPEG"])
def test_colours_and_sides(qtbot: QtBot, decoder: Decoder, kind: str) -> None:
    options = {"quality": 100} if kind in ("AVIF", "JPEG") else {}
    if kind == "WEBP":
        options["lossless"] = True
    decoded = decode(qtbot, decoder, saved(kind, halves(), **options))
    assert near(decoded, 4, 16, RED)
    assert near(decoded, 28, 16, GREEN)


def test_cmyk(qtbot: QtBot, decoder: Decoder) -> None:
    decoded = decode(qtbot, decoder, saved("JPEG", halves("CMYK"), quality=100))
    assert near(decoded, 4, 16, RED)
    assert near(decoded, 28, 16, GREEN)


def test_sixteen_bits(qtbot: QtBot, decoder: Decoder) -> None:
    image = Image.new("I;16", (32, 32), 0x8000)
    image.paste(0xFFFF, (16, 0, 32, 32))
    decoded = decode(qtbot, decoder, saved("PNG", image))
    assert near(decoded, 4, 16, (128, 128, 128), by=2)
    assert near(decoded, 28, 16, (255, 255, 255))


@pytest.mark.parametrize("kind", ["PNG", "GIF"])
def test_palette_with_a_transparent_entry(qtbot: QtBot, decoder: Decoder, kind: str) -> None:
    image = Image.new("P", (32, 32), 1)
    image.putpalette([*GREEN, *BLUE])
    image.paste(0, (16, 0, 32, 32))
    decoded = decode(qtbot, decoder, saved(kind, image, transparency=0))
    assert near(decoded, 4, 16, BLUE)
    assert drawn(decoded).pixelColor(28, 16) == QColor(0, 0, 0, 0)
    assert decoded.picture is not None
    assert decoded.picture.alpha


@pytest.mark.parametrize(
    ("turn", "top", "left"), [(1, None, RED), (3, None, GREEN), (6, RED, None), (8, GREEN, None)]
)
def test_photographs_are_turned(
    qtbot: QtBot,
    decoder: Decoder,
    turn: int,
    top: tuple[int, ...] | None,
    left: tuple[int, ...] | None,
) -> None:
    exif = Image.Exif()
    exif[0x0112] = turn
    decoded = decode(qtbot, decoder, saved("JPEG", halves(), exif=exif, quality=100))
    if top is not None:
        assert near(decoded, 16, 3, top)
    if left is not None:
        assert near(decoded, 3, 16, left)


def test_one_pixel(qtbot: QtBot, decoder: Decoder) -> None:
    decoded = decode(qtbot, decoder, saved("PNG", Image.new("RGB", (1, 1), BLUE)))
    assert decoded.picture is not None
    assert (decoded.picture.width, decoded.picture.height) == (1, 1)
    image = drawn(decoded)
    shown = [(x, y) for x in range(32) for y in range(32) if image.pixelColor(x, y).alpha()]
    assert len(shown) == 1
    assert near(decoded, *shown[0], BLUE)


def test_a_webp_that_is_transparent_throughout(qtbot: QtBot, decoder: Decoder) -> None:
    image = Image.new("RGBA", (100, 100), (0, 0, 0, 0))
    decoded = decode(qtbot, decoder, saved("WEBP", image, lossless=True))
    assert decoded.picture is not None
    assert decoded.picture.blank
