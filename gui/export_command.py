"""The command `export`, which needs no display and never loads Qt."""

from __future__ import annotations

import argparse
import io
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from db.catalog import Catalog
from db.csv_export import Matching, export_by_organization, export_file, write
from db.errors import Invalid
from db.export_form import ALL, FORMATS, Form, format_for
from gui.command_options import BUSY_MILLISECONDS, add_json, columns, delimiter, print_json

OK: Final = 0
_LINE_ENDS: Final = {"crlf": "\r\n", "lf": "\n", "cr": "\r"}


def add(subparsers: Any) -> None:
    """Add the command to a parser's subparsers."""
    parser = subparsers.add_parser(
        "export",
        help="write a catalogue to a file",
        description="Write the integrations of a catalogue to a CSV, JSON or XLSX file, in the "
        "order in which they were added. A file that is there is replaced when the new one is "
        "whole.",
        epilog="Exit code: 0 all well, 2 could not be done, 130 Ctrl-C.",
    )
    parser.add_argument("file", metavar="FILE", help="the file to write; - is standard output")
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
    _add_form(parser)
    add_json(parser)
    parser.set_defaults(run=_export)


def _add_form(parser: argparse.ArgumentParser) -> None:
    """How the file is written."""
    group = parser.add_argument_group("how the file is written")
    group.add_argument(
        "--format",
        choices=FORMATS,
        help="a JSON array, JSON Lines and so on (default: by the name of the file, else csv)",
    )
    group.add_argument(
        "--columns",
        metavar="FIELDS",
        type=columns,
        help="the fields in the order of their columns, such as id,name,iconUrl (default: all)",
    )
    group.add_argument("--sort-by-id", action="store_true", help="sort by id, for version control")
    group.add_argument(
        "--per-organization",
        action="store_true",
        help="write a file for each organization, named after FILE and its id",
    )
    group.add_argument(
        "--delimiter",
        metavar="D",
        type=delimiter,
        default=",",
        help="what stands between cells of CSV: one character, or the word tab (default: comma)",
    )
    group.add_argument(
        "--line-end", choices=list(_LINE_ENDS), default="crlf", help="of CSV (default: crlf)"
    )
    group.add_argument("--encoding", metavar="E", default="utf-8", help="of CSV (default: utf-8)")
    group.add_argument("--bom", action="store_true", help="begin CSV with a byte order mark")
    group.add_argument(
        "--safe",
        action="store_true",
        help="safe for spreadsheets: an apostrophe before cells of CSV that begin with = + - @ and "
        "the like; import --safe takes them off",
    )


def _form(options: argparse.Namespace) -> Form:
    to_output = options.file == "-"
    known = "csv" if to_output else format_for(Path(options.file))
    chosen = [name for name in options.columns or ALL if name is not None]
    return Form(
        format=options.format or known,
        fields=tuple(chosen),
        delimiter=options.delimiter,
        line_end=_LINE_ENDS[options.line_end],
        encoding=options.encoding,
        bom=options.bom,
        safe=options.safe,
        by_id=options.sort_by_id,
    )


def _export(options: argparse.Namespace) -> int:
    start = time.perf_counter()
    rows = Matching(options.query, options.organization)
    form = _form(options)
    files: list[Path] = []
    to_output = options.file == "-"
    with (
        closing(Catalog.open(options.catalog)) as catalog,
        closing(catalog.connect_here(BUSY_MILLISECONDS)) as connection,
    ):
        if rows.org_id:
            _check_organization(connection, rows.org_id)
        if to_output:
            if options.per_organization:
                raise Invalid("Standard output is one file. Name one to write several.")
            form.check()
            stream = io.TextIOWrapper(sys.stdout.buffer, encoding=form.text_encoding, newline="")
            count = write(connection, stream, rows, form)
            stream.detach()
            sys.stdout.flush()
        elif options.per_organization:
            target = Path(options.file)
            count, files = export_by_organization(connection, target, rows, form)
        else:
            count = export_file(connection, Path(options.file), rows, form)
    seconds = time.perf_counter() - start
    stream_of_words = sys.stderr if to_output else sys.stdout
    if options.json:
        told: dict[str, object] = {"rows": count, "seconds": round(seconds, 3)}
        if options.per_organization:
            told["files"] = [str(path) for path in files]
        print_json(told, stream_of_words)
    else:
        where = "standard output" if to_output else options.file
        if options.per_organization:
            where = f"{len(files)} files beside {options.file}"
        print(f"Wrote {count} integrations to {where} in {seconds:.1f} s.", file=stream_of_words)
    return OK


def _check_organization(connection: Any, org_id: str) -> None:
    if not connection.execute("SELECT count(*) FROM organization WHERE id = ?", (org_id,)).get:
        raise Invalid("There is no organization “{id}” in this catalogue.", id=org_id)
