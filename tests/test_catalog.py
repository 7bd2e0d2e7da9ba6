"""One open catalogue, and what the environment can do to it: each time a sentence, nothing lost."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import apsw
import pytest

from db import connection as connections
from db import records, schema
from db.catalog import Catalog, EditSession
from db.changes import Change
from db.errors import (
    Cancelled,
    CannotOpen,
    CatalogError,
    Damaged,
    DiskFull,
    Invalid,
    Locked,
    NotACatalog,
    ReadOnly,
    SentenceError,
)

ROOT = Path(__file__).resolve().parents[1]
SECONDS = 60


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.icons"


@pytest.fixture
def catalog(path: Path) -> Iterator[Catalog]:
    catalog = Catalog.create(path)
    yield catalog
    catalog.close()


@pytest.fixture
def closed(path: Path) -> Path:
    """A closed catalogue of one integration."""
    catalog = Catalog.create(path)
    add(catalog, "a")
    catalog.close()
    return path


def adding(id: str, **values: Any) -> Callable[[EditSession], None]:  # noqa: A002
    def body(edit: EditSession) -> None:
        records.add_integration(edit, values={"id": id, **values})

    return body


def add(catalog: Catalog, id: str, **values: Any) -> Change:  # noqa: A002
    return catalog.edit(f"Add {id}", adding(id, **values)).result(SECONDS)


def ids(catalog: Catalog) -> list[str]:
    reader = catalog.reader("ids")
    try:
        return reader.request(
            lambda c: [found for (found,) in c.execute("SELECT id FROM integration ORDER BY pk")]
        ).result(SECONDS)
    finally:
        reader.close()


FILL = (
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 20000) "
    "INSERT INTO integration(id, name) SELECT i, hex(randomblob(200)) FROM n"
)
"""20,000 integrations, about 10 MB."""


def raw(path: Path) -> apsw.Connection:
    connection = apsw.Connection(str(path))
    connection.set_busy_timeout(5000)
    return connection


def run(script: str, *arguments: object, timeout: float = 120) -> str:
    """Run a script in a process of its own; its output. Fails when it does."""
    done = subprocess.run(
        [sys.executable, "-c", script, *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


class TestOpening:
    def test_a_missing_file(self, path: Path) -> None:
        with pytest.raises(CannotOpen, match=r"There is no file .*a\.icons"):
            Catalog.open(path)
        assert not path.exists()

    def test_a_folder(self, tmp_path: Path) -> None:
        with pytest.raises(CannotOpen, match="is a folder"):
            Catalog.open(tmp_path)
        with pytest.raises(CannotOpen, match="exists already"):
            Catalog.create(tmp_path)

    @pytest.mark.parametrize("name", ["missing/a.icons", "x" * 300])
    def test_a_path_that_cannot_be(self, tmp_path: Path, name: str) -> None:
        for function in (Catalog.open, Catalog.create):
            with pytest.raises(CatalogError):
                function(tmp_path / name)
        assert not list(tmp_path.iterdir())

    def test_a_file_in_the_place_of_a_folder(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        for function in (Catalog.open, Catalog.create):
            with pytest.raises(CannotOpen):
                function(tmp_path / "file" / "a.icons")

    @pytest.mark.parametrize("size", [1, 15, 16, 17, 99, 100, 101, 511, 512, 4096, 100_000])
    @pytest.mark.parametrize("mode", [0o644, 0o444])
    def test_a_text_file_is_refused_and_left_alone(self, path: Path, size: int, mode: int) -> None:
        text = b"id,name,type,orgId\n" * (size // 19 + 1)
        path.write_bytes(text[:size])
        path.chmod(mode)
        with pytest.raises((NotACatalog, Damaged), match=r"a\.icons"):
            Catalog.open(path)
        assert path.read_bytes() == text[:size]
        assert [entry.name for entry in path.parent.iterdir()] == [path.name]

    def test_a_device(self) -> None:
        with pytest.raises(CannotOpen):
            Catalog.open(Path("/dev/zero"))

    def test_creating_over_a_file(self, closed: Path) -> None:
        before = closed.read_bytes()
        with pytest.raises(CannotOpen, match="exists already"):
            Catalog.create(closed)
        assert closed.read_bytes() == before

    def test_creating_in_a_missing_folder(self, tmp_path: Path) -> None:
        with pytest.raises(CannotOpen, match=r"There is no folder .*missing"):
            Catalog.create(tmp_path / "missing" / "a.icons")

    def test_threads_and_files_are_gone_after_close(self, path: Path) -> None:
        before = set(threading.enumerate())
        catalog = Catalog.create(path)
        add(catalog, "a")
        catalog.reader("x").request(lambda c: c.execute("SELECT 1").get).result(SECONDS)
        assert set(threading.enumerate()) > before
        catalog.close()
        catalog.close()
        assert set(threading.enumerate()) == before
        assert [entry.name for entry in path.parent.iterdir()] == [path.name]

    def test_no_thread_is_left_when_opening_fails(self, path: Path) -> None:
        before = set(threading.enumerate())
        path.write_text("text " * 1000)
        connection = raw(path.with_name("newer"))
        connection.pragma("application_id", schema.APPLICATION_ID)
        connection.pragma("user_version", 999)
        connection.close()
        for name in ("missing", "newer", path.name):
            with pytest.raises(CatalogError):
                Catalog.open(path.with_name(name))
        assert set(threading.enumerate()) == before

    def test_closing_finishes_the_writes_that_wait(self, path: Path) -> None:
        catalog = Catalog.create(path)
        futures = [catalog.edit("Add", adding(str(n))) for n in range(20)]
        catalog.close()
        assert all(future.result(0).count == 1 for future in futures)
        again = Catalog.open(path)
        assert len(ids(again)) == 20
        again.close()


class TestReadOnly:
    @pytest.fixture
    def read_only(self, closed: Path) -> Iterator[Catalog]:
        closed.chmod(0o444)
        catalog = Catalog.open(closed)
        yield catalog
        catalog.close()

    def test_a_read_only_file_opens_read_only(self, read_only: Catalog) -> None:
        before = read_only.path.read_bytes()
        assert read_only.read_only
        assert ids(read_only) == ["a"]
        connection = read_only.connect_here()
        assert connection.execute("SELECT count(*) FROM integration").get == 1
        connection.close()
        assert (read_only.undo_label(), read_only.redo_label()) == (None, None)
        futures: list[Future[Any]] = [
            read_only.edit("Add", adding("b")),
            read_only.undo(),
            read_only.redo(),
        ]
        for future in futures:
            with pytest.raises(ReadOnly, match=r"open read-only.*Save a Copy"):
                future.result(SECONDS)
        assert read_only.check_elsewhere().result(SECONDS) is None
        read_only.cancel(futures[0])
        read_only.close()
        assert read_only.path.read_bytes() == before

    def test_a_copy_of_it_can_be_written(self, read_only: Catalog, tmp_path: Path) -> None:
        copy = tmp_path / "copy.icons"
        read_only.save_copy(copy).result(SECONDS)
        catalog = Catalog.open(copy)
        assert not catalog.read_only
        add(catalog, "b")
        catalog.undo().result(SECONDS)
        catalog.undo().result(SECONDS)
        assert ids(catalog) == []
        catalog.close()


UNPRIVILEGED = """
import os, sys
from pathlib import Path
from db import records
from db.catalog import Catalog
from db.errors import CatalogError
if os.geteuid() == 0:
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
try:
    catalog = getattr(Catalog, sys.argv[1])(Path(sys.argv[2]))
