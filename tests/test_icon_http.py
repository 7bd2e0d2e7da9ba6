"""What the headers of hosts mean, and which addresses Qt reads as we do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.addresses import classify, host_and_port
from gui.icon_facts import Validators
from gui.icon_http import (
    Limits,
    fresh_seconds,
    make_request,
    retry_seconds,
    url_for_qt,
)
from tests.test_addresses import URL_CASES, UrlCase

LIMITS = Limits()


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("0", 0.0), ("120", 120.0), (" 7 ", 7.0), ("", None), ("-5", None), ("soon", None)],
)
def test_a_pause_in_seconds(header: str, seconds: float | None) -> None:
    assert retry_seconds(header) == seconds


@pytest.mark.parametrize(("minutes", "least", "most"), [(2, 110.0, 120.0), (-2, 0.0, 0.0)])
def test_a_pause_until_a_date(minutes: int, least: float, most: float) -> None:
    moment = datetime.now(UTC) + timedelta(minutes=minutes)
    seconds = retry_seconds(format_datetime(moment, usegmt=True))
    assert seconds is not None
    assert least <= seconds <= most


def test_a_date_without_a_zone_is_one_of_greenwich() -> None:
    moment = datetime.now(UTC).replace(tzinfo=None) + timedelta(minutes=2)
    assert 110 <= (retry_seconds(f"{moment:%a, %d %b %Y %H:%M:%S}") or 0) <= 120


@given(st.text() | st.from_regex(r"[A-Z][a-z]{2}, \d{1,5} [A-Z][a-z]{2} \d{1,6} .{0,20}"))
def test_any_text_is_a_pause_or_none(header: str) -> None:
    seconds = retry_seconds(header)
    assert seconds is None or seconds >= 0


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("", None),
        ("public", None),
        ("max-age=3600", 3600.0),
        ('public, MAX-AGE="3600"', 3600.0),
        ("max-age=1", LIMITS.min_fresh),
        ("max-age=9999999999", LIMITS.max_fresh),
        ("no-store", LIMITS.min_fresh),
        ("max-age=3600, no-cache", LIMITS.min_fresh),
    ],
)
def test_how_long_an_answer_holds(header: str, seconds: float | None) -> None:
    assert fresh_seconds(header, LIMITS) == seconds


def test_a_request_tells_only_what_it_must() -> None:
    url = url_for_qt("https://example.com/a.png")
    assert url is not None
    request = make_request(url, Validators('"one"', "Sat, 01 Nov 2025 12:00:00 GMT"))
    names = {bytes(name.data()).decode().lower() for name in request.rawHeaderList()}
    own = {"user-agent", "accept", "accept-language"}
    assert names == {*own, "if-none-match", "if-modified-since"}


@pytest.mark.parametrize("case", URL_CASES, ids=lambda case: ascii(case["input"])[:40])
def test_qt_asks_the_host_that_was_checked_or_nobody(case: UrlCase) -> None:
    url = classify(case["input"] or "", [case.get("base")]).url
    if not url.startswith("http"):
        return
    qurl = url_for_qt(url)
    if qurl is not None:
        assert (
            qurl.host(qurl.ComponentFormattingOption.FullyEncoded),
            qurl.port(443 if qurl.scheme() == "https" else 80),
        ) == host_and_port(url)
        assert not qurl.userInfo()
