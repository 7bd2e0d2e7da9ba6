"""Every fault of a host, as the window meets it: how it ends, how soon, in how much memory.

The host is a process of its own; the loader is the real one, with its thread, its cache file and
its worker processes.
"""

from __future__ import annotations

import csv
import os
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from db.addresses import classify
from gui.icon_facts import IconFacts, IconState
from gui.icon_http import Limits
from gui.icon_loader import IconLoader
from tests.conftest import IconHost

LIMITS = Limits(seconds_per_try=1.0, backoff=0.05)
SECONDS = 15.0
"""Within which everything ends here: three tries, pauses of a second, and a busy machine."""
LONGEST_GAP = 0.5
MEGABYTES = 100
FINAL = {IconState.READY, IconState.BROKEN, IconState.REFUSED}


class _Watch:
    """What an event loop and the memory of the process go through from here on."""

    def __init__(self) -> None:
        self.longest_gap = 0.0
        self._memory_before = self._most_memory = _memory()
        self._last = time.monotonic()
        self._timer = QTimer(interval=5)
        self._timer.timeout.connect(self._tick)
        self._timer.start()

    @property
    def megabytes(self) -> float:
        return (self._most_memory - self._memory_before) / 1e6

    def _tick(self) -> None:
        now = time.monotonic()
        self.longest_gap = max(self.longest_gap, now - self._last)
        self._last = now
        self._most_memory = max(self._most_memory, _memory())

    def stop(self) -> None:
        self._tick()
        self._timer.stop()


def _memory() -> int:
    """Bytes of memory that the process has now."""
    resident = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    return int(resident) * os.sysconf("SC_PAGE_SIZE")


@pytest.fixture
def watch(qtbot: QtBot) -> Iterator[_Watch]:
    watch = _Watch()
    yield watch
    watch.stop()


@pytest.fixture
def loader(qtbot: QtBot, tmp_path: Path) -> Iterator[IconLoader]:
    loader = IconLoader(tmp_path / "icons.db", ["127.0.0.1"], limits=LIMITS)
    yield loader
    loader.stop()


def load(qtbot: QtBot, loader: IconLoader, *urls: str) -> list[IconFacts]:
    addresses = [classify(url) for url in urls]

    def all_end() -> bool:
        states = [loader.icon(address, 32).state for address in addresses]
        return FINAL.issuperset(states)

    qtbot.waitUntil(all_end, timeout=round(SECONDS * 1000))
    found = [loader.facts(address.url) for address in addresses]
    return [facts for facts in found if facts is not None]


@pytest.mark.parametrize(
    ("fault", "state", "words"),
    [
        ("status/404/x.png", IconState.BROKEN, "404 (Not Found)"),
        ("status/410/x.png", IconState.BROKEN, "410 (Gone)"),
        ("status/500/x.png", IconState.BROKEN, "500 (Internal Server Error)"),
        ("status/502/x.png", IconState.BROKEN, "502 (Bad Gateway) again and again"),
        ("429/x.png", IconState.READY, ""),
        ("flaky/x.png", IconState.READY, ""),
        ("slow/300/x.png", IconState.READY, ""),
        ("slow/3000/x.png", IconState.BROKEN, "within 1 second"),
        ("drip/x.png", IconState.BROKEN, "within 1 second"),
        ("stall/x.png", IconState.BROKEN, "within 1 second"),
        ("endless/x.png", IconState.BROKEN, "more than 5 MB"),
        ("reset/x.png", IconState.BROKEN, "broke before the picture was complete"),
        ("length/x.png", IconState.BROKEN, "broke before the picture was complete"),
        ("loop/x.png", IconState.BROKEN, "more than 5 times"),
        ("to/file:///etc/passwd", IconState.REFUSED, "“file:”"),
        ("to/data:image/png,x", IconState.REFUSED, "“data:”"),
        ("to/javascript:alert(1)", IconState.REFUSED, "“javascript:”"),
        ("to/http://user:word@127.0.0.1/", IconState.REFUSED, "a user name or a password"),
        ("to/http://0xA9FEA9FE/latest/", IconState.REFUSED, "169.254.169.254"),
        ("to/http://[::ffff:10.0.0.1]/x.png", IconState.REFUSED, "10.0.0.1"),
        ("html/x.png", IconState.BROKEN, "a web page (HTML), not a picture"),
        ("type/x.png", IconState.READY, ""),
        ("gzip-bomb/x.svg", IconState.BROKEN, "inflates to many times its size"),
        ("cookie/x.png", IconState.READY, ""),
    ],
)
def test_a_fault_ends_with_its_sentence_while_the_window_answers(
    qtbot: QtBot,
    icon_host: IconHost,
    loader: IconLoader,
    watch: _Watch,
    fault: str,
    state: IconState,
    words: str,
) -> None:
    (facts,) = load(qtbot, loader, f"{icon_host.url}/fault/{fault}")
    watch.stop()
    assert facts.state is state, facts.reason
    assert words in str(facts.reason or "")
    assert "word@" not in str(facts.reason or "")
    assert watch.longest_gap < LONGEST_GAP
    assert watch.megabytes < MEGABYTES


def test_no_cookie_comes_back(qtbot: QtBot, icon_host: IconHost, loader: IconLoader) -> None:
    urls = [f"{icon_host.url}/fault/cookie/{n}.png" for n in range(3)]
    for url in urls:
        (facts,) = load(qtbot, loader, url)
        assert facts.state is IconState.READY


def test_redirects_lead_to_the_picture(
    qtbot: QtBot, icon_host: IconHost, loader: IconLoader
) -> None:
    with icon_host.catalog.open(newline="", encoding="utf-8") as stream:
        targets = [
            row["iconUrl"] for _, row in zip(range(40), csv.DictReader(stream), strict=False)
        ]
    urls = [f"{icon_host.url}/fault/redirect/308{urlsplit(target).path}" for target in targets]
    loaded = load(qtbot, loader, *urls)
    assert [facts.final_url for facts in loaded] == targets
    assert any(facts.state is IconState.READY for facts in loaded)


def test_all_faults_at_once_leave_the_window_and_good_icons_alone(
    qtbot: QtBot, icon_host: IconHost, loader: IconLoader, watch: _Watch
) -> None:
    names = ("status/404", "drip", "stall", "endless", "reset", "loop", "html", "gzip-bomb")
    faults = [f"{icon_host.url}/fault/{name}/{n}.png" for n in range(3) for name in names]
    good = [f"{icon_host.url}/fault/type/{n}.png" for n in range(20)]
    found = load(qtbot, loader, *faults, *good)
    watch.stop()
    assert {facts.state for facts in found[: len(faults)]} == {IconState.BROKEN}
    assert {facts.state for facts in found[len(faults) :]} == {IconState.READY}
    assert watch.longest_gap < LONGEST_GAP
    assert watch.megabytes < MEGABYTES
