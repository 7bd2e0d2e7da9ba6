"""What is dropped, pasted or chosen as an icon: an address, a file, or a picture of its own.

Nothing here decodes a picture: content is looked at by the decoding process (see `icon_setting`).
"""

from __future__ import annotations

import base64
import errno
import os
import stat
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QBuffer, QIODevice, QSysInfo, QUrl
from PySide6.QtGui import QImage

from db.addresses import BAD_DATA, NOT_AN_ADDRESS, classify, data_bytes, shortened
from db.errors import Invalid, Problem

if TYPE_CHECKING:
    from PySide6.QtCore import QMimeData

MAX_FILE: Final = 64 * 1024
"""Bytes of a file or picture above which it is not put into the catalogue."""
MEDIA_TYPES: Final = {
    "avif": "image/avif",
    "bmp": "image/bmp",
    "gif": "image/gif",
    "ico": "image/x-icon",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "svg": "image/svg+xml",
    "webp": "image/webp",
}
"""By the name that the decoding process has for a format."""

_URLS: Final = "text/uri-list"
_MOZILLA: Final = "text/x-moz-url"
_PICTURES: Final = (
    "image/svg+xml",
    "image/png",
    "image/webp",
    "image/avif",
    "image/gif",
    "image/jpeg",
    "image/x-icon",
    "image/vnd.microsoft.icon",
    "image/bmp",
)
"""Pictures as others encoded them, the best first: these need no decoding here."""

_LARGE_FILE: Final = (
    "The file “{file}” has more than {limit} KB, which is too much to be stored inside the "
    "catalogue. Use a smaller picture, or put it on a web server and set its address."
)
_LARGE: Final = (
    "The picture has more than {limit} KB, which is too much to be stored inside the catalogue. "
    "Use a smaller one, or put it on a web server and set its address."
)
_SEVERAL_FILES: Final = "{count} files are too many: an icon is one picture. Choose one of them."
_SEVERAL_ADDRESSES: Final = (
    "{count} addresses are too many: an icon has one address. Choose one of them."
)
_NOTHING: Final = "There is no picture and no address in it. Nothing was changed."
_ELSEWHERE: Final = (
    "“{file}” is on another computer (“{host}”). Copy the file to this one first, or set its "
    "web address."
)
_FOLDER: Final = "“{file}” is a folder. Choose a picture file."
_NO_FILE: Final = "“{file}” is a device or a pipe, not a file. Choose a picture file."
_NOT_THERE: Final = "The file “{file}” is not there any more. Choose another one."
_NOT_READ: Final = "The file “{file}” cannot be read ({reason}). Check that you may read it."
_EMPTY: Final = "The file “{file}” is empty. Choose a picture file."
_NOT_ENCODED: Final = "The picture in the clipboard cannot be written as PNG. Copy it again."


@dataclass(frozen=True, slots=True)
class Offer:
    """One of these: an address, a local file, or a picture (encoded, or as pixels)."""

    address: str = ""
    file: str = ""
    picture: bytes | QImage | None = None


@dataclass(frozen=True, slots=True)
class Content:
    """Bytes that may be a picture, and the name of the file they are of ("" for none)."""

    data: bytes
    name: str = ""

    def address(self, picture_format: str) -> str:
        """The data: address that carries it, once its format is known."""
        media_type = MEDIA_TYPES.get(picture_format, "image/png")
        return f"data:{media_type};base64,{base64.b64encode(self.data).decode('ascii')}"


def may_hold(mime: QMimeData) -> bool:
    """Whether something of a kind that could be an icon is offered; quick, looks at no content."""
    return mime.hasUrls() or mime.hasText() or mime.hasFormat(_MOZILLA) or holds_picture(mime)


def holds_picture(mime: QMimeData) -> bool:
    """Whether it is a picture itself that is offered."""
    return mime.hasImage() or any(mime.hasFormat(kind) for kind in _PICTURES)


def is_more_than_text(mime: QMimeData) -> bool:
    """Whether it is a file or a picture, which a line of text cannot take as it is."""
    if any(address.lower().startswith("file:") for address in _addresses(mime)):
        return True
    return holds_picture(mime) and not mime.hasText()


def read(mime: QMimeData) -> Offer:
    """What a drop or the clipboard holds: the list of URLs first, then a picture, then text.

    Raises:
        Invalid: it is several, or nothing that can be an icon.
    """
    addresses = _addresses(mime)
    if not addresses and holds_picture(mime):
        return Offer(picture=_picture(mime))
    addresses = addresses or [line.strip() for line in mime.text().splitlines() if line.strip()]
    if not addresses:
        raise Invalid(_NOTHING)
    files = sum(address.lower().startswith("file:") for address in addresses)
    if len(addresses) > 1:
        template = _SEVERAL_FILES if files else _SEVERAL_ADDRESSES
        raise Invalid(template, count=len(addresses))
    return Offer(file=_local(addresses[0])) if files else Offer(address=_checked(addresses[0]))


