"""The wheel holds the three folders, nothing else, and gets along with packages of their names."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from gui.version import VERSION

from .conftest import ROOT

FOLDERS = ("gui", "db", "resources")
NOT_SHIPPED = shutil.ignore_patterns("__pycache__", "*.py[co]")


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what the wheel is made of, so that building leaves no traces in the checkout."""
    copy = tmp_path_factory.mktemp("source")
    for folder in FOLDERS:
        shutil.copytree(ROOT / folder, copy / folder, ignore=NOT_SHIPPED)
    for file in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / file, copy)
    return copy


@pytest.fixture(scope="module")
def site(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the built wheel unpacked, as an installer leaves it in site-packages."""
    built = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", built, source]
    result = subprocess.run(build, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    site = tmp_path_factory.mktemp("site")
    (wheel,) = built.iterdir()
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    return site


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_the_wheel_holds_every_file_of_the_three_folders_and_nothing_else(
    source: Path, site: Path
) -> None:
    expected = {f"{folder}/{name}" for folder in FOLDERS for name in files(source / folder)}
    assert files(site / "integration_icons") == expected
    assert "resources/integration-icons.svg" in expected
    assert {path.name for path in site.iterdir()} == {
        "integration_icons",
        f"integration_icons-{VERSION}.dist-info",
    }


def test_the_installed_program_uses_its_own_packages_among_others_of_the_name(
    site: Path, tmp_path: Path
) -> None:
    for name in ("gui", "db"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise ImportError('not ours')", "utf-8")
    code = (
        f"import sys; sys.path[:0] = {[str(tmp_path), str(site)]}\n"
        "from integration_icons.gui.__main__ import main\n"
        "try: main(['--version'])\n"
        "finally:\n"
        "    import db, gui.version; print(db.__file__, gui.version.__file__)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    ours = site / "integration_icons"
    assert result.stdout.split() == [
        "integration-icons",
        VERSION,
        str(ours / "db" / "__init__.py"),
        str(ours / "gui" / "version.py"),
    ], result.stderr


def test_the_command_is_named_in_the_wheel(site: Path) -> None:
    entry_points = site / f"integration_icons-{VERSION}.dist-info" / "entry_points.txt"
    assert "integration-icons = integration_icons.gui.__main__:main" in entry_points.read_text()
