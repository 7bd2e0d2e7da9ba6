"""The language of the search field: its grammar, and what a query means, as a tree.

`db.query_sql` makes SQL of the tree; `gui.query_help` tells people what the terms are.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from db.errors import Invalid
from db.expressions import compiled
from db.folding import Text
from db.query_dates import DateError, Period, period

How = Literal["holds", "is", "matches"]

TEXT_FIELDS: Final = {
    "name": ("name",),
    "type": ("type",),
    "org": ("org_id",),
    "id": ("id",),
    "url": ("icon_url",),
    "host": ("icon_url",),
    "by": ("creator", "updated_by"),
    "creator": ("creator",),
    "editor": ("updated_by",),
    "client": ("client_id",),
}
"""Terms that look at a text, and the fields they look at."""
DATE_FIELDS: Final = {"created": "created_at", "updated": "updated_at", "edited": "edited"}
ICON_KINDS: Final = (
    *("missing", "relative", "http", "https", "data", "duplicate"),
    *("svg", "png", "jpeg", "gif", "webp", "ico"),
)
HAS_FIELDS: Final = {
    "icon": "icon_url",
    "metadata": "metadata",
    "name": "name",
    "type": "type",
    "org": "org_id",
    "creator": "creator",
    "created": "created_at",
    "updated": "updated_at",
    "editor": "updated_by",
    "client": "client_id",
}
"""What can follow ``has:``, and the field that is then not empty."""
METADATA: Final = "metadata"
TERMS: Final = (*TEXT_FIELDS, *DATE_FIELDS, "icon", "has", METADATA)
MOST_TERMS: Final = 200
"""Words beyond these are not looked for; SQLite takes an expression 1,000 levels deep."""
_DEEPEST: Final = 40
"""Parentheses and minus signs within one another."""


@dataclass(frozen=True, slots=True)
class All:
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Either:
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not:
    part: Node


@dataclass(frozen=True, slots=True)
class Word:
    """A text in any of the fields that words are looked for in."""

    text: Text


@dataclass(frozen=True, slots=True)
class Field:
    """A text in a field of `TEXT_FIELDS`; one to match is a regular expression."""

    name: str
    how: How
    text: Text


@dataclass(frozen=True, slots=True)
class Metadata:
    """A text in the metadata at a path of keys."""

    path: tuple[str, ...]
    how: How
    text: Text


@dataclass(frozen=True, slots=True)
class Dated:
    """A date of `DATE_FIELDS` within a period."""

    name: str
    period: Period


@dataclass(frozen=True, slots=True)
class Icon:
    kind: str


@dataclass(frozen=True, slots=True)
class Has:
    """A field, by a name of `HAS_FIELDS`, that is not empty."""

    name: str


Node = All | Either | Not | Word | Field | Metadata | Dated | Icon | Has


class QueryError(Invalid):
    """A query that means nothing, and where: `start` and `end` are places in its text."""

    @property
    def start(self) -> int:
        return int(str(self.values["start"]))

    @property
    def end(self) -> int:
        return int(str(self.values["end"]))


_GRAMMAR: Final = r"""
start: any?
any: all (_OR all)*
all: _part+
_part: not | "(" any ")" | word | field
not: _MINUS _part
word: WORD | QUOTED
field: FIELD (EXPRESSION | EQUALS? (WORD | QUOTED))

