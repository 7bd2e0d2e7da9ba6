"""Whether the host of an icon may be asked: its address, before and after its name is resolved."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial

from PySide6.QtNetwork import QHostInfo

from db.addresses import host_and_port
from db.errors import Problem
from db.hosts import host_problem, is_allowed
from gui.icon_facts import NO_SUCH_HOST
from gui.icon_http import goes_through_proxy, is_ip
from gui.icon_policy import HOST_NOT_ALLOWED


class HostChecks:
    """Checks hosts in the thread it is used in; `answer` may be called before `check` returns.

    There is no memory of names here: Qt's own (60 seconds) is the one that connections use, so
    every request asks that, and goes where the check looked.
    """

    def __init__(self, allowed_hosts: Collection[str]) -> None:
        self.allowed_hosts = allowed_hosts
        self.only_allowed = False

    def check(self, url: str, answer: Callable[[Problem | None, bool], None]) -> None:
        """Call `answer(problem, refused)`; without a problem `url` may be asked."""
        host, port = host_and_port(url)
        allowed = is_allowed(host, port, self.allowed_hosts)
        problem = host_problem(host, [], self.allowed_hosts, port)
        if self.only_allowed and not allowed:
            problem = Problem(HOST_NOT_ALLOWED, host=host)
        if problem is not None:
            answer(problem, True)
        elif allowed or is_ip(host):
            answer(None, False)
        else:
            found = partial(self._found, url, answer)
            # The stub takes the static method for one of an instance.
            QHostInfo.lookupHost(host, found)  # type: ignore[call-overload]

    def _found(
        self, url: str, answer: Callable[[Problem | None, bool], None], info: QHostInfo
    ) -> None:
        host, port = host_and_port(url)
        addresses = [address.toString() for address in info.addresses()]
        problem = host_problem(host, addresses, self.allowed_hosts, port)
        if problem is not None:
            answer(problem, True)
        elif addresses or goes_through_proxy(url):
            answer(None, False)
        else:
            answer(Problem(NO_SUCH_HOST, host=host), False)
