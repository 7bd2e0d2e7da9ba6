"""Errors are sentences, and the environment's are told apart from bugs."""

from __future__ import annotations

import errno
import os
import pickle
from pathlib import Path

import apsw
import peewee
import pytest
from playhouse.apsw_ext import APSWDatabase

from db import errors
from db.errors import (
    Cancelled,
    CannotOpen,
    CatalogError,
    Conflict,
    Damaged,
    DiskFull,
    Invalid,
    Locked,
    NotACatalog,
    Problem,
    ReadOnly,
    SentenceError,
    TooNew,
    environment_error,
    translated,
)

PATH = Path("/catalogues/{odd}.icons")


def test_values_may_hold_braces() -> None:
    problem = Problem("“{name}” is taken.", name="{name} {0} {")
    assert str(problem) == "“{name} {0} {” is taken."


def test_problems_are_equal_by_template_and_values() -> None:
    assert Problem("{a}", a=1) == Problem("{a}", a=1)
    assert len({Problem("{a}", a=1), Problem("{a}", a=1), Problem("{a}", a=2)}) == 2
    assert Problem("{a}", a="b") != Problem("b")
    assert Problem("b") != "b"


@pytest.mark.parametrize(
    "kind",
    [
        CannotOpen,
        ReadOnly,
        Locked,
        DiskFull,
        NotACatalog,
        TooNew,
        Damaged,
        Conflict,
        Invalid,
        CatalogError,
    ],
)
def test_an_error_survives_the_way_to_another_process(kind: type[SentenceError]) -> None:
    error = kind("{path} and {name}", path=PATH, name="{braces")
    there = pickle.loads(pickle.dumps(error))
    assert type(there) is kind
    assert (there.template, there.values, str(there)) == (
        error.template,
        error.values,
        "/catalogues/{odd}.icons and {braces",
    )


def test_cancelled_survives_the_way_to_another_process() -> None:
    there = pickle.loads(pickle.dumps(Cancelled()))
    assert type(there) is Cancelled
    assert str(there) == "Cancelled. Nothing was changed."


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (apsw.NotADBError(), NotACatalog),
        (apsw.CorruptError(), Damaged),
        (apsw.FormatError(), Damaged),
        (apsw.BusyError(), Locked),
        (apsw.LockedError(), Locked),
        (apsw.ProtocolError(), Locked),
        (apsw.FullError(), DiskFull),
        (apsw.ReadOnlyError(), ReadOnly),
        (apsw.CantOpenError(), CannotOpen),
        (apsw.PermissionsError(), CannotOpen),
        (apsw.IOError(), CannotOpen),
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"), Damaged),
        (PermissionError(errno.EACCES, "Permission denied"), CannotOpen),
        (OSError(errno.ENOSPC, "No space left on device"), DiskFull),
        (OSError(errno.EROFS, "Read-only file system"), ReadOnly),
        (OSError(errno.EIO, "Input/output error"), CannotOpen),
        (OSError(errno.ENAMETOOLONG, "File name too long"), CannotOpen),
        (OSError("without a number"), CannotOpen),
    ],
)
def test_an_environment_error_is_a_sentence_about_the_file(
    raised: Exception, expected: type[CatalogError]
) -> None:
    with pytest.raises(expected) as caught, translated(PATH):
        raise raised
    assert type(caught.value) is expected
    sentence = str(caught.value)
    assert str(PATH) in sentence
    assert sentence.endswith(".")
    assert caught.value.__cause__ is raised


def test_an_error_about_another_file_names_that_file(tmp_path: Path) -> None:
    missing = tmp_path / "missing.csv"
    with pytest.raises(CannotOpen) as caught, translated(PATH):
        missing.read_text()
    assert str(missing) in str(caught.value)


def test_what_peewee_wraps_is_recognised(tmp_path: Path) -> None:
    text = tmp_path / "text"
    text.write_text("not a database, " * 100)
    database = APSWDatabase(str(text))
    with pytest.raises(NotACatalog), translated(text):
        database.execute_sql("SELECT * FROM integration")
    database.close()


def _fail_while_handling(first: Exception, second: Exception, *, cause: bool) -> None:
    try:
        raise first
    except Exception as error:
        if cause:
            raise second from error
        raise second  # noqa: B904


def test_an_interrupt_is_a_cancellation() -> None:
    with pytest.raises(Cancelled), translated(PATH):
        raise apsw.InterruptError
    with pytest.raises(Cancelled), translated(PATH):
        _fail_while_handling(apsw.InterruptError(), peewee.OperationalError(), cause=True)
    with pytest.raises(Cancelled), translated(PATH):
        _fail_while_handling(apsw.InterruptError(), peewee.OperationalError(), cause=False)


@pytest.mark.parametrize("bug", [KeyError("x"), apsw.SQLError("no such table"), ZeroDivisionError])
def test_a_bug_stays_a_bug(bug: Exception) -> None:
    with pytest.raises((KeyError, apsw.SQLError, ZeroDivisionError)) as caught, translated(PATH):
        raise bug
    assert not isinstance(caught.value, SentenceError)


def test_a_bug_in_the_handling_of_an_environment_error_stays_a_bug() -> None:
    with pytest.raises(KeyError), translated(PATH):
        _fail_while_handling(apsw.BusyError(), KeyError("x"), cause=False)


def test_a_sentence_passes_as_it_is() -> None:
    error = Invalid("As it was.")
    with pytest.raises(Invalid) as caught, translated(PATH):
        raise error
    assert caught.value is error


def test_every_sentence_can_be_filled_with_the_path_alone() -> None:
    for raised, _, template in errors._SENTENCES:
        found = environment_error(raised.__new__(raised), PATH)
        assert found is not None
        assert found.template == template
        assert os.fspath(PATH) in str(found)
