"""The command `import`, which needs no display and never loads Qt."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from db import backups
from db.catalog import Catalog
from db.csv_import import Imported, Preview, Reading, RejectedRow, Writing
from db.csv_match import Counts, Match
from db.csv_options import CsvOptions
from db.csv_stage import Staged
from db.errors import SentenceError
from db.rejects import write_rejects
from db.scratch import ScratchFolder
from gui import history_commands
from gui.command_options import add_json, columns, delimiter, print_json, sign_or_none

OK: Final = 0
SOME_REJECTED: Final = 1
REJECTS_LISTED: Final = 20
_MODES: Final = {
    "both": Match(),
    "add": Match(change=False),
    "change": Match(add=False),
    "mirror": Match(mirror=True),
}


def add(subparsers: Any) -> None:
    """Add the command to a parser's subparsers."""
    parser = subparsers.add_parser(
        "import",
        help="put the rows of a file into a catalogue",
        description="Put the rows of a CSV or JSON file into a catalogue, matched by id, as one "
        "edit that can be undone. A row whose id is new is added. A cell that says something else "
        "than the catalogue changes it, and an empty one clears it; fields without a column stay.",
        epilog="Exit code: 0 all well, 1 some rows rejected, 2 could not be done, 130 Ctrl-C.",
    )
    parser.add_argument(
        "file",
        metavar="FILE",
        type=Path,
        help="a CSV or JSON file, plain or gzip; - is standard input",
    )
    parser.add_argument(
        "--catalog",
        metavar="DB",
        type=Path,
        required=True,
        help="the catalogue; it is made if there is none",
    )
    parser.add_argument(
        "--rejects",
        metavar="FILE",
        type=Path,
        help="write the rejected rows to this file, with a column reason; mended, it can be "
        "imported",
    )
    _add_reading(parser)
    _add_matching(parser)
    parser.add_argument(
        "--dry-run", action="store_true", help="only say what would be done, and change nothing"
    )
    history_commands.add_discard_redo(parser)
    add_json(parser)
    parser.set_defaults(run=_import)


def _add_reading(parser: argparse.ArgumentParser) -> None:
    """How the file is read."""
    group = parser.add_argument_group("how the file is read")
    group.add_argument(
        "--format",
        choices=["csv", "json", "jsonl"],
        help="of standard input (default: by what it begins with; that of a file is told by its "
        "name)",
    )
    group.add_argument(
        "--encoding", metavar="E", help="such as utf-8, cp1252 or gb18030 (default: detected)"
    )
    group.add_argument(
        "--delimiter",
        metavar="D",
        type=delimiter,
        help="what stands between cells: one character, or the word tab (default: detected)",
    )
    group.add_argument(
        "--quote",
        metavar="Q",
        type=sign_or_none,
        default='"',
        help='what stands around cells: one character, or the word none (default: ")',
    )
    group.add_argument(
        "--escape",
        metavar="E",
        type=sign_or_none,
        default="",
        help="what takes the meaning of the next character (default: none)",
    )
    group.add_argument(
        "--no-header",
        action="store_true",
        help="the first row is data; the columns are those of an export, unless --columns says so",
    )
    group.add_argument(
        "--columns",
        metavar="FIELDS",
        type=columns,
        help="the fields of the columns in their order, such as id,name,,iconUrl; an empty one is "
        "ignored (default: by the heading)",
    )
    group.add_argument(
        "--skip", metavar="N", type=int, default=0, help="lines to skip at the beginning"
    )
    group.add_argument(
        "--comment", metavar="C", default="", help="leave out lines that begin with this"
    )
    group.add_argument(
        "--safe",
        action="store_true",
        help="take off the apostrophes of an export that is safe for spreadsheets",
    )


def _add_matching(parser: argparse.ArgumentParser) -> None:
    """How rows are matched, and what becomes of them."""
    group = parser.add_argument_group("what becomes of its rows")
    group.add_argument(
        "--match",
        metavar="FIELDS",
        type=_key,
        default=("id",),
        help="the fields that rows are matched by, such as clientId or orgId,name (default: id)",
    )
    group.add_argument(
        "--mode",
        choices=list(_MODES),
        default="both",
        help="add new integrations, change those that are there, both, or mirror: both, and delete "
        "what the file lacks, unless a row is rejected (default: both)",
    )
    group.add_argument(
        "--keep-empty", action="store_true", help="an empty cell leaves what is there"
    )
    group.add_argument(
        "--newer",
        action="store_true",
        help="change only what has an earlier updatedAt than its row",
    )


