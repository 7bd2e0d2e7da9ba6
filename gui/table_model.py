"""The rows of the table: those that are shown, in their order, read page by page."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import Future, wait
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import apsw
from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    QTimer,
    Signal,
)

from db import order
from db.errors import environment_error
from db.fields import FIELD_BY_NAME, Value, csv_text, is_blank
from db.order import AT, SHORT, Beginning, Order, OrderSpec, Row
from db.pages import Pages
from gui.background import deliver
from gui.columns import COLUMNS, ICON, PLACE
from gui.table_cells import cell, spoken, tooltip
from gui.table_edits import PendingEdits, meant
from gui.text import number

if TYPE_CHECKING:
    from db.catalog import Catalog
    from db.changes import Change
    from db.scratch import ScratchFolder

Index = QModelIndex | QPersistentModelIndex
Role = Qt.ItemDataRole

RETRY_MILLISECONDS: Final = 50
"""After how long a page is asked for again that a lock did not let through."""
_NO_INDEX: Final = QModelIndex()
_READ: Final = (
    Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemNeverHasChildren
)
_WRITE: Final = _READ | Qt.ItemFlag.ItemIsEditable


class IntegrationTableModel(QAbstractTableModel):
    """Integrations by position in the order that was asked for last.

    Signals:
        loading(): an order is being made; the old rows stay until it is there.
        loaded(int): all rows of the order are there, so many of them.
        edit_requested(int, str, Value): store this value in this field of the row with this pk.
            The cell shows it already; `end_edit` takes it back.
        typing(int, str, str): this text is being typed into this field of the row with this pk;
            None when the editor was closed.
        waiting_changed(): `waiting_edits` are others.
        failed(Exception): the rows cannot be read.
        said(str): a message for the user.

    Attributes:
        spec: what was asked for last.
        is_loading: whether its order is still being made.
        wanted_pks: called for the pks whose positions the next order is to find.
        positions: those that were found, by pk.
        seen: what the field of the last `edit_requested` held when its editor was opened, by name;
            nothing when there was none.
        icon_words: called for what is to say about the icon of the row at a position.
    """

    loading = Signal()
    loaded = Signal(int)
    edit_requested = Signal(object, str, object)
    typing = Signal(object, str, object)
    waiting_changed = Signal()
    failed = Signal(object)
    said = Signal(str)

    def __init__(self, catalog: Catalog, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.spec = OrderSpec()
        self.is_loading = False
        self.wanted_pks: Callable[[], Sequence[int]] = tuple
        self.positions: dict[int, int] = {}
        self.icon_words: Callable[[int], str] = lambda _: ""
        self._read_only = catalog.read_only
        self._path = catalog.path
        self._connection = catalog.connect_here()
        self._reader = catalog.reader("order")
        self._beginning_reader = catalog.reader("beginning")
        self._selection_reader = catalog.reader("selection")
        self._folder: ScratchFolder | None = None
        self._pages: Pages | Beginning | None = None
        self._fields: frozenset[str] | None = None
        self._edits = PendingEdits()
        self._opened: tuple[int, str, Value] | None = None
        self.seen: dict[str, Value] = {}
        self._asked = 0
        self._held: list[Beginning | Order] | None = None
        self._has_failed = False
        self._retry = QTimer(self, singleShot=True, interval=RETRY_MILLISECONDS)
        self._retry.timeout.connect(self._show_again)

    def close(self) -> None:
        """Let go of the catalogue."""
        self._retry.stop()
        self.is_loading = False
        self.beginResetModel()
        self._drop_pages()
        self.endResetModel()
        self._reader.close()
        self._beginning_reader.close()
        self._selection_reader.close()
        self._connection.close()
        if self._folder is not None:
            self._folder.close()

    # -- what is shown -----------------------------------------------------------------------

    def set_spec(self, spec: OrderSpec) -> None:
        """Show other rows, or in another order; does nothing when they are shown already."""
        if spec != self.spec or not self.was_asked:
            self.spec = spec
            self.reload()

    def begin(self, spec: OrderSpec) -> None:
        """Show only the first rows until `set_spec` asks for all; ask now if there are none."""
        self.spec = spec
        self.is_loading = True
        if not spec.is_filtered:
            self._show_beginning()
        if self._pages is None:
            self.reload()

    @property
    def was_asked(self) -> bool:
        """Whether rows were asked for at all."""
        return self._asked > 0

    def reload(self) -> None:
        """Make the order anew: rows came or went."""
        self._asked += 1
        self.is_loading = True
        self.loading.emit()
        if self._pages is None and not self.spec.is_filtered:
            self._show_beginning()
        spec = self.spec
        folder = self._scratch_path()
        find = tuple(self.wanted_pks())
        number = self._asked
        begun: list[Future[Any]] = []
        if self._pages is None or not spec.shows_same_rows_as(self._pages.spec):
            begun.append(self._ask_for_beginning(spec))
        else:
            self._beginning_reader.cancel()

        def make(connection: apsw.Connection) -> Order:
            wait(begun, order.HEAD_START)
            return order.make(connection, spec, folder, find=find)

        future = self._reader.request(make)
        deliver(self, future, lambda made: self._take(made, number), self._fail_loading)

    def _ask_for_beginning(self, spec: OrderSpec) -> Future[Beginning | None]:
        """Look for the first rows beside the whole order: an index often has them much sooner."""
        fields = self._fields
        future = self._beginning_reader.request(
            lambda connection: order.beginning(connection, spec, fields, seconds=order.BESIDE)
        )
        deliver(self, future, self._take_beginning, lambda _: None)  # the order tells
        return future

    def _scratch_path(self) -> Path:
        from db.scratch import ScratchFolder  # the first rows need none

        if self._folder is None:
            self._folder = ScratchFolder()
        return self._folder.path

    def refresh(self, change: Change) -> None:
        """Show what a committed change changed; edited rows stay where they are."""
        if change.kind != "elsewhere" and self._edits.forget(change.pks):
            self.waiting_changed.emit()
        if change.added or change.deleted or change.pks is None:
            if self._pages is not None:
                self._pages.forget()
            self.reload()
        elif self._pages is not None and (change.pks or change.organizations):
            positions = self._pages.forget(None if change.organizations else change.pks)
            self._tell_changed(iter(positions))

    def hold(self, index: Index) -> None:
        """Change no rows for now: an editor of this cell is open."""
        row = self.row(index.row())
        if row is not None:
            name = COLUMNS[index.column()].field
            self._opened = (row[0], name, self.value(row, name))
        if self._held is None:
            self._held = []

    @property
    def opened_value(self) -> Value:
        """What the cell held whose editor is open."""
        return self._opened[2] if self._opened else None

    def tell_typed(self, text: str) -> None:
        """Tell what stands in the editor that is open."""
        if self._opened is not None:
            self.typing.emit(self._opened[0], self._opened[1], text)

    def release(self) -> None:
        """Show what came while the rows were held."""
        opened, self._opened = self._opened, None
        if opened is not None:
            self.typing.emit(opened[0], opened[1], None)
        held, self._held = self._held, None
        for waiting in (held or [])[-1:]:
            self._show(waiting)

    def show_columns(self, names: Collection[str]) -> None:
        """Read only what these columns show."""
        fields = frozenset(COLUMNS[PLACE[name]].field for name in names) | {"id", "icon_url"}
        if fields != self._fields:
            self._fields = fields
            if self._pages is not None:
                self._pages.show(fields)
                self._show_again()

    def reads(self, name: str) -> bool:
        """Whether rows have this field: those that no column shows are not read."""
        return self._fields is None or name in self._fields

    def _show_beginning(self) -> None:
        """Show the first rows at once, as far as that takes a few milliseconds."""
        try:
            beginning = order.beginning(self._connection, self.spec, self._fields)
        except apsw.Error:
            return  # the reader, which waits and tells, meets it too
        if beginning is not None:
            self._show(beginning)

    def _take_beginning(self, beginning: Beginning | None) -> None:
        if self.is_loading and beginning is not None and beginning.spec == self.spec:
            self._show(beginning)

    def _take(self, made: Order, number: int) -> None:
        if number == self._asked:
            self._beginning_reader.cancel()
            self.is_loading = False
            self._show(made)

    def _show(self, made: Order | Beginning) -> None:
        if self._held is not None:
            self._held.append(made)
            return
        begun = self._pages if isinstance(self._pages, Beginning) else None
        self.beginResetModel()
        self._drop_pages()
        try:
            self._pages = made if isinstance(made, Beginning) else self._open(made)
            self.positions = made.positions
            if begun is not None and begun.spec == made.spec:  # the rows go on where they began
                self.positions = {**begun.positions, **made.positions}
        except apsw.Error as error:
            self._fail(error)
        self.endResetModel()
        if isinstance(made, Order):
            self.loaded.emit(self.rowCount())

    def _open(self, made: Order) -> Pages:
        return Pages(self._connection, made, self._fields)

    def _drop_pages(self) -> None:
        if self._pages is not None:
            self._pages.close()
            self._pages = None

    def _fail_loading(self, error: Exception) -> None:
        self._beginning_reader.cancel()
        self.is_loading = False
        self.failed.emit(error)
        self.loaded.emit(self.rowCount())

    def _show_again(self) -> None:
        if self.rowCount():
            last = self.index(self.rowCount() - 1, len(COLUMNS) - 1)
            self.dataChanged.emit(self.index(0, 0), last)

    def _tell_changed(self, positions: Iterator[int]) -> None:
        for first, last in order.merged((position, position) for position in positions):
            self.dataChanged.emit(self.index(first, 0), self.index(last, len(COLUMNS) - 1))

    # -- rows --------------------------------------------------------------------------------

    def rows(self, first: int, last: int) -> list[Row | None]:
        """The rows at some positions, both ends included; None for one that cannot be read now."""
        return self._edits.shown(self._stored_rows(first, last))

    def _stored_rows(self, first: int, last: int) -> list[Row | None]:
        count = max(0, min(last, self.rowCount() - 1) - first + 1)
        if self._pages is None or not count:
            return []
        try:
            return list(self._pages.rows(first, first + count - 1))
        except apsw.Error as error:
            self._fail(error)
            return [None] * count

    def stored_name(self, pk: int) -> str:
        """The name of a row as it is stored, whatever was typed into its cell; "" if unknown."""
        position = self.position_of(pk)
        if position is not None:
            (row,) = self._stored_rows(position, position) or (None,)
            return csv_text(row[AT["name"]]) if row is not None else ""
        sql = "SELECT substr(name, 1, ?) FROM integration WHERE pk = ?"
        return csv_text(self._of_one(sql, (SHORT + 1, pk)))

    def row(self, position: int) -> Row | None:
        """The row at a position; None when it cannot be read now."""
        found = self.rows(position, position)
        return found[0] if found else None

    def pk_at(self, position: int) -> int | None:
        """The pk of the row at a position, None when there is none."""
        row = self.row(position) if position >= 0 else None
        return None if row is None else row[0]

    def position_of(self, pk: int) -> int | None:
        """Where a row is: of those found by the last order, or read since; None for others."""
        for page in self._pages.cached() if self._pages is not None else ():
            for place, row in enumerate(page.rows):
                if row[0] == pk:
                    return page.first + place
        return self.positions.get(pk)

    def is_stored(self, pk: int) -> bool:
        """Whether the catalogue still has this row; an order that lacks it may be on its way."""
        return bool(self._of_one("SELECT EXISTS (SELECT 1 FROM integration WHERE pk = ?)", (pk,)))

    def _of_one(self, sql: str, bindings: tuple[int, ...]) -> Any:
        """The answer to a question about one row; None when it cannot be read now."""
        try:
            return self._connection.execute(sql, bindings).get
        except apsw.Error as error:
            self._fail(error)
            return None

    def pks(self, first: int, last: int) -> list[int]:
        """The pks of a few rows, both ends included."""
        if self._pages is None:
            return []
        try:
            return self._pages.pks(first, last)
        except apsw.Error as error:
            self._fail(error)
            return []

    def ask(self, job: Callable[[apsw.Connection, Order], Any]) -> Future[Any] | None:
        """Ask a question about many rows on a reader; None while there is no whole order."""
        shown = self.whole_order
        if shown is None:
            return None
        return self._selection_reader.request(lambda connection: job(connection, shown))

    @property
    def whole_order(self) -> Order | None:
        """The order that is shown; None while there is no whole one."""
        return self._pages.order if self._pages is not None else None

    def find_again(
        self, before: Order, ranges: Sequence[order.Range], most: int
    ) -> Future[list[order.Range] | None] | None:
        """Ask where the rows of an earlier order are now, see `order.moved`; a newer order drops
        the question. None while there is no whole order, or another one is being made."""
        now = self.whole_order
        if now is None or self.is_loading:
            return None
        return self._reader.request(
            lambda connection: order.moved(connection, before, now, ranges, most)
        )

    def _fail(self, error: apsw.Error) -> None:
        if isinstance(error, apsw.BusyError | apsw.LockedError):
            if not self._retry.isActive():
                self._retry.start()
        elif not self._has_failed:
            self._has_failed = True
            self.failed.emit(environment_error(error, self._path) or error)

    # -- what Qt asks ------------------------------------------------------------------------

    def rowCount(self, parent: Index = _NO_INDEX) -> int:
        return 0 if self._pages is None or parent.isValid() else self._pages.count

    def columnCount(self, parent: Index = _NO_INDEX) -> int:
        return 0 if parent.isValid() else len(COLUMNS)

    def flags(self, index: Index) -> Qt.ItemFlag:
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        return _READ if self._read_only or not COLUMNS[index.column()].editable else _WRITE

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Role.DisplayRole
    ) -> Any:
        if role not in (Role.DisplayRole, Role.AccessibleTextRole):
            return None
        if orientation == Qt.Orientation.Horizontal:
            return COLUMNS[section].title if 0 <= section < len(COLUMNS) else None
        return number(section + 1)

    def data(self, index: Index, role: int = Role.DisplayRole) -> Any:
        if not index.isValid():
            return None
        column = COLUMNS[index.column()]
        if role == Role.DisplayRole:
            if column.name == ICON:
                return None
        elif role == Role.AccessibleDescriptionRole:
            return self.icon_words(index.row()) if column.name in (ICON, "name") else None
        elif role not in (Role.EditRole, Role.ToolTipRole, Role.AccessibleTextRole):
            return None
        row = self.row(index.row())
        if row is None or row[AT["id"]] is None:
            return None
        value = row[column.at]
        if role == Role.DisplayRole:
            return cell(value, column.required).text
        if role == Role.EditRole:
            return csv_text(self.value(row, column.field))
        if role == Role.ToolTipRole:
            return tooltip(value, column.required, FIELD_BY_NAME[column.field].kind)
        return spoken(column.title, value, column.required)

    # -- editing -----------------------------------------------------------------------------

    def value(self, row: Row, name: str) -> Value:
        """The whole value of a field: a row holds only the beginning of a long one."""
        value: Value = row[AT[name]]
        if not isinstance(value, str) or len(value) <= SHORT:
            return value
        sql = f"SELECT {name} FROM integration WHERE pk = ?"
        try:
            value = self._connection.execute(sql, (row[0],)).get
        except apsw.Error as error:
            self._fail(error)
        return value

    def setData(self, index: Index, value: Any, role: int = Role.EditRole) -> bool:
        """Ask for a typed text to be stored; it shows at once."""
        row = self.row(index.row()) if index.isValid() else None
        if role != Role.EditRole or row is None or not self.flags(index) & _WRITE & ~_READ:
            return False
        name = COLUMNS[index.column()].field
        stored = self.value(row, name)
        new = meant(str(value), stored)
        if new == stored and type(new) is type(stored):
            return False
        if COLUMNS[index.column()].required and is_blank(new):
            words = self.tr("{field} is empty; every integration needs one. It stays as it was.")
            self.said.emit(words.format(field=COLUMNS[index.column()].title))
            return False
        opened = self._opened
        self.seen = {name: opened[2]} if opened and opened[:2] == (row[0], name) else {}
        self._edits.put(row[0], name, new, self.seen)
        self.waiting_changed.emit()
        self._tell_changed(iter((index.row(),)))
        self.edit_requested.emit(row[0], name, new)
        return True

    @property
    def waiting_edits(self) -> PendingEdits:
        """What was typed into cells and is not stored yet."""
        return self._edits

    def end_edit(self, pk: int, name: str) -> None:
        """The value is stored, or could not be: show what is stored."""
        position = self.position_of(pk)
        if self._edits.take_out(pk, name):
            self.waiting_changed.emit()
            if position is not None:
                self._tell_changed(iter((position,)))
