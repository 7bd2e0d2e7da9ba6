from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox, QWidget
from pytestqt.qtbot import QtBot

from db import organizations, records
from db.catalog import Catalog, EditSession
from db.changes import Change
from db.errors import Invalid
from db.organizations import Organization, Overview
from gui.organization_actions import FieldsDialog, OrganizationActions


class Desk(QWidget):
    """A window with a catalogue whose edits are waited for."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.catalog = Catalog.create(path)
        self.labels: list[str] = []
        self.organizations = OrganizationActions(self, self.edit)

    def edit(
        self,
        label: str,
        body: Callable[[EditSession], Any],
        done: Callable[[Change], None] = lambda _: None,
    ) -> None:
        self.labels.append(label)
        done(self.catalog.edit(label, body).result())

    def overview(self) -> Overview:
        found = self.catalog.reader("overview").request(organizations.overview).result()
        self.organizations.overview = found
        return found


@pytest.fixture
def desk(qtbot: QtBot, tmp_path: Path):
    desk = Desk(tmp_path / "catalog.db")
    qtbot.addWidget(desk)
    desk.edit(
        "start",
        lambda edit: [
            records.add_integration(edit, values={"id": str(n), "org_id": "acme"}) for n in range(3)
        ],
    )
    desk.labels.clear()
    desk.overview()
    yield desk
    desk.catalog.close()


def fields_dialog(desk: Desk) -> FieldsDialog:
    dialog = desk.findChild(FieldsDialog)
    assert dialog is not None
    return dialog


def test_add_names_what_is_wrong_and_adds_what_is_right(qtbot: QtBot, desk: Desk) -> None:
    desk.organizations.add()
    dialog = fields_dialog(desk)
    assert not dialog.ok.isEnabled()  # no id yet
    dialog.edits[0].setText("acme")
    assert "already" in dialog.problem.text()
    assert not dialog.ok.isEnabled()
    dialog.edits[0].setText("globex")
    dialog.edits[1].setText("Globex & Sons")
    qtbot.keyClick(dialog.edits[1], Qt.Key.Key_Return)
    assert ("globex", "Globex & Sons") in [(o.id, o.name) for o in desk.overview().organizations]
    assert desk.labels == ["Add organization Globex & Sons"]


def test_rename_keeps_the_id(desk: Desk) -> None:
    desk.organizations.rename("acme")
    dialog = fields_dialog(desk)
    assert dialog.edits[0].text() == "acme"
    dialog.edits[0].setText("")
    assert not dialog.ok.isEnabled()
    dialog.edits[0].setText("Acme Inc.")
    dialog.ok.click()
    assert desk.overview().organizations == (Organization("acme", "Acme Inc.", "", 3),)


def test_delete_says_how_many_go_along_and_one_undo_brings_all_back(desk: Desk) -> None:
    before = desk.overview()
    desk.organizations.delete("acme")
    box = desk.findChild(QMessageBox)
    assert box is not None
    assert "Its 3 integrations" in box.informativeText()
    button = next(b for b in box.buttons() if b.text() == "Delete with 3 Integrations")
    assert box.defaultButton() is not button
    button.click()
    assert desk.overview() == Overview((), 0, 0, "")
    desk.catalog.undo().result()
    assert desk.overview() == before


@pytest.mark.parametrize(
    ("pks", "words"),
    [([1, 2, 3], "Delete Organization"), ([1, 2], "Delete with 1 Integration")],
)
def test_the_button_says_what_is_deleted(desk: Desk, pks: list[int], words: str) -> None:
    desk.edit("fewer", lambda edit: records.delete_integrations(edit, pks=pks))
    desk.organizations.overview = desk.overview()
    desk.organizations.delete("acme")
    box = desk.findChild(QMessageBox)
    assert box is not None
    assert words in [button.text() for button in box.buttons()]


@pytest.mark.parametrize("org_id", ["acme", None])
def test_base_urls_of_an_organization_and_of_the_catalogue(
    qtbot: QtBot, desk: Desk, org_id: str | None
) -> None:
    desk.organizations.base_url(org_id)
    dialog = fields_dialog(desk)
    dialog.edits[0].setText("icons/")
    assert not dialog.ok.isEnabled()
    dialog.edits[0].setText("https://icons.example/")
    with qtbot.waitSignal(desk.organizations.said) as said:
        dialog.ok.click()
    name = "the catalogue" if org_id is None else "acme"
    assert said.args == [f"The base URL of {name} is https://icons.example/ now"]
    overview = desk.overview()
    found = overview.base_url if org_id is None else overview.organizations[0].base_url
    assert found == "https://icons.example/"
    assert (overview.base_url == "") == (org_id is not None)

    desk.organizations.base_url(org_id)
    dialog = next(d for d in desk.findChildren(FieldsDialog) if d.isVisible())
    dialog.edits[0].clear()
    with qtbot.waitSignal(desk.organizations.said) as said:
        dialog.ok.click()
    assert said.args == [f"There is no base URL of {name} any more"]


def test_a_deletion_is_told_when_it_is_done(qtbot: QtBot, desk: Desk) -> None:
    desk.organizations.delete("acme")
    box = desk.findChild(QMessageBox)
    assert box is not None
    with qtbot.waitSignal(desk.organizations.said) as said:
        next(b for b in box.buttons() if b.text() == "Delete with 3 Integrations").click()
    assert said.args == ["Done: Delete organization acme. Ctrl+Z brings it back."]
    assert "acme" not in [one.id for one in desk.overview().organizations]


def test_delete_takes_no_more_than_was_said(desk: Desk) -> None:
    desk.organizations.delete("acme")
    box = desk.findChild(QMessageBox)
    assert box is not None
    desk.edit("more", lambda e: records.add_integration(e, values={"id": "x", "org_id": "acme"}))
    before = desk.overview()
    errors: list[str] = []

    def refuse(label: str, body: Callable[[EditSession], Any], done: object) -> None:
        with pytest.raises(Invalid) as raised:
            desk.catalog.edit(label, body).result()
        errors.append(str(raised.value))

    desk.organizations._edit = refuse
    next(b for b in box.buttons() if b.text() == "Delete with 3 Integrations").click()
    assert "has 4 integrations now, not 3" in errors[0]
    assert desk.overview() == before
