"""What is dropped or pasted as an icon, and how its content is read."""

from __future__ import annotations

import gzip
import os
import socket
from pathlib import Path

import pytest
from PySide6.QtCore import QByteArray, QMimeData, QSysInfo, QUrl
from PySide6.QtGui import QColor, QImage

from db.errors import Invalid
from gui import icon_drop
from gui.icon_drop import MAX_FILE, Content, Offer
from tests.icon_server import GOOD_SVG, png

ADDRESS = "https://example.com/a%20b/logo.svg?x=1#y"
DATA = "data:image/png;base64,AAAA"


def mime(**formats: bytes | str) -> QMimeData:
    """Formats by name, "/" and "-" written as "__" and "_"."""
    data = QMimeData()
    for name, value in formats.items():
        content = value.encode() if isinstance(value, str) else value
        data.setData(name.replace("__", "/").replace("_", "-"), QByteArray(content))
    return data


def urls(*given: str) -> QMimeData:
    data = QMimeData()
    data.setUrls([QUrl(url) for url in given])
    return data


def reason(data: QMimeData) -> str:
    assert icon_drop.may_hold(data)
    with pytest.raises(Invalid) as raised:
        icon_drop.read(data)
    return str(raised.value)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (mime(text__uri_list=f"# by a browser\r\n{ADDRESS}\r\n", text__plain="a title"), ADDRESS),
        (mime(text__x_moz_url=f"{ADDRESS}\nA title".encode("utf-16-le")), ADDRESS),
        (mime(text__plain=f"  {ADDRESS}\n"), ADDRESS),
        (mime(text__plain="icons/logo.svg"), "icons/logo.svg"),
        (mime(text__plain=DATA), DATA),
        (mime(text__uri_list=ADDRESS, image__png=png(width=8, height=8)), ADDRESS),
    ],
    ids=["list", "mozilla", "text", "relative", "data", "before the picture"],
)
def test_an_address(data: QMimeData, expected: str) -> None:
    assert icon_drop.may_hold(data)
    assert icon_drop.read(data) == Offer(address=expected)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (urls("file:///a.svg", "file:///b.svg", "file:///c.svg"), "3 files are too many"),
        (mime(text__uri_list="https://a.test/\r\nhttps://b.test/"), "2 addresses are too many"),
        (mime(text__plain="just words"), "“just words” is not an address"),
        (mime(text__plain="and/or so"), "“and/or so” is not an address"),
        (mime(text__plain="mdi:home"), "“mdi:home” is not an address"),
        (mime(text__plain=" \n "), "no picture and no address"),
        (mime(text__uri_list="ftp://a.test/b.png"), "not from “ftp:”"),
        (mime(text__uri_list="https://me:secret@a.test/b.png"), "user name or a password"),
        (mime(text__plain="data:image/png;base64,%%%"), "cannot be read"),
        (mime(text__plain="data:," + "a" * (MAX_FILE + 1)), "more than 64 KB"),
        (mime(text__plain="data:," + "a" * (5 * MAX_FILE)), "more than 64 KB"),
        (urls("file://server/share/logo.svg"), "on another computer (“server”)"),
    ],
)
def test_what_is_no_icon_is_refused_with_a_sentence(data: QMimeData, words: str) -> None:
    assert words in reason(data)


def test_markup_is_not_read() -> None:
    data = mime(text__html='<img src="https://example.com/a.png">')
    assert not icon_drop.may_hold(data)


@pytest.mark.parametrize("host", ["", "localhost", QSysInfo.machineHostName()])
def test_a_file_of_this_computer(host: str) -> None:
    data = mime(text__uri_list=f"file://{host}/a%20%C3%A9/logo.svg")
    assert icon_drop.read(data) == Offer(file="/a é/logo.svg")
    assert icon_drop.is_more_than_text(data)


def test_a_picture_of_its_own_is_taken_as_it_was_encoded() -> None:
    body = png(width=8, height=8)
    data = mime(image__png=body, text__html="<img>")
    assert icon_drop.is_more_than_text(data)
    assert icon_drop.content(icon_drop.read(data)) == Content(body)


def test_pixels_become_a_png() -> None:
    image = QImage(20, 10, QImage.Format.Format_ARGB32)
    image.fill(QColor("teal"))
    data = QMimeData()
    data.setImageData(image)
    found = icon_drop.content(icon_drop.read(data))
    again = QImage.fromData(found.data, "PNG")  # type: ignore[call-overload]
    assert again.size() == image.size()
    assert again.pixelColor(3, 3) == QColor("teal")


def test_text_stays_text() -> None:
    assert not icon_drop.is_more_than_text(mime(text__plain=ADDRESS))
    assert not icon_drop.is_more_than_text(mime(text__plain="x", image__png=png(width=8, height=8)))
    assert not icon_drop.is_more_than_text(urls(ADDRESS))


def test_a_file_is_read_up_to_its_limit(tmp_path: Path) -> None:
    file = tmp_path / "logo.svg"
    file.write_bytes(GOOD_SVG)
    found = icon_drop.content(Offer(file=str(file)))
    assert found == Content(GOOD_SVG, "logo.svg")
    assert found.address("svg").startswith("data:image/svg+xml;base64,")
    file.write_bytes(bytes(MAX_FILE))
    assert len(icon_drop.content(Offer(file=str(file))).data) == MAX_FILE


def test_a_compressed_svg_is_unpacked(tmp_path: Path) -> None:
    file = tmp_path / "logo.svgz"
    file.write_bytes(gzip.compress(GOOD_SVG))
    assert icon_drop.content(Offer(file=str(file))).data == GOOD_SVG
    file.write_bytes(gzip.compress(bytes(50 * MAX_FILE)))
    assert "more than 64 KB" in why_not(file)


def why_not(file: Path) -> str:
    with pytest.raises(Invalid) as raised:
        icon_drop.content(Offer(file=str(file)))
    return str(raised.value)


def test_what_is_no_file_is_refused_at_once(tmp_path: Path) -> None:
    pipe, folder, gone = tmp_path / "pipe", tmp_path / "folder", tmp_path / "gone.svg"
    os.mkfifo(pipe)
    folder.mkdir()
    empty, large = tmp_path / "empty.png", tmp_path / "large.png"
    empty.touch()
    with large.open("wb") as stream:
        stream.truncate(1 << 40)
    assert "is a device or a pipe" in why_not(pipe)
    assert "is a device or a pipe" in why_not(Path("/dev/zero"))
    assert "“folder” is a folder" in why_not(folder)
    assert "not there" in why_not(gone)
    assert "is empty" in why_not(empty)
    assert "“large.png” has more than 64 KB" in why_not(large)
    assert "cannot be read" in why_not(Path("/a\0b"))
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "socket"))
        assert "is a device or a pipe" in why_not(tmp_path / "socket")
