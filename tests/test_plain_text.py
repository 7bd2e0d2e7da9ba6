"""Text of the catalogue is shown letter by letter, wherever it is shown: never as markup."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from PySide6.QtCore import QAbstractItemModel, QEvent, QModelIndex, QPoint, Qt
from PySide6.QtGui import QAction, QHelpEvent
from PySide6.QtGui import Qt as GuiQt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QComboBox,
    QGroupBox,
    QLabel,
    QLineEdit,
    QMenu,
    QPlainTextEdit,
    QProgressBar,
    QPushButton,
    QStatusBar,
    QTabBar,
    QTextEdit,
    QToolTip,
    QWidget,
)
from pytestqt.qtbot import QtBot

from gui.columns import ICON, PLACE
from tests.every_dialog import HOSTILE, MARK, OPENERS, WITHOUT_CATALOGUE_TEXT, Dialogs, widgets

MOST_ROWS = 50
_WRAPPER = '<p style="white-space:pre-wrap">', "</p>"
_TIP_ROLES = (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.StatusTipRole)


class Shown(NamedTuple):
    """A text and how it is shown: "plain", as "rich" text, as a "tip" (which Qt takes for rich
    text when it looks like it), or with "&" before the letter of its "key"."""

    where: str
    text: str
    way: str


@pytest.fixture
def dialogs(qtbot: QtBot, tmp_path: Path) -> Dialogs:
    return Dialogs(qtbot, tmp_path)


def texts(widget: QWidget) -> Iterator[Shown]:
    """All texts of one widget."""
    name = f"{type(widget).__name__} “{widget.accessibleName() or widget.objectName()}”"
    yield Shown(f"{name} title", widget.windowTitle(), "plain")
    yield Shown(f"{name} tooltip", widget.toolTip(), "tip")
    yield Shown(f"{name} status tip", widget.statusTip(), "tip")
    yield Shown(f"{name} help", widget.whatsThis(), "tip")
    for action in widget.actions():
        yield from _texts_of_action(f"{name} > action", action)
    for way, text in _content(widget):
        yield Shown(name, text, way)
    if isinstance(widget, QAbstractItemView) and widget.model() is not None:
        yield from _texts_of_model(name, widget.model())


def _texts_of_action(name: str, action: QAction) -> Iterator[Shown]:
    yield Shown(name, action.text(), "key")
    yield Shown(f"{name} tooltip", action.toolTip(), "tip")
    yield Shown(f"{name} status tip", action.statusTip(), "tip")
    yield Shown(f"{name} help", action.whatsThis(), "tip")


def _content(widget: QWidget) -> Iterator[tuple[str, str]]:
    match widget:
        case QLabel():
            plain = widget.textFormat() == Qt.TextFormat.PlainText
            yield ("key" if widget.buddy() else "plain") if plain else "rich", widget.text()
        case QAbstractButton():
            yield "key", widget.text()
        case QGroupBox() | QMenu():
            yield "key", widget.title()
        case QTabBar():
            for place in range(widget.count()):
                yield "key", widget.tabText(place)
                yield "tip", widget.tabToolTip(place)
        case QLineEdit():
            yield "plain", widget.text()
            yield "plain", widget.placeholderText()
        case QComboBox():
            for place in range(widget.count()):
                yield "plain", widget.itemText(place)
        case QPlainTextEdit():
            yield "plain", widget.toPlainText()
        case QTextEdit():
            yield "plain" if f"<b>{MARK}" in widget.toPlainText() else "rich", widget.toHtml()
        case QStatusBar():
            yield "plain", widget.currentMessage()
        case QProgressBar():
            yield "plain", widget.format()


def _texts_of_model(name: str, model: QAbstractItemModel) -> Iterator[Shown]:
    for row in range(min(model.rowCount(), MOST_ROWS)):
        for column in range(model.columnCount()):
            index = model.index(row, column)
            yield Shown(f"{name} cell", _text(index.data()), "plain")
            for role in _TIP_ROLES:
                yield Shown(f"{name} cell's tip", _text(index.data(role)), "tip")
    for column in range(model.columnCount(QModelIndex())):
        for role in _TIP_ROLES:
            tip = model.headerData(column, Qt.Orientation.Horizontal, role)
            yield Shown(f"{name} heading's tip", _text(tip), "tip")


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def faults(place: QWidget) -> tuple[list[Shown], int]:
    """What shows text of the catalogue as more than text, and how often it is shown at all."""
    wrong, seen = [], 0
    for widget in widgets(place):
        for shown in texts(widget):
            if MARK in shown.text:
                seen += 1
                if not is_harmless(shown):
                    wrong.append(shown._replace(text=shown.text[:200]))
    return wrong, seen


def is_harmless(shown: Shown) -> bool:
    if shown.way == "tip" and GuiQt.mightBeRichText(shown.text):
        start, end = _WRAPPER
        inner = shown.text.removeprefix(start).removesuffix(end)
        return len(inner) == len(shown.text) - len(start) - len(end) and "<" not in inner
    if shown.way == "key":
        return "&" not in shown.text[shown.text.find(MARK) :].replace("&&", "")
    return shown.way != "rich"


@pytest.mark.parametrize("name", OPENERS)
def test_catalogue_text_is_plain_text(dialogs: Dialogs, name: str) -> None:
    place = OPENERS[name](dialogs)
    wrong, seen = faults(place)
    assert wrong == []
    assert (seen > 0) == (name not in WITHOUT_CATALOGUE_TEXT)
    dialogs.close(place)


def test_tips_that_are_made_on_the_way_are_plain_text(dialogs: Dialogs) -> None:
    dialogs.go_to(1)
    table = dialogs.space.table
    for column in range(table.model().columnCount()):
        if table.isColumnHidden(column):
            continue
        index = table.model().index(0, column)
        table.scrollTo(index)
        at = table.visualRect(index).center()
        viewport = table.viewport()
        QToolTip.showText(QPoint(), "")
        event = QHelpEvent(QEvent.Type.ToolTip, at, viewport.mapToGlobal(at))
        QApplication.sendEvent(viewport, event)
        assert is_harmless(Shown("tip", QToolTip.text(), "tip"))
        assert MARK in QToolTip.text() or column == PLACE[ICON]
    QToolTip.hideText()


def _label(parent: QWidget) -> QLabel:
    label = QLabel(HOSTILE[:20], parent)
    assert label.textFormat() == Qt.TextFormat.AutoText
    return label


def _tip(parent: QWidget) -> None:
    parent.setToolTip(HOSTILE)


def _cut_tip(parent: QWidget) -> None:
    parent.setToolTip(f"{_WRAPPER[0]}{HOSTILE}{_WRAPPER[1]}")


def _action(parent: QWidget) -> None:
    parent.addAction(f"Change {HOSTILE}")


def _button(parent: QWidget) -> QPushButton:
    return QPushButton(f"&Only {HOSTILE}", parent)


def _rich(parent: QWidget) -> QTextEdit:
    return QTextEdit(f"<b>{MARK}</b>", parent)


@pytest.mark.parametrize("break_it", [_label, _tip, _cut_tip, _action, _button, _rich])
def test_the_scan_finds_what_is_wrong(
    dialogs: Dialogs, break_it: Callable[[QWidget], QWidget | None]
) -> None:
    made = break_it(dialogs.space)
    assert faults(dialogs.window)[0]
    del made


def test_one_label_that_is_no_plain_text_is_found(dialogs: Dialogs) -> None:
    dialogs.go_to(1)
    heading = next(
        label
        for label in dialogs.space.details.findChildren(QLabel)
        if MARK in label.text() and label.textFormat() == Qt.TextFormat.PlainText
    )
    heading.setText(MARK)  # nothing that would be drawn as markup
    heading.setTextFormat(Qt.TextFormat.AutoText)
    assert [shown.way for shown in faults(dialogs.window)[0]] == ["rich"]
