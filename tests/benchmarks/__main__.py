"""Measure the program against limits that are measured in the same run: `make bench`.

Prints one JSON line per figure. Ends with 1 when a figure misses what it has to reach.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from tests.benchmarks import (
    bench_csv,
    bench_edits,
    bench_finding,
    bench_gallery,
    bench_icons,
    bench_start,
    bench_table,
)

SUITES = {
    "start": bench_start.run,
    "table": bench_table.run,
    "gallery": bench_gallery.run,
    "csv": bench_csv.run,
    "edits": bench_edits.run,
    "finding": bench_finding.run,
    "icons": bench_icons.run,
}


class Report:
    """Prints each figure as it comes, and remembers whether all were reached."""

    def __init__(self) -> None:
        self.missed: list[str] = []

    def __call__(self, name: str, value: float, limit: float, to_reach: float | None) -> None:
        """Print one figure.

        Args:
            name: what was measured, with its unit.
            value: the program's figure.
            limit: the figure measured beside it.
            to_reach: the largest ratio of the two that is good enough; None for information only.
        """
        ratio = value / limit if limit else float("inf")
        line = {
            "name": name,
            "value": round(value, 6),
            "limit": round(limit, 6),
            "ratio": round(ratio, 3),
            "to_reach": to_reach,
            "reached": None if to_reach is None else ratio <= to_reach,
        }
        print(json.dumps(line), flush=True)
        if to_reach is not None and ratio > to_reach:
            self.missed.append(name)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("suite", nargs="*", choices=[*SUITES, []], help="default: all")
    chosen = parser.parse_args().suite or list(SUITES)
    report = Report()
    with tempfile.TemporaryDirectory(prefix="integration-icons-bench-") as folder:
        for name in chosen:
            SUITES[name](report, Path(folder))
    if report.missed:
        print("missed: " + "; ".join(report.missed), file=sys.stderr)
    return 1 if report.missed else 0


if __name__ == "__main__":
    sys.exit(main())
