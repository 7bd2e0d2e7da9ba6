"""What is wrong or worth knowing about a value, and the line that says so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QWidget

from gui import theme
from gui.text import breakable


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong or worth knowing about a value; an error that `blocks` keeps from applying."""

    level: Literal["error", "warning", "info"]
    sentence: str
    blocks: bool = False


class FindingLine(QWidget):
    """A symbol and words under an input; keeps its room while one types, so nothing jumps."""

    def __init__(self) -> None:
        super().__init__()
        self._finding: Finding | None = None
        self._symbol = QLabel()
        self._symbol.setFixedSize(16, 16)
        self._words = QLabel()
        self._words.setTextFormat(Qt.TextFormat.PlainText)
        self._words.setWordWrap(True)
        self._words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._row = row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 2)
        row.setSpacing(4)
        row.addWidget(self._symbol, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._words, 1, Qt.AlignmentFlag.AlignTop)
        self.hide()

    @property
    def words(self) -> str:
        return "" if self._finding is None else self._finding.sentence

    def show_finding(self, finding: Finding | None, *, keep_room: bool = False) -> None:
        if finding is None:
            self._retain((keep_room and not self.isHidden()) or self._retains())
        self._finding = finding
        self._words.setText("" if finding is None else breakable(finding.sentence))
        self._tint()
        self._fit()
        self.setVisible(finding is not None)

    def give_room_back(self) -> None:
        self._retain(False)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._tint()

    def _fit(self) -> None:
        parent = self.parentWidget()
        across = parent.width() if self.isHidden() and parent is not None else self.width()
        width = across - self._symbol.width() - self._row.spacing()
        if self._finding is None:
            return
        self._words.setMinimumHeight(0)  # else no text needs less than the one before
        needed = self._words.heightForWidth(max(width, 60))
        self._words.setFixedHeight(max(self._symbol.height(), needed))

    def _retains(self) -> bool:
        return self.sizePolicy().retainSizeWhenHidden()

    def _retain(self, retain: bool) -> None:
        policy = self.sizePolicy()
        if policy.retainSizeWhenHidden() != retain:
            policy.setRetainSizeWhenHidden(retain)
            self.setSizePolicy(policy)

    def _tint(self) -> None:
        if self._finding is None:
            return
        scheme = theme.colors()
        shades = {"error": scheme.error, "warning": scheme.warning, "info": scheme.muted}
        color = shades[self._finding.level]
        ratio = self.devicePixelRatioF()
        self._symbol.setPixmap(theme.symbol(self._finding.level, 16, ratio, color))
        palette = self._words.palette()
        palette.setColor(self._words.foregroundRole(), color)
        if palette != self._words.palette():
            self._words.setPalette(palette)
