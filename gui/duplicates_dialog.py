"""Duplicates: groups of integrations that are alike, and merging those of a group."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import apsw
from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QSize, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from db import duplicates
from db.duplicates import Group, Groups, Way
from db.edits import EditSession
from db.fields import Record
from db.reader import Reader
from gui.background import deliver
from gui.dialog_parts import Message, fit_to_screen
from gui.duplicate_members import MOST, MembersTable
from gui.edit_scopes import EditScope
from gui.import_preview import PreviewTable
from gui.picture_hashes import picture_hashes
from gui.reader_pages import ReaderPages
from gui.record_actions import RecordActions
from gui.table_icons import Loader
from gui.text import number, one_line, plain_tooltip, sentence

Index = QModelIndex | QPersistentModelIndex
_COUNT: Final = 2
_RIGHT: Final = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
WAYS: Final[tuple[Way, ...]] = ("name", "url", "picture")


class GroupsModel(ReaderPages[Group]):
    """The groups, the largest first."""

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if role == Qt.ItemDataRole.TextAlignmentRole and section == _COUNT:
            return _RIGHT
        return super().headerData(section, orientation, role)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        group = self.row(index.row())
        if group is None:
            return None
        text = (group.title, group.organization, number(group.size))[index.column()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return one_line(text, 200)
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tooltip(text)
        if role == Qt.ItemDataRole.TextAlignmentRole and index.column() == _COUNT:
            return _RIGHT
        return None


class DuplicatesDialog(QDialog):
    """Finds groups in a scope, and merges chosen integrations of one, field by field.

    Args:
        readers: one that finds, and one that reads groups and integrations; the caller's.
        folder: for scratch files.
        cache: the icon cache file, which knows pictures.
        base_url: of the catalogue's relative icon URLs.

    Signals:
        said(str): what was done.
    """

    said = Signal(str)

    def __init__(
        self,
        scopes: Sequence[EditScope],
        readers: tuple[Reader, Reader, Reader],
        folder: Path,
        cache: Path,
        loader: Loader,
        base_url: str,
        actions: RecordActions,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._scopes = scopes
        self._finder, self._group_reader, self._member_reader = readers
        self._folder = folder
        self._cache = cache
        self._base_url = base_url
        self._actions = actions
        self._found: Groups | None = None
        self._asked = 0
        self.setWindowTitle(self.tr("Duplicates"))
        self.way_box = QComboBox()
        self.way_box.addItems(
            [
                self.tr("The same organization and name"),
                self.tr("The same icon URL"),
                self.tr("The same picture"),
            ]
        )
        self.scope_box = QComboBox()
        self.scope_box.addItems([scope.title for scope in scopes])
        self.groups = PreviewTable(self.tr("Groups"))
        self.members = MembersTable(loader)
        self._message = Message()
        self.message = self._message.label
        self._buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.merge_button = self._buttons.addButton("", QDialogButtonBox.ButtonRole.ActionRole)
        self._lay_out()
        self.way_box.activated.connect(lambda _: self._find())
        self.scope_box.activated.connect(lambda _: self._find())
        self.members.choice_changed.connect(self._show_choice)
        self.merge_button.clicked.connect(self.merge)
        self._buttons.rejected.connect(self.reject)
        fit_to_screen(self, QSize(1080, 700))
        self._show_choice()
        self._find()

    # -- finding -------------------------------------------------------------------------------

    def _find(self, position: int = 0) -> None:
        self._asked += 1
        self._found = None
        self.groups.clear()
        self._show_members([])
        self._message.say(self.tr("Looking …"))
        way = WAYS[self.way_box.currentIndex()]
        within = self._scopes[self.scope_box.currentIndex()].scope
        folder, cache, asked = self._folder, self._cache, self._asked
        deliver(
            self,
            self._finder.request(
                lambda connection: duplicates.find(
                    connection,
                    way,
                    within,
                    folder,
                    picture_hashes(cache) if way == "picture" else (),
                )
            ),
            lambda found: self._show(found, asked, position),
            lambda error: self._message.say(sentence(error), "error"),
        )

    def _show(self, found: Groups, asked: int, position: int) -> None:
        if asked != self._asked:
            return
        self._found = found
        headings = [self.tr("Alike"), self.tr("Organization"), self.tr("Count")]
        model = GroupsModel(
            self._group_reader,
            lambda connection, first, last: duplicates.groups(connection, found, first, last),
            found.count,
            headings,
            self.groups,
        )
        self.groups.setModel(model)
        self.groups.setColumnHidden(1, found.way != "name")
        header = self.groups.horizontalHeader()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.groups.setColumnWidth(2, 64)
        self.groups.selectionModel().currentRowChanged.connect(
            lambda current, _: self._read_members(current.row())
        )
        self._message.say(self._words(found), "ok" if found.count else "info")
        if found.count:
            self.groups.setCurrentIndex(model.index(min(position, found.count - 1), 0))

    def _words(self, found: Groups) -> str:
        if found.count:
            words = self.tr("{count} groups with {integrations} integrations.")
            if found.count == 1:
                words = self.tr("1 group with {integrations} integrations.")
            words = words.format(count=number(found.count), integrations=number(found.integrations))
        else:
            words = self.tr("No two integrations are alike in this way.")
        if found.way == "picture":
            words += " " + self.tr(
                "Only pictures that are in the icon cache can be compared, not those of relative "
                "and data: addresses: scroll through the icons first, so that they are loaded."
            )
        return words

    def _read_members(self, position: int) -> None:
        found = self._found
        if found is None or position < 0:
            return

        def job(connection: apsw.Connection) -> tuple[Group, list[Record]]:
            (group,) = duplicates.groups(connection, found, position, position)
            return group, duplicates.members(connection, found, position, MOST)

        deliver(
            self,
            self._member_reader.request(job),
            lambda read: self._show_group(found, *read),
            lambda error: self._message.say(sentence(error), "error"),
        )

    def _show_group(self, found: Groups, group: Group, members: list[Record]) -> None:
        if found is not self._found:
            return
        self._show_members(members)
        words = self._words(found)
        if group.size > len(members):
            words += " " + self.tr("The first {count} of {size} are shown.").format(
                count=number(len(members)), size=number(group.size)
            )
        self._message.say(words, "ok")

    def _show_members(self, members: list[Record]) -> None:
        self.members.show_members(members, self._base_url)

    # -- merging -------------------------------------------------------------------------------

    def _show_choice(self) -> None:
        count = len(self.members.ticked)
        self.merge_button.setEnabled(count > 1)
        words = self.tr("&Merge {count} into One").format(count=number(count))
        self.merge_button.setText(words if count > 1 else self.tr("&Merge"))

    def merge(self) -> None:
        """Make those that are ticked one, as one edit."""
        kept, values = self.members.kept, self.members.values
        pks = [int(str(member["pk"])) for member in self.members.ticked]
        pk = int(str(kept["pk"]))
        one, some = self.tr("Merge 1 integration"), self.tr("Merge {count} integrations")
        position = self.groups.currentIndex().row()

        def label(count: int) -> str:
            return (one if count == 1 else some).format(count=number(count))

        def body(edit: EditSession) -> None:
            duplicates.merge(edit, kept=pk, others=pks, values=values, label=label)

        def done(change: Any) -> None:
            done_words = self.tr("Done: {label}. Ctrl+Z takes it back.")
            self.said.emit(done_words.format(label=change.label))
            self._find(position)

        self.merge_button.setEnabled(False)
        self._actions.edit(label(len(pks)), body, done, self._refused)

    def _refused(self, error: Exception) -> None:
        self._message.say(sentence(error), "error")
        self._show_choice()

    def _lay_out(self) -> None:
        self.way_box.setAccessibleName(self.tr("Alike in what"))
        self.scope_box.setAccessibleName(self.tr("Where"))
        above = QHBoxLayout()
        for words, box in (
            (self.tr("&Alike in:"), self.way_box),
            (self.tr("&Where:"), self.scope_box),
        ):
            label = QLabel(words)
            label.setBuddy(box)
            above.addWidget(label)
            above.addWidget(box)
            above.addSpacing(12)
        above.addStretch(1)
        splitter = QSplitter()
        splitter.addWidget(self.groups)
        splitter.addWidget(self.members)
        splitter.setStretchFactor(1, 1)
        splitter.setChildrenCollapsible(False)
        splitter.setSizes([320, 740])
        self.merge_button.setAutoDefault(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(12)
        layout.addLayout(above)
        layout.addLayout(self._message)
        layout.addWidget(splitter, 1)
        layout.addWidget(self._buttons)

    def done(self, result: int) -> None:
        """Let go of what was found, and close."""
        self._asked += 1
        for reader in (self._finder, self._group_reader, self._member_reader):
            reader.cancel()
        self.groups.clear()
        super().done(result)
