"""Suggestions: found by what is shown, and set only when they are others."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QModelIndex, QRect
from PySide6.QtTest import QSignalSpy
from PySide6.QtWidgets import QLineEdit, QStyleOptionViewItem, QWidget
from pytestqt.qtbot import QtBot

from db.catalog import Catalog
from db.organizations import Organization
from gui.columns import PLACE
from gui.record_form import RecordForm
from gui.suggestions import SuggestionCompleter, Suggestions
from gui.table_editors import CellDelegate
from gui.table_model import IntegrationTableModel


def test_a_text_is_found_by_what_is_shown_and_put_in_alone(qtbot: QtBot) -> None:
    box = QLineEdit()
    qtbot.addWidget(box)
    suggestions = Suggestions(box)
    completer = SuggestionCompleter(suggestions, box)
    suggestions.show(["o-1", "o-2"], ["Globex (o-1)", "Acme (o-2)"])
    completer.setCompletionPrefix("ACME")
    assert completer.completionCount() == 1
    assert completer.currentCompletion() == "o-2"
    suggestions.show(["o-3"], ["Acme Labs (o-3)"])
    completer.setCompletionPrefix("acme")
    assert completer.currentCompletion() == "o-3"


def known(count: int) -> list[Organization]:
    return [Organization(f"o-{number}", f"Organization {number}", "", 1) for number in range(count)]


def test_the_form_keeps_suggestions_that_are_the_same(qtbot: QtBot) -> None:
    form = RecordForm()
    qtbot.addWidget(form)
    form.set_known(["s3"], [("o-1", "Acme")])
    box = form.editors["org_id"].input
    assert isinstance(box, QLineEdit)
    spy = QSignalSpy(box.completer().model().modelReset)
    form.set_known(["s3"], [("o-1", "Acme")])
    assert spy.count() == 0
    form.set_known(["s3"], [("o-1", "Acme Labs")])
    assert spy.count() > 0


def test_an_open_cell_editor_keeps_suggestions_that_are_the_same(
    qtbot: QtBot, tmp_path: Path
) -> None:
    catalog = Catalog.create(tmp_path / "catalog.icons")
    model = IntegrationTableModel(catalog)
    parent = QWidget()
    qtbot.addWidget(parent)
    delegate = CellDelegate(model, parent)
    delegate.set_known(["s3"], known(10_000))
    option = QStyleOptionViewItem()
    option.rect = QRect(0, 0, 100, 20)
    index = model.createIndex(0, PLACE["organization"])
    editor = delegate.createEditor(parent, option, index)
    assert isinstance(editor, QLineEdit)
    assert editor.completer().model().rowCount(QModelIndex()) == 10_000
    spy = QSignalSpy(editor.completer().model().modelReset)
    recounted = [Organization(item.id, item.name, "", item.count + 1) for item in known(10_000)]
    delegate.set_known(["s3"], recounted)
    assert spy.count() == 0
    delegate.set_known(["s3"], known(9_999))
    assert editor.completer().model().rowCount(QModelIndex()) == 9_999
    model.close()
    catalog.close()
