"""Icons for the views: what is there at once, what is not there later, with a signal.

Everything that takes time happens in the icon thread (`icon_pipeline`) and in worker processes.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterable
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from PySide6.QtCore import QObject, QThread, QTimer, Signal, Slot
from PySide6.QtGui import QPixmap

from db.addresses import Address
from db.errors import Problem
from gui.icon_cache import cache_key
from gui.icon_facts import IconFacts, IconState, IconView, Size
from gui.icon_pipeline import IconPipeline
from gui.icon_policy import IconPolicy, is_of_offline
from gui.icon_tasks import Answer, Request

if TYPE_CHECKING:
    from gui.icon_http import Limits

MAX_PIXMAP_BYTES: Final = 64 * 1024 * 1024
TAKEN_AT_ONCE: Final = 128
"""Answers whose pictures are made pixmaps in one go: 2 ms."""
MAX_FACTS: Final = 20_000
MAX_LETTERS: Final = 16_000_000
"""Of the addresses that something is known about, without what data: URIs hold."""
_NONE: Final = IconView(IconState.NONE)
_NAME: Final = IconView(IconState.NAME)
_WAITING: Final = IconView(IconState.WAITING)
_LOADING: Final = IconView(IconState.LOADING)
STOPPED: Final = "Loading was stopped. Reload the icon, or scroll away and back."
_STOPPED: Final = IconView(IconState.WITHHELD, None, Problem(STOPPED))
_SHOWN: Final = (IconState.READY, IconState.STALE)
_DEFAULT_SIZE: Final[Size] = (32, 1.0)


class Held(NamedTuple):
    """How much a loader has in memory; each of it has a limit."""

    facts: int
    letters: int
    asked: int
    pixmap_bytes: int


class IconLoader(QObject):
    """Gives icons to the views of the GUI thread; never blocks.

    Args:
        cache_path: the cache file; made when it is not there.
        allowed_hosts: hosts that may be asked also on this computer and in private networks;
            `set_policy` tells more.
        limits: how long a request may take and how often it is tried.

    Signals:
        changed(frozenset[str]): the addresses (`Address.url`) whose state or picture is another
            one now; about 30 times a second, or a little later each when many come at once.
        waiting(int): so many addresses wait for their icon or are being loaded now.
        host_allowed(str): the user allowed this host where its icon was not shown.
        cache_measured(int): the answer to `measure_cache`: bytes on disk.
    """

    changed = Signal(object)
    waiting = Signal(int)
    host_allowed = Signal(str)
    cache_measured = Signal(object)
    _requested = Signal(object)
    _wanted = Signal(object)
    _body_wanted = Signal(str, object)
    _policy_changed = Signal(object)
    _cache_limited = Signal(object)
    _cache_emptied = Signal()
    _cache_asked = Signal()
    _stopping = Signal()

    def __init__(
        self,
        cache_path: Path,
        allowed_hosts: Iterable[str],
        parent: QObject | None = None,
        limits: Limits | None = None,
    ) -> None:
        super().__init__(parent)
        self._pixmaps = _Pixmaps(MAX_PIXMAP_BYTES)
        self._facts: OrderedDict[str, IconFacts] = OrderedDict()
        self._letters = 0
        self._judged: set[str] = set()
        self._policy = IconPolicy(allowed_hosts=frozenset(allowed_hosts))
        self._cache_path = cache_path
        self._asked: dict[str, tuple[str, IconView]] = {}
        self._given_up: set[str] = set()
        self._batch: dict[str, Request] = {}
        self._stopped = False
        self._send_timer = QTimer(self, singleShot=True, interval=0)
        self._send_timer.timeout.connect(self._send)
        self._answers: deque[tuple[Answer, IconPolicy]] = deque()
        self._take_timer = QTimer(self, singleShot=True, interval=0)
        self._take_timer.timeout.connect(self._take_some)
        self._thread = _Thread(self)
        self._thread.setObjectName("icons")
        self._pipeline = IconPipeline(cache_path, self._policy, limits)
        self._pipeline.moveToThread(self._thread)
        self._thread.started.connect(self._pipeline.start)
        self._requested.connect(self._pipeline.request)
        self._wanted.connect(self._pipeline.want)
        self._body_wanted.connect(self._pipeline.give_body)
        self._policy_changed.connect(self._pipeline.set_policy)
        self._cache_limited.connect(self._pipeline.limit_cache)
        self._cache_emptied.connect(self._pipeline.empty_cache)
        self._cache_asked.connect(self._pipeline.measure_cache)
        self._pipeline.cache_measured.connect(self.cache_measured)
        self._stopping.connect(self._pipeline.stop)
        self._pipeline.answered.connect(self._take)

    def icon(self, address: Address, size: int, ratio: float = 1.0) -> IconView:
        """What to draw for `address` in a square of `size` device-independent pixels.

        Answers from memory; what is not there is asked for, before what was asked for earlier, and
        `changed` tells when to look again. Meant for `paintEvent`.
        """
        if not address.url:
            return _without_url(address)
        key = cache_key(address.url)
        facts = self._known(key)
        if facts is None:
            if key in self._given_up:
                return _STOPPED
            self._ask(key, address.url, (size, ratio))
            return self._asked.get(key, ("", _WAITING))[1]
        if facts.state not in _SHOWN:
            return IconView(facts.state, None, facts.reason)
        pixmap = self._pixmaps.find((key, size, ratio))
        if pixmap is None:
            self._ask(key, address.url, (size, ratio))
        return IconView(facts.state, pixmap, facts.reason)

    def nearest(self, address: Address, size: int, ratio: float = 1.0) -> QPixmap | None:
        """A picture at hand in another size than `icon` has, until that one is drawn."""
        return self._pixmaps.nearest(cache_key(address.url), size * ratio)

    def facts(self, url: str) -> IconFacts | None:
        """What is known about an address that was loaded."""
        return self._known(cache_key(url))

    def request_sizes(self, url: str, sizes: Iterable[int], ratio: float = 1.0) -> None:
        """Ask for several sizes at once; they come together, as `icon` then shows."""
        key = cache_key(url)
        for size in sizes:
            if self._pixmaps.find((key, size, ratio)) is None:
                self._ask(key, url, (size, ratio))

    def want(self, urls_visible: Iterable[str]) -> None:
        """Drop the requests for all other addresses, unless they are being loaded already."""
        keys = frozenset(cache_key(url) for url in urls_visible)
        self._given_up &= keys
        for key in [key for key in self._asked if key not in keys]:
            del self._asked[key]
        for key in [key for key in self._batch if key not in keys]:
            del self._batch[key]
        self._wanted.emit(keys)
        self.waiting.emit(len(self._asked))

    def stop_loading(self) -> None:
        """Give up what waits; what is being loaded comes all the same.

        What was given up is asked for again when it was out of sight, or by `reload`.
        """
        urls = frozenset(url for url, _ in self._asked.values())
        given_up = {key for key in self._asked if key not in self._facts}
        self.want(())
        self._given_up = given_up
        self.changed.emit(urls)

    def reload(self, url: str) -> None:
        """Load an address again, past the cache, in the sizes that are in use."""
        key = cache_key(url)
        sizes = self._pixmaps.take_out(key) or {_DEFAULT_SIZE}
        self._forget(key)
        self._given_up.discard(key)
        for size in sizes:
            self._ask(key, url, size)
        self._batch[key].anew = True
        self.changed.emit(frozenset({url}))

    def body(self, url: str) -> Future[bytes]:
        """The bytes of a picture as they were fetched, or as they are in a data: URI.

        Fails with a `SentenceError` when they are not kept any more.
        """
        future: Future[bytes] = Future()
        if self._stopped:
            future.cancel()
            return future
        self._start()
        self._body_wanted.emit(url, future)
        return future

    @property
    def policy(self) -> IconPolicy:
        return self._policy

    def set_policy(self, policy: IconPolicy) -> None:
        """Load what this policy lets be loaded, from now on; what it does not is shown no more."""
        if policy == self._policy:
            return
        self._policy = policy
        self._judged.clear()
        self._given_up.clear()
        self._policy_changed.emit(policy)
        urls = {facts.url for facts in self._facts.values()}
        urls.update(request.url for request in self._batch.values())
        self.changed.emit(frozenset(urls))

    def set_allowed_hosts(self, allowed_hosts: Iterable[str]) -> None:
        """Allow these hosts instead of those that were allowed."""
        self.set_policy(replace(self._policy, allowed_hosts=frozenset(allowed_hosts)))

    def allow_host(self, host: str) -> None:
        """Allow one more host; `host_allowed` tells that it is to be kept."""
        self.set_allowed_hosts(self._policy.allowed_hosts | {host})
        self.host_allowed.emit(host)

    @property
    def cache_folder(self) -> Path:
        """Where the cache file lies."""
        return self._cache_path.parent

    def limit_cache(self, limit: int) -> None:
        """Let the cache file have that many bytes; it is made as small in the background."""
        self._cache_limited.emit(limit)

    def empty_cache(self) -> None:
        """Forget all that the cache file has; `cache_measured` tells when it is done."""
        self._start()
        self._cache_emptied.emit()

    def measure_cache(self) -> None:
        """Have `cache_measured` tell how large the cache is."""
        self._start()
        self._cache_asked.emit()

    @property
    def held(self) -> Held:
        """How much is in memory."""
        return Held(len(self._facts), self._letters, len(self._asked), self._pixmaps.bytes)

    def stop(self) -> None:
        """End the thread and the worker processes; the loader answers from memory afterwards."""
        if self._stopped:
            return
        self._stopped = True
        self._send_timer.stop()
        if self._thread.isRunning():
            self._stopping.emit()
            self._thread.wait()
        self._answers.clear()

    def _ask(self, key: str, url: str, size: Size) -> None:
        if self._stopped:
            return
        self._asked.setdefault(key, (url, _WAITING))
        self._batch.setdefault(key, Request(key, url, set())).sizes.add(size)
        if not self._send_timer.isActive():
            self._send_timer.start()

    def _known(self, key: str) -> IconFacts | None:
        """What is known of an address, as the policy lets it be shown."""
        facts = self._facts.get(key)
        if facts is not None and key not in self._judged:
            self._judged.add(key)
            hindrance = self._policy.hindrance(facts.url, facts.final_url)
            if hindrance is not None:
                facts = IconFacts(facts.url, *hindrance)
                self._facts[key] = facts
            elif _depends(facts):
                self._forget(key)
                return None
        return facts

    def _forget(self, key: str) -> None:
        facts = self._facts.pop(key, None)
        if facts is not None:
            self._letters -= len(facts.url)
            self._judged.discard(key)

    def _start(self) -> None:
        if not self._thread.isRunning() and not self._stopped:
            self._thread.start()

    def _send(self) -> None:
        self._start()
        requests, self._batch = list(self._batch.values()), {}
        self._requested.emit(requests)
        self.waiting.emit(len(self._asked))

    @Slot(object, object)
    def _take(self, answers: list[Answer], policy: IconPolicy) -> None:
        self._answers.extend((answer, policy) for answer in answers)
        if not self._take_timer.isActive():
            self._take_some()

    def _take_some(self) -> None:
        """Take as many answers as leave time for a frame, and the others after it."""
        taken = [self._answers.popleft() for _ in range(min(TAKEN_AT_ONCE, len(self._answers)))]
        for answer, policy in taken:
            is_current = policy == self._policy
            if answer.facts is None:
                if answer.key in self._asked:
                    self._asked[answer.key] = (answer.url, _LOADING)
                continue
            self._asked.pop(answer.key, None)
            self._given_up.discard(answer.key)
            self._forget(answer.key)
            if not is_current and _depends(answer.facts):
                continue  # it is asked for again, under the policy of now
            facts = self._facts[answer.key] = _shortened(answer.facts)
            self._letters += len(facts.url)
            if is_current:
                self._judged.add(answer.key)
            if answer.is_another:
                self._pixmaps.take_out(answer.key)
            for size, image in answer.images.items():
                pixmap = QPixmap.fromImage(image)
                pixmap.setDevicePixelRatio(size[1])
                self._pixmaps.insert((answer.key, *size), pixmap)
        while len(self._facts) > MAX_FACTS or self._letters > MAX_LETTERS:
            self._forget(next(iter(self._facts)))
        if self._answers:
            self._take_timer.start()
        self.changed.emit(frozenset(answer.url for answer, _ in taken))
        self.waiting.emit(len(self._asked))


def _shortened(facts: IconFacts) -> IconFacts:
    """Without the content of a data: URI: it may be long, and no policy asks for it."""
    return replace(facts, url="data:") if facts.url.startswith("data:") else facts


def _depends(facts: IconFacts) -> bool:
    """Whether another policy may let the icon be shown, or shown as it is now."""
    return is_of_offline(facts.reason) or facts.state in (IconState.REFUSED, IconState.WITHHELD)


class _Thread(QThread):
    """Runs in Python: else each slot would make a state of the interpreter and throw it away."""

    def run(self) -> None:
        self.exec()


def _without_url(address: Address) -> IconView:
    if address.kind == "none":
        return _NONE
    if address.kind == "name":
        return _NAME
    if address.kind == "relative":
        return IconView(IconState.RELATIVE, None, address.reason)
    refused = address.kind in ("web", "other")
    state = IconState.REFUSED if refused else IconState.NOT_ADDRESS
    return IconView(state, None, address.reason)


_PixmapKey = tuple[str, int, float]


class _Pixmaps:
    """Pixmaps up to a number of bytes, the least recently used go first.

    Not QPixmapCache: that one empties itself while the program idles, and cells would flicker.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self.bytes = 0
        self._pixmaps: OrderedDict[_PixmapKey, QPixmap] = OrderedDict()
        self._sizes: set[Size] = set()

    def find(self, key: _PixmapKey) -> QPixmap | None:
        pixmap = self._pixmaps.get(key)
        if pixmap is not None:
            self._pixmaps.move_to_end(key)
        return pixmap

    def nearest(self, key: str, pixels: float) -> QPixmap | None:
        """One of an icon's pictures: the smallest that has so many pixels, or else the largest."""
        by_pixels = sorted(self._sizes, key=lambda known: known[0] * known[1])
        found = None
        for size, ratio in by_pixels:
            found = self._pixmaps.get((key, size, ratio)) or found
            if found is not None and size * ratio >= pixels:
                break
        return found

    def insert(self, key: _PixmapKey, pixmap: QPixmap) -> None:
        self._remove(key)
        self._pixmaps[key] = pixmap
        self._sizes.add(key[1:])
        self.bytes += _cost(pixmap)
        while self.bytes > self._max_bytes:
            self._remove(next(iter(self._pixmaps)))

    def take_out(self, key: str) -> set[Size]:
        """Remove every size of one icon, and tell which there were."""
        sizes = {(size, ratio) for name, size, ratio in self._pixmaps if name == key}
        for size, ratio in sizes:
            self._remove((key, size, ratio))
        return sizes

    def _remove(self, key: _PixmapKey) -> None:
        pixmap = self._pixmaps.pop(key, None)
        if pixmap is not None:
            self.bytes -= _cost(pixmap)


def _cost(pixmap: QPixmap) -> int:
    return pixmap.width() * pixmap.height() * 4
