"""The screens of what edits many integrations and of the history, over a catalogue with a past."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from PySide6.QtCore import QItemSelection, QItemSelectionModel
from PySide6.QtWidgets import QApplication, QTreeWidget, QWidget

from db import history_file, history_query, records
from db.drafts import Draft
from db.edits import EditSession
from db.fields import Value
from db.history_query import EditFacts
from db.replacement import Replacement
from gui.check_dialog import CheckDialog
from gui.columns import PLACE
from gui.compact_dialog import CompactDialog
from gui.conflict_question import Conflict
from gui.draft_question import DraftQuestion
from gui.history_apply_dialog import ApplyDialog
from gui.history_deleted import DeletedDialog
from gui.history_panel import HistoryPanel
from gui.paste_dialog import PasteDialog
from gui.restore_dialog import RestoreDialog
from tests.shots.stage import Stage, space_of

MOVED = Replacement(
    ("icon_url",),
    "regex",
    r"/simple-icons/.+/(airtable|asana|box|dropbox|figma|gitlab|hubspot|intercom|stripe|zoom).svg$",
    r"/nango/images/template-logos/\1.svg",
)
WORDS = "google"
_TOUCHED = (
    "SELECT pk FROM integration WHERE icon_url LIKE '%/simple-icons/%' "
    "AND name IN ('Asana', 'Airtable', 'Figma') ORDER BY name"
)


class EditScreens:
    """Gives a catalogue a past, and renders what shows and changes it.

    Args:
        path: a catalogue that may be changed.
    """

    def __init__(self, stage: Stage, path: Path) -> None:
        self._stage = stage
        self._window = stage.open(path)
        self._space = space_of(self._window)
        stage.wait(lambda: self._space.shown > 0)
        self._subject = 0

    def render_all(self) -> None:
        """Render everything, and close the window."""
        self._search(WORDS)
        self._many()
        self._find_and_replace()
        self._paste()
        self._where_used()
        self._make_past()
        self._duplicates()
        self._history()
        self._timeline()
        self._conflicts()
        self._file_dialogs()
        self._questions()
        self._window.close()

    # -- ways around ---------------------------------------------------------------------------

    def _trigger(self, name: str) -> None:
        action = self._window.actions_by_name[name]
        assert action.isEnabled(), name
        action.trigger()

    def _search(self, words: str) -> None:
        space = self._space
        space.search.field.setText(words)
        self._stage.wait(lambda: space.is_filtered and 0 < space.shown < space.total)

    def _edit(self, label: str, body: Callable[[EditSession], object]) -> int:
        def run(edit: EditSession) -> None:
            body(edit)

        future = self._space.catalog.edit(label, run)
        self._stage.wait(future.done)
        number = future.result().edit_id
        assert number is not None
        return number

    def _update(self, label: str, **values: Value) -> int:
        pk = self._subject
        return self._edit(
            label, lambda edit: records.update_integration(edit, pk=pk, values=values)
        )

    def _facts(self, number: int) -> EditFacts:
        with closing(self._space.catalog.connect_here()) as connection:
            return history_query.edit(connection, number)

    def _save(self, widget: QWidget, name: str) -> None:
        self._stage.all_icons_there(self._window)
        self._stage.save(widget, name)

    def _save_and_close(self, name: str) -> None:
        self._stage.all_icons_there(self._window)
        self._stage.save_dialog(name)

    # -- edits of many -------------------------------------------------------------------------

    def _many(self) -> None:
        table, pages = self._space.table, self._space.details_pages
        model = self._space.model
        block = QItemSelection(model.index(2, PLACE["name"]), model.index(8, PLACE["name"]))
        table.setCurrentIndex(model.index(2, PLACE["name"]))
        table.selectionModel().select(block, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        self._stage.wait(lambda: pages.many is not None and pages.many.isVisible())
        many = pages.many
        assert many is not None
        self._stage.wait(lambda: "7" in many.apply_button.text())
        self._save(self._window, "many")
        many.editors["type"].fill("partner")
        self._save(self._window, "many-typed")
        pages.forget_typed()

    def _find_and_replace(self) -> None:
        dialog = self._space.bulk_actions.replace()
        self._save(dialog, "replace-empty")
        dialog.form.scope_box.setCurrentIndex(dialog.form.scope_box.count() - 1)
        dialog.show_replacement(MOVED)
        self._stage.wait(lambda: dialog.replace_button.isEnabled())
        self._save_and_close("replace")

    def _paste(self) -> None:
        table = self._space.table
        table.setColumnHidden(PLACE["id"], False)
        first = self._space.model.index(3, PLACE["id"])
        taken = str(self._space.model.index(9, PLACE["id"]).data())
        table.setCurrentIndex(first)
        QApplication.clipboard().setText(f"{taken}\tGoogle One\n\tGoogle Two\nnew:3\tGoogle Three")
        self._space.bulk_actions.pasting.paste()
        dialog = self._stage.dialog()
        assert isinstance(dialog, PasteDialog)
        self._stage.wait(lambda: dialog.rejected_cells.rowCount() > 0)
        self._save_and_close("paste")
        table.setColumnHidden(PLACE["id"], True)
        table.scrollTo(self._space.model.index(0, 0))

    def _where_used(self) -> None:
        table = self._space.table
        table.setCurrentIndex(self._space.model.index(13, 1))
        dialog = self._space.bulk_actions.usage()
        self._stage.wait(lambda: all("…" not in one.text() for one in dialog.counts.values()))
        self._save_and_close("where-used")

    # -- the past ------------------------------------------------------------------------------

    def _make_past(self) -> None:
        space = self._space
        with closing(space.catalog.connect_here()) as connection:
            pks = [pk for (pk,) in connection.execute(_TOUCHED)]
        self._subject = pks[0]
        self._update("Change Name, Type: 1 integration", name="Airtable Bases", type="database")
        self._replace_for_real()
        for pk in pks:
            url = f"https://cdn.example.com/icons/{pk}.svg"
            self._edit(
                "Change Icon URL: 1 integration",
                lambda edit, pk=pk, url=url: records.update_integration(
                    edit, pk=pk, values={"icon_url": url}
                ),
            )
        doomed = list(space.model.pks(20, 22))
        self._edit(
            "Delete 3 integrations", lambda edit: records.delete_integrations(edit, pks=doomed)
        )
        self._edit("Change Type: 12 integrations", self._change_types)
        self._update("Change Creator: 1 integration", creator="catalog-admin")
        undone = space.catalog.undo()
        self._stage.wait(undone.done)
        space.refresh()

    def _replace_for_real(self) -> None:
        done: list[str] = []
        dialog = self._space.bulk_actions.replace()
        dialog.said.connect(done.append)
        dialog.form.scope_box.setCurrentIndex(dialog.form.scope_box.count() - 1)
        dialog.show_replacement(MOVED)
        self._stage.wait(dialog.replace_button.isEnabled)
        dialog.start()
        self._stage.wait(lambda: bool(done))
        with closing(self._space.catalog.connect_here()) as connection:
            self._moved = history_query.edits(connection, None, 1)[0].id

    def _change_types(self, edit: EditSession) -> None:
        edit.connection.execute(
            "UPDATE integration SET type = 'tool' WHERE pk IN "
            "(SELECT pk FROM integration WHERE type = 'pack' LIMIT 12)"
        )
        edit.count = edit.connection.changes()

    def _duplicates(self) -> None:
        self._space.clear_filters()
        self._stage.wait(lambda: not self._space.is_filtered)
        dialog = self._space.bulk_actions.duplicates()
        for way, name in enumerate(("name", "url", "picture")):
            dialog.way_box.setCurrentIndex(way)
            dialog.way_box.activated.emit(way)
            self._stage.wait(lambda: "Looking" not in dialog.message.text())
            self._save(dialog, f"duplicates-{name}")
        dialog.close()

    def _history(self) -> None:
        self._trigger("show_history")
        panel = self._window.findChild(HistoryPanel)
        assert isinstance(panel, HistoryPanel)
        self._stage.wait(lambda: len(panel.model.rows) > 5)
        self._save(self._window, "history-empty")
        row = next(row for row, one in enumerate(panel.model.rows) if one.id == self._moved)
        panel.table.selectRow(row)
        self._stage.wait(lambda: panel.changes.model.rowCount() > 0)
        self._save(self._window, "history")
        self._trigger("show_history")

    def _timeline(self) -> None:
        details = self._space.details
        self._search("airtable")
        self._stage.wait(lambda: self._space.table.chosen.go_to_pk(self._subject))
        self._stage.wait(lambda: details.pk == self._subject)
        details.timeline_button.click()
        tree = details.findChild(QTreeWidget)
        assert isinstance(tree, QTreeWidget)
        self._stage.wait(lambda: tree.topLevelItemCount() > 0)
        tree.setCurrentItem(tree.topLevelItem(1))
        self._save(self._window, "timeline")
        details.timeline_button.click()

    def _conflicts(self) -> None:
        actions = self._space.history
        actions.revert(self._facts(self._moved))
        self._save_conflicts("revert")
        path = self._stage.home / f"moved-{self._stage.scheme}.changeset"
        with closing(self._space.catalog.connect_here()) as connection:
            history_file.save(connection, [self._moved], path, lambda done, total: None)
        actions.apply(path)
        self._save_conflicts("apply")

    def _save_conflicts(self, name: str) -> None:
        dialog = self._stage.dialog()
        assert isinstance(dialog, ApplyDialog)
        self._stage.wait(dialog.close_button.isVisible)
        self._stage.wait(lambda: dialog.model.rowCount() > 0)
        self._save_and_close(name)

    def _file_dialogs(self) -> None:
        stage, space = self._stage, self._space
        self._trigger("deleted")
        deleted = stage.dialog()
        assert isinstance(deleted, DeletedDialog)
        stage.wait(lambda: deleted.model.rowCount() > 0)
        self._save_and_close("deleted")
        self._trigger("compact")
        compact = stage.dialog()
        assert isinstance(compact, CompactDialog)
        stage.wait(compact.begin.isEnabled)
        self._save_and_close("compact")
        backups = space.catalog.backups
        assert backups is not None
        backups.folder.mkdir(parents=True, exist_ok=True)
        copy = space.catalog.save_copy(backups.folder / "20260314T153000Z-edit.db")
        stage.wait(copy.done)
        self._update("Change Type of Google Mail", type="mail")
        self._trigger("restore_backup")
        restore = stage.dialog()
        assert isinstance(restore, RestoreDialog)
        stage.wait(restore.restore_button.isEnabled)
        self._save_and_close("restore")
        self._trigger("check")
        check = stage.dialog()
        assert isinstance(check, CheckDialog)
        stage.wait(check.again_button.isEnabled)
        self._save_and_close("check")

    # -- questions -----------------------------------------------------------------------------

    def _questions(self) -> None:
        space, window = self._space, self._window
        theirs: dict[str, Value] = {"name": "Google Mail", "type": None}
        mine: dict[str, Value] = {"name": "Gmail for Work", "type": "email"}
        space.record_actions.conflicted.emit(
            Conflict(self._subject, "Gmail", mine, theirs, lambda: None, lambda: None)
        )
        self._save_and_close("changed-meanwhile")
        left = {
            1: Draft("Gmail", {"name": "Gmail for Work", "type": "email"}, {}),
            2: Draft("Google Ads", {"icon_url": "https://cdn.example.com/ads.svg"}, {}),
        }
        question = DraftQuestion(left, window)
        question.open()
        self._save_and_close("drafts")
        undone = space.catalog.undo()
        self._stage.wait(undone.done)
        space.record_actions.new_integration()
        self._save_and_close("redo-lost")
