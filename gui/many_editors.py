"""Editors of a field of many integrations: what all hold, or that they hold several values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from db.fields import Field, Value
from gui.field_editors import FieldEditor, LineField
from gui.metadata_field import MetadataField

if TYPE_CHECKING:
    _Base = FieldEditor
else:
    _Base = object


class _Many(_Base):
    """A field editor that may stand for several values, which nothing but an edit replaces."""

    _several = False
    _emptied = False

    def show_common(self, value: Value) -> None:
        """All hold this value; what was typed stays."""
        self._several = False
        self.rebase(value)
        self._refresh()

    def show_several(self) -> None:
        """They hold several values; what was typed stays."""
        if not self.touched:
            self._several = True
            self.set_stored(None)
        self._several = True
        self._refresh()

    @property
    def holds_several(self) -> bool:
        """Whether the integrations hold several values in this field."""
        return self._several

    @property
    def touched(self) -> bool:
        if self._several:
            return self._emptied or bool(self.text())
        return super().touched

    def set_empty(self, value: Value) -> None:
        self._emptied = True
        super().set_empty(value)

    def fill(self, value: Value) -> None:
        super().fill(value)
        self._emptied = not self.text()

    def revert(self) -> None:
        self._emptied = False
        super().revert()

    def _empty_words(self) -> str:
        if self._several and not self._emptied:
            return self.tr("several values")
        return super()._empty_words()


class ManyLine(_Many, LineField):
    """On one line."""


class ManyMetadata(_Many, MetadataField):
    """JSON in a text editor."""


def many_editor(field: Field) -> ManyLine | ManyMetadata:
    """The editor of a field."""
    return ManyMetadata(field) if field.kind == "json" else ManyLine(field)
