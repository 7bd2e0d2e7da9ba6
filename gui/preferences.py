"""Preferences: how the program looks, and which hosts icons may be loaded from."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from PySide6.QtCore import Qt, Signal, SignalInstance
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from gui import theme
from gui.settings import SCHEMES, Settings


class Cache(Protocol):
    """What the dialog asks of the icon loader."""

    @property
    def cache_measured(self) -> SignalInstance: ...
    @property
    def cache_folder(self) -> Path: ...
    def measure_cache(self) -> None: ...
    def empty_cache(self) -> None: ...


class PreferencesDialog(QDialog):
    """Edits the preferences; OK stores them and `changed` tells it."""

    changed = Signal()

    def __init__(
        self, settings: Settings, parent: QWidget | None = None, cache: object = None
    ) -> None:
        super().__init__(parent)
        self._settings = settings
        self.setWindowTitle(self.tr("Preferences"))
        form = QFormLayout()
        form.setVerticalSpacing(12)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        form.addRow(self.tr("&Appearance:"), self._make_scheme())
        label = QLabel(self.tr("Allowed &hosts:"))
        form.addRow(label)
        form.addRow(self._make_hosts())
        label.setBuddy(self.hosts)
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(12)
        layout.addLayout(form, 1)
        layout.addWidget(self._explanation())
        layout.addWidget(buttons)
        self.resize(520, 380)

    def _make_scheme(self) -> QComboBox:
        self.scheme = QComboBox()
        titles = {
            "system": self.tr("As the system"),
            "light": self.tr("Light"),
            "dark": self.tr("Dark"),
        }
        for scheme in SCHEMES:
            self.scheme.addItem(titles[scheme], scheme)
        self.scheme.setCurrentIndex(self.scheme.findData(self._settings.scheme))
        self.scheme.setAccessibleName(self.tr("Appearance"))
        return self.scheme

    def _make_hosts(self) -> QPlainTextEdit:
        self.hosts = QPlainTextEdit("\n".join(self._settings.allowed_hosts))
        self.hosts.setAccessibleName(self.tr("Allowed hosts"))
        self.hosts.setPlaceholderText(
            self.tr("None so far. For example: {host}").format(host="icons.intranet.example")
        )
        self.hosts.setTabChangesFocus(True)
        return self.hosts

    def _explanation(self) -> QLabel:
        label = QLabel(
            self.tr(
                "One host a line. Icons on this computer or in your private network are not "
                "loaded unless their host stands here: a catalogue from elsewhere could use "
                "them to reach into your network."
            )
        )
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setWordWrap(True)
        palette = label.palette()
        palette.setColor(label.foregroundRole(), theme.colors().muted)
        label.setPalette(palette)
        return label

    def accept(self) -> None:
        """Store what was chosen."""
        lines = (line.strip() for line in self.hosts.toPlainText().splitlines())
        self._settings.allowed_hosts = list(dict.fromkeys(line for line in lines if line))
        self._settings.scheme = self.scheme.currentData()
        self.changed.emit()
        super().accept()
