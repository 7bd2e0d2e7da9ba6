"""Edits of values that somebody else changed since they were seen."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from db.catalog import Catalog
from db.conflicts import ChangedMeanwhile, update_seen
from db.errors import Invalid
from db.fields import NULL, Value
from tests.test_catalog import adding

SECONDS = 60


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    catalog = Catalog.create(tmp_path / "a.icons")
    body = adding("a", name="old", org_id="o", created_at=1, icon_url=NULL, metadata="null")
    catalog.edit("Add", body).result(SECONDS)
    yield catalog
    catalog.close()


def update(catalog: Catalog, values: dict[str, Value], seen: dict[str, Value], pk: int = 1) -> None:
    catalog.edit("Update", partial(update_seen, pk=pk, values=values, seen=seen)).result(SECONDS)


def name(catalog: Catalog) -> object:
    connection = catalog.connect_here(5000)
    try:
        return connection.execute("SELECT name FROM integration").get
    finally:
        connection.close()


def test_what_is_as_it_was_seen_is_changed(catalog: Catalog) -> None:
    seen: dict[str, Value] = {"name": "old", "created_at": 1, "icon_url": NULL, "metadata": NULL}
    update(catalog, {"name": "new", "created_at": "x", "icon_url": "", "metadata": "{}"}, seen)
    assert name(catalog) == "new"


@pytest.mark.parametrize("seen", ["older", None, "", NULL])
def test_what_somebody_else_changed_is_told_and_stays(catalog: Catalog, seen: Value) -> None:
    with pytest.raises(ChangedMeanwhile) as caught:
        update(catalog, {"name": "new", "icon_url": "x"}, {"name": seen, "icon_url": NULL})
    assert caught.value.now == {"name": "old"}
    assert name(catalog) == "old"
    assert catalog.undo_label() == "Add"


def test_a_number_is_not_its_text(catalog: Catalog) -> None:
    with pytest.raises(ChangedMeanwhile) as caught:
        update(catalog, {"created_at": "2"}, {"created_at": "1"})
    assert caught.value.now == {"created_at": 1}


def test_both_meaning_the_same_is_no_conflict(catalog: Catalog) -> None:
    update(catalog, {"name": "old"}, {"name": "older"})


def test_what_nobody_looked_at_is_changed(catalog: Catalog) -> None:
    update(catalog, {"name": "new"}, {})
    assert name(catalog) == "new"


def test_what_was_deleted_meanwhile_is_told(catalog: Catalog) -> None:
    with pytest.raises(Invalid, match="deleted meanwhile"):
        update(catalog, {"name": "new"}, {"name": "old"}, pk=7)
