"""What requests become in the icon process: tasks, and the answers that are gathered of them."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, QTimer, Signal

from db.errors import Problem
from gui.icon_cache import Entry
from gui.icon_decoder import Decoded
from gui.icon_facts import IconFacts, IconState, Size
from gui.icon_wire import Answer, Request

if TYPE_CHECKING:
    from gui.icon_http import Fetched

ANSWER_MS: Final = 33
"""Answers are gathered this long, so that views repaint at most 30 times a second."""
FRESH_SECONDS: Final = 24 * 3600.0
"""How long a picture is used whose host does not say."""
BROKEN_FRESH_SECONDS: Final = 600.0


@dataclass(slots=True)
class Task:
    request: Request
    body: bytes | None = None
    entry: Entry | None = None
    """What the cache had, and then what it shall have."""
    drawn: set[Size] = field(default_factory=set)
    is_another: bool = False
    """The host has another picture than the cache had."""
    stale: Problem | None = None
    """Why the picture of the cache is shown although it could not be asked for again."""
    retry_at: float | None = None
    """When to try again what is broken, in seconds since the epoch."""

    @property
    def is_data(self) -> bool:
        return self.request.url.startswith("data:")


class Answers(QObject):
    """Gathers answers, the last one of an address with all pictures of the earlier ones.

    Signals: ready(list[Answer]), at most about 30 times a second.
    """

    ready = Signal(object)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._gathered: dict[str, Answer] = {}
        self._timer = QTimer(self, singleShot=True, interval=ANSWER_MS)
        self._timer.timeout.connect(self._emit)

    def tell_loading(self, key: str) -> None:
        """Tell that the host is being asked."""
        self._gathered.setdefault(key, Answer(key))
        self._emit_later()

    def add(
        self,
        task: Task,
        state: IconState,
        reason: Problem | None = None,
        pixels: dict[Size, bytes] | None = None,
    ) -> None:
        """Tell what became of a task."""
        key = task.request.key
        url = "data:" if task.is_data else task.request.url
        before = self._gathered.get(key)
        is_another = task.is_another or (before is not None and before.is_another)
        earlier = {} if before is None or task.is_another else before.pixels
        merged = {**earlier, **(pixels or {})}
        entry = task.entry
        facts = IconFacts(url, state, reason) if entry is None else entry.told(url, state, reason)
        if state is IconState.BROKEN:
            facts = replace(facts, retry_at=task.retry_at)
        self._gathered[key] = Answer(key, facts, merged, is_another)
        task.is_another = False
        self._emit_later()

    def cover(self, request: Request) -> bool:
        """Whether the answer is on its way to the views, which then need not ask again."""
        answer = self._gathered.get(request.key)
        if answer is None or answer.facts is None or request.anew:
            return False
        shown = answer.facts.state in (IconState.READY, IconState.STALE)
        return not shown or request.sizes <= answer.pixels.keys()

    def stop(self) -> None:
        """Tell nothing any more."""
        self._timer.stop()

    def emit_now(self) -> None:
        """Tell at once what was gathered."""
        if self._gathered:
            self._timer.stop()
            self._emit()

    def _emit_later(self) -> None:
        if not self._timer.isActive():
            self._timer.start()

    def _emit(self) -> None:
        answers, self._gathered = self._gathered, {}
        self.ready.emit(list(answers.values()))


def data_entry(media_type: str, body: bytes) -> Entry:
    """What is noted of a data: URI; it stays what it is."""
    return Entry(time.time(), math.inf, content_type=media_type, size_bytes=len(body))


def web_entry(fetched: Fetched) -> Entry:
    """What is noted of an answer with a body, before it is decoded."""
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


def with_picture(entry: Entry, decoded: Decoded) -> Entry:
    """`entry` with what the worker process made of its body."""
    fresh_until = entry.fresh_until
    if decoded.passing:
        fresh_until = min(fresh_until, time.time() + BROKEN_FRESH_SECONDS)
    return replace(entry, fresh_until=fresh_until, picture=decoded.picture, problem=decoded.problem)


def failed_entry(fetched: Fetched) -> Entry:
    """What is noted of a host that gave no picture."""
    now = time.time()
    return Entry(
        fetched=now,
        fresh_until=now + BROKEN_FRESH_SECONDS,
        final_url=fetched.final_url,
        status=fetched.status,
        problem=fetched.problem,
    )
