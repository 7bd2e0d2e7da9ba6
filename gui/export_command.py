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
from db.csv_export import Matching, export_file, write
from db.errors import Invalid
from gui.command_options import BUSY_MILLISECONDS, add_json, print_json

OK: Final = 0


def add(subparsers: Any) -> None:
    """Add the command to a parser's subparsers."""
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
    add_json(parser)
    parser.set_defaults(run=_export)


def _export(options: argparse.Namespace) -> int:
    start = time.perf_counter()
    rows = Matching(options.query, options.organization)
    to_output = options.file == "-"
    with (
        closing(Catalog.open(options.catalog)) as catalog,
        closing(catalog.connect_here(BUSY_MILLISECONDS)) as connection,
    ):
        if rows.org_id:
            _check_organization(connection, rows.org_id)
        if to_output:
            stream = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8", newline="")
            count = write(connection, stream, rows)
            stream.detach()
            sys.stdout.flush()
        else:
            count = export_file(connection, Path(options.file), rows)
    seconds = time.perf_counter() - start
    stream_of_words = sys.stderr if to_output else sys.stdout
    if options.json:
        print_json({"rows": count, "seconds": round(seconds, 3)}, stream_of_words)
    else:
        target = "standard output" if to_output else options.file
        print(f"Wrote {count} integrations to {target} in {seconds:.1f} s.", file=stream_of_words)
    return OK


def _check_organization(connection: Any, org_id: str) -> None:
    if not connection.execute("SELECT count(*) FROM organization WHERE id = ?", (org_id,)).get:
        raise Invalid("There is no organization “{id}” in this catalogue.", id=org_id)