except CatalogError as error:
    print(type(error).__name__, error)
    sys.exit()
reader = catalog.reader("x")
count = reader.request(lambda c: c.execute("SELECT count(*) FROM integration").get).result()
connection = catalog.connect_here()
assert connection.execute("SELECT count(*) FROM integration").get == count
connection.close()
print("read-only" if catalog.read_only else "writable", count)
try:
    catalog.edit("Add", lambda e: records.add_integration(e, values={"id": "z"}) and None).result()
except CatalogError as error:
    print(type(error).__name__)
catalog.close()
"""


class TestAsAnUnprivilegedUser:
    @pytest.fixture
    def folder(self) -> Iterator[Path]:
        """A folder that everybody can reach."""
        folder = Path(tempfile.mkdtemp())
        folder.chmod(0o755)
        yield folder
        folder.chmod(0o755)
        shutil.rmtree(folder)

    @pytest.fixture
    def file(self, folder: Path) -> Path:
        path = folder / "a.icons"
        catalog = Catalog.create(path)
        add(catalog, "a")
        catalog.close()
        path.chmod(0o666)
        folder.chmod(0o555)
        return path

    def test_a_folder_that_cannot_be_written(self, file: Path) -> None:
        before = file.read_bytes()
        assert run(UNPRIVILEGED, "open", file).splitlines() == ["read-only 1", "ReadOnly"]
        assert file.read_bytes() == before

    def test_a_file_and_a_folder_that_cannot_be_written(self, file: Path) -> None:
        file.chmod(0o444)
        assert run(UNPRIVILEGED, "open", file).splitlines() == ["read-only 1", "ReadOnly"]

    def test_a_file_of_another_user(self, file: Path) -> None:
        file.chmod(0o644)
        file.parent.chmod(0o777)
        assert run(UNPRIVILEGED, "open", file).splitlines() == ["read-only 1", "ReadOnly"]

    def test_changes_that_wait_in_a_log_are_not_left_out(self, file: Path) -> None:
        file.parent.chmod(0o755)
        connection = raw(file)
        connection.execute("INSERT INTO integration(id) VALUES('in the log')")
        log = file.with_name("a.icons-wal").read_bytes()
        connection.close()
        file.with_name("a.icons-wal").write_bytes(log)
        file.parent.chmod(0o555)
        found = run(UNPRIVILEGED, "open", file)
        assert found.startswith("CannotOpen")
        assert "has changes waiting in" in found

    def test_a_file_that_cannot_be_read(self, file: Path) -> None:
        file.chmod(0o200)
        assert run(UNPRIVILEGED, "open", file).startswith("CannotOpen")

    def test_a_folder_that_cannot_be_entered(self, file: Path) -> None:
        file.parent.chmod(0o600)
        for function in ("open", "create"):
            found = run(UNPRIVILEGED, function, file)
            assert found.startswith("CannotOpen")
            assert str(file) in found

    def test_a_new_file_where_none_can_be_made(self, file: Path) -> None:
        found = run(UNPRIVILEGED, "create", file.with_name("new.icons"))
        assert found.startswith(("CannotOpen", "ReadOnly"))
        assert "new.icons" in found


class TestTwoOnOneFile:
    def test_each_sees_what_the_other_commits(self, catalog: Catalog, path: Path) -> None:
        other = Catalog.open(path)
        told: dict[str, list[Change]] = {"own": [], "other": []}
        catalog.changed.append(told["own"].append)
        other.changed.append(told["other"].append)
        try:
            add(catalog, "a")
            assert catalog.check_elsewhere().result(SECONDS) is None
            change = other.check_elsewhere().result(SECONDS)
            assert change is not None
            assert (change.kind, change.pks, change.fields) == ("elsewhere", None, None)
            assert change.organizations
            assert change.settings
            assert change.added
            assert change.deleted
            assert told["other"] == [change]
            assert [c.kind for c in told["own"]] == ["edit"]
            assert other.undo_label() == "Add a"
            assert other.check_elsewhere().result(SECONDS) is None
            other.undo().result(SECONDS)
            assert catalog.check_elsewhere().result(SECONDS) is not None
            assert (catalog.undo_label(), catalog.redo_label()) == (None, "Add a")
            assert ids(catalog) == []
        finally:
            other.close()

    def test_own_writes_are_not_elsewhere(self, catalog: Catalog, tmp_path: Path) -> None:
        for number in range(3):
            add(catalog, str(number))
            catalog.undo().result(SECONDS)
            catalog.redo().result(SECONDS)
            catalog.save_copy(tmp_path / "copy").result(SECONDS)
            ids(catalog)
            assert catalog.check_elsewhere().result(SECONDS) is None

    def test_anothers_commit_between_own_ones_is_noticed(
        self, catalog: Catalog, path: Path
    ) -> None:
        other = Catalog.open(path)
        add(catalog, "a")
        add(other, "b")
        add(catalog, "c")
        assert catalog.check_elsewhere().result(SECONDS) is not None
        assert catalog.check_elsewhere().result(SECONDS) is None
        other.close()

    WRITER = """
