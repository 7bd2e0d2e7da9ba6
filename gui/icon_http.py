"""What icon requests say and what their answers mean: headers, URLs for Qt, waiting times."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from http import HTTPStatus
from ipaddress import ip_address
from typing import Final

from PySide6.QtCore import QUrl
from PySide6.QtNetwork import (
    QNetworkProxy,
    QNetworkProxyFactory,
    QNetworkProxyQuery,
    QNetworkReply,
    QNetworkRequest,
    QSslError,
)

from db.addresses import host_and_port
from db.errors import Problem
from gui import icon_facts as words
from gui.icon_facts import MAX_BYTES, NO_VALIDATORS, Validators
from gui.version import VERSION

_ACCEPT: Final = b"image/avif,image/webp,image/svg+xml,image/*;q=0.9,*/*;q=0.5"

_Error = QNetworkReply.NetworkError
LOST: Final = frozenset(
    {
        _Error.RemoteHostClosedError,
        _Error.TemporaryNetworkFailureError,
        _Error.NetworkSessionFailedError,
        _Error.UnknownNetworkError,
    }
)
"""What may pass when it is tried again."""
_SENTENCES: Final = {
    _Error.ConnectionRefusedError: words.NO_CONNECTION,
    _Error.HostNotFoundError: words.NO_SUCH_HOST,
    _Error.ProxyConnectionRefusedError: words.NO_PROXY,
    _Error.ProxyConnectionClosedError: words.NO_PROXY,
    _Error.ProxyNotFoundError: words.NO_PROXY,
    _Error.ProxyTimeoutError: words.NO_PROXY,
    _Error.ProxyAuthenticationRequiredError: words.NO_PROXY,
    _Error.TimeoutError: words.NO_CONNECTION,
}
_Tls = QSslError.SslError
_TLS_SENTENCES: Final = (
    (_Tls.SelfSignedCertificate, words.CERTIFICATE_SELF_SIGNED),
    (_Tls.HostNameMismatch, words.CERTIFICATE_OF_ANOTHER),
    (_Tls.CertificateExpired, words.CERTIFICATE_EXPIRED),
    (_Tls.CertificateNotYetValid, words.CERTIFICATE_NOT_YET_VALID),
    (_Tls.SelfSignedCertificateInChain, words.CERTIFICATE_NOT_TRUSTED),
    (_Tls.UnableToGetLocalIssuerCertificate, words.CERTIFICATE_NOT_TRUSTED),
    (_Tls.UnableToVerifyFirstCertificate, words.CERTIFICATE_NOT_TRUSTED),
    (_Tls.CertificateUntrusted, words.CERTIFICATE_NOT_TRUSTED),
)


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a request may take, in seconds, and how often it is tried.

    `seconds_per_try` holds for a whole try, redirects and all. After a passing fault `backoff` is
    waited, then twice as long. A host may ask for a pause of up to `longest_wait`. What a host says
    about how long its picture may be used is held between `min_fresh` and `max_fresh`.
    """

    seconds_per_try: float = 15.0
    tries: int = 3
    backoff: float = 0.5
    longest_wait: float = 30.0
    min_fresh: float = 300.0
    max_fresh: float = 7 * 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came of a request: bytes, "not modified", or the reason why there is nothing.

    `refused`: we did not ask. `unreachable`: nobody answered, so an older picture still holds.
    """

    final_url: str
    status: int | None = None
    content_type: str = ""
    validators: Validators = NO_VALIDATORS
    fresh_seconds: float | None = None
    body: bytes | None = None
    not_modified: bool = False
    problem: Problem | None = None
    refused: bool = False
    unreachable: bool = False


def is_ip(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def url_for_qt(url: str) -> QUrl | None:
    """`url` for Qt, provided that Qt reads the same host and port in it."""
    for qurl in _readings(url):
        host = qurl.host(QUrl.ComponentFormattingOption.FullyEncoded).lower()
        port = qurl.port(443 if qurl.scheme() == "https" else 80)
        if qurl.isValid() and (host, port) == host_and_port(url) and not qurl.userInfo():
            return qurl
    return None


def _readings(url: str) -> Iterator[QUrl]:
    yield QUrl.fromEncoded(url.encode(), QUrl.ParsingMode.StrictMode)
    yield QUrl(url, QUrl.ParsingMode.TolerantMode)


@cache
def _plain_request() -> QNetworkRequest:
    """What all requests have in common: nothing about the user."""
    request = QNetworkRequest()
    attribute = QNetworkRequest.Attribute
    manual = QNetworkRequest.LoadControl.Manual
    request.setAttribute(attribute.CookieLoadControlAttribute, manual)
    request.setAttribute(attribute.CookieSaveControlAttribute, manual)
    request.setAttribute(attribute.AuthenticationReuseAttribute, manual)
    request.setAttribute(
        attribute.RedirectPolicyAttribute, QNetworkRequest.RedirectPolicy.ManualRedirectPolicy
    )
    request.setDecompressedSafetyCheckThreshold(MAX_BYTES)
    request.setRawHeader(b"User-Agent", f"Integration-Icons/{VERSION}".encode())
    request.setRawHeader(b"Accept", _ACCEPT)
    request.setRawHeader(b"Accept-Language", b"en,*")
    return request


def make_request(url: QUrl, validators: Validators) -> QNetworkRequest:
    """A request without cookies, credentials or referrer, which follows no redirect by itself."""
    request = QNetworkRequest(_plain_request())
    request.setUrl(url)
    if validators.etag:
        request.setRawHeader(b"If-None-Match", validators.etag.encode("latin-1", "ignore"))
    if validators.last_modified:
        modified = validators.last_modified.encode("latin-1", "ignore")
        request.setRawHeader(b"If-Modified-Since", modified)
    return request


def goes_through_proxy(url: str) -> bool:
    proxies = QNetworkProxyFactory.systemProxyForQuery(QNetworkProxyQuery(QUrl(url)))
    return any(proxy.type() != QNetworkProxy.ProxyType.NoProxy for proxy in proxies)


def header(reply: QNetworkReply, name: str) -> str:
    return bytes(reply.rawHeader(name).data()).decode("utf-8", "replace")[:4096]


def retry_seconds(retry_after: str) -> float | None:
    if retry_after.strip().isdecimal():
        return float(retry_after)
    try:
        moment = parsedate_to_datetime(retry_after)
    except (ValueError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())


def fresh_seconds(cache_control: str, limits: Limits) -> float | None:
    """Seconds that the host lets an answer be used, within `limits`; None if it does not say."""
    found = re.search(r"max-age\s*=\s*\"?(\d{1,10})", cache_control, re.IGNORECASE)
    seconds = float(found[1]) if found else None
    if re.search(r"\bno-(store|cache)\b", cache_control, re.IGNORECASE):
        seconds = 0.0
    if seconds is None:
        return None
    return min(max(seconds, limits.min_fresh), limits.max_fresh)


def status_problem(template: str, status: int) -> Problem:
    try:
        meaning = HTTPStatus(status).phrase
    except ValueError:
        meaning = "unknown"
    return Problem(template, status=status, meaning=meaning)


def too_many_bytes() -> Problem:
    return Problem(words.TOO_MANY_BYTES, limit=MAX_BYTES // (1024 * 1024))


def error_problem(error: QNetworkReply.NetworkError, host: str) -> Problem:
    return Problem(_SENTENCES.get(error, words.CANNOT_LOAD), host=host)


def tls_problem(errors: Iterable[QSslError.SslError], host: str) -> Problem:
    """Why no secure connection was made; the first reason of several that an admin can mend."""
    found = set(errors)
    template = next((sentence for error, sentence in _TLS_SENTENCES if error in found), None)
    return Problem(template or words.NO_ENCRYPTION, host=host)
