"""What the bytes of a picture are, and bitmaps of them: for the worker process only."""

from __future__ import annotations

import io
import re
import sys
import zlib

# All that is used has to be imported before the limits: Exif needs TIFF.
from PIL import AvifImagePlugin, Image, ImageOps, TiffImagePlugin, WebPImagePlugin  # noqa: F401
from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QRect, QSize, Qt
from PySide6.QtGui import QColorSpace, QImage, QImageReader, QPainter

from gui.frames import Header

ALLOCATION_MB = 256
MAX_PIXELS = ALLOCATION_MB * 1024 * 1024 // 4
SCALE_WHILE_READING = 4096 * 4096
"""Pixels above which a JPEG is read smaller than it is."""
READ_AT_MOST = 1024
MAX_SVG_BYTES = 20 * 1024 * 1024
MAX_ICO_IMAGES = 32
SMALL = 32
"""Sizes up to this one show a small bitmap as it is; larger ones scale it up, as browsers do."""

MAGIC: tuple[tuple[re.Pattern[bytes], str], ...] = (
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "png"),
    (re.compile(rb"\xff\xd8\xff"), "jpeg"),
    (re.compile(rb"GIF8[79]a"), "gif"),
    (re.compile(rb"RIFF....WEBP", re.DOTALL), "webp"),
    (re.compile(rb"\0\0\x01\0"), "ico"),
    (re.compile(rb"BM"), "bmp"),
    (re.compile(rb"....ftyp(avif|avis|mif1|miaf)", re.DOTALL), "avif"),
)
KNOWN_BUT_NOT_SHOWN: tuple[tuple[re.Pattern[bytes], str], ...] = (
    (re.compile(rb"II\*\0|MM\0\*"), "TIFF"),
    (re.compile(rb"%PDF"), "PDF"),
    (re.compile(rb"8BPS"), "Photoshop"),
    (re.compile(rb"icns"), "ICNS"),
    (re.compile(rb"....ftyp", re.DOTALL), "HEIF"),
    (re.compile(rb"\xff\x0a|\0\0\0\x0cJXL "), "JPEG XL"),
    (
        re.compile(
            rb"\s*(<!--.*?-->\s*)*<(!doctype\s+html|html|head|body)", re.IGNORECASE | re.DOTALL
        ),
        "HTML",
    ),
    (re.compile(rb"\s*[\[{]"), "JSON"),
    (re.compile(rb"\s*<\?xml"), "XML"),
    (re.compile(rb"PK\x03\x04"), "ZIP"),
)
_SVG_ROOT = re.compile(r"<([A-Za-z_][\w.-]*:)?svg[\s/>]")
_OTHER_ROOT = re.compile(r"<(?![?!])")


class Undecodable(Exception):
    """The picture cannot be shown; `header` says why."""

    def __init__(self, error: str, **details: object) -> None:
        super().__init__(error)
        self.header: Header = {"error": error, **details}


class Picture:
    """A decoded bitmap, in one or more native sizes (ICO)."""

    def __init__(self, kind: str, images: list[QImage], frames: int, size: QSize | None) -> None:
        self.kind = kind
        self.note = ""
        self.images = sorted((_plain(image) for image in images), key=lambda image: image.width())
        self.frames = frames
        self.size = size or self.images[-1].size()

    def fitted(self, size: int, ratio: float) -> QImage:
        box = round(size * ratio)
        image = next((image for image in self.images if _covers(image, box)), self.images[-1])
        scale = min(box / image.width(), box / image.height())
        if scale >= 1 and size <= SMALL:
            scale = min(int(scale), max(1, int(ratio)))
            return _scaled(image, scale, Qt.TransformationMode.FastTransformation)
        return _scaled(image, scale, Qt.TransformationMode.SmoothTransformation)


def recognise(data: bytes) -> tuple[str, bytes]:
    """The format that the content shows, and the content (inflated when it is a gzip'd SVG)."""
    if not data.strip():
        raise Undecodable("empty")
    if data[:2] == b"\x1f\x8b":
        data = _inflated(data)
        if not _is_svg(data):
            raise Undecodable("unknown", looks="gzip")
        return "svg", data
    for pattern, kind in MAGIC:
        if pattern.match(data):
            return kind, data
    if _is_svg(data):
        return "svg", data
    looks = (name for pattern, name in KNOWN_BUT_NOT_SHOWN if pattern.match(data))
    raise Undecodable("unknown", looks=next(looks, ""))


