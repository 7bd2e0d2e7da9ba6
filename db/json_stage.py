"""A JSON file read into a stage.

Unlike the cells of CSV, its values say whether they are absent (NULL in the stage), null (an empty
BLOB), a text or a number, and are stored as just that.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from math import isfinite
from pathlib import Path
from typing import Any, Final

from db import encodings
from db.child import Report
from db.csv_checks import NO_ID, NUL, Rejects
from db.csv_dialect import Column, field_of, no_id, no_key
from db.csv_file import opened, unpacking
from db.csv_match import Counts, Match
from db.csv_options import CsvOptions
from db.csv_stage import Staged, finish, insert_sql, new_stage
from db.dates import instant
from db.errors import Invalid, Problem, translated
from db.fields import FIELD_BY_NAME, FIELDS, INSTANTS, NULL, Field, Value
from db.json_reader import Item, JsonReader, Member, Number

_UNSTORABLE: Final = re.compile("[\0\ud800-\udfff]")
_WHOLE: Final = re.compile(r"-?\d+", re.ASCII)


def stage_json(
    report: Report,
    *,
    source: Path,
    stage: Path,
    catalog: Path | None = None,
    match: Match = Match(),  # noqa: B008
) -> Staged:
    """Read a JSON file into a new stage; as `db.csv_stage.stage_csv`."""
    total = source.stat().st_size if source.is_file() else 0
    with translated(stage), opened(source) as file, unpacking(source):
        file.on_read = lambda: report(file.consumed, total)
        reader = JsonReader(file, source)
        try:
            return _stage(reader, source, stage, catalog, match)
        except UnicodeDecodeError:
            pass
    with source.open("rb") as raw:
        raise encodings.undecodable(raw, source, reader.encoding)


def _stage(
    reader: JsonReader, source: Path, stage: Path, catalog: Path | None, match: Match
) -> Staged:
    with new_stage(stage) as connection:
        rejects = Rejects(connection)
        rows = _Rows(reader, rejects, need_id=match.by_id)
        every = tuple(Column(field.key, field.name) for field in FIELDS)
        connection.executemany(insert_sql(every), rows)
        if not rows.seen and not rejects.count:
            raise Invalid("{path} holds no integrations.", path=source)
        columns = tuple(Column(key, name) for key, (_, name) in rows.seen.items())
        held = [column.field for column in columns]
        for name in match.key:
            if name not in held and rows.seen:
                raise no_id(list(rows.seen)) if name == "id" else no_key(name)
        staged = Staged(
            source,
            stage,
            CsvOptions(encoding=reader.encoding),
            columns,
            Counts(),
            exact=True,
            unit="line" if reader.by_line else "item",
            match=match,
        )
        return replace(staged, counts=finish(connection, staged, rejects, catalog, has_nul=False))


class _Rows:
    """The items of a file as parameters of the INSERT; what cannot be stored is rejected.

    Attributes:
        seen: the keys of the objects in the order they were found, each with how well it names
            which field.
    """

    def __init__(self, reader: JsonReader, rejects: Rejects, *, need_id: bool) -> None:
        self.seen: dict[str, tuple[int, str | None]] = {}
        self._reader = reader
        self._rejects = rejects
        self._need_id = need_id

    def __iter__(self) -> Iterator[list[Any]]:
        names = [field.name for field in FIELDS]
        for item in self._reader:
            values = self._values(item)
            if values is None:
                continue
            if self._need_id and not values.get("id"):
                self._rejects.add(item.number, Problem(NO_ID), field="id")
                continue
            row: list[Any] = [values.get(name) for name in names]
            row.append(item.number)
            row.extend(instant(values.get(name)) for name in INSTANTS)
            yield row

    def _values(self, item: Item) -> dict[str, Value] | None:
        if item.members is None:
            self._rejects.add(item.number, item.problem or Problem(NO_ID))
            return None
        members = self._fields(item.members)
        values: dict[str, Value] = {}
        for name, member in members.items():
            field = FIELD_BY_NAME[name]
            value = _value(field, member)
            if isinstance(value, Problem):
                row_id = members["id"].text.strip('"') if "id" in members else ""
                self._rejects.add(
                    item.number, value, row_id=row_id, field=field.key, value=member.text[:400]
                )
                return None
            values[name] = value
        return values

    def _fields(self, members: Mapping[str, Member]) -> dict[str, Member]:
        """The members by field; of several that mean one field, the one that names it best."""
        found: dict[str, Member] = {}
        ranks: dict[str, int] = {}
        for key, member in members.items():
            known = self.seen.get(key)
            if known is None:
                known = self.seen[key] = field_of(key)
            rank, name = known
            if name is not None and rank < ranks.get(name, 9):
                ranks[name] = rank
                found[name] = member
        return found


def _value(field: Field, member: Member) -> Value | Problem:
    """What is stored of a member, or why it cannot be."""
    value = member.value
    if field.kind == "json":
        return _metadata(member)
    if type(value) is str:  # by far the most
        return value if _UNSTORABLE.search(value) is None else _text(field, value)
    if value is None:
        # An organization is there or not, and an id has to be.
        return "" if field.name in ("id", "org_id") else NULL
    if isinstance(value, Number):
        return _number(field, value)
    if isinstance(value, bool) and field.kind == "text":
        return member.text
    return Problem(
        "{field} holds {value}; a text belongs there.", field=field.key, value=_kind(value)
    )


def _kind(value: object) -> str:
    if isinstance(value, dict):
        return "an object"
    return "an array" if isinstance(value, list) else str(value).lower()


def _text(field: Field, text: str) -> str | Problem:
    broken = _UNSTORABLE.search(text)
    if broken is None:
        return text
    if broken[0] == "\0":
        return Problem(NUL, field=field.key)
    return Problem(
        "{field} holds half of a character (\\u{code}), which cannot be stored. Take it out.",
        field=field.key,
        code=f"{ord(broken[0]):04x}",
    )


def _number(field: Field, number: Number) -> Value | Problem:
    if field.kind != "date":
        return str(number)
    if len(number) < 400:
        if _WHOLE.fullmatch(number):
            if -(2**63) <= int(number) < 2**63:
                return int(number)
        elif isfinite(float(number)):
            return float(number)
    return Problem(
        "{field} is a number that cannot be stored: {value}. Write it as a text.",
        field=field.key,
        value=number if len(number) <= 40 else f"{number[:40]}…",
    )


def _metadata(member: Member) -> Value | Problem:
    # Its own text, so that no number and no order of its changes.
    text = member.text
    broken = _UNSTORABLE.search(text)
    if broken is None:
        return text
    return _text(FIELD_BY_NAME["metadata"], text)
