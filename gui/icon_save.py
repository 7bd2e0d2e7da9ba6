"""Saving a picture: the file as it was fetched, or a PNG of it; written in the background."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path, PurePosixPath
from typing import Final, Protocol
from urllib.parse import unquote, urlsplit

from PySide6.QtCore import (
    QByteArray,
    QIODevice,
    QObject,
    QSaveFile,
    QStandardPaths,
    Qt,
    QTimer,
    Signal,
    SignalInstance,
    Slot,
)
from PySide6.QtGui import QImage, QImageWriter
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from db.addresses import Address
from db.errors import SentenceError
from gui.background import deliver
from gui.icon_facts import FORMAT_NAMES, IconFacts, IconState, IconView, Picture
from gui.icon_zoom import AGAIN_MS, LARGEST_EDGE
from gui.text import number

DRAWN_EDGE: Final = 512
"""The edge in px of the picture that is made of an SVG that is copied."""
DRAWN_EDGES: Final = (256, 512, 1024)
"""The edges in px in which an SVG can be saved as PNG."""
_SUFFIXES: Final = {"jpeg": "jpg"}
_CANNOT_WRITE: Final = "“{file}” cannot be written: {reason}. Choose another folder."
_NAME_LENGTH: Final = 80


class SaveSource(Protocol):
    """What saving and copying ask of the icon loader."""

    @property
    def changed(self) -> SignalInstance: ...
    def icon(self, address: Address, size: int, ratio: float) -> IconView: ...
    def facts(self, url: str) -> IconFacts | None: ...
    def body(self, url: str) -> Future[bytes]: ...


def drawn_edge(picture: Picture) -> int:
    """The edge in px at which a picture is copied: its own, or one that suits a drawing."""
    edge = max(1, picture.width, picture.height)
    return min(LARGEST_EDGE, max(edge, DRAWN_EDGE) if picture.format == "svg" else edge)


def trimmed(image: QImage, picture: Picture) -> QImage:
    """The picture alone, out of the middle of the square that it was drawn into."""
    longest = max(1, picture.width, picture.height)
    width = max(1, round(image.width() * picture.width / longest))
    height = max(1, round(image.height() * picture.height / longest))
    return image.copy((image.width() - width) // 2, (image.height() - height) // 2, width, height)


def suggested_name(url: str, kind: str, body: bytes = b"") -> str:
    """A file name for a picture of format `kind` ("" if it is none), made of its URL."""
    path = "" if url.startswith("data:") else unquote(urlsplit(url).path)
    last = PurePosixPath(path)
    suffix = _SUFFIXES.get(kind, kind) or last.suffix.lstrip(".").lower()
    if kind == "svg" and body.startswith(b"\x1f\x8b"):
        suffix = "svgz"
    stem = re.sub(r"[^\w.+-]+", "-", last.stem if last.suffix else last.name).strip(".-")
    suffix = re.sub(r"\W+", "", suffix)[:8]
    return f"{stem[:_NAME_LENGTH] or 'icon'}.{suffix or 'bin'}"


def write(path: Path, content: bytes | QImage) -> None:
    """Write a file whole or not at all: bytes as they are, a picture as PNG.

    Raises SentenceError.
    """
    file = QSaveFile(str(path))
    done = file.open(QIODevice.OpenModeFlag.WriteOnly)
    if done and isinstance(content, bytes):
        done = file.write(content) == len(content)
    elif done and isinstance(content, QImage):
        done = QImageWriter(file, QByteArray(b"png")).write(content)
    if not (done and file.commit()):
        raise SentenceError(_CANNOT_WRITE, file=path, reason=file.errorString().rstrip("."))


class WhenDrawn(QObject):
    """Waits until a picture is drawn with `edge` px, and gives it away, once; then it is gone.

    Signals:
        drawn(QImage): the picture, without what was added to make it square.
        failed(Exception): it cannot be drawn.
    """

    drawn = Signal(object)
    failed = Signal(object)

    def __init__(
        self, loader: SaveSource, address: Address, picture: Picture, edge: int, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._loader, self._address, self._picture, self._edge = loader, address, picture, edge
        self._again = QTimer(self, interval=AGAIN_MS)
        self._again.timeout.connect(self.look)
        self._again.start()
        self._is_done = False
        loader.changed.connect(self.look)

    @Slot()
    def look(self) -> None:
        """Look whether it is there, and ask for it."""
        if self._is_done:
            return
        view = self._loader.icon(self._address, self._edge, 1.0)
        if view.pixmap is not None:
            image = view.pixmap.toImage()
            image.setDevicePixelRatio(1)
            self._end()
            self.drawn.emit(trimmed(image, self._picture))
        elif view.reason is not None and view.state is not IconState.STALE:
            self._end()
            self.failed.emit(SentenceError(view.reason.template, **view.reason.values))

    def _end(self) -> None:
        self._is_done = True
        self._again.stop()
        self.deleteLater()


class PictureSaver(QObject):
    """Asks where to, and saves there.

    Signals:
        said(str): a picture was saved.
        failed(Exception): it could not be.
    """

    said = Signal(str)
    failed = Signal(object)

    def __init__(self, loader: SaveSource, parent: QWidget) -> None:
        super().__init__(parent)
        self._loader = loader
        self._window = parent
        self._folder = QStandardPaths.writableLocation(
            QStandardPaths.StandardLocation.PicturesLocation
        )

    def menu(self, address: Address) -> QMenu:
        """What an icon can be saved as."""
        menu = QMenu(self._window)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        facts = self._loader.facts(address.url)
        picture = facts.picture if facts is not None else None
        name = "" if picture is None else FORMAT_NAMES.get(picture.format, "")
        words = self.tr("The file as it was fetched ({format})…").format(format=name)
        whole = menu.addAction(words if name else self.tr("The file as it was fetched…"))
        whole.triggered.connect(lambda: self.save_file(address))
        shown = facts is not None and facts.state in (IconState.READY, IconState.STALE)
        if picture is None or not shown:
            return menu
        edges = DRAWN_EDGES if picture.format == "svg" else (drawn_edge(picture),)
        for edge in edges:
            scale = edge / max(1, picture.width, picture.height)
            sides = [max(1, round(side * scale)) for side in (picture.width, picture.height)]
            action = menu.addAction(
                self.tr("PNG, {width} × {height} px…").format(
                    width=number(sides[0]), height=number(sides[1])
                )
            )
            action.triggered.connect(
                lambda _=False, edge=edge, picture=picture: self.save_png(address, picture, edge)
            )
        return menu

    def save_file(self, address: Address) -> None:
        """Save the bytes as they were fetched."""
        facts = self._loader.facts(address.url)
        kind = facts.picture.format if facts is not None and facts.picture is not None else ""

        def ask(body: bytes) -> None:
            name = suggested_name(address.url, kind, body)
            self._ask(name, lambda path: self._write(path, body))

        deliver(self, self._loader.body(address.url), ask, self.failed.emit)

    def save_png(self, address: Address, picture: Picture, edge: int) -> None:
        """Save the picture, drawn at `edge` px for its longer side, as PNG."""
        self._loader.icon(address, edge, 1.0)  # drawn while the user looks for a place
        name = str(Path(suggested_name(address.url, picture.format)).with_suffix(".png"))

        def save(path: Path) -> None:
            drawn = WhenDrawn(self._loader, address, picture, edge, self)
            drawn.drawn.connect(lambda image: self._write(path, image))
            drawn.failed.connect(self.failed)
            drawn.look()

        self._ask(name, save)

    def _ask(self, name: str, chosen: Callable[[Path], object]) -> None:
        dialog = QFileDialog(self._window.window(), self.tr("Save Picture"))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        suffix = Path(name).suffix
        kind = suffix.lstrip(".").upper()
        words = self.tr("{kind} files (*{suffix})").format(kind=kind, suffix=suffix)
        dialog.setNameFilters([words, self.tr("All files (*)")])
        dialog.setDefaultSuffix(suffix.lstrip("."))
        dialog.setDirectory(self._folder)
        dialog.selectFile(name)
        dialog.fileSelected.connect(lambda text: chosen(Path(text)))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    def _write(self, path: Path, content: bytes | QImage) -> None:
        self._folder = str(path.parent)
        executor = ThreadPoolExecutor(1, "save-picture")
        future = executor.submit(write, path, content)
        executor.shutdown(wait=False)
        said = self.tr("Saved: {file}").format(file=path)
        deliver(self, future, lambda _: self.said.emit(said), self.failed.emit)