def _inflated(data: bytes) -> bytes:
    inflate = zlib.decompressobj(wbits=31)
    try:
        inflated = inflate.decompress(data, MAX_SVG_BYTES)
    except zlib.error:
        raise Undecodable("damaged", format="svg") from None
    if inflate.unconsumed_tail:
        raise Undecodable("inflates", limit=MAX_SVG_BYTES // (1024 * 1024))
    return inflated


def _is_svg(data: bytes) -> bool:
    wide = data[:2] in (b"\xff\xfe", b"\xfe\xff")
    head = data[:65536].decode("utf-16" if wide else "utf-8", "replace")
    root = _OTHER_ROOT.search(re.sub(r"<!--.*?-->|<!ENTITY[^>]*>", "", head, flags=re.DOTALL))
    return root is not None and _SVG_ROOT.match(root.string, root.start()) is not None


def bitmap(kind: str, data: bytes) -> Picture:
    """The bitmap in `data` of the format `kind`; raises Undecodable."""
    if kind == "avif":
        return _by_pillow(kind, data)
    content = QByteArray(data)
    buffer = QBuffer(content)
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    reader = reader_of(buffer, kind)
    size = reader.size()
    scaled = None
    if kind == "jpeg" and size.width() * size.height() > SCALE_WHILE_READING:
        scaled = size
        wanted = size.scaled(READ_AT_MOST, READ_AT_MOST, Qt.AspectRatioMode.KeepAspectRatio)
        reader.setScaledSize(wanted.expandedTo(QSize(1, 1)))
    elif size.width() * size.height() > MAX_PIXELS:
        raise Undecodable("large", format=kind, width=size.width(), height=size.height())
    frames = max(1, reader.imageCount()) if kind in ("ico", "gif", "webp") else 1
    images = [reader.read()]
    if kind == "ico":
        others = range(1, min(frames, MAX_ICO_IMAGES))
        images += [reader.read() for number in others if reader.jumpToImage(number)]
    images = [image for image in images if not image.isNull()]
    if not images and kind == "webp":
        return _by_pillow(kind, data)
    if not images:
        raise Undecodable("damaged", format=kind)
    return Picture(kind, images, frames, scaled)


def reader_of(buffer: QBuffer, kind: str) -> QImageReader:
    """A reader that tries no other format and asks no other plugin."""
    reader = QImageReader(buffer, QByteArray(kind.encode()))
    reader.setAutoDetectImageFormat(False)
    reader.setAutoTransform(True)
    return reader


def _by_pillow(kind: str, data: bytes) -> Picture:
    """A picture that Qt cannot read: AVIF, and WebP that is of one colour throughout."""
    try:
        with Image.open(io.BytesIO(data), formats=[kind.upper()]) as opened:
            width, height = opened.size
            if width * height > MAX_PIXELS:
                raise Undecodable("large", format=kind, width=width, height=height)
            frames = getattr(opened, "n_frames", 1)
            picture = ImageOps.exif_transpose(opened).convert("RGBA")
    except (OSError, ValueError, SyntaxError, RuntimeError):
        raise Undecodable("damaged", format=kind) from None
    raw = picture.tobytes()
    form = QImage.Format.Format_RGBA8888
    image = QImage(raw, picture.width, picture.height, picture.width * 4, form).copy()
    return Picture(kind, [image], frames, None)


def is_visible(image: QImage) -> bool:
    """Whether any pixel of premultiplied ARGB is not transparent."""
    opacity = alphas(image)
    return opacity.count(0) != len(opacity)


def alphas(image: QImage) -> bytes:
    """The opacity of each pixel of premultiplied ARGB, 0 to 255."""
    return bytes(image.constBits())[3 if sys.byteorder == "little" else 0 :: 4]


def _plain(image: QImage) -> QImage:
    space = image.colorSpace()
    srgb = QColorSpace(QColorSpace.NamedColorSpace.SRgb)
    if space.isValid() and space != srgb:
        converted = image.convertedToColorSpace(srgb, QImage.Format.Format_ARGB32)
        image = image if converted.isNull() else converted
    return image.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)


def _covers(image: QImage, box: int) -> bool:
    return max(image.width(), image.height()) >= box


def _scaled(image: QImage, scale: float, mode: Qt.TransformationMode) -> QImage:
    wanted = QSize(round(image.width() * scale), round(image.height() * scale))
    wanted = wanted.expandedTo(QSize(1, 1))
    if wanted == image.size():
        return image
    return image.scaled(wanted, Qt.AspectRatioMode.IgnoreAspectRatio, mode)


def centred(image: QImage, box: int) -> QImage:
    """`image` in the middle of a transparent square."""
    if image.width() == box and image.height() == box:
        return image
    canvas = QImage(box, box, QImage.Format.Format_ARGB32_Premultiplied)
    canvas.fill(Qt.GlobalColor.transparent)
    painter = QPainter(canvas)
    at = QRect(
        (box - image.width()) // 2, (box - image.height()) // 2, image.width(), image.height()
    )
    painter.drawImage(at, image)
    painter.end()
    return canvas
