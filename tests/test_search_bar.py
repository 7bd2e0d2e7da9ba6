from __future__ import annotations

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from gui.search_bar import SearchBar
from gui.text import number


def test_words_are_told_as_one_types(qtbot: QtBot) -> None:
    bar = SearchBar()
    qtbot.addWidget(bar)
    with qtbot.waitSignal(bar.words_changed) as signal:
        qtbot.keyClicks(bar.field, " slack  ")
    assert signal.args == ["slack"]


def test_escape_clears_then_leaves(qtbot: QtBot) -> None:
    bar = SearchBar()
    qtbot.addWidget(bar)
    bar.field.setText("slack")
    with qtbot.waitSignal(bar.words_changed) as signal:
        qtbot.keyClick(bar.field, Qt.Key.Key_Escape)
    assert signal.args == [""]
    with qtbot.waitSignal(bar.leave_requested):
        qtbot.keyClick(bar.field, Qt.Key.Key_Escape)


def test_down_goes_on_in_the_table(qtbot: QtBot) -> None:
    bar = SearchBar()
    qtbot.addWidget(bar)
    with qtbot.waitSignal(bar.leave_requested):
        qtbot.keyClick(bar.field, Qt.Key.Key_Down)


def test_the_number_of_matches_shows(qtbot: QtBot) -> None:
    bar = SearchBar()
    qtbot.addWidget(bar)
    for count, text in [
        (0, "0 matches"),
        (1, "1 match"),
        (19139, f"{number(19139)} matches"),
        (None, ""),
    ]:
        bar.show_matches(count)
        assert bar.matches.text() == text
