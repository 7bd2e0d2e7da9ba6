"""The bytes and the text of a CSV file: UTF-8, with or without a byte order mark."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any, Final

from db.errors import CannotOpen, Invalid

BUFFER: Final = 1 << 20
"""Bytes that are read at once."""
_SAMPLE: Final = 1 << 16
_ESCAPED: Final = re.compile("[\udc80-\udcff]")
"""A byte that is not UTF-8, as the error handler surrogateescape reads it."""


class Source(io.FileIO):
    """The bytes of a file; notices NUL, which is rare and then looked for in every cell."""

    has_nul = False

    def readinto(self, buffer: Any) -> int:
        count = super().readinto(buffer) or 0
        if not self.has_nul and b"\0" in bytes(memoryview(buffer)[:count]):
            self.has_nul = True
        return count


def opened(path: Path) -> Source:
    """Open a file, or raise `CannotOpen` with a sentence."""
    if path.is_dir():
        raise CannotOpen("{path} is a folder. Choose a CSV file.", path=path)
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


def sample(buffered: io.BufferedIOBase) -> str:
    """The first lines of the file; what follows them may be anything."""
    head = buffered.read(_SAMPLE)
    text = head.decode("utf-8-sig", errors="replace")
    if len(head) < _SAMPLE:
        return text
    return text[: max(text.rfind("\n"), text.rfind("\r")) + 1] or text


def not_utf8(source: Path) -> Invalid:
    """Where the first byte is that is not UTF-8; the file is read again to find it."""
    with source.open("rb") as file:
        if file.read(2) in (b"\xff\xfe", b"\xfe\xff"):
            return Invalid(
                "{path} is written in UTF-16. Save it as UTF-8 and import it again.", path=source
            )
    line, offset = 1, 0
    with source.open(encoding="utf-8", errors="surrogateescape", newline="") as text:
        while part := text.read(BUFFER):
            if part.endswith("\r"):
                part += text.read(1)  # a line end is counted whole
            found = _ESCAPED.search(part)
            before = part[: found.start()] if found else part
            line += before.count("\n") + before.count("\r") - before.count("\r\n")
            offset += len(before.encode())
            if found:
                break
    return Invalid(
        "{path} is not UTF-8: line {line} holds the byte {byte} (byte {position} of the file). "
        "Save the file as UTF-8 and import it again. Nothing was read.",
        path=source,
        line=line,
        byte=f"0x{ord(found[0]) - 0xDC00:02X}" if found else "?",
        position=offset + 1,
    )
