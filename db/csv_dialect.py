"""What a CSV file looks like: its delimiter, and which column holds which field."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Container, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import Final

from db.csv_options import CsvOptions
from db.errors import Invalid, Problem
from db.fields import FIELD_BY_NAME, FIELDS

DELIMITERS: Final = (",", ";", "\t", "|")
"""The delimiters that are detected, the likelier first."""
CELL_LIMIT: Final = 16 << 20
"""The longest cell that is read, in characters (four bytes each while it is read); it bounds what
an unclosed quote can take."""
CELLS_LIMIT: Final = 10_000
"""The most columns that a file may have."""

_ROWS_JUDGED: Final = 50
_ALIASES: Final = {
    "org": "org_id",
    "organization": "org_id",
    "organisation": "org_id",
    "organizationid": "org_id",
    "organisationid": "org_id",
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a file: its heading, and the name of the field it holds (None: ignored)."""

    heading: str
    field: str | None


def detect_delimiter(sample: str, options: CsvOptions = CsvOptions()) -> str:  # noqa: B008
    """The delimiter of a CSV file, by its first lines, read with the other options.

    It is the one that finds most fields in the heading; among equals the one whose rows have most
    often as many cells as the heading; else the comma.
    """

    def score(delimiter: str) -> tuple[int, float]:
        rows = _rows(sample, delimiter, options)
        if not rows:
            return 0, 0.0
        known = {field_of(heading)[1] for heading in rows[0]} - {None}
        body = Counter(len(row) == len(rows[0]) > 1 for row in rows[1:])
        return len(known), body[True] / max(1, body.total())

    taken = (options.quote, options.escape)
    return max((sign for sign in DELIMITERS if sign not in taken), key=score)


def _rows(sample: str, delimiter: str, options: CsvOptions) -> list[list[str]]:
    reader = csv.reader(io.StringIO(sample, newline=""), **options.reader(delimiter))
    rows: list[list[str]] = []
    with suppress(csv.Error):  # judged by the rows before
        rows.extend(islice(filter(None, reader), _ROWS_JUDGED))
    return rows


def map_columns(headings: Sequence[str], key: Sequence[str] = ("id",)) -> tuple[Column, ...]:
    """Which column holds which field.

    A heading names a field in camelCase, snake_case or words, in any case; the organization's id
    is also called org or organization. Where several columns fit one field, the one that has the
    file name of the field exactly wins, and the others are ignored.

    Args:
        key: the fields that rows are matched by.

    Raises:
        Invalid: no column holds the key, or two columns fit one field equally well.
    """
    found = [field_of(heading) for heading in headings]
    best: dict[str, tuple[int, int]] = {}
    for position, (rank, name) in enumerate(found):
        if name is not None:
            best[name] = min(best.get(name, (rank, position)), (rank, position))
    for position, (rank, name) in enumerate(found):
        if name is not None and best[name][0] == rank and best[name][1] != position:
            raise _two_columns(headings[best[name][1]], headings[position], name)
    _check_key(key, best, headings)
    chosen = {position: name for name, (_, position) in best.items()}
    return tuple(
        Column(heading.strip(), chosen.get(position)) for position, heading in enumerate(headings)
    )


def columns_by_position(
    width: int,
    fields: Sequence[str | None],
    headings: Sequence[str] = (),
    key: Sequence[str] = ("id",),
) -> tuple[Column, ...]:
    """The columns of a file whose fields are told by their position; those beyond are ignored.

    Raises:
        Invalid: no column holds the id, a field is unknown, or two columns hold the same.
    """
    held = [name for name in fields[:width] if name is not None]
    for name in held:
        if name not in FIELD_BY_NAME:
            raise Invalid("There is no field named “{name}”.", name=name)
        if held.count(name) > 1:
            raise Invalid("Two columns are to hold {field}.", field=FIELD_BY_NAME[name].key)
    titles = headings or [f"#{number}" for number in range(1, width + 1)]
    _check_key(key, held, titles)
    return tuple(
        Column(title.strip(), fields[place] if place < len(fields) else None)
        for place, title in enumerate(titles)
    )


def field_of(heading: str) -> tuple[int, str | None]:
    """The field that a heading names, and how well: 0 exactly, 1 in another form, 2 by alias."""
    exact = _EXACT.get(heading)
    if exact is not None:
        return 0, exact
    plain = re.sub(r"[\s_-]+", "", heading).casefold()
    if plain in _PLAIN:
        return 1, _PLAIN[plain]
    return 2, _ALIASES.get(plain)


_EXACT: Final = {field.key: field.name for field in FIELDS}
_PLAIN: Final = {field.key.casefold(): field.name for field in FIELDS}


def _two_columns(first: str, second: str, name: str) -> Invalid:
    return Invalid(
        "The columns “{first}” and “{second}” both mean {field}. Rename or remove one of them.",
        first=first.strip(),
        second=second.strip(),
        field=FIELD_BY_NAME[name].key,
    )


def _check_key(key: Sequence[str], held: Container[str], headings: Sequence[str]) -> None:
    for name in key:
        if name not in held:
            raise no_id(headings) if name == "id" else no_key(name)


def no_key(name: str) -> Invalid:
    """Why a file that lacks a field of the key cannot be imported."""
    return Invalid(
        "No column is named {field}, and rows are to be matched by it. Match them by something "
        "else, or name the columns in the first line of the file.",
        field=FIELD_BY_NAME[name].key,
    )


def no_id(headings: Sequence[str]) -> Invalid:
    """Why a file without ids cannot be imported."""
    if len(headings) == 1:
        return Invalid(
            "The first line has one column, “{columns}”, and none named id. "
            "Choose the delimiter that the file uses, or name the columns in its first line.",
            columns=_shortened(headings[0]),
        )
    return Invalid(
        "No column is named id, and integrations are matched by it. Name the columns in the first "
        "line of the file; it has {columns}.",
        columns=", ".join(f"“{_shortened(heading)}”" for heading in headings[:12])
        + (" …" if len(headings) > 12 else ""),
    )


def shorten(text: str, length: int = 200) -> str:
    """`text`, cut to `length` characters with an ellipsis."""
    return text if len(text) <= length else text[: length - 1] + "…"


def _shortened(heading: str) -> str:
    return shorten(heading.strip(), 40)


def cell_count_problem(found: int, expected: int) -> Problem:
    """Why a row of `found` cells is rejected under a heading of `expected`."""
    return Problem(
        "The row has {found} cells, the heading has {expected}. "
        "A cell that holds the delimiter or a line end must stand in quotes.",
        found=found,
        expected=expected,
    )
