"""The icon loader as views use it: a real server, real worker processes, a real cache file."""

from __future__ import annotations

import base64
import csv
import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.request import urlopen

import pytest
from PySide6.QtGui import QColor
from pytestqt.qtbot import QtBot

from db.addresses import Address, classify
from gui import icon_loader
from gui.icon_facts import IconState, IconView
from gui.icon_http import Limits
from gui.icon_loader import IconLoader
from gui.icon_policy import IconPolicy, host_to_allow
from tests.icon_server import (
    ETAG,
    GOOD_SVG,
    MODIFIED,
    IconServer,
    hanging_svg,
    huge_png_header,
    png,
)

if TYPE_CHECKING:
    from tests.conftest import IconHost

WAIT_MS = 30_000
FINAL = (
    *(IconState.READY, IconState.STALE, IconState.BROKEN, IconState.REFUSED),
    *(IconState.OFFLINE, IconState.WITHHELD),
)
EXPIRED = Limits(min_fresh=0.0)
"""A host may say that its picture is out of date at once."""
MakeLoader = Callable[..., IconLoader]


@pytest.fixture
def server() -> Iterator[IconServer]:
    with IconServer() as running:
        yield running


@pytest.fixture
def make_loader(qtbot: QtBot, tmp_path: Path, server: IconServer) -> Iterator[MakeLoader]:
    made: list[IconLoader] = []

    def make(allowed: tuple[str, ...] = ("127.0.0.1",), limits: Limits | None = None) -> IconLoader:
        loader = IconLoader(tmp_path / "icons.db", allowed, limits=limits)
        made.append(loader)
        return loader

    yield make
    for loader in made:
        loader.stop()


@pytest.fixture
def loader(make_loader: MakeLoader) -> IconLoader:
    return make_loader()


def settled(
    qtbot: QtBot, loader: IconLoader, address: Address, size: int = 32, ratio: float = 1.0
) -> IconView:
    """What the loader shows in the end, as a view sees it that looks again and again."""

    def is_settled() -> bool:
        view = loader.icon(address, size, ratio)
        shows = view.state in (IconState.READY, IconState.STALE)
        return view.state in FINAL and (view.pixmap is not None or not shows)

    qtbot.waitUntil(is_settled, timeout=WAIT_MS)
    return loader.icon(address, size, ratio)


def color(view: IconView) -> QColor:
    assert view.pixmap is not None
    image = view.pixmap.toImage()
    return image.pixelColor(image.rect().center())


def data_uri(body: bytes, media_type: str = "image/png") -> str:
    return f"data:{media_type};base64,{base64.b64encode(body).decode()}"


@pytest.mark.parametrize(
    ("text", "state"),
    [
        (None, IconState.NONE),
        ("icon-dl-sdk", IconState.NAME),
        ("a.svg", IconState.RELATIVE),
        ("http://", IconState.NOT_ADDRESS),
        ("ftp://example.com/a.png", IconState.REFUSED),
        ("https://user:secret@example.com/a.png", IconState.REFUSED),
    ],
)
def test_what_is_not_loaded_is_known_at_once(
    loader: IconLoader, text: str | None, state: IconState
) -> None:
    view = loader.icon(classify(text), 32)
    assert (view.state, view.pixmap) == (state, None)
    assert (view.reason is None) == (state in (IconState.NONE, IconState.NAME))


def test_a_picture_of_the_web(qtbot: QtBot, loader: IconLoader, server: IconServer) -> None:
    address = classify(f"{server.url}/png/blue")
    with qtbot.waitSignal(loader.changed, timeout=WAIT_MS) as changed:
        assert loader.icon(address, 32).state is IconState.WAITING
    assert changed.args == [frozenset({address.url})]
    view = settled(qtbot, loader, address)
    assert view.state is IconState.READY
    assert color(view) == QColor("blue")
    facts = loader.facts(address.url)
    assert facts is not None
    assert (facts.status, facts.content_type) == (200, "image/png")
    assert (facts.final_url, facts.size_bytes) == (address.url, len(png("blue")))
    assert facts.picture is not None
    assert (facts.picture.format, facts.picture.width) == ("png", 32)


