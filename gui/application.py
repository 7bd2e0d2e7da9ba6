"""The composition root: makes the window and everything it needs, and runs it."""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtWidgets import QApplication

from gui import catalog_files, error_reporter, logs, theme
from gui.settings import Settings
from gui.version import VERSION

if TYPE_CHECKING:
    from gui.icon_loader import IconLoader
    from gui.main_window import MainWindow

WAIT_SECONDS: Final = 0.2
"""How long the window waits for its first catalogue before it is shown without: a window that is
shown empty is laid out and painted twice."""


def run(catalog: Path | None, allow_hosts: Sequence[str]) -> int:
    """Show the window until it is closed.

    Args:
        catalog: the file to open; None for the last one, or the default one.
        allow_hosts: loopback or private hosts that icons may be loaded from in this run.

    Returns:
        the exit code.
    """
    app = make_application()
    theme.hold_symbols()
    # The file is read without the interpreter, while that imports the rest.
    settings = Settings()
    opening = catalog_files.open_first(catalog, settings)
    window = make_window(allow_hosts)
    window.painted.connect(logs.start_files)
    window.painted.connect(gc.enable)
    window.painted.connect(_let_interrupt)
    if window.files.take(opening, WAIT_SECONDS):
        window.painted.connect(lambda: settings.note_recent(opening.path))
    else:
        window.files.follow(opening)
    window.show()
    return app.exec()


def spare_collecting(window: MainWindow) -> None:
    """Let Python collect garbage once there are rows, and never look at what a start has made.

    A pass over all of that takes 8 ms in the midst of a paint, and what is in it stays.
    """
    window.painted.connect(gc.enable)
    window.ready.connect(gc.freeze)


def _let_interrupt() -> None:
    """Let Ctrl-C in the terminal end the window."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_DFL)


def make_application() -> QApplication:
    """The Qt application: its names, its colours, and the report of unhandled errors."""
    existing = QApplication.instance()
    app = existing if isinstance(existing, QApplication) else theme.new_application(sys.argv[:1])
    app.setApplicationName("integration-icons")
    app.setApplicationDisplayName("Integration Icons")
    app.setApplicationVersion(VERSION)
    app.setDesktopFileName("integration-icons")
    theme.apply(app, Settings().scheme)
    error_reporter.install()
    return app


def make_window(allow_hosts: Sequence[str] = ()) -> MainWindow:
    """A window without a catalogue yet."""
    from gui.main_window import MainWindow

    settings = Settings()
    return MainWindow(settings, lambda: _make_loader(settings, allow_hosts), allow_hosts)


def _make_loader(settings: Settings, allow_hosts: Sequence[str]) -> IconLoader:
    import platformdirs

    from gui.icon_loader import IconLoader
    from gui.icon_policy import policy_of

    cache = platformdirs.user_cache_path("integration-icons") / "icons.db"
    loader = IconLoader(cache, ())
    loader.set_policy(policy_of(settings, allow_hosts))
    loader.limit_cache(settings.cache_bytes)
    loader.start()
    return loader