import sys
from pathlib import Path
from db import records
from db.catalog import Catalog
catalog = Catalog.open(Path(sys.argv[1]))
seen = 0
for number in range(50):
    def body(edit):
        pk = records.add_integration(edit, values={"id": f"{sys.argv[2]}-{number}", "org_id": "o"})
        records.update_integration(edit, pk=pk, values={"name": "n"})
    catalog.edit("Add", body).result()
    seen += catalog.check_elsewhere().result() is not None
catalog.close()
print("done", seen)
"""

    def test_two_processes_write_in_turns_and_none_is_locked_out(
        self, catalog: Catalog, path: Path
    ) -> None:
        add(catalog, "first", org_id="o")
        processes = [
            subprocess.Popen(
                [sys.executable, "-c", self.WRITER, str(path), name],
                cwd=ROOT,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            for name in ("one", "two")
        ]
        for number in range(50):
            add(catalog, f"own-{number}")
        for process in processes:
            out, errors = process.communicate(timeout=SECONDS)
            assert out.startswith("done"), errors
        assert len(ids(catalog)) == 151
        assert catalog.check_elsewhere().result(SECONDS) is not None
        assert raw_integrity(path) == [("ok",)]

    def test_two_processes_make_the_same_file(self, tmp_path: Path) -> None:
        script = """
