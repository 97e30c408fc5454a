"""Checks and copies of a database, for `sequence verify` and `sequence backup`."""

import sqlite3
from pathlib import Path

from sequence import _core
from sequence.store.base import Finding, StoreDamagedError, StoreError
from sequence.store.files import prepare
from sequence.store.sqlite import SqliteStore


def verify_database(path: Path) -> list[Finding]:
    """Every law of the rows, and of the engine rebuilt from them; empty when all hold.

    Raises:
        StoreError: The file cannot be opened or is in use.
    """
    if not path.expanduser().exists():
        raise StoreError(f"there is no {path}")
    store = SqliteStore(path)
    try:
        found = store.verify()
        try:
            loaded = store.load()
        except StoreDamagedError as error:
            return [*found, Finding("D5", "rows", "a state to start from", str(error))]
        if loaded is None or not loaded.rows["engine"]:
            return found
        seed = next((str(row[1]) for row in loaded.rows["meta"] if row[0] == "seed"), "42")
        engine = _core.Engine(seed=int(seed))
        names = [name for name, _ in _core.Journal.tables()]
        rows = [(name, list(loaded.rows.get(name, ()))) for name in names]
        try:
            _core.Journal(engine).restore(rows, 0)
        except ValueError as error:
            return [*found, Finding("D2", "rows", "an engine", str(error))]
        broken = engine.check_invariants()
        laws = [Finding(*(str(row[key]) for key in _KEYS)) for row in broken]
        return [*found, *laws]
    finally:
        store.close()


_KEYS = ("invariant", "subject", "expected", "found")


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
