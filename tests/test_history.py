"""Every write is one edit: recorded, undone, redone, over a restart, with conflicts detected."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any, TypeVar

import apsw
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from db import history, records, schema
from db.catalog import Catalog, EditSession
from db.changes import Change
from db.errors import Cancelled, Conflict, Damaged, Invalid
from db.fields import FIELDS, NULL, Value
from db.models import Edit

SECONDS = 60
MANY = 60_000
"""More rows than `history.BULK_ROWS`."""

T = TypeVar("T")
Snapshot = dict[str, list[tuple[Any, ...]]]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.icons"


@pytest.fixture
def catalog(path: Path) -> Iterator[Catalog]:
    catalog = Catalog.create(path)
    yield catalog
    catalog.close()


def edit(catalog: Catalog, body: Callable[[EditSession], object], label: str = "Edit") -> Change:
    return catalog.edit(label, lambda session: _ignore(body(session))).result(SECONDS)


def _ignore(_: object) -> None:
    pass


def add(catalog: Catalog, id: str, label: str = "Add", **values: Value) -> int:  # noqa: A002
    pks: list[int] = []

    def body(session: EditSession) -> None:
        pks.append(records.add_integration(session, values={"id": id, **values}))

    edit(catalog, body, label)
    return pks[0]


def update(catalog: Catalog, pk: int, label: str = "Update", **values: Value) -> Change:
    return edit(catalog, lambda s: records.update_integration(s, pk=pk, values=values), label)


def undo(catalog: Catalog) -> Change | None:
    return catalog.undo().result(SECONDS)


def redo(catalog: Catalog) -> Change | None:
    return catalog.redo().result(SECONDS)


def snapshot(catalog: Catalog) -> Snapshot:
    connection = catalog.connect_here(5000)
    try:
        return {
            table: connection.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall()
            for table in schema.RECORDED_TABLES
        }
    finally:
        connection.close()


def indexes(catalog: Catalog) -> dict[str, str]:
    connection = catalog.connect_here(5000)
    try:
        return dict(
            connection.execute(
                "SELECT name, sql FROM sqlite_schema WHERE type='index' AND sql > ''"
            )
        )
    finally:
        connection.close()


def raw(path: Path, statement: str) -> None:
    """Change the file as another program would, past the history."""
    connection = apsw.Connection(str(path))
    connection.set_busy_timeout(5000)
    connection.execute(statement)
    connection.close()


def integrity(path: Path) -> list[tuple[Any, ...]]:
    connection = apsw.Connection(str(path))
    try:
        return [
            *connection.execute("PRAGMA integrity_check").fetchall(),
            *connection.execute("PRAGMA foreign_key_check").fetchall(),
        ]
    finally:
        connection.close()


def insert_many(session: EditSession, count: int = MANY) -> None:
    session.connection.execute(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT ?) "
        "INSERT INTO integration(id, name, icon_url) "
        "SELECT i, 'n' || i, hex(randomblob(40)) FROM n",
        (count,),
    )
    session.count = count


class TestOneEdit:
    def test_a_body_that_fails_leaves_nothing(self, catalog: Catalog) -> None:
        add(catalog, "a")
        undo(catalog)
        before = snapshot(catalog)

        def body(session: EditSession) -> None:
            records.add_integration(session, values={"id": "b", "org_id": "o"})
            records.set_base_url(session, url="https://example.com/")
            raise LookupError("midway")

        with pytest.raises(LookupError, match="midway"):
            edit(catalog, body)
        assert snapshot(catalog) == before
        assert (catalog.undo_label(), catalog.redo_label()) == (None, "Add")
        assert redo(catalog) is not None

    def test_an_error_at_the_commit_leaves_nothing(self, catalog: Catalog) -> None:
        def body(session: EditSession) -> None:
            session.connection.execute("INSERT INTO integration(id, org_id) VALUES('a', 'gone')")

        with pytest.raises(Invalid, match="does not fit the catalogue: FOREIGN KEY"):
            edit(catalog, body)
        assert snapshot(catalog)["integration"] == []
        assert catalog.undo_label() is None
        add(catalog, "a")

    def test_a_body_that_changes_nothing_is_no_edit_and_keeps_redo(self, catalog: Catalog) -> None:
        pk = add(catalog, "a", name="A")
        update(catalog, pk, name="B")
        undo(catalog)

        def there_and_back(session: EditSession) -> None:
            records.update_integration(session, pk=pk, values={"name": "C"})
            records.update_integration(session, pk=pk, values={"name": "A"})
            session.count = 5_000

        def come_and_go(session: EditSession) -> None:
            new = records.add_integration(session, values={"id": "x"})
            records.delete_integrations(session, pks=[new])

        told: list[Change] = []
        catalog.changed.append(told.append)
        for body in (lambda _: None, there_and_back, come_and_go):
            change = edit(catalog, body)
            assert change.edit_id is None
            assert change.pks == frozenset()
            assert change.count == 0
        assert told == []
        assert (catalog.undo_label(), catalog.redo_label()) == ("Add", "Update")
        redone = redo(catalog)
        assert redone is not None
        assert redone.label == "Update"

    def test_an_edit_says_who_when_and_what(self, catalog: Catalog) -> None:
        pk = add(catalog, "a")
        update(catalog, pk, "Set “name”", name="A")
        connection = catalog.connect_here()
        rows = connection.execute("SELECT label, author, at, count, state FROM edit").fetchall()
        connection.close()
        assert [row[0] for row in rows] == ["Add", "Set “name”"]
        assert all(row[1] == history.author() and row[2].endswith("+00:00") for row in rows)
        assert [row[3:] for row in rows] == [(1, Edit.DONE)] * 2

    def test_what_changed_is_told_exactly(self, catalog: Catalog) -> None:
        told: list[Change] = []
        catalog.changed.append(told.append)
        pk = add(catalog, "a", created_at="2024")
        asked = catalog.edit(
            "Rename",
            lambda s: records.update_integration(
                s, pk=pk, values={"name": "A", "created_at": "2025", "org_id": "o"}
            ),
            origin="form",
        ).result(SECONDS)
        undone = catalog.undo(origin="menu").result(SECONDS)
        redone = redo(catalog)
        edit(catalog, lambda s: records.delete_integrations(s, pks=[pk]), "Delete")
        undo(catalog)
        assert told[1:4] == [asked, undone, redone]
        assert [(c.kind, c.origin, c.label) for c in told] == [
            ("edit", "", "Add"),
            ("edit", "form", "Rename"),
            ("undo", "menu", "Rename"),
            ("redo", "", "Rename"),
            ("edit", "", "Delete"),
            ("undo", "", "Delete"),
        ]
        assert [(c.added, c.deleted) for c in told] == [
            (True, False),
            (False, False),
            (False, False),
            (False, False),
            (False, True),
            (True, False),
        ]
        assert all(c.pks == {pk} and c.count == 1 for c in told)
        assert {c.fields for c in told[1:4]} == {frozenset({"name", "created_at", "org_id"})}
        assert [c.organizations for c in told] == [False, True, True, True, False, False]
        assert not any(c.settings for c in told)
        assert told[1].edit_id == told[2].edit_id == told[3].edit_id != told[0].edit_id

    def test_an_undone_addition_is_a_deletion(self, catalog: Catalog) -> None:
        add(catalog, "a")
        undone, redone = undo(catalog), redo(catalog)
        assert undone is not None
        assert redone is not None
        assert (undone.added, undone.deleted) == (False, True)
        assert (redone.added, redone.deleted) == (True, False)

    def test_a_mixed_body_is_counted_by_its_rows(self, catalog: Catalog) -> None:
        pks = [add(catalog, str(i)) for i in range(4)]

        def body(session: EditSession) -> None:
            records.delete_integrations(session, pks=pks[:2])
            records.delete_integrations(session, pks=pks[2:3])
            for number in range(3):
                records.add_integration(session, values={"id": f"new{number}"})

        change = edit(catalog, body)
        assert change.count == 6
        assert change.added
        assert change.deleted

    def test_many_rows_are_told_as_many(self, catalog: Catalog) -> None:
        count = history.DETAIL_ROWS + 1
        for given in (None, count):

            def body(session: EditSession, given: int | None = given) -> None:
                insert_many(session, count)
                session.count = given

            change = edit(catalog, body)
            assert (change.pks, change.count, change.added) == (None, count, True)
            undone = undo(catalog)
            assert undone is not None
            assert (undone.pks, undone.count, undone.deleted) == (None, count, True)

    def test_a_listener_that_fails_harms_nobody(
        self, catalog: Catalog, caplog: pytest.LogCaptureFixture
    ) -> None:
        told: list[Change] = []

        def fail(_: Change) -> None:
            raise RuntimeError("a bug in a view")

        catalog.changed += [fail, told.append]
        add(catalog, "a")
        assert len(told) == 1
        assert "a bug in a view" in caplog.text


class TestUndoAndRedo:
    def test_nothing_to_undo_or_redo(self, catalog: Catalog) -> None:
        assert undo(catalog) is None
        assert redo(catalog) is None
        assert (catalog.undo_label(), catalog.redo_label()) == (None, None)

    def test_many_steps_over_restarts(self, path: Path) -> None:
        catalog = Catalog.create(path)
        states = [snapshot(catalog)]
        pk = add(catalog, "a", "step 0", org_id="o")
        states.append(snapshot(catalog))
        for number in range(1, 20):
            update(catalog, pk, f"step {number}", name=f"n{number}", updated_at=number)
            states.append(snapshot(catalog))
        for number in reversed(range(20)):
            if number % 7 == 0:
                catalog.close()
                catalog = Catalog.open(path)
            assert catalog.undo_label() == f"step {number}"
            assert undo(catalog) is not None
            assert snapshot(catalog) == states[number]
            assert catalog.redo_label() == f"step {number}"
        assert undo(catalog) is None
        for number in range(20):
            if number % 7 == 0:
                catalog.close()
                catalog = Catalog.open(path)
            assert catalog.redo_label() == f"step {number}"
            assert redo(catalog) is not None
            assert snapshot(catalog) == states[number + 1]
        assert redo(catalog) is None
        catalog.close()
        assert integrity(path) == [("ok",)]

    def test_a_new_edit_discards_what_was_undone(self, catalog: Catalog) -> None:
        pk = add(catalog, "a")
        update(catalog, pk, "one", name="1")
        update(catalog, pk, "two", name="2")
        undo(catalog)
        undo(catalog)
        update(catalog, pk, "three", name="3")
        assert (catalog.undo_label(), catalog.redo_label()) == ("three", None)
        assert redo(catalog) is None
        undo(catalog)
        assert (catalog.undo_label(), catalog.redo_label()) == ("Add", "three")
        redo(catalog)
        assert snapshot(catalog)["integration"][0][2] == "3"

    def test_what_was_undone_is_found_around_what_was_discarded(self, catalog: Catalog) -> None:
        pk = add(catalog, "a", "zero")
        for label in ("one", "two", "three"):
            update(catalog, pk, label, name=label)
        undo(catalog)
        undo(catalog)
        update(catalog, pk, "four", name="four")
        for expected in ("four", "one", "zero"):
            undo(catalog)
            assert catalog.redo_label() == expected
        for after in ("one", "four", None):
            redo(catalog)
            assert catalog.redo_label() == after
        undo(catalog)
        update(catalog, pk, "five", name="five")
        assert (catalog.undo_label(), catalog.redo_label()) == ("five", None)
        undo(catalog)
        assert (catalog.undo_label(), catalog.redo_label()) == ("one", "five")

    @pytest.mark.parametrize(
        "meanwhile",
        [
            "UPDATE integration SET name = 'theirs'",
            "UPDATE integration SET name = NULL",
            "DELETE FROM integration",
        ],
    )
    def test_what_others_changed_is_a_conflict(
        self, catalog: Catalog, path: Path, meanwhile: str
    ) -> None:
        first = add(catalog, "a", name="A")
        second = add(catalog, "b", name="B")

        def body(session: EditSession) -> None:
            for pk in (first, second):
                records.update_integration(session, pk=pk, values={"name": f"new {pk}"})

        edit(catalog, body, "Rename both")
        raw(path, f"{meanwhile} WHERE pk = {second}")
        before = snapshot(catalog)
        for _ in range(2):
            with pytest.raises(Conflict, match="“Rename both” cannot be taken back"):
                undo(catalog)
            assert snapshot(catalog) == before
            assert catalog.undo_label() == "Rename both"
        assert indexes(catalog) == schema.INTEGRATION_INDEXES
        add(catalog, "c")

    def test_what_others_changed_elsewhere_in_the_row_is_kept(
        self, catalog: Catalog, path: Path
    ) -> None:
        pk = add(catalog, "a", name="A")
        update(catalog, pk, name="B")
        raw(path, "UPDATE integration SET type = 'theirs'")
        undo(catalog)
        assert snapshot(catalog)["integration"][0][2:4] == ("A", "theirs")

    def test_a_row_that_took_the_id_is_a_conflict(self, catalog: Catalog, path: Path) -> None:
        pk = add(catalog, "a")
        edit(catalog, lambda s: records.delete_integrations(s, pks=[pk]), "Delete")
        raw(path, "INSERT INTO integration(id) VALUES('a')")
        before = snapshot(catalog)
        with pytest.raises(Conflict):
            undo(catalog)
        assert snapshot(catalog) == before

    def test_undoing_away_an_organization_that_others_use_is_a_conflict(
        self, catalog: Catalog, path: Path
    ) -> None:
        add(catalog, "a", org_id="o")
        raw(path, "INSERT INTO integration(id, org_id) VALUES('theirs', 'o')")
        before = snapshot(catalog)
        with pytest.raises(Conflict):
            undo(catalog)
        assert snapshot(catalog) == before
        raw(path, "DELETE FROM integration WHERE id = 'theirs'")
        assert undo(catalog) is not None
        assert snapshot(catalog)["organization"] == []

    def test_redoing_into_an_organization_that_is_gone_is_a_conflict(
        self, catalog: Catalog, path: Path
    ) -> None:
        edit(catalog, lambda s: records.add_organization(s, org_id="o", name="O"))
        add(catalog, "a", org_id="o")
        undo(catalog)
        raw(path, "DELETE FROM organization")
        with pytest.raises(Conflict):
            redo(catalog)
        assert snapshot(catalog)["integration"] == []

    @pytest.mark.parametrize(
        "harm",
        [
            "UPDATE edit_data SET data = zeroblob(50)",
            "UPDATE edit_data SET data = substr(data, 1, length(data) / 2)",
            "UPDATE edit_data SET data = 'text'",
            "DELETE FROM edit_data",
            "UPDATE edit_data SET data = x''",
        ],
    )
    def test_a_history_that_cannot_be_read_is_damage(
        self, catalog: Catalog, path: Path, harm: str
    ) -> None:
        add(catalog, "a", name="A" * 1000)
        raw(path, harm)
        before = snapshot(catalog)
        with pytest.raises(Damaged):
            undo(catalog)
        assert snapshot(catalog) == before
        assert add(catalog, "b")


class TestLargeEdits:
    def test_a_bulk_edit_is_undone_and_redone_with_all_indexes(
        self, catalog: Catalog, path: Path
    ) -> None:
        edit(catalog, insert_many, "Import")
        full = snapshot(catalog)
        assert len(full["integration"]) == MANY
        undone = undo(catalog)
        assert undone is not None
        assert (undone.count, undone.deleted) == (MANY, True)
        assert snapshot(catalog)["integration"] == []
        assert indexes(catalog) == schema.INTEGRATION_INDEXES
        redo(catalog)
        assert snapshot(catalog) == full
        assert indexes(catalog) == schema.INTEGRATION_INDEXES

        def change_all(session: EditSession) -> None:
            session.connection.execute("UPDATE integration SET icon_url = icon_url || '?v=2'")
            session.count = session.connection.changes()

        edit(catalog, change_all, "Change all")
        raw(path, "UPDATE integration SET icon_url = 'theirs' WHERE pk = 30000")
        theirs = snapshot(catalog)
        with pytest.raises(Conflict):
            undo(catalog)
        assert indexes(catalog) == schema.INTEGRATION_INDEXES
        assert snapshot(catalog) == theirs
        catalog.close()
        assert integrity(path) == [("ok",)]

    def test_a_changeset_of_many_parts(
        self, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(history, "PART_BYTES", 100_000)
        noise = random.Random(1)
        edit(catalog, lambda s: insert_many(s, 20_000))
        add(catalog, "big", metadata=f'"{noise.randbytes(1_500_000).hex()}"')
        connection = catalog.connect_here()
        parts = connection.execute(
            "SELECT edit, count(*), max(part), max(length(data)), min(length(data)) "
            "FROM edit_data GROUP BY edit"
        ).fetchall()
        connection.close()
        for _, count, last, longest, shortest in parts:
            assert count == last + 1 > 5
            assert longest == 100_000
            assert shortest > 0
        full = snapshot(catalog)
        undo(catalog)
        undo(catalog)
        assert snapshot(catalog)["integration"] == []
        redo(catalog)
        redo(catalog)
        assert snapshot(catalog) == full

    def test_a_changeset_larger_than_a_part(self, catalog: Catalog) -> None:
        text = random.Random(2).randbytes(5 << 20).hex()
        pk = add(catalog, "big", name=text)
        connection = catalog.connect_here()
        assert connection.execute("SELECT count(*) FROM edit_data").get == 2
        connection.close()
        undo(catalog)
        redo(catalog)
        assert snapshot(catalog)["integration"][0][:3] == (pk, "big", text)


class TestCancel:
    """`cancel` while an edit runs: nothing of it stays, and the catalogue works on."""

    @pytest.fixture(autouse=True)
    def writes(self) -> None:
        self._write: Future[Future[Any]] = Future()

    def started(self, write: Future[T]) -> Future[T]:
        """Let the write learn its own future."""
        self._write.set_result(write)
        return write

    def stop(self, catalog: Catalog) -> None:
        catalog.cancel(self._write.result(SECONDS))

    def cancel(self, catalog: Catalog, body: Callable[[EditSession], None]) -> None:
        before = snapshot(catalog)
        with pytest.raises(Cancelled):
            self.started(catalog.edit("Cancelled", body)).result(SECONDS)
        assert snapshot(catalog) == before
        assert indexes(catalog) == schema.INTEGRATION_INDEXES
        label = catalog.undo_label()
        pk = add(catalog, "after")
        assert update(catalog, pk, name="x").count == 1
        undo(catalog)
        undo(catalog)
        assert catalog.undo_label() == label
        assert snapshot(catalog) == before

    @pytest.fixture(autouse=True)
    def filled(self, catalog: Catalog) -> None:
        edit(catalog, lambda s: insert_many(s, 3_000), "Fill")

    def test_while_a_statement_runs(self, catalog: Catalog) -> None:
        def body(session: EditSession) -> None:
            session.connection.create_scalar_function("cancel", lambda: self.stop(catalog))
            session.connection.execute(
                "UPDATE integration SET name = ifnull(CASE pk WHEN 2000 THEN cancel() END, 'x')"
            )

        self.cancel(catalog, body)

    def test_between_two_statements(self, catalog: Catalog) -> None:
        def body(session: EditSession) -> None:
            session.connection.execute("UPDATE integration SET name = 'x'")
            self.stop(catalog)
            session.connection.execute("UPDATE integration SET name = 'y'")

        self.cancel(catalog, body)

    def test_while_a_cursor_is_open(self, catalog: Catalog) -> None:
        kept = []

        def body(session: EditSession) -> None:
            session.connection.execute("UPDATE integration SET name = 'x'")
            cursor = session.connection.execute("SELECT pk FROM integration")
            kept.append(cursor)
            next(cursor)
            self.stop(catalog)
            session.check_cancelled()

        self.cancel(catalog, body)

    def test_in_a_loop_over_rows(self, catalog: Catalog) -> None:
        def body(session: EditSession) -> None:
            for (pk,) in session.connection.execute("SELECT pk FROM integration"):
                records.update_integration(session, pk=pk, values={"name": "x"})
                if pk == 1000:
                    self.stop(catalog)

        self.cancel(catalog, body)

    def test_as_the_body_ends(self, catalog: Catalog) -> None:
        def body(session: EditSession) -> None:
            session.connection.execute("DELETE FROM integration")
            session.count = 3_000
            self.stop(catalog)

        self.cancel(catalog, body)

    def test_a_body_that_swallows_the_interrupt_is_cancelled_all_the_same(
        self, catalog: Catalog
    ) -> None:
        def body(session: EditSession) -> None:
            cursor = session.connection.execute("SELECT pk FROM integration")
            next(cursor)
            self.stop(catalog)
            try:
                session.connection.execute("DELETE FROM integration")
            except apsw.InterruptError:
                cursor.close()
            session.connection.execute("UPDATE integration SET name = 'swallowed'")

        self.cancel(catalog, body)

    def test_while_undoing(self, catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
        before = snapshot(catalog)
        stream = history.changeset_stream

        def cancelling(
            connection: apsw.Connection, edit_id: int, *rest: Any
        ) -> Callable[[int], bytes]:
            read = stream(connection, edit_id)

            def read_and_cancel(most: int) -> bytes:
                self.stop(catalog)
                return read(most)

            return read_and_cancel

        monkeypatch.setattr(history, "changeset_stream", cancelling)
        with pytest.raises(Cancelled):
            self.started(catalog.undo()).result(SECONDS)
        assert snapshot(catalog) == before
        assert catalog.undo_label() == "Fill"
        monkeypatch.undo()
        assert undo(catalog) is not None
        assert snapshot(catalog)["integration"] == []

    def test_what_is_done_stays(self, catalog: Catalog) -> None:
        done = catalog.edit("Add", lambda s: _ignore(records.add_integration(s, values={})))
        done.result(SECONDS)
        catalog.cancel(done)
        assert catalog.undo_label() == "Add"
        assert update(catalog, 1, name="x").count == 1

    def test_a_cancel_hits_only_the_edit_that_runs(self, catalog: Catalog) -> None:
        first = catalog.edit("First", lambda _: self.stop(catalog))
        second = catalog.edit(
            "Second", lambda s: _ignore(records.add_integration(s, values={"id": "second"}))
        )
        self.started(first)
        with pytest.raises(Cancelled):
            first.result(SECONDS)
        assert second.result(SECONDS).count == 1


names = st.sampled_from(["", "a", "B", "é", None, NULL])
ids = st.sampled_from([f"i{n}" for n in range(8)])
organizations = st.sampled_from(["o1", "o2", "o3", None])
dates = st.sampled_from([None, "2024", 2024, 1.5, "", NULL, "soon"])

Row = dict[str, Value]
State = tuple[dict[int, Row], dict[str, tuple[str, str | None]], dict[str, str]]


class Histories(RuleBasedStateMachine):
    """Random edits, undos, redos and restarts, against dicts that are copied at every step."""

    folder: Path
    runs = 0

    def __init__(self) -> None:
        super().__init__()
        type(self).runs += 1
        self.path = self.folder / f"{self.runs}.icons"
        self.catalog = Catalog.create(self.path)
        self.rows: dict[int, Row] = {}
        self.organizations: dict[str, tuple[str, str | None]] = {}
        self.settings: dict[str, str] = {}
        self.done: list[State] = []
        self.undone: list[State] = []

    def teardown(self) -> None:
        self.catalog.close()
        assert integrity(self.path) == [("ok",)]

    def state(self) -> State:
        rows = {pk: dict(row) for pk, row in self.rows.items()}
        return rows, dict(self.organizations), dict(self.settings)

    def restore(self, state: State) -> None:
        rows, organizations, settings_ = state
        self.rows = {pk: dict(row) for pk, row in rows.items()}
        self.organizations, self.settings = dict(organizations), dict(settings_)

    def write(self, body: Callable[[EditSession], object], model: Callable[[], None]) -> None:
        before = self.state()
        change = edit(self.catalog, body)
        model()
        changed = self.state() != before
        assert (change.edit_id is not None) is changed
        if changed:
            self.done.append(before)
            self.undone.clear()

    def ensure(self, org_id: Value) -> None:
        if isinstance(org_id, str):
            self.organizations.setdefault(org_id, (org_id, None))

    def pick(self, data: st.DataObject) -> int:
        return data.draw(st.sampled_from(sorted(self.rows)))

    @rule(id=ids, name=names, org_id=organizations, created_at=dates)
    def add(self, id: str, name: Value, org_id: Value, created_at: Value) -> None:  # noqa: A002
        values: Row = {"id": id, "name": name, "org_id": org_id, "created_at": created_at}
        if any(row["id"] == id for row in self.rows.values()):
            with pytest.raises(Invalid):
                edit(self.catalog, lambda s: records.add_integration(s, values=values))
            return
        pks: list[int] = []

        def model() -> None:
            self.rows[pks[0]] = {field.name: values.get(field.name) for field in FIELDS}
            self.ensure(org_id)

        self.write(lambda s: pks.append(records.add_integration(s, values=values)), model)

    @precondition(lambda self: self.rows)
    @rule(
        data=st.data(),
        values=st.fixed_dictionaries(
            {},
            optional={
                "name": names,
                "icon_url": names,
                "updated_at": dates,
                "org_id": organizations,
            },
        ),
    )
    def update(self, data: st.DataObject, values: Row) -> None:
        pk = self.pick(data)

        def model() -> None:
            self.rows[pk].update(values)
            self.ensure(values.get("org_id"))

        self.write(lambda s: records.update_integration(s, pk=pk, values=values), model)

    @precondition(lambda self: self.rows)
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        pks = data.draw(st.sets(st.sampled_from(sorted(self.rows)), min_size=1))

        def model() -> None:
            for pk in pks:
                del self.rows[pk]

        self.write(lambda s: records.delete_integrations(s, pks=pks), model)

    @precondition(lambda self: self.rows)
    @rule(data=st.data())
    def duplicate(self, data: st.DataObject) -> None:
        pk = self.pick(data)
        copies: list[int] = []

        def model() -> None:
            connection = self.catalog.connect_here()
            found = connection.execute(
                "SELECT id, created_at, updated_at FROM integration WHERE pk = ?", copies
            ).fetchall()
            connection.close()
            assert str(found[0][0]).startswith(f"{self.rows[pk]['id']}-copy")
            made = dict(zip(("id", "created_at", "updated_at"), found[0], strict=True))
            self.rows[copies[0]] = {**self.rows[pk], "client_id": None, **made}

        self.write(
            lambda s: copies.extend(records.duplicate_integrations(s, pks=[pk])),
            model,
        )

    @precondition(lambda self: self.organizations)
    @rule(data=st.data(), name=st.sampled_from(["One", "Two"]))
    def rename_organization(self, data: st.DataObject, name: str) -> None:
        org_id = data.draw(st.sampled_from(sorted(self.organizations)))

        def model() -> None:
            self.organizations[org_id] = (name, self.organizations[org_id][1])

        self.write(lambda s: records.rename_organization(s, org_id=org_id, name=name), model)

    @precondition(lambda self: self.organizations)
    @rule(data=st.data())
    def delete_organization(self, data: st.DataObject) -> None:
        org_id = data.draw(st.sampled_from(sorted(self.organizations)))

        def model() -> None:
            del self.organizations[org_id]
            self.rows = {pk: row for pk, row in self.rows.items() if row["org_id"] != org_id}

        self.write(
            lambda s: records.delete_organization(s, org_id=org_id, with_integrations=True), model
        )

    @rule(url=st.sampled_from(["", "https://a.example/", "https://b.example/"]))
    def set_base_url(self, url: str) -> None:
        def model() -> None:
            self.settings = {"base_url": url} if url else {}

        self.write(lambda s: records.set_base_url(s, url=url), model)

    @rule()
    def fail(self) -> None:
        def body(session: EditSession) -> None:
            session.connection.execute("DELETE FROM integration")
            session.connection.execute("DELETE FROM organization")
            raise LookupError

        with pytest.raises(LookupError):
            edit(self.catalog, body)

    @rule()
    def undo(self) -> None:
        change = undo(self.catalog)
        assert (change is not None) is bool(self.done)
        if self.done:
            self.undone.append(self.state())
            self.restore(self.done.pop())

    @rule()
    def redo(self) -> None:
        change = redo(self.catalog)
        assert (change is not None) is bool(self.undone)
        if self.undone:
            self.done.append(self.state())
            self.restore(self.undone.pop())

    @rule()
    def restart(self) -> None:
        self.catalog.close()
        self.catalog = Catalog.open(self.path)

    @invariant()
    def the_file_holds_what_the_dicts_hold(self) -> None:
        connection = self.catalog.connect_here(5000)
        columns = ", ".join(field.name for field in FIELDS)
        rows = {
            pk: dict(zip((field.name for field in FIELDS), values, strict=True))
            for pk, *values in connection.execute(f"SELECT pk, {columns} FROM integration")
        }
        organizations_ = {
            id_: (name, base)
            for id_, name, base in connection.execute("SELECT * FROM organization")
        }
        settings_ = dict(connection.execute("SELECT * FROM setting"))
        connection.close()
        assert repr(sorted(rows.items())) == repr(sorted(self.rows.items()))
        assert organizations_ == self.organizations
        assert settings_ == self.settings

    @invariant()
    def the_labels_tell_whether_there_is_more(self) -> None:
        assert (self.catalog.undo_label() is not None) is bool(self.done)
        assert (self.catalog.redo_label() is not None) is bool(self.undone)


def test_any_sequence_of_edits_undos_and_restarts(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    Histories.folder = tmp_path_factory.mktemp("histories")
    Histories.TestCase.settings = settings(
        max_examples=max(50, settings().max_examples // 4), stateful_step_count=25, deadline=None
    )
    Histories.TestCase("runTest").runTest()


def test_undo_and_redo_tell_how_far_they_are(tmp_path: Path) -> None:
    catalog = Catalog.create(tmp_path / "catalog.db")
    rows = (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 20000) "
        "INSERT INTO integration(id, name) SELECT i, hex(randomblob(200)) FROM n"
    )

    def fill(edit: EditSession) -> None:
        edit.connection.execute(rows)

    catalog.edit("Fill", fill).result(60)
    told: list[tuple[object, int, int]] = []
    catalog.progressed.append(lambda *what: told.append(what))
    for step in (catalog.undo, catalog.redo):
        told.clear()
        future = step()
        future.result(60)
        assert len(told) > 1
        assert {what[0] for what in told} == {future}
        assert told == sorted(told, key=lambda what: what[1])
        assert told[-1][1] == told[-1][2]
    catalog.close()
