"""The list of what a replacement would change: old and new text, old and new icon, a tick each."""

from __future__ import annotations

from typing import Any, Final

from PySide6.QtCore import (
    QT_TRANSLATE_NOOP,
    QCoreApplication,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from db import replace
from db.addresses import Address, classify
from db.reader import Reader
from db.replace import Found, Line, Ticks
from gui.dialog_parts import TickCell
from gui.icon_cell import ADDRESS_ROLE, IconCell, icon_words
from gui.import_preview import PreviewTable, differing
from gui.reader_pages import ReaderPages
from gui.table_icons import Loader
from gui.text import cut, field_title, one_line, plain_tooltip

Index = QModelIndex | QPersistentModelIndex
Role = Qt.ItemDataRole

TICK, NAME, FIELD, OLD_ICON, OLD, NEW_ICON, NEW = range(7)
_HEADINGS: Final = (
    "",
    QT_TRANSLATE_NOOP("ReplaceLines", "Integration"),
    QT_TRANSLATE_NOOP("ReplaceLines", "Field"),
    QT_TRANSLATE_NOOP("ReplaceLines", "Icon"),
    QT_TRANSLATE_NOOP("ReplaceLines", "Old"),
    QT_TRANSLATE_NOOP("ReplaceLines", "Icon"),
    QT_TRANSLATE_NOOP("ReplaceLines", "New"),
)
_WIDTHS: Final = (34, 170, 90, 40, 310, 40, 310)
_WANT_MILLISECONDS: Final = 60
_SHOWN: Final = 200
_ICON_URL: Final = "icon_url"


class LinesModel(ReaderPages[Line]):
    """The lines of what was found.

    Args:
        base_url: of the catalogue's relative icon URLs.

    Signals:
        ticks_changed(): other lines are ticked.
    """

    ticks_changed = Signal()

    def __init__(
        self,
        reader: Reader,
        found: Found,
        base_url: str,
        loader: Loader,
        parent: QObject | None = None,
    ) -> None:
        headings = [
            QCoreApplication.translate("ReplaceLines", str(title)) if title else ""
            for title in _HEADINGS
        ]
        super().__init__(
            reader,
            lambda connection, first, last: replace.lines(connection, found, first, last),
            found.lines,
            headings,
            parent,
        )
        self.found = found
        self.ticks: Ticks = replace.ALL
        self._base_url = base_url
        self._loader = loader

    def tick_all(self, on: bool) -> None:
        """Tick every line, or none."""
        self.ticks = Ticks(on)
        self._tell()

    def turn(self, position: int) -> None:
        """Tick a line that was not, or the other way round."""
        if 0 <= position < self.rowCount():
            self.ticks = self.ticks.turned([position])
            self._tell()

    def _tell(self) -> None:
        if self.rowCount():
            last = self.index(self.rowCount() - 1, TICK)
            self.dataChanged.emit(self.index(0, TICK), last, [Role.CheckStateRole])
        self.ticks_changed.emit()

    def addresses(self, position: int) -> tuple[Address, Address] | None:
        """The old and the new icon of a line; None when it is about another field."""
        line = self.row(position)
        if line is None or line.field != _ICON_URL:
            return None
        bases = (line.base_url, self._base_url)
        return classify(line.old, bases), classify(line.new, bases)

    def flags(self, index: Index) -> Qt.ItemFlag:
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        return flags | Qt.ItemFlag.ItemIsUserCheckable if index.column() == TICK else flags

    def setData(self, index: Index, value: Any, role: int = Role.EditRole) -> bool:
        if role != Role.CheckStateRole or index.column() != TICK:
            return False
        self.turn(index.row())
        return True

    def data(self, index: Index, role: int = Role.DisplayRole) -> Any:
        column = index.column()
        if column == TICK:
            return self._tick(index.row(), role)
        line = self.row(index.row())
        if line is None:
            return None
        if column in (OLD_ICON, NEW_ICON):
            return self._icon(index.row(), column == NEW_ICON, role)
        if role in (Role.DisplayRole, Role.AccessibleTextRole):
            return self._text(line, column)
        if role == Role.ToolTipRole:
            return plain_tooltip(cut(_whole(line, column), 560))
        return None

    def _tick(self, position: int, role: int) -> Any:
        ticked = position in self.ticks
        if role == Role.CheckStateRole:
            return Qt.CheckState.Checked if ticked else Qt.CheckState.Unchecked
        if role == Role.AccessibleTextRole:
            return self.tr("ticked") if ticked else self.tr("not ticked")
        return None

    def _icon(self, position: int, new: bool, role: int) -> Any:
        addresses = self.addresses(position)
        if addresses is None:
            return None
        if role == ADDRESS_ROLE:
            return addresses[new]
        if role == Role.AccessibleTextRole:
            return icon_words(self._loader, addresses[new])
        if role == Role.ToolTipRole:
            return plain_tooltip(icon_words(self._loader, addresses[new]))
        return None

    def _text(self, line: Line, column: int) -> str:
        if column == NAME:
            return one_line(line.name, _SHOWN) or self.tr("(no name)")
        if column == FIELD:
            return field_title(line.field)
        if line.new is None:
            return one_line(line.old, _SHOWN) if column == OLD else self.tr("(changed meanwhile)")
        old, new = differing(line.old, line.new)
        return one_line(old if column == OLD else new, _SHOWN) or self.tr("(empty)")


def _whole(line: Line, column: int) -> str:
    texts = {NAME: line.name, FIELD: field_title(line.field), OLD: line.old, NEW: line.new or ""}
    return texts.get(column, "")


class LinesTable(PreviewTable):
    """Shows `LinesModel`s; the space bar ticks the current line."""

    def __init__(self, loader: Loader, parent: QWidget | None = None) -> None:
        super().__init__(QCoreApplication.translate("ReplaceLines", "What would change"), parent)
        self._loader = loader
        self.setItemDelegateForColumn(TICK, TickCell(self))
        for column in (OLD_ICON, NEW_ICON):
            self.setItemDelegateForColumn(column, IconCell(loader, self))
        self.verticalHeader().setDefaultSectionSize(max(30, self.fontMetrics().height() + 10))
        self._want_soon = QTimer(self, singleShot=True, interval=_WANT_MILLISECONDS)
        self._want_soon.timeout.connect(self._want)
        self.verticalScrollBar().valueChanged.connect(lambda _: self._want_soon.start())
        loader.changed.connect(self._icons_changed)

    def lines(self) -> LinesModel | None:
        """The model, if there is one."""
        model = self.model()
        return model if isinstance(model, LinesModel) else None

    def show_lines(self, model: LinesModel) -> None:
        """Show what was found."""
        self._show(model, _WIDTHS)
        fields = model.found.replacement.fields
        for column in (OLD_ICON, NEW_ICON):
            self.setColumnHidden(column, _ICON_URL not in fields)
        self.setColumnHidden(FIELD, len(fields) < 2)
        header = self.horizontalHeader()
        header.setStretchLastSection(False)
        for column in (OLD, NEW):
            header.setSectionResizeMode(column, header.ResizeMode.Stretch)
        model.dataChanged.connect(lambda *_: self._want_soon.start())
        if model.rowCount():
            self.setCurrentIndex(model.index(0, TICK))

    def _icons_changed(self, _: object) -> None:
        self.viewport().update()  # a method: the loader outlives this table

    def keyPressEvent(self, event: QKeyEvent) -> None:
        model, current = self.lines(), self.currentIndex()
        if event.key() == Qt.Key.Key_Space and model is not None and current.isValid():
            model.turn(current.row())
            return
        super().keyPressEvent(event)

    def _want(self) -> None:
        """Icons out of sight need not be loaded."""
        model = self.lines()
        if model is None or not self.isVisible():
            return
        last = self.rowAt(self.viewport().height() - 1)
        rows = range(max(0, self.rowAt(0)), (last if last >= 0 else model.rowCount() - 1) + 1)
        pairs = [pair for row in rows if (pair := model.addresses(row)) is not None]
        self._loader.want([address.url for pair in pairs for address in pair if address.url])
