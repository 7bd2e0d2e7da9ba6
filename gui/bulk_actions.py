"""What is done to many integrations at once: the dialogs and gestures, made when first used."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QDialog, QWidget

from db.fields import csv_text
from db.order import AT
from db.scratch import ScratchFolder
from db.usage import Kind, host_of
from gui.edit_scopes import edit_scopes
from gui.settings import Settings
from gui.table_view import IntegrationTable

if TYPE_CHECKING:
    from collections.abc import Callable

    from db.catalog import Catalog
    from db.organizations import Overview
    from db.reader import Reader
    from db.replacement import Replacement
    from gui.duplicates_dialog import DuplicatesDialog
    from gui.icon_loader import IconLoader
    from gui.many_panel import ManyPanel
    from gui.pasting import Pasting
    from gui.record_actions import Follow, RecordActions
    from gui.replace_dialog import ReplaceDialog
    from gui.table_model import IntegrationTableModel
    from gui.usage_dialog import UsageDialog


class BulkActions(QObject):
    """Opens the dialogs over the rows of one catalogue.

    Args:
        actions: runs the edits.
        follow: shows what is being worked on.
        overview: tells the organizations, how many integrations there are, and the base URL.
        window: the parent of the dialogs.

    Signals:
        said(str): a message for the status bar.
        failed(Exception): something that the user has to know went wrong.
    """

    said = Signal(str)
    failed = Signal(object)

    def __init__(
        self,
        catalog: Catalog,
        model: IntegrationTableModel,
        table: IntegrationTable,
        settings: Settings,
        loader: IconLoader,
        actions: RecordActions,
        follow: Follow,
        overview: Callable[[], Overview],
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._catalog = catalog
        self._model = model
        self._table = table
        self._settings = settings
        self._loader = loader
        self._actions = actions
        self._follow = follow
        self._overview = overview
        self._window = window

    def close(self) -> None:
        """Remove the scratch files."""
        if "_folder" in self.__dict__:
            self._folder.close()

    @cached_property
    def _folder(self) -> ScratchFolder:
        return ScratchFolder()

    @cached_property
    def _readers(self) -> tuple[Reader, Reader]:
        return self._catalog.reader("find"), self._catalog.reader("found")

    def replace(self, replacement: Replacement | None = None) -> ReplaceDialog:
        """Find and replace, beginning with a replacement if one is given."""
        from gui.replace_dialog import ReplaceDialog

        overview = self._overview()
        dialog = ReplaceDialog(
            self._catalog,
            edit_scopes(self._model, self._table.chosen, overview.total),
            self._readers,
            self._folder.path,
            self._loader,
            overview.base_url,
            self._settings,
            self._window,
        )
        dialog.said.connect(self.said)
        dialog.failed.connect(self.failed)
        if replacement is not None:
            dialog.show_replacement(replacement)
        self._open(dialog)
        return dialog

    def duplicates(self) -> DuplicatesDialog:
        """Find integrations that are alike, and merge them."""
        from gui.duplicates_dialog import DuplicatesDialog

        overview = self._overview()
        dialog = DuplicatesDialog(
            edit_scopes(self._model, self._table.chosen, overview.total),
            (*self._readers, self._catalog.reader("members")),
            self._folder.path,
            self._loader.cache_file,
            self._loader,
            overview.base_url,
            self._actions,
            self._window,
        )
        dialog.said.connect(self.said)
        self._open(dialog)
        return dialog

    def usage(self) -> UsageDialog:
        """Count who uses the address, host and organization of the current row."""
        from gui.usage_dialog import UsageDialog

        row = self._model.row(self._table.chosen.current_row)
        url, org_id = (csv_text(row[AT[name]]) if row else "" for name in ("icon_url", "org_id"))
        dialog = UsageDialog(
            {"url": url, "host": host_of(url), "organization": org_id},
            self._usage_readers,
            self._window,
        )
        dialog.replace_wanted.connect(self.replace)
        self._open(dialog)
        return dialog

    @cached_property
    def _usage_readers(self) -> dict[Kind, Reader]:
        kinds: tuple[Kind, ...] = ("url", "host", "organization")
        return {kind: self._catalog.reader(f"usage-{kind}") for kind in kinds}

    @cached_property
    def pasting(self) -> Pasting:
        """Pastes cells and fills the selection."""
        from gui.pasting import Pasting

        made = Pasting(self._model, self._table, self._actions, self._follow, self._window)
        made.said.connect(self.said)
        made.failed.connect(self.failed)
        return made

    def make_many_panel(self) -> ManyPanel:
        """The form of all that are selected."""
        from gui.many_panel import ManyPanel

        return ManyPanel(
            self._catalog.reader("common"),
            lambda: edit_scopes(self._model, self._table.chosen, self._overview().total),
            self._actions,
        )

    def _open(self, dialog: QDialog) -> None:
        from PySide6.QtCore import Qt

        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()
