"""A keystroke to its first rows, for each kind of term, over 10,000 to 1,000,000 rows."""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import apsw
import regex
from PySide6.QtWidgets import QApplication

from db.order import BEGINNING, OrderSpec
from gui import theme
from tests.benchmarks import data
from tests.benchmarks.bench_table import Shown, first_rows_seconds

Report = Callable[[str, float, float, float | None], None]

RUNS: Final = {10_000: 100, 100_000: 30, 1_000_000: 10}
"""How often each term is measured, by rows."""
TO_REACH: Final = 1.5


class Kind(NamedTuple):
    """A kind of term: a query, and the same condition in bare SQL on the table ``t``."""

    name: str
    query: str
    bare: str


def _anywhere(word: str) -> str:
    columns = " OR ".join(
        f"t.{name} LIKE '%{word}%'" for name in ("name", "type", "icon_url", "id")
    )
    return (
        f"({columns} OR t.org_id IN "
        f"(SELECT id FROM organization WHERE name LIKE '%{word}%' OR id LIKE '%{word}%'))"
    )


_MILLISECONDS: Final = "unixepoch('{}') * 1000"
KINDS: Final = (
    Kind("word", "salesforce", _anywhere("salesforce")),
    Kind("word in no row", "zzzz", _anywhere("zzzz")),
    Kind("two words", "s3 acuity", f"{_anywhere('s3')} AND {_anywhere('acuity')}"),
    Kind("exact words", '"events api"', _anywhere("events api")),
    Kind("word with accents", "東京", _anywhere("東京")),
    Kind("wildcard", "sales*crm", _anywhere("sales%crm")),
    Kind("not", "-salesforce", f"NOT ifnull({_anywhere('salesforce')}, 0)"),
    Kind("or", "slack or jira", f"({_anywhere('slack')} OR {_anywhere('jira')})"),
    Kind("name:", "name:jira", "t.name LIKE '%jira%'"),
    Kind("name:=", 'name:="Jira CRM 7"', "t.name LIKE 'Jira CRM 7'"),
    Kind("type:", "type:s3", "t.type LIKE '%s3%'"),
    Kind(
        "org:",
        "org:acme",
        "t.org_id IN (SELECT id FROM organization WHERE name LIKE '%acme%' OR id LIKE '%acme%')",
    ),
    Kind("url:~", "url:~jira.*crm", "found('jira.*crm', t.icon_url)"),
    Kind("host:", "host:example.org", "t.icon_url LIKE 'http%://%example.org%/%'"),
    Kind("icon:missing", "icon:missing", "ifnull(t.icon_url, '') IN ('', x'')"),
    Kind("icon:http", "icon:http", "t.icon_url LIKE 'http:%'"),
    Kind("icon:svg", "icon:svg", "t.icon_url LIKE '%.svg'"),
    Kind(
        "icon:duplicate",
        "icon:duplicate",
        "t.icon_url IN (SELECT icon_url FROM integration WHERE icon_url > '' "
        "GROUP BY icon_url HAVING count(*) > 1)",
    ),
    Kind("has:", "has:metadata", "t.metadata IS NOT NULL"),
    Kind(
        "metadata path",
        "metadata.category:crm",
        "t.metadata ->> '$.category' LIKE '%crm%'",
    ),
    Kind(
        "date range",
        "created:2018-01..2018-02",
        f"t.created_instant >= {_MILLISECONDS.format('2018-01-01')} "
        f"AND t.created_instant < {_MILLISECONDS.format('2018-03-01')}",
    ),
    Kind(
        "date before",
        "updated:<2017-08",
        f"t.updated_instant < {_MILLISECONDS.format('2017-08-01')}",
    ),
    Kind("by:", "by:hub", "(t.creator LIKE '%hub%' OR t.updated_by LIKE '%hub%')"),
)


class BarePages:
    """SQLite alone, on the same file: the first page by the faster of its two ways."""

    def __init__(self, path: Path) -> None:
        self._connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
        self._connection.pragma("threads", 2)
        self._connection.create_scalar_function("found", _found, 2, deterministic=True)
        self._best: dict[str, str] = {}

    def seconds(self, condition: str) -> float:
        if condition not in self._best:
            ways = [
                f"SELECT t.pk FROM integration t WHERE {condition} "
                f"ORDER BY {by} COLLATE NOCASE, t.pk LIMIT {BEGINNING}"
                for by in ("t.name", "+t.name")  # along the index, or sorted
            ]
            self._best[condition] = min(ways, key=self._run)
        return self._run(self._best[condition])

    def _run(self, sql: str) -> float:
        start = time.perf_counter()
        self._connection.execute(sql).fetchall()
        return time.perf_counter() - start

    def close(self) -> None:
        self._connection.close()


def _found(*arguments: apsw.SQLiteValue) -> bool:
    pattern, text = arguments
    expression = regex.compile(str(pattern), regex.IGNORECASE)
    return isinstance(text, str) and expression.search(text) is not None


def run(report: Report, workdir: Path, sizes: Sequence[int] = tuple(RUNS)) -> None:
    """Report every kind of term at every size."""
    application = QApplication.instance() or QApplication([])
    assert isinstance(application, QApplication)
    theme.apply(application, theme.Scheme.LIGHT)
    for size in sizes:
        shown = Shown(data.catalog(size))
        bare = BarePages(shown.catalog.path)
        try:
            for kind in KINDS:
                _measure(report, shown, bare, kind, size)
        finally:
            bare.close()
            shown.close()


def _measure(report: Report, shown: Shown, bare: BarePages, kind: Kind, size: int) -> None:
    ours, limit = [], []
    for _ in range(RUNS[size]):
        shown.ask(OrderSpec())
        ours.append(first_rows_seconds(shown, kind.query))
        start = time.perf_counter()
        shown.table.viewport().repaint()
        limit.append(bare.seconds(kind.bare) + time.perf_counter() - start)
    report(
        f"{size:,} rows, {kind.name} “{kind.query}”: a keystroke to its first rows painted, s "
        f"(p50 of {len(ours)}; p95 {_at(ours, 0.95):.4f}, worst {max(ours):.4f}); "
        "limit: the same condition in bare SQL, first page, and a repaint",
        statistics.median(ours),
        statistics.median(limit),
        TO_REACH,
    )


def _at(times: Sequence[float], share: float) -> float:
    return sorted(times)[min(len(times) - 1, int(len(times) * share))]


def _print(name: str, value: float, limit: float, to_reach: float | None) -> None:
    print(f"{value:8.4f} {limit:8.4f} {value / limit:6.2f}  {name.split(':  ')[0]}", flush=True)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        run(_print, Path(folder), tuple(map(int, sys.argv[1:])) or tuple(RUNS))
