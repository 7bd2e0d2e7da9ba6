"""The commands, which need no display and never load Qt.

They end with 0 when all went well, 1 when some rows were rejected, 2 when it could not be done,
and 130 after Ctrl-C; then nothing was changed.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from db import person
from db.errors import SentenceError
from gui import export_command, history_commands, import_command

NOT_DONE: Final = 2
INTERRUPTED: Final = 130


def main(argv: list[str]) -> int:
    """Run a command; `argv` begins with its name. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="integration-icons")
    add_subcommands(parser.add_subparsers(required=True, metavar="COMMAND"))
    options = parser.parse_args(argv)
    person.set_author(person.kept())
    try:
        with _ended_like_ctrl_c():
            return int(options.run(options))
    except SentenceError as error:
        print(error, file=sys.stderr)
        if options.json and options.file != "-":
            print(json.dumps({"error": str(error)}))
        return NOT_DONE
    except BrokenPipeError:
        # Whoever read the output has gone; Python would complain about it once more at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return NOT_DONE
    except KeyboardInterrupt:
        print("Cancelled. Nothing was changed.", file=sys.stderr)
        return INTERRUPTED


def add_subcommands(subparsers: Any) -> None:
    """Add the commands to a parser's subparsers (what `add_subparsers` returned)."""
    import_command.add(subparsers)
    export_command.add(subparsers)
    history_commands.add_subcommands(subparsers)


@contextmanager
def _ended_like_ctrl_c() -> Iterator[None]:
    """A request to terminate cleans up as Ctrl-C does."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
