"""What a cell says: the value as it is, or a word for what is not there."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from PySide6.QtCore import QCoreApplication

from db.fields import NULL, Value, csv_text, is_blank
from db.order import SHORT
from gui.text import cut, plain_tooltip, when


class Kind(Enum):
    """How a cell is shown."""

    VALUE = "value"
    NOTHING = "nothing"
    """Absent, null or empty, and allowed to be: a muted word."""
    MISSING = "missing"
    """A required field without a value: a problem to put right."""


class Cell(NamedTuple):
    """A text on one line, and how it is shown."""

    text: str
    kind: Kind


def beginning(value: Value) -> Value:
    """As much of a value as a cell shows: what is remembered of a very long one."""
    return value[: SHORT + 1] if isinstance(value, str) else value


def cell(value: Value, required: bool) -> Cell:
    """What the cell of a value says."""
    if not is_blank(value):
        text = csv_text(value)
        short = text[:SHORT] + "…" if len(text) > SHORT else text
        if not short.isprintable():
            short = "".join(letter if letter.isprintable() else " " for letter in short)
        return Cell(short, Kind.VALUE)
    translate = QCoreApplication.translate
    if required:
        return Cell(translate("Cell", "missing"), Kind.MISSING)
    if value is None:
        return Cell("—", Kind.NOTHING)
    if value == NULL:
        return Cell(translate("Cell", "null"), Kind.NOTHING)
    return Cell(translate("Cell", "empty"), Kind.NOTHING)


def spoken(title: str, value: Value, required: bool) -> str:
    """What a screen reader says of a cell."""
    if value is None and not required:
        return f"{title}: {QCoreApplication.translate('Cell', 'absent')}"
    return f"{title}: {cell(value, required).text}"


def tooltip(value: Value, required: bool, kind: str) -> str:
    """The tip of a cell, as HTML; of a date also the instant it means, in local time."""
    translate = QCoreApplication.translate
    if is_blank(value):
        words = {
            None: translate("Cell", "There is no value (absent)."),
            NULL: translate("Cell", "The value is null."),
            "": translate("Cell", "The value is an empty text."),
        }[value]  # type: ignore[index]
        if required:
            words += " " + translate("Cell", "This field is required.")
        return plain_tooltip(words)
    text = cut(csv_text(value), SHORT + 1)
    if kind == "date":
        from db.dates import instant

        local = when(instant(value))
        if local:
            text = translate("Cell", "{text}\nLocal time: {local}").format(text=text, local=local)
        else:
            text = translate("Cell", "{text}\nThis is no date that can be read.").format(text=text)
    return plain_tooltip(text)
