"""Adding, renaming and deleting organizations, and base URLs: asking first, then one edit."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QLineEdit,
    QMessageBox,
    QVBoxLayout,
    QWidget,
)

from db import records
from db.edits import EditSession
from db.organizations import Organization, Overview
from gui import theme
from gui.text import number, one_line

if TYPE_CHECKING:
    from db.changes import Change


class Edit(Protocol):
    """Runs a named edit, and calls `done` when it is in the file."""

    def __call__(
        self,
        label: str,
        body: Callable[[EditSession], Any],
        done: Callable[[Change], None] | None = None,
    ) -> None: ...


class FieldsDialog(QDialog):
    """A few named text fields, the OK button, and a sentence that says what is wrong."""

    def __init__(
        self,
        title: str,
        fields: dict[str, str],
        button: str,
        check: Callable[[list[str]], str],
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self._check = check
        self.edits: list[QLineEdit] = []
        form = QFormLayout()
        for label, text in fields.items():
            edit = QLineEdit(text)
            edit.setAccessibleName(label.replace("&", "").rstrip(":"))
            edit.setMinimumWidth(340)
            edit.textChanged.connect(self._validate)
            form.addRow(label, edit)
            self.edits.append(edit)
        self.problem = QLabel()
        self.problem.setTextFormat(Qt.TextFormat.PlainText)
        self.problem.setWordWrap(True)
        self.problem.setMinimumHeight(self.problem.fontMetrics().height() * 2)
        palette = self.problem.palette()
        palette.setColor(self.problem.foregroundRole(), theme.colors().error)
        self.problem.setPalette(palette)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.ok = buttons.addButton(button, QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(12)
        layout.addLayout(form)
        layout.addWidget(self.problem)
        layout.addWidget(buttons)
        buttons.button(QDialogButtonBox.StandardButton.Cancel).setAutoDefault(False)
        self.ok.setDefault(True)  # only now does it belong to the dialog
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.edits[0].selectAll()
        self._validate()

    @property
    def texts(self) -> list[str]:
        return [edit.text().strip() for edit in self.edits]

    def _validate(self) -> None:
        problem = self._check(self.texts)
        self.problem.setText(problem)
        self.ok.setEnabled(not problem and bool(self.texts[0] or len(self.edits) == 1))


class OrganizationActions(QObject):
    """What the organization menu does.

    Args:
        window: the parent of the dialogs.
        edit: runs a named edit; it shows errors itself.

    Signals:
        said(str): a message for the status bar.
    """

    said = Signal(str)

    def __init__(self, window: QWidget, edit: Edit) -> None:
        super().__init__(window)
        self._window = window
        self._edit = edit
        self.overview = Overview((), 0, 0, "")

    def add(self) -> None:
        """Ask for an id and a name, then add the organization."""
        taken = {item.id for item in self.overview.organizations}

        def check(texts: list[str]) -> str:
            if texts[0] in taken:
                return self.tr("There is an organization with this id already.")
            return ""

        dialog = FieldsDialog(
            self.tr("Add Organization"),
            {self.tr("&Id:"): "", self.tr("&Name:"): ""},
            self.tr("Add"),
            check,
            self._window,
        )
        dialog.accepted.connect(lambda: self._add(*dialog.texts))
        dialog.open()

    def _add(self, org_id: str, name: str) -> None:
        self._edit(
            self.tr("Add organization {name}").format(name=one_line(name or org_id, 40)),
            lambda edit: records.add_organization(edit, org_id=org_id, name=name),
        )

    def rename(self, org_id: str) -> None:
        """Ask for another name; the id stays."""
        organization = self._find(org_id)
        if organization is None:
            return

        def check(texts: list[str]) -> str:
            return "" if texts[0] else self.tr("An organization needs a name. Type one.")

        dialog = FieldsDialog(
            self.tr("Rename Organization"),
            {self.tr("&Name:"): organization.name},
            self.tr("Rename"),
            check,
            self._window,
        )
        dialog.accepted.connect(lambda: self._rename(organization, dialog.texts[0]))
        dialog.open()

    def _rename(self, organization: Organization, name: str) -> None:
        self._edit(
            self.tr("Rename organization {old} to {new}").format(
                old=one_line(organization.name, 40), new=one_line(name, 40)
            ),
            lambda edit: records.rename_organization(edit, org_id=organization.id, name=name),
        )

    def base_url(self, org_id: str | None) -> None:
        """Ask for the base URL of an organization's relative icon URLs, or the catalogue's."""
        organization = self._find(org_id) if org_id is not None else None
        if org_id is not None and organization is None:
            return
        old = organization.base_url if organization else self.overview.base_url
        name = organization.name if organization else self.tr("the catalogue")

        def check(texts: list[str]) -> str:
            if not texts[0] or texts[0].startswith(("https://", "http://")):
                return ""
            return self.tr("Type an address that starts with https:// or http://, or nothing.")

        dialog = FieldsDialog(
            self.tr("Base URL of {name}").format(name=one_line(name, 40)),
            {self.tr("&Base URL of relative icon URLs:"): old},
            self.tr("Set"),
            check,
            self._window,
        )
        dialog.accepted.connect(lambda: self._set_base_url(dialog.texts[0], org_id, name))
        dialog.open()

    def _set_base_url(self, url: str, org_id: str | None, name: str) -> None:
        if url:
            said = self.tr("The base URL of {name} is {url} now")
        else:
            said = self.tr("There is no base URL of {name} any more")
        said = said.format(name=one_line(name, 40), url=one_line(url, 120))
        self._edit(
            self.tr("Set base URL of {name}").format(name=one_line(name, 40)),
            lambda edit: records.set_base_url(edit, url=url, org_id=org_id),
            lambda _: self.said.emit(said),
        )

    def delete(self, org_id: str) -> None:
        """Say how many integrations would go along, ask, then delete in one edit."""
        organization = self._find(org_id)
        if organization is None:
            return
        box = QMessageBox(self._window)
        box.setIcon(QMessageBox.Icon.Warning)
        box.setWindowTitle(self.tr("Delete Organization"))
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setText(
            self.tr("Delete the organization “{name}”?").format(
                name=one_line(organization.name, 80)
            )
        )
        box.setInformativeText(self._consequence(organization.count))
        button = box.addButton(
            self._delete_words(organization.count), QMessageBox.ButtonRole.DestructiveRole
        )
        box.setDefaultButton(box.addButton(QMessageBox.StandardButton.Cancel))
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        button.clicked.connect(lambda: self._delete(organization))
        box.open()

    def _delete_words(self, count: int) -> str:
        if count == 0:
            return self.tr("Delete Organization")
        if count == 1:
            return self.tr("Delete with 1 Integration")
        return self.tr("Delete with {count} Integrations").format(count=number(count))

    def _consequence(self, count: int) -> str:
        if count == 0:
            return self.tr("It has no integrations. Undo brings it back.")
        if count == 1:
            return self.tr("Its 1 integration is deleted along with it. Undo brings both back.")
        return self.tr(
            "Its {count} integrations are deleted along with it. Undo brings all back."
        ).format(count=number(count))

    def _delete(self, organization: Organization) -> None:
        with_integrations = organization.count > 0
        self._edit(
            self.tr("Delete organization {name}").format(name=one_line(organization.name, 40)),
            lambda edit: records.delete_organization(
                edit,
                org_id=organization.id,
                with_integrations=with_integrations,
                agreed=organization.count,
            ),
            lambda change: self.said.emit(
                self.tr("Done: {label}. Ctrl+Z brings it back.").format(label=change.label)
            ),
        )

    def _find(self, org_id: str | None) -> Organization | None:
        return next((item for item in self.overview.organizations if item.id == org_id), None)
