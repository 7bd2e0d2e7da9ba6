"""The empty state says what it means and offers what to do."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gui import theme
from gui.empty_state import EmptyState


@pytest.fixture
def action(qapp: QApplication) -> QAction:
    return QAction("&Import CSV…")


@pytest.fixture
def state(qtbot: QtBot, action: QAction) -> EmptyState:
    state = EmptyState("table", "Nothing here", "Import <b>something</b>.", [action])
    qtbot.addWidget(state)
    state.resize(300, 300)
    state.show()
    qtbot.waitExposed(state)
    return state


def test_the_button_does_what_the_action_does(
    state: EmptyState, action: QAction, qtbot: QtBot
) -> None:
    assert state.buttons[0].accessibleName() == "Import CSV"
    with qtbot.waitSignal(action.triggered):
        state.buttons[0].click()


def test_the_button_follows_the_action(state: EmptyState, action: QAction) -> None:
    action.setEnabled(False)
    action.setText("Wait")
    assert not state.buttons[0].isEnabled()
    assert state.buttons[0].text() == "Wait"
    action.setVisible(False)
    assert not state.buttons[0].isVisible()


def test_the_focus_goes_to_the_first_button(state: EmptyState) -> None:
    state.setFocus()
    assert state.buttons[0].hasFocus()


def test_words_can_change_and_are_plain_text(state: EmptyState) -> None:
    assert state.sentence == "Import <b>something</b>."
    state.set_words("No match", "Nothing holds “<img src=/dev/zero>”.")
    assert state.accessibleName() == "No match"
    assert "<img" in state.sentence


def test_the_words_fit_a_narrow_panel(state: EmptyState) -> None:
    tall = "A sentence that needs several lines in a narrow panel, and says a lot. " * 3
    state.set_words("A rather long heading for such a narrow panel", tall)
    assert state.minimumSizeHint().width() <= 300


def test_the_symbol_follows_the_scheme(state: EmptyState, qapp: QApplication, qtbot: QtBot) -> None:
    theme.apply(qapp, "light")
    light = state.symbol.toImage()
    theme.apply(qapp, "dark")
    qtbot.waitUntil(lambda: state.symbol.toImage() != light)
    theme.apply(qapp, "system")


def test_an_action_outlives_the_page_that_offered_it(qtbot: QtBot) -> None:
    action = QAction("Import CSV…")
    page = EmptyState("table", "Empty", "Nothing here.", [action])
    page.deleteLater()
    with qtbot.waitSignal(page.destroyed):
        pass
    with qtbot.captureExceptions() as raised:
        action.setText("Import")
    assert raised == []
