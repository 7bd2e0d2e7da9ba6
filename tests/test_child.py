"""Functions run in a process of their own."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from functools import partial
from pathlib import Path

import pytest

from db.child import ChildFailed, Task
from db.errors import Cancelled, Invalid
from tests import child_jobs
from tests.conftest import ROOT


def test_a_child_answers() -> None:
    task = Task(partial(child_jobs.add, one=1, other=2))
    assert task.future.result(30) == 3
    task.wait()


def test_reports_arrive_in_order() -> None:
    reports: list[tuple[int, int]] = []
    task = Task(partial(child_jobs.count_to, total=5), lambda *report: reports.append(report))
    assert task.future.result(30) == 5
    assert reports == sorted(reports)
    assert reports[0] == (0, 5)
    assert len(reports) > 1


def test_a_sentence_crosses_over_with_its_template() -> None:
    task = Task(partial(child_jobs.refuse, text="{braces}"))
    with pytest.raises(Invalid) as caught:
        task.future.result(30)
    assert str(caught.value) == "“{braces}” is not wanted."
    assert caught.value.values == {"text": "{braces}"}


def test_a_bug_comes_with_its_traceback() -> None:
    with pytest.raises(ChildFailed, match="LookupError: a bug of ours"):
        Task(child_jobs.stumble).future.result(30)


def test_a_child_that_dies_says_so() -> None:
    with pytest.raises(ChildFailed, match="without an answer"):
        Task(child_jobs.die).future.result(30)


def test_what_a_child_prints_does_not_mix_with_its_answer(
    capfd: pytest.CaptureFixture[str],
) -> None:
    assert Task(child_jobs.talk).future.result(30) == "answered"
    assert capfd.readouterr().out == ""


def test_a_cancelled_child_is_gone(tmp_path: Path) -> None:
    started = threading.Event()
    mark = tmp_path / "pid"
    task = Task(partial(child_jobs.touch_and_wait, path=mark), lambda *_: started.set())
    assert started.wait(30)
    task.cancel()
    with pytest.raises(Cancelled):
        task.future.result(30)
    task.wait()
    with pytest.raises(ProcessLookupError):
        os.kill(int(mark.read_text()), 0)


def test_a_cancel_after_the_end_changes_nothing() -> None:
    task = Task(partial(child_jobs.add, one=1, other=2))
    assert task.future.result(30) == 3
    task.wait()
    task.cancel()
    assert task.future.result() == 3


def test_a_module_in_the_working_folder_is_not_taken_for_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pickle.py").write_text("raise SystemExit('the wrong module')")
    monkeypatch.chdir(tmp_path)
    assert Task(partial(child_jobs.add, one=2, other=2)).future.result(30) == 4


def test_a_child_ends_when_its_parent_was_killed(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    os.mkfifo(mark)
    program = (
        "import sys; from functools import partial; from pathlib import Path\n"
        "from db.child import Task; from tests import child_jobs\n"
        f"job = partial(child_jobs.wait_for_end_of_parent, path=Path({str(mark)!r}))\n"
        "task = Task(job, lambda *_: print('running', flush=True))\n"
        "task.wait()\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    with parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "running\n"
        parent.kill()
    assert mark.read_text() == "noticed"  # a pipe: waits until the child writes
