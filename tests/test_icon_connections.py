"""How icons are fetched below HTTP: certificates, HTTP/2, the proxy of the system."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import trustme
from PySide6.QtNetwork import QSslCertificate, QSslConfiguration
from pytestqt.qtbot import QtBot

from gui.icon_facts import NO_VALIDATORS
from gui.icon_fetcher import Fetcher
from gui.icon_http import Fetched
from gui.icon_queue import CONNECTIONS_PER_HOST
from tests.http2_server import Http2Server
from tests.icon_server import IconServer, png

WAIT_MS = 10_000
HOST = "127.0.0.1"


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def trusted(authority: trustme.CA) -> Iterator[trustme.CA]:
    """An authority that this program trusts during the test."""
    before = QSslConfiguration.defaultConfiguration()
    configuration = QSslConfiguration(before)
    configuration.addCaCertificate(QSslCertificate(authority.cert_pem.bytes()))
    QSslConfiguration.setDefaultConfiguration(configuration)
    yield authority
    QSslConfiguration.setDefaultConfiguration(before)


@pytest.fixture
def fetcher(qtbot: QtBot) -> Iterator[Fetcher]:
    fetcher = Fetcher([HOST])
    yield fetcher
    fetcher.stop()
    fetcher.deleteLater()


def fetch(qtbot: QtBot, fetcher: Fetcher, *urls: str) -> list[Fetched]:
    results: list[Fetched] = []
    for url in urls:
        fetcher.fetch(url, NO_VALIDATORS, results.append)
    qtbot.waitUntil(lambda: len(results) == len(urls), timeout=WAIT_MS)
    return results


def context_of(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


def self_signed() -> ssl.SSLContext:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with authority.cert_pem.tempfile() as chain, authority.private_key_pem.tempfile() as key:
        context.load_cert_chain(chain, key)
    return context


def test_a_valid_certificate(qtbot: QtBot, trusted: trustme.CA, fetcher: Fetcher) -> None:
    with IconServer(context_of(trusted.issue_cert(HOST))) as server:
        (fetched,) = fetch(qtbot, fetcher, f"{server.url}/png/red")
    assert fetched.problem is None
    assert fetched.body == png("red")


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("expired", "has expired"),
        ("early", "not valid yet"),
        ("other", "is for another host"),
        ("self-signed", "signed its certificate itself"),
        ("unknown", "signed by nobody whom this computer trusts"),
        ("old", "encryption is too old"),
    ],
)
def test_each_fault_of_encryption_has_its_own_sentence(
    qtbot: QtBot, trusted: trustme.CA, fetcher: Fetcher, fault: str, words: str
) -> None:
    now, day = datetime.now(UTC), timedelta(days=1)
    if fault == "expired":
        leaf = trusted.issue_cert(HOST, not_before=now - 9 * day, not_after=now - day)
        context = context_of(leaf)
    elif fault == "early":
        context = context_of(trusted.issue_cert(HOST, not_before=now + day))
    elif fault == "other":
        context = context_of(trusted.issue_cert("other.example"))
    elif fault == "self-signed":
        context = self_signed()
    elif fault == "unknown":
        context = context_of(trustme.CA().issue_cert(HOST))
    else:
        context = context_of(trusted.issue_cert(HOST))
        context.set_ciphers("ALL:@SECLEVEL=0")
        with pytest.warns(DeprecationWarning, match="TLSv1_1"):
            context.minimum_version = ssl.TLSVersion.TLSv1_1
        with pytest.warns(DeprecationWarning, match="TLSv1_1"):
            context.maximum_version = ssl.TLSVersion.TLSv1_1
    with IconServer(context) as server:
        (fetched,) = fetch(qtbot, fetcher, f"{server.url}/png/red")
        assert not server.seen
    assert fetched.body is None
    assert "No secure connection to “127.0.0.1”" in str(fetched.problem)
    assert words in str(fetched.problem)


def test_http2_takes_many_requests_over_one_connection(
    qtbot: QtBot, trusted: trustme.CA, fetcher: Fetcher
) -> None:
    with Http2Server(context_of(trusted.issue_cert(HOST)), png("blue")) as server:
        fetch(qtbot, fetcher, f"{server.url}/first.png")
        fetched = fetch(qtbot, fetcher, *(f"{server.url}/{n}.png" for n in range(60)))
    assert {answer.body for answer in fetched} == {png("blue")}
    assert server.connections == 1
    assert server.most_streams > CONNECTIONS_PER_HOST
    assert not {"cookie", "referer", "authorization", "origin"} & set(server.headers)


def test_the_proxy_of_the_system_is_asked(
    qtbot: QtBot, fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    with IconServer() as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        proxy.pictures["http://icons.invalid/a.png"] = png("green")
        (fetched,) = fetch(qtbot, fetcher, "http://icons.invalid/a.png")
        assert fetched.problem is None
        assert fetched.body == png("green")
        (refused,) = fetch(qtbot, fetcher, "http://10.0.0.1/a.png")
        assert refused.refused
        assert list(proxy.seen) == ["http://icons.invalid/a.png"]


def test_a_proxy_that_is_not_there_is_named(
    qtbot: QtBot, fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    with IconServer() as gone:
        monkeypatch.setenv("http_proxy", gone.url)
    (fetched,) = fetch(qtbot, fetcher, "http://icons.invalid/a.png")
    assert "proxy" in str(fetched.problem)
    assert fetched.unreachable
