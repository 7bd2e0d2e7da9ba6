"""The test pictures of other projects, hostile ones among them: each is answered, and soon."""

from __future__ import annotations

import csv
import os
import time
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from gui.icon_decoder import Decoded, Decoder
from tests.drawn import THUMBNAIL
from tests.icon_server import hanging_svg, png

SECONDS = 2.5 if "INTEGRATION_ICONS_SOAK" in os.environ else 30.0
"""Until a good picture is shown that was asked for right behind a hostile one; `make soak` has the
true limit, which a machine that is busy with other things does not keep."""
NO_PIXELS = {
    # A screen or an image of no size, more pixels than can be drawn, or codes without meaning.
    *("image-zero-height", "image-zero-size", "image-zero-width", "invalid-code", "max-size"),
    *("no-data", "overflow-codes-max", "zero-height", "zero-size", "zero-width"),
}


def behind(qtbot: QtBot, decoder: Decoder, data: bytes) -> tuple[Decoded, float]:
    """What came of `data`, and the seconds until the good picture behind it was there."""
    hostile: list[Decoded] = []
    good: list[float] = []
    start = time.monotonic()
    decoder.decode(data, [THUMBNAIL], hostile.append)
    decoder.decode(png(), [THUMBNAIL], lambda each: good.append(time.monotonic() - start))
    qtbot.waitUntil(lambda: bool(hostile and good), timeout=30_000)
    return hostile[0], good[0]


@pytest.mark.parametrize("workers", [1, 2])
def test_behind_a_picture_that_hangs_a_good_one_is_soon_shown(qtbot: QtBot, workers: int) -> None:
    decoder = Decoder(workers)
    behind(qtbot, decoder, png())
    hostile, seconds = behind(qtbot, decoder, hanging_svg())
    decoder.stop()
    assert "longer than" in str(hostile.problem)
    assert seconds < SECONDS


def test_every_picture_of_the_corpus(qtbot: QtBot, shared: Path) -> None:
    folder = shared / "data" / "images"
    with (folder / "manifest.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["split"] == "shared"]
    assert len(rows) == 946
    decoder = Decoder(workers=1)
    behind(qtbot, decoder, png())
    refused, late = set(), {}
    for row in rows:
        decoded, seconds = behind(qtbot, decoder, (folder / row["file"]).read_bytes())
        assert (decoded.problem is None) == (THUMBNAIL in decoded.pixels), row["file"]
        if decoded.problem is not None and row["expected"] == "valid":
            refused.add(Path(row["file"]).stem)
        if seconds > SECONDS:
            late[row["file"]] = seconds
    decoder.stop()
    assert not late
    assert refused == NO_PIXELS
