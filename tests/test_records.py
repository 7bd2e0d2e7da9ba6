"""Integrations and organizations are stored exactly as given, or refused with a sentence."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from db import records
from db.catalog import Catalog, EditSession
from db.changes import Change
from db.dates import instant
from db.errors import Cancelled, Invalid
from db.fields import FIELD_BY_NAME, FIELDS, NULL, Value
from db.metadata import json_problem

OPTIONAL_TEXT = [f.name for f in FIELDS if not f.required and f.kind == "text"]
TEXT = [f.name for f in FIELDS if f.kind == "text" and f.name != "id"]
DATES = ["created_at", "updated_at"]
NAMES = ", ".join(FIELD_BY_NAME)

Body = Callable[[EditSession], object]


class Store:
    """A catalogue, and short words for what the tests do with it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.catalog = Catalog.create(path)

    def edit(self, function: Callable[..., Any], **arguments: Any) -> Any:
        """Run one function of `db.records` as an edit; returns its answer."""
        answers: list[Any] = []
        self.change = self.catalog.edit(
            function.__name__, lambda edit: answers.append(function(edit, **arguments))
        ).result()
        return answers[0]

    def refuse(self, function: Callable[..., Any], **arguments: Any) -> str:
        """The sentence with which an edit is refused; nothing is changed by it."""
        before = self.everything()
        with pytest.raises(Invalid) as caught:
            self.edit(function, **arguments)
        assert self.everything() == before
        return str(caught.value)

    def add(self, **values: Value) -> int:
        pk: int = self.edit(records.add_integration, values=values)
        return pk

    def undo(self) -> Change | None:
        return self.catalog.undo().result()

    def redo(self) -> Change | None:
        return self.catalog.redo().result()

    def reopen(self) -> None:
        self.catalog.close()
        self.catalog = Catalog.open(self.path)

    def rows(self, query: str, *bindings: object) -> list[tuple[Any, ...]]:
        connection = self.catalog.connect_here(5000)
        try:
            return connection.execute(query, bindings).fetchall()
        finally:
            connection.close()

    def row(self, pk: int) -> dict[str, Value] | None:
        found = self.rows(f"SELECT {NAMES} FROM integration WHERE pk = ?", pk)
        return dict(zip(FIELD_BY_NAME, found[0], strict=True)) if found else None

    def everything(self) -> list[list[tuple[Any, ...]]]:
        return [
            self.rows(f"SELECT * FROM {table} ORDER BY 1")
            for table in ("organization", "integration", "setting", "edit")
        ]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path / "a.icons")
    yield store
    store.catalog.close()


def same(left: Value, right: Value) -> bool:
    return type(left) is type(right) and left == right


