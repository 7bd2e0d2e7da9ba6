"""Regular expressions that can be given up; see CONTRIBUTING.md for why not `re`."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import regex

from db.errors import Invalid

MATCH_SECONDS: Final = 1.0
"""How long a regular expression may look at one text."""
_SHOWN: Final = 60


@lru_cache(8)
def compiled(find: str, match_case: bool) -> regex.Pattern[str]:
    """A regular expression.

    Raises:
        Invalid: it says what is wrong, with `position` (from 1) where that is known.
    """
    flags = regex.VERSION0 if match_case else regex.VERSION0 | regex.IGNORECASE
    try:
        return regex.compile(find, flags)
    except regex.error as error:
        raise Invalid(
            "The regular expression is not complete or not valid at position {position}: {reason}.",
            position=(error.pos or 0) + 1,
            reason=error.msg,
        ) from error
    except (OverflowError, RecursionError) as error:
        raise Invalid("The regular expression is too large. Make it simpler.") from error


def found(pattern: regex.Pattern[str], text: str) -> bool:
    """Whether an expression matches anywhere in a text.

    Raises:
        Invalid: it takes too long.
    """
    try:
        return pattern.search(text, timeout=MATCH_SECONDS, concurrent=True) is not None
    except TimeoutError:
        raise too_slow(text) from None


def too_slow(text: str) -> Invalid:
    """The error of an expression that looks at `text` for too long."""
    return Invalid(
        "The expression takes more than {seconds} s on one text: “{text}”. "
        "Make it simpler; repetitions within repetitions take longest.",
        seconds=round(MATCH_SECONDS),
        text=text[:_SHOWN],
    )
