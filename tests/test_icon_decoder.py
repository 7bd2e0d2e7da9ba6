"""Decoding in worker processes: what good, odd and hostile pictures come to."""

from __future__ import annotations

import gzip
import io
import os
import random
import signal
import struct
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import QTimer
from PySide6.QtGui import QColor, QImage
from pytestqt.qtbot import QtBot

from gui import icon_decoder
from gui.icon_decoder import Decoded, Decoder
from gui.icon_facts import Picture, Size
from gui.icon_pixmaps import image_of
from tests.drawn import THUMBNAIL, drawn
from tests.icon_server import GOOD_SVG, hanging_svg, huge_png_header, png

WAIT_MS = 30_000


@pytest.fixture
def decoder(qtbot: QtBot) -> Iterator[Decoder]:
    decoder = Decoder(workers=1)
    yield decoder
    decoder.stop()
    decoder.deleteLater()


def decode(
    qtbot: QtBot, decoder: Decoder, data: bytes, sizes: tuple[Size, ...] = (THUMBNAIL,)
) -> Decoded:
    return decode_all(qtbot, decoder, [data], sizes)[0]


def decode_all(
    qtbot: QtBot, decoder: Decoder, pictures: list[bytes], sizes: tuple[Size, ...] = (THUMBNAIL,)
) -> list[Decoded]:
    done: dict[int, Decoded] = {}
    for number, data in enumerate(pictures):

        def note(decoded: Decoded, number: int = number) -> None:
            assert number not in done
            done[number] = decoded

        decoder.decode(data, sizes, note)
    qtbot.waitUntil(lambda: len(done) == len(pictures), timeout=WAIT_MS)
    return [done[number] for number in range(len(pictures))]


def color_at(decoded: Decoded, x: int, y: int, size: Size = THUMBNAIL) -> str:
    return drawn(decoded, size).pixelColor(x, y).name(QColor.NameFormat.HexArgb)


def pillow(kind: str, image: Image.Image, **options: object) -> bytes:
    content = io.BytesIO()
    image.save(content, kind, **options)
    return content.getvalue()


def square(size: int = 64) -> Image.Image:
    return Image.new("RGB", (size, size), (255, 0, 0))


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("png", png(width=64, height=64)),
        ("jpeg", pillow("JPEG", square(), quality=100)),
        ("gif", pillow("GIF", square())),
        ("webp", pillow("WEBP", square(), lossless=True)),
        ("ico", pillow("ICO", square())),
        ("bmp", png(width=64, height=64, kind="BMP")),
        ("avif", pillow("AVIF", square(), quality=100)),
        ("svg", GOOD_SVG.replace(b"<rect", b'<rect fill="red"')),
        ("svg", gzip.compress(GOOD_SVG.replace(b"<rect", b'<rect fill="red"'))),
    ],
)
def test_every_format_is_shown(qtbot: QtBot, decoder: Decoder, kind: str, data: bytes) -> None:
    decoded = decode(qtbot, decoder, data)
    assert decoded.problem is None
    assert decoded.picture is not None
    assert decoded.picture.format == kind
    shown = drawn(decoded).pixelColor(16, 16)
    assert (shown.red() > 250, shown.green() < 8, shown.blue() < 8) == (True, True, True)


def test_facts_of_a_picture(qtbot: QtBot, decoder: Decoder) -> None:
    decoded = decode(qtbot, decoder, png("#80ff0000", 40, 20))
    assert decoded.picture == Picture("png", 40, 20, alpha=True, blank=False, frames=1)
    assert decode(qtbot, decoder, png("red")).picture == Picture("png", 32, 32, False, False, 1)


def test_pictures_keep_their_proportions_and_are_centred(qtbot: QtBot, decoder: Decoder) -> None:
    decoded = decode(qtbot, decoder, png("red", 64, 32))
    assert color_at(decoded, 16, 16) == "#ffff0000"
    assert color_at(decoded, 16, 4) == color_at(decoded, 16, 27) == "#00000000"