def test_loading_is_told_before_the_picture_is_there(
    qtbot: QtBot, loader: IconLoader, server: IconServer
) -> None:
    address = classify(f"{server.url}/stall")
    loader.icon(address, 32)
    qtbot.waitUntil(lambda: loader.icon(address, 32).state is IconState.LOADING, timeout=WAIT_MS)


@pytest.mark.parametrize(
    "text",
    [
        data_uri(png("blue")),
        data_uri(GOOD_SVG.replace(b"<rect", b'<rect fill="blue"'), "image/svg+xml"),
        "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg'%3E"
        "%3Crect width='9' height='9' fill='blue'/%3E%3C/svg%3E",
    ],
)
def test_a_picture_within_the_address(qtbot: QtBot, loader: IconLoader, text: str) -> None:
    view = settled(qtbot, loader, classify(text))
    assert view.state is IconState.READY
    assert color(view) == QColor("blue")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("data:image/png;base64,????", "base64"),
        ("data:image/png", "comma"),
        ("data:,", "empty"),
        (data_uri(bytes(6 << 20)), "more than 5 MB"),
    ],
)
def test_a_data_uri_that_is_no_picture(
    qtbot: QtBot, loader: IconLoader, text: str, words: str
) -> None:
    view = settled(qtbot, loader, classify(text))
    assert view.state is IconState.BROKEN
    assert words in str(view.reason)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("status/404", "404"),
        ("html", "HTML"),
        ("redirect/9", "redirects"),
        ("large", "more than 5 MB"),
        ("bomb", "inflates"),
    ],
)
def test_what_is_broken_says_why_and_stays_so(
    qtbot: QtBot, make_loader: MakeLoader, server: IconServer, path: str, words: str
) -> None:
    address = classify(f"{server.url}/{path}")
    loader = make_loader()
    view = settled(qtbot, loader, address)
    assert view.state is IconState.BROKEN
    assert words in str(view.reason)
    asked = sum(server.seen.values())
    assert loader.icon(address, 48) == view
    loader.stop()
    assert settled(qtbot, make_loader(), address) == view
    assert sum(server.seen.values()) == asked


def test_private_hosts_are_refused_until_they_are_allowed(
    qtbot: QtBot, make_loader: MakeLoader, server: IconServer
) -> None:
    loader = make_loader(())
    address = classify(f"{server.url}/png/red")
    view = settled(qtbot, loader, address)
    assert view.state is IconState.REFUSED
    assert "Allowed hosts" in str(view.reason)
    assert not server.seen
    with qtbot.waitSignal(loader.changed, timeout=WAIT_MS):
        loader.set_allowed_hosts(["127.0.0.1"])
    assert settled(qtbot, loader, address).state is IconState.READY


def test_the_cache_file_answers_after_a_restart(
    qtbot: QtBot, make_loader: MakeLoader, server: IconServer
) -> None:
    address = classify(f"{server.url}/png/green")
    first = make_loader()
    settled(qtbot, first, address)
    before = first.facts(address.url)
    first.stop()
    second = make_loader()
    assert color(settled(qtbot, second, address)) == QColor("green")
    assert settled(qtbot, second, address, 200).pixmap is not None
    assert second.facts(address.url) == before
    assert server.seen["/png/green"] == 1


@pytest.mark.parametrize("pixels", [b"", b"four", "text"], ids=repr)
def test_a_thumbnail_that_is_damaged_is_drawn_anew(
    qtbot: QtBot, make_loader: MakeLoader, server: IconServer, tmp_path: Path, pixels: object
) -> None:
    address = classify(f"{server.url}/png/red")
    first = make_loader()
    settled(qtbot, first, address)
    first.stop()
    with closing(sqlite3.connect(tmp_path / "icons.db")) as connection, connection:
        changed = connection.execute("UPDATE thumbnail SET pixels = ?", (pixels,))
        assert changed.rowcount == 1
    assert color(settled(qtbot, make_loader(), address)) == QColor("red")
    assert server.seen["/png/red"] == 1


