"""How far the two renderers of SVG differ over the real icons, as one JSON line.

Run as `python -m tests.benchmarks.compare_renderers FOLDER`; the first names are the worst.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from PIL import Image, ImageChops, ImageStat
from PySide6.QtGui import QGuiApplication, QImage

from gui.icon_drawings import Drawing
from gui.icon_formats import Undecodable, centred, is_visible, recognise

EDGES = (32, 64)
THRESHOLDS = (2, 8, 32)
"""Mean absolute differences of a channel, of 255, over white."""


class Compared(Drawing):
    """Drawn by each renderer, whatever is in it."""

    def both(self, edge: int) -> tuple[QImage | None, QImage | None]:
        return self._by_qt(edge), self._by_resvg(edge)


def over_white(image: QImage, edge: int) -> Image.Image:
    square = centred(image, edge).convertToFormat(QImage.Format.Format_RGBA8888)
    picture = Image.frombytes("RGBA", (edge, edge), bytes(square.constBits()))
    return Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture).convert("RGB")


def difference(path: Path, edge: int) -> tuple[float, bool, bool]:
    """Mean difference of a channel, and whether QtSvg and resvg show anything."""
    _, data = recognise(path.read_bytes())
    qt, resvg = Compared(data, careful=False, before_resvg=lambda: None).both(edge)
    images = [
        image or QImage(1, 1, QImage.Format.Format_ARGB32_Premultiplied) for image in (qt, resvg)
    ]
    for image, drawn in zip(images, (qt, resvg), strict=True):
        if drawn is None:
            image.fill(0)
    changed = ImageChops.difference(*(over_white(image, edge) for image in images))
    return sum(ImageStat.Stat(changed).mean) / 3, is_visible(images[0]), is_visible(images[1])


def main(folder: Path) -> None:
    files = sorted(folder.rglob("*.svg"))
    for edge in EDGES:
        found = {}
        for path in files:
            try:
                found[path] = difference(path, edge)
            except Undecodable:
                print(path, "is refused", file=sys.stderr)
        worst = sorted(found, key=lambda path: -found[path][0])[:10]
        figures: dict[str, object] = {"edge": edge, "svgs": len(found)}
        for limit in THRESHOLDS:
            figures[f"above {limit}"] = sum(value[0] > limit for value in found.values())
        figures["blank by QtSvg"] = sum(not value[1] for value in found.values())
        figures["blank by resvg"] = sum(not value[2] for value in found.values())
        figures["worst"] = [path.stem for path in worst]
        print(json.dumps(figures))


if __name__ == "__main__":
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    application = QGuiApplication([])
    main(Path(sys.argv[1]))
