"""Checks and copies of a database, for `sequence verify` and `sequence backup`."""

import json
import sqlite3
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from sequence import _core
from sequence._progress import Told, silent
from sequence.store.base import Finding, Loaded, Query, Row, StoreDamagedError, StoreError
from sequence.store.ended import ORDER_OF_GRAPH, PART, Ended, number_of
from sequence.store.files import prepare
from sequence.store.sqlite import SqliteStore
from sequence.store.tables import OVERRIDES_SETTING, PRESET_SETTING

_NEVER = 2**63 - 1
_MOST = 100
"""Findings that are reported of what ended; the rest would say the same."""
_TOGETHER = 40
"""Parts of what ended that are in memory at one time."""
_READABLE = "rows that can be read"
_KEYS = ("invariant", "subject", "expected", "found")


def verify_database(path: Path, told: Told = silent) -> list[Finding]:
    """Every law of the rows, and of the engine rebuilt from them; empty when all hold.

    Raises:
        StoreError: The file cannot be opened or is in use.
    """
    path = path.expanduser()
    if not path.exists():
        raise StoreError(f"there is no {path}")
    store = SqliteStore(path)
    try:
        found = store.verify(told)
        told("rebuilding the engine", 0, 0)
        found += _check_start(store)
        if found:
            return found
        told("reading what ended", 0, 0)
        return [*islice(_check_ended(store), _MOST)]
    finally:
        store.close()


def _check_start(store: SqliteStore) -> Iterator[Finding]:
    """What a start would find, with the preset and the parameters of the last one."""
    try:
        loaded = store.load()
    except StoreDamagedError as error:
        yield Finding("D5", "rows", "a state to start from", str(error))
        return
    except (StoreError, TypeError, ValueError) as error:
        yield Finding("D5", "rows", _READABLE, str(error))
        return
    if loaded is None or not loaded.rows["engine"] or loaded.damaged:
        # Of rows that are not what was written no engine is made; they are named already.
        return
    try:
        engine = rebuilt(loaded)
        broken = engine.check_invariants()
    except (ValueError, OverflowError, _core.Panic) as error:
        yield Finding("D2", "rows", "an engine", str(error))
        return
    for row in broken:
        yield Finding(*(str(row[key]) for key in _KEYS))


def _check_ended(store: SqliteStore) -> Iterator[Finding]:
    """What a start leaves where it is until somebody asks, by the code that reads it then."""
    loaded, end = store.load(), _NEVER
    while loaded is not None and loaded.rows["engine"]:
        # What is read stays in memory: a new engine has none of it.
        journal = _core.Journal(rebuilt(loaded))
        ended = Ended(store, journal)
        for _ in range(_TOGETHER):
            graphs = store.find("graphs", Query(below={"graph_no": end}, limit=PART))
            if not graphs:
                return
            end = number_of(graphs[-1][0])
            yield from _unread(store, journal, ended, graphs)


def _unread(
    store: SqliteStore, journal: _core.Journal, ended: Ended, graphs: list[Row]
) -> Iterator[Finding]:
    """What of some graphs, of their orders and of their fills cannot be read."""
    missing = [row for row in graphs if not journal.holds_graph(number_of(row[0]))]
    single = [order for row in missing if (order := number_of(row[ORDER_OF_GRAPH])) >= 0]
    ended.load_orders(single)
    for graph in missing:
        if number_of(graph[ORDER_OF_GRAPH]) < 0:
            try:
                ended.load_shape(graph)
            except StoreDamagedError as error:
                yield Finding("D5", f"graphs {graph[0]}", _READABLE, str(error))
    fills = store.find("fills", Query(among={"graph_no": [row[0] for row in missing]}))
    held = [row for row in fills if journal.holds_order(number_of(row[4]))]
    ended.load_fills(held)
    for (table, number), why in ended.left_out.items():
        yield Finding("D5", f"{table} {number}", _READABLE, why)
    for order in single:
        if not journal.holds_order(order) and ("orders", order) not in ended.left_out:
            yield Finding("D5", f"orders {order}", _READABLE, "no such order")
    ended.left_out.clear()


def rebuilt(loaded: Loaded) -> _core.Engine:
    """The engine of the stored rows, as a start would make it.

    Raises:
        ValueError: Rows from which no engine can be made.
    """
    meta = {str(name): str(value) for name, value in loaded.rows["meta"]}
    engine = _core.Engine(
        seed=int(meta.get("seed", "42")),
        preset=meta.get(PRESET_SETTING, "instant"),
        overrides=json.loads(meta.get(OVERRIDES_SETTING, "{}")),
    )
    names = [name for name, _ in _core.Journal.tables()]
    rows = [(name, list(loaded.rows.get(name, ()))) for name in names]
    _core.Journal(engine).restore(rows, 0)
    return engine


def backup_database(path: Path, out: Path) -> None:
    """Copies the last committed state, also while a server uses the database.

    Raises:
        StoreError: There is nothing to copy, or something stands in the way.
    """
    path, out = path.expanduser().absolute(), out.expanduser().absolute()
    if not path.exists():
        raise StoreError(f"there is no {path}")
    if out.exists() or out.is_symlink():
        raise StoreError(f"{out} exists already")
    prepare(out)
    try:
        source = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)
        source.execute("PRAGMA wal_autocheckpoint = 0")
        target = sqlite3.connect(out)
        try:
            source.backup(target)
        finally:
            target.close()
            source.close()
    except sqlite3.Error as error:
        raise StoreError(f"cannot copy {path}: {error}") from error
