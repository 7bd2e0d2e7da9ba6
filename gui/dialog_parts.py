"""What the import and the export dialog are both made of."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import (
    QCoreApplication,
    QModelIndex,
    QPersistentModelIndex,
    QSize,
    Qt,
    QUrl,
    Signal,
)
from PySide6.QtGui import QColor, QDragEnterEvent, QDragMoveEvent, QDropEvent, QKeyEvent, QPalette
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QTreeView,
    QWidget,
)

from gui import theme
from gui.drop_zone import accept_copy
from gui.text import cut, tamed

if TYPE_CHECKING:
    from PySide6.QtCore import QMimeData

_PROGRESS_STEPS: Final = 1000
_AROUND_HEADING: Final = 8
_AROUND_ROW: Final = 10
"""In px, above and below a text together."""
_FRAME: Final = QSize(16, 40)
"""The room in px that a window's frame may take."""


def fit_to_screen(window: QWidget, wanted: QSize) -> None:
    """Make a window as large as wanted, in device-independent px, but no larger than its screen."""
    window.resize(wanted.boundedTo(window.screen().availableGeometry().size() - _FRAME))


def give_room(view: QTableView | QTreeView) -> None:
    """Give the headings and the rows of a list the room around their text that the table has."""
    header = view.header() if isinstance(view, QTreeView) else view.horizontalHeader()
    header.setMinimumHeight(view.fontMetrics().height() + _AROUND_HEADING)
    if isinstance(view, QTreeView):
        view.setItemDelegate(_RoomyRows(view))


class _RoomyRows(QStyledItemDelegate):
    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        size = super().sizeHint(option, index)
        least = option.fontMetrics.height() + _AROUND_ROW
        return size.expandedTo(QSize(0, least))


