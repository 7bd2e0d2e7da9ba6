"""The cache file of icons: what it keeps, what it drops, and what a bad file does to it."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from db.errors import Problem
from gui.icon_cache import Entry, IconCache, cache_key
from gui.icon_facts import Picture, Size

URL = "https://example.com/a.png"
SMALL: Size = (32, 1.0)
SHARP: Size = (32, 2.0)
PICTURE = Picture("png", 8, 9, alpha=True, blank=False, frames=1)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "icons.db"


@pytest.fixture
def cache(path: Path) -> Iterator[IconCache]:
    cache = IconCache(path)
    yield cache
    cache.close()


def entry(seconds: float = 60.0, **facts: object) -> Entry:
    now = time.time()
    return Entry(now, now + seconds, picture=PICTURE, **facts)  # type: ignore[arg-type]


def test_what_was_put_is_found_again_after_a_restart(path: Path) -> None:
    kept = entry(final_url=URL, status=200, content_type="image/png", etag='"1"', size_bytes=4)
    first = IconCache(path)
    first.put(URL, kept, b"body")
    first.put_thumbnails(URL, [(SMALL, b"s" * 4096), (SHARP, b"b" * 16384)])
    first.close()
    second = IconCache(path)
    assert second.find(URL, [SMALL, (64, 1.0)]) == (kept, {SMALL: b"s" * 4096})
    assert second.body(URL) == b"body"
    second.close()


def test_what_was_put_is_found_before_it_is_written(cache: IconCache) -> None:
    cache.put(URL, entry(), b"body")
    assert cache.body(URL) == b"body"
    cache.put_thumbnails(URL, [(SMALL, b"s")])
    found = cache.find(URL, [SMALL])
    assert found is not None
    assert found[1] == {SMALL: b"s"}


def test_an_unknown_address_is_not_found(cache: IconCache) -> None:
    assert cache.find(URL, [SMALL]) is None
    assert cache.body(URL) is None


def test_a_new_entry_takes_the_place_of_the_old(cache: IconCache) -> None:
    cache.put(URL, entry(), b"body")
    cache.put_thumbnails(URL, [(SMALL, b"s")])
    broken = Entry(1.0, 2.0, status=404, problem=Problem("Gone {n}.", n=404))
    cache.put(URL, broken, None)
    assert cache.find(URL, [SMALL]) == (broken, {})
    assert cache.body(URL) is None


def test_freshness(cache: IconCache) -> None:
    cache.put(URL, entry(-1.0), b"body")
    found = cache.find(URL, [])
    assert found is not None
    assert not found[0].is_fresh
    cache.refresh(URL, time.time(), time.time() + 60)
    cache.flush()
    found = cache.find(URL, [])
    assert found is not None
    assert found[0].is_fresh


def test_the_least_recently_used_goes_first(path: Path) -> None:
    cache = IconCache(path, max_bytes=100_000)
    for name in "abc":
        cache.put(name, entry(), bytes(30_000))
        cache.flush()
    assert cache.find("a", []) is not None
    cache.put("d", entry(), bytes(30_000))
    cache.flush()
    left = [name for name in "abcd" if cache.find(name, []) is not None]
    cache.close()
    assert left == ["a", "d"]
    assert path.stat().st_size < 120_000


def test_forgetting(cache: IconCache) -> None:
    cache.put(URL, entry(), b"body")
    cache.forget(URL)
    assert cache.find(URL, []) is None


def foreign_database(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE precious(x)")
    connection.commit()
    connection.close()


@pytest.mark.parametrize("kind", ["garbage", "foreign", "truncated"])
def test_a_bad_file_is_set_aside_and_made_anew(
    path: Path, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    path.parent.mkdir()
    if kind == "garbage":
        path.write_bytes(b"not a database" * 1000)
    elif kind == "foreign":
        foreign_database(path)
    else:
        made = IconCache(path)
        made.put(URL, entry(), bytes(100_000))
        made.close()
        path.write_bytes(path.read_bytes()[:4096])
    before = path.read_bytes()
    cache = IconCache(path)
    cache.put(URL, entry(), b"body")
    cache.flush()
    assert cache.body(URL) == b"body"
    cache.close()
    assert path.with_name("icons.db.damaged").read_bytes() == before
    assert "made anew" in caplog.text


def test_damage_that_shows_later_is_mended(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    cache = IconCache(path)
    for number in range(50):
        cache.put(str(number), entry(), bytes(20_000))
    cache.close()
    content = bytearray(path.read_bytes())
    content[4096:-4096] = b"\xaa" * (len(content) - 8192)
    path.write_bytes(content)
    cache = IconCache(path)
    found = [cache.find(str(number), [SMALL]) for number in range(50)]
    cache.put(URL, entry(), b"body")
    assert cache.body(URL) == b"body"
    cache.close()
    assert None in found
    assert "made anew" in caplog.text


def test_no_file_at_all_is_no_error(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_text("in the way")
    cache = IconCache(tmp_path / "file" / "icons.db")
    cache.put(URL, entry(), b"body")
    assert cache.body(URL) is None
    cache.close()
    assert "not cached" in caplog.text


def test_two_programs_share_the_file(path: Path) -> None:
    one, other = IconCache(path), IconCache(path)
    one.put(URL, entry(), b"body")
    one.flush()
    assert other.body(URL) == b"body"
    other.put("b", entry(), b"other")
    other.flush()
    assert one.body("b") == b"other"
    one.close()
    other.close()


def test_long_addresses_are_filed_under_a_digest() -> None:
    long = "data:image/png;base64," + "A" * 5000
    assert cache_key(URL) == URL
    assert len(cache_key(long)) < 100
    assert cache_key(long) != cache_key(long + "A")
