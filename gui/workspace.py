"""The panes of one open catalogue: organizations, search and table, details.

The table comes first, with its rows; `Workspace.steps` makes the rest once they are painted. What
only the rest or an edit needs is imported there (see CONTRIBUTING.md, "The first rows come first").
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QByteArray, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from db.fields import Value, csv_text
from db.order import OrderSpec
from gui.background import deliver, run_in_gui
from gui.panes import Panes
from gui.row_pages import RowPages
from gui.row_views import RowViews
from gui.search_bar import SearchBar
from gui.settings import Settings
from gui.table_model import IntegrationTableModel
from gui.table_view import IntegrationTable

if TYPE_CHECKING:
    from concurrent.futures import Future

    import apsw

    from db.catalog import Catalog
    from db.changes import Change
    from db.organizations import Organization, Overview
    from gui.bulk_actions import BulkActions
    from gui.conflict_question import Conflict
    from gui.draft_keeper import DraftKeeper
    from gui.empty_state import EmptyState
    from gui.export_dialog import Scope
    from gui.icon_loader import IconLoader
    from gui.many_panel import ManyPanel
    from gui.record_actions import RecordActions


class Workspace(QWidget):
    """Everything that shows and edits one catalogue.

    Attributes:
        search, model, table, views, pages: there from the start.
        record_actions: made when first used.
        organizations, organization_actions, care, details, record, icons, history, searching,
            cell_filter: made by `steps`.

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
        self.shown = 0
        self.is_whole = False
        self.drafts: DraftKeeper | None = None
        self.is_settled = False
        self._has_overview = False
        self._known: tuple[Sequence[str], Sequence[Organization]] = ((), ())
        self._overview_reader = catalog.reader("overview")
        self.search = SearchBar()
        self.model = IntegrationTableModel(catalog, self)
        self.table = IntegrationTable(self.model)
        self._lay_out()
        self._connect_table()
        self.panes.restoreState(settings.state("splitter"))
        self.table.restore_layout(settings.state("table"))

    def steps(
        self, loader: IconLoader, start_actions: Sequence[QAction], view_actions: Sequence[QAction]
    ) -> Iterator[None]:
        """Make what the first rows do not need, in slices between which the event loop runs."""
        from db import models  # noqa: F401  peewee is a slice of its own

        yield
        from gui.organization_actions import OrganizationActions
        from gui.organizations_panel import OrganizationsPanel

        yield
        self.organization_actions = OrganizationActions(self, self.record_actions.edit)
        self.organizations = OrganizationsPanel()
        self.panes.put_organizations(self.organizations)
        yield
        from gui.catalog_care import CatalogCare
        from gui.details_pages import DetailsPages
        from gui.details_panel import DetailsPanel
        from gui.draft_keeper import DraftKeeper
        from gui.elsewhere import ElsewhereWatch
        from gui.shown_record import ShownRecord

        yield
        self.care = CatalogCare(self.catalog, self._follow, self)
        self.care.said.connect(self.said)
        self.details = DetailsPanel(loader)
        self.record = ShownRecord(self.catalog, self.model, self.table, self.details, self)
        self.details.set_read_only(self.catalog.read_only)
        self.details.splitter.restoreState(self._settings.state("details"))
        self.table.addAction(self.details.preview.allow_action)
        self.details.preview.restore(self._settings.state("preview").toStdString())
        self.organizations.set_read_only(self.catalog.read_only)
        self.details_pages = DetailsPages(self.details, self._make_many)
        self.table.chosen.selected_changed.connect(self.details_pages.show_count)
        self.panes.put_details(self.details_pages)
        yield
        from gui import history_actions  # noqa: F401  its imports are a slice of their own

        yield
        self._make_history(loader)
        self.pages.make_states(start_actions, self.clear_filters)
        self._connect_panels()
        self.views.set_loader(loader)
        self._take_icons(loader)
        self.views.make_switch(view_actions)
        self._make_searching()
        self.is_whole = True
        if not self.catalog.read_only:
            self.drafts = DraftKeeper(self.catalog, self.model, self.details, self.go_back_to, self)
            self.drafts.said.connect(self.said)
        self._watch = ElsewhereWatch(self.catalog, self)
        self._watch.moved.connect(self.failed)
        self.reload_overview()
        self.record.show(self.table.chosen.current_pk)
        self._show_page()

    @cached_property
    def record_actions(self) -> RecordActions:
        """The edits; rows are shown without them."""
        from gui.record_actions import RecordActions

        made = RecordActions(
            self.catalog, self.model, self.table.chosen, self._follow, lambda: self._org_id, self
        )
        made.added.connect(self._go_to_new)
        made.copied.connect(self.table.select_pks)
        made.cell_refused.connect(
            lambda pk, name, value: self.views.current.edit_again(pk, name, csv_text(value))
        )
        made.conflicted.connect(self._ask_about)
        made.said.connect(self.said)
        made.failed.connect(self.failed)
        return made

    @cached_property
    def bulk_actions(self) -> BulkActions:
        """What is done to many integrations at once."""
        from gui.bulk_actions import BulkActions

        made = BulkActions(
            self.catalog,
            self.model,
            self.table,
            self._settings,
            self._loader,
            self.record_actions,
            self._follow,
            lambda: self.organization_actions.overview,
            self,
        )
        made.said.connect(self.said)
        made.failed.connect(self.failed)
        return made

    def _make_many(self) -> ManyPanel:
        made = self.bulk_actions.make_many_panel()
        made.set_read_only(self.catalog.read_only)
        made.set_known(*self._known)
        return made

    # -- layout ------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        self.pages = RowPages(self.table)
        self.views = RowViews(self.model, self.table, self.pages, self._settings, self)
        middle = QWidget()
        column = QVBoxLayout(middle)
        column.setContentsMargins(4, 8, 4, 8)
        column.setSpacing(6)
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(self.search, 1)
        top.addWidget(self.views.switch, 0, Qt.AlignmentFlag.AlignTop)
        column.addLayout(top)
        column.addWidget(self.pages, 1)
        self.panes = Panes(middle)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.panes)

    def show_organizations(self, shown: bool) -> None:
        """Show or hide the organizations."""
        self.panes.show_organizations(shown)

    def show_details(self, shown: bool) -> None:
        """Show or hide the details."""
        self.panes.show_details(shown)

    def _connect_table(self) -> None:
        self.search.words_changed.connect(lambda _: self.reload())
        self.search.leave_requested.connect(self.views.set_focus)
        self.model.loaded.connect(self._loaded)
        self.model.failed.connect(self.failed)
        self.model.said.connect(self.said)
        self.model.edit_requested.connect(
            lambda pk, name, value: self.record_actions.change_cell(
                pk, name, value, self.model.seen
            )
        )
        self.table.said.connect(self.said)
        self.table.fill_requested.connect(
            lambda name, text: self.bulk_actions.pasting.fill(name, text)
        )
        for view in (self.table, self.views):
            view.delete_requested.connect(lambda: self.record_actions.delete_selected())
            view.details_requested.connect(lambda pk, field: self.record.edit(pk, field))
            view.text_left.connect(lambda pk, *typed: self.record.keep_text(pk, *typed))
        self.table.chosen.current_changed.connect(self._show_details)
        self.table.chosen.selected_changed.connect(self.selected_changed)
        self.catalog.changed.append(self._told)

    def _connect_panels(self) -> None:
        self.organization_actions.said.connect(self.said)
        self.organizations.chosen.connect(lambda _: self.reload())
        self.organizations.add_requested.connect(self.organization_actions.add)
        self.organizations.rename_requested.connect(self.organization_actions.rename)
        self.organizations.delete_requested.connect(self.organization_actions.delete)
        self.organizations.base_url_requested.connect(self.organization_actions.base_url)
        self.details.apply_requested.connect(self._apply)
        self.details.previous_requested.connect(lambda: self.table.chosen.move_current(-1))
        self.details.next_requested.connect(lambda: self.table.chosen.move_current(1))
        self.record.details_wanted.connect(self.details_wanted)
        self.record.failed.connect(self.failed)
        self.details.said.connect(self.said)
        self.details.failed.connect(self.failed)
        from gui.usage_watch import UsageWatch

        UsageWatch(self.details.form, self.catalog.reader("usage"))

    def _take_icons(self, loader: IconLoader) -> None:
        from gui.icon_setting import IconSetting
        from gui.icon_targets import IconTargets

        self._loader = loader
        setting = IconSetting(self, loader, self.record_actions.edit)
        setting.failed.connect(self.failed)
        self.icons = IconTargets(setting, self.model, self.table.chosen, self.said)
        self.icons.watch_details(self.details)
        if not self.catalog.read_only:
            self.icons.watch_view(self.table)
            self.views.made.connect(self.icons.watch_view)

    def _make_searching(self) -> None:
        from gui.cell_filter import CellFilter
        from gui.searching import Searching

        self.searching = Searching(
            self.search,
            self.catalog,
            self._settings,
            lambda: self.organization_actions.overview,
        )
        self.cell_filter = CellFilter(self.search, self.model, self.table)

    def _make_history(self, loader: IconLoader) -> None:
        from gui.history_actions import HistoryActions
        from gui.history_icons import CellIcons

        icons = CellIcons(loader)
        self.history = HistoryActions(self.catalog, self.record_actions, self._follow, icons, self)
        self.details.put_timeline(self.history.timeline())
        self.history.said.connect(self.said)
        self.history.failed.connect(self.failed)
        self.history.history_changed.connect(self.history_changed)

    def leave(self) -> bool:
        """Ask for all that was typed to be stored; False, with the reason shown, if it cannot."""
        if not self.is_whole:
            return True
        self.views.current.commit_editor()
        return self.details.leave() and not self.details.kept and not self.is_many_dirty

    @property
    def is_many_dirty(self) -> bool:
        """Whether something was typed for several integrations that is not stored."""
        many = self.details_pages.many
        return many is not None and many.is_dirty

    def go_back_to(self, pk: int) -> None:
        """Show a record, whatever is searched for now."""
        if self.is_filtered:
            self.clear_filters()
        self.details_wanted.emit()
        self.table.select_pks([pk])

    def close_catalog(self) -> None:
        """Store the layout and close the file."""
        if self.is_whole:
            self._watch.stop()
            if self.drafts is not None:
                self.drafts.close()
            self._settings.save_state("details", self.details.splitter.saveState())
            choices = self.details.preview.choices
            self._settings.save_state("preview", QByteArray(choices.encode()))
        self._closed = True
        self._settings.save_state("splitter", self.panes.saveState())
        self.views.save()
        self._settings.save_state("table", self.table.save_layout())
        self.catalog.changed.remove(self._told)
        self.model.close()
        if "bulk_actions" in self.__dict__:
            self.bulk_actions.close()
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
        return self.table.chosen.count

    @property
    def is_filtered(self) -> bool:
        return bool(self.search.words) or self._org_id is not None

    def begin(self) -> None:
        """Show the first rows; what is needed for the others would only delay them."""
        self.model.begin(self.spec)

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
            self.failed.emit,
        )

    def clear_filters(self) -> None:
        """Search for nothing, in all organizations."""
        self.search.field.clear()
        if self.organizations.org_id is not None:
            self.organizations.choose(None)
        self.search.clear()
        self.views.set_focus()

    def _show_overview(self, answer: tuple[Overview, list[str]]) -> None:
        overview, types = answer
        has_new_base = overview.base_url != self.organization_actions.overview.base_url
        self.organization_actions.overview = overview
        self.record.base_url = overview.base_url
        self.organizations.show_overview(overview)
        bases = {item.id: item.base_url for item in overview.organizations if item.base_url}
        self.views.set_bases(bases, overview.base_url)
        self.history.set_bases(bases, overview.base_url)
        self.details.set_known(types, overview.organizations)
        self._known = (types, overview.organizations)
        if self.details_pages.many is not None:
            self.details_pages.many.set_known(*self._known)
        self.views.set_known(types, overview.organizations)
        if has_new_base:
            self.record.show_again()
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
            self.pages.show_rows()
        else:
            self.pages.show_none(self.search.words, self._org_id)

    @property
    def empty(self) -> EmptyState:
        """The page of a catalogue without rows."""
        return self.pages.empty

    @property
    def no_match(self) -> EmptyState:
        """The page of a search without rows."""
        return self.pages.no_match

    # -- one record --------------------------------------------------------------------------

    def _show_details(self, pk: int | None) -> None:
        if self.is_whole:
            self.record.show(pk)

    def _apply(self, pk: int, values: dict[str, Value]) -> None:
        seen = self.details.form.seen(values)
        self.record_actions.change(pk, values, self.details.refuse, seen)

    def _ask_about(self, conflict: Conflict) -> None:
        from gui.conflict_question import ask

        ask(conflict, self.model, self.details, self)

    def _go_to_new(self, pk: int) -> None:
        """Show a new record in the details, with the cursor in its name."""
        if self.search.words:
            self.search.clear()
        self.record.want_field(pk, "name")
        self.table.select_pks([pk])

    def export_scopes(self) -> list[Scope]:
        """What can be exported."""
        from gui.export_scopes import scopes

        return scopes(self.model, self.table.chosen, self.total)

    def load_sample(self) -> None:
        """Put the sample integrations into the catalogue, as one edit."""
        self.record_actions.load_sample(self.views.set_focus)

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
        self.history.changed()
        self.searching.changed()
        moved = change.fields is None or bool({"org_id", "type"} & change.fields)
        if change.added or change.deleted or change.organizations or change.settings or moved:
            self.reload_overview()
        self.details_pages.refresh()
        bases = change.organizations or change.settings
        if bases or change.pks is None or self.record.pks & change.pks:
            self.record.show_again()


def _overview(connection: apsw.Connection) -> tuple[Overview, list[str]]:
    from db import organizations

    return organizations.overview(connection), organizations.known_types(connection)
