"""A file of any kind that can be imported, read into a stage."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final, Literal

from db.child import Report
from db.csv_file import opened, unpacking
from db.csv_match import Match
from db.csv_options import CsvOptions
from db.csv_stage import Staged, stage_csv
from db.encodings import mark_of, told_by_head

Format = Literal["csv", "json"]

_BY_SUFFIX: Final[dict[str, Format]] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".json": "json",
    ".jsonl": "json",
    ".ndjson": "json",
}
_HEAD: Final = 4096
_JSON: Final = re.compile(r"\{|\[\s*[{\]]")


def format_of(path: Path) -> Format:
    """What a file is: by its name, else by what it begins with.

    Raises:
        CannotOpen: the file cannot be opened.
    """
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes and suffixes[-1] == ".gz":
        suffixes.pop()
    known = _BY_SUFFIX.get(suffixes[-1]) if suffixes else None
    if known is not None:
        return known
    with opened(path) as source, unpacking(path):
        buffer = bytearray(_HEAD)
        head = bytes(buffer[: source.readinto(buffer)])
    text = head[mark_of(head)[1] :].decode(told_by_head(head), "replace").lstrip()
    return "json" if _JSON.match(text) else "csv"


def stage_file(
    report: Report,
    *,
    source: Path,
    stage: Path,
    catalog: Path | None = None,
    options: CsvOptions = CsvOptions(),  # noqa: B008
    match: Match = Match(),  # noqa: B008
) -> Staged:
    """Read a file into a new stage.

    Args:
        report: told how many bytes are read, of how many.
        source: a CSV or JSON file, plain or gzip.
        stage: where to make the scratch database.
        catalog: the catalogue that the rows are matched with; None for an empty one.
        options: how a CSV file is read.
        match: how the rows are matched.

    Raises:
        Invalid: the file cannot be read, is empty, or has nothing to match its rows by.
        CatalogError: it cannot be opened, or the stage cannot be written.
    """
    if format_of(source) == "json":
        from db.json_stage import stage_json

        return stage_json(report, source=source, stage=stage, catalog=catalog, match=match)
    return stage_csv(
        report, source=source, stage=stage, catalog=catalog, options=options, match=match
    )
