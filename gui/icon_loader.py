"""Icons for the views: what is there at once, what is not there later, with a signal.

Everything that takes time happens in the icon thread (`icon_pipeline`) and in worker processes.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from concurrent.futures import Future
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, QThread, QTimer, Signal, Slot
from PySide6.QtGui import QPixmap

from db.addresses import Address
from gui.icon_cache import cache_key
from gui.icon_facts import IconFacts, IconState, IconView, Size
from gui.icon_pipeline import IconPipeline
from gui.icon_tasks import Answer, Request

MAX_PIXMAP_BYTES: Final = 64 * 1024 * 1024
MAX_FACTS: Final = 20_000
_NONE: Final = IconView(IconState.NONE)
_NAME: Final = IconView(IconState.NAME)
_WAITING: Final = IconView(IconState.WAITING)
_LOADING: Final = IconView(IconState.LOADING)
_SHOWN: Final = (IconState.READY, IconState.STALE)
_DEFAULT_SIZE: Final[Size] = (32, 1.0)


class IconLoader(QObject):
    """Gives icons to the views of the GUI thread; never blocks.

    Args:
        cache_path: the cache file; made when it is not there.
        allowed_hosts: loopback and private hosts that may be asked.

    Signals:
        changed(frozenset[str]): the addresses (`Address.url`) whose state or picture is another
            one now; at most about 30 times a second.
    """

    changed = Signal(object)
    _requested = Signal(object)
    _wanted = Signal(object)
    _hosts_changed = Signal(object)
    _body_wanted = Signal(str, object)
    _stopping = Signal()

    def __init__(
        self, cache_path: Path, allowed_hosts: Iterable[str], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._pixmaps = _Pixmaps(MAX_PIXMAP_BYTES)
        self._facts: OrderedDict[str, IconFacts] = OrderedDict()
        self._asked: dict[str, IconView] = {}
        self._batch: dict[str, Request] = {}
        self._stopped = False
        self._send_timer = QTimer(self, singleShot=True, interval=0)
        self._send_timer.timeout.connect(self._send)
        self._thread = QThread(self)
        self._thread.setObjectName("icons")
        self._pipeline = IconPipeline(cache_path, frozenset(allowed_hosts))
        self._pipeline.moveToThread(self._thread)
        self._thread.started.connect(self._pipeline.start)
        self._requested.connect(self._pipeline.request)
        self._wanted.connect(self._pipeline.want)
        self._hosts_changed.connect(self._pipeline.set_allowed_hosts)
        self._body_wanted.connect(self._pipeline.give_body)
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
        facts = self._facts.get(key)
        if facts is None:
            self._ask(key, address.url, (size, ratio))
            return self._asked.get(key, _WAITING)
        if facts.state not in _SHOWN:
            return IconView(facts.state, None, facts.reason)
        pixmap = self._pixmaps.find((key, size, ratio))
        if pixmap is None:
            self._ask(key, address.url, (size, ratio))
        return IconView(facts.state, pixmap, facts.reason)

    def facts(self, url: str) -> IconFacts | None:
        """What is known about an address that was loaded."""
        return self._facts.get(cache_key(url))

    def request_sizes(self, url: str, sizes: Iterable[int], ratio: float = 1.0) -> None:
        """Ask for several sizes at once; they come together, as `icon` then shows."""
        key = cache_key(url)
        for size in sizes:
            if self._pixmaps.find((key, size, ratio)) is None:
                self._ask(key, url, (size, ratio))

    def want(self, urls_visible: Iterable[str]) -> None:
        """Drop the requests for all other addresses, unless they are being loaded already."""
        keys = frozenset(cache_key(url) for url in urls_visible)
        for key in [key for key, view in self._asked.items() if key not in keys]:
            if self._asked[key] is _WAITING:
                del self._asked[key]
        for key in [key for key in self._batch if key not in keys]:
            del self._batch[key]
        self._wanted.emit(keys)

    def reload(self, url: str) -> None:
        """Load an address again, past the cache, in the sizes that are in use."""
        key = cache_key(url)
        sizes = self._pixmaps.take_out(key) or {_DEFAULT_SIZE}
        self._facts.pop(key, None)
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
        if not self._thread.isRunning():
            self._thread.start()
        self._body_wanted.emit(url, future)
        return future

    def set_allowed_hosts(self, allowed_hosts: Iterable[str]) -> None:
        """Allow these loopback and private hosts; icons that were refused are asked for again.

        Those of hosts that are no longer allowed stay until the program is started again.
        """
        self._hosts_changed.emit(frozenset(allowed_hosts))
        refused = [key for key, facts in self._facts.items() if facts.state is IconState.REFUSED]
        urls = frozenset(self._facts.pop(key).url for key in refused)
        if urls:
            self.changed.emit(urls)

    def stop(self) -> None:
        """End the thread and the worker processes; the loader answers from memory afterwards."""
        if self._stopped:
            return
        self._stopped = True
        self._send_timer.stop()
        if self._thread.isRunning():
            self._stopping.emit()
            self._thread.wait()

    def _ask(self, key: str, url: str, size: Size) -> None:
        if self._stopped:
            return
        self._asked.setdefault(key, _WAITING)
        self._batch.setdefault(key, Request(key, url, set())).sizes.add(size)
        if not self._send_timer.isActive():
            self._send_timer.start()

    def _send(self) -> None:
        if not self._thread.isRunning():
            self._thread.start()
        requests, self._batch = list(self._batch.values()), {}
        self._requested.emit(requests)

    @Slot(object)
    def _take(self, answers: list[Answer]) -> None:
        for answer in answers:
            if answer.facts is None:
                self._asked[answer.key] = _LOADING
                continue
            self._asked.pop(answer.key, None)
            self._facts[answer.key] = answer.facts
            self._facts.move_to_end(answer.key)
            for size, image in answer.images.items():
                pixmap = QPixmap.fromImage(image)
                pixmap.setDevicePixelRatio(size[1])
                self._pixmaps.insert((answer.key, *size), pixmap)
        while len(self._facts) > MAX_FACTS:
            self._facts.popitem(last=False)
        self.changed.emit(frozenset(answer.url for answer in answers))


def _without_url(address: Address) -> IconView:
    if address.kind == "none":
        return _NONE
    if address.kind == "name":
        return _NAME
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
        self._bytes = 0
        self._pixmaps: OrderedDict[_PixmapKey, QPixmap] = OrderedDict()

    def find(self, key: _PixmapKey) -> QPixmap | None:
        pixmap = self._pixmaps.get(key)
        if pixmap is not None:
            self._pixmaps.move_to_end(key)
        return pixmap

    def insert(self, key: _PixmapKey, pixmap: QPixmap) -> None:
        self._remove(key)
        self._pixmaps[key] = pixmap
        self._bytes += _cost(pixmap)
        while self._bytes > self._max_bytes:
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
            self._bytes -= _cost(pixmap)


def _cost(pixmap: QPixmap) -> int:
    return pixmap.width() * pixmap.height() * 4
