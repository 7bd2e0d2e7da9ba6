"""A large catalogue to measure on: the same rows every time, about 200 bytes each.

The catalogue is kept in the temporary folder under the version of this file and of the schema, so
that it is made once.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import apsw

from db import schema
from db.catalog import Catalog
from db.fields import FIELDS, Value

VERSION = 2
ROWS = 1_000_000
ORGANIZATIONS = 5_000


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split("|"))


_BRANDS = _words(
    "Acuity|Airtable|Alpine|Amber|Anchor|Apollo|Asana|Atlas|Aurora|Basecamp|Beacon|Birch|"
    "Bluebird|Bolt|Box|Brex|Bridge|Canvas|Cedar|Chargebee|Cinder|Clever|Cobalt|Confluence|"
    "Copper|Coral|Crisp|Cypress|Datadog|Delta|Dropbox|Echo|Elastic|Ember|Expensify|Falcon|"
    "Fern|Figma|Flint|Freshdesk|Front|Garnet|GitLab|Glacier|Granite|Greenhouse|Gusto|Harbor|"
    "Harvest|Heron|HubSpot|Indigo|Intercom|Iris|Ivory|Jade|Jira|Juniper|Kafka|Kestrel|Klaviyo|"
    "Lantern|Lattice|Lever|Linear|Looker|Lotus|Mailchimp|Maple|Marketo|Meridian|Miro|Mistral|"
    "Mixpanel|Monarch|Nectar|Nimbus|Notion|Nova|Oak|Okta|Onyx|Opal|Orchid|Outreach|PagerDuty|"
    "Paragon|Pearl|Pipedrive|Plaid|Polar|Postgres|Prism|Quartz|QuickBooks|Raven|Redis|Ridge|"
    "Ripple|Salesforce|Sapphire|Segment|Sentry|Shopify|Slack|Snowflake|Solstice|Sparrow|"
    "Square|Stripe|Summit|Tableau|Teal|Tempo|Trello|Tundra|Twilio|Typeform|Vega|Vertex|Violet|"
    "Webflow|Willow|Workday|Xero|Zendesk|Zephyr|Zoom|Zuora|Žižka|Über|Ångström|Éclair|Ωmega|"
    "Лето|東京"
)
_PARTS = _words(
    "Events API|CRM|Payments|Calendar|Storage|Webhooks|Tickets|Accounting|Contacts|Billing|"
    "Campaigns|Chat|Documents|Logs|Metrics|Orders|People|Pipelines|Projects|Reports|Sandbox|"
    "Search|Surveys|Tasks|Warehouse|Identity"
)
_TYPES = _words(
    "s3|aws-cross|aws-sts|gcs|gcp-cross|azureblob|key_value|private-registry|"
    "gcp-workload-identity-federation|OAUTH2|API_KEY|BASIC|connector|source|destination"
)
_COMPANIES = _words("Holdings|Labs|Systems|Industries|Partners|Works|Group|Software|Media|Health")
_HOSTS = ("cdn.example.com/icons", "static.example.org/logos", "images.example.net/i", "")
_CREATORS = tuple(
    f"{name}@example.com"
    for name in ("admin", "ops", "catalog", "support", "partners", "platform", "hub", "review")
)
_SCATTER = 2_654_435_761
"""Knuth's multiplicative hash, 2^32 divided by the golden ratio: scatters running numbers."""


def organizations(count: int = ORGANIZATIONS) -> Iterator[tuple[str, str]]:
    """Ids and names of the organizations."""
    for number in range(count):
        brand = _BRANDS[(number * 7) % len(_BRANDS)]
        company = _COMPANIES[number * 3 % len(_COMPANIES)]
        yield f"org-{number:05}", f"{brand} {company} {number // 10}"


def records(count: int = ROWS, organization_count: int = ORGANIZATIONS) -> Iterator[list[Value]]:
    """Integrations as lists of values, in the order of `db.fields.FIELDS`."""
    for number in range(count):
        mixed = number * _SCATTER % 2**32
        brand = _BRANDS[mixed % len(_BRANDS)]
        part = _PARTS[(mixed >> 9) % len(_PARTS)]
        kind = _TYPES[(mixed >> 14) % len(_TYPES)]
        created = 1_500_000_000 + mixed % 200_000_000
        slug = f"{brand}-{part}-{number}".lower().replace(" ", "-")
        host = _HOSTS[(mixed >> 18) % len(_HOSTS)]
        yield [
            f"int-{mixed:08x}-{number:07}",
            f"{brand} {part} {number % 1000}",
            kind if mixed % 97 else None,
            f"org-{(mixed >> 7) % organization_count:05}",
            f"https://{host}/{slug}.svg" if host else None,
            _CREATORS[(mixed >> 5) % len(_CREATORS)],
            datetime.fromtimestamp(created, UTC).isoformat().replace("+00:00", "Z"),
            (created + 86_400) * 1000,
            _CREATORS[(mixed >> 11) % len(_CREATORS)] if mixed % 3 else None,
            None,
            f'{{"category":"{part}","tier":{mixed % 5}}}' if mixed % 2 else None,
        ]


def catalog(rows: int = ROWS, organization_count: int = ORGANIZATIONS) -> Path:
    """The file of a catalogue with that many rows; made if it is not in the temporary folder."""
    name = f"catalog-{VERSION}.{len(schema.STEPS)}-{rows}-{organization_count}.icons"
    folder = Path(tempfile.gettempdir()) / "integration-icons-benchmarks"
    path = folder / name
    if not path.exists():
        folder.mkdir(exist_ok=True)
        # Of this process alone: two benchmarks may be started at once.
        partial = path.with_suffix(f".{os.getpid()}.partial")
        partial.unlink(missing_ok=True)
        Catalog.create(partial).close()
        _fill(partial, rows, organization_count)
        partial.rename(path)
    return path


def _fill(path: Path, rows: int, organization_count: int) -> None:
    connection = apsw.Connection(str(path))
    connection.pragma("synchronous", "OFF")
    columns = [field.name for field in FIELDS] + ["created_instant", "updated_instant"]
    insert = (
        f"INSERT INTO integration({', '.join(columns)}) VALUES({', '.join('?' * len(FIELDS))}, "
        "unixepoch(?7) * 1000, ?8)"
    )
    with connection:
        schema.drop_indexes(connection)
        connection.executemany(
            "INSERT INTO organization(id, name) VALUES(?, ?)", organizations(organization_count)
        )
        connection.executemany(insert, records(rows, organization_count))
        schema.build_indexes(connection)
    connection.execute("ANALYZE")
    connection.pragma("wal_checkpoint", "TRUNCATE")
    connection.close()
