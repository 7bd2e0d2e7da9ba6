"""The fields of an integration: the one place where their names are mapped.

The keys are those of `IIntegration` (and `IEntity`) in Dataloop's JavaScript SDK; files use them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import isfinite
from typing import Final, Literal, NamedTuple

Value = str | int | float | bytes | None
"""What a field holds: None is absent, `NULL` is JSON null, "" is an empty text."""

NULL: Final = b""
"""JSON null, as SQLite stores it: an empty BLOB, which equals no text."""

Record = Mapping[str, Value]
"""An integration by field name, with its `pk` (int) where it is stored."""

Kind = Literal["text", "date", "json"]


class Field(NamedTuple):
    """One field: `name` in Python and SQL, `key` in CSV and JSON files."""

    name: str
    key: str
    required: bool
    kind: Kind = "text"


FIELDS: Final = (
    Field("id", "id", required=True),
    Field("name", "name", required=True),
    Field("type", "type", required=True),
    Field("org_id", "orgId", required=True),
    Field("icon_url", "iconUrl", required=False),
    Field("creator", "creator", required=True),
    Field("created_at", "createdAt", required=True, kind="date"),
    Field("updated_at", "updatedAt", required=True, kind="date"),
    Field("updated_by", "updatedBy", required=False),
    Field("client_id", "clientId", required=False),
    Field("metadata", "metadata", required=False, kind="json"),
)
FIELD_BY_NAME: Final = {field.name: field for field in FIELDS}
FIELD_BY_KEY: Final = {field.key: field for field in FIELDS}
INSTANTS: Final = {"created_at": "created_instant", "updated_at": "updated_instant"}
"""Date fields and the columns that hold the instant they mean."""

KNOWN_TYPES: Final = (
    "s3",
    "aws-cross",
    "aws-sts",
    "gcs",
    "gcp-cross",
    "azureblob",
    "key_value",
    "gcp-workload-identity-federation",
    "private-registry",
)
"""Dataloop's own integration types; the list is open."""

_WHOLE: Final = re.compile(r"[+-]?\d{1,19}", re.ASCII)
_REAL: Final = re.compile(r"[+-]?\d+(\.\d+([eE][+-]?\d+)?|[eE][+-]?\d+)", re.ASCII)


def is_blank(value: Value) -> bool:
    """Whether a value is absent, null or an empty text."""
    return value is None or value in ("", NULL)


def csv_text(value: Value) -> str:
    """The text of a value in a CSV cell: absent, null and "" are all the empty cell."""
    if value is None or isinstance(value, bytes):
        return ""
    return value if isinstance(value, str) else repr(value)


def typed(text: str, stored: Value) -> Value:
    """What a text means that was typed where `stored` is: a number only in place of a number.

    A whole number that 64 bits do not hold, or one with a fraction that is not finite, stays text.
    """
    if isinstance(stored, int | float):
        if _WHOLE.fullmatch(text.strip()) and -(2**63) <= int(text) < 2**63:
            return int(text)
        if _REAL.fullmatch(text.strip()) and isfinite(float(text)):
            return float(text)
    return text
