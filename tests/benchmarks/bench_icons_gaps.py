"""Absences of the GUI thread: how long, and what it did meanwhile.

A heartbeat of the GUI thread notes when it comes too late: each pass of the event loop is a beat,
for what the user does is heard in each, and a timer sees to it that there are passes. (The timer
alone took two repaints, each in a pass of its own, for one absence: one that is due only after a
pass has begun comes with the next, behind whatever a timer without an interval does there.) Another
thread looks at the GUI thread's stack while a beat is late. The kernel's account of the thread
tells how long it was ready to run and had no core: that share of an absence is the machine's, the
rest is laid on us.
"""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path
from types import FrameType
from typing import Any, Final

from PySide6.QtCore import QAbstractEventDispatcher, Qt, QTimer

BEAT: Final = 0.004
FRAME: Final = 0.0167
LATE: Final = 0.008
"""Seconds without a beat after which the stack is looked at, every two milliseconds."""
_LOOK: Final = 0.002


class Watch:
    """Watches the thread that makes it until `stop`."""

    def __init__(self) -> None:
        self._thread = threading.get_ident()
        self._account = Path(f"/proc/self/task/{threading.get_native_id()}/schedstat")
        self._gaps: list[dict[str, Any]] = []
        self._stacks: list[str] = []
        self._beats = 0
        self._last = time.perf_counter()
        self._cpu, self._delayed = self._times()
        self._timer = QTimer(interval=round(BEAT * 1000), timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)
        self._timer.start()
        dispatcher = QAbstractEventDispatcher.instance()
        assert dispatcher is not None
        self._dispatcher = dispatcher
        self._dispatcher.awake.connect(self._beat)
        self._stopping = threading.Event()
        self._looker = threading.Thread(target=self._look, name="watch", daemon=True)
        self._looker.start()

    def stop(self) -> list[dict[str, Any]]:
        """Absences of more than a frame: `seconds` in all, of them on a `core`, ready but
        `delayed` by others, and `stacks` that were seen."""
        self._beat()
        self._dispatcher.awake.disconnect(self._beat)
        self._timer.stop()
        self._stopping.set()
        self._looker.join()
        return self._gaps

    def _times(self) -> tuple[float, float]:
        cpu, delayed, _ = self._account.read_text().split()
        return int(cpu) / 1e9, int(delayed) / 1e9

    def _beat(self) -> None:
        now = time.perf_counter()
        cpu, delayed = self._times()
        if now - self._last > FRAME:
            self._gaps.append(
                {
                    "seconds": now - self._last,
                    "core": cpu - self._cpu,
                    "delayed": delayed - self._delayed,
                    "stacks": self._stacks,
                }
            )
        self._stacks = []
        self._cpu, self._delayed = cpu, delayed
        self._last = now

    def _look(self) -> None:
        while not self._stopping.wait(_LOOK):
            if time.perf_counter() - self._last > LATE and len(self._stacks) < 20:
                frame = sys._current_frames().get(self._thread)
                self._stacks.append(_short(frame))


def ours(gap: dict[str, Any]) -> float:
    """Seconds of an absence for which others did not hold the core."""
    return float(gap["seconds"] - gap["delayed"])


def _short(frame: FrameType | None) -> str:
    """The innermost calls; without their source lines, whose reading would make absences longer."""
    calls = []
    while frame is not None and len(calls) < 6:
        code = frame.f_code
        calls.append(f"{code.co_filename.rpartition('/')[2]}:{frame.f_lineno} {code.co_name}")
        frame = frame.f_back
    return " < ".join(calls)
