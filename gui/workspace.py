"""The panes of one open catalogue: organizations, search and table, details.

The table comes first, with its rows; `Workspace.steps` makes the rest once they are painted. What
only the rest or an edit needs is imported there (see CONTRIBUTING.md, "The first rows come first").
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QByteArray, Qt, QTimer, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QSplitter, QStackedWidget, QVBoxLayout, QWidget

from db.fields import FIELD_BY_NAME, Record, Value, csv_text
from db.order import OrderSpec
from gui import resources
from gui.background import deliver, run_in_gui
from gui.search_bar import SearchBar
from gui.settings import Settings
from gui.table_model import IntegrationTableModel
from gui.table_view import IntegrationTable
from gui.text import field_title, number, one_line

if TYPE_CHECKING:
    from concurrent.futures import Future

    import apsw

    from db.catalog import Catalog
    from db.changes import Change
    from db.csv_stage import Staged
    from db.edits import EditSession
    from db.organizations import Overview
    from gui.export_dialog import Scope
    from gui.icon_loader import IconLoader

LEAST_WIDTH: Final = 280
"""Of the table, in px: the window then fits a screen of 960 px (1920 at 200 %)."""
WATCH_MILLISECONDS: Final = 1_000
"""How often another program's writes are looked for."""
_WIDTHS: Final = (230, 700, 374)
_LEAST_WIDTHS: Final = (193, 0, 374)
"""What organizations and details need, in px: their places are as wide before they are there."""


