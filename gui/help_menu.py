"""What the Help menu does."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QSize, Qt
from PySide6.QtWidgets import QWidget

from gui import logs, theme
from gui.version import VERSION


def open_log_folder(window: QWidget) -> None:
    """Show the folder of the log in the system's file manager."""
    from PySide6.QtCore import QUrl

    from gui.dialog_parts import open_outside

    open_outside(window, QUrl.fromLocalFile(str(logs.folder())))


def about(window: QWidget) -> None:
    """Say what program this is."""
    from PySide6.QtWidgets import QMessageBox

    translate = QCoreApplication.translate
    box = QMessageBox(window)
    box.setWindowTitle(translate("Help", "About Integration Icons"))
    box.setIconPixmap(theme.app_icon().pixmap(QSize(64, 64), window.devicePixelRatioF()))
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setText(translate("Help", "Integration Icons {version}").format(version=VERSION))
    box.setInformativeText(
        translate("Help", "See, edit and put right the icons of a catalogue of integrations.")
    )
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.open()
