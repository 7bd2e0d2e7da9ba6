from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QByteArray

from gui.settings import RECENT_MOST, Settings


def test_preferences_are_kept_by_the_next_start() -> None:
    first = Settings()
    first.allowed_hosts = ["127.0.0.1"]
    first.scheme = "dark"
    first.load_icons = "never"
    first.cache_megabytes = 20
    first.save_state("window", QByteArray(b"\x01\x02"))
    second = Settings()
    assert second.allowed_hosts == ["127.0.0.1"]
    assert second.scheme == "dark"
    assert (second.load_icons, second.cache_megabytes) == ("never", 20)
    assert second.cache_bytes == 20 * 1024 * 1024  # a MB is what sizes are shown in
    assert second.state("window") == QByteArray(b"\x01\x02")


def test_a_fresh_start_has_plain_defaults() -> None:
    settings = Settings()
    assert settings.allowed_hosts == []
    assert settings.recent == []
    assert settings.scheme == "system"
    assert (settings.load_icons, settings.cache_megabytes) == ("always", 500)
    assert settings.state("window").isEmpty()


def test_recent_catalogues_newest_first_each_once(tmp_path: Path) -> None:
    settings = Settings()
    paths = [tmp_path / f"{number}.db" for number in range(RECENT_MOST + 3)]
    for path in [*paths, paths[5]]:
        settings.note_recent(path)
    assert settings.recent[0] == paths[5]
    assert settings.recent[1] == paths[-1]
    assert len(settings.recent) == len(set(settings.recent)) == RECENT_MOST
    settings.forget_recent(paths[5])
    assert paths[5] not in settings.recent
    settings.forget_recent()
    assert settings.recent == []
