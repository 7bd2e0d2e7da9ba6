"""The two views of the same rows, table and gallery, and the switch between them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QByteArray, QObject, QSize, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QWidget

from gui.row_pages import RowPages
from gui.settings import Settings
from gui.table_model import IntegrationTableModel
from gui.table_view import IntegrationTable

if TYPE_CHECKING:
    from db.organizations import Organization
    from gui.gallery_pane import GalleryPane
    from gui.gallery_view import IntegrationGallery
    from gui.table_icons import Loader

_BUTTON: Final = QSize(32, 28)


class RowViews(QObject):
    """Shows one of the views; the gallery is made when it is first shown.

    Attributes:
        switch: a place for the buttons, as large as they are.
        pane: the gallery with its bar, None until it is made.

    Signals:
        made(IntegrationGallery): the gallery is there.
        details_requested, text_left, delete_requested: of the gallery, as the table's.
    """

    made = Signal(object)
    details_requested = Signal(object, str)
    text_left = Signal(object, str, str)
    delete_requested = Signal()

    def __init__(
        self,
        model: IntegrationTableModel,
        table: IntegrationTable,
        pages: RowPages,
        settings: Settings,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.pane: GalleryPane | None = None
        self._model = model
        self._table = table
        self._pages = pages
        self._settings = settings
        self._loader: Loader | None = None
        self._bases: tuple[dict[str, str], str] = ({}, "")
        self._actions: Sequence[QAction] = ()
        self.switch = QWidget()
        self.switch.setFixedSize(2 * _BUTTON.width(), _BUTTON.height())

    @property
    def current(self) -> IntegrationTable | IntegrationGallery:
        """The view that is shown."""
        return self.pane.gallery if self.pane is not None and self.is_gallery else self._table

    @property
    def is_gallery(self) -> bool:
        """Whether the gallery is shown."""
        return self.pane is not None and self._pages.rows is self.pane

    def make_switch(self, actions: Sequence[QAction]) -> None:
        """Make a button for each of the actions, the table's first, and show the view that was
        shown last."""
        self._actions = actions
        group = QActionGroup(self)
        for action in actions:
            group.addAction(action)
        row = QHBoxLayout(self.switch)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        for action in actions:
            button = QToolButton()
            button.setDefaultAction(action)
            button.setAutoRaise(True)
            button.setFixedSize(_BUTTON)
            button.setAccessibleName(action.text().replace("&", ""))
            row.addWidget(button)
        self.show_gallery(self._settings.flag("gallery", default=False))

    def show_gallery(self, on: bool) -> None:
        """Show the gallery, or the table, at the same rows."""
        for action, checked in zip(self._actions, (not on, on), strict=False):
            action.setChecked(checked)
        old = self.current
        if on == self.is_gallery:
            return
        top = max(0, old.top()[0])
        current = old.currentIndex()
        is_current_in_sight = old.is_in_sight(current)
        had_focus = old.hasFocus()
        old.commit_editor()
        from gui.gallery_grid import SHOWN

        pane = self._make_gallery() if self.pane is None else self.pane
        self._table.read_instead(SHOWN if on else None)
        self._pages.show_instead(pane if on else self._table)
        view = self.current
        self._table.place.view = view
        view.go_to_top(top, 0)
        if is_current_in_sight:
            view.scrollTo(current)
        if had_focus:
            view.setFocus()

    def _make_gallery(self) -> GalleryPane:
        from gui.gallery_pane import GalleryPane

        pane = self.pane = GalleryPane(self._model, self._table)
        gallery = pane.gallery
        gallery.details_requested.connect(self.details_requested)
        gallery.text_left.connect(self.text_left)
        gallery.delete_requested.connect(self.delete_requested)
        gallery.copy_requested.connect(self._table.copy)
        gallery.addActions(self._table.row_actions())
        gallery.setContextMenuPolicy(self._table.contextMenuPolicy())
        gallery.set_bases(*self._bases)
        if self._loader is not None:
            gallery.set_loader(self._loader)
        size = bytes(self._settings.state("gallery").data()).decode("ascii", "replace")
        if size.isdecimal() and len(size) < 5:
            gallery.zoom(int(size))
        self.made.emit(gallery)
        return pane

    def save(self) -> None:
        """Store which view is shown, and its zoom."""
        if self._actions:
            self._settings.save_flag("gallery", self.is_gallery)
        if self.pane is not None:
            size = str(self.pane.gallery.icon_size)
            self._settings.save_state("gallery", QByteArray(size.encode()))

    # -- what both views are told ------------------------------------------------------------

    def set_loader(self, loader: Loader) -> None:
        """Show icons from now on."""
        self._loader = loader
        self._table.set_loader(loader)
        if self.pane is not None:
            self.pane.gallery.set_loader(loader)

    def set_bases(self, organizations: dict[str, str], catalog: str) -> None:
        """Base URLs of relative icon URLs: of organizations by id, and of the catalogue."""
        self._bases = (organizations, catalog)
        self._table.set_bases(organizations, catalog)
        if self.pane is not None:
            self.pane.gallery.set_bases(organizations, catalog)

    def set_known(self, types: Sequence[str], organizations: Sequence[Organization]) -> None:
        """Offer these types and organizations in the editors."""
        self._table.set_known(types, organizations)

    def set_focus(self) -> None:
        """Go on in the view that is shown."""
        self.current.setFocus()
