"""Opening and making catalogue files: the File menu's first half."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QWidget

from gui.background import deliver
from gui.settings import Settings
from gui.text import sentence

if TYPE_CHECKING:
    from PySide6.QtWidgets import QFileDialog

    from db.catalog import Catalog

SUFFIX: Final = ".db"


def default_path() -> Path:
    """Where the catalogue is that opens when none is named: in the user's data folder."""
    import platformdirs

    return platformdirs.user_data_path("integration-icons") / f"catalog{SUFFIX}"


class Opening(NamedTuple):
    """A catalogue that is being opened."""

    path: Path
    future: Future[Catalog]


def open_first(path: Path | None, settings: Settings) -> Opening:
    """Begin to open what the program starts with: `path`, the last catalogue, or the default one.

    On a thread of its own, so that it can begin before there is a window.
    """
    last = next((known for known in settings.recent if known.is_file()), None)
    opener = _open_or_create if path is None else _open
    path = path.absolute() if path is not None else last or default_path()
    executor = ThreadPoolExecutor(1, thread_name_prefix="catalog-first")
    future = executor.submit(opener, path)
    executor.shutdown(wait=False)
    return Opening(path, future)


class CatalogFiles(QObject):
    """Opens and makes catalogues off the GUI thread.

    Signals:
        opened(Catalog): a catalogue is open.
        failed(Path): it could not be opened; the user has been told.
    """

    opened = Signal(object)
    failed = Signal(object)

    def __init__(self, window: QWidget, settings: Settings) -> None:
        super().__init__(window)
        self._window = window
        self._settings = settings
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="catalog-files")
        self.is_opening = False
        self._is_closed = False

    def close(self) -> None:
        """Open nothing any more; a catalogue that is being opened is closed again."""
        self._is_closed = True
        self._executor.shutdown(wait=True)

    def open(self, path: Path) -> None:
        """Open an existing catalogue."""
        self._start(path, _open)

    def open_first(self, path: Path | None) -> None:
        """Open what the program starts with: `path`, the last catalogue, or the default one."""
        self.follow(open_first(path, self._settings))

    def open_instead_of(self, path: Path) -> None:
        """Open the default catalogue where `path`, another one, could not be opened."""
        if path != default_path():
            self._start(default_path(), _open_or_create)

    def ask_new(self) -> None:
        """Ask for a name, then make a catalogue of that name."""
        from PySide6.QtWidgets import QFileDialog

        dialog = self._dialog(self.tr("New Catalogue"), QFileDialog.AcceptMode.AcceptSave)
        dialog.setLabelText(QFileDialog.DialogLabel.Accept, self.tr("Create"))
        dialog.setOption(QFileDialog.Option.DontConfirmOverwrite)  # it is refused instead
        dialog.fileSelected.connect(lambda name: self._start(Path(name), _create))
        dialog.open()

    def ask_open(self) -> None:
        """Ask for a catalogue and open it."""
        from PySide6.QtWidgets import QFileDialog

        dialog = self._dialog(self.tr("Open Catalogue"), QFileDialog.AcceptMode.AcceptOpen)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda name: self.open(Path(name)))
        dialog.open()

    def ask_copy(self, catalog: Catalog, report: Callable[[Path, Future[None]], None]) -> None:
        """Ask for a name and save a copy of `catalog` there; `report` follows its progress."""
        from PySide6.QtWidgets import QFileDialog

        dialog = self._dialog(self.tr("Save a Copy"), QFileDialog.AcceptMode.AcceptSave)
        dialog.setDirectory(str(catalog.path.parent))
        dialog.selectFile(f"{catalog.path.stem} copy{SUFFIX}")
        dialog.fileSelected.connect(lambda name: report(Path(name), catalog.save_copy(Path(name))))
        dialog.open()

    def _dialog(self, title: str, mode: QFileDialog.AcceptMode) -> QFileDialog:
        from PySide6.QtWidgets import QFileDialog

        dialog = QFileDialog(self._window, title)
        dialog.setAcceptMode(mode)
        dialog.setNameFilters(
            [
                self.tr("Catalogues (*{suffix})").format(suffix=SUFFIX),
                self.tr("All files (*)"),
            ]
        )
        dialog.setDefaultSuffix(SUFFIX.removeprefix("."))
        recent = self._settings.recent
        dialog.setDirectory(str(recent[0].parent if recent else Path.home()))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        return dialog

    def _start(self, path: Path, opener: Callable[[Path], Catalog]) -> None:
        self.follow(Opening(path, self._executor.submit(opener, path)))

    def follow(self, opening: Opening) -> None:
        """Tell when a catalogue is open, or why it cannot be."""
        self.is_opening = True
        path, future = opening
        deliver(self, future, self._opened, lambda error: self._failed(path, error))

    def take(self, opening: Opening, seconds: float) -> bool:
        """Wait so long for a catalogue, then tell that it is open.

        Returns:
            False when it is not: then it is still to be followed. True leaves it to the caller to
            note it as a recent one.
        """
        wait([opening.future], seconds)
        if not opening.future.done() or opening.future.exception() is not None:
            return False
        self.opened.emit(opening.future.result())
        return True

    def _opened(self, catalog: Catalog) -> None:
        self.is_opening = False
        if self._is_closed:
            catalog.close()
            return
        self._settings.note_recent(catalog.path)
        self.opened.emit(catalog)

    def _failed(self, path: Path, error: Exception) -> None:
        from PySide6.QtWidgets import QMessageBox

        self.is_opening = False
        if not path.is_file():
            self._settings.forget_recent(path)
        box = QMessageBox(self._window)
        box.setIcon(QMessageBox.Icon.Warning)
        box.setWindowTitle(self.tr("Open Catalogue"))
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setText(sentence(error))
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.open()
        self.failed.emit(path)


def _open(path: Path) -> Catalog:
    from db.catalog import Catalog

    return Catalog.open(path)


def _create(path: Path) -> Catalog:
    from db.catalog import Catalog

    return Catalog.create(path)


def _open_or_create(path: Path) -> Catalog:
    if path.exists():
        return _open(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    return _create(path)
