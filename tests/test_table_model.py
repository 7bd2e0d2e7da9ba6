from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import apsw
import pytest
from PySide6.QtCore import QModelIndex, Qt
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from db import records
from db.catalog import Catalog, EditSession
from db.changes import Change
from db.fields import NULL, Value
from db.order import SHORT, OrderSpec, SortKey
from db.pages import PAGE
from gui.columns import COLUMNS, PLACE
from gui.table_model import IntegrationTableModel

Role = Qt.ItemDataRole


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    opened = Catalog.create(tmp_path / "catalog.icons")
    yield opened
    opened.close()


@pytest.fixture
def model(qtbot: QtBot, catalog: Catalog) -> Iterator[IntegrationTableModel]:
    made = IntegrationTableModel(catalog)
    yield made
    made.close()


def write(catalog: Catalog, body: Callable[[EditSession], object]) -> Change:
    def run(session: EditSession) -> None:
        body(session)

    return catalog.edit("test", run).result(10)


def add(catalog: Catalog, *rows: dict[str, Value]) -> Change:
    def body(session: EditSession) -> None:
        for number, values in enumerate(rows):
            records.add_integration(session, values={"id": f"id-{number}", **values})

    return write(catalog, body)


def show(qtbot: QtBot, model: IntegrationTableModel, spec: OrderSpec | None = None) -> int:
    with qtbot.waitSignal(model.loaded) as loaded:
        model.set_spec(spec or OrderSpec())
    return int(loaded.args[0])


def cell(
    model: IntegrationTableModel, position: int, name: str, role: Role = Role.DisplayRole
) -> object:
    return model.index(position, PLACE[name]).data(role)


def names(model: IntegrationTableModel) -> list[object]:
    return [cell(model, position, "name") for position in range(model.rowCount())]


def test_it_keeps_the_rules_of_a_model(
    qtbot: QtBot, qtmodeltester: ModelTester, catalog: Catalog, model: IntegrationTableModel
) -> None:
    qtmodeltester.check(model, force_py=True)
    add(catalog, *({"name": f"n{number}"} for number in range(PAGE + 5)))
    assert show(qtbot, model) == PAGE + 5
    change = write(catalog, lambda edit: records.delete_integrations(edit, pks=[3, 4]))
    with qtbot.waitSignal(model.loaded):
        model.refresh(change)
    assert model.rowCount() == PAGE + 3


def test_rows_come_in_the_order_asked_for(
    qtbot: QtBot, catalog: Catalog, model: IntegrationTableModel
) -> None:
    add(catalog, {"name": "b"}, {"name": "a"}, {"name": "c", "type": "b"})
    show(qtbot, model)
    assert names(model) == ["a", "b", "c"]
    show(qtbot, model, OrderSpec(sort=(SortKey("name", descending=True),)))
    assert names(model) == ["c", "b", "a"]
    assert show(qtbot, model, OrderSpec("b")) == 2


def test_asking_for_what_is_shown_asks_nothing(
    qtbot: QtBot, catalog: Catalog, model: IntegrationTableModel
) -> None:
    show(qtbot, model)
    with qtbot.assertNotEmitted(model.loading):
        model.set_spec(OrderSpec())


def test_the_newest_question_wins(
    qtbot: QtBot, catalog: Catalog, model: IntegrationTableModel
) -> None:
    add(catalog, {"name": "alpha"}, {"name": "beta"})
    with qtbot.waitSignal(model.loaded):
        for words in ("a", "al", "alp", "beta"):
            model.set_spec(OrderSpec(words))
    assert names(model) == ["beta"]
    assert not model.is_loading


def test_what_is_not_there_has_words(
    qtbot: QtBot, catalog: Catalog, model: IntegrationTableModel
) -> None:
    add(catalog, {"name": None, "updated_by": None, "client_id": NULL, "icon_url": ""})
    show(qtbot, model)
    assert cell(model, 0, "name") == "missing"
    assert cell(model, 0, "updated_by") == "—"
    assert cell(model, 0, "client_id") == "null"
    assert cell(model, 0, "icon_url") == "empty"
    assert cell(model, 0, "updated_by", Role.AccessibleTextRole) == "Updated by: absent"
    assert cell(model, 0, "name", Role.EditRole) == ""


