"""Editors inside the cells of the table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QStandardItem, QStandardItemModel
from PySide6.QtWidgets import (
    QCompleter,
    QLineEdit,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from gui.columns import COLUMNS
from gui.table_model import IntegrationTableModel

if TYPE_CHECKING:
    from db.organizations import Organization

Index = QModelIndex | QPersistentModelIndex
LONGEST = 20_000
"""Characters above which a text is not edited on one line: each key would take 8 ms and more."""
_MARGIN = 4
_ID = Qt.ItemDataRole.UserRole


def fits_one_line(text: str) -> bool:
    """Whether a line editor shows `text` as it is."""
    return len(text) <= LONGEST and not set("\n\r\u2028\u2029") & set(text)


class CellDelegate(QStyledItemDelegate):
    """Makes the editors; holds the rows still while one is open."""

    def __init__(self, model: IntegrationTableModel, parent: QWidget) -> None:
        super().__init__(parent)
        self._model = model
        self._types = QStandardItemModel(self)
        self._organizations = QStandardItemModel(self)
        self._id_of_name: dict[str, str] = {}
        self.offered: str | None = None

    def set_known(self, types: Sequence[str], organizations: Sequence[Organization]) -> None:
        """Offer these types and organizations while one types."""
        self._types.clear()
        for known in types:
            self._types.appendRow(QStandardItem(known))
        self._organizations.clear()
        self._id_of_name = {}
        ids = {item.id for item in organizations}
        for item in organizations:
            label = item.name if item.name == item.id else f"{item.name} ({item.id})"
            entry = QStandardItem(label)
            entry.setData(item.id, _ID)
            self._organizations.appendRow(entry)
            if item.name not in ids:
                self._id_of_name.setdefault(item.name, item.id)

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: Index) -> QWidget:
        column = COLUMNS[index.column()]
        editor = QLineEdit(parent)
        editor.setFrame(False)
        editor.setAutoFillBackground(True)
        editor.setTextMargins(_MARGIN, 0, 0, 0)
        editor.setAccessibleName(column.title)
        if column.field == "type":
            editor.setCompleter(_completer(self._types, editor))
        elif column.field == "org_id":
            editor.setPlaceholderText(self.tr("Id or name of an organization"))
            editor.setCompleter(_OrganizationCompleter(self._organizations, editor))
        self._model.hold()
        return editor

    def destroyEditor(self, editor: QWidget, index: Index) -> None:
        super().destroyEditor(editor, index)
        self._model.release()

    def setEditorData(self, editor: QWidget, index: Index) -> None:
        assert isinstance(editor, QLineEdit)
        editor.setText(str(index.data(Qt.ItemDataRole.EditRole) or ""))
        if self.offered is not None:
            editor.selectAll()
            editor.insert(self.offered)
            self.offered = None
        else:
            editor.selectAll()

    def setModelData(self, editor: QWidget, model: QAbstractItemModel, index: Index) -> None:
        assert isinstance(editor, QLineEdit)
        if not editor.isModified():
            return
        text: str = editor.text()
        if COLUMNS[index.column()].field == "org_id":
            text = self._id_of_name.get(text, text)
        model.setData(index, text, Qt.ItemDataRole.EditRole)


class _OrganizationCompleter(QCompleter):
    """Shows names and puts in ids."""

    def __init__(self, model: QAbstractItemModel, editor: QLineEdit) -> None:
        super().__init__(model, editor)
        _prepare(self)

    def pathFromIndex(self, index: Index) -> str:
        found: Any = index.data(_ID)
        return str(found or "")


def _completer(model: QAbstractItemModel, editor: QLineEdit) -> QCompleter:
    made = QCompleter(model, editor)
    _prepare(made)
    return made


def _prepare(completer: QCompleter) -> None:
    completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
    completer.setFilterMode(Qt.MatchFlag.MatchContains)
    completer.setMaxVisibleItems(12)
