"""The controls over a picture: background, mask and zoom."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QColor, QIcon, QPixmap
from PySide6.QtWidgets import (
    QButtonGroup,
    QColorDialog,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from gui import theme
from gui.icon_stage import Background, Look, Mask, tile
from gui.icon_zoom import ZoomView

TILE: Final = 20
_HEIGHT: Final = 28


class ViewControls(QWidget):
    """Chooses how icons are looked at, and the zoom of one view.

    Args:
        view: what is zoomed.
        percent: whether the zoom is written here.

    Signals:
        look_changed(Look): the user chose another background or mask.
    """

    look_changed = Signal(object)

    def __init__(self, view: ZoomView, *, percent: bool = False) -> None:
        super().__init__()
        self.view = view
        self._look = Look()
        self._pixmap: QPixmap | None = None
        self._enabled = True
        self.backgrounds = self._make_backgrounds()
        self.masks = self._make_masks()
        self.zoom_out = self._zoom_button("zoom-out", self.tr("Zoom out"), "-", view.zoom_out)
        self.zoom_in = self._zoom_button("zoom-in", self.tr("Zoom in"), "+", view.zoom_in)
        self.fit = self._zoom_button("fit", self.tr("Fit"), "0", lambda: view.set_zoom(None))
        self.full = self._zoom_button("", self.tr("True pixels, 100 %"), "1", self._show_full)
        self.full.setText("1:1")
        self.full.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        self.fit.setCheckable(True)
        self.full.setCheckable(True)
        self.percent = QLabel()
        self.percent.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.percent.setMinimumWidth(self.fontMetrics().horizontalAdvance("25,600 %"))
        self.percent.setVisible(percent)
        self.percent.setAccessibleName(self.tr("Zoom"))
        self._lay_out()
        view.zoom_changed.connect(self._show_zoom)
        theme.notifier().changed.connect(self._show_tiles)
        self.set_look(Look())
        self._show_zoom()

    @property
    def look(self) -> Look:
        return self._look

    def set_look(self, look: Look) -> None:
        """Show what is chosen."""
        self._look = look
        for group, chosen in ((self.backgrounds, look.background), (self.masks, look.mask)):
            for button in group.buttons():
                button.setChecked(button.objectName() == chosen)
        self._show_tiles()

    def show_in_tiles(self, pixmap: QPixmap | None) -> None:
        """Show the icon, 16 px, on the buttons of the backgrounds."""
        self._pixmap = pixmap
        self._show_tiles()

    def add_button(self, symbol: str, words: str) -> QToolButton:
        """Another button, at the end."""
        button = _tool(words)
        theme.set_icon(button, symbol)
        self._row.addWidget(button)
        return button

    def enable_zoom(self, enabled: bool) -> None:
        """Whether the zoomed view is what is seen."""
        self._enabled = enabled
        self._show_zoom()

    def choose_color(self) -> None:
        """Ask for the colour of the custom background; it is seen while it is chosen."""
        before = self._look
        dialog = QColorDialog(QColor(before.color), self)
        dialog.setWindowTitle(self.tr("Colour Behind the Icon"))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.currentColorChanged.connect(self._choose_custom)
        dialog.rejected.connect(lambda: self._choose(before))
        dialog.open()

    def _choose_custom(self, color: QColor) -> None:
        if color.isValid():
            self._choose(self._look._replace(background=Background.CUSTOM, color=color.name()))

    def _choose(self, look: Look) -> None:
        self.set_look(look)
        self.look_changed.emit(look)

    def _choose_background(self, background: Background) -> None:
        again = background is Background.CUSTOM is self._look.background
        self._choose(self._look._replace(background=background))
        if again:
            self.choose_color()

    def _show_full(self) -> None:
        self.view.set_zoom(1)

    def _show_zoom(self) -> None:
        view = self.view
        has_picture = view.picture is not None and self._enabled
        for button in (self.zoom_out, self.zoom_in, self.fit, self.full):
            button.setEnabled(has_picture)
        self.fit.setChecked(view.zoom is None)
        self.full.setChecked(view.zoom == 1)
        self.percent.setText(view.zoom_words if has_picture else "")

    def _show_tiles(self) -> None:
        ratio = self.devicePixelRatioF()
        for button in self.backgrounds.buttons():
            look = self._look._replace(background=Background(button.objectName()))
            button.setIcon(QIcon(tile(look, self._pixmap, TILE, ratio)))

    def _make_backgrounds(self) -> QButtonGroup:
        group = QButtonGroup(self)
        for background, words in {
            Background.LIGHT: self.tr("Light"),
            Background.DARK: self.tr("Dark"),
            Background.CHECKER: self.tr("Checker"),
            Background.CUSTOM: self.tr("Own colour"),
        }.items():
            button = _tool(self.tr("Background: {name}").format(name=words))
            button.setObjectName(background)
            button.setCheckable(True)
            button.setIconSize(QSize(TILE, TILE))
            button.clicked.connect(lambda _=False, new=background: self._choose_background(new))
            group.addButton(button)
        custom = group.buttons()[-1]
        choose = QAction(self.tr("Choose the Colour…"), custom)
        choose.triggered.connect(self.choose_color)
        custom.setToolTip(self.tr("Background: own colour (click again to choose another)"))
        custom.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        custom.addAction(choose)
        return group

    def _make_masks(self) -> QButtonGroup:
        group = QButtonGroup(self)
        for mask, words in {
            Mask.NONE: self.tr("none"),
            Mask.ROUNDED: self.tr("rounded corners"),
            Mask.CIRCLE: self.tr("circle"),
        }.items():
            button = _tool(self.tr("Mask: {name}").format(name=words))
            button.setObjectName(mask)
            button.setCheckable(True)
            theme.set_icon(button, f"mask-{mask}")
            button.clicked.connect(
                lambda _=False, chosen=mask: self._choose(self._look._replace(mask=chosen))
            )
            group.addButton(button)
        return group

    def _zoom_button(self, symbol: str, words: str, key: str, slot: object) -> QToolButton:
        button = _tool(words)
        button.setToolTip(self.tr("{words} (Ctrl+{key})").format(words=words, key=key))
        if symbol:
            theme.set_icon(button, symbol)
        button.clicked.connect(slot)
        button.clicked.connect(self._show_zoom)
        return button

    def _lay_out(self) -> None:
        self._row = row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        for buttons in (self.backgrounds.buttons(), self.masks.buttons()):
            for button in buttons:
                row.addWidget(button)
            row.addSpacing(6)
        row.addStretch(1)
        for widget in (self.zoom_out, self.percent, self.zoom_in, self.fit, self.full):
            row.addWidget(widget)


def _tool(name: str) -> QToolButton:
    button = QToolButton()
    button.setAccessibleName(name)
    button.setToolTip(name)
    button.setAutoRaise(True)
    button.setFixedHeight(_HEIGHT)
    button.setMinimumWidth(_HEIGHT)
    button.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button
