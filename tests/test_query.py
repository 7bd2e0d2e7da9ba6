"""The language of the search: what it means, what it finds, and what it says of mistakes."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import apsw
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from db import expressions, search
from db.catalog import Catalog
from db.dates import instant
from db.edits import EditSession
from db.errors import Invalid
from db.fields import NULL, Value
from db.folding import _QUICK, Text, folded, matcher
from db.query import QueryError, parse, quoted
from db.records import rename_organization, update_integration
from tests.bulk_help import SECONDS, edit, fill

Row = dict[str, Any]
Predicate = Callable[[Row], bool]
NOW = datetime.now(UTC)
ORGANIZATIONS = {"acme": "Acme Büro", "zeta": "Zeta (东京)", "umbra": "Umbra"}
URLS = (
    *("https://cdn.example.com/slack.svg", "http://cdn.example.com/Slack.PNG?v=2#x.svg"),
    *("data:image/svg+xml;base64,PHN2Zy8+", "data:image/png,", "icons/a.svg", "/logos/b.jpeg"),
    *("", "  ", "mdi:home", "HTTP://Bücher.example/x.gif", "https://cdn.example.com/slack.svg"),
    *("//cdn.example.com/z.ico", "a.b/c", "https://s3.example/100%_a.webp", None, NULL),
)
NAMES = (
    *("Slack", "slack bot", "Über Cab", "uber", "U\u0308BER", "Łódź", "100% pure", "a_b", "東京都"),
    *("naïve or not", 'say "hi"', "(par) en", "-minus", "Лето", "", None, NULL, "star*", "q?"),
)
TYPES = ("s3", "aws-cross", "OAUTH2", "s3-like", None, "")
PEOPLE = ("anna", "Änna B", "bot", None)
METADATA = (
    '{"auth":{"kind":"OAuth2","on":true},"tags":["a","Bé"],"n":5}',
    '{"auth":{"kind":"basic"},"tags":[],"n":5.5}',
    "null", " null ", "[]", '{"a b":1,"x":{"y":{"z":"deep"}}}', '"word"', None,
    '{"\\u0061uth":{"kind":"escaped"}}',
)  # fmt: skip
DATES: tuple[Value, ...] = (
    *("2024-01-01", "2024-06-30T23:59:59Z", "2023-12-31T23:30:00-02:00", 1_704_067_200, "never"),
    *((NOW - timedelta(days=3)).isoformat(), (NOW - timedelta(days=40)).isoformat(), None, 2024),
)


def _rows() -> list[Row]:
    rows = []
    for number in range(57):
        row: Row = {
            "id": f"cat:{number:02}" if number % 3 else f"Ünit-{number}",
            "name": NAMES[number % len(NAMES)],
            "type": TYPES[number % len(TYPES)],
            "org_id": (*ORGANIZATIONS, None)[number % 4],
            "icon_url": URLS[(number * 7) % len(URLS)],
            "creator": PEOPLE[number % 4],
            "updated_by": PEOPLE[(number // 4) % 4],
            "created_at": DATES[number % len(DATES)],
            "updated_at": DATES[(number * 5) % len(DATES)],
            "metadata": METADATA[number % len(METADATA)],
            "client_id": None if number % 2 else f"c{number}",
        }
        rows.append(row)
    return rows


ROWS = _rows()


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalog]:
    opened = Catalog.create(tmp_path_factory.mktemp("query") / "catalog.icons")
    fill(opened, ROWS)
    for org_id, name in ORGANIZATIONS.items():
        edit(opened, lambda e, o=org_id, n=name: rename_organization(e, org_id=o, name=n))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def connection(catalog: Catalog) -> Iterator[apsw.Connection]:
    reading = catalog.connect_here()
    search.register(reading)
    yield reading
    reading.close()


def found(connection: apsw.Connection, query: str) -> list[str]:
    sql, parameters = search.matching(query, None)
    return [
        row[0]
        for row in connection.execute(
            f"SELECT id FROM integration WHERE pk IN ({sql}) ORDER BY pk", tuple(parameters)
        )
    ]


# -- an evaluator of its own ---------------------------------------------------------------------


def plain(text: str) -> str:
    apart = unicodedata.normalize("NFD", text.casefold())
    kept = "".join(letter for letter in apart if not 0x300 <= ord(letter) < 0x370)
    return unicodedata.normalize("NFC", kept).replace("ł", "l")


def cased(text: str) -> str:
    return unicodedata.normalize("NFC", text.casefold())


def glob(pattern: str, text: str) -> bool:
    if not pattern:
        return not text
    if pattern[0] == "*":
        return any(glob(pattern[1:], text[skip:]) for skip in range(len(text) + 1))
    return bool(text) and pattern[0] in ("?", text[0]) and glob(pattern[1:], text[1:])


def compared(value: object, how: str, word: str, *, wild: bool, loose: bool) -> bool:
    if not isinstance(value, str):
        return False
    fold = plain if loose else cased
    text, sought = fold(value), fold(word)
    if not wild:
        return text == sought if how == "is" else sought in text
    return glob(sought if how == "is" else f"*{sought}*", text)


def of_organization(row: Row, how: str, word: str, wild: bool) -> bool:
    org_id = row["org_id"]
    return org_id is not None and (
        compared(ORGANIZATIONS[org_id], how, word, wild=wild, loose=True)
        or compared(org_id, how, word, wild=wild, loose=False)
    )


def of_word(word: str, wild: bool) -> Predicate:
    return lambda row: (
        compared(row["name"], "holds", word, wild=wild, loose=True)
        or any(
            compared(row[name], "holds", word, wild=wild, loose=False)
            for name in ("type", "icon_url", "id")
        )
        or of_organization(row, "holds", word, wild)
    )


COLUMNS = {
    "name": (("name",), True),
    "type": (("type",), False),
    "id": (("id",), False),
    "url": (("icon_url",), False),
    "by": (("creator", "updated_by"), True),
    "creator": (("creator",), True),
    "editor": (("updated_by",), True),
    "client": (("client_id",), False),
}


def of_field(name: str, how: str, word: str, wild: bool) -> Predicate:
    if name == "org":
        return lambda row: of_organization(row, how, word, wild)
    columns, loose = COLUMNS[name]
    return lambda row: any(compared(row[c], how, word, wild=wild, loose=loose) for c in columns)


def stripped(row: Row) -> str:
    url = row["icon_url"]
    return url.strip() if isinstance(url, str) else ""


def extension(url: str) -> str:
    if url.lower().startswith("data:image/"):
        return url[11:].partition(";")[0].partition(",")[0].partition("+")[0].lower()
    return url.partition("?")[0].partition("#")[0].rpartition(".")[2].lower()


ICONS: dict[str, Predicate] = {
    "missing": lambda row: not stripped(row),
    "http": lambda row: stripped(row).lower().startswith("http:"),
    "https": lambda row: stripped(row).lower().startswith("https:"),
    "data": lambda row: stripped(row).lower().startswith("data:"),
    "relative": lambda row: ":" not in stripped(row) and "/" in stripped(row),
    "duplicate": lambda row: (
        bool(row["icon_url"]) and sum(r["icon_url"] == row["icon_url"] for r in ROWS) > 1
    ),
    "svg": lambda row: extension(stripped(row)) == "svg",
    "png": lambda row: extension(stripped(row)) == "png",
    "jpeg": lambda row: extension(stripped(row)) == "jpeg",
    "webp": lambda row: extension(stripped(row)) == "webp",
    "gif": lambda row: extension(stripped(row)) == "gif",
    "ico": lambda row: extension(stripped(row)) == "ico",
}


def of_metadata(path: tuple[str, ...], how: str, word: str, wild: bool) -> Predicate:
    def matches(row: Row) -> bool:
        if row["metadata"] is None:
            return False
        value = json.loads(row["metadata"])
        for key in path:
            if not isinstance(value, dict) or key not in value:
                return False
            value = value[key]
        if isinstance(value, dict | list):
            inner = list(value.values() if isinstance(value, dict) else value)
        else:
            inner = [value]
        texts = [one if isinstance(one, str) else json.dumps(one) for one in inner
                 if one is not None and not isinstance(one, dict | list)]  # fmt: skip
        return any(compared(text, how, word, wild=wild, loose=True) for text in texts)

    return matches


def since(year: int, month: int = 1, day: int = 1) -> int:
    return int(datetime(year, month, day, tzinfo=UTC).timestamp() * 1000)


def ago(days: int) -> int:
    return int((NOW - timedelta(days=days)).timestamp() * 1000)


FAR = 10**17
PERIODS = {
    "2024": (since(2024), since(2025)),
    "2024-01": (since(2024), since(2024, 2)),
    "2023-12..2024-06": (since(2023, 12), since(2024, 7)),
    "2024-06-30": (since(2024, 6, 30), since(2024, 7)),
    "..2023": (-FAR, since(2024)),
    "2025..": (since(2025), FAR),
    "<2024": (-FAR, since(2024)),
    "<=2024": (-FAR, since(2025)),
    ">2024": (since(2025), FAR),
    ">=2024": (since(2024), FAR),
    "<30d": (ago(30), FAR),
    "30d": (ago(30), FAR),
    ">30d": (-FAR, ago(30)),
    "60d..10d": (ago(60), ago(10)),
    "2024-01-01T00:00:00Z": (since(2024), since(2024) + 1),
}


def of_date(column: str, period: str) -> Predicate:
    first, end = PERIODS[period]

    def matches(row: Row) -> bool:
        at = instant(row[column])
        return at is not None and first <= at < end

    return matches


HAS: dict[str, Predicate] = {
    "icon": lambda row: bool(stripped(row)),
    "metadata": lambda row: row["metadata"] is not None and row["metadata"].strip() != "null",
    **{
        name: lambda row, column=column: row[column] not in (None, "", NULL)
        for name, column in (
            *(("name", "name"), ("type", "type"), ("org", "org_id"), ("creator", "creator")),
            *(("editor", "updated_by"), ("client", "client_id"), ("created", "created_at")),
        )
    },
}

# -- random queries ------------------------------------------------------------------------------

Pair = tuple[str, Predicate]
PIECES = st.sampled_from(
    (*"saubéÜ5%_-Łл京l", "slack", "uber", "Über", "Acme", "büro", "example", "svg", "or", "cat:1",
     "東京", "s3", "anna", "100%", "on", "o'", "\\", "..", "oauth2", "true", "5")
)  # fmt: skip
LETTERS = st.lists(PIECES, min_size=1, max_size=2).map("".join)


@st.composite
def words(draw: st.DrawFn) -> tuple[str, str, bool]:
    """How a text is written in a query, what it means, and whether it has wildcards."""
    text = draw(LETTERS)
    if draw(st.booleans()):
        text = draw(st.sampled_from((text, f"{text} ", f'{text}"', f"({text}", f"{text}*")))
        return quoted(text), text, False
    if draw(st.integers(0, 3)) == 0:
        text = draw(st.sampled_from((f"{text}*", f"*{text}", f"{text}?", f"?{text[1:]}x*")))
    if text.startswith(("-", "=", "~")) or text.lower() == "or":
        text = f"x{text}"
    return text, text, "*" in text or "?" in text


@st.composite
def terms(draw: st.DrawFn) -> Pair:
    kind = draw(st.integers(0, 7))
    if kind <= 1:
        shown, text, wild = draw(words())
        return shown, of_word(text, wild)
    if kind <= 3:
        name = draw(st.sampled_from((*COLUMNS, "org")))
        shown, text, wild = draw(words())
        how = draw(st.sampled_from(("holds", "is")))
        if draw(st.booleans()) and name != "org":
            value = draw(st.sampled_from([r[COLUMNS[name][0][0]] for r in ROWS]))
            if isinstance(value, str) and value:
                shown, text, wild = quoted(value), value, False
        return f"{name}:{'=' * (how == 'is')}{shown}", of_field(name, how, text, wild)
    if kind == 4:
        name = draw(st.sampled_from(list(ICONS)))
        return f"icon:{name}", ICONS[name]
    if kind == 5:
        name = draw(st.sampled_from(list(HAS)))
        return f"has:{name}", HAS[name]
    if kind == 6:
        column = draw(st.sampled_from(("created", "updated")))
        period = draw(st.sampled_from(list(PERIODS)))
        return f"{column}:{period}", of_date(f"{column}_at", period)
    path = draw(st.sampled_from((("auth", "kind"), ("tags",), ("n",), ("auth",), ("x", "y", "z"))))
    shown, text, wild = draw(words())
    how = draw(st.sampled_from(("holds", "is")))
    return (
        f"metadata.{'.'.join(path)}:{'=' * (how == 'is')}{shown}",
        of_metadata(path, how, text, wild),
    )


def _joined(inner: st.SearchStrategy[Pair]) -> st.SearchStrategy[Pair]:
    many = st.lists(inner, min_size=2, max_size=3)
    return st.one_of(
        inner.map(lambda p: (f"-({p[0]})", lambda row: not p[1](row))),
        many.map(
            lambda ps: (
                " ".join(f"({p[0]})" for p in ps),
                lambda row: all(p[1](row) for p in ps),
            )
        ),
        many.map(
            lambda ps: (
                " or ".join(f"({p[0]})" for p in ps),
                lambda row: any(p[1](row) for p in ps),
            )
        ),
    )


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.recursive(terms(), _joined, max_leaves=6))
def test_random_queries_find_what_plain_python_finds(
    connection: apsw.Connection, pair: Pair
) -> None:
    query, matches = pair
    assert found(connection, query) == [row["id"] for row in ROWS if matches(row)], query


# -- what is meant -------------------------------------------------------------------------------


def names(connection: apsw.Connection, query: str) -> set[Any]:
    by_id = {row["id"]: row["name"] for row in ROWS}
    return {by_id[identity] for identity in found(connection, query)}


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("name:slack", {"Slack", "slack bot"}),
        ("name:=slack", {"Slack"}),
        ("name:=sl*t", {"slack bot"}),
        ("NAME:SLACK", {"Slack", "slack bot"}),
        ('name:"slack b"', {"slack bot"}),
        ("name: slack", {"Slack", "slack bot"}),
        ('name:=""', {""}),
        ("uber name:ü", {"Über Cab", "uber", "U\u0308BER"}),
        ("name:lodz", {"Łódź"}),
        ("name:東京", {"東京都"}),
        ("name:лето", {"Лето"}),
        ("name:100%", {"100% pure"}),
        ("name:a_b", {"a_b"}),
        ("name:a?b or name:=q?", {"a_b", "q?"}),
        ('name:"?"', {"q?"}),
        ("name:par", {"(par) en"}),
        ('name:"(par)"', {"(par) en"}),
        (r'name:"\"hi\""', {'say "hi"'}),
        ("name:or", {"naïve or not"}),
        ("name:-minus", {"-minus"}),
        (r"name:~^\w+$ -name:~[^\x00-\x7f]", {"Slack", "uber", "a_b"}),
        (r"name:~(bot|cab)$", {"slack bot", "Über Cab"}),
        (r'name:~"(?:bot|cab) *$"', {"slack bot", "Über Cab"}),
        ("name:(slack)", None),
        ("name:slack or name:uber name:cab", {"Slack", "slack bot", "Über Cab"}),
        ("(name:slack or name:uber) -name:cab", {"Slack", "slack bot", "uber", "U\u0308BER"}),
        ("-has:name", {"", None, NULL}),
    ],
)
def test_terms_find(connection: apsw.Connection, query: str, wanted: set[Any] | None) -> None:
    if wanted is None:
        with pytest.raises(QueryError):
            parse(query)
        return
    assert names(connection, query) == wanted


@pytest.mark.parametrize(
    ("query", "same"),
    [
        ("host:example.com", "url:cdn.example.com -url:~^//"),
        ("host:=cdn.example.com", "url:cdn.example.com -url:~^//"),
        ("host:bücher or host:xn--bcher-kva.example", "url:bücher"),
        ("host:=*.example", "url:~(bücher|s3).example/"),
        ("host:~^s3", "url:s3.example"),
        ("metadata.auth.on:true", "metadata:oauth2"),
        ("metadata.tags:be", "metadata:oauth2"),
        ("metadata:deep", "metadata.x.y.z:=deep"),
        ("metadata.auth.kind:escaped", r"metadata:uth metadata:escaped"),
        ("github https://x.example/", 'github "https://x.example/"'),
        ("cat:01", '"cat:01"'),
        ("edited:today", ""),
        ("edited:<1h", ""),
    ],
)
def test_terms_that_mean_the_same(connection: apsw.Connection, query: str, same: str) -> None:
    assert found(connection, query) == found(connection, same)


def test_what_was_edited_is_known_from_the_history(tmp_path: Path) -> None:
    with_rows = Catalog.create(tmp_path / "catalog.icons")
    fill(with_rows, [{"id": "a"}, {"id": "b"}, {"id": "c"}])
    writing = apsw.Connection(str(with_rows.path))
    writing.execute("UPDATE edit SET at = '2020-05-05T12:00:00.000+00:00'")
    writing.close()

    def body(session: EditSession) -> None:
        update_integration(session, pk=2, values={"name": "x"})

    edit(with_rows, body)
    reading = with_rows.connect_here()
    search.register(reading)
    assert found(reading, "edited:today") == ["b"]
    assert found(reading, "edited:2020-05-05") == ["a", "b", "c"]
    assert found(reading, "-edited:today edited:2020") == ["a", "c"]
    assert found(reading, "edited:2020-06..2021") == []
    with_rows.undo().result(SECONDS)
    assert found(reading, "edited:today") == []
    reading.close()
    with_rows.close()


def test_no_words_are_no_query() -> None:
    assert parse(" \t ") is None
    assert parse("\0") is None


def test_an_expression_that_takes_too_long_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(expressions, "MATCH_SECONDS", 0.05)
    with closing(Catalog.create(tmp_path / "catalog.icons")) as catalog:
        fill(catalog, [{"id": "1", "icon_url": "a" * 60 + "!"}])
        with closing(catalog.connect_here()) as reading:
            search.register(reading)
            with pytest.raises(Invalid, match="takes more than"):
                found(reading, "url:~(a|aa)+$")


# -- mistakes ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "marked", "words"),
    [
        ('slack "bot', '"bot', "quotation mark at 7 is not closed"),
        ("(slack or bot", "(slack or bot", "parenthesis at 1 is not closed"),
        ("slack) bot", ")", "parenthesis at 6 closes nothing"),
        ("slack or", "or", "has to follow “or”"),
        ("(slack or ) bot", "or", "has to follow “or”"),
        ("slack ()", "(", "has to follow “(”"),
        ("slack name:", "name:", "has to follow “name:”"),
        ("slack name:=", "name:=", "has to follow “name:=”"),
        ("icon:purple", "purple", "“purple” is not known"),
        ("x has:foo y", "foo", "“foo” is not known"),
        ("created:soon", "soon", "“soon” is no time"),
        ("created:2024-13", "2024-13", "no time"),
        ("created:..", "..", "no time"),
        ("created:~2024", "~2024", "no time"),
        ("url:~[a-", "-", "regular expression"),
        ("url:~*", "*", "regular expression"),
        ("(" * 60 + "a" + ")" * 60, "(", "nested too deeply"),
    ],
)
def test_a_mistake_is_said_and_its_place_marked(query: str, marked: str, words: str) -> None:
    with pytest.raises(QueryError, match=re.escape(words)) as raised:
        parse(query)
    assert query[raised.value.start : raised.value.end] == marked


def mistake_is_within(text: str) -> bool:
    """Whether a text is a query, or its mistake marks a part of it."""
    try:
        parse(text)
    except QueryError as error:
        return 0 <= error.start < error.end <= len(text)
    return True


@given(st.text(max_size=40))
@settings(max_examples=500, deadline=None)
def test_any_text_is_a_query_or_a_mistake_within_it(text: str) -> None:
    assert mistake_is_within(text)


@given(st.text(alphabet=st.sampled_from('ab"() -:=~orname*\\'), max_size=30))
@settings(max_examples=500, deadline=None)
def test_any_syntax_is_a_query_or_a_mistake_within_it(text: str) -> None:
    assert mistake_is_within(text)


def test_too_many_terms_are_refused() -> None:
    with pytest.raises(QueryError, match="at most 200 terms"):
        parse(" or ".join(f"name:{number}" for number in range(201)))


# -- folding -------------------------------------------------------------------------------------


@given(
    st.text(alphabet=st.sampled_from("aAäÄoøØlłIıiİsſßkK\u0301\u0308x ﬁ"), max_size=12),
    st.text(alphabet=st.sampled_from("aolisk x"), min_size=1, max_size=3),
)
def test_the_quick_way_to_pass_over_accents_is_the_same(text: str, sought: str) -> None:
    assert _QUICK.issuperset(sought)
    assert matcher(Text(sought), loose=True, whole=False)(text) == (sought in folded(text))
