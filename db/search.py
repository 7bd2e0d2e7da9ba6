"""What is shown: the integrations in which every word that was typed occurs."""

from __future__ import annotations

import operator
import unicodedata
from functools import lru_cache, reduce
from typing import Any, Final

import apsw
from peewee import JOIN, Expression, fn

from db.models import Integration, Organization, sql_of

NO_ORGANIZATION: Final = ""
"""As `org_id`: the integrations that belong to no organization."""

MOST_WORDS: Final = 200
"""Words beyond these are not looked for; SQLite takes an expression 1,000 levels deep."""
_LONGEST_PATTERN: Final = 10_000
"""Characters; SQLite's LIKE takes 50,000 bytes."""
_FUNCTION: Final = "contains_in_any_case"

_SEARCHED: Final = (
    Integration.name,
    Integration.type,
    Integration.icon_url,
    Integration.id,
)


def condition(words: str, org_id: str | None = None) -> Expression | None:
    """The condition that the shown integrations fulfil, or None when all are shown.

    Args:
        words: split at blanks; each must occur in the name, type, icon URL or id of the
            integration, or in the id or name of its organization, in any case.
        org_id: only this organization's integrations; `NO_ORGANIZATION` for those without one.

    A query with this condition runs on a connection that was given to `register`.
    """
    parts = [_word_condition(word) for word in _distinct(words)]
    if org_id == NO_ORGANIZATION:
        parts.insert(0, Integration.org_id.is_null())
    elif org_id is not None:
        parts.insert(0, Integration.org_id == org_id)
    return reduce(operator.and_, parts) if parts else None


def matching(
    words: str, org_id: str | None, *, with_organization: bool = False
) -> tuple[str, list[Any]]:
    """SQL that selects the pks of the shown integrations, to be ordered, and its parameters.

    The tables are called ``t1`` (so peewee calls the first one) and, on demand, ``o``.
    """
    query = Integration.select(Integration.pk)
    if with_organization:
        organization = Organization.alias("o")
        query = query.join(
            organization, JOIN.LEFT_OUTER, on=(organization.id == Integration.org_id)
        )
    wanted = condition(words, org_id)
    return sql_of(query if wanted is None else query.where(wanted))


def register(connection: apsw.Connection) -> None:
    """Give a connection the function that conditions with letters beyond ASCII use."""
    connection.create_scalar_function(_FUNCTION, _contains, 2, deterministic=True)


def _distinct(words: str) -> list[str]:
    composed = unicodedata.normalize("NFC", words.replace("\0", " "))
    return list(dict.fromkeys(composed.split()))[:MOST_WORDS]


def _word_condition(word: str) -> Any:
    organizations = Organization.select(Organization.id).where(
        _contains_word(Organization.name, word) | _contains_word(Organization.id, word)
    )
    fields = [_contains_word(field, word) for field in _SEARCHED]
    return reduce(operator.or_, fields, Integration.org_id.in_(organizations))


def _contains_word(column: Any, word: str) -> Any:
    if len(word) > _LONGEST_PATTERN:
        return _exactly(column, word)
    if word.isascii() or all(map(_has_one_form, word)):
        return column.contains(word)
    return column.ilike(_pattern(word)) & _exactly(column, word)


def _exactly(column: Any, word: str) -> Any:
    return getattr(fn, _FUNCTION)(_folded(word), column) == 1


def _pattern(word: str) -> str:
    """A LIKE pattern that lets through all that `word` could match, and little else."""
    kept = "".join(letter if _has_one_form(letter) else "%" for letter in word)
    return f"%{kept}%"


@lru_cache(maxsize=1024)
def _has_one_form(letter: str) -> bool:
    """Whether a letter is written in one way only, ASCII's two cases (which LIKE knows) apart."""
    if letter.isascii():
        return letter not in "%_\\iIkKsS"
    if unicodedata.combining(letter):
        return False
    return letter == letter.casefold() == letter.upper() == unicodedata.normalize("NFD", letter)


def _contains(*arguments: apsw.SQLiteValue) -> bool:
    folded_word, text = arguments
    return isinstance(folded_word, str) and isinstance(text, str) and folded_word in _folded(text)


def _folded(text: str) -> str:
    """`text` without case: also with one i where Turkish has two, and accents composed."""
    folded = unicodedata.normalize("NFC", text.casefold())
    return folded.replace("i\u0307", "i").replace("ı", "i")
