"""The metadata of an integration: JSON text, kept exactly as it was given."""

from __future__ import annotations

import json
import re
from uuid import uuid4

from db.errors import Problem


def _refuse_constant(name: str) -> object:
    raise ValueError(name)


# Numbers are not converted: Python refuses integers of more than 4,300 digits, JSON does not.
_DECODER = json.JSONDecoder(parse_constant=_refuse_constant, parse_int=str, parse_float=str)
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def json_problem(text: str) -> Problem | None:
    """Why `text` is not one JSON value (RFC 8259), with line and column; None when it is."""
    try:
        _DECODER.decode(text)
    except json.JSONDecodeError as error:
        return Problem(
            "metadata is not valid JSON: {reason} at line {line}, column {column}.",
            reason=error.msg,
            line=error.lineno,
            column=error.colno,
        )
    except ValueError as error:
        return Problem(
            "metadata is not valid JSON: it holds {name}, a number no JSON has.", name=error
        )
    except RecursionError:
        return Problem("metadata is nested too deeply to be read as JSON.")
    return None


def pretty(text: str) -> str:
    """`text`, which must be JSON, laid out with each value on a line of its own.

    Numbers keep the digits they were written with. Text that cannot be laid out without a loss
    (an object that names a key twice, very deep nesting) comes back as it is.
    """
    mark = uuid4().hex
    try:
        value = json.loads(
            text,
            parse_float=lambda digits: mark + digits,
            parse_int=lambda digits: mark + digits,
            object_pairs_hook=_unique,
        )
        layout = json.dumps(value, indent=2, ensure_ascii=False)
    except (_KeyTwiceError, RecursionError):
        return text
    layout = _LONE_SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", layout)
    return re.sub(f'"{mark}([^"]*)"', r"\1", layout)


class _KeyTwiceError(Exception):
    pass


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _KeyTwiceError
    return found
