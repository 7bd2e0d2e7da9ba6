"""Icons: fetched, decoded and shown in the real window; from the cache file; hostile ones; memory.

The window runs in processes of its own (`bench_icons_window`), against hosts on loopback
(`bench_icons_host`), beside limits (`bench_icons_bare`).
"""

from __future__ import annotations

import csv
import json
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from tests.benchmarks import bench_icons_host as hosts
from tests.benchmarks.bench_icons_bare import CONNECTIONS, curl_seconds, decode_seconds
from tests.benchmarks.bench_icons_gaps import FRAME, ours

Report = Callable[[str, float, float, float | None], None]

ROOT = Path(__file__).resolve().parents[2]
HEADER = ("id", "name", "type", "orgId", "iconUrl", "creator", "createdAt", "updatedAt")
DAY = "2024-05-06"
DELAY_MS = 50
CELL = 24
"""Edge of the table's icons in px."""
RUNS = 3
GAP_LIMIT = 0.050
HOSTILE_LIMIT = 2.5
SEEN = 20_000
MEMORY_LIMIT = 64 + 40
"""Megabytes: the cap of the pixmaps, and room for what is known about 20,000 addresses."""


def run(report: Report, workdir: Path) -> None:
    """Report every figure of the icons."""
    bench = _Bench(report, workdir)
    bench.quick()
    bench.hostile()
    bench.memory()
    bench.cold(0)
    bench.cold(DELAY_MS)


