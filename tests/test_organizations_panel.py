from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from db.organizations import Organization, Overview
from db.search import NO_ORGANIZATION
from gui.organizations_panel import OrganizationsPanel
from gui.text import number


def overview(count: int = 3, without: int = 0) -> Overview:
    found = tuple(Organization(f"org-{n}", f"Group {n}", "", n * 1000) for n in range(count))
    total = sum(item.count for item in found) + without
    return Overview(found, total, without, "")


@pytest.fixture
def panel(qtbot: QtBot) -> OrganizationsPanel:
    panel = OrganizationsPanel()
    qtbot.addWidget(panel)
    panel.resize(230, 400)
    panel.show_overview(overview(without=5))
    panel.show()
    return panel


def rows(panel: OrganizationsPanel) -> list[tuple[str, str]]:
    model = panel.model
    return [
        (model.index(row, 0).data(), model.index(row, 1).data()) for row in range(model.rowCount())
    ]


def test_all_then_each_with_its_count(panel: OrganizationsPanel) -> None:
    assert rows(panel) == [
        ("All organizations", number(3005)),
        ("Group 0", "0"),
        ("Group 1", number(1000)),
        ("Group 2", number(2000)),
        ("Without organization", "5"),
    ]


def test_choosing_with_the_keyboard_tells_which(qtbot: QtBot, panel: OrganizationsPanel) -> None:
    with qtbot.waitSignal(panel.chosen) as signal:
        qtbot.keyClick(panel.list, Qt.Key.Key_Down)
    assert signal.args == ["org-0"]
    with qtbot.waitSignal(panel.chosen) as signal:
        qtbot.keyClick(panel.list, Qt.Key.Key_End)
    assert signal.args == [NO_ORGANIZATION]
    with qtbot.waitSignal(panel.chosen) as signal:
        qtbot.keyClick(panel.list, Qt.Key.Key_Home)
    assert signal.args == [None]


def test_filter_finds_one_of_ten_thousand_and_enter_takes_it(
    qtbot: QtBot, panel: OrganizationsPanel
) -> None:
    panel.show_overview(overview(10_000))
    assert panel.model.rowCount() == 10_001
    qtbot.keyClicks(panel.filter, "GROUP 7777")
    qtbot.waitUntil(lambda: panel.model.rowCount() == 2)
    with qtbot.waitSignal(panel.chosen) as signal:
        qtbot.keyClick(panel.filter, Qt.Key.Key_Return)
    assert signal.args == ["org-7777"]
    qtbot.keyClick(panel.filter, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: panel.model.rowCount() == 10_001)
    assert panel.list.currentIndex().row() == 7778  # the choice stays where the list is whole again


@pytest.mark.parametrize("chosen", ["org-1", NO_ORGANIZATION])
def test_the_chosen_one_stays_in_sight_whatever_the_filter(
    qtbot: QtBot, panel: OrganizationsPanel, chosen: str
) -> None:
    panel.choose(chosen)
    name = panel.list.currentIndex().data()
    qtbot.keyClicks(panel.filter, "group 2")
    names = ["All organizations", name, "Group 2"]
    qtbot.waitUntil(lambda: [row[0] for row in rows(panel)] == names)
    assert panel.list.currentIndex().data() == name
    assert panel.list.selectionModel().isRowSelected(1)
    with qtbot.waitSignal(panel.chosen) as signal:
        qtbot.keyClick(panel.filter, Qt.Key.Key_Return)
    assert signal.args == ["org-2"]
    panel.filter.setText("nothing such")
    qtbot.waitUntil(lambda: [row[0] for row in rows(panel)] == ["All organizations", "Group 2"])
    with qtbot.assertNotEmitted(panel.chosen):
        qtbot.keyClick(panel.filter, Qt.Key.Key_Return)


def test_new_counts_keep_the_choice_unless_it_is_gone(
    qtbot: QtBot, panel: OrganizationsPanel
) -> None:
    panel.choose("org-2")
    with qtbot.assertNotEmitted(panel.chosen):
        panel.show_overview(overview(5))
    assert panel.org_id == "org-2"
    with qtbot.waitSignal(panel.chosen) as signal:
        panel.show_overview(overview(1))
    assert signal.args == [None]
    assert panel.list.currentIndex().row() == 0


def test_only_an_organization_can_be_renamed_or_deleted(
    qtbot: QtBot, panel: OrganizationsPanel
) -> None:
    assert not panel.rename_action.isEnabled()
    assert not panel.delete_action.isEnabled()
    panel.choose("org-1")
    with qtbot.waitSignal(panel.rename_requested) as signal:
        qtbot.keyClick(panel.list, Qt.Key.Key_F2)
    assert signal.args == ["org-1"]
    with qtbot.waitSignal(panel.delete_requested) as signal:
        qtbot.keyClick(panel.list, Qt.Key.Key_Delete)
    assert signal.args == ["org-1"]


def test_names_are_plain_text(panel: OrganizationsPanel) -> None:
    panel.show_overview(Overview((Organization("x", "<b>Bold</b>", "", 1),), 1, 0, ""))
    index = panel.model.index(1, 0)
    assert index.data() == "<b>Bold</b>"
    assert "&lt;b&gt;" in index.data(Qt.ItemDataRole.ToolTipRole)


def test_the_model_keeps_the_rules_of_models(panel: OrganizationsPanel) -> None:
    tester = QAbstractItemModelTester(
        panel.model, QAbstractItemModelTester.FailureReportingMode.Fatal
    )
    panel.model.set_filter("group 1")
    assert panel.model.rowCount() == 2
    panel.show_overview(overview(50))
    assert tester.model() is panel.model


def test_a_read_only_catalogue_offers_no_edits(panel: OrganizationsPanel) -> None:
    panel.set_read_only(True)
    panel.choose("org-1")
    actions = (panel.add_action, panel.rename_action, panel.base_url_action, panel.delete_action)
    assert not any(action.isEnabled() for action in actions)
