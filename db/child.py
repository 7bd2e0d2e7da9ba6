"""A function run in a Python process of its own, with progress and cancel.

The child is a fresh interpreter that imports nothing but the function's module: work that would
hold this process's interpreter for long (parsing, formatting) leaves it free, and a cancel is a
kill. Functions and what they take and give are pickled.
"""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from typing import IO, Final, Generic, TypeVar

from db.errors import Cancelled, CatalogError, SentenceError

T = TypeVar("T")
Report = Callable[[int, int], None]
"""Told how much is done, of how much in all."""

REPORT_SECONDS: Final = 0.05
"""A child passes on no more than one report in this time."""
_ROOT: Final = str(Path(__file__).resolve().parents[1])
_START: Final = "import sys; sys.path.insert(0, sys.argv[1]); from db.child import serve; serve()"


class ChildFailed(RuntimeError):
    """A bug in the child: its traceback, or that it ended without an answer."""


class Task(Generic[T]):
    """Work that runs in a child process.

    Attributes:
        future: the answer of the function, or its `SentenceError`; `Cancelled` after a cancel.
    """

    def __init__(self, job: Callable[[Report], T], progress: Report | None = None) -> None:
        """Start `job` in a child.

        Args:
            job: a function that pickle finds by name, or a `functools.partial` of one; it is
                called with a `Report`.
            progress: called with what the job reports, on a thread of the task.
        """
        self.future: Future[T] = Future()
        self.future.set_running_or_notify_cancel()
        self._progress = progress
        self._cancelled = False
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._run, args=(job,), name="child", daemon=True)
        self._thread.start()

    def cancel(self) -> None:
        """End the child at once; the future raises `Cancelled` unless it is done already."""
        with self._lock:
            self._cancelled = True
            if self._process is not None:
                self._process.kill()

    def wait(self) -> None:
        """Wait until the child has ended."""
        self._thread.join()

    def _run(self, job: Callable[[Report], T]) -> None:
        try:
            answer = self._watch(job)
        except BaseException as error:  # noqa: BLE001 - it comes out of the future
            self.future.set_exception(Cancelled() if self._cancelled else error)
        else:
            self.future.set_result(answer)

    def _watch(self, job: Callable[[Report], T]) -> T:
        process = self._start()
        with process:
            assert process.stdin is not None
            assert process.stdout is not None
            try:
                with suppress(BrokenPipeError), process.stdin as stream:
                    pickle.dump(job, stream)
                return self._answer(process.stdout)
            except EOFError:
                raise ChildFailed("The child process ended without an answer.") from None
            finally:
                process.kill()

    def _start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-P", "-X", "utf8", "-c", _START, _ROOT]
        with self._lock:
            if self._cancelled:
                raise Cancelled
            try:
                self._process = subprocess.Popen(
                    command, stdin=subprocess.PIPE, stdout=subprocess.PIPE
                )
            except OSError as error:
                raise CatalogError(
                    "The system refuses to start another process: {reason}. "
                    "Close other programs and try again.",
                    reason=error.strerror,
                ) from error
            return self._process

    def _answer(self, stream: IO[bytes]) -> T:
        while True:
            kind, *rest = pickle.load(stream)
            if kind == "answer":
                answer: T = rest[0]
                return answer
            if kind == "error":
                raise rest[0]
            if kind == "bug":
                raise ChildFailed(rest[0])
            if self._progress is not None and not self._cancelled:
                self._progress(*rest)


def serve() -> None:
    """What a child does: read one job from standard input, answer on standard output."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's: it cancels
    with os.fdopen(os.dup(1), "wb") as stream:
        os.dup2(2, 1)  # whatever is printed must not mix with the answer

        def send(*message: object) -> None:
            stream.write(pickle.dumps(message))
            stream.flush()

        with suppress(BrokenPipeError):
            _work(send)


def _work(send: Callable[..., None]) -> None:
    job = pickle.load(sys.stdin.buffer)
    last = 0.0

    def report(done: int, total: int) -> None:
        nonlocal last
        if (now := time.monotonic()) - last >= REPORT_SECONDS:
            last = now
            send("progress", done, total)

    try:
        answer = job(report)
    except SentenceError as error:
        send("error", error)
    except BrokenPipeError:
        raise
    except Exception as error:  # noqa: BLE001 - the parent raises it
        send("bug", "".join(traceback.format_exception(error)))
    else:
        send("answer", answer)
