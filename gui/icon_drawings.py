"""SVG pictures, drawn by the one of two renderers that does it right: for the worker process only.

QtSvg is quick and knows the system's fonts; of clipping, patterns, style sheets, proportions and
more it draws something else than a browser. resvg draws these as browsers do, without text: it
would have to open font files. Neither may load anything from outside.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final
from xml.parsers import expat

import resvg_py
from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QSize, QSizeF, Qt
from PySide6.QtGui import QImage, QImageReader

from gui.icon_formats import Undecodable, is_visible, reader_of

PLAIN_ELEMENTS: Final = frozenset({"circle", "defs", "desc", "ellipse", "g", "line"}) | {
    *("linearGradient", "metadata", "path", "polygon", "polyline", "radialGradient", "rect"),
    *("stop", "svg", "title"),
}
PLAIN_ATTRIBUTES: Final = frozenset({"cx", "cy", "d", "fill", "fill-opacity", "fill-rule"}) | {
    *("focusable", "fx", "fy", "gradientTransform", "gradientUnits", "height", "id", "offset"),
    *("opacity", "points", "r", "role", "rx", "ry", "stop-color", "stop-opacity", "stroke"),
    *("stroke-linecap", "stroke-linejoin", "stroke-miterlimit", "stroke-opacity"),
    *("stroke-width", "transform", "version", "viewBox", "width", "x", "x1", "x2", "xml:space"),
    *("y", "y1", "y2"),
}
PLAIN_VALUE: Final = re.compile(r"(#|url\(#|rgb\(|none$|[A-Za-z]+$)")
LOADING: Final = frozenset({"image", "feImage", "use"})
UNKNOWN_SIZE: Final = 100
"""Edge in pixels of what has proportions and no size."""
UNEVEN: Final = 1.01
"""How far width : height may be from that of the view box for QtSvg not to distort."""
_PIXELS: Final = re.compile(r"\s*([0-9]*\.?[0-9]+)(px)?\s*$")


class Contents:
    """What an SVG is made of, as far as it decides who draws it."""

    def __init__(self, data: bytes) -> None:
        self.plain = True
        """Nothing is in it that QtSvg draws otherwise than browsers do."""
        self.text = False
        self.outside = False
        """It refers to other files, which are not loaded."""
        self.size: QSize | None = None
        """Its size in pixels; None when only QtSvg can tell, which reads all of it for that."""
        self._depth = 0
        self._encoding = "utf-8-sig"
        parser = expat.ParserCreate()
        parser.XmlDeclHandler = self._declared
        if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
            self._encoding = "utf-16"
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        try:
            parser.Parse(data, True)
            self._sound = True
        except (expat.ExpatError, ValueError):
            self._sound = False

    def decoded(self, data: bytes) -> str | None:
        """The SVG as text; None when it is not well-formed."""
        try:
            return data.decode(self._encoding) if self._sound else None
        except (LookupError, ValueError):
            return None

    def _declared(self, version: str, encoding: str | None, standalone: int) -> None:
        if encoding and encoding.lower() != "utf-8":
            self._encoding = encoding

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if self._depth == 0:
            self.size = _size(attributes)
        self._depth += 1
        name = name.rpartition(":")[2] if name.startswith("svg:") else name
        if name in ("text", "tspan"):
            self.text = True
        if name in LOADING:
            links = (value for key, value in attributes.items() if key.endswith("href"))
            self.outside |= any(not link.strip().startswith(("#", "data:")) for link in links)
        if not self.plain:
            return
        self.plain = (
            (name in PLAIN_ELEMENTS or ":" in name)
            and all(map(_is_plain, attributes.items()))
            and (name != "svg" or (self._depth == 1 and _is_even(attributes)))
        )

    def _end(self, name: str) -> None:
        self._depth -= 1


def _is_plain(attribute: tuple[str, str]) -> bool:
    name, value = attribute
    if name in ("fill", "stroke", "stop-color"):
        return PLAIN_VALUE.match(value.strip()) is not None
    return name in PLAIN_ATTRIBUTES or name.startswith(("xmlns", "aria-", "data-"))


def _size(root: dict[str, str]) -> QSize | None:
    if "width" not in root and "height" not in root:
        numbers = root.get("viewBox", "").replace(",", " ").split()
        edges = [_PIXELS.match(number) for number in numbers[2:]]
    else:
        edges = [_PIXELS.match(root.get(name, "")) for name in ("width", "height")]
    if len(edges) != 2 or edges[0] is None or edges[1] is None:
        return None
    return QSizeF(float(edges[0][1]), float(edges[1][1])).toSize()


def _is_even(root: dict[str, str]) -> bool:
    """Whether the size of the SVG has the proportions of its view box, in pixels."""
    if "width" not in root and "height" not in root:
        return True
    edges = [_PIXELS.match(root.get(name, "")) for name in ("width", "height")]
    numbers = root.get("viewBox", "").replace(",", " ").split()
    if edges[0] is None or edges[1] is None:
        return False
    if not numbers:
        return True
    try:
        across, down = (float(number) for number in numbers[2:])
        share = float(edges[0][1]) * down / (float(edges[1][1]) * across)
    except (ValueError, ZeroDivisionError):
        return False
    return 1 / UNEVEN < share < UNEVEN


class Drawing:
    """An SVG: drawn anew for every size.

    `before_resvg` is called before that renderer is used. With `careful` it is not: this is for
    pictures that it ended a process with. `note` says what the picture lacks: "outside" for what
    lies in other files, "parts" for what no renderer could draw.
    """

    kind = "svg"
    frames = 1

    def __init__(self, data: bytes, careful: bool, before_resvg: Callable[[], None]) -> None:
        self._data = QByteArray(data)
        contents = Contents(data)
        self.note = "outside" if contents.outside else "parts" if careful else ""
        self._text = None if careful or contents.outside else contents.decoded(data)
        self._before_resvg = before_resvg
        self._renderers = [self._by_qt, self._by_resvg]
        if not (contents.plain or contents.text):
            self._renderers.reverse()
        self._unused: QImageReader | None = None
        if contents.size is None or self._renderers[0] == self._by_qt:
            self._unused = self._reader()
        self.size = self._unused.size() if self._unused else contents.size or QSize()
        if self.size.isEmpty():
            self.size = self.fitted(UNKNOWN_SIZE, 1.0).size()

    def fitted(self, size: int, ratio: float) -> QImage:
        """The picture as large as fits into a square; the first renderer that shows something."""
        box = round(size * ratio)
        images: list[QImage] = []
        for renderer in list(self._renderers):
            image = renderer(box)
            if image is None:
                continue
            if is_visible(image):
                if renderer == self._by_qt and not images and self._renderers[0] != renderer:
                    self.note = self.note or "parts"
                self._renderers = [renderer]
                return image
            images.append(image)
        if not images:
            raise Undecodable("damaged", format="svg")
        return images[0]

    def _reader(self) -> QImageReader:
        self._buffer = QBuffer(self._data)
        self._buffer.open(QIODevice.OpenModeFlag.ReadOnly)
        return reader_of(self._buffer, "svg")

    def _by_qt(self, box: int) -> QImage | None:
        reader, self._unused = self._unused or self._reader(), None
        size = reader.size()
        if size.isEmpty():
            return None
        wanted = size.scaled(box, box, Qt.AspectRatioMode.KeepAspectRatio)
        reader.setScaledSize(wanted.expandedTo(QSize(1, 1)))
        return _drawn(reader.read())

    def _by_resvg(self, box: int) -> QImage | None:
        if self._text is None:
            return None
        self._before_resvg()
        try:
            content = resvg_py.svg_to_bytes(
                svg_string=self._text, width=box, height=box, dpi=96, skip_system_fonts=True
            )
        except ValueError:
            self._text = None
            return None
        return _drawn(QImage.fromData(content))


def _drawn(image: QImage) -> QImage | None:
    if image.isNull():
        return None
    return image.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)
