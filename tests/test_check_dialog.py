"""File > Check Catalogue: a clear result, and an end at any time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from db.catalog import Catalog
from gui.check_dialog import CheckDialog
from tests.test_catalog import FILL, adding, raw

LONG = 30_000


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    with closing(Catalog.create(tmp_path / "a.icons")) as catalog:
        catalog.edit("Add", adding("a", org_id="o")).result()
        yield catalog


def checked(qtbot: QtBot, catalog: Catalog) -> CheckDialog:
    dialog = CheckDialog(catalog)
    qtbot.addWidget(dialog)
    dialog.show()
    qtbot.waitUntil(dialog.again_button.isEnabled, timeout=LONG)
    return dialog


def test_a_sound_one_is_told_with_what_was_looked_at(qtbot: QtBot, catalog: Catalog) -> None:
    dialog = checked(qtbot, catalog)
    assert dialog.message.text().startswith("The catalogue is sound: 1 integrations in 1")
    assert not dialog.problems.isVisible()


def test_problems_are_listed_and_checked_again(qtbot: QtBot, catalog: Catalog) -> None:
    with closing(raw(catalog.path)) as connection:
        connection.execute("UPDATE edit_data SET data = x'00'")
    dialog = checked(qtbot, catalog)
    assert dialog.message.text().startswith("The catalogue is not sound.")
    assert "record of the edit “Add”" in dialog.problems.toPlainText()
    dialog.again_button.click()
    qtbot.waitUntil(dialog.problems.isVisible, timeout=LONG)


def test_escape_ends_it(qtbot: QtBot, catalog: Catalog) -> None:
    catalog.edit("Fill", lambda e: e.connection.execute(FILL).close()).result()
    dialog = CheckDialog(catalog)
    qtbot.addWidget(dialog)
    dialog.show()
    with qtbot.waitSignal(dialog.finished, timeout=LONG):
        qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert catalog.edit("Add", adding("b")).result().count == 1
