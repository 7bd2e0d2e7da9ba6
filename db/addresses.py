"""Icon addresses: what kind of thing an icon URL is; `db.hosts` tells which hosts may be asked.

URLs are parsed as browsers do (the WHATWG URL standard, by ada), so that the host that is checked
is the host that is shown and asked. Nothing here touches the network.
"""

from __future__ import annotations

import binascii
import re
import string
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal
from urllib.parse import quote, unquote_to_bytes

import ada_url

from db.errors import Problem
from db.fields import Value, csv_text

AddressKind = Literal["none", "web", "data", "relative", "name", "other", "invalid"]

MAX_DATA_URI: Final = 64 * 1024
"""Characters above which a data: URI is warned about: it weighs on every table and file."""

_CACHED_LENGTH: Final = 2048
_SHOWN_LENGTH: Final = 80
_SPACES: Final = "".join(map(chr, range(0x21)))
"""C0 controls and the space: what browsers strip from both ends of an address."""

_PLAIN: Final = string.punctuation + " "
_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_ICON_SET_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9-]*:[A-Za-z0-9][A-Za-z0-9_-]*")
_HOST_AND_PORT: Final = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*:[0-9]+([/?#].*)?", re.DOTALL)
_FILE_NAME: Final = re.compile(r"\.[A-Za-z0-9]{1,5}$")
_LOOKS_LIKE_HOST: Final = re.compile(
    r"(www\.|[a-z0-9-]+(\.[a-z0-9-]+)*\.[a-z]{2,}/)", re.IGNORECASE
)
_PLAIN_WEB: Final = re.compile(
    r"https?://(?:[a-z0-9]+(?:-[a-z0-9]+)*\.)+[a-z]{2,}(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+/?"
    r"(?:\?[A-Za-z0-9=&._~-]+)?"
)
"""Addresses that the parser would give back as they are: nine of ten, in a tenth of the time."""
_AUTHORITY: Final = re.compile(r"https?:[/\\]*([^/?#]*)|//([^/?#]*)", re.IGNORECASE | re.DOTALL)
_DECEPTIVE: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\\\\]"
)
"""Backslashes, control characters and those that hide or turn round the text beside them."""

_KNOWN_SCHEME: Final = re.compile(
    "about|blob|chrome|content|file|filesystem|ftps?|gopher|git|https?|intent|jar|javascript|ldaps?"
    "|mailto|news|nfs|resource|rtsp|sftp|sms|smb|ssh|tel|telnet|urn|vbscript|view-source|wss?"
)
"""URL schemes, told from the sets of icon fonts ("mdi:home")."""

NOT_AN_ADDRESS: Final = (
    "“{text}” is not an address. Write one such as https://example.com/icon.svg."
)
NO_HOST: Final = "“{text}” names no host. Write one such as https://example.com/icon.svg."
NO_BASE: Final = (
    "“{text}” is relative and no base URL is set to complete it. Set one with Organization > "
    "Base URL of Organization, or for all with File > Base URL of the Catalogue."
)
BAD_BASE: Final = (
    "“{text}” is relative and the base URL “{base}” is no http or https address. "
    "Mend the base URL of the organization or of the catalogue."
)
OTHER_SCHEME: Final = "Icons are loaded from http, https and data addresses, not from “{scheme}:”."
CREDENTIALS: Final = (
    "The address contains a user name or a password, which everyone who sees the catalogue could "
    "read. Take it out."
)
DECEPTIVE_HOST: Final = (
    "The host in the address contains a backslash, a control character or one that hides or turns "
    "text, so it is not the host it looks like. Write the host in plain letters."
)
BAD_DATA: Final = (
    "The data: URI cannot be read. It needs a comma, and valid base64 after “;base64”."
)
OTHER_SCRIPT: Final = (
    "The host “{host}” is {ascii} to the network. Some letters look like others: make sure that "
    "it is the host you mean."
)


@dataclass(frozen=True, slots=True)
class Address:
    """What an icon URL means.

    `kind` is "none" (absent, null or empty), "web" (http or https), "data", "relative" (and nothing
    completes it), "name" (of an icon font, or an emoji), "other" (another scheme) or "invalid".
    `url` is the absolute URL to load, or "" when there is nothing to load; `reason` then says why,
    unless the kind itself does. `text` is what was given.
    """

    kind: AddressKind
    url: str = ""
    reason: Problem | None = None
    text: str = ""


