"""SQL of a query: a peewee expression, whose values are parameters."""

from __future__ import annotations

import json
import operator
import weakref
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

import apsw
from peewee import SQL, Expression, NodeList, fn

from db import expressions, folding
from db.addresses import classify, host_names
from db.edits import DONE
from db.fields import NULL
from db.folding import Text
from db.history import changeset_stream
from db.models import Integration, Organization
from db.query import (
    HAS_FIELDS,
    TEXT_FIELDS,
    All,
    Dated,
    Either,
    Field,
    Has,
    Icon,
    Metadata,
    Node,
    Not,
    Word,
)
from db.query_dates import Period

STRICT: Final = frozenset({"id", "type", "org_id", "icon_url", "client_id"})
"""Fields in which a letter with an accent is another letter."""
_WORDS: Final = (Integration.name, Integration.type, Integration.icon_url, Integration.id)
_SPACES: Final = "".join(map(chr, range(1, 0x21)))
"""What browsers strip from addresses; SQLite's texts end at a NUL."""
_MEDIA_TYPES: Final = {"svg": ("svg+xml",), "jpeg": ("jpeg", "jpg"), "ico": ("x-icon", "vnd.micro")}
_EXTENSIONS: Final = {"jpeg": ("jpg", "jpeg")}


def condition(node: Node) -> Any:
    """The condition that integrations fulfil, for a connection that was given to `register`."""
    match node:
        case All(parts):
            return joined(operator.and_, [condition(part) for part in parts])
        case Either(parts):
            return joined(operator.or_, [condition(part) for part in parts])
        case Not(part):
            return fn.COALESCE(condition(part), 0) == 0
        case Word(text):
            fields = [_holds(column, text) for column in _WORDS]
            return joined(operator.or_, [_organization(lambda c, f: _holds(c, text, f)), *fields])
        case Field(name, how, text):
            return _field(name, how, text)
        case Metadata(path, how, text):
            return _metadata(path, how, text)
        case Dated("edited", period):
            return _edited(period)
        case Dated(name, period):
            instant = {
                "created": Integration.created_instant,
                "updated": Integration.updated_instant,
            }
            return _within(instant[name], period)
        case Icon(kind):
            return _icon(kind)
        case Has(name):
            return _has(name)


def joined(how: Callable[[Any, Any], Any], parts: Sequence[Any]) -> Any:
    """Conditions as a tree that is no deeper than need be: SQLite and peewee recur into it."""
    if len(parts) == 1:
        return parts[0]
    half = len(parts) // 2
    return how(joined(how, parts[:half]), joined(how, parts[half:]))


def register(connection: apsw.Connection) -> None:
    """Give a connection the functions that conditions use."""
    folding.register(connection)
    connection.create_scalar_function("regex_found", _regex_found, 2, deterministic=True)
    connection.create_scalar_function("is_relative", _is_relative, 1, deterministic=True)
    connection.create_scalar_function("host_matches", _host_matches, 4, deterministic=True)
    known = weakref.ref(connection)
    connection.create_scalar_function("edited_pks", lambda *at: _edited_pks(known(), *at), 2)


# -- texts ---------------------------------------------------------------------------------------


def _holds(column: Any, text: Text, name: str | None = None) -> Any:
    return folding.condition(column, text, loose=(name or column.name) not in STRICT)


def _compared(column: Any, how: str, text: Text, name: str | None = None) -> Any:
    if how == "matches":
        return fn.regex_found(text.text, column) == 1
    loose = (name or column.name) not in STRICT
    return folding.condition(column, text, loose=loose, whole=how == "is")


def _organization(compare: Callable[[Any, str], Any]) -> Any:
    found = Organization.select(Organization.id).where(
        compare(Organization.name, "name") | compare(Organization.id, "org_id")
    )
    return Integration.org_id.in_(found)


def _field(name: str, how: str, text: Text) -> Any:
    if name == "org":
        return _organization(lambda column, field: _compared(column, how, text, field))
    if name == "host":
        likely = Integration.icon_url.contains(text.text)
        found = fn.host_matches(how, text.text, text.wild, Integration.icon_url) == 1
        plain = how != "matches" and not text.wild and _is_plain_host(text.text)
        return likely & found if plain else found
    columns = [getattr(Integration, column) for column in TEXT_FIELDS[name]]
    return joined(operator.or_, [_compared(column, how, text) for column in columns])


def _is_plain_host(text: str) -> bool:
    return text.isascii() and text.replace("-", "").replace(".", "").isalnum() and "xn" not in text


_ELEMENT: Final = (
    "(CASE j.type WHEN 'true' THEN 'true' WHEN 'false' THEN 'false' ELSE CAST(j.atom AS TEXT) END)"
)


def _metadata(path: tuple[str, ...], how: str, text: Text) -> Any:
    """Any of the values in a list, or of those under the last key."""
    if not path:
        return _compared(Integration.metadata, how, text, "metadata")
    steps = "".join(f'."{key}"' for key in path)
    value = _compared(SQL(_ELEMENT), how, text, "metadata")
    found = NodeList(
        (
            SQL("EXISTS (SELECT 1 FROM json_each(iif(json_valid("),
            Integration.metadata,
            SQL("), "),
            Integration.metadata,
            SQL(", '{}'), ?) AS j WHERE", (f"${steps}",)),
            value,
            SQL(")"),
        )
    )
    # A key may be written with escapes, which a text that is looked through first would miss.
    likely = [fn.instr(Integration.metadata, key) > 0 for key in path if key.isalnum()]
    if not likely:
        return found
    named = joined(operator.and_, likely) | (fn.instr(Integration.metadata, "\\u") > 0)
    return named & found


