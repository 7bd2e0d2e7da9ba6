"""Import of a CSV file: read it in a child process, look at what it would do, write it.

`Reading` is the first step; its answer, a `Staged`, is looked at through a `Preview` and written
by `write` as one edit.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, Literal

import apsw

from db.catalog import Catalog
from db.changes import Change
from db.child import Report, Task
from db.connection import restrict, uri
from db.csv_match import (
    BIT,
    LACKING,
    Counts,
    Match,
    find_keys,
    forget_keys,
    matched,
    may_delete,
    register,
    text_of,
)
from db.csv_options import CsvOptions
from db.csv_stage import MATCH_CACHE, Staged
from db.edits import EditSession
from db.errors import Problem, translated
from db.fields import FIELD_BY_NAME, INSTANTS
from db.history import BULK_ROWS
from db.schema import build_indexes, drop_indexes
from db.scratch import ScratchFolder
from db.stage import stage_file

Kind = Literal["new", "changed", "unchanged", "skipped", "deleted"]
SHORT: Final = 2_000
"""Characters of a cell that a preview shows."""
_PARTS: Final = 20
"""Parts that a large import is written in, with a report after each."""


class Reading:
    """A CSV file that is being read into a stage, a scratch database of its own.

    Attributes:
        future: what was read; raises `Invalid`, `CatalogError` or `Cancelled`.
    """

    def __init__(
        self,
        source: Path,
        catalog: Path | None,
        *,
        options: CsvOptions = CsvOptions(),  # noqa: B008
        match: Match = Match(),  # noqa: B008
        progress: Report | None = None,
    ) -> None:
        """Start reading.

        Args:
            source: the file; see `db.stage.stage_file` for what it may be.
            catalog: the catalogue file that its rows are matched with; None for an empty one.
            options: how to read it, if it is a CSV file.
            match: how its rows are matched.
            progress: told the bytes read and those in all, on another thread.
        """
        self._folder = ScratchFolder()
        stage = self._folder.path / "stage.db"
        job = partial(
            stage_file, source=source, stage=stage, catalog=catalog, options=options, match=match
        )
        self._task = Task(job, progress)
        self.future: Future[Staged] = self._task.future

    def cancel(self) -> None:
        """Stop reading; the future raises `Cancelled`."""
        self._task.cancel()

    def close(self) -> None:
        """Remove the stage, as soon as nothing writes it; twice does no harm."""
        self._task.cancel()
        self.future.add_done_callback(lambda _: self._folder.close())


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """A row of the file beside the integration of its id.

    Attributes:
        line: where it starts in the file; 0 for what the file lacks.
        cells: the texts of the file, by `Staged.fields`.
        old: the texts that they replace; None for cells that change nothing.
    """

    line: int
    cells: tuple[str, ...]
    old: tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A row that cannot be stored: where it starts, its id, and the field, value and reason."""

    line: int
    id: str
    field: str
    value: str
    problem: Problem