import sys
from pathlib import Path
from db.catalog import Catalog
from db.errors import CannotOpen
path = Path(sys.argv[1])
sys.stdin.readline()
try:
    catalog = Catalog.create(path)
except CannotOpen:
    catalog = Catalog.open(path)
print(catalog.read_only)
catalog.close()
"""
        for round_ in range(5):
            path = tmp_path / f"{round_}.icons"
            processes = [
                subprocess.Popen(
                    [sys.executable, "-c", script, str(path)],
                    cwd=ROOT,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    text=True,
                )
                for _ in range(2)
            ]
            for process in processes:
                assert process.stdin is not None
                process.stdin.write("go\n")
                process.stdin.flush()
            for process in processes:
                out, errors = process.communicate(timeout=SECONDS)
                assert out == "False\n", errors
            Catalog.open(path).close()


def raw_integrity(path: Path) -> list[tuple[Any, ...]]:
    connection = raw(path)
    try:
        return [
            *connection.execute("PRAGMA integrity_check").fetchall(),
            *connection.execute("PRAGMA foreign_key_check").fetchall(),
        ]
    finally:
        connection.close()


class TestLocked:
    @pytest.fixture(autouse=True)
    def short_waits(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(connections, "WRITER_BUSY_SECONDS", 0.05)

    def test_a_write_while_another_writes(self, path: Path) -> None:
        catalog = Catalog.create(path)
        other = raw(path)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Locked, match="being written by another program"):
            add(catalog, "a")
        assert ids(catalog) == []
        with pytest.raises(Locked):
            catalog.undo().result(SECONDS)
        other.execute("ROLLBACK")
        add(catalog, "a")
        assert catalog.undo_label() == "Add a"
        other.close()
        catalog.close()

    def test_a_file_that_is_locked_whole(self, closed: Path) -> None:
        other = raw(closed)
        other.pragma("locking_mode", "EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE; INSERT INTO setting VALUES('x', 'y'); COMMIT")
        with pytest.raises(Locked):
            Catalog.open(closed)
        other.close()
        Catalog.open(closed).close()

    def test_a_writer_without_wal_and_a_reader(
        self, closed: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """On a network file system a reader that reads keeps a writer from committing."""
        monkeypatch.setattr(connections, "is_on_network", lambda _: True)
        catalog = Catalog.open(closed)
        other = raw(closed)
        other.execute("BEGIN")
        other.execute("SELECT * FROM setting").fetchall()
        with pytest.raises(Locked):
            add(catalog, "b")
        other.execute("ROLLBACK")
        assert ids(catalog) == ["a"]
        assert catalog.undo_label() == "Add a"
        add(catalog, "b")
        other.close()
        catalog.close()


class TestDiskFull:
    def test_an_edit_that_finds_no_room_leaves_nothing(self, catalog: Catalog) -> None:
        add(catalog, "a")
        catalog.edit("Limit", lambda e: _limit(e, extra=20)).result(SECONDS)

        def body(edit: EditSession) -> None:
            for number in range(10_000):
                adding(f"b{number}", name="x" * 500)(edit)

        with pytest.raises(DiskFull, match=r"no room left.*nothing was changed"):
            catalog.edit("Too much", body).result(SECONDS)
        assert ids(catalog) == ["a"]
        assert catalog.undo_label() == "Add a"
        add(catalog, "b")
        catalog.undo().result(SECONDS)
        catalog.undo().result(SECONDS)
        assert ids(catalog) == []

    def test_a_body_that_goes_on_after_a_rollback_writes_nothing(self, catalog: Catalog) -> None:
        """SQLite rolls back by itself on some errors: what follows must not be committed alone."""
        add(catalog, "a")

        def body(edit: EditSession) -> None:
            adding("before")(edit)
            edit.connection.execute("ROLLBACK")
            adding("after")(edit)

        with pytest.raises(SentenceError):
            catalog.edit("Goes on", body).result(SECONDS)
        assert ids(catalog) == ["a"]
        assert catalog.undo_label() == "Add a"
        add(catalog, "b")

    def test_a_body_cannot_commit_by_itself(self, catalog: Catalog) -> None:
        def body(edit: EditSession) -> None:
            adding("a")(edit)
            edit.connection.execute("COMMIT")

        with pytest.raises(SentenceError):
            catalog.edit("Commits", body).result(SECONDS)
        assert ids(catalog) == []
        add(catalog, "b")

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small file system")
    def test_a_real_full_disk(self, tmp_path: Path) -> None:
        disk = tmp_path / "disk"
        disk.mkdir()
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(disk)],
            capture_output=True,
            check=False,
        )
        if mounted.returncode:
            pytest.skip("this machine does not let root mount a file system")
        try:
            self._fill(disk)
        finally:
            subprocess.run(["umount", str(disk)], check=True)

    def _fill(self, disk: Path) -> None:
        catalog = Catalog.create(disk / "a.icons")
        try:
            add(catalog, "a", name="x" * 1000)
            with pytest.raises(CatalogError) as caught:
                add(catalog, "big", name=random.Random(1).randbytes(2 << 20).hex())
            assert isinstance(caught.value, DiskFull), caught.value
            assert ids(catalog) == ["a"]
            copies = (disk / f"copy{number}.icons" for number in range(100))
            with pytest.raises(DiskFull):
                all(catalog.save_copy(copy).result(SECONDS) is None for copy in copies)
            assert not list(disk.glob("*.partial"))
            for copy in disk.glob("copy*"):
                copy.unlink()
            add(catalog, "b")
            assert ids(catalog) == ["a", "b"]
        finally:
            catalog.close()
        assert raw_integrity(disk / "a.icons") == [("ok",)]


def _limit(edit: EditSession, extra: int) -> None:
    pages = edit.connection.pragma("page_count")
    edit.connection.pragma("max_page_count", pages + extra)


class TestSaveCopy:
    def test_a_copy_holds_everything_with_its_history(
        self, catalog: Catalog, tmp_path: Path
    ) -> None:
        add(catalog, "a")
        add(catalog, "b")
        catalog.undo().result(SECONDS)
        copy = tmp_path / "copy.icons"
        catalog.save_copy(copy).result(SECONDS)
        add(catalog, "later")
        assert not (tmp_path / "copy.icons-wal").exists()
        other = Catalog.open(copy)
        assert ids(other) == ["a"]
        assert (other.undo_label(), other.redo_label()) == ("Add a", "Add b")
        other.close()

    def test_tells_how_far_it_is_and_can_be_cancelled(
        self, catalog: Catalog, tmp_path: Path
    ) -> None:
        catalog.edit("Fill", lambda e: _ignore(e.connection.execute(FILL))).result(SECONDS)
        told: list[tuple[int, int]] = []
        catalog.progressed.append(lambda _, done, total: told.append((done, total)))
        copy = tmp_path / "copy.icons"
        catalog.save_copy(copy).result(SECONDS)
        assert len(told) > 1
        assert told == sorted(told)
        assert told[-1][0] == told[-1][1]

        before = copy.read_bytes()
        catalog.progressed.append(lambda future, *_: catalog.cancel(future))
        cancelled = catalog.save_copy(copy)
        with pytest.raises(Cancelled):
            cancelled.result(SECONDS)
        assert copy.read_bytes() == before
        assert sorted(path.name for path in tmp_path.glob("copy*")) == ["copy.icons"]
        catalog.progressed.clear()
        add(catalog, "after")
        assert "after" in ids(catalog)

    def test_writes_go_on_meanwhile_and_are_not_in_it(
        self, catalog: Catalog, tmp_path: Path
    ) -> None:
        add(catalog, "before")

        def write_once(*_: object) -> None:
            catalog.progressed.clear()  # the edit tells, too
            written.append(catalog.edit("Add during", adding("during")).result(SECONDS).count)

        written: list[int] = []
        catalog.progressed.append(write_once)
        catalog.save_copy(tmp_path / "copy.icons").result(SECONDS)
        assert written == [1]
        assert ids(catalog) == ["before", "during"]
        copy = Catalog.open(tmp_path / "copy.icons")
        assert ids(copy) == ["before"]
        copy.close()

    def test_onto_itself(self, catalog: Catalog, tmp_path: Path) -> None:
        add(catalog, "a")
        link = tmp_path / "link.icons"
        link.symlink_to(catalog.path)
        for target in (catalog.path, link, tmp_path / "x" / ".." / "a.icons"):
            with pytest.raises(Invalid, match="onto itself"):
                catalog.save_copy(target).result(SECONDS)
        assert ids(catalog) == ["a"]

    def test_where_none_can_be_made(self, catalog: Catalog, tmp_path: Path) -> None:
        with pytest.raises(CannotOpen, match=r"There is no folder .*missing"):
            catalog.save_copy(tmp_path / "missing" / "a.icons").result(SECONDS)
        with pytest.raises(CannotOpen, match="is a folder"):
            catalog.save_copy(tmp_path).result(SECONDS)
        with pytest.raises(CatalogError):
            catalog.save_copy(tmp_path / ("x" * 254)).result(SECONDS)
        add(catalog, "a")
        assert len(list(tmp_path.glob("*"))) == 3

    def test_over_another_file(self, catalog: Catalog, tmp_path: Path) -> None:
        add(catalog, "a")
        target = tmp_path / "old.icons"
        target.write_text("whatever was there")
        catalog.save_copy(target).result(SECONDS)
        other = Catalog.open(target)
        assert ids(other) == ["a"]
        other.close()

    def test_while_another_program_writes_without_a_pause(
        self, catalog: Catalog, path: Path, tmp_path: Path
    ) -> None:
        catalog.edit(
            "Fill",
            lambda e: _ignore(e.connection.execute(FILL)),
        ).result(SECONDS)
        stop = threading.Event()
        began = threading.Event()

        def write() -> None:
            connection = raw(path)
            connection.pragma("synchronous", "OFF")
            number = 0
            while not stop.is_set():
                number += 1
                connection.execute(
                    "BEGIN IMMEDIATE; INSERT INTO setting VALUES(?1, 'x'); "
                    "UPDATE integration SET name = 'x' WHERE pk = ?1; COMMIT",
                    (number, number),
                )
                began.set()
            connection.close()

        thread = threading.Thread(target=write)
        thread.start()
        try:
            assert began.wait(SECONDS)
            copy = tmp_path / "copy.icons"
            catalog.save_copy(copy).result(SECONDS)
        finally:
            stop.set()
            thread.join()
        connection = raw(copy)
        written = connection.execute("SELECT count(*) FROM setting").get
        assert written > 0
        changed = connection.execute("SELECT count(*) FROM integration WHERE name = 'x'").get
        assert written == changed
        connection.close()
        assert raw_integrity(copy) == [("ok",)]


class TestForeignCode:
    """What another program has put into a file does not run: not on open, read, edit or undo."""

    @pytest.mark.parametrize(
        "code",
        [
            "CREATE TRIGGER t AFTER INSERT ON integration BEGIN DELETE FROM organization; END",
            "CREATE TRIGGER t AFTER UPDATE ON integration BEGIN DELETE FROM organization; END",
            "CREATE TRIGGER t BEFORE DELETE ON integration BEGIN SELECT raise(ABORT, 'no'); END",
            "CREATE TRIGGER t AFTER INSERT ON edit BEGIN DELETE FROM organization; END",
            "CREATE TRIGGER t AFTER UPDATE ON edit BEGIN DELETE FROM organization; END",
            "CREATE VIEW v AS SELECT hostile() FROM integration",
            "CREATE TABLE x(a, b AS (hostile(a)), CHECK(hostile(a)))",
            "CREATE TABLE x(a DEFAULT (hostile()))",
            "CREATE VIRTUAL TABLE x USING fts5(a)",
            "CREATE INDEX x ON setting(value) WHERE value > 'a'",
        ],
    )
    def test_it_opens_and_the_code_stays_still(self, closed: Path, code: str) -> None:
        connection = raw(closed)
        connection.create_scalar_function("hostile", lambda *_: 1, deterministic=True)
        connection.execute("INSERT INTO organization VALUES('kept', 'kept', NULL)")
        connection.execute(code)
        connection.close()
        catalog = Catalog.open(closed)
        assert not catalog.read_only
        add(catalog, "b")
        catalog.undo().result(SECONDS)
        catalog.undo().result(SECONDS)
        catalog.redo().result(SECONDS)
        pks = [1]
        catalog.edit("Delete", lambda e: _ignore(records.delete_integrations(e, pks=pks))).result(
            SECONDS
        )
        assert ids(catalog) == []
        connection = catalog.connect_here()
        assert connection.execute("SELECT id FROM organization").get == "kept"
        connection.close()
        catalog.save_copy(closed.with_name("copy")).result(SECONDS)
        catalog.close()

    @pytest.mark.parametrize(
        "code",
        [
            "CREATE INDEX x ON integration(hostile(name))",
            "CREATE INDEX x ON integration(name) WHERE hostile(name)",
        ],
    )
    def test_an_index_with_a_foreign_function_is_refused_with_a_sentence(
        self, closed: Path, code: str
    ) -> None:
        connection = raw(closed)
        connection.create_scalar_function("hostile", lambda *_: 1, deterministic=True)
        connection.execute(code)
        connection.close()
        with pytest.raises(Damaged):
            Catalog.open(closed)

    @pytest.mark.parametrize("function", ["hostile(name)", "load_extension(name)"])
    def test_a_check_with_a_foreign_function_is_refused_with_a_sentence(
        self, closed: Path, function: str
    ) -> None:
        self.put_check(closed, function)
        with pytest.raises(Damaged):
            Catalog.open(closed)

    def test_a_check_that_refuses_a_row_is_a_sentence(self, closed: Path) -> None:
        self.put_check(closed, "name IS NOT 'x'")
        catalog = Catalog.open(closed)
        with pytest.raises(Invalid, match="CHECK constraint failed"):
            add(catalog, "b", name="x")
        add(catalog, "b", name="y")
        catalog.close()

    def put_check(self, closed: Path, function: str) -> None:
        connection = raw(closed)
        connection.pragma("writable_schema", True)
        connection.execute(
            "UPDATE sqlite_schema SET sql = replace(sql, 'name TEXT,', 'name TEXT CHECK(' || ? "
            "|| '),') WHERE name = 'integration'",
            (function,),
        )
        connection.close()


FUZZ = """
import random, shutil, sys, warnings
from pathlib import Path
from db import records
from db.catalog import Catalog
from db.errors import CatalogError, SentenceError
base, folder, first, last = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
whole = base.read_bytes()
outcomes = {}

