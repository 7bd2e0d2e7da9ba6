"""Exports: their bytes, which rows, and files that stay whole."""

from __future__ import annotations

import stat
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from db.catalog import Catalog
from db.csv_export import Chosen, Exporting, Matching, Ordered, Rows, export_file
from db.csv_match import Counts
from db.errors import Cancelled, CannotOpen, Invalid
from db.fields import FIELDS, NULL
from db.order import OrderSpec, SortKey, make
from tests.csv_help import KEYS, add, counts, import_file, records, void

HEADING = ",".join(KEYS) + "\r\n"
REAL = [
    *("airbyte", "cncf", "dataloop", "dify", "docker-mcp", "meltano", "nango", "obsidian"),
    *("portainer", "simple-icons", "stackstorm", "truenas"),
]


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    with closing(Catalog.create(tmp_path / "catalog.db")) as catalog:
        yield catalog


@pytest.fixture
def target(tmp_path: Path) -> Path:
    (tmp_path / "out").mkdir()
    return tmp_path / "out" / "file.csv"


def export(catalog: Catalog, target: Path, rows: Rows | None = None) -> int:
    with closing(catalog.connect_here(5000)) as connection:
        return export_file(connection, target, rows or Matching())


def ids(target: Path) -> list[str]:
    lines = target.read_text(encoding="utf-8").splitlines()[1:]
    return [line.split(",")[0] for line in lines]


def test_the_form_of_a_file(catalog: Catalog, target: Path) -> None:
    add(catalog, id="b", name='say "hi", you', created_at=5, updated_at=0.1, metadata='{"a": 1}')
    add(catalog, id="a", name="é\n東", icon_url=NULL, updated_by="", created_at=1e300)
    assert export(catalog, target) == 2
    assert target.read_bytes().decode() == (
        HEADING
        + 'b,"say ""hi"", you",,,,,5,0.1,,,"{""a"": 1}"\r\n'
        + 'a,"é\n東",,,,,1e+300,,,,\r\n'
    )


def test_an_empty_catalogue_is_a_heading(catalog: Catalog, target: Path) -> None:
    assert export(catalog, target) == 0
    assert target.read_bytes().decode() == HEADING


def test_which_rows(catalog: Catalog, target: Path, tmp_path: Path) -> None:
    for number, (org, name) in enumerate([("o", "Zulu"), ("p", "Éclair"), ("o", "alpha")], 1):
        add(catalog, id=str(number), org_id=org, name=name)
    assert export(catalog, target, Matching(org_id="o")) == 2
    assert ids(target) == ["1", "3"]
    export(catalog, target, Matching("éCLAIR"))
    assert ids(target) == ["2"]
    export(catalog, target, Matching("a", "o"))
    assert ids(target) == ["3"]
    assert export(catalog, target, Chosen((3, 1, 99))) == 2
    assert ids(target) == ["3", "1"]
    with closing(catalog.connect_here(5000)) as connection:
        order = make(connection, OrderSpec(sort=(SortKey("name"),)), tmp_path)
        assert export_file(connection, target, Ordered(order.path)) == 3
        assert ids(target) == ["3", "1", "2"]
        assert export_file(connection, target, Ordered(order.path)) == 3  # nothing stayed attached


