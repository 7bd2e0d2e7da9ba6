"""The table: paints itself, sorts by its header, edits in place, copies what is selected."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import (
    QByteArray,
    QEvent,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QRect,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QAction,
    QHelpEvent,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QPaintEvent,
)
from PySide6.QtWidgets import QAbstractItemDelegate, QMenu, QTableView, QToolTip, QWidget

from db.order import Range, SortKey
from gui import theme
from gui.columns import COLUMN_BY_NAME, COLUMNS, ICON, PLACE, Column
from gui.row_selection import FEW_ROWS, Command, RowSelection
from gui.table_editing import CellEditing
from gui.table_header import TableHeader
from gui.table_icons import Loader, RowIcons
from gui.table_model import Index, IntegrationTableModel
from gui.table_painter import ICON_SIZE, TablePainter
from gui.table_place import PlaceKeeper
from gui.table_scene import scene_of
from gui.text import plain_tooltip

if TYPE_CHECKING:
    from db.organizations import Organization
    from gui.table_copy import Copier
    from gui.table_editors import CellDelegate

ROW_HEIGHT: Final = 32


class IntegrationTable(QTableView):
    """Shows an `IntegrationTableModel`.

    Attributes:
        chosen: the rows that are selected, and the current one.
        place: keeps the place in the view that is in sight, be it this one or another.

    Signals:
        sort_changed(): `sort` is another one; the model is asked for it already.
        details_requested(int, str): this field of the row with this pk is not edited here.
        text_left(int, str, str): this text for this field of the row with this pk was refused, and
            cannot be offered again here.
        fill_requested(str, str): put this text into this field of all that are selected.
        delete_requested(): the Delete key was pressed.
        said(str): a message for the user.
    """

    sort_changed = Signal()
    details_requested = Signal(object, str)
    text_left = Signal(object, str, str)
    fill_requested = Signal(str, str)
    delete_requested = Signal()
    said = Signal(str)

    def __init__(
        self,
        model: IntegrationTableModel,
        loader: Loader | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._rows = model
        self._icons = RowIcons(self, model, self)
        model.icon_words = self._icons.words
        self.icon_size = ICON_SIZE
        self._painter: TablePainter | None = None
        self._read_instead: frozenset[str] | None = None
        self._editing = CellEditing(
            self, model, self._make_delegate, lambda section: not self.isColumnHidden(section)
        )
        self._editing.details_requested.connect(self.details_requested)
        self._editing.text_left.connect(self.text_left)
        self._make_viewport()
        self._make_header()
        self.setModel(model)
        self._set_up()
        self.chosen = RowSelection(self.selectionModel(), model, self._column_to_go_to, self)
        self.chosen.said.connect(self.said)
        self.place = PlaceKeeper(self, model)
        self.place.say = self.said.emit
        self.chosen.is_sought = lambda: self.place.is_seeking
        model.wanted_pks = self.place.wanted_pks
        model.modelAboutToBeReset.connect(self.place.before_reset)
        model.modelReset.connect(self._after_reset)
        if loader is not None:
            self.set_loader(loader)
        theme.notifier().changed.connect(self._colors_changed)

    def _make_viewport(self) -> None:
        # Asked for the one that Qt made, PySide6 looks through all classes of widgets: 10 ms.
        viewport = QWidget()
        viewport.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setViewport(viewport)

    def _make_header(self) -> None:
        self._header = TableHeader(self)
        self.setHorizontalHeader(self._header)
        self._header.sectionPressed.disconnect()  # a click sorts; it does not select a column
        self._header.sort_changed.connect(self._sort_changed)
        self._header.columns_changed.connect(self._columns_changed)

    def _set_up(self) -> None:
        # With the table's own selection model, select-all repaints the header for seconds.
        self._header.setSelectionModel(QItemSelectionModel(self._rows, self))
        rows = self.verticalHeader()
        rows.setAccessibleName(self.tr("Rows"))
        rows.hide()
        rows.setSectionResizeMode(rows.ResizeMode.Fixed)
        rows.setMinimumSectionSize(1)
        rows.setDefaultSectionSize(max(ROW_HEIGHT, self.fontMetrics().height() + 10))
        self.setVerticalScrollMode(self.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(self.ScrollMode.ScrollPerPixel)
        self.setSelectionMode(self.SelectionMode.ExtendedSelection)
        self.setEditTriggers(self.EditTrigger.EditKeyPressed | self.EditTrigger.DoubleClicked)
        self.setTabKeyNavigation(False)
        self.setCornerButtonEnabled(False)
        self.setWordWrap(False)
        self.setFrameShape(self.Shape.NoFrame)
        self.setAccessibleName(self.tr("Integrations"))
        self._make_sort_actions()
        self._header.reset_columns()
        self._header.sectionResized.connect(lambda *_: self._icons.want_soon())
        self.verticalScrollBar().valueChanged.connect(lambda _: self._icons.want_soon())

    def row_actions(self) -> list[QAction]:
        """The actions that were added to the table, for another view of its rows."""
        return [action for action in self.actions() if action not in self._sort_actions]

    # -- columns -----------------------------------------------------------------------------

    def column_actions(self) -> list[QAction]:
        """Actions that sort by the current column, show or hide each, and put all back."""
        return [*self._sort_actions, self._separator, *self._header.column_actions()]

    def column_menu(self) -> QMenu:
        """A menu that chooses the columns."""
        return self._header.column_menu()

    def save_layout(self) -> QByteArray:
        """Order, widths and visibility of the columns, and the sort."""
        return self._header.save_layout()

    def restore_layout(self, layout: QByteArray) -> bool:
        """Take a layout that `save_layout` gave; False when it is none, and nothing changes."""
        return self._header.restore_layout(layout)

    def _columns_changed(self) -> None:
        shown = {column.name for column in self._header.shown_columns()}
        self._rows.show_columns(shown if self._read_instead is None else self._read_instead)
        self._icons.want_soon()

    def read_instead(self, names: frozenset[str] | None) -> None:
        """Another view shows the rows: read these columns; None reads those of the table again."""
        self._read_instead = names
        self._columns_changed()

    def _make_sort_actions(self) -> None:
        self._separator = QAction(self)
        self._separator.setSeparator(True)
        sort = QAction(self.tr("&Sort by Current Column"), self)
        sort.setShortcut(QKeySequence("Ctrl+Shift+L"))
        sort.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        sort.triggered.connect(lambda: self._sort_by_current(further=False))
        further = QAction(self.tr("&Then by Current Column"), self)
        further.triggered.connect(lambda: self._sort_by_current(further=True))
        self._sort_actions = (sort, further)
        self.addActions([sort, further])

    def _sort_by_current(self, *, further: bool) -> None:
        if self.currentIndex().isValid():
            self.sort_by(COLUMNS[self.currentIndex().column()].name, further=further)

    # -- sort and filter ---------------------------------------------------------------------

    @property
    def sort(self) -> tuple[SortKey, ...]:
        """The columns to sort by, the most important first."""
        return self._header.sort

    def sort_by(self, name: str, *, further: bool = False) -> None:
        """Sort by a column as a click on its title does; `further` as one with Shift."""
        self._header.sort_by(COLUMN_BY_NAME[name].sort_column, further=further)

    def set_sort(self, sort: tuple[SortKey, ...]) -> None:
        """Sort by these columns, the most important first."""
        self._header.sort = sort

    def _sort_changed(self) -> None:
        if self._rows.was_asked:
            self._rows.set_spec(self._rows.spec._replace(sort=self.sort))
        self.sort_changed.emit()

    # -- current row and selection -----------------------------------------------------------

    def _column_to_go_to(self) -> int:
        column = self.currentIndex().column()
        if column < 0 or self.isColumnHidden(column):
            column = PLACE[self._header.shown_columns()[0].name]
        return column

    def select_pks(self, pks: Sequence[int]) -> None:
        """Select these rows and go to the first of them, as soon as they are shown."""
        self.place.chosen = list(pks[:FEW_ROWS])
        self._rows.reload()

    def currentChanged(self, current: Index, previous: Index) -> None:
        super().currentChanged(current, previous)
        if current.row() != previous.row():
            self._update_row(previous.row())
            self._update_row(current.row())

    # -- new rows ----------------------------------------------------------------------------

    def _after_reset(self) -> None:
        self.place.after_reset()
        self.chosen.tell()
        self._icons.want_soon()

    # -- places ------------------------------------------------------------------------------

    def top(self) -> tuple[int, int]:
        """See `ScrolledView`."""
        value = self.verticalScrollBar().value()
        return divmod(value, self._row_height()) if value else (-1, 0)

    def go_to_top(self, position: int, offset: int) -> None:
        """See `ScrolledView`."""
        self.updateGeometries()
        self.verticalScrollBar().setValue(position * self._row_height() + offset)

    def is_in_sight(self, index: Index) -> bool:
        """Whether some of a cell is to be seen."""
        return self.visualRect(index).intersects(self.viewport().rect())

    def visible_rows(self) -> Range:
        """See `RowView`."""
        last = self.rowAt(self.viewport().height() - 1)
        return max(0, self.rowAt(0)), last if last >= 0 else self._rows.rowCount() - 1

    def icon_rect(self, position: int) -> QRect:
        """See `RowView`."""
        place = PLACE[ICON]
        if self.isColumnHidden(place):
            return QRect()
        x, y = self.columnViewportPosition(place), self.rowViewportPosition(position)
        return QRect(x, y, self.columnWidth(place), self._row_height())

    def _row_height(self) -> int:
        return self.verticalHeader().defaultSectionSize()

    # -- editing -----------------------------------------------------------------------------

    def edit_current(self) -> None:
        """Open the editor of the current cell."""
        if self.currentIndex().isValid():
            self.edit(self.currentIndex())

    def commit_editor(self) -> None:
        """Take what was typed into an open cell editor, and close it."""
        self._editing.commit()

    def edit_again(self, pk: int, name: str, text: str) -> None:
        """Offer a text again that could not be stored, or emit `text_left`."""
        self._editing.edit_again(pk, name, text)

    def set_known(self, types: Sequence[str], organizations: Sequence[Organization]) -> None:
        """Offer these types and organizations in the editors."""
        self._editing.set_known(types, organizations)

    def edit(self, index: Index, *arguments: Any) -> Any:
        """Open an editor; a value that does not fit one line is left to the details."""
        if not arguments:
            arguments = (self.EditTrigger.AllEditTriggers, None)
        return self._editing.may_open(index, arguments[0]) and super().edit(index, *arguments)

    def _make_delegate(self) -> CellDelegate:
        from gui.table_editors import CellDelegate

        delegate = CellDelegate(self._rows, self)
        delegate.fills = lambda: self.chosen.count > 1
        delegate.fill_requested.connect(self.fill_requested)
        return delegate

    def closeEditor(self, editor: QWidget, hint: QAbstractItemDelegate.EndEditHint) -> None:
        hints = QAbstractItemDelegate.EndEditHint
        steps = {hints.EditNextItem: 1, hints.EditPreviousItem: -1}
        step = steps.get(hint)
        super().closeEditor(editor, hints.NoHint if step else hint)
        if not self._editing.offer_next() and step:
            index = self._next_editable(self.currentIndex(), step)
            if index.isValid():
                self.setCurrentIndex(index)
                self.edit(index)

    def _next_editable(self, index: QModelIndex, step: int) -> QModelIndex:
        """The next cell with an editor to the right (or left), if need be in the next row."""
        places = [PLACE[c.name] for c in self._header.shown_columns() if c.editable]
        if not places:
            return QModelIndex()
        place = places.index(index.column()) + step if index.column() in places else 0
        row = index.row() + (place >= len(places)) - (place < 0)
        return self._rows.index(row, places[place % len(places)])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        plain = event.modifiers() in (
            Qt.KeyboardModifier.NoModifier,
            Qt.KeyboardModifier.KeypadModifier,
        )
        if plain and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.edit_current()
        elif plain and event.key() == Qt.Key.Key_Delete:
            self.delete_requested.emit()
        elif event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        elif (
            event.key() == Qt.Key.Key_Space
            and event.modifiers() == Qt.KeyboardModifier.ShiftModifier
        ):
            self._select_rows()
        else:
            super().keyPressEvent(event)

    def keyboardSearch(self, search: str) -> None:
        """Typing letters does not walk through a million rows; the search field is for that."""

    def _select_rows(self) -> None:
        selection = QItemSelection()
        current = self.currentIndex().row()
        for first, last in self.chosen.ranges or [(current, current)]:
            end = self._rows.index(last, len(COLUMNS) - 1)
            selection.select(self._rows.index(first, 0), end)
        self.selectionModel().select(selection, Command.ClearAndSelect)

    # -- copying -----------------------------------------------------------------------------

    def copy(self, *, headings: bool = False) -> None:
        """Put the selected cells on the clipboard, with the titles of their columns if wanted."""
        self._copier.copy(headings=headings)

    def shown_columns(self) -> list[Column]:
        """The visible columns, from left to right."""
        return list(self._header.shown_columns())

    @cached_property
    def _copier(self) -> Copier:
        from gui.table_copy import Copier

        made = Copier(self.selectionModel(), self._rows, self._header.shown_columns, self)
        made.said.connect(self.said)
        return made

    # -- icons -------------------------------------------------------------------------------

    def set_bases(self, organizations: dict[str, str], catalog: str) -> None:
        """Base URLs of relative icon URLs: of organizations by id, and of the catalogue."""
        self._icons.set_bases(organizations, catalog)

    def set_loader(self, loader: Loader) -> None:
        """Show icons from now on; until then their column is empty, which a start need not fill."""
        self._icons.set_loader(loader)

    def viewportEvent(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            index = self.indexAt(event.pos())
            if index.isValid() and COLUMNS[index.column()].name == ICON:
                tip = plain_tooltip(self._icons.words(index.row()))
                QToolTip.showText(event.globalPos(), tip, self, self.visualRect(index))
                return True
        return bool(super().viewportEvent(event))

    # -- painting ----------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        if self._painter is None:
            self._painter = TablePainter(self.font(), self.palette(), self.devicePixelRatioF())
        scene = scene_of(self, self._rows, event.rect())
        addresses = self._icons.addresses(scene.rows)
        self._painter.paint(painter, scene, self._icons.source, addresses)
        painter.end()

    def _update_row(self, position: int) -> None:
        if position >= 0:
            y = self.rowViewportPosition(position)
            self.viewport().update(QRect(0, y, self.viewport().width(), self._row_height()))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (
            QEvent.Type.FontChange,
            QEvent.Type.PaletteChange,
            QEvent.Type.StyleChange,
            QEvent.Type.DevicePixelRatioChange,
        ):
            self._painter = None

    def _colors_changed(self) -> None:
        self._painter = None
        self.viewport().update()