class TestValues:
    @pytest.mark.parametrize("field", OPTIONAL_TEXT)
    def test_absent_null_and_empty_stay_apart(self, store: Store, field: str) -> None:
        kinds: list[Value] = [None, NULL, "", "text"]
        pks = [store.add(id=f"{i}", **{field: kind}) for i, kind in enumerate(kinds)]
        absent = store.add(id="absent")

        def found() -> list[Value]:
            return [(store.row(pk) or {}).get(field, "no row") for pk in (*pks, absent)]

        assert found() == [None, NULL, "", "text", None]
        store.reopen()
        assert found() == [None, NULL, "", "text", None]

    @pytest.mark.parametrize("field", OPTIONAL_TEXT)
    def test_absent_null_and_empty_survive_edit_undo_and_redo(
        self, store: Store, field: str
    ) -> None:
        kinds: list[Value] = [None, NULL, "", "text"]
        for before in kinds:
            for after in kinds:
                if same(before, after):
                    continue
                pk = store.add(**{field: before})
                store.edit(records.update_integration, pk=pk, values={field: after})
                assert same((store.row(pk) or {})[field], after)
                store.undo()
                assert same((store.row(pk) or {})[field], before)
                store.reopen()
                store.redo()
                assert same((store.row(pk) or {})[field], after)

    @pytest.mark.parametrize("field", DATES)
    @pytest.mark.parametrize(
        "value",
        [
            "2024-01-02T03:04:05.678901234Z",
            " 2024 ",
            "1704164645",
            "yesterday",
            "",
            NULL,
            None,
            0,
            1704164645,
            1704164645678,
            -1,
            2**63 - 1,
            -(2**63),
            1704164645.125,
            0.1,
            -0.0,
            1.0,
            5e-324,
            1.7976931348623157e308,
        ],
    )
    def test_a_date_is_kept_exactly_as_given(self, store: Store, field: str, value: Value) -> None:
        pk = store.add(id="a", **{field: value})

        def is_kept() -> bool:
            found = (store.row(pk) or {})[field]
            return same(found, value) and repr(found) == repr(value)

        assert is_kept()
        store.edit(records.update_integration, pk=pk, values={field: "2000"})
        store.undo()
        assert is_kept()
        store.undo()
        store.redo()
        store.reopen()
        assert is_kept()
        column = field.replace("_at", "_instant")
        assert store.rows(f"SELECT {column} FROM integration") == [(instant(value),)]

    def test_number_text_stays_text_and_number_stays_number(self, store: Store) -> None:
        pk = store.add(created_at="5", updated_at=5, name="007", type="1e3")
        row = store.row(pk) or {}
        assert [row[n] for n in ("created_at", "updated_at", "name", "type")] == [
            "5",
            5,
            "007",
            "1e3",
        ]

    def test_an_update_of_a_date_moves_its_instant(self, store: Store) -> None:
        pk = store.add(created_at="2024", updated_at="2024")
        store.edit(records.update_integration, pk=pk, values={"updated_at": "nonsense"})
        assert store.rows("SELECT created_instant, updated_instant FROM integration") == [
            (instant("2024"), None)
        ]
        store.edit(records.update_integration, pk=pk, values={"name": "x"})
        assert store.rows("SELECT created_instant FROM integration") == [(instant("2024"),)]

    @pytest.mark.parametrize(
        "text",
        ['{"b": 1,\n "a":  [1.10, 1E400]}', "null", '""', "  [] ", '{"a":1,"a":2}', "1" * 5000],
    )
    def test_metadata_is_kept_to_the_byte(self, store: Store, text: str) -> None:
        pk = store.add(metadata=text)
        assert (store.row(pk) or {})["metadata"] == text

    def test_metadata_absent_and_null_are_two_things(self, store: Store) -> None:
        absent, null, as_field = (
            store.add(metadata=None),
            store.add(metadata="null"),
            store.add(metadata=NULL),
        )
        assert [(store.row(pk) or {})["metadata"] for pk in (absent, null, as_field)] == [
            None,
            "null",
            "null",
        ]

    def test_long_and_odd_texts_are_kept(self, store: Store) -> None:
        for text in ("x" * 1_000_000, "a\r\nb\tc", "\ufeffbom", "😀\u200d", "'; DROP TABLE x; --"):
            pk = store.add(name=text, icon_url=text)
            row = store.row(pk) or {}
            assert row["name"] == row["icon_url"] == text

    @pytest.mark.parametrize("field", TEXT)
    @pytest.mark.parametrize("text", ["a\0b", "\ud800", "ok \udfff"])
    def test_text_that_cannot_be_stored_is_refused(
        self, store: Store, field: str, text: str
    ) -> None:
        sentence = store.refuse(records.add_integration, values={field: text})
        assert FIELD_BY_NAME[field].key in sentence
        pk = store.add()
        assert sentence == store.refuse(records.update_integration, pk=pk, values={field: text})

    @pytest.mark.parametrize("field", [*TEXT, "id", "metadata", *DATES])
    @pytest.mark.parametrize("value", [b"bytes", b"\0", True, [], {}, object()])
    def test_what_is_no_value_is_refused(self, store: Store, field: str, value: Any) -> None:
        sentence = store.refuse(records.add_integration, values={field: value})
        assert FIELD_BY_NAME[field].key in sentence

    @pytest.mark.parametrize("field", [*TEXT, "id", "metadata"])
    @pytest.mark.parametrize("value", [0, 1, 1.5])
    def test_a_number_is_refused_where_text_belongs(
        self, store: Store, field: str, value: Value
    ) -> None:
        sentence = store.refuse(records.add_integration, values={field: value})
        assert sentence == f"{FIELD_BY_NAME[field].key} has to be text."

    @pytest.mark.parametrize("field", DATES)
    @pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 2**63, -(2**63) - 1, 10**400])
    def test_a_number_that_sqlite_lacks_is_refused(
        self, store: Store, field: str, value: Value
    ) -> None:
        pk = store.add(**{field: "2024"})
        sentence = store.refuse(records.update_integration, pk=pk, values={field: value})
        assert FIELD_BY_NAME[field].key in sentence
        assert len(sentence) < 100

    @pytest.mark.parametrize("text", ["", "{", "NaN", "[1,]", "{'a': 1}"])
    def test_metadata_that_is_not_json_is_refused(self, store: Store, text: str) -> None:
        problem = json_problem(text)
        assert store.refuse(records.add_integration, values={"metadata": text}) == str(problem)

    @pytest.mark.parametrize(
        "name", ["pk", "orgId", "created_instant", "rowid", "", "name = name; --"]
    )
    def test_an_unknown_field_is_refused(self, store: Store, name: str) -> None:
        pk = store.add(id="a")
        assert f"“{name}”" in store.refuse(records.update_integration, pk=pk, values={name: "x"})
        assert f"“{name}”" in store.refuse(records.add_integration, values={name: "x"})

    @settings(max_examples=30)
    @given(
        st.fixed_dictionaries(
            {},
            optional={
                **{
                    name: st.one_of(
                        st.none(),
                        st.just(NULL),
                        st.text(st.characters(codec="utf-8", exclude_characters="\0")),
                    )
                    for name in TEXT
                    if name != "org_id"
                },
                **{
                    name: st.one_of(
                        st.none(),
                        st.text(st.characters(codec="utf-8", exclude_characters="\0")),
                        st.integers(-(2**63), 2**63 - 1),
                        st.floats(allow_nan=False, allow_infinity=False),
                    )
                    for name in DATES
                },
                "metadata": st.recursive(
                    st.one_of(st.none(), st.integers(), st.text()), st.lists
                ).map(json.dumps),
            },
        )
    )
    def test_any_record_comes_back_as_it_was(
        self, tmp_path_factory: pytest.TempPathFactory, values: dict[str, Value]
    ) -> None:
        store = Store(tmp_path_factory.mktemp("any") / "a.icons")
        try:
            pk = store.add(id="a", **values)
            store.undo()
            assert store.row(pk) is None
            store.redo()
            row = store.row(pk) or {}
            for name in FIELD_BY_NAME:
                assert same(row[name], {"id": "a", **values}.get(name)), name
        finally:
            store.catalog.close()


