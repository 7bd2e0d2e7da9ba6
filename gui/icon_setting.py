"""Sets icons from what is dropped, pasted or chosen: looks at it, asks, then one edit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QCoreApplication, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QPixmap
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from db import records
from db.addresses import Address
from db.edits import EditSession
from db.errors import Invalid
from gui import icon_drop
from gui.background import deliver, in_thread
from gui.icon_drop import MEDIA_TYPES, Content, Offer
from gui.icon_facts import IconState, IconView
from gui.icon_preview import Loader
from gui.text import number, one_line, sentence, size

if TYPE_CHECKING:
    from PySide6.QtCore import QMimeData

AGAIN_MS: Final = 1_000
"""While a picture is looked at, it is asked for again this often: a view may have dropped it."""
MOST_BYTES: Final = 64 * 1024 * 1024
"""Of pictures that one edit may store, all copies together."""
_EDGE: Final = 64
_UNDECIDED: Final = (IconState.WAITING, IconState.LOADING)

Edit = Callable[[str, Callable[[EditSession], Any]], Any]
Pks = Sequence[int]


@dataclass(frozen=True, slots=True)
class Target:
    """Whose icon is to be set: one integration, alone or with the others that are selected.

    Attributes:
        others: calls back with the pks of all that are selected; asked for once they are needed.
        count: how many are selected, this one included.
    """

    pk: int
    name: str
    count: int = 1
    others: Callable[[Callable[[Pks], Any]], Any] | None = None


@dataclass(frozen=True, slots=True)
class _Icon:
    """An address to set; `content` is what it carries, `picture` shows it."""

    address: str
    content: Content | None = None
    picture: QPixmap | None = None


class IconSetting(QObject):
    """Sets icons.

    Args:
        window: the parent of the questions.
        edit: runs a named edit; it shows errors itself.

    Signals:
        failed(Exception): why nothing was set, as a sentence.
    """

    failed = Signal(object)

    def __init__(self, window: QWidget, loader: Loader, edit: Edit) -> None:
        super().__init__(window)
        self._window = window
        self._loader = loader
        self._edit = edit

    def take(self, mime: QMimeData, target: Target) -> None:
        """Set what was dropped or pasted as the icon of an integration, or of all selected."""
        offer = self._read(mime)
        if offer is not None:
            self._set(offer, target)

    def take_for_field(self, mime: QMimeData, name: str, fill: Callable[[str], Any]) -> None:
        """Put what was dropped or pasted into a field; `name` is whose icon it would become."""
        offer = self._read(mime)
        if offer is not None:
            self._resolve(offer, lambda icon: self._fill(icon, name, fill))

    def paste(self, target: Target) -> None:
        """Set what the clipboard holds."""
        self.take(QGuiApplication.clipboard().mimeData(), target)

    def choose_file(self, target: Target) -> None:
        """Let the user choose a picture file, and set it."""
        title = self.tr("Icon of {name}").format(name=one_line(target.name, 40))
        self._choose(title, lambda file: self._set(Offer(file=file), target))

    def choose_file_for_field(self, name: str, fill: Callable[[str], Any]) -> None:
        """Let the user choose a picture file, and put it into a field."""
        title = self.tr("Icon of {name}").format(name=one_line(name, 40))

        def take(file: str) -> None:
            self._resolve(Offer(file=file), lambda icon: self._fill(icon, name, fill))

        self._choose(title, take)

    def _choose(self, title: str, take: Callable[[str], Any]) -> None:
        dialog = QFileDialog(self._window, title)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        pictures = " ".join(f"*.{ending}" for ending in (*MEDIA_TYPES, "jpg", "svgz"))
        dialog.setNameFilters(
            [self.tr("Pictures ({endings})").format(endings=pictures), self.tr("All files (*)")]
        )
        dialog.fileSelected.connect(take)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    # -- from what is offered to an address ------------------------------------------------------

    def _read(self, mime: QMimeData) -> Offer | None:
        try:
            return icon_drop.read(mime)
        except Invalid as error:
            self.failed.emit(error)
            return None

    def _set(self, offer: Offer, target: Target) -> None:
        self._resolve(offer, lambda icon: self._ask(icon, target))

    def _resolve(self, offer: Offer, then: Callable[[_Icon], None]) -> None:
        if offer.address:
            then(_Icon(offer.address))
            return
        future = in_thread(lambda: icon_drop.content(offer), "icon-file")
        deliver(self, future, lambda found: self._look(found, then), self.failed.emit)

    def _look(self, content: Content, then: Callable[[_Icon], None]) -> None:
        """Let the decoding process tell what the content is."""
        look = _Look(self._loader, content, self)

        def told(view: IconView, picture_format: str) -> None:
            look.deleteLater()
            if view.state is IconState.READY:
                then(_Icon(content.address(picture_format), content, view.pixmap))
            else:
                self.failed.emit(_refusal(content, view))

        look.told.connect(told)
        look.start()

    # -- asking ----------------------------------------------------------------------------------

    def _fill(self, icon: _Icon, name: str, fill: Callable[[str], Any]) -> None:
        if icon.content is None:
            fill(icon.address)
            return
        box = self._question(icon, self.tr("Set it as the icon of {name}?"), name)
        yes = box.addButton(self.tr("&Set Icon"), QMessageBox.ButtonRole.AcceptRole)
        yes.clicked.connect(lambda: fill(icon.address))
        self._open(box, yes)

    def _ask(self, icon: _Icon, target: Target) -> None:
        if target.count > 1 and target.others is not None:
            self._ask_for_all(icon, target, target.others)
        elif icon.content is None:
            self._store(icon, target, [target.pk])
        else:
            self._fill(icon, target.name, lambda _: self._store(icon, target, [target.pk]))

    def _ask_for_all(
        self, icon: _Icon, target: Target, others: Callable[[Callable[[Pks], Any]], Any]
    ) -> None:
        words = self.tr(
            "Set it as the icon of all {count} selected integrations, or of {name} only?"
        )
        box = self._question(icon, words, target.name, target.count)
        name = one_line(target.name, 30).replace("&", "&&")
        only = box.addButton(
            self.tr("&Only {name}").format(name=name), QMessageBox.ButtonRole.AcceptRole
        )
        only.clicked.connect(lambda: self._store(icon, target, [target.pk]))
        every = box.addButton(
            self.tr("Set for &All {count}").format(count=number(target.count)),
            QMessageBox.ButtonRole.AcceptRole,
        )
        every.clicked.connect(lambda: others(lambda pks: self._store(icon, target, pks)))
        total = len(icon.address) * target.count
        if icon.content is not None and total > MOST_BYTES:
            every.setEnabled(False)
            box.setInformativeText(
                self.tr(
                    "For all of them it would take {size}, which is too much (at most {limit}). "
                    "Put the picture on a web server and set its address."
                ).format(size=size(total), limit=size(MOST_BYTES))
            )
        self._open(box, only)

    def _question(self, icon: _Icon, words: str, name: str, count: int = 1) -> QMessageBox:
        box = QMessageBox(self._window)
        box.setWindowTitle(self.tr("Set Icon"))
        box.setTextFormat(Qt.TextFormat.PlainText)
        if icon.picture is not None:
            box.setIconPixmap(icon.picture)
        else:
            box.setIcon(QMessageBox.Icon.Question)
        asked = words.format(name=one_line(name, 60) or self.tr("(no name)"), count=number(count))
        box.setText(f"{self._about(icon)} {asked}")
        return box

    def _about(self, icon: _Icon) -> str:
        """What it is and how large."""
        if icon.content is None:
            return self.tr("The address is {address}.").format(address=one_line(icon.address, 120))
        whole, stored = size(len(icon.content.data)), size(len(icon.address))
        if not icon.content.name:
            return self.tr(
                "The picture has {size}; it is stored inside the catalogue as a data: address of "
                "{stored}."
            ).format(size=whole, stored=stored)
        return self.tr(
            "The file {file} has {size}; its picture is stored inside the catalogue as a data: "
            "address of {stored}."
        ).format(file=one_line(icon.content.name), size=whole, stored=stored)

    def _open(self, box: QMessageBox, default: Any) -> None:
        box.addButton(QMessageBox.StandardButton.Cancel)
        box.setDefaultButton(default)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.open()

    def _store(self, icon: _Icon, target: Target, pks: Pks) -> None:
        if len(pks) == 1:
            label = self.tr("Set icon of {name}").format(name=one_line(target.name, 40))
        else:
            label = self.tr("Set icon of {count} integrations").format(count=number(len(pks)))
        self._edit(
            label,
            lambda edit: records.update_integrations(
                edit, pks=pks, values={"icon_url": icon.address}
            ),
        )


class _Look(QObject):
    """Asks the loader about one picture until that is decided.

    Signals: told(IconView, str): what came of it, and its format.
    """

    told = Signal(object, str)

    def __init__(self, loader: Loader, content: Content, parent: QObject) -> None:
        super().__init__(parent)
        self._loader = loader
        # Which format it is, is what is to be found out.
        self._address = Address("data", content.address(""))
        self._again = QTimer(self, interval=AGAIN_MS)
        self._again.timeout.connect(self._check)

    def start(self) -> None:
        self._loader.changed.connect(self._check)
        self._again.start()
        self._check()

    def _check(self, *_: object) -> None:
        ratio = QGuiApplication.primaryScreen().devicePixelRatio()
        view = self._loader.icon(self._address, _EDGE, ratio)
        if view.state in _UNDECIDED or (view.state is IconState.READY and view.pixmap is None):
            return
        self._again.stop()
        self._loader.changed.disconnect(self._check)
        facts = self._loader.facts(self._address.url)
        picture = facts.picture if facts is not None else None
        self.told.emit(view, "" if picture is None else picture.format)


def _refusal(content: Content, view: IconView) -> Invalid:
    reason = sentence(view.reason) if view.reason is not None else ""
    words = QCoreApplication.translate("IconSetting", "Nothing was changed.")
    if content.name:
        words = QCoreApplication.translate(
            "IconSetting", "The file {file} was not set as an icon."
        ).format(file=one_line(content.name))
    return Invalid("{words} {reason}", words=words, reason=reason)
