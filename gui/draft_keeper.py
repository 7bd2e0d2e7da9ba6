"""Keeps what is being typed outside the catalogue, and offers it again when the program died."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QWidget

from db import drafts
from db.drafts import Draft, DraftFile
from db.fields import Value
from gui.background import deliver
from gui.details_panel import DetailsPanel
from gui.table_model import IntegrationTableModel

if TYPE_CHECKING:
    from db.catalog import Catalog

PAUSE_MILLISECONDS: Final = 400
"""How long typing pauses before it is kept."""
LONGEST_SECONDS: Final = 2.0
"""Who types without a pause loses no more than that."""


class DraftKeeper(QObject):
    """Writes the drafts of one window a moment after typing pauses, on a thread of its own.

    Drafts are what the form holds, what was set aside, what an open cell editor holds, and what was
    typed into cells and waits to be stored. One is gone from the file when it was stored or
    discarded.

    Args:
        go_to: shows the integration of a pk.
        parent: of the question about drafts that an ended program left.

    Signals:
        said(str): a message for the status bar.
    """

    said = Signal(str)

    def __init__(
        self,
        catalog: Catalog,
        model: IntegrationTableModel,
        details: DetailsPanel,
        go_to: Callable[[int], None],
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self._parent = parent
        self._go_to = go_to
        self._is_closed = False
        self._model = model
        self._details = details
        self._cell: tuple[int, str, str, Value] | None = None
        self._file = DraftFile(drafts.root(), catalog.path)
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="drafts")
        self._written: dict[int, Draft] = {}
        self._waiting_since = 0.0
        self._has_failed = False
        self._forget_left_over = False
        self._pause = QTimer(self, singleShot=True, interval=PAUSE_MILLISECONDS)
        self._pause.timeout.connect(self._keep)
        details.form.field_edited.connect(lambda _: self._touched())
        details.form.dirty_changed.connect(lambda _: self._touched())
        details.kept_changed.connect(self._touched)
        model.typing.connect(self._typed)
        model.waiting_changed.connect(self._touched)
        deliver(self, self._executor.submit(self._file.left_over), self._offer)

    def close(self) -> None:
        """Keep what is there now; what was left and not decided about is offered again."""
        self._model.typing.disconnect(self._typed)  # a view that goes closes its editor then
        self._pause.stop()
        self._keep()
        self._is_closed = True
        self._executor.submit(self._file.close)
        self._executor.shutdown(wait=True)

    def _take_back(self, left: dict[int, Draft]) -> None:
        """Put drafts that were left into the forms of their integrations."""
        for pk, draft in left.items():
            self._details.keep(pk, draft.name, draft.typed, draft.seen)
        self._forget_left_over = True
        self._touched()
        self._go_to(next(iter(left)))

    def _discard(self) -> None:
        self._executor.submit(self._file.forget_left_over)

    def _offer(self, left: dict[int, Draft]) -> None:
        """Ask what becomes of drafts that were left."""
        if not left or self._is_closed:
            return
        from gui.draft_question import DraftQuestion

        dialog = DraftQuestion(left, self._parent)
        dialog.take_back_chosen.connect(lambda: self._take_back(left))
        dialog.discard_chosen.connect(self._discard)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    def _typed(self, pk: int, field: str, text: str | None) -> None:
        self._cell = None if text is None else (pk, field, text, self._model.opened_value)
        self._touched()

    def _touched(self) -> None:
        """Something is typed, stored or discarded."""
        now = monotonic()
        if not self._pause.isActive():
            self._waiting_since = now
        if not self._is_closed and now - self._waiting_since < LONGEST_SECONDS:
            self._pause.start()

    def _keep(self) -> None:
        kept = self._all()
        forget, self._forget_left_over = self._forget_left_over, False
        if kept != self._written or forget:
            self._written = kept
            job = self._executor.submit(partial(self._write, kept, forget))
            deliver(self, job, self._kept)

    def _write(self, kept: dict[int, Draft], forget: bool) -> str | None:
        """Returns why it could not be done, or None."""
        try:
            self._file.write(kept)
        except OSError as error:
            return error.strerror or str(error)
        if forget:
            self._file.forget_left_over()
        return None

    def _all(self) -> dict[int, Draft]:
        found = self._details.drafts()
        cells = list(self._model.waiting_edits)
        if self._cell is not None:
            pk, field, text, seen = self._cell
            cells.append((pk, field, text, {field: seen}))
        for pk, field, value, held in cells:
            old = found.get(pk, Draft(self._model.stored_name(pk), {}, {}))
            found[pk] = Draft(old.name, {**old.typed, field: value}, {**old.seen, **held})
        return found

    def _kept(self, reason: str | None) -> None:
        if reason is not None and not self._has_failed:
            words = self.tr("What you type is not kept until it is stored: {reason}.")
            self.said.emit(words.format(reason=reason))
        self._has_failed = reason is not None
