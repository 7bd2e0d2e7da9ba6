"""Which record the details show, and what becomes of a text that cannot be stored."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from db.fields import Record, csv_text
from gui.background import deliver
from gui.details_panel import DetailsPanel
from gui.table_model import IntegrationTableModel
from gui.table_view import IntegrationTable
from gui.text import field_title, one_line

if TYPE_CHECKING:
    from db.catalog import Catalog


class ShownRecord(QObject):
    """Reads the current row's record for the details, which must have been left to show another.

    Attributes:
        base_url: of the catalogue's relative icon URLs.

    Signals:
        details_wanted(): the details are needed, so show them if they are hidden.
        failed(Exception): something that the user has to know went wrong.
    """

    details_wanted = Signal()
    failed = Signal(object)

    def __init__(
        self,
        catalog: Catalog,
        model: IntegrationTableModel,
        table: IntegrationTable,
        details: DetailsPanel,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self.base_url = ""
        self._model = model
        self._table = table
        self._details = details
        self._reader = catalog.reader("record")
        self._pk: int | None = None
        self._sought_pk: int | None = None
        self._wanted_field: tuple[int, str] | None = None
        details.stayed.connect(self._stay)

    @property
    def pks(self) -> set[int | None]:
        """The record that is shown, and the one that will be."""
        return {self._details.pk, self._pk}

    def show(self, pk: int | None) -> None:
        """Show this record, or none."""
        self._pk = pk
        if pk is None:
            if self._details.show_record(None):
                self._sought_pk = None
            return
        from db import organizations

        future = self._reader.request(lambda connection: organizations.record(connection, pk))
        deliver(self, future, self._read, self.failed.emit)

    def show_again(self) -> None:
        """Read the record anew: it may have changed."""
        self.show(self._pk)

    def want_field(self, pk: int, field: str) -> None:
        """Put the cursor into a field of the form once this record is shown."""
        self.details_wanted.emit()
        self._wanted_field = (pk, field)

    def edit(self, pk: int, field: str) -> None:
        """A value that does not fit into a cell is edited in the form."""
        self.want_field(pk, field)
        self.show(pk)

    def keep_text(self, pk: int, name: str, text: str) -> None:
        """A refused text that the table cannot offer again is offered in the details."""
        self._details.keep(pk, self._model.stored_name(pk), {name: text})
        if self._model.is_stored(pk) and self._table.chosen.go_to_pk(pk):
            self.edit(pk, name)
            return
        from db.errors import Invalid

        words = self.tr(
            "What you typed into {field} was not stored: “{text}”. It is kept, and is in the "
            "details again once its integration is shown there."
        )
        self.failed.emit(Invalid(words, field=field_title(name), text=one_line(text, 1000)))

    def _read(self, record: Record | None) -> None:
        bases = (csv_text(record.get("base_url")), self.base_url) if record else ()
        position = self._table.chosen.current_row + 1
        if self._details.show_record(record, position, self._model.rowCount(), bases):
            self._sought_pk = None
        if self._wanted_field is not None and self._wanted_field[0] == self._details.pk:
            self._details.focus_field(self._wanted_field[1])
            self._wanted_field = None

    def _stay(self, pk: int) -> None:
        """Go back to the row whose text cannot be stored; if it is not shown, keep the text."""
        if self._table.chosen.go_to_pk(pk):
            self._details.form.focus_wrong()
        elif self._sought_pk != pk:
            self._sought_pk = pk
            self._table.select_pks([pk])
        elif not self._model.is_loading:
            self._details.set_aside()
            self.show(self._table.chosen.current_pk)
