"""Hosts: which may be asked for icons."""

from __future__ import annotations

import pytest

from db.addresses import classify, host_and_port
from db.hosts import host_problem, is_allowed
from tests.conftest import SHARED

URLS = SHARED / "data" / "urls"
METADATA = (
    [
        line.partition(" ")[0]
        for line in (URLS / "cloud-metadata.txt").read_text(encoding="utf-8").splitlines()
        if line.startswith("http")
    ]
    if URLS.is_dir()
    else []
)


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
    assert is_allowed(host, port, [entry]) is allowed
    if allowed:
        assert host_problem(host, ["192.168.0.1"], [entry], port) is None


@pytest.mark.parametrize("line", METADATA)
def test_cloud_metadata_hosts_are_refused(line: str) -> None:
    address = classify(line)
    host, port = host_and_port(address.url)
    assert "Allowed hosts" in str(host_problem(host, [], [], port))
    assert is_allowed(host, port, [host])


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
