"""What is known of a picture, in words."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QWidget

from db.addresses import Address
from gui import theme
from gui.icon_facts import FORMAT_NAMES, IconFacts, IconState, IconView, false_claim
from gui.icon_stage import plain_label, state_symbol, state_words
from gui.text import cut, number, plain_tooltip, sentence, size, when


class Source(Protocol):
    """What is asked of the icon loader."""

    def facts(self, url: str) -> IconFacts | None: ...


def summary(source: Source, address: Address) -> str:
    """Format, size and bytes of an address's picture, on one line; "" when none is known."""
    values = _values(source.facts(address.url) if address.url else None)
    return " · ".join(values[name] for name in ("format", "pixels", "bytes") if name in values)


def _values(facts: IconFacts | None) -> dict[str, str]:
    """The facts that are known, by name, in words."""
    if facts is None:
        return {}
    values = {}
    if facts.picture is not None:
        values["format"] = _format(facts)
        values["pixels"] = _translate("{width} × {height} px").format(
            width=number(facts.picture.width), height=number(facts.picture.height)
        )
    if facts.size_bytes is not None:
        values["bytes"] = size(facts.size_bytes)
    if facts.status is not None:
        values["status"] = str(facts.status)
    if facts.fetched is not None:
        values["when"] = when(facts.fetched * 1000)
    return values


def _format(facts: IconFacts) -> str:
    assert facts.picture is not None
    name = FORMAT_NAMES.get(facts.picture.format, facts.picture.format.upper())
    claim = false_claim(facts)
    if not claim:
        return name
    return _translate("{format}, not {claim}").format(format=name, claim=cut(claim, 40))


def _translate(text: str) -> str:
    return QCoreApplication.translate("FactLabels", text)


class FactLabels(QWidget):
    """A name and a value for each fact.

    Attributes:
        labels: the values, by the fact's name.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.labels: dict[str, QLabel] = {}
        self._mark = QLabel()
        self._mark.hide()
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(2)
        grid.setHorizontalSpacing(8)
        grid.setColumnStretch(1, 4)
        grid.setColumnStretch(3, 5)
        for place, (name, title) in enumerate(self._titles().items()):
            value = plain_label(title)
            self.labels[name] = value
            label = QLabel(title)
            label.setBuddy(value)
            label.setForegroundRole(QPalette.ColorRole.PlaceholderText)
            row, column = divmod(place, 2)
            grid.addWidget(label, row, column * 2)
            marked = QHBoxLayout()
            marked.setSpacing(4)
            if name == "state":
                marked.addWidget(self._mark)
            marked.addWidget(value, 1)
            grid.addLayout(marked, row, column * 2 + 1)

    def _titles(self) -> dict[str, str]:
        return {
            "format": self.tr("Format"),
            "pixels": self.tr("Size"),
            "bytes": self.tr("Bytes"),
            "status": self.tr("Status"),
            "state": self.tr("Icon"),
            "when": self.tr("Loaded"),
        }

    def show_facts(self, view: IconView | None, facts: IconFacts | None) -> None:
        """Show what is known, and the state of `view`; None is no icon at all."""
        values = _values(facts)
        if view is not None:
            values["state"] = self._state_words(view, facts)
        for name, label in self.labels.items():
            label.setText(values.get(name) or "–")
        stale = view is not None and view.state is IconState.STALE
        self._mark.setVisible(stale)
        if stale:
            color, ratio = theme.colors().warning, self.devicePixelRatioF()
            symbol = state_symbol(IconState.STALE)
            self._mark.setPixmap(theme.symbol(symbol, 16, ratio, color))
        reason = view.reason if view is not None else None
        self.labels["state"].setToolTip(plain_tooltip(sentence(reason) if reason else ""))

    def _state_words(self, view: IconView, facts: IconFacts | None) -> str:
        picture = facts.picture if facts is not None else None
        if view.state is IconState.READY and picture is not None:
            if picture.blank:
                return self.tr("Nothing visible")
            if picture.note == "outside":
                return self.tr("Shown without other files")
            if picture.note == "parts":
                return self.tr("Shown in part")
        return state_words(view.state)
