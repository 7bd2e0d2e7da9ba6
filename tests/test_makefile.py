"""The Makefile's promises that can be seen without installing anything."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from .conftest import ROOT

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="there is no make here")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with the Makefile and the lock, and no environment yet."""
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    for name in ("Makefile", "requirements.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, checkout)
    return checkout


def make(folder: Path, *arguments: str, path: str = os.defpath) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if "MAKE" not in name}
    return subprocess.run(
        ["make", *arguments],
        cwd=folder,
        env={**environment, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )


def program(folder: Path, name: str, script: str) -> Path:
    """A shell script that stands in for `name`."""
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


@pytest.mark.parametrize("target", ["run", "test", "bench", "shots", "wheel", "lock", ".venv"])
def test_every_target_starts_with_the_locked_environment(checkout: Path, target: str) -> None:
    planned = make(checkout, "--dry-run", target).stdout
    assert "--require-hashes --requirement requirements.lock" in planned
    assert "--no-deps --no-build-isolation --editable ." in planned


def test_pyside_is_compiled_once_and_not_at_each_start(checkout: Path) -> None:
    planned = make(checkout, "--dry-run", ".venv").stdout
    assert "SBK_EMBED=0 .venv/bin/python -B -c 'import shiboken6'" in planned
    assert "compileall -q .venv/lib/python*/site-packages/shiboken6/files.dir" in planned


def test_run_is_the_default(checkout: Path) -> None:
    assert make(checkout, "--dry-run").stdout.splitlines()[-1] == ".venv/bin/python -m gui "


def test_an_environment_that_is_up_to_date_is_left_alone(checkout: Path) -> None:
    (checkout / ".venv").mkdir()
    for name in ("locked", "installed"):
        (checkout / ".venv" / name).touch()
    assert "pip" not in make(checkout, "--dry-run", "run").stdout
    later = (checkout / ".venv" / "installed").stat().st_mtime + 10
    os.utime(checkout / "pyproject.toml", (later, later))
    planned = make(checkout, "--dry-run", "run").stdout
    assert "--editable" in planned
    assert "--clear" not in planned
    os.utime(checkout / "requirements.lock", (later, later))
    assert "-m venv --clear .venv" in make(checkout, "--dry-run", "run").stdout


def test_a_python_that_is_too_old_is_named(checkout: Path, tmp_path: Path) -> None:
    old = program(tmp_path / "bin", "python-old", "exit 1")
    result = make(checkout, ".venv", f"PYTHON={old}")
    assert result.returncode == 2
    assert "Python 3.11 or newer is needed" in result.stderr


def test_a_missing_venv_module_is_named_with_the_line_that_installs_it(
    checkout: Path, tmp_path: Path
) -> None:
    python = program(tmp_path / "bin", "python-bare", 'case "$2" in *ensurepip*) exit 1;; esac')
    program(tmp_path / "bin", "id", "echo 1000")
    path = os.pathsep.join([str(tmp_path / "bin"), os.defpath])
    result = make(checkout, ".venv", f"PYTHON={python}", path=path)
    assert result.returncode == 2
    assert "sudo apt-get install python3-venv" in result.stderr


def test_root_gets_missing_packages_installed(checkout: Path, tmp_path: Path) -> None:
    tools = tmp_path / "bin"
    python = program(tools, "python-bare", 'case "$2" in *ensurepip*) exit 1;; esac')
    program(tools, "id", "echo 0")
    program(tools, "apt-get", f'echo "$@" >> {tmp_path / "asked"}; test "$1" != install || exit 9')
    path = os.pathsep.join([str(tools), os.defpath])
    make(checkout, ".venv", f"PYTHON={python}", path=path)
    asked = (tmp_path / "asked").read_text(encoding="utf-8")
    assert "install -qq -y --no-install-recommends python3-venv" in asked
