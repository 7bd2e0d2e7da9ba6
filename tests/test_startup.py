"""Starting the command, and the sentences where it cannot start."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest

from gui import startup
from gui.__main__ import main
from gui.version import VERSION

from .conftest import ROOT


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run ``python -m gui`` as a process without a display."""
    env = {
        name: value
        for name, value in os.environ.items()
        if name not in {"DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"}
    }
    return subprocess.run(
        [sys.executable, "-m", "gui", *arguments],
        cwd=ROOT,
        env=env | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_the_version_needs_no_display() -> None:
    result = run("--version")
    assert (result.returncode, result.stdout) == (0, f"integration-icons {VERSION}\n")


def test_help_lists_the_commands_and_needs_no_display() -> None:
    result = run("--help")
    assert result.returncode == 0
    for word in ("CATALOG", "--version", "--allow-host", "import FILE", "export FILE"):
        assert word in result.stdout


@pytest.mark.parametrize("arguments", [["--help"], ["import", "--help"], ["export", "--help"]])
def test_what_needs_no_window_does_not_load_qt(arguments: list[str]) -> None:
    code = (
        "import sys\nfrom gui.__main__ import main\n"
        f"try: main({arguments})\nexcept SystemExit: pass\n"
        "sys.exit(any(name.startswith(('PySide6', 'shiboken6')) for name in sys.modules))"
    )
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False, text=True)
    assert result.returncode == 0


def test_an_unknown_option_ends_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--no-such-option"])
    assert ended.value.code == 2
    assert "--no-such-option" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform != "linux", reason="displays are checked on Linux only")
@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({}, "DISPLAY and WAYLAND_DISPLAY are not set"),
        ({"DISPLAY": ":7654"}, "DISPLAY=':7654' does not answer"),
        ({"WAYLAND_DISPLAY": "wayland-9"}, "WAYLAND_DISPLAY='wayland-9' does not answer"),
        ({"QT_QPA_PLATFORM": "xcb"}, "DISPLAY and WAYLAND_DISPLAY are not set"),
    ],
)
def test_without_a_display_the_program_says_so(environment: dict[str, str], said: str) -> None:
    result = run(**environment)
    assert result.returncode == 2
    assert said in result.stderr
    assert "xvfb-run -a make run" in result.stderr


def test_without_a_display_other_platforms_start(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    assert startup.check_system() is None


@pytest.mark.skipif(sys.platform != "linux", reason="libraries are checked on Linux only")
def test_a_missing_library_is_named_with_the_line_that_installs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lost = (
        startup.Library("libno-such.so.1", "libno-such1"),
        startup.Library("libno-cursor.so.0", "libno-cursor0", with_display=True),
    )
    monkeypatch.setattr(startup, "LIBRARIES", (*startup.LIBRARIES, *lost))
    monkeypatch.setenv("QT_QPA_PLATFORM", "xcb")
    with pytest.raises(startup.CannotStart) as refusal:
        startup.check_system()
    assert "libno-such.so.1, libno-cursor.so.0" in str(refusal.value)
    assert "sudo apt-get install libno-such1 libno-cursor0" in str(refusal.value)
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    with pytest.raises(startup.CannotStart) as refusal:
        startup.check_system()
    assert str(refusal.value).endswith("install libno-such1")


@pytest.mark.skipif(
    shutil.which("apt-cache") is None, reason="package names are checked where apt is"
)
def test_debian_knows_the_packages() -> None:
    names = startup.packages(list(startup.LIBRARIES)).split()
    known = subprocess.run(
        ["apt-cache", "pkgnames", "lib"], capture_output=True, text=True, check=True
    ).stdout.split()
    if "libgl1" not in known:
        pytest.skip("apt has no package lists here")
    assert {name for name in names if name not in known and f"{name}t64" not in known} == set()


@pytest.mark.parametrize(("spare", "is_read"), [("", True), ("startup.spare_reading()", False)])
def test_pyside_is_spared_to_read_our_sources(spare: str, is_read: bool) -> None:
    program = (
        "import linecache\n"
        "from gui import startup\n"
        "startup.check_qt()\n"
        f"{spare}\n"
        "import textwrap\n"
        "from gui.columns import COLUMNS\n"
        "print(any(file.endswith('columns.py') for file in linecache.cache))\n"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(is_read)