class TestIds:
    @pytest.mark.parametrize("blank", [None, NULL, ""])
    def test_a_new_integration_gets_an_id_when_it_has_none(
        self, store: Store, blank: Value
    ) -> None:
        first, second = store.add(id=blank), store.add(id=blank)
        ids = [(store.row(pk) or {})["id"] for pk in (first, second)]
        assert ids[0] != ids[1]
        assert all(isinstance(each, str) and len(each) == 36 for each in ids)

    @pytest.mark.parametrize("blank", [None, NULL, ""])
    def test_an_id_cannot_be_taken_away(self, store: Store, blank: Value) -> None:
        pk = store.add(id="a")
        sentence = store.refuse(records.update_integration, pk=pk, values={"id": blank})
        assert sentence == "id is empty. Every integration needs an id of its own."

    def test_an_id_is_unique(self, store: Store) -> None:
        store.add(id="a")
        pk = store.add(id="b")
        taken = "id “a” is taken by another integration. Choose another."
        assert store.refuse(records.add_integration, values={"id": "a"}) == taken
        assert store.refuse(records.update_integration, pk=pk, values={"id": "a"}) == taken
        store.edit(records.update_integration, pk=pk, values={"id": "b"})
        store.edit(records.update_integration, pk=pk, values={"id": "A"})

    def test_ids_may_change_places_in_one_edit(self, store: Store) -> None:
        a, b = store.add(id="a"), store.add(id="b")

        def swap(edit: EditSession) -> None:
            records.update_integration(edit, pk=a, values={"id": "?"})
            records.update_integration(edit, pk=b, values={"id": "a"})
            records.update_integration(edit, pk=a, values={"id": "b"})

        store.edit(swap)
        store.undo()
        assert (store.row(a) or {})["id"] == "a"
        store.redo()
        assert (store.row(a) or {})["id"] == "b"

    def test_an_update_of_a_row_that_is_gone_is_refused(self, store: Store) -> None:
        sentence = store.refuse(
            records.update_integration, pk=99, values={"name": "x", "org_id": "new"}
        )
        assert "deleted meanwhile" in sentence

    def test_an_update_of_nothing_changes_nothing(self, store: Store) -> None:
        pk = store.add(id="a", name="A")
        store.edit(records.update_integration, pk=pk, values={})
        assert store.change.edit_id is None
        store.edit(records.update_integration, pk=pk, values={"name": "A"})
        assert store.change.edit_id is None
        assert store.catalog.undo_label() == "add_integration"

    def test_a_pk_is_never_used_again(self, store: Store) -> None:
        pk = store.add(id="a")
        store.edit(records.delete_integrations, pks=[pk])
        assert store.add(id="b") > pk