def test_small_pictures_are_not_blurred_up_in_thumbnails(qtbot: QtBot, decoder: Decoder) -> None:
    double, large = (32, 2.0), (128, 1.0)
    decoded = decode(qtbot, decoder, png("red", 16, 16), (THUMBNAIL, double, large))
    assert color_at(decoded, 7, 16) == "#00000000"
    assert color_at(decoded, 8, 16) == "#ffff0000"
    assert color_at(decoded, 15, 32, double) == "#00000000"
    assert color_at(decoded, 16, 32, double) == "#ffff0000"
    assert color_at(decoded, 0, 0, large) == "#ffff0000"


def test_sizes_and_device_pixels(qtbot: QtBot, decoder: Decoder) -> None:
    sizes: tuple[Size, ...] = ((16, 1.0), (24, 1.5), (256, 2.0))
    decoded = decode(qtbot, decoder, GOOD_SVG, sizes)
    assert [drawn(decoded, size).width() for size in sizes] == [16, 36, 512]


def test_what_shows_nothing_says_so(qtbot: QtBot, decoder: Decoder) -> None:
    decoded = decode(qtbot, decoder, png("transparent"))
    assert decoded.picture is not None
    assert decoded.picture.blank


def test_photographs_are_turned_as_they_say(qtbot: QtBot, decoder: Decoder) -> None:
    image = Image.new("RGB", (64, 32), (255, 0, 0))
    exif = Image.Exif()
    exif[0x0112] = 6
    decoded = decode(qtbot, decoder, pillow("JPEG", image, exif=exif))
    assert decoded.picture is not None
    assert (decoded.picture.width, decoded.picture.height) == (32, 64)


def test_the_best_size_of_an_ico_is_taken(qtbot: QtBot, decoder: Decoder) -> None:
    colors = {16: (255, 0, 0), 32: (0, 255, 0), 64: (0, 0, 255)}
    images = [Image.new("RGB", (edge, edge), color) for edge, color in colors.items()]
    data = pillow("ICO", images[-1], append_images=images, sizes=[(n, n) for n in colors])
    sizes: tuple[Size, ...] = ((16, 1.0), (32, 1.0), (64, 1.0))
    decoded = decode(qtbot, decoder, data, sizes)
    assert decoded.picture == Picture("ico", 64, 64, alpha=False, blank=False, frames=3)
    shown = [color_at(decoded, 8, 8, size) for size in sizes]
    assert shown == ["#ffff0000", "#ff00ff00", "#ff0000ff"]


def test_the_first_frame_of_an_animation_is_taken(qtbot: QtBot, decoder: Decoder) -> None:
    frames = [square(), Image.new("RGB", (64, 64), (0, 0, 255))]
    data = pillow("GIF", frames[0], save_all=True, append_images=frames[1:])
    decoded = decode(qtbot, decoder, data)
    assert decoded.picture is not None
    assert decoded.picture.frames == 2
    assert color_at(decoded, 16, 16) == "#ffff0000"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"<!doctype html><h1>Sorry</h1>", "This is a web page"),
        (b"<html><svg></svg></html>", "This is a web page"),
        (b'{"error": 404}', "This is JSON"),
        (b"II*\0" + bytes(100), "This is TIFF"),
        (b"just some text", "no picture"),
        (gzip.compress(b"just some text"), "not a picture"),
        (gzip.compress(GOOD_SVG + b" " * (30 << 20)), "inflates to more than 20 MB"),
        (png()[:30], "damaged"),
        (huge_png_header(), "too large"),
        (b"<svg", "no picture"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"><g>', "damaged"),
        (b"\xff\xd8\xff" + bytes(50), "JPEG picture is damaged"),
        (b"\0\0\0\x1cftypavif" + bytes(50), "AVIF picture is damaged"),
    ],
)
def test_what_is_no_picture_says_why(
    qtbot: QtBot, decoder: Decoder, data: bytes, words: str
) -> None:
    decoded = decode(qtbot, decoder, data)
    assert words in str(decoded.problem)
    assert not decoded.pixels


