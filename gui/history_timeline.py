"""The past of one integration: who changed what when, and a way back."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QFont, QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QTreeWidgetItemIterator,
    QVBoxLayout,
    QWidget,
)

from db import history_query
from db.fields import Value, csv_text
from db.history_query import Timeline, TimelineEntry
from gui.background import deliver
from gui.dialog_parts import give_room
from gui.history_icons import EDGE, CellIcons
from gui.history_words import field_words, moment, value_words
from gui.text import one_line, plain_tooltip, sentence

if TYPE_CHECKING:
    from db.catalog import Catalog

_WIDTHS: Final = (130, 130)
_ROLE: Final = Qt.ItemDataRole.UserRole
_LONG: Final = 500


class TimelineView(QWidget):
    """Shows the edits of one integration, the latest first; reads only while it is in sight.

    Signals:
        field_wanted(int, str, Value): give this field of the integration with that pk this value.
        record_wanted(int, EditFacts): make the integration what it was before this edit.
    """

    field_wanted = Signal(object, str, object)
    record_wanted = Signal(object, object)

    def __init__(self, catalog: Catalog, icons: CellIcons | None) -> None:
        super().__init__()
        self._reader = catalog.reader("timeline")
        self._writable = not catalog.read_only
        self._icons = icons
        self._pk: int | None = None
        self._is_current = False
        self._before: int | None = None
        self.tree = QTreeWidget()
        self.tree.setAccessibleName(self.tr("Edits of this integration"))
        self.tree.setHeaderLabels([self.tr("Field"), self.tr("Old"), self.tr("New")])
        self.tree.setIconSize(QSize(EDGE, EDGE))
        self.tree.setRootIsDecorated(False)
        self.tree.setTextElideMode(Qt.TextElideMode.ElideMiddle)  # an address's end tells most
        give_room(self.tree)
        for column, width in enumerate(_WIDTHS):
            self.tree.setColumnWidth(column, width)
        self.tree.currentItemChanged.connect(lambda *_: self._choose())
        self.state = QLabel(textFormat=Qt.TextFormat.PlainText, wordWrap=True)
        self.more = QPushButton(self.tr("Earlier"))
        self.restore_field = QPushButton(self.tr("Restore Old Value"))
        self.restore_record = QPushButton(self.tr("Restore Record"))
        self.restore_field.setToolTip(self.tr("Give the chosen field its old value back"))
        self.restore_record.setToolTip(
            self.tr("Make the whole integration what it was before the chosen edit")
        )
        self.more.clicked.connect(lambda: self._read(self._before))
        self.restore_field.clicked.connect(self._want_field)
        self.restore_record.clicked.connect(self._want_record)
        self._lay_out()
        if icons is not None:
            icons.loader.changed.connect(self._show_icons)

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(6)
        row.addWidget(self.restore_field)
        row.addWidget(self.restore_record)
        row.addStretch()
        row.addWidget(self.more)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 4, 8, 8)
        column.setSpacing(6)
        column.addWidget(self.tree, 1)
        column.addWidget(self.state)
        column.addLayout(row)

    def show_record(self, pk: int | None) -> None:
        """Show the past of another integration, or of the same one anew; None for none."""
        self._pk = pk
        self._is_current = False
        if self.isVisible():
            self._read(None)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self._is_current:
            self._read(None)

    def _read(self, before: int | None) -> None:
        self._is_current = True
        pk = self._pk
        if before is None:
            self.tree.clear()
            self.more.hide()
            self._choose()
        self.state.setText(self.tr("Reading…"))
        if pk is None:
            return
        future = self._reader.request(
            lambda connection: history_query.timeline(connection, pk, before)
        )
        deliver(self, future, partial(self._show, pk), self._fail)

    def _show(self, pk: int, found: Timeline) -> None:
        if pk != self._pk:
            return
        for entry in found.entries:
            self._add(entry)
        self._before = found.before
        self.more.setVisible(found.before is not None)
        self.state.setVisible(not self.tree.topLevelItemCount())
        self.state.setText(self.tr("The history has no edit of this integration any more."))
        self._show_icons()

    def _fail(self, error: Exception) -> None:
        self.state.setText(sentence(error))
        self.state.show()

    def _add(self, entry: TimelineEntry) -> None:
        facts, change = entry
        said = [one_line(facts.label, 80), one_line(facts.author, 40), moment(facts.at)]
        head = QTreeWidgetItem([" · ".join(said)])
        head.setToolTip(0, plain_tooltip("\n".join([facts.label, facts.author, moment(facts.at)])))
        head.setData(0, _ROLE, (entry, None))
        bold = QFont(self.font())
        bold.setWeight(QFont.Weight.DemiBold)
        head.setFont(0, bold)
        self.tree.addTopLevelItem(head)
        head.setFirstColumnSpanned(True)
        for name, old, new in change.cells():
            words = ["" if change.op == "INSERT" else value_words(old)]
            words.append("" if change.op == "DELETE" else value_words(new))
            item = QTreeWidgetItem([field_words("integration", name), *words])
            for column, value in ((1, old), (2, new)):
                item.setToolTip(column, plain_tooltip(value_words(value, _LONG)))
            item.setData(0, _ROLE, (entry, name))
            head.addChild(item)
        head.setExpanded(True)

    def _show_icons(self, _: object = None) -> None:
        if self._icons is None or not self.isVisible():
            return
        for item, entry in self._url_items():
            change = entry.change
            org_id = csv_text({**change.old, **change.new}.get("org_id"))
            for column, values in ((1, change.old), (2, change.new)):
                if values.get("icon_url") is not None:
                    ratio = self.devicePixelRatioF()
                    item.setIcon(column, self._icons.icon(values["icon_url"], org_id, ratio))

    def _url_items(self) -> list[tuple[QTreeWidgetItem, TimelineEntry]]:
        found = []
        items = QTreeWidgetItemIterator(self.tree)
        while item := items.value():
            entry, name = item.data(0, _ROLE)
            if name == "icon_url":
                found.append((item, entry))
            items += 1
        return found

    # -- the way back --------------------------------------------------------------------------

    def _chosen(self) -> tuple[TimelineEntry | None, str | None]:
        item = self.tree.currentItem()
        return item.data(0, _ROLE) if item is not None else (None, None)

    def _choose(self) -> None:
        entry, name = self._chosen()
        changed = entry is not None and entry.change.op == "UPDATE"
        self.restore_field.setEnabled(self._writable and changed and name is not None)
        had = entry is not None and entry.change.op != "INSERT"
        self.restore_record.setEnabled(self._writable and had)

    def _want_field(self) -> None:
        entry, name = self._chosen()
        if entry is not None and name is not None:
            value: Value = entry.change.old.get(name)
            self.field_wanted.emit(self._pk, name, value)

    def _want_record(self) -> None:
        entry, _ = self._chosen()
        if entry is not None:
            self.record_wanted.emit(self._pk, entry.edit)
