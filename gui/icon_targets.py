"""Whose icon is set: the row or record under a drop, the current row, or all that are selected."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QObject, QPoint, QRect
from PySide6.QtWidgets import QAbstractItemView, QTableView

from gui.drop_zone import DropZone, Place
from gui.icon_setting import IconSetting, Target
from gui.text import number, one_line

if TYPE_CHECKING:
    from PySide6.QtCore import QMimeData, SignalInstance

    from gui.details_panel import DetailsPanel
    from gui.row_selection import RowSelection


class Rows(Protocol):
    """What is asked of the rows that a view shows."""

    def pk_at(self, position: int) -> int | None: ...
    def stored_name(self, pk: int) -> str: ...


class IconTargets(QObject):
    """Takes icons that are dropped on a view or the details, pasted, or chosen from a file.

    Args:
        said: is told what a drop would do.
    """

    def __init__(
        self, setting: IconSetting, rows: Rows, selection: RowSelection, said: SignalInstance
    ) -> None:
        super().__init__(setting)
        self._setting = setting
        self._rows = rows
        self._selection = selection
        self._said = said

    def watch_view(self, view: QAbstractItemView) -> DropZone:
        """Take what is dropped on the rows of a view; marked is what is seen of the row."""

        def find(at: QPoint) -> Place | None:
            in_rows = isinstance(view, QTableView)
            index = view.indexAt(QPoint(1, at.y()) if in_rows else at)
            target = self._target(index.row()) if index.isValid() else None
            if target is None:
                return None
            rect = view.visualRect(index)
            across = QRect(0, rect.top(), view.viewport().width(), rect.height())
            marked = across if in_rows else rect
            return Place(marked, self._words(target), lambda mime: self._setting.take(mime, target))

        zone = DropZone(view.viewport(), find)
        zone.said.connect(self._said)
        return zone

    def watch_details(self, details: DetailsPanel) -> None:
        """Take what is dropped on the details, and what is pasted into their URL field."""
        setting = self._setting

        def filler(pk: int) -> Callable[[str], None]:
            name = details.heading
            return lambda address: details.keep(pk, name, {"icon_url": address})

        def dropped(pk: int, mime: QMimeData) -> None:
            setting.take(mime, Target(pk, details.heading))

        def offered(pk: int, mime: QMimeData) -> None:
            setting.take_for_field(mime, details.heading, filler(pk))

        def file_wanted(pk: int) -> None:
            setting.choose_file_for_field(details.heading, filler(pk))

        details.icon_dropped.connect(dropped)
        details.icon_offered.connect(offered)
        details.icon_file_wanted.connect(file_wanted)
        details.said.connect(self._said)

    def paste(self) -> None:
        """Set what the clipboard holds as the icon of the current row, or of all selected."""
        target = self._target(self._selection.current_row)
        if target is not None:
            self._setting.paste(target)

    def choose_file(self) -> None:
        """Choose a picture file for the current row, or for all selected."""
        target = self._target(self._selection.current_row)
        if target is not None:
            self._setting.choose_file(target)

    def _target(self, position: int) -> Target | None:
        pk = self._rows.pk_at(position)
        if pk is None:
            return None
        name = self._rows.stored_name(pk)
        ranges = self._selection.ranges
        if not any(first <= position <= last for first, last in ranges):
            return Target(pk, name)
        count = sum(last - first + 1 for first, last in ranges)
        return Target(pk, name, count, self._selection.with_pks)

    def _words(self, target: Target) -> str:
        name = one_line(target.name, 60) or self.tr("(no name)")
        if target.count == 1:
            return self.tr("Set as the icon of {name}").format(name=name)
        return self.tr("Set as the icon of {name}, or of all {count} selected").format(
            name=name, count=number(target.count)
        )
