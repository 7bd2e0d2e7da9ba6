"""Edits of integrations: each is named, runs in the background, and says what went wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from db.fields import Value
from gui import resources
from gui.background import deliver
from gui.row_selection import RowSelection
from gui.table_model import IntegrationTableModel
from gui.text import field_title, number, one_line

if TYPE_CHECKING:
    from db.catalog import Catalog
    from db.changes import Change
    from db.csv_stage import Staged
    from db.edits import EditSession

Follow = Callable[[str, "Future[Any]", Callable[[], None] | None], None]
"""Shows what is being worked on, until the future is done; with a way to cancel it, if any."""


class RecordActions(QObject):
    """Runs edits in the background; the views learn of them as of any other change.

    Args:
        org_id: tells the organization of new integrations.
        window: the parent of questions.

    Signals:
        added(int): a new integration has this pk.
        copied(list[int]): the pks of new copies.
        cell_refused(int, str, Value): this value could not be stored in this field of the row with
            this pk; `failed` follows.
        conflicted(Conflict): what was to be stored was changed by somebody else meanwhile.
        said(str): a message for the status bar.
        failed(Exception): something that the user has to know went wrong.
    """

    conflicted = Signal(object)
    added = Signal(object)
    copied = Signal(object)
    cell_refused = Signal(object, str, object)
    said = Signal(str)
    failed = Signal(object)

    def __init__(
        self,
        catalog: Catalog,
        model: IntegrationTableModel,
        chosen: RowSelection,
        follow: Follow,
        org_id: Callable[[], str | None],
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._catalog = catalog
        self._model = model
        self._chosen = chosen
        self._follow = follow
        self._org_id = org_id

    def edit(
        self,
        label: str,
        body: Callable[[EditSession], Any],
        done: Callable[[Change], None] | None = None,
        failed: Callable[[Exception], None] | None = None,
        *,
        attach: Mapping[str, Path] | None = None,
    ) -> None:
        """Run a named edit, once it may end what can be redone; what goes wrong is told.

        `attach`: see `Catalog.edit`.
        """
        self._when_agreed(
            label, lambda: self._edit(label, body, done, failed, attach), failed or self._failed
        )

    def _when_agreed(
        self, label: str, go_on: Callable[[], None], failed: Callable[[Exception], None]
    ) -> None:
        if self._catalog.redo_label() is None:
            go_on()
            return
        from gui.redo_question import agreement

        agreed = agreement(self._window, self._catalog)
        self._follow(label, agreed, None)
        deliver(self, agreed, lambda _: go_on(), failed)

    def _edit(
        self,
        label: str,
        body: Callable[[EditSession], Any],
        done: Callable[[Change], None] | None,
        failed: Callable[[Exception], None] | None,
        attach: Mapping[str, Path] | None,
    ) -> None:
        future = self._catalog.edit(label, body, attach=attach)
        self._follow(label, future, lambda: self._catalog.cancel(future))
        deliver(self, future, done or (lambda _: None), failed or self._failed)

    def undo(self, to: int | None = None) -> None:
        """Take back the last edit, or all down to that one."""
        self._step(self._catalog.undo(to=to), self.tr("Undone: {label}"), self.tr("Undo…"))

    def redo(self, to: int | None = None) -> None:
        """Do again what was undone, or all up to that one."""
        self._step(self._catalog.redo(to=to), self.tr("Done again: {label}"), self.tr("Redo…"))

    def _step(self, future: Future[Change | None], said: str, what: str) -> None:
        def done(change: Change | None) -> None:
            if change is not None:
                self.said.emit(said.format(label=one_line(change.label, 120)))

        self._follow(what, future, lambda: self._catalog.cancel(future))
        deliver(self, future, done, self._failed)

    # -- whole integrations --------------------------------------------------------------------

    def new_integration(self) -> None:
        """Add an integration to the chosen organization."""
        from db import person, records

        now = records.timestamp()
        values: dict[str, Value] = {
            "name": self.tr("New integration"),
            "type": "",
            "org_id": self._org_id() or None,
            "creator": person.author(),
            "created_at": now,
            "updated_at": now,
        }
        added: list[int] = []
        self.edit(
            self.tr("Add integration"),
            lambda edit: added.append(records.add_integration(edit, values=values)),
            done=lambda _: self.added.emit(added[0]),
        )

    def duplicate_selected(self) -> None:
        """Copy the selected integrations under new ids."""
        self._chosen.with_pks(self._duplicate)

    def delete_selected(self) -> None:
        """Delete the selected integrations; undo brings them back."""
        self._chosen.with_pks(self._delete)

    def _duplicate(self, pks: Sequence[int]) -> None:
        from db import records

        label = (
            self.tr("Duplicate {name}").format(name=self._name_of(pks[0]))
            if len(pks) == 1
            else self.tr("Duplicate {count} integrations").format(count=number(len(pks)))
        )
        copies: list[int] = []
        self.edit(
            label,
            lambda edit: copies.extend(records.duplicate_integrations(edit, pks=pks)),
            done=lambda _: self.copied.emit(copies),
        )

    def _delete(self, pks: Sequence[int]) -> None:
        from db import records

        label = (
            self.tr("Delete {name}").format(name=self._name_of(pks[0]))
            if len(pks) == 1
            else self.tr("Delete {count} integrations").format(count=number(len(pks)))
        )
        self.edit(
            label,
            lambda edit: records.delete_integrations(edit, pks=pks),
            done=lambda change: self.said.emit(
                self.tr("Done: {label}. Ctrl+Z brings it back.").format(label=change.label)
            ),
        )

    def load_sample(self, done: Callable[[], None]) -> None:
        """Put the sample integrations into the catalogue, as one edit; then call `done`."""
        label = self.tr("Load the sample catalogue")
        self._when_agreed(label, lambda: self._load_sample(label, done), self._failed)

    def _load_sample(self, label: str, done: Callable[[], None]) -> None:
        from db import csv_import

        reading = csv_import.Reading(resources.SAMPLE, self._catalog.path)

        def write(staged: Staged) -> None:
            future = csv_import.write(self._catalog, staged, label=lambda *_: label)
            future.add_done_callback(lambda _: reading.close())
            deliver(self, future, lambda _: done(), self._failed)

        self._follow(label, reading.future, reading.cancel)
        deliver(self, reading.future, write, self._failed)

    # -- values --------------------------------------------------------------------------------

    def change(
        self,
        pk: int,
        values: dict[str, Value],
        refuse: Callable[[Exception], None],
        seen: Mapping[str, Value] | None = None,
    ) -> None:
        """Store the values that a form has for some fields of a row, which held what was `seen`."""
        fields = ", ".join(field_title(name) for name in values)
        self.edit(
            self.tr("Change {fields} of {name}").format(fields=fields, name=self._name_of(pk)),
            partial(_update, pk, values, seen or {}),
            failed=self._or_conflict(
                pk,
                values,
                refuse,
                lambda mine, now: self.change(pk, mine, refuse, {**(seen or {}), **now}),
            ),
        )

    def change_cell(
        self, pk: int, name: str, value: Value, seen: Mapping[str, Value] | None = None
    ) -> None:
        """Store what was typed into a cell, which held what was `seen`."""
        label = self.tr("Change {field} of {name}").format(
            field=field_title(name), name=self._name_of(pk)
        )
        self.edit(
            label,
            partial(_update, pk, {name: value}, seen or {}),
            done=lambda _: self._model.end_edit(pk, name),
            failed=self._or_conflict(
                pk,
                {name: value},
                partial(self._refuse_cell, pk, name, value),
                lambda _, now: self.change_cell(pk, name, value, now),
            ),
        )

    def _or_conflict(
        self,
        pk: int,
        mine: dict[str, Value],
        refuse: Callable[[Exception], None],
        store: Callable[[dict[str, Value], Mapping[str, Value]], None],
    ) -> Callable[[Exception], None]:
        """What a failed edit leads to: a question where somebody else was first.

        Its answer is stored by `store`, which gets the values, and what was shown beside them.
        """
        from db.conflicts import ChangedMeanwhile
        from gui.conflict_question import Conflict

        def failed(error: Exception) -> None:
            if isinstance(error, ChangedMeanwhile):
                back = partial(refuse, error)
                name = self._name_of(pk)
                now = error.now
                self.conflicted.emit(
                    Conflict(pk, name, mine, now, lambda chosen: store(chosen, now), back)
                )
            else:
                refuse(error)

        return failed

    def _refuse_cell(self, pk: int, name: str, value: Value, error: Exception) -> None:
        from db.conflicts import ChangedMeanwhile

        self.cell_refused.emit(pk, name, value)
        if not isinstance(error, ChangedMeanwhile):
            self.failed.emit(error)

    def _failed(self, error: Exception) -> None:
        self.failed.emit(error)

    def _name_of(self, pk: int) -> str:
        name = self._model.stored_name(pk)
        return one_line(name or self.tr("an integration"), 40)


def _update(
    pk: int, values: Mapping[str, Value], seen: Mapping[str, Value], edit: EditSession
) -> None:
    from db import conflicts

    conflicts.update_seen(edit, pk=pk, values=values, seen=seen)
