"""The columns of the table, in their first order."""

from __future__ import annotations

from typing import Final, NamedTuple

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication

from db.fields import FIELD_BY_NAME
from db.order import AT, ORGANIZATION
from gui.text import field_title

ICON: Final = "icon"
"""The column that shows the icon itself; it sorts by the URL."""


class Column(NamedTuple):
    """One column.

    Attributes:
        name: `ICON`, `ORGANIZATION`, or the field it shows.
        field: the field that is edited in it, and whose rules hold.
        width: at first, in px.
        visible: at first.
        editable: in the table itself.
    """

    name: str
    field: str
    width: int
    visible: bool
    editable: bool = True

    @property
    def title(self) -> str:
        if self.name == ICON:
            return QCoreApplication.translate("Columns", str(QT_TRANSLATE_NOOP("Columns", "Icon")))
        return field_title(self.field)

    @property
    def sort_column(self) -> str:
        """What `db.order.SortKey` calls it."""
        return self.field if self.name == ICON else self.name

    @property
    def at(self) -> int:
        """Where in a `db.order.Row` its value stands."""
        return AT[self.sort_column]

    @property
    def required(self) -> bool:
        return self.name != ICON and FIELD_BY_NAME[self.field].required


COLUMNS: Final = (
    Column(ICON, "icon_url", 52, visible=True, editable=False),
    Column("name", "name", 220, visible=True),
    Column("type", "type", 130, visible=True),
    Column(ORGANIZATION, "org_id", 170, visible=True),
    Column("icon_url", "icon_url", 300, visible=True),
    Column("updated_at", "updated_at", 180, visible=True),
    Column("id", "id", 200, visible=False),
    Column("creator", "creator", 170, visible=False),
    Column("created_at", "created_at", 180, visible=False),
    Column("updated_by", "updated_by", 170, visible=False),
    Column("client_id", "client_id", 130, visible=False),
    Column("metadata", "metadata", 260, visible=False, editable=False),
)
COLUMN_BY_NAME: Final = {column.name: column for column in COLUMNS}
PLACE: Final = {column.name: place for place, column in enumerate(COLUMNS)}
"""Where in `COLUMNS`, and so in the model, a column stands."""
