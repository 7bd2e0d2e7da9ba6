"""Fetches icons over http and https: few at a time, nothing told about the user, nothing trusted.

Lives in the icon process. Every address, and every one it redirects to, is checked after its name
was resolved. QtNetwork resolves the name once more when it connects; it takes the answer from the
same memory of Qt that the check has just asked. Through a proxy it is the proxy that resolves
names, and only what is known here can be checked.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Final

from PySide6.QtCore import QObject, QTimer
from PySide6.QtNetwork import (
    QNetworkAccessManager,
    QNetworkProxyFactory,
    QNetworkReply,
    QNetworkRequest,
    QSslError,
)

from db.addresses import host_and_port, redirected
from db.errors import Problem
from gui import icon_facts as words
from gui.icon_checks import HostChecks
from gui.icon_facts import MAX_BYTES, NO_VALIDATORS, Validators
from gui.icon_http import (
    LOST,
    Fetched,
    Limits,
    error_problem,
    fresh_seconds,
    header,
    make_request,
    retry_seconds,
    status_problem,
    tls_problem,
    too_many_bytes,
    url_for_qt,
)
from gui.icon_queue import HostKey, HostQueue

REQUESTS_AT_ONCE: Final = 64
MAX_REDIRECTS: Final = 5
READ_BUFFER: Final = MAX_BYTES + 1024 * 1024
"""Bytes that Qt reads ahead; it stops somewhat below, which must still be over the limit."""
_SWEEP_MS: Final = 100
_STALL_SECONDS: Final = 1.0
"""Between two sweeps; longer than that the whole program, or machine, stood still."""
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_HOST_BUSY: Final = frozenset({429, 503})
_TRANSIENT: Final = frozenset({408, 502, 504})

_Error = QNetworkReply.NetworkError


Done = Callable[[Fetched], None]


@dataclass(slots=True, eq=False)
class _Job:
    asked: str
    url: str
    validators: Validators
    done: Done
    host: HostKey
    seconds_left: float
    redirects: int = 0
    tries: int = 1
    deadline: float = 0.0
    reply: QNetworkReply | None = None
    abort_reason: Problem | None = None
    tls_errors: tuple[QSslError.SslError, ...] = ()


class Fetcher(QObject):
    """Fetches addresses, last asked first; every `done` is called once, in this thread."""

    def __init__(
        self,
        allowed_hosts: Collection[str],
        parent: QObject | None = None,
        limits: Limits | None = None,
    ) -> None:
        super().__init__(parent)
        self.on_started: Callable[[str], None] = lambda url: None
        self._limits = limits or Limits()
        self._checks = HostChecks(allowed_hosts)
        QNetworkProxyFactory.setUseSystemConfiguration(True)
        self._manager = QNetworkAccessManager(self)
        self._manager.finished.connect(self._finished)
        self._manager.sslErrors.connect(self._note_tls_errors)
        self._queue: HostQueue[_Job] = HostQueue()
        self._jobs: dict[QNetworkReply, _Job] = {}
        self._active: set[_Job] = set()
        self._resting: set[_Job] = set()
        """Jobs that a passing fault has hit, until they are tried again."""
        self._pumping = False
        self._stopped = False
        self._swept = 0.0
        self._sweeper = QTimer(self, interval=_SWEEP_MS)
        self._sweeper.timeout.connect(self._sweep)

    @property
    def allowed_hosts(self) -> Collection[str]:
        return self._checks.allowed_hosts

    @allowed_hosts.setter
    def allowed_hosts(self, hosts: Collection[str]) -> None:
        self._checks.allowed_hosts = hosts

    @property
    def only_allowed(self) -> bool:
        return self._checks.only_allowed

    @only_allowed.setter
    def only_allowed(self, only_allowed: bool) -> None:
        self._checks.only_allowed = only_allowed

    @property
    def load(self) -> int:
        """Requests that wait or are under way."""
        return len(self._active) + len(self._resting) + len(self._queue)

    def fetch(self, url: str, validators: Validators, done: Done) -> None:
        """Ask for `url`, an `Address.url` of the kind "web" which is not being asked for yet."""
        host = host_and_port(url)
        job = _Job(url, url, validators, done, host, self._limits.seconds_per_try)
        self._queue.add(host, url, job)
        self._pump()

    def prefer(self, url: str) -> None:
        """Take a waiting address first."""
        self._queue.prefer(host_and_port(url), url)

    def drop(self, unwanted: Callable[[str], bool]) -> list[str]:
        """Forget waiting addresses that are `unwanted`, and tell which; `done` is not called."""
        return self._queue.drop(unwanted)

    def break_off(self, hindered: Callable[[str], bool]) -> list[str]:
        """Ask no more what is `hindered`, also when that has begun, or what it redirected to is.

        Tells which were asked for; `done` is not called.
        """
        urls = self._queue.drop(hindered)
        jobs = {job for job in self._active | self._resting if hindered(job.asked)}
        jobs |= {job for job in self._active if hindered(job.url)}
        self._resting -= jobs
        for job in jobs & self._active:
            self._leave(job)
            if job.reply is not None:
                self._jobs.pop(job.reply, None)
                job.reply.abort()
        self._pump()
        return [*urls, *(job.asked for job in jobs)]

    def stop(self) -> None:
        """Break off everything; no `done` is called any more."""
        self._stopped = True
        self._sweeper.stop()
        self._queue.clear()
        for reply in list(self._jobs):
            reply.abort()
        self._jobs.clear()
        self._active.clear()
        self._resting.clear()
        self._manager.clearConnectionCache()

    # Which request is next -----------------------------------------------------------------

    def _pump(self) -> None:
        if self._pumping or self._stopped:
            return
        self._pumping = True  # a request may end as it begins, and then calls this
        try:
            while len(self._active) < REQUESTS_AT_ONCE:
                now = time.monotonic()
                job = self._queue.take(now)
                if job is None:
                    break
                job.deadline = now + job.seconds_left
                self._active.add(job)
                self.on_started(job.asked)
                self._check(job)
        finally:
            self._pumping = False
        if not self._sweeper.isActive() and self.load:
            self._swept = time.monotonic()
            self._sweeper.start()

    def _sweep(self) -> None:
        """Break off what takes too long or is too big; go on with hosts that made us wait."""
        now = time.monotonic()
        stood_still = now - self._swept
        self._swept = now
        for job in list(self._active):
            if stood_still > _STALL_SECONDS:
                job.deadline += stood_still
            if now > job.deadline:
                seconds = self._limits.seconds_per_try
                self._abort(job, Problem(words.TOO_SLOW, host=job.host[0], seconds=seconds))
            elif job.reply is not None and job.reply.bytesAvailable() > MAX_BYTES:
                self._abort(job, too_many_bytes())
        self._pump()
        if not self.load:
            self._sweeper.stop()

    def _abort(self, job: _Job, reason: Problem) -> None:
        job.abort_reason = reason
        if job.reply is not None:
            job.reply.abort()
        else:
            self._fail(job, reason, unreachable=True)

    def _check(self, job: _Job) -> None:
        self._checks.check(job.url, partial(self._checked, job))

    def _checked(self, job: _Job, problem: Problem | None, refused: bool) -> None:
        if self._stopped or job not in self._active:
            return
        if problem is None:
            self._get(job)
        elif refused:
            self._refuse(job, problem)
        else:
            self._fail(job, problem, unreachable=True)

    def _get(self, job: _Job) -> None:
        url = url_for_qt(job.url)
        if url is None:
            self._refuse(job, Problem(words.DIFFERENT_READING))
            return
        job.reply = self._manager.get(make_request(url, job.validators))
        job.reply.setReadBufferSize(READ_BUFFER)
        self._jobs[job.reply] = job

    # Answers -----------------------------------------------------------------------------------

    def _note_tls_errors(self, reply: QNetworkReply, errors: list[QSslError]) -> None:
        job = self._jobs.get(reply)
        if job is not None:
            job.tls_errors = tuple(error.error() for error in errors)

    def _finished(self, reply: QNetworkReply) -> None:
        job = self._jobs.pop(reply, None)
        reply.deleteLater()
        if job is None or self._stopped:
            return
        job.reply = None
        if reply.attribute(QNetworkRequest.Attribute.Http2WasUsedAttribute):
            self._queue.speaks_http2(job.host)
        status = reply.attribute(QNetworkRequest.Attribute.HttpStatusCodeAttribute)
        if job.abort_reason is not None:
            slow = job.abort_reason.template == words.TOO_SLOW
            self._fail(job, job.abort_reason, status, unreachable=slow)
        elif status in _REDIRECTS:
            self._redirect(job, status, reply)
        elif status in _HOST_BUSY:
            self._busy(job, status, header(reply, "Retry-After"))
        elif status in _TRANSIENT:
            problem = status_problem(words.HTTP_BUSY, status)
            self._again_or_fail(job, problem, status)
        elif status is not None and (status >= 400 or _is_unasked(status, job.validators)):
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
            fresh_seconds=fresh_seconds(header(reply, "Cache-Control"), self._limits),
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
        self._go_on(job)

    def _go_on(self, job: _Job) -> None:
        """Follow a redirect; to another host it waits for its turn there, before all others."""
        host = host_and_port(job.url)
        if host == job.host:
            self._check(job)
            return
        self._leave(job)
        job.seconds_left = max(0.0, job.deadline - time.monotonic())
        job.host = host
        self._queue.add(host, job.asked, job)
        self._pump()

    def _busy(self, job: _Job, status: int, retry_after: str) -> None:
        """The host wants to be asked less: it has a pause, for all its icons."""
        wait = retry_seconds(retry_after)
        if wait is None:
            wait = self._limits.backoff * 2.0**job.tries
        longest = self._limits.longest_wait
        self._queue.pause(job.host, time.monotonic() + min(wait, longest))
        if job.tries < self._limits.tries and wait <= longest:
            self._leave(job)
            self._ask_again(job)
        else:
            self._fail(job, status_problem(words.HTTP_BUSY, status), status, unreachable=True)

    def _broken(self, job: _Job, status: int | None, error: QNetworkReply.NetworkError) -> None:
        if error == _Error.UnknownContentError:
            limit = MAX_BYTES // (1024 * 1024)
            self._fail(job, Problem(words.INFLATES, limit=limit), status)
        elif error == _Error.SslHandshakeFailedError:
            problem = tls_problem(job.tls_errors, job.host[0])
            self._fail(job, problem, status, unreachable=True)
        elif error in LOST:
            problem = Problem(words.CONNECTION_LOST, host=job.host[0])
            self._again_or_fail(job, problem, status)
        else:
            self._fail(job, error_problem(error, job.host[0]), status, unreachable=True)

    def _again_or_fail(self, job: _Job, problem: Problem, status: int | None) -> None:
        """Try this one again in a while; other icons of its host do not wait for it."""
        if job.tries >= self._limits.tries:
            self._fail(job, problem, status, unreachable=True)
            return
        self._leave(job)
        self._resting.add(job)
        wait = self._limits.backoff * 2.0 ** (job.tries - 1)
        QTimer.singleShot(round(wait * 1000), self, partial(self._rested, job))
        self._pump()

    def _rested(self, job: _Job) -> None:
        if job in self._resting:
            self._resting.discard(job)
            self._ask_again(job)

    def _ask_again(self, job: _Job) -> None:
        job.tries += 1
        job.url, job.redirects, job.tls_errors = job.asked, 0, ()
        job.host, job.seconds_left = host_and_port(job.asked), self._limits.seconds_per_try
        self._queue.add(job.host, job.asked, job)
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
            self._leave(job)
            job.done(fetched)
        self._pump()

    def _leave(self, job: _Job) -> None:
        self._active.discard(job)
        self._queue.release(job.host)


def _is_unasked(status: int, validators: Validators) -> bool:
    """Whether the host says "not modified" although nobody asked for changes alone."""
    return status == HTTPStatus.NOT_MODIFIED and validators == NO_VALIDATORS
