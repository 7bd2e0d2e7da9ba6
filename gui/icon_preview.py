"""One icon at every size it is used in, on any background, with zoom; and its facts."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Future
from typing import TYPE_CHECKING, Final, Protocol

from PySide6.QtCore import Qt, QTimer, Signal, SignalInstance, Slot
from PySide6.QtGui import QAction, QColor, QKeySequence
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from db.addresses import Address
from gui import icon_ladder, theme
from gui.icon_compare import Comparison
from gui.icon_controls import ViewControls
from gui.icon_fact_labels import FactLabels, summary
from gui.icon_facts import IconFacts, IconState, IconView
from gui.icon_ladder import LADDER
from gui.icon_policy import host_to_allow
from gui.icon_stage import (
    Background,
    Look,
    Mask,
    Stage,
    StateWords,
)
from gui.icon_tools import IconTools
from gui.icon_zoom import ZoomView
from gui.text import cut, plain_tooltip

if TYPE_CHECKING:
    from gui.icon_look import LookDialog

PATIENCE_MS: Final = 200
"""How long an icon may load before that is said: most come sooner, and words would flicker."""
AGAIN_MS: Final = 1_000
"""While it loads, the icon is asked for again this often: the table may have dropped it."""
_WAITING: Final = (IconState.WAITING, IconState.LOADING)


class Loader(Protocol):
    """What the preview asks of the icon loader."""

    @property
    def changed(self) -> SignalInstance: ...
    def icon(self, address: Address, size: int, ratio: float) -> IconView: ...
    def facts(self, url: str) -> IconFacts | None: ...
    def request_sizes(self, url: str, sizes: Iterable[int], ratio: float) -> None: ...
    def reload(self, url: str) -> None: ...
    def allow_host(self, host: str) -> None: ...
    def body(self, url: str) -> Future[bytes]: ...


class IconPreview(QWidget):
    """Shows one address; the pictures come from the loader, as soon as it has them.

    Its actions have keys, which work in every widget they are added to.

    Signals:
        said(str): something that the user asked for was done.
        failed(Exception): why something could not be done.
        moved(int): the record before (-1), or the one after (1), is to be shown.
    """

    said = Signal(str)
    moved = Signal(int)
    failed = Signal(object)

    def __init__(self, loader: Loader, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._loader = loader
        self._address = Address("none")
        self._stored: Address | None = None
        self._shown = False
        self._chosen = False
        self._dialog: LookDialog | None = None
        self._arrangement = icon_ladder.whole()
        self.stage = Stage(self._arrangement.places, self._arrangement.size)
        self.zoom = ZoomView(loader, self.stage)
        self._words = StateWords(self.stage)
        self._words.hide()
        self._host = ""
        self.allow_action = QAction(self.tr("Allow Host"), self)
        self.allow_action.setVisible(False)
        self.allow_action.triggered.connect(self._allow_host)
        theme.set_icon(self.allow_action, "ok")
        self._words.offer(self.allow_action)
        self.comparison = Comparison(self.stage.size())
        self.controls = ViewControls(self.zoom)
        self.large_button = self.controls.add_button(
            "large", self.tr("Show large (Ctrl+L, or Space on the picture)")
        )
        self.tools = IconTools(loader)
        self._facts = FactLabels()
        self._patience = QTimer(self, singleShot=True, interval=PATIENCE_MS)
        self._patience.timeout.connect(self._update)
        self._again = QTimer(self, singleShot=True, interval=AGAIN_MS)
        self._again.timeout.connect(self._update)
        self._lay_out()
        self._arrange()
        self._make_actions()
        self.controls.look_changed.connect(self._choose)
        self.zoom.zoom_changed.connect(self._show_zoom)
        self.zoom.look_requested.connect(self.show_large)
        self.large_button.clicked.connect(self.show_large)
        self.tools.said.connect(self.said)
        self.tools.failed.connect(self.failed)
        self.tools.reloaded.connect(self._update)
        loader.changed.connect(self._on_changed)
        theme.notifier().changed.connect(self._on_scheme)
        self._on_scheme()
        self.clear()

    @property
    def address(self) -> Address:
        return self._address

    @property
    def state(self) -> IconState:
        return self._view(self._address, 256).state

    @property
    def facts(self) -> dict[str, QLabel]:
        """What is known of the picture."""
        return self._facts.labels

    @property
    def words(self) -> str:
        """What is said in place of a picture: the state and its reason; "" with a picture."""
        return self._words.text if not self._words.isHidden() else ""

    @property
    def is_comparing(self) -> bool:
        """Whether the stored icon stands beside the new one."""
        return not self.comparison.isHidden()

    # -- how much room there is --------------------------------------------------------------

    def fit_height(self, height: int) -> None:
        """Leave the largest picture out where it would be cut: so many px are to be seen."""
        whole, low = icon_ladder.whole(), icon_ladder.low()
        is_enough = height >= self.stage.y() + whole.size.height()
        arrangement = whole if is_enough else low
        if arrangement != self._arrangement:
            self._arrangement = arrangement
            self._arrange()
            self._update()

    def _arrange(self) -> None:
        places, size = self._arrangement
        largest = self._arrangement.largest
        self.stage.arrange(places, size, own=(largest,))
        self.zoom.setGeometry(places[largest])
        self._words.setGeometry(self._arrangement.room)
        self.comparison.resize_to(size)

    # -- how it is looked at -----------------------------------------------------------------

    @property
    def look(self) -> Look:
        return self.controls.look

    def set_look(self, look: Look) -> None:
        """Look at the icon on another background, or with another mask."""
        self.controls.set_look(look)
        for part in (self.stage, self.zoom, self.comparison):
            part.set_look(look)
        if self._dialog is not None:
            self._dialog.set_look(look)

    @property
    def choices(self) -> str:
        """What the user chose, for `restore`: background (if any), its colour, mask and zoom."""
        look, zoom = self.look, self.zoom.zoom
        background = look.background if self._chosen else ""
        return ";".join((background, look.color, look.mask, "" if zoom is None else str(zoom)))

    def restore(self, choices: str) -> None:
        """Take what was chosen before; what cannot be read changes nothing."""
        background, color, mask, zoom = (*choices.split(";"), "", "", "", "")[:4]
        look = self.look
        if background in list(Background):
            self._chosen = True
            look = look._replace(background=Background(background))
        if color.startswith("#") and QColor.isValidColorName(color):
            look = look._replace(color=QColor(color).name())
        if mask in list(Mask):
            look = look._replace(mask=Mask(mask))
        self.set_look(look)
        try:
            self.zoom.set_zoom(min(64.0, max(1 / 16, float(zoom))) if zoom else None)
        except ValueError:
            return

    def _choose(self, look: Look) -> None:
        self._chosen |= look.background != self.stage.look.background
        self.set_look(look)

    def _on_scheme(self) -> None:
        if not self._chosen:
            dark = theme.colors().dark
            background = Background.DARK if dark else Background.LIGHT
            self.set_look(self.look._replace(background=background))
        self._update()

    # -- which one ---------------------------------------------------------------------------

    def show_address(self, address: Address, stored: Address | None = None) -> None:
        """Show the icon of an address, in all sizes.

        Another one that is `stored` is shown beside it.
        """
        if stored is not None and _same(stored, address):
            stored = None
        if self._shown and (address, stored) == (self._address, self._stored):
            return
        self._address, self._stored, self._shown = address, stored, True
        for shown in (address, stored):
            if shown is not None and shown.url:
                self._loader.request_sizes(shown.url, LADDER, self.devicePixelRatioF())
        self._patience.start()
        self._update()

    def clear(self) -> None:
        """Show no icon at all."""
        self._shown = False
        self._address, self._stored = Address("none"), None
        self._patience.stop()
        self._update()

    def show_large(self) -> None:
        """Show the icon in a window of its own, which follows what is shown here."""
        from gui.icon_look import LookDialog  # not needed before

        if self._dialog is None:
            self._dialog = LookDialog(self._loader, self)
            self._dialog.look_changed.connect(self._choose)
            self._dialog.moved.connect(self.moved)
            self._dialog.set_look(self.look)
        self._update()
        self._dialog.show()
        self._dialog.view.setFocus()
        self._dialog.activateWindow()

    @property
    def dialog(self) -> LookDialog | None:
        """The large view, once it was asked for."""
        return self._dialog

    @Slot(object)
    def _on_changed(self, urls: frozenset[str]) -> None:
        stored = self._stored.url if self._stored is not None else ""
        if self._address.url in urls or stored in urls:
            self._update()

    def _view(self, address: Address, edge: int) -> IconView:
        if not self._shown:
            return IconView(IconState.NONE)
        return self._loader.icon(address, edge, self.devicePixelRatioF())

    def _views(self, address: Address) -> dict[int, IconView]:
        views = {edge: self._view(address, edge) for edge in LADDER}
        if any(view.pixmap is None and view.state in _WAITING for view in views.values()):
            self._again.start()
        return views

    @Slot()
    def _update(self) -> None:
        views = self._views(self._address)
        view = views[256]
        patient = view.state in _WAITING and self._patience.isActive()
        has_picture = view.pixmap is not None or view.state is IconState.READY
        says = self._shown and not has_picture and not patient
        covered = says and self._arrangement.largest != LADDER[0]
        self.stage.hides_captions = covered
        self.stage.show_views(views, blank=patient or covered or not self._shown)
        self._words.setVisible(says)
        self._words.show_view(view)
        self._offer_host(view)
        self.zoom.setVisible(has_picture)
        self.zoom.show_address(self._address)
        self.controls.show_in_tiles(views[16].pixmap)
        facts = self._loader.facts(self._address.url) if self._address.url else None
        self._facts.show_facts(view if self._shown else None, facts)
        self.tools.show_address(self._address, facts)
        self._compare(views)
        if self._dialog is not None:
            self._dialog.show_icon(self._address, summary(self._loader, self._address))

    def _offer_host(self, view: IconView) -> None:
        self._host = host_to_allow(view.state, view.reason) if self._shown else ""
        words = self.tr("Allow Host {host}").format(host=cut(self._host, 60)).replace("&", "&&")
        self.allow_action.setText(words)
        self.allow_action.setToolTip(plain_tooltip(words))
        self.allow_action.setVisible(bool(self._host))

    def _allow_host(self) -> None:
        if self._host:
            self._loader.allow_host(self._host)

    def _compare(self, views: dict[int, IconView]) -> None:
        stored = self._stored
        self.comparison.setVisible(stored is not None)
        self.stage.setVisible(stored is None)
        if stored is not None:
            self.comparison.now.show_icon(self._views(stored), summary(self._loader, stored))
            self.comparison.new.show_icon(views, summary(self._loader, self._address))
        self.controls.enable_zoom(stored is None)
        self._show_zoom()

    def _show_zoom(self) -> None:
        zoomed = self.zoom.zoom is not None and bool(self.zoom.zoom_words)
        largest = self._arrangement.largest
        self.stage.set_caption(largest, self.zoom.zoom_words if zoomed else str(largest))

    # -- the parts ---------------------------------------------------------------------------

    def _make_actions(self) -> None:
        for action in self.tools.actions():
            self.addAction(action)
        for words, keys, button in (
            (self.tr("Zoom in"), ("Ctrl++", "Ctrl+="), self.controls.zoom_in),
            (self.tr("Zoom out"), ("Ctrl+-",), self.controls.zoom_out),
            (self.tr("Fit"), ("Ctrl+0",), self.controls.fit),
            (self.tr("True pixels"), ("Ctrl+1",), self.controls.full),
        ):
            action = QAction(words, self)
            action.setShortcuts([QKeySequence(key) for key in keys])
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            action.triggered.connect(button.click)
            self.addAction(action)

    def _lay_out(self) -> None:
        left = Qt.AlignmentFlag.AlignLeft
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 2, 6, 4)
        column.setSpacing(4)
        self.controls.setFixedWidth(self.stage.width())
        column.addWidget(self.controls, 0, left)
        column.addWidget(self.stage, 0, left)
        column.addWidget(self.comparison, 0, left)
        self.comparison.hide()
        column.addWidget(self._facts)
        column.addWidget(self.tools)
        column.addStretch(1)


def _same(one: Address, other: Address) -> bool:
    return one == other or bool(one.url and one.url == other.url)
