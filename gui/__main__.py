"""The command ``integration-icons``, also ``python -m gui`` from a checkout."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import argparse

COMMANDS: Final = ("import", "export", "history", "undo", "redo", "apply")
"""First arguments that work on a catalogue without a window. A catalogue file of such a name is
given as ``./import``."""

SWITCH_SECONDS: Final = 0.0001
"""How long a thread in the background may make the GUI thread wait, at each of the many calls of a
start or a paint that give up the interpreter; Python's own 5 ms are seen."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program with `argv` (the process's own arguments by default).

    Returns:
        The exit code: 2 when the program cannot start, else that of the window or the command.
    """
    _use_our_packages()
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments and arguments[0] in COMMANDS:
        return _run_command(arguments)
    return _open_window(*_options(arguments))


def _use_our_packages() -> None:
    """Make `gui` and `db` mean ours, however this module was imported."""
    root = str(Path(__file__).resolve().parents[1])
    if sys.path[0] != root:
        sys.path.insert(0, root)


def _run_command(arguments: list[str]) -> int:
    from gui import commands, logs

    logs.start()
    return commands.main(arguments)


def _open_window(path: Path | None, allow_host: list[str]) -> int:
    gc.disable()  # what a start makes is there to stay; the window turns it on when it is painted
    sys.setswitchinterval(SWITCH_SECONDS)
    if sys.platform == "linux":
        sys.setdlopenflags(os.RTLD_LAZY)  # PySide6 has 13,000 functions to bind, few are called
    from gui import startup

    try:
        startup.preload()
        # PySide6 reads the source of each module that is imported after it: these know nothing
        # of it.
        from db import catalog, pages  # noqa: F401
        from gui import logs

        logs.start(files=False)  # the window opens them when it is painted
        import PySide6  # noqa: F401  meanwhile the libraries are loaded that are checked next

        startup.check_system()
        startup.check_qt()
        startup.spare_reading()
    except startup.CannotStart as reason:
        print(f"integration-icons cannot start. {reason}", file=sys.stderr)
        return 2
    from gui import application

    return application.run(path, allow_host)


def _options(arguments: list[str]) -> tuple[Path | None, list[str]]:
    if len(arguments) == 1 and not arguments[0].startswith("-"):
        return Path(arguments[0]), []  # needs no parser, which takes 5 ms to make
    options = _parser().parse_args(arguments)
    return options.catalog, options.allow_host


def _parser() -> argparse.ArgumentParser:
    import argparse

    from gui.version import VERSION

    parser = argparse.ArgumentParser(
        prog="integration-icons",
        description="Browse and edit a catalogue of integrations and see every icon.",
        epilog=(
            "commands, without a window:\n"
            "  integration-icons import FILE --catalog DB   put the rows of a CSV file into one\n"
            "  integration-icons export FILE --catalog DB   write a catalogue to a CSV file\n"
            "  integration-icons history --catalog DB       list or save its edits\n"
            "  integration-icons undo --catalog DB          take back the last edit\n"
            "  integration-icons redo --catalog DB          do again what was undone\n"
            "  integration-icons apply FILE --catalog DB    apply a change-set file to it\n"
            "each has a --help of its own."
        ),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"integration-icons {VERSION}")
    parser.add_argument(
        "--allow-host",
        metavar="HOST",
        action="append",
        default=[],
        help="load icons from this loopback or private host for this run; may be repeated",
    )
    parser.add_argument(
        "catalog",
        metavar="CATALOG",
        nargs="?",
        type=Path,
        help="the catalogue file to open (default: the one in your data folder)",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
