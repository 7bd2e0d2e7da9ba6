"""Versions that work together, stated once and locked for everyone."""

from __future__ import annotations

import importlib.metadata
import re
import sys
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.version import Version
from PIL import features

from gui import startup
from gui.version import VERSION

from .conftest import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
LOCKED = [
    Requirement(line.removesuffix("\\").strip())
    for line in LOCK.splitlines()
    if line and not line.startswith((" ", "#"))
]


def locked_for(python: str) -> dict[str, Version]:
    """The locked versions that Python `python` on Linux installs."""
    minor = ".".join(python.split(".")[:2])
    environment = {
        "python_full_version": python,
        "python_version": minor,
        "sys_platform": "linux",
        "os_name": "posix",
        "platform_python_implementation": "CPython",
        "implementation_name": "cpython",
    }
    return {
        requirement.name: Version(next(iter(requirement.specifier)).version)
        for requirement in LOCKED
        if requirement.marker is None or requirement.marker.evaluate(environment)
    }


def test_this_pyside_keeps_the_references_to_none() -> None:
    assert startup.check_qt() is None


def test_a_pyside_that_loses_references_is_refused() -> None:
    startup.refuse_lost_references(20, "6.11.3")
    with pytest.raises(startup.CannotStart, match=r"PySide6 6\.12\.0 on Python .* loses"):
        startup.refuse_lost_references(1000, "6.12.0")


def test_python_3_11_gets_no_pyside_6_12() -> None:
    assert Version("6.11.3") <= locked_for("3.11.2")["pyside6-essentials"] < Version("6.12")


@pytest.mark.parametrize("python", ["3.11.2", "3.12.1", "3.13.0"])
def test_every_supported_python_has_every_requirement_locked(python: str) -> None:
    locked = locked_for(python)
    environment = {"python_version": ".".join(python.split(".")[:2]), "python_full_version": python}
    wanted = [*PROJECT["project"]["dependencies"], *PROJECT["dependency-groups"]["dev"]]
    for requirement in map(Requirement, wanted):
        if requirement.marker is None or requirement.marker.evaluate(environment):
            assert locked[requirement.name.lower()] in requirement.specifier, requirement


def test_the_lock_has_hashes_and_no_address() -> None:
    blocks = re.split(r"\n(?=[a-z])", LOCK)
    assert all("--hash=sha256:" in block for block in blocks if not block.startswith("#"))
    assert not re.search(r"https?:|file:|--(extra-)?index|--find-links|--trusted-host", LOCK)


def test_this_environment_is_the_locked_one() -> None:
    python = ".".join(map(str, sys.version_info[:3]))
    locked = locked_for(python)
    installed = {
        name: Version(importlib.metadata.version(name))
        for name in ("pyside6-essentials", "shiboken6", "peewee", "apsw", "pillow", "ada-url")
    }
    assert installed == {name: locked[name] for name in installed}


def test_pillow_decodes_avif() -> None:
    assert features.check("avif")


def test_the_changelog_knows_this_version() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(rf"^## \[({re.escape(VERSION)}|Unreleased)\]", text, re.MULTILINE)
