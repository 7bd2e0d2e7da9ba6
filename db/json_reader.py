"""The items of a JSON file one by one: an array, an object with `items`, or JSON Lines.

Python's decoder reads each value; here is only what goes on between them, so that a file is never
in memory as a whole. Libraries that stream JSON lose what this program may not lose: yajl turns
lone surrogates into question marks and -0 into 0, and none tells where a value stands.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from json.decoder import JSONDecodeError
from json.decoder import scanstring as _scan_string  # type: ignore[attr-defined]
from json.scanner import make_scanner
from pathlib import Path
from typing import Any, Final, NamedTuple

from db import encodings
from db.csv_file import SAMPLE, RowTooLongError, Source, buffered
from db.errors import Invalid, Problem

ITEMS: Final = "items"
"""The key of a page's items in the SDK's responses."""

_BLOCK: Final = 1 << 17
_LONGEST_WORD: Final = 32
"""Characters of whatever is read in one go and could be cut: an escape, a literal."""
_SPACE: Final = re.compile(r"[ \t\n\r]*")
_COLON: Final = re.compile(r"[ \t\n\r]*:[ \t\n\r]*")
_NEXT: Final = re.compile(r"[ \t\n\r]*([,}])[ \t\n\r]*")
_LINES: Final = (".jsonl", ".ndjson")


class Number(str):
    """A number as it is written."""

    __slots__ = ()


def _refuse_constant(name: str) -> object:
    raise ValueError(name)


_DECODER: Final = json.JSONDecoder(
    parse_int=Number, parse_float=Number, parse_constant=_refuse_constant
)


_SCAN: Final = make_scanner(_DECODER)  # type: ignore[arg-type]


class Member(NamedTuple):
    """A member of an object: its value, and the text that it was read from."""

    value: Any
    text: str


@dataclass(frozen=True, slots=True)
class Item:
    """One value of the file, or why there is none.

    Attributes:
        number: the line that it stands in (of JSON Lines), or how many items there were with it.
        members: of an object; None for another value.
    """

    number: int
    members: dict[str, Member] | None
    problem: Problem | None = None


class JsonReader:
    """Iterates over the items of a JSON file.

    Attributes:
        by_line: it is JSON Lines: each item stands in a line, and a wrong one costs its line.
        encoding: what the text is in.
    """

    def __init__(self, source: Source, path: Path) -> None:
        self._source = source
        self._path = path
        raw = buffered(source)
        head = raw.read(SAMPLE)
        self.encoding = encodings.told_by_head(head)
        marked, mark = encodings.mark_of(head)
        raw.seek(mark if marked == self.encoding else 0)
        self._file = io.TextIOWrapper(raw, encoding=self.encoding, newline="")
        self.by_line = self._has_lines(head)
        self._text, self._at, self._ended = "", 0, False
        # Of the place where the text that is in memory begins.
        self._line, self._column = 1, 1

    def _has_lines(self, head: bytes) -> bool:
        suffixes = [suffix.lower() for suffix in self._path.suffixes[-2:]]
        if any(suffix in _LINES for suffix in suffixes):
            return True
        text = head.decode(self.encoding, "replace").lstrip("\ufeff \t\r\n")
        first, end, _ = text.partition("\n")
        try:
            value = _DECODER.decode(first)
        except (ValueError, RecursionError):
            return False
        return bool(end) and isinstance(value, dict) and not isinstance(value.get(ITEMS), list)

    def __iter__(self) -> Iterator[Item]:
        """The items.

        Raises:
            Invalid: what follows cannot be told any more, with line and column.
        """
        items = self._lines() if self.by_line else self._values()
        try:
            for number, item in enumerate(items, 1):
                self._source.rows = number
                yield item
        except RowTooLongError:
            raise Invalid(
                "The value that begins in line {line} is longer than 32 MB. Nothing was read.",
                line=self._here()[0],
            ) from None

    # -- JSON Lines ----------------------------------------------------------------------------

    def _lines(self) -> Iterator[Item]:
        for number, line in enumerate(self._file, 1):
            self._line = number + 1  # of what is read next
            if line.isspace():
                continue
            try:
                yield _item(number, line)
            except JSONDecodeError as error:
                yield Item(number, None, _syntax(error.msg, number, error.pos + 1))
            except ValueError as error:
                yield Item(number, None, _no_number(error))
            except RecursionError:
                yield Item(number, None, Problem(TOO_DEEP))

    # -- one value that holds the items --------------------------------------------------------

    def _values(self) -> Iterator[Item]:
        count = 0
        while self._skip():
            if self._sign() == "[":
                items = self._array(count)
            elif self._sign() == "{":
                items = self._page(count)
            else:
                raise Invalid(
                    "{path} holds no list of integrations. It should be an array of objects, an "
                    "object with “items”, or one object a line.",
                    path=self._path,
                )
            for item in items:
                count = item.number
                yield item

    def _page(self, count: int) -> Iterator[Item]:
        """An object: the items that it holds, or itself."""
        members: dict[str, Member] = {}
        paged = False
        self._at += 1
        while self._next_sign("}", first=not members and not paged):
            key = self._read(_string)
            self._expect(":")
            if key == ITEMS and self._sign() == "[":
                paged = True
                yield from self._array(count)
            else:
                members[key] = self._read(_member)
        if not paged:
            yield Item(count + 1, members)

    def _array(self, count: int) -> Iterator[Item]:
        first = True
        self._at += 1
        while self._next_sign("]", first=first):
            first = False
            count += 1
            members = self._read(_members) if self._sign() == "{" else None
            if members is None:
                self._read(_member)
                yield Item(count, None, Problem(NO_OBJECT))
            else:
                yield Item(count, members)

    def _next_sign(self, end: str, *, first: bool) -> bool:
        """Go on to the next member or element; False at the end, which is passed."""
        if not self._skip():
            raise self._wrong("the file ends too early")
        if self._sign() == end:
            self._at += 1
            return False
        if not first:
            self._expect(",")
        return True

    def _expect(self, sign: str) -> None:
        if not self._skip() or self._sign() != sign:
            raise self._wrong(f"“{sign}” is expected")
        self._at += 1
        if not self._skip():
            raise self._wrong("the file ends too early")

    def _read(self, read: Any) -> Any:
        """Read a value at the place, with more of the file until it is whole."""
        wanted = _BLOCK
        while True:
            try:
                value, end = read(self._text, self._at)
                if end < len(self._text) or self._ended:  # a number may go on
                    self._at = end
                    return value
                self._fill(wanted)
            except RecursionError:
                raise self._wrong("the value is nested too deeply") from None
            except (ValueError, StopIteration) as error:
                if self._ended or not self._is_cut(error):
                    raise self._wrong_by(error) from None
                self._fill(wanted)
            wanted *= 2

    def _is_cut(self, error: Exception) -> bool:
        """Whether an error may come from the end of what is read, not from what is written."""
        if isinstance(error, StopIteration):
            return int(error.value) > len(self._text) - _LONGEST_WORD
        if not isinstance(error, JSONDecodeError):
            return False
        return error.msg.startswith("Unterminated") or (error.pos > len(self._text) - _LONGEST_WORD)

    def _wrong_by(self, error: Exception) -> Invalid:
        if isinstance(error, JSONDecodeError):
            self._at = error.pos
            return self._wrong(error.msg)
        if isinstance(error, StopIteration):
            self._at = error.value
            return self._wrong("a value is expected")
        return self._wrong(f"{error} is no number that JSON has")

    # -- text and place ------------------------------------------------------------------------

    def _skip(self) -> bool:
        """Go to the next sign that is no space; False at the end of the file."""
        while True:
            match = _SPACE.match(self._text, self._at)
            self._at = match.end() if match else self._at
            if self._at < len(self._text):
                return True
            if self._ended:
                return False
            self._fill(_BLOCK)

    def _sign(self) -> str:
        return self._text[self._at : self._at + 1]

    def _fill(self, size: int) -> None:
        self._line, self._column = self._here()
        more = self._file.read(size)
        self._ended = not more
        self._text = self._text[self._at :] + more
        self._at = 0

    def _here(self) -> tuple[int, int]:
        ends = _ends(self._text, self._at)
        if not ends:
            return self._line, self._column + self._at
        last = max(self._text.rfind("\n", 0, self._at), self._text.rfind("\r", 0, self._at))
        return self._line + ends, self._at - last

    def _wrong(self, reason: str) -> Invalid:
        line, column = self._here()
        return Invalid(
            "{path} is not valid JSON: {reason}, in line {line}, column {column}. "
            "Nothing was read.",
            path=self._path,
            reason=reason[:1].lower() + reason[1:],
            line=line,
            column=column,
        )


TOO_DEEP: Final = "The value is nested too deeply to be read."
NO_OBJECT: Final = "This is no object with the fields of an integration."


def _item(number: int, line: str) -> Item:
    start = _SPACE.match(line).end()  # type: ignore[union-attr]
    if line[start] != "{":
        _DECODER.decode(line)
        return Item(number, None, Problem(NO_OBJECT))
    try:
        members, end = _members(line, start)
    except StopIteration as error:
        raise JSONDecodeError("A value is expected", line, error.value) from None
    rest = _SPACE.match(line, end).end()  # type: ignore[union-attr]
    if rest != len(line):
        raise JSONDecodeError("More follows the object", line, rest)
    return Item(number, members)


def _string(text: str, at: int) -> tuple[str, int]:
    if text[at : at + 1] != '"':
        raise JSONDecodeError("A name in double quotes is expected", text, at)
    value, end = _scan_string(text, at + 1, True)
    return value, end


def _member(text: str, at: int) -> tuple[Member, int]:
    value, end = _SCAN(text, at)
    return Member(value, text[at:end]), end


def _members(text: str, at: int) -> tuple[dict[str, Member], int]:
    """The members of the object at a place, and where it ends."""
    colon, following, scan = _COLON.match, _NEXT.match, _SCAN
    members: dict[str, Member] = {}
    at = _SPACE.match(text, at + 1).end()  # type: ignore[union-attr]
    if text[at : at + 1] == "}":
        return members, at + 1
    while True:
        key, at = _string(text, at)
        found = colon(text, at)
        if found is None:
            raise JSONDecodeError("“:” is expected", text, _place(text, at))
        at = found.end()
        value, end = scan(text, at)
        members[key] = Member(value, text[at:end])
        found = following(text, end)
        if found is None:
            raise JSONDecodeError("“,” or “}” is expected", text, _place(text, end))
        if found[1] == "}":
            return members, found.end(1)
        at = found.end()


def _place(text: str, at: int) -> int:
    """Where the next sign stands that is no space."""
    return _SPACE.match(text, at).end()  # type: ignore[union-attr]


def _syntax(reason: str, line: int, column: int) -> Problem:
    return Problem(
        "The line is not valid JSON: {reason}, at column {column}.",
        reason=reason[:1].lower() + reason[1:],
        line=line,
        column=column,
    )


def _no_number(error: ValueError) -> Problem:
    return Problem("The line holds {name}, a number no JSON has.", name=error)


def _ends(text: str, end: int) -> int:
    """Line ends in the first part of a text."""
    return text.count("\n", 0, end) + text.count("\r", 0, end) - text.count("\r\n", 0, end)