def use(catalog):
    reader = catalog.reader("fuzz")
    for table in ("organization", "integration", "setting", "edit"):
        def job(c):
            return c.execute(f"SELECT * FROM {table} ORDER BY 2").fetchall()
        try:
            reader.request(job).result()
        except CatalogError:
            pass
    if catalog.read_only:
        return
    def body(edit):
        records.add_integration(edit, values={"id": "new", "name": "n", "org_id": "neu"})
        records.update_integration(edit, pk=7, values={"name": "changed"})
    def delete(edit):
        records.delete_integrations(edit, pks=range(9))
    for future in (
        lambda: catalog.edit("Edit", body),
        catalog.undo, catalog.undo, catalog.redo,
        lambda: catalog.edit("Delete", delete),
        catalog.undo,
        lambda: catalog.save_copy(folder / "copy"),
        catalog.check_elsewhere,
    ):
        try:
            future().result()
        except SentenceError as error:
            str(error)

for seed in range(first, last):
    noise = random.Random(seed)
    data = bytearray(whole)
    if seed % 5 == 0:
        del data[noise.randrange(len(data)):]
    else:
        # The header and the schema are hit as often as all the rest.
        end = noise.choice([100, 4096, len(data)])
        for _ in range(noise.choice([1, 1, 2, 10, 100])):
            data[noise.randrange(end)] = noise.choice([0, 255, noise.randrange(256)])
    path = folder / f"{seed}.icons"
    path.write_bytes(data)
    print(seed, file=sys.stderr, flush=True)
    try:
        catalog = Catalog.open(path)
    except CatalogError as error:
        assert path.name in str(error), error
        outcomes[type(error).__name__] = outcomes.get(type(error).__name__, 0) + 1
    else:
        outcomes["opened"] = outcomes.get("opened", 0) + 1
        try:
            use(catalog)
        finally:
            catalog.close()
    for left in folder.glob("*"):
        left.unlink()
