"""The parent's side of the worker processes that decode pictures.

Lives in the icon process. Workers start when first needed, are killed when a picture takes too
long, start again when next needed, and end when there has been nothing to do for a while.
"""

from __future__ import annotations

import logging
import math
import os
import signal
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, QTimer

from db.errors import Problem
from gui.framed_process import FramedProcess
from gui.icon_facts import Picture, Size, decoding_problem

log = logging.getLogger(__name__)

WORKER: Final = "gui.icon_worker"
SECONDS_PER_PICTURE: Final = 2.0
MOST_SECONDS_PER_PICTURE: Final = 10.0
"""While other programs keep the worker from working, it is waited for this long."""
SECONDS_TO_START: Final = 30.0
SECONDS_IDLE: Final = 60.0
AHEAD: Final = 4
"""Pictures that lie ready in a worker's pipe, so that it never waits for the icon process."""
_CPU_SIGNAL: Final = getattr(signal, "SIGXCPU", None)
_UNWANTED: Final = ("DBUS_SESSION_BUS_ADDRESS", "DISPLAY", "WAYLAND_DISPLAY", "QT_SCALE_FACTOR")


@dataclass(frozen=True, slots=True)
class Decoded:
    """What came of a picture: facts and pixels, or the reason why there are none.

    `pixels` are those of squares: premultiplied ARGB in the machine's byte order, 4 bytes each.
    """

    picture: Picture | None = None
    pixels: dict[Size, bytes] = field(default_factory=dict)
    problem: Problem | None = None
    passing: bool = False
    """The same picture may be drawn another time: a process ended over it, or did not start."""


Done = Callable[[Decoded], None]


@dataclass(slots=True)
class _Job:
    number: int
    data: bytes
    sizes: tuple[Size, ...]
    done: Done
    careful: bool = False
    """To be drawn without resvg, which ended a process over it, or took too long."""