class Workspace(QWidget):
    """Everything that shows and edits one catalogue.

    Attributes:
        search, model, table: there from the start.
        organizations, organization_actions, details, empty, no_match: made by `steps`.

    Signals:
        settled(): once, when all that was made, and rows and organizations were read.
        shown_changed(int): how many rows the table shows.
        selected_changed(int): how many rows are selected.
        history_changed(): undo and redo mean something else now.
        overview_changed(Overview): the organizations and their counts.
        details_wanted(): the details are needed, so show them if they are hidden.
        said(str): a message for the status bar.
        failed(Exception): something that the user has to know went wrong.
    """

    settled = Signal()
    shown_changed = Signal(int)
    selected_changed = Signal(int)
    history_changed = Signal()
    overview_changed = Signal(object)
    details_wanted = Signal()
    said = Signal(str)
    failed = Signal(object)

    def __init__(
        self,
        catalog: Catalog,
        settings: Settings,
        follow: Callable[[str, Future[Any], Callable[[], None] | None], None],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.catalog = catalog
        self._settings = settings
        self._follow = follow
        self._closed = False
        self._wanted_field: tuple[int, str] | None = None
        self._sought_pk: int | None = None
        self._details_pk: int | None = None
        self.shown = 0
        self.is_whole = False
        self.is_settled = False
        self._has_overview = False
        self._overview_reader = catalog.reader("overview")
        self._record_reader = catalog.reader("record")
        self.search = SearchBar()
        self.model = IntegrationTableModel(catalog, self)
        self.table = IntegrationTable(self.model)
        self._lay_out()
        self._connect_table()
        self.splitter.restoreState(settings.state("splitter"))
        self.table.restore_layout(settings.state("table"))

    def steps(self, loader: IconLoader, start_actions: Sequence[QAction]) -> Iterator[None]:
        """Make what the first rows do not need, in slices between which the event loop runs."""
        from db import models  # noqa: F401  peewee is a slice of its own

        yield
        from gui.organization_actions import OrganizationActions
        from gui.organizations_panel import OrganizationsPanel

        yield
        self.organization_actions = OrganizationActions(self, self.edit)
        self.organizations = OrganizationsPanel()
        self._put(0, self.organizations)
        yield
        from gui.details_panel import DetailsPanel

        yield
        self.details = DetailsPanel(loader)
        self.details.set_read_only(self.catalog.read_only)
        self.details.splitter.restoreState(self._settings.state("details"))
        background = self._settings.state("background").toStdString()
        self.details.preview.restore_background(background)
        self.organizations.set_read_only(self.catalog.read_only)
        self._put(2, self.details)
        yield
        self._make_states(start_actions)
        self._connect_panels()
        self.table.set_loader(loader)
        self.is_whole = True
        self._watch()
        self.reload_overview()
        self._show_details(self.table.current_pk)
        self._show_page()

    # -- layout ------------------------------------------------------------------------------

    def _make_states(self, start_actions: Sequence[QAction]) -> None:
        from gui.empty_state import EmptyState

        self.clear_action = QAction(self.tr("Clear search"), self)
        self.clear_action.triggered.connect(self.clear_filters)
        self.no_match = EmptyState(
            "search", self.tr("No integration matches"), "", [self.clear_action]
        )
        self.empty = EmptyState(
            "table",
            self.tr("This catalogue is empty"),
            self.tr("Import a CSV file, open another catalogue, or look around in a sample."),
            start_actions,
        )
        for page in (self.no_match, self.empty):
            self.stack.addWidget(page)

    def _lay_out(self) -> None:
        self.stack = QStackedWidget()
        self.stack.setMinimumWidth(LEAST_WIDTH)  # whatever its empty pages would like
        self.stack.addWidget(self.table)
        middle = QWidget()
        column = QVBoxLayout(middle)
        column.setContentsMargins(4, 8, 4, 8)
        column.setSpacing(6)
        column.addWidget(self.search)
        column.addWidget(self.stack, 1)
        self._panes = [QWidget(), middle, QWidget()]
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        for pane, width in zip(self._panes, _LEAST_WIDTHS, strict=True):
            pane.setMinimumWidth(width)
            self.splitter.addWidget(pane)
        self.splitter.setStretchFactor(1, 1)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.setSizes(list(_WIDTHS))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.splitter)

    def _put(self, place: int, panel: QWidget) -> None:
        self._panes[place].deleteLater()
        self.splitter.replaceWidget(place, panel)
        self._panes[place] = panel

    def show_organizations(self, shown: bool) -> None:
        """Show or hide the pane at the left."""
        self._panes[0].setVisible(shown)

    def show_details(self, shown: bool) -> None:
        """Show or hide the pane at the right."""
        self._panes[2].setVisible(shown)

    def _connect_table(self) -> None:
        self.search.words_changed.connect(lambda _: self.reload())
        self.search.leave_requested.connect(self.table.setFocus)
        self.model.loaded.connect(self._loaded)
        self.model.failed.connect(self.failed)
        self.model.said.connect(self.said)
        self.model.edit_requested.connect(self._edit_cell)
        self.table.said.connect(self.said)
        self.table.delete_requested.connect(self.delete_selected)
        self.table.details_requested.connect(self._edit_in_details)
        self.table.text_left.connect(self._keep_text)
        self.table.current_changed.connect(self._show_details)
        self.table.selected_changed.connect(self.selected_changed)
        self.catalog.changed.append(self._told)

    def _connect_panels(self) -> None:
        self.organizations.chosen.connect(lambda _: self.reload())
        self.organizations.add_requested.connect(self.organization_actions.add)
        self.organizations.rename_requested.connect(self.organization_actions.rename)
        self.organizations.delete_requested.connect(self.organization_actions.delete)
        self.organizations.base_url_requested.connect(self.organization_actions.base_url)
        self.details.apply_requested.connect(self._apply)
        self.details.previous_requested.connect(lambda: self.table.move_current(-1))
        self.details.next_requested.connect(lambda: self.table.move_current(1))
        self.details.stayed.connect(self._stay)

    def _watch(self) -> None:
        self._watch_pending = False
        self._timer = QTimer(self)
        self._timer.setInterval(WATCH_MILLISECONDS)
        self._timer.timeout.connect(self._look_elsewhere)
        self._timer.start()

    def leave(self) -> bool:
        """Ask for all that was typed to be stored; False, with the reason shown, if it cannot."""
        if not self.is_whole:
            return True
        self.table.commit_editor()
        return self.details.leave()

    def close_catalog(self) -> None:
        """Store the layout and close the file."""
        if self.is_whole:
            self._timer.stop()
            self._settings.save_state("details", self.details.splitter.saveState())
            background = self.details.preview.chosen_background
            self._settings.save_state("background", QByteArray(background.encode()))
        self._closed = True
        self._settings.save_state("splitter", self.splitter.saveState())
        self._settings.save_state("table", self.table.save_layout())
        self.catalog.changed.remove(self._told)
        self.model.close()
        self.catalog.close()

    # -- what is shown -----------------------------------------------------------------------

    @property
    def spec(self) -> OrderSpec:
        """What the table is to show: words, organization and sort."""
        return OrderSpec(self.search.words, self._org_id, self.table.sort)

    @property
    def _org_id(self) -> str | None:
        return self.organizations.org_id if self.is_whole else None

    @property
    def total(self) -> int:
        """How many integrations the catalogue has."""
        return self.organization_actions.overview.total

    @property
    def selected(self) -> int:
        """How many rows are selected."""
        return self.table.selected_row_count()

    @property
    def is_filtered(self) -> bool:
        return bool(self.search.words) or self._org_id is not None

    def reload(self) -> None:
        """Ask for the rows of the words, organization and sort that are chosen."""
        self.model.set_spec(self.spec)

    def refresh(self) -> None:
        """Read everything anew: edited rows go to where they belong."""
        self.model.reload()
        self.reload_overview()

    def reload_overview(self) -> None:
        """Count the organizations anew."""
        deliver(
            self,
            self._overview_reader.request(_overview),
            self._show_overview,
            self._failed,
        )

    def clear_filters(self) -> None:
        """Search for nothing, in all organizations."""
        self.search.field.clear()
        if self.organizations.org_id is not None:
            self.organizations.choose(None)
        self.search.clear()
        self.table.setFocus()

    def _show_overview(self, answer: tuple[Overview, list[str]]) -> None:
        overview, types = answer
        has_new_base = overview.base_url != self.organization_actions.overview.base_url
        self.organization_actions.overview = overview
        self.organizations.show_overview(overview)
        self.table.set_bases(
            {item.id: item.base_url for item in overview.organizations if item.base_url},
            overview.base_url,
        )
        self.details.set_known(types, overview.organizations)
        self.table.set_known(types, overview.organizations)
        if has_new_base:
            self._show_details(self._details_pk)
        self._has_overview = True
        self.overview_changed.emit(overview)
        self._show_page()
        self._settle()

    def _settle(self) -> None:
        if not self.is_settled and self._has_overview and not self.model.is_loading:
            self.is_settled = True
            self.settled.emit()

    def _loaded(self, count: int) -> None:
        self.shown = count
        self.search.show_matches(count if self.search.words else None)
        self._show_page()
        self.shown_changed.emit(count)
        self._settle()

    def _show_page(self) -> None:
        """The table, or a page that says why there are no rows."""
        if not self.is_whole:
            return
        if self.shown or self.model.is_loading:
            page: QWidget = self.table
        elif self.is_filtered:
            self.no_match.set_words(self.tr("No integration matches"), self._why_none())
            self.clear_action.setText(
                self.tr("Clear Search") if self.search.words else self.tr("Show All Organizations")
            )
            page = self.no_match
        else:
            page = self.empty
        self.stack.setCurrentWidget(page)

    def _why_none(self) -> str:
        words = one_line(self.search.words, 60)
        if not words:
            return self.tr("This organization has no integrations yet.")
        if self.organizations.org_id is None:
            return self.tr("Nothing holds all of “{words}”.").format(words=words)
        return self.tr("Nothing in this organization holds all of “{words}”.").format(words=words)

    # -- details -----------------------------------------------------------------------------

    def _show_details(self, pk: int | None) -> None:
        if not self.is_whole:
            return
        self._details_pk = pk
        if pk is None:
            if self.details.show_record(None):
                self._sought_pk = None
            return
        from db import organizations

        future = self._record_reader.request(
            lambda connection: organizations.record(connection, pk)
        )
        deliver(self, future, self._record_read, self._failed)

    def _record_read(self, record: Record | None) -> None:
        base = self.organization_actions.overview.base_url
        bases = (csv_text(record.get("base_url")), base) if record else ()
        if self.details.show_record(record, self.table.current_row + 1, self.shown, bases):
            self._sought_pk = None
        if self._wanted_field is not None and self._wanted_field[0] == self.details.pk:
            self.details.focus_field(self._wanted_field[1])
            self._wanted_field = None

    def _stay(self, pk: int) -> None:
        """Go back to the row whose text cannot be stored; if it is not shown, keep the text."""
        if self.table.go_to_pk(pk):
            self.details.form.focus_wrong()
        elif self._sought_pk != pk:
            self._sought_pk = pk
            self.table.select_pks([pk])
        elif not self.model.is_loading:
            self.details.set_aside()
            self._show_details(self.table.current_pk)

    def _apply(self, pk: int, values: dict[str, Value]) -> None:
        from db import records

        fields = ", ".join(FIELD_BY_NAME[name].key for name in values)
        self.edit(
            self.tr("Change {fields} of {name}").format(fields=fields, name=self._name_of(pk)),
            lambda edit: records.update_integration(edit, pk=pk, values=values),
            failed=self.details.refuse,
        )

    # -- edits -------------------------------------------------------------------------------

    def edit(
        self,
        label: str,
        body: Callable[[EditSession], Any],
        done: Callable[[Change], None] | None = None,
        failed: Callable[[Exception], None] | None = None,
    ) -> None:
        """Run a named edit; what goes wrong is told."""
        future = self.catalog.edit(label, body)
        self._follow(label, future, lambda: self.catalog.cancel(future))
        deliver(self, future, done or (lambda _: None), failed or self._failed)

    def undo(self) -> None:
        """Take back the last edit."""
        self._step(self.catalog.undo(), self.tr("Undone: {label}"), self.tr("Undo…"))

    def redo(self) -> None:
        """Do again what was undone."""
        self._step(self.catalog.redo(), self.tr("Done again: {label}"), self.tr("Redo…"))

    def _step(self, future: Future[Change | None], said: str, what: str) -> None:
        def done(change: Change | None) -> None:
            if change is not None:
                self.said.emit(said.format(label=one_line(change.label, 120)))

        self._follow(what, future, lambda: self.catalog.cancel(future))
        deliver(self, future, done, self._failed)

    def new_integration(self) -> None:
        """Add an integration to the chosen organization and go to its name in the form."""
        from db import history, records

        org_id = self.organizations.org_id
        now = records.timestamp()
        values: dict[str, Value] = {
            "name": self.tr("New integration"),
            "type": "",
            "org_id": org_id or None,
            "creator": history.author(),
            "created_at": now,
            "updated_at": now,
        }
        added: list[int] = []
        self.edit(
            self.tr("Add integration"),
            lambda edit: added.append(records.add_integration(edit, values=values)),
            done=lambda _: self._go_to(added[0], "name"),
        )

    def _go_to(self, pk: int, field: str) -> None:
        """Show a record in the details, with the cursor in a field of the form."""
        if self.search.words:
            self.search.clear()
        self.details_wanted.emit()
        self.table.select_pks([pk])
        self._wanted_field = (pk, field)

    def _edit_in_details(self, pk: int, field: str) -> None:
        """A value that does not fit into a cell is edited in the form."""
        self.details_wanted.emit()
        self._wanted_field = (pk, field)
        self._show_details(pk)

    def duplicate_selected(self) -> None:
        """Copy the selected integrations under new ids."""
        self.table.with_selected_pks(self._duplicate)

    def delete_selected(self) -> None:
        """Delete the selected integrations; undo brings them back."""
        self.table.with_selected_pks(self._delete)

    def _duplicate(self, pks: Sequence[int]) -> None:
        from db import records

        label = (
            self.tr("Duplicate {name}").format(name=self._name_of(pks[0]))
            if len(pks) == 1
            else self.tr("Duplicate {count} integrations").format(count=number(len(pks)))
        )
        copies: list[int] = []
        self.edit(
            label,
            lambda edit: copies.extend(records.duplicate_integrations(edit, pks=pks)),
            done=lambda _: self.table.select_pks(copies),
        )

    def _delete(self, pks: Sequence[int]) -> None:
        from db import records

        label = (
            self.tr("Delete {name}").format(name=self._name_of(pks[0]))
            if len(pks) == 1
            else self.tr("Delete {count} integrations").format(count=number(len(pks)))
        )
        self.edit(
            label,
            lambda edit: records.delete_integrations(edit, pks=pks),
            done=lambda change: self.said.emit(
                self.tr("Done: {label}. Ctrl+Z brings it back.").format(label=change.label)
            ),
        )

    def _edit_cell(self, pk: int, name: str, value: Value) -> None:
        from db import records

        label = self.tr("Change {field} of {name}").format(
            field=FIELD_BY_NAME[name].key, name=self._name_of(pk)
        )
        self.edit(
            label,
            lambda edit: records.update_integration(edit, pk=pk, values={name: value}),
            failed=lambda error: self._cell_refused(pk, name, value, error),
        )

    def _cell_refused(self, pk: int, name: str, value: Value, error: Exception) -> None:
        """The cell shows again what is stored, its editor what was typed, and a message why."""
        self.table.edit_again(pk, name, csv_text(value))
        self._failed(error)

    def _keep_text(self, pk: int, name: str, text: str) -> None:
        """A refused text that the table cannot offer again is offered in the details."""
        self.details.keep(pk, {name: text})
        if self.model.is_stored(pk) and self.table.go_to_pk(pk):
            self._edit_in_details(pk, name)
            return
        from db.errors import Invalid

        words = self.tr(
            "What you typed into {field} was not stored: “{text}”. It is kept, and is in the "
            "details again once its integration is shown there."
        )
        self._failed(Invalid(words, field=field_title(name), text=one_line(text, 1000)))

    def export_scopes(self) -> list[Scope]:
        """What can be exported."""
        from gui.export_scopes import scopes

        return scopes(self.model, self.table, self.total)

    def load_sample(self) -> None:
        """Put the sample integrations into the catalogue, as one edit."""
        from db import csv_import

        reading = csv_import.Reading(resources.SAMPLE, self.catalog.path)
        label = self.tr("Load the sample catalogue")

        def write(staged: Staged) -> None:
            future = csv_import.write(self.catalog, staged, label=lambda *_: label)
            future.add_done_callback(lambda _: reading.close())
            deliver(self, future, lambda _: self.table.setFocus(), self._failed)

        self._follow(label, reading.future, reading.cancel)
        deliver(self, reading.future, write, self._failed)

    # -- what has changed --------------------------------------------------------------------

    def _told(self, change: Change) -> None:
        """Called on the writer's thread."""
        run_in_gui(partial(self._changed, change))

    def _changed(self, change: Change) -> None:
        if self._closed:
            return
        self.model.refresh(change)
        self.history_changed.emit()
        if not self.is_whole:
            return
        moved = change.fields is None or bool({"org_id", "type"} & change.fields)
        if change.added or change.deleted or change.organizations or change.settings or moved:
            self.reload_overview()
        bases = change.organizations or change.settings
        if bases or change.pks is None or {self.details.pk, self._details_pk} & change.pks:
            self._show_details(self._details_pk)

    def _look_elsewhere(self) -> None:
        if self._watch_pending:
            return
        self._watch_pending = True

        def looked(_: object) -> None:
            self._watch_pending = False

        deliver(self, self.catalog.check_elsewhere(), looked, looked)

    def _failed(self, error: Exception) -> None:
        self.failed.emit(error)

    def _name_of(self, pk: int) -> str:
        name = self.model.stored_name(pk)
        return one_line(name or self.tr("an integration"), 40)


def _overview(connection: apsw.Connection) -> tuple[Overview, list[str]]:
    from db import organizations

    return organizations.overview(connection), organizations.known_types(connection)
