"""Icon addresses: what they are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import ada_url
import pytest
from hypothesis import given
from hypothesis import strategies as st

from db import addresses
from db.addresses import Address, classify, data_bytes, warn
from db.fields import NULL
from tests.conftest import SHARED

URLS = SHARED / "data" / "urls"
UrlCase = dict[str, Any]


def _cases(name: str) -> list[Any]:
    """Cases of the web platform tests; none where the real data is not beside the checkout."""
    file = URLS / name
    return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else []


URL_CASES: list[UrlCase] = [case for case in _cases("urltestdata.json") if isinstance(case, dict)]
DATA_CASES: list[list[Any]] = _cases("data-urls.json")


@pytest.mark.parametrize("value", [None, NULL, "", "   ", "\n"])
def test_nothing_is_no_address(value: str | bytes | None) -> None:
    assert classify(value).kind == "none"


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://example.com/a b.png", "https://example.com/a%20b.png"),
        (" http://Example.COM:80/x ", "http://example.com/x"),
        ("http:example.com/x", "http://example.com/x"),
        ("http://0x7f.1/x", "http://127.0.0.1/x"),
        ("http://2130706433/", "http://127.0.0.1/"),
        ("https://exämple.com/", "https://xn--exmple-cua.com/"),
    ],
)
def test_web_addresses_are_read_as_browsers_read_them(text: str, url: str) -> None:
    assert classify(text) == Address("web", url, text=text)


@pytest.mark.parametrize(
    "text", ["icon-dl-sdk-documentation", "📦", "mdi:home", "fas fa-user", "7"]
)
def test_names_are_what_they_are(text: str) -> None:
    address = classify(text)
    assert (address.kind, address.url, address.reason) == ("name", "", None)


@pytest.mark.parametrize("text", ["logo.svg", "v1/icons/x.png", "/a", "../b.png?x=1", "//host/x"])
def test_relative_addresses_need_a_base(text: str) -> None:
    address = classify(text)
    assert address.kind == "relative"
    assert "base URL" in str(address.reason)


def test_the_first_base_completes_a_relative_address() -> None:
    bases = [None, "", "https://cdn.example.com/logos/", "https://other.example.com/"]
    assert classify("a.svg", bases).url == "https://cdn.example.com/logos/a.svg"
    assert classify("//x.example.com/a.svg", bases).url == "https://x.example.com/a.svg"


@pytest.mark.parametrize("base", ["ftp://example.com/", "nonsense", "http://"])
def test_a_base_that_is_no_address_is_named(base: str) -> None:
    address = classify("a.svg", [base])
    assert (address.kind, address.url) == ("relative", "")
    assert base in str(address.reason)


@pytest.mark.parametrize(
    "text",
    ["ftp://example.com/x.png", "file:///etc/passwd", "javascript:alert", "c:\\icons\\a.png"],
)
def test_other_schemes_are_named(text: str) -> None:
    address = classify(text)
    assert (address.kind, address.url) == ("other", "")
    assert "http, https and data" in str(address.reason)


@pytest.mark.parametrize("text", ["http://", "https://a b/", "http://[::1", "localhost:8000/x.png"])
def test_what_cannot_be_read_is_no_address(text: str) -> None:
    address = classify(text)
    assert (address.kind, address.url) == ("invalid", "")
    assert text in str(address.reason)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("https://user:secret@example.com/x.png", "password"),
        ("https://user@example.com/x.png", "password"),
        ("https://good.example\\@evil.example/x.png", "backslash"),
        ("https://exam\tple.com/x.png", "control"),
        ("https://exam\u202eple.com/x.png", "turns"),
        ("https://exam\u200bple.com/x.png", "hides"),
    ],
)
def test_deceiving_addresses_are_refused(text: str, word: str) -> None:
    address = classify(text)
    assert (address.kind, address.url) == ("web", "")
    assert word in str(address.reason)
    assert "secret" not in str(address.reason)


@pytest.mark.parametrize(
    "location", ["file:///etc/passwd", "data:image/png,x", "https://u:p@x/", "http://a b/"]
)
def test_redirects_are_checked_again(location: str) -> None:
    address = addresses.redirected(location, "https://example.com/a/b")
    assert address.url == ""
    assert address.reason is not None


def test_redirects_may_be_relative() -> None:
    address = addresses.redirected("../c.png", "https://example.com/a/b/d")
    assert address.url == "https://example.com/a/c.png"


def _case_name(case: UrlCase) -> str:
    return ascii(case["input"])[:40]


@pytest.mark.parametrize("case", URL_CASES, ids=_case_name)
def test_no_address_has_another_host_than_in_browsers(case: UrlCase) -> None:
    """Cases without a base are read as they are, others with theirs, if it is of the web."""
    text, base, href = case["input"], case.get("base"), case.get("href")
    address = classify(text or "", [base])
    if address.kind == "web" and address.url:
        assert address.url == href
    elif address.kind == "data":
        assert data_bytes(address.url) is None or (href or "").startswith("data:")
    if href is None and address.kind != "none":
        assert not address.url
        assert address.reason is not None or address.kind == "name"


def test_the_addresses_of_browsers_are_addresses() -> None:
    if not URL_CASES:
        pytest.skip("the real data is not beside the checkout")
    web = [case for case in URL_CASES if (case.get("href") or "").startswith("http")]
    loaded = [case for case in web if classify(case["input"], [case.get("base")]).url]
    assert len(loaded) > 150


@pytest.mark.parametrize("case", DATA_CASES, ids=lambda case: ascii(case[0])[:40])
def test_data_urls_are_read_as_browsers_read_them(case: list[Any]) -> None:
    url, media_type, *body = case
    address = classify(url)
    found = data_bytes(address.url) if address.kind == "data" and address.url else None
    if media_type is None:
        assert found is None
    else:
        assert found is not None
        assert list(found[1]) == body[0]
        assert found[0] == media_type.partition(";")[0]


def test_base64_is_forgiven_as_browsers_forgive_it(shared: Path) -> None:
    cases = json.loads((shared / "data" / "urls" / "base64.json").read_text(encoding="utf-8"))
    for text, expected in cases:
        found = data_bytes("data:;base64," + text.replace("\f", "%0C"))
        assert (None if found is None else list(found[1])) == expected, text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("https://example.com/a.png", []),
        ("http://example.com/a.png", ["https"]),
        (" https://example.com/a.png", ["spaces"]),
        ("https://example.com/a\n.png", ["line break"]),
        ("http://", ["no host"]),
        ("a.svg", ["base URL"]),
        ("www.example.com/a.svg", ["base URL", "https://"]),
        ("ftp://example.com/a.svg", ["“ftp:”"]),
        ("data:image/png;base64,????", ["base64"]),
        ("data:image/svg+xml," + "x" * 70_000, ["68 KB"]),
        ("https://exämple.com/a.png", ["“exämple.com” is xn--exmple-cua.com"]),
        ("https://xn--exmple-cua.com/a.png", ["“exämple.com” is xn--exmple-cua.com"]),
        ("https://аpple.com/a.png", ["“аpple.com” is xn--pple-43d.com"]),
        ("https://例え.テスト/a.png", ["is xn--r8jz45g.xn--zckzah to"]),
        ("icon-dl-sdk", []),
        (None, []),
    ],
)
def test_doubtful_addresses_warn(text: str | None, words: list[str]) -> None:
    problems = [str(problem) for problem in warn(text)]
    assert len(problems) == len(words)
    for problem, word in zip(problems, words, strict=True):
        assert word in problem


@given(st.text())
def test_any_text_is_something(text: str) -> None:
    address = classify(text, ["https://example.com/"])
    assert address.text == text
    if address.kind == "web" and address.url:
        assert ada_url.URL(address.url).href == address.url
    assert (address.reason is not None) == (
        address.kind in ("invalid", "other") or (address.kind == "web" and not address.url)
    )


_LABEL = st.from_regex(r"[a-z0-9-]{1,6}|xn--[a-z0-9]{1,4}|0x[0-9a-f]{1,3}", fullmatch=True)
_SEGMENT = st.from_regex(r"[A-Za-z0-9._~-]{0,4}|\.{1,2}|%2[eE]", fullmatch=True)
_QUERY = st.sampled_from(["", "?", "?v=3", "?a=1&b=%20", "?#x"])


@given(
    scheme=st.sampled_from(["http", "https", "HTTPS"]),
    labels=st.lists(_LABEL, min_size=1, max_size=4),
    port=st.sampled_from(["", "", ":443", ":8080"]),
    segments=st.lists(_SEGMENT, max_size=4),
    query=_QUERY,
)
def test_simple_addresses_are_read_as_the_parser_reads_them(
    scheme: str, labels: list[str], port: str, segments: list[str], query: str
) -> None:
    text = f"{scheme}://{'.'.join(labels)}{port}{''.join('/' + part for part in segments)}{query}"
    try:
        parsed = str(ada_url.URL(text).href)
    except ValueError:
        parsed = ""
    # What is refused for its host, though the parser reads it, is not simple.
    assert classify(text).url in ((parsed,) if "xn--" not in text else (parsed, ""))


@pytest.mark.parametrize("size", [10, 1_000_000])
def test_a_data_address_loses_breaks_and_fragment(size: int) -> None:
    body = "A" * size
    assert classify(f" data:;base64,\n{body}\t\r{body}#x#y ").url == f"data:;base64,{body}{body}"
    assert classify(f"data:;base64,{body}").url == f"data:;base64,{body}"