@pytest.mark.parametrize("name", REAL)
def test_import_then_export_gives_the_same_bytes(
    shared: Path, catalog: Catalog, target: Path, name: str
) -> None:
    path = shared / "data" / "catalogs" / f"{name}.csv"
    import_file(path, catalog)
    export(catalog, target)
    assert target.read_bytes() == path.read_bytes()


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
OPTIONAL = st.one_of(st.none(), st.just(NULL), TEXTS)
DATES = st.one_of(
    OPTIONAL,
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.datetimes().map(lambda moment: moment.isoformat()),
)
JSON = st.one_of(st.none(), st.sampled_from(["null", "{}", '{"a": [1, "\\n"]}', " [1e400]\r\n"]))
RECORDS = st.lists(
    st.fixed_dictionaries(
        {"id": TEXTS.filter(bool)},
        optional={
            field.name: {"date": DATES, "json": JSON, "text": OPTIONAL}[field.kind]
            for field in FIELDS
            if field.name != "id"
        },
    ),
    unique_by=lambda record: record["id"],
    max_size=8,
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(found=RECORDS)
def test_export_then_import_changes_nothing(
    tmp_path_factory: pytest.TempPathFactory, found: list[dict[str, Any]]
) -> None:
    folder = tmp_path_factory.mktemp("round")
    target, again = folder / "file.csv", folder / "again.csv"
    with closing(Catalog.create(folder / "catalog.db")) as catalog:
        for record in found:
            add(catalog, **record)
        assert export(catalog, target) == len(found)
        assert counts(target, catalog) == Counts(unchanged=len(found))
    with closing(Catalog.create(folder / "other.db")) as other:
        assert import_file(target, other).counts == Counts(new=len(found))
        assert len(records(other)) == len(found)
        export(other, again)
    assert again.read_bytes() == target.read_bytes()


def test_a_file_that_cannot_be_replaced_stays(catalog: Catalog, tmp_path: Path) -> None:
    with pytest.raises(CannotOpen, match="is a folder"):
        export(catalog, tmp_path)
    with pytest.raises(CannotOpen, match="cannot be written"):
        export(catalog, tmp_path / "missing" / "file.csv")
    with pytest.raises(Invalid, match="the catalogue itself"):
        export(catalog, catalog.path)
    assert records(catalog) == []


def test_a_replaced_file_keeps_its_permissions(catalog: Catalog, target: Path) -> None:
    target.write_text("old")
    target.chmod(0o640)
    export(catalog, target)
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert target.read_bytes().decode() == HEADING


def test_a_link_is_followed(catalog: Catalog, target: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.csv"
    link.symlink_to(target)
    export(catalog, link)
    assert link.is_symlink()
    assert target.read_bytes().decode() == HEADING


def test_an_export_in_a_child_says_how_far_it_is(
    shared: Path, catalog: Catalog, target: Path
) -> None:
    path = shared / "data" / "catalogs" / "nango.csv"
    import_file(path, catalog)
    seen: list[tuple[int, int]] = []
    task = Exporting(catalog.path, target, Matching(), progress=lambda *at: seen.append(at))
    assert task.future.result(60).count == 981
    assert target.read_bytes() == path.read_bytes()
    assert seen[0] == (500, 981)


def test_a_cancelled_export_leaves_the_old_file(catalog: Catalog, target: Path) -> None:
    target.write_text("old")

    def fill(edit: Any) -> None:
        edit.connection.execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000) "
            "INSERT INTO integration(id, name) SELECT i, 'name' FROM n"
        )

    catalog.edit("Fill", fill).result(60)
    running = threading.Event()
    task = Exporting(catalog.path, target, Matching(), progress=lambda *_: running.set())
    assert running.wait(60)
    task.cancel()
    with pytest.raises(Cancelled):
        task.future.result(60)
    task.wait()
    assert target.read_text() == "old"
    assert list(target.parent.iterdir()) == [target]


def test_a_failed_export_leaves_the_old_file(
    catalog: Catalog, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target.write_text("old")
    monkeypatch.setattr("os.fsync", _no_room)
    with pytest.raises(CannotOpen, match="cannot be written: the disk is gone"):
        export(catalog, target)
    assert target.read_text() == "old"
    assert list(target.parent.iterdir()) == [target]


def _no_room(_: int) -> None:
    raise OSError(5, "the disk is gone")


def test_an_infinite_number_comes_back(catalog: Catalog, target: Path) -> None:
    sql = "INSERT INTO integration(id, created_at, updated_at) VALUES('a', 9e999, -9e999)"
    catalog.edit("Fill", lambda edit: void(edit.connection.execute(sql))).result(60)
    export(catalog, target)
    assert target.read_bytes().decode() == HEADING + "a,,,,,,inf,-inf,,,\r\n"
    assert counts(target, catalog) == Counts(unchanged=1)
