"""The history in words: states and counts of edits, values of cells, conflicts."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication

from db.edits import DISCARDED, UNDONE
from db.fields import FIELD_BY_NAME, NULL, Value, csv_text
from db.history_plan import CellConflict
from db.history_query import CellChange, EditFacts
from gui.text import field_title, number, one_line, when

SHOWN: Final = 200
"""Characters of a value that a cell shows."""
_TITLES: Final = {
    "base_url": QT_TRANSLATE_NOOP("History", "Base URL"),
    "value": QT_TRANSLATE_NOOP("History", "Base URL"),
    "name": QT_TRANSLATE_NOOP("History", "Name"),
}


def state_words(state: int) -> str:
    """What became of an edit; "" for one that stands."""
    words = {UNDONE: _tr("Undone"), DISCARDED: _tr("Discarded")}
    return words.get(state, "")


def integrations(count: int) -> str:
    """So many integrations."""
    if count == 1:
        return _tr("1 integration")
    return _tr("{count} integrations").format(count=number(count))


def moment(at: str) -> str:
    """A moment of the history in local time; as it is written if it is none."""
    try:
        return when(datetime.fromisoformat(at))
    except ValueError:
        return one_line(at, 40)


def edit_words(facts: EditFacts) -> str:
    """An edit on one line: what, how many, who, when, and what became of it."""
    label, count = one_line(facts.label, 120), integrations(facts.integrations)
    parts = [
        label,
        "" if count in label else count,
        one_line(facts.author, 60),
        moment(facts.at),
        state_words(facts.state),
    ]
    return " · ".join(part for part in parts if part)


def value_words(value: Value, length: int = SHOWN) -> str:
    """A value of a cell; what is no text has words of its own."""
    if value is None:
        return _tr("(absent)")
    if value == NULL:
        return _tr("(null)")
    return one_line(csv_text(value), length) or _tr("(empty text)")


def field_words(table: str, field: str) -> str:
    """What a field of a recorded table is called on screen; "" is the row as a whole."""
    if table == "integration" and field in FIELD_BY_NAME:
        return field_title(field)
    return _tr(str(_TITLES[field])) if field in _TITLES else ""


def row_words(table: str, key: object, name: str) -> str:
    """What a changed row is called: an integration by its name, or its id."""
    if table == "setting":
        return _tr("The catalogue")
    title = one_line(name, SHOWN) or one_line(str(key), SHOWN) or _tr("(deleted since)")
    return title if table == "integration" else _tr("Organization {name}").format(name=title)


def op_words(cell: CellChange) -> str:
    """Whether a row came, went or was changed."""
    words = {"INSERT": _tr("Added"), "DELETE": _tr("Deleted"), "UPDATE": _tr("Changed")}
    return words[cell.op]


def conflict_words(conflict: CellConflict) -> str:
    """Why a change does not fit."""
    words = {
        "changed": _tr("Changed since"),
        "exists": _tr("There already"),
        "deleted": _tr("Not there any more"),
        "taken": _tr("Its id is taken by another integration"),
    }
    return words[conflict.reason]


def _tr(text: str) -> str:
    return QCoreApplication.translate("History", text)
