from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from db import usage
from db.catalog import Catalog
from db.scope import Extent
from db.usage import Kind, Use
from tests.bulk_help import SECONDS, fill


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    catalog = Catalog.create(tmp_path / "a.icons")
    urls = [
        "https://cdn.example.com/a.svg",
        "HTTPS://CDN.example.com:8443/b.svg",
        "https://cdn.example.com.evil.org/a.svg",
        "https://other.org/?cdn.example.com",
        "https://cdn.example.com/a.svg",
        "https://bücher.example/a.svg",
        "https://xn--bcher-kva.example/b.svg",
        "a.svg",
        None,
    ]
    fill(
        catalog,
        [{"id": str(n), "icon_url": url, "org_id": f"o{n % 2}"} for n, url in enumerate(urls)],
    )
    yield catalog
    catalog.close()


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("url", "https://cdn.example.com/a.svg", Extent(2, 1)),
        ("url", "nothing", Extent(0, 0)),
        ("host", "cdn.example.com", Extent(3, 2)),
        ("host", "CDN.example.com", Extent(3, 2)),
        ("host", "xn--bcher-kva.example", Extent(2, 2)),
        ("host", "example.com", Extent(0, 0)),
        ("organization", "o1", Extent(4, 1)),
    ],
)
def test_users_are_counted(catalog: Catalog, kind: Kind, text: str, expected: Extent) -> None:
    reader = catalog.reader("usage")
    found = reader.request(lambda c: usage.count(c, Use(kind, text))).result(SECONDS)
    assert found == expected


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://A.example/x", "a.example"),
        ("//a.example/x", ""),
        ("x.svg", ""),
        ("data:,x", ""),
        ("", ""),
    ],
)
def test_the_host_of_an_address(url: str, host: str) -> None:
    assert usage.host_of(url) == host
