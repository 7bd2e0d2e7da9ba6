"""The limits beside the icon figures: curl, and decoding alone.

`python -m tests.benchmarks.bench_icons_bare` decodes the files that standard input names.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
CONNECTIONS: Final = 6


def curl_seconds(urls: Sequence[str], workdir: Path) -> float | None:
    """Seconds in which curl fetches the addresses over as many connections; None without curl."""
    if shutil.which("curl") is None:
        return None
    config = workdir / "curl.txt"
    config.write_text("".join(f'url = "{url}"\noutput = "{os.devnull}"\n' for url in urls))
    command = ["curl", "-s", "--parallel", "--parallel-max", str(CONNECTIONS)]
    start = time.perf_counter()
    subprocess.run([*command, "--config", str(config)], check=True, stderr=subprocess.DEVNULL)
    return time.perf_counter() - start


def decode_seconds(files: Sequence[Path], size: int) -> float:
    """Seconds in which as many processes as cores decode the files, once they are ready."""
    cores = os.cpu_count() or 1
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", __name__, str(size)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(cores)
    ]
    for process in processes:
        assert process.stdout is not None
        process.stdout.readline()
    start = time.perf_counter()
    for number, process in enumerate(processes):
        assert process.stdin is not None
        process.stdin.write("\n".join(map(str, files[number::cores])))
        process.stdin.close()
    for process in processes:
        if process.wait():
            raise RuntimeError("decoding alone failed")
    seconds = time.perf_counter() - start
    for process in processes:
        assert process.stdout is not None
        process.stdout.close()
    return seconds


def _decode(size: int) -> None:
    from PySide6.QtGui import QGuiApplication

    from gui import icon_worker

    application = QGuiApplication(["bare"])
    icon_worker.warm_up()
    print("ready", flush=True)
    for name in sys.stdin:
        icon_worker.decode(Path(name.strip()).read_bytes(), [(size, 1.0)])
    del application


if __name__ == "__main__":
    _decode(int(sys.argv[1]))
