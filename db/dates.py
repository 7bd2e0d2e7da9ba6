"""The instant that a date value means.

A date is kept and exported exactly as it was given; only sorting and filtering use its instant.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from db.fields import Value

MILLISECONDS_FROM = 100_000_000_000
"""Numbers from here on (5138-11-16 as seconds, 1973-03-03 as milliseconds) are milliseconds."""
_MOST_MILLISECONDS = 253_402_300_799_999
"""The end of the year 9999, the last that ISO 8601 writes with four digits."""

_NUMBER = re.compile(r"[+-]?\d{1,17}(\.\d{1,20})?", re.ASCII)
_BASIC_DATE = re.compile(r"(19|20)\d{5,6}", re.ASCII)
"""A calendar or ordinal date without hyphens, which would be a time of January 1970 in seconds."""
_YEAR = re.compile(r"\d{4}", re.ASCII)
_YEAR_MONTH = re.compile(r"(\d{4})-(\d{2})", re.ASCII)
_ORDINAL = re.compile(r"(\d{4})-?(\d{3})(T.+)?", re.ASCII)
_END_OF_DAY = re.compile(r"(.{7,10}[T ])24((:?00){0,2}([.,]0+)?(Z|[+-].*)?)", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = timedelta(days=1)


def instant(value: Value) -> int | None:
    """Milliseconds since 1970-01-01T00:00Z that `value` means, or None when it means no date.

    Takes ISO 8601 in its many forms (a year, a month, a week, an ordinal day, any fraction of a
    second; UTC where no offset is given) and epoch seconds or milliseconds, as number or text.
    """
    if isinstance(value, str):
        return instant_of(value)
    if isinstance(value, bool) or value is None or isinstance(value, bytes):
        return None
    return _from_number(value)


def instant_of(text: str) -> int | None:
    """`instant` of a text: what files hold, a million times in a row."""
    text = text.strip()
    length = len(text)
    if not length or length > 64:
        return None
    if text[4:5] != "-":  # no number looks like 2024-
        if 8 < length < 18 and text.isdigit() and text.isascii():
            return _from_number(int(text))  # the commonest form
        if _is_number(text):
            return _from_number(float(text))
    try:
        moment = _parse(text)
        since = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - _EPOCH
    except (ValueError, OverflowError):
        return None
    return since.days * 86_400_000 + since.seconds * 1000 + since.microseconds // 1000


def _is_number(text: str) -> bool:
    other = _YEAR.fullmatch(text) or _BASIC_DATE.fullmatch(text)
    return bool(_NUMBER.fullmatch(text)) and not other


def _from_number(number: float) -> int | None:
    if not -_MOST_MILLISECONDS <= number <= _MOST_MILLISECONDS:
        return None
    milliseconds = number if abs(number) >= MILLISECONDS_FROM else number * 1000
    return round(milliseconds)


def _parse(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        plain = text.upper().replace("\N{MINUS SIGN}", "-")
        return _parse(plain) if plain != text else _parse_rarer(text)


def _parse_rarer(text: str) -> datetime:
    """Forms that `datetime.fromisoformat` does not know, or not in every version of Python."""
    if _YEAR.fullmatch(text):
        return datetime(int(text), 1, 1, tzinfo=UTC)
    if month := _YEAR_MONTH.fullmatch(text):
        return datetime(int(month[1]), int(month[2]), 1, tzinfo=UTC)
    if end := _END_OF_DAY.fullmatch(text):
        return _parse(f"{end[1]}00{end[2]}") + _DAY
    if ordinal := _ORDINAL.fullmatch(text):
        day = datetime(int(ordinal[1]), 1, 1, tzinfo=UTC) + (int(ordinal[2]) - 1) * _DAY
        if day.year == int(ordinal[1]):
            return datetime.fromisoformat(f"{day.date().isoformat()}{ordinal[3] or ''}")
    raise ValueError(text)
