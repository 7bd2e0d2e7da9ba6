"""One icon, large and at every size it is used in, on light, dark and checker; and its facts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Protocol

from PySide6.QtCore import QSize, Qt, QTimer, QUrl, Signal, SignalInstance, Slot
from PySide6.QtGui import (
    QAction,
    QDesktopServices,
    QFont,
    QGuiApplication,
    QIcon,
    QKeySequence,
    QPalette,
    QPixmap,
)
from PySide6.QtWidgets import (
    QButtonGroup,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from db.addresses import Address
from gui import theme
from gui.icon_facts import FORMAT_NAMES, IconFacts, IconState, IconView
from gui.icon_stage import Background, Stage, StateWords, plain_label, state_words, tile
from gui.text import cut, number, plain_tooltip, sentence, size, when

LADDER: Final = (256, 128, 64, 48, 32, 24, 16)
"""The sizes in px, largest first."""
PATIENCE_MS: Final = 200
"""How long an icon may load before that is said: most come sooner, and words would flicker."""
AGAIN_MS: Final = 1_000
"""While it loads, the icon is asked for again this often: the table may have dropped it."""
_TILE: Final = 20
_SUMMARY: Final = ("format", "pixels", "bytes")
_URL_LENGTH: Final = 2_000


class Loader(Protocol):
    """What the preview asks of the icon loader."""

    @property
    def changed(self) -> SignalInstance: ...
    def icon(self, address: Address, size: int, ratio: float) -> IconView: ...
    def facts(self, url: str) -> IconFacts | None: ...
    def request_sizes(self, url: str, sizes: Iterable[int], ratio: float) -> None: ...
    def reload(self, url: str) -> None: ...


class IconPreview(QWidget):
    """Shows one address; the pictures come from the loader, as soon as it has them.

    Its actions have keys, which work in every widget they are added to.

    Signals:
        summary_changed(str): the facts in short, on one line.
    """

    summary_changed = Signal(str)

    def __init__(self, loader: Loader, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._loader = loader
        self._address = Address("none")
        self._shown = False
        self._chosen = ""
        self.large = Stage((256, 64, 48, 32, 24, 16))
        self.medium = Stage((128,))
        self._words = StateWords(self.large)
        self._words.setGeometry(self.large.place(256))
        self._words.hide()
        self._patience = QTimer(self, singleShot=True, interval=PATIENCE_MS)
        self._patience.timeout.connect(self._update)
        self._again = QTimer(self, singleShot=True, interval=AGAIN_MS)
        self._again.timeout.connect(self._update)
        self.backgrounds = self._make_backgrounds()
        self.facts: dict[str, QLabel] = {}
        self.summary = ""
        self.url = QLineEdit(readOnly=True)
        self._make_actions()
        self._lay_out()
        dark = theme.colors().dark
        self.set_background(Background.DARK if dark else Background.LIGHT)
        loader.changed.connect(self._on_changed)
        theme.notifier().changed.connect(self._update)
        self.clear()

    @property
    def address(self) -> Address:
        return self._address

    @property
    def state(self) -> IconState:
        return self._view(256).state

    @property
    def words(self) -> str:
        """What is said in place of a picture: the state and its reason; "" with a picture."""
        return self._words.text if not self._words.isHidden() else ""

    @property
    def background(self) -> Background:
        return self.large.background

    @property
    def chosen_background(self) -> str:
        """The background that the user has chosen; "" while it is the one of the colour scheme."""
        return self._chosen

    def _choose(self, background: Background) -> None:
        self._chosen = background
        self.set_background(background)

    def restore_background(self, name: str) -> None:
        """Take a background that was chosen before; what is none changes nothing."""
        if name in list(Background):
            self._choose(Background(name))

    def set_background(self, background: Background | str) -> None:
        """Look at the icon on another background."""
        background = Background(background)
        for button in self.backgrounds.buttons():
            chosen = button.objectName() == background
            button.setChecked(chosen)
            font = QFont(self.font())
            font.setBold(chosen)
            button.setFont(font)
        self.large.set_background(background)
        self.medium.set_background(background)

    def show_address(self, address: Address) -> None:
        """Show the icon of an address, and ask for it in all sizes."""
        if self._shown and address == self._address:
            return
        self._address = address
        self._shown = True
        if address.url:
            self._loader.request_sizes(address.url, LADDER, self.devicePixelRatioF())
        self._patience.start()
        self._update()

    def clear(self) -> None:
        """Show no icon at all."""
        self._shown = False
        self._address = Address("none")
        self._patience.stop()
        self._update()

    def copy_url(self) -> None:
        """Put the icon URL, as it stands in the catalogue, on the clipboard."""
        QGuiApplication.clipboard().setText(self._address.url or self._address.text)

    def open_in_browser(self) -> None:
        """Open an http or https address in the browser."""
        if self._address.url.startswith(("http:", "https:")):
            QDesktopServices.openUrl(QUrl(self._address.url))

    def reload(self) -> None:
        """Load the icon anew, past every cache."""
        if self._address.url:
            self._loader.reload(self._address.url)
            self._update()

    @Slot(object)
    def _on_changed(self, urls: frozenset[str]) -> None:
        if self._address.url in urls:
            self._update()

    def _view(self, edge: int) -> IconView:
        if not self._shown:
            return IconView(IconState.NONE)
        return self._loader.icon(self._address, edge, self.devicePixelRatioF())

    @Slot()
    def _update(self) -> None:
        views = {edge: self._view(edge) for edge in LADDER}
        view = views[256]
        waiting = view.state in (IconState.WAITING, IconState.LOADING)
        if waiting:
            self._again.start()
        patient = waiting and self._patience.isActive()
        for stage in (self.large, self.medium):
            stage.show_views(views, blank=patient or not self._shown)
        has_picture = view.pixmap is not None or view.state is IconState.READY
        self._words.setVisible(self._shown and not has_picture and not patient)
        self._words.show_view(view)
        self._update_tiles(views[16].pixmap)
        self._update_facts(view)
        web = self._address.url.startswith(("http:", "https:"))
        self.copy_button.setEnabled(bool(self._address.url or self._address.text))
        self.open_button.setEnabled(web)
        self.reload_button.setEnabled(bool(self._address.url))

    def _update_tiles(self, pixmap: QPixmap | None) -> None:
        for button in self.backgrounds.buttons():
            background = Background(button.objectName())
            button.setIcon(QIcon(tile(background, pixmap, _TILE, self.devicePixelRatioF())))

    def _update_facts(self, view: IconView) -> None:
        facts = self._loader.facts(self._address.url) if self._address.url else None
        picture = facts.picture if facts is not None else None
        values = dict.fromkeys(self.facts, "")
        values["state"] = state_words(view.state) if self._shown else ""
        if view.state is IconState.READY and picture is not None and picture.blank:
            values["state"] = self.tr("Nothing visible")
        if picture is not None:
            values["format"] = FORMAT_NAMES.get(picture.format, picture.format.upper())
            pixels = self.tr("{width} × {height} px")
            values["pixels"] = pixels.format(
                width=number(picture.width), height=number(picture.height)
            )
        if facts is not None:
            values["bytes"] = "" if facts.size_bytes is None else size(facts.size_bytes)
            values["status"] = "" if facts.status is None else str(facts.status)
            values["when"] = when(None if facts.fetched is None else facts.fetched * 1000)
        for name, label in self.facts.items():
            label.setText(values[name] or "–")
        plain = view.state is IconState.READY and picture is not None and not picture.blank
        said = _SUMMARY if plain else ("state", *_SUMMARY)
        reason = "" if view.reason is None else sentence(view.reason)
        self.facts["state"].setToolTip(plain_tooltip(reason))
        self.summary = " · ".join(values[name] for name in said if values[name])
        self.summary_changed.emit(self.summary)
        final = (facts.final_url if facts is not None else "") or self._address.url
        self.url.setText(cut(final, _URL_LENGTH))
        self.url.setCursorPosition(0)

    def _make_backgrounds(self) -> QButtonGroup:
        group = QButtonGroup(self)
        names = {
            Background.LIGHT: self.tr("Light"),
            Background.DARK: self.tr("Dark"),
            Background.CHECKER: self.tr("Checker"),
        }
        for background, words in names.items():
            button = QToolButton()
            button.setObjectName(background)
            button.setCheckable(True)
            button.setText(words)
            button.setIconSize(QSize(_TILE, _TILE))
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            button.setAccessibleName(self.tr("Background: {name}").format(name=words))
            button.clicked.connect(lambda _=False, chosen=background: self._choose(chosen))
            group.addButton(button)
        return group

    def _make_actions(self) -> None:
        self.copy_button = self._button(self.tr("Copy URL"), "copy", "Ctrl+Shift+C")
        self.copy_button.clicked.connect(self.copy_url)
        self.open_button = self._button(self.tr("Open"), "browser", "Ctrl+Shift+O")
        self.open_button.setAccessibleName(self.tr("Open in the browser"))
        self.open_button.clicked.connect(self.open_in_browser)
        self.reload_button = self._button(self.tr("Reload"), "reload", "Ctrl+R")
        self.reload_button.clicked.connect(self.reload)

    def _button(self, words: str, symbol: str, keys: str) -> QToolButton:
        button = QToolButton()
        button.setText(words)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setToolTip(f"{words} ({keys})")
        theme.set_icon(button, symbol)
        action = QAction(words, self)
        action.setShortcut(QKeySequence(keys))
        action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        action.triggered.connect(button.click)
        self.addAction(action)
        return button

    def _make_facts(self) -> QFormLayout:
        form = QFormLayout()
        form.setVerticalSpacing(4)
        form.setHorizontalSpacing(8)
        for name, title in {
            "state": self.tr("Icon"),
            "format": self.tr("Format"),
            "pixels": self.tr("Size"),
            "bytes": self.tr("Bytes"),
            "status": self.tr("Status"),
            "when": self.tr("Loaded"),
        }.items():
            value = plain_label(title)
            self.facts[name] = value
            label = QLabel(title)
            label.setBuddy(value)
            label.setForegroundRole(QPalette.ColorRole.PlaceholderText)
            form.addRow(label, value)
        return form

    def _lay_out(self) -> None:
        switch = QHBoxLayout()
        switch.setSpacing(4)
        for button in self.backgrounds.buttons():
            switch.addWidget(button)
        middle = QHBoxLayout()
        middle.setSpacing(10)
        middle.addWidget(self.medium, 0, Qt.AlignmentFlag.AlignTop)
        middle.addLayout(self._make_facts(), 1)
        self.url.setAccessibleName(self.tr("Final URL"))
        self.url.setPlaceholderText(self.tr("no address to load"))
        label = QLabel(self.tr("Final URL"))
        label.setBuddy(self.url)
        label.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        address = QHBoxLayout()
        address.addWidget(label)
        address.addWidget(self.url, 1)
        buttons = QHBoxLayout()
        buttons.setSpacing(4)
        for button in (self.copy_button, self.open_button, self.reload_button):
            buttons.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 4, 8, 8)
        column.setSpacing(8)
        column.addLayout(switch)
        column.addWidget(self.large, 0, Qt.AlignmentFlag.AlignLeft)
        column.addLayout(middle)
        column.addLayout(address)
        column.addLayout(buttons)
        column.addStretch(1)
