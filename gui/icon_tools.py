"""What can be done with an icon: copy it or its address, open it, save it, load it anew."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtCore import Qt, QUrl, Signal, Slot
from PySide6.QtGui import QAction, QGuiApplication, QImage, QKeySequence
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QSizePolicy, QToolButton, QWidget

from db.addresses import Address
from gui import theme
from gui.icon_facts import IconFacts, IconState, Picture
from gui.icon_save import PictureSaver, SaveSource, WhenDrawn, drawn_edge
from gui.text import cut

_URL_LENGTH = 2_000


class Source(SaveSource, Protocol):
    """What the tools ask of the icon loader."""

    def reload(self, url: str) -> None: ...


class IconTools(QWidget):
    """The final URL, and buttons with keys that work in every widget their actions are added to.

    Signals:
        said(str): something that the user asked for was done.
        failed(Exception): why something could not be done.
        reloaded(): the icon is loaded anew.
    """

    said = Signal(str)
    failed = Signal(object)
    reloaded = Signal()

    def __init__(self, loader: Source, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._loader = loader
        self._address = Address("none")
        self.url = QLineEdit(readOnly=True)
        self.url.setAccessibleName(self.tr("Final URL"))
        self.url.setToolTip(self.tr("The address that the icon came from in the end"))
        self.url.setPlaceholderText(self.tr("no address to load"))
        self.copy_button = self._button(self.tr("Copy URL"), "link", "Ctrl+Shift+C", self.copy_url)
        self.copy_picture_button = self._button(
            self.tr("Copy picture"), "picture", "Ctrl+Alt+C", self.copy_picture
        )
        self.open_button = self._button(
            self.tr("Open in the browser"), "browser", "Ctrl+Shift+O", self.open_in_browser
        )
        self.save_button = self._button(
            self.tr("Save picture as…"), "save", "Ctrl+Alt+S", self._save
        )
        self.saver = PictureSaver(loader, self)
        self.saver.said.connect(self.said)
        self.saver.failed.connect(self.failed)
        self.reload_button = self._button(
            self.tr("Reload past the cache"), "reload", "Ctrl+R", self.reload
        )
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(2)
        self._row.addWidget(self.url, 1)
        for button in (
            self.copy_button,
            self.copy_picture_button,
            self.open_button,
            self.save_button,
            self.reload_button,
        ):
            self._row.addWidget(button)

    @property
    def address(self) -> Address:
        return self._address

    def show_address(self, address: Address, facts: IconFacts | None) -> None:
        """Work on this address, of which `facts` are known."""
        self._address = address
        final = (facts.final_url if facts is not None else "") or address.url
        self.url.setText(cut(final, _URL_LENGTH))
        self.url.setCursorPosition(0)
        self.copy_button.setEnabled(bool(address.url or address.text))
        self.copy_picture_button.setEnabled(self._picture() is not None)
        self.open_button.setEnabled(self._is_web)
        self.save_button.setEnabled(facts is not None and facts.size_bytes is not None)
        self.reload_button.setEnabled(bool(address.url))

    def copy_url(self) -> None:
        """Put the icon URL, as it stands in the catalogue, on the clipboard."""
        QGuiApplication.clipboard().setText(self._address.url or self._address.text)
        self.said.emit(self.tr("The URL was copied."))

    def copy_picture(self) -> None:
        """Put the picture on the clipboard, as soon as it is drawn."""
        picture = self._picture()
        if picture is not None:
            drawn = WhenDrawn(self._loader, self._address, picture, drawn_edge(picture), self)
            drawn.drawn.connect(self._copied)
            drawn.failed.connect(self.failed)
            drawn.look()

    @Slot(object)
    def _copied(self, image: QImage) -> None:
        QGuiApplication.clipboard().setImage(image)
        self.said.emit(self.tr("The picture was copied."))

    def _save(self) -> None:
        menu = self.saver.menu(self._address)
        menu.popup(self.save_button.mapToGlobal(self.save_button.rect().bottomLeft()))
        menu.setActiveAction(menu.actions()[0])

    def open_in_browser(self) -> None:
        """Open an http or https address in the browser."""
        if self._is_web:
            from gui.dialog_parts import open_outside

            open_outside(self.window(), QUrl(self._address.url))

    def reload(self) -> None:
        """Load the icon anew, past every cache."""
        if self._address.url:
            self._loader.reload(self._address.url)
            self.reloaded.emit()

    @property
    def _is_web(self) -> bool:
        return self._address.url.startswith(("http:", "https:"))

    def _picture(self) -> Picture | None:
        facts = self._loader.facts(self._address.url) if self._address.url else None
        shown = facts is not None and facts.state in (IconState.READY, IconState.STALE)
        return facts.picture if shown and facts is not None else None

    def _button(self, words: str, symbol: str, keys: str, slot: object) -> QToolButton:
        button = QToolButton()
        button.setAutoRaise(True)
        button.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setAccessibleName(words)
        button.setToolTip(f"{words} ({keys})")
        theme.set_icon(button, symbol)
        button.clicked.connect(slot)
        action = QAction(words, self)
        action.setShortcut(QKeySequence(keys))
        action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        action.triggered.connect(button.click)
        self.addAction(action)
        return button
