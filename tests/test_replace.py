"""Find and replace: what is found, looked through page by page, written and undone."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from db import bulk, expressions, replace, replacement, scope
from db.catalog import Catalog
from db.errors import Cancelled, Invalid
from db.fields import FIELDS, NULL
from db.order import OrderSpec
from db.reader import Superseded
from db.replace import Found, Line, Ticks
from db.replacement import Replacement
from db.scope import EVERYTHING, Extent, Scope
from tests.bulk_help import SECONDS, edit, fill, rows, undo, until

ALL_FIELDS = tuple(field.name for field in FIELDS)


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    catalog = Catalog.create(tmp_path / "a.icons")
    yield catalog
    catalog.close()


def find(catalog: Catalog, tmp_path: Path, what: Replacement, within: Scope = EVERYTHING) -> Found:
    reader = catalog.reader("find")
    return reader.request(lambda c: replace.find(c, what, within, tmp_path)).result(SECONDS)


def lines(catalog: Catalog, found: Found, first: int = 0, last: int = 1000) -> list[Line]:
    reader = catalog.reader("lines")
    return reader.request(lambda c: replace.lines(c, found, first, last)).result(SECONDS)


def apply(catalog: Catalog, found: Found, ticks: Ticks = replace.ALL) -> int:
    change = edit(catalog, lambda s: replace.write(s, found, ticks), attach=found.attached)
    return change.count


def replaced(
    catalog: Catalog, tmp_path: Path, what: Replacement, texts: list[str | None]
) -> list[object]:
    """What becomes of some icon URLs; that the lines say the same, and that undo brings back."""
    fill(catalog, [{"id": f"i{n}", "icon_url": text} for n, text in enumerate(texts)])
    before = rows(catalog)
    found = find(catalog, tmp_path, what)
    shown = {line.pk: line.new or None for line in lines(catalog, found)}
    assert apply(catalog, found) == found.lines == found.extent.integrations == len(shown)
    after = rows(catalog)
    for old, new in zip(before, after, strict=True):
        assert new["icon_url"] == shown.get(old["pk"], old["icon_url"])
    if shown:
        undo(catalog)
    assert rows(catalog) == before
    return [row["icon_url"] for row in after]


URL = ("icon_url",)


@pytest.mark.parametrize(
    ("what", "texts", "expected"),
    [
        (Replacement(URL, "plain", "a", "b"), ["aXa", "A", None, ""], ["bXb", "A", None, ""]),
        (Replacement(URL, "plain", "a", "b", False), ["aXA", "ä"], ["bXb", "ä"]),
        (Replacement(URL, "plain", "É", "e", False), ["éÉ"], ["ee"]),
        (Replacement(URL, "plain", ".", r"\1", False), ["a.b"], [r"a\1b"]),
        (Replacement(URL, "whole", "a", "b"), ["a", "aa", "A"], ["b", "aa", "A"]),
        (Replacement(URL, "whole", "straße", "b", False), ["STRASSE", "x"], ["b", "x"]),
        (Replacement(URL, "plain", "a", ""), ["a", "ab"], [None, "b"]),
        (Replacement(URL, "plain", "a", "a"), ["a"], ["a"]),
        (Replacement(URL, "regex", r"(\w+)/(\w+)", r"\2/\1"), ["a/b c/d", "x"], ["b/a d/c", "x"]),
        (Replacement(URL, "regex", r"^HTTP:", "https:", False), ["http://a"], ["https://a"]),
        (Replacement(URL, "regex", r"(?P<n>\d+)", r"<\g<n>>"), ["a1b22"], ["a<1>b<22>"]),
        (Replacement(URL, "template", text="{{{id}}}/{id:url}"), [None, "x"],
         ["{i0}/i0", "{i1}/i1"]),
    ],
)  # fmt: skip
def test_what_becomes_of_texts(
    catalog: Catalog,
    tmp_path: Path,
    what: Replacement,
    texts: list[str | None],
    expected: list[str | None],
) -> None:
    assert replaced(catalog, tmp_path, what, texts) == expected


@settings(max_examples=40)
@given(
    texts=st.lists(st.none() | st.text("aAbß.é(\\1", max_size=8), max_size=8),
    needle=st.text("aAbß.é(\\", min_size=1, max_size=2),
    text=st.text("aB\\1é", max_size=3),
    match_case=st.booleans(),
    mode=st.sampled_from(["plain", "whole"]),
)
def test_plain_and_whole_are_what_python_makes_of_the_texts(
    texts: list[str | None], needle: str, text: str, match_case: bool, mode: replacement.Mode
) -> None:
    def model(old: str | None) -> str | None:
        if not old:
            return old
        if mode == "whole":
            same = old == needle if match_case else old.casefold() == needle.casefold()
            return (text or None) if same else old
        flags = 0 if match_case else re.IGNORECASE
        new, count = re.subn(re.escape(needle), lambda _: text, old, flags=flags)
        return (new or None) if count else old

    what = Replacement(URL, mode, needle, text, match_case)
    with TemporaryDirectory() as folder:
        catalog = Catalog.create(Path(folder) / "a.icons")
        try:
            assert replaced(catalog, Path(folder), what, texts) == [model(old) for old in texts]
        finally:
            catalog.close()


def test_a_template_takes_other_fields_and_leaves_what_lacks_one(
    catalog: Catalog, tmp_path: Path
) -> None:
    fill(
        catalog,
        [
            {"id": "a b", "type": "s3", "created_at": 5, "org_id": "o"},
            {"id": "c", "type": "", "created_at": 5},
            {"id": "d", "type": "gcs", "created_at": 1.5, "icon_url": NULL},
        ],
    )
    what = Replacement(URL, "template", text="https://x/{type}/{id:url}.svg?{createdAt}&{type}")
    found = find(catalog, tmp_path, what)
    assert (found.extent, found.counts) == (Extent(2, 1), (2,))
    assert [line.old for line in lines(catalog, found)] == ["", ""]
    apply(catalog, found)
    assert [row["icon_url"] for row in rows(catalog)] == [
        "https://x/s3/a%20b.svg?5&s3",
        None,
        "https://x/gcs/d.svg?1.5&gcs",
    ]


def test_a_scope_and_ticks_bound_what_is_written(catalog: Catalog, tmp_path: Path) -> None:
    fill(catalog, [{"id": f"i{n}", "name": "acme" if n < 4 else "x", "icon_url": "a"}
                   for n in range(6)])  # fmt: skip
    what = Replacement(("icon_url",), "plain", "a", "b")
    found = find(catalog, tmp_path, what, scope.matching(OrderSpec("acme")))
    assert found.lines == 4
    ticks = replace.ALL.turned([1]).turned([2]).turned([2])
    assert (ticks.count(4), 0 in ticks, 1 in ticks) == (3, True, False)
    assert apply(catalog, found, ticks) == 3
    assert "".join(row["icon_url"] for row in rows(catalog)) == "babbaa"
    undo(catalog)
    only = Ticks(default=False).turned([3])
    assert (only.count(4), 3 in only) == (1, True)
    assert apply(catalog, found, only) == 1
    assert "".join(row["icon_url"] for row in rows(catalog)) == "aaabaa"


def test_several_fields_are_one_edit_that_counts_integrations(
    catalog: Catalog, tmp_path: Path
) -> None:
    fill(catalog, [{"id": "1", "name": "a", "icon_url": "a"}, {"id": "2", "name": "a"}])
    found = find(catalog, tmp_path, Replacement(("name", "icon_url"), "plain", "a", "b"),
                 scope.matching(OrderSpec("a")))  # fmt: skip
    assert (found.counts, found.extent.integrations) == ((2, 1), 2)
    assert [(line.position, line.pk, line.field) for line in lines(catalog, found)] == [
        (0, 1, "name"), (1, 2, "name"), (2, 1, "icon_url"),
    ]  # fmt: skip
    assert len(lines(catalog, found, 1, 1)) == 1

    def body(session: object) -> None:
        replace.write(session, found, label=lambda count: f"Replace: {count}")  # type: ignore[arg-type]

    change = edit(catalog, body, attach=found.attached)
    assert (change.label, change.count, change.fields) == ("Replace: 2", 2, {"name", "icon_url"})
    assert [(row["name"], row["icon_url"]) for row in rows(catalog)] == [("b", "b"), ("b", None)]


def test_what_cannot_be_stored_is_left_out_and_counted(catalog: Catalog, tmp_path: Path) -> None:
    fill(catalog, [{"id": "1", "name": "a", "metadata": '{"a": 1}'}, {"id": "2", "name": "ab"}])
    found = find(catalog, tmp_path, Replacement(("name", "metadata"), "plain", "a", ""))
    assert (found.counts, found.left_out) == ((1, 1), 1)
    broken = find(catalog, tmp_path, Replacement(("metadata",), "plain", "}", "]"))
    assert (broken.lines, broken.left_out) == (0, 1)
    apply(catalog, found)
    assert [row["name"] for row in rows(catalog)] == ["a", "b"]
    assert rows(catalog)[0]["metadata"] == '{"": 1}'


def test_dates_keep_their_instants_and_organizations_are_made(
    catalog: Catalog, tmp_path: Path
) -> None:
    fill(catalog, [{"id": "1", "created_at": "2023-01-01", "updated_at": 2023, "org_id": "2023"}])
    fields = ("created_at", "updated_at", "org_id")
    apply(catalog, find(catalog, tmp_path, Replacement(fields, "plain", "2023", "2024")))
    row = rows(catalog)[0]
    assert (row["created_at"], row["created_instant"]) == ("2024-01-01", 1704067200000)
    assert (row["updated_at"], row["org_id"]) == (2023, "2024")
    undo(catalog)
    assert rows(catalog)[0]["org_id"] == "2023"


def test_what_changed_meanwhile_is_replaced_in_as_it_is_now(
    catalog: Catalog, tmp_path: Path
) -> None:
    fill(catalog, [{"id": "1", "icon_url": "a1"}, {"id": "2", "icon_url": "a2"}])
    found = find(catalog, tmp_path, Replacement(URL, "plain", "a", "b"))
    other = find(catalog, tmp_path, Replacement(URL, "plain", "a2", "c"))
    apply(catalog, other)
    assert [line.new for line in lines(catalog, found)] == ["b1", None]
    assert apply(catalog, found) == 1
    assert [row["icon_url"] for row in rows(catalog)] == ["b1", "c"]


def test_two_equal_ids_are_refused_and_leave_nothing(catalog: Catalog, tmp_path: Path) -> None:
    fill(catalog, [{"id": "a"}, {"id": "b"}])
    before = rows(catalog)
    found = find(catalog, tmp_path, Replacement(("id",), "regex", "[ab]", "c"))
    with pytest.raises(Invalid, match="same id"):
        apply(catalog, found)
    assert rows(catalog) == before


@pytest.mark.parametrize(
    ("what", "sentence"),
    [
        (Replacement((), "plain", "a"), "No field is chosen"),
        (Replacement(URL, "plain", ""), "Type what is to be found"),
        (Replacement(URL, "plain", "a\0"), "NUL"),
        (Replacement(URL, "plain", "a", "\ud800"), "broken character"),
        (Replacement(URL, "regex", "a("), "at position 3: missing"),
        (Replacement(URL, "regex", "[z-a]"), "at position 5: bad character range"),
        (Replacement(URL, "template", text="{id"), "not complete"),
        (Replacement(URL, "template", text="{nothing}"), "no field"),
        (Replacement(URL, "template", text="{id.__class__}"), "no field"),
        (Replacement(URL, "template", text="{id!r}"), "only “:url”"),
        (Replacement(URL, "template", text="{id:>99999999}"), "only “:url”"),
        (Replacement(URL, "template", text="{}"), "no field"),
        (Replacement(URL, "template", text="https://x"), "names no field"),
    ],
)
def test_what_makes_no_sense_is_said(what: Replacement, sentence: str) -> None:
    with pytest.raises(Invalid, match=re.escape(sentence)):
        replacement.check(what)


@pytest.mark.parametrize("text", [r"\1", r"\g<x>", "\\", r"\q"])
def test_a_group_that_is_not_there_is_said(catalog: Catalog, tmp_path: Path, text: str) -> None:
    fill(catalog, [{"id": "1", "icon_url": "a"}])
    with pytest.raises(Invalid, match="a backslash is"):
        find(catalog, tmp_path, Replacement(URL, "regex", "a", text))


SLOW = Replacement(URL, "regex", "(a|aa)+$", "x")


def test_an_expression_that_takes_too_long_is_given_up(
    catalog: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(expressions, "MATCH_SECONDS", 0.05)
    fill(catalog, [{"id": "1", "icon_url": "a" * 60 + "!"}])
    with pytest.raises(Invalid, match="takes more than"):
        find(catalog, tmp_path, SLOW)
    assert not list(tmp_path.glob("found-*"))


def test_a_search_that_is_superseded_leaves_no_file(catalog: Catalog, tmp_path: Path) -> None:
    fill(catalog, [{"id": str(n), "icon_url": "a" * n} for n in range(50)])
    reader = catalog.reader("find")
    begun, go_on = threading.Event(), threading.Event()

    def slow(connection: object) -> Found:
        begun.set()
        go_on.wait(SECONDS)
        return replace.find(connection, SLOW, EVERYTHING, tmp_path)  # type: ignore[arg-type]

    first = reader.request(slow)
    begun.wait(SECONDS)
    second = reader.request(
        lambda c: replace.find(c, Replacement(URL, "plain", "aa", "b"), EVERYTHING, tmp_path)
    )
    go_on.set()
    with pytest.raises(Superseded):
        first.result(SECONDS)
    assert second.result(SECONDS).lines == 48
    del second
    assert len(list(tmp_path.glob("found-*"))) <= 1


def test_a_cancelled_replacement_leaves_nothing(
    catalog: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("db.bulk._LEAST", 1)
    fill(catalog, [{"id": str(n), "icon_url": "a"} for n in range(20)])
    before = rows(catalog)
    found = find(catalog, tmp_path, Replacement(URL, "plain", "a", "b"))
    catalog.progressed.append(lambda future, done, total: catalog.cancel(future))
    with pytest.raises(Cancelled):
        apply(catalog, found)
    assert rows(catalog) == before


def test_the_file_goes_with_what_was_found(catalog: Catalog, tmp_path: Path) -> None:
    reader = catalog.reader("find")
    what = Replacement(ALL_FIELDS, "plain", "a", "b")
    path = (
        reader.request(lambda c: replace.find(c, what, EVERYTHING, tmp_path)).result(SECONDS).path
    )
    assert path.exists()
    reader.request(lambda _: None).result(SECONDS)  # it held its last answer
    until(lambda: not path.exists())


@pytest.mark.parametrize(
    "fields", [("icon_url",), ("org_id",), ("id",), ("id", "name", "org_id", "icon_url")]
)
def test_a_record_in_many_parts_is_undone_and_done_again(
    catalog: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fields: tuple[str, ...]
) -> None:
    monkeypatch.setattr("db.bulk._LEAST", 7)
    fill(
        catalog,
        [
            {"id": f"i{n}", "name": f"a{n}", "icon_url": f"a{n}", "org_id": f"o{n % 9}"}
            for n in range(400)
        ],
    )
    before = rows(catalog)
    apply(catalog, find(catalog, tmp_path, Replacement(fields, "regex", r"(\d)$", r"\1-\1")))
    after = rows(catalog)
    undo(catalog)
    assert rows(catalog) == before
    catalog.redo().result(SECONDS)
    assert rows(catalog) == after


def test_a_deletion_in_many_parts_is_undone(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("db.bulk._LEAST", 7)
    fill(catalog, [{"id": f"i{n}", "org_id": f"o{n % 3}"} for n in range(100)])
    before = rows(catalog)
    assert edit(catalog, lambda s: bulk.delete(s, EVERYTHING)).count == 100
    assert rows(catalog) == []
    undo(catalog)
    assert rows(catalog) == before


def test_ids_that_move_up_by_one_are_undone(
    catalog: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("db.bulk._LEAST", 2)
    fill(catalog, [{"id": "1" * n} for n in range(9, 0, -1)])
    before = rows(catalog)
    apply(catalog, find(catalog, tmp_path, Replacement(("id",), "regex", "^", "1")))
    assert [len(row["id"]) for row in rows(catalog)] == list(range(10, 1, -1))
    undo(catalog)
    assert rows(catalog) == before
