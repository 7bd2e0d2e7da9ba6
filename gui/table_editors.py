"""Editors inside the cells of the table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import (
    QLineEdit,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from gui.columns import COLUMNS
from gui.suggestions import SuggestionCompleter, Suggestions
from gui.table_model import IntegrationTableModel

if TYPE_CHECKING:
    from db.organizations import Organization

Index = QModelIndex | QPersistentModelIndex
LONGEST = 20_000
"""Characters above which a text is not edited on one line: each key would take 8 ms and more."""
_MARGIN = 4


def fits_one_line(text: str) -> bool:
    """Whether a line editor shows `text` as it is."""
    return len(text) <= LONGEST and not set("\n\r\u2028\u2029") & set(text)


def _is_ctrl_enter(event: QKeyEvent) -> bool:
    enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
    return enter and bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)


class CellDelegate(QStyledItemDelegate):
    """Makes the editors; holds the rows still while one is open.

    Attributes:
        fills: tells whether Ctrl+Enter fills other rows too.

    Signals:
        fill_requested(str, str): put this text into this field of all that are selected.
    """

    fill_requested = Signal(str, str)

    def __init__(self, model: IntegrationTableModel, parent: QWidget) -> None:
        super().__init__(parent)
        self._model = model
        self._types = Suggestions(self)
        self._organizations = Suggestions(self)
        self._known: list[tuple[str, str]] = []
        self._id_of_name: dict[str, str] = {}
        self.offered: str | None = None
        self.fills: Callable[[], bool] = lambda: False
        self._field = ""

    def set_known(self, types: Sequence[str], organizations: Sequence[Organization]) -> None:
        """Offer these types and organizations while one types."""
        if list(types) != list(self._types.texts):
            self._types.show(types, types)
        known = [(item.id, item.name) for item in organizations]
        if known == self._known:
            return
        self._known = known
        ids = [org_id for org_id, _ in known]
        labels = [org_id if name == org_id else f"{name} ({org_id})" for org_id, name in known]
        self._organizations.show(ids, labels)
        taken = set(ids)
        self._id_of_name = {name: org_id for org_id, name in reversed(known) if name not in taken}

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: Index) -> QWidget:
        column = COLUMNS[index.column()]
        self._field = column.field
        editor = QLineEdit(parent)
        editor.setFrame(False)
        editor.setAutoFillBackground(True)
        editor.setTextMargins(_MARGIN, 0, 0, 0)
        editor.setAccessibleName(column.title)
        if column.field == "type":
            editor.setCompleter(SuggestionCompleter(self._types, editor))
        elif column.field == "org_id":
            editor.setPlaceholderText(self.tr("Id or name of an organization"))
            editor.setCompleter(SuggestionCompleter(self._organizations, editor))
        self._model.hold(index)
        editor.textEdited.connect(self._model.tell_typed)
        return editor

    def destroyEditor(self, editor: QWidget, index: Index) -> None:
        super().destroyEditor(editor, index)
        self._model.release()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Leave the editor open while another window is in front: a message about its text, say."""
        away = Qt.FocusReason.ActiveWindowFocusReason
        if isinstance(event, QFocusEvent) and event.lostFocus() and event.reason() == away:
            return False
        if isinstance(event, QKeyEvent) and _is_ctrl_enter(event):
            if event.type() == QEvent.Type.ShortcutOverride:
                event.accept()  # it is meant for the cell, whatever else the key does
                return True
            if event.type() == QEvent.Type.KeyPress:
                return self._fill(watched)
        return bool(super().eventFilter(watched, event))

    def _fill(self, editor: QObject) -> bool:
        assert isinstance(editor, QLineEdit)
        if self.fills():
            text = editor.text()
            self.closeEditor.emit(editor, self.EndEditHint.RevertModelCache)
            self.fill_requested.emit(self._field, text)
        else:
            self.commitData.emit(editor)
            self.closeEditor.emit(editor, self.EndEditHint.NoHint)
        return True

    def setEditorData(self, editor: QWidget, index: Index) -> None:
        assert isinstance(editor, QLineEdit)
        editor.setText(str(index.data(Qt.ItemDataRole.EditRole) or ""))
        if self.offered is not None:
            editor.selectAll()
            editor.insert(self.offered)
            self._model.tell_typed(self.offered)
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
