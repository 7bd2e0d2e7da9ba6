"""A program that writes at random into a catalogue and says each step before and after it.

    python -m tests.trust.writing KIND SEED PATH [STAGES [COUNT]]

"begin STEP" is printed before a step; "done ID" after its commit, with the id of the edit or None.
KIND is "edit" (all kinds of edits, undo, redo and imports), "bulk" (the same, with the threshold of
many rows so low that indexes are dropped and built), "create" (catalogues made one after another)
or "upgrade" (an older catalogue opened by the next version).
"""

from __future__ import annotations

import pickle
import random
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import apsw

from db import csv_import, history, records, schema
from db.catalog import Catalog, EditSession
from db.csv_stage import Staged


class Program:
    """Writes at random.

    Args:
        own: the beginning of the ids of the rows that this program alone changes.
    """

    def __init__(self, catalog: Catalog, noise: random.Random, stages: list[Staged], own: str):
        self.catalog = catalog
        self._noise = noise
        self._stages = stages
        self._own = own
        self._number = 0

    def steps(self) -> dict[str, Callable[[], Any]]:
        """All that can be done, by name."""
        steps: dict[str, Callable[[], Any]] = {
            "add": lambda: self._edit(self._add),
            "update": lambda: self._edit(self._update),
            "bulk": lambda: self._edit(self._bulk),
            "delete": lambda: self._edit(self._delete),
            "undo": lambda: self.catalog.undo().result(),
            "redo": lambda: self.catalog.redo().result(),
        }
        if self._stages:
            steps["import"] = self._import
        return steps

    def _edit(self, body: Callable[[EditSession], None]) -> Any:
        return self.catalog.edit(body.__name__, body).result()

    def _add(self, edit: EditSession) -> None:
        for _ in range(self._noise.randrange(1, 30)):
            self._number += 1
            name = f"{self._own}{self._number}-{self._noise.getrandbits(40)}"
            values = {"id": name, "name": name, "org_id": f"o{self._noise.randrange(9)}"}
            records.add_integration(edit, values=values)

    def _some(self, edit: EditSession) -> list[int]:
        found = edit.connection.execute(
            "SELECT pk FROM integration WHERE id GLOB ? || '*' ORDER BY pk", (self._own,)
        ).fetchall()
        pks = [int(pk) for (pk,) in found]
        return self._noise.sample(pks, min(len(pks), 1 + self._noise.randrange(20)))

    def _update(self, edit: EditSession) -> None:
        for pk in self._some(edit)[:3]:
            url = f"https://{self._noise.getrandbits(40)}.example/"
            records.update_integration(edit, pk=pk, values={"icon_url": url})

    def _bulk(self, edit: EditSession) -> None:
        edit.connection.execute(
            "UPDATE integration SET icon_url = ? || pk WHERE id GLOB ? || '*'",
            (f"https://{self._noise.getrandbits(40)}.example/", self._own),
        )

    def _delete(self, edit: EditSession) -> None:
        records.delete_integrations(edit, pks=self._some(edit))

    def _import(self) -> Any:
        return csv_import.write(self.catalog, self._noise.choice(self._stages)).result().change


def add_column(connection: apsw.Connection) -> None:
    """What the next version's step might be: a column, and every row rewritten."""
    connection.execute("ALTER TABLE setting ADD COLUMN added TEXT DEFAULT 'new'")
    connection.execute("UPDATE integration SET name = name || '!', metadata = '[]'")


def _say(*words: object) -> None:
    print(*words, flush=True)


def _edit(kind: str, noise: random.Random, path: Path, stages: list[Staged], count: int) -> None:
    if kind == "bulk":
        history.BULK_ROWS = csv_import.BULK_ROWS = 50  # type: ignore[misc]
    catalog = Catalog.open(path)
    program = Program(catalog, noise, stages, f"own{noise.getrandbits(40)}-")
    steps = program.steps()
    for _ in range(count):
        step = noise.choice(list(steps))
        _say("begin", step)
        change = steps[step]()
        _say("done", None if change is None else change.edit_id)
    catalog.close()


def _create(path: Path) -> None:
    for number in range(sys.maxsize):
        _say("begin", number)
        Catalog.create(path.with_name(f"{number}.icons")).close()
        _say("done", number)


def _upgrade(path: Path) -> None:
    schema.STEPS = (*schema.STEPS, add_column)
    _say("begin", "upgrade")
    Catalog.open(path).close()
    _say("done", None)


def main(arguments: list[str]) -> None:
    """Run; see the module's words."""
    kind, seed, path, *rest = arguments
    if kind == "create":
        _create(Path(path))
    elif kind == "upgrade":
        _upgrade(Path(path))
    else:
        stages = pickle.loads(Path(rest[0]).read_bytes())
        count = int(rest[1]) if len(rest) > 1 else sys.maxsize
        _edit(kind, random.Random(int(seed)), Path(path), stages, count)


if __name__ == "__main__":
    main(sys.argv[1:])