def test_a_picture_that_hangs_is_killed_and_the_next_is_shown(
    qtbot: QtBot, decoder: Decoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(icon_decoder, "SECONDS_PER_PICTURE", 0.5)
    hanging, good, other = decode_all(qtbot, decoder, [hanging_svg(), png(), GOOD_SVG])
    assert "longer than 0.5 seconds" in str(hanging.problem)
    assert good.problem is None
    assert other.problem is None
    assert decoder.kills == 2, "one for each renderer"


def children() -> list[int]:
    text = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text()
    return [int(pid) for pid in text.split() if "icon_worker" in command_of(pid)]


def command_of(pid: str) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text()


@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc")
def test_a_worker_that_other_programs_keep_from_working_is_waited_for(
    qtbot: QtBot, decoder: Decoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(icon_decoder, "SECONDS_PER_PICTURE", 0.3)
    decode(qtbot, decoder, GOOD_SVG)
    (worker,) = children()
    os.kill(worker, signal.SIGSTOP)
    QTimer.singleShot(800, lambda: os.kill(worker, signal.SIGCONT))
    decoded = decode(qtbot, decoder, png())
    assert decoded.problem is None
    assert decoder.kills == 0


@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc")
def test_a_worker_that_never_works_is_killed(
    qtbot: QtBot, decoder: Decoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(icon_decoder, "SECONDS_PER_PICTURE", 0.2)
    monkeypatch.setattr(icon_decoder, "MOST_SECONDS_PER_PICTURE", 0.5)
    decode(qtbot, decoder, GOOD_SVG)
    (worker,) = children()
    os.kill(worker, signal.SIGSTOP)
    assert "longer than" in str(decode(qtbot, decoder, png()).problem)
    assert decode(qtbot, decoder, png()).problem is None


def test_pictures_in_any_number_come_once_each(qtbot: QtBot) -> None:
    decoder = Decoder(workers=2)
    pictures = [png("red", edge, edge) for edge in range(1, 101)]
    decoded = decode_all(qtbot, decoder, pictures)
    decoder.stop()
    assert [each.picture.width for each in decoded if each.picture] == list(range(1, 101))


def test_a_large_picture_is_shown(qtbot: QtBot, decoder: Decoder) -> None:
    image = Image.new("RGB", (5000, 4000), (255, 0, 0))
    data = [pillow("PNG", image), pillow("JPEG", image), pillow("WEBP", image)]
    for decoded in decode_all(qtbot, decoder, data):
        assert decoded.picture is not None
        assert (decoded.picture.width, decoded.picture.height) == (5000, 4000)
        assert QColor(color_at(decoded, 16, 16)).red() > 250


def test_a_worker_that_cannot_start_is_a_reason(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(icon_decoder, "WORKER", "gui.missing")
    decoder = Decoder(workers=1)
    decoded = decode(qtbot, decoder, png())
    decoder.stop()
    assert "cannot be started" in str(decoded.problem)
    assert len(caplog.records) == 3


@pytest.mark.parametrize("pixels", [b"", b"four", bytes(32 * 32 * 4 - 1), bytes(32 * 32 * 4 + 1)])
def test_pixels_that_are_not_as_many_as_they_should_be_are_no_image(pixels: bytes) -> None:
    assert image_of(pixels, 32).isNull()


def test_real_pictures_answer(qtbot: QtBot, shared: Path) -> None:
    images = shared / "data" / "images"
    files = sorted(path for path in images.rglob("*") if path.is_file())
    sample = random.Random(1).sample(files, 120)
    decoder = Decoder(workers=2)
    decoded = decode_all(qtbot, decoder, [path.read_bytes() for path in sample])
    decoder.stop()
    for path, each in zip(sample, decoded, strict=True):
        assert (each.problem is None) == (THUMBNAIL in each.pixels), path
    shown = [drawn(each) for each in decoded if each.problem is None]
    assert len(shown) > 80
    assert all(image.format() == QImage.Format.Format_ARGB32_Premultiplied for image in shown)


def test_garbage_answers(qtbot: QtBot, decoder: Decoder) -> None:
    generator = random.Random(2)
    starts = [b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF89a", b"\0\0\1\0", b"BM", b"<svg "]
    starts.append(b"RIFF" + struct.pack("<I", 400) + b"WEBP")
    pictures = [start + generator.randbytes(400) for start in starts * 5]
    for decoded in decode_all(qtbot, decoder, pictures):
        assert decoded.problem is not None or decoded.pixels
