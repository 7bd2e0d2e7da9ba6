"""The bytes of a file that is read: plain or gzip, and no row larger than memory should be."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, cast

from db.errors import CannotOpen, Invalid

BUFFER: Final = 1 << 20
"""Bytes that are read at once."""
ROW_LIMIT: Final = 32 << 20
"""Bytes of the longest row that is read: what a file without line ends, or one whose quote is
never closed, can take of the memory."""
SAMPLE: Final = 1 << 16
"""Bytes by which a file is judged."""


class RowTooLongError(Exception):
    """More than `ROW_LIMIT` bytes were read, and no row ended."""


class Source(io.RawIOBase):
    """The bytes of a file, inflated where it is gzip.

    Attributes:
        has_nul: a NUL byte was read, which is rare and then looked for in every cell.
        rows: how many rows were read; whoever reads rows counts them here.
        on_read: called after each part of the file.
    """

    def __init__(self, path: Path) -> None:
        self._file = io.FileIO(path)
        self._raw: Any = self._file
        if self._file.read(2) == b"\x1f\x8b":
            self._file.seek(0)
            self._raw = gzip.GzipFile(fileobj=io.BufferedReader(self._file, BUFFER))
        self._file.seek(0)
        self.has_nul = False
        self.rows = 0
        self.on_read: Callable[[], None] = lambda: None
        self._rows_seen = 0
        self._silent = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        count = int(self._raw.readinto(buffer) or 0)
        if not self.has_nul and b"\0" in bytes(memoryview(buffer)[:count]):
            self.has_nul = True
        if self.rows != self._rows_seen:
            self._rows_seen, self._silent = self.rows, 0
        self._silent += count
        if self._silent > ROW_LIMIT + BUFFER:
            raise RowTooLongError
        self.on_read()
        return count

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._silent = 0
        return int(self._raw.seek(offset, whence))

    def tell(self) -> int:
        return int(self._raw.tell())

    @property
    def consumed(self) -> int:
        """Bytes of the file on the disk that were read."""
        return self._file.tell()

    def close(self) -> None:
        if not self.closed:
            self._raw.close()
            self._file.close()
        super().close()


def opened(path: Path) -> Source:
    """Open a file, or raise `CannotOpen` with a sentence."""
    if path.is_dir():
        raise CannotOpen("{path} is a folder. Choose a file.", path=path)
    try:
        return Source(path)
    except FileNotFoundError:
        raise CannotOpen("There is no file {path}. Check the name.", path=path) from None
    except OSError as error:
        raise CannotOpen(
            "{path} cannot be opened: {reason}. Check that you may read it.",
            path=path,
            reason=error.strerror,
        ) from error


def buffered(source: Source) -> io.BufferedReader:
    """A buffer for a source."""
    return io.BufferedReader(cast(io.RawIOBase, source), BUFFER)


@contextmanager
def unpacking(path: Path) -> Iterator[None]:
    """Raise what is wrong with a gzip file as a sentence."""
    try:
        yield
    except (gzip.BadGzipFile, zlib.error, EOFError):
        raise Invalid(
            "{path} is damaged: what is packed in it cannot be unpacked to its end. "
            "Nothing was read.",
            path=path,
        ) from None
