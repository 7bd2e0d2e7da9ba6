"""The question before an edit that ends what can be redone."""

from __future__ import annotations

from concurrent.futures import Future
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary, WeakSet

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QCheckBox, QMessageBox, QWidget

from db.errors import Cancelled
from gui.text import one_line

if TYPE_CHECKING:
    from db.catalog import Catalog

_silenced: WeakSet[Catalog] = WeakSet()
_asked: WeakKeyDictionary[Catalog, Future[None]] = WeakKeyDictionary()


def agreement(parent: QWidget, catalog: Catalog) -> Future[None]:
    """A future that is done when an edit may end what can be redone.

    It is done at once where nothing can be redone, or the user wanted not to be asked again while
    the catalogue is open. It raises `Cancelled` if the user wants to keep it. One question is asked
    at a time; its answer holds for all that wait for it.
    """
    waiting = _asked.get(catalog)
    if waiting is not None:
        return waiting
    future: Future[None] = Future()
    label = catalog.redo_label()
    if label is None or catalog in _silenced:
        future.set_result(None)
        return future
    _asked[catalog] = future
    box = _box(parent, label)
    box.finished.connect(lambda _: _answer(box, catalog, future))
    box.open()
    return future


def _box(parent: QWidget, label: str) -> QMessageBox:
    box = QMessageBox(parent)
    box.setIcon(QMessageBox.Icon.Question)
    box.setWindowTitle(_tr("Redo Would Be Lost"))
    box.setTextFormat(Qt.TextFormat.PlainText)
    words = _tr("“{label}” was undone and can be done again. After another edit it cannot.")
    box.setText(words.format(label=one_line(label, 120)))
    box.setInformativeText(
        _tr("It stays in the history, where it can be done again as an edit of its own.")
    )
    box.addButton(_tr("&Edit All the Same"), QMessageBox.ButtonRole.AcceptRole)
    keep = box.addButton(_tr("&Keep Redo"), QMessageBox.ButtonRole.RejectRole)
    box.setDefaultButton(keep)
    box.setEscapeButton(keep)
    box.setCheckBox(QCheckBox(_tr("&Do not ask again while this catalogue is open"), box))
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    return box


def _answer(box: QMessageBox, catalog: Catalog, future: Future[None]) -> None:
    _asked.pop(catalog, None)
    clicked = box.clickedButton()
    if clicked is not None and box.buttonRole(clicked) is QMessageBox.ButtonRole.AcceptRole:
        if box.checkBox().isChecked():
            _silenced.add(catalog)
        future.set_result(None)
    else:
        future.set_exception(Cancelled())


def _tr(text: str) -> str:
    return QCoreApplication.translate("RedoQuestion", text)
