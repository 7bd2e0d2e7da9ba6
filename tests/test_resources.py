"""The files that the program brings along."""

from __future__ import annotations

import configparser
import csv
import io
import re
from base64 import b64decode
from urllib.parse import unquote

import pytest
from PySide6.QtCore import QByteArray
from PySide6.QtSvg import QSvgRenderer

from db.dates import instant
from db.fields import FIELDS, KNOWN_TYPES
from gui import resources

STATES = {
    *("none", "waiting", "loading", "stale", "broken", "refused", "offline", "withheld"),
    *("not-address", "relative", "name"),
}
ACTIONS = {
    *("new", "duplicate", "delete", "undo", "redo", "import", "export", "search", "clear"),
    *("organization", "all", "columns", "previous", "next", "reload", "open", "settings"),
}


@pytest.mark.parametrize("name", resources.symbol_names())
def test_symbols_share_one_style(name: str) -> None:
    svg = resources.symbol_svg(name)
    assert QSvgRenderer(QByteArray(svg.encode())).isValid()
    assert 'viewBox="0 0 16 16"' in svg
    assert 'stroke-width="1.3"' in svg
    assert set(re.findall(r'(?:fill|stroke)="([^"]+)"', svg)) <= {"none", "currentColor"}


def test_every_state_and_action_has_a_symbol() -> None:
    assert set(resources.symbol_names()) >= STATES | ACTIONS


def test_states_look_different() -> None:
    assert len({resources.symbol_svg(name) for name in STATES}) == len(STATES)


def test_an_unknown_symbol_is_an_error() -> None:
    with pytest.raises(FileNotFoundError):
        resources.symbol_svg("no-such-symbol")


def test_the_desktop_file_names_the_command_and_the_icon() -> None:
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(resources.ROOT / "integration-icons.desktop", encoding="utf-8")
    entry = parser["Desktop Entry"]
    assert entry["Exec"].split()[0] == "integration-icons"
    assert (resources.ROOT / f"{entry['Icon']}.svg").is_file()


@pytest.fixture(scope="module")
def rows() -> list[dict[str, str]]:
    text = resources.SAMPLE.read_bytes().decode("utf-8")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_the_sample_is_canonical_csv(rows: list[dict[str, str]]) -> None:
    target = io.StringIO(newline="")
    writer = csv.DictWriter(target, [field.key for field in FIELDS])
    writer.writeheader()
    writer.writerows(rows)
    assert resources.SAMPLE.read_bytes() == target.getvalue().encode("utf-8")


def test_the_sample_has_about_60_integrations_in_6_organizations(
    rows: list[dict[str, str]],
) -> None:
    assert 55 <= len(rows) <= 65
    assert len({row["id"] for row in rows}) == len(rows)
    assert len({row["orgId"] for row in rows}) == 6
    assert {row["type"] for row in rows} >= set(KNOWN_TYPES)
    assert all(instant(row["createdAt"]) for row in rows)


def test_the_sample_shows_pictures_offline(rows: list[dict[str, str]]) -> None:
    uris = {row["iconUrl"] for row in rows if row["iconUrl"].startswith("data:")}
    assert len(uris) >= 8
    for uri in uris:
        head, _, body = uri.partition(",")
        svg = b64decode(body) if head.endswith(";base64") else unquote(body).encode()
        assert QSvgRenderer(QByteArray(svg)).isValid()
        assert b"href" not in svg


def test_the_sample_has_something_to_put_right(rows: list[dict[str, str]]) -> None:
    urls = [row["iconUrl"] for row in rows]
    assert "" in urls
    assert any(url.startswith("http://") for url in urls)
    assert any(url.startswith("https://") and "example.com/" in url for url in urls)
    assert any(url and ":" not in url for url in urls)
    required = [field.key for field in FIELDS if field.required]
    assert any(not row[key] for row in rows for key in required)
    assert all(row["id"] and row["name"] for row in rows)
