"""Icons for the views: what is there at once, what is not there later, with a signal.

Everything that takes time happens in the icon process (`icon_service`) and in its workers.
"""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from collections.abc import Iterable
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QPixmap

from db.addresses import Address
from db.errors import Problem
from gui.frames import Header
from gui.icon_facts import PROCESS_LOST, IconFacts, IconState, IconView, Size, cache_key
from gui.icon_pixmaps import Pixmaps, pixmap_of
from gui.icon_policy import IconPolicy, is_of_offline
from gui.icon_process import IconProcess
from gui.icon_wire import Answer, Request, pack_policy, pack_requests, unpack_answers

if TYPE_CHECKING:
    from gui.icon_http import Limits

MAX_PIXMAP_BYTES: Final = 64 * 1024 * 1024
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
RETRY_SECONDS: Final = 60.0
"""After which an icon is asked for again when the icon process failed over it."""


@dataclass(slots=True)
class _Asked:
    """An address that was asked for and is not answered yet, and the sizes in which."""

    url: str
    view: IconView = _WAITING
    sizes: set[Size] = field(default_factory=set)
    anew: bool = False


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

    def __init__(
        self,
        cache_path: Path,
        allowed_hosts: Iterable[str],
        parent: QObject | None = None,
        limits: Limits | None = None,
    ) -> None:
        super().__init__(parent)
        self._pixmaps = Pixmaps(MAX_PIXMAP_BYTES)
        self._facts: OrderedDict[str, IconFacts] = OrderedDict()
        self._letters = 0
        self._judged: set[str] = set()
        self._policy = IconPolicy(allowed_hosts=frozenset(allowed_hosts))
        self._policy_number = 0
        self._cache_path = cache_path
        self._cache_limit: int | None = None
        self._asked: dict[str, _Asked] = {}
        self._given_up: set[str] = set()
        self._batch: dict[str, Request] = {}
        self._stopped = False
        self._send_timer = QTimer(self, singleShot=True, interval=0)
        self._send_timer.timeout.connect(self._send)
        self._frames: deque[tuple[Header, bytes]] = deque()
        self._take_timer = QTimer(self, singleShot=True, interval=0)
        self._take_timer.timeout.connect(self._take_some)
        self._process = IconProcess(cache_path, limits, self)
        self._process.started.connect(self._introduce)
        self._process.answers.connect(self._take)
        self._process.measured.connect(self.cache_measured)
        self._process.lost.connect(self._lost)

    def start(self) -> None:
        """Start the icon process, so that the first icon need not wait for it."""
        self._process.start()

    def icon(self, address: Address, size: int, ratio: float = 1.0) -> IconView:
        """What to draw for `address` in a square of `size` device-independent pixels.

        Answers from memory; what is not there is asked for, before what was asked for earlier, and
        `changed` tells when to look again. Meant for `paintEvent`.
        """
        if not address.url:
            return _without_url(address)
        key = cache_key(address.url)
        facts = self._known(key)
        if facts is not None and facts.is_out_of_date(time.time()):
            self._forget(key)
            self._asked[key] = _Asked(address.url, IconView(facts.state, None, facts.reason))
            facts = None
        if facts is None:
            if key in self._given_up:
                return _STOPPED
            self._ask(key, address.url, (size, ratio))
            asked = self._asked.get(key)
            return _WAITING if asked is None else asked.view
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
        self._process.send({"do": "want", "keys": list(keys)})
        self.waiting.emit(len(self._asked))

    def stop_loading(self) -> None:
        """Give up what waits; what is being loaded comes all the same.

        What was given up is asked for again when it was out of sight, or by `reload`.
        """
        urls = frozenset(asked.url for asked in self._asked.values())
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
        self._asked.pop(key, None)
        for size in sizes:
            self._ask(key, url, size)
        if key in self._asked:
            self._asked[key].anew = self._batch[key].anew = True
        self.changed.emit(frozenset({url}))

    def body(self, url: str) -> Future[bytes]:
        """The bytes of a picture as they were fetched, or as they are in a data: URI.

        Fails with a `SentenceError` when they are not kept any more.
        """
        self._process.start()
        return self._process.body(url)

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
        self._policy_number += 1
        self._send_policy()
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
    def cache_file(self) -> Path:
        """The cache file itself; another process writes it."""
        return self._cache_path

    @property
    def cache_folder(self) -> Path:
        """Where the cache file lies."""
        return self._cache_path.parent

    def limit_cache(self, limit: int) -> None:
        """Let the cache file have that many bytes; it is made as small in the background."""
        self._cache_limit = limit
        self._send_limit()

    def empty_cache(self) -> None:
        """Forget all that the cache file has; `cache_measured` tells when it is done."""
        self._process.start()
        self._process.send({"do": "empty"})
        self._process.send({"do": "measure"})

    def measure_cache(self) -> None:
        """Have `cache_measured` tell how large the cache is."""
        self._process.start()
        self._process.send({"do": "measure"})

    @property
    def held(self) -> Held:
        """How much is in memory."""
        return Held(len(self._facts), self._letters, len(self._asked), self._pixmaps.bytes)

    @property
    def pid(self) -> int:
        """Of the icon process; 0 while there is none."""
        return self._process.pid

    def stop(self) -> None:
        """End the icon process; the loader answers from memory afterwards."""
        self._stopped = True
        self._send_timer.stop()
        self._take_timer.stop()
        self._process.stop()
        self._frames.clear()

    def _ask(self, key: str, url: str, size: Size) -> None:
        if self._stopped:
            return
        asked = self._asked.setdefault(key, _Asked(url))
        is_known = size in asked.sizes
        request = self._batch.get(key)
        if request is None:
            request = self._batch[key] = Request(key, "" if is_known else url, set())
        if not is_known:
            request.url = url
            request.sizes.add(size)
            asked.sizes.add(size)
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

    def _introduce(self) -> None:
        """Tell a new process what holds for all icons."""
        self._send_policy()
        self._send_limit()

    def _send_policy(self) -> None:
        self._process.send(pack_policy(self._policy, self._policy_number))

    def _send_limit(self) -> None:
        if self._cache_limit is not None:
            self._process.send({"do": "limit", "bytes": self._cache_limit})

    def _send(self) -> None:
        self._process.start()
        requests, self._batch = list(self._batch.values()), {}
        self._process.send(*pack_requests(requests))
        self.waiting.emit(len(self._asked))

    def _lost(self, is_hopeless: bool) -> None:
        """Ask a new process for all that the one that ended had not answered."""
        self._frames.clear()
        asked, self._asked, self._batch = self._asked, {}, {}
        if is_hopeless:
            again = time.time() + RETRY_SECONDS
            for key, each in asked.items():
                reason = Problem(PROCESS_LOST)
                self._learn(key, IconFacts(each.url, IconState.BROKEN, reason, retry_at=again))
            self._limit_facts()
            self.changed.emit(frozenset(each.url for each in asked.values()))
            self.waiting.emit(0)
            return
        for key, each in reversed(asked.items()):
            for size in each.sizes:
                self._ask(key, each.url, size)
            self._batch[key].anew = self._asked[key].anew = each.anew

    def _take(self, header: Header, body: bytes) -> None:
        self._frames.append((header, body))
        if not self._take_timer.isActive():
            self._take_some()

    def _take_some(self) -> None:
        """Take the answers of one frame, which leave time for painting, and the others after it."""
        header, body = self._frames.popleft()
        is_current = header["policy"] == self._policy_number
        urls = [self._take_answer(each, is_current) for each in unpack_answers(header, body)]
        self._limit_facts()
        if self._frames:
            self._take_timer.start()
        self.changed.emit(frozenset(urls))
        self.waiting.emit(len(self._asked))

    def _take_answer(self, answer: Answer, is_current: bool) -> str:
        """Take in an answer, and tell of which address it is."""
        key, facts = answer.key, answer.facts
        asked = self._asked.get(key)
        if facts is None:
            if asked is not None:
                asked.view = _LOADING
            return key if asked is None else asked.url
        self._asked.pop(key, None)
        self._given_up.discard(key)
        self._forget(key)
        url = facts.url if asked is None else asked.url
        if not is_current and _depends(facts):
            return url  # it is asked for again, under the policy of now
        self._learn(key, facts)
        if is_current:
            self._judged.add(key)
        if answer.is_another:
            self._pixmaps.take_out(key)
        for size, pixels in answer.pixels.items():
            pixmap = pixmap_of(pixels, size)
            if pixmap is not None:
                self._pixmaps.insert((key, *size), pixmap)
        return url

    def _learn(self, key: str, facts: IconFacts) -> None:
        facts = _shortened(facts)
        self._facts[key] = facts
        self._letters += len(facts.url)

    def _limit_facts(self) -> None:
        while len(self._facts) > MAX_FACTS or self._letters > MAX_LETTERS:
            self._forget(next(iter(self._facts)))


def _shortened(facts: IconFacts) -> IconFacts:
    """Without the content of a data: URI: it may be long, and no policy asks for it."""
    return replace(facts, url="data:") if facts.url.startswith("data:") else facts


def _depends(facts: IconFacts) -> bool:
    """Whether another policy may let the icon be shown, or shown as it is now."""
    return is_of_offline(facts.reason) or facts.state in (IconState.REFUSED, IconState.WITHHELD)


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
