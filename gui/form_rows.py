"""The fields of a form one below the other, in an area that scrolls."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Protocol

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFormLayout, QFrame, QLabel, QScrollArea, QWidget

from db.fields import Field

_WIDE: Final = ("icon_url", "metadata")
"""Fields that have the whole width, below their label."""
_MARGIN: Final = 8
_SPACING: Final = 6


class Editor(Protocol):
    """What a row needs of the editor of a field, a widget."""

    @property
    def field(self) -> Field: ...
    @property
    def title(self) -> str: ...
    @property
    def input(self) -> QWidget: ...


class FormRows(QScrollArea):
    """A label and an editor for each field; a required field has a star.

    Attributes:
        spacing: between two rows, in px.
        above: over the first row, in px.
    """

    spacing: Final = _SPACING
    above: Final = _MARGIN

    def __init__(self, editors: Iterable[Editor]) -> None:
        super().__init__()
        body = QWidget()
        form = QFormLayout(body)
        form.setContentsMargins(_MARGIN, _MARGIN, _MARGIN, _MARGIN)
        form.setVerticalSpacing(_SPACING)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        for editor in editors:
            assert isinstance(editor, QWidget)
            label = QLabel(f"{editor.title} *" if editor.field.required else editor.title)
            label.setBuddy(editor.input)
            if editor.field.name in _WIDE:
                form.addRow(label)
                form.addRow(editor)
            else:
                form.addRow(label, editor)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setWidget(body)
