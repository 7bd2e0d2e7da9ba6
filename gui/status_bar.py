"""The status bar: counts, what runs in the background, and messages."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import Any, Final
from weakref import WeakKeyDictionary

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QLabel, QProgressBar, QStatusBar, QToolButton, QWidget

from gui import theme
from gui.background import deliver, run_in_gui
from gui.text import number, one_line, plain_tooltip

SHOW_AFTER_MILLISECONDS: Final = 300
"""Work shorter than this shows no progress: it would only flicker."""
SHOW_ICONS_AFTER_MILLISECONDS: Final = 500
"""Icons come in batches all the time: only those that take longer are told."""
MESSAGE_MILLISECONDS: Final = 10_000
MOST_LETTERS: Final = 60
"""Of what runs in the background; the tooltip has all."""
_PERMILLE: Final = 1000


class _Work:
    """What runs: in words, how it is cancelled, how far it is (None where nobody knows)."""

    def __init__(self, what: str, cancel: Callable[[], None] | None) -> None:
        self.what = what
        self.cancel = cancel
        self.permille: int | None = None


class StatusBar(QStatusBar):
    """Counts at the right; a message, or what runs with progress and cancel, at the left.

    Signals:
        idle(): nothing runs in the background any more.
        failed(): something that was followed has failed; comes before `idle`.
    """

    idle = Signal()
    failed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._works: dict[int, _Work] = {}
        self._work_of: WeakKeyDictionary[Future[Any], int] = WeakKeyDictionary()
        self._icons: _Work | None = None
        self._icons_waiting = self._icons_most = 0
        self._next = 0
        self._what = self._label(self.tr("Background work"))
        self._bar = QProgressBar()
        self._bar.setRange(0, 0)
        self._bar.setFixedWidth(120)
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName(self.tr("Progress"))
        self._cancel = QToolButton()
        self._cancel.setAutoRaise(True)
        theme.set_icon(self._cancel, "stop")
        self._cancel.setToolTip(self.tr("Cancel"))
        self._cancel.setAccessibleName(self.tr("Cancel background work"))
        self._cancel.clicked.connect(self._cancel_current)
        self._read_only = self._offline = False
        self._mode = self._label(self.tr("Mode"))
        self._selected = self._label(self.tr("Number of selected integrations"))
        self._counts = self._label(self.tr("Number of integrations shown"))
        for widget in (self._what, self._bar, self._cancel):
            self.addPermanentWidget(widget)
            widget.hide()
        for widget in (self._mode, self._selected, self._counts):
            self.addPermanentWidget(widget)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SHOW_AFTER_MILLISECONDS)
        self._timer.timeout.connect(self._show_work)
        self._icon_timer = QTimer(self, singleShot=True, interval=SHOW_ICONS_AFTER_MILLISECONDS)
        self._icon_timer.timeout.connect(self._show_icons)

    @staticmethod
    def _label(name: str) -> QLabel:
        label = QLabel()
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setAccessibleName(name)
        return label

    def say(self, text: str) -> None:
        """Show a message for some seconds."""
        self.showMessage(text, MESSAGE_MILLISECONDS)

    def show_counts(self, shown: int, total: int) -> None:
        """Show how many integrations are in the table, of how many."""
        if shown == total:
            one, many = self.tr("1 integration"), self.tr("{total} integrations")
            text = one if total == 1 else many.format(total=number(total))
        else:
            text = self.tr("{shown} of {total} integrations").format(
                shown=number(shown), total=number(total)
            )
        self._counts.setText(text)

    def show_selected(self, count: int) -> None:
        """Show how many integrations are selected; nothing for one or none."""
        self._selected.setText(
            self.tr("{count} selected").format(count=number(count)) if count > 1 else ""
        )

    def show_read_only(self, read_only: bool) -> None:
        """Say that the catalogue cannot be edited."""
        self._read_only = read_only
        self._show_modes()

    def show_offline(self, offline: bool) -> None:
        """Say that no icons are asked for."""
        self._offline = offline
        self._show_modes()

    def _show_modes(self) -> None:
        modes = [self.tr("Offline")] if self._offline else []
        if self._read_only:
            modes.append(self.tr("Read-only"))
        self._mode.setText(" · ".join(modes))

    def follow(
        self, what: str, future: Future[Any], cancel: Callable[[], None] | None = None
    ) -> None:
        """Show that `future` is being worked on, until it is done."""
        work = self.begin(what, cancel)
        self._work_of[future] = work

        def fail(_: Exception) -> None:
            self.failed.emit()
            self.end(work)

        deliver(self, future, lambda _: self.end(work), fail)

    def tell_progress(self, future: Future[Any], done: int, total: int) -> None:
        """Show how far the work on `future` has come; any thread may tell."""
        run_in_gui(partial(self._show_progress, future, done, total))

    def _show_progress(self, future: Future[Any], done: int, total: int) -> None:
        work = self._work_of.get(future)
        if work is not None:
            self.advance(work, done, total)

    def begin(self, what: str, cancel: Callable[[], None] | None = None) -> int:
        """Say what runs in the background from now on; returns a number for `end`."""
        self._next += 1
        self._works[self._next] = _Work(what, cancel)
        if not self._timer.isActive() and not self._bar.isVisible():
            self._timer.start()
        elif self._bar.isVisible():
            self._show_work()
        return self._next

    def advance(self, work: int, done: int, total: int) -> None:
        """Show how far a work has come: `done` of `total`, in any unit."""
        known = self._works.get(work)
        if known is not None:
            known.permille = min(done * _PERMILLE // total, _PERMILLE) if total > 0 else None
            if self._bar.isVisible():
                self._show_work()

    def end(self, work: int) -> None:
        """Say that this work is over."""
        self._works.pop(work, None)
        if not self._works:
            self._timer.stop()
        if self._bar.isVisible():
            self._show_work()
        if not self._works:
            self.idle.emit()

    def show_icons_waiting(self, count: int, stop: Callable[[], None]) -> None:
        """Show that `count` icons are still to be loaded, when that lasts and nothing else runs.

        Nothing waits for icons: they do not make the status bar busy.
        """
        self._icons_waiting = count
        self._icons_most = max(self._icons_most, count)
        if not count:
            self._icon_timer.stop()
            self._icons_most = 0
            if self._icons is not None:
                self._icons = None
                self._show_work()
        elif self._icons is not None:
            self._show_icons()
        elif not self._icon_timer.isActive():
            self._stop_icons = stop
            self._icon_timer.start()

    def _show_icons(self) -> None:
        if self._icons is None:
            self._icons = _Work("", self._stop_icons)
        count = number(self._icons_waiting)
        self._icons.what = self.tr("Icons: {count} to load").format(count=count)
        done = self._icons_most - self._icons_waiting
        self._icons.permille = done * _PERMILLE // self._icons_most
        if not self._works:
            self._show_work()

    @property
    def is_busy(self) -> bool:
        """Whether something runs in the background."""
        return bool(self._works)

    @property
    def _current(self) -> _Work | None:
        return next(iter(self._works.values()), self._icons)  # the others wait for it

    def _show_work(self) -> None:
        work = self._current
        if work is not None:
            self._what.setText(one_line(work.what, MOST_LETTERS))
            self._what.setToolTip(plain_tooltip(work.what))
            self._bar.setRange(0, 0 if work.permille is None else _PERMILLE)
            self._bar.setValue(work.permille or 0)
        self._what.setVisible(work is not None)
        self._bar.setVisible(work is not None)
        self._cancel.setVisible(work is not None and work.cancel is not None)

    def _cancel_current(self) -> None:
        work = self._current
        if work is not None and work.cancel is not None:
            work.cancel()
