"""The README's promises: its commands run, its pictures and targets exist."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gui import resources

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = [
    line.strip() for line in README.splitlines() if line.startswith("    integration-icons ")
]


def run(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    words = shlex.split(command)
    assert words[0] == "integration-icons"
    return subprocess.run(
        [sys.executable, "-m", "gui", *words[1:]],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        encoding="utf-8",
    )


def test_every_command_does_what_is_said(tmp_path: Path) -> None:
    shutil.copy(resources.SAMPLE, tmp_path / "catalog.csv")
    output = {}
    for command in COMMANDS:
        done = run(command, tmp_path)
        assert done.returncode == 0, f"{command}\n{done.stderr}"
        output[command] = done.stdout
    assert len(output) == len(COMMANDS) >= 6
    imported = json.loads(output[next(c for c in COMMANDS if "--json" in c)].splitlines()[-1])
    assert set(imported) == {
        *("read", "new", "changed", "unchanged", "rejected", "skipped", "deleted"),
        *("seconds", "edit"),
    }
    assert (imported["read"], imported["new"], imported["edit"]) == (62, 62, 1)
    shown = (tmp_path / "shown.csv").read_text(encoding="utf-8")
    assert shown.startswith("id,name,type,orgId,iconUrl")
    assert "GitHub" in shown
    streamed = output[next(c for c in COMMANDS if "export - " in c)]
    assert streamed.count("northwind") >= 10


def test_every_make_target_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"\bmake ([a-z]+)\b", README)) - {"names", "and"}
    assert {"run", "test", "bench"} <= targets
    for target in targets:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


@pytest.mark.parametrize("target", re.findall(r"\]\(([^)#]+)\)", README))
def test_every_picture_and_link_leads_somewhere(target: str) -> None:
    assert (ROOT / target).is_file()


def test_the_figures_are_those_of_the_benchmark() -> None:
    """The table names no figure that `make bench` does not print."""
    rows = re.findall(r"^\| (.+?) \|.*\|$", README.split("## Speed")[1], re.MULTILINE)
    sources = "".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "tests/benchmarks").glob("bench_*.py")
    )
    figures = [row for row in rows if not set(row) <= {"-", " ", "|"} and row != "figure"]
    assert figures
    for figure in figures:
        assert figure in sources, figure
