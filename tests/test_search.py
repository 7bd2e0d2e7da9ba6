from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from db import search
from db.catalog import Catalog, EditSession
from db.fields import NULL, Value
from db.models import Integration, sql_of
from db.records import add_integration, rename_organization


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    opened = Catalog.create(tmp_path / "catalog.icons")
    yield opened
    opened.close()


@pytest.fixture
def connection(catalog: Catalog) -> Iterator[apsw.Connection]:
    reading = catalog.connect_here()
    search.register(reading)
    yield reading
    reading.close()


def add(catalog: Catalog, **values: Value) -> None:
    def body(edit: EditSession) -> None:
        add_integration(edit, values=values)

    catalog.edit("add", body).result()


def found(connection: apsw.Connection, words: str, org_id: str | None = None) -> list[str]:
    query = Integration.select(Integration.id).order_by(Integration.pk)
    wanted = search.condition(words, org_id)
    sql, parameters = sql_of(query if wanted is None else query.where(wanted))
    return [identity for (identity,) in connection.execute(sql, parameters)]


def names(catalog: Catalog, connection: apsw.Connection, words: str, *texts: str) -> list[str]:
    """Those of `texts`, as names of integrations, that `words` find."""
    for number, text in enumerate(texts):
        add(catalog, id=str(number), name=text)
    return [texts[int(identity)] for identity in found(connection, words)]


def test_no_words_and_no_organization_are_no_condition() -> None:
    assert search.condition("  \t\n ") is None


@pytest.mark.parametrize(
    "word", ["Salesforce", "crm_cloud", "acme-1", "Acme Inc", "logo.svg", "int-7"]
)
def test_a_word_may_occur_in_each_searched_field(
    catalog: Catalog, connection: apsw.Connection, word: str
) -> None:
    add(
        catalog,
        id="int-7",
        name="Salesforce",
        type="crm_cloud",
        org_id="acme-1",
        icon_url="https://x.example/logo.svg",
    )
    add(catalog, id="other", name="Slack", type="chat", org_id="zeta")
    catalog.edit(
        "rename", lambda edit: rename_organization(edit, org_id="acme-1", name="Acme Inc")
    ).result()
    assert found(connection, word) == ["int-7"]
    assert found(connection, word.swapcase()) == ["int-7"]


def test_all_words_must_occur_but_each_may_occur_elsewhere(
    catalog: Catalog, connection: apsw.Connection
) -> None:
    add(catalog, id="a", name="Slack", type="chat")
    add(catalog, id="b", name="Slack", type="crm")
    assert found(connection, "chat slack") == ["a"]
    assert found(connection, "slack mail") == []


def test_fields_that_are_not_searched_do_not_match(
    catalog: Catalog, connection: apsw.Connection
) -> None:
    add(catalog, id="a", creator="zoe", metadata='{"k":"zoe"}', updated_by="zoe")
    assert found(connection, "zoe") == []


def test_wildcards_and_quotes_stand_for_themselves(
    catalog: Catalog, connection: apsw.Connection
) -> None:
    texts = ("100% pure", "100 pure", "a_b", "axb", r"back\slash", "O'Neil", 'say "hi"')
    assert names(catalog, connection, "%", *texts) == ["100% pure"]
    assert found(connection, "a_b") == ["2"]
    assert found(connection, "\\") == ["4"]
    assert found(connection, "o'n") == ["5"]
    assert found(connection, '"hi"') == ["6"]


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("über", "ÜBERSICHT"),
        ("ÜBER", "die übersicht"),
        ("лето", "ЛЕТО 2024"),
        ("ΣΊΣΥΦΟΣ", "σίσυφος"),
        ("İstanbul", "istanbul"),
        ("istanbulı", "ISTANBULI"),
        ("straße", "STRASSE"),
        ("mu\u0308ller", "Müller"),
        ("Müller", "MU\u0308LLER"),
        ("東京", "大東京都"),
        ("한국", "한국어"),
        ("🙂", "smile 🙂"),
        ("%é", "100%É"),
        ("Kelviné", "\u212aelvinÉ"),
    ],
)
def test_case_does_not_matter_in_any_script(
    catalog: Catalog, connection: apsw.Connection, words: str, text: str
) -> None:
    assert names(catalog, connection, words, text, "another", "éü") == [text]


@pytest.mark.parametrize("words", ["über", "uber", "U\u0308BER", "u?er", "ü*er"])
def test_accents_do_not_matter_in_names(
    catalog: Catalog, connection: apsw.Connection, words: str
) -> None:
    texts = ("uber", "aber", "Über", "U\u0308BER", "ubir")
    assert names(catalog, connection, words, *texts) == ["uber", "Über", "U\u0308BER"]


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("tieng viet", "Tiếng Việt"),
        ("strasse", "Große STRAẞE 1"),
        ("office", "The Oﬃce"),
        ("kelvin", "\u212aelvin"),
        ("lodz", "ŁÓDŹ"),
        ("resume", "re\u0301sume\u0301"),
        ("ice", "ÎÇÉ"),
    ],
)
def test_letters_with_accents_rare_ones_and_ligatures_are_found_without(
    catalog: Catalog, connection: apsw.Connection, words: str, text: str
) -> None:
    assert names(catalog, connection, words, text, "another", "éü") == [text]


def test_accents_matter_in_addresses_and_ids(catalog: Catalog, connection: apsw.Connection) -> None:
    add(catalog, id="é", icon_url="https://x.example/über.svg")
    assert found(connection, "Über.svg") == ["é"]
    assert found(connection, "uber.svg") == []
    assert found(connection, "id:É") == ["é"]
    assert found(connection, "id:e") == []


def test_values_that_are_no_text_match_nothing(
    catalog: Catalog, connection: apsw.Connection
) -> None:
    add(catalog, id="a", name=NULL, type=None, icon_url="")
    assert found(connection, "é") == []
    assert found(connection, "null") == []


def test_one_organization_or_none(catalog: Catalog, connection: apsw.Connection) -> None:
    for identity, org_id in (("a", "acme"), ("b", "zeta"), ("c", None)):
        add(catalog, id=identity, name="Slack", org_id=org_id)
    assert found(connection, "", "acme") == ["a"]
    assert found(connection, "slack", "zeta") == ["b"]
    assert found(connection, "", search.NO_ORGANIZATION) == ["c"]
    assert found(connection, "nothing", search.NO_ORGANIZATION) == []


@pytest.mark.parametrize("word", ["x" * 60_000, "é" * 60_000, " ".join(map(str, range(5_000)))])
def test_a_pasted_text_is_no_trouble(
    catalog: Catalog, connection: apsw.Connection, word: str
) -> None:
    add(catalog, id="a", name=word)
    add(catalog, id="b", name="y")
    assert found(connection, word) == ["a"]
