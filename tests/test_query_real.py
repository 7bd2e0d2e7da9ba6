"""Queries over the real catalogue, beside plain Python over its CSV file."""

from __future__ import annotations

import csv
import gzip
import json
import re
import shutil
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import apsw
import pytest

from db import search
from db.catalog import Catalog
from db.dates import instant_of
from tests.csv_help import import_file

Row = dict[str, str]
Predicate = Callable[[Row], bool]
YEAR = {year: instant_of(f"{year}-01-01") or 0 for year in range(2014, 2028)}


class Real(NamedTuple):
    rows: dict[str, Row]
    connection: apsw.Connection


@pytest.fixture(scope="module")
def real(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Real]:
    folder = tmp_path_factory.mktemp("real")
    path = folder / "real_catalog.csv"
    with (
        gzip.open(shared / "data" / "catalogs" / "real_catalog.csv.gz") as source,
        path.open("wb") as target,
    ):
        shutil.copyfileobj(source, target)
    rows: dict[str, Row] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["id"]:
                rows.setdefault(row["id"], row)
    with closing(Catalog.create(folder / "catalog.icons")) as catalog:
        import_file(path, catalog)
        with closing(catalog.connect_here()) as connection:
            search.register(connection)
            yield Real(rows, connection)


def low(text: str) -> str:
    return unicodedata.normalize("NFC", text.casefold())


def plain(text: str) -> str:
    """Without the accents of Latin letters, which is all that this catalogue has."""
    apart = unicodedata.normalize("NFD", text.casefold())
    kept = "".join(letter for letter in apart if not 0x300 <= ord(letter) <= 0x36F)
    return unicodedata.normalize("NFC", kept).replace("ø", "o").replace("ł", "l")


def anywhere(*words: str) -> Predicate:
    def found(row: Row, word: str) -> bool:
        loose = any(plain(word) in plain(row[key]) for key in ("name", "orgId") if row[key])
        return loose or any(low(word) in low(row[key]) for key in ("type", "iconUrl", "id"))

    return lambda row: all(found(row, word) for word in words)


def holds(key: str, word: str) -> Predicate:
    fold = plain if key in ("name", "orgId", "creator", "updatedBy") else low
    return lambda row: fold(word) in fold(row[key])


def equals(key: str, word: str) -> Predicate:
    fold = plain if key in ("name", "orgId", "creator", "updatedBy") else low
    return lambda row: fold(word) == fold(row[key])


def matches(key: str, pattern: str) -> Predicate:
    return lambda row: re.search(pattern, row[key], re.IGNORECASE) is not None


def filled(key: str) -> Predicate:
    return lambda row: row[key] != ""


def scheme(name: str) -> Predicate:
    return lambda row: row["iconUrl"].lower().startswith(f"{name}:")


def host(name: str) -> Predicate:
    return lambda row: name in (urlsplit(row["iconUrl"]).hostname or "")


def path_ends(*endings: str) -> Predicate:
    def ends(row: Row) -> bool:
        url = row["iconUrl"].lower()
        if url.startswith("data:"):
            return any(url.startswith(f"data:image/{ending[1:]}") for ending in endings)
        return url.partition("?")[0].partition("#")[0].endswith(endings)

    return ends


def dated(key: str, first: int | None, end: int | None) -> Predicate:
    def within(row: Row) -> bool:
        at = instant_of(row[key])
        return at is not None and (first is None or first <= at) and (end is None or at < end)

    return within


def metadata(*path: str, word: str, whole: bool = False) -> Predicate:
    def found(row: Row) -> bool:
        value = json.loads(row["metadata"]) if row["metadata"] else None
        for key in path:
            value = value.get(key) if isinstance(value, dict) else None
        if isinstance(value, dict):
            value = list(value.values())
        texts = [
            one if isinstance(one, str) else json.dumps(one)
            for one in (value if isinstance(value, list) else [value])
            if one is not None and not isinstance(one, dict | list)
        ]
        return any(plain(word) == plain(t) if whole else plain(word) in plain(t) for t in texts)

    return found


def no(one: Predicate) -> Predicate:
    return lambda row: not one(row)


def both(*all_of: Predicate) -> Predicate:
    return lambda row: all(one(row) for one in all_of)


def either(*any_of: Predicate) -> Predicate:
    return lambda row: any(one(row) for one in any_of)


def relative(row: Row) -> bool:
    url = row["iconUrl"]
    path = re.split("[?#]", url)[0]
    return ":" not in url and ("/" in path or re.search(r"\.\w{1,5}$", path) is not None)


