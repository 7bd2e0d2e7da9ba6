"""The commands `history`, `undo`, `redo` and `apply`, which need no display and never load Qt.

They end with 0 when all went well, 1 when there was nothing to do or conflicts kept what was there,
2 when it could not be done, and 130 after Ctrl-C; then nothing was changed.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, Final, TypeVar

from db import history_apply, history_file, history_query
from db.catalog import Catalog
from db.changes import Change
from db.edits import DISCARDED, DONE, UNDONE, EditSession
from db.errors import Invalid, SentenceError
from db.fields import FIELD_BY_NAME, Value
from db.history_apply import Applied, Preview
from db.history_file import ChangeSetFile
from db.history_plan import CellConflict, Choices
from db.history_query import CellChange, EditFacts

OK: Final = 0
PARTLY: Final = 1
CONFLICTS_LISTED: Final = 20
STATES: Final = {DONE: "done", UNDONE: "undone", DISCARDED: "discarded"}
_BUSY_MILLISECONDS: Final = 5_000
_LISTED: Final = 20
_SHOWN: Final = 60
_CODES: Final = (
    "Exit code: 0 all well, 1 nothing to do or conflicts left as they were, 2 could not be done, "
    "130 Ctrl-C."
)

T = TypeVar("T")


def add_subcommands(subparsers: Any) -> None:
    """Add the commands to a parser's subparsers (what `add_subparsers` returned)."""
    _add_history(subparsers)
    _add_step(subparsers, "undo", _undo, "take back the last edit", "this edit and all later ones")
    _add_step(
        subparsers, "redo", _redo, "do again what was undone", "all that was undone up to this one"
    )
    _add_apply(subparsers)


def _add_history(subparsers: Any) -> None:
    parser = _parser(
        subparsers,
        "history",
        _history,
        "list the edits of a catalogue, newest first",
        "List the edits of a catalogue, newest first; with --edit, what that edit changed; with "
        "--save, write edits to a change-set file for another copy of the catalogue.",
    )
    parser.add_argument(
        "--edit",
        metavar="N",
        type=int,
        action="append",
        default=[],
        help="the number of an edit; with --save it may be repeated",
    )
    parser.add_argument("--save", metavar="FILE", type=Path, help="write these edits to FILE")
    parser.add_argument(
        "--limit",
        metavar="N",
        type=int,
        default=_LISTED,
        help=f"edits, or integrations of an edit, that are listed at most (default {_LISTED})",
    )


def _add_step(subparsers: Any, name: str, run: Any, what: str, to: str) -> None:
    parser = _parser(subparsers, name, run, what, f"{what.capitalize()}; with --to, {to}.")
    parser.add_argument("--to", metavar="N", type=int, help=f"{to}, as one step")


def _add_apply(subparsers: Any) -> None:
    parser = _parser(
        subparsers,
        "apply",
        _apply,
        "apply a change-set file to a catalogue",
        "Apply a change-set file, which `history --save` writes, as one edit that can be undone. "
        "Integrations are found by id. Where the catalogue has other values than the change-set "
        "expects, its values stay, and are listed.",
    )
    parser.add_argument("file", metavar="FILE", type=Path, help="a change-set file")
    parser.add_argument(
        "--conflicts",
        choices=("keep", "take"),
        default="keep",
        help="what to do with cells in conflict: keep those of the catalogue (default), or take "
        "those of the file",
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="only say what would be done, and change nothing"
    )
    add_discard_redo(parser)


def add_discard_redo(parser: argparse.ArgumentParser) -> None:
    """Add the option without which `require_redo_may_go` refuses."""
    parser.add_argument(
        "--discard-redo",
        action="store_true",
        help="go on although edits that were undone can then not be redone any more; without it "
        "nothing is written then, and the exit code is 2",
    )


