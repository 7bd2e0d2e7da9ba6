"""Dates mean an instant: ISO 8601 in its many forms, epoch seconds and milliseconds."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.dates import MILLISECONDS_FROM, instant
from db.fields import NULL

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def milliseconds(*parts: int, micro: int = 0) -> int:
    moment = datetime(*parts, microsecond=micro, tzinfo=UTC)  # type: ignore[misc,arg-type]
    return (moment - EPOCH) // timedelta(milliseconds=1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024", milliseconds(2024, 1, 1)),
        ("2024-03", milliseconds(2024, 3, 1)),
        ("2024-02-29", milliseconds(2024, 2, 29)),
        ("20240229", milliseconds(2024, 2, 29)),
        ("2024-060", milliseconds(2024, 2, 29)),
        ("2024060", milliseconds(2024, 2, 29)),
        ("0800-060", milliseconds(800, 2, 29)),
        ("2024-366", milliseconds(2024, 12, 31)),
        ("2024-060T10:30Z", milliseconds(2024, 2, 29, 10, 30)),
        ("2024-W05", milliseconds(2024, 1, 29)),
        ("2024-W05-3", milliseconds(2024, 1, 31)),
        ("2024W053", milliseconds(2024, 1, 31)),
        ("2020-W53-7", milliseconds(2021, 1, 3)),
        ("2024-01-02T03", milliseconds(2024, 1, 2, 3)),
        ("2024-01-02T03:04", milliseconds(2024, 1, 2, 3, 4)),
        ("2024-01-02T03:04:05", milliseconds(2024, 1, 2, 3, 4, 5)),
        ("2024-01-02 03:04:05", milliseconds(2024, 1, 2, 3, 4, 5)),
        ("20240102T030405Z", milliseconds(2024, 1, 2, 3, 4, 5)),
        ("2024-01-02t03:04:05z", milliseconds(2024, 1, 2, 3, 4, 5)),
        ("2024-01-02T03:04:05.6Z", milliseconds(2024, 1, 2, 3, 4, 5, micro=600_000)),
        ("2024-01-02T03:04:05,6Z", milliseconds(2024, 1, 2, 3, 4, 5, micro=600_000)),
        ("2024-01-02T03:04:05.678901Z", milliseconds(2024, 1, 2, 3, 4, 5, micro=678_000)),
        ("2024-01-02T03:04:05.678901234Z", milliseconds(2024, 1, 2, 3, 4, 5, micro=678_000)),
        ("2024-01-02T03:04:05.999999999Z", milliseconds(2024, 1, 2, 3, 4, 5, micro=999_000)),
        ("2024-01-02T03:04:05+05:30", milliseconds(2024, 1, 1, 21, 34, 5)),
        ("2024-01-02T03:04:05+0530", milliseconds(2024, 1, 1, 21, 34, 5)),
        ("2024-01-02T03:04:05-04", milliseconds(2024, 1, 2, 7, 4, 5)),
        ("2024-01-02T03:04:05\N{MINUS SIGN}04:00", milliseconds(2024, 1, 2, 7, 4, 5)),
        ("2024-01-02 03:04:05 +0000", milliseconds(2024, 1, 2, 3, 4, 5)),
        ("2024-01-02T24:00", milliseconds(2024, 1, 3)),
        ("2024-12-31T24:00:00.000Z", milliseconds(2025, 1, 1)),
        ("20241231T240000+0100", milliseconds(2024, 12, 31, 23)),
        ("  2024-01-02T03:04:05Z\n", milliseconds(2024, 1, 2, 3, 4, 5)),
        ("1969-12-31T23:59:59.999Z", -1),
        ("1969-12-31T23:59:59.9995Z", -1),
        ("0001-01-01T00:00:00+14:00", milliseconds(1, 1, 1) - 14 * 3_600_000),
        ("9999-12-31T23:59:59.999999Z", milliseconds(9999, 12, 31, 23, 59, 59, micro=999_000)),
        ("1704164645", 1_704_164_645_000),
        ("1704164645.25", 1_704_164_645_250),
        ("1704164645678", 1_704_164_645_678),
        ("+1704164645", 1_704_164_645_000),
        ("-1", -1000),
        ("0", 0),
    ],
)
def test_a_text_means_an_instant(text: str, expected: int) -> None:
    assert instant(text) == expected


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (0, 0),
        (1_704_164_645, 1_704_164_645_000),
        (1_704_164_645.25, 1_704_164_645_250),
        (1_704_164_645_678, 1_704_164_645_678),
        (1_704_164_645_678.9, 1_704_164_645_679),
        (-86_400, -86_400_000),
        (-1_704_164_645_678, -1_704_164_645_678),
        (MILLISECONDS_FROM - 1, (MILLISECONDS_FROM - 1) * 1000),
        (MILLISECONDS_FROM, MILLISECONDS_FROM),
        (20240101, 20_240_101_000),
        (2024, 2_024_000),
    ],
)
def test_a_number_is_epoch_seconds_or_milliseconds(number: float, expected: int) -> None:
    assert instant(number) == expected


@pytest.mark.parametrize(
    "value",
    [
        None,
        NULL,
        "",
        " ",
        "yesterday",
        "0000",
        "2024-13",
        "2024-00",
        "2024-02-30",
        "2023-366",
        "2024-367",
        "2024-000",
        "2023366",
        "2024-W54",
        "2024-W05-8",
        "2024-01-02T25:00",
        "2024-01-02T24:01",
        "2024-01-02T24:00:00.001",
        "9999-12-31T24:00",
        "2024-01-02T",
        "20241399",
        "02/03/2024",
        "1e10",
        "nan",
        "infinity",
        "0x10",
        "1_000",
        "٢٠٢٤-٠١-٠١",
        "٢٠٢٤",
        "9" * 17,
        "9" * 10_000,
        "2024-01-02T03:04:05Z" + "0" * 100,
        "\ud800",
        "2024\0",
        math.nan,
        math.inf,
        -math.inf,
        1e300,
        10**18,
        10**400,
        -(10**400),
        True,
        False,
    ],
)
def test_nonsense_means_nothing(value: object) -> None:
    assert instant(value) is None  # type: ignore[arg-type]


offsets = st.integers(-24 * 60 + 1, 24 * 60 - 1).map(lambda m: timezone(timedelta(minutes=m)))


@given(
    st.datetimes(timezones=st.one_of(st.just(UTC), offsets)),
    st.sampled_from(["T", " ", "t"]),
    st.sampled_from(["auto", "milliseconds", "microseconds"]),
)
def test_every_datetime_is_understood(moment: datetime, separator: str, precision: str) -> None:
    text = moment.isoformat(separator, timespec=precision)
    assert instant(text) == (moment - EPOCH) // timedelta(milliseconds=1)


@given(st.datetimes())
def test_what_has_no_offset_is_utc(moment: datetime) -> None:
    assert instant(moment.isoformat()) == instant(moment.isoformat() + "Z")


@given(st.dates(min_value=datetime(1900, 1, 1).date()))  # noqa: DTZ001
def test_all_forms_of_one_day_mean_one_instant(day: datetime) -> None:
    year, week, weekday = day.isocalendar()
    forms = {day.isoformat(), f"{day:%Y-%j}", f"{day.isoformat()}T00:00:00Z"}
    if year < 10_000:
        forms.add(f"{year}-W{week:02}-{weekday}")
    if day.year < 2100:
        forms |= {f"{day:%Y%m%d}", f"{day:%Y%j}"}
    assert len({instant(form) for form in forms}) == 1
    assert instant(day.isoformat()) == milliseconds(day.year, day.month, day.day)


@given(st.integers(-99_999_999_999, 99_999_999_999))
def test_seconds_as_number_and_as_text_agree(seconds: int) -> None:
    assert instant(seconds) == seconds * 1000
    text = str(seconds)
    if len(text.lstrip("-")) not in {4, 7, 8}:
        assert instant(text) == seconds * 1000


@given(st.one_of(st.text(), st.floats(), st.integers(), st.binary()))
def test_nothing_makes_it_fail(value: str | float | bytes) -> None:
    found = instant(value)
    assert found is None or abs(found) < 2**53


@given(st.from_regex(r"\d{4}-?(W?\d{1,3})-?\d{0,2}[T ]?[0-9:.,]{0,12}[Z+-]?[0-9:]{0,6}"))
def test_what_looks_like_a_date_never_makes_it_fail(text: str) -> None:
    found = instant(text)
    assert found is None or abs(found) < 2**53