class _Bench:
    def __init__(self, report: Report, workdir: Path) -> None:
        self._report = report
        self._workdir = workdir
        self._icons = hosts.corpus(workdir)
        self._homes = 0

    def _stream(self, urls: Iterable[str], home: Path | None = None, **job: Any) -> dict[str, Any]:
        if home is None:
            self._homes += 1
            home = self._workdir / f"home {self._homes}"
        catalog = make_catalog(self._workdir / "icons.db", urls)
        return in_a_process(home, catalog=str(catalog), **job)

    def cold(self, delay_ms: int) -> None:
        """Everything from the start, with the reference host."""
        files = self._icons.files
        with hosts.icon_host(self._icons, self._workdir, delay_ms) as base:
            urls = [base + path for path in files]
            limit = curl_seconds(urls, self._workdir)
            found = self._stream(urls, do="stream")
        if limit is None:
            print("curl is not installed: nothing to compare cold icons with", file=sys.stderr)
        elif delay_ms:
            self._report(
                "5,000 icons cold, each answer delayed 50 ms: fetched, decoded, shown, s; "
                f"limit: curl --parallel with {CONNECTIONS} connections, bytes only",
                found["seconds"],
                limit,
                1.1,
            )
        else:
            self._report(
                "5,000 icons cold, not delayed, s; "
                "limit: curl --parallel --parallel-max 6 plus bare decode on all cores",
                found["seconds"],
                limit + decode_seconds(list(files.values()), CELL),
                2.0,
            )

    def quick(self) -> None:
        """Against a host that answers at once, where the program is what takes time."""
        files = self._icons.files
        cold: list[float] = []
        warm: list[float] = []
        bare: list[float] = []
        curl: list[float | None] = []
        gaps: list[dict[str, Any]] = []
        with hosts.quick_host(files, self._workdir) as base:
            urls = [base + path for path in files]
            for number in range(RUNS):
                home = self._workdir / f"quick {number}"
                blobs = str(self._workdir / f"blobs {number}.db")
                found = self._stream(urls, home, do="stream", watch=True, blobs=blobs)
                gaps += found["gaps"]
                cold.append(found["seconds"])
                curl.append(curl_seconds(urls, self._workdir))
                warm.append(self._stream(urls, home, do="stream")["seconds"])
                bare.append(self._stream(urls, home, do="bare", blobs=blobs)["seconds"])
        fetched = [seconds for seconds in curl if seconds is not None]
        if fetched:
            self._report(
                "5,000 icons cold from a host that answers at once, s, for information; "
                "limit: curl plus bare decode on all cores",
                statistics.median(cold),
                statistics.median(fetched) + decode_seconds(list(files.values()), CELL),
                100.0,
            )
        self._report(
            "5,000 icons from the cache file, s; "
            "limit: the same scrolling, each picture read from SQLite and made a pixmap",
            statistics.median(warm),
            statistics.median(bare),
            1.3,
        )
        self._gaps(gaps)

    def _gaps(self, gaps: list[dict[str, Any]]) -> None:
        """The worst, less what others held the core for; and where the program was meanwhile."""
        gaps.sort(key=ours, reverse=True)
        for gap in gaps[:5]:
            print(json.dumps({**gap, "stacks": gap["stacks"][:5]}), file=sys.stderr)
        late = [gap for gap in gaps if ours(gap) > FRAME]
        print(
            f"{len(gaps)} absences over a frame in {RUNS} runs, {len(late)} ours", file=sys.stderr
        )
        self._report(
            "longest absence of the GUI thread while 5,000 icons stream in, s; limit: 50 ms",
            max((ours(gap) for gap in gaps), default=0.0),
            GAP_LIMIT,
            1.0,
        )

    def hostile(self) -> None:
        """A good picture behind each of the test pictures, one of which lies with every worker."""
        bad = hosts.hostile(self._workdir)
        good = next(path for path in self._icons.files if path.endswith(".svg"))
        files = {**bad, good: self._icons.files[good]}
        with hosts.quick_host(files, self._workdir) as base:
            urls = [base + path for path in bad]
            found = self._stream([base + good], do="hostile", bad=urls, good=base + good)
        slowest = sorted(found["seconds"], key=lambda url: -float(found["seconds"][url]))
        for url in slowest[:5]:
            name = bad[url.removeprefix(base)].name
            print(f"{found['seconds'][url]:.2f} s behind {name}", file=sys.stderr)
        worst = slowest[0]
        name = bad[worst.removeprefix(base)].name
        self._report(
            f"a good picture behind a hostile one, s (the worst of {len(bad)}: {name}); "
            "limit: 2.5 s",
            found["seconds"][worst],
            HOSTILE_LIMIT,
            1.0,
        )

    def memory(self) -> None:
        """Twice as many pixels as the caps leave room for: cells of a screen at 200 %."""
        files = self._icons.files
        with hosts.quick_host(files, self._workdir) as base:
            copies = SEEN // len(files)
            urls = [f"{base}{path}?{copy}" for copy in range(copies) for path in files]
            found = self._stream(urls, do="stream", scale=2)
        self._report(
            "memory after 20,000 icons seen at 200 %, beyond that before them, MB; "
            "limit: 64 MB of pixmaps and 2 KB for each address",
            found["rss_mb"] - found["rss_before_mb"],
            MEMORY_LIMIT,
            1.0,
        )
        self._report(
            "the same of the icon process, MB, for information; limit: 2 KB for each request",
            found["service_mb"] - found["service_before_mb"],
            SEEN * 2 / 1000,
            None,
        )


def in_a_process(home: Path, **job: Any) -> dict[str, Any]:
    """Let the real window do a job, in a process whose user folders are below `home`."""
    from tests.benchmarks.bench_icons_window import in_a_process as do

    return do(home, **job)


def make_catalog(path: Path, urls: Iterable[str]) -> Path:
    """A catalogue file with an integration for each icon URL."""
    path.unlink(missing_ok=True)
    rows = path.with_suffix(".csv")
    with rows.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(HEADER)
        for number, url in enumerate(urls):
            name = f"Icon {number:05}"
            writer.writerow([f"i{number}", name, "icon", "icons", url, "bench", DAY, DAY])
    command = [sys.executable, "-m", "gui", "import", str(rows), "--catalog", str(path)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=ROOT)
    return path
