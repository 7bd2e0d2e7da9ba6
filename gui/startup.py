"""What must hold before the window can open, checked where a sentence can still be printed.

Without these checks Qt aborts the process (no display, a library missing) or Python does (a PySide6
that loses references). ``python -m gui.startup`` prints the Debian packages that are missing, for
the Makefile.
"""

from __future__ import annotations

import ctypes
import os
import sys
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from threading import Thread
from typing import Final, NamedTuple


class CannotStart(Exception):
    """The window cannot open here; the message says why and what to do."""


class Library(NamedTuple):
    """A shared library that the wheels of PySide6 expect of the system."""

    file: str
    package: str
    """The Debian package that brings it."""
    with_display: bool = False
    """Whether only the platforms with a display (xcb, Wayland) load it."""


LIBRARIES: Final = (
    Library("libGL.so.1", "libgl1"),
    Library("libEGL.so.1", "libegl1"),
    Library("libglib-2.0.so.0", "libglib2.0-0"),
    Library("libdbus-1.so.3", "libdbus-1-3"),
    Library("libfontconfig.so.1", "libfontconfig1"),
    Library("libbrotlidec.so.1", "libbrotli1"),
    Library("libxkbcommon-x11.so.0", "libxkbcommon-x11-0", with_display=True),
    Library("libxcb-cursor.so.0", "libxcb-cursor0", with_display=True),
    Library("libxcb-icccm.so.4", "libxcb-icccm4", with_display=True),
    Library("libxcb-keysyms.so.1", "libxcb-keysyms1", with_display=True),
    Library("libxcb-shape.so.0", "libxcb-shape0", with_display=True),
    Library("libwayland-cursor.so.0", "libwayland-cursor0", with_display=True),
)

_QT_FILES: Final = (
    "Qt/lib/libQt6Core.so.6",
    "Qt/lib/libQt6Gui.so.6",
    "Qt/lib/libQt6Widgets.so.6",
    "QtCore.abi3.so",
    "QtGui.abi3.so",
    "QtWidgets.abi3.so",
)
"""In the folder of PySide6. One after the other, since an import waits while one is loaded."""
_DISPLAY_PLATFORMS: Final = ("xcb", "wayland")
_CALLS: Final = 200


def preload() -> None:
    """Make Linux load in a thread what importing and using Qt would make it load.

    PySide6's imports and calls keep the interpreter meanwhile, as does `ctypes.CDLL`; a function
    called through ctypes does not. What is not where it is looked for is left to the import.
    """
    if sys.platform == "linux":
        package = find_spec("PySide6")  # not in the thread: looking for a module holds up imports
        folders = (package and package.submodule_search_locations) or ()
        files = [library.file for library in LIBRARIES if not library.with_display]
        files += [f"{folder}/{file}" for folder in folders for file in _QT_FILES]
        Thread(target=_preload, args=(files,), name="preload").start()


def _preload(files: list[str]) -> None:
    with suppress(OSError, AttributeError):
        load = ctypes.CDLL(None).dlopen
        load.restype = ctypes.c_void_p
        for file in files:
            load(os.fsencode(file), os.RTLD_LAZY)
        ctypes.CDLL("libfontconfig.so.1").FcInit()  # reads the index of fonts; Qt asks again


def check_system() -> None:
    """Check libraries and display, before anything of Qt is imported.

    Raises:
        CannotStart: a library is missing, or there is no display to show a window on.
    """
    if sys.platform != "linux":
        return
    platform = os.environ.get("QT_QPA_PLATFORM", "")
    with_display = not platform or platform.startswith(_DISPLAY_PLATFORMS)
    missing = [
        library for library in missing_libraries() if with_display or not library.with_display
    ]
    if missing:
        raise CannotStart(
            "Qt needs libraries that this system does not have: "
            f"{', '.join(library.file for library in missing)}.\n"
            f"On Debian or Ubuntu: sudo apt-get install {packages(missing)}"
        )
    if with_display and not (_wayland_answers() or _x_server_answers()):
        raise CannotStart(
            f"There is no display to show the window on ({_display_names()}).\n"
            "On a machine without a screen use a virtual one:\n"
            "    sudo apt-get install xvfb xauth\n"
            "    xvfb-run -a integration-icons      (from a checkout: xvfb-run -a make run)\n"
            "The commands import and export need no display."
        )


def check_qt() -> None:
    """Check that PySide6 keeps Python's count of references to None.

    PySide6 6.12.0 on Python 3.11 lowers it with every call that returns nothing, and the process
    aborts ("deallocating None") after some thousand calls.

    Raises:
        CannotStart: it does not.
    """
    import PySide6
    from PySide6.QtCore import QObject

    thing = QObject()
    before = sys.getrefcount(None)
    for _ in range(_CALLS):
        thing.setObjectName("x")
    refuse_lost_references(before - sys.getrefcount(None), PySide6.__version__)


def spare_reading() -> None:
    """Tell PySide6 what it would read the source of each module for that is imported after it.

    It looks for its own name there, to know which modules may want its features (`snake_case`,
    `true_property`), and notes -1 for those that want none: neither Python's own nor ours do. A
    PySide6 without these notes reads on, 7 ms of a start.
    """
    notes = getattr(sys.modules.get("shibokensupport.feature"), "pyside_feature_dict", None)
    if isinstance(notes, dict):
        root = Path(__file__).resolve().parents[1]
        ours = (
            f"{package}.{path.stem}"
            for package in ("db", "gui")
            for path in (root / package).iterdir()
        )
        for name in (*sys.stdlib_module_names, *sys.modules, "db", "gui", *ours):
            notes.setdefault(name, -1)


def refuse_lost_references(lost: int, version: str) -> None:
    """Raise CannotStart when `lost` references to None of ``_CALLS`` calls are too many.

    Other threads may add or drop a few meanwhile, so half the calls is the bound.
    """
    if lost > _CALLS // 2:
        python = ".".join(map(str, sys.version_info[:3]))
        raise CannotStart(
            f"PySide6 {version} on Python {python} loses references to None and would abort this "
            "program after a while.\n"
            "Use PySide6-Essentials 6.11 on Python 3.11, or Python 3.12 or newer: "
            "`make .venv` installs versions that agree."
        )


def missing_libraries() -> list[Library]:
    """The libraries of `LIBRARIES` that the system cannot load."""
    missing = []
    for library in LIBRARIES:
        try:
            ctypes.CDLL(library.file)
        except OSError:
            missing.append(library)
    return missing


def packages(libraries: list[Library]) -> str:
    """The Debian packages of `libraries`, divided by spaces."""
    return " ".join(library.package for library in libraries)


def _wayland_answers() -> bool:
    name = os.environ.get("WAYLAND_DISPLAY")
    if not name:
        return False
    return Path(os.environ.get("XDG_RUNTIME_DIR", "/"), name).is_socket()


def _x_server_answers() -> bool:
    if not os.environ.get("DISPLAY"):
        return False
    xcb = ctypes.CDLL("libxcb.so.1")
    xcb.xcb_connect.restype = ctypes.c_void_p
    connection = ctypes.c_void_p(xcb.xcb_connect(None, None))
    failed = bool(xcb.xcb_connection_has_error(connection))
    xcb.xcb_disconnect(connection)
    return not failed


def _display_names() -> str:
    names = ("DISPLAY", "WAYLAND_DISPLAY")
    found = [f"{name}={value!r} does not answer" for name in names if (value := os.getenv(name))]
    return ", ".join(found) or " and ".join(names) + " are not set"


if __name__ == "__main__":
    if sys.platform == "linux":
        print(packages(missing_libraries()))
