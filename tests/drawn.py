"""What a worker process drew, as a picture to look at."""

from __future__ import annotations

from PySide6.QtGui import QImage

from gui.icon_decoder import Decoded
from gui.icon_facts import Size
from gui.icon_pixmaps import image_of

THUMBNAIL: Size = (32, 1.0)


def drawn(decoded: Decoded, size: Size = THUMBNAIL) -> QImage:
    """The picture in a square of `size`."""
    return image_of(decoded.pixels[size], round(size[0] * size[1]))
