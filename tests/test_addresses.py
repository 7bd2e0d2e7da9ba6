"""Icon addresses: what they are, and what may be asked of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import ada_url
import pytest
from hypothesis import given
from hypothesis import strategies as st

from db import addresses
from db.addresses import Address, classify, data_bytes, host_and_port, host_problem, warn
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
METADATA = (
    [
        line.partition(" ")[0]
        for line in (URLS / "cloud-metadata.txt").read_text(encoding="utf-8").splitlines()
        if line.startswith("http")
    ]
    if URLS.is_dir()
    else []
)


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


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "10.1.2.3",
        "169.254.169.254",
        "100.100.100.200",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "fe80::1",
        "fd00:ec2::254",
        "::ffff:127.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "localhost",
        "a.localhost",
        "metadata.google.internal",
        "LOCALHOST.",
        "fec0::1",
        "64:ff9b:1::a9fe:a9fe",
        "2001:0:53aa:64c::5601:5601",
    ],
)
def test_hosts_that_are_not_global_are_refused(host: str) -> None:
    problem = host_problem(host, [])
    assert host in str(problem)
    assert "Allowed hosts" in str(problem)


@pytest.mark.parametrize(
    "host",
    [
        "192.88.99.1",  # relay of 6to4
        "2002:c058:6301::",  # the same by 6to4
        "2002:a01:203::1",
        "2002:808:808::1",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",  # Teredo
        "2001:0:a00:1::f7f7:f7f7",
        "2001:db8::1",  # documentation
        "3fff::1",
        "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff",
        "5f00::1",  # segment routing
        "100::1",  # discard
        "64:ff9b:1::808:808",  # NAT64 of one network
        "::ffff:0:0",
        "::ffff:10.0.0.1",
        "::ffff:192.88.99.1",
        "fec0::1",  # site-local
        "feff::1",
    ],
)
def test_addresses_for_special_purposes_are_not_global(host: str) -> None:
    assert "Allowed hosts" in str(host_problem(host, []))
    assert "Allowed hosts" in str(host_problem("example.com", ["93.184.215.14", host]))


@pytest.mark.parametrize(
    "host",
    [
        "192.88.98.255",
        "192.88.100.0",
        "64:ff9b::808:808",
        "2606:4700::1111",
        "3ffe:ffff::1",
    ],
)
def test_what_is_beside_them_is_global(host: str) -> None:
    assert host_problem(host, []) is None


def test_one_private_answer_is_enough_to_refuse() -> None:
    assert host_problem("example.com", ["93.184.215.14"]) is None
    assert host_problem("example.com", ["93.184.215.14", "64:ff9b::5db8:d70e"]) is None
    problem = host_problem("example.com", ["93.184.215.14", "192.168.0.1"])
    assert "192.168.0.1" in str(problem)


@pytest.mark.parametrize(
    ("entry", "host", "port", "allowed"),
    [
        ("127.0.0.1", "127.0.0.1", 80, True),
        ("127.0.0.1:8000", "127.0.0.1", 8000, True),
        ("127.0.0.1:8000", "127.0.0.1", 80, False),
        ("localhost", "127.0.0.1", 80, False),
        ("::1", "::1", 80, True),
        ("[::1]:80", "::1", 80, True),
        ("[::1]:81", "::1", 80, False),
        ("0:0::1", "::1", 80, True),
        (" Intranet ", "intranet", 443, True),
        ("intranet", "a.intranet", 443, False),
        ("exämple.lan", "xn--exmple-cua.lan", 443, True),
    ],
)
def test_allowed_hosts(entry: str, host: str, port: int, allowed: bool) -> None:
    assert addresses.is_allowed(host, port, [entry]) is allowed
    if allowed:
        assert host_problem(host, ["192.168.0.1"], [entry], port) is None


@pytest.mark.parametrize("line", METADATA)
def test_cloud_metadata_hosts_are_refused(line: str) -> None:
    address = classify(line)
    host, port = host_and_port(address.url)
    assert "Allowed hosts" in str(host_problem(host, [], [], port))
    assert addresses.is_allowed(host, port, [host])


@pytest.mark.parametrize(
    "host",
    [
        "169.254.169.254",
        "2852039166",
        "0xA9FEA9FE",
        "0251.0376.0251.0376",
        "0xa9.254.0251.254",
        "169.254.43518",
        "１６９.２５４.１６９.２５４",
        "①⑥⑨.②⑤④.①⑥⑨.②⑤④",
        "169。254。169。254",
        "%31%36%39.254.169.254",
        "[::ffff:169.254.169.254]",
        "[::ffff:a9fe:a9fe]",
        "[64:ff9b::a9fe:a9fe]",
        "[2002:a9fe:a9fe::]",
    ],
)
def test_one_private_address_in_any_form_is_refused(host: str) -> None:
    address = classify(f"http://{host}/latest/meta-data/")
    problem = host_problem(host_and_port(address.url)[0], [])
    assert "169.254.169.254" in str(problem)


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
