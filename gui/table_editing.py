"""Editing a cell in place: what opens an editor, and a refused text that is offered again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QAbstractItemDelegate, QAbstractItemView

from gui.columns import COLUMNS, PLACE
from gui.table_model import Index, IntegrationTableModel

if TYPE_CHECKING:
    from db.organizations import Organization
    from gui.table_editors import CellDelegate

_Trigger = QAbstractItemView.EditTrigger
OPENING: Final = (
    _Trigger.AllEditTriggers,
    _Trigger.EditKeyPressed,
    _Trigger.DoubleClicked,
)


class CellEditing(QObject):
    """The editors of one view.

    Args:
        make_delegate: makes what makes the editors; called when it is first needed.
        is_shown: tells whether the view has cells of a section.

    Signals:
        details_requested(int, str): this field of the row with this pk is not edited here.
        text_left(int, str, str): this text for this field of the row with this pk was refused, and
            cannot be offered again here.
    """

    details_requested = Signal(object, str)
    text_left = Signal(object, str, str)

    def __init__(
        self,
        view: QAbstractItemView,
        model: IntegrationTableModel,
        make_delegate: Callable[[], CellDelegate],
        is_shown: Callable[[int], bool],
    ) -> None:
        super().__init__(view)
        self._view = view
        self._model = model
        self._make_delegate = make_delegate
        self._is_shown = is_shown
        self._refused: list[tuple[int, str, str]] = []

    @cached_property
    def delegate(self) -> CellDelegate:
        """Makes the editors; cells are painted without it."""
        return self._make_delegate()

    @property
    def is_open(self) -> bool:
        """Whether a cell is being edited."""
        return self._view.state() == self._view.State.EditingState

    def set_known(self, types: Sequence[str], organizations: Sequence[Organization]) -> None:
        """Offer these types and organizations in the editors."""
        self.delegate.set_known(types, organizations)

    def may_open(self, index: Index, trigger: QAbstractItemView.EditTrigger) -> bool:
        """Get ready for an editor; a value that does not fit one line is left to the details."""
        if trigger not in OPENING:
            return True  # no view opens one then, and the delegate is not needed
        pk = self._model.pk_at(index.row())
        if pk is not None and not self.is_open and not _fits(index):
            self.details_requested.emit(pk, COLUMNS[index.column()].field)
            return False
        self._view.setItemDelegate(self.delegate)  # made now, at the latest
        return True

    def commit(self) -> None:
        """Take what was typed into an open editor, and close it."""
        editor = self._view.indexWidget(self._view.currentIndex())
        if editor is not None and self.is_open:
            self._view.commitData(editor)
            self._view.closeEditor(editor, QAbstractItemDelegate.EndEditHint.NoHint)

    def edit_again(self, pk: int, name: str, text: str) -> None:
        """Offer a text again that could not be stored, or emit `text_left`.

        When another cell is being edited, once that is done.
        """
        self._model.end_edit(pk, name)
        if self.is_open:
            self._refused.append((pk, name, text))
            return
        position = self._model.position_of(pk)
        column = next((c for c in COLUMNS if c.field == name and c.editable), None)
        hidden = column is None or not self._is_shown(PLACE[column.name])
        if column is None or hidden or position is None or not self._model.is_stored(pk):
            self.text_left.emit(pk, name, text)
            return
        self._view.setCurrentIndex(self._model.index(position, PLACE[column.name]))
        self.delegate.offered = text
        self._view.edit(self._view.currentIndex())
        self.delegate.offered = None

    def offer_next(self) -> bool:
        """An editor was closed: offer the text that was refused meanwhile, if there is one."""
        if not self._refused:
            return False
        self.edit_again(*self._refused.pop())
        return True


def _fits(index: Index) -> bool:
    from gui.table_editors import fits_one_line

    if not COLUMNS[index.column()].editable:
        return False
    return fits_one_line(str(index.data(Qt.ItemDataRole.EditRole) or ""))
