"""The program of the worker process: decodes pictures that nobody trusts.

It runs on its own (`python -P icon_worker.py`) and imports nothing of this project. Frames go over
standard input and output: two big-endian 32-bit lengths, a JSON header and raw bytes.

    asked:    {"job": n, "sizes": [[size, ratio], ...]} and the bytes of a picture
    answered: {"job": n, "format", "width", "height", "alpha", "blank", "frames"} and, for each
              size, (size * ratio)² pixels of premultiplied ARGB in the byte order of the machine
    or:       {"job": n, "error": code, ...} without bytes

The parent kills a worker that takes too long over one picture. After the warm-up no file can be
opened any more, so that a picture cannot load another one from the disk or the network.
"""

from __future__ import annotations

import io
import json
import os
import re
import struct
import sys
import time
import zlib
from pathlib import Path
from typing import BinaryIO

# All that is used has to be imported before the limits: Exif needs TIFF.
from PIL import AvifImagePlugin, Image, ImageOps, TiffImagePlugin  # noqa: F401
from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QRect, QSize, Qt
from PySide6.QtGui import QColorSpace, QGuiApplication, QImage, QImageReader, QPainter

if sys.platform == "linux":
    import resource

Header = dict[str, object]

ALLOCATION_MB = 256
MAX_PIXELS = ALLOCATION_MB * 1024 * 1024 // 4
SCALE_WHILE_READING = 4096 * 4096
"""Pixels above which a JPEG is read smaller than it is."""
READ_AT_MOST = 1024
MAX_SVG_BYTES = 20 * 1024 * 1024
MEMORY_AFTER_WARM_UP = 1024 * 1024 * 1024
CPU_SECONDS = 4
NICENESS = 5
THREAD_SECONDS = 10.0
"""Seconds after which Qt's idle thread is used again; it expires after 30."""
FILES_OF_THREAD = 8
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


class Drawing:
    """An SVG: drawn anew for every size."""

    kind = "svg"
    frames = 1

    def __init__(self, data: bytes) -> None:
        self._data = QByteArray(data)
        self._unused: QImageReader | None = self._read()
        self.size = self._unused.size()
        if self.size.isEmpty():
            raise Undecodable("damaged", format="svg")

    def _read(self) -> QImageReader:
        self._buffer = QBuffer(self._data)
        self._buffer.open(QIODevice.OpenModeFlag.ReadOnly)
        return _reader(self._buffer, "svg")

    def fitted(self, size: int, ratio: float) -> QImage:
        box = round(size * ratio)
        reader, self._unused = self._unused or self._read(), None
        wanted = self.size.scaled(box, box, Qt.AspectRatioMode.KeepAspectRatio)
        reader.setScaledSize(wanted.expandedTo(QSize(1, 1)))
        image = reader.read()
        if image.isNull():
            raise Undecodable("damaged", format="svg")
        return image


def decode(data: bytes, sizes: list[tuple[int, float]]) -> tuple[Header, bytes]:
    """Facts and pixels of the picture in `data`; raises Undecodable."""
    kind, data = recognise(data)
    picture = Drawing(data) if kind == "svg" else _bitmap(kind, data)
    alpha = blank = False
    pixels = []
    for size, ratio in sizes:
        fitted = picture.fitted(size, ratio)
        fitted = fitted.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)
        alphas = bytes(fitted.constBits())[3 if sys.byteorder == "little" else 0 :: 4]
        alpha = alphas.count(255) != len(alphas)
        blank = alphas.count(0) == len(alphas)
        pixels.append(bytes(_centred(fitted, round(size * ratio)).constBits()))
    header: Header = {
        "format": picture.kind,
        "width": picture.size.width(),
        "height": picture.size.height(),
        "alpha": alpha,
        "blank": blank,
        "frames": picture.frames,
    }
    return header, b"".join(pixels)


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


def _bitmap(kind: str, data: bytes) -> Picture:
    if kind == "avif":
        return _avif_picture(data)
    content = QByteArray(data)
    buffer = QBuffer(content)
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    reader = _reader(buffer, kind)
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
    if not images:
        raise Undecodable("damaged", format=kind)
    return Picture(kind, images, frames, scaled)


def _reader(buffer: QBuffer, kind: str) -> QImageReader:
    reader = QImageReader(buffer, QByteArray(kind.encode()))
    reader.setAutoDetectImageFormat(False)
    reader.setAutoTransform(True)
    return reader


