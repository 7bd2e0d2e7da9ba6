"""What an edit of many may be about: the selection, all that is shown, or the whole catalogue."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication

from db import scope
from db.scope import EVERYTHING, Scope
from gui.row_selection import RowSelection
from gui.table_model import IntegrationTableModel
from gui.text import number


@dataclass(frozen=True, slots=True)
class EditScope:
    """Some integrations; `count` is how many there were when it was made."""

    title: str
    count: int
    scope: Scope


def selection(model: IntegrationTableModel, chosen: RowSelection) -> Scope:
    """The selected rows, or else the current one."""
    ranges = chosen.ranges
    if not ranges and chosen.current_row >= 0:
        ranges = [(chosen.current_row, chosen.current_row)]
    if model.whole_order is not None:
        return scope.at_positions(model.whole_order, ranges)
    return scope.of_pks(pk for first, last in ranges for pk in model.pks(first, last))


def edit_scopes(model: IntegrationTableModel, chosen: RowSelection, total: int) -> list[EditScope]:
    """The choices of a dialog, without those that are empty or the same as another.

    Args:
        total: how many integrations the catalogue has.
    """
    found: list[EditScope] = []
    if chosen.count > 1:
        words = _tr("The selection ({count})").format(count=number(chosen.count))
        found.append(EditScope(words, chosen.count, selection(model, chosen)))
    if model.spec.is_filtered:
        count = model.rowCount()
        words = _tr("All that match ({count})").format(count=number(count))
        found.append(EditScope(words, count, scope.matching(model.spec)))
    words = _tr("The whole catalogue ({count})").format(count=number(total))
    found.append(EditScope(words, total, EVERYTHING))
    return found


def extent_words(integrations: int, organizations: int) -> str:
    """ "12,408 integrations in 317 organizations"; no organization is not mentioned."""
    one = _tr("1 integration")
    some = _tr("{count} integrations").format(count=number(integrations))
    words = one if integrations == 1 else some
    if organizations == 0:
        return words
    if organizations == 1:
        return _tr("{integrations} in 1 organization").format(integrations=words)
    return _tr("{integrations} in {count} organizations").format(
        integrations=words, count=number(organizations)
    )


def _tr(text: str) -> str:
    return QCoreApplication.translate("EditScopes", text)
