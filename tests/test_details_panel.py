"""The details panel: which record it shows, and what becomes of what was typed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QSignalSpy
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from db.errors import Invalid
from db.fields import Value
from db.organizations import Organization
from gui.details_panel import TYPING_MS, DetailsPanel
from gui.icon_facts import IconState
from gui.icon_loader import IconLoader

ALT = Qt.KeyboardModifier.AltModifier


def record(pk: int, **values: Value) -> dict[str, Value]:
    return {
        "pk": pk,
        "id": f"acme/{pk}",
        "name": f"Integration {pk}",
        "type": "s3",
        "org_id": "acme",
        "icon_url": None,
        "creator": "admin@acme.example",
        "created_at": "2026-03-04",
        "updated_at": "2026-03-04",
        "updated_by": None,
        "client_id": None,
        "metadata": None,
        **values,
    }


@pytest.fixture
def loader(tmp_path: Path, qapp: QApplication) -> Iterator[IconLoader]:
    loader = IconLoader(tmp_path / "icons.sqlite", [])
    yield loader
    loader.stop()


@pytest.fixture
def panel(loader: IconLoader, qtbot: QtBot) -> DetailsPanel:
    panel = DetailsPanel(loader)
    qtbot.addWidget(panel)
    panel.resize(380, 800)
    panel.show()
    qtbot.waitExposed(panel)
    panel.show_record(record(2), 2, 3)
    return panel


def type_into(panel: DetailsPanel, name: str, text: str) -> None:
    box = panel.form.editors[name].input
    box.setFocus()
    box.selectAll()
    box.insert(text)  # type: ignore[union-attr]


def test_nothing_chosen_says_so(panel: DetailsPanel) -> None:
    panel.show_record(None)
    assert panel.pk is None
    assert panel.empty.isVisible()
    assert "Choose an integration" in panel.empty.sentence
    panel.show_record(record(1), 1, 3)
    assert not panel.empty.isVisible()


def test_the_header_tells_name_and_place(panel: DetailsPanel) -> None:
    assert panel.heading == "Integration 2"
    assert panel.position == "2 of 3"
    type_into(panel, "name", "<b>S3</b>")
    assert panel.heading == "<b>S3</b>"


@pytest.mark.parametrize(
    ("position", "before", "after"), [(1, False, True), (2, True, True), (3, True, False)]
)
def test_the_first_and_the_last_have_one_neighbour(
    panel: DetailsPanel, position: int, before: bool, after: bool
) -> None:
    panel.show_record(record(9), position, 3)
    assert panel.previous_button.isEnabled() == before
    assert panel.next_button.isEnabled() == after


@pytest.mark.parametrize("name", ["name", "type", "icon_url", "metadata"])
def test_the_keyboard_moves_and_the_focus_stays_in_the_field(
    panel: DetailsPanel, qtbot: QtBot, name: str
) -> None:
    panel.set_known(["s3"], [Organization("acme", "Acme", "", 3)])
    box = panel.form.editors[name].input
    box.setFocus()
    with qtbot.waitSignal(panel.next_requested):
        qtbot.keyClick(box, Qt.Key.Key_Down, ALT)
    panel.show_record(record(3), 3, 3)
    assert box.hasFocus()
    with qtbot.waitSignal(panel.previous_requested):
        qtbot.keyClick(box, Qt.Key.Key_Up, ALT)
    panel.show_record(record(2), 2, 3)
    assert box.hasFocus()


def test_applying_names_the_record(panel: DetailsPanel, qtbot: QtBot) -> None:
    type_into(panel, "name", "S3")
    with qtbot.waitSignal(panel.apply_requested) as signal:
        panel.form.apply_button.click()
    assert signal.args == [2, {"name": "S3"}]


def test_typed_text_is_applied_when_another_record_is_shown(panel: DetailsPanel) -> None:
    spy = QSignalSpy(panel.apply_requested)
    type_into(panel, "name", "S3")
    assert panel.show_record(record(3), 3, 3)
    assert [spy.at(i) for i in range(spy.count())] == [[2, {"name": "S3"}]]
    assert panel.pk == 3
    assert not panel.form.is_dirty


def test_the_move_is_refused_while_something_is_wrong(panel: DetailsPanel, qtbot: QtBot) -> None:
    asked = QSignalSpy(panel.apply_requested)
    moved = QSignalSpy(panel.next_requested)
    type_into(panel, "name", "")
    qtbot.keyClick(panel.form.editors["name"].input, Qt.Key.Key_Down, ALT)
    assert moved.count() == 0
    with qtbot.waitSignal(panel.stayed) as signal:
        assert not panel.show_record(record(3), 3, 3)
    assert signal.args == [2]
    assert asked.count() == 0
    assert panel.pk == 2
    assert panel.form.is_dirty
    assert "Name" in panel.form.notice


def test_what_was_asked_for_is_not_asked_for_again(panel: DetailsPanel) -> None:
    spy = QSignalSpy(panel.apply_requested)
    type_into(panel, "name", "S3")
    panel.form.apply()
    assert panel.leave()
    assert spy.count() == 1
    type_into(panel, "name", "S4")
    assert panel.leave()
    assert spy.count() == 2


def test_the_stored_record_ends_the_edit(panel: DetailsPanel) -> None:
    type_into(panel, "name", "S3")
    panel.form.apply()
    panel.show_record(record(2, name="S3"), 2, 3)
    assert not panel.form.is_dirty
    assert panel.form.editors["name"].input.hasFocus()


def test_a_refused_edit_says_why_and_keeps_the_text(panel: DetailsPanel) -> None:
    spy = QSignalSpy(panel.apply_requested)
    type_into(panel, "id", "acme/1")
    panel.form.apply()
    panel.refuse(Invalid("id “{id}” is taken by another integration.", id="acme/1"))
    assert "acme/1" in panel.form.notice
    assert panel.form.changes() == {"id": "acme/1"}
    panel.form.apply()
    assert spy.count() == 2


def test_text_refused_after_the_move_comes_back_with_its_record(panel: DetailsPanel) -> None:
    type_into(panel, "id", "acme/1")
    panel.form.editors["updated_by"].set_empty("")
    panel.form.editors["metadata"].fill('{"a":1}')
    typed = panel.form.changes()
    panel.show_record(record(3), 3, 3)
    panel.refuse(Invalid("id “{id}” is taken by another integration.", id="acme/1"))
    assert "Integration 2" in panel.form.notice
    assert panel.form.changes() == {}
    panel.show_record(record(2), 2, 3)
    assert panel.form.changes() == typed
    panel.form.revert()
    panel.show_record(record(3), 3, 3)
    panel.show_record(record(2), 2, 3)
    assert panel.form.changes() == {}


def test_the_icon_follows_the_typing(panel: DetailsPanel, qtbot: QtBot) -> None:
    assert panel.preview.state is IconState.NONE
    type_into(panel, "icon_url", "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg'/%3E")
    qtbot.waitUntil(lambda: panel.preview.address.kind == "data")
    panel.form.revert()
    qtbot.waitUntil(lambda: panel.preview.state is IconState.NONE)


def test_the_stored_icon_stands_beside_the_typed_one(panel: DetailsPanel, qtbot: QtBot) -> None:
    stored = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg'/%3E"
    panel.show_record(record(3, icon_url=stored), 3, 3)
    assert not panel.preview.is_comparing
    type_into(panel, "icon_url", "file:///etc/passwd")
    qtbot.waitUntil(lambda: panel.preview.is_comparing)
    now, new = panel.preview.comparison.now, panel.preview.comparison.new
    assert "not from “file:”" in new.words
    assert now.accessibleName().startswith("Now")
    assert new.accessibleName().startswith("New")
    panel.form.revert()
    qtbot.waitUntil(lambda: not panel.preview.is_comparing)
    assert panel.preview.address.text == stored


def test_what_is_pasted_is_shown_at_once_and_what_is_typed_after_a_pause(
    panel: DetailsPanel, qtbot: QtBot
) -> None:
    type_into(panel, "icon_url", "mdi:home")
    qtbot.waitUntil(lambda: panel.preview.address.text == "mdi:home", timeout=TYPING_MS - 50)
    shown = QSignalSpy(panel.preview.zoom.zoom_changed)
    qtbot.keyClicks(panel.form.editors["icon_url"].input, "-account")
    assert panel.preview.address.text == "mdi:home"
    assert shown.count() == 0
    qtbot.waitUntil(lambda: panel.preview.address.text == "mdi:home-account")


def test_a_relative_icon_is_completed_by_the_base(panel: DetailsPanel) -> None:
    bases = ("http://127.0.0.1:9/icons/", None)
    panel.show_record(record(3, icon_url="a.svg"), 3, 3, bases)
    assert panel.preview.address.url == "http://127.0.0.1:9/icons/a.svg"


def test_known_values_reach_the_form(panel: DetailsPanel) -> None:
    panel.set_known(["s3", "gcs"], [Organization("acme", "Acme Works", "", 3)])
    finding = panel.form.editors["org_id"].finding
    assert finding is not None
    assert finding.sentence == "Acme Works"


def test_a_read_only_panel_edits_nothing(panel: DetailsPanel, qtbot: QtBot) -> None:
    panel.set_read_only(True)
    box = panel.form.editors["name"].input
    box.setFocus()
    qtbot.keyClicks(box, "x")
    assert panel.form.changes() == {}


def test_a_long_name_does_not_widen_the_panel(panel: DetailsPanel) -> None:
    width = panel.minimumSizeHint().width()
    panel.show_record(record(3, name="Long " * 10_000, icon_url="x" * 10_000), 3, 3)
    assert panel.minimumSizeHint().width() == width
    assert width <= 428
