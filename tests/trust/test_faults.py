"""What befalls the file of an open catalogue: a sentence, and nothing that was stored is lost."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from db import csv_import, records
from db.catalog import Catalog
from db.edits import EditSession
from db.errors import CatalogError, DiskFull, Moved
from tests.test_catalog import FILL, adding, ids
from tests.trust.help import SECONDS, check_history, raw, soundness, stages, state_hash

Write = Callable[[Catalog], Future[Any]]
WRITES: dict[str, Write] = {
    "edit": lambda catalog: catalog.edit("Add", adding("new", org_id="n")),
    "undo": lambda catalog: catalog.undo(),
    "redo": lambda catalog: catalog.redo(),
    "bulk": lambda catalog: catalog.edit("Bulk", _bulk),
}


def _bulk(edit: EditSession) -> None:
    edit.connection.execute("UPDATE integration SET name = hex(randomblob(200))").close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.icons"


@pytest.fixture
def catalog(path: Path) -> Iterator[Catalog]:
    """An open catalogue with something to undo and to redo."""
    catalog = Catalog.create(path)
    for name in ("a", "b", "c"):
        catalog.edit(f"Add {name}", adding(name, org_id="o")).result(SECONDS)
    catalog.undo().result(SECONDS)
    yield catalog
    catalog.close()


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """Another catalogue, closed."""
    other = tmp_path / "other.icons"
    with closing(Catalog.create(other)) as made:
        made.edit("Add", adding("theirs")).result(SECONDS)
    return other


class TestMoved:
    """A write into a file that nobody finds under its name any more would be lost."""

    @pytest.mark.parametrize("write", WRITES)
    def test_replaced_by_another(
        self, catalog: Catalog, path: Path, other: Path, write: str
    ) -> None:
        theirs = other.read_bytes()
        other.replace(path)
        with pytest.raises(Moved, match=r"a\.icons was replaced.*nothing was changed"):
            WRITES[write](catalog).result(SECONDS)
        catalog.close()
        assert path.read_bytes() == theirs
        with closing(Catalog.open(path)) as again:
            assert ids(again) == ["theirs"]

    def test_replaced_while_a_body_runs(self, catalog: Catalog, path: Path, other: Path) -> None:
        def body(edit: EditSession) -> None:
            records.add_integration(edit, values={"id": "late"})
            other.replace(path)

        with pytest.raises(Moved):
            catalog.edit("Late", body).result(SECONDS)

    @pytest.mark.parametrize("write", WRITES)
    def test_deleted(self, catalog: Catalog, path: Path, write: str) -> None:
        path.unlink()
        with pytest.raises(Moved, match="moved or deleted"):
            WRITES[write](catalog).result(SECONDS)
        assert not path.exists()

    def test_deleted_before_the_first_write(self, path: Path) -> None:
        Catalog.create(path).close()
        with closing(Catalog.open(path)) as catalog:
            path.unlink()
            with pytest.raises(CatalogError, match=r"a\.icons"):
                WRITES["edit"](catalog).result(SECONDS)
            assert not path.exists()

    def test_replaced_before_the_first_write(self, path: Path, other: Path) -> None:
        Catalog.create(path).close()
        with closing(Catalog.open(path)) as catalog:
            other.replace(path)
            with pytest.raises(Moved):
                WRITES["edit"](catalog).result(SECONDS)
        with closing(Catalog.open(path)) as again:
            assert ids(again) == ["theirs"]

    def test_moved_and_back(self, catalog: Catalog, path: Path) -> None:
        away = path.with_name("away.icons")
        path.rename(away)
        with pytest.raises(Moved):
            WRITES["edit"](catalog).result(SECONDS)
        away.rename(path)
        WRITES["edit"](catalog).result(SECONDS)
        assert ids(catalog) == ["a", "b", "new"]

    def test_the_look_for_others_tells_it_too(
        self, catalog: Catalog, path: Path, other: Path
    ) -> None:
        other.replace(path)
        with pytest.raises(Moved):
            catalog.check_elsewhere().result(SECONDS)


class TestTruncated:
    @pytest.mark.parametrize("left", [0, 100, 4096, 0.5, 0.9])
    def test_it_is_a_sentence(self, path: Path, left: float) -> None:
        """Whatever is asked of it while it is open; what can be told then is told."""
        with closing(Catalog.create(path)) as catalog:
            catalog.edit("Fill", lambda e: e.connection.execute(FILL).close()).result(SECONDS)
        with closing(Catalog.open(path)) as catalog:
            size = path.stat().st_size
            os.truncate(path, int(left * size) if isinstance(left, float) else left)
            with pytest.raises(CatalogError, match=r"a\.icons"):
                WRITES["bulk"](catalog).result(SECONDS)
            for write in WRITES.values():
                error = write(catalog).exception(SECONDS)
                assert error is None or isinstance(error, CatalogError)
            with pytest.raises(CatalogError, match=r"a\.icons"):
                all_rows(catalog)


def all_rows(catalog: Catalog) -> list[Any]:
    request = catalog.reader("all").request(
        lambda c: c.execute("SELECT * FROM integration").fetchall()
    )
    return request.result(SECONDS)


class TestNoRoom:
    """However little room is left, a write is done, or refused and leaves nothing."""

    @pytest.mark.parametrize("write", [*WRITES, "import"])
    def test_for_any_number_of_pages(self, tmp_path: Path, write: str) -> None:
        whole = tmp_path / "whole.icons"
        with closing(Catalog.create(whole)) as catalog:
            catalog.edit("Fill", adding_many).result(SECONDS)
            catalog.edit("Bulk", _bulk).result(SECONDS)
            if write == "redo":
                catalog.undo().result(SECONDS)
        (staged,) = stages(tmp_path, 1, 400)
        writes: dict[str, Write] = {**WRITES, "import": partial(csv_import.write, staged=staged)}
        refused = 0
        for extra in (0, 1, 2, 3, 5, 8, 13, 21, 34, 500):
            path = tmp_path / f"{extra}.icons"
            shutil.copy(whole, path)
            with closing(raw(path)) as connection:
                connection.execute("VACUUM")
                before = state_hash(connection)
            with closing(Catalog.open(path)) as catalog:
                limit(catalog, extra)
                error = writes[write](catalog).exception(SECONDS)
                assert error is None or isinstance(error, DiskFull)
                refused += error is not None
                with closing(raw(path)) as connection:
                    assert (state_hash(connection) == before) is (error is not None)
            check_history(path)
        assert refused < 10
        assert refused or write not in ("bulk", "import")


def adding_many(edit: EditSession) -> None:
    for number in range(300):
        adding(f"row-{number}", name="n", org_id=f"o{number % 9}")(edit)


def limit(catalog: Catalog, extra: int) -> None:
    """Let the file grow by so many pages only."""

    def body(edit: EditSession) -> None:
        pages = edit.connection.pragma("page_count")
        edit.connection.pragma("max_page_count", pages + extra)

    catalog.edit("Limit", body).result(SECONDS)


def test_a_sound_file_is_told_as_sound(catalog: Catalog, path: Path) -> None:
    with closing(raw(path)) as connection:
        assert soundness(connection) == [("ok",)]
    assert list(check_history(path).values()) == [0, 0, 1]
