"""The History panel: the edits of the catalogue, and what the chosen one changed."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import (
    QEvent,
    QItemSelection,
    QItemSelectionModel,
    QObject,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QAction, QCloseEvent, QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QDockWidget,
    QHBoxLayout,
    QLabel,
    QMainWindow,
    QPushButton,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from db import history_query
from db.edits import DISCARDED, DONE, UNDONE
from db.history_query import PAGE, EditFacts
from gui import theme
from gui.background import deliver
from gui.history_changes import ChangesView
from gui.history_icons import CellIcons
from gui.history_models import EditsModel
from gui.history_table import HistoryTable
from gui.text import sentence

if TYPE_CHECKING:
    from db.catalog import Catalog

_WIDTHS: Final = (0, 66, 80, 124, 56)
_HEIGHT: Final = 270
_SETTLING_MS: Final = 500
"""As long what is above may take to be laid out anew; the panel takes the room it gives up."""
_LOW: Final = 600
"""A window that is lower has no room for the panel and all that is above. In px, as the others."""


class HistoryPanel(QWidget):
    """Lists the edits, and offers what can be done with those that are chosen.

    Signals:
        undo_wanted(int), redo_wanted(int): to this edit.
        revert_wanted(EditFacts): revert this one alone, or do one again that was undone for good.
        save_wanted(list[EditFacts]): write these to a file.
    """

    undo_wanted = Signal(object)
    redo_wanted = Signal(object)
    revert_wanted = Signal(object)
    save_wanted = Signal(object)

    def __init__(self, catalog: Catalog, icons: CellIcons | None) -> None:
        super().__init__()
        self._catalog = catalog
        self._reader = catalog.reader("history")
        self.model = EditsModel(self)
        self.model.more_wanted.connect(self._read_more)
        self.table = HistoryTable(self.tr("Edits"), self.model, _WIDTHS, several=True)
        self.changes = ChangesView(catalog, icons)
        self.problem = QLabel(textFormat=Qt.TextFormat.PlainText, wordWrap=True)
        self.problem.hide()
        self.buttons: dict[str, QPushButton] = {}
        self._add_actions()
        self._lay_out()
        self.table.selectionModel().selectionChanged.connect(self._choose)
        self._choose()
        self.reload()

    def _add_actions(self) -> None:
        for name, symbol, text, run in (
            ("undo", "undo", self.tr("&Undo to Here"), self._undo),
            ("redo", "redo", self.tr("&Redo to Here"), self._redo),
            ("revert", "revert", self.tr("Rever&t…"), self._revert),
            ("save", "save", self.tr("&Save…"), self._save),
        ):
            self._add(name, symbol, text, run)
        self.buttons["undo"].setToolTip(self.tr("Take back this edit and all later ones"))
        self.buttons["redo"].setToolTip(self.tr("Do again all that was undone up to this edit"))
        self.buttons["save"].setToolTip(
            self.tr("Write the chosen edits to a file for another copy of this catalogue")
        )
        self.table.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)

    def _add(self, name: str, symbol: str, text: str, run: Callable[[], None]) -> None:
        button = QPushButton(text)
        theme.set_icon(button, symbol)
        button.clicked.connect(run)
        action = QAction(text, self.table)
        action.triggered.connect(button.click)
        self.table.addAction(action)
        self.buttons[name] = button

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(6)
        for button in self.buttons.values():
            row.addWidget(button)
        row.addStretch()
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(8, 4, 4, 4)
        column.setSpacing(6)
        column.addLayout(row)
        column.addWidget(self.problem)
        column.addWidget(self.table, 1)
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.addWidget(left)
        self.splitter.addWidget(self.changes)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.setSizes([620, 660])
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self.splitter)

    # -- the edits -----------------------------------------------------------------------------

    def reload(self) -> None:
        """Read the edits anew, as many as are shown; the chosen ones stay chosen."""
        limit = max(PAGE, len(self.model.rows))
        future = self._reader.request(
            lambda connection: history_query.edits(connection, None, limit)
        )
        deliver(self, future, partial(self._show, limit), self._fail)

    def _read_more(self) -> None:
        before = self.model.rows[-1].id
        future = self._reader.request(lambda connection: history_query.edits(connection, before))
        deliver(self, future, partial(self._show_more, before), self._fail)

    def _show(self, limit: int, edits: list[EditFacts]) -> None:
        self.problem.hide()
        chosen = {facts.id for facts in self.chosen()}
        self.model.has_more = False  # the view asks for more while the rows change
        self.model.show_rows(edits)
        self.model.has_more = len(edits) == limit
        selection = QItemSelection()
        for row, facts in enumerate(edits):
            if facts.id in chosen:
                selection.select(self.model.index(row, 0), self.model.index(row, 4))
        self.table.selectionModel().select(
            selection, QItemSelectionModel.SelectionFlag.ClearAndSelect
        )
        if selection.isEmpty():
            self._choose()

    def _show_more(self, before: int, edits: list[EditFacts]) -> None:
        if self.model.rows and self.model.rows[-1].id == before:
            self.model.add_rows(edits)
            self.model.has_more = len(edits) == PAGE

    def _fail(self, error: Exception) -> None:
        self.problem.setText(sentence(error))
        self.problem.show()

    def chosen(self) -> list[EditFacts]:
        """The chosen edits, newest first."""
        return [self.model.rows[row] for row in self.table.chosen()]

    def _choose(self, *_: object) -> None:
        chosen = self.chosen()
        one = chosen[0] if len(chosen) == 1 else None
        writable = one is not None and not self._catalog.read_only
        state = one.state if one is not None else None
        self._enable("undo", writable and state == DONE)
        self._enable("redo", writable and state == UNDONE)
        self._enable("revert", writable and state in (DONE, DISCARDED))
        self._enable("save", bool(chosen))
        again, alone = self.tr("Do A&gain…"), self.tr("Rever&t…")
        self.buttons["revert"].setText(again if state == DISCARDED else alone)
        self.buttons["revert"].setToolTip(
            self.tr("Do this edit again as an edit of its own")
            if state == DISCARDED
            else self.tr("Take back this edit alone; later ones stay")
        )
        if one is None or one != self.changes.facts:
            self.changes.show_edit(one)

    def _enable(self, name: str, on: bool) -> None:
        self.buttons[name].setEnabled(on)
        place = list(self.buttons).index(name)
        self.table.actions()[place].setEnabled(on)

    def _undo(self) -> None:
        self.undo_wanted.emit(self.chosen()[0].id)

    def _redo(self) -> None:
        self.redo_wanted.emit(self.chosen()[0].id)

    def _revert(self) -> None:
        self.revert_wanted.emit(self.chosen()[0])

    def _save(self) -> None:
        self.save_wanted.emit(self.chosen())


class HistoryDock(QDockWidget):
    """The panel's place below the table; it can be moved, or made a window of its own.

    Signals:
        closed(): the user closed it.
        cramped(bool): it stands in a low window, where what is above has to be content with less.
    """

    closed = Signal()
    cramped = Signal(bool)

    def __init__(self, window: QMainWindow) -> None:
        super().__init__(window)
        self.setObjectName("history")
        self.setWindowTitle(self.tr("History"))
        self.hide()
        self._window = window
        self._is_cramped = False
        self._settling = QTimer(self, singleShot=True, interval=_SETTLING_MS)
        window.addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, self)
        window.installEventFilter(self)
        self.topLevelChanged.connect(self._look_for_room)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._look_for_room()
        elif event.type() == QEvent.Type.LayoutRequest and self._settling.isActive():
            QTimer.singleShot(0, self, self._take_room)
        return False

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._look_for_room()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._look_for_room()

    def _look_for_room(self, *_: object) -> None:
        low = self._window.height() < _LOW
        cramped = low and not self.isHidden() and not self.isFloating()
        if cramped != self._is_cramped:
            self._is_cramped = cramped
            self.cramped.emit(cramped)
            self._settling.start()

    def _take_room(self) -> None:
        self._window.resizeDocks([self], [_HEIGHT], Qt.Orientation.Vertical)

    def closeEvent(self, event: QCloseEvent) -> None:
        super().closeEvent(event)
        self.closed.emit()

    def put(self, panel: HistoryPanel | None) -> None:
        """Show this panel instead of the one that is there, or none."""
        before = self.widget()
        self.setWidget(panel)  # type: ignore[arg-type]
        if before is not None:
            before.deleteLater()
        if panel is not None:
            self._take_room()
