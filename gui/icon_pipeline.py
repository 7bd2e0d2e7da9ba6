"""The way of an icon, all of it in the icon thread: cache file, network, worker process, images."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, QTimer, Signal, Slot
from PySide6.QtGui import QImage

from db.addresses import BAD_DATA, data_bytes, host_and_port, host_problem
from db.errors import Problem
from gui.icon_cache import Entry, IconCache, cache_key
from gui.icon_decoder import Decoded, Decoder, image_of
from gui.icon_facts import (
    MAX_BYTES,
    NO_VALIDATORS,
    TOO_MANY_BYTES,
    IconFacts,
    IconState,
    Size,
    Validators,
)

if TYPE_CHECKING:
    from pathlib import Path

    from gui.icon_fetcher import Fetched, Fetcher

ANSWER_MS: Final = 33
"""Answers are gathered this long, so that views repaint at most 30 times a second."""
CACHE_WRITE_MS: Final = 250
LOOKED_UP_AT_ONCE: Final = 32
FRESH_SECONDS: Final = 24 * 3600.0
"""How long a picture is used whose host does not say."""
BROKEN_FRESH_SECONDS: Final = 600.0
LARGEST_KEPT_EDGE: Final = 64
"""Thumbnails up to this edge in pixels are kept in the cache file; larger ones are drawn anew."""


@dataclass(slots=True)
class Request:
    """Sizes of one address that a view wants; `anew` goes past the cache."""

    key: str
    url: str
    sizes: set[Size]
    anew: bool = False


@dataclass(slots=True)
class Answer:
    """What became of a request; without `facts` it is being loaded."""

    key: str
    url: str
    facts: IconFacts | None = None
    images: dict[Size, QImage] = field(default_factory=dict)


@dataclass(slots=True)
class _Task:
    request: Request
    body: bytes | None = None
    entry: Entry | None = None
    """What the cache had, and then what it shall have."""
    drawn: set[Size] = field(default_factory=set)
    stale: Problem | None = None
    """Why the picture of the cache is shown although it could not be asked for again."""

    @property
    def is_data(self) -> bool:
        return self.request.url.startswith("data:")


class IconPipeline(QObject):
    """Lives in the icon thread; answers every request it does not drop.

    Signals: answered(list[Answer]), at most about 30 times a second.
    """

    answered = Signal(object)

    def __init__(self, cache_path: Path, allowed_hosts: Collection[str]) -> None:
        super().__init__()
        self._cache_path = cache_path
        self._allowed_hosts = allowed_hosts
        self._cache: IconCache
        self._decoder: Decoder
        self._fetcher: Fetcher
        self._waiting: OrderedDict[str, _Task] = OrderedDict()
        self._fetching: dict[str, _Task] = {}
        self._decoding: dict[str, _Task] = {}
        self._answers: dict[str, Answer] = {}
        self._pump_timer = self._timer(0, self._pump)
        self._answer_timer = self._timer(ANSWER_MS, self._emit)
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
        self._fetcher = Fetcher(self._allowed_hosts, self)
        self._fetcher.on_started = self._started

    @Slot()
    def stop(self) -> None:
        """Break off everything and end the worker processes; the last thing in the thread."""
        for timer in (self._pump_timer, self._answer_timer, self._cache_timer):
            timer.stop()
        self._waiting.clear()
        self._fetcher.stop()
        self._decoder.stop()
        self._cache.close()
        self.deleteLater()
        self.thread().quit()

    @Slot(object)
    def set_allowed_hosts(self, hosts: Collection[str]) -> None:
        self._allowed_hosts = hosts
        self._fetcher.allowed_hosts = hosts

    @Slot(object)
    def request(self, requests: list[Request]) -> None:
        """Take requests; the first of the list is the most urgent, before all earlier ones."""
        for request in reversed(requests):
            key = request.key
            if self._is_answered(request):
                continue
            under_way = self._fetching.get(key) or self._decoding.get(key)
            if under_way is not None:
                under_way.request.sizes |= request.sizes
                if key in self._fetching:
                    self._fetcher.prefer(request.url)
                continue
            task = self._waiting.setdefault(key, _Task(request))
            task.request.sizes |= request.sizes
            task.request.anew |= request.anew
            self._waiting.move_to_end(key)
        self._pump_timer.start()

    def _is_answered(self, request: Request) -> bool:
        """Whether the answer is on its way to the views, which then need not ask again."""
        answer = self._answers.get(request.key)
        if answer is None or answer.facts is None or request.anew:
            return False
        shown = answer.facts.state in (IconState.READY, IconState.STALE)
        return not shown or request.sizes <= answer.images.keys()

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

    def _look(self, task: _Task) -> None:
        """Answer from the cache file if it can, else see to it that the icon is loaded."""
        request = task.request
        if not task.is_data and not self._may_ask(task):
            return
        found = None if request.anew else self._cache.find(request.key, request.sizes)
        if found is None:
            self._load(task)
            return
        self._cache_timer.start()
        task.entry, pixels = found
        images = {size: image_of(data, round(size[0] * size[1])) for size, data in pixels.items()}
        task.drawn = set(images)
        fresh = task.entry.is_fresh or task.is_data
        if task.entry.problem is not None and fresh:
            self._answer(task, IconState.BROKEN, task.entry.problem)
        elif fresh and task.drawn >= request.sizes:
            self._answer(task, IconState.READY, images=images)
        else:
            if images:
                self._answer(task, IconState.READY, images=images)
            self._load(task, draw_only=fresh)

    def _may_ask(self, task: _Task) -> bool:
        host, port = host_and_port(task.request.url)
        problem = host_problem(host, [], self._allowed_hosts, port)
        if problem is not None:
            self._answer(task, IconState.REFUSED, problem)
        return problem is None

    def _load(self, task: _Task, draw_only: bool = False) -> None:
        if task.is_data:
            found = data_bytes(task.request.url)
            if found is None:
                self._answer(task, IconState.BROKEN, Problem(BAD_DATA))
            elif len(found[1]) > MAX_BYTES:
                limit = MAX_BYTES // (1024 * 1024)
                self._answer(task, IconState.BROKEN, Problem(TOO_MANY_BYTES, limit=limit))
            else:
                task.entry = _data_entry(*found)
                self._decode(task, found[1])
            return
        if draw_only and task.entry is not None and task.entry.picture is not None:
            body = self._cache.body(task.request.key)
            if body is not None:
                self._decode(task, body)
                return
        self._fetch(task)

    # Network ---------------------------------------------------------------------------------

    def _fetch(self, task: _Task) -> None:
        validators, entry = NO_VALIDATORS, task.entry
        if entry is not None and entry.picture is not None:
            validators = Validators(entry.etag, entry.last_modified)
        self._fetching[task.request.key] = task
        self._fetcher.fetch(task.request.url, validators, partial(self._fetched, task))

    def _started(self, url: str) -> None:
        key = cache_key(url)
        task = self._fetching.get(key)
        if task is not None and task.entry is None:
            self._answers.setdefault(key, Answer(key, url))
            self._answer_later()

    def _fetched(self, task: _Task, fetched: Fetched) -> None:
        key = task.request.key
        self._fetching.pop(key, None)
        if fetched.not_modified:
            self._not_modified(task, fetched)
        elif fetched.body is not None:
            task.drawn.clear()
            task.entry = _web_entry(fetched)
            self._decode(task, fetched.body)
        elif fetched.unreachable and task.entry is not None and task.entry.picture is not None:
            self._stale(task, fetched)
        else:
            self._note_failure(task, fetched)
            state = IconState.REFUSED if fetched.refused else IconState.BROKEN
            self._answer(task, state, fetched.problem)

    def _not_modified(self, task: _Task, fetched: Fetched) -> None:
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
            self._answer(task, IconState.READY)
            return
        self._draw_from_cache(task)

    def _stale(self, task: _Task, fetched: Fetched) -> None:
        task.stale = fetched.problem
        if task.drawn >= task.request.sizes:
            self._answer(task, IconState.STALE, task.stale)
            return
        self._draw_from_cache(task)

    def _draw_from_cache(self, task: _Task) -> None:
        body = self._cache.body(task.request.key)
        if body is not None:
            self._decode(task, body)
            return
        task.entry = None
        self._fetch(task)

    def _note_failure(self, task: _Task, fetched: Fetched) -> None:
        """Remember what the host said for a while; nothing of what only we say, or nobody."""
        now = time.time()
        entry = Entry(
            fetched=now,
            fresh_until=now + BROKEN_FRESH_SECONDS,
            final_url=fetched.final_url,
            status=fetched.status,
            problem=fetched.problem,
        )
        task.entry = entry
        if not fetched.refused and not fetched.unreachable:
            self._put(task, None)

    # Worker process --------------------------------------------------------------------------

    def _decode(self, task: _Task, body: bytes) -> None:
        task.body = body
        self._decoding[task.request.key] = task
        sizes = sorted(task.request.sizes - task.drawn)
        self._decoder.decode(body, sizes, partial(self._decoded, task, sizes))

    def _decoded(self, task: _Task, sizes: list[Size], decoded: Decoded) -> None:
        self._decoding.pop(task.request.key, None)
        entry, body = task.entry, task.body
        assert entry is not None
        assert body is not None
        if entry.picture is None and entry.problem is None:
            task.entry = _with_picture(entry, decoded)
            self._put(task, None if task.is_data else body)
        if decoded.problem is not None:
            self._answer(task, IconState.BROKEN, decoded.problem)
        else:
            self._keep_thumbnails(task, decoded.images)
            state = IconState.READY if task.stale is None else IconState.STALE
            self._answer(task, state, task.stale, decoded.images)
            task.drawn |= set(sizes)
            if not task.drawn >= task.request.sizes:
                self._decode(task, body)
        if self._waiting:
            self._pump_timer.start()

    def _put(self, task: _Task, body: bytes | None) -> None:
        assert task.entry is not None
        self._cache.put(task.request.key, task.entry, body)
        self._cache_timer.start()

    def _keep_thumbnails(self, task: _Task, images: dict[Size, QImage]) -> None:
        kept = [
            (size, bytes(image.constBits()))
            for size, image in images.items()
            if image.width() <= LARGEST_KEPT_EDGE
        ]
        if kept:
            self._cache.put_thumbnails(task.request.key, kept)
            self._cache_timer.start()

    def _write_cache(self) -> None:
        self._cache.flush()

    # Answers ---------------------------------------------------------------------------------

    def _answer(
        self,
        task: _Task,
        state: IconState,
        reason: Problem | None = None,
        images: dict[Size, QImage] | None = None,
    ) -> None:
        key, url = task.request.key, task.request.url
        before = self._answers.get(key)
        merged = {**(before.images if before is not None else {}), **(images or {})}
        entry = task.entry
        facts = IconFacts(url, state, reason) if entry is None else entry.told(url, state, reason)
        self._answers[key] = Answer(key, url, facts, merged)
        self._answer_later()

    def _answer_later(self) -> None:
        if not self._answer_timer.isActive():
            self._answer_timer.start()

    def _emit(self) -> None:
        answers, self._answers = self._answers, {}
        self.answered.emit(list(answers.values()))


def _data_entry(media_type: str, body: bytes) -> Entry:
    return Entry(time.time(), 0.0, content_type=media_type, size_bytes=len(body))


def _web_entry(fetched: Fetched) -> Entry:
    now, lifetime = time.time(), fetched.fresh_seconds
    return Entry(
        fetched=now,
        fresh_until=now + (FRESH_SECONDS if lifetime is None else lifetime),
        final_url=fetched.final_url,
        status=fetched.status,
        content_type=fetched.content_type,
        etag=fetched.validators.etag,
        last_modified=fetched.validators.last_modified,
        size_bytes=len(fetched.body or b""),
    )


def _with_picture(entry: Entry, decoded: Decoded) -> Entry:
    return replace(entry, picture=decoded.picture, problem=decoded.problem)