class TickCell(QStyledItemDelegate):
    """Cells with a box to tick, which is to be seen on the ground of a list in dark too."""

    def initStyleOption(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        super().initStyleOption(option, index)
        if not option.state & QStyle.StateFlag.State_Selected:
            option.palette.setColor(QPalette.ColorRole.Base, QColor(theme.colors().check))


class PathLine(QLineEdit):
    """A file by its path, typed or dropped.

    Signals:
        dropped(Path): a file was dropped; its path stands in the line.

    Attributes:
        keeps_enter: the Enter key is for the line alone, not for the dialog's default button.
    """

    dropped = Signal(object)
    keeps_enter = False

    @property
    def path(self) -> Path | None:
        """The file that is named; a name without a folder is one in the home folder."""
        name = self.text().strip()
        if name.startswith("file:"):
            name = QUrl(name).toLocalFile()
        return Path.home() / Path(name).expanduser() if name else None

    def show_path(self, path: Path) -> None:
        """Show a path, its end first."""
        self.setText(str(path))
        self.setCursorPosition(len(str(path)))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        super().keyPressEvent(event)
        if self.keeps_enter and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            event.accept()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        self.take_drag(event)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        self.take_drag(event)

    def dropEvent(self, event: QDropEvent) -> None:
        path = self.take_drag(event)
        if path is not None:
            self.show_path(path)
            self.dropped.emit(path)

    def take_drag(self, event: QDropEvent) -> Path | None:
        """Accept what is one local file, and tell which."""
        path = _file_of(event.mimeData()) if self.isEnabled() else None
        if path is None:
            event.ignore()
        else:
            accept_copy(event)
        return path


def _file_of(mime: QMimeData) -> Path | None:
    urls = mime.urls() if mime.hasUrls() else []
    return Path(urls[0].toLocalFile()) if len(urls) == 1 and urls[0].isLocalFile() else None


class FileRow(QHBoxLayout):
    """A path, its label, and a button that chooses another."""

    def __init__(self) -> None:
        super().__init__()
        self.line = PathLine()
        self.line.setAccessibleName(_tr("File"))
        label = QLabel(_tr("&File:"))
        label.setBuddy(self.line)
        self.choose = QPushButton(_tr("C&hoose…"))
        self.choose.setAccessibleName(_tr("Choose a file"))
        self.choose.setAutoDefault(False)
        self.addWidget(label)
        self.addWidget(self.line, 1)
        self.addWidget(self.choose)


class Message(QHBoxLayout):
    """A symbol and a sentence, in the room of two lines at least."""

    def __init__(self) -> None:
        super().__init__()
        self._symbol = QLabel()
        self.label = QLabel(wordWrap=True)
        # As high as a line, so that the symbol stands in the middle of the first one.
        self._symbol.setFixedSize(20, max(16, self.label.fontMetrics().height()))
        self.label.setTextFormat(Qt.TextFormat.PlainText)
        self.label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.label.setMinimumHeight(self.label.fontMetrics().height() * 2)
        self.label.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.setSpacing(8)
        self.addWidget(self._symbol, 0, Qt.AlignmentFlag.AlignTop)
        self.addWidget(self.label, 1)

    def say(self, text: str, symbol: str = "info") -> None:
        """Say something; the symbol is "info", "ok", "warning" or "error"."""
        self.label.setText(text)
        colors = theme.colors()
        shades = {"warning": colors.warning, "error": colors.error, "ok": colors.ok}
        color = shades.get(symbol, colors.muted)
        self._symbol.setPixmap(theme.symbol(symbol, 16, self._symbol.devicePixelRatioF(), color))


class Foot(QHBoxLayout):
    """How far the work is, the button that begins it, and the one that cancels or closes."""

    def __init__(self, begin: Any, cancel: Any) -> None:
        super().__init__()
        self.progress = QProgressBar()
        self.progress.setAccessibleName(_tr("Progress"))
        kept = self.progress.sizePolicy()
        kept.setRetainSizeWhenHidden(True)
        self.progress.setSizePolicy(kept)
        self.begin_button = QPushButton()
        self.begin_button.setDefault(True)
        self.begin_button.clicked.connect(begin)
        self.close_button = QPushButton()
        self.close_button.clicked.connect(cancel)
        self.setSpacing(8)
        self.addWidget(self.progress, 1)
        self.addSpacing(16)
        self.addWidget(self.begin_button)
        self.addWidget(self.close_button)

    def add_button(self, words: str, clicked: Any) -> QPushButton:
        """A button for something beside, left of the others."""
        button = QPushButton(words)
        button.setAutoDefault(False)
        button.clicked.connect(clicked)
        self.insertWidget(0, button)
        return button

    def show_endless(self) -> None:
        """Show that something goes on that cannot be counted."""
        self.progress.setRange(0, 0)
        self.progress.setVisible(True)

    def show_busy(self, busy: bool) -> None:
        """Show the progress from its start, or none."""
        self.progress.setRange(0, _PROGRESS_STEPS)
        self.progress.setValue(0)
        self.progress.setVisible(busy)

    def show_progress(self, done: int, total: int) -> None:
        """Show how much is done; all of it: what follows cannot be counted."""
        if done >= total:
            self.progress.setRange(0, 0)
        else:
            self.progress.setRange(0, _PROGRESS_STEPS)
            self.progress.setValue(done * _PROGRESS_STEPS // total)


def open_outside(parent: QWidget | None, url: QUrl) -> None:
    """Open a folder or a web address in another program; say where it is when none does."""
    from PySide6.QtGui import QDesktopServices

    if QDesktopServices.openUrl(url):
        return
    from PySide6.QtWidgets import QMessageBox

    if url.isLocalFile():
        words = _tr("No program opened the folder. It is at {path}.")
    else:
        words = _tr("No program opened the address. It is {path}.")
    place = url.toLocalFile() if url.isLocalFile() else url.toString()
    box = QMessageBox(parent)
    box.setIcon(QMessageBox.Icon.Information)
    box.setWindowTitle(_tr("Nothing Opened"))
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setText(words.format(path=cut(tamed(place), 1000)))
    box.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.open()


def _tr(text: str) -> str:
    return QCoreApplication.translate("FileDialogs", text)
