"""Says under an icon URL that is being edited how many other integrations use the stored one."""

from __future__ import annotations

from PySide6.QtCore import QObject

from db import usage
from db.fields import Value
from db.reader import Reader
from db.scope import Extent
from db.usage import Use
from gui.background import deliver
from gui.edit_scopes import extent_words
from gui.record_form import RecordForm


class UsageWatch(QObject):
    """Counts once for each address that is edited.

    Args:
        reader: counts; the caller's.
    """

    def __init__(self, form: RecordForm, reader: Reader) -> None:
        super().__init__(form)
        self._form = form
        self._reader = reader
        self._counted: Value = None
        form.field_edited.connect(self._edited)

    def _edited(self, name: str) -> None:
        editor = self._form.editors["icon_url"]
        if name != "icon_url" or not editor.touched:
            return
        url = editor.stored
        if not isinstance(url, str) or not url:
            self._counted = None
            self._form.show_usage("")
        elif url != self._counted:
            self._counted = url
            self._form.show_usage("")
            future = self._reader.request(lambda c: usage.count(c, Use("url", url)))
            deliver(self, future, lambda extent: self._show(url, extent), lambda _: None)

    def _show(self, url: str, extent: Extent) -> None:
        if self._form.editors["icon_url"].stored != url or extent.integrations < 2:
            return
        words = self.tr(
            "The stored address is used by {what}; only this one is changed here. Ctrl+U shows all."
        )
        what = extent_words(extent.integrations, extent.organizations)
        self._form.show_usage(words.format(what=what))