def require_redo_may_go(catalog: Catalog, options: argparse.Namespace) -> None:
    """Refuse an edit that would end redo unless the user said that it may.

    Raises:
        Invalid: there is something to redo, and no --discard-redo.
    """
    label = catalog.redo_label()
    if label is not None and not options.discard_redo:
        raise Invalid(
            "“{label}” was undone and can be redone, which an edit would end. Redo it first, "
            "or add --discard-redo. Nothing was changed.",
            label=label,
        )


def _parser(subparsers: Any, name: str, run: Any, what: str, words: str) -> Any:
    parser = subparsers.add_parser(name, help=what, description=words, epilog=_CODES)
    parser.add_argument("--catalog", metavar="DB", type=Path, required=True, help="the catalogue")
    parser.add_argument(
        "--json", action="store_true", help="end with one line that is a JSON object"
    )
    parser.set_defaults(run=run, file=None)
    return parser


# -- history -----------------------------------------------------------------------------------


def _history(options: argparse.Namespace) -> int:
    with (
        closing(Catalog.open(options.catalog)) as catalog,
        closing(catalog.connect_here(_BUSY_MILLISECONDS)) as connection,
    ):
        if options.save is not None:
            if not options.edit:
                raise Invalid("Name the edits to be saved, each with --edit.")
            history_file.save(connection, options.edit, options.save, lambda done, total: None)
            edits = sorted(set(options.edit))
            what = "1 edit" if len(edits) == 1 else f"{len(edits)} edits"
            told = {"saved": str(options.save), "edits": edits}
            _answer(options, told, f"Wrote {what} to {options.save}.")
        elif options.edit:
            _list_changes(options, connection)
        else:
            _list_edits(options, connection)
    return OK


def _list_edits(options: argparse.Namespace, connection: Any) -> None:
    found = history_query.edits(connection, limit=max(options.limit, 0) + 1)
    listed, more = found[: options.limit], len(found) > options.limit
    lines = [_edit_line(facts) for facts in listed]
    if more:
        lines.append("… and earlier ones; --limit lists more.")
    edits = [{**facts._asdict(), "state": STATES[facts.state]} for facts in listed]
    _answer(options, {"edits": edits, "more": more}, "\n".join(lines) or "No edits yet.")


def _edit_line(facts: EditFacts) -> str:
    state = "" if facts.state == DONE else f" ({STATES[facts.state]})"
    when = facts.at[:16].replace("T", " ")
    count = f"{facts.integrations} integrations" if facts.integrations != 1 else "1 integration"
    who, label = _printable(facts.author), _printable(facts.label)
    return f"{facts.id:>6}  {when} UTC  {who}  {label} [{count}]{state}"


def _list_changes(options: argparse.Namespace, connection: Any) -> None:
    if len(options.edit) > 1:
        raise Invalid("Only one edit can be listed at a time. Give --edit once.")
    facts = history_query.edit(connection, options.edit[0])
    page = history_query.changes(connection, facts.id, limit=max(options.limit, 0))
    lines = [_edit_line(facts), *map(_change_line, page.cells)]
    if page.following is not None:
        lines.append("… and more; --limit lists them.")
    changes = [_change_object(cell) for cell in page.cells]
    _answer(options, {"changes": changes, "more": page.following is not None}, "\n".join(lines))


def _change_line(cell: CellChange) -> str:
    values = f"{_word(cell.old)} -> {_word(cell.new)}"
    return f"{cell.table} {_printable(cell.key)}, {_key(cell.field)}: {values}"


def _change_object(cell: CellChange) -> dict[str, object]:
    return {
        "table": cell.table,
        "id": cell.key,
        "op": cell.op.lower(),
        "field": _key(cell.field),
        "old": _plain(cell.old),
        "new": _plain(cell.new),
    }


# -- undo, redo, apply -------------------------------------------------------------------------


def _undo(options: argparse.Namespace) -> int:
    return _step(options, lambda catalog: catalog.undo(to=options.to), "Undone", "undo")


def _redo(options: argparse.Namespace) -> int:
    return _step(options, lambda catalog: catalog.redo(to=options.to), "Done again", "redo")


