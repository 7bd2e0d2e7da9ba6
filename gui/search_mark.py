"""Marks a place in a line of text: a wavy line under it, which is seen without colours too."""

from __future__ import annotations

from PySide6.QtGui import QColor, QInputMethodEvent, QTextCharFormat
from PySide6.QtWidgets import QApplication, QLineEdit

from gui import theme


def mark(line: QLineEdit, start: int, end: int) -> None:
    """Mark the letters from `start` to before `end`, and no others; none when both are the same.

    A QLineEdit takes formats from input methods only, so this is what one would send.
    """
    attributes = []
    if end > start:
        form = QTextCharFormat()
        form.setUnderlineStyle(QTextCharFormat.UnderlineStyle.WaveUnderline)
        form.setUnderlineColor(QColor(theme.colors().error))
        form.setFontWeight(700)
        text = line.text()
        first, last = _utf16(text[:start]), _utf16(text[:end])
        kind = QInputMethodEvent.AttributeType.TextFormat
        place = first - line.cursorPosition()
        attributes.append(QInputMethodEvent.Attribute(kind, place, last - first, form))
    QApplication.sendEvent(line, QInputMethodEvent("", attributes))


def _utf16(text: str) -> int:
    """How many units a text has to Qt."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
