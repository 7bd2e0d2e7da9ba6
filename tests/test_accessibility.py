"""Every control of the window and its dialogs has a name, and can be reached by keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QHeaderView,
    QLineEdit,
    QMenu,
    QPlainTextEdit,
    QProgressBar,
    QScrollBar,
    QTabBar,
    QTextEdit,
    QToolBar,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from tests.every_dialog import LONG, OPENERS, Dialogs, widgets

CONTROLS = (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QProgressBar,
    QTabBar,
    QTextEdit,
)
OF_QT = ("open", "new catalogue", "icon from file", "apply change-set")
"""Dialogs that are Qt's own."""
NAMES = [name for name in OPENERS if name not in OF_QT and not name.startswith("menu ")]


@pytest.fixture
def dialogs(qtbot: QtBot, tmp_path: Path) -> Dialogs:
    return Dialogs(qtbot, tmp_path)


def controls(place: QWidget) -> Iterator[QWidget]:
    """What can be operated, of our own making or with a name that we can give."""
    for widget in widgets(place):
        of_qt = isinstance(widget, QScrollBar | QHeaderView) or widget.objectName()[:3] == "qt_"
        if isinstance(widget, CONTROLS) and not of_qt:
            yield widget


def name_of(widget: QWidget) -> str:
    """What a screen reader says the control is."""
    interface = QAccessible.queryAccessibleInterface(widget)
    return str(interface.text(QAccessible.Text.Name)) if interface is not None else ""


def described(widget: QWidget) -> str:
    parents, at = [], widget
    while at is not None:
        parents.append(at.objectName() or type(at).__name__)
        at = at.parentWidget()
    return " < ".join(parents)


@pytest.mark.parametrize("name", NAMES)
def test_every_control_has_a_name(dialogs: Dialogs, name: str) -> None:
    place = OPENERS[name](dialogs)
    found = list(controls(place))
    assert found
    assert "\n".join(described(widget) for widget in found if not name_of(widget).strip()) == ""
    dialogs.close(place)


def by_tab(qtbot: QtBot, place: QWidget) -> set[QWidget]:
    """Where the Tab key leads to, once around."""

    def has_focus() -> bool:
        at = QApplication.focusWidget()
        if at is not None and place.isAncestorOf(at):
            return True
        place.activateWindow()
        (place.focusWidget() or place.nextInFocusChain()).setFocus()
        return False

    qtbot.waitUntil(has_focus, timeout=LONG)
    reached: list[QWidget] = []
    while (at := QApplication.focusWidget()) is not None and at not in reached:
        reached.append(at)
        qtbot.keyClick(at, Qt.Key.Key_Tab)
    return set(reached)


def has_another_way(widget: QWidget, place: QWidget, reached: set[QWidget]) -> bool:
    """Whether what cannot be tabbed to says its key, or stands in a menu as well."""
    if isinstance(widget.parent(), QToolBar) and isinstance(widget, QToolButton):
        menus = place.findChildren(QMenu)
        return any(widget.defaultAction() in menu.actions() for menu in menus)
    group = widget.group() if isinstance(widget, QAbstractButton) else None
    if group is not None and group.exclusive():  # the arrow keys lead from one to the next
        return any(button in reached for button in group.buttons())
    return "(" in widget.toolTip()


@pytest.mark.parametrize("name", [name for name in NAMES if "letters" not in name])
def test_every_control_is_reached_by_keyboard(dialogs: Dialogs, qtbot: QtBot, name: str) -> None:
    place = OPENERS[name](dialogs)
    reached = by_tab(qtbot, place)
    proxies = {widget.focusProxy() for widget in reached} | {
        parent for widget in reached if (parent := widget.parentWidget()) is not None
    }
    missed = "\n".join(
        described(widget)
        for widget in controls(place)
        if widget.isVisible() and widget.isEnabled() and not isinstance(widget, QProgressBar)
        if widget not in reached
        and widget not in proxies
        and not has_another_way(widget, place, reached)
    )
    assert missed == ""
    dialogs.close(place)
