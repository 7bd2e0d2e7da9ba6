"""The way of an icon, all of it in the icon thread: cache file, network, worker process, images."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Collection
from concurrent.futures import Future
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, QTimer, Signal, Slot
from PySide6.QtGui import QImage

from db.addresses import BAD_DATA, data_bytes
from db.errors import Problem, SentenceError
from gui.icon_cache import IconCache, cache_key
from gui.icon_decoder import Decoded, Decoder, image_of
from gui.icon_facts import (
    CANNOT_START,
    MAX_BYTES,
    NO_VALIDATORS,
    NOT_KEPT,
    TOO_MANY_BYTES,
    IconState,
    Size,
    Validators,
)
from gui.icon_policy import HOST_NOT_ALLOWED, OFFLINE, IconPolicy, is_of_offline
from gui.icon_tasks import Answers, Request, Task, data_entry, failed_entry, web_entry, with_picture

if TYPE_CHECKING:
    from pathlib import Path

    from gui.icon_fetcher import Fetcher
    from gui.icon_http import Fetched, Limits

CACHE_WRITE_MS: Final = 250
LOOKED_UP_AT_ONCE: Final = 32
LARGEST_KEPT_EDGE: Final = 64
"""Thumbnails up to this edge in pixels are kept in the cache file; larger ones are drawn anew."""


class IconPipeline(QObject):
    """Lives in the icon thread; answers every request it does not drop.

    Signals:
        answered(list[Answer], IconPolicy): under that policy; at most about 30 times a second.
        cache_measured(int): bytes that the cache has on disk.
    """

    answered = Signal(object, object)
    cache_measured = Signal(object)

    def __init__(self, cache_path: Path, policy: IconPolicy, limits: Limits | None = None) -> None:
        super().__init__()
        self._cache_path = cache_path
        self._policy = policy
        self._limits = limits
        self._cache: IconCache
        self._decoder: Decoder
        self._fetcher: Fetcher
        self._waiting: OrderedDict[str, Task] = OrderedDict()
        self._fetching: dict[str, Task] = {}
        self._decoding: dict[str, Task] = {}
        self._answers = Answers(self)
        self._answers.ready.connect(lambda answers: self.answered.emit(answers, self._policy))
        self._pump_timer = self._timer(0, self._pump)
        self._cache_timer = self._timer(CACHE_WRITE_MS, self._write_cache)

    def _timer(self, milliseconds: int, slot: object) -> QTimer:
        timer = QTimer(self, singleShot=True, interval=milliseconds)
        timer.timeout.connect(slot)
        return timer

    @Slot()
    def start(self) -> None:
        """Open the cache and make ready; the first thing that happens in the thread."""
        # Imported here: the window need not wait for QtNetwork.
        from gui.icon_fetcher import Fetcher

        self._cache = IconCache(self._cache_path)
        self._decoder = Decoder(parent=self)
        self._fetcher = Fetcher(self._policy.allowed_hosts, self, self._limits)
        self._fetcher.on_started = self._started
        self.set_policy(self._policy)

    @Slot()
    def stop(self) -> None:
        """Break off everything and end the worker processes; the last thing in the thread."""
        for timer in (self._pump_timer, self._cache_timer):
            timer.stop()
        self._answers.stop()
        self._waiting.clear()
        self._fetcher.stop()
        self._decoder.stop()
        self._cache.close()
        self.deleteLater()
        self.thread().quit()

    @Slot(object)
    def set_policy(self, policy: IconPolicy) -> None:
        """Ask from now on what this policy lets be asked; what it does not is broken off."""
        self._answers.emit_now()
        self._policy = policy
        self._fetcher.allowed_hosts = policy.allowed_hosts
        self._fetcher.only_allowed = policy.load == "allowed"
        hindered = {
            task.request.url: key
            for key, task in self._fetching.items()
            if policy.offline or policy.hindrance(task.request.url)
        }
        self._fetcher.break_off(hindered)
        for key in hindered.values():
            self._waiting[key] = Task(self._fetching.pop(key).request)
        self._pump_timer.start()

    @Slot(str, object)
    def give_body(self, url: str, future: Future[bytes]) -> None:
        """Put the bytes of a picture into `future`: those that are kept, or of a data: URI."""
        if url.startswith("data:"):
            found = data_bytes(url)
            body = None if found is None else found[1]
        else:
            body = self._cache.body(cache_key(url))
        if body is None:
            future.set_exception(SentenceError(NOT_KEPT))
        else:
            future.set_result(body)

    @Slot(object)
    def request(self, requests: list[Request]) -> None:
        """Take requests; the first of the list is the most urgent, before all earlier ones."""
        for request in reversed(requests):
            key = request.key
            if self._answers.cover(request):
                continue
            under_way = self._fetching.get(key) or self._decoding.get(key)
            if under_way is not None:
                under_way.request.sizes |= request.sizes
                if key in self._fetching:
                    self._fetcher.prefer(request.url)
                continue
            task = self._waiting.setdefault(key, Task(request))
            task.request.sizes |= request.sizes
            task.request.anew |= request.anew
            self._waiting.move_to_end(key)
        self._pump_timer.start()

    @Slot(object)
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
        self._cache_timer.start()
        task.entry, pixels = found
        drawn = {size: image_of(data, round(size[0] * size[1])) for size, data in pixels.items()}
        images = {size: image for size, image in drawn.items() if not image.isNull()}
        task.drawn = set(images)
        fresh = task.entry.is_fresh or task.is_data
        if task.entry.problem is not None and fresh:
            self._answers.add(task, IconState.BROKEN, task.entry.problem)
        elif fresh and task.drawn >= request.sizes:
            self._answers.add(task, IconState.READY, images=images)
        else:
            if images:
                self._answers.add(task, IconState.READY, images=images)
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
            self._answers.tell_loading(key, url)

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
        self._cache_timer.start()
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
        if not fetched.refused and not fetched.unreachable:
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
            self._answers.add(task, IconState.BROKEN, decoded.problem)
        else:
            self._keep_thumbnails(task, decoded.images)
            is_online_again = not self._policy.offline and is_of_offline(task.stale)
            if is_online_again:
                task.stale = None
            state = IconState.READY if task.stale is None else IconState.STALE
            self._answers.add(task, state, task.stale, decoded.images)
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
        self._cache_timer.start()

    def _keep_thumbnails(self, task: Task, images: dict[Size, QImage]) -> None:
        kept = [
            (size, bytes(image.constBits()))
            for size, image in images.items()
            if image.width() <= LARGEST_KEPT_EDGE
        ]
        if kept:
            self._cache.put_thumbnails(task.request.key, kept)
            self._cache_timer.start()

    @Slot(object)
    def limit_cache(self, limit: int) -> None:
        """Let the cache file have that many bytes."""
        self._cache.set_limit(limit)
        self._cache_timer.start()

    @Slot()
    def empty_cache(self) -> None:
        """Forget all that the cache file has, and tell its size."""
        self._cache.empty()
        self.measure_cache()

    @Slot()
    def measure_cache(self) -> None:
        """Tell how large the cache is, with what still waits to be written."""
        self._cache.flush()
        self.cache_measured.emit(self._cache.size())

    def _write_cache(self) -> None:
        if self._cache.flush():
            self._cache_timer.start()


def _failed_state(fetched: Fetched) -> IconState:
    if fetched.problem is not None and fetched.problem.template == HOST_NOT_ALLOWED:
        return IconState.WITHHELD
    return IconState.REFUSED if fetched.refused else IconState.BROKEN
