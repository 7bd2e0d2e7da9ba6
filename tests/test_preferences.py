from __future__ import annotations

from pytestqt.qtbot import QtBot

from gui.preferences import PreferencesDialog
from gui.settings import Settings


def test_ok_stores_hosts_and_appearance(qtbot: QtBot) -> None:
    settings = Settings()
    dialog = PreferencesDialog(settings)
    qtbot.addWidget(dialog)
    dialog.hosts.setPlainText(" 127.0.0.1 \n\nicons.intranet.example\n127.0.0.1\n")
    dialog.scheme.setCurrentIndex(dialog.scheme.findData("dark"))
    with qtbot.waitSignal(dialog.changed):
        dialog.accept()
    assert settings.allowed_hosts == ["127.0.0.1", "icons.intranet.example"]
    assert settings.scheme == "dark"


def test_cancel_stores_nothing(qtbot: QtBot) -> None:
    settings = Settings()
    settings.allowed_hosts = ["localhost"]
    dialog = PreferencesDialog(settings)
    qtbot.addWidget(dialog)
    assert dialog.hosts.toPlainText() == "localhost"
    dialog.hosts.setPlainText("elsewhere")
    dialog.reject()
    assert settings.allowed_hosts == ["localhost"]