print(sum(outcomes.values()), outcomes)
"""


def test_a_damaged_file_is_a_sentence_and_never_a_crash(closed: Path, tmp_path: Path) -> None:
    catalog = Catalog.open(closed)
    for number in range(60):
        add(catalog, f"row {number}", name=f"n{number}" * 10, org_id=f"o{number % 7}")
    catalog.close()
    folder = tmp_path / "mutants"
    folder.mkdir()
    count = 1_500 if "INTEGRATION_ICONS_SOAK" in os.environ else 150
    assert run(FUZZ, closed, folder, 0, count, timeout=900).startswith(f"{count} ")


def _ignore(_: object) -> None:
    pass


class TestCancelOne:
    """`cancel` takes back the write that is meant, and no other."""

    def test_the_one_that_runs(self, tmp_path: Path) -> None:
        catalog = Catalog.create(tmp_path / "catalog.db")
        begun, go_on = threading.Event(), threading.Event()

        def slow(edit: EditSession) -> None:
            records.add_integration(edit, values={"id": "slow"})
            begun.set()
            go_on.wait(10)
            edit.check_cancelled()

        running = catalog.edit("slow", slow)
        waiting = catalog.edit(
            "next", lambda edit: records.add_integration(edit, values={"id": "next"})
        )
        assert begun.wait(10)
        catalog.cancel(running)
        go_on.set()
        with pytest.raises(Cancelled):
            running.result()
        assert waiting.result().count == 1
        assert catalog.undo_label() == "next"
        catalog.close()

    def test_the_one_that_waits(self, tmp_path: Path) -> None:
        catalog = Catalog.create(tmp_path / "catalog.db")
        begun, go_on = threading.Event(), threading.Event()

        def slow(edit: EditSession) -> None:
            begun.set()
            go_on.wait(10)
            records.add_integration(edit, values={"id": "slow"})

        running = catalog.edit("slow", slow)
        waiting = catalog.edit(
            "next", lambda edit: records.add_integration(edit, values={"id": "next"})
        )
        assert begun.wait(10)
        catalog.cancel(waiting)
        go_on.set()
        assert running.result().count == 1
        with pytest.raises(Cancelled):
            waiting.result()
        catalog.cancel(running)  # done: it stays
        assert catalog.undo_label() == "slow"
        catalog.close()
