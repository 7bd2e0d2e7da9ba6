"""Where the icons come from: the icon host beside the checkout, or a host and a corpus of our own.

Run as a program this is a quick host: `python -m tests.benchmarks.bench_icons_host MANIFEST`, where
MANIFEST is a JSON object of paths and files. It answers each request in one piece and prints its
address first.
"""

from __future__ import annotations

import asyncio
import csv
import json
import mimetypes
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import quote, unquote

ROOT: Final = Path(__file__).resolve().parents[2]
SHARED: Final = ROOT.parent / "shared"
ICONS: Final = 5_000


class Corpus(NamedTuple):
    """Pictures by the path that hosts serve them under. `is_real`: the icon host has them too."""

    files: dict[str, Path]
    is_real: bool


def corpus(workdir: Path, count: int = ICONS) -> Corpus:
    """Real icons where the shared data is, drawn ones elsewhere; the same ones every time."""
    files = _real() if SHARED.is_dir() else {}
    is_real = len(files) >= count
    if not is_real:
        print("the real icons are not beside the checkout: drawn ones stand for them")
        files = _drawn(workdir / "drawn", count)
    paths = random.Random(1).sample(sorted(files), count)
    return Corpus({path: files[path] for path in paths}, is_real)


def hostile(workdir: Path) -> dict[str, Path]:
    """Test pictures, broken and malicious ones among them, by the path that our host serves."""
    folder = SHARED / "data" / "images"
    if folder.is_dir():
        files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
        files.remove(folder / "manifest.csv")
    else:
        files = _bad(workdir / "bad")
    return {f"/hostile/{number}{path.suffix}": path for number, path in enumerate(files)}


def _real() -> dict[str, Path]:
    csv.field_size_limit(1 << 30)
    files = {}
    for table in sorted(SHARED.glob("data/icons/*/map.csv")):
        with table.open(newline="", encoding="utf-8") as stream:
            for row in csv.DictReader(stream):
                if row["servePath"] and row["status"] == "ok":
                    path = quote(f"/{row['catalog']}{row['servePath']}")
                    files[path] = table.parent / row["localFile"]
    return files


def _drawn(folder: Path, count: int) -> dict[str, Path]:
    from tests.icon_server import png

    folder.mkdir(exist_ok=True)
    files = {}
    for number in range(count):
        color = f"#{number * 2_654_435_761 % 2**24:06x}"
        path = folder / f"{number}.{'png' if number % 8 == 0 else 'svg'}"
        if path.suffix == ".png":
            path.write_bytes(png(color, 64, 64))
        else:
            curves = "".join(f"M{n} {n}q{number % 17} 9 {40 - n} {n}z" for n in range(20))
            path.write_text(
                '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">'
                f'<circle cx="32" cy="32" r="30" fill="{color}"/><path d="{curves}"/></svg>'
            )
        files[f"/drawn/{path.name}"] = path
    return files


def _bad(folder: Path) -> list[Path]:
    from tests.icon_server import hanging_svg, huge_png_header, png

    folder.mkdir(exist_ok=True)
    bodies = {
        "hangs.svg": hanging_svg(),
        "huge.png": huge_png_header(),
        "cut.png": png(width=256, height=256)[:200],
        "empty.png": b"",
        "text.png": b"no picture",
    }
    for name, body in bodies.items():
        (folder / name).write_bytes(body)
    return [folder / name for name in bodies]


# -- hosts -----------------------------------------------------------------------------------------


@contextmanager
def icon_host(icons: Corpus, workdir: Path, delay_ms: int = 0) -> Iterator[str]:
    """The address of the icon host, or of a quick one with the same delay where there is none."""
    if not icons.is_real:
        with quick_host(icons.files, workdir, delay_ms) as url:
            yield url
        return
    script = str(SHARED / "tools" / "icon_host.py")
    with _running([sys.executable, script, "--delay-ms", str(delay_ms)]) as url:
        yield url


@contextmanager
def quick_host(files: dict[str, Path], workdir: Path, delay_ms: int = 0) -> Iterator[str]:
    """The address of a host that answers at once."""
    manifest = workdir / "manifest.json"
    manifest.write_text(json.dumps({unquote(path): str(file) for path, file in files.items()}))
    command = [sys.executable, "-m", __name__, str(manifest), str(delay_ms)]
    with _running(command) as url:
        yield url


@contextmanager
def _running(command: list[str]) -> Iterator[str]:
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        try:
            line = next((line for line in process.stdout if " icons at " in line), "")
            if not line:
                raise RuntimeError("the icon server ended before it listened")
            yield line.split()[-1]
        finally:
            process.terminate()


class _Connection(asyncio.Protocol):
    answers: dict[bytes, bytes]
    delay = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._received = b""

    def data_received(self, data: bytes) -> None:
        self._received += data
        while b"\r\n\r\n" in self._received:
            request, self._received = self._received.split(b"\r\n\r\n", 1)
            path = request.split(b" ", 2)[1].split(b"?")[0]
            answer = self.answers.get(path, b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n")
            if self.delay:
                asyncio.get_running_loop().call_later(self.delay, self._transport.write, answer)
            else:
                self._transport.write(answer)


async def _serve(files: dict[str, str]) -> None:
    _Connection.answers = {
        quote(path).encode(): _answer(Path(file)) for path, file in files.items()
    }
    server = await asyncio.get_running_loop().create_server(_Connection, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    print(f"{len(files)} icons at http://127.0.0.1:{port}", flush=True)
    await server.serve_forever()


def _answer(file: Path) -> bytes:
    body = file.read_bytes()
    kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    head = (
        f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
        f'ETag: "{len(body)}"\r\nCache-Control: max-age=3600\r\n\r\n'
    )
    return head.encode() + body


if __name__ == "__main__":
    _Connection.delay = int(sys.argv[2]) / 1000
    asyncio.run(_serve(json.loads(Path(sys.argv[1]).read_text())))