class TestDelete:
    def test_rows_are_deleted_and_come_back(self, store: Store) -> None:
        pks = [store.add(id=str(i), name=f"n{i}", org_id="o") for i in range(5)]
        rows = [store.row(pk) for pk in pks]
        assert store.edit(records.delete_integrations, pks=pks[1:4]) == 3
        assert store.change.count == 3
        assert [store.row(pk) is None for pk in pks] == [False, True, True, True, False]
        store.undo()
        assert [store.row(pk) for pk in pks] == rows

    def test_more_rows_than_one_statement_takes(self, store: Store) -> None:
        def add_many(edit: EditSession) -> None:
            edit.connection.executemany(
                "INSERT INTO integration(id) VALUES(?)", ((str(i),) for i in range(2_345))
            )

        store.edit(add_many)
        pks = [pk for (pk,) in store.rows("SELECT pk FROM integration")]
        assert store.edit(records.delete_integrations, pks=iter(pks)) == 2_345
        assert store.change.count == 2_345
        store.undo()
        assert store.rows("SELECT count(*) FROM integration") == [(2_345,)]

    def test_rows_that_are_gone_are_not_counted(self, store: Store) -> None:
        pk = store.add(id="a")
        assert store.edit(records.delete_integrations, pks=[pk, 98, 99, pk]) == 1
        assert store.edit(records.delete_integrations, pks=[pk]) == 0
        assert store.edit(records.delete_integrations, pks=[]) == 0
        assert store.change.edit_id is None


class TestDuplicate:
    def test_a_copy_has_its_own_id_and_dates(self, store: Store) -> None:
        values: dict[str, Value] = {
            "name": "A",
            "type": "s3",
            "org_id": "o",
            "icon_url": NULL,
            "creator": "me",
            "created_at": 1,
            "updated_at": 2.5,
            "updated_by": "",
            "client_id": "c",
            "metadata": '{"a": 1}',
        }
        pk = store.add(id="a", **values)
        (copy,) = store.edit(records.duplicate_integrations, pks=[pk])
        row = store.row(copy) or {}
        assert row["id"] == "a-copy"
        assert row["client_id"] is None
        assert row["created_at"] == row["updated_at"]
        assert instant(row["created_at"]) is not None
        for name in ("name", "type", "org_id", "icon_url", "creator", "updated_by", "metadata"):
            assert same(row[name], values[name])

    def test_copies_of_copies_have_free_ids(self, store: Store) -> None:
        pk = store.add(id="a")
        store.add(id="a-copy-2")
        for _ in range(2):
            assert len(store.edit(records.duplicate_integrations, pks=[pk, pk])) == 1
        ids = [found for (found,) in store.rows("SELECT id FROM integration ORDER BY pk")]
        assert ids == ["a", "a-copy-2", "a-copy", "a-copy-3"]
        assert store.edit(records.duplicate_integrations, pks=[99]) == []

    def test_many_are_copied_in_the_given_order(self, store: Store) -> None:
        pks = [store.add(id=f"row-{number}") for number in range(300)]
        copies = store.edit(records.duplicate_integrations, pks=reversed(pks))
        ids = [(store.row(pk) or {})["id"] for pk in copies]
        assert ids == [f"row-{number}-copy" for number in reversed(range(300))]
        assert store.change.count == 300


