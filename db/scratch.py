"""Folders for scratch files, and the removal of those that a killed program left behind."""

from __future__ import annotations

import _thread
import fcntl
import time
import weakref
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import Final

_PREFIX: Final = "integration-icons-"
_LOCK: Final = "lock"
LEAST_AGE: Final = 600.0
"""Seconds: a younger folder may belong to a program that has just made it."""


class ScratchFolder:
    """A folder in the system's temporary folder, removed by `close` or at the end of the program.

    It is in use as long as somebody holds a lock on its file `lock`, which the system takes back
    however the program ends.

    Attributes:
        path: the folder; the files in it are the caller's.
    """

    def __init__(self) -> None:
        self._folder = TemporaryDirectory(prefix=_PREFIX, ignore_cleanup_errors=True)
        self.path = Path(self._folder.name)
        self._lock = (self.path / _LOCK).open("wb")
        fcntl.flock(self._lock, fcntl.LOCK_EX)

    def close(self) -> None:
        """Remove the folder with all that is in it; twice does no harm."""
        self._lock.close()
        self._folder.cleanup()


def remove_with(owner: object, path: Path) -> None:
    """Remove a file of a scratch folder once nobody refers to `owner`, on a thread of its own.

    The thread that lets go of `owner` last is often the GUI's, and the file of a million rows took
    it 70 ms. What is left at the end of the program goes with its folder.
    """
    # A `threading.Thread` takes a lock that this thread may hold: it may be amidst anything.
    weakref.finalize(owner, _thread.start_new_thread, _remove, (path,)).atexit = False


def _remove(path: Path) -> None:
    with suppress(OSError):
        path.unlink()


def remove_left_over() -> None:
    """Remove scratch folders that nobody uses any more; what cannot be removed stays."""
    latest = time.time() - LEAST_AGE
    for lock in Path(gettempdir()).glob(f"{_PREFIX}*/{_LOCK}"):
        try:
            if lock.parent.is_symlink() or lock.parent.stat().st_mtime > latest:
                continue
            with lock.open("r+b") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                for path in lock.parent.iterdir():
                    path.unlink()
            lock.parent.rmdir()
        except OSError:
            continue
