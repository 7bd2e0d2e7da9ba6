from __future__ import annotations

from pathlib import Path

import pytest

from db import organizations, records
from db.catalog import Catalog, EditSession
from db.fields import NULL


@pytest.fixture
def catalog(tmp_path: Path):
    catalog = Catalog.create(tmp_path / "catalog.db")
    yield catalog
    catalog.close()


def fill(edit: EditSession) -> None:
    records.add_organization(edit, org_id="empty", name="An empty one")
    for number, org_id in enumerate(["b", "a", "b", None]):
        records.add_integration(
            edit, values={"id": str(number), "type": ["s3", "gcs"][number % 2], "org_id": org_id}
        )
    records.set_base_url(edit, url="https://a.example/", org_id="a")
    records.set_base_url(edit, url="https://all.example/")


def test_overview_counts_every_organization(catalog: Catalog) -> None:
    catalog.edit("fill", fill).result()
    overview = catalog.reader("overview").request(organizations.overview).result()
    assert [(item.id, item.count, item.base_url) for item in overview.organizations] == [
        ("a", 1, "https://a.example/"),
        ("empty", 0, ""),
        ("b", 2, ""),
    ]
    assert (overview.total, overview.without) == (4, 1)
    assert overview.base_url == "https://all.example/"


def test_known_types_and_a_whole_record(catalog: Catalog) -> None:
    catalog.edit("fill", fill).result()
    catalog.edit(
        "null", lambda edit: records.update_integration(edit, pk=2, values={"icon_url": NULL})
    ).result()
    reader = catalog.reader("record")
    assert reader.request(organizations.known_types).result() == ["gcs", "s3"]
    record = reader.request(lambda connection: organizations.record(connection, 2)).result()
    assert record is not None
    assert (record["id"], record["org_id"], record["icon_url"]) == ("1", "a", NULL)
    assert record["base_url"] == "https://a.example/"
    assert reader.request(lambda connection: organizations.record(connection, 99)).result() is None