class TestOrganizations:
    def organizations(self, store: Store) -> list[tuple[Any, ...]]:
        return store.rows("SELECT id, name, base_url FROM organization ORDER BY id")

    def test_an_unknown_organization_is_made_and_unmade_with_its_row(self, store: Store) -> None:
        pk = store.add(id="a", org_id="new")
        assert self.organizations(store) == [("new", "new", None)]
        assert store.change.organizations
        store.undo()
        assert self.organizations(store) == []
        store.redo()
        store.edit(records.update_integration, pk=pk, values={"org_id": "other"})
        assert [row[0] for row in self.organizations(store)] == ["new", "other"]

    @pytest.mark.parametrize("blank", [None, NULL, ""])
    def test_a_blank_organization_is_absent(self, store: Store, blank: Value) -> None:
        pk = store.add(org_id=blank)
        assert (store.row(pk) or {})["org_id"] is None
        store.edit(records.update_integration, pk=pk, values={"org_id": "o"})
        store.edit(records.update_integration, pk=pk, values={"org_id": blank})
        assert (store.row(pk) or {})["org_id"] is None
        assert [row[0] for row in self.organizations(store)] == ["o"]

    def test_add_rename_and_delete(self, store: Store) -> None:
        store.edit(records.add_organization, org_id="o", name="")
        assert self.organizations(store) == [("o", "o", None)]
        assert (store.change.count, store.change.organizations) == (1, True)
        store.edit(records.rename_organization, org_id="o", name="Name")
        assert self.organizations(store) == [("o", "Name", None)]
        store.edit(records.delete_organization, org_id="o", with_integrations=False)
        assert self.organizations(store) == []
        assert (store.change.count, store.change.organizations) == (1, True)
        for _ in range(3):
            store.undo()
        for _ in range(2):
            store.redo()
        assert self.organizations(store) == [("o", "Name", None)]

    def test_what_is_refused(self, store: Store) -> None:
        store.edit(records.add_organization, org_id="o", name="O")
        add, rename = records.add_organization, records.rename_organization
        assert "needs an id" in store.refuse(add, org_id=" ", name="x")
        assert "“o” already" in store.refuse(add, org_id="o", name="x")
        assert "needs a name" in store.refuse(rename, org_id="o", name=" ")
        assert "no organization “gone”" in store.refuse(rename, org_id="gone", name="x")
        assert "no organization “gone”" in store.refuse(
            records.set_base_url, url="https://a.example/", org_id="gone"
        )
        for text in ("\0", "a\ud800"):
            assert "cannot be stored" in store.refuse(add, org_id=f"x{text}", name="x")
            assert "cannot be stored" in store.refuse(add, org_id="x", name=f"x{text}")
            assert "cannot be stored" in store.refuse(rename, org_id="o", name=f"x{text}")
            assert "cannot be stored" in store.refuse(records.set_base_url, url=f"x{text}")

    def test_one_with_integrations_is_deleted_only_along_with_them(self, store: Store) -> None:
        pks = [store.add(id=str(i), org_id="o", name=f"n{i}") for i in range(3)]
        other = store.add(id="other", org_id="p")
        store.edit(records.set_base_url, url="https://o.example/", org_id="o")
        before = store.everything()[:3]
        refused = store.refuse(records.delete_organization, org_id="o", with_integrations=False)
        assert "3 integrations" in refused
        assert store.edit(records.delete_organization, org_id="o", with_integrations=True) == 3
        assert store.change.count == 3
        assert store.change.deleted
        assert [store.row(pk) for pk in pks] == [None] * 3
        assert store.row(other) is not None
        store.reopen()
        undone = store.undo()
        assert undone is not None
        assert (undone.added, undone.deleted, undone.organizations) == (True, False, True)
        assert store.everything()[:3] == before
        store.redo()
        assert self.organizations(store) == [("p", "p", None)]

    def test_a_renaming_to_the_same_name_is_no_edit(self, store: Store) -> None:
        store.edit(records.add_organization, org_id="o", name="O")
        store.edit(records.rename_organization, org_id="o", name="O")
        assert store.change.edit_id is None

    def test_base_urls(self, store: Store) -> None:
        def setting() -> list[tuple[Any, ...]]:
            return store.rows("SELECT key, value FROM setting")

        store.edit(records.add_organization, org_id="o", name="O")
        store.edit(records.set_base_url, url="https://a.example/", org_id="o")
        assert self.organizations(store) == [("o", "O", "https://a.example/")]
        store.edit(records.set_base_url, url="", org_id="o")
        assert self.organizations(store) == [("o", "O", None)]
        store.edit(records.set_base_url, url="https://b.example/")
        assert (store.change.settings, store.change.organizations, store.change.count) == (
            True,
            False,
            1,
        )
        store.edit(records.set_base_url, url="https://c.example/")
        assert setting() == [("base_url", "https://c.example/")]
        store.edit(records.set_base_url, url="")
        assert setting() == []
        store.undo()
        store.undo()
        assert setting() == [("base_url", "https://b.example/")]