def test_every_column_answers_every_role(
    qtbot: QtBot, catalog: Catalog, model: IntegrationTableModel
) -> None:
    add(catalog, {"name": "<b>x</b>\ny", "updated_at": 1_700_000_000, "org_id": "acme"})
    show(qtbot, model)
    assert cell(model, 0, "name") == "<b>x</b> y"
    assert "&lt;b&gt;" in str(cell(model, 0, "name", Role.ToolTipRole))
    assert cell(model, 0, "updated_at") == "1700000000"
    assert "2023" in str(cell(model, 0, "updated_at", Role.ToolTipRole))
    assert cell(model, 0, "organization") == "acme"
    assert cell(model, 0, "name", Role.DecorationRole) is None
    titles = [model.headerData(place, Qt.Orientation.Horizontal) for place in range(len(COLUMNS))]
    assert titles[:3] == ["Icon", "Name", "Type"]
    assert model.data(QModelIndex()) is None


def test_a_long_text_is_cut_on_screen_and_whole_in_the_editor(
    qtbot: QtBot, catalog: Catalog, model: IntegrationTableModel
) -> None:
    add(catalog, {"name": "x" * 300_000})
    show(qtbot, model)
    assert cell(model, 0, "name") == "x" * SHORT + "…"
    assert cell(model, 0, "name", Role.EditRole) == "x" * 300_000


def test_an_edit_is_asked_for_and_shown_at_once(
    qtbot: QtBot, catalog: Catalog, model: IntegrationTableModel
) -> None:
    add(catalog, {"name": "a"}, {"name": "b"})
    show(qtbot, model)
    index = model.index(0, PLACE["name"])
    with qtbot.waitSignal(model.edit_requested) as asked:
        assert model.setData(index, "z")
    assert asked.args == [1, "name", "z"]
    assert names(model) == ["z", "b"]
    model.end_edit(1, "name")
    assert names(model) == ["a", "b"]


def test_a_refused_edit_that_emptied_a_field_shows_what_is_stored(
    qtbot: QtBot, catalog: Catalog, model: IntegrationTableModel
) -> None:
    add(catalog, {"name": "a", "updated_by": "admin"})
    show(qtbot, model)
    assert model.setData(model.index(0, PLACE["updated_by"]), "")
    assert cell(model, 0, "updated_by") == "—"
    with qtbot.waitSignal(model.dataChanged):
        model.end_edit(1, "updated_by")
    assert cell(model, 0, "updated_by") == "admin"


@pytest.mark.parametrize(
    ("stored", "typed", "wanted"),
    [
        (NULL, "", None),
        ("", "", None),
        ("x", "x", None),
        (7, "7", None),
        ("7", "7", None),
    ],
)
def test_the_same_text_is_no_edit(
    qtbot: QtBot,
    catalog: Catalog,
    model: IntegrationTableModel,
    stored: Value,
    typed: str,
    wanted: None,
) -> None:
    add(catalog, {"updated_at": stored})
    show(qtbot, model)
    with qtbot.assertNotEmitted(model.edit_requested):
        assert not model.setData(model.index(0, PLACE["updated_at"]), typed)


@pytest.mark.parametrize(
    ("stored", "typed", "wanted"),
    [
        (7, "8", 8),
        (7, "8.5", 8.5),
        ("7", "8", "8"),
        (7, "9" * 5_000, "9" * 5_000),
        (7, "soon", "soon"),
    ],
)
def test_a_number_stays_a_number(
    qtbot: QtBot,
    catalog: Catalog,
    model: IntegrationTableModel,
    stored: Value,
    typed: str,
    wanted: Value,
) -> None:
    add(catalog, {"updated_at": stored})
    show(qtbot, model)
    with qtbot.waitSignal(model.edit_requested) as asked:
        model.setData(model.index(0, PLACE["updated_at"]), typed)
    assert asked.args[2] == wanted
    assert type(asked.args[2]) is type(wanted)


def test_an_optional_field_can_be_emptied_and_a_required_one_not(
    qtbot: QtBot, catalog: Catalog, model: IntegrationTableModel
) -> None:
    add(catalog, {"name": "x", "client_id": "x"})
    show(qtbot, model)
    with qtbot.waitSignal(model.edit_requested) as asked:
        assert model.setData(model.index(0, PLACE["client_id"]), "")
    assert asked.args[1:] == ["client_id", None]
    with qtbot.waitSignal(model.said) as said, qtbot.assertNotEmitted(model.edit_requested):
        assert not model.setData(model.index(0, PLACE["name"]), "")
    assert said.args == ["Name is empty; every integration needs one. It stays as it was."]
    assert model.index(0, PLACE["name"]).data() == "x"