FIELD.4: /(?:@FIELDS@|metadata(?:\.[^\s.:()"]+)*):/i
EXPRESSION.3: /~(?:@QUOTED@|(?:@LETTER@|"|\((?:@LETTER@|"|\((?:@LETTER@|")*\))*\))+)/
EQUALS.3: "="
_OR.3: /or(?![^\s()"])/i
_MINUS.2: /-(?=\S)/
QUOTED: /@QUOTED@/s
WORD: /[^\s()"]+/
%ignore /\s+/
"""


_PARTS: Final = {
    "@FIELDS@": "|".join(name for name in TERMS if name != METADATA),
    "@QUOTED@": r'"(?:\\.|[^"\\])*"',
    "@LETTER@": r'\\\S|[^\s()"\\]',  # of a regular expression
}


@lru_cache(1)
def _parser() -> Lark:
    grammar = _GRAMMAR
    for name, pattern in _PARTS.items():
        grammar = grammar.replace(name, pattern)
    return Lark(grammar, parser="lalr", propagate_positions=True)


@lru_cache(64)
def parse(text: str) -> Node | None:
    """What a query means; None for one without words, which all integrations fulfil.

    A period that is relative ("30d", "today") is told by how long ago it is.

    Raises:
        QueryError: it means nothing; the sentence says why, and where.
    """
    shown = text.replace("\0", " ")
    try:
        tree = _parser().parse(shown)
    except UnexpectedInput as error:
        raise _named(error, shown) from None
    if not tree.children:
        return None
    node = _node(_subtree(tree.children[0]), 0)
    if sum(1 for _ in leaves(node)) > MOST_TERMS:
        raise _error("A query has at most {most} terms. Leave some out.",
                     len(shown), len(shown), most=MOST_TERMS)  # fmt: skip
    return node


def leaves(node: Node) -> Iterator[Node]:
    """The terms of a query."""
    if isinstance(node, All | Either):
        for part in node.parts:
            yield from leaves(part)
    elif isinstance(node, Not):
        yield from leaves(node.part)
    else:
        yield node


# -- tree ----------------------------------------------------------------------------------------


def _subtree(child: Tree[Token] | Token) -> Tree[Token]:
    assert isinstance(child, Tree)
    return child


def _node(tree: Tree[Token], depth: int) -> Node:
    if depth > _DEEPEST:
        place = int(tree.meta.start_pos)
        raise _error("Parentheses are nested too deeply here.", place, place + 1)
    kind = tree.data
    if kind == "word":
        (token,) = tree.children
        assert isinstance(token, Token)
        return Word(_text(token))
    if kind == "field":
        return _field([token for token in tree.children if isinstance(token, Token)])
    parts = tuple(_node(_subtree(child), depth + 1) for child in tree.children)
    if kind == "not":
        return Not(parts[0])
    if kind == "all":
        parts = _without_surplus(parts)
    if len(parts) == 1:
        return parts[0]
    return All(parts) if kind == "all" else Either(parts)


def _without_surplus(parts: tuple[Node, ...]) -> tuple[Node, ...]:
    """Each word once, and of a text that was pasted only the first words."""
    distinct = tuple(dict.fromkeys(parts))
    return distinct[:MOST_TERMS] if all(isinstance(p, Word) for p in distinct) else distinct


def _text(token: Token) -> Text:
    """The text of a word, in which letters are wild, or of one in quotes, in which none is."""
    if token.type == "QUOTED":
        return Text(_unquoted(token))
    text = str(unicodedata.normalize("NFC", token))
    return Text(text, "*" in text or "?" in text)


def _unquoted(quoted: str) -> str:
    pieces = iter(quoted[1:-1])
    letters = []
    for letter in pieces:
        if letter == "\\":
            following = next(pieces, "")
            letters.append(following if following in '"\\' else f"\\{following}")
        else:
            letters.append(letter)
    return unicodedata.normalize("NFC", "".join(letters))


def quoted(text: str) -> str:
    """`text` so that a query takes it as it is."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


# -- terms ---------------------------------------------------------------------------------------


def _field(tokens: list[Token]) -> Node:
    name = tokens[0][:-1].lower()
    how: How = "holds"
    value = tokens[-1]
    if value.type == "EXPRESSION":
        how = "matches"
    elif len(tokens) == 3:
        how = "is"
    if name == "icon":
        return Icon(_one_of(ICON_KINDS, how, value))
    if name == "has":
        return Has(_one_of(tuple(HAS_FIELDS), how, value))
    if name in DATE_FIELDS:
        return Dated(name, _period(how, value))
    text = _expression(value) if how == "matches" else _text(value)
    if name in TEXT_FIELDS:
        return Field(name, how, text)
    # Keys keep their case.
    return Metadata(tuple(tokens[0][:-1].split(".")[1:]), how, text)


def _one_of(known: tuple[str, ...], how: How, value: Token) -> str:
    word = _text(value).text.lower()
    if how == "matches" or word not in known:
        raise _at(value, "“{word}” is not known here. What can stand here is {known}.",
                  word=word, known=", ".join(known))  # fmt: skip
    return word


def _period(how: How, value: Token) -> Period:
    try:
        if how != "matches":
            return period(_text(value).text)
    except DateError:
        pass
    raise _at(
        value,
        "“{word}” is no time. Write a year, month or day (2024, 2024-05, 2024-05-31), a range "
        "(2024-01..2024-06), one with < or >, an age (30d), today or yesterday.",
        word=str(value),
    )


def _expression(token: Token) -> Text:
    start = token.start_pos or 0
    expression = token[1:]
    if expression.startswith('"'):
        expression = expression[1:-1].replace('\\"', '"')
        start += 1
    try:
        compiled(expression, False)
    except Invalid as error:
        end = token.end_pos or start
        place = min(start + int(str(error.values.get("position", 1))), end - 1)
        raise QueryError(error.template, **error.values, start=place, end=end) from None
    return Text(expression)


# -- errors --------------------------------------------------------------------------------------


def _error(template: str, start: int, end: int, **values: object) -> QueryError:
    return QueryError(template, **values, start=start, end=end)


def _at(token: Token, template: str, **values: object) -> QueryError:
    return _error(template, token.start_pos or 0, token.end_pos or 0, **values)


def _named(error: UnexpectedInput, text: str) -> QueryError:
    at_end = isinstance(error, UnexpectedToken) and error.token.type == "$END"
    place = len(text) if at_end else (error.pos_in_stream or 0)
    found = text[place : place + 1]
    if isinstance(error, UnexpectedCharacters) and found == '"':
        return _error("The quotation mark at {position} is not closed. Put another one at the end.",
                      place, len(text), position=place + 1)  # fmt: skip
    if found == ")":
        opened = text[:place].count("(") > text[:place].count(")")
        if not opened:
            return _error("The parenthesis at {position} closes nothing. Put words with "
                          "parentheses into quotation marks.",
                          place, place + 1, position=place + 1)  # fmt: skip
    before = text[:place].rstrip()
    word = before.split()[-1] if before else ""
    start = len(before) - len(word)
    if word.endswith("(") or word.lower().endswith(("or", ":", ":=", ":~")) or word == "":
        return _error("Something has to follow “{word}” at {position}.",
                      start, max(len(before), start + 1),
                      word=word or found, position=start + 1)  # fmt: skip
    if at_end:
        opened_at = _open_parenthesis(text)
        return _error("The parenthesis at {position} is not closed. Put another one at the end.",
                      opened_at, len(text), position=opened_at + 1)  # fmt: skip
    return _error("This is not understood at {position}. Put it into quotation marks to look for "
                  "it as it is.", place, place + 1, position=place + 1)  # fmt: skip


def _open_parenthesis(text: str) -> int:
    """The place of the last parenthesis that is not closed."""
    places: list[int] = []
    in_quotes = False
    for place, letter in enumerate(text):
        if letter == '"':
            in_quotes = not in_quotes
        elif in_quotes:
            continue
        elif letter == "(":
            places.append(place)
        elif letter == ")" and places:
            places.pop()
    return places[-1] if places else max(0, len(text) - 1)
