"""Checks and copies of a database, for `sequence verify` and `sequence backup`."""

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from sequence import _core
from sequence._progress import Told, silent
from sequence.store.base import Finding, Loaded, StoreDamagedError, StoreError
from sequence.store.files import prepare
from sequence.store.sqlite import SqliteStore
from sequence.store.tables import OVERRIDES_SETTING, PRESET_SETTING

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
        return [*found, *_check_start(store)]
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
        yield Finding("D5", "rows", "rows that can be read", str(error))
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
