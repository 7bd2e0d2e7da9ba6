"""Texts without case and accents, and SQL conditions on them.

What SQLite's LIKE and GLOB can decide they decide: a function in Python looks only at what has
rare letters beyond ASCII, or accents that stand alone. Names, of organizations and people too, are
compared without accents ("loose"); ids, types and addresses, in which a letter with an accent is
another one, without case ("strict").
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from fnmatch import translate
from functools import lru_cache
from typing import Any, Final, NamedTuple

import apsw
from peewee import fn

LONGEST_PATTERN: Final = 10_000
"""Characters; SQLite's LIKE takes 50,000 bytes."""
_LONGEST_GLOB: Final = 200
"""Letters; each may stand for twenty."""
_FUNCTION: Final = "matches_text"
_MARKS: Final = re.compile("[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff]+")
"""Accents of Latin, Greek and Cyrillic; the marks of other scripts are letters of their own."""
_LATIN: Final = range(0xC0, 0x180)
_SELDOM: Final = "\u0180-\u02af\u1e00-\u1eff\u2120-\u212f\ufb00-\ufb06"
"""Beside `_LATIN`, where letters stand that fold to letters of ASCII."""
_STROKES: Final = str.maketrans("øłđħŧıɨ", "oldhtii")
_NEVER_ACCENTED: Final = frozenset("0123456789-_./:%#@+,&() ")
_QUICK: Final = _NEVER_ACCENTED.union("abcdefghijklmnopqrstuvwxyz")
_SEVERAL_FORMS: Final = frozenset("%_\\iIkKsS")
"""Of ASCII: wildcards of LIKE, and letters that are also written in others beyond ASCII."""


class Text(NamedTuple):
    """What is looked for.

    Attributes:
        wild: whether ``*`` and ``?`` stand for any letters and for one.
    """

    text: str
    wild: bool = False


def caseless(text: str) -> str:
    """`text` without case: also with one i where Turkish has two, and accents composed."""
    folded = unicodedata.normalize("NFC", text.casefold())
    return folded.replace("i\u0307", "i").replace("ı", "i")


def folded(text: str) -> str:
    """`text` without case and accents: "Ünïcøde" is "unicode"."""
    plain = text.casefold()
    if plain.isascii():
        return plain
    apart = unicodedata.normalize("NFD", plain)
    return unicodedata.normalize("NFC", _MARKS.sub("", apart)).translate(_STROKES)


def matcher(wanted: Text, *, loose: bool, whole: bool) -> Callable[[str], bool]:
    """Tells whether a text holds, or is, what is wanted."""
    fold = folded if loose else caseless
    sought = fold(wanted.text)
    if not wanted.wild:
        return (lambda text: fold(text) == sought) if whole else (lambda text: sought in fold(text))
    pattern = sought.replace("[", "[[]")
    found = re.compile(translate(pattern if whole else f"*{pattern}*")).match
    return lambda text: found(fold(text)) is not None


@lru_cache(1)
def _accented() -> dict[str, str]:
    """Letters of both cases with accents, by the small one of ASCII without."""
    found: dict[str, str] = {}
    for code in _LATIN:
        plain = folded(chr(code))
        if len(plain) == 1 and plain.isascii():
            found[plain] = found.get(plain, "") + chr(code)
    return found


def register(connection: apsw.Connection) -> None:
    """Give a connection the function that the conditions on letters beyond ASCII use."""
    connection.create_scalar_function(_FUNCTION, _matches, 2, deterministic=True)


def condition(column: Any, wanted: Text, *, loose: bool, whole: bool = False) -> Any:
    """The condition that a column holds, or is, a text, for a connection given to `register`."""
    how = f"{wanted.wild:d}{loose:d}{whole:d}{wanted.text}"
    exactly = getattr(fn, _FUNCTION)(how, column) == 1
    if len(wanted.text) > LONGEST_PATTERN:
        return exactly
    fold = folded if loose else caseless
    sought = fold(wanted.text)
    like = _like(column, sought, wanted.wild, whole)
    if not sought.isascii():
        if all(_has_one_form(letter, loose) for letter in sought) and not wanted.wild:
            return like
        likely = _like_likely(column, sought, loose)
        return _beyond_ascii(column) & (likely & exactly)
    if not loose and wanted.text.isascii():
        return like
    if not wanted.wild and _NEVER_ACCENTED.issuperset(sought):
        return like
    if wanted.wild:
        return (~_beyond_ascii(column) & like) | (_beyond_ascii(column) & exactly)
    if not whole and len(sought) <= _LONGEST_GLOB and _QUICK.issuperset(sought):
        exactly = _glob(column, _spellings(sought)) | (_glob(column, _odd()) & exactly)
    if not _NEVER_ACCENTED.isdisjoint(sought):
        exactly = _like_likely(column, sought, loose) & exactly
    return like | (_beyond_ascii(column) & exactly)


def _glob(column: Any, letters: str) -> Any:
    return fn.GLOB(f"*{letters}*", column) == 1


def _spellings(sought: str) -> str:
    """For GLOB: each letter in every way in which it is one letter."""
    accented = _accented()
    return "".join(
        f"[{letter}{letter.upper()}{accented.get(letter, '')}]" if letter.isalpha() else letter
        for letter in sought
    )


@lru_cache(1)
def _odd() -> str:
    """For GLOB: what only the function knows: accents that stand alone, letters that fold to
    several, such as ß, and rare ones, which would make each comparison long."""
    several = (chr(code) for code in _LATIN if len(folded(chr(code))) > 1)
    return f"[{_MARKS.pattern[1:-2]}{_SELDOM}{''.join(several)}]"


def _beyond_ascii(column: Any) -> Any:
    return fn.octet_length(column) > fn.length(column)


def _like(column: Any, text: str, wild: bool, whole: bool) -> Any:
    if whole and not wild:
        return column.collate("NOCASE") == text  # which an index of names or types knows
    pattern = re.sub(r"([\\%_])", r"\\\1", text)
    if wild:
        pattern = pattern.replace("*", "%").replace("?", "_")
    else:
        return column.contains(text)
    return fn.LIKE(pattern if whole else f"%{pattern}%", column, "\\") == 1


def _like_likely(column: Any, text: str, loose: bool) -> Any:
    """Lets through all that `text` could match, and little else."""
    kept = "".join(letter if _is_sure(letter, loose) else "%" for letter in text)
    return column.ilike(re.sub("%+", "%", f"%{kept}%"))


def _is_sure(letter: str, loose: bool) -> bool:
    return letter not in "*?" and _has_one_form(letter, loose)


@lru_cache(maxsize=1024)
def _has_one_form(letter: str, loose: bool) -> bool:
    """Whether a letter is written in one way only: ASCII's two cases, which LIKE knows, apart."""
    if letter.isascii():
        return letter not in _SEVERAL_FORMS and (not loose or letter in _NEVER_ACCENTED)
    if unicodedata.combining(letter):
        return False
    return letter == letter.casefold() == letter.upper() == unicodedata.normalize("NFD", letter)


@lru_cache(maxsize=512)
def _matcher_of(how: str) -> Callable[[str], bool]:
    wild, loose, whole = (flag == "1" for flag in how[:3])
    return matcher(Text(how[3:], wild), loose=loose, whole=whole)


def _matches(*arguments: apsw.SQLiteValue) -> bool:
    how, text = arguments
    return isinstance(text, str) and _matcher_of(str(how))(text)
