"""Scratch folders: in use, given back, left behind by a killed program."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from db import scratch
from db.scratch import ScratchFolder, remove_left_over, remove_with
from tests.bulk_help import until

KEEPS_ONE = """
from db.scratch import ScratchFolder
folder = ScratchFolder()
(folder.path / "stage.db").write_bytes(b"rows")
print(folder.path, flush=True)
input()
"""


@pytest.fixture(autouse=True)
def temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)


def make_old(folder: Path) -> None:
    long_ago = time.time() - 2 * scratch.LEAST_AGE
    os.utime(folder, (long_ago, long_ago))


def killed_program() -> Path:
    with subprocess.Popen(
        [sys.executable, "-c", KEEPS_ONE],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[1],
    ) as process:
        assert process.stdout is not None
        folder = Path(process.stdout.readline().strip())
        process.kill()
    return folder


def test_a_folder_that_was_closed_is_gone() -> None:
    folder = ScratchFolder()
    (folder.path / "order-1.db").write_bytes(b"rows")
    folder.close()
    folder.close()
    assert not folder.path.exists()


def test_a_file_goes_with_its_owner_but_not_by_its_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    class Owner:
        pass

    removers: list[int] = []
    unlink = Path.unlink

    def noted(path: Path) -> None:
        removers.append(threading.get_ident())
        unlink(path)

    monkeypatch.setattr(Path, "unlink", noted)
    folder, owner = ScratchFolder(), Owner()
    file = folder.path / "order-1.db"
    file.write_bytes(b"rows")
    remove_with(owner, file)
    assert file.exists()
    del owner
    until(lambda: not file.exists())
    assert len(removers) == 1
    assert removers != [threading.get_ident()]
    folder.close()


def test_what_a_killed_program_left_is_removed() -> None:
    folder = killed_program()
    assert (folder / "stage.db").read_bytes() == b"rows"
    make_old(folder)
    remove_left_over()
    assert not folder.exists()


def test_a_folder_in_use_stays() -> None:
    folder = ScratchFolder()
    make_old(folder.path)
    remove_left_over()
    assert folder.path.is_dir()
    folder.close()


def test_a_young_folder_stays() -> None:
    folder = killed_program()
    remove_left_over()
    assert folder.is_dir()


def test_what_is_not_ours_stays(tmp_path: Path) -> None:
    others = tmp_path / "others"
    others.mkdir()
    (others / "lock").touch()
    link = tmp_path / "integration-icons-link"
    link.symlink_to(others)
    unlocked = tmp_path / "integration-icons-benchmarks"
    unlocked.mkdir()
    for folder in (others, unlocked):
        make_old(folder)
    remove_left_over()
    assert (others / "lock").exists()
    assert unlocked.is_dir()
