"""Replacements that are kept under a name, and the row that chooses one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QPushButton, QWidget

from db.fields import FIELD_BY_NAME
from db.replacement import MODES, Replacement
from gui.organization_actions import FieldsDialog
from gui.settings import Settings
from gui.text import one_line


def stored(replacement: Replacement) -> dict[str, object]:
    """A replacement in the form that `Settings.recipes` keeps."""
    return asdict(replacement)


def read(recipe: Mapping[str, object]) -> Replacement | None:
    """A replacement as it was kept; None when it is none."""
    fields, mode = recipe.get("fields"), recipe.get("mode")
    find, text, match_case = recipe.get("find"), recipe.get("text"), recipe.get("match_case")
    if not isinstance(fields, list) or not isinstance(find, str) or not isinstance(text, str):
        return None
    for known in MODES:
        if mode == known and all(name in FIELD_BY_NAME for name in fields):
            return Replacement(tuple(fields), known, find, text, match_case is not False)
    return None


class RecipeRow(QHBoxLayout):
    """Chooses a recipe, keeps the present replacement as one, or forgets one.

    Args:
        present: tells the replacement that is to be kept.

    Signals:
        chosen(Replacement): this recipe was chosen.
    """

    chosen = Signal(object)

    def __init__(
        self, settings: Settings, present: Callable[[], Replacement], window: QWidget
    ) -> None:
        super().__init__()
        self._settings = settings
        self._present = present
        self._window = window
        self.box = QComboBox()
        self.box.setAccessibleName(self.tr("Recipe"))
        self.box.setMinimumWidth(220)
        self.label = label = QLabel(self.tr("Reci&pe:"))
        label.setBuddy(self.box)
        self.keep = QPushButton(self.tr("&Keep As…"))
        self.forget = QPushButton(self.tr("For&get"))
        for button in (self.keep, self.forget):
            button.setAutoDefault(False)
        self.keep.setAccessibleName(self.tr("Keep this replacement as a recipe"))
        self.forget.setAccessibleName(self.tr("Forget this recipe"))
        self.addWidget(label)
        self.addWidget(self.box)
        self.addWidget(self.keep)
        self.addWidget(self.forget)
        self.box.activated.connect(lambda _: self._choose())
        self.keep.clicked.connect(self._ask_name)
        self.forget.clicked.connect(self._forget)
        self._fill("")

    def _fill(self, name: str) -> None:
        self.box.clear()
        self.box.addItem(self.tr("None"), "")
        for known in sorted(self._settings.recipes, key=str.casefold):
            self.box.addItem(one_line(known, 60), known)
        self.box.setCurrentIndex(max(0, self.box.findData(name)))
        self.forget.setEnabled(self.box.currentIndex() > 0)

    def leave(self) -> None:
        """What is typed is no longer the chosen recipe."""
        self.box.setCurrentIndex(0)
        self.forget.setEnabled(False)

    def _choose(self) -> None:
        recipe = self._settings.recipes.get(str(self.box.currentData()))
        self.forget.setEnabled(self.box.currentIndex() > 0)
        replacement = read(recipe) if recipe is not None else None
        if replacement is not None:
            self.chosen.emit(replacement)

    def _ask_name(self) -> None:
        dialog = FieldsDialog(
            self.tr("Keep as Recipe"),
            {self.tr("&Name:"): str(self.box.currentData() or "")},
            self.tr("Keep"),
            lambda texts: "" if texts[0] else self.tr("A recipe needs a name. Type one."),
            self._window,
        )
        dialog.accepted.connect(lambda: self._keep(dialog.texts[0]))
        dialog.open()

    def _keep(self, name: str) -> None:
        self._settings.recipes = {**self._settings.recipes, name: stored(self._present())}
        self._fill(name)

    def _forget(self) -> None:
        name = str(self.box.currentData())
        rest = {known: recipe for known, recipe in self._settings.recipes.items() if known != name}
        self._settings.recipes = rest
        self._fill("")
