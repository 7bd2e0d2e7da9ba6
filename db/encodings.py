"""How the text of a file is encoded: told by its byte order mark or by a library, or chosen."""

from __future__ import annotations

import codecs
import re
from typing import IO, Final

from db.errors import Invalid

ENCODINGS: Final = (
    "utf-8",
    "utf-16-le",
    "utf-16-be",
    "cp1252",
    "cp1250",
    "cp1251",
    "cp1253",
    "cp1254",
    "iso8859-1",
    "iso8859-2",
    "iso8859-15",
    "gb18030",
    "big5",
    "shift_jis",
    "euc_jp",
    "euc_kr",
    "cp437",
    "cp850",
    "mac_roman",
)
"""The encodings that are offered, by Python's names; any other that Python knows can be named."""

_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_WIDE: Final = ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")
_TOLD: Final = (
    *("cp1252", "cp1250", "cp1251", "cp1253", "cp1254"),
    *("gb18030", "big5", "shift_jis", "euc_jp", "euc_kr"),
)
_FOREIGN_LINE: Final = re.compile(rb"[^\r\n]*[\x80-\xff][^\r\n]*")
_SAMPLE: Final = 1 << 16
_BLOCK: Final = 1 << 20
_STRANGEST: Final = 0.6
"""How strange text may look to the library that is still taken for text: short words with many
accents look strange to it."""
_NUL_SHARE: Final = 0.1
"""Text of two bytes a character holds more NUL bytes than this, in languages with an alphabet."""


def known(name: str) -> str:
    """Python's name of an encoding of text, or raise `Invalid`."""
    try:
        found = codecs.lookup(name)
        "".encode(found.name)
    except (LookupError, ValueError):
        raise Invalid("There is no encoding named “{name}”.", name=name) from None
    return {"utf-8-sig": "utf-8", "utf-16": "utf-16-le", "utf-32": "utf-32-le"}.get(
        found.name, found.name
    )


def mark_of(head: bytes) -> tuple[str | None, int]:
    """The encoding that a byte order mark tells (None: there is none), and the mark's length."""
    for mark, encoding in _BOMS:
        if head.startswith(mark):
            return encoding, len(mark)
    return None, 0


def is_wide(encoding: str) -> bool:
    """Whether every character of an encoding takes several bytes, NUL bytes among them."""
    return encoding in _WIDE


def told_by_head(head: bytes) -> str:
    """The encoding of a file by its beginning; UTF-8 while nothing speaks against it.

    The beginning may be ASCII alone: see `told_by_all` for what cannot be read as UTF-8 after all.
    """
    marked, _ = mark_of(head)
    if marked is not None:
        return marked
    if head.count(0) > len(head) * _NUL_SHARE:
        wide = _by_library(head, _WIDE[:2])
        if wide is not None:
            return wide
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return _by_library(_foreign(head), _TOLD) or _by_library(head, _WIDE[:2]) or "utf-8"
    return "utf-8"


def told_by_all(file: IO[bytes]) -> str | None:
    """The encoding of a file that is not UTF-8, by the lines that are not ASCII; None: unclear."""
    sample = b""
    for block in iter(lambda: file.read(_BLOCK), b""):
        sample += _foreign(block)
        if len(sample) > _SAMPLE:
            break
    return _by_library(sample[:_SAMPLE], _TOLD)


def _foreign(content: bytes) -> bytes:
    """The lines that are not ASCII alone."""
    return b"\n".join([*_FOREIGN_LINE.findall(content), b""])


def _by_library(sample: bytes, among: tuple[str, ...]) -> str | None:
    import charset_normalizer  # 40 ms, and needed for few files

    matches = list(
        charset_normalizer.from_bytes(sample, cp_isolation=list(among), threshold=_STRANGEST)
    )
    if not matches:
        return None
    # Equally good ones, among them those that read the very same text.
    best = [
        name
        for match in matches
        if match.chaos <= matches[0].chaos
        for name in match.could_be_from_charset
    ]
    # Most Western text reads well in both, and is by far more often in this one.
    chosen = "cp1252" if best[0] == "cp1250" and "cp1252" in best else best[0]
    return codecs.lookup(chosen).name


def undecodable(file: IO[bytes], name: object, encoding: str) -> Invalid:
    """Where the first bytes are that an encoding cannot have; the file is read again to find them.

    Args:
        file: the bytes, from their beginning.
        name: what the file is called.
    """
    decoder = codecs.getincrementaldecoder(encoding)()
    line, offset, before, byte = 1, 0, "", "?"
    while True:
        block = file.read(_BLOCK)
        waiting = len(decoder.getstate()[0])
        try:
            text = decoder.decode(block, final=not block)
        except UnicodeDecodeError as error:
            text = error.object[: error.start].decode(encoding, "replace")
            byte = f"0x{error.object[error.start]:02X}"
            offset += error.start - waiting
            line += _line_ends(before, text)
            break
        line += _line_ends(before, text)
        before = text[-1:] or before
        offset += len(block)
        if not block:
            break
    return Invalid(
        "{path} is not {encoding}: line {line} holds the byte {byte} "
        "(byte {position} of the file). Choose the encoding that it is written in, or save it as "
        "UTF-8. Nothing was read.",
        path=name,
        encoding=encoding.upper(),
        line=line,
        byte=byte,
        position=offset + 1,
    )


def _line_ends(before: str, text: str) -> int:
    """Line ends in a part of a text; CR LF is one, also where the parts were cut between them."""
    count = text.count("\n") + text.count("\r") - text.count("\r\n")
    return count - (before == "\r" and text.startswith("\n"))
