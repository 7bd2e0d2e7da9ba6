"""The gallery over 1,000,000 rows, beside the table in the same window size."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from PySide6.QtGui import QPixmap
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractItemView, QApplication

from db.addresses import Address
from gui import theme
from gui.gallery_grid import SHOWN
from gui.gallery_view import IntegrationGallery
from gui.icon_facts import IconState, IconView
from tests.benchmarks import data
from tests.benchmarks.bench_table import (
    REPEATS,
    SIZE,
    Icons,
    Shown,
    jump_seconds,
    repaint_seconds,
)

Report = Callable[[str, float, float, float], None]

FRAMES = 300
FRAME_PX = 96
"""What a frame of a wheel that is turned fast scrolls."""
ICON_EDGE = 64


class GalleryIcons(Icons):
    """A ready picture for every address, in the size that is asked for."""

    def icon(self, address: Address, size: int, ratio: float = 1.0) -> IconView:
        return self._of_size(size)

    @lru_cache  # noqa: B019  lives as long as the benchmark
    def _of_size(self, size: int) -> IconView:
        return IconView(IconState.READY, theme.app_icon().pixmap(size, size).scaled(size, size))

    def nearest(self, address: Address, size: int, ratio: float = 1.0) -> QPixmap | None:
        return None


def run(report: Report, workdir: Path) -> None:
    """Report every figure of the gallery."""
    application = QApplication.instance() or QApplication([])
    assert isinstance(application, QApplication)
    theme.apply(application, theme.Scheme.LIGHT)
    shown = Shown(data.catalog())
    gallery = IntegrationGallery(shown.model, shown.table.chosen)
    gallery.set_loader(GalleryIcons())
    gallery.resize(*SIZE)
    gallery.show()
    QTest.qWaitForWindowExposed(gallery)
    try:
        gallery.zoom(ICON_EDGE)
        _compare(report, shown, gallery)
    finally:
        gallery.close()
        shown.close()


def _compare(report: Report, shown: Shown, gallery: IntegrationGallery) -> None:
    table = shown.table
    repaints = [(repaint_seconds(gallery), repaint_seconds(table)) for _ in range(REPEATS)]
    report(
        "gallery at 64 px: full repaint, s; limit: the table's",
        min(ours for ours, _ in repaints),  # what else the machine does only adds
        min(limit for _, limit in repaints),
        1.2,
    )
    ours, limit = [], []
    for _ in range(REPEATS):
        table.read_instead(SHOWN)
        gc.collect()
        ours.append(max(jump_seconds(gallery)))
        table.read_instead(None)
        gc.collect()
        limit.append(max(jump_seconds(table)))
    report(
        "gallery at 64 px: worst of 300 random scrollbar jumps, s; limit: the table's",
        statistics.median(ours),
        statistics.median(limit),
        1.2,
    )
    frames = [(_frame_seconds(gallery), _frame_seconds(table)) for _ in range(REPEATS)]
    report(
        "gallery at 64 px: a frame of a turned wheel, 96 px, s; limit: the table's",
        min(ours for ours, _ in frames),
        min(limit for _, limit in frames),
        1.2,
    )


def _frame_seconds(view: QAbstractItemView) -> float:
    """The median of the frames that scroll a view down from its middle."""
    bar = view.verticalScrollBar()
    bar.setValue(bar.maximum() // 2)
    view.viewport().repaint()
    times = []
    for _ in range(FRAMES):
        start = time.perf_counter()
        bar.setValue(bar.value() + FRAME_PX)
        QApplication.processEvents()
        times.append(time.perf_counter() - start)
    return statistics.median(times)