QUERIES: dict[str, Predicate] = {
    "github": anywhere("github"),
    "GitHub API": anywhere("github", "api"),
    "müller": anywhere("muller"),
    "muller": anywhere("muller"),
    "caseta": anywhere("caseta"),
    "TRADFRI": anywhere("tradfri"),
    "zabka": anywhere("zabka"),
    "nobo": anywhere("nobo"),
    "文": anywhere("文"),
    "数据": anywhere("数据"),
    "工具 google": anywhere("工具", "google"),
    "c++": anywhere("c++"),
    "100%": anywhere("100%"),
    "a_b": anywhere("a_b"),
    "nango:1password": anywhere("nango:1password"),
    "https://app.nango.dev": anywhere("https://app.nango.dev"),
    '"google cloud"': anywhere("google cloud"),
    '"(member)"': anywhere("(member)"),
    '"or"': anywhere("or"),
    "-github": no(anywhere("github")),
    "github -type:plugin": both(anywhere("github"), no(holds("type", "plugin"))),
    "slack or teams": either(anywhere("slack"), anywhere("teams")),
    "slack bot or teams": either(anywhere("slack", "bot"), anywhere("teams")),
    "slack (bot or api)": both(anywhere("slack"), either(anywhere("bot"), anywhere("api"))),
    "-(slack or teams) chat": both(
        no(either(anywhere("slack"), anywhere("teams"))), anywhere("chat")
    ),
    "-slack -teams chat": both(no(anywhere("slack")), no(anywhere("teams")), anywhere("chat")),
    "name:slack": holds("name", "slack"),
    "name:=slack": equals("name", "slack"),
    "name:citroen": holds("name", "citroën"),
    'name:="aldi süd"': equals("name", "ALDI SUD"),
    "name:sao*metro": matches("name", "são.*metro"),
    "name:=s?ack": matches("name", r"\As.ack\Z"),
    "name:~^[0-9]+": matches("name", "^[0-9]+"),
    r"name:~\bapi\b": matches("name", r"\bapi\b"),
    "name:~(git|svn)(hub|lab)": matches("name", "(git|svn)(hub|lab)"),
    "-has:name": no(filled("name")),
    "type:oauth": holds("type", "oauth"),
    "type:=oauth2": equals("type", "oauth2"),
    'type:="Model, NIM"': equals("type", "model, nim"),
    "type:plugin name:table": both(holds("type", "plugin"), holds("name", "table")),
    "org:airbyte": holds("orgId", "airbyte"),
    "org:=airbyte": equals("orgId", "airbyte"),
    "-has:org": no(filled("orgId")),
    "org:langgenius or org:community": either(
        holds("orgId", "langgenius"), holds("orgId", "community")
    ),
    "id:obsidian:obsidian": holds("id", "obsidian:obsidian"),
    'id:~"^cncf:"': matches("id", "^cncf:"),
    "url:~^http:": matches("iconUrl", "^http:"),
    r"url:~\.svg$": matches("iconUrl", r"\.svg$"),
    "url:google": holds("iconUrl", "google"),
    "host:nango": host("nango"),
    "host:=cdn.jsdelivr.net": lambda row: urlsplit(row["iconUrl"]).hostname == "cdn.jsdelivr.net",
    "host:githubusercontent -host:avatars": both(host("githubusercontent"), no(host("avatars"))),
    "by:truenas": either(holds("creator", "truenas"), holds("updatedBy", "truenas")),
    "creator:nvidia": holds("creator", "nvidia"),
    "editor:a": holds("updatedBy", "a"),
    "icon:missing": no(filled("iconUrl")),
    "-has:icon": no(filled("iconUrl")),
    "has:icon": filled("iconUrl"),
    "icon:http": scheme("http"),
    "icon:https": scheme("https"),
    "icon:data": scheme("data"),
    "icon:relative": relative,
    "icon:svg": path_ends(".svg"),
    "icon:png": path_ends(".png"),
    "icon:jpeg": path_ends(".jpg", ".jpeg"),
    "icon:webp or icon:ico": path_ends(".webp", ".ico"),
    "icon:https -icon:svg -icon:png": both(
        scheme("https"), no(path_ends(".svg")), no(path_ends(".png"))
    ),
    "has:metadata": filled("metadata"),
    "has:created has:updated": both(filled("createdAt"), filled("updatedAt")),
    "metadata.repo:widcardw": metadata("repo", word="widcardw"),
    "metadata.categories:=iam": metadata("categories", word="iam", whole=True),
    "metadata.proxy.verification.method:post": metadata(
        "proxy", "verification", "method", word="post"
    ),
    "metadata.config_flow:true": metadata("config_flow", word="true"),
    "metadata.downloads:=9595": metadata("downloads", word="9595", whole=True),
    'metadata.description:"table of contents"': metadata("description", word="table of contents"),
    "metadata.category:members -icon:svg": both(
        metadata("category", word="members"), no(path_ends(".svg"))
    ),
    "created:2024": dated("createdAt", YEAR[2024], YEAR[2025]),
    "created:2021-03": dated("createdAt", instant_of("2021-03-01"), instant_of("2021-04-01")),
    "created:2019..2020": dated("createdAt", YEAR[2019], YEAR[2021]),
    "created:<2018": dated("createdAt", None, YEAR[2018]),
    "updated:>=2026-02": dated("updatedAt", instant_of("2026-02-01"), None),
    "updated:2025-12-24": dated("updatedAt", instant_of("2025-12-24"), instant_of("2025-12-25")),
    "-created:..2025 has:created": both(
        filled("createdAt"), no(dated("createdAt", None, YEAR[2026]))
    ),
    "created:2024 (type:tool or type:model) -icon:missing": both(
        dated("createdAt", YEAR[2024], YEAR[2025]),
        either(holds("type", "tool"), holds("type", "model")),
        filled("iconUrl"),
    ),
}


@pytest.mark.parametrize("query", QUERIES)
def test_queries_find_in_the_real_catalogue_what_python_finds(real: Real, query: str) -> None:
    wanted = {identity for identity, row in real.rows.items() if QUERIES[query](row)}
    assert found(real, query) == wanted


def test_duplicates_are_those_that_are_counted(real: Real) -> None:
    counted = Counter(row["iconUrl"] for row in real.rows.values() if row["iconUrl"])
    wanted = {key for key, row in real.rows.items() if counted[row["iconUrl"]] > 1}
    assert len(wanted) > 1000
    assert found(real, "icon:duplicate") == wanted


def found(real: Real, query: str) -> set[str]:
    sql, parameters = search.matching(query, None)
    pks = f"SELECT id FROM integration WHERE pk IN ({sql})"
    return {row[0] for row in real.connection.execute(pks, tuple(parameters))}
