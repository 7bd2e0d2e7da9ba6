"""Pictures as the views draw them: pixmaps from pixels, and how many are kept."""

from __future__ import annotations

from collections import OrderedDict

from PySide6.QtGui import QImage, QPixmap

from gui.icon_facts import Size

PixmapKey = tuple[str, int, float]
"""What an address is filed under, edge, and device pixels for each of its pixels."""


class Pixmaps:
    """Pixmaps up to a number of bytes, the least recently used go first.

    Not QPixmapCache: that one empties itself while the program idles, and cells would flicker.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self.bytes = 0
        self._pixmaps: OrderedDict[PixmapKey, QPixmap] = OrderedDict()
        self._sizes: set[Size] = set()

    def find(self, key: PixmapKey) -> QPixmap | None:
        pixmap = self._pixmaps.get(key)
        if pixmap is not None:
            self._pixmaps.move_to_end(key)
        return pixmap

    def nearest(self, key: str, pixels: float) -> QPixmap | None:
        """One of an icon's pictures: the smallest that has so many pixels, or else the largest."""
        by_pixels = sorted(self._sizes, key=lambda known: known[0] * known[1])
        found = None
        for size, ratio in by_pixels:
            found = self._pixmaps.get((key, size, ratio)) or found
            if found is not None and size * ratio >= pixels:
                break
        return found

    def insert(self, key: PixmapKey, pixmap: QPixmap) -> None:
        self._remove(key)
        self._pixmaps[key] = pixmap
        self._sizes.add(key[1:])
        self.bytes += _cost(pixmap)
        while self.bytes > self._max_bytes:
            self._remove(next(iter(self._pixmaps)))

    def take_out(self, key: str) -> set[Size]:
        """Remove every size of one icon, and tell which there were."""
        found = {size for size in self._sizes if (key, *size) in self._pixmaps}
        for size in found:
            self._remove((key, *size))
        return found

    def _remove(self, key: PixmapKey) -> None:
        pixmap = self._pixmaps.pop(key, None)
        if pixmap is not None:
            self.bytes -= _cost(pixmap)


def pixmap_of(pixels: bytes | memoryview, size: Size) -> QPixmap | None:
    """The picture in a square of `size`; None when there are not as many pixels as it takes."""
    image = image_of(pixels, round(size[0] * size[1]))
    if image.isNull():
        return None
    pixmap = QPixmap.fromImage(image)
    pixmap.setDevicePixelRatio(size[1])
    return pixmap


def image_of(pixels: bytes | memoryview, edge: int) -> QImage:
    """A square image of its own memory from premultiplied ARGB pixels.

    It is null when there are not as many bytes as it takes: Qt would read what lies behind them.
    """
    if len(pixels) != edge * edge * 4:
        return QImage()
    form = QImage.Format.Format_ARGB32_Premultiplied
    return QImage(pixels, edge, edge, edge * 4, form).copy()


def _cost(pixmap: QPixmap) -> int:
    return pixmap.width() * pixmap.height() * 4
