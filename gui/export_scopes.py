"""What of the table can be exported: the rows that are shown, those selected, or everything."""

from __future__ import annotations

from concurrent.futures import Future

import apsw
from PySide6.QtCore import QCoreApplication

from db import order
from db.csv_export import Chosen, Matching, Ordered, Rows
from db.order import Order
from gui.export_dialog import Scope
from gui.row_selection import RowSelection
from gui.table_model import IntegrationTableModel


def scopes(model: IntegrationTableModel, chosen: RowSelection, total: int) -> list[Scope]:
    """The choices of the export dialog.

    Args:
        total: how many integrations the catalogue has.
    """
    kept: list[Order] = []  # its file lives as long as the scopes, whatever is shown meanwhile
    return [
        Scope(
            QCoreApplication.translate("ExportScopes", "What is shown, in this order"),
            model.rowCount(),
            lambda: _shown(model, kept),
        ),
        Scope(
            QCoreApplication.translate("ExportScopes", "The selection"),
            chosen.count,
            lambda: _selection(model, chosen),
        ),
        Scope(QCoreApplication.translate("ExportScopes", "The whole catalogue"), total, Matching),
    ]


def _shown(model: IntegrationTableModel, kept: list[Order]) -> Rows | Future[Rows]:
    def keep(_: apsw.Connection, shown: Order) -> Rows:
        kept.append(shown)
        return Ordered(shown.path)

    answer = model.ask(keep)
    return answer if answer is not None else Matching(model.spec.words, model.spec.org_id)


def _selection(model: IntegrationTableModel, chosen: RowSelection) -> Rows | Future[Rows]:
    ranges = chosen.ranges

    def look_up(connection: apsw.Connection, shown: Order) -> Rows:
        return Chosen(tuple(order.pks_at(connection, shown, ranges)))

    answer = model.ask(look_up)
    return answer if answer is not None else Chosen(())
