"""Cells that a spreadsheet would take for formulas, and the apostrophe that tells it not to."""

from __future__ import annotations

from typing import Final

SIGNS: Final = "=+-@\t\r＝＋－＠'"
"""What a cell may begin with that makes a spreadsheet act; the apostrophe, so that one that is
there already stays apart from one that was put there."""


def guarded(text: str) -> str:
    """`text` with an apostrophe before it, if a spreadsheet would act on it."""
    return f"'{text}" if text[:1] and text[0] in SIGNS else text


def unguarded(text: str) -> str:
    """What `guarded` was given."""
    return text[1:] if text[:1] == "'" and text[1:2] and text[1] in SIGNS else text
