"""Fetches icons over http and https: few at a time, nothing told about the user, nothing trusted.

Lives in the icon thread. Every address, and every one it redirects to, is checked after its name
was resolved. QtNetwork resolves the name once more when it connects; it takes the answer from the
same cache of Qt (60 seconds), so it goes where the check looked unless that cache dropped the name
in between. Through a proxy it is the proxy that resolves names, and only what is known here can be
checked.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Final

from PySide6.QtCore import QObject, QTimer
from PySide6.QtNetwork import (
    QHostInfo,
    QNetworkAccessManager,
    QNetworkReply,
    QNetworkRequest,
)

from db.addresses import host_and_port, host_problem, is_allowed, redirected
from db.errors import Problem
from gui import icon_facts as words
from gui.icon_facts import MAX_BYTES, NO_VALIDATORS, Validators
from gui.icon_http import (
    TRANSFER_TIMEOUT_MS,
    fresh_seconds,
    goes_through_proxy,
    header,
    is_ip,
    make_request,
    retry_seconds,
    status_problem,
    too_many_bytes,
    url_for_qt,
)
from gui.icon_policy import HOST_NOT_ALLOWED

CONNECTIONS_PER_HOST: Final = 6
STREAMS_PER_HOST: Final = 32
"""Requests at once to a host that speaks HTTP/2, over one connection."""
REQUESTS_AT_ONCE: Final = 64
SECONDS_PER_TRY: Final = 15.0
TRIES: Final = 3
MAX_REDIRECTS: Final = 5
MAX_WAIT: Final = 30.0
"""Seconds that a host may ask us to wait before we give up."""
BACKOFF: Final = 0.5
SECONDS_RESOLVED: Final = 30.0
READ_BUFFER: Final = MAX_BYTES + 1024 * 1024
"""Bytes that Qt reads ahead; it stops somewhat below, which must still be over the limit."""
_SWEEP_MS: Final = 100
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_BUSY: Final = frozenset({408, 429, 502, 503, 504})

_Error = QNetworkReply.NetworkError
_LOST: Final = frozenset(
    {
        _Error.RemoteHostClosedError,
        _Error.TemporaryNetworkFailureError,
        _Error.NetworkSessionFailedError,
        _Error.UnknownNetworkError,
    }
)
_SENTENCES: Final = {
    _Error.ConnectionRefusedError: words.NO_CONNECTION,
    _Error.HostNotFoundError: words.NO_SUCH_HOST,
    _Error.SslHandshakeFailedError: words.NO_ENCRYPTION,
    _Error.ProxyConnectionRefusedError: words.NO_PROXY,
    _Error.ProxyConnectionClosedError: words.NO_PROXY,
    _Error.ProxyNotFoundError: words.NO_PROXY,
    _Error.ProxyTimeoutError: words.NO_PROXY,
    _Error.ProxyAuthenticationRequiredError: words.NO_PROXY,
}


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


Done = Callable[[Fetched], None]
HostKey = tuple[str, int]


@dataclass(slots=True, eq=False)
class _Job:
    asked: str
    url: str
    validators: Validators
    done: Done
    host: _Host
    redirects: int = 0
    tries: int = 0
    deadline: float = 0.0
    reply: QNetworkReply | None = None
    abort_reason: Problem | None = None


class _Host:
    """What waits for one host and port, and how much is under way there."""

    def __init__(self) -> None:
        self.waiting: OrderedDict[str, _Job] = OrderedDict()
        self.active = 0
        self.limit = CONNECTIONS_PER_HOST
        self.not_before = 0.0

    def has_room(self, now: float) -> bool:
        return bool(self.waiting) and self.active < self.limit and self.not_before <= now


class Fetcher(QObject):
    """Fetches addresses, last asked first; every `done` is called once, in this thread."""

    def __init__(self, allowed_hosts: Collection[str], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.allowed_hosts = allowed_hosts
        self.only_allowed = False
        self.on_started: Callable[[str], None] = lambda url: None
        self._manager = QNetworkAccessManager(self)
        self._manager.finished.connect(self._finished)
        self._hosts: OrderedDict[HostKey, _Host] = OrderedDict()
        self._jobs: dict[QNetworkReply, _Job] = {}
        self._active: set[_Job] = set()
        self._resolved: dict[str, tuple[float, list[str]]] = {}
        self._resolving: dict[str, list[_Job]] = {}
        self._stopped = False
        self._sweeper = QTimer(self, interval=_SWEEP_MS)
        self._sweeper.timeout.connect(self._sweep)

    @property
    def load(self) -> int:
        """Requests that wait or are under way."""
        return len(self._active) + sum(len(host.waiting) for host in self._hosts.values())

    def fetch(self, url: str, validators: Validators, done: Done) -> None:
        """Ask for `url`, an `Address.url` of the kind "web"."""
        key = host_and_port(url)
        host = self._hosts.setdefault(key, _Host())
        self._hosts.move_to_end(key)
        host.waiting[url] = _Job(url, url, validators, done, host)
        self._pump()

    def prefer(self, url: str) -> None:
        """Take a waiting address first."""
        host = self._hosts.get(host_and_port(url))
        if host is not None and url in host.waiting:
            host.waiting.move_to_end(url)

    def drop(self, unwanted: Callable[[str], bool]) -> list[str]:
        """Forget waiting addresses that are `unwanted`, and tell which; `done` is not called."""
        dropped = []
        for host in self._hosts.values():
            for url in [url for url in host.waiting if unwanted(url)]:
                del host.waiting[url]
                dropped.append(url)
        return dropped

    def break_off(self, url: str) -> None:
        """Ask for `url` no more, also when that has begun; `done` is not called."""
        for host in self._hosts.values():
            host.waiting.pop(url, None)
        for job in [job for job in self._active if job.asked == url]:
            self._active.discard(job)
            job.host.active -= 1
            if job.reply is not None:
                self._jobs.pop(job.reply, None)
                job.reply.abort()

    def stop(self) -> None:
        """Break off everything; no `done` is called any more."""
        self._stopped = True
        self._sweeper.stop()
        self._hosts.clear()
        for reply in list(self._jobs):
            reply.abort()
        self._jobs.clear()
        self._active.clear()
        self._manager.clearConnectionCache()

    # Which request is next -----------------------------------------------------------------

    def _pump(self) -> None:
        now = time.monotonic()
        while len(self._active) < REQUESTS_AT_ONCE:
            host = next((h for h in reversed(self._hosts.values()) if h.has_room(now)), None)
            if host is None:
                break
            _, job = host.waiting.popitem()
            host.active += 1
            job.tries += 1
            job.deadline = now + SECONDS_PER_TRY
            self._active.add(job)
            self.on_started(job.asked)
            self._check(job)
        if not self._sweeper.isActive() and self.load:
            self._sweeper.start()

    def _sweep(self) -> None:
        """Break off what takes too long or is too big; go on with hosts that made us wait."""
        now = time.monotonic()
        for job in list(self._active):
            if now > job.deadline:
                host = host_and_port(job.url)[0]
                self._abort(job, Problem(words.TOO_SLOW, host=host, seconds=SECONDS_PER_TRY))
            elif job.reply is not None and job.reply.bytesAvailable() > MAX_BYTES:
                self._abort(job, too_many_bytes())
        self._pump()
        if not self.load:
            self._sweeper.stop()
            self._hosts.clear()

    def _abort(self, job: _Job, reason: Problem) -> None:
        job.abort_reason = reason
        if job.reply is not None:
            job.reply.abort()
        else:
            self._fail(job, reason, unreachable=True)

    # Checks ------------------------------------------------------------------------------------

    def _check(self, job: _Job) -> None:
        host, port = host_and_port(job.url)
        problem = host_problem(host, [], self.allowed_hosts, port)
        if self.only_allowed and not is_allowed(host, port, self.allowed_hosts):
            problem = Problem(HOST_NOT_ALLOWED, host=host)
        if problem is not None:
            self._refuse(job, problem)
        elif is_ip(host) or is_allowed(host, port, self.allowed_hosts):
            self._get(job)
        else:
            self._resolve(job, host, port)

    def _resolve(self, job: _Job, host: str, port: int) -> None:
        moment, addresses = self._resolved.get(host, (0.0, []))
        if addresses and time.monotonic() < moment + SECONDS_RESOLVED:
            self._judge(job, host, port, addresses)
        elif host in self._resolving:
            self._resolving[host].append(job)
        else:
            self._resolving[host] = [job]
            # The stub takes the static method for one of an instance.
            QHostInfo.lookupHost(host, partial(self._looked_up, host))  # type: ignore[call-overload]

    def _looked_up(self, host: str, info: QHostInfo) -> None:
        if self._stopped:
            return
        addresses = [address.toString() for address in info.addresses()]
        self._resolved[host] = (time.monotonic(), addresses)
        for job in self._resolving.pop(host, []):
            if job in self._active:
                self._judge(job, host, host_and_port(job.url)[1], addresses)

    def _judge(self, job: _Job, host: str, port: int, addresses: list[str]) -> None:
        problem = host_problem(host, addresses, self.allowed_hosts, port)
        if problem is not None:
            self._refuse(job, problem)
        elif addresses or goes_through_proxy(job.url):
            self._get(job)
        else:
            self._fail(job, Problem(words.NO_SUCH_HOST, host=host), unreachable=True)

    def _get(self, job: _Job) -> None:
        url = url_for_qt(job.url)
        if url is None:
            self._refuse(job, Problem(words.DIFFERENT_READING))
            return
        job.reply = self._manager.get(make_request(url, job.validators))
        job.reply.setReadBufferSize(READ_BUFFER)
        self._jobs[job.reply] = job

    # Answers -----------------------------------------------------------------------------------

    def _finished(self, reply: QNetworkReply) -> None:
        job = self._jobs.pop(reply, None)
        reply.deleteLater()
        if job is None or self._stopped:
            return
        job.reply = None
        if reply.attribute(QNetworkRequest.Attribute.Http2WasUsedAttribute):
            job.host.limit = STREAMS_PER_HOST
        status = reply.attribute(QNetworkRequest.Attribute.HttpStatusCodeAttribute)
        if job.abort_reason is not None:
            self._fail(job, job.abort_reason, status)
        elif status in _REDIRECTS:
            self._redirect(job, status, reply)
        elif status in _BUSY:
            self._busy(job, status, header(reply, "Retry-After"))
        elif status is not None and status >= 400:
            self._fail(job, status_problem(words.HTTP_STATUS, status), status)
        elif reply.error() != _Error.NoError:
            self._broken(job, status, reply.error())
        else:
            self._arrived(job, status, reply)

    def _arrived(self, job: _Job, status: int | None, reply: QNetworkReply) -> None:
        body = bytes(reply.readAll().data())
        if len(body) > MAX_BYTES:
            self._fail(job, too_many_bytes(), status)
            return
        not_modified = status == HTTPStatus.NOT_MODIFIED
        fetched = Fetched(
            final_url=job.url,
            status=status,
            content_type=header(reply, "Content-Type"),
            validators=Validators(header(reply, "ETag"), header(reply, "Last-Modified")),
            fresh_seconds=fresh_seconds(header(reply, "Cache-Control")),
            body=None if not_modified else body,
            not_modified=not_modified,
        )
        self._end(job, fetched)

    def _redirect(self, job: _Job, status: int, reply: QNetworkReply) -> None:
        location = header(reply, "Location")
        if not location:
            self._fail(job, Problem(words.REDIRECT_WITHOUT_TARGET, status=status), status)
            return
        job.redirects += 1
        if job.redirects > MAX_REDIRECTS:
            self._fail(job, Problem(words.TOO_MANY_REDIRECTS, limit=MAX_REDIRECTS), status)
            return
        target = redirected(location, job.url)
        if target.reason is not None:
            self._refuse(job, target.reason, status)
            return
        job.url = target.url
        self._check(job)

    def _busy(self, job: _Job, status: int, retry_after: str) -> None:
        wait = retry_seconds(retry_after)
        if wait is None:
            wait = BACKOFF * 2.0**job.tries
        job.host.not_before = time.monotonic() + min(wait, MAX_WAIT)
        if job.tries < TRIES and wait <= MAX_WAIT:
            self._again(job)
        else:
            problem = status_problem(words.HTTP_BUSY, status)
            self._fail(job, problem, status, unreachable=True)

    def _broken(self, job: _Job, status: int | None, error: QNetworkReply.NetworkError) -> None:
        host = host_and_port(job.url)[0]
        if error in (_Error.TimeoutError, _Error.OperationCanceledError):
            problem = Problem(words.TOO_SLOW, host=host, seconds=TRANSFER_TIMEOUT_MS / 1000)
        elif error in _LOST:
            if job.tries < TRIES:
                job.host.not_before = time.monotonic() + BACKOFF * job.tries
                self._again(job)
                return
            problem = Problem(words.CONNECTION_LOST, host=host)
        elif error == _Error.UnknownContentError:
            limit = MAX_BYTES // (1024 * 1024)
            self._fail(job, Problem(words.INFLATES, limit=limit), status)
            return
        else:
            problem = Problem(_SENTENCES.get(error, words.CANNOT_LOAD), host=host)
        self._fail(job, problem, status, unreachable=True)

    def _again(self, job: _Job) -> None:
        self._active.discard(job)
        job.host.active -= 1
        job.url, job.redirects = job.asked, 0
        job.host.waiting[job.asked] = job
        self._pump()

    def _refuse(self, job: _Job, problem: Problem, status: int | None = None) -> None:
        self._end(job, Fetched(job.url, status, problem=problem, refused=True))

    def _fail(
        self,
        job: _Job,
        problem: Problem,
        status: int | None = None,
        *,
        unreachable: bool = False,
    ) -> None:
        self._end(job, Fetched(job.url, status, problem=problem, unreachable=unreachable))

    def _end(self, job: _Job, fetched: Fetched) -> None:
        if job in self._active:
            self._active.discard(job)
            job.host.active -= 1
            job.done(fetched)
        if not self._stopped:
            self._pump()
