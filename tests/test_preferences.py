"""The preferences dialog: what it stores, what it refuses, and the cache it shows."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QApplication, QDialogButtonBox, QMessageBox
from pytestqt.qtbot import QtBot

from db import person
from gui.icon_loader import IconLoader
from gui.preferences import PreferencesDialog
from gui.settings import Settings


@pytest.fixture
def settings() -> Settings:
    return Settings()


@pytest.fixture
def dialog(qtbot: QtBot, settings: Settings) -> PreferencesDialog:
    settings.allowed_hosts = ["localhost"]
    dialog = PreferencesDialog(settings)
    qtbot.addWidget(dialog)
    return dialog


def test_ok_stores_everything(qtbot: QtBot, dialog: PreferencesDialog, settings: Settings) -> None:
    dialog.hosts.setPlainText(" 127.0.0.1 \n\nicons.intranet.example:8080\n127.0.0.1\n::1")
    dialog.scheme.setCurrentIndex(dialog.scheme.findData("dark"))
    dialog.load_icons.setCurrentIndex(dialog.load_icons.findData("allowed"))
    dialog.megabytes.setValue(750)
    dialog.author.setText(" Ada  Byron ")
    with qtbot.waitSignal(dialog.changed):
        dialog.accept()
    assert settings.allowed_hosts == ["127.0.0.1", "icons.intranet.example:8080", "::1"]
    assert (settings.scheme, settings.load_icons) == ("dark", "allowed")
    assert settings.cache_megabytes == 750
    assert person.kept() == "Ada Byron"


def test_a_person_that_cannot_be_kept_is_said_and_nothing_is_stored(
    qtbot: QtBot, dialog: PreferencesDialog, settings: Settings, user_folders: Path
) -> None:
    (user_folders / "config").mkdir(exist_ok=True)
    (user_folders / "config" / "integration-icons" / "person.partial").mkdir(parents=True)
    dialog.show()
    dialog.author.setText("Ada")
    dialog.hosts.setPlainText("elsewhere")
    dialog.accept()
    box = dialog.findChild(QMessageBox)
    assert isinstance(box, QMessageBox)
    assert "person.partial" in box.informativeText()
    assert dialog.isVisible()
    assert settings.allowed_hosts == ["localhost"]
    box.close()
    dialog.author.clear()
    with qtbot.waitSignal(dialog.changed):
        dialog.accept()
    assert settings.allowed_hosts == ["elsewhere"]


def test_cancel_stores_nothing(dialog: PreferencesDialog, settings: Settings) -> None:
    assert dialog.hosts.toPlainText() == "localhost"
    dialog.hosts.setPlainText("elsewhere")
    dialog.load_icons.setCurrentIndex(dialog.load_icons.findData("never"))
    dialog.reject()
    assert settings.allowed_hosts == ["localhost"]
    assert settings.load_icons == "always"


@pytest.mark.parametrize(
    "line",
    ["https://cdn.example.com/a", "cdn.example.com/", "a b", "*.example.com", "me@host", "h:port"],
)
def test_what_is_no_host_is_said_and_nothing_is_lost(
    qtbot: QtBot, dialog: PreferencesDialog, settings: Settings, line: str
) -> None:
    dialog.show()
    text = f"good.example\n{line}"
    dialog.hosts.setPlainText(text)
    with qtbot.assertNotEmitted(dialog.changed):
        dialog.accept()
    assert dialog.isVisible()
    assert dialog.hosts.toPlainText() == text
    assert line in dialog.problem.text().replace("\u200b", "")
    assert dialog.problem.isVisible()
    assert settings.allowed_hosts == ["localhost"]
    dialog.hosts.setPlainText("good.example")
    assert not dialog.problem.isVisible()
    dialog.accept()
    assert settings.allowed_hosts == ["good.example"]


def test_each_way_of_loading_is_explained(dialog: PreferencesDialog) -> None:
    said = set()
    for index in range(dialog.load_icons.count()):
        dialog.load_icons.setCurrentIndex(index)
        said.add(dialog.explanation.text())
    assert len(said) == 3


def test_the_cache_is_shown_and_emptied(
    qtbot: QtBot, qapp: QApplication, settings: Settings, tmp_path: Path
) -> None:
    loader = IconLoader(tmp_path / "icons.db", [])
    dialog = PreferencesDialog(settings, None, loader)
    qtbot.addWidget(dialog)
    with qtbot.waitSignal(loader.cache_measured):
        pass
    assert "B" in dialog.in_use.text()
    assert "empty now" not in dialog.in_use.text()
    with qtbot.waitSignal(loader.cache_measured):
        dialog.empty_button.click()
    assert "The icon cache is empty now." in dialog.in_use.text()
    assert dialog.empty_button.isEnabled()
    loader.stop()


def test_a_folder_that_no_program_opens_is_named(
    qtbot: QtBot, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda _url: False)
    loader = IconLoader(tmp_path / "icons.db", [])
    dialog = PreferencesDialog(settings, None, loader)
    qtbot.addWidget(dialog)
    dialog.folder_button.click()
    box = dialog.findChild(QMessageBox)
    assert box.text() == f"No program opened the folder. It is at {loader.cache_folder}."
    assert box.textFormat() == Qt.TextFormat.PlainText
    loader.stop()


def test_fits_a_low_screen_with_its_buttons_in_sight(
    qtbot: QtBot, dialog: PreferencesDialog
) -> None:
    room = dialog.screen().availableGeometry().size()
    assert dialog.size().boundedTo(room) == dialog.size()
    assert dialog.minimumSizeHint().boundedTo(QSize(960, 500)) == dialog.minimumSizeHint()
    dialog.resize(560, 400)
    dialog.show()
    qtbot.waitExposed(dialog)
    buttons = dialog.findChild(QDialogButtonBox)
    assert buttons is not None
    assert dialog.rect().contains(buttons.geometry())