def _step(
    options: argparse.Namespace,
    begin: Callable[[Catalog], Future[Change | None]],
    said: str,
    what: str,
) -> int:
    with closing(Catalog.open(options.catalog)) as catalog:
        change = _finished(catalog, begin(catalog))
    if change is None:
        _answer(options, {"edit": None, "label": None, "count": 0}, f"There is nothing to {what}.")
        return PARTLY
    answer = {"edit": change.edit_id, "label": change.label, "count": change.count}
    _answer(options, answer, f"{said}: {_printable(change.label)}.")
    return OK


def _apply(options: argparse.Namespace) -> int:
    file = ChangeSetFile(options.file)
    labels = [facts.label for facts in file.edits()]
    with closing(Catalog.open(options.catalog)) as catalog:
        with closing(catalog.connect_here(_BUSY_MILLISECONDS)) as connection:
            found = history_apply.preview(connection, file)
        _list_conflicts(found)
        if options.dry_run:
            return _tell(options, found, None, None)
        if found.rows or (found.conflict_count and options.conflicts == "take"):
            require_redo_may_go(catalog, options)
        choices = Choices(all_wanted=options.conflicts == "take")
        label = f"Apply {options.file.name}: {', '.join(labels)}"[:200]
        applied: list[Applied] = []

        def body(edit: EditSession) -> None:
            applied.append(history_apply.apply(edit, file, choices))

        change = _finished(catalog, catalog.edit(label, body))
    return _tell(options, found, change, applied[0])


def _tell(
    options: argparse.Namespace, found: Preview, change: Change | None, applied: Applied | None
) -> int:
    kept = found.conflict_count if applied is None else applied.kept
    answer = {
        "changed": found.rows if change is None else change.count,
        "conflicts": found.conflict_count if applied is None else applied.conflicts,
        "kept": kept,
        "edit": None if change is None else change.edit_id,
    }
    if change is None:
        words = f"{answer['changed']} rows would change, {kept} conflicts. This was a dry run."
    else:
        words = f"{answer['changed']} integrations changed, {kept} conflicts left as they were."
    _answer(options, answer, words)
    return PARTLY if kept else OK


def _list_conflicts(found: Preview) -> None:
    for conflict in found.conflicts[:CONFLICTS_LISTED]:
        print(_conflict_line(conflict), file=sys.stderr)
    if found.conflict_count > CONFLICTS_LISTED:
        more = found.conflict_count - CONFLICTS_LISTED
        print(f"… and {more} more conflicts.", file=sys.stderr)


_REASONS: Final = {
    "deleted": "is not there",
    "taken": "cannot come back: another integration has its id",
    "changed": "was changed since",
}


def _conflict_line(conflict: CellConflict) -> str:
    where = f"conflict: {conflict.table} {_printable(conflict.id or conflict.key)}"
    if not conflict.field:
        return f"{where} {_REASONS[conflict.reason]}"
    values = f"{_word(conflict.current)} here, {_word(conflict.wanted)} in the file"
    return f"{where}, {_key(conflict.field)}: {values}"


def _finished(catalog: Catalog, future: Future[T]) -> T:
    """The outcome of a write; Ctrl-C takes it back, unless it is in the file already."""
    try:
        return future.result()
    except KeyboardInterrupt:
        catalog.cancel(future)
        with suppress(SentenceError):
            return future.result()
        raise


def _answer(options: argparse.Namespace, values: Mapping[str, object], words: str) -> None:
    print(json.dumps(values) if options.json else words)


def _key(name: str) -> str:
    """What files call a field."""
    return FIELD_BY_NAME[name].key if name in FIELD_BY_NAME else name


def _plain(value: Value) -> object:
    """A value in JSON; absent and null are both null."""
    return None if isinstance(value, bytes) else value


def _word(value: Value) -> str:
    if value is None:
        return "(absent)"
    text = _printable(json.dumps(_plain(value), ensure_ascii=False))
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


def _printable(text: object) -> str:
    """Text of the catalogue, which must not steer the terminal."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in str(text))
