"""Jobs that tests run in a child process, where they are imported by name."""

from __future__ import annotations

import os
import time
from pathlib import Path

from db.child import Report
from db.csv_stage import stage_csv
from db.errors import Invalid


def add(report: Report, *, one: int, other: int) -> int:
    return one + other


def count_to(report: Report, *, total: int) -> int:
    for done in range(total):
        report(done, total)
        time.sleep(0.06)
    return total


def refuse(report: Report, *, text: str) -> None:
    raise Invalid("“{text}” is not wanted.", text=text)


def stumble(report: Report) -> None:
    raise LookupError("a bug of ours")


def die(report: Report) -> None:
    os._exit(3)


def talk(report: Report) -> str:
    print("said aloud")
    return "answered"


def touch_and_wait(report: Report, *, path: Path) -> None:
    path.write_text(str(os.getpid()))
    while True:
        report(0, 1)
        time.sleep(0.01)


def wait_for_end_of_parent(report: Report, *, path: Path) -> None:
    """Leave `path` when the parent is gone, which a report notices."""
    try:
        while True:
            report(0, 1)
            time.sleep(0.01)
    except BrokenPipeError:
        path.write_text("noticed")
        raise


def stage(report: Report, *, source: Path, stage: Path) -> tuple[str, float]:
    """What becomes of a CSV file, and the most memory that this process took, in MB."""
    try:
        staged = stage_csv(report, source=source, stage=stage)
        outcome = f"rejected {staged.counts.rejected} of {staged.counts.read}"
    except Invalid as error:
        outcome = str(error)
    return outcome, _most_megabytes()


def _most_megabytes() -> float:
    """The most that this process had in memory; what `getrusage` tells has that of its parent."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024
