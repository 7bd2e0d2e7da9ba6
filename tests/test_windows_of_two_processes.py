"""Two windows of two processes on one file: what one commits the other shows, and nothing moves."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import closing
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from db.changes import Change
from gui import elsewhere
from gui.workspace import Workspace
from tests import window_program as program
from tests.test_catalog import raw
from tests.window_help import open_window
from tests.window_program import Other

LONG = 30_000
HERE, THERE = 700, 300
"""The integrations at which this window and the other one stand."""


@pytest.fixture
def space(qtbot: QtBot, tmp_path: Path) -> Workspace:
    """This window, with half a type typed far down."""
    rows = [{"id": f"i{n}", "name": f"{n:04}", "type": "s3"} for n in range(1, 1_001)]
    _, space = open_window(qtbot, tmp_path, rows)
    program.settle(space, HERE, "half a ty")
    return space


@pytest.fixture
def other(space: Workspace) -> Iterator[Other]:
    """The other one, with as much typed elsewhere."""
    other = Other(space.catalog.path)
    other.ask("settle", THERE, "half an")
    yield other
    other.close()


class Looks:
    """Counts how often this window has looked for what others write, until it was told of it."""

    def __init__(self, space: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
        self.begun = 0
        self.told_at = 0
        look = space.catalog.check_elsewhere

        def counted() -> Future[Change | None]:
            self.begun += 1
            return look()

        monkeypatch.setattr(space.catalog, "check_elsewhere", counted)
        space.catalog.changed.append(self._told)

    def _told(self, _: Change) -> None:
        self.told_at = self.begun


def stored(path: Path, pk: int) -> object:
    with closing(raw(path)) as connection:
        return connection.execute("SELECT type FROM integration WHERE pk = ?", (pk,)).get


def test_each_shows_what_the_other_commits_and_nothing_moves(
    qtbot: QtBot, space: Workspace, other: Other, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = program.state(space), other.ask("state")
    assert (here["current"], here["typed"]) == (HERE, ["half a ty"])
    assert (there["current"], there["typed"]) == (THERE, ["half an"])
    assert 0 < there["scroll"] < here["scroll"]
    looks = Looks(space, monkeypatch)
    other.ask("change", THERE + 1, "type", "from there")
    qtbot.waitUntil(lambda: stored(space.catalog.path, THERE + 1) == "from there", timeout=LONG)
    begun = looks.begun
    qtbot.waitUntil(lambda: program.cell(space, THERE + 1, "type") == "from there", timeout=LONG)
    # Within two seconds, since the first look that began after the commit found it.
    assert looks.told_at <= begun + 1
    assert elsewhere.WATCH_MILLISECONDS <= 1_000
    assert program.state(space) == here
    program.change(space, HERE + 1, "type", "from here")
    qtbot.waitUntil(lambda: other.ask("cell", HERE + 1, "type") == "from here", timeout=LONG)
    assert other.ask("state") == there
    assert program.state(space) == here