@pytest.mark.parametrize(
    ("path", "asks"),
    [("/etag", {"if-none-match": ETAG}), ("/modified", {"if-modified-since": MODIFIED})],
)
def test_an_old_picture_is_asked_for_again_and_kept(
    qtbot: QtBot,
    make_loader: MakeLoader,
    server: IconServer,
    path: str,
    asks: dict[str, str],
) -> None:
    address = classify(f"{server.url}{path}")
    first = make_loader(limits=EXPIRED)
    settled(qtbot, first, address)
    before = first.facts(address.url)
    assert before is not None
    first.stop()
    second = make_loader(limits=EXPIRED)
    assert color(settled(qtbot, second, address)) == QColor("blue")

    def is_renewed() -> bool:
        facts = second.facts(address.url)
        return facts is not None and (facts.fetched or 0) > (before.fetched or 0)

    qtbot.waitUntil(is_renewed, timeout=WAIT_MS)
    assert server.seen[path] == 2
    assert server.headers.items() >= asks.items()
    view = second.icon(address, 32)
    assert view.state is IconState.READY
    assert color(view) == QColor("blue")


def test_another_picture_of_the_host_is_another_one_in_all_sizes(
    qtbot: QtBot, make_loader: MakeLoader, server: IconServer
) -> None:
    address = classify(f"{server.url}/other")
    loader = make_loader(limits=Limits(max_fresh=0.0))
    assert color(settled(qtbot, loader, address, 32)) == QColor("red")
    qtbot.waitUntil(lambda: loader.held.asked == 0, timeout=WAIT_MS)
    assert server.seen["/other"] == 1
    assert color(settled(qtbot, loader, address, 64)) == QColor("green")
    assert color(settled(qtbot, loader, address, 32)) == QColor("green")


def test_offline_the_cache_is_shown_and_nothing_is_asked(
    qtbot: QtBot, make_loader: MakeLoader, server: IconServer
) -> None:
    fresh, old = classify(f"{server.url}/png/red"), classify(f"{server.url}/etag")
    new = classify(f"{server.url}/png/green")
    first = make_loader(limits=EXPIRED)
    for address in (fresh, old):
        settled(qtbot, first, address)
    first.stop()
    asked = sum(server.seen.values())
    loader = make_loader(limits=EXPIRED)
    loader.set_policy(replace(loader.policy, offline=True))
    assert settled(qtbot, loader, fresh).state is IconState.READY
    qtbot.waitUntil(lambda: loader.icon(old, 32).state is IconState.STALE, timeout=WAIT_MS)
    view = settled(qtbot, loader, old, 128)
    assert color(view) == QColor("blue")
    assert "offline" in str(view.reason)
    view = settled(qtbot, loader, new)
    assert (view.state, view.pixmap) == (IconState.OFFLINE, None)
    assert "offline" in str(view.reason)
    loader.reload(old.url)
    assert settled(qtbot, loader, old).pixmap is not None
    assert settled(qtbot, loader, classify(data_uri(png()))).state is IconState.READY
    assert sum(server.seen.values()) == asked
    with qtbot.waitSignal(loader.changed) as changed:
        loader.set_policy(replace(loader.policy, offline=False))
    assert changed.args[0] >= {old.url, new.url}
    for address in (old, new):
        settled(qtbot, loader, address)
        qtbot.waitUntil(
            lambda address=address: loader.icon(address, 32).state is IconState.READY,
            timeout=WAIT_MS,
        )


def test_going_online_while_an_old_picture_is_being_drawn_asks_for_it_again(
    qtbot: QtBot, make_loader: MakeLoader, server: IconServer
) -> None:
    old = classify(f"{server.url}/etag")
    first = make_loader(limits=EXPIRED)
    settled(qtbot, first, old)
    first.stop()
    loader = make_loader(limits=EXPIRED)
    loader.set_policy(replace(loader.policy, offline=True))
    loader.request_sizes(old.url, (32, 128))
    # The small one comes from the file; now a worker process is started for the large one.
    qtbot.waitUntil(lambda: loader.icon(old, 32).pixmap is not None, timeout=WAIT_MS)
    loader.set_policy(replace(loader.policy, offline=False))
    settled(qtbot, loader, old, 128)
    qtbot.waitUntil(lambda: server.seen["/etag"] == 2, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: loader.icon(old, 128).state is IconState.READY, timeout=WAIT_MS)
    assert color(loader.icon(old, 128)) == QColor("blue")


