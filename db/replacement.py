"""What find and replace makes of a text: plain, whole value, regular expression, or a template.

Plain text in its own case is left to SQLite's own `replace`; what SQLite cannot do is a function.
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal, NamedTuple
from urllib.parse import quote

import apsw
import regex

from db import csv_match, expressions
from db.dates import instant
from db.errors import Invalid
from db.expressions import compiled, too_slow
from db.fields import FIELD_BY_KEY, FIELD_BY_NAME, FIELDS, Field
from db.records import check_text

Mode = Literal["plain", "whole", "regex", "template"]
MODES: Final = ("plain", "whole", "regex", "template")
_FUNCTION: Final = "replaced"


@dataclass(frozen=True, slots=True)
class Replacement:
    """What is to be found, where, and what takes its place.

    Attributes:
        fields: names of the fields that are changed.
        mode: "plain" replaces every occurrence; "whole" a value that is the text; "regex" every
            match, groups are ``\\1`` or ``\\g<name>`` in `text`; "template" fills the fields from
            others: `text` with ``{type}`` or ``{id:url}`` (percent-encoded) in it.
        find: of no meaning to a template.
        text: what takes the place of what was found.
        match_case: whether letters must have the case of `find`.
    """

    fields: tuple[str, ...]
    mode: Mode = "plain"
    find: str = ""
    text: str = ""
    match_case: bool = True


@dataclass(frozen=True, slots=True)
class Sql:
    """A piece of SQL and the parameters of its question marks."""

    text: str
    parameters: tuple[str, ...] = ()

    def __add__(self, other: Sql) -> Sql:
        return Sql(self.text + other.text, self.parameters + other.parameters)


class Rule(NamedTuple):
    """What becomes of one field of the table `integration`.

    Attributes:
        finds: whether there is something to replace in a row.
        result: what the field then holds; NULL for a text that became empty.
        stores: whether that can be stored, and is another value.
    """

    field: Field
    finds: Sql
    result: Sql
    stores: Sql


def check(replacement: Replacement) -> None:
    """Look whether a replacement makes sense.

    Raises:
        Invalid: it says what is wrong, in a regular expression or template also where.
    """
    if not replacement.fields:
        raise Invalid("No field is chosen. Choose the fields to replace in.")
    if replacement.mode == "template":
        _parts(replacement.text)
        return
    check_text("What to find", replacement.find)
    check_text("The replacement", replacement.text)
    if not replacement.find:
        raise Invalid("Type what is to be found.")
    if replacement.mode == "regex":
        _replacer(replacement)


def register(connection: apsw.Connection, replacement: Replacement) -> None:
    """Give a connection the functions that the rules of a replacement use.

    They raise `Invalid` when a regular expression looks at one text for too long: then it would for
    others too.
    """
    csv_match.register(connection)
    connection.create_scalar_function("instant_of", _instant_of, 1, deterministic=True)
    connection.create_scalar_function("url_quoted", _url_quoted, 1, deterministic=True)
    if _needs_function(replacement):
        replaced = lru_cache(1)(_replacer(replacement))  # condition and result ask the same

        def function(*arguments: apsw.SQLiteValue) -> str | None:
            (text,) = arguments
            return replaced(text) if isinstance(text, str) else None

        connection.create_scalar_function(_FUNCTION, function, 1, deterministic=True)


def rules(replacement: Replacement) -> list[Rule]:
    """What becomes of each field, for a connection that was given to `register`."""
    return [_rule(replacement, FIELD_BY_NAME[name]) for name in replacement.fields]


def _rule(replacement: Replacement, field: Field) -> Rule:
    finds, result = _sql(replacement, f"integration.{field.name}")
    result = Sql("nullif(") + result + Sql(", '')")
    another = result + Sql(f" IS NOT integration.{field.name}")
    if field.required:
        another += Sql(" AND ") + result + Sql(" IS NOT NULL")
    if field.kind == "json":
        another += Sql(" AND ifnull(json_valid(") + result + Sql("), 1)")
    return Rule(field, finds, result, another)


def _sql(replacement: Replacement, column: str) -> tuple[Sql, Sql]:
    if replacement.mode == "template":
        return _template(replacement.text)
    is_text = f"typeof({column}) = 'text' AND "
    find, text = replacement.find, replacement.text
    if _needs_function(replacement):
        call = f"{_FUNCTION}({column})"
        return Sql(f"{is_text}{call} IS NOT NULL"), Sql(call)
    if replacement.mode == "whole":
        return Sql(f"{is_text}{column} = ?", (find,)), Sql("?", (text,))
    return (
        Sql(f"{is_text}instr({column}, ?)", (find,)),
        Sql(f"replace({column}, ?, ?)", (find, text)),
    )


def _needs_function(replacement: Replacement) -> bool:
    folds = replacement.mode in ("plain", "whole") and not replacement.match_case
    return folds or replacement.mode == "regex"


# -- texts ---------------------------------------------------------------------------------------


def _replacer(replacement: Replacement) -> Callable[[str], str | None]:
    """Gives the new text, or None where nothing is found."""
    text = replacement.text
    if replacement.mode == "regex":
        return _regex_replacer(replacement)
    if replacement.mode == "whole":
        folded = replacement.find.casefold()
        return lambda old: text if old.casefold() == folded else None
    pattern = re.compile(re.escape(replacement.find), re.IGNORECASE)

    def replace(old: str) -> str | None:
        new, count = pattern.subn(lambda _: text, old)
        return new if count else None

    return replace


def _regex_replacer(replacement: Replacement) -> Callable[[str], str | None]:
    pattern = compiled(replacement.find, replacement.match_case)
    text = replacement.text

    def replace(old: str) -> str | None:
        try:
            new, count = pattern.subn(text, old, timeout=expressions.MATCH_SECONDS, concurrent=True)
        except TimeoutError:
            raise too_slow(old) from None
        except (regex.error, IndexError) as error:
            raise Invalid(
                "The replacement names a group that the expression does not have, or is not "
                "complete: {reason}. Groups are \\1 or \\g<name>; a backslash is \\\\.",
                reason=str(error),
            ) from error
        if not count:
            return None
        if "\0" in new:
            check_text("The replacement", new)
        return str(new)

    return replace


# -- templates -----------------------------------------------------------------------------------


class _Part(NamedTuple):
    literal: str
    field: Field | None
    spec: str


def _parts(template: str) -> Sequence[_Part]:
    """The pieces of a template: only fields by name, nothing that would be evaluated."""
    check_text("The template", template)
    try:
        pieces = list(string.Formatter().parse(template))
    except ValueError as error:
        raise Invalid(
            "The template is not complete: {reason}. A brace itself is written {{{{ or }}}}.",
            reason=str(error),
        ) from error
    parts = [
        _Part(literal, None if name is None else _named(name), _spec(name, spec, conversion))
        for literal, name, spec, conversion in pieces
    ]
    if not any(part.field for part in parts):
        raise Invalid("The template names no field. Put one in braces, such as {example}.",
                      example="{id}")  # fmt: skip
    return parts


def _named(name: str) -> Field:
    field = FIELD_BY_KEY.get(name) or FIELD_BY_NAME.get(name)
    if field is None:
        raise Invalid(
            "The template names “{name}”, which is no field. Fields are {fields}.",
            name=name,
            fields=", ".join(field.key for field in FIELDS),
        )
    return field


def _spec(name: str | None, spec: str | None, conversion: str | None) -> str:
    if conversion or (spec and spec != "url"):
        raise Invalid(
            "After a field's name only “:url” may follow, which percent-encodes the value; "
            "“{name}” is followed by something else.",
            name=name or "",
        )
    return spec or ""


def _template(template: str) -> tuple[Sql, Sql]:
    """It fills no row in which a field is empty that it names."""
    parts = _parts(template)
    finds = [Sql(f"{_text_of(part.field)} <> ''") for part in parts if part.field]
    pieces: list[Sql] = []
    for part in parts:
        if part.literal:
            pieces.append(Sql("?", (part.literal,)))
        if part.field:
            text = _text_of(part.field)
            pieces.append(Sql(f"url_quoted({text})" if part.spec else text))
    return _joined(" AND ", finds), Sql("(") + _joined(" || ", pieces) + Sql(")")


def _joined(between: str, pieces: Sequence[Sql]) -> Sql:
    whole = pieces[0]
    for piece in pieces[1:]:
        whole = whole + Sql(between) + piece
    return whole


def _text_of(field: Field) -> str:
    return f"({csv_match.text_of(field, f'integration.{field.name}')})"


def _instant_of(*arguments: apsw.SQLiteValue) -> int | None:
    (value,) = arguments
    return instant(value)


def _url_quoted(*arguments: apsw.SQLiteValue) -> str:
    (text,) = arguments
    return quote(str(text), safe="")
