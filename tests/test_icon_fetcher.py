"""Fetching icons from a real server on loopback: what comes, and how every fault ends."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from types import SimpleNamespace

import pytest
from PySide6.QtNetwork import QHostAddress, QHostInfo
from pytestqt.qtbot import QtBot

from gui import icon_checks, icon_fetcher
from gui.icon_facts import MAX_BYTES, NO_VALIDATORS, Validators
from gui.icon_fetcher import Fetcher
from gui.icon_http import Fetched, Limits
from tests.icon_server import ETAG, IconServer, png

WAIT_MS = 10_000
MakeFetcher = Callable[..., Fetcher]


@pytest.fixture
def server() -> Iterator[IconServer]:
    with IconServer() as running:
        yield running


@pytest.fixture
def make_fetcher(qtbot: QtBot, server: IconServer) -> Iterator[MakeFetcher]:
    """Makes fetchers that may ask 127.0.0.1, with these fields of `Limits`."""
    made: list[Fetcher] = []

    def make(**limits: float) -> Fetcher:
        made.append(Fetcher(["127.0.0.1"], limits=Limits(**limits)))
        return made[-1]

    yield make
    for fetcher in made:
        fetcher.stop()
        fetcher.deleteLater()


@pytest.fixture
def fetcher(make_fetcher: MakeFetcher) -> Fetcher:
    return make_fetcher()


def fetch(
    qtbot: QtBot, fetcher: Fetcher, url: str, validators: Validators = NO_VALIDATORS
) -> Fetched:
    results: list[Fetched] = []
    fetcher.fetch(url, validators, results.append)
    qtbot.waitUntil(lambda: bool(results), timeout=WAIT_MS)
    assert len(results) == 1
    return results[0]


def test_a_picture_comes_with_what_the_host_says_of_it(
    qtbot: QtBot, fetcher: Fetcher, server: IconServer
) -> None:
    fetched = fetch(qtbot, fetcher, f"{server.url}/png/red")
    assert fetched.body == png("red")
    assert (fetched.status, fetched.content_type) == (200, "image/png")
    assert fetched.problem is None


def test_nothing_is_told_about_the_user(qtbot: QtBot, fetcher: Fetcher, server: IconServer) -> None:
    for _ in range(2):
        assert fetch(qtbot, fetcher, f"{server.url}/cookie").status == 200
    assert not {"cookie", "referer", "authorization", "origin"} & set(server.headers)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("status/404", "404 (Not Found)"),
        ("status/500", "500 (Internal Server Error)"),
        ("status/599", "599 (unknown)"),
        ("password", "401 (Unauthorized)"),
        ("redirect/6", "more than 5 times"),
        ("nowhere", "without saying where"),
        ("unchanged", "304 (Not Modified)"),
        (f"busy/Mon,%2001%20Jan%20{'9' * 20}%2000:00:00%20GMT", "429 (Too Many Requests)"),
        ("busy/3600", "429 (Too Many Requests) again and again"),
        ("large", "more than 5 MB"),
        ("endless", "more than 5 MB"),
        ("cut", "broke before the picture was complete"),
    ],
)
def test_each_fault_has_its_own_sentence(
    qtbot: QtBot, make_fetcher: MakeFetcher, server: IconServer, path: str, words: str
) -> None:
    fetcher = make_fetcher(backoff=0.01)
    fetched = fetch(qtbot, fetcher, f"{server.url}/{path}")
    assert fetched.body is None
    assert words in str(fetched.problem)
    assert not fetched.refused


def test_what_inflates_without_end_is_broken_off(
    qtbot: QtBot, fetcher: Fetcher, server: IconServer
) -> None:
    fetched = fetch(qtbot, fetcher, f"{server.url}/bomb")
    assert fetched.body is None
    assert "inflates to many times" in str(fetched.problem)


@pytest.mark.parametrize("path", ["stall", "drip"])
def test_a_host_that_takes_too_long_is_left(
    qtbot: QtBot, make_fetcher: MakeFetcher, server: IconServer, path: str
) -> None:
    fetcher = make_fetcher(seconds_per_try=0.4)
    fetched = fetch(qtbot, fetcher, f"{server.url}/{path}")
    assert "within 0.4 seconds" in str(fetched.problem)
    assert server.seen[f"/{path}"] == 1


def test_the_time_in_which_the_machine_stood_still_is_not_the_hosts(
    qtbot: QtBot, fetcher: Fetcher, server: IconServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    ahead = [0.0]
    readings: list[float] = []

    def clock() -> float:
        readings.append(time.monotonic() + ahead[0])
        return readings[-1]

    monkeypatch.setattr(icon_fetcher, "time", SimpleNamespace(monotonic=clock))
    results: list[Fetched] = []
    fetcher.fetch(f"{server.url}/held", NO_VALIDATORS, results.append)
    qtbot.waitUntil(lambda: server.seen["/held"] == 1, timeout=WAIT_MS)
    ahead[0] = 3600.0
    readings.clear()
    qtbot.waitUntil(lambda: len(readings) > 4, timeout=WAIT_MS)
    assert results == []
    server.released.set()
    qtbot.waitUntil(lambda: bool(results), timeout=WAIT_MS)
    assert results[0].body == png("red")


def test_passing_faults_are_tried_again(qtbot: QtBot, fetcher: Fetcher, server: IconServer) -> None:
    fetched = fetch(qtbot, fetcher, f"{server.url}/flaky/a")
    assert fetched.body == png("green")
    assert server.seen["/flaky/a"] == 3


def test_lasting_faults_are_not_tried_again(
    qtbot: QtBot, fetcher: Fetcher, server: IconServer
) -> None:
    fetch(qtbot, fetcher, f"{server.url}/status/404")
    assert server.seen["/status/404"] == 1


def test_five_redirects_are_followed(qtbot: QtBot, fetcher: Fetcher, server: IconServer) -> None:
    fetched = fetch(qtbot, fetcher, f"{server.url}/redirect/5")
    assert fetched.body == png("red")
    assert fetched.final_url == f"{server.url}/png/red"


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("file:///etc/passwd", "“file:”"),
        ("data:image/png,x", "“data:”"),
        ("http://user:secret@127.0.0.1/", "password"),
        ("http://169.254.169.254/latest/", "169.254.169.254"),
        ("http://[::1]:1/x", "::1"),
        ("http://2130706434/", "127.0.0.2"),
    ],
)
def test_redirects_to_what_is_refused_are_refused(
    qtbot: QtBot, fetcher: Fetcher, server: IconServer, target: str, words: str
) -> None:
    fetched = fetch(qtbot, fetcher, f"{server.url}/to/{target}")
    assert fetched.refused
    assert words in str(fetched.problem)
    assert "secret" not in str(fetched.problem)


def test_hosts_are_refused_until_they_are_allowed(
    qtbot: QtBot, fetcher: Fetcher, server: IconServer
) -> None:
    fetcher.allowed_hosts = []
    fetched = fetch(qtbot, fetcher, f"{server.url}/png/red")
    assert fetched.refused
    assert "Allowed hosts" in str(fetched.problem)
    assert not server.seen
    fetcher.allowed_hosts = [f"127.0.0.1:{server.port}"]
    assert fetch(qtbot, fetcher, f"{server.url}/png/red").body == png("red")


def test_names_that_lead_to_private_addresses_are_refused(
    qtbot: QtBot, fetcher: Fetcher, server: IconServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def look_up(name: str, found: object) -> None:
        info = QHostInfo()
        info.setAddresses([QHostAddress("93.184.215.14"), QHostAddress("127.0.0.1")])
        assert callable(found)
        found(info)

    monkeypatch.setattr(icon_checks.QHostInfo, "lookupHost", look_up)
    fetched = fetch(qtbot, fetcher, f"http://rebound.example.com:{server.port}/png/red")
    assert fetched.refused
    assert "rebound.example.com" in str(fetched.problem)
    assert not server.seen


def test_a_name_that_does_not_exist(qtbot: QtBot, fetcher: Fetcher) -> None:
    fetched = fetch(qtbot, fetcher, "http://no-such-host.invalid/x.png")
    assert "no-such-host.invalid" in str(fetched.problem)
    assert fetched.unreachable


def test_nobody_listens(qtbot: QtBot, fetcher: Fetcher) -> None:
    with IconServer() as gone:
        url = gone.url
    fetched = fetch(qtbot, fetcher, f"{url}/png/red")
    assert "does not accept a connection" in str(fetched.problem)
    assert fetched.unreachable


def test_a_picture_that_did_not_change_is_not_sent_again(
    qtbot: QtBot, fetcher: Fetcher, server: IconServer
) -> None:
    first = fetch(qtbot, fetcher, f"{server.url}/etag")
    assert first.validators.etag == ETAG
    second = fetch(qtbot, fetcher, f"{server.url}/etag", first.validators)
    assert second.not_modified
    assert second.problem is None


def test_the_last_asked_comes_first_and_six_at_once(
    qtbot: QtBot, fetcher: Fetcher, server: IconServer
) -> None:
    started: list[str] = []
    done: list[Fetched] = []
    fetcher.on_started = started.append
    urls = [f"{server.url}/png/red/{n}" for n in range(20)]
    for url in urls:
        fetcher.fetch(url, NO_VALIDATORS, done.append)
    assert started == urls[:6]
    fetcher.prefer(urls[10])
    dropped = fetcher.drop(lambda url: url == urls[15])
    assert dropped == [urls[15]]
    qtbot.waitUntil(lambda: len(done) == 19, timeout=WAIT_MS)
    rest = [url for url in reversed(urls[6:]) if url not in (urls[10], urls[15])]
    assert started[6:] == [urls[10], *rest]


def test_stopping_calls_nobody_back(qtbot: QtBot, server: IconServer) -> None:
    fetcher = Fetcher(["127.0.0.1"])
    done: list[Fetched] = []
    for n in range(20):
        fetcher.fetch(f"{server.url}/stall/{n}", NO_VALIDATORS, done.append)
    qtbot.waitUntil(lambda: bool(server.seen), timeout=WAIT_MS)
    fetcher.stop()
    fetcher.deleteLater()
    assert not done
    assert fetcher.load == 0


def test_more_than_is_kept_is_never_kept(
    qtbot: QtBot, fetcher: Fetcher, server: IconServer
) -> None:
    server.pictures["/full"] = bytes(MAX_BYTES)
    server.pictures["/over"] = bytes(MAX_BYTES + 1)
    assert fetch(qtbot, fetcher, f"{server.url}/full").body == bytes(MAX_BYTES)
    assert "5 MB" in str(fetch(qtbot, fetcher, f"{server.url}/over").problem)


def test_twenty_thousand_refusals_in_a_row_end(qtbot: QtBot, fetcher: Fetcher) -> None:
    done: list[Fetched] = []

    def ask_the_next(fetched: Fetched) -> None:
        done.append(fetched)
        if len(done) < 20_000:
            fetcher.fetch(f"http://10.0.0.1/{len(done)}", NO_VALIDATORS, ask_the_next)

    fetcher.fetch("http://10.0.0.1/", NO_VALIDATORS, ask_the_next)
    assert len(done) == 20_000
    assert all(fetched.refused for fetched in done)
    assert fetcher.load == 0


def test_a_passing_fault_of_one_icon_delays_no_other_of_its_host(
    qtbot: QtBot, make_fetcher: MakeFetcher, server: IconServer
) -> None:
    fetcher = make_fetcher(backoff=60.0)
    done: list[Fetched] = []
    fetcher.fetch(f"{server.url}/cut", NO_VALIDATORS, done.append)
    fetcher.fetch(f"{server.url}/status/502", NO_VALIDATORS, done.append)
    qtbot.waitUntil(lambda: len(server.seen) == 2, timeout=WAIT_MS)
    assert fetch(qtbot, fetcher, f"{server.url}/png/red").body == png("red")
    assert fetcher.load == 2
    assert not done


def test_a_busy_host_has_the_pause_that_it_asks_for(
    qtbot: QtBot, make_fetcher: MakeFetcher, server: IconServer
) -> None:
    fetcher = make_fetcher(tries=1)
    assert "429" in str(fetch(qtbot, fetcher, f"{server.url}/busy/1").problem)
    begin = time.monotonic()
    assert fetch(qtbot, fetcher, f"{server.url}/png/red").body == png("red")
    assert time.monotonic() - begin > 0.8


def test_redirects_to_one_host_share_its_six_connections(
    qtbot: QtBot, fetcher: Fetcher, server: IconServer
) -> None:
    done: list[Fetched] = []
    with IconServer() as other:
        for n in range(40):
            target = f"{server.url}/slow/{n}"
            source = (server, other)[n % 2]
            fetcher.fetch(f"{source.url}/to/{target}", NO_VALIDATORS, done.append)
        qtbot.waitUntil(lambda: len(done) == 40, timeout=WAIT_MS)
    assert [fetched.problem for fetched in done] == [None] * 40
    assert server.most_connections == 6


def test_no_more_than_six_connections_are_made_to_a_host(
    qtbot: QtBot, fetcher: Fetcher, server: IconServer
) -> None:
    done: list[Fetched] = []
    for n in range(60):
        fetcher.fetch(f"{server.url}/slow/{n}", NO_VALIDATORS, done.append)
    qtbot.waitUntil(lambda: len(done) == 60, timeout=WAIT_MS)
    assert server.most_connections == 6


def test_a_pause_until_a_date_is_kept(
    qtbot: QtBot, make_fetcher: MakeFetcher, server: IconServer
) -> None:
    fetcher = make_fetcher(tries=1)
    until = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=3)
    pause = format_datetime(until, usegmt=True).replace(" ", "%20")
    fetch(qtbot, fetcher, f"{server.url}/busy/{pause}")
    assert fetch(qtbot, fetcher, f"{server.url}/png/red").body == png("red")
    assert datetime.now(UTC) >= until - timedelta(seconds=0.1)


def test_waiting_longer_than_a_host_may_ask_for_is_giving_up(
    qtbot: QtBot, fetcher: Fetcher, server: IconServer
) -> None:
    assert "429" in str(fetch(qtbot, fetcher, f"{server.url}/busy/3600").problem)
    assert server.seen["/busy/3600"] == 1


@pytest.mark.parametrize(("status", "times"), [(502, 3), (408, 3), (404, 1), (410, 1), (500, 1)])
def test_only_what_may_pass_is_tried_three_times(
    qtbot: QtBot, make_fetcher: MakeFetcher, server: IconServer, status: int, times: int
) -> None:
    fetch(qtbot, make_fetcher(backoff=0.01), f"{server.url}/status/{status}")
    assert server.seen[f"/status/{status}"] == times


def test_breaking_off_asks_no_more_and_calls_nobody(
    qtbot: QtBot, fetcher: Fetcher, server: IconServer
) -> None:
    done: list[Fetched] = []
    stalled = [f"{server.url}/stall/{n}" for n in range(20)]
    for url in stalled:
        fetcher.fetch(url, NO_VALIDATORS, done.append)
    qtbot.waitUntil(lambda: sum(server.seen.values()) == 6, timeout=WAIT_MS)
    assert sorted(fetcher.break_off(lambda url: url in stalled)) == sorted(stalled)
    assert fetcher.load == 0
    assert fetch(qtbot, fetcher, f"{server.url}/png/red").body == png("red")
    assert not done