def _key(text: str) -> tuple[str, ...]:
    fields = columns(text)
    names = tuple(name for name in fields if name is not None and name != "metadata")
    if len(names) != len(fields) or len(set(names)) != len(names):
        raise argparse.ArgumentTypeError(f"{text!r} is no set of fields to match by")
    return names


def _matching(options: argparse.Namespace) -> Match:
    mode = _MODES[options.mode]
    return replace(mode, key=options.match, keep_empty=options.keep_empty, newer=options.newer)


def _reading_options(options: argparse.Namespace) -> CsvOptions:
    return CsvOptions(
        encoding=options.encoding,
        delimiter=options.delimiter,
        quote=options.quote,
        escape=options.escape,
        header=not options.no_header,
        skip=options.skip,
        comment=options.comment,
        safe=options.safe,
        fields=options.columns,
    )


def _import(options: argparse.Namespace) -> int:
    start = time.perf_counter()
    path: Path = options.catalog
    with ExitStack() as stack:
        known = path.exists()
        catalog = stack.enter_context(closing(Catalog.open(path))) if known else None
        reading = Reading(
            _source(options, stack),
            path if known else None,
            options=_reading_options(options),
            match=_matching(options),
        )
        stack.callback(reading.close)
        staged = reading.future.result()
        counts, edit = staged.counts, None
        if not options.dry_run:
            if catalog is None:
                catalog = stack.enter_context(_created(path))
            if counts.new or counts.changed or counts.deleted:
                history_commands.require_redo_may_go(catalog, options)
            catalog.keep_backups(backups.root())
            imported = _finished(Writing(catalog, staged))
            _wait_for_backup(catalog)
            counts, edit = imported.counts, imported.change.edit_id
        seconds = time.perf_counter() - start
        _list_rejects(staged)
        if options.rejects is not None:
            write_rejects(lambda *_: None, staged=staged, target=options.rejects)
    if options.json:
        print_json(
            {
                "read": counts.read,
                "new": counts.new,
                "changed": counts.changed,
                "unchanged": counts.unchanged,
                "rejected": counts.rejected,
                "skipped": counts.skipped,
                "deleted": counts.deleted,
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
            print(_reject_line(reject, staged.unit), file=sys.stderr)
    if rejected > REJECTS_LISTED:
        print(f"… and {rejected - REJECTS_LISTED} more rejected rows.", file=sys.stderr)


def _reject_line(reject: RejectedRow, unit: str) -> str:
    where = f"{unit} {reject.line}"
    if reject.field:
        where += f", {reject.field}"
    if reject.value:
        where += f" {json.dumps(reject.value, ensure_ascii=False)}"
    return f"{where}: {reject.problem}"


def _source(options: argparse.Namespace, stack: ExitStack) -> Path:
    """The file to read; standard input is kept in a scratch file, since it is read twice."""
    file: Path = options.file
    if str(file) != "-":
        return file
    folder = ScratchFolder()
    stack.callback(folder.close)
    suffix = f".{options.format}" if options.format else ""
    path = folder.path / f"standard input{suffix}"
    with path.open("wb") as target:
        shutil.copyfileobj(sys.stdin.buffer, target)
    return path


def _rest(counts: Counts) -> str:
    """What only some ways to import have."""
    skipped = f", {counts.skipped} skipped" if counts.skipped else ""
    return skipped + (f", {counts.deleted} deleted" if counts.deleted else "")


def _tell_import(staged: Staged, counts: Counts, seconds: float, *, dry_run: bool) -> None:
    if staged.ignored:
        print(f"Ignored columns: {', '.join(staged.ignored)}.")
    if staged.options.encoding not in (None, "utf-8"):
        print(f"Read as {staged.options.encoding}.")
    print(
        f"Read {counts.read} rows of {staged.source.name} in {seconds:.1f} s: {counts.new} new, "
        f"{counts.changed} changed, {counts.unchanged} unchanged, {counts.rejected} rejected"
        f"{_rest(counts)}."
    )
    if dry_run:
        print("This was a dry run: nothing was written.")
