"""The gallery with its bar: by what the rows are sorted, and how large the icons are."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import (
    QHBoxLayout,
    QMenu,
    QSizePolicy,
    QSlider,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from db.order import SortKey
from gui import theme
from gui.columns import COLUMNS
from gui.gallery_grid import SIZES
from gui.gallery_view import IntegrationGallery
from gui.table_model import IntegrationTableModel
from gui.table_view import IntegrationTable
from gui.text import plain_tooltip

_SLIDER_WIDTH: Final = 120


class GalleryPane(QWidget):
    """Shows the rows of a table, in the table's order.

    Attributes:
        gallery: the view itself.
    """

    def __init__(
        self,
        model: IntegrationTableModel,
        table: IntegrationTable,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._table = table
        self.gallery = IntegrationGallery(model, table.chosen)
        self._make_sort()
        self._make_zoom()
        bar = QHBoxLayout()
        bar.setSpacing(4)
        bar.addWidget(self.sort_button)
        bar.addStretch(1)
        for widget in (self._smaller, self.slider, self._larger):
            bar.addWidget(widget)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addLayout(bar)
        column.addWidget(self.gallery, 1)
        self.gallery.zoomed.connect(self._show_size)
        table.sort_changed.connect(self._show_sort)
        self._show_size(self.gallery.icon_size)
        self._show_sort()

    # -- sort --------------------------------------------------------------------------------

    def _make_sort(self) -> None:
        self.sort_button = QToolButton()
        self.sort_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.sort_button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.sort_button.setAutoRaise(True)
        self.sort_button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.sort_button.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        theme.set_icon(self.sort_button, "sort")
        menu = QMenu(self.sort_button)
        titles = {column.sort_column: column.title for column in COLUMNS}
        group = QActionGroup(self)
        self._by: dict[str, QAction] = {}
        for name, title in titles.items():
            self._by[name] = self._choice(menu, group, title)
            self._by[name].triggered.connect(lambda _=False, name=name: self._sort_by(name))
        menu.addSeparator()
        direction = QActionGroup(self)
        self._up = self._choice(menu, direction, self.tr("&Ascending"))
        self._down = self._choice(menu, direction, self.tr("&Descending"))
        self._up.triggered.connect(lambda: self._turn(descending=False))
        self._down.triggered.connect(lambda: self._turn(descending=True))
        self.sort_button.setMenu(menu)

    def _choice(self, menu: QMenu, group: QActionGroup, text: str) -> QAction:
        action = menu.addAction(text)
        action.setCheckable(True)
        group.addAction(action)
        return action

    def _sort_by(self, name: str) -> None:
        self._table.set_sort((SortKey(name, self._table.sort[0].descending),))

    def _turn(self, *, descending: bool) -> None:
        first, *others = self._table.sort
        self._table.set_sort((first._replace(descending=descending), *others))

    def _show_sort(self) -> None:
        first = self._table.sort[0]
        titles = [self._by[key.column].text() for key in self._table.sort]
        self._by[first.column].setChecked(True)
        (self._down if first.descending else self._up).setChecked(True)
        arrow = "↓" if first.descending else "↑"
        self.sort_button.setText(
            self.tr("Sort: {column} {arrow}").format(column=titles[0], arrow=arrow)
        )
        direction = self._down if first.descending else self._up
        words = self.tr("Sorted by {columns}, {direction}").format(
            columns=", ".join(titles), direction=direction.text().replace("&", "").lower()
        )
        self.sort_button.setToolTip(plain_tooltip(words))
        self.sort_button.setAccessibleName(words)

    # -- zoom --------------------------------------------------------------------------------

    def _make_zoom(self) -> None:
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, len(SIZES) - 1)
        self.slider.setPageStep(1)
        self.slider.setFixedWidth(_SLIDER_WIDTH)
        self.slider.setAccessibleName(self.tr("Icon size"))
        self.slider.valueChanged.connect(lambda place: self.gallery.zoom(SIZES[place]))
        self._smaller = self._zoom_button(
            "zoom-out", self.tr("Smaller icons"), [QKeySequence("Ctrl+-")], -1
        )
        plus = [QKeySequence("Ctrl++"), QKeySequence("Ctrl+=")]
        self._larger = self._zoom_button("zoom-in", self.tr("Larger icons"), plus, 1)

    def _zoom_button(
        self, symbol: str, words: str, keys: list[QKeySequence], step: int
    ) -> QToolButton:
        action = QAction(words, self)
        action.setShortcuts(keys)
        action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        action.triggered.connect(lambda: self.gallery.zoom_by(step))
        theme.set_icon(action, symbol)
        action.setToolTip(f"{words} ({keys[0].toString()})")
        self.addAction(action)
        button = QToolButton()
        button.setDefaultAction(action)
        button.setAutoRaise(True)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button

    def _show_size(self, size: int) -> None:
        place = SIZES.index(size)
        self.slider.setValue(place)
        words = self.tr("Icons of {size} px").format(size=size)
        self.slider.setToolTip(words)
        self.slider.setAccessibleDescription(words)
        self._smaller.defaultAction().setEnabled(place > 0)
        self._larger.defaultAction().setEnabled(place < len(SIZES) - 1)
