"""Checking a catalogue: what is wrong with it is said, and a check can be ended."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from db.catalog import Catalog
from db.check import LISTED, Checked, check
from db.errors import Cancelled
from db.reader import Superseded
from tests.test_catalog import FILL, adding, raw

SECONDS = 60


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "a.icons"
    with closing(Catalog.create(path)) as catalog:
        catalog.edit("Add", adding("a", org_id="o")).result(SECONDS)
        catalog.edit("Fill", lambda e: e.connection.execute(FILL).close()).result(SECONDS)
    return path


@pytest.fixture
def catalog(path: Path) -> Iterator[Catalog]:
    with closing(Catalog.open(path)) as catalog:
        yield catalog


def checked(path: Path) -> tuple[Checked, list[int]]:
    told: list[int] = []
    with closing(Catalog.open(path)) as catalog:
        request = catalog.reader("check").request(
            lambda connection: check(connection, lambda done, total: told.append(done))
        )
        return request.result(SECONDS), told


def sentences(path: Path) -> list[str]:
    return [str(problem) for problem in checked(path)[0].problems]


def test_a_sound_catalogue(path: Path) -> None:
    found, told = checked(path)
    assert found == Checked([], False, 20_001, 1, 2)
    assert told == sorted(told)
    assert told[-1] == 100
    assert len(set(told)) > 5


def test_an_organization_that_is_gone(path: Path) -> None:
    with closing(raw(path)) as connection:
        connection.execute("DELETE FROM organization")
    assert sentences(path) == ["Integration 1 names an organization that there is none of."]


def test_a_record_that_cannot_be_read(path: Path) -> None:
    with closing(raw(path)) as connection:
        connection.execute("UPDATE edit_data SET data = x'00' WHERE edit = 1")
        connection.execute("DELETE FROM edit_data WHERE edit = 2")
    assert sentences(path) == [
        "The record of the edit “Add” cannot be read: it cannot be undone.",
        "The record of the edit “Fill” cannot be read: it cannot be undone.",
    ]


def test_an_index_that_lacks_rows(path: Path) -> None:
    with closing(raw(path)) as connection:
        connection.pragma("writable_schema", True)
        connection.execute(
            "UPDATE sqlite_schema SET sql = replace(sql, '(name COLLATE NOCASE)', "
            "'(name COLLATE NOCASE) WHERE pk < 0') WHERE name = 'integration_name'"
        )
    with closing(raw(path)) as connection:
        connection.execute("DROP INDEX integration_type; REINDEX")
        connection.pragma("writable_schema", True)
        connection.execute(
            "UPDATE sqlite_schema SET sql = replace(sql, ' WHERE pk < 0', '') "
            "WHERE name = 'integration_name'"
        )
    found, _ = checked(path)
    assert len(found.problems) == LISTED
    assert found.more
    assert all("index integration_name" in str(problem) for problem in found.problems)


def test_pages_of_noise(path: Path) -> None:
    data = bytearray(path.read_bytes())
    middle = len(data) // 2 // 4096 * 4096
    data[middle : middle + 40_960] = b"\xa5" * 40_960
    path.write_bytes(data)
    assert any("damaged" in words for words in sentences(path))


def test_it_can_be_ended(catalog: Catalog) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def tell(done: int, total: int) -> None:
        begun.set()
        go_on.wait(SECONDS)

    reader = catalog.reader("check")
    request = reader.request(lambda connection: check(connection, tell))
    assert begun.wait(SECONDS)
    reader.cancel()
    go_on.set()
    with pytest.raises((Superseded, Cancelled)):
        request.result(SECONDS)


def test_writes_go_on_meanwhile(catalog: Catalog) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def tell(done: int, total: int) -> None:
        begun.set()
        go_on.wait(SECONDS)

    request = catalog.reader("check").request(lambda connection: check(connection, tell))
    assert begun.wait(SECONDS)
    catalog.edit("Add", adding("meanwhile")).result(SECONDS)
    go_on.set()
    assert request.result(SECONDS).integrations == 20_001