# -- dates ---------------------------------------------------------------------------------------


def _within(instant: Any, period: Period) -> Any:
    """Stored dates are shown as they are, so their days are those of UTC."""
    begin, end = period.bounds(datetime.now(UTC), UTC)
    parts = [] if begin is None else [instant >= begin]
    if end is not None:
        parts.append(instant < end)
    return joined(operator.and_, parts)


def _edited(period: Period) -> Any:
    """The history's times are shown in local time, so its days are local ones."""
    now = datetime.now().astimezone()
    begin, end = period.bounds(now, now.tzinfo or UTC)
    pks = NodeList((SQL("(SELECT value FROM json_each(edited_pks(?, ?)))", (begin, end)),))
    return Expression(Integration.pk, "IN", pks)


def _edited_pks(connection: apsw.Connection | None, *bounds: apsw.SQLiteValue) -> str:
    """The pks, as JSON, that the edits of a time added or changed, those that stand."""
    assert connection is not None
    begin, end = (_iso(bound, default) for bound, default in zip(bounds, ("", "~"), strict=True))
    edits: list[tuple[int]] = connection.execute(  # type: ignore[assignment]
        "SELECT id FROM edit WHERE state = ? AND at >= ? AND at < ?", (DONE, begin, end)
    ).fetchall()
    pks: set[int] = set()
    for (edit,) in edits:
        pks.update(_pks_of(connection, edit))
    return json.dumps(list(pks))


def _pks_of(connection: apsw.Connection, edit: int) -> Iterable[int]:
    for item in apsw.Changeset.iter(changeset_stream(connection, edit)):
        if item.name == "integration" and item.op != "DELETE":
            row = item.new if item.op == "INSERT" else item.old
            if row is not None and isinstance(row[0], int):
                yield row[0]


def _iso(milliseconds: apsw.SQLiteValue, default: str) -> str:
    """As `edit.at` has it; what no calendar has is one of the ends."""
    if not isinstance(milliseconds, int):
        return default
    try:
        moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (ValueError, OverflowError):
        return "" if milliseconds < 0 else "~"
    return moment.isoformat(timespec="milliseconds")


# -- icons and fields that are empty -------------------------------------------------------------


def _icon(kind: str) -> Any:
    url = Integration.icon_url
    if kind == "missing":
        return _is_blank(url) | ((url < "!") & (fn.trim(url, _SPACES) == ""))
    if kind in ("http", "https", "data"):
        return _begins(url, f"{kind}:")
    if kind == "relative":
        others = [~_begins_at_once(url, scheme) for scheme in ("http://", "https://", "data:")]
        return joined(operator.and_, [*others, fn.is_relative(url) == 1])
    if kind == "duplicate":
        several = (
            Integration.alias("same")
            .select(SQL('"same"."icon_url"'))
            .where(SQL('"same"."icon_url" > \'\'') & SQL('"same"."icon_url" < x\'\''))
            .group_by(SQL('"same"."icon_url"'))
            .having(fn.COUNT(SQL("1")) > 1)
        )
        return url.in_(several)
    return _is_format(url, kind)


def _begins(url: Any, scheme: str) -> Any:
    spaced = (url < "!") & _begins_at_once(fn.ltrim(url, _SPACES), scheme)
    return _begins_at_once(url, scheme) | spaced


def _begins_at_once(text: Any, scheme: str) -> Any:
    return fn.LIKE(f"{scheme}%", text) == 1


def _is_format(url: Any, kind: str) -> Any:
    """What an address says of itself: the media type of a data: address, or the extension."""
    media = [fn.LIKE(f"data:image/{name}%", url) == 1 for name in _MEDIA_TYPES.get(kind, (kind,))]
    named = []
    for name in _EXTENSIONS.get(kind, (kind,)):
        ends = fn.LIKE(f"%.{name}", url) & ~fn.LIKE("%?%", url) & ~fn.LIKE("%#%", url)
        named += [ends, fn.LIKE(f"%.{name}?%", url), fn.LIKE(f"%.{name}#%", url)]
    named = joined(operator.or_, named)
    return joined(operator.or_, media) | (~_begins_at_once(url, "data:") & named)


def _is_blank(column: Any) -> Any:
    return column.is_null() | (column == "") | (column == NULL)


def _has(name: str) -> Any:
    if name == "icon":
        return fn.COALESCE(_icon("missing"), 0) == 0
    column = getattr(Integration, HAS_FIELDS[name])
    filled = ~_is_blank(column)
    return filled & (fn.trim(column, _SPACES) != "null") if name == "metadata" else filled


# -- functions -----------------------------------------------------------------------------------


def _regex_found(*arguments: apsw.SQLiteValue) -> bool:
    pattern, text = arguments
    if not isinstance(text, str) or not isinstance(pattern, str):
        return False
    return expressions.found(expressions.compiled(pattern, False), text)


def _is_relative(*arguments: apsw.SQLiteValue) -> bool:
    (url,) = arguments
    return isinstance(url, str) and classify(url).kind == "relative"


def _host_matches(*arguments: apsw.SQLiteValue) -> bool:
    how, text, wild, url = arguments
    if not isinstance(url, str):
        return False
    compare = _host_matcher(str(how), str(text), bool(wild))
    return any(map(compare, host_names(url)))


@lru_cache(maxsize=64)
def _host_matcher(how: str, text: str, wild: bool) -> Callable[[str], bool]:
    if how == "matches":
        pattern = expressions.compiled(text, False)
        return lambda host: expressions.found(pattern, host)
    return folding.matcher(Text(text, wild), loose=False, whole=how == "is")