def classify(icon_url: Value, bases: Sequence[str | None] = ()) -> Address:
    """Tell what `icon_url` is; the first non-empty one of `bases` completes a relative one."""
    if isinstance(icon_url, str) and _is_plain_web(icon_url):
        return Address("web", icon_url, text=icon_url)
    text = csv_text(icon_url)
    base = next((base for base in bases if base), "")
    if len(text) > _CACHED_LENGTH:
        return _classify(text, base)
    return _classify_cached(text, base)


def _classify(text: str, base: str) -> Address:
    stripped = text.strip(_SPACES)
    if not stripped:
        return Address("none", text=text)
    if stripped[:5].lower() == "data:" and stripped[5:7] != "//":
        return _data(text, stripped)
    scheme = _SCHEME.match(stripped)
    if scheme is not None:
        return _with_scheme(text, stripped, scheme[1].lower(), base.strip(_SPACES))
    if not _is_relative(stripped):
        return Address("name", text=text)
    if not base:
        return Address("relative", "", Problem(NO_BASE, text=shortened(stripped)), text)
    return _resolved(text, stripped, base.strip(_SPACES))


_classify_cached = lru_cache(maxsize=8192)(_classify)


def _is_plain_web(text: str) -> bool:
    return _PLAIN_WEB.fullmatch(text) is not None and "xn--" not in text


def _data(text: str, stripped: str) -> Address:
    """Of a long text without breaks no copy is made."""
    for space in "\t\n\r":
        if space in stripped:
            stripped = stripped.replace(space, "")
    return Address("data", stripped.partition("#")[0], text=text)


def _with_scheme(text: str, stripped: str, scheme: str, base: str) -> Address:
    if scheme not in {"http", "https", "data"}:
        if _HOST_AND_PORT.fullmatch(stripped) and not _KNOWN_SCHEME.fullmatch(scheme):
            return Address("invalid", "", Problem(NOT_AN_ADDRESS, text=shortened(stripped)), text)
        if _ICON_SET_NAME.fullmatch(stripped) and not _KNOWN_SCHEME.fullmatch(scheme):
            return Address("name", text=text)
        return Address("other", "", Problem(OTHER_SCHEME, scheme=scheme), text)
    try:
        parsed = _parsed(stripped, base)
    except ValueError:
        return _unparsable(text, stripped)
    if scheme == "data":
        return _data(text, str(parsed.href))
    return _web(text, stripped, parsed)


def _parsed(stripped: str, base: str) -> ada_url.URL:
    """Also "http:a.svg" is relative, to a base of the same scheme."""
    if base.lower().startswith(("http:", "https:")):
        with suppress(ValueError):
            return ada_url.URL(stripped, base=base)
    return ada_url.URL(stripped)


def _unparsable(text: str, stripped: str) -> Address:
    if _has_deceptive_host(stripped):
        return Address("web", "", Problem(DECEPTIVE_HOST), text)
    authority = _AUTHORITY.match(stripped)
    template = NO_HOST if authority and not (authority[1] or authority[2]) else NOT_AN_ADDRESS
    return Address("invalid", "", Problem(template, text=shortened(stripped)), text)


def _resolved(text: str, stripped: str, base: str) -> Address:
    if not base.lower().startswith(("http:", "https:")):
        return _bad_base(text, stripped, base)
    try:
        ada_url.URL(base)
    except ValueError:
        return _bad_base(text, stripped, base)
    try:
        parsed = ada_url.URL(stripped, base=base)
    except ValueError:
        return _unparsable(text, stripped)
    return _web(text, stripped, parsed)


def _bad_base(text: str, stripped: str, base: str) -> Address:
    problem = Problem(BAD_BASE, text=shortened(stripped), base=shortened(base))
    return Address("relative", "", problem, text)


def _web(text: str, stripped: str, parsed: ada_url.URL) -> Address:
    if parsed.username or parsed.password:
        return Address("web", "", Problem(CREDENTIALS), text)
    if _has_deceptive_host(stripped):
        return Address("web", "", Problem(DECEPTIVE_HOST), text)
    if "xn--" in parsed.hostname and "xn--" in ada_url.idna_to_unicode(parsed.hostname):
        return Address("invalid", "", Problem(NOT_AN_ADDRESS, text=shortened(stripped)), text)
    return Address("web", str(parsed.href), text=text)


def _has_deceptive_host(stripped: str) -> bool:
    authority = _AUTHORITY.match(stripped)
    if authority is None:
        return False
    return _DECEPTIVE.search(authority[1] or authority[2] or "") is not None


def _is_relative(stripped: str) -> bool:
    path = re.split("[?#]", stripped, maxsplit=1)[0]
    return "/" in path or _FILE_NAME.search(path) is not None


