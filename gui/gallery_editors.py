"""The editor of a caption in the gallery."""

from __future__ import annotations

from typing import Final

from PySide6.QtWidgets import QStyleOptionViewItem, QWidget

from gui.table_editors import CellDelegate
from gui.table_model import Index, IntegrationTableModel

_LEAST_WIDTH: Final = 200
"""In px: cells of small icons are narrow, names are not."""
_FRAME: Final = 3


class CaptionDelegate(CellDelegate):
    """Makes the editors of names; they stand where the captions are.

    Attributes:
        caption_top: from the upper edge of a cell to its caption, in px.
    """

    def __init__(self, model: IntegrationTableModel, parent: QWidget) -> None:
        super().__init__(model, parent)
        self.caption_top = 0

    def updateEditorGeometry(
        self, editor: QWidget, option: QStyleOptionViewItem, index: Index
    ) -> None:
        cell = option.rect
        parent = editor.parentWidget()
        room = parent.width() if parent is not None else cell.right()
        width = min(room, max(_LEAST_WIDTH, cell.width()))
        x = max(0, min(cell.center().x() - width // 2, room - width))
        height = editor.fontMetrics().height() + 2 * _FRAME
        editor.setGeometry(x, cell.y() + self.caption_top - _FRAME, width, height)