def _addresses(mime: QMimeData) -> list[str]:
    listed = bytes(mime.data(_URLS).data()).decode("utf-8", "replace").splitlines()
    found = [line.strip() for line in listed if line.strip() and not line.startswith("#")]
    if not found and mime.hasFormat(_MOZILLA):  # an address and its title, line by line
        found = (
            bytes(mime.data(_MOZILLA).data()).decode("utf-16-le", "replace").strip("\0").split("\n")
        )
        found = [line.strip() for line in found[::2] if line.strip()]
    return found


def _picture(mime: QMimeData) -> bytes | QImage:
    for kind in _PICTURES:
        if mime.hasFormat(kind) and (data := mime.data(kind).data()):
            return bytes(data)
    image = mime.imageData()
    return image if isinstance(image, QImage) else QImage(image)


def _local(url: str) -> str:
    parsed = QUrl(url)
    path = parsed.path(QUrl.ComponentFormattingOption.FullyDecoded)
    if parsed.host() not in ("", "localhost", QSysInfo.machineHostName()):
        raise Invalid(_ELSEWHERE, file=Path(path).name, host=parsed.host())
    return path


def _checked(text: str) -> str:
    """The address, if an icon can be loaded from it."""
    address = classify(text)
    problem = address.reason
    if address.kind == "data":
        problem = _data_problem(address.url)
    elif address.kind == "relative":  # a base URL may still be set, unless it is only some text
        spaced = any(map(str.isspace, text))
        problem = Problem(NOT_AN_ADDRESS, text=shortened(text)) if spaced else None
    elif address.kind != "web":
        problem = problem or Problem(NOT_AN_ADDRESS, text=shortened(text))
    if problem is not None:
        raise Invalid(problem.template, **problem.values)
    return address.url if address.kind == "data" else text


def _data_problem(url: str) -> Problem | None:
    found = data_bytes(url) if len(url) <= 4 * MAX_FILE else ("", bytes(MAX_FILE + 1))
    if found is None:
        return Problem(BAD_DATA)
    return _size_problem("", found[1])


def _size_problem(name: str, data: bytes) -> Problem | None:
    if len(data) <= MAX_FILE:
        return None
    limit = MAX_FILE // 1024
    return Problem(_LARGE_FILE, file=name, limit=limit) if name else Problem(_LARGE, limit=limit)


# What may take a while, and so happens on another thread ---------------------------------------


def content(offer: Offer) -> Content:
    """The bytes of an offered file or picture.

    Raises:
        Invalid: it is no file, too large, or cannot be read or encoded.
    """
    if offer.file:
        found = Content(_unpacked(_bytes_of(offer.file)), shortened(Path(offer.file).name))
    elif isinstance(offer.picture, QImage):
        found = Content(_png(offer.picture))
    else:
        found = Content(offer.picture or b"")
    problem = _size_problem(found.name, found.data)
    if problem is not None:
        raise Invalid(problem.template, **problem.values)
    if not found.data:
        raise Invalid(_EMPTY, file=found.name) if found.name else Invalid(_NOTHING)
    return found


def _bytes_of(file: str) -> bytes:
    """The file's content, or the first byte above `MAX_FILE` and all before it."""
    name = shortened(Path(file).name)
    try:
        _check_kind(
            Path(file).stat().st_mode, name
        )  # before it is opened: a device may act on that
        descriptor = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as stream:
            _check_kind(os.fstat(descriptor).st_mode, name)
            return stream.read(MAX_FILE + 1)
    except FileNotFoundError:
        raise Invalid(_NOT_THERE, file=name) from None
    except (OSError, ValueError) as error:
        reason = os.strerror(error.errno or errno.EIO) if isinstance(error, OSError) else "name"
        raise Invalid(_NOT_READ, file=name, reason=reason) from None


def _check_kind(mode: int, name: str) -> None:
    if stat.S_ISDIR(mode):
        raise Invalid(_FOLDER, file=name)
    if not stat.S_ISREG(mode):
        raise Invalid(_NO_FILE, file=name)


def _unpacked(data: bytes) -> bytes:
    """A compressed SVG (.svgz) as browsers show it in a data: address: not compressed."""
    if not data.startswith(b"\x1f\x8b") or len(data) > MAX_FILE:
        return data
    try:
        return zlib.decompressobj(wbits=31).decompress(data, MAX_FILE + 1)
    except zlib.error:
        return data  # which the decoding process then refuses


def _png(image: QImage) -> bytes:
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    if image.isNull() or not image.save(buffer, "PNG"):  # type: ignore[call-overload]
        raise Invalid(_NOT_ENCODED)
    return bytes(buffer.data().data())
