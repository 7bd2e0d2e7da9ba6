"""The import dialog: what it shows of real files, and what it does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from db.catalog import Catalog
from db.changes import Change
from gui.import_dialog import ImportDialog
from gui.import_preview import PreviewTable, differing
from tests.csv_help import add, csv_file, records
from tests.drops import drop


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    with closing(Catalog.create(tmp_path / "catalog.db")) as catalog:
        yield catalog


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "file.csv"


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


@pytest.fixture
def opened(
    qtbot: QtBot, catalog: Catalog, temporary: Path
) -> Iterator[Callable[..., ImportDialog]]:
    dialogs: list[ImportDialog] = []

    def open_dialog(path: Path | None = None) -> ImportDialog:
        dialog = ImportDialog(catalog, path)
        qtbot.addWidget(dialog)
        dialogs.append(dialog)
        dialog.show()
        if path is not None:
            qtbot.waitUntil(lambda: not dialog.progress.isVisible(), timeout=30_000)
        return dialog

    yield open_dialog
    for dialog in dialogs:
        dialog.done(0)
    assert list(temporary.iterdir()) == []


def tabs(dialog: ImportDialog) -> list[str]:
    return [
        dialog.tabs.tabText(place).replace("&", "")
        for place in range(1, dialog.tabs.count())
        if dialog.tabs.isTabEnabled(place)
    ]


def texts(table: PreviewTable, row: int) -> list[str]:
    model = table.model()
    return [str(model.index(row, column).data()) for column in range(model.columnCount())]


def headings(table: PreviewTable) -> list[str]:
    model = table.model()
    return [
        str(model.headerData(column, Qt.Orientation.Horizontal))
        for column in range(model.columnCount())
    ]


def button_text(dialog: ImportDialog) -> str:
    return dialog.import_button.text().replace("&", "")


def test_without_a_file_there_is_nothing_to_import(opened: Callable[..., ImportDialog]) -> None:
    dialog = opened()
    assert not dialog.import_button.isEnabled()
    assert not dialog.options.delimiter.isEnabled()
    assert "Choose a CSV or JSON file" in dialog.message.text()


def test_what_was_read_and_what_it_would_change(
    opened: Callable[..., ImportDialog], catalog: Catalog, file: Path
) -> None:
    add(catalog, id="a", name="Old", type="t", created_at=5)
    add(catalog, id="s", name="Same", type="t")
    file.write_text(
        "id;Name;type;createdAt;logo\ns;Same;t;;\na;New;t;;x\nb;Brand\u00a0new;;2024;\nb;again;;;\n"
    )
    dialog = opened(file)
    assert dialog.options.delimiter.currentText() == "Semicolon"
    assert tabs(dialog) == ["New (1)", "Changed (1)", "Unchanged (1)", "Rejected (1)"]
    assert button_text(dialog) == "Import 2 Integrations"
    assert "4 rows read" in dialog.message.text()
    assert "Ignored columns: “logo”" in dialog.message.text()
    mapping = [
        (dialog.mapping.item(row, 0).text(), dialog.mapping.item(row, 1).text())
        for row in range(dialog.mapping.rowCount())
    ]
    assert mapping[3:] == [("createdAt", "Created"), ("logo", "ignored")]
    new, changed = dialog.tables["new"], dialog.tables["changed"]
    assert texts(new, 0) == ["4", "b", "Brand new", "", "2024"]
    assert headings(changed) == ["Line", "Id", "Name", "Created"]
    assert texts(changed, 0) == ["3", "a", "Old → New", "5 → (empty)"]
    assert texts(dialog.tables["unchanged"], 0)[:2] == ["2", "s"]
    assert texts(dialog.tables["rejected"], 0)[:4] == ["5", "b", "id", "b"]
    assert "Line 4 has this id already" in texts(dialog.tables["rejected"], 0)[4]


def test_texts_of_the_file_stay_plain_text(opened: Callable[..., ImportDialog], file: Path) -> None:
    csv_file(file, [{"id": "<b>x</b>"}])
    index = opened(file).tables["new"].model().index(0, 1)
    assert index.data() == "<b>x</b>"
    assert "&lt;b&gt;" in index.data(Qt.ItemDataRole.ToolTipRole)


def test_an_import_is_one_edit_and_closes(
    qtbot: QtBot, opened: Callable[..., ImportDialog], catalog: Catalog, file: Path
) -> None:
    csv_file(file, [{"id": "a", "name": "A"}, {"id": "b"}])
    dialog = opened(file)
    with qtbot.waitSignal(dialog.imported, timeout=30_000) as told:
        qtbot.mouseClick(dialog.import_button, Qt.MouseButton.LeftButton)
    (change,) = told.args
    assert isinstance(change, Change)
    assert change.count == 2
    assert catalog.undo_label() == "Import file.csv: 2 new, 0 changed"
    assert [row["id"] for row in records(catalog)] == ["a", "b"]
    qtbot.waitUntil(lambda: not dialog.isVisible())


def test_after_rejects_the_dialog_stays_and_lists_them(
    qtbot: QtBot, opened: Callable[..., ImportDialog], catalog: Catalog, shared: Path
) -> None:
    dialog = opened(shared / "data" / "catalogs" / "mattermost.csv")
    assert tabs(dialog) == ["New (30)", "Rejected (87)"]
    with qtbot.waitSignal(dialog.imported, timeout=30_000):
        dialog.start_import()
    assert len(records(catalog)) == 30
    assert dialog.isVisible()
    assert dialog.tabs.currentWidget() is dialog.tables["rejected"]
    assert "30 added and 0 changed. 87 rows were rejected" in dialog.message.text()
    assert dialog.close_button.text().replace("&", "") == "Close"
    assert not dialog.import_button.isVisible()


def test_nothing_to_import(
    qtbot: QtBot, opened: Callable[..., ImportDialog], catalog: Catalog, file: Path
) -> None:
    add(catalog, id="a")
    csv_file(file, [{"id": "a"}])
    dialog = opened(file)
    assert tabs(dialog) == ["Unchanged (1)"]
    assert "nothing to import" in dialog.message.text()
    assert not dialog.import_button.isEnabled()


def test_another_delimiter_reads_again(
    qtbot: QtBot, opened: Callable[..., ImportDialog], file: Path
) -> None:
    file.write_text("id;name\n1;a,b\n")
    dialog = opened(file)
    dialog.options.delimiter.setCurrentIndex(0)
    dialog.options.delimiter.activated.emit(0)
    qtbot.waitUntil(lambda: "Choose the delimiter" in dialog.message.text(), timeout=30_000)
    assert not dialog.import_button.isEnabled()
    dialog.options.delimiter.setCurrentIndex(1)
    dialog.options.delimiter.activated.emit(1)
    qtbot.waitUntil(dialog.import_button.isEnabled, timeout=30_000)
    assert button_text(dialog) == "Import 1 Integration"


def test_the_first_rows_are_shown_as_they_are_read(
    qtbot: QtBot, opened: Callable[..., ImportDialog], file: Path
) -> None:
    file.write_bytes("sep=|\r\nname|key\r\nÉlan déjà vu|1\r\n".encode("utf-16-le"))
    dialog = opened(file)
    first = dialog.tabs.widget(0)
    assert isinstance(first, PreviewTable)
    qtbot.waitUntil(lambda: dialog.tabs.isTabEnabled(0), timeout=30_000)
    assert dialog.tabs.currentIndex() == 0  # without ids there is nothing else to show
    assert headings(first) == ["Line", "name", "key"]
    assert texts(first, 0) == ["3", "Élan déjà vu", "1"]
    assert dialog.options.encoding.currentText() == "UTF-16 LE"
    assert dialog.options.delimiter.currentText() == "Pipe"
    assert "named id" in dialog.message.text()


def test_how_it_is_read_can_be_changed(
    qtbot: QtBot, opened: Callable[..., ImportDialog], file: Path
) -> None:
    file.write_bytes("a report\nid,name\n1,'Łódź, Żółć'\n% 2,x\n".encode("cp1250"))
    dialog = opened(file)
    options = dialog.options
    assert not options.rest.isVisible()
    options.more.click()
    options.skip.setValue(1)
    options.quote.setCurrentIndex(1)
    options.quote.activated.emit(1)
    options.comment.setText("%")
    options.comment.editingFinished.emit()
    options.encoding.setCurrentIndex(options.encoding.findData("cp1250"))
    options.encoding.activated.emit(0)
    qtbot.waitUntil(dialog.import_button.isEnabled, timeout=30_000)
    assert texts(dialog.tables["new"], 0) == ["3", "1", "Łódź, Żółć"]
    assert tabs(dialog) == ["New (1)"]
    assert options.rest.isVisible()
    file.write_text("id,name\n2,b\n")
    dialog.read(file)  # another file is detected anew
    qtbot.waitUntil(dialog.import_button.isEnabled, timeout=30_000)
    assert options.skip.value() == 0
    assert options.encoding.currentText() == "UTF-8"


def test_a_json_file_needs_no_dialect(
    qtbot: QtBot, opened: Callable[..., ImportDialog], tmp_path: Path
) -> None:
    path = tmp_path / "file.json"
    path.write_text('[{"id": "a", "name": "A"},\n{"id": "b", "name": {}}]')
    dialog = opened(path)
    assert tabs(dialog) == ["New (1)", "Rejected (1)"]
    assert headings(dialog.tables["rejected"])[0] == "Item"
    assert texts(dialog.tables["rejected"], 0)[:4] == ["2", "b", "name", "{}"]
    qtbot.waitUntil(lambda: not dialog.options.isVisible(), timeout=30_000)


def test_rows_are_matched_and_written_as_chosen(
    qtbot: QtBot, opened: Callable[..., ImportDialog], catalog: Catalog, file: Path
) -> None:
    add(catalog, id="1", name="one", client_id="c1")
    add(catalog, id="2", name="two", client_id="c2")
    file.write_text("clientId,name\nc1,\n")
    dialog = opened(file)
    assert "named id" in dialog.message.text()
    dialog.match.fields["client_id"].trigger()
    dialog.match.fields["id"].trigger()
    assert dialog.match.key.text() == "Client id"
    qtbot.waitUntil(dialog.import_button.isEnabled, timeout=30_000)
    assert tabs(dialog) == ["Changed (1)"]
    dialog.match.keep_empty.click()
    qtbot.waitUntil(lambda: tabs(dialog) == ["Unchanged (1)"], timeout=30_000)
    dialog.match.mode.setCurrentIndex(3)
    dialog.match.mode.activated.emit(3)
    qtbot.waitUntil(dialog.import_button.isEnabled, timeout=30_000)
    assert tabs(dialog) == ["Deleted (1)", "Unchanged (1)"]
    assert texts(dialog.tables["deleted"], 0) == ["", "two", "c2"]
    assert "1 deleted, since the file lacks them" in dialog.message.text()
    with qtbot.waitSignal(dialog.imported, timeout=30_000):
        dialog.import_button.click()
    assert [row["id"] for row in records(catalog)] == ["1"]
    assert catalog.undo_label() == "Import file.csv: 0 new, 0 changed, 1 deleted"


def test_rejected_rows_are_saved_as_a_file(
    qtbot: QtBot, opened: Callable[..., ImportDialog], file: Path, tmp_path: Path
) -> None:
    file.write_text("id,name\n1,a\n")
    dialog = opened(file)
    assert not dialog.save_button.isVisible()
    file.write_text("id,name\n1,a\n,b\n")
    dialog.read(file)
    qtbot.waitUntil(dialog.save_button.isVisible, timeout=30_000)
    dialog.save_button.click()
    chooser = dialog.findChild(QFileDialog)
    assert chooser is not None
    assert Path(chooser.selectedFiles()[0]).name == "file-rejected.csv"
    chooser.fileSelected.emit(str(tmp_path / "r.csv"))
    chooser.close()
    qtbot.waitUntil(lambda: "Mend it there" in dialog.message.text(), timeout=30_000)
    assert (tmp_path / "r.csv").read_text().startswith("id,name,reason,line,row\n,b,")
    dialog.save_button.click()
    chooser = dialog.findChildren(QFileDialog)[-1]
    chooser.fileSelected.emit(str(tmp_path / "missing" / "r.csv"))
    chooser.close()
    qtbot.waitUntil(lambda: "cannot be written" in dialog.message.text(), timeout=30_000)


def test_a_file_that_cannot_be_read_says_why(
    opened: Callable[..., ImportDialog], file: Path
) -> None:
    file.write_bytes(b"name\n1\n")
    dialog = opened(file)
    assert "named id" in dialog.message.text()
    assert not dialog.import_button.isEnabled()


def test_reading_can_be_cancelled(
    qtbot: QtBot, opened: Callable[..., ImportDialog], file: Path
) -> None:
    csv_file(file, [{"id": str(number), "name": "n" * 50} for number in range(200_000)])
    dialog = opened()
    dialog.read(file)
    qtbot.waitUntil(lambda: dialog.progress.value() > 0, timeout=30_000)
    dialog.close_button.click()
    qtbot.waitUntil(lambda: "cancelled" in dialog.message.text(), timeout=30_000)
    assert dialog.isVisible()
    assert not dialog.progress.isVisible()


def test_writing_can_be_cancelled(
    qtbot: QtBot, opened: Callable[..., ImportDialog], catalog: Catalog, file: Path
) -> None:
    csv_file(file, [{"id": str(number), "name": "n" * 50} for number in range(60_000)])
    dialog = opened(file)
    dialog.start_import()
    qtbot.waitUntil(lambda: dialog.progress.value() > 0, timeout=30_000)
    dialog.close_button.click()
    qtbot.waitUntil(dialog.import_button.isEnabled, timeout=30_000)
    assert "Nothing was changed" in dialog.message.text()
    assert records(catalog) == []
    assert catalog.undo_label() is None


def test_closing_while_reading_cleans_up(
    qtbot: QtBot, opened: Callable[..., ImportDialog], file: Path, temporary: Path
) -> None:
    csv_file(file, [{"id": str(number), "name": "n" * 50} for number in range(200_000)])
    dialog = opened()
    dialog.read(file)
    qtbot.waitUntil(lambda: dialog.progress.value() > 0, timeout=30_000)
    assert list(temporary.iterdir())
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()
    qtbot.waitUntil(lambda: not list(temporary.iterdir()), timeout=30_000)


def test_every_control_has_a_name(opened: Callable[..., ImportDialog], file: Path) -> None:
    csv_file(file, [{"id": "a"}])
    dialog = opened(file)
    controls = [
        *(dialog.file, dialog.choose, dialog.options.delimiter, dialog.mapping, dialog.progress),
        *dialog.tables.values(),
    ]
    assert all(control.accessibleName() for control in controls)
    assert QApplication.focusWidget() in (dialog.import_button, None)


def test_models_are_sound(
    qtmodeltester: object, opened: Callable[..., ImportDialog], catalog: Catalog, file: Path
) -> None:
    add(catalog, id="1", name="other")
    rows = [{"id": str(number), "name": "n"} for number in range(300)]
    csv_file(file, [*rows, {"id": ""}])
    for table in opened(file).tables.values():
        qtmodeltester.check(table.model())  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("old", "new", "shown"),
    [
        ("a", "b", ("a", "b")),
        ("x" * 20 + "a", "x" * 20 + "b", ("x" * 20 + "a", "x" * 20 + "b")),
        ("y" * 88 + "x" * 12 + "a", "y" * 88 + "x" * 12, ("…" + "x" * 12 + "a", "…" + "x" * 12)),
    ],
)
def test_what_long_texts_have_in_common_is_left_out(
    old: str, new: str, shown: tuple[str, str]
) -> None:
    assert differing(old, new) == shown


def test_a_path_can_be_typed(
    qtbot: QtBot, opened: Callable[..., ImportDialog], file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(file.parent))
    first = file.with_name("first.csv")
    first.write_text("id,name,type\na,A,t\n")
    file.write_text("id,name,type\na,A,t\nb,B,t\n")
    dialog = opened(first)
    assert button_text(dialog) == "Import 1 Integration"
    dialog.file.setFocus()
    dialog.file.selectAll()
    qtbot.keyClicks(dialog.file, "~/file.csv")
    assert not dialog.import_button.isEnabled()
    assert "Press Enter" in dialog.message.text()
    qtbot.keyClick(dialog.file, Qt.Key.Key_Return)
    qtbot.waitUntil(dialog.import_button.isEnabled, timeout=30_000)
    assert button_text(dialog) == "Import 2 Integrations"
    assert dialog.file.text() == str(file)
    dialog.file.selectAll()
    qtbot.keyClicks(dialog.file, str(file.with_name("gone.csv")))
    qtbot.keyClick(dialog.file, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "gone.csv" in dialog.message.text() and dialog.file.isEnabled())
    assert not dialog.import_button.isEnabled()


def test_a_file_can_be_dropped(
    qtbot: QtBot, opened: Callable[..., ImportDialog], file: Path
) -> None:
    file.write_text("id,name,type\na,A,t\n")
    one, two, elsewhere = QMimeData(), QMimeData(), QMimeData()
    one.setUrls([QUrl.fromLocalFile(str(file))])
    two.setUrls([QUrl.fromLocalFile(str(file))] * 2)
    elsewhere.setUrls([QUrl("https://example.com/a.csv")])
    dialog = opened()
    for target in (dialog, dialog.file):
        assert not drop(target, QPoint(3, 3), two)
        assert not drop(target, QPoint(3, 3), elsewhere)
        assert drop(target, QPoint(3, 3), one)
        qtbot.waitUntil(dialog.import_button.isEnabled, timeout=30_000)
        assert dialog.file.text() == str(file)


def test_a_cancelled_import_is_told(
    qtbot: QtBot, opened: Callable[..., ImportDialog], catalog: Catalog, file: Path
) -> None:
    file.write_text("id,name,type\n" + "".join(f"{n},A,t\n" for n in range(2_000)))
    dialog = opened(file)
    with qtbot.waitSignal(dialog.said, timeout=30_000) as signal:
        dialog.start_import()
        dialog.reject()
    assert signal.args == ["The import of file.csv was cancelled. Nothing was changed."]
    qtbot.waitUntil(lambda: not dialog.isVisible())
    assert records(catalog) == []
