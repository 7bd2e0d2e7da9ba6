"""What stands at the right: the details of one integration, or of all that are selected."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QStackedWidget, QWidget

from gui.details_panel import DetailsPanel
from gui.many_panel import ManyPanel


class DetailsPages(QStackedWidget):
    """Shows one record, or the form of many while several rows are selected.

    Args:
        make_many: makes that form; called when it is first needed.

    Attributes:
        many: None until it is made.
    """

    def __init__(
        self,
        details: DetailsPanel,
        make_many: Callable[[], ManyPanel],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.many: ManyPanel | None = None
        self._details = details
        self._make_many = make_many
        self.addWidget(details)

    def show_count(self, count: int) -> None:
        """So many rows are selected."""
        if count > 1:
            if self.many is None:
                self.many = self._make_many()
                self.addWidget(self.many)
            self.many.show_selection()
            self.setCurrentWidget(self.many)
        elif self.currentWidget() is not self._details:
            if self.many is not None:
                self.many.leave_selection()
            self.setCurrentWidget(self._details)

    def forget_typed(self) -> None:
        """Drop what was typed for several integrations."""
        if self.many is not None:
            self.many.revert()

    def refresh(self) -> None:
        """Integrations have changed."""
        if self.many is not None and self.currentWidget() is self.many:
            self.many.show_selection()
