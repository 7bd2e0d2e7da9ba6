"""The files in `resources/`: symbols, the program's own icon, the sample catalogue."""

from __future__ import annotations

from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1] / "resources"
SAMPLE = ROOT / "sample.csv"
APP_ICON = ROOT / "integration-icons.svg"
APP_ICON_SMALL = ROOT / "integration-icons-small.svg"
TRANSLATIONS = ROOT / "translations"


def symbol_names() -> tuple[str, ...]:
    """The names of all symbols, in alphabetical order."""
    return tuple(sorted(path.stem for path in (ROOT / "symbols").glob("*.svg")))


@cache
def symbol_svg(name: str) -> str:
    """The SVG text of a symbol, drawn on a 16 by 16 grid in `currentColor`.

    Raises FileNotFoundError for a name that is not one of `symbol_names()`.
    """
    return (ROOT / "symbols" / f"{name}.svg").read_text(encoding="utf-8")
