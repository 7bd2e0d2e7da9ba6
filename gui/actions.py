"""The window's actions: their words, symbols and keys, in one table per menu."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import NamedTuple

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

from gui import theme

Key = QKeySequence.StandardKey | str | None


class Spec(NamedTuple):
    """One action: a name to find it by, its text, its symbol and its key."""

    name: str
    text: str
    symbol: str = ""
    key: Key = None
    checkable: bool = False
    of_table: bool = False
    """Whether its key works in the table only: elsewhere it means something else."""


def _N(context: str, text: str) -> str:
    """Mark a text for translation."""
    return str(QT_TRANSLATE_NOOP(context, text))


SPECS = (
    Spec("new_catalog", _N("Actions", "&New Catalogue…"), "new"),
    Spec("open", _N("Actions", "&Open Catalogue…"), "open", QKeySequence.StandardKey.Open),
    Spec("save_copy", _N("Actions", "Save a &Copy…"), "save", "Ctrl+Shift+S"),
    Spec("restore_backup", _N("Actions", "Restore a &Backup…"), "revert"),
    Spec("check", _N("Actions", "Chec&k Catalogue…"), "ok"),
    Spec("import", _N("Actions", "&Import…"), "import", "Ctrl+I"),
    Spec("export", _N("Actions", "&Export…"), "export", "Ctrl+E"),
    Spec("apply_changes", _N("Actions", "Apply Change-Se&t…"), "import"),
    Spec("compact", _N("Actions", "Co&mpact Catalogue…"), "fit"),
    Spec("sample", _N("Actions", "Load the &Sample Catalogue"), "table"),
    Spec("base_url", _N("Actions", "Base &URL of the Catalogue…"), "link"),
    Spec("preferences", _N("Actions", "&Preferences…"), "settings", "Ctrl+,"),
    Spec("quit", _N("Actions", "&Quit"), "", QKeySequence.StandardKey.Quit),
    Spec("undo", _N("Actions", "&Undo"), "undo", QKeySequence.StandardKey.Undo),
    Spec("redo", _N("Actions", "&Redo"), "redo", "Ctrl+Shift+Z"),
    Spec("deleted", _N("Actions", "Recently D&eleted…"), "revert"),
    Spec("copy", _N("Actions", "&Copy"), "copy", QKeySequence.StandardKey.Copy, of_table=True),
    Spec("copy_headings", _N("Actions", "Copy with &Headings"), "", "Ctrl+Shift+C", of_table=True),
    Spec("paste", _N("Actions", "Pas&te Cells"), "", QKeySequence.StandardKey.Paste, of_table=True),
    Spec("new", _N("Actions", "&New Integration"), "new", QKeySequence.StandardKey.New),
    Spec("duplicate", _N("Actions", "&Duplicate"), "duplicate", "Ctrl+D"),
    Spec("edit_cell", _N("Actions", "&Edit Cell"), "rename", "F2", of_table=True),
    Spec("icon_file", _N("Actions", "Set &Icon from File…"), "open", "Ctrl+Shift+I", of_table=True),
    Spec("paste_icon", _N("Actions", "&Paste as Icon"), "link", "Ctrl+Shift+V", of_table=True),
    Spec(
        "delete", _N("Actions", "De&lete"), "delete", QKeySequence.StandardKey.Delete, of_table=True
    ),
    Spec(
        "select_all",
        _N("Actions", "Select &All"),
        "",
        QKeySequence.StandardKey.SelectAll,
        of_table=True,
    ),
    Spec("find", _N("Actions", "&Find"), "search", QKeySequence.StandardKey.Find),
    Spec("replace", _N("Actions", "Find and &Replace…"), "rename", "Ctrl+H"),
    Spec("duplicates", _N("Actions", "D&uplicates…"), "duplicate"),
    Spec("usage", _N("Actions", "&Where Used…"), "info", "Ctrl+U"),
    Spec("refresh", _N("Actions", "&Refresh"), "reload", "F5"),
    Spec("show_table", _N("Actions", "&Table"), "table", "F7", checkable=True),
    Spec("show_gallery", _N("Actions", "&Gallery"), "gallery", "F8", checkable=True),
    Spec("show_organizations", _N("Actions", "&Organizations"), "", "F9", checkable=True),
    Spec("show_details", _N("Actions", "&Details"), "", "F10", checkable=True),
    Spec("show_history", _N("Actions", "&History"), "history", "Ctrl+Shift+H", checkable=True),
    Spec("show_large", _N("Actions", "Icon &Large"), "large", "Ctrl+L"),
    Spec("work_offline", _N("Actions", "&Work Offline"), "offline", checkable=True),
    Spec("search_help", _N("Actions", "Help on the &Search"), "search", "F1"),
    Spec("logs", _N("Actions", "Open &Log Folder")),
    Spec("about", _N("Actions", "&About Integration Icons")),
)


def make_actions(
    window: QWidget, run: dict[str, Callable[[], object]], checked: Collection[str]
) -> dict[str, QAction]:
    """The window's actions by name, each connected to what `run` has for it.

    Args:
        checked: the names of those that are checked from the start.
    """
    actions: dict[str, QAction] = {}
    for spec in SPECS:
        action = QAction(QCoreApplication.translate("Actions", spec.text), window)
        if spec.symbol:
            theme.set_icon(action, spec.symbol)
        if spec.key is not None:
            action.setShortcut(QKeySequence(spec.key))
        if spec.of_table:
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        action.setCheckable(spec.checkable)
        action.setChecked(spec.name in checked)
        if spec.checkable:
            action.toggled.connect(run[spec.name])
        else:
            action.triggered.connect(lambda _checked=False, name=spec.name: run[name]())
        actions[spec.name] = action
    return actions


def fill(menu: QMenu, actions: dict[str, QAction], names: str) -> None:
    """Put actions into a menu, in order; "|" is a separator."""
    for name in names.split():
        if name == "|":
            menu.addSeparator()
        else:
            menu.addAction(actions[name])
