"""What can be done with the history: its panel, its dialogs, its files."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import CancelledError, Future
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import shiboken6
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QDialog, QFileDialog, QWidget

from db import history_file, history_query
from db.edits import DISCARDED
from db.errors import Cancelled
from db.fields import Value, csv_text
from db.history_apply import StoredEdit
from db.history_file import SUFFIX, ChangeSetFile
from db.history_query import Deleted, EditFacts
from db.history_restore import restore_deleted, restore_record
from db.records import update_integration
from gui.background import deliver
from gui.history_apply_dialog import ApplyDialog, Task
from gui.history_deleted import DeletedDialog
from gui.history_icons import CellIcons
from gui.history_panel import HistoryPanel
from gui.history_timeline import TimelineView
from gui.history_words import edit_words, field_words
from gui.record_actions import Follow, RecordActions
from gui.text import number, one_line

if TYPE_CHECKING:
    from db.catalog import Catalog
    from db.history_keep import Retention

_LISTED = 5


class HistoryActions(QObject):
    """Opens what shows the history of one catalogue, and does what is asked for there.

    Args:
        actions: runs the edits.
        follow: shows what is being worked on.
        icons: draws the icons; its base URLs are to be kept up to date.
        window: the parent of the dialogs.

    Signals:
        said(str): a message for the status bar.
        failed(Exception): something that the user has to know went wrong.
        history_changed(): edits were forgotten.
    """

    said = Signal(str)
    failed = Signal(object)
    history_changed = Signal()

    def __init__(
        self,
        catalog: Catalog,
        actions: RecordActions,
        follow: Follow,
        icons: CellIcons,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._catalog = catalog
        self._actions = actions
        self._follow = follow
        self.icons = icons
        self._window = window
        self._reader = catalog.reader("history-dialogs")
        self._saver = catalog.reader("history-saver")
        self._panel: HistoryPanel | None = None

    # -- what shows it -------------------------------------------------------------------------

    def panel(self) -> HistoryPanel:
        """A new History panel."""
        panel = HistoryPanel(self._catalog, self.icons)
        panel.undo_wanted.connect(self._actions.undo)
        panel.redo_wanted.connect(self._actions.redo)
        panel.revert_wanted.connect(self.revert)
        panel.save_wanted.connect(self.ask_save)
        self._panel = panel
        return panel

    def set_bases(self, organizations: dict[str, str], catalog: str) -> None:
        """Base URLs of relative icon URLs: of organizations by id, and of the catalogue."""
        self.icons.bases, self.icons.catalog_base = organizations, catalog

    def changed(self) -> None:
        """The history is another one."""
        if self._panel is not None and shiboken6.isValid(self._panel):
            self._panel.reload()

    def timeline(self) -> TimelineView:
        """A new view of one integration's past."""
        view = TimelineView(self._catalog, self.icons)
        view.field_wanted.connect(self.restore_field)
        view.record_wanted.connect(self.restore_record)
        return view

    # -- one edit, or a file's -----------------------------------------------------------------

    def revert(self, facts: EditFacts) -> None:
        """Look what reverting an edit would do, or doing one again that was undone for good."""
        again = facts.state == DISCARDED
        label = one_line(facts.label, 120)
        task = Task(
            StoredEdit(facts.id, again=again),
            self.tr("Do an Edit Again") if again else self.tr("Revert an Edit"),
            edit_words(facts),
            (self.tr("Again: {label}") if again else self.tr("Revert: {label}")).format(
                label=label
            ),
            self.tr("&Do Again") if again else self.tr("&Revert"),
        )
        self._open(ApplyDialog(self._catalog, self._reader, task, self.icons, self._window))

    def ask_apply(self) -> None:
        """Ask for a change-set file, and look what applying it would do."""
        dialog = self._file_dialog(self.tr("Apply Change-Set"), QFileDialog.AcceptMode.AcceptOpen)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda name: self.apply(Path(name)))
        dialog.open()

    def apply(self, path: Path) -> None:
        """Look what applying a change-set file would do."""
        file = ChangeSetFile(path)
        future = self._reader.request(lambda _: file.edits())
        deliver(self, future, partial(self._show_file, file), self.failed.emit)

    def _show_file(self, file: ChangeSetFile, edits: Sequence[EditFacts]) -> None:
        name = one_line(file.path.name, 80)
        listed = [edit_words(facts) for facts in edits[:_LISTED]]
        if len(edits) > _LISTED:
            more = self.tr("… and {count} more edits")
            listed.append(more.format(count=number(len(edits) - _LISTED)))
        task = Task(
            file,
            self.tr("Apply Change-Set"),
            "\n".join([name, *listed]),
            self.tr("Apply {file}").format(file=name),
            self.tr("&Apply"),
        )
        self._open(ApplyDialog(self._catalog, self._reader, task, self.icons, self._window))

    def _open(self, dialog: QDialog) -> None:
        if isinstance(dialog, ApplyDialog):
            dialog.applied.connect(self.said)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    def ask_save(self, edits: Sequence[EditFacts]) -> None:
        """Ask for a name, and write edits to a change-set file."""
        dialog = self._file_dialog(self.tr("Save Change-Set"), QFileDialog.AcceptMode.AcceptSave)
        ids = [facts.id for facts in edits]
        numbers = f"{min(ids)}" if len(ids) == 1 else f"{min(ids)}-{max(ids)}"
        dialog.selectFile(f"{self._catalog.path.stem} {numbers}{SUFFIX}")
        dialog.fileSelected.connect(lambda name: self.save(ids, Path(name)))
        dialog.open()

    def save(self, ids: Sequence[int], path: Path) -> None:
        """Write edits to a change-set file, in the background."""
        future: Future[None] = self._saver.request(
            lambda connection: history_file.save(connection, ids, path, lambda done, total: None)
        )
        shown = _cancellable(future)
        self._follow(self.tr("Saving a change-set…"), shown, self._saver.cancel)
        words = (
            self.tr("Saved 1 edit as {name}")
            if len(ids) == 1
            else self.tr("Saved {count} edits as {name}")
        )
        done = words.format(count=number(len(ids)), name=one_line(path.name, 80))
        deliver(self, shown, lambda _: self.said.emit(done), self.failed.emit)

    def _file_dialog(self, title: str, mode: QFileDialog.AcceptMode) -> QFileDialog:
        dialog = QFileDialog(self._window, title)
        dialog.setAcceptMode(mode)
        filters = [self.tr("Change-sets (*{suffix})").format(suffix=SUFFIX)]
        dialog.setNameFilters([*filters, self.tr("All files (*)")])
        dialog.setDefaultSuffix(SUFFIX.removeprefix("."))
        dialog.setDirectory(str(self._catalog.path.parent))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        return dialog

    # -- what was there ------------------------------------------------------------------------

    def show_deleted(self) -> None:
        """List deleted integrations, to restore some."""
        dialog = DeletedDialog(self._reader, self.icons, self._window)
        dialog.restore_wanted.connect(self._restore_deleted)
        self._open(dialog)

    def _restore_deleted(self, rows: Sequence[Deleted]) -> None:
        label = self.tr("Restore {count} integrations").format(count=number(len(rows)))
        if len(rows) == 1:
            label = self.tr("Restore {name}").format(name=_name(rows[0].values))
        self._actions.edit(
            label,
            lambda edit: restore_deleted(edit, rows=[row.values for row in rows]),
            lambda change: self.said.emit(self.tr("Done: {label}.").format(label=change.label)),
        )

    def restore_field(self, pk: int, field: str, value: Value) -> None:
        """Give a field of an integration an old value back."""
        label = self.tr("Restore {field}").format(field=field_words("integration", field))
        self._actions.edit(
            label, lambda edit: update_integration(edit, pk=pk, values={field: value})
        )

    def restore_record(self, pk: int, facts: EditFacts) -> None:
        """Make an integration what it was before an edit."""

        def write(values: dict[str, Value] | None) -> None:
            if values is not None:
                self._actions.edit(
                    self.tr("Restore {name}").format(name=_name(values)),
                    lambda edit: restore_record(edit, pk=pk, values=values),
                )

        future = self._reader.request(
            lambda connection: history_query.record_before(connection, pk, facts.id)
        )
        deliver(self, future, write, self.failed.emit)

    def compact(self, keep: Retention) -> None:
        """Show what compacting would free, and do it."""
        from gui.compact_dialog import CompactDialog

        dialog = CompactDialog(self._catalog, self._reader, keep, self._window)
        dialog.compacted.connect(self._compacted)
        self._open(dialog)

    def _compacted(self, _: object) -> None:
        self.changed()
        self.history_changed.emit()


def _name(values: dict[str, Value]) -> str:
    return one_line(csv_text(values.get("name")) or csv_text(values.get("id")), 40)


def _cancellable(reading: Future[None]) -> Future[None]:
    """A future that tells also when what is read is given up, as that of a write does."""
    told: Future[None] = Future()

    def settle(done: Future[None]) -> None:
        error = CancelledError() if done.cancelled() else done.exception()
        if isinstance(error, CancelledError):
            told.set_exception(Cancelled())
        elif error is not None:
            told.set_exception(error)
        else:
            told.set_result(None)

    reading.add_done_callback(settle)
    return told
