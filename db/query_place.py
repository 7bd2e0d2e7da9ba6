"""The term of a query in which the cursor stands, also of one that is not complete yet."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from db.query import TERMS, quoted

_TERM: Final = re.compile(r'(?:[^\s()"]|"(?:\\.|[^"\\])*(?:"|\Z))+', re.DOTALL)
_FIELD: Final = re.compile(r"([a-z]+):=?", re.IGNORECASE)
_PLAIN: Final = re.compile(r'[^\s()"*?=~<>-][^\s()"*?]*')


class Place(NamedTuple):
    """A term up to the cursor.

    Attributes:
        start, end: where what is typed of it stands, after a minus sign.
        field: the field whose value is typed; "" for a word, which may become one.
        typed: of the value, or of the word.
    """

    start: int
    end: int
    field: str
    typed: str


def place_at(text: str, cursor: int) -> Place:
    """Where the cursor stands in a query."""
    before = text[:cursor]
    start = next((term.start() for term in _TERM.finditer(before) if term.end() == cursor), cursor)
    if before.startswith("-", start):
        start += 1
    field = _FIELD.match(before, start)
    if field is None or field[1].lower() not in TERMS:
        return Place(start, cursor, "", before[start:])
    return Place(start, cursor, field[1].lower(), before[field.end() :].lstrip('"'))


def term(field: str, value: str, *, exactly: bool = True) -> str:
    """A term that finds a value in a field."""
    operator = "=" if exactly else ""
    is_plain = _PLAIN.fullmatch(value) and value.lower() != "or"
    return f"{field}:{operator}{value if is_plain else quoted(value)}"
