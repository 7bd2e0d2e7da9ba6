"""Connections: which file is opened, and what runs in it."""

from __future__ import annotations

import os
from pathlib import Path

import apsw
import pytest

from db import connection as connections
from db.catalog import Catalog, EditSession
from db.connection import file_system, is_marked_read_only, is_on_network, open_reader
from db.records import add_integration

ODD_NAMES = [
    "with blanks.icons",
    "100%.icons",
    "%20.icons",
    "what?mode=memory.icons",
    "a#b.icons",
    "a&b=c;d.icons",
    "naïve 集成 ✓.icons",
    "😀.icons",
    ":memory:",
    "file:memory",
    "-dash",
    "back\\slash",
    "quote'\".icons",
    "new\nline",
    ".hidden",
    os.fsdecode(b"not-utf-8-\xff.icons"),
]


@pytest.mark.parametrize("name", ODD_NAMES)
def test_any_file_name_works(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    catalog = Catalog.create(path)
    catalog.edit("Add", lambda edit: _add(edit, "a")).result()
    reader = catalog.reader("test")
    count = reader.request(lambda c: c.execute("SELECT count(*) FROM integration").get)
    assert count.result() == 1
    copy = tmp_path / f"copy of {name}"
    catalog.save_copy(copy).result()
    catalog.close()
    assert {entry.name for entry in tmp_path.iterdir()} == {name, copy.name}
    for each in (path, copy):
        again = Catalog.open(each)
        assert again.undo_label() == "Add"
        again.close()


def test_a_relative_path_and_a_link_lead_to_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Catalog.create(Path("a.icons")).close()
    (tmp_path / "link").symlink_to("a.icons")
    catalog = Catalog.open(Path("link"))
    catalog.edit("Add", lambda edit: _add(edit, "a")).result()
    other = Catalog.open(tmp_path / "a.icons")
    assert other.undo_label() == "Add"
    other.close()
    catalog.close()


def test_a_catalogue_is_in_wal_mode_and_every_commit_is_synced(tmp_path: Path) -> None:
    catalog = Catalog.create(tmp_path / "a.icons")
    found: dict[str, object] = {}

    def look(edit: EditSession) -> None:
        connection = edit.connection
        for name in ("journal_mode", "synchronous", "foreign_keys", "trusted_schema"):
            found[name] = connection.pragma(name)

    catalog.edit("Look", look).result()
    catalog.close()
    assert found == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "trusted_schema": 0,
    }


def test_on_a_network_file_system_there_is_no_wal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.icons"
    Catalog.create(path).close()
    monkeypatch.setattr(connections, "is_on_network", lambda _: True)
    catalog = Catalog.open(path)
    found: dict[str, object] = {}

    def look(edit: EditSession) -> None:
        connection = edit.connection
        found.update(
            journal=connection.pragma("journal_mode"), synchronous=connection.pragma("synchronous")
        )
        _add(edit, "a")

    catalog.edit("Look", look).result()
    assert found == {"journal": "delete", "synchronous": 3}
    assert catalog.undo().result() is not None
    assert not path.with_name("a.icons-wal").exists()
    catalog.close()


def test_a_reader_cannot_write(tmp_path: Path) -> None:
    path = tmp_path / "a.icons"
    catalog = Catalog.create(path)
    connection = catalog.connect_here()
    with pytest.raises(apsw.ReadOnlyError):
        connection.execute("DELETE FROM integration")
    with pytest.raises(apsw.ReadOnlyError):
        connection.execute("CREATE TABLE x(y)")
    connection.close()
    catalog.close()


def test_a_reader_of_a_missing_file_makes_none(tmp_path: Path) -> None:
    with pytest.raises(apsw.CantOpenError):
        open_reader(tmp_path / "missing", 0)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("mode", "marked"), [(0o444, True), (0o400, True), (0o644, False), (0o464, False)]
)
def test_a_file_without_any_write_permission_is_marked(
    tmp_path: Path, mode: int, marked: bool
) -> None:
    path = tmp_path / "a"
    path.touch()
    path.chmod(mode)
    assert is_marked_read_only(path) is marked


MOUNTS = r"""
/dev/sda1 / ext4 rw,relatime 0 0
server:/home /home nfs4 rw 0 0
/dev/sdb1 /home/local xfs rw 0 0
//server/share /mnt/my\040share\134x cifs rw 0 0
sshfs /mnt/naïve fuse.sshfs rw 0 0
tmpfs /over tmpfs rw 0 0
server:/over /over nfs rw 0 0
server:/under /under nfs rw 0 0
/dev/sdc1 /under ext4 rw 0 0
""".strip().encode()


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/", "ext4"),
        ("/srv", "ext4"),
        ("/homestead", "ext4"),
        ("/home", "nfs4"),
        ("/home/me/catalogues", "nfs4"),
        ("/home/local/me", "xfs"),
        ("/mnt/my share\\x/a", "cifs"),
        ("/mnt/my", "ext4"),
        ("/mnt/naïve/a", "fuse.sshfs"),
        ("/over/a", "nfs"),
        ("/under/a", "ext4"),
    ],
)
def test_the_deepest_mount_tells_the_file_system(folder: str, kind: str) -> None:
    assert file_system(Path(folder), MOUNTS) == kind


def test_a_folder_for_temporary_files_is_not_on_the_network(tmp_path: Path) -> None:
    assert is_on_network(tmp_path / "a.icons") is False
    assert file_system(Path("/proc/self"), Path("/proc/self/mounts").read_bytes()) == "proc"


def _add(edit: EditSession, name: str) -> None:
    add_integration(edit, values={"id": name, "name": name})
