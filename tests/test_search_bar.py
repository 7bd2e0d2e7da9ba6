from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from gui.search_bar import SearchBar
from gui.search_history import SearchHistory
from gui.settings import Settings
from gui.text import number

LONG = 10_000


@pytest.fixture
def bar(qtbot: QtBot) -> SearchBar:
    made = SearchBar()
    qtbot.addWidget(made)
    made.resize(600, 100)
    made.show()
    return made


def search_for(qtbot: QtBot, bar: SearchBar, query: str) -> None:
    with qtbot.waitSignal(bar.words_changed):
        bar.field.setText(query)


def test_words_are_told_as_one_types(qtbot: QtBot, bar: SearchBar) -> None:
    with qtbot.waitSignal(bar.words_changed) as signal:
        qtbot.keyClicks(bar.field, " slack  ")
    assert signal.args == ["slack"]


def test_escape_clears_then_leaves(qtbot: QtBot, bar: SearchBar) -> None:
    bar.field.setText("slack")
    with qtbot.waitSignal(bar.words_changed) as signal:
        qtbot.keyClick(bar.field, Qt.Key.Key_Escape)
    assert signal.args == [""]
    with qtbot.waitSignal(bar.leave_requested):
        qtbot.keyClick(bar.field, Qt.Key.Key_Escape)


@pytest.mark.parametrize("key", [Qt.Key.Key_Down, Qt.Key.Key_Return])
def test_down_and_enter_go_on_in_the_table(qtbot: QtBot, bar: SearchBar, key: Qt.Key) -> None:
    bar.field.setText("slack")
    with qtbot.waitSignal(bar.leave_requested):
        qtbot.keyClick(bar.field, key)
    assert bar.words == "slack"  # at once, for what is asked of the table next


def test_the_number_of_matches_shows(bar: SearchBar) -> None:
    for count, text in [
        (0, "0 matches"),
        (1, "1 match"),
        (19139, f"{number(19139)} matches"),
        (None, ""),
    ]:
        bar.show_matches(count)
        assert bar.matches.text() == text


def test_a_mistake_is_said_under_the_field_and_the_last_query_stays(
    qtbot: QtBot, bar: SearchBar
) -> None:
    search_for(qtbot, bar, "slack")
    place = bar.field.geometry()
    with qtbot.assertNotEmitted(bar.words_changed):
        bar.field.setText("slack (bot")
        qtbot.waitUntil(lambda: bar.problem is not None and bar.problem.isVisible(), timeout=LONG)
    assert bar.problem is not None
    assert "parenthesis at 7 is not closed" in bar.problem.words
    assert bar.field.accessibleDescription() == bar.problem.words
    assert bar.words == "slack"
    assert bar.field.geometry() == place
    search_for(qtbot, bar, "slack (bot)")
    assert bar.problem.isHidden()
    assert bar.field.accessibleDescription() == ""
    assert bar.words == "slack (bot)"


def test_enter_says_at_once_what_is_wrong_and_stays(qtbot: QtBot, bar: SearchBar) -> None:
    bar.field.setText("icon:purple")
    with qtbot.assertNotEmitted(bar.leave_requested):
        qtbot.keyClick(bar.field, Qt.Key.Key_Return)
    assert bar.problem is not None
    assert bar.problem.isVisible()


@pytest.mark.parametrize("before", ["", "🙂 "])
def test_the_place_of_a_mistake_is_marked(qtbot: QtBot, bar: SearchBar, before: str) -> None:
    query = f"{before}icon:purple slack"
    bar.field.setText(query)
    bar.field.clearFocus()
    bar.field.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    plain = bar.field.grab().toImage()
    qtbot.waitUntil(lambda: bar.problem is not None, timeout=LONG)
    assert plain != bar.field.grab().toImage()
    assert bar.field.text() == query
    search_for(qtbot, bar, "icon:svg slack")
    unmarked = SearchBar()
    qtbot.addWidget(unmarked)
    unmarked.resize(bar.size())
    unmarked.field.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    unmarked.show()
    unmarked.field.setText("icon:svg slack")
    qtbot.waitUntil(  # the button that clears fades in
        lambda: unmarked.field.grab().toImage() == bar.field.grab().toImage(), timeout=LONG
    )


def test_up_and_down_walk_through_earlier_queries(qtbot: QtBot, bar: SearchBar) -> None:
    history = SearchHistory(bar, Settings())
    for query in ("first", "second", "first", "third or"):
        bar.field.setText(query)
        qtbot.keyClick(bar.field, Qt.Key.Key_Return)
    assert Settings().searches == ["first", "second"]
    bar.field.clear()
    qtbot.keyClicks(bar.field, "typed")
    seen = []
    for key in (Qt.Key.Key_Up, Qt.Key.Key_Up, Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Down):
        qtbot.keyClick(bar.field, key)
        seen.append(bar.field.text())
    assert seen == ["first", "second", "second", "first", "typed"]
    assert bar.words == "typed"
    with qtbot.waitSignal(bar.leave_requested):
        qtbot.keyClick(bar.field, Qt.Key.Key_Down)
    menu = history.menu()
    titles = [action.text() for action in menu.actions() if action.text()]
    assert titles == ["first", "second", "Clear This List"]
    menu.actions()[1].trigger()
    assert bar.words == "second"
    menu.actions()[-1].trigger()
    assert Settings().searches == []
    (nothing,) = history.menu().actions()
    assert not nothing.isEnabled()
