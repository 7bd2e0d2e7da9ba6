"""Options that several commands have."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any, Final

from db.fields import FIELD_BY_KEY

_SIGNS: Final = {
    "tab": "\t",
    "\\t": "\t",
    "comma": ",",
    "semicolon": ";",
    "pipe": "|",
    "space": " ",
    "none": "",
}
BUSY_MILLISECONDS: Final = 5_000
"""How long a command waits for another program that writes."""


def add_json(parser: argparse.ArgumentParser) -> None:
    """Add the option `--json`."""
    parser.add_argument(
        "--json", action="store_true", help="end with one line that is a JSON object"
    )


def delimiter(text: str) -> str:
    """The type of an option that is a delimiter."""
    sign = _SIGNS.get(text.lower(), text)
    if len(sign) != 1 or sign in '"\r\n\0':
        raise argparse.ArgumentTypeError(f"{text!r} is not one character, nor the word tab")
    return sign


def sign_or_none(text: str) -> str:
    """The type of an option that is one character, or the word none."""
    sign = _SIGNS.get(text.lower(), text)
    if len(sign) > 1 or sign in ("\r", "\n", "\0"):
        raise argparse.ArgumentTypeError(f"{text!r} is not one character, nor the word none")
    return sign


def columns(text: str) -> tuple[str | None, ...]:
    """The type of an option that lists fields by the keys that files use; "" is None."""
    keys = [key.strip() for key in text.split(",")]
    for key in keys:
        if key and key not in FIELD_BY_KEY:
            known = ", ".join(FIELD_BY_KEY)
            raise argparse.ArgumentTypeError(f"{key!r} is not a field; the fields are {known}")
    return tuple(FIELD_BY_KEY[key].name if key else None for key in keys)


def print_json(values: dict[str, object], stream: Any = None) -> None:
    """Write an object as one line, to standard output or another stream."""
    print(json.dumps(values), file=stream or sys.stdout)