def test_going_offline_breaks_off_what_is_under_way(
    qtbot: QtBot, loader: IconLoader, server: IconServer
) -> None:
    busy = [classify(f"{server.url}/stall/{number}") for number in range(9)]
    for address in busy:
        loader.icon(address, 32)
    qtbot.waitUntil(lambda: sum(server.seen.values()) == 6, timeout=WAIT_MS)
    loader.set_policy(replace(loader.policy, offline=True))
    states = {settled(qtbot, loader, address).state for address in busy}
    assert states == {IconState.OFFLINE}
    assert sum(server.seen.values()) == 6
    loader.set_policy(replace(loader.policy, offline=False))
    assert settled(qtbot, loader, classify(f"{server.url}/png/red")).state is IconState.READY


def test_only_allowed_hosts_are_asked(qtbot: QtBot, loader: IconLoader, server: IconServer) -> None:
    shown = classify(f"{server.url}/png/red")
    settled(qtbot, loader, shown)
    loader.set_policy(IconPolicy("allowed", frozenset({"cdn.example.com"})))
    view = loader.icon(shown, 32)
    assert (view.state, view.pixmap) == (IconState.WITHHELD, None)
    facts = loader.facts(shown.url)
    assert facts is not None
    assert facts.state is IconState.WITHHELD
    assert host_to_allow(view.state, view.reason) == "127.0.0.1"
    unseen = classify(f"{server.url}/png/blue")
    assert settled(qtbot, loader, unseen).state is IconState.WITHHELD
    assert server.seen["/png/blue"] == 0
    assert settled(qtbot, loader, classify(data_uri(png()))).state is IconState.READY
    with qtbot.waitSignals([loader.host_allowed, loader.changed]):
        loader.allow_host("127.0.0.1")
    for address in (shown, unseen):
        assert settled(qtbot, loader, address).state is IconState.READY


def test_a_redirect_to_a_host_that_is_not_allowed_is_not_followed(
    qtbot: QtBot, loader: IconLoader, server: IconServer
) -> None:
    loader.set_policy(IconPolicy("allowed", frozenset({"127.0.0.1"})))
    address = classify(f"{server.url}/to/https://elsewhere.example.com/a.png")
    view = settled(qtbot, loader, address)
    assert view.state is IconState.WITHHELD
    assert host_to_allow(view.state, view.reason) == "elsewhere.example.com"


def test_a_host_that_is_allowed_no_more_is_left_also_behind_a_redirect(
    qtbot: QtBot, make_loader: MakeLoader, server: IconServer
) -> None:
    loader = make_loader(("127.0.0.1", "localhost"))
    address = classify(f"{server.url}/to/http://localhost:{server.port}/held")
    loader.icon(address, 32)
    qtbot.waitUntil(lambda: server.seen["/held"] == 1, timeout=WAIT_MS)
    loader.set_policy(IconPolicy("allowed", frozenset({"127.0.0.1"})))
    view = settled(qtbot, loader, address)
    assert (view.state, host_to_allow(view.state, view.reason)) == (IconState.WITHHELD, "localhost")
    assert server.seen["/held"] == 1


def test_what_a_host_that_is_not_allowed_sent_is_not_shown_from_the_cache(
    qtbot: QtBot, make_loader: MakeLoader, server: IconServer
) -> None:
    elsewhere = f"http://localhost:{server.port}/png/red"
    address = classify(f"{server.url}/to/{elsewhere}")
    first = make_loader(("127.0.0.1", "localhost"))
    assert settled(qtbot, first, address).state is IconState.READY
    first.stop()
    loader = make_loader()
    loader.set_policy(replace(loader.policy, load="allowed"))
    view = settled(qtbot, loader, address)
    assert (view.state, host_to_allow(view.state, view.reason)) == (IconState.WITHHELD, "localhost")
    assert server.seen["/png/red"] == 1


