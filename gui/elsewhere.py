"""Looks from time to time whether another program has written into the open catalogue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, QTimer, Signal

from gui.background import deliver

if TYPE_CHECKING:
    from db.catalog import Catalog

WATCH_MILLISECONDS: Final = 1_000
"""How often another program's writes are looked for."""


class ElsewhereWatch(QObject):
    """Asks the catalogue, whose listeners are told; one question at a time.

    Signals:
        moved(Moved): the file is not where it was; told once, until it is back.
    """

    moved = Signal(object)

    def __init__(self, catalog: Catalog, parent: QObject) -> None:
        super().__init__(parent)
        self._catalog = catalog
        self._is_asked = self._is_told = False
        self._timer = QTimer(self, interval=WATCH_MILLISECONDS)
        self._timer.timeout.connect(self._look)
        self._timer.start()

    def stop(self) -> None:
        """Look no more."""
        self._timer.stop()

    def _look(self) -> None:
        if not self._is_asked:
            self._is_asked = True
            deliver(self, self._catalog.check_elsewhere(), self._looked, self._failed)

    def _looked(self, _: object) -> None:
        self._is_asked = self._is_told = False

    def _failed(self, error: Exception) -> None:
        from db.errors import Moved

        self._is_asked = False
        if isinstance(error, Moved) and not self._is_told:
            self._is_told = True
            self.moved.emit(error)
