"""What is known about an icon: its state, its facts, and the sentences that say why it fails."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from hashlib import blake2b
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from db.errors import Problem

if TYPE_CHECKING:
    from PySide6.QtGui import QPixmap

MAX_BYTES: Final = 5 * 1024 * 1024
"""Bytes above which a picture is not loaded, as sent and as inflated."""

_LONG_URL: Final = 1024

Size = tuple[int, float]
"""Edge of the square in device-independent pixels, and device pixels for each of them."""


def cache_key(url: str) -> str:
    """What an address is filed under: itself, or a digest of a long one (data: URIs)."""
    if len(url) <= _LONG_URL:
        return url
    return "digest:" + blake2b(url.encode("utf-8", "surrogatepass"), digest_size=20).hexdigest()


class IconState(Enum):
    """Where an icon stands; each state has its own symbol and words on screen."""

    NONE = "none"
    WAITING = "waiting"
    LOADING = "loading"
    READY = "ready"
    STALE = "stale"
    """Shown from the cache; it could not be asked for again."""
    BROKEN = "broken"
    REFUSED = "refused"
    OFFLINE = "offline"
    """Not in the cache, and the user works offline."""
    WITHHELD = "withheld"
    """Not loaded, because the preferences say so."""
    RELATIVE = "relative"
    """An address that nothing completes: no base URL is set, or none that can be used."""
    NOT_ADDRESS = "not-address"
    NAME = "name"


@dataclass(frozen=True, slots=True)
class IconView:
    """What a cell draws: a picture, or a symbol for the state. `reason` says why it is not READY.

    `pixmap` may be None while READY: the size asked for is being drawn.
    """

    state: IconState
    pixmap: QPixmap | None = None
    reason: Problem | None = None


@dataclass(frozen=True, slots=True)
class Picture:
    """Facts of the decoded picture: native size in pixels (of the largest, for ICO)."""

    format: str
    width: int
    height: int
    alpha: bool
    blank: bool
    """Nothing visible: every pixel is fully transparent."""
    frames: int
    note: str = ""
    """What an SVG lacks: "outside" (other files are not loaded), "parts" (cannot be drawn)."""


@dataclass(frozen=True, slots=True)
class IconFacts:
    """What is known about one address. `fetched` and `retry_at` are seconds since the epoch.

    `retry_at` is set for faults that pass: from then on it is asked for again.
    """

    url: str
    state: IconState
    reason: Problem | None = None
    picture: Picture | None = None
    size_bytes: int | None = None
    final_url: str = ""
    status: int | None = None
    content_type: str = ""
    fetched: float | None = None
    retry_at: float | None = None

    def is_out_of_date(self, now: float) -> bool:
        """Whether it is time to ask for the icon again; `now` is in seconds since the epoch."""
        return self.retry_at is not None and now >= self.retry_at


@dataclass(frozen=True, slots=True)
class Validators:
    """What a host gave to ask whether a picture changed."""

    etag: str = ""
    last_modified: str = ""


NO_VALIDATORS: Final = Validators()


# Decoding -------------------------------------------------------------------------------------

PROCESS_LOST: Final = (
    "The program that loads icons ended unexpectedly, again and again. Start Integration Icons "
    "anew; if that does not help, install it anew."
)
CANNOT_START: Final = (
    "The program that draws pictures cannot be started. Install Integration Icons anew."
)
_DECODING: Final = {
    "empty": "The answer is empty: there is no picture in it.",
    "unknown": "This is no picture that can be shown. Use PNG, JPEG, GIF, WebP, ICO, BMP, SVG "
    "or AVIF.",
    "unknown-looks": "This is {looks}, not a picture that can be shown. Use PNG, JPEG, GIF, WebP, "
    "ICO, BMP, SVG or AVIF.",
    "page": "This is a web page (HTML), not a picture. Look for the address of the picture itself.",
    "damaged": "The {format} picture is damaged and cannot be drawn. Replace the file.",
    "large": "The {format} picture has {width} × {height} pixels, which is too large to draw. "
    "Use a smaller one.",
    "inflates": "The picture inflates to more than {limit} MB. Use a smaller one.",
    "memory": "Drawing the picture takes more memory than is given to it. Use a simpler one.",
    "slow": "Drawing the picture takes longer than {seconds} seconds. Use a simpler one.",
    "crash": "Drawing the picture fails: it is damaged, or too large. Replace the file.",
    "start": CANNOT_START,
}
FORMAT_NAMES: Final = {
    "avif": "AVIF",
    "bmp": "BMP",
    "gif": "GIF",
    "ico": "ICO",
    "jpeg": "JPEG",
    "png": "PNG",
    "svg": "SVG",
    "webp": "WebP",
}


_MEDIA_TYPES: Final = {
    **{f"image/{name}": name for name in FORMAT_NAMES},
    "image/svg+xml": "svg",
    "image/x-icon": "ico",
    "image/vnd.microsoft.icon": "ico",
    "image/jpg": "jpeg",
    "image/x-ms-bmp": "bmp",
    "image/x-png": "png",
}
_SAYS_NOTHING: Final = ("", "application/octet-stream", "binary/octet-stream")
_EXTENSIONS: Final = {**{f".{name}": name for name in FORMAT_NAMES}, ".jpg": "jpeg", ".svgz": "svg"}


def false_claim(facts: IconFacts) -> str:
    """The media type, or else the extension, that says another format than the content has; ""."""
    if facts.picture is None:
        return ""
    said = facts.content_type.partition(";")[0].strip().lower()
    if said not in _SAYS_NOTHING and _MEDIA_TYPES.get(said) != facts.picture.format:
        return said
    path = (facts.final_url or facts.url).partition("?")[0].partition("#")[0]
    extension = PurePosixPath(path).suffix.lower() if path.startswith("http") else ""
    wrong = _EXTENSIONS.get(extension, facts.picture.format) != facts.picture.format
    return extension if wrong else ""


def decoding_problem(code: str, details: Mapping[str, object]) -> Problem:
    """The sentence for an error `code` of the worker process."""
    values = {**details, "format": FORMAT_NAMES.get(str(details.get("format")), "")}
    if code == "unknown" and values.get("looks"):
        code = "page" if values["looks"] == "HTML" else "unknown-looks"
    return Problem(_DECODING.get(code, _DECODING["crash"]), **values)


# Fetching -------------------------------------------------------------------------------------

TOO_MANY_BYTES: Final = "The picture has more than {limit} MB. Use a smaller one."
INFLATES: Final = (
    "The answer inflates to many times its size. Use a picture of less than {limit} MB."
)
TOO_MANY_REDIRECTS: Final = "The address redirects more than {limit} times. Use the last one."
REDIRECT_WITHOUT_TARGET: Final = "The host answers {status} (redirect) without saying where to."
HTTP_STATUS: Final = "The host answers {status} ({meaning})."
HTTP_BUSY: Final = "The host answers {status} ({meaning}) again and again. Try later."
NO_SUCH_HOST: Final = "The host “{host}” cannot be found. Check its spelling and the connection."
NO_CONNECTION: Final = "“{host}” does not accept a connection. Try later, or check the port."
CONNECTION_LOST: Final = "The connection to “{host}” broke before the picture was complete."
NO_ENCRYPTION: Final = (
    "No secure connection to “{host}” can be made: its certificate is not valid, or the "
    "encryption is too old."
)
CERTIFICATE_OF_ANOTHER: Final = (
    "No secure connection to “{host}” can be made: its certificate is for another host. "
    "Check the spelling of the host."
)
CERTIFICATE_EXPIRED: Final = (
    "No secure connection to “{host}” can be made: its certificate has expired."
)
CERTIFICATE_NOT_YET_VALID: Final = (
    "No secure connection to “{host}” can be made: its certificate is not valid yet. "
    "Check the clock of this computer."
)
CERTIFICATE_SELF_SIGNED: Final = (
    "No secure connection to “{host}” can be made: it signed its certificate itself, so it could "
    "be anyone."
)
CERTIFICATE_NOT_TRUSTED: Final = (
    "No secure connection to “{host}” can be made: its certificate is signed by nobody whom this "
    "computer trusts."
)
TOO_SLOW: Final = "“{host}” did not deliver the picture within {seconds:g} seconds."
NO_PROXY: Final = "The network proxy does not let the request to “{host}” through."
CANNOT_LOAD: Final = "The picture cannot be loaded from “{host}”."
DIFFERENT_READING: Final = (
    "The address can be read in more than one way, and it is not clear which host it means. "
    "Write it in a simpler form."
)
NOT_KEPT: Final = (
    "The file of this picture is not kept any more. Reload the icon, then save it again."
)
