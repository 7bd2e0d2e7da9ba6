"""Sentences, numbers and dates for people; text of the catalogue stays text."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from PySide6.QtCore import QCoreApplication, QLocale, QObject, QTranslator
from PySide6.QtGui import Qt
from PySide6.QtWidgets import QApplication

from db.errors import Invalid, Problem
from gui import text


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    before = QLocale()
    QLocale.setDefault(QLocale(QLocale.Language.English, QLocale.Country.UnitedStates))
    yield
    QLocale.setDefault(before)


GERMAN = {
    "Line {line}: {field} is empty.": "Zeile {line}: {field} ist leer.",
    "{name} is gone.": "{nmae} ist weg.",
}


class German(QTranslator):
    def isEmpty(self) -> bool:
        return False

    def translate(
        self, context: str, source: str, disambiguation: str | None = None, n: int = -1
    ) -> str:
        return GERMAN.get(source, "") if context == "db" else ""


@pytest.fixture
def german(qapp: QApplication) -> Iterator[QObject]:
    translator = German()
    QCoreApplication.installTranslator(translator)
    yield translator
    QCoreApplication.removeTranslator(translator)


def test_an_error_and_a_problem_say_their_sentence(qapp: QApplication) -> None:
    values = {"line": 12_345, "field": "{name}"}
    expected = "Line 12,345: {name} is empty."
    assert text.sentence(Problem("Line {line}: {field} is empty.", **values)) == expected
    assert text.sentence(Invalid("Line {line}: {field} is empty.", **values)) == expected


@pytest.mark.usefixtures("german")
def test_a_sentence_is_translated() -> None:
    problem = Problem("Line {line}: {field} is empty.", line=2, field="name")
    assert text.sentence(problem) == "Zeile 2: name ist leer."


@pytest.mark.usefixtures("german")
def test_a_wrong_translation_falls_back_on_english() -> None:
    assert text.sentence(Problem("{name} is gone.", name="S3")) == "S3 is gone."


def test_format_specifications_hold(qapp: QApplication) -> None:
    problem = Problem("{size:.1f} KB of {limit:>5}", size=1.25, limit=64)
    assert text.sentence(problem) == "1.2 KB of    64"


def test_other_exceptions_say_something(qapp: QApplication) -> None:
    assert text.sentence(OSError("no room")) == "no room"
    assert text.sentence(KeyboardInterrupt()) == "KeyboardInterrupt"
    assert text.sentence("{braces} stay") == "{braces} stay"


def test_tooltips_show_markup_as_text() -> None:
    tip = text.plain_tooltip('<img src="/dev/zero">\n& more')
    assert Qt.mightBeRichText(tip)
    assert "<img" not in tip
    assert "&lt;img" in tip
    assert "&amp; more" in tip
    assert text.plain_tooltip("") == ""


def test_tooltips_are_short_and_can_break() -> None:
    tip = text.plain_tooltip("x" * 300_000)
    assert len(tip) < 1_000
    assert "…" in tip
    assert max(len(part) for part in tip.split("\u200b")) < 100


def test_text_is_cut_and_drawn_together() -> None:
    assert text.cut("abcdef", 6) == "abcdef"
    assert text.cut("abcdefg", 6) == "abcde…"
    assert text.one_line("  a\r\n b\tc ") == "a b c"
    assert len(text.one_line("word " * 100_000)) == 200


def test_numbers_and_sizes_are_in_the_users_language(qapp: QApplication) -> None:
    assert text.number(1_000_000) == "1,000,000"
    assert text.number(10**30) == str(10**30)
    assert text.size(118) == "118 bytes"
    assert text.size(5_900) == "5.8 KB"
    QLocale.setDefault(QLocale(QLocale.Language.German))
    assert text.number(1_000_000) == "1.000.000"
    assert text.size(5_900) == "5,8 KB"


def test_sizes_are_in_the_units_of_limits(qapp: QApplication) -> None:
    shown = [text.size(count) for count in (0, 1023, 1024, 65_536, (1 << 20) - 1, 5 << 20, 3 << 30)]
    assert shown == ["0 bytes", "1,023 bytes", "1.0 KB", "64.0 KB", "1.0 MB", "5.0 MB", "3.0 GB"]
    assert text.size(1) == "1 byte"


def test_numbers_have_groups_without_a_language_too(qapp: QApplication) -> None:
    QLocale.setDefault(QLocale.c())
    assert text.number(1_000_000) == "1,000,000"
    assert text.number(-1_234) == "-1,234"
    assert text.size(1_023) == "1,023 bytes"


def test_moments_are_local(qapp: QApplication) -> None:
    moment = datetime(2026, 3, 4, 12, tzinfo=UTC)
    shown = text.when(moment)
    assert "26" in shown
    assert shown == text.when(round(moment.timestamp() * 1000))
    assert text.when(None) == text.when(10**20) == ""


def test_a_name_does_not_turn_the_sentence_it_stands_in() -> None:
    name = "logo\u202egpj.exe\u2066\x1b[31m"
    assert text.one_line(name) == "logo\ufffdgpj.exe\ufffd\ufffd[31m"
    said = text.sentence(Problem("{name} is gone.", name=name))
    assert said == "logo\ufffdgpj.exe\ufffd\ufffd[31m is gone."
    assert (
        text.one_line("\u05e9\u05dc\u05d5\u05dd\u200f \u0633\u0644\u0627\u0645")
        == "\u05e9\u05dc\u05d5\u05dd\u200f \u0633\u0644\u0627\u0645"
    )
