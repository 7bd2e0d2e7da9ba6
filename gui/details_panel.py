"""The integration that is looked at: its icon above, all its fields below."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QFont, QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QScrollArea,
    QSplitter,
    QStackedLayout,
    QStackedWidget,
    QStyle,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from db.addresses import classify
from db.drafts import Draft
from db.errors import Problem
from db.fields import Value, csv_text
from db.organizations import Organization
from gui import theme
from gui.drop_zone import DropZone, Place
from gui.empty_state import EmptyState
from gui.findings import Finding
from gui.history_timeline import TimelineView
from gui.icon_preview import IconPreview, Loader
from gui.one_line import OneLine
from gui.record_form import RecordForm
from gui.text import number, one_line, sentence

TYPING_MS = 300
"""How long typing pauses before the icon of the typed address is loaded, in ms; what is pasted is
loaded at once."""


class DetailsPanel(QWidget):
    """Shows one record at a time.

    What was typed is applied when another record is to be shown; when it cannot be, the panel keeps
    the record and the text, and says why. When that record can be shown no longer, `set_aside`
    keeps the text until it can.

    Signals:
        apply_requested(int, dict[str, Value]): store these fields of the record with that pk.
        previous_requested(), next_requested(): the user wants the record above, or below.
        stayed(int): another record was to be shown, but the one with that pk has errors.
        kept_changed(): other text is kept for records that are not shown.
        icon_dropped(int, QMimeData): this was dropped as the icon of the record with that pk.
        icon_offered(int, QMimeData): this was pasted or dropped into the field of its icon URL.
        icon_file_wanted(int): a picture file is to be chosen for that field.
        said(str): something that the user asked for was done, or what a drop would do.
        failed(Exception): why something could not be done.
    """

    apply_requested = Signal(object, object)
    previous_requested = Signal()
    next_requested = Signal()
    stayed = Signal(object)
    kept_changed = Signal()
    icon_dropped = Signal(object, object)
    icon_offered = Signal(object, object)
    icon_file_wanted = Signal(object)
    said = Signal(str)
    failed = Signal(object)

    def __init__(self, loader: Loader, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pk: int | None = None
        self._bases: Sequence[str | None] = ()
        self._asked: dict[str, Value] | None = None
        self._last_asked: tuple[int, str, dict[str, Value]] | None = None
        self._kept: dict[int, dict[str, Value]] = {}
        self._kept_names: dict[int, str] = {}
        self._kept_seen: dict[int, dict[str, Value]] = {}
        self._parting = ""
        self.preview = IconPreview(loader)
        self.addActions(self.preview.actions())  # their keys work in the form too
        self.form = RecordForm()
        self.empty = EmptyState(
            "info",
            self.tr("Nothing is chosen"),
            self.tr("Choose an integration to see it here."),
        )
        self._name = _Heading()
        self._position = QLabel()
        self._typing = QTimer(self, singleShot=True)
        self._typing.timeout.connect(self._show_icon)
        self.previous_button = self._move_button("previous", "Alt+Up", self.go_previous)
        self.next_button = self._move_button("next", "Alt+Down", self.go_next)
        self.previous_button.setAccessibleName(self.tr("Previous integration"))
        self.next_button.setAccessibleName(self.tr("Next integration"))
        self._timeline: TimelineView | None = None
        self.timeline_button = self._make_timeline_button()
        self._lay_out()
        self.preview.said.connect(self.said)
        self.preview.failed.connect(self.failed)
        self.preview.moved.connect(lambda by: self.go_next() if by > 0 else self.go_previous())
        self.form.applied.connect(self._on_applied)
        self.form.field_edited.connect(self._on_field_edited)
        self._take_drops()
        self.show_record(None)

    @property
    def pk(self) -> int | None:
        """The pk of the record shown, None when none is."""
        return self._pk

    @property
    def heading(self) -> str:
        return self._name.full_text

    @property
    def position(self) -> str:
        return self._position.text()

    def show_record(
        self,
        record: Mapping[str, Value] | None,
        position: int = 0,
        total: int = 0,
        bases: Sequence[str | None] = (),
    ) -> bool:
        """Show a record, or the same one anew, or none.

        Args:
            record: by field name, with its `pk`.
            position: from 1, among `total` that are shown in the table.
            bases: base URLs for a relative icon URL, the first non-empty one wins.

        Returns:
            False when what was typed into another record cannot be applied: that one stays.
        """
        pk = None if record is None else _pk(record)
        if pk == self._pk and record is not None:
            self._bases = bases
            self._asked = None
            self.form.rebase(record, bases)
        elif not self.leave(focus=False):
            self.stayed.emit(self._pk)
            return False
        else:
            self._pk = pk
            self._bases = bases
            self._asked = None
            self.form.show_record(record, bases)
            if pk is not None:
                self._put_back(pk)
            self._say(self._parting)
            self._parting = ""
        self._pages.setCurrentIndex(0 if record is None else 1)
        self._show_position(position, total)
        self._show_heading()
        self._show_icon()
        if self._timeline is not None:
            self._timeline.show_record(pk)
        return True

    def put_timeline(self, timeline: TimelineView) -> None:
        """Have the button in the header show this in place of the form."""
        self._timeline = timeline
        self._lower.addWidget(timeline)
        self.timeline_button.show()

    def set_known(self, types: Sequence[str], organizations: Sequence[Organization]) -> None:
        """Offer these types and organizations in the form."""
        self.form.set_known(types, [(item.id, item.name) for item in organizations])

    def set_read_only(self, read_only: bool) -> None:
        """Show without letting anything be edited."""
        self._read_only = read_only
        self.form.set_read_only(read_only)

    def focus_field(self, name: str) -> None:
        """Put the cursor into the field of this name, its text selected."""
        widget = self.form.editors[name].input
        widget.setFocus(Qt.FocusReason.OtherFocusReason)
        if isinstance(widget, QLineEdit):
            widget.selectAll()

    def leave(self, *, focus: bool = True) -> bool:
        """Ask for what was typed to be stored; False, with the reason shown, when it cannot be.

        `focus` says whether the cursor then goes to what is wrong.
        """
        if not self.form.is_dirty or self.form.changes() == self._asked:
            return True
        if self.form.apply(focus=focus):
            return True
        hint = self.tr("Put it right, or revert it with Escape, to go on.")
        self.form.show_notice(Finding("error", f"{self.form.notice} {hint}"))
        return False

    def set_aside(self) -> None:
        """Keep what was typed until its record is shown again, so that another one can be."""
        if self._pk is not None and self.form.is_dirty:
            self._kept[self._pk] = self.form.drafts()
            self._kept_seen[self._pk] = self.form.seen(self._kept[self._pk])
            name = one_line(csv_text(self.form.editors["name"].stored), 200)
            self._kept_names[self._pk] = name or self.tr("(no name)")
            self._parting = self._kept_words(self._kept_names[self._pk])
            self.form.revert()

    @property
    def kept(self) -> dict[int, str]:
        """The records that are not shown and have text that was typed, by pk, with their names."""
        return {pk: self._kept_names[pk] for pk in self._kept}

    def forget_kept(self) -> None:
        """Drop what was typed into records that are not shown."""
        self._kept.clear()
        self._kept_seen.clear()
        self.kept_changed.emit()

    def drafts(self) -> dict[int, Draft]:
        """All that was typed and is not stored, by pk."""
        found = {
            pk: Draft(self._kept_names[pk], dict(typed), self._kept_seen.get(pk, {}))
            for pk, typed in self._kept.items()
        }
        if self._pk is not None and self.form.is_dirty:
            typed = self.form.drafts()
            found[self._pk] = Draft(self.heading, typed, self.form.seen(typed))
        return found

    def _put_back(self, pk: int) -> None:
        """Put what was kept for a record into its form."""
        self.form.fill(self._kept.pop(pk, {}))
        for name, value in self._kept_seen.pop(pk, {}).items():
            self.form.editors[name].see(value)

    def keep(
        self,
        pk: int,
        name: str,
        drafts: dict[str, Value],
        seen: Mapping[str, Value] | None = None,
    ) -> None:
        """Put what was typed elsewhere into the form of a record, now or when it is shown.

        `name` is the record's, for the question that a closing window asks; `seen` is what the
        fields held when it was typed.
        """
        self._kept.setdefault(pk, {}).update(drafts)
        self._kept_seen.setdefault(pk, {}).update(seen or {})
        if pk == self._pk:
            self._put_back(pk)
            return
        self._kept_names[pk] = one_line(name, 200) or self.tr("(no name)")
        self.kept_changed.emit()

    def take_stored(self, pk: int, names: Collection[str]) -> None:
        """Show what is stored in these fields of a record; what was typed into them is gone."""
        if pk == self._pk:
            for name in names:
                self.form.editors[name].revert()
            self._asked = None
        for name in names:
            self._kept.get(pk, {}).pop(name, None)
        if not self._kept.get(pk, {1}):
            del self._kept[pk]

    def refuse(self, problem: Problem | Exception) -> None:
        """What was last asked for could not be stored: say why, and keep what was typed.

        When another record is shown by now, the text comes back with the one it was typed into.
        """
        words = sentence(problem)
        self._asked = None
        if self._last_asked is not None and self._last_asked[0] != self._pk:
            pk, name, changes = self._last_asked
            self._kept[pk] = changes
            self.kept_changed.emit()
            self._kept_names[pk] = name
            words = f"{words} {self._kept_words(name)}"
        self._say(words)

    def _say(self, words: str) -> None:
        """Say it where it is seen: above the form's buttons, or in place of the form."""
        if words and self._pk is not None:
            self.form.show_notice(Finding("error", words))
        choose = self.tr("Choose an integration to see it here.")
        self.empty.set_words(self.tr("Nothing is chosen"), words or choose)

    def _kept_words(self, name: str) -> str:
        back = self.tr("What you typed is kept: go back to “{name}” to put it right.")
        return back.format(name=one_line(name, 60))

    def go_previous(self) -> None:
        """Ask for the record above, unless there is something to put right first."""
        if self.previous_button.isEnabled() and self.leave():
            self.previous_requested.emit()

    def go_next(self) -> None:
        """Ask for the record below, unless there is something to put right first."""
        if self.next_button.isEnabled() and self.leave():
            self.next_requested.emit()

    def _on_applied(self, changes: dict[str, Value]) -> None:
        assert self._pk is not None
        self._asked = changes
        self._last_asked = (self._pk, self.heading, changes)
        self.apply_requested.emit(self._pk, changes)

    def _take_drops(self) -> None:
        self._read_only = False
        self.drops = DropZone(self, self._drop_place)
        self.drops.said.connect(self.said)
        field = self.form.url_field
        field.offered.connect(lambda mime: self.icon_offered.emit(self._pk, mime))
        field.file_wanted.connect(lambda: self.icon_file_wanted.emit(self._pk))

    def _drop_place(self, _: QPoint) -> Place | None:
        pk = self._pk
        if pk is None or self._read_only:
            return None
        words = self.tr("Set as the icon of {name}").format(name=one_line(self.heading, 60))
        return Place(self.rect(), words, lambda mime: self.icon_dropped.emit(pk, mime))

    def _on_field_edited(self, name: str) -> None:
        if name == "icon_url":
            self._typing.start(0 if self.form.url_field.came_whole else TYPING_MS)
        elif name == "name":
            self._show_heading()

    def _show_icon(self) -> None:
        self._typing.stop()
        if self._pk is None:
            self.preview.clear()
            return
        editor = self.form.editors["icon_url"]
        stored = classify(editor.stored, self._bases) if editor.touched else None
        self.preview.show_address(classify(editor.value(), self._bases), stored)

    def _show_heading(self) -> None:
        name = one_line(csv_text(self.form.value("name")), 200)
        self._name.show_text(name or self.tr("(no name)"))

    def _show_position(self, position: int, total: int) -> None:
        words = self.tr("{position} of {total}") if position > 0 else ""
        self._position.setText(words.format(position=number(position), total=number(total)))
        self.previous_button.setEnabled(position > 1)
        self.next_button.setEnabled(0 < position < total)

    def _move_button(self, symbol: str, keys: str, slot: object) -> QToolButton:
        button = QToolButton()
        button.setAutoRaise(True)
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        theme.set_icon(button, symbol)
        button.clicked.connect(slot)
        shortcut = QShortcut(QKeySequence(keys), self)
        shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        shortcut.activated.connect(slot)
        names = {"previous": self.tr("Previous ({keys})"), "next": self.tr("Next ({keys})")}
        button.setToolTip(names[symbol].format(keys=keys))
        return button

    def _make_timeline_button(self) -> QToolButton:
        button = QToolButton()
        button.setCheckable(True)
        button.setAutoRaise(True)
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        theme.set_icon(button, "history")
        button.setAccessibleName(self.tr("Timeline of this integration"))
        button.setToolTip(self.tr("Who changed this integration, and when (Alt+T)"))
        shortcut = QShortcut(QKeySequence("Alt+T"), self)
        shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        shortcut.activated.connect(button.click)
        button.toggled.connect(self._show_timeline)
        button.hide()
        return button

    def _show_timeline(self, on: bool) -> None:
        if self._timeline is not None:
            self._lower.setCurrentWidget(self._timeline if on else self.form)
            (self._timeline.tree if on else self.form).setFocus()

    def _lay_out(self) -> None:
        header = QHBoxLayout()
        header.setContentsMargins(8, 6, 4, 2)
        header.setSpacing(2)
        header.addWidget(self._name, 1)
        header.addWidget(self._position)
        header.addWidget(self.timeline_button)
        header.addWidget(self.previous_button)
        header.addWidget(self.next_button)
        above = _PreviewArea(self.preview)
        above.setWidgetResizable(True)
        above.setFrameShape(QScrollArea.Shape.NoFrame)
        above.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        above.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        bar = self.style().pixelMetric(QStyle.PixelMetric.PM_ScrollBarExtent)
        above.setMinimumWidth(self.preview.minimumSizeHint().width() + bar)
        self.splitter = QSplitter(Qt.Orientation.Vertical)
        self.splitter.addWidget(above)
        self._lower = QStackedWidget()
        self._lower.addWidget(self.form)
        self.splitter.addWidget(self._lower)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.setStretchFactor(0, 0)
        self.splitter.setStretchFactor(1, 1)
        self.splitter.setSizes([self.preview.sizeHint().height(), 4_000])
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(header)
        column.addWidget(self.splitter, 1)
        self._pages = QStackedLayout(self)
        self._pages.addWidget(self.empty)
        self._pages.addWidget(page)


class _PreviewArea(QScrollArea):
    """Scrolls the preview, and tells it how much of it is to be seen."""

    def __init__(self, preview: IconPreview) -> None:
        super().__init__()
        self._preview = preview
        self.setWidget(preview)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._preview.fit_height(self.viewport().height())


class _Heading(OneLine):
    def __init__(self) -> None:
        super().__init__()
        font = QFont(self.font())
        font.setPointSizeF(font.pointSizeF() * 1.15)
        font.setWeight(QFont.Weight.DemiBold)
        self.setFont(font)


def _pk(record: Mapping[str, Value]) -> int:
    pk = record["pk"]
    assert isinstance(pk, int)
    return pk
