"""Where Used, and what is said while a shared address is edited."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gui.replace_dialog import ReplaceDialog
from gui.usage_dialog import UsageDialog
from gui.workspace import Workspace
from tests.window_help import LONG, open_window

CDN = "https://cdn.example.com/a.svg"
ROWS = [
    {"id": f"i{n}", "name": f"n{n}", "org_id": f"o{n % 2}", "icon_url": CDN if n < 3 else "b.svg"}
    for n in range(5)
]


@pytest.fixture
def space(qtbot: QtBot, tmp_path: Path) -> Workspace:
    space = open_window(qtbot, tmp_path, ROWS)[1]
    space.table.chosen.go_to_pk(1)
    qtbot.waitUntil(lambda: space.details.pk == 1, timeout=LONG)
    return space


@pytest.fixture
def dialog(qtbot: QtBot, space: Workspace) -> UsageDialog:
    found = space.bulk_actions.usage()
    labels = found.counts.values()
    qtbot.waitUntil(lambda: all(one.text().startswith("Used") for one in labels), timeout=LONG)
    return found


def test_the_users_of_url_host_and_organization_are_counted(dialog: UsageDialog) -> None:
    assert dialog.lines["host"].text() == "cdn.example.com"
    assert [label.text() for label in dialog.counts.values()] == [
        "Used by 3 integrations in 2 organizations",
        "Used by 3 integrations in 2 organizations",
        "Used by 3 integrations",
    ]
    dialog.reject()


def test_anything_typed_is_counted(qtbot: QtBot, dialog: UsageDialog) -> None:
    dialog.lines["url"].setText("b.svg")
    qtbot.waitUntil(lambda: "2 integrations" in dialog.counts["url"].text(), timeout=LONG)
    dialog.lines["url"].setText("nothing such")
    qtbot.waitUntil(lambda: dialog.counts["url"].text() == "Not used", timeout=LONG)
    dialog.lines["url"].setText("")
    qtbot.waitUntil(lambda: "Nothing" in dialog.counts["url"].text(), timeout=LONG)
    dialog.reject()


@pytest.mark.parametrize("kind", ["url", "host"])
def test_it_leads_to_find_and_replace(qtbot: QtBot, dialog: UsageDialog, kind: str) -> None:
    dialog.buttons[kind].click()  # type: ignore[index]
    qtbot.waitUntil(
        lambda: isinstance(QApplication.activeModalWidget(), ReplaceDialog), timeout=LONG
    )
    found = QApplication.activeModalWidget()
    assert isinstance(found, ReplaceDialog)
    assert found.form.find_text.text() in (CDN, "//cdn.example.com")
    found.form.new_text.setText("x")
    qtbot.waitUntil(lambda: "Found in 3" in found.message.text(), timeout=LONG)
    found.reject()


def test_an_edit_of_a_shared_address_says_who_else_uses_it(qtbot: QtBot, space: Workspace) -> None:
    editor = space.details.form.editors["icon_url"]
    editor.fill("https://cdn.example.com/new.svg")
    qtbot.waitUntil(lambda: editor.finding is not None, timeout=LONG)
    assert editor.finding is not None
    assert "used by 3 integrations in 2 organizations" in editor.finding.sentence
    assert not editor.finding.blocks
    editor.revert()
    assert editor.finding is None
