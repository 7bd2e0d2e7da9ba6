"""The three panes of a catalogue beside each other: organizations, rows, details."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSplitter, QWidget

_WIDTHS: Final = (230, 620, 428)
_LEAST_WIDTHS: Final = (193, 0, 428)
"""What organizations and details need, in px: their places are as wide before they are there."""


class Panes(QSplitter):
    """Holds the rows from the start; the others have their places.

    Args:
        rows: the middle pane.
    """

    def __init__(self, rows: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._panes = [QWidget(), rows, QWidget()]
        for pane, width in zip(self._panes, _LEAST_WIDTHS, strict=True):
            pane.setMinimumWidth(width)
            self.addWidget(pane)
        self.setStretchFactor(1, 1)
        self.setChildrenCollapsible(False)
        self.setSizes(list(_WIDTHS))

    def put_organizations(self, panel: QWidget) -> None:
        """Put the organizations into their place at the left."""
        self._put(0, panel)

    def put_details(self, panel: QWidget) -> None:
        """Put the details into their place at the right."""
        self._put(2, panel)

    def _put(self, place: int, panel: QWidget) -> None:
        self._panes[place].deleteLater()
        self.replaceWidget(place, panel)
        self._panes[place] = panel

    def show_organizations(self, shown: bool) -> None:
        """Show or hide the pane at the left."""
        self._panes[0].setVisible(shown)

    def show_details(self, shown: bool) -> None:
        """Show or hide the pane at the right."""
        self._panes[2].setVisible(shown)
