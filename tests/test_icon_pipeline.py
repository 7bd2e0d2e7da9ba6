"""From an address to pixels, within one process: what is remembered of faults, and how long."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from gui import icon_decoder
from gui.icon_facts import IconFacts, IconState, Size, cache_key
from gui.icon_http import Limits
from gui.icon_pipeline import IconPipeline
from gui.icon_policy import IconPolicy
from gui.icon_wire import Answer, Request
from tests.drawn import THUMBNAIL
from tests.icon_server import GOOD_SVG, IconServer, hanging_svg
from tests.test_icon_loader import data_uri

WAIT_MS = 30_000
MakePipeline = Callable[[], IconPipeline]


@pytest.fixture
def server() -> Iterator[IconServer]:
    with IconServer() as running:
        yield running


@pytest.fixture
def make_pipeline(qtbot: QtBot, tmp_path: Path) -> Iterator[MakePipeline]:
    made: list[IconPipeline] = []

    def make() -> IconPipeline:
        if made:
            made[-1].stop()
        limits = Limits(seconds_per_try=0.5, tries=1, min_fresh=0.0)
        pipeline = IconPipeline(tmp_path / "icons.db", limits)
        pipeline.set_policy(IconPolicy(allowed_hosts=frozenset({"127.0.0.1"})))
        made.append(pipeline)
        return pipeline

    yield make
    if made:
        made[-1].stop()
    for pipeline in made:
        pipeline.deleteLater()


def told(
    qtbot: QtBot, pipeline: IconPipeline, url: str, size: Size = THUMBNAIL
) -> tuple[IconFacts, dict[Size, bytes]]:
    """What the pipeline tells of an address in the end."""
    found: list[Answer] = []
    pipeline.answered.connect(found.extend)
    pipeline.request([Request(cache_key(url), url, {size})])
    qtbot.waitUntil(lambda: bool(found) and found[-1].facts is not None, timeout=WAIT_MS)
    pipeline.answered.disconnect(found.extend)
    facts = found[-1].facts
    assert facts is not None
    return facts, found[-1].pixels


def test_a_worker_that_did_not_start_once_is_not_remembered(
    qtbot: QtBot,
    make_pipeline: MakePipeline,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    picture = data_uri(GOOD_SVG, "image/svg+xml")
    with monkeypatch.context() as missing:
        missing.setattr(icon_decoder, "WORKER", "gui.missing")
        facts, _ = told(qtbot, make_pipeline(), picture)
    assert "cannot be started" in str(facts.reason)
    assert facts.retry_at is not None
    assert "did not start" in caplog.text
    facts, pixels = told(qtbot, make_pipeline(), picture)
    assert (facts.state, facts.url) == (IconState.READY, "data:")
    assert len(pixels[THUMBNAIL]) == 32 * 32 * 4


def test_a_picture_that_took_too_long_is_tried_again_after_a_while(
    qtbot: QtBot, make_pipeline: MakePipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(icon_decoder, "SECONDS_PER_PICTURE", 0.3)
    picture = data_uri(hanging_svg(), "image/svg+xml")
    for _ in range(2):
        facts, _ = told(qtbot, make_pipeline(), picture)
        assert "longer than" in str(facts.reason)
        assert facts.retry_at is not None
        assert facts.retry_at == pytest.approx(time.time() + 600, abs=60)


def test_a_picture_that_is_damaged_stays_so(qtbot: QtBot, make_pipeline: MakePipeline) -> None:
    facts, _ = told(qtbot, make_pipeline(), data_uri(b"\x89PNG\r\n\x1a\n"))
    assert "damaged" in str(facts.reason)
    assert facts.retry_at is None


def test_a_host_that_is_not_reached_is_asked_again_after_a_minute(
    qtbot: QtBot, make_pipeline: MakePipeline, server: IconServer
) -> None:
    pipeline = make_pipeline()
    facts, _ = told(qtbot, pipeline, f"{server.url}/stall")
    assert facts.state is IconState.BROKEN
    assert facts.retry_at == pytest.approx(time.time() + 60, abs=30)
    told(qtbot, pipeline, f"{server.url}/stall")
    assert server.seen["/stall"] == 2


def test_what_a_host_answers_is_believed_for_ten_minutes(
    qtbot: QtBot, make_pipeline: MakePipeline, server: IconServer
) -> None:
    for _ in range(2):
        facts, _ = told(qtbot, make_pipeline(), f"{server.url}/status/404")
        assert "404" in str(facts.reason)
        assert facts.retry_at == pytest.approx(time.time() + 600, abs=60)
    assert server.seen["/status/404"] == 1


def test_what_was_loaded_is_written_also_while_more_keeps_coming(
    qtbot: QtBot, make_pipeline: MakePipeline, tmp_path: Path
) -> None:
    pipeline = make_pipeline()
    asked = 0

    def ask() -> None:
        nonlocal asked
        asked += 1
        url = f"data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' id='n{asked}'/>"
        pipeline.request([Request(cache_key(url), url, {THUMBNAIL})])

    def is_written() -> bool:
        with closing(sqlite3.connect(tmp_path / "icons.db")) as connection:
            (count,) = connection.execute("SELECT count(*) FROM thumbnail").fetchone()
        return bool(count)

    pipeline.answered.connect(ask)
    ask()
    qtbot.waitUntil(is_written, timeout=WAIT_MS)
    pipeline.answered.disconnect(ask)
