"""Words for people: translated sentences, numbers, sizes and dates; the catalogue's text, tamed."""

from __future__ import annotations

import re
import string
from typing import TYPE_CHECKING, Final, Protocol

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication, QDateTime, QLocale

if TYPE_CHECKING:
    from datetime import datetime

TOOLTIP_LENGTH = 600
"""Characters of a tooltip before it is cut."""
FIELD_TITLES: Final = {
    "id": QT_TRANSLATE_NOOP("field", "Id"),
    "name": QT_TRANSLATE_NOOP("field", "Name"),
    "type": QT_TRANSLATE_NOOP("field", "Type"),
    "org_id": QT_TRANSLATE_NOOP("field", "Organization"),
    "icon_url": QT_TRANSLATE_NOOP("field", "Icon URL"),
    "creator": QT_TRANSLATE_NOOP("field", "Creator"),
    "created_at": QT_TRANSLATE_NOOP("field", "Created"),
    "updated_at": QT_TRANSLATE_NOOP("field", "Updated"),
    "updated_by": QT_TRANSLATE_NOOP("field", "Updated by"),
    "client_id": QT_TRANSLATE_NOOP("field", "Client id"),
    "metadata": QT_TRANSLATE_NOOP("field", "Metadata"),
}
_INT64 = 2**63
_KB: Final = 1024
_UNITS: Final = (
    str(QT_TRANSLATE_NOOP("text", "{amount} KB")),
    str(QT_TRANSLATE_NOOP("text", "{amount} MB")),
    str(QT_TRANSLATE_NOOP("text", "{amount} GB")),
)
_UNTAMED: Final = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Control characters but for blanks and line ends, and those that set the direction of text."""


class _Formatter(string.Formatter):
    """`str.format` that writes whole numbers in the user's language."""

    def format_field(self, value: object, format_spec: str) -> str:
        if isinstance(value, int) and not isinstance(value, bool) and not format_spec:
            return number(value)
        return tamed(format(value, format_spec))


_FORMATTER = _Formatter()


class Sentence(Protocol):
    """An English template and the values that fill it: an error, a warning, a reason."""

    @property
    def template(self) -> str: ...

    @property
    def values(self) -> dict[str, object]: ...


def sentence(about: Sentence | BaseException | str) -> str:
    """The sentence of an error or a problem in the user's language.

    Takes anything with a `template` and `values`, any other exception (its own words, or the name
    of its class when it has none) and plain text, which is translated as a template without values.
    """
    if isinstance(about, str):
        return QCoreApplication.translate("db", about)
    template = getattr(about, "template", None)
    if not isinstance(template, str):
        return str(about) or type(about).__name__
    values = getattr(about, "values", {})
    try:
        return _FORMATTER.vformat(QCoreApplication.translate("db", template), (), values)
    except (KeyError, IndexError, ValueError):  # a translation with other names
        return _FORMATTER.vformat(template, (), values)


def plain_tooltip(text: str) -> str:
    """`text` as a tooltip that shows it letter by letter, cut at `TOOLTIP_LENGTH` characters.

    Long words may break, so that the tip never grows as wide as the screen.
    """
    if not text:
        return ""
    short = breakable(cut(text, TOOLTIP_LENGTH), 48)
    if not _MARKS.isdisjoint(short):
        import html  # 2 ms of a start

        short = html.escape(short)
    return f'<p style="white-space:pre-wrap">{short}</p>'


_MARKS: Final = frozenset("&<>\"'")


def breakable(text: str, every: int = 20) -> str:
    """`text` with places where long words may break, so that a label need not be as wide."""
    return re.sub(rf"(\S{{{every}}})(?=\S)", "\\1\u200b", text)


def cut(text: str, length: int) -> str:
    """`text`, at most `length` characters of it, with an ellipsis where some were left out."""
    return text if len(text) <= length else text[: length - 1] + "…"


def one_line(text: str, length: int = 200) -> str:
    """`text` on one line, blanks and line ends drawn together, at most `length` characters."""
    return cut(tamed(" ".join(text[: length * 4].split())), length)


def tamed(text: str) -> str:
    """`text` to be put into a sentence of ours: what would turn the words that follow, or is no
    letter at all, becomes a sign that something was there."""
    return _UNTAMED.sub("\ufffd", text)


def field_title(name: str) -> str:
    """What a field is called on screen; `name` is a name of `db.fields.FIELD_BY_NAME`."""
    return QCoreApplication.translate("field", str(FIELD_TITLES[name]))


def number(value: int) -> str:
    """A whole number with the separators of the user's language."""
    if abs(value) >= _INT64:
        return str(value)
    locale = QLocale()
    options = locale.numberOptions()
    if options & QLocale.NumberOption.OmitGroupSeparator:  # the locale C, unless told otherwise
        locale.setNumberOptions(options & ~QLocale.NumberOption.OmitGroupSeparator)
    return locale.toString(value)


def size(count: int) -> str:
    """A size in bytes: 118 bytes, 5.8 KB. A KB has 1,024 bytes, as in the limits."""
    if count == 1:
        return QCoreApplication.translate("text", "1 byte")
    if count < _KB:
        return QCoreApplication.translate("text", "{count} bytes").format(count=number(count))
    amount, place = count / _KB, 0
    while round(amount, 1) >= _KB and place < len(_UNITS) - 1:
        amount, place = amount / _KB, place + 1
    shown = QLocale().toString(amount, "f", 1)
    return QCoreApplication.translate("text", _UNITS[place]).format(amount=shown)


def when(moment: datetime | int | float | None) -> str:
    """A moment in local time and the user's format; a number is milliseconds since 1970 UTC.

    Nothing is "" and so is a moment that no clock can show.
    """
    if moment is None:
        return ""
    milliseconds = moment if isinstance(moment, int | float) else moment.timestamp() * 1000
    if abs(milliseconds) > 253_402_300_799_999:
        return ""
    local = QDateTime.fromMSecsSinceEpoch(round(milliseconds))
    return QLocale().toString(local, QLocale.FormatType.ShortFormat)
