"""The instant that a date value means.

A date is kept and exported exactly as it was given; only sorting and filtering use its instant.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache

from db.fields import Value

MILLISECONDS_FROM = 100_000_000_000
"""Numbers from here on (5138-11-16 as seconds, 1973-03-03 as milliseconds) are milliseconds."""
_MOST_MILLISECONDS = 253_402_300_799_999
"""The end of the year 9999, the last that ISO 8601 writes with four digits."""

_NUMBER = re.compile(r"[+-]?\d{1,17}(\.\d{1,20})?", re.ASCII)
_YEAR = re.compile(r"\d{4}", re.ASCII)
_YEAR_MONTH = re.compile(r"(\d{4})-(\d{2})", re.ASCII)
_ORDINAL = re.compile(r"(\d{4})-?(\d{3})", re.ASCII)


def instant(value: Value) -> int | None:
    """Milliseconds since 1970-01-01T00:00Z that `value` means, or None when it means no date.

    Takes ISO 8601 in its many forms (a year, a month, a week, an ordinal day, any fraction of a
    second; UTC where no offset is given) and epoch seconds or milliseconds, as number or text.
    """
    if isinstance(value, bool) or value is None or isinstance(value, bytes):
        return None
    if isinstance(value, int | float):
        return _from_number(float(value))
    return _from_text(value)


@lru_cache(maxsize=4096)
def _from_text(text: str) -> int | None:
    text = text.strip()
    if not text or len(text) > 64:
        return None
    if _NUMBER.fullmatch(text) and not _YEAR.fullmatch(text) and not _is_basic_date(text):
        return _from_number(float(text))
    moment = _parse(text)
    if moment is None:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    try:
        return round(moment.timestamp() * 1000)
    except (OverflowError, ValueError):
        return None


def _is_basic_date(text: str) -> bool:
    return len(text) == 8 and text.isdigit() and text[:2] in {"19", "20"}


def _from_number(number: float) -> int | None:
    milliseconds = number if abs(number) >= MILLISECONDS_FROM else number * 1000
    if milliseconds != milliseconds or abs(milliseconds) > _MOST_MILLISECONDS:
        return None
    return round(milliseconds)


def _parse(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        pass
    try:
        if _YEAR.fullmatch(text):
            return datetime(int(text), 1, 1, tzinfo=UTC)
        if month := _YEAR_MONTH.fullmatch(text):
            return datetime(int(month[1]), int(month[2]), 1, tzinfo=UTC)
        if day := _ORDINAL.fullmatch(text):
            return datetime.strptime(f"{day[1]}-{day[2]}", "%Y-%j").replace(tzinfo=UTC)
    except ValueError:
        pass
    return None
