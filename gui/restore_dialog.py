"""Restoring a backup: the backups that there are, and what restoring one would change."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from PySide6.QtCore import QSize, Qt, QUrl, Signal
from PySide6.QtWidgets import (
    QDialog,
    QHeaderView,
    QLabel,
    QSplitter,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from db.backups import Backup, Backups
from db.catalog import Catalog
from db.changes import Change
from db.errors import Cancelled
from db.restore import Difference, Differences, differences
from gui.background import deliver, in_thread
from gui.dialog_parts import Foot, Message, fit_to_screen, give_room, open_outside
from gui.redo_question import agreement
from gui.text import number, one_line, sentence, size, when

_SIZE: Final = QSize(760, 520)


class RestoreDialog(QDialog):
    """Lists the backups of a catalogue, shows what one would change, and restores it as one edit.

    Signals:
        restored(Change): it is done; undo takes it back.
    """

    restored = Signal(object)

    def __init__(self, catalog: Catalog, backups: Backups, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._catalog = catalog
        self._backups = backups
        self._reader = catalog.reader("backup")
        self._found: list[Backup] = []
        self._restoring = False
        self.setWindowTitle(self.tr("Restore a Backup"))
        self.list = self._make_list()
        self.changes = self._make_changes()
        self._message = Message()
        self.message = self._message.label
        self._foot = Foot(self.start, self.reject)
        self.restore_button, self.close_button = self._foot.begin_button, self._foot.close_button
        self.restore_button.setText(self.tr("&Restore"))
        self.close_button.setText(self.tr("&Close"))
        self._lay_out()
        fit_to_screen(self, _SIZE)
        self._foot.show_busy(False)
        self._set_ready(False)
        self._message.say(self.tr("Looking for backups…"))
        deliver(self, in_thread(backups.all, "backups"), self._show_backups, self._failed)

    # -- what it is made of --------------------------------------------------------------------

    def _make_list(self) -> QTreeWidget:
        made = _tree([self.tr("Made"), self.tr("Before"), self.tr("Size")])
        made.setAccessibleName(self.tr("Backups, the newest first"))
        made.currentItemChanged.connect(lambda *_: self._compare())
        return made

    def _make_changes(self) -> QTreeWidget:
        made = _tree([self.tr("Restoring it would"), self.tr("Id"), self.tr("Name")])
        made.setAccessibleName(self.tr("What restoring it would change"))
        made.setSelectionMode(QTreeWidget.SelectionMode.ExtendedSelection)
        return made

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(8)
        splitter = QSplitter(Qt.Orientation.Vertical)
        for words, tree in (
            (self.tr("&Backups"), self.list),
            (self.tr("&Differences to now"), self.changes),
        ):
            splitter.addWidget(_labelled(words, tree))
        splitter.setChildrenCollapsible(False)
        splitter.setStretchFactor(0, 2)
        splitter.setStretchFactor(1, 3)
        self._lists = splitter
        layout.addWidget(splitter, 1)
        layout.addLayout(self._message)
        layout.addStretch(0)
        self.folder_button = self._foot.add_button(self.tr("Show &Folder"), self._show_folder)
        layout.addLayout(self._foot)

    # -- which backup --------------------------------------------------------------------------

    def _show_backups(self, found: list[Backup]) -> None:
        self._found = found
        items = []
        for backup in found:
            reasons = {"edit": self.tr("an edit of many"), "upgrade": self.tr("an upgrade")}
            cells = [when(backup.at), reasons[backup.reason], size(backup.size)]
            items.append(QTreeWidgetItem(cells))
        self.list.addTopLevelItems(items)
        if items:
            self.list.setCurrentItem(items[0])
            self.list.setFocus()
        else:
            self._message.say(
                self.tr(
                    "There is no backup yet. One is made before an import or an edit of more than "
                    "1,000 integrations, at most once an hour."
                )
            )
            self._lists.hide()  # nothing but headings
            layout = self.layout()
            assert layout is not None
            layout.activate()
            self.resize(self.width(), layout.totalHeightForWidth(self.width()))
            self.close_button.setFocus()

    @property
    def backup(self) -> Backup | None:
        """The one that is chosen."""
        place = self.list.currentIndex().row()
        return self._found[place] if place >= 0 else None

    def _compare(self) -> None:
        backup = self.backup
        self.changes.clear()
        self._set_ready(False)
        if backup is None:
            return
        self._message.say(self.tr("Comparing the backup with what is there now…"))
        self._foot.show_endless()
        path = backup.path
        future = self._reader.request(lambda connection: differences(connection, path))
        deliver(self, future, lambda found: self._show(path, found), self._failed)

    def _show(self, path: Path, found: Differences) -> None:
        if self.backup is None or self.backup.path != path:
            return
        self._foot.show_busy(False)
        words = {
            "added": self.tr("bring back"),
            "deleted": self.tr("delete"),
            "changed": self.tr("change"),
        }
        for kind, some in found.first.items():
            for each in some:
                self.changes.addTopLevelItem(_item(words[kind], each))
            rest = getattr(found, kind) - len(some)
            if rest > 0:
                more = self.tr("and {count} more").format(count=number(rest))
                self.changes.addTopLevelItem(QTreeWidgetItem([words[kind], more, ""]))
        self._message.say(self._words(found))
        self._set_ready(found.any and not self._catalog.read_only)

    def _words(self, found: Differences) -> str:
        if not found.any:
            return self.tr("The backup holds what is there now: there is nothing to restore.")
        parts = (
            (found.added, self.tr("{count} would come back")),
            (found.deleted, self.tr("{count} would be deleted")),
            (found.changed, self.tr("{count} would be changed")),
        )
        rows = ", ".join(words.format(count=number(count)) for count, words in parts if count)
        said = [self.tr("Integrations: {what}.").format(what=rows)] if rows else []
        if found.organizations or found.settings:
            more = self.tr("Organizations and settings: {count} would be changed.")
            said.append(more.format(count=number(found.organizations + found.settings)))
        return " ".join([*said, self.tr("Undo takes a restore back.")])

    # -- restoring -----------------------------------------------------------------------------

    def start(self) -> None:
        """Restore the backup that is chosen, once redo may be lost."""
        backup = self.backup
        if backup is None or not self.restore_button.isEnabled():
            return
        self._set_ready(False)
        agreed = agreement(self, self._catalog)
        deliver(self, agreed, lambda _: self._restore(backup), lambda _: self._set_ready(True))

    def _restore(self, backup: Backup) -> None:
        self._restoring = True
        self.list.setEnabled(False)
        self._foot.show_endless()
        self.close_button.setText(self.tr("&Cancel"))
        self._message.say(self.tr("Restoring…"))
        label = self.tr("Restore the backup of {when}").format(when=when(backup.at))
        self._write = self._catalog.restore(backup.path, label)
        deliver(self, self._write, self._done, self._failed)

    def _done(self, change: Change) -> None:
        self._restoring = False
        self.restored.emit(change)
        self.accept()

    def _failed(self, error: Exception) -> None:
        self._restoring = False
        self.list.setEnabled(True)
        self.close_button.setText(self.tr("&Close"))
        self._foot.show_busy(False)
        symbol = "info" if isinstance(error, Cancelled) else "error"
        self._message.say(one_line(sentence(error), 1000), symbol)
        self._set_ready(isinstance(error, Cancelled))

    def _set_ready(self, ready: bool) -> None:
        self.restore_button.setEnabled(ready)

    def _show_folder(self) -> None:
        folder = self._backups.folder
        place = self.backup.path.parent if self.backup else folder
        open_outside(self, QUrl.fromLocalFile(str(place)))

    def reject(self) -> None:
        """Cancel what is being restored, which leaves nothing; close when nothing is."""
        if self._restoring:
            self._catalog.cancel(self._write)
        else:
            super().reject()

    def done(self, result: int) -> None:
        """Close, and ask nothing any more."""
        self._reader.close()
        super().done(result)


def _item(words: str, difference: Difference) -> QTreeWidgetItem:
    return QTreeWidgetItem([words, one_line(difference.id), one_line(difference.name)])


def _tree(headings: list[str]) -> QTreeWidget:
    tree = QTreeWidget()
    tree.setHeaderLabels(headings)
    tree.setRootIsDecorated(False)
    tree.setUniformRowHeights(True)
    give_room(tree)
    tree.setAllColumnsShowFocus(True)
    tree.setMinimumHeight(90)
    tree.header().setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
    tree.header().resizeSection(0, 190)
    tree.header().resizeSection(1, 190)
    return tree


def _labelled(words: str, tree: QTreeWidget) -> QWidget:
    box = QWidget()
    layout = QVBoxLayout(box)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(4)
    label = QLabel(words)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setBuddy(tree)
    layout.addWidget(label)
    layout.addWidget(tree, 1)
    return box
