"""Random sequences of all that changes a catalogue, against plain dictionaries."""

from __future__ import annotations

import csv
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from db import csv_import, history_apply, records
from db.child import Task
from db.csv_stage import Staged, stage_csv
from db.fields import FIELDS, NULL
from db.history_apply import Applied, StoredEdit
from db.history_plan import Choices
from db.models import Edit
from tests.test_history import SECONDS, Histories, Row, names, organizations
from tests.trust.help import check_history, edit_states, times
from tests.trust.reverting import reverted

FILES = [
    [("i0", "csv", "o1"), ("i1", "", "o2"), ("i2", "B", "")],
    [("i1", "a", "o4"), ("i5", "csv", ""), ("new", "", "o1")],
    [("i0", "", ""), ("i6", "é", "o3")],
]
"""Of ids that the random edits use too; an empty cell clears its field."""


class Sequences(Histories):
    """Those of one row, organizations, undo, redo and restarts; bulk edits, imports and reverts
    as well."""

    staged: list[Staged]

    @initialize()
    def begin(self) -> None:
        """So that there is something to change from the start."""
        for id_ in ("i0", "i1"):
            self.add(id=id_, name="a", org_id="o1", created_at=None)  # type: ignore[call-arg]

    @precondition(lambda self: self.rows)
    @rule(values=st.fixed_dictionaries({"name": names}, optional={"org_id": organizations}))
    def change_all(self, values: Row) -> None:
        def model() -> None:
            for row in self.rows.values():
                row.update(values)
            if isinstance(org_id := values.get("org_id"), str):
                self.ensure(org_id)

        pks = sorted(self.rows)
        self.write(lambda s: records.update_integrations(s, pks=pks, values=values), model)

    @precondition(lambda self: self.rows)
    @rule(suffix=st.sampled_from(["", "/", "?x"]))
    def change_by_statement(self, suffix: str) -> None:
        def model() -> None:
            for pk, row in self.rows.items():
                row["icon_url"] = f"https://{pk}{suffix}"

        self.write(
            lambda s: s.connection.execute(
                "UPDATE integration SET icon_url = 'https://' || pk || ?", (suffix,)
            ).close(),
            model,
        )

    @rule(number=st.integers(0, len(FILES) - 1))
    def import_file(self, number: int) -> None:
        before = self.state()
        csv_import.write(self.catalog, self.staged[number]).result(SECONDS)
        self._import(FILES[number])
        if self.state() != before:
            self.done.append(before)
            self.undone.clear()

    def _import(self, lines: list[tuple[str, str, str]]) -> None:
        pk_of = {row["id"]: pk for pk, row in self.rows.items()}
        for id_, name, org_id in lines:
            if org_id:
                self.ensure(org_id)
            if id_ in pk_of:
                self._clear_or_change(self.rows[pk_of[id_]], {"name": name, "org_id": org_id})
            else:
                cells = {"id": id_, "name": name or None, "org_id": org_id or None}
                self.rows[self._pk(id_)] = {field.name: cells.get(field.name) for field in FIELDS}

    @staticmethod
    def _clear_or_change(row: Row, cells: dict[str, str]) -> None:
        for field, text in cells.items():
            stored = row[field]
            if text != ("" if stored in (None, NULL) else stored):
                row[field] = text or None

    @precondition(lambda self: self.done)
    @rule(data=st.data(), take=st.booleans())
    def revert(self, data: st.DataObject, take: bool) -> None:
        """Revert one edit alone, wherever it stands, with all conflicts answered one way."""
        place = data.draw(st.integers(0, len(self.done) - 1))
        before, now = self.done[place], self.state()
        after = self.done[place + 1] if place + 1 < len(self.done) else now
        source, choices = StoredEdit(self._standing()[place]), Choices(all_wanted=take)
        expected = reverted(before, after, now, take=take)
        with closing(self.catalog.connect_here(5000)) as connection:
            looked = history_apply.preview(connection, source)
        assert looked.conflict_count == len(looked.conflicts) == expected.conflicts
        applied: list[Applied] = []
        self.write(
            lambda s: applied.append(history_apply.apply(s, source, choices)),
            lambda: self.restore(expected.state),
        )
        assert applied[0].kept == expected.kept

    def _standing(self) -> list[int]:
        """The ids of the edits that stand, as `done` has them."""
        with closing(self.catalog.connect_here(5000)) as connection:
            found = edit_states(connection)
        return sorted(number for number, state in found.items() if state == Edit.DONE)

    def _pk(self, id_: str) -> int:
        connection = self.catalog.connect_here(5000)
        try:
            return int(connection.execute("SELECT pk FROM integration WHERE id = ?", (id_,)).get)
        finally:
            connection.close()

    def teardown(self) -> None:
        super().teardown()
        check_history(self.path)
        self.path.unlink()


@pytest.fixture
def staged(tmp_path: Path) -> list[Staged]:
    made = []
    for number, lines in enumerate(FILES):
        source = tmp_path / f"{number}.csv"
        with source.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([("id", "name", "orgId"), *lines])
        job = partial(stage_csv, source=source, stage=tmp_path / f"{number}.stage")
        made.append(Task(job).future.result(SECONDS))
    return made


def test_any_sequence(tmp_path: Path, staged: list[Staged]) -> None:
    Sequences.folder = tmp_path
    Sequences.staged = staged
    Sequences.TestCase.settings = settings(
        max_examples=times(25, 2_000), stateful_step_count=20, deadline=None
    )
    Sequences.TestCase("runTest").runTest()