def test_many_are_given_the_same_value_as_one_edit(store: Store) -> None:
    pks = [store.add(name=f"n{number}", type="t") for number in range(1_200)]
    changed = store.edit(records.update_integrations, pks=pks[1:], values={"icon_url": "a.svg"})
    assert changed == store.change.count == 1_199
    urls = store.rows("SELECT DISTINCT icon_url FROM integration WHERE pk != ?", pks[0])
    assert urls == [("a.svg",)]
    assert store.rows("SELECT icon_url FROM integration WHERE pk = ?", pks[0]) == [(None,)]
    store.undo()
    assert store.rows("SELECT count(*) FROM integration WHERE icon_url IS NOT NULL") == [(0,)]


def test_many_are_refused_what_one_is(store: Store) -> None:
    pk = store.add(name="n", type="t")
    refuse = store.refuse
    assert "id is another one" in refuse(records.update_integrations, pks=[pk], values={"id": "x"})
    nul = {"icon_url": "a\0b"}
    assert "NUL" in refuse(records.update_integrations, pks=[pk], values=nul)
    gone = {"icon_url": "a.svg"}
    assert "deleted meanwhile" in refuse(records.update_integrations, pks=[pk + 1], values=gone)


OF_MANY = [
    lambda edit, pks: records.update_integrations(edit, pks=pks, values={"icon_url": "b.svg"}),
    lambda edit, pks: records.duplicate_integrations(edit, pks=pks),
    lambda edit, pks: records.delete_integrations(edit, pks=pks),
    lambda edit, _: records.delete_organization(edit, org_id="o", with_integrations=True),
]
OF_MANY_NAMES = ["update", "duplicate", "delete", "delete organization"]


def fill(store: Store, count: int) -> list[int]:
    """Add integrations of the organization "o"; returns their pks."""
    store.edit(records.add_organization, org_id="o", name="O")

    def body(edit: EditSession) -> None:
        rows = ((f"id{number}", f"n{number}") for number in range(count))
        insert = "INSERT INTO integration(id, name, org_id) VALUES(?, ?, 'o')"
        edit.connection.executemany(insert, rows)

    store.catalog.edit("Fill", body).result()
    return [pk for (pk,) in store.rows("SELECT pk FROM integration ORDER BY pk")]


@pytest.mark.parametrize("body", OF_MANY, ids=OF_MANY_NAMES)
def test_an_edit_of_many_tells_how_far_it_is(
    store: Store, body: Callable[[EditSession, list[int]], object]
) -> None:
    pks = fill(store, 5_000)
    told: list[tuple[object, int, int]] = []
    store.catalog.progressed.append(lambda *what: told.append(what))
    future = store.catalog.edit("Many", lambda edit: body(edit, pks) and None)
    future.result()
    assert {what[0] for what in told} == {future}
    percents = [100 * done / total for _, done, total in told]
    assert percents == sorted(percents)
    assert percents[0] < 20
    assert sum(percent < 90 for percent in percents) >= 9  # while rows are written
    assert 90 < percents[-1] <= 100  # while they are put into the history


@pytest.mark.parametrize("percent", [30, 91])
@pytest.mark.parametrize("body", OF_MANY, ids=OF_MANY_NAMES)
def test_an_edit_of_many_that_is_cancelled_leaves_nothing(
    store: Store, body: Callable[[EditSession, list[int]], object], percent: int
) -> None:
    pks = fill(store, 5_000)
    before = store.everything()
    catalog = store.catalog
    catalog.progressed.append(
        lambda future, done, total: (
            catalog.cancel(future) if 100 * done >= percent * total else None
        )
    )
    with pytest.raises(Cancelled):
        catalog.edit("Many", lambda edit: body(edit, pks) and None).result()
    assert store.everything() == before
    catalog.progressed.clear()
    store.edit(records.delete_integrations, pks=pks)
    assert store.rows("SELECT count(*) FROM integration") == [(0,)]


def test_a_timestamp_means_now() -> None:
    text = records.timestamp()
    assert text.endswith("Z")
    assert instant(text) is not None
