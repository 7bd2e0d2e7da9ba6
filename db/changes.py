"""What a write changed: the answer to every edit, and what every view is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["edit", "undo", "redo", "elsewhere"]


@dataclass(frozen=True, slots=True)
class Change:
    """One committed change of the catalogue.

    Attributes:
        edit_id: the edit in the history; None for a change that another program made,
            and for an edit that changed nothing.
        label: what the edit did, in words.
        kind: an edit, its undo, its redo, or another program's commit.
        pks: the integrations concerned, or None when they are many or unknown.
        added, deleted: whether rows came or went (then the order of the rows has changed).
        fields: the names of the integration fields concerned, or None when unknown.
        organizations: whether organizations changed.
        settings: whether catalogue settings changed.
        count: how many integrations changed (organizations or settings, when only they did).
        origin: who asked, so that a view can tell its own edits from others'.
    """

    edit_id: int | None
    label: str
    kind: Kind
    pks: frozenset[int] | None
    added: bool
    deleted: bool
    fields: frozenset[str] | None
    organizations: bool
    settings: bool
    count: int
    origin: str = ""


def elsewhere() -> Change:
    """Another program wrote something: what, is unknown."""
    return Change(None, "", "elsewhere", None, True, True, None, True, True, count=0)


def nothing(label: str, origin: str) -> Change:
    """An edit that changed nothing."""
    nobody: frozenset[int] = frozenset()
    return Change(None, label, "edit", nobody, False, False, frozenset(), False, False, 0, origin)
