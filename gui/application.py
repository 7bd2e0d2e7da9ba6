"""The composition root: makes the window and everything it needs, and runs it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import platformdirs
from PySide6.QtWidgets import QApplication

from gui import error_dialog, theme
from gui.icon_loader import IconLoader
from gui.main_window import MainWindow
from gui.settings import Settings
from gui.version import VERSION


def run(catalog: Path | None, allow_hosts: Sequence[str]) -> int:
    """Show the window until it is closed.

    Args:
        catalog: the file to open; None for the last one, or the default one.
        allow_hosts: loopback or private hosts that icons may be loaded from in this run.

    Returns:
        the exit code.
    """
    app = make_application()
    window = make_window(allow_hosts)
    window.open_first(catalog)
    window.show()
    return app.exec()


def make_application() -> QApplication:
    """The Qt application: its names, its colours, and the report of unhandled errors."""
    existing = QApplication.instance()
    app = existing if isinstance(existing, QApplication) else QApplication(sys.argv[:1])
    app.setApplicationName("integration-icons")
    app.setApplicationDisplayName("Integration Icons")
    app.setApplicationVersion(VERSION)
    app.setDesktopFileName("integration-icons")
    app.setWindowIcon(theme.app_icon())
    theme.apply(app, Settings().scheme)
    error_dialog.install()
    return app


def make_window(allow_hosts: Sequence[str] = ()) -> MainWindow:
    """A window with its icon loader, without a catalogue yet."""
    settings = Settings()
    cache = platformdirs.user_cache_path("integration-icons") / "icons.db"
    loader = IconLoader(cache, [*settings.allowed_hosts, *allow_hosts])
    window = MainWindow(settings, loader, allow_hosts)
    loader.setParent(window)
    return window