def test_an_edited_row_changes_where_it_stands(
    qtbot: QtBot, catalog: Catalog, model: IntegrationTableModel
) -> None:
    add(catalog, {"name": "a"}, {"name": "b"}, {"name": "c"}, {"name": "d"})
    show(qtbot, model)
    assert names(model) == ["a", "b", "c", "d"]

    def rename(edit: EditSession) -> None:
        for pk in (1, 2, 4):
            records.update_integration(edit, pk=pk, values={"name": f"z{pk}"})

    change = write(catalog, rename)
    told: list[tuple[int, int]] = []
    model.dataChanged.connect(lambda first, last: told.append((first.row(), last.row())))
    with qtbot.assertNotEmitted(model.modelReset):
        model.refresh(change)
    assert told == [(0, 1), (3, 3)]
    assert names(model) == ["z1", "z2", "c", "z4"]


def test_a_renamed_organization_shows(
    qtbot: QtBot, catalog: Catalog, model: IntegrationTableModel
) -> None:
    add(catalog, {"name": "a", "org_id": "acme"})
    show(qtbot, model)
    assert cell(model, 0, "organization") == "acme"
    change = write(
        catalog, lambda edit: records.rename_organization(edit, org_id="acme", name="Acme Inc")
    )
    model.refresh(change)
    assert cell(model, 0, "organization") == "Acme Inc"


def test_wanted_rows_are_found_in_a_new_order(
    qtbot: QtBot, catalog: Catalog, model: IntegrationTableModel
) -> None:
    add(catalog, {"name": "b"}, {"name": "c"})
    show(qtbot, model)
    model.wanted_pks = lambda: [2]
    change = write(catalog, lambda edit: records.add_integration(edit, values={"name": "a"}))
    with qtbot.waitSignal(model.loaded):
        model.refresh(change)
    assert names(model) == ["a", "b", "c"]
    assert model.positions == {2: 2}
    assert model.position_of(2) == 2


def test_rows_are_held_while_an_editor_is_open(
    qtbot: QtBot, catalog: Catalog, model: IntegrationTableModel
) -> None:
    add(catalog, {"name": "a"})
    show(qtbot, model)
    model.hold(model.index(0, PLACE["name"]))
    change = write(catalog, lambda edit: records.add_integration(edit, values={"name": "b"}))
    with qtbot.assertNotEmitted(model.modelAboutToBeReset):
        model.refresh(change)
        qtbot.waitUntil(lambda: not model.is_loading)
    assert model.rowCount() == 1
    model.release()
    assert names(model) == ["a", "b"]


def test_a_locked_file_shows_blanks_and_then_the_rows(qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "catalog.icons"
    created = Catalog.create(path)
    add(created, *({"name": f"n{number:03}"} for number in range(PAGE + 1)))
    created.close()
    other = apsw.Connection(str(path))
    other.pragma("journal_mode", "DELETE")  # with a log, readers never wait
    path.chmod(0o444)
    opened = Catalog.open(path)
    model = IntegrationTableModel(opened)
    show(qtbot, model)
    other.execute("BEGIN EXCLUSIVE")
    assert cell(model, PAGE, "name") is None
    other.execute("COMMIT")
    other.close()
    qtbot.waitSignal(model.dataChanged).wait()
    assert cell(model, PAGE, "name") == f"n{PAGE:03}"
    model.close()
    opened.close()


def test_a_deleted_row_is_blank_until_the_next_order(
    qtbot: QtBot, catalog: Catalog, model: IntegrationTableModel
) -> None:
    add(catalog, {"name": "a"}, {"name": "b"})
    show(qtbot, model)
    change = write(catalog, lambda edit: records.delete_integrations(edit, pks=[1]))
    with qtbot.waitSignal(model.loaded):
        model.refresh(change)
        assert names(model) == [None, "b"]
    assert names(model) == ["b"]


def test_hidden_columns_are_not_read(
    qtbot: QtBot, catalog: Catalog, model: IntegrationTableModel
) -> None:
    add(catalog, {"name": "a", "metadata": '{"a":1}'})
    model.show_columns(["name"])
    show(qtbot, model)
    assert cell(model, 0, "metadata") == "—"
    model.show_columns(["name", "metadata"])
    assert cell(model, 0, "metadata") == '{"a":1}'


def test_a_read_only_catalogue_is_not_edited(qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "catalog.icons"
    created = Catalog.create(path)
    add(created, {"name": "a"})
    created.close()
    path.chmod(0o444)
    opened = Catalog.open(path)
    model = IntegrationTableModel(opened)
    show(qtbot, model)
    index = model.index(0, PLACE["name"])
    assert not index.flags() & Qt.ItemFlag.ItemIsEditable
    assert not model.setData(index, "b")
    model.close()
    opened.close()


def test_closing_empties_it(qtbot: QtBot, catalog: Catalog) -> None:
    add(catalog, {"name": "a"})
    model = IntegrationTableModel(catalog)
    show(qtbot, model)
    model.close()
    assert model.rowCount() == 0
    assert model.index(0, 0).data() is None
