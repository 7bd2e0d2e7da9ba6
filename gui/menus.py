"""The menus and the tool bar of the window, and which of their actions can be done.

The titles and the place of the tool bar are there from the start, so that nothing moves; the
actions follow the first rows (see CONTRIBUTING.md, "The first rows come first").
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QSize, Qt, Signal
from PySide6.QtWidgets import QMainWindow, QToolBar

from gui import theme
from gui.text import one_line, plain_tooltip

if TYPE_CHECKING:
    from PySide6.QtGui import QAction

    from gui.settings import Settings
    from gui.workspace import Workspace

_NEEDS_CATALOG = (
    "save_copy restore_backup check show_history deleted export copy copy_headings"
    " select_all find refresh usage search_help"
)
_NEEDS_ROW = "duplicate delete edit_cell icon_file paste_icon paste"
_NEEDS_WRITING = "import apply_changes compact sample base_url new replace duplicates"


class WindowMenus(QObject):
    """Puts the actions into the menu bar and the tool bar of a window, once they are given.

    Signals:
        recent_wanted(), columns_wanted(), organization_wanted(): this menu is opened; what it is to
            show is given by `show_recent`, `show_columns`, `show_organization`.
        recent_chosen(Path): open this catalogue.
    """

    recent_wanted = Signal()
    columns_wanted = Signal()
    organization_wanted = Signal()
    recent_chosen = Signal(object)

    def __init__(self, window: QMainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._actions: dict[str, QAction] = {}
        titles = (  # one `tr` each: what collects the words for translators reads literals only
            self.tr("&File"),
            self.tr("&Edit"),
            self.tr("&View"),
            self.tr("&Organization"),
            self.tr("&Help"),
        )
        self._menus = [window.menuBar().addMenu(title) for title in titles]
        self._make_tool_bar()

    def take(self, actions: dict[str, QAction]) -> None:
        """Fill the menus and the tool bar."""
        self._actions = actions
        self._fill_menus()
        self._fill_tool_bar()

    def _fill_menus(self) -> None:
        from gui.actions import fill

        actions = self._actions
        file, edit, view, self._organization, about = self._menus
        fill(file, actions, "new_catalog open")
        self._recent = file.addMenu(self.tr("Open &Recent"))
        theme.set_icon(self._recent, "history")
        self._recent.aboutToShow.connect(self.recent_wanted)
        fill(file, actions, "save_copy restore_backup check compact")
        fill(file, actions, "| import export sample apply_changes")
        fill(file, actions, "| base_url preferences | quit")
        fill(edit, actions, "undo redo deleted | new duplicate edit_cell delete")
        fill(edit, actions, "| icon_file paste_icon | copy copy_headings paste select_all")
        fill(edit, actions, "| find replace duplicates usage")
        fill(view, actions, "show_table show_gallery | show_organizations show_details")
        fill(view, actions, "show_history show_large")
        self._columns = view.addMenu(self.tr("&Columns"))
        theme.set_icon(self._columns, "columns")
        self._columns.aboutToShow.connect(self.columns_wanted)
        fill(view, actions, "| refresh | work_offline")
        self._organization.aboutToShow.connect(self.organization_wanted)
        fill(about, actions, "search_help | logs about")

    def _make_tool_bar(self) -> None:
        bar = QToolBar(self.tr("Tools"))
        bar.setObjectName("tools")
        bar.setMovable(False)
        bar.setIconSize(QSize(16, 16))
        bar.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._place = bar.addAction(" ")  # makes it as high as the others will
        self._place.setEnabled(False)
        self._window.addToolBar(bar)
        self.tool_bar = bar
        self._window.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)

    def _fill_tool_bar(self) -> None:
        bar = self.tool_bar
        bar.removeAction(self._place)
        self._place.deleteLater()
        for name in ["new", "duplicate", "delete", "|", "undo", "redo", "|", "import", "export"]:
            if name == "|":
                bar.addSeparator()
            else:
                bar.addAction(self._actions[name])
        for name, text in self._short_names().items():
            self._actions[name].setIconText(text)

    def _short_names(self) -> dict[str, str]:
        return {
            "new": self.tr("New"),
            "duplicate": self.tr("Duplicate"),
            "delete": self.tr("Delete"),
            "undo": self.tr("Undo"),
            "redo": self.tr("Redo"),
            "import": self.tr("Import"),
            "export": self.tr("Export"),
        }

    def show_recent(self, settings: Settings) -> None:
        """Fill the menu of the catalogues that were opened last."""
        self._recent.clear()
        for path in settings.recent:
            action = self._recent.addAction(_menu_text(str(path)))
            action.setToolTip(plain_tooltip(str(path)))
            action.triggered.connect(lambda _=False, path=path: self.recent_chosen.emit(path))
        if self._recent.isEmpty():
            self._recent.addAction(self.tr("Nothing opened yet")).setEnabled(False)
            return
        self._recent.addSeparator()
        clear = self._recent.addAction(self.tr("Clear This List"))
        clear.triggered.connect(lambda: settings.forget_recent())

    def show_columns(self, actions: Sequence[QAction]) -> None:
        """Fill the menu of the columns."""
        self._columns.clear()
        self._columns.addActions(actions)

    def show_organization(self, actions: Sequence[QAction]) -> None:
        """Fill the menu of the chosen organization."""
        self._organization.clear()
        self._organization.addActions(actions)

    def update(self, space: Workspace | None) -> None:
        """Enable what can be done in this workspace, and say what undo and redo would do."""
        actions = self._actions
        if not actions:
            return
        writable = space is not None and not space.catalog.read_only
        for name in _NEEDS_CATALOG.split():
            actions[name].setEnabled(space is not None)
        for name in _NEEDS_WRITING.split():
            actions[name].setEnabled(writable)
        some = space is not None and (space.selected > 0 or space.table.chosen.current_row >= 0)
        for name in _NEEDS_ROW.split():
            actions[name].setEnabled(writable and some)
        actions["show_large"].setEnabled(some)
        self.update_steps(space)

    def update_steps(self, space: Workspace | None) -> None:
        """Say what undo and redo would do in this workspace."""
        if not self._actions:
            return
        writable = space is not None and not space.catalog.read_only
        undo, redo = (
            (space.catalog.undo_label(), space.catalog.redo_label()) if space else (None, None)
        )
        self._name_step("undo", self.tr("&Undo"), undo, writable)
        self._name_step("redo", self.tr("&Redo"), redo, writable)

    def _name_step(self, name: str, word: str, label: str | None, writable: bool) -> None:
        action = self._actions[name]
        action.setEnabled(label is not None and writable)
        action.setText(f"{word} {_menu_text(one_line(label, 60))}" if label else word)
        key = action.shortcut().toString()
        plain = word.replace("&", "")
        tip = f"{plain}: {label} ({key})" if label else f"{plain} ({key})"
        action.setToolTip(plain_tooltip(tip))


def _menu_text(text: str) -> str:
    """`text` in a menu, where "&" would mark a key."""
    return text.replace("&", "&&")
