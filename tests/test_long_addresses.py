"""Icons whose addresses are as long as the pictures they hold, in both views of the rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from PySide6.QtGui import QPixmap
from pytestqt.qtbot import QtBot

from db import addresses, records
from db.addresses import Address
from db.catalog import Catalog, EditSession
from db.fields import Value
from db.order import OrderSpec
from gui.gallery_view import IntegrationGallery
from gui.icon_facts import IconState, IconView
from gui.table_model import IntegrationTableModel
from gui.table_view import IntegrationTable
from tests.test_table_view import Icons as TableIcons

View = IntegrationTable | IntegrationGallery
LONG = "data:image/png;base64," + "A" * 300_000
PAINTS = 5


class Icons(TableIcons):
    """Counts the questions about each address."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: Counter[str] = Counter()
        self.state_of: dict[str, IconState] = {}

    def icon(self, address: Address, size: int, ratio: float = 1.0) -> IconView:
        self.asked[address.url] += 1
        if address.url in self.state_of:
            return IconView(self.state_of[address.url])
        return super().icon(address, size, ratio)

    def nearest(self, address: Address, size: int, ratio: float = 1.0) -> QPixmap | None:
        return None


@pytest.fixture
def icons() -> Icons:
    return Icons()


@pytest.fixture
def classified(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each address was classified."""
    counted: Counter[str] = Counter()
    classify = addresses.classify

    def counting(icon_url: Value, bases: Sequence[str | None] = ()) -> Address:
        counted[str(icon_url)] += 1
        return classify(icon_url, bases)

    monkeypatch.setattr(addresses, "classify", counting)
    return counted


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    opened = Catalog.create(tmp_path / "catalog.icons")
    yield opened
    opened.close()


@pytest.fixture
def model(qtbot: QtBot, catalog: Catalog) -> Iterator[IntegrationTableModel]:
    made = IntegrationTableModel(catalog)
    yield made
    made.close()


def table_of(model: IntegrationTableModel, qtbot: QtBot) -> View:
    return IntegrationTable(model)


def gallery_of(model: IntegrationTableModel, qtbot: QtBot) -> View:
    table = IntegrationTable(model)
    qtbot.addWidget(table)
    return IntegrationGallery(model, table.chosen)


@pytest.fixture(params=[table_of, gallery_of], ids=["table", "gallery"])
def view(
    request: pytest.FixtureRequest,
    qtbot: QtBot,
    catalog: Catalog,
    model: IntegrationTableModel,
    icons: Icons,
    classified: Counter[str],
) -> View:
    make: Callable[[IntegrationTableModel, QtBot], View] = request.param
    made = make(model, qtbot)
    qtbot.addWidget(made)
    made.set_loader(icons)
    made.resize(600, 400)
    with qtbot.waitExposed(made):
        made.show()

    def body(session: EditSession) -> None:
        values = {"id": "1", "name": "a", "icon_url": LONG}
        records.add_integration(session, values=values)
        records.add_integration(session, values={**values, "id": "2", "icon_url": LONG + "B"})

    catalog.edit("test", body).result(10)
    with qtbot.waitSignal(model.loaded):
        model.set_spec(OrderSpec())
    return made


def paint(view: View) -> None:
    for _ in range(PAINTS):
        view.viewport().repaint()


def test_a_long_address_is_read_once(view: View, classified: Counter[str]) -> None:
    paint(view)
    assert classified[LONG] >= 1
    classified.clear()
    paint(view)
    assert not classified


def test_the_loader_is_asked_once_for_a_long_address_until_it_has_news(
    view: View, icons: Icons
) -> None:
    icons.come(LONG)
    paint(view)
    icons.asked.clear()
    paint(view)
    assert icons.asked[LONG] == 0
    assert icons.asked[LONG + "B"] > 0  # one that waits may have been forgotten by the loader
    icons.state_of[LONG] = IconState.BROKEN
    before = view.viewport().grab().toImage()
    icons.come(LONG)
    assert icons.asked[LONG] == 0
    assert view.viewport().grab().toImage() != before
    assert icons.asked[LONG] == 1
    paint(view)
    assert icons.asked[LONG] == 1


def test_only_long_addresses_that_wait_are_wanted_and_that_of_the_current_row(
    view: View, model: IntegrationTableModel, icons: Icons, qtbot: QtBot
) -> None:
    qtbot.waitUntil(lambda: icons.wanted == [LONG, LONG + "B"])
    icons.come(LONG)
    paint(view)
    view.setCurrentIndex(model.index(1, 1))
    model.reload()
    qtbot.waitUntil(lambda: icons.wanted == [LONG + "B", LONG + "B"])
    view.setCurrentIndex(model.index(0, 1))
    model.reload()
    qtbot.waitUntil(lambda: icons.wanted == [LONG + "B", LONG])
