"""The way of an icon in the icon process: cache file, network, worker process, pixels."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Collection
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal

from db.addresses import BAD_DATA, data_bytes
from db.errors import Problem
from gui.icon_cache import IconCache
from gui.icon_decoder import Decoded, Decoder
from gui.icon_facts import (
    CANNOT_START,
    MAX_BYTES,
    NO_VALIDATORS,
    TOO_MANY_BYTES,
    IconState,
    Size,
    Validators,
    cache_key,
)
from gui.icon_fetcher import Fetcher
from gui.icon_http import Fetched, Limits
from gui.icon_policy import HOST_NOT_ALLOWED, OFFLINE, IconPolicy, is_of_offline
from gui.icon_tasks import (
    BROKEN_FRESH_SECONDS,
    Answers,
    Task,
    data_entry,
    failed_entry,
    web_entry,
    with_picture,
)
from gui.icon_wire import Request

CACHE_WRITE_MS: Final = 250
UNREACHABLE_SECONDS: Final = 60.0
"""After which a host that could not be reached is asked again, when one looks at its icon."""
LOOKED_UP_AT_ONCE: Final = 32
_LARGEST_KEPT: Final = 64 * 64 * 4
"""Thumbnails up to 64 x 64 pixels are kept in the cache file; larger ones are drawn anew."""


class IconPipeline(QObject):
    """Answers every request it does not drop.

    Signals:
        answered(list[Answer]): under the policy that holds; at most about 30 times a second.
    """

    answered = Signal(object)

    def __init__(self, cache_path: Path, limits: Limits | None = None) -> None:
        super().__init__()
        self._policy = IconPolicy()
        self._waiting: OrderedDict[str, Task] = OrderedDict()
        self._fetching: dict[str, Task] = {}
        self._decoding: dict[str, Task] = {}
        self._answers = Answers(self)
        self._answers.ready.connect(self.answered)
        self._pump_timer = self._timer(0, self._pump)
        self._cache_timer = self._timer(CACHE_WRITE_MS, self._write_cache)
        self._cache = IconCache(cache_path)
        self._decoder = Decoder(parent=self)
        self._fetcher = Fetcher(self._policy.allowed_hosts, self, limits)
        self._fetcher.on_started = self._started

    def _timer(self, milliseconds: int, slot: object) -> QTimer:
        timer = QTimer(self, singleShot=True, interval=milliseconds)
        timer.timeout.connect(slot)
        return timer

    def stop(self) -> None:
        """Break off everything and end the worker processes; what is to be cached is written."""
        for timer in (self._pump_timer, self._cache_timer):
            timer.stop()
        self._answers.stop()
        self._waiting.clear()
        self._fetcher.stop()
        self._decoder.stop()
        self._cache.close()

    def set_policy(self, policy: IconPolicy) -> None:
        """Ask from now on what this policy lets be asked; what it does not is broken off."""
        self._answers.emit_now()
        self._policy = policy
        self._fetcher.allowed_hosts = policy.allowed_hosts
        self._fetcher.only_allowed = policy.load == "allowed"
        by_url = {task.request.url: key for key, task in self._fetching.items()}
        for url in self._fetcher.break_off(
            lambda url: policy.offline or policy.hindrance(url) is not None
        ):
            key = by_url[url]
            self._waiting[key] = Task(self._fetching.pop(key).request)
        self._pump_timer.start()

    def body(self, url: str) -> bytes | None:
        """The bytes of a picture: those that are kept, or of a data: URI."""
        if url.startswith("data:"):
            found = data_bytes(url)
            return None if found is None else found[1]
        return self._cache.body(cache_key(url))

    def request(self, requests: list[Request]) -> None:
        """Take requests; the first of the list is the most urgent, before all earlier ones."""
        for request in reversed(requests):
            if not request.url:
                self._prefer(request.key)
            elif not self._answers.cover(request):
                self._take(request)
        self._pump_timer.start()

    def _prefer(self, key: str) -> None:
        if key in self._waiting:
            self._waiting.move_to_end(key)
        elif key in self._fetching:
            self._fetcher.prefer(self._fetching[key].request.url)

    def _take(self, request: Request) -> None:
        key = request.key
        under_way = self._fetching.get(key) or self._decoding.get(key)
        if under_way is not None:
            under_way.request.sizes |= request.sizes
        else:
            task = self._waiting.setdefault(key, Task(request))
            task.request.sizes |= request.sizes
            task.request.anew |= request.anew
        self._prefer(key)

    def want(self, keys: Collection[str]) -> None:
        """Drop what nobody looks at any more and what has not begun."""
        for key in [key for key in self._waiting if key not in keys]:
            del self._waiting[key]
        by_url = {task.request.url: key for key, task in self._fetching.items()}
        for url in self._fetcher.drop(lambda url: by_url.get(url) not in keys):
            self._fetching.pop(by_url.get(url, ""), None)

    # Cache -----------------------------------------------------------------------------------

    def _pump(self) -> None:
        for _ in range(LOOKED_UP_AT_ONCE):
            if not self._waiting or self._decoder.load > 2 * self._decoder.capacity:
                return
            _, task = self._waiting.popitem()
            self._look(task)
        self._pump_timer.start()

    def _look(self, task: Task) -> None:
        """Answer from the cache file if it can, else see to it that the icon is loaded."""
        request = task.request
        hindrance = self._policy.hindrance(request.url)
        if hindrance is not None:
            self._answers.add(task, *hindrance)
            return
        past_cache = request.anew and not self._policy.offline
        found = None if past_cache else self._cache.find(request.key, request.sizes)
        if found is None or self._policy.hindrance(found[0].final_url) is not None:
            self._load(task)
            return
        self._write_later()
        task.entry, kept = found
        pixels = {size: data for size, data in kept.items() if len(data) == _bytes_of(size)}
        task.drawn = set(pixels)
        fresh = task.entry.is_fresh
        if task.entry.problem is not None and fresh:
            task.retry_at = _moment(task.entry.fresh_until)
            self._answers.add(task, IconState.BROKEN, task.entry.problem)
        elif fresh and task.drawn >= request.sizes:
            self._answers.add(task, IconState.READY, pixels=pixels)
        else:
            if pixels:
                self._answers.add(task, IconState.READY, pixels=pixels)
            self._load(task, draw_only=fresh)

    def _load(self, task: Task, draw_only: bool = False) -> None:
        if task.is_data:
            found = data_bytes(task.request.url)
            if found is None:
                self._answers.add(task, IconState.BROKEN, Problem(BAD_DATA))
            elif len(found[1]) > MAX_BYTES:
                limit = MAX_BYTES // (1024 * 1024)
                self._answers.add(task, IconState.BROKEN, Problem(TOO_MANY_BYTES, limit=limit))
            else:
                task.entry = data_entry(*found)
                self._decode(task, found[1])
            return
        if draw_only and task.entry is not None and task.entry.picture is not None:
            body = self._cache.body(task.request.key)
            if body is not None:
                self._decode(task, body)
                return
        self._fetch(task)

    # Network ---------------------------------------------------------------------------------

    def _fetch(self, task: Task) -> None:
        if self._policy.offline:
            self._offline(task)
            return
        validators, entry = NO_VALIDATORS, task.entry
        if entry is not None and entry.picture is not None:
            validators = Validators(entry.etag, entry.last_modified)
        self._fetching[task.request.key] = task
        self._fetcher.fetch(task.request.url, validators, partial(self._fetched, task))

    def _started(self, url: str) -> None:
        key = cache_key(url)
        task = self._fetching.get(key)
        if task is not None and task.entry is None:
            self._answers.tell_loading(key)

    def _fetched(self, task: Task, fetched: Fetched) -> None:
        key = task.request.key
        self._fetching.pop(key, None)
        if fetched.not_modified:
            self._not_modified(task, fetched)
        elif fetched.body is not None:
            task.drawn.clear()
            task.is_another = task.entry is not None and task.entry.picture is not None
            task.entry = web_entry(fetched)
            self._decode(task, fetched.body)
        elif fetched.unreachable and task.entry is not None and task.entry.picture is not None:
            self._stale(task, fetched.problem)
        else:
            self._note_failure(task, fetched)
            self._answers.add(task, _failed_state(fetched), fetched.problem)

    def _not_modified(self, task: Task, fetched: Fetched) -> None:
        now = time.time()
        entry = task.entry
        assert entry is not None
        lifetime = fetched.fresh_seconds
        if lifetime is None:
            lifetime = entry.fresh_until - entry.fetched
        task.entry = replace(entry, fetched=now, fresh_until=now + lifetime)
        self._cache.refresh(task.request.key, now, now + lifetime)
        self._write_later()
        if task.drawn >= task.request.sizes:
            self._answers.add(task, IconState.READY)
            return
        self._draw_from_cache(task)

    def _stale(self, task: Task, reason: Problem | None) -> None:
        task.stale = reason
        if task.drawn >= task.request.sizes:
            self._answers.add(task, IconState.STALE, task.stale)
            return
        self._draw_from_cache(task)

    def _offline(self, task: Task) -> None:
        if task.entry is not None and task.entry.picture is not None:
            self._stale(task, Problem(OFFLINE))
        else:
            self._answers.add(task, IconState.OFFLINE, Problem(OFFLINE))

    def _draw_from_cache(self, task: Task) -> None:
        body = self._cache.body(task.request.key)
        if body is not None:
            self._decode(task, body)
            return
        task.entry = None
        self._fetch(task)

    def _note_failure(self, task: Task, fetched: Fetched) -> None:
        """Remember what the host said for a while; nothing of what only we say, or nobody."""
        task.entry = failed_entry(fetched)
        if fetched.unreachable:
            task.retry_at = time.time() + UNREACHABLE_SECONDS
        elif not fetched.refused:
            task.retry_at = task.entry.fresh_until
            self._put(task, None)

    # Worker process --------------------------------------------------------------------------

    def _decode(self, task: Task, body: bytes) -> None:
        task.body = body
        self._decoding[task.request.key] = task
        sizes = sorted(task.request.sizes - task.drawn)
        self._decoder.decode(body, sizes, partial(self._decoded, task, sizes))

    def _decoded(self, task: Task, sizes: list[Size], decoded: Decoded) -> None:
        self._decoding.pop(task.request.key, None)
        entry, body = task.entry, task.body
        assert entry is not None
        assert body is not None
        if entry.picture is None and entry.problem is None:
            task.entry = with_picture(entry, decoded)
            if decoded.problem is None or decoded.problem.template != CANNOT_START:
                self._put(task, None if task.is_data else body)
        hindrance = self._policy.hindrance(task.request.url)
        if hindrance is not None:
            self._answers.add(task, *hindrance)
        elif decoded.problem is not None:
            if decoded.passing:
                task.retry_at = time.time() + BROKEN_FRESH_SECONDS
            self._answers.add(task, IconState.BROKEN, decoded.problem)
        else:
            self._keep_thumbnails(task, decoded.pixels)
            is_online_again = not self._policy.offline and is_of_offline(task.stale)
            if is_online_again:
                task.stale = None
            state = IconState.READY if task.stale is None else IconState.STALE
            self._answers.add(task, state, task.stale, decoded.pixels)
            task.drawn |= set(sizes)
            if is_online_again:
                self._fetch(task)
            elif not task.drawn >= task.request.sizes:
                self._decode(task, body)
        if self._waiting:
            self._pump_timer.start()

    def _put(self, task: Task, body: bytes | None) -> None:
        assert task.entry is not None
        self._cache.put(task.request.key, task.entry, body)
        self._write_later()

    def _keep_thumbnails(self, task: Task, pixels: dict[Size, bytes]) -> None:
        kept = [(size, data) for size, data in pixels.items() if len(data) <= _LARGEST_KEPT]
        if kept:
            self._cache.put_thumbnails(task.request.key, kept)
            self._write_later()

    def limit_cache(self, limit: int) -> None:
        """Let the cache file have that many bytes."""
        self._cache.set_limit(limit)
        self._write_later()

    def empty_cache(self) -> None:
        """Forget all that the cache file has."""
        self._cache.empty()

    def cache_size(self) -> int:
        """Bytes that the cache has on disk, with what still waited to be written."""
        self._cache.flush()
        return self._cache.size()

    def _write_later(self) -> None:
        """Write soon, also while icons keep coming: what is not written yet is held in memory."""
        if not self._cache_timer.isActive():
            self._cache_timer.start()

    def _write_cache(self) -> None:
        if self._cache.flush():
            self._write_later()


def _moment(seconds: float) -> float | None:
    return seconds if math.isfinite(seconds) else None


def _bytes_of(size: Size) -> int:
    edge = round(size[0] * size[1])
    return edge * edge * 4


def _failed_state(fetched: Fetched) -> IconState:
    if fetched.problem is not None and fetched.problem.template == HOST_NOT_ALLOWED:
        return IconState.WITHHELD
    return IconState.REFUSED if fetched.refused else IconState.BROKEN
