"""Times in queries: 2024, 2024-01..2024-06, <30d, today."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Final, NamedTuple

from db.dates import instant_of

_AGE: Final = re.compile(r"(\d{1,5})([hdwmy])", re.ASCII)
_UNITS: Final = {
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
    "m": timedelta(days=30),
    "y": timedelta(days=365),
}
_PARTS: Final = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", re.ASCII)
_DAYS_AGO: Final = {"today": 0, "yesterday": 1}


class DateError(ValueError):
    """A text that means no time."""


class Span(NamedTuple):
    """A time as it was written: `text`, of which `kind` tells how to read it."""

    text: str
    kind: str


class Period(NamedTuple):
    """From the beginning (or end) of one time to the end (or beginning) of another.

    `None` is no bound; `after_first` begins when the first time ends, `before_last` ends when the
    last one begins.
    """

    first: Span | None
    last: Span | None
    after_first: bool = False
    before_last: bool = False

    def bounds(self, now: datetime, zone: tzinfo) -> tuple[int | None, int | None]:
        """Milliseconds since 1970 UTC: the first that is in it, and the first after it.

        Args:
            now: the time that ages are counted from, with its zone.
            zone: whose years, months and days are meant.
        """
        begin = end = None
        if self.first is not None:
            begin = _ends(self.first, now, zone)[1 if self.after_first else 0]
        if self.last is not None:
            end = _ends(self.last, now, zone)[0 if self.before_last else 1]
        return begin, end


def period(text: str) -> Period:
    """The period that a text means.

    Raises:
        DateError: it means none.
    """
    first, dots, last = text.partition("..")
    if dots:
        if not first and not last:
            raise DateError(text)
        return Period(_span(first) if first else None, _span(last) if last else None)
    sign = re.match("[<>]?=?", text)
    operator = sign[0] if sign else ""
    span = _span(text[len(operator) :])
    if span.kind == "age":  # less than 30 days old is after 30 days ago
        return Period(None, span) if operator.startswith(">") else Period(span, None)
    match operator:
        case "<":
            return Period(None, span, before_last=True)
        case "<=":
            return Period(None, span)
        case ">":
            return Period(span, None, after_first=True)
        case ">=":
            return Period(span, None)
        case _:
            return Period(span, span)


def _span(text: str) -> Span:
    text = text.strip().lower()
    if text in _DAYS_AGO:
        return Span(text, "day")
    if _AGE.fullmatch(text):
        return Span(text, "age")
    if parts := _PARTS.fullmatch(text):
        _first_moment(parts, UTC)
        return Span(text, "parts")
    if instant_of(text) is None:
        raise DateError(text)
    return Span(text, "instant")


def _ends(span: Span, now: datetime, zone: tzinfo) -> tuple[int, int]:
    """The first millisecond of a time, and the first one after it."""
    if span.kind == "instant":
        found = instant_of(span.text)
        assert found is not None
        return found, found + 1
    if span.kind == "age":
        amount = _AGE.fullmatch(span.text)
        assert amount is not None
        try:
            moment = _milliseconds(now - int(amount[1]) * _UNITS[amount[2]])
        except OverflowError:
            moment = -(10**15)
        return moment, moment
    if span.kind == "day":
        day = now.astimezone(zone).date() - timedelta(days=_DAYS_AGO[span.text])
        begin = datetime.combine(day, time.min, zone)
        return _milliseconds(begin), _milliseconds(begin + timedelta(days=1))
    parts = _PARTS.fullmatch(span.text)
    assert parts is not None
    first = _first_moment(parts, zone)
    return _milliseconds(first), _milliseconds(_following(first, parts))


def _first_moment(parts: re.Match[str], zone: tzinfo) -> datetime:
    try:
        return datetime(int(parts[1]), int(parts[2] or 1), int(parts[3] or 1), tzinfo=zone)
    except ValueError:
        raise DateError(parts[0]) from None


def _following(first: datetime, parts: re.Match[str]) -> datetime:
    try:
        if parts[3]:
            return first + timedelta(days=1)
        if parts[2] and first.month < 12:
            return first.replace(month=first.month + 1)
        return first.replace(year=first.year + 1, month=1)
    except (ValueError, OverflowError):
        return datetime.max.replace(tzinfo=UTC)


def _milliseconds(moment: datetime) -> int:
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return since // timedelta(milliseconds=1)
