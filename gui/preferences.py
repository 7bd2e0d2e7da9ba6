"""Preferences: how the program looks, which icons it loads, and how much of them it keeps."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QSize, Qt, QUrl, Signal, SignalInstance, Slot
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QGroupBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMessageBox,
    QPlainTextEdit,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from db import person
from db.errors import CatalogError, Problem
from db.history_keep import Retention
from gui import theme
from gui.dialog_parts import fit_to_screen, open_outside
from gui.icon_policy import host_entry_problem
from gui.settings import LOAD_ICONS, SCHEMES, Settings
from gui.text import breakable, sentence, size

LEAST_MEGABYTES = 10
MOST_MEGABYTES = 100_000
_HOSTS_HEIGHT = 84


class Cache(Protocol):
    """What the dialog asks of the icon loader."""

    @property
    def cache_measured(self) -> SignalInstance: ...
    @property
    def cache_folder(self) -> Path: ...
    def measure_cache(self) -> None: ...
    def empty_cache(self) -> None: ...


class PreferencesDialog(QDialog):
    """Edits the preferences; OK stores them and `changed` tells it.

    Args:
        cache: the cache of icons; without it, its size is not shown and it cannot be emptied.
    """

    changed = Signal()

    def __init__(
        self, settings: Settings, parent: QWidget | None = None, cache: Cache | None = None
    ) -> None:
        super().__init__(parent)
        self._settings = settings
        self._cache = cache
        self._is_emptied = False
        self.setWindowTitle(self.tr("Preferences"))
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        content = QWidget()
        layout = QVBoxLayout(content)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(12)
        layout.addWidget(self._make_appearance())
        layout.addWidget(self._make_icons(), 1)
        layout.addWidget(self._make_cache())
        layout.addWidget(self._make_history())
        scroll = QScrollArea(widgetResizable=True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(content)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(16, 16, 16, 16)
        outer.setSpacing(12)
        outer.addWidget(scroll, 1)
        outer.addWidget(buttons)
        self._align_labels()
        around = 2 * 16 + outer.spacing() + buttons.sizeHint().height()
        fit_to_screen(self, QSize(560, layout.heightForWidth(560 - 2 * 16) + around))
        if cache is not None:
            cache.cache_measured.connect(self._show_size)
            cache.measure_cache()

    def _align_labels(self) -> None:
        """The fields of all groups begin at one place."""
        labels = [
            label
            for form in (box.layout() for box in self.findChildren(QGroupBox))
            if isinstance(form, QFormLayout)
            for row in range(form.rowCount())
            if (item := form.itemAt(row, QFormLayout.ItemRole.LabelRole)) is not None
            if (label := item.widget()) is not None
        ]
        width = max(label.sizeHint().width() for label in labels)
        for label in labels:
            label.setMinimumWidth(width)

    def _make_appearance(self) -> QGroupBox:
        titles = {
            "system": self.tr("As the system"),
            "light": self.tr("Light"),
            "dark": self.tr("Dark"),
        }
        self.scheme = _choice({name: titles[name] for name in SCHEMES}, self._settings.scheme)
        self.scheme.setAccessibleName(self.tr("Appearance"))
        box = QGroupBox(self.tr("Appearance"))
        _form(box).addRow(self.tr("&Colours:"), self.scheme)
        return box

    def _make_icons(self) -> QGroupBox:
        titles = {
            "always": self.tr("Always"),
            "allowed": self.tr("Only from allowed hosts"),
            "never": self.tr("Never"),
        }
        load = self._settings.load_icons
        self.load_icons = _choice({name: titles[name] for name in LOAD_ICONS}, load)
        self.load_icons.setAccessibleName(self.tr("Load icons"))
        self.load_icons.currentIndexChanged.connect(self._explain)
        self.hosts = QPlainTextEdit("\n".join(self._settings.allowed_hosts))
        self.hosts.setAccessibleName(self.tr("Allowed hosts"))
        self.hosts.setPlaceholderText(
            self.tr("None so far. One a line, for example: {host}").format(
                host="icons.intranet.example"
            )
        )
        self.hosts.setTabChangesFocus(True)
        self.hosts.setMinimumHeight(_HOSTS_HEIGHT)
        self.hosts.textChanged.connect(lambda: self._say(None))
        self.explanation = _note()
        self._symbol = QLabel()
        self.problem = QLabel(textFormat=Qt.TextFormat.PlainText, wordWrap=True)
        self.problem.setAccessibleName(self.tr("What is wrong with the allowed hosts"))
        self._warning = QWidget()
        warning = QHBoxLayout(self._warning)
        warning.setContentsMargins(0, 0, 0, 0)
        warning.setSpacing(6)
        warning.addWidget(self._symbol, 0, Qt.AlignmentFlag.AlignTop)
        warning.addWidget(self.problem, 1)
        self._warning.hide()
        column = QVBoxLayout()
        column.setSpacing(8)
        column.addWidget(self.hosts, 1)
        column.addWidget(self._warning)
        column.addWidget(self.explanation)
        box = QGroupBox(self.tr("Icons"))
        form = _form(box)
        form.addRow(self.tr("&Load icons:"), self.load_icons)
        label = QLabel(self.tr("Allowed &hosts:"))
        label.setBuddy(self.hosts)
        form.addRow(label, column)
        self._explain()
        return box

    def _make_cache(self) -> QGroupBox:
        self.in_use = QLabel(self.tr("…"), textFormat=Qt.TextFormat.PlainText)
        self.in_use.setAccessibleName(self.tr("Size of the icon cache"))
        self.empty_button = QPushButton(self.tr("&Empty"))
        self.empty_button.setToolTip(self.tr("Delete every icon that is kept, at once"))
        self.folder_button = QPushButton(self.tr("Open &Folder"))
        self.empty_button.clicked.connect(self._empty)
        self.folder_button.clicked.connect(self._open_folder)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.in_use, 1)
        for button in (self.empty_button, self.folder_button):
            button.setEnabled(self._cache is not None)
            button.setAutoDefault(False)
            row.addWidget(button)
        self.megabytes = QSpinBox(minimum=LEAST_MEGABYTES, maximum=MOST_MEGABYTES, singleStep=50)
        self.megabytes.setValue(self._settings.cache_megabytes)
        self.megabytes.setSuffix(self.tr(" MB"))
        self.megabytes.setGroupSeparatorShown(True)
        self.megabytes.setAccessibleName(self.tr("Limit of the icon cache in megabytes"))
        note = _note()
        note.setText(self.tr("Over it, the icons not looked at for longest go."))
        box = QGroupBox(self.tr("Icon Cache"))
        form = _form(box)
        form.addRow(self.tr("In use:"), row)
        beside = QHBoxLayout()
        beside.setSpacing(8)
        beside.addWidget(self.megabytes)
        beside.addWidget(note, 1)
        label = QLabel(self.tr("At &most:"))
        label.setBuddy(self.megabytes)
        form.addRow(label, beside)
        return box

    def _make_history(self) -> QGroupBox:
        self.author = QLineEdit(person.kept())
        self.author.setPlaceholderText(person.system_user())
        self.author.setAccessibleName(self.tr("Person who makes the edits"))
        note = _note()
        note.setText(
            self.tr(
                "Nothing goes by itself. Older edits can be forgotten with File > Compact "
                "Catalogue, which says first how many they are."
            )
        )
        column = QVBoxLayout()
        column.setSpacing(8)
        column.addLayout(self._make_keep())
        column.addWidget(note)
        box = QGroupBox(self.tr("History"))
        form = _form(box)
        form.addRow(self.tr("&Person:"), self.author)
        label = QLabel(self.tr("&Keep:"))
        label.setBuddy(self.keep)
        form.addRow(label, column)
        return box

    def _make_keep(self) -> QHBoxLayout:
        keep = self._settings.retention
        titles = {
            "ever": self.tr("For ever"),
            "days": self.tr("By age"),
            "megabytes": self.tr("By size"),
        }
        chosen = "days" if keep.days else "megabytes" if keep.megabytes else "ever"
        self.keep = _choice(titles, chosen)
        self.keep.setAccessibleName(self.tr("How long the history is kept"))
        self.days = QSpinBox(minimum=1, maximum=36_500, value=keep.days or 365)
        self.days.setSuffix(self.tr(" days"))
        self.days.setAccessibleName(self.tr("Days that the history is kept"))
        self.history_megabytes = QSpinBox(minimum=1, maximum=MOST_MEGABYTES)
        self.history_megabytes.setValue(keep.megabytes or 500)
        self.history_megabytes.setSuffix(self.tr(" MB"))
        self.history_megabytes.setAccessibleName(self.tr("Megabytes of history that are kept"))
        row = QHBoxLayout()
        row.setSpacing(8)
        for widget in (self.keep, self.days, self.history_megabytes):
            row.addWidget(widget)
        row.addStretch()
        self.keep.currentIndexChanged.connect(self._show_keep)
        self._show_keep()
        return row

    @Slot()
    def _show_keep(self) -> None:
        chosen = self.keep.currentData()
        self.days.setHidden(chosen != "days")
        self.history_megabytes.setHidden(chosen != "megabytes")

    def _retention(self) -> Retention:
        chosen = self.keep.currentData()
        return Retention(
            self.days.value() if chosen == "days" else None,
            self.history_megabytes.value() if chosen == "megabytes" else None,
        )

    @Slot()
    def _explain(self) -> None:
        """Say what the chosen loading means for the hosts of the list."""
        private = self.tr(
            "Hosts on this computer or in your private network are asked only when they stand "
            "here: a catalogue from elsewhere could use them to reach into your network."
        )
        always = self.tr("Icons of all public hosts are loaded, and those hosts see who looks.")
        words = {
            "always": f"{always} {private}",
            "allowed": self.tr(
                "Only the hosts that stand here are asked, also when they are on this computer or "
                "in your private network; no other host sees who looks."
            ),
            "never": self.tr(
                "No host is asked, and no icon of the web is shown, not even a kept one. Icons "
                "within their address (data:) are shown."
            ),
        }
        self.explanation.setText(words[self.load_icons.currentData()])
        self.hosts.setEnabled(self.load_icons.currentData() != "never")

    @Slot(object)
    def _show_size(self, count: int) -> None:
        words = size(count)
        if self._is_emptied:
            self._is_emptied = False
            words = self.tr("{size}. The icon cache is empty now.").format(size=words)
        self.in_use.setText(words)
        self.empty_button.setEnabled(True)

    def _empty(self) -> None:
        if self._cache is not None:
            self.empty_button.setEnabled(False)
            self._is_emptied = True
            self._cache.empty_cache()

    def _open_folder(self) -> None:
        if self._cache is not None:
            open_outside(self, QUrl.fromLocalFile(str(self._cache.cache_folder)))

    def _say(self, problem: Problem | None) -> None:
        self._warning.setVisible(problem is not None)
        if problem is not None:
            color = theme.colors().error
            self._symbol.setPixmap(theme.symbol("error", 16, self.devicePixelRatioF(), color))
            palette = self.problem.palette()
            palette.setColor(self.problem.foregroundRole(), color)
            self.problem.setPalette(palette)
        self.problem.setText("" if problem is None else breakable(sentence(problem)))

    def accept(self) -> None:
        """Store what was chosen, unless a line of the allowed hosts is none."""
        lines = (line.strip() for line in self.hosts.toPlainText().splitlines())
        hosts = list(dict.fromkeys(line for line in lines if line))
        problem = next(filter(None, map(host_entry_problem, hosts)), None)
        if problem is not None:
            self._say(problem)
            self.hosts.setFocus()
            return
        try:
            person.keep(self.author.text())
        except CatalogError as error:
            self._refuse_person(sentence(error))
            return
        self._settings.allowed_hosts = hosts
        self._settings.load_icons = self.load_icons.currentData()
        self._settings.cache_megabytes = self.megabytes.value()
        self._settings.scheme = self.scheme.currentData()
        self._settings.retention = self._retention()
        self.changed.emit()
        super().accept()

    def _refuse_person(self, reason: str) -> None:
        box = QMessageBox(self)
        box.setIcon(QMessageBox.Icon.Warning)
        box.setWindowTitle(self.tr("Person Not Kept"))
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setText(self.tr("Nothing was stored: the person could not be kept."))
        box.setInformativeText(reason)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.finished.connect(lambda _: self.author.setFocus())
        box.open()


def _form(box: QGroupBox) -> QFormLayout:
    form = QFormLayout(box)
    form.setContentsMargins(12, 12, 12, 12)
    form.setVerticalSpacing(8)
    form.setHorizontalSpacing(12)
    form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
    return form


def _choice(titles: dict[str, str], chosen: str) -> QComboBox:
    choice = QComboBox()
    for name, title in titles.items():
        choice.addItem(title, name)
    choice.setCurrentIndex(choice.findData(chosen))
    return choice


def _note() -> QLabel:
    label = QLabel(textFormat=Qt.TextFormat.PlainText, wordWrap=True)
    label.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
    palette = label.palette()
    palette.setColor(label.foregroundRole(), theme.colors().muted)
    label.setPalette(palette)
    return label
