"""The program of the worker process: decodes pictures that nobody trusts.

It runs on its own (`python -P -m gui.icon_worker`) and imports only what decodes. Frames (see
`gui.frames`) go over standard input and output.

    asked:    {"job": n, "sizes": [[size, ratio], ...], "careful": bool} and the bytes of a picture
    answered: {"job": n, "format", "width", "height", "alpha", "blank", "frames", "note", "cpu"}
              and, for each size, (size * ratio)² pixels of premultiplied ARGB in the machine's
              byte order
    or:       {"job": n, "error": code, "cpu", ...} without bytes; cpu: seconds used so far
    at first: {"job": 0, "cpu"} when ready
    before:   {"job": n, "resvg": true} when that renderer is about to be used

The parent kills a worker that takes too long over one picture. After the warm-up no file can be
opened any more, so that a picture cannot load another one from the disk or the network.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from PIL import Image
from PySide6.QtGui import QGuiApplication, QImage, QImageReader

from gui.frames import LENGTHS, Header, pack
from gui.icon_drawings import Drawing
from gui.icon_formats import ALLOCATION_MB, Undecodable, alphas, bitmap, centred, recognise

if sys.platform == "linux":
    import resource

MEMORY_AFTER_WARM_UP = 1024 * 1024 * 1024
CPU_SECONDS = 4
NICENESS = 5
THREAD_SECONDS = 10.0
"""Seconds after which Qt's idle thread is used again; it expires after 30."""
FILES_OF_THREAD = 8


def decode(
    data: bytes,
    sizes: list[tuple[int, float]],
    careful: bool = False,
    before_resvg: Callable[[], None] = lambda: None,
) -> tuple[Header, bytes]:
    """Facts and pixels of the picture in `data`; raises Undecodable. See `Drawing` for the rest."""
    kind, data = recognise(data)
    picture = Drawing(data, careful, before_resvg) if kind == "svg" else bitmap(kind, data)
    alpha = blank = False
    pixels = []
    for size, ratio in sizes:
        fitted = picture.fitted(size, ratio)
        opacity = alphas(fitted)
        alpha = opacity.count(255) != len(opacity)
        blank = opacity.count(0) == len(opacity)
        # Its memory lives as long as the name does.
        square = centred(fitted, round(size * ratio))
        pixels.append(bytes(square.constBits()))
    header: Header = {
        "format": picture.kind,
        "width": picture.size.width(),
        "height": picture.size.height(),
        "alpha": alpha,
        "blank": blank,
        "frames": picture.frames,
        "note": picture.note,
    }
    return header, b"".join(pixels)


def warm_up() -> None:
    """Load what is loaded on first use: plugins, fonts, codecs."""
    QImageReader.setAllocationLimit(ALLOCATION_MB)
    QImageReader.supportedImageFormats()
    Image.preinit()
    b"".decode("utf-16", "replace")
    texts = "".join(
        f'<text y="9" font-size="9" font-family="{family}" font-weight="{weight}">Aé1</text>'
        for family in ("sans-serif", "serif", "monospace", "Arial", "Helvetica")
        for weight in ("normal", "bold")
    )
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9">{texts}</svg>'
    decode(svg.encode(), [(16, 1.0)])
    decode(svg.replace(texts, '<rect class="a" width="9" height="9"/>').encode(), [(16, 1.0)])


class Sandbox:
    """Takes away what decoding does not need: files, memory without end, core dumps (Linux only).

    Qt converts large bitmaps in a thread pool, and starting a thread takes a file descriptor that
    no longer can be had: the process would abort. So the pool is made while one core is all that
    can be seen, which limits it to one thread, and that thread is kept from expiring.
    """

    def __init__(self) -> None:
        self._image = QImage(512, 512, QImage.Format.Format_ARGB32)
        self._image.fill(0)
        self._used = -THREAD_SECONDS
        self._files = 0

    def close(self) -> None:
        """Set the limits; to be called once, after the warm-up."""
        if sys.platform != "linux":
            return
        os.nice(NICENESS)
        cores = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {min(cores)})
        self._use_thread()
        os.sched_setaffinity(0, cores)
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        memory = pages * resource.getpagesize() + MEMORY_AFTER_WARM_UP
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        self._files = os.dup(0) + 1
        resource.setrlimit(resource.RLIMIT_NOFILE, (self._files, self._files + FILES_OF_THREAD))

    def before_picture(self) -> None:
        """Keep the thread alive, and end this process when the picture takes too much of a core."""
        if sys.platform != "linux":
            return
        if time.monotonic() > self._used + THREAD_SECONDS:
            limits = (self._files, self._files + FILES_OF_THREAD)
            resource.setrlimit(resource.RLIMIT_NOFILE, (limits[1], limits[1]))
            self._use_thread()
            resource.setrlimit(resource.RLIMIT_NOFILE, limits)
        used = resource.getrusage(resource.RUSAGE_SELF)
        seconds = int(used.ru_utime + used.ru_stime) + CPU_SECONDS
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, resource.RLIM_INFINITY))

    def _use_thread(self) -> None:
        self._image.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)
        self._used = time.monotonic()


def answer(request: Header, data: bytes, answers: BinaryIO) -> tuple[Header, bytes]:
    """The frame that answers `request`."""
    number, sizes = request["job"], request["sizes"]
    assert isinstance(sizes, list)
    told: list[bool] = []

    def before_resvg() -> None:
        if not told:
            told.append(True)
            _write(answers, {"job": number, "resvg": True})

    wanted = [(int(size), float(ratio)) for size, ratio in sizes]
    try:
        header, body = decode(data, wanted, bool(request["careful"]), before_resvg)
    except Undecodable as error:
        header, body = error.header, b""
    except MemoryError:
        header, body = {"error": "memory"}, b""
    return {"job": number, "cpu": time.process_time(), **header}, body


def _write(stream: BinaryIO, header: Header, body: bytes = b"") -> None:
    stream.write(pack(header, body))
    stream.flush()


def _own_output() -> BinaryIO:
    """Standard output for frames alone: what a library prints goes nowhere."""
    output = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)
    return output


def main() -> int:
    application = QGuiApplication(["icon-worker", "-platform", "offscreen"])
    frames, answers = sys.stdin.buffer, _own_output()
    warm_up()
    sandbox = Sandbox()
    sandbox.close()
    _write(answers, {"job": 0, "cpu": time.process_time()})
    while len(lengths := frames.read(LENGTHS.size)) == LENGTHS.size:
        header_length, body_length = LENGTHS.unpack(lengths)
        request = json.loads(frames.read(header_length))
        data = frames.read(body_length)
        sandbox.before_picture()
        _write(answers, *answer(request, data, answers))
    del application
    return 0


if __name__ == "__main__":
    sys.exit(main())
