"""The gallery: the rows of the table as a grid of icons with captions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import (
    QEvent,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QColor,
    QHelpEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QRegion,
)
from PySide6.QtWidgets import QAbstractItemDelegate, QAbstractItemView, QToolTip, QWidget

from db.fields import csv_text
from db.order import AT, ORGANIZATION, Range
from gui import theme
from gui.columns import COLUMNS
from gui.gallery_layout import NAME, GridView
from gui.gallery_painter import GalleryPainter
from gui.gallery_scene import SceneMaker
from gui.row_selection import RowSelection
from gui.table_editing import OPENING, CellEditing
from gui.table_icons import Loader, RowIcons
from gui.table_model import Index, IntegrationTableModel
from gui.text import plain_tooltip

if TYPE_CHECKING:
    from db.organizations import Organization
    from gui.gallery_editors import CaptionDelegate

_MOST_RANGES: Final = 200
"""A band over more lines than this selects whole lines: each range costs time."""
_MOST_RECTANGLES: Final = 40
Flag = QItemSelectionModel.SelectionFlag
_Move = QAbstractItemView.CursorAction


class IntegrationGallery(GridView):
    """Shows an `IntegrationTableModel` with the selection of the table.

    Signals:
        copy_requested(): the selected rows are to be copied.
        details_requested, text_left, delete_requested: as the table's.
    """

    copy_requested = Signal()
    details_requested = Signal(object, str)
    text_left = Signal(object, str, str)
    delete_requested = Signal()

    def __init__(
        self, model: IntegrationTableModel, chosen: RowSelection, parent: QWidget | None = None
    ) -> None:
        super().__init__(model, parent)
        self._chosen = chosen
        self._painter: GalleryPainter | None = None
        self._from = QPersistentModelIndex()
        self._band = QRect()
        self._icons = RowIcons(self, model, self)
        self._scenes = SceneMaker(model, self._icons, chosen)
        self._editing = CellEditing(
            self, model, self._make_delegate, lambda section: section == NAME
        )
        self._editing.details_requested.connect(self.details_requested)
        self._editing.text_left.connect(self.text_left)
        self._set_up(model, chosen.chooser)
        theme.notifier().changed.connect(self._look_changed)

    def _set_up(self, model: IntegrationTableModel, chooser: QItemSelectionModel) -> None:
        self.setModel(model)
        own = self.selectionModel()
        self.setSelectionModel(chooser)
        own.deleteLater()
        self.setSelectionMode(self.SelectionMode.ExtendedSelection)
        self.setEditTriggers(self.EditTrigger.EditKeyPressed | self.EditTrigger.DoubleClicked)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTabKeyNavigation(False)
        self.setFrameShape(self.Shape.NoFrame)
        self.setAccessibleName(self.tr("Integrations as icons"))
        self.verticalScrollBar().valueChanged.connect(lambda _: self._icons.want_soon())
        self.zoomed.connect(lambda _: self._icons.want_soon())

    def can_scroll_pixels(self) -> bool:
        return self._band.isNull() and super().can_scroll_pixels()

    # -- new rows ----------------------------------------------------------------------------

    def reset(self) -> None:
        """Other rows: their selection, which is the table's too, was restored already."""
        self._from = QPersistentModelIndex()
        self.updateGeometries()
        self.viewport().update()
        self._icons.want_soon()

    def dataChanged(self, first: Index, last: Index, roles: Sequence[int] = ()) -> None:
        super().dataChanged(first, last, list(roles))
        self.viewport().update()

    # -- current row and selection -----------------------------------------------------------

    def moveCursor(
        self, action: QAbstractItemView.CursorAction, modifiers: Qt.KeyboardModifier
    ) -> QModelIndex:
        grid, row = self.grid, self.currentIndex().row()
        if not grid.total:
            return QModelIndex()
        if row < 0 and action != _Move.MoveEnd:
            return self._rows.index(0, NAME)
        lines = {
            _Move.MoveUp: -1,
            _Move.MoveDown: 1,
            _Move.MovePageUp: -max(1, self.viewport().height() // grid.cell_height),
            _Move.MovePageDown: max(1, self.viewport().height() // grid.cell_height),
        }
        targets = {
            _Move.MoveLeft: row - 1,
            _Move.MovePrevious: row - 1,
            _Move.MoveRight: row + 1,
            _Move.MoveNext: row + 1,
            _Move.MoveHome: 0,
            _Move.MoveEnd: grid.total - 1,
        }
        target = grid.moved(row, lines[action]) if action in lines else targets[action]
        return self._rows.index(max(0, min(grid.total - 1, target)), NAME)

    def selectionCommand(
        self, index: Index, event: QEvent | None = None
    ) -> QItemSelectionModel.SelectionFlag:
        """Rows are selected whole; were it Qt's own behaviour, it would repaint whole lines."""
        command = super().selectionCommand(index, event)
        return command | Flag.Rows if command != Flag.NoUpdate else command

    def setSelection(self, rect: QRect, command: QItemSelectionModel.SelectionFlag) -> None:
        """Select what a band touches, or all rows from where Shift began to the current one."""
        current = self.currentIndex()
        if self.state() == self.State.DragSelectingState:
            offset = self.verticalOffset()
            box = rect.normalized()
            ranges = self.grid.touched(
                box.left(), box.top() + offset, box.right(), box.bottom() + offset
            )
            if len(ranges) > _MOST_RANGES:
                ranges = [(ranges[0][0], ranges[-1][1])]
            self._band = box
            self.viewport().update()
        elif command & Flag.Current and self._from.isValid():
            rows = (self._from.row(), current.row())
            ranges = [(min(rows), max(rows))]
        else:
            if not command & Flag.Current:
                self._from = QPersistentModelIndex(current)
            ranges = [(current.row(), current.row())] if current.isValid() else []
        self._chosen.chooser.select(self._selection(ranges), command)

    def _selection(self, ranges: Sequence[Range]) -> QItemSelection:
        selection, last_section = QItemSelection(), len(COLUMNS) - 1
        for first, last in ranges:
            selection.select(self._rows.index(first, 0), self._rows.index(last, last_section))
        return selection

    def visualRegionForSelection(self, selection: QItemSelection) -> QRegion:
        return QRegion(self.viewport().rect())

    def currentChanged(self, current: Index, previous: Index) -> None:
        super().currentChanged(current, previous)
        for index in (current, previous):
            self.viewport().update(self.visualRect(index))
        if self.isVisible() and current.isValid():
            # Qt gives screen readers the cells of its own views only.
            self.setAccessibleDescription(self.words(current.row()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if not event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self._from = QPersistentModelIndex(self.indexAt(event.position().toPoint()))
        elif not self._from.isValid():
            self._from = QPersistentModelIndex(self.currentIndex())
        super().mousePressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        if not self._band.isNull():
            self._band = QRect()
            self.viewport().update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        plain = event.modifiers() in (
            Qt.KeyboardModifier.NoModifier,
            Qt.KeyboardModifier.KeypadModifier,
        )
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier and not self._from.isValid():
            self._from = QPersistentModelIndex(self.currentIndex())
        if plain and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.edit_current()
        elif plain and event.key() == Qt.Key.Key_Delete:
            self.delete_requested.emit()
        elif event.matches(QKeySequence.StandardKey.Copy):
            self.copy_requested.emit()
        else:
            super().keyPressEvent(event)

    def keyboardSearch(self, search: str) -> None:
        """Typing letters does not walk through a million rows; the search field is for that."""

    # -- editing -----------------------------------------------------------------------------

    def edit_current(self) -> None:
        """Open the editor of the current caption."""
        if self.currentIndex().isValid():
            self.edit(self.currentIndex())

    def commit_editor(self) -> None:
        """Take what was typed into an open editor, and close it."""
        self._editing.commit()

    def edit_again(self, pk: int, name: str, text: str) -> None:
        """Offer a text again that could not be stored, or emit `text_left`."""
        self._editing.edit_again(pk, name, text)

    def set_known(self, types: Sequence[str], organizations: Sequence[Organization]) -> None:
        """Only names are edited here: nothing can be suggested."""

    def edit(self, index: Index, *arguments: Any) -> Any:
        """Open the editor of the caption of a row, whatever its column."""
        if not arguments:
            arguments = (self.EditTrigger.AllEditTriggers, None)
        name = self._rows.index(index.row(), NAME)
        opens = arguments[0] in OPENING and name.isValid()
        if opens and self.currentIndex() != name:
            self._chosen.chooser.setCurrentIndex(name, Flag.NoUpdate)
        if not self._editing.may_open(name, arguments[0]):
            return False
        if opens:
            self._caption_delegate.caption_top = self.grid.caption_top()
            self.scrollTo(name)
        return super().edit(name, *arguments)

    @property
    def _caption_delegate(self) -> CaptionDelegate:
        from gui.gallery_editors import CaptionDelegate

        assert isinstance(self._editing.delegate, CaptionDelegate)
        return self._editing.delegate

    def _make_delegate(self) -> CaptionDelegate:
        from gui.gallery_editors import CaptionDelegate

        return CaptionDelegate(self._rows, self)

    def closeEditor(self, editor: QWidget, hint: QAbstractItemDelegate.EndEditHint) -> None:
        hints = QAbstractItemDelegate.EndEditHint
        step = {hints.EditNextItem: 1, hints.EditPreviousItem: -1}.get(hint)
        super().closeEditor(editor, hints.NoHint if step else hint)
        if not self._editing.offer_next() and step:
            index = self._rows.index(self.currentIndex().row() + step, NAME)
            if index.isValid():
                self.setCurrentIndex(index)
                self.edit(index)

    # -- icons -------------------------------------------------------------------------------

    def set_bases(self, organizations: dict[str, str], catalog: str) -> None:
        """Base URLs of relative icon URLs: of organizations by id, and of the catalogue."""
        self._icons.set_bases(organizations, catalog)

    def set_loader(self, loader: Loader) -> None:
        """Take the icons from this loader."""
        self._icons.set_loader(loader)

    def viewportEvent(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            index = self.indexAt(event.pos())
            words = self.words(index.row()) if index.isValid() else ""
            QToolTip.showText(event.globalPos(), plain_tooltip(words), self, self.visualRect(index))
            return True
        return bool(super().viewportEvent(event))

    def words(self, position: int) -> str:
        """All there is to say about a cell: name, organization, and how its icon is."""
        row = self._rows.row(position)
        if row is None:
            return ""
        texts = [csv_text(row[AT[name]]) for name in ("name", ORGANIZATION)]
        return "\n".join(text for text in (*texts, self._icons.words(position)) if text)

    # -- painting ----------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        if self._painter is None:
            self._painter = GalleryPainter(self.font(), self.palette(), self.devicePixelRatioF())
        # Apart: what was scrolled in, and the cell that came under the mouse, say.
        few = event.region().rectCount() <= _MOST_RECTANGLES
        rects = list(event.region()) if few else [event.rect()]  # type: ignore[call-overload]
        for scene in self._scenes.of(self.grid, self.verticalOffset(), rects, self.hasFocus()):
            if len(rects) > 1:
                painter.setClipRect(scene.rect)
            self._painter.paint(painter, scene, self._icons.source)
        painter.setClipping(False)
        if not self._band.isNull():
            self._paint_band(painter)
        painter.end()

    def _paint_band(self, painter: QPainter) -> None:
        color = QColor(self.palette().highlight().color())
        painter.setPen(color)
        color.setAlphaF(0.2)
        painter.fillRect(self._band, color)
        painter.drawRect(self._band)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (
            QEvent.Type.FontChange,
            QEvent.Type.PaletteChange,
            QEvent.Type.StyleChange,
            QEvent.Type.DevicePixelRatioChange,
        ):
            self._look_changed()

    def _look_changed(self) -> None:
        self._painter = None
        self.viewport().update()
