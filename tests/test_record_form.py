"""The form: what is typed, what is checked, and that nothing is changed that nobody edited."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QMimeData, Qt
from PySide6.QtGui import QFocusEvent
from PySide6.QtTest import QSignalSpy
from PySide6.QtWidgets import QApplication, QLineEdit, QPlainTextEdit
from pytestqt.qtbot import QtBot

from db.fields import FIELDS, NULL, Value
from gui.field_editors import LINE_LIMIT
from gui.metadata_field import METADATA_LIMIT, WAIT_ABOVE
from gui.record_form import RecordForm
from gui.text import number

METADATA = '{"category":"Storage","count":1.50,"list":[1,2],"text":"a\\u00e9 b"}'
RECORD: dict[str, Value] = {
    "pk": 7,
    "id": "acme/s3",
    "name": "Amazon S3",
    "type": "s3",
    "org_id": "acme",
    "icon_url": "https://example.com/s3.svg",
    "creator": "admin@acme.example",
    "created_at": "2026-03-04T05:06:07Z",
    "updated_at": 1_767_225_600_000,
    "updated_by": None,
    "client_id": NULL,
    "metadata": METADATA,
}


@pytest.fixture
def form(qtbot: QtBot) -> Iterator[RecordForm]:
    form = RecordForm()
    qtbot.addWidget(form)
    form.resize(380, 700)
    form.show()
    qtbot.waitExposed(form)
    form.show_record(RECORD)
    return form


def type_into(form: RecordForm, name: str, text: str) -> None:
    """Replace the text of a field as a user does."""
    box = form.editors[name].input
    box.selectAll()
    if isinstance(box, QPlainTextEdit):
        box.insertPlainText(text)
    else:
        box.insert(text)


def words(form: RecordForm, name: str) -> str:
    finding = form.editors[name].finding
    return "" if finding is None else finding.sentence


def level(form: RecordForm, name: str) -> str:
    finding = form.editors[name].finding
    return "" if finding is None else finding.level


def test_what_is_said_about_the_field_with_the_cursor_is_seen(
    qtbot: QtBot, form: RecordForm
) -> None:
    form.resize(380, 260)
    form.activateWindow()
    qtbot.waitUntil(form.isActiveWindow)
    editor = form.editors["icon_url"]
    editor.input.setFocus()
    type_into(form, "icon_url", "http://example.com/a.svg")
    qtbot.waitUntil(lambda: level(form, "icon_url") == "warning")
    qtbot.waitUntil(lambda: editor.visibleRegion().boundingRect() == editor.rect())


def test_every_field_has_an_editor_with_a_name(form: RecordForm) -> None:
    assert list(form.editors) == [field.name for field in FIELDS]
    assert all(editor.input.accessibleName() for editor in form.editors.values())


def test_what_is_only_shown_is_not_a_change(form: RecordForm) -> None:
    assert not form.is_dirty
    assert form.changes() == {}
    assert {name: form.value(name) for name in form.editors} == {
        name: value for name, value in RECORD.items() if name != "pk"
    }


def test_only_edited_fields_are_applied(form: RecordForm, qtbot: QtBot) -> None:
    type_into(form, "name", "S3")
    with qtbot.waitSignal(form.applied) as signal:
        form.apply_button.click()
    assert signal.args == [{"name": "S3"}]


def test_typing_the_stored_text_again_is_no_change(form: RecordForm) -> None:
    spy = QSignalSpy(form.dirty_changed)
    type_into(form, "name", "S3")
    type_into(form, "name", "Amazon S3")
    assert not form.is_dirty
    assert [spy.at(i)[0] for i in range(spy.count())] == [True, False]


def test_absent_null_and_empty_are_told_apart(form: RecordForm) -> None:
    shown = {}
    for name, value in (("updated_by", None), ("client_id", NULL), ("icon_url", "")):
        form.show_record({**RECORD, name: value})
        shown[form.editors[name].input.placeholderText()] = form.value(name)
    assert shown == {"absent": None, "null": NULL, "empty text": ""}


@pytest.mark.parametrize("before", [None, NULL, "", "x"])
@pytest.mark.parametrize("after", [None, NULL, ""])
def test_a_field_is_made_absent_null_or_empty(
    form: RecordForm, before: Value, after: Value
) -> None:
    form.show_record({**RECORD, "client_id": before})
    form.editors["client_id"].set_empty(after)
    assert form.value("client_id") == after
    assert type(form.value("client_id")) is type(after)
    assert form.is_dirty == (type(before) is not type(after) or before != after)


def test_a_text_that_is_cleared_becomes_absent(form: RecordForm) -> None:
    type_into(form, "icon_url", "")
    assert form.changes() == {"icon_url": None}
    form.show_record({**RECORD, "client_id": ""})
    type_into(form, "client_id", "x")
    type_into(form, "client_id", "")
    assert form.changes() == {}


@pytest.mark.parametrize(
    ("stored", "typed", "value"),
    [
        (1_767_225_600_000, "1767225600001", 1_767_225_600_001),
        (1_767_225_600_000, "1767225600.5", 1_767_225_600.5),
        (1_767_225_600_000, "2026-01-01", "2026-01-01"),
        (1_767_225_600_000, "9" * 5_000, "9" * 5_000),
        ("1767225600000", "1767225600001", "1767225600001"),
        (None, "1767225600001", "1767225600001"),
    ],
)
def test_numeric_dates_stay_numbers(
    form: RecordForm, stored: Value, typed: str, value: Value
) -> None:
    form.show_record({**RECORD, "updated_at": stored})
    type_into(form, "updated_at", typed)
    assert form.changes() == {"updated_at": value}
    assert type(form.changes()["updated_at"]) is type(value)


@pytest.mark.parametrize("name", [field.name for field in FIELDS if field.required])
def test_an_emptied_required_field_names_itself_and_blocks(form: RecordForm, name: str) -> None:
    spy = QSignalSpy(form.applied)
    type_into(form, name, "")
    assert level(form, name) == "error"
    assert form.editors[name].title in words(form, name)
    assert form.has_errors
    assert not form.apply()
    assert spy.count() == 0
    assert form.notice == words(form, name)
    assert form.editors[name].input.hasFocus()


def test_a_required_field_that_was_missing_does_not_block_other_edits(
    form: RecordForm, qtbot: QtBot
) -> None:
    form.show_record({**RECORD, "creator": None})
    assert level(form, "creator") == "error"
    type_into(form, "name", "S3")
    with qtbot.waitSignal(form.applied) as signal:
        assert form.apply()
    assert signal.args == [{"name": "S3"}]


def test_a_doubtful_url_warns_and_does_not_block(form: RecordForm) -> None:
    assert words(form, "icon_url") == ""
    type_into(form, "icon_url", "http://example.com/s3.svg")
    assert level(form, "icon_url") == "warning"
    assert "https" in words(form, "icon_url")
    assert not form.has_errors
    assert form.apply()


def test_a_relative_url_is_completed_by_a_base(form: RecordForm) -> None:
    form.show_record({**RECORD, "icon_url": "s3.svg"}, (None, "https://example.com/icons/"))
    assert words(form, "icon_url") == ""
    form.show_record({**RECORD, "icon_url": "s3.svg"})
    assert level(form, "icon_url") == "warning"


def test_a_date_that_means_nothing_warns(form: RecordForm) -> None:
    type_into(form, "created_at", "yesterday")
    assert level(form, "created_at") == "warning"
    assert "yesterday" in words(form, "created_at")
    assert not form.has_errors


def test_metadata_is_laid_out_and_not_written_back(form: RecordForm) -> None:
    shown = form.editors["metadata"].text()
    assert shown.count("\n") > 5
    assert "1.50" in shown
    assert form.value("metadata") == METADATA


def test_edited_metadata_is_stored_without_the_layout(form: RecordForm) -> None:
    text = form.editors["metadata"].text().replace("Storage", "a  b \\n")
    type_into(form, "metadata", text)
    stored = form.changes()["metadata"]
    assert isinstance(stored, str)
    assert stored.startswith('{"category":"a  b \\n","count":1.50,')


def test_wrong_json_blocks_with_line_and_column_and_keeps_the_text(
    form: RecordForm, qtbot: QtBot
) -> None:
    typed = '{\n  "a": 1,\n  "b" 2\n}'
    type_into(form, "metadata", typed)
    qtbot.waitUntil(lambda: "line 3, column 7" in words(form, "metadata"))
    spy = QSignalSpy(form.applied)
    assert not form.apply()
    assert spy.count() == 0
    assert form.editors["metadata"].text() == typed
    assert form.editors["metadata"].input.extraSelections()


def test_wrong_json_blocks_even_before_it_was_checked(form: RecordForm) -> None:
    form.editors["metadata"].input.setFocus()
    type_into(form, "metadata", "{")
    assert not form.apply()


@pytest.mark.parametrize(
    ("chosen", "stored"), [(None, None), (NULL, "null"), ("", '""')], ids=["absent", "null", "text"]
)
def test_metadata_is_made_absent_null_or_an_empty_text(
    form: RecordForm, chosen: Value, stored: Value
) -> None:
    form.editors["metadata"].set_empty(chosen)
    assert form.changes() == {"metadata": stored}
    assert form.is_dirty
    assert not form.has_errors


def test_stored_metadata_that_is_no_json_is_kept(form: RecordForm) -> None:
    form.show_record({**RECORD, "metadata": "{not json"})
    assert level(form, "metadata") == "error"
    type_into(form, "name", "S3")
    assert form.apply()
    assert form.changes() == {"name": "S3"}


def test_large_metadata_comes_a_moment_later_and_can_be_edited(
    form: RecordForm, qtbot: QtBot
) -> None:
    stored = json.dumps({f"key {n}": "x" * 80 for n in range(3_000)})
    assert WAIT_ABOVE < len(stored) < METADATA_LIMIT
    form.show_record({**RECORD, "metadata": stored})
    assert form.changes() == {}
    assert form.value("metadata") == stored
    qtbot.waitUntil(lambda: form.editors["metadata"].text() != "")
    assert form.changes() == {}
    type_into(form, "metadata", "{}")
    assert form.changes() == {"metadata": "{}"}


def test_large_metadata_can_be_made_absent_before_it_came(form: RecordForm) -> None:
    form.show_record({**RECORD, "metadata": json.dumps("x" * (WAIT_ABOVE + 1))})
    form.editors["metadata"].set_empty(None)
    assert form.changes() == {"metadata": None}


def test_huge_metadata_is_shown_cut_and_stays_whole(form: RecordForm) -> None:
    stored = json.dumps("x" * METADATA_LIMIT)
    form.show_record({**RECORD, "metadata": stored})
    editor = form.editors["metadata"]
    assert editor.input.isReadOnly()
    assert 0 < len(editor.text()) < 10_000
    assert number(METADATA_LIMIT + 2) in words(form, "metadata")
    assert form.value("metadata") == stored
    assert form.changes() == {}


def test_a_long_word_is_not_wrapped(form: RecordForm, qtbot: QtBot) -> None:
    editor = form.editors["metadata"].input
    assert isinstance(editor, QPlainTextEdit)
    form.show_record({**RECORD, "metadata": json.dumps("x" * 15_000)})
    assert editor.lineWrapMode() is QPlainTextEdit.LineWrapMode.NoWrap
    form.show_record(RECORD)
    assert editor.lineWrapMode() is QPlainTextEdit.LineWrapMode.WidgetWidth
    data = QMimeData()
    data.setText('"' + "x" * 15_000 + '"')
    editor.selectAll()
    editor.insertFromMimeData(data)
    assert editor.lineWrapMode() is QPlainTextEdit.LineWrapMode.NoWrap


def test_a_text_too_long_for_a_line_is_kept_and_can_be_replaced(form: RecordForm) -> None:
    stored = "data:image/png;base64," + "A" * LINE_LIMIT
    form.show_record({**RECORD, "icon_url": stored})
    editor = form.editors["icon_url"]
    assert editor.input.isReadOnly()
    assert number(len(stored)) in words(form, "icon_url")
    assert form.changes() == {}
    assert form.value("icon_url") == stored
    editor.replace()
    assert not editor.input.isReadOnly()
    type_into(form, "icon_url", "https://example.com/new.svg")
    assert form.changes() == {"icon_url": "https://example.com/new.svg"}
    form.revert()
    assert form.value("icon_url") == stored
    assert editor.input.isReadOnly()


@pytest.mark.parametrize("text", ["a\nb\tc", "  blanks  ", "é\u202eabc", "日本語 🙂"])
def test_odd_text_stays_as_it_is(form: RecordForm, text: str) -> None:
    form.show_record({**RECORD, "name": text})
    assert form.changes() == {}
    assert form.value("name") == text
    assert form.editors["name"].text() == text


def test_a_nul_character_is_refused(form: RecordForm) -> None:
    type_into(form, "name", "a\0b")
    if "\0" in form.editors["name"].text():
        assert form.has_errors
    else:
        assert form.changes() == {"name": "a b"}


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Enter])
@pytest.mark.parametrize("name", ["name", "metadata"])
def test_ctrl_enter_applies_from_any_field(
    form: RecordForm, qtbot: QtBot, name: str, key: Qt.Key
) -> None:
    type_into(form, "name", "S3")
    form.editors[name].input.setFocus()
    with qtbot.waitSignal(form.applied):
        qtbot.keyClick(form.editors[name].input, key, Qt.KeyboardModifier.ControlModifier)


def test_escape_reverts(form: RecordForm, qtbot: QtBot) -> None:
    type_into(form, "name", "S3")
    type_into(form, "metadata", "{")
    form.editors["name"].input.setFocus()
    qtbot.keyClick(form.editors["name"].input, Qt.Key.Key_Escape)
    assert not form.is_dirty
    assert form.editors["name"].text() == "Amazon S3"
    assert form.editors["metadata"].text().startswith("{\n")
    assert not form.revert_button.isEnabled()


def test_what_was_typed_stays_when_the_record_changes_elsewhere(form: RecordForm) -> None:
    type_into(form, "name", "S3")
    form.rebase({**RECORD, "name": "Simple Storage", "type": "aws-cross"})
    assert form.changes() == {"name": "S3"}
    assert form.value("type") == "aws-cross"
    form.revert()
    assert form.value("name") == "Simple Storage"


def test_applied_text_is_no_longer_a_change_when_it_is_stored(form: RecordForm) -> None:
    type_into(form, "name", "S3")
    form.apply()
    assert form.is_dirty
    form.rebase({**RECORD, "name": "S3"})
    assert not form.is_dirty


def test_what_is_stored_is_not_taken_back_key_by_key(form: RecordForm, qtbot: QtBot) -> None:
    box = form.editors["name"].input
    assert isinstance(box, QLineEdit)
    box.setFocus()
    box.selectAll()
    qtbot.keyClicks(box, "S3 here")
    box.setCursorPosition(2)
    form.apply()
    form.rebase({**RECORD, "name": "S3 here"})
    qtbot.keyClick(box, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert box.text() == "S3 here"
    assert box.cursorPosition() == 2
    assert not form.is_dirty


def test_known_types_and_organizations_are_offered(form: RecordForm) -> None:
    form.set_known(["s3", "gcs", "azureblob"], [("acme", "Acme Works"), ("globex", "")])
    completer = form.editors["org_id"].input.completer()  # type: ignore[union-attr]
    completer.setCompletionPrefix("WORK")
    assert completer.completionCount() == 1
    assert completer.currentCompletion() == "acme"
    assert words(form, "org_id") == "Acme Works"
    type_into(form, "org_id", "umbrella")
    assert "new organization" in words(form, "org_id")
    assert not form.has_errors


def test_choosing_an_organization_types_its_id(form: RecordForm, qtbot: QtBot) -> None:
    form.set_known([], [("acme", "Acme Works"), ("globex", "Globex Trading")])
    box = form.editors["org_id"].input
    box.setFocus()
    qtbot.keyClick(box, Qt.Key.Key_F4)
    popup = box.completer().popup()  # type: ignore[union-attr]
    qtbot.waitUntil(popup.isVisible)
    qtbot.keyClick(popup, Qt.Key.Key_Down)
    qtbot.keyClick(popup, Qt.Key.Key_Down)
    qtbot.keyClick(popup, Qt.Key.Key_Return)
    assert form.changes() == {"org_id": "globex"}


def test_a_read_only_form_changes_nothing(form: RecordForm, qtbot: QtBot) -> None:
    form.set_read_only(True)
    for editor in form.editors.values():
        assert editor.input.isReadOnly()
        assert editor.input.isEnabled()
    form.editors["name"].input.setFocus()
    qtbot.keyClicks(form.editors["name"].input, "x")
    assert not form.is_dirty


def test_the_menu_tells_and_sets_the_state(form: RecordForm) -> None:
    editor = form.editors["client_id"]
    editor.menu.aboutToShow.emit()
    actions = {action.text(): action for action in editor.menu.actions() if action.text()}
    assert [name for name, action in actions.items() if action.isChecked()] == ["Null"]
    actions["Empty text"].trigger()
    assert form.changes() == {"client_id": ""}
    editor.menu.aboutToShow.emit()
    actions["Restore the stored value"].trigger()
    assert form.changes() == {}


def test_a_finding_that_goes_away_keeps_its_room_until_the_field_is_left(
    form: RecordForm, qtbot: QtBot
) -> None:
    editor = form.editors["creator"]
    editor.input.setFocus()
    type_into(form, "creator", "")
    height = editor.sizeHint().height()
    type_into(form, "creator", "someone")
    assert editor.finding is None
    assert editor.sizeHint().height() == height
    QApplication.sendEvent(editor.input, QFocusEvent(QFocusEvent.Type.FocusOut))
    assert editor.sizeHint().height() < height


def test_a_finding_is_as_high_as_its_words(form: RecordForm, qtbot: QtBot) -> None:
    editor = form.editors["icon_url"]
    form.show_record({**RECORD, "icon_url": "http://example.com/a.svg"})
    qtbot.waitUntil(lambda: editor.height() > editor.input.height())
    low = editor.height()
    form.show_record({**RECORD, "icon_url": f"icons/{'long-' * 20}.svg"})
    qtbot.waitUntil(lambda: editor.height() > low)
    form.show_record({**RECORD, "icon_url": "http://example.com/a.svg"})
    qtbot.waitUntil(lambda: editor.height() == low)


def test_nothing_to_show_is_an_empty_form(form: RecordForm) -> None:
    form.show_record(None)
    assert form.changes() == {}
    assert not form.has_errors
    assert not form.isEnabled()
    assert all(not editor.text() for editor in form.editors.values())


@pytest.mark.parametrize("show", [RecordForm.revert, RecordForm.apply])
def test_nothing_edited_means_nothing_to_do(
    form: RecordForm, show: Callable[[RecordForm], object]
) -> None:
    spy = QSignalSpy(form.applied)
    show(form)
    assert spy.count() == 0


def test_tab_walks_through_every_field_and_back(qtbot: QtBot, form: RecordForm) -> None:
    form.show_record(RECORD)
    form.show()
    form.activateWindow()
    qtbot.waitUntil(form.isActiveWindow)
    first = form.editors["id"].input
    first.setFocus()
    qtbot.waitUntil(first.hasFocus)
    reached = []
    for _ in range(len(form.editors)):
        reached.append(QApplication.focusWidget())
        qtbot.keyClick(reached[-1], Qt.Key.Key_Tab)
    assert reached == [editor.input for editor in form.editors.values()]
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Backtab)
    assert QApplication.focusWidget() is reached[-1]
