"""Which icon request is next: the last asked first, few at once for each host.

No step grows with what waits, but for `drop`, which looks at each waiting request once.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from heapq import heapify, heappop, heappush
from typing import Final, Generic, TypeVar

CONNECTIONS_PER_HOST: Final = 6
STREAMS_PER_HOST: Final = 32
"""Requests at once to a host that speaks HTTP/2, over one connection."""

HostKey = tuple[str, int]
"""A host and its port."""
Item = TypeVar("Item")


class _Host(Generic[Item]):
    """What waits for one host and port, the next one last, and how much is under way there."""

    __slots__ = ("active", "limit", "not_before", "waiting")

    def __init__(self, limit: int) -> None:
        self.waiting: OrderedDict[str, tuple[int, Item]] = OrderedDict()
        self.active = 0
        self.limit = limit
        self.not_before = 0.0

    @property
    def rank(self) -> int:
        """The rank of the next request; the highest of all hosts is next."""
        return self.waiting[next(reversed(self.waiting))][0]

    def has_room(self, now: float) -> bool:
        return bool(self.waiting) and self.active < self.limit and self.not_before <= now


class HostQueue(Generic[Item]):
    """Requests that wait, by the host that they go to; moments are seconds of one clock.

    Every `take` is followed by a `release` of the same host.
    """

    def __init__(self) -> None:
        self._hosts: dict[HostKey, _Host[Item]] = {}
        self._speak_http2: set[HostKey] = set()
        self._rank = 0
        self._ready: list[tuple[int, HostKey]] = []
        """A heap of hosts with room by the negative rank of their next request. An entry whose rank
        is no longer that of its host is passed over."""
        self._paused: list[tuple[float, HostKey]] = []
        self._waiting = 0

    def __len__(self) -> int:
        return self._waiting

    def add(self, host: HostKey, name: str, item: Item) -> None:
        """Let a request wait, before all that wait already; `name` is its own at this host."""
        entry = self._hosts.get(host)
        if entry is None:
            limit = STREAMS_PER_HOST if host in self._speak_http2 else CONNECTIONS_PER_HOST
            entry = self._hosts[host] = _Host(limit)
        self._waiting += name not in entry.waiting
        entry.waiting[name] = (self._next_rank(), item)
        entry.waiting.move_to_end(name)
        self._offer(host, entry)

    def prefer(self, host: HostKey, name: str) -> None:
        """Take a waiting request first."""
        entry = self._hosts.get(host)
        if entry is not None and name in entry.waiting:
            self.add(host, name, entry.waiting[name][1])

    def drop(self, unwanted: Callable[[str], bool]) -> list[str]:
        """Forget requests whose name is `unwanted`, and tell which."""
        dropped = []
        for host, entry in list(self._hosts.items()):
            for name in [name for name in entry.waiting if unwanted(name)]:
                del entry.waiting[name]
                dropped.append(name)
            self._forget_if_idle(host, entry)
        self._waiting -= len(dropped)
        self._ready = [(-entry.rank, host) for host, entry in self._hosts.items() if entry.waiting]
        heapify(self._ready)
        return dropped

    def take(self, now: float) -> Item | None:
        """The next request whose host has room, or None."""
        self._end_pauses(now)
        while self._ready:
            negative_rank, host = heappop(self._ready)
            entry = self._hosts.get(host)
            if entry is None or not entry.has_room(now) or entry.rank != -negative_rank:
                continue
            _, (_, item) = entry.waiting.popitem()
            self._waiting -= 1
            entry.active += 1
            self._offer(host, entry)
            return item
        return None

    def release(self, host: HostKey) -> None:
        """A request that was taken has ended."""
        entry = self._hosts[host]
        entry.active -= 1
        self._offer(host, entry)
        self._forget_if_idle(host, entry)

    def pause(self, host: HostKey, until: float) -> None:
        """Take nothing for this host before the moment `until`, or a later one of an earlier call.

        A host of which nothing is under way, and for which nothing waits, is not known here.
        """
        entry = self._hosts.get(host)
        if entry is not None and until > entry.not_before:
            entry.not_before = until
            heappush(self._paused, (until, host))

    def speaks_http2(self, host: HostKey) -> None:
        """Let more requests at once go to a host that takes them over one connection."""
        self._speak_http2.add(host)
        entry = self._hosts.get(host)
        if entry is not None and entry.limit < STREAMS_PER_HOST:
            entry.limit = STREAMS_PER_HOST
            self._offer(host, entry)

    def clear(self) -> None:
        """Forget everything that waits or is under way."""
        self._hosts.clear()
        self._ready.clear()
        self._paused.clear()
        self._waiting = 0

    def _next_rank(self) -> int:
        self._rank += 1
        return self._rank

    def _offer(self, host: HostKey, entry: _Host[Item]) -> None:
        if entry.waiting and entry.active < entry.limit:
            heappush(self._ready, (-entry.rank, host))

    def _end_pauses(self, now: float) -> None:
        while self._paused and self._paused[0][0] <= now:
            _, host = heappop(self._paused)
            entry = self._hosts.get(host)
            if entry is not None and entry.not_before <= now:
                entry.not_before = 0.0
                self._offer(host, entry)
                self._forget_if_idle(host, entry)

    def _forget_if_idle(self, host: HostKey, entry: _Host[Item]) -> None:
        if not entry.waiting and not entry.active and not entry.not_before:
            del self._hosts[host]