class Preview:
    """What an import would do, page by page, on a connection of the thread that made it."""

    def __init__(self, staged: Staged, catalog: Path | None) -> None:
        """Open it.

        Args:
            catalog: the catalogue file; None if there is none, and so nothing to compare with.
        """
        self._fields = staged.fields
        flags = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_URI
        with translated(staged.stage):
            self._connection = apsw.Connection(uri(staged.stage, "mode=rw"), flags=flags)
        restrict(self._connection)
        register(self._connection)
        if catalog is not None:
            with translated(catalog):
                self._connection.execute("ATTACH ? AS catalog", (uri(catalog, "mode=ro"),))
        self._connection.pragma("query_only", True)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def changed_fields(self) -> tuple[str, ...]:
        """The names of the fields that some row changes."""
        found = 0
        for (mask,) in self._connection.execute("SELECT DISTINCT mask FROM changed_row"):
            found |= mask
        return tuple(name for name in self._fields if found & BIT[name])

    def rows(self, kind: Kind, first: int, last: int) -> list[PreviewRow]:
        """Rows of one kind at positions `first` to `last`, counted from 0, in file order.

        A text is cut after `SHORT` characters.
        """
        text = f"substr(ifnull(nullif(row.{{}}, x''), ''), 1, {SHORT})"
        cells = ", ".join(text.format(name) for name in self._fields)
        if kind == "deleted":
            return self._deleted(first, last)
        sql = f"SELECT row.line, {cells}{self._old(kind)} WHERE found.position BETWEEN ? AND ?"
        width = len(self._fields)
        return [
            PreviewRow(line, tuple(values[:width]), tuple(values[width:]) or (None,) * width)
            for line, *values in self._connection.execute(sql, (first + 1, last + 1))
        ]

    def _old(self, kind: Kind) -> str:
        source = f" FROM {kind}_row found JOIN row ON row.line = found.line"
        if kind != "changed":
            return source
        old = ", ".join(
            f"CASE WHEN found.mask & {BIT[name]} "
            f"THEN substr({text_of(FIELD_BY_NAME[name], f'i.{name}')}, 1, {SHORT}) END"
            for name in self._fields
        )
        return f", {old}{source} LEFT JOIN integration i ON i.pk = found.pk"

    def _deleted(self, first: int, last: int) -> list[PreviewRow]:
        cells = ", ".join(
            f"substr({text_of(FIELD_BY_NAME[name], f'i.{name}')}, 1, {SHORT})"
            for name in self._fields
        )
        found = self._connection.execute(
            f"SELECT {cells} FROM deleted_row found JOIN integration i ON i.pk = found.pk "
            "WHERE found.position BETWEEN ? AND ?",
            (first + 1, last + 1),
        )
        return [PreviewRow(0, tuple(map(str, row)), (None,) * len(row)) for row in found]

    def rejects(self, first: int, last: int) -> list[RejectedRow]:
        """Rejected rows at positions `first` to `last`, counted from 0, in file order."""
        found = self._connection.execute(
            "SELECT line, id, field, value, template, filling FROM rejected_row "
            "JOIN reject ON reject.position = rejected_row.reject "
            "WHERE rejected_row.position BETWEEN ? AND ?",
            (first + 1, last + 1),
        )
        return [
            RejectedRow(line, row_id, field, value, Problem(template, **json.loads(filling)))
            for line, row_id, field, value, template, filling in found
        ]


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did: the change of the catalogue, and how many rows of each kind."""

    change: Change
    counts: Counts


def label_of(staged: Staged, counts: Counts) -> str:
    """What an import is called in the history."""
    deleted = f", {counts.deleted} deleted" if staged.match.mirror else ""
    return f"Import {staged.source.name}: {counts.new} new, {counts.changed} changed{deleted}"


class Writing:
    """An import that is being written as one edit; rows that change nothing are not touched.

    The rows are matched anew, so that what was written meanwhile counts.

    Attributes:
        future: what was done; raises `CatalogError` or `Cancelled`.
    """

    def __init__(
        self,
        catalog: Catalog,
        staged: Staged,
        *,
        origin: str = "",
        label: Callable[[Staged, Counts], str] = label_of,
        progress: Report | None = None,
    ) -> None:
        """Start writing.

        Args:
            origin: who asks; the `Change` carries it.
            label: names the edit.
            progress: told the lines done and those in all, on the writer's thread.
        """
        self.future: Future[Imported] = Future()
        self.future.set_running_or_notify_cancel()
        self._catalog = catalog
        self._body = _Write(staged, label, progress)
        self._edit = catalog.edit(
            label(staged, staged.counts), self._body, origin=origin, attach={"stage": staged.stage}
        )
        self._edit.add_done_callback(self._finish)

    def cancel(self) -> None:
        """Cancel it; nothing of it stays. Other writes go on."""
        self._catalog.cancel(self._edit)

    def _finish(self, edit: Future[Change]) -> None:
        error = edit.exception()
        if error is not None:
            self.future.set_exception(error)
        else:
            self.future.set_result(Imported(edit.result(), self._body.counts))


def write(
    catalog: Catalog,
    staged: Staged,
    *,
    origin: str = "",
    label: Callable[[Staged, Counts], str] = label_of,
    progress: Report | None = None,
) -> Future[Imported]:
    """Write what was read as one edit: the future of a `Writing`."""
    return Writing(catalog, staged, origin=origin, label=label, progress=progress).future


class _Write:
    """The body of the edit."""

    def __init__(
        self,
        staged: Staged,
        label: Callable[[Staged, Counts], str],
        progress: Report | None,
    ) -> None:
        self.counts = Counts()
        self._staged = staged
        self._label = label
        self._progress = progress

    def __call__(self, edit: EditSession) -> None:
        connection = edit.connection
        register(connection)
        usual_cache = connection.pragma("cache_size")
        connection.pragma("cache_size", MATCH_CACHE)
        try:
            self.counts = self._match(connection)
            edit.count = self.counts.written
            edit.label = self._label(self._staged, self.counts)
            if edit.count:
                self._write(edit, usual_cache)
        finally:
            connection.pragma("cache_size", usual_cache)
        connection.execute("DROP TABLE temp.matched")
        forget_keys(connection, self._staged.match)

    def _match(self, connection: apsw.Connection) -> Counts:
        staged = self._staged
        options = staged.match
        connection.execute(
            "CREATE TEMP TABLE matched(line INTEGER PRIMARY KEY, pk INTEGER, mask INTEGER)"
        )
        left_out = 0
        if not options.by_id:
            find_keys(connection, options)
            left_out = int(connection.execute("SELECT count(*) FROM temp.left_out").get)
        connection.execute(
            f"INSERT INTO temp.matched {matched(staged.fields, options, exact=staged.exact)}"
        )
        ((found, changed, skipped),) = connection.execute(
            "SELECT count(*), count(iif(mask > 0, 1, NULL)), count(iif(mask < 0, 1, NULL)) "
            "FROM temp.matched"
        )
        counts = staged.counts
        rejected = counts.rejected + left_out
        lacking = counts.read - rejected - found
        deleted = 0
        if may_delete(connection, options, rejected):
            deleted = int(connection.execute(f"SELECT count(*) FROM ({LACKING})").get)
        return Counts(
            new=lacking if options.add else 0,
            changed=changed,
            unchanged=found - changed - skipped,
            rejected=rejected,
            skipped=skipped + (0 if options.add else lacking),
            deleted=deleted,
        )

    def _write(self, edit: EditSession, usual_cache: int) -> None:
        connection = edit.connection
        bulk = (edit.count or 0) >= BULK_ROWS
        fields = self._staged.fields
        if "org_id" in fields:
            self._add_organizations(connection)
        if bulk:
            drop_indexes(connection)
        if self.counts.deleted:
            connection.execute(f"DELETE FROM main.integration WHERE pk IN ({LACKING})")
        update, insert = _update(self._staged), _insert(self._staged)
        last = int(connection.execute("SELECT max(line) FROM stage.row").get)
        step = last // _PARTS + 1
        for first in range(0, last, step):
            lines = (first, first + step)
            if update and self.counts.changed:
                connection.execute(update, lines)
            if self.counts.new:
                connection.execute(insert, lines)
            edit.check_cancelled()
            if self._progress is not None:
                self._progress(min(first + step, last), last)
        if bulk:
            # A large cache makes sorting for the indexes slower, not faster.
            connection.pragma("cache_size", usual_cache)
            build_indexes(connection)

    def _add_organizations(self, connection: apsw.Connection) -> None:
        """Add the organizations that new and changed rows name."""
        written = [
            f"line IN (SELECT line FROM temp.matched WHERE mask & {BIT['org_id']} AND mask > 0)"
        ]
        if self._staged.match.add:
            written.append("line NOT IN (SELECT line FROM temp.matched)")
        where = "" if self._takes_all() else f" AND ({' OR '.join(written)})"
        connection.execute(_NEW_ORGANIZATIONS + where)

    def _takes_all(self) -> bool:
        """Whether every row may be written, so that looking at each is not worth its time."""
        options = self._staged.match
        return options.by_id and options.add and options.change and not options.newer


_NEW_ORGANIZATIONS: Final = """
INSERT INTO main.organization(id, name)
SELECT DISTINCT org_id, org_id FROM stage.row
WHERE org_id <> '' AND org_id NOT IN (SELECT id FROM main.organization)
"""


def _insert(staged: Staged) -> str:
    """Add the new rows of some lines, in the order of the file."""
    fields = staged.fields
    instants = [INSTANTS[name] for name in fields if name in INSTANTS]
    into = ", ".join([*fields, *instants])
    empty = "iif({0} = '', NULL, {0})"
    values = [name if staged.exact and name != "org_id" else empty.format(name) for name in fields]
    left_out = "" if staged.match.by_id else "AND line NOT IN (SELECT line FROM temp.left_out) "
    return (
        f"INSERT INTO main.integration({into}) SELECT {', '.join([*values, *instants])} "
        "FROM stage.row "
        "WHERE line > ? AND line <= ? AND line NOT IN (SELECT line FROM temp.matched) "
        f"{left_out}ORDER BY line"
    )


def _update(staged: Staged) -> str:
    """Change the fields of some lines that differ; an empty cell clears its field."""
    terms = []
    for name in staged.fields:
        if name == "id":
            continue
        differs = f"matched.mask & {BIT[name]}"
        value = f"row.{name}" if staged.exact and name != "org_id" else f"nullif(row.{name}, '')"
        terms.append(f"{name} = iif({differs}, {value}, integration.{name})")
        if name in INSTANTS:
            column = INSTANTS[name]
            terms.append(f"{column} = iif({differs}, row.{column}, integration.{column})")
    if not terms:
        return ""
    return (
        f"UPDATE main.integration SET {', '.join(terms)} "
        "FROM temp.matched CROSS JOIN stage.row ON row.line = matched.line "
        "WHERE integration.pk = matched.pk AND matched.mask > 0 "
        "AND matched.line > ? AND matched.line <= ?"
    )
