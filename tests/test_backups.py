"""Automatic backups: when one is made, of which state, and how long it is kept."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from db import backups as module
from db import csv_import, schema
from db.backups import Backups, kept
from db.catalog import Catalog
from db.edits import EditSession
from db.errors import Cancelled, DiskFull
from tests.test_catalog import FILL, adding, ids, raw, raw_integrity
from tests.trust.help import stages, state_hash

SECONDS = 60
NOW = datetime(2026, 3, 14, 15, 30, tzinfo=UTC)


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    catalog = Catalog.create(tmp_path / "a.icons")
    catalog.edit("Add", adding("first", org_id="o")).result(SECONDS)
    catalog.keep_backups(tmp_path / "backups")
    yield catalog
    catalog.close()


def fill(edit: EditSession) -> None:
    edit.connection.execute(FILL).close()


def clear(edit: EditSession) -> None:
    edit.connection.execute("DELETE FROM integration").close()


def made(catalog: Catalog) -> list[Path]:
    """The backups, once the last one that was begun is done."""
    assert catalog.backups is not None
    if catalog._backing_up is not None:
        catalog._backing_up.exception(SECONDS)
    return [each.path for each in catalog.backups.all()]


def age(path: Path, hours: float) -> Path:
    """Make a backup as old as that."""
    at = datetime.now(UTC) - timedelta(hours=hours)
    return path.rename(path.with_name(f"{at.strftime(module._STAMP)}-edit.db"))


class TestMaking:
    def test_an_edit_of_many_leaves_one_of_what_was_before(self, catalog: Catalog) -> None:
        with closing(raw(catalog.path)) as connection:
            before = state_hash(connection)
        catalog.edit("Fill", fill).result(SECONDS)
        (backup,) = made(catalog)
        with closing(raw(backup)) as connection:
            assert state_hash(connection) == before
        assert raw_integrity(backup) == [("ok",)]
        with closing(Catalog.open(backup)) as opened:
            assert ids(opened) == ["first"]
            assert opened.undo_label() == "Add"
        assert not list(backup.parent.glob("*.partial"))

    def test_an_import_leaves_one(self, catalog: Catalog, tmp_path: Path) -> None:
        (staged,) = stages(tmp_path, 1, 3)
        csv_import.write(catalog, staged).result(SECONDS)
        assert len(made(catalog)) == 1

    def test_what_is_empty_needs_none(self, tmp_path: Path) -> None:
        with closing(Catalog.create(tmp_path / "new.icons")) as catalog:
            catalog.keep_backups(tmp_path / "backups")
            catalog.edit("Fill", fill).result(SECONDS)
            assert made(catalog) == []

    def test_a_small_edit_leaves_none(self, catalog: Catalog) -> None:
        catalog.edit("Add", adding("second")).result(SECONDS)
        assert made(catalog) == []

    def test_nor_does_a_small_one_of_a_selection(self, catalog: Catalog, tmp_path: Path) -> None:
        positions = tmp_path / "positions.db"
        with closing(raw(positions)) as connection:
            connection.execute("CREATE TABLE positions(pk)")
        body = adding("second")
        catalog.edit("Add", body, attach={"chosen": positions}).result(SECONDS)
        assert made(catalog) == []

    def test_an_edit_that_fails_leaves_none(self, catalog: Catalog) -> None:
        def body(edit: EditSession) -> None:
            fill(edit)
            raise LookupError

        with pytest.raises(LookupError):
            catalog.edit("Fill", body).result(SECONDS)
        assert made(catalog) == []

    def test_one_an_hour_is_enough(self, catalog: Catalog) -> None:
        catalog.edit("Fill", fill).result(SECONDS)
        (first,) = made(catalog)
        catalog.edit("Clear", clear).result(SECONDS)
        assert made(catalog) == [first]
        first = age(first, 1.1)
        catalog.edit("Fill", fill).result(SECONDS)
        assert len(made(catalog)) == 2

    def test_none_is_made_of_a_state_that_has_one(self, catalog: Catalog) -> None:
        catalog.edit("Fill", fill).result(SECONDS)
        (first,) = made(catalog)
        catalog.undo().result(SECONDS)
        first = age(first, 2)
        shutil.copy(first, first.with_name("copy"))
        same = (
            "DELETE FROM edit_data; DELETE FROM edit WHERE id > 1; "
            "UPDATE sqlite_sequence SET seq = 1 WHERE name = 'edit'"
        )
        for path in (first, catalog.path):  # undo is a state of its own: make it the same
            with closing(raw(path)) as connection:
                connection.execute(same)
        catalog.edit("Fill", fill).result(SECONDS)
        assert made(catalog) == [first]

    def test_what_a_forgotten_history_made_is_backed_up(self, catalog: Catalog) -> None:
        def forget() -> None:
            with closing(raw(catalog.path)) as connection:
                connection.execute("DELETE FROM edit_data; DELETE FROM edit")

        forget()
        catalog.edit("Fill", fill).result(SECONDS)
        (first,) = made(catalog)
        forget()
        age(first, 2)
        catalog.edit("Clear", clear).result(SECONDS)
        newest, _ = made(catalog)
        with closing(Catalog.open(newest)) as opened:
            assert len(ids(opened)) > 1_000

    def test_edits_go_on_while_one_is_copied(self, catalog: Catalog) -> None:
        catalog.edit("Fill", fill).result(SECONDS)
        age(made(catalog)[0], 2)
        told: list[object] = []
        catalog.backing_up.append(told.append)
        catalog.edit("Clear", clear).result(SECONDS)
        catalog.edit("Add", adding("second")).result(SECONDS)
        assert len(told) == 1
        newest, _ = made(catalog)
        with closing(Catalog.open(newest)) as opened:
            assert len(ids(opened)) == 20_001

    def test_closing_does_not_wait_for_one(self, catalog: Catalog, tmp_path: Path) -> None:
        def cancel(future: object) -> None:
            catalog.cancel(future)  # type: ignore[arg-type]

        catalog.backing_up.append(cancel)
        catalog.edit("Fill", fill).result(SECONDS)
        assert catalog._backing_up is not None
        assert isinstance(catalog._backing_up.exception(SECONDS), Cancelled)
        assert made(catalog) == []

    def test_a_full_disk_stops_the_backup_alone(
        self, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        usage = shutil.disk_usage("/")._replace(free=1000)
        monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
        catalog.edit("Fill", fill).result(SECONDS)
        assert catalog._backing_up is not None
        assert isinstance(catalog._backing_up.exception(SECONDS), DiskFull)
        assert len(ids(catalog)) == 20_001

    def test_two_catalogues_of_one_name_have_their_own(self, tmp_path: Path) -> None:
        one, two = (Backups(tmp_path, tmp_path / name / "a.db") for name in ("x", "y"))
        assert one.folder != two.folder

    def test_copies_of_upgrades_are_listed_and_stay(
        self, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        catalog.close()
        step = "ALTER TABLE setting ADD COLUMN added"
        monkeypatch.setattr(schema, "STEPS", (*schema.STEPS, lambda c: c.execute(step).close()))
        with closing(Catalog.open(catalog.path)):
            pass
        backups = catalog.keep_backups(catalog.path.parent / "backups")
        backups.prune()
        assert [(each.path.name, each.reason) for each in backups.all()] == [
            ("a.version-1.icons", "upgrade")
        ]


class TestKept:
    def tier(self, *ages: timedelta) -> list[timedelta]:
        moments = [NOW - each for each in ages]
        return sorted(NOW - moment for moment in kept(moments, NOW))

    def test_hours_days_weeks_and_months(self) -> None:
        every_hour = [timedelta(hours=hours) for hours in range(24 * 500)]
        keep = self.tier(*every_hour)
        day, week, month = (timedelta(days=days) for days in (1, 7, 31))
        assert len([age for age in keep if age <= day]) == 25
        assert len([age for age in keep if day < age <= week]) in (6, 7)
        assert len([age for age in keep if week < age <= month]) in (3, 4, 5)
        assert len([age for age in keep if month < age]) in (11, 12)

    def test_what_is_kept_is_enough_for_every_later_day(self) -> None:
        """Pruning day by day keeps what pruning once would: no tier starves the next."""
        moments: set[datetime] = set()
        start = datetime(2025, 1, 1, tzinfo=UTC)
        for hour in range(24 * 420):
            now = start + timedelta(hours=hour)
            moments = kept({*moments, now}, now)
        ages = sorted(now - moment for moment in moments)
        assert len(ages) > 40
        assert ages[-1] > timedelta(days=330)

    def test_the_newest_is_kept_however_old(self) -> None:
        ages = [timedelta(days=900), timedelta(days=1000)]
        assert self.tier(*ages) == [timedelta(days=900)]

    def test_the_oldest_go_when_there_is_no_room(self, tmp_path: Path) -> None:
        backups = Backups(tmp_path, tmp_path / "a.db")
        backups.folder.mkdir()
        for hours in range(5):
            path = backups.folder / "x"
            path.write_bytes(bytes(100))
            age(path, hours * 1.5)
        backups.prune(limit=250)
        assert len(backups.all()) == 2
        backups.prune(limit=10)
        assert len(backups.all()) == 1

    def test_files_of_others_stay(self, tmp_path: Path) -> None:
        backups = Backups(tmp_path, tmp_path / "a.db")
        backups.folder.mkdir()
        other = backups.folder / "mine-edit.db"
        other.touch()
        backups.prune(limit=0)
        assert backups.all() == []
        assert other.exists()

    def test_what_a_killed_program_left_half_made_goes_after_a_day(self, tmp_path: Path) -> None:
        backups = Backups(tmp_path, tmp_path / "a.db")
        backups.folder.mkdir()
        partial = backups.folder / "20260314T100000Z-edit.db.partial"
        partial.touch()
        backups.prune()
        assert partial.exists()
        backups.prune(datetime.now(UTC) + timedelta(days=2))
        assert not partial.exists()