def _avif_picture(data: bytes) -> Picture:
    try:
        with Image.open(io.BytesIO(data), formats=["AVIF"]) as opened:
            width, height = opened.size
            if width * height > MAX_PIXELS:
                raise Undecodable("large", format="avif", width=width, height=height)
            frames = getattr(opened, "n_frames", 1)
            picture = ImageOps.exif_transpose(opened).convert("RGBA")
    except (OSError, ValueError, SyntaxError, RuntimeError):
        raise Undecodable("damaged", format="avif") from None
    raw = picture.tobytes()
    form = QImage.Format.Format_RGBA8888
    image = QImage(raw, picture.width, picture.height, picture.width * 4, form).copy()
    return Picture("avif", [image], frames, None)


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


def _centred(image: QImage, box: int) -> QImage:
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


def warm_up() -> None:
    """Load what is loaded on first use: plugins, fonts, codecs."""
    QImageReader.setAllocationLimit(ALLOCATION_MB)
    QImageReader.supportedImageFormats()
    Image.preinit()
    b"".decode("utf-16", "replace")
    texts = "".join(
        f'<text y="9" font-size="9" font-family="{family}" font-weight="{weight}">Aé1</text>'
        for family in ("sans-serif", "serif", "monospace", "Arial", "Helvetica")
        for weight in ("normal", "bold")
    )
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9">{texts}</svg>'
    decode(svg.encode(), [(16, 1.0)])


class Sandbox:
    """Takes away what decoding does not need: files, memory without end, core dumps (Linux only).

    Qt converts large bitmaps in a thread pool, and starting a thread takes a file descriptor that
    no longer can be had: the process would abort. So the pool is made while one core is all that
    can be seen, which limits it to one thread, and that thread is kept from expiring.
    """

    def __init__(self) -> None:
        self._image = QImage(512, 512, QImage.Format.Format_ARGB32)
        self._image.fill(0)
        self._used = -THREAD_SECONDS
        self._files = 0

    def close(self) -> None:
        """Set the limits; to be called once, after the warm-up."""
        if sys.platform != "linux":
            return
        os.nice(NICENESS)
        cores = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {min(cores)})
        self._use_thread()
        os.sched_setaffinity(0, cores)
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        memory = pages * resource.getpagesize() + MEMORY_AFTER_WARM_UP
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        self._files = os.dup(0) + 1
        resource.setrlimit(resource.RLIMIT_NOFILE, (self._files, self._files + FILES_OF_THREAD))

    def before_picture(self) -> None:
        """Keep the thread alive, and end this process when the picture takes too much of a core."""
        if sys.platform != "linux":
            return
        if time.monotonic() > self._used + THREAD_SECONDS:
            limits = (self._files, self._files + FILES_OF_THREAD)
            resource.setrlimit(resource.RLIMIT_NOFILE, (limits[1], limits[1]))
            self._use_thread()
            resource.setrlimit(resource.RLIMIT_NOFILE, limits)
        used = resource.getrusage(resource.RUSAGE_SELF)
        seconds = int(used.ru_utime + used.ru_stime) + CPU_SECONDS
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, resource.RLIM_INFINITY))

    def _use_thread(self) -> None:
        self._image.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)
        self._used = time.monotonic()


def answer(request: Header, data: bytes) -> tuple[Header, bytes]:
    sizes = request["sizes"]
    assert isinstance(sizes, list)
    try:
        header, body = decode(data, [(int(size), float(ratio)) for size, ratio in sizes])
    except Undecodable as error:
        header, body = error.header, b""
    except MemoryError:
        header, body = {"error": "memory"}, b""
    return {"job": request["job"], **header}, body


def write(stream: BinaryIO, header: Header, body: bytes = b"") -> None:
    text = json.dumps(header).encode()
    stream.write(struct.pack(">II", len(text), len(body)) + text + body)
    stream.flush()


def main() -> int:
    application = QGuiApplication(["icon-worker"])
    frames, answers = sys.stdin.buffer, sys.stdout.buffer
    warm_up()
    sandbox = Sandbox()
    sandbox.close()
    write(answers, {"job": 0})
    while len(lengths := frames.read(8)) == 8:
        header_length, body_length = struct.unpack(">II", lengths)
        request = json.loads(frames.read(header_length))
        data = frames.read(body_length)
        sandbox.before_picture()
        write(answers, *answer(request, data))
    del application
    return 0


if __name__ == "__main__":
    sys.exit(main())
