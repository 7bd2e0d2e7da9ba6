"""Saving a picture: the bytes as they came, or a PNG; whole or not at all."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QFileDialog, QWidget
from pytestqt.qtbot import QtBot

from db.addresses import Address, classify
from db.errors import SentenceError
from gui.icon_facts import Picture
from gui.icon_loader import IconLoader
from gui.icon_policy import IconPolicy
from gui.icon_save import PictureSaver, WhenDrawn, suggested_name, write

LOADING_MS = 30_000
SVG = (
    b'<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20">'
    b'<rect width="9" height="9"/></svg>'
)


def data_uri(body: bytes) -> Address:
    return classify("data:image/svg+xml," + "".join(f"%{byte:02x}" for byte in body))


@pytest.fixture
def loader(tmp_path: Path, qapp: QApplication) -> Iterator[IconLoader]:
    loader = IconLoader(tmp_path / "icons.sqlite", [])
    yield loader
    loader.stop()


@pytest.fixture
def saver(loader: IconLoader, qtbot: QtBot) -> PictureSaver:
    desk = QWidget()
    qtbot.addWidget(desk)
    return PictureSaver(loader, desk)


def load(loader: IconLoader, qtbot: QtBot, address: Address) -> None:
    loader.icon(address, 64, 1.0)
    qtbot.waitUntil(lambda: loader.facts(address.url) is not None, timeout=LOADING_MS)


def choose(saver: PictureSaver, qtbot: QtBot, path: Path) -> tuple[str, str]:
    """Choose a file in the dialog; gives the name and the kind of files that it suggested."""
    desk = saver.parent()
    assert isinstance(desk, QWidget)
    qtbot.waitUntil(lambda: desk.findChild(QFileDialog) is not None, timeout=LOADING_MS)
    dialog = desk.findChild(QFileDialog)
    assert isinstance(dialog, QFileDialog)
    name = Path(dialog.selectedFiles()[0]).name
    dialog.fileSelected.emit(str(path))
    dialog.reject()
    return name, dialog.nameFilters()[0]


@pytest.mark.parametrize(
    ("url", "kind", "body", "name"),
    [
        ("https://a.example/img/s3.svg?x=1", "svg", b"<svg", "s3.svg"),
        ("https://a.example/img/s3.svg", "svg", b"\x1f\x8b\x08", "s3.svgz"),
        ("https://a.example/img/photo.png", "jpeg", b"", "photo.jpg"),
        ("https://a.example/logo", "webp", b"", "logo.webp"),
        ("https://a.example/", "png", b"", "icon.png"),
        ("https://a.example/a.html", "", b"", "a.html"),
        ("https://a.example/..%2F..%2Fetc%2Fpasswd", "png", b"", "passwd.png"),
        ("https://a.example/%00%0a%22.png", "png", b"", "icon.png"),
        ("data:image/png;base64,aGVsbG8=", "", b"", "icon.bin"),
    ],
)
def test_the_name_tells_what_the_file_is(url: str, kind: str, body: bytes, name: str) -> None:
    assert suggested_name(url, kind, body) == name


@pytest.mark.parametrize("body", [SVG, gzip.compress(SVG)], ids=["svg", "svgz"])
def test_the_file_is_saved_byte_by_byte(
    saver: PictureSaver, loader: IconLoader, qtbot: QtBot, tmp_path: Path, body: bytes
) -> None:
    load(loader, qtbot, data_uri(body))
    saver.save_file(data_uri(body))
    name, kind = choose(saver, qtbot, tmp_path / "saved")
    with qtbot.waitSignal(saver.said, timeout=LOADING_MS):
        pass
    assert (tmp_path / "saved").read_bytes() == body
    assert name == ("icon.svg" if body is SVG else "icon.svgz")
    assert kind == ("SVG files (*.svg)" if body is SVG else "SVGZ files (*.svgz)")


def test_an_svg_can_be_saved_as_png_in_several_sizes(
    saver: PictureSaver, loader: IconLoader, qtbot: QtBot, tmp_path: Path
) -> None:
    load(loader, qtbot, data_uri(SVG))
    menu = saver.menu(data_uri(SVG))
    assert "PNG, 256 × 128 px…" in [action.text() for action in menu.actions()]
    menu.actions()[-1].trigger()
    with qtbot.waitSignal(saver.said, timeout=LOADING_MS):
        assert choose(saver, qtbot, tmp_path / "a.png") == ("icon.png", "PNG files (*.png)")
    image = QImage(str(tmp_path / "a.png"))
    assert image.size().toTuple() == (1024, 512)
    assert image.pixelColor(100, 100).alpha() == 255
    assert image.pixelColor(900, 400).alpha() == 0


def test_what_is_not_kept_any_more_says_what_to_do(
    saver: PictureSaver, loader: IconLoader, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(saver.failed, timeout=LOADING_MS) as failed:
        saver.save_file(classify("https://a.example/never-loaded.png"))
    assert "Reload the icon" in str(failed.args[0])


def test_a_picture_that_cannot_be_drawn_offline_says_so(loader: IconLoader, qtbot: QtBot) -> None:
    loader.set_policy(IconPolicy(offline=True))
    address = classify("https://a.example/icon.svg")
    picture = Picture("svg", 40, 20, alpha=True, blank=False, frames=1)
    drawn = WhenDrawn(loader, address, picture, 512, loader)
    with qtbot.waitSignal(drawn.failed, timeout=LOADING_MS) as failed:
        drawn.look()
    assert "You work offline" in str(failed.args[0])


def test_a_broken_picture_can_be_saved_as_the_file_that_it_is(
    saver: PictureSaver, loader: IconLoader, qtbot: QtBot
) -> None:
    broken = classify("data:image/png;base64,aGVsbG8=")
    load(loader, qtbot, broken)
    menu = saver.menu(broken)
    assert [action.text() for action in menu.actions()] == ["The file as it was fetched…"]


def test_a_file_that_cannot_be_written_is_as_it_was(tmp_path: Path) -> None:
    with pytest.raises(SentenceError, match="cannot be written"):
        write(tmp_path / "no such folder" / "a.svg", SVG)
    target = tmp_path / "kept.png"
    target.write_bytes(b"before")
    with pytest.raises(SentenceError, match="cannot be written"):
        write(target, QImage())
    assert target.read_bytes() == b"before"
    write(target, SVG)
    assert target.read_bytes() == SVG
    assert {entry.name for entry in tmp_path.iterdir()} == {"kept.png"}