class Decoder(QObject):
    """Decodes pictures in worker processes; every `done` is called once, in this thread."""

    def __init__(self, workers: int | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._waiting: deque[_Job] = deque()
        self._last_number = 0
        self.kills = 0
        count = workers or os.cpu_count() or 1
        self._workers = [_Worker(self) for _ in range(count)]

    @property
    def load(self) -> int:
        """Pictures that wait or are being decoded."""
        return len(self._waiting) + sum(len(worker.jobs) for worker in self._workers)

    @property
    def capacity(self) -> int:
        """Pictures that keep all workers busy."""
        return AHEAD * len(self._workers)

    def decode(self, data: bytes, sizes: Sequence[Size], done: Done) -> None:
        """Decode `data` and draw it in `sizes`."""
        self._last_number += 1
        self.queue(_Job(self._last_number, data, tuple(sizes), done))

    def queue(self, job: _Job) -> None:
        """Do this job after those that wait."""
        self._waiting.append(job)
        self._distribute()

    def stop(self) -> None:
        """End the workers and forget what they were doing."""
        self._waiting.clear()
        for worker in self._workers:
            worker.stop()

    def take_back(self, jobs: Sequence[_Job]) -> None:
        """Jobs that a worker was given and did not come to."""
        self._waiting.extendleft(reversed(jobs))
        self._distribute()

    def next_job(self) -> _Job | None:
        """The next picture for a worker that has room."""
        return self._waiting.popleft() if self._waiting else None

    def _distribute(self) -> None:
        while self._waiting:
            worker = min(self._workers, key=lambda worker: len(worker.jobs))
            if len(worker.jobs) >= AHEAD:
                return
            worker.give(self._waiting.popleft())


class _Worker(QObject):
    """One worker process and the pictures it was given, in order."""

    def __init__(self, decoder: Decoder) -> None:
        super().__init__(decoder)
        self._decoder = decoder
        self.jobs: deque[_Job] = deque()
        self._process: FramedProcess | None = None
        self._ready = False
        self._in_resvg = False
        self._failed_starts = 0
        self._cpu = 0.0
        self._waited = 0.0
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._time_is_up)

    def give(self, job: _Job) -> None:
        self.jobs.append(job)
        if self._process is None:
            self._start()
        elif self._ready:
            self._send(job)
            if len(self.jobs) == 1:
                self._timer.start(int(SECONDS_PER_PICTURE * 1000))

    def stop(self) -> None:
        self.jobs.clear()
        self._end()

    def _start(self) -> None:
        process = FramedProcess(self)
        process.setStandardErrorFile(process.nullDevice())
        process.frame.connect(self._answered)
        process.ended.connect(self._ended)
        process.broken.connect(lambda: self._kill("crash"))
        self._process, self._ready = process, False
        self._cpu = self._waited = 0.0
        self._timer.start(int(SECONDS_TO_START * 1000))
        process.launch(WORKER, unset=_UNWANTED)

    def _send(self, job: _Job) -> None:
        assert self._process is not None
        header = {"job": job.number, "sizes": job.sizes, "careful": job.careful}
        self._process.send(header, job.data)

    def _answered(self, header: dict[str, object], body: bytes) -> None:
        self._in_resvg = "resvg" in header
        if self._in_resvg:
            return
        if not self._ready:
            self._ready, self._failed_starts = True, 0
            for job in self.jobs:
                self._send(job)
        else:
            job = self.jobs.popleft()
            following = self._decoder.next_job()
            if following is not None:
                self.jobs.append(following)
                self._send(following)
            job.done(_decoded(header, body, job.sizes))
        self._cpu, self._waited = float(str(header.get("cpu", self._cpu))), 0.0
        seconds = SECONDS_PER_PICTURE if self.jobs else SECONDS_IDLE
        if self._process is not None:
            self._timer.start(int(seconds * 1000))

    def _time_is_up(self) -> None:
        if not self.jobs:
            self._end()
        elif self._ready and self._had_no_chance():
            self._timer.start(int(SECONDS_PER_PICTURE * 1000))
        elif self._ready:
            self._kill("slow", seconds=SECONDS_PER_PICTURE)
        else:
            self._could_not_start()

    def _had_no_chance(self) -> bool:
        """Whether it was the other programs of a busy machine that took the time."""
        assert self._process is not None
        self._waited += SECONDS_PER_PICTURE
        used = _cpu_seconds(self._process.processId()) - self._cpu
        return used < 0.75 * SECONDS_PER_PICTURE and self._waited < MOST_SECONDS_PER_PICTURE

    def _ended(self) -> None:
        assert self._process is not None
        if self._ready and self.jobs:
            # The process itself ends a picture that takes too much of a processor.
            slow = self._process.exitCode() == _CPU_SIGNAL
            self._kill("slow" if slow else "crash", seconds=SECONDS_PER_PICTURE)
        elif self.jobs:
            self._could_not_start()
        else:
            self._end()

    def _kill(self, code: str, **details: object) -> None:
        """End the process for the sake of the picture it was at; the others go elsewhere."""
        self._decoder.kills += 1
        exit_code = None if self._process is None else self._process.exitCode()
        log.info("A worker process ends over a picture: %s (exit code %s).", code, exit_code)
        if not self.jobs:
            self._end()
            return
        guilty, *others = self.jobs
        again = self._in_resvg
        self.jobs.clear()
        self._end()
        self._decoder.take_back(others)
        if again:
            guilty.careful = True
            self._decoder.queue(guilty)
            return
        guilty.done(Decoded(problem=decoding_problem(code, details), passing=True))

    def _could_not_start(self) -> None:
        self._failed_starts += 1
        log.warning("A worker process for pictures did not start (%d).", self._failed_starts)
        self._end()
        if self._failed_starts < 3:
            self._start()
            return
        jobs = list(self.jobs)
        self.jobs.clear()
        self._failed_starts = 0
        for job in jobs:
            job.done(Decoded(problem=decoding_problem("start", {}), passing=True))

    def _end(self) -> None:
        process, self._process = self._process, None
        self._timer.stop()
        self._ready = self._in_resvg = False
        if process is not None:
            process.end()


def _cpu_seconds(pid: int) -> float:
    """What a process has used of the processors; infinite where the system does not tell."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return math.inf
    user, system = stat.rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def _decoded(header: dict[str, object], body: bytes, sizes: Sequence[Size]) -> Decoded:
    error = header.get("error")
    if error is not None:
        return Decoded(problem=decoding_problem(str(error), header))
    names = ("format", "width", "height", "alpha", "blank", "frames", "note")
    picture = Picture(*(header[name] for name in names))  # type: ignore[arg-type]
    pixels = {}
    start = 0
    if len(body) != sum(round(edge * ratio) ** 2 * 4 for edge, ratio in sizes):
        return Decoded(problem=decoding_problem("crash", header))
    for size in sizes:
        end = start + round(size[0] * size[1]) ** 2 * 4
        pixels[size] = body[start:end]
        start = end
    return Decoded(picture, pixels)
