"""The window: menus, tool bar, status bar, and the workspace of the open catalogue.

It is painted as soon as it has rows; what they do not need follows (see CONTRIBUTING.md, "The first
rows come first").
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QObject, QSize, Qt, QThreadPool, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QShowEvent
from PySide6.QtWidgets import QApplication, QMainWindow

from gui import theme
from gui.background import deliver
from gui.catalog_files import CatalogFiles
from gui.menus import WindowMenus
from gui.settings import Settings
from gui.status_bar import StatusBar
from gui.text import one_line, sentence
from gui.workspace import Workspace

if TYPE_CHECKING:
    from PySide6.QtGui import QAction

    from db.catalog import Catalog
    from gui.history_panel import HistoryDock, HistoryPanel
    from gui.icon_loader import IconLoader
    from gui.leaving import Leaving

_SIZE: Final = QSize(1280, 800)
"""At the first start, where the screen has room."""
_FRAME: Final = QSize(16, 48)
"""What the window manager puts around the window, at most."""
_PANES: Final = ("show_organizations", "show_details")
_OF_TABLE = "edit_cell icon_file paste_icon duplicate delete copy copy_headings paste select_all"
_UNPAINTED_MILLISECONDS: Final = 500
"""A window that is not painted (it may be minimized) is made whole after this time."""


class MainWindow(QMainWindow):
    """One window with one catalogue open at a time.

    Args:
        settings: the preferences, and where the window's state is kept.
        make_loader: makes what loads the icons; it is stopped when the window closes.
        run_hosts: hosts allowed for this run, besides those of the preferences.

    Signals:
        painted(): the first rows were painted, or none can be: what else there is to do follows.
        ready(): all of the window is there, and the first catalogue was read (or refused).
    """

    painted = Signal()
    ready = Signal()

    def __init__(
        self,
        settings: Settings,
        make_loader: Callable[[], IconLoader],
        run_hosts: Sequence[str] = (),
    ) -> None:
        super().__init__()
        self._settings = settings
        self._make_loader = make_loader
        self.loader: IconLoader | None = None
        self._run_hosts = list(run_hosts)
        self._history: HistoryDock | None = None
        self._steps = self._all_steps()
        self._is_whole = False
        self._is_ready = False
        self._has_begun = False
        self._next_step = QTimer(self, singleShot=True)
        self._next_step.timeout.connect(self._take_step)
        self.workspace: Workspace | None = None
        self._actions: dict[str, QAction] = {}
        self.files = CatalogFiles(self, settings)
        self.files.opened.connect(self.show_catalog)
        self.files.failed.connect(self._opening_failed)
        self.status = StatusBar()
        self.status.show_offline(settings.flag("offline", default=False))
        self.setStatusBar(self.status)
        self.menus = WindowMenus(self)
        self.menus.recent_chosen.connect(
            lambda path: self._leaving.then(lambda: self.files.open(path))
        )
        self.menus.recent_wanted.connect(lambda: self.menus.show_recent(settings))
        self.menus.columns_wanted.connect(self._show_columns)
        self.menus.organization_wanted.connect(self._show_organization)
        self._restore()

    @property
    def actions_by_name(self) -> dict[str, QAction]:
        """All that can be done, made now at the latest."""
        if not self._actions:
            self._make_actions()
        return self._actions

    def _make_actions(self) -> None:
        from gui.actions import make_actions

        flags = [("work_offline", "offline", False), *((name, name, True) for name in _PANES)]
        checked = [
            name for name, flag, default in flags if self._settings.flag(flag, default=default)
        ]
        self._actions = make_actions(self, self._handlers(), checked)
        self.menus.take(self._actions)
        if self.workspace is not None:
            self._give_actions(self.workspace)
        self._update_actions()

    @cached_property
    def _leaving(self) -> Leaving:
        from gui.leaving import Leaving

        made = Leaving(self, self.status, lambda: self.workspace)
        self.status.failed.connect(made.stay)
        return made

    # -- what follows the first rows ------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self._has_begun:
            self._next_step.start(_UNPAINTED_MILLISECONDS)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Wait for the table's first paint; what follows is then begun after it."""
        if event.type() == QEvent.Type.Paint:
            watched.removeEventFilter(self)
            self._next_step.start(0)
        return False

    def _take_step(self) -> None:
        if next(self._steps, self) is not self:
            self._next_step.start(0)

    def _all_steps(self) -> Iterator[None]:
        """Make what the first rows do not need, in slices between which events are handled."""
        self._has_begun = True
        if self.workspace is not None:
            self.workspace.reload()
        self.painted.emit()
        yield
        if not self._actions:
            self._make_actions()
        yield
        theme.show_symbols()
        self.setWindowIcon(theme.app_icon())
        yield
        from gui import icon_loader  # noqa: F401  its imports are a slice of their own

        yield
        self.loader = self._make_loader()
        self._apply_person()
        self.loader.host_allowed.connect(self._keep_allowed_host)
        stop = self.loader.stop_loading
        self.loader.waiting.connect(lambda count: self.status.show_icons_waiting(count, stop))
        yield
        if self.workspace is not None:
            yield from self._steps_of(self.workspace, self.loader)
        self._is_whole = True
        self._check_ready()

    def _steps_of(self, space: Workspace, loader: IconLoader) -> Iterator[None]:
        start = [self.actions_by_name[name] for name in ("import", "open", "sample")]
        views = [self.actions_by_name[name] for name in ("show_table", "show_gallery")]
        yield from space.steps(loader, start, views)
        space.settled.connect(self._check_ready)
        self._show_counts()

    def make_whole(self) -> None:
        """Make at once what is still missing: the user wants something of it."""
        for _ in self._steps:
            pass

    def _opening_failed(self, path: Path) -> None:
        if self.workspace is None:
            self.files.open_instead_of(path)
        if not self._has_begun:
            self._next_step.start(0)
        self._check_ready()

    def _check_ready(self, *_: object) -> None:
        space = self.workspace
        read = space.is_settled if space is not None else not self.files.is_opening
        if self._is_whole and read and not self._is_ready:
            from db.scratch import remove_left_over

            self._is_ready = True
            self.ready.emit()
            QThreadPool.globalInstance().start(remove_left_over)

    def _handlers(self) -> dict[str, Callable[..., object]]:
        return {
            "new_catalog": lambda: self._leaving.then(self.files.ask_new),
            "open": lambda: self._leaving.then(self.files.ask_open),
            "save_copy": self._save_copy,
            "restore_backup": lambda: self._in_workspace(lambda space: space.care.restore(self)),
            "check": lambda: self._in_workspace(lambda space: space.care.check(self)),
            "import": self.import_csv,
            "export": self.export_csv,
            "apply_changes": lambda: self._in_workspace(lambda space: space.history.ask_apply()),
            "compact": lambda: self._in_workspace(
                lambda space: space.history.compact(self._settings.retention)
            ),
            "sample": self.load_sample,
            "base_url": lambda: self._in_workspace(
                lambda space: space.organization_actions.base_url(None)
            ),
            "preferences": self.show_preferences,
            "quit": self.close,
            "undo": lambda: self._in_workspace(lambda space: space.record_actions.undo()),
            "redo": lambda: self._in_workspace(lambda space: space.record_actions.redo()),
            "deleted": lambda: self._in_workspace(lambda space: space.history.show_deleted()),
            "copy": lambda: self._in_workspace(lambda space: space.table.copy()),
            "copy_headings": lambda: self._in_workspace(
                lambda space: space.table.copy(headings=True)
            ),
            "paste": lambda: self._in_workspace(lambda space: space.bulk_actions.pasting.paste()),
            "new": lambda: self._in_workspace(lambda space: space.record_actions.new_integration()),
            "duplicate": lambda: self._in_workspace(
                lambda space: space.record_actions.duplicate_selected()
            ),
            "edit_cell": lambda: self._in_workspace(
                lambda space: space.views.current.edit_current()
            ),
            "icon_file": lambda: self._in_workspace(lambda space: space.icons.choose_file()),
            "paste_icon": lambda: self._in_workspace(lambda space: space.icons.paste()),
            "delete": lambda: self._in_workspace(
                lambda space: space.record_actions.delete_selected()
            ),
            "select_all": lambda: self._in_workspace(lambda space: space.views.current.selectAll()),
            "find": lambda: self._in_workspace(lambda space: space.search.focus()),
            "replace": lambda: self._in_workspace(lambda space: space.bulk_actions.replace()),
            "duplicates": lambda: self._in_workspace(lambda space: space.bulk_actions.duplicates()),
            "usage": lambda: self._in_workspace(lambda space: space.bulk_actions.usage()),
            "refresh": lambda: self._in_workspace(Workspace.refresh),
            "show_table": lambda _: None,  # one of the two is chosen
            "show_gallery": self._show_gallery,
            "show_organizations": lambda on: self._in_workspace(
                lambda space: space.show_organizations(on)
            ),
            "show_details": lambda on: self._in_workspace(lambda space: space.show_details(on)),
            "show_history": self._show_history,
            "show_large": lambda: self._in_workspace(
                lambda space: space.details.preview.show_large()
            ),
            "work_offline": self._work_offline,
            "search_help": lambda: self._in_workspace(lambda space: space.searching.show_help()),
            "logs": self._open_log_folder,
            "about": self._about,
        }

    # -- the open catalogue --------------------------------------------------------------------

    def open_first(self, path: Path | None) -> None:
        """Open `path`, or the last catalogue, or the default one."""
        self.files.open_first(path)

    def show_catalog(self, catalog: Catalog) -> None:
        """Show another catalogue; the one that was open is closed."""
        if self.workspace is not None:
            self.make_whole()
        self._close_workspace()
        space = Workspace(catalog, self._settings, self.status.follow, self)
        space.shown_changed.connect(self._show_counts)
        space.overview_changed.connect(lambda _: self._show_counts())
        space.selected_changed.connect(self._selected)
        space.history_changed.connect(lambda: self.menus.update_steps(self.workspace))
        space.said.connect(self.status.say)
        space.failed.connect(self.show_error)
        space.details_wanted.connect(lambda: self.actions_by_name["show_details"].setChecked(True))
        catalog.progressed.append(self.status.tell_progress)
        self.setCentralWidget(space)
        self._show_panes(space)
        self.workspace = space
        self.status.show_read_only(catalog.read_only)
        self.setWindowTitle(self.tr("{name}[*]").format(name=catalog.path.stem))
        self.setWindowFilePath(str(catalog.path))
        self._update_actions()
        if self._has_begun:
            space.reload()
        else:
            space.begin()
            space.table.viewport().installEventFilter(self)
        space.table.setFocus()
        if self._is_whole and self.loader is not None:
            for _ in self._steps_of(space, self.loader):
                pass
        if catalog.read_only:
            self.status.say(
                self.tr("This file cannot be written: it is open read-only. Save a copy to edit.")
            )

    def _show_panes(self, space: Workspace) -> None:
        for name, show in zip(_PANES, (space.show_organizations, space.show_details), strict=True):
            shown = self._settings.flag(name, default=True)
            show(shown)
            if self._actions:
                self._actions[name].setChecked(shown)
        if self._actions:
            self._give_actions(space)

    def _give_actions(self, space: Workspace) -> None:
        space.table.addActions([self._actions[name] for name in _OF_TABLE.split()])
        space.table.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)

    def _close_workspace(self) -> None:
        if self.workspace is not None:
            self.actions_by_name["show_history"].setChecked(False)
            space, self.workspace = self.workspace, None
            space.close_catalog()
            space.hide()
            space.deleteLater()

    def _show_gallery(self, on: bool) -> None:
        if self.workspace is not None and self.workspace.is_whole:
            self.workspace.views.show_gallery(on)

    def _show_history(self, on: bool) -> None:
        """Show or hide the History panel, which is made when it is first shown."""
        if self._history is None and on:
            from gui.history_panel import HistoryDock

            self._history = HistoryDock(self)
            self._history.closed.connect(
                lambda: self.actions_by_name["show_history"].setChecked(False)
            )
            self._history.cramped.connect(
                lambda few: self._in_workspace(lambda space: space.details.form.show_few(few=few))
            )
        if self._history is not None:
            if on:
                self._in_workspace(lambda space: self._put_history(space.history.panel()))
            else:
                self._history.put(None)
            self._history.setVisible(on)

    def _put_history(self, panel: HistoryPanel) -> None:
        assert self._history is not None
        self._history.put(panel)
        panel.table.setFocus()

    def _in_workspace(self, run: Callable[[Workspace], object]) -> None:
        if self.workspace is not None:
            self.make_whole()
            run(self.workspace)

    # -- what the actions do -------------------------------------------------------------------

    def import_csv(self, path: Path | None = None) -> None:
        """Ask for a CSV file (unless `path` is one) and show what it would change."""
        from gui.import_dialog import ImportDialog

        if self.workspace is None:
            return
        dialog = ImportDialog(self.workspace.catalog, path, self)
        dialog.imported.connect(lambda change: self.status.say(change.label))
        dialog.said.connect(self.status.say)
        dialog.failed.connect(self.show_error)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    def export_csv(self) -> None:
        """Ask what to export, and where to."""
        from gui.export_dialog import ExportDialog

        if self.workspace is None:
            return
        dialog = ExportDialog(self.workspace.catalog, self.workspace.export_scopes(), self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    def _open_log_folder(self) -> None:
        from gui import help_menu

        help_menu.open_log_folder(self)

    def _about(self) -> None:
        from gui import help_menu

        help_menu.about(self)

    def load_sample(self) -> None:
        """Put the sample integrations into the open catalogue, as one edit."""
        self._in_workspace(Workspace.load_sample)

    def show_preferences(self) -> None:
        """Edit the preferences."""
        from gui.preferences import PreferencesDialog

        dialog = PreferencesDialog(self._settings, self, self.loader)
        dialog.changed.connect(self._apply_preferences)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    def _apply_preferences(self) -> None:
        app = QApplication.instance()
        if isinstance(app, QApplication):
            theme.apply(app, self._settings.scheme)
        self._apply_policy()
        self._apply_person()
        if self.loader is not None:
            self.loader.limit_cache(self._settings.cache_bytes)

    def _apply_person(self) -> None:
        from db import person

        person.set_author(person.kept())

    def _apply_policy(self) -> None:
        if self.loader is not None:
            from gui.icon_policy import policy_of

            self.loader.set_policy(policy_of(self._settings, self._run_hosts))

    def _work_offline(self, on: bool) -> None:
        self._settings.save_flag("offline", on)
        self.status.show_offline(on)
        self._apply_policy()

    def _keep_allowed_host(self, host: str) -> None:
        if host not in self._settings.allowed_hosts:
            self._settings.allowed_hosts = [*self._settings.allowed_hosts, host]

    def _save_copy(self) -> None:
        if self.workspace is not None:
            self.files.ask_copy(self.workspace.catalog, self._report_copy)

    def _report_copy(self, path: Path, future: Future[None]) -> None:
        space = self.workspace
        cancel = (lambda: space.catalog.cancel(future)) if space is not None else None
        self.status.follow(self.tr("Saving {name}").format(name=path.name), future, cancel)
        done = self.tr("Saved a copy as {name}").format(name=one_line(path.name, 80))
        deliver(self, future, lambda _: self.status.say(done), self.show_error)

    def show_error(self, error: Exception) -> None:
        """Say in a dialog what went wrong; in the status bar, that work was cancelled."""
        from db.errors import Cancelled

        if isinstance(error, Cancelled):
            self.status.say(sentence(error))
            return
        from PySide6.QtWidgets import QMessageBox

        box = QMessageBox(self)
        box.setIcon(QMessageBox.Icon.Warning)
        box.setWindowTitle(self.tr("Integration Icons"))
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setText(sentence(error))
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.open()

    # -- state ---------------------------------------------------------------------------------

    def _show_counts(self, *_: object) -> None:
        if self.workspace is not None and self.workspace.is_whole:
            self.status.show_counts(self.workspace.shown, self.workspace.total)
            self._update_actions()

    def _selected(self, count: int) -> None:
        self.status.show_selected(count)
        self._update_actions()

    def _update_actions(self) -> None:
        self.menus.update(self.workspace)

    def _show_columns(self) -> None:
        if self.workspace is not None:
            self.menus.show_columns(self.workspace.table.column_actions())

    def _show_organization(self) -> None:
        if self.workspace is not None:
            self.make_whole()
            panel = self.workspace.organizations
            self.menus.show_organization(
                [
                    panel.add_action,
                    panel.rename_action,
                    panel.base_url_action,
                    panel.delete_action,
                ]
            )

    def _restore(self) -> None:
        room = self.screen().availableSize() - _FRAME
        self.resize(_SIZE.boundedTo(room))
        self.restoreGeometry(self._settings.state("window"))

    def closeEvent(self, event: QCloseEvent) -> None:
        """Store the layout and stop what loads icons, once everything is stored and written."""
        if not self._leaving.may_go():
            event.ignore()
            self._leaving.then(self.close)
            return
        self._settings.save_state("window", self.saveGeometry())
        for name in _PANES if self._actions else ():
            self._settings.save_flag(name, self._actions[name].isChecked())
        self._close_workspace()
        self.files.close()
        self._next_step.stop()
        if self.loader is not None:
            self.loader.stop()
        super().closeEvent(event)
