"""Frames between processes: two big-endian 32-bit lengths, a JSON header and raw bytes."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from typing import Any, Final

LENGTHS: Final = struct.Struct(">II")
MAX_FRAME: Final = 256 * 1024 * 1024
Header = dict[str, Any]


class TooLong(Exception):
    """The other side announces a frame of more than `MAX_FRAME` bytes."""


def pack(header: Header, body: bytes = b"") -> bytes:
    """One frame. Lone surrogates in texts of the header come through."""
    text = json.dumps(header, separators=(",", ":")).encode("ascii")
    return b"".join((LENGTHS.pack(len(text), len(body)), text, body))


class Unpacker:
    """Takes bytes as they arrive and gives whole frames."""

    def __init__(self) -> None:
        self._received = bytearray()

    def feed(self, data: bytes | bytearray | memoryview) -> Iterator[tuple[Header, bytes]]:
        """The headers and bodies that are complete with `data`; raises TooLong."""
        self._received += data
        while len(self._received) >= LENGTHS.size:
            header_length, body_length = LENGTHS.unpack_from(self._received)
            body_start = LENGTHS.size + header_length
            end = body_start + body_length
            if end > MAX_FRAME:
                raise TooLong
            if len(self._received) < end:
                return
            header = json.loads(self._received[LENGTHS.size : body_start])
            body = bytes(self._received[body_start:end])
            del self._received[:end]
            yield header, body