def test_never_hides_what_was_shown_and_asks_nobody(
    qtbot: QtBot, loader: IconLoader, server: IconServer
) -> None:
    shown = classify(f"{server.url}/png/red")
    settled(qtbot, loader, shown)
    loader.set_policy(replace(loader.policy, load="never"))
    view = loader.icon(shown, 32)
    assert (view.state, view.pixmap) == (IconState.WITHHELD, None)
    assert host_to_allow(view.state, view.reason) == ""
    assert settled(qtbot, loader, classify(f"{server.url}/a")).state is IconState.WITHHELD
    assert settled(qtbot, loader, classify(data_uri(png()))).state is IconState.READY
    assert sum(server.seen.values()) == 1


def test_icons_of_private_hosts_that_are_allowed_no_more_are_hidden(
    qtbot: QtBot, loader: IconLoader, server: IconServer
) -> None:
    shown = classify(f"{server.url}/png/red")
    settled(qtbot, loader, shown)
    loader.set_allowed_hosts([])
    view = loader.icon(shown, 32)
    assert (view.state, view.pixmap) == (IconState.REFUSED, None)


def test_memory_has_limits(
    qtbot: QtBot, loader: IconLoader, server: IconServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(icon_loader, "MAX_FACTS", 50)
    loader.set_policy(replace(loader.policy, offline=True))
    addresses = [classify(f"{server.url}/{number}") for number in range(2_000)]
    for start in range(0, len(addresses), 100):
        for address in addresses[start : start + 100]:
            loader.icon(address, 32)
        loader.want(address.url for address in addresses[start : start + 40])
    last = addresses[-100]
    qtbot.waitUntil(lambda: loader.icon(last, 32).state is IconState.OFFLINE, timeout=WAIT_MS)
    assert loader.held.asked <= 40
    assert loader.held.facts <= 50
    long = [classify(data_uri(png() + bytes(200_000 + number))) for number in range(9)]
    monkeypatch.setattr(icon_loader, "MAX_LETTERS", 1_000_000)
    for address in long:
        loader.icon(address, 32)
    qtbot.waitUntil(lambda: loader.held.asked == 0, timeout=WAIT_MS)
    assert loader.held.letters <= 1_000_000
    assert all(loader.facts(address.url) for address in long)


def test_what_is_known_of_a_very_long_address_is_kept(qtbot: QtBot, loader: IconLoader) -> None:
    long = classify(data_uri(b"no picture" + bytes(12_600_000)))
    assert len(long.url) > icon_loader.MAX_LETTERS
    assert "more than 5 MB" in str(settled(qtbot, loader, long).reason)
    assert settled(qtbot, loader, classify(data_uri(png()))).state is IconState.READY
    qtbot.waitUntil(lambda: loader.held.asked == 0, timeout=WAIT_MS)
    assert loader.icon(long, 32).state is IconState.BROKEN
    assert loader.held.asked == 0


def test_the_cache_is_measured_and_emptied(
    qtbot: QtBot, make_loader: MakeLoader, server: IconServer, tmp_path: Path
) -> None:
    server.pictures["/large"] = png("red", 1000, 1000, "BMP")
    address = classify(f"{server.url}/large")
    loader = make_loader()
    assert loader.cache_folder == tmp_path
    settled(qtbot, loader, address)
    with qtbot.waitSignal(loader.cache_measured, timeout=WAIT_MS) as full:
        loader.measure_cache()
    with qtbot.waitSignal(loader.cache_measured, timeout=WAIT_MS) as empty:
        loader.empty_cache()
    assert full.args[0] > 3_000_000 > 500_000 > empty.args[0]
    loader.stop()
    assert settled(qtbot, make_loader(), address).state is IconState.READY
    assert server.seen["/large"] == 2


def test_a_picture_whose_host_is_gone_is_stale(qtbot: QtBot, make_loader: MakeLoader) -> None:
    with IconServer() as passing:
        address = classify(f"{passing.url}/etag")
        first = make_loader(limits=EXPIRED)
        settled(qtbot, first, address)
        first.stop()
    second = make_loader(limits=EXPIRED)
    second.icon(address, 32)
    qtbot.waitUntil(lambda: second.icon(address, 32).state is IconState.STALE, timeout=WAIT_MS)
    view = second.icon(address, 32)
    assert color(view) == QColor("blue")
    assert "does not accept" in str(view.reason)
    assert settled(qtbot, second, address, 128).pixmap is not None


def test_reloading_goes_past_the_cache(
    qtbot: QtBot, loader: IconLoader, server: IconServer
) -> None:
    server.pictures["/changing"] = png("red")
    address = classify(f"{server.url}/changing")
    assert color(settled(qtbot, loader, address)) == QColor("red")
    server.pictures["/changing"] = png("blue")
    assert color(settled(qtbot, loader, address)) == QColor("red")
    with qtbot.waitSignal(loader.changed):
        loader.reload(address.url)
    assert color(settled(qtbot, loader, address)) == QColor("blue")
    assert server.seen["/changing"] == 2


def test_sizes_on_sharp_screens(qtbot: QtBot, loader: IconLoader) -> None:
    address = classify(data_uri(GOOD_SVG, "image/svg+xml"))
    loader.request_sizes(address.url, (16, 24, 256), 2.0)
    for size in (16, 24, 256):
        pixmap = settled(qtbot, loader, address, size, 2.0).pixmap
        assert pixmap is not None
        assert (pixmap.width(), pixmap.devicePixelRatio()) == (size * 2, 2.0)


def test_the_nearest_picture_at_hand_stands_in_for_another_size(
    qtbot: QtBot, loader: IconLoader
) -> None:
    address = classify(data_uri(GOOD_SVG, "image/svg+xml"))
    assert loader.nearest(address, 64) is None
    for size in (16, 48, 128):
        settled(qtbot, loader, address, size)
    found = [loader.nearest(address, size) for size in (10, 32, 64, 256)]
    assert [pixmap.width() for pixmap in found if pixmap is not None] == [16, 48, 128, 128]
    assert loader.nearest(classify("https://other.test/a.png"), 64) is None


@pytest.mark.parametrize(
    ("hostile", "words"),
    [
        (hanging_svg(), "takes longer"),
        (png()[:60], "damaged"),
        (huge_png_header(), "too large"),
        (b"<!doctype html><title>x</title>", "HTML"),
    ],
)
def test_a_good_picture_is_shown_behind_a_hostile_one(
    qtbot: QtBot,
    loader: IconLoader,
    server: IconServer,
    hostile: bytes,
    words: str,
) -> None:
    server.pictures["/hostile"] = hostile
    bad, good = classify(f"{server.url}/hostile"), classify(f"{server.url}/png/red")
    loader.icon(bad, 32)
    loader.icon(good, 32)
    assert color(settled(qtbot, loader, good)) == QColor("red")
    assert words in str(settled(qtbot, loader, bad).reason)
    after = classify(f"{server.url}/png/blue")
    assert color(settled(qtbot, loader, after)) == QColor("blue")


def test_a_hanging_host_holds_up_nobody_else(
    qtbot: QtBot, make_loader: MakeLoader, server: IconServer
) -> None:
    loader = make_loader(limits=Limits(seconds_per_try=0.5))
    for number in range(6):
        loader.icon(classify(f"{server.url}/stall/{number}"), 32)
    assert settled(qtbot, loader, classify(data_uri(png()))).state is IconState.READY
    view = settled(qtbot, loader, classify(f"{server.url}/png/red"))
    assert view.state is IconState.READY


def test_what_scrolled_away_is_dropped(
    qtbot: QtBot, make_loader: MakeLoader, server: IconServer
) -> None:
    loader = make_loader(limits=Limits(seconds_per_try=0.3))
    busy = [classify(f"{server.url}/stall/{number}") for number in range(6)]
    for address in busy:
        loader.icon(address, 32)
    qtbot.waitUntil(lambda: sum(server.seen.values()) == 6, timeout=WAIT_MS)
    away = [classify(f"{server.url}/png/red/{number}") for number in range(30)]
    for address in away:
        loader.icon(address, 32)
    seen = classify(f"{server.url}/png/blue")
    loader.want([seen.url])
    settled(qtbot, loader, seen)
    assert sum(server.seen.values()) == 7
    assert settled(qtbot, loader, away[0]).state is IconState.READY


def test_loading_can_be_given_up_and_begun_again(
    qtbot: QtBot, make_loader: MakeLoader, server: IconServer
) -> None:
    loader = make_loader(limits=Limits(seconds_per_try=0.3))
    counts: list[int] = []
    loader.waiting.connect(counts.append)
    for number in range(6):
        loader.icon(classify(f"{server.url}/stall/{number}"), 32)
    qtbot.waitUntil(lambda: sum(server.seen.values()) == 6, timeout=WAIT_MS)
    kept = [classify(f"{server.url}/png/red/{number}") for number in range(2)]
    for address in kept:
        loader.icon(address, 32)
    qtbot.waitUntil(lambda: counts[-1:] == [8], timeout=WAIT_MS)
    with qtbot.waitSignal(loader.changed) as told:
        loader.stop_loading()
    assert told.args is not None
    assert {address.url for address in kept} <= told.args[0]
    assert counts[-1] == 0
    view = loader.icon(kept[0], 32)
    assert view.state is IconState.WITHHELD
    assert view.reason is not None
    assert "stopped" in str(view.reason)
    loader.reload(kept[0].url)
    assert settled(qtbot, loader, kept[0]).state is IconState.READY
    assert loader.icon(kept[1], 32).state is IconState.WITHHELD
    loader.want([])  # scrolled away
    assert settled(qtbot, loader, kept[1]).state is IconState.READY


def test_stopping_twice_and_asking_afterwards(make_loader: MakeLoader, server: IconServer) -> None:
    loader = make_loader()
    loader.icon(classify(f"{server.url}/png/red"), 32)
    loader.stop()
    loader.stop()
    assert loader.icon(classify(f"{server.url}/png/red"), 32).state is IconState.WAITING
    assert not server.seen


def test_a_cache_that_cannot_be_written_costs_nothing_but_speed(
    qtbot: QtBot,
    loader: IconLoader,
    server: IconServer,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    (tmp_path / "icons.db").mkdir()
    view = settled(qtbot, loader, classify(f"{server.url}/png/red"))
    assert view.state is IconState.READY
    assert "not cached" in caplog.text


def test_real_icons(qtbot: QtBot, make_loader: MakeLoader, icon_host: IconHost) -> None:
    with icon_host.catalog.open(newline="", encoding="utf-8") as stream:
        urls = {row["iconUrl"] for row in csv.DictReader(stream)}
    addresses = [classify(url) for url in sorted(urls)[:300]]
    loader = make_loader()
    views: dict[str, IconView] = {}

    def look() -> bool:
        views.update({address.url: loader.icon(address, 32) for address in addresses})
        return all(view.state in FINAL for view in views.values())

    qtbot.waitUntil(look, timeout=WAIT_MS)
    states = {view.state for view in views.values()}
    assert states <= {IconState.READY, IconState.BROKEN}
    reasons = {url: view.reason for url, view in views.items() if view.state is IconState.BROKEN}
    assert [pair for pair in reasons.items() if "404" not in str(pair[1])] == []
    with urlopen(f"{icon_host.url}/stats") as answer:
        stats = json.load(answer)
    assert stats["most_open"] <= 6


def test_twenty_thousand_that_scrolled_away_hold_up_nothing(
    qtbot: QtBot, loader: IconLoader, server: IconServer
) -> None:
    away = [classify(f"{server.url}/slow/{number}") for number in range(20_000)]
    for address in away:
        loader.icon(address, 32)
    qtbot.waitUntil(lambda: bool(server.seen), timeout=WAIT_MS)
    visible = classify(f"{server.url}/png/blue")
    loader.want([visible.url])
    assert settled(qtbot, loader, visible).state is IconState.READY
    assert sum(server.seen.values()) < 5_000