def redirected(location: str, url: str) -> Address:
    """The address that a redirect from `url` to `location` (its header) leads to."""
    stripped = location.strip(_SPACES)
    scheme = _SCHEME.match(stripped)
    if scheme is not None and scheme[1].lower() not in {"http", "https"}:
        return Address("other", "", Problem(OTHER_SCHEME, scheme=scheme[1].lower()), location)
    try:
        return _web(location, stripped, ada_url.URL(stripped, base=url))
    except ValueError:
        return _unparsable(location, stripped)


@lru_cache(maxsize=1024)
def host_and_port(url: str) -> tuple[str, int]:
    """Host (ASCII, lower case, no brackets) and port of an http or https `Address.url`."""
    parsed = ada_url.URL(url)
    port = int(parsed.port) if parsed.port else (443 if parsed.protocol == "https:" else 80)
    return str(parsed.hostname).strip("[]"), port


def data_bytes(url: str) -> tuple[str, bytes] | None:
    """Media type and bytes of a data: URL (WHATWG fetch standard), or None when it has none."""
    header, comma, body = url[5:].partition(",")
    if not comma:
        return None
    data: bytes | None = unquote_to_bytes(body)
    base64 = re.search(r"; *base64 *$", header, re.IGNORECASE)
    if base64 is not None:
        header = header[: base64.start()]
        data = _forgiving_base64(data or b"")
    essence = quote(header.partition(";")[0], safe=_PLAIN).strip(" ").lower()
    media_type = essence if re.fullmatch(r"[^/\s]+/[^/\s]+", essence) else "text/plain"
    return None if data is None else (media_type, data)


def _forgiving_base64(data: bytes) -> bytes | None:
    data = data.translate(None, b"\t\n\f\r ")
    if len(data) % 4 == 0:
        data = data[:-2] + data[-2:].replace(b"=", b"") if data.endswith(b"=") else data
    if len(data) % 4 == 1 or re.fullmatch(rb"[A-Za-z0-9+/]*", data) is None:
        return None
    return binascii.a2b_base64(data + b"=" * (-len(data) % 4))


def warn(icon_url: Value, bases: Sequence[str | None] = ()) -> list[Problem]:
    """What is doubtful about an icon URL, for the form's live validation; nothing blocks."""
    text = csv_text(icon_url)
    address = classify(icon_url, bases)
    problems = [address.reason] if address.reason is not None else []
    if text and text != text.strip():
        problems.append(Problem("There are spaces or line breaks around the address."))
    elif re.search("[\t\n\r]", text):
        problems.append(Problem("There is a line break or a tab within the address."))
    if address.kind == "web" and address.url:
        problems.extend(_name_warnings(address.url))
    if address.kind == "web" and address.url.startswith("http:"):
        problems.append(Problem("The address is not encrypted. Use https if the host offers it."))
    if address.kind == "data":
        problems.extend(_data_warnings(address.url))
    if address.kind == "relative" and _LOOKS_LIKE_HOST.match(text.strip()):
        problems.append(Problem("If “{text}” is a host, put https:// in front.", text=_host(text)))
    return problems


def _name_warnings(url: str) -> list[Problem]:
    """A host in letters of other scripts, which may look like those of another host."""
    host = host_and_port(url)[0]
    if "xn--" not in host:
        return []
    shown = str(ada_url.idna_to_unicode(host))
    return [Problem(OTHER_SCRIPT, host=shown, ascii=host)]


def _data_warnings(url: str) -> list[Problem]:
    if len(url) > MAX_DATA_URI:
        template = "The data: URI is {size:.0f} KB long; above {limit:.0f} KB it slows every list."
        return [Problem(template, size=len(url) / 1024, limit=MAX_DATA_URI / 1024)]
    return [] if data_bytes(url) is not None else [Problem(BAD_DATA)]


def _host(text: str) -> str:
    return shortened(text.strip().partition("/")[0])


def shortened(text: str) -> str:
    """`text` short enough to be quoted in a sentence."""
    return text if len(text) <= _SHOWN_LENGTH else text[: _SHOWN_LENGTH - 1] + "…"


def host_names(icon_url: str) -> tuple[str, ...]:
    """The host that an icon URL names, as WHATWG writes it, and as people do; () for none."""
    if _is_plain_web(icon_url):
        return (icon_url.split("/", 3)[2],)
    address = classify(icon_url)
    if address.kind != "web" or not address.url:
        return ()
    host = str(ada_url.URL(address.url).hostname)
    return (host, str(ada_url.idna_to_unicode(host))) if "xn--" in host else (host,)
