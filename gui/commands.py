"""The commands, which need no display and never load Qt: `import` and `export` are here.

They end with 0 when all went well, 1 when some rows were rejected, 2 when it could not be done,
and 130 after Ctrl-C; then nothing was changed.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from db import backups, person
from db.catalog import Catalog
from db.csv_export import Matching, export_csv, write_csv
from db.csv_import import Imported, Preview, Reading, RejectedRow, Writing
from db.csv_match import Counts
from db.csv_stage import Staged
from db.errors import Invalid, SentenceError
from gui import history_commands

OK: Final = 0
SOME_REJECTED: Final = 1
NOT_DONE: Final = 2
INTERRUPTED: Final = 130

REJECTS_LISTED: Final = 20
_BUSY_MILLISECONDS: Final = 5_000
_DELIMITERS: Final = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|"}


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
    _add_import(subparsers)
    _add_export(subparsers)
    history_commands.add_subcommands(subparsers)


def _add_import(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "import",
        help="put the rows of a CSV file into a catalogue",
        description="Put the rows of a CSV file into a catalogue, matched by id, as one edit that "
        "can be undone. A row whose id is new is added. A cell that says something else than the "
        "catalogue changes it, and an empty one clears it; fields without a column stay.",
        epilog="Exit code: 0 all well, 1 some rows rejected, 2 could not be done, 130 Ctrl-C.",
    )
    parser.add_argument("file", metavar="FILE", type=Path, help="a CSV file in UTF-8")
    parser.add_argument(
        "--catalog",
        metavar="DB",
        type=Path,
        required=True,
        help="the catalogue; it is made if there is none",
    )
    parser.add_argument(
        "--delimiter",
        metavar="D",
        type=_delimiter,
        help="what stands between cells: one character, or the word tab (default: detected)",
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="only say what would be done, and change nothing"
    )
    history_commands.add_discard_redo(parser)
    _add_json(parser)
    parser.set_defaults(run=_import)


def _add_export(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "export",
        help="write a catalogue to a CSV file",
        description="Write the integrations of a catalogue to a CSV file, in the order in which "
        "they were added. A file that is there is replaced when the new one is whole.",
        epilog="Exit code: 0 all well, 2 could not be done, 130 Ctrl-C.",
    )
    parser.add_argument("file", metavar="FILE", help="the CSV file to write; - is standard output")
    parser.add_argument("--catalog", metavar="DB", type=Path, required=True, help="the catalogue")
    parser.add_argument(
        "--query",
        metavar="WORDS",
        default="",
        help="only integrations in whose name, type, organization, icon URL or id all words occur",
    )
    parser.add_argument(
        "--organization",
        metavar="ID",
        help='only integrations of this organization; "" for those of none',
    )
    _add_json(parser)
    parser.set_defaults(run=_export)


def _add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--json", action="store_true", help="end with one line that is a JSON object"
    )


def _delimiter(text: str) -> str:
    delimiter = _DELIMITERS.get(text.lower(), text)
    if len(delimiter) != 1 or delimiter in '"\r\n\0':
        raise argparse.ArgumentTypeError(f"{text!r} is not one character, nor the word tab")
    return delimiter


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


def _import(options: argparse.Namespace) -> int:
    start = time.perf_counter()
    path: Path = options.catalog
    with ExitStack() as stack:
        known = path.exists()
        catalog = stack.enter_context(closing(Catalog.open(path))) if known else None
        reading = Reading(options.file, path if known else None, delimiter=options.delimiter)
        stack.callback(reading.close)
        staged = reading.future.result()
        counts, edit = staged.counts, None
        if not options.dry_run:
            if catalog is None:
                catalog = stack.enter_context(_created(path))
            if counts.new or counts.changed:
                history_commands.require_redo_may_go(catalog, options)
            catalog.keep_backups(backups.root())
            imported = _finished(Writing(catalog, staged))
            _wait_for_backup(catalog)
            counts, edit = imported.counts, imported.change.edit_id
        seconds = time.perf_counter() - start
        _list_rejects(staged)
    if options.json:
        _print_json(
            {
                "read": counts.read,
                "new": counts.new,
                "changed": counts.changed,
                "unchanged": counts.unchanged,
                "rejected": counts.rejected,
                "seconds": round(seconds, 3),
                "edit": edit,
            }
        )
    else:
        _tell_import(staged, counts, seconds, dry_run=options.dry_run)
    return SOME_REJECTED if counts.rejected else OK


@contextmanager
def _created(path: Path) -> Iterator[Catalog]:
    """A new catalogue, which is gone again if the import fails."""
    try:
        with closing(Catalog.create(path)) as catalog:
            yield catalog
    except BaseException:
        for suffix in ("", "-wal", "-shm", "-journal"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        raise


def _finished(writing: Writing) -> Imported:
    """The outcome of a write; Ctrl-C takes it back, unless it is in the file already."""
    try:
        return writing.future.result()
    except KeyboardInterrupt:
        writing.cancel()
        with suppress(SentenceError):
            return writing.future.result()
        raise


def _wait_for_backup(catalog: Catalog) -> None:
    backup = catalog.backup_under_way
    if backup is None:
        return
    try:
        backup.result()
    except KeyboardInterrupt:  # the import is done, and stays
        catalog.cancel(backup)
    except SentenceError as error:
        print(f"No backup was made. {error}", file=sys.stderr)


def _list_rejects(staged: Staged) -> None:
    rejected = staged.counts.rejected
    if not rejected:
        return
    with closing(Preview(staged, None)) as preview:
        for reject in preview.rejects(0, REJECTS_LISTED - 1):
            print(_reject_line(reject), file=sys.stderr)
    if rejected > REJECTS_LISTED:
        print(f"… and {rejected - REJECTS_LISTED} more rejected rows.", file=sys.stderr)


def _reject_line(reject: RejectedRow) -> str:
    where = f"line {reject.line}"
    if reject.field:
        where += f", {reject.field}"
    if reject.value:
        where += f" {json.dumps(reject.value, ensure_ascii=False)}"
    return f"{where}: {reject.problem}"


def _tell_import(staged: Staged, counts: Counts, seconds: float, *, dry_run: bool) -> None:
    if staged.ignored:
        print(f"Ignored columns: {', '.join(staged.ignored)}.")
    print(
        f"Read {counts.read} rows of {staged.source.name} in {seconds:.1f} s: {counts.new} new, "
        f"{counts.changed} changed, {counts.unchanged} unchanged, {counts.rejected} rejected."
    )
    if dry_run:
        print("This was a dry run: nothing was written.")


def _export(options: argparse.Namespace) -> int:
    start = time.perf_counter()
    rows = Matching(options.query, options.organization)
    to_output = options.file == "-"
    with (
        closing(Catalog.open(options.catalog)) as catalog,
        closing(catalog.connect_here(_BUSY_MILLISECONDS)) as connection,
    ):
        if rows.org_id:
            _check_organization(connection, rows.org_id)
        if to_output:
            stream = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8", newline="")
            count = write_csv(connection, stream, rows)
            stream.detach()
            sys.stdout.flush()
        else:
            count = export_csv(connection, Path(options.file), rows)
    seconds = time.perf_counter() - start
    stream_of_words = sys.stderr if to_output else sys.stdout
    if options.json:
        _print_json({"rows": count, "seconds": round(seconds, 3)}, stream_of_words)
    else:
        target = "standard output" if to_output else options.file
        print(f"Wrote {count} integrations to {target} in {seconds:.1f} s.", file=stream_of_words)
    return OK


def _check_organization(connection: Any, org_id: str) -> None:
    if not connection.execute("SELECT count(*) FROM organization WHERE id = ?", (org_id,)).get:
        raise Invalid("There is no organization “{id}” in this catalogue.", id=org_id)


def _print_json(values: dict[str, object], stream: Any = None) -> None:
    print(json.dumps(values), file=stream or sys.stdout)
