"""The files of what was typed and not stored."""

from __future__ import annotations

import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.drafts import Draft, DraftFile
from db.fields import NULL, Value
from tests.conftest import ROOT

CATALOG = Path("/nowhere/a.db")
DRAFT = Draft("A", {"name": "typed", "icon_url": NULL, "type": None}, {"name": "old", "type": ""})

KILLED = """
import os, sys
from pathlib import Path
from db.drafts import Draft, DraftFile
file = DraftFile(Path(sys.argv[1]), Path(sys.argv[2]))
file.write({7: Draft("Seven", {"name": "half a na"}, {"name": "old"})})
print("written", flush=True)
sys.stdin.readline()
"""


def dead(root: Path) -> None:
    """Let a program die that has a draft."""
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, str(root), str(CATALOG)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "written\n"
        with closing(DraftFile(root, CATALOG)) as other:
            assert other.left_over() == {}  # it lives
        process.kill()


def left(root: Path) -> dict[int, Draft]:
    with closing(DraftFile(root, CATALOG)) as file:
        return file.left_over()


def test_what_a_killed_program_left_is_found_until_it_is_forgotten(tmp_path: Path) -> None:
    dead(tmp_path)
    assert left(tmp_path) == {7: Draft("Seven", {"name": "half a na"}, {"name": "old"})}
    with closing(DraftFile(tmp_path, CATALOG)) as file:
        assert list(file.left_over()) == [7]
        assert left(tmp_path) == {}  # one window offers it
        file.forget_left_over()
    assert left(tmp_path) == {}
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


@pytest.mark.parametrize("other", [Path("/nowhere/b.db"), Path("/elsewhere/a.db")])
def test_another_catalogue_has_its_own(tmp_path: Path, other: Path) -> None:
    dead(tmp_path)
    with closing(DraftFile(tmp_path, other)) as file:
        assert file.left_over() == {}


def test_what_is_stored_is_gone(tmp_path: Path) -> None:
    with closing(DraftFile(tmp_path, CATALOG)) as file:
        file.write({1: DRAFT})
        file.write({})
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_what_was_not_stored_when_it_ended_is_left(tmp_path: Path) -> None:
    with closing(DraftFile(tmp_path, CATALOG)) as file:
        file.write({1: DRAFT, 2: DRAFT})
    assert left(tmp_path) == {1: DRAFT, 2: DRAFT}


def test_others_cannot_read_it(tmp_path: Path) -> None:
    with closing(DraftFile(tmp_path / "drafts", CATALOG)) as file:
        file.write({1: DRAFT})
        for path in (tmp_path / "drafts").rglob("*.json"):
            assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("text", ["", "[]", "{", '{"1": 2}', '{"x": {}}', '{"1": {"fields": 3}}'])
def test_nonsense_is_no_draft(tmp_path: Path, text: str) -> None:
    dead(tmp_path)
    (path,) = tmp_path.rglob("*.json")
    path.write_text(text)
    assert left(tmp_path) == {}


values: st.SearchStrategy[Value] = st.one_of(
    st.none(), st.just(NULL), st.text(), st.integers(-(2**63), 2**63 - 1), st.floats(-1e9, 1e9)
)


@given(values, values)
def test_every_value_comes_back_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, typed: Value, seen: Value
) -> None:
    root = tmp_path_factory.mktemp("drafts")
    draft = Draft("N", {"created_at": typed}, {"created_at": seen})
    with closing(DraftFile(root, CATALOG)) as file:
        file.write({1: draft})
    assert repr(left(root)) == repr({1: draft})
