"""The cache file of icons: what it keeps, what it drops, and what a bad file does to it."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from db.errors import Problem
from gui.icon_cache import Entry, IconCache
from gui.icon_facts import Picture, Size, cache_key

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
    cache = IconCache(path, limit=4_000_000)
    names = [str(number) for number in range(60)]
    for name in names[:-1]:
        cache.put(name, entry(), bytes(100_000))
        assert cache.find("0", []) is not None
        while cache.flush():
            pass
    cache.put(names[-1], entry(), bytes(100_000))
    cache.close()
    again = IconCache(path)
    left = [name for name in names if again.find(name, []) is not None]
    again.close()
    assert left[0] == "0"
    assert left[1:] == names[-len(left) + 1 :]
    assert path.stat().st_size <= 4_000_000


def test_a_smaller_limit_makes_the_file_smaller_a_piece_at_a_time(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gui.icon_cache_file.EVICTION_SECONDS", 0.0)
    cache = IconCache(path)
    for number in range(200):
        cache.put(str(number), entry(), bytes(50_000))
    assert not cache.flush()
    assert cache.size() > 10_000_000
    cache.set_limit(1_000_000)
    pieces = 0
    while cache.flush():
        pieces += 1
    assert cache.find("199", []) is not None
    cache.close()
    assert pieces > 3
    assert path.stat().st_size <= 1_000_000


def test_emptying(cache: IconCache, path: Path) -> None:
    cache.put(URL, entry(), bytes(1_000_000))
    cache.flush()
    cache.put("unwritten", entry(), b"body")
    before = cache.size()
    cache.empty()
    assert cache.size() < before / 5
    assert cache.find(URL, []) is None
    assert cache.find("unwritten", []) is None
    cache.put(URL, entry(), b"body")
    assert cache.body(URL) == b"body"
    assert [found.name for found in path.parent.iterdir() if "-" not in found.name] == ["icons.db"]


def make_bad(path: Path, kind: str) -> None:
    if kind == "garbage":
        path.write_bytes(b"not a database" * 1000)
        return
    if kind == "foreign":
        connection = sqlite3.connect(path)
        connection.execute("CREATE TABLE precious(x)")
    else:
        cache = IconCache(path)
        cache.put(URL, entry(), bytes(100_000))
        cache.close()
        if kind == "truncated":
            path.write_bytes(path.read_bytes()[:4096])
        connection = sqlite3.connect(path)
        pragma = {"other-program": "application_id = 7", "newer": "user_version = 99"}
        if kind in pragma:
            connection.execute(f"PRAGMA {pragma[kind]}")
    connection.commit()
    connection.close()


@pytest.mark.parametrize(
    ("kind", "aside"),
    [
        ("garbage", "icons.db.damaged"),
        ("truncated", "icons.db.damaged"),
        ("foreign", "icons.db.foreign"),
        ("other-program", "icons.db.foreign"),
        ("newer", "icons.db.foreign"),
    ],
)
def test_a_bad_file_is_set_aside_and_made_anew(
    path: Path, kind: str, aside: str, caplog: pytest.LogCaptureFixture
) -> None:
    path.parent.mkdir()
    make_bad(path, kind)
    before = path.read_bytes()
    cache = IconCache(path)
    cache.put(URL, entry(), b"body")
    cache.flush()
    assert cache.body(URL) == b"body"
    cache.close()
    assert path.with_name(aside).read_bytes() == before
    assert "made anew" in caplog.text


def test_what_others_made_is_never_written_over(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path.parent.mkdir()
    for _ in range(3):
        path.unlink(missing_ok=True)
        make_bad(path, "foreign")
        IconCache(path).close()
    names = {found.name for found in path.parent.iterdir()}
    assert names >= {"icons.db", *(f"icons.db.foreign{end}" for end in ("", "2", "3"))}
    assert "another program" in caplog.text


def test_a_cache_of_an_older_version_is_made_anew_and_not_kept(path: Path) -> None:
    cache = IconCache(path)
    cache.put(URL, entry(), bytes(100_000))
    cache.close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 1")
    connection.close()
    cache = IconCache(path)
    assert cache.find(URL, []) is None
    cache.close()
    assert [found.name for found in path.parent.iterdir()] == ["icons.db"]


def test_a_locked_file_is_set_aside(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    IconCache(path).close()
    other = apsw.Connection(str(path))  # of the same library: locks are the process's
    other.pragma("locking_mode", "EXCLUSIVE")
    other.execute("BEGIN EXCLUSIVE")
    cache = IconCache(path)
    cache.put(URL, entry(), b"body")
    assert cache.body(URL) == b"body"
    cache.close()
    other.close()
    assert "made anew" in caplog.text
    assert path.with_name("icons.db.damaged").exists()


def test_a_lock_that_passes_costs_what_was_to_be_written_and_no_more(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    cache = IconCache(path)
    cache.put("a", entry(), b"a")
    cache.flush()
    other = apsw.Connection(str(path))
    other.execute("BEGIN IMMEDIATE")
    for _ in range(2):
        cache.put("b", entry(), b"b")
        cache.flush()
    assert cache.body("a") == b"a"
    other.close()
    cache.put("c", entry(), b"c")
    assert cache.body("c") == b"c"
    cache.close()
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "just now" in caplog.text


def test_a_file_that_is_deleted_while_in_use_is_made_anew(cache: IconCache, path: Path) -> None:
    cache.put("a", entry(), b"a")
    cache.flush()
    for found in path.parent.iterdir():
        found.unlink()
    path.parent.rmdir()
    cache.put("b", entry(), b"b")
    cache.flush()
    assert cache.find("a", []) is None
    cache.close()
    again = IconCache(path)
    assert again.body("b") == b"b"
    again.close()


def test_a_full_disk_costs_old_entries(path: Path) -> None:
    cache = IconCache(path, limit=1_000_000)
    for number in range(9):
        cache.put(str(number), entry(), bytes(90_000))
    cache.flush()
    cache.put("large", entry(), bytes(700_000))
    assert cache.body("large") == bytes(700_000)
    assert cache.find("0", []) is None
    cache.close()
    assert path.stat().st_size <= 1_250_000


def test_what_is_larger_than_the_limit_is_not_kept_and_the_rest_is(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    cache = IconCache(path, limit=500_000)
    cache.put("large", entry(), bytes(2_000_000))
    assert cache.body("large") is None
    cache.put(URL, entry(), b"body")
    assert cache.body(URL) == b"body"
    cache.close()
    assert "just now" in caplog.text


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write into every folder")
def test_a_folder_that_cannot_be_written(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    cache = IconCache(path)
    cache.put(URL, entry(), b"body")
    cache.close()
    path.chmod(0o400)
    path.parent.chmod(0o500)
    cache = IconCache(path)
    cache.put("b", entry(), b"b")
    cache.flush()
    assert cache.body("b") is None
    cache.close()
    path.parent.chmod(0o700)
    assert "icon cache" in caplog.text or "not cached" in caplog.text


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
